"""Published estimates that ours are shown beside, from calibration/published.yaml; never used in calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

OURS: dict[str, tuple[str, str]] = {
    "align_us": ("blocs", "align_us"), "hedge": ("blocs", "hedge"), "all_goods": ("blocs_all_goods", "align_us"),
}  # fmt: skip
"""Scenario and stance of the runs of ours that need no lever moved, by the name that published rows give them."""


@dataclass(frozen=True)
class Published:
    """One published estimate, percent; `run` names ours; multiplier: percent of GDP per percent of exports, if given."""

    study: str
    scenario: Mapping[str, str]
    region: str
    measure: str
    horizon: int
    low: float
    high: float
    run: str
    source: str
    multiplier: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a value lies between low and high."""
        return self.low <= value <= self.high

    @property
    def banded(self) -> bool:
        """Whether this is a band that ours can lie in; single values stand beside the multiplier."""
        return self.high > self.low


@cache
def published() -> tuple[Published, ...]:
    """The rows of calibration/published.yaml."""
    from ruamel.yaml import YAML

    text = files("calibration").joinpath("published.yaml").read_text(encoding="utf-8")
    return tuple(Published(**row) for row in YAML(typ="safe", pure=True).load(text))
