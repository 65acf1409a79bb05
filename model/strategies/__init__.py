"""The registry of strategies: what a third country chooses, one file each, found by its presence in this folder.

A strategy of kind `stance` is which bloc the focus joins; the scenario says what that means by its measures. One
of kind `paid` moves wedges with a budget that the focus pays out of its income (E49). It sees fixed facts of the
base year, never prices or quantities: what the money brings is left to the model's own laws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
from numpy.typing import NDArray

from model.axes import KNOWLEDGE_CHANNELS, LAYERS, REGION_INDEX, SEGMENT_INDEX
from model.wedges import Wedges

STANCE, PAID = "stance", "paid"
REST = SEGMENT_INDEX["rest"]
CHIPS: tuple[int, ...] = tuple(SEGMENT_INDEX[s] for s in LAYERS["chips"])
HARDWARE: tuple[int, ...] = (*CHIPS, SEGMENT_INDEX["devices"])
SOFTWARE: tuple[int, ...] = tuple(SEGMENT_INDEX[s] for s in ("os", "open_source", "platforms", "ai_apps"))
MOST_SUPPORT = 0.5
"""Largest part of a price that is paid, the end of the lever of `subsidy`; what is left of a budget is not spent."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Means:
    """What a strategy may know: who pays, base-year output [r, s] and GDP [r] (same units), parameters by name and index."""

    focus: int
    output: Array
    gdp: Array
    parameters: Mapping[str, Mapping[str, float]]

    def number(self, name: str, index: str = "") -> float:
        """A parameter."""
        return self.parameters[name][index]

    def strong(self, among: tuple[int, ...]) -> tuple[int, ...]:
        """Segments in which the focus has more of world output than of world GDP (Balassa's index above 1)."""
        made = self.output[self.focus] / self.output.sum(0)
        return tuple(s for s in among if made[s] > self.gdp[self.focus] / self.gdp.sum())

    def made(self, segments: tuple[int, ...]) -> float:
        """Base-year output of the focus in these segments."""
        return float(self.output[self.focus, list(segments)].sum())


Apply = Callable[[Wedges, float, Means], None]
"""Move wedges by a budget, in units of base-year output a quarter."""


@dataclass(frozen=True)
class Strategy:
    """A strategy: name, kind, one-sentence meaning, where it is from, title, and what a budget does to wedges."""

    name: str
    kind: str
    doc: str
    source: str
    title: Mapping[str, str]
    apply: Apply | None = None


def spend(strategy: str, wedges: Wedges, percent: float, means: Means) -> None:
    """A paid strategy at a budget in percent of the focus's GDP a year (E49); nothing at zero."""
    apply = strategies()[strategy].apply
    if apply is not None and percent > 0:
        apply(wedges, percent / 100 * float(means.gdp[means.focus]), means)


def support_production(wedges: Wedges, amount: float, segments: tuple[int, ...], means: Means) -> None:
    """Pay one part of the price of all the focus makes in these segments (E49); the accounts show it as a subsidy."""
    rate = min(MOST_SUPPORT, amount / means.made(segments))
    wedges.move("subsidy_rate", np.ix_([means.focus], list(segments)), rate)


def support_research(wedges: Wedges, amount: float, segments: tuple[int, ...], means: Means) -> None:
    """Pay for research in these segments in proportion to output (E50), bought from home rest."""
    wedges.move("research_support", np.ix_([means.focus], list(segments)), amount / means.made(segments))
    pay(wedges, amount, means)


def cooperate(
    wedges: Wedges, amount: float, segments: tuple[int, ...], partners: tuple[int, ...], channel: str, means: Means
) -> None:  # fmt: skip
    """Pay for joint work with partners: a channel of knowledge gains by the elasticity of R&D (E51), bought from home rest."""
    intensity = means.parameters["rd_intensity"]
    place, names = [KNOWLEDGE_CHANNELS.index(channel)], list(SEGMENT_INDEX)
    for s in segments:
        base = means.number("cooperation_share_of_rd") * intensity[names[s]]
        gain = (1 + amount / means.made(segments) / base) ** means.number("rd_elasticity") - 1
        abroad = [o for o in partners if o != means.focus]
        wedges.move("knowledge_flow", np.ix_(place, abroad, [means.focus], [s]), -min(1.0, gain))
    pay(wedges, amount, means)


def pay(wedges: Wedges, amount: float, means: Means) -> None:
    """The focus's rest of the economy buys this much from itself: a levy on its income, spent on research at home (E49)."""
    wedges.move("fixed_cost", (means.focus, REST), amount / float(means.output[means.focus, REST]))


def region(code: str) -> int:
    """Place of a region on the axis."""
    return REGION_INDEX[code]


@cache
def strategies() -> dict[str, Strategy]:
    """All strategies by name, in alphabetical order: each module of this folder declares STRATEGY."""
    found = [import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)]
    return {s.name: s for s in sorted((m.STRATEGY for m in found), key=lambda s: s.name)}


def paid() -> tuple[str, ...]:
    """Names of the strategies that a budget is paid for."""
    return tuple(name for name, strategy in strategies().items() if strategy.kind == PAID)
