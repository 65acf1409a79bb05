"""The axes of every array, their codes and their letters.

Letters used in shapes: o origin region, d destination region, r region, s segment,
f supplier plant, b buyer, e ecosystem, t quarter.
"""

from __future__ import annotations

REGIONS: tuple[str, ...] = ("USA", "CHN", "KOR", "TWN", "JPN", "EUR", "SEA", "ROW")
WORLD = "World"

SEGMENTS: tuple[str, ...] = (
    "equipment", "foundry", "memory", "logic", "accelerators", "devices",
    "os", "open_source", "platforms", "ai_apps", "rest",
)  # fmt: skip
SEGMENT_NAMES: tuple[str, ...] = (
    "Equipment", "Foundry", "Memory", "Logic", "AI Accelerators", "Devices",
    "OS", "Open Source", "Platforms", "AI Apps", "Rest",
)  # fmt: skip

LAYERS: dict[str, tuple[str, ...]] = {
    "chips": ("equipment", "foundry", "memory", "logic", "accelerators"),
    "devices": ("devices",),
    "os": ("os",),
    "open_source": ("open_source",),
    "platforms": ("platforms",),
    "ai_apps": ("ai_apps",),
    "rest": ("rest",),
}
LAYER_NAMES: dict[str, str] = {
    "chips": "Chips", "devices": "Devices", "os": "OS", "open_source": "Open Source",
    "platforms": "Platforms", "ai_apps": "AI Apps", "rest": "Rest",
}  # fmt: skip

CHIP_PRODUCTS: tuple[str, ...] = ("memory", "logic", "accelerators")
"""Segments whose products are chips; the chips layer adds equipment and foundry."""

CAPITAL: dict[str, tuple[str, ...]] = {
    "foundry": ("equipment",),
    "memory": ("equipment",),
    "logic": ("equipment",),
    "platforms": ("accelerators", "devices"),
    "ai_apps": ("accelerators",),
}
"""Segment -> segments it buys as capital goods (MODEL.md section 2)."""

ECOSYSTEMS: dict[str, tuple[str, ...]] = {
    "os": ("android", "ios", "harmony", "windows"),
    "hosts": ("github", "gitee"),
    "frameworks": ("us_frameworks", "cn_frameworks"),
    "commerce": ("commerce/us_platforms", "commerce/cn_platforms", "commerce/local_platforms"),
    "cloud": ("cloud/us_platforms", "cloud/cn_platforms", "cloud/local_platforms"),
    "social": ("social/us_platforms", "social/cn_platforms", "social/local_platforms"),
    "cameras": ("cameras/us_platforms", "cameras/cn_platforms", "cameras/local_platforms"),
}
"""Network -> its choice set. A platform's code is kind/owner: owned in USA, in CHN, or elsewhere (local)."""
NETWORK_SEGMENTS: dict[str, str] = {
    "os": "os", "hosts": "open_source", "frameworks": "open_source",
    "commerce": "platforms", "cloud": "platforms", "social": "platforms", "cameras": "platforms",
}  # fmt: skip
"""Network -> the segment whose plants belong to its ecosystems."""
PLATFORM_KINDS: tuple[str, ...] = tuple(n for n, s in NETWORK_SEGMENTS.items() if s == "platforms")

KNOWLEDGE_CHANNELS: tuple[str, ...] = ("imported_inputs", "open_source", "collaboration", "investment")
"""Ways by which knowledge travels (E14), in the order of the wedge `knowledge_flow`."""

QUARTERS_PER_YEAR = 4

R = len(REGIONS)
S = len(SEGMENTS)
REGION_INDEX = {code: i for i, code in enumerate(REGIONS)}
SEGMENT_INDEX = {code: i for i, code in enumerate(SEGMENTS)}


def quarter_label(year: float) -> str:
    """Start of a quarter in years (2018.25) -> its label ('2018Q2')."""
    whole = int(year + 1e-6)
    return f"{whole}Q{int(round((year - whole) * QUARTERS_PER_YEAR)) + 1}"


def quarter_start(label: str) -> float:
    """Label of a quarter ('2018Q2') -> its start in years (2018.25)."""
    return int(label[:4]) + (int(label[5]) - 1) / QUARTERS_PER_YEAR


def quarter_labels(first: str, last: str) -> tuple[str, ...]:
    """All quarter labels from first to last, both included."""
    start, stop = quarter_start(first), quarter_start(last)
    count = int(round((stop - start) * QUARTERS_PER_YEAR)) + 1
    return tuple(quarter_label(start + k / QUARTERS_PER_YEAR) for k in range(count))
