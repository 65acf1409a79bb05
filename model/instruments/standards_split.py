"""Standards split: two technical standards; who serves both sides pays for both, and may leave one."""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX
from model.instruments import Facts, Instrument, Order, lever, segments_lever
from model.wedges import Array, Wedges

LEVERS = {
    "segments": segments_lever(("devices", "platforms"), "segments with two standards"),
    "divergence": lever("share", 0, 0, 1, "how far the two standards differ; 1 is nothing in common", "assumed"),
    "variable_cost": lever(
        "rate", 0.06, 0, 0.5, "iceberg cost of serving the other standard at full divergence",
        "priors standards_variable_cost 0.015 to 0.2: between TBT equivalents and 5G vendor studies; assumed",
    ),
    "fixed_cost": lever(
        "share", 0.008, 0, 0.1, "cost a year of keeping both standards, as a share of value of output, at full divergence",
        "priors standards_fixed_cost: Maskus, Otsuki and Wilson 2005 scaled to large firms; assumed",
    ),
    "convexity": lever("ratio", 1.5, 1, 2.5, "exponent on divergence; 1 is linear", "assumed"),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Across the split an iceberg cost; outside it, what serving both sides would cost (a plant chooses, E37).

    Side 0 is the one with the first region, whoever sends, so that a split is the same seen from either side.
    """
    size = (order.number("divergence") * order.strength) ** order.number("convexity")
    cost = order.number("variable_cost") * size
    segments = [SEGMENT_INDEX[s] for s in order.names("segments")]
    one, two, both = list(order.senders), list(order.targets), list(order.serves_both)
    for origins, destinations in ((one, two), (two, one)):
        wedges.move("standard_cost", np.ix_(origins, destinations, segments), 1.0 + cost * abroad(origins, destinations))
    for k, side in enumerate(sorted((one, two))):
        wedges.move("dual_cost", np.ix_([k], both, side, segments), cost * abroad(both, side))
    wedges.move("dual_fixed", np.ix_(both, segments), order.number("fixed_cost") * size)


def abroad(origins: list[int], destinations: list[int]) -> Array:
    """1 where a delivery crosses a border, 0 within a region [o, d, 1]."""
    return np.not_equal.outer(origins, destinations)[:, :, None].astype(float)


INSTRUMENT = Instrument(
    "standards_split",
    "Two technical standards: trade across them costs more, and who serves both pays a fixed cost too.",
    LEVERS,
    apply,
    {"en": "Standards split", "ko": "표준 분리"},
)
