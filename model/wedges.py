"""Wedges: the closed set of arrays that policy can move, each with one combination rule.

Instruments write here and nowhere else. Every rule is commutative and its neutral element exact in
floating point, so instruments commute and unused ones change nothing, bit for bit. The set may be
widened only in this file, with a line in docs/architecture.md.

Letters: o origin, d destination, r region, s segment, f plant, e ecosystem, c knowledge channel, k side of a split, u use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from model.axes import NETWORK_SEGMENTS, SEGMENTS

Array = NDArray[np.float64]
T = TypeVar("T")


def survive(now: Array, new: Array) -> Array:
    """Product of (1 - x): what passes two hurdles, as a denial."""
    return 1.0 - (1.0 - now) * (1.0 - new)


def either(one: Array, two: Array) -> Array:
    """The same for two wedges that act together; exactly the first where the second is neutral."""
    return np.asarray(np.where(two == 0.0, one, survive(one, two)))


RULES: dict[str, tuple[float, Callable[[Array, Array], Array]]] = {
    "survive": (0.0, survive),
    "minimum": (np.inf, np.minimum),
    "maximum": (0.0, np.maximum),
    "product": (1.0, np.multiply),
    "sum": (0.0, np.add),
}
"""Rule -> (neutral element, combination)."""


CHANNELS = ("Trade", "Inputs", "Knowledge", "Networks", "Policy Cost")
"""Channels of the decomposition (E26): every cell of every wedge belongs to exactly one."""
BY_SEGMENT = "by segment"
"""Goods wedges: cells on INPUT_SEGMENTS are Inputs, on segments with ecosystems Networks, the others Trade.

Being denied an ecosystem's goods and being shut out of it are substitutes, so they are one channel.
"""
BY_STANDARD = "by standard"
"""The same, but cells on STANDARD_SEGMENTS are Networks too."""
INPUT_SEGMENTS = ("equipment", "foundry")
"""Segments that technology plants use to make their products: tools and wafers."""
STANDARD_SEGMENTS = ("devices", "platforms")
"""Segments that follow technical standards."""


@dataclass(frozen=True)
class Wedge:
    """One array that policy can move: its axes (letters), rule, unit, channel (or how cells get theirs) and meaning.

    low: least value of a share moved by one measure; below 0 it is a gain over the state of 2018Q1.
    """

    name: str
    axes: str
    rule: str
    unit: str
    channel: str
    meaning: str
    low: float = 0.0


WEDGES: dict[str, Wedge] = {
    w.name: w
    for w in (
        Wedge("firm_listing", "of", "survive", "share", "Trade", "denied part of deliveries from region o to listed plant f"),
        Wedge("denial_rate", "ods", "survive", "share", BY_SEGMENT, "denied part of deliveries of s from o to d"),
        Wedge("use_denial", "uods", "survive", "share", BY_SEGMENT, "denied part of deliveries of s from o to buyers in d for one use"),
        Wedge("exemption", "ros", "maximum", "share", BY_SEGMENT, "part of a denial by o in s lifted for plants owned in r"),
        Wedge("interoperability", "ree", "survive", "share", "Networks", "lost part of the base of the second ecosystem for users of the first in r"),
        Wedge("market_access", "er", "survive", "share", "Networks", "lost access of ecosystem e to users in r; below 0 gained", -1.0),
        Wedge("knowledge_flow", "cods", "survive", "share", "Knowledge", "blocked part of a knowledge channel from o to d in s; below 0 gained", -1.0),
        Wedge("investment_flow", "ods", "survive", "share", "Knowledge", "blocked part of investment from o in d in s"),
        Wedge("data_flow", "od", "survive", "share", "Knowledge", "blocked part of data flows from o to d"),
        Wedge("capability_cap", "ods", "minimum", "log points", BY_SEGMENT, "highest capability that may be delivered"),
        Wedge("iceberg_cost", "ods", "product", "ratio", BY_SEGMENT, "units shipped per unit delivered, >= 1, no revenue"),
        Wedge("standard_cost", "ods", "product", "ratio", BY_STANDARD, "units shipped per unit delivered to the other side of two standards, >= 1"),
        Wedge("dual_cost", "kods", "maximum", "rate", BY_STANDARD, "extra units on sales to side k while a plant outside the blocs serves both sides"),
        Wedge("dual_fixed", "rs", "maximum", "share", "Policy Cost", "fixed cost of both standards, as a share of base output, bought from home rest"),
        Wedge("tariff_rate", "ods", "sum", "rate", BY_SEGMENT, "extra tariff on s from o in d, revenue to d"),
        Wedge("subsidy_rate", "rs", "sum", "rate", "Policy Cost", "part of the price of s paid by region r"),
        Wedge("release_lag", "rs", "sum", "years", "Policy Cost", "age of what may be sold in r, beyond that of 2018"),
        Wedge("research_support", "rs", "sum", "share", "Policy Cost", "research paid by region r, as a share of base output of s"),
        Wedge("fixed_cost", "rs", "sum", "share", "Policy Cost", "policy-made fixed cost, as a share of base output, bought from home rest"),
        Wedge("search_cost", "rs", "sum", "share", "Policy Cost", "cost of seeking suppliers, as a share of the purchases sought"),
        Wedge("announced", "urods", "maximum", "share", BY_SEGMENT, "probability of a control announced and not yet in force, for buyers owned in r, by use"),
        Wedge("enforcement", "ods", "maximum", "share", BY_SEGMENT, "enforcement against evasion"),
        Wedge("home_priority", "os", "maximum", "share", BY_SEGMENT, "priority of home buyers when deliveries are rationed"),
    )
}  # fmt: skip


USES = ("inputs", "capital", "other")
"""Uses that a denial can tell apart (letter u): what technology plants use up (parts, services, materials), capital goods, all else."""


@lru_cache(maxsize=128)
def _neutral(name: str, shape: tuple[int, ...]) -> Array:
    """The neutral array of a wedge, which nobody can write to: all finished wedges share it."""
    found = np.full(shape, RULES[WEDGES[name].rule][0])
    found.flags.writeable = False
    return found


class Wedges:
    """One quarter's wedges. Fresh ones are neutral; `move` combines by the wedge's own rule."""

    def __init__(self, sizes: dict[str, int]) -> None:
        """`sizes`: length of each axis letter, for instance {'o': 8, 'd': 8, 's': 11, ...}."""
        self.sizes = sizes
        self._arrays: dict[str, Array] = {}
        self._final = False
        self._derived: dict[str, Any] = {}

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of a wedge's array."""
        return tuple(self.sizes[letter] for letter in WEDGES[name].axes)

    def __getitem__(self, name: str) -> Array:
        """The array of a wedge; neutral until something moved it."""
        if name not in self._arrays:
            neutral = _neutral(name, self.shape(name))
            self._arrays[name] = neutral if self._final else neutral.copy()
        return self._arrays[name]

    def move(self, name: str, where: tuple[Any, ...], amount: Array | float) -> None:
        """Combine `amount` into the cells `where` (an index for numpy) by the wedge's rule."""
        array, combine = self[name], RULES[WEDGES[name].rule][1]
        array[where] = combine(array[where], np.asarray(amount, float))

    def finish(self) -> Wedges:
        """These wedges, which nothing can move any more (numpy refuses)."""
        self._final = True
        for array in self._arrays.values():
            array.flags.writeable = False
        return self

    def once(self, name: str, derive: Callable[[], T]) -> T:
        """What a stage derives from these wedges and from what is fixed in a run: made once if they are finished."""
        if not self._final:
            return derive()
        if name not in self._derived:
            self._derived[name] = derive()
        return cast("T", self._derived[name])

    def acts(self, name: str) -> bool:
        """Whether a wedge differs from neutral anywhere."""
        return name in self._arrays and self.once(f"acts {name}", lambda: _acts(name, self._arrays[name]))

    def moved(self) -> dict[str, Array]:
        """Arrays that differ from neutral anywhere."""
        return {k: a for k, a in sorted(self._arrays.items()) if _acts(k, a)}


def _acts(name: str, array: Array) -> bool:
    """Whether an array of a wedge differs from neutral anywhere."""
    return bool((array != RULES[WEDGES[name].rule][0]).any())


Move = tuple[str, tuple[Any, ...], Array | float]
"""One `move`: wedge, cells, amount."""


class Noted(Wedges):
    """Wedges that only note what would move them; neutral amounts, which move nothing, are left out."""

    def __init__(self, sizes: dict[str, int]) -> None:
        super().__init__(sizes)
        self.moves: list[Move] = []

    def move(self, name: str, where: tuple[Any, ...], amount: Array | float) -> None:
        """Note it."""
        moved = amount != RULES[WEDGES[name].rule][0]
        if moved is True or np.any(moved):
            self.moves.append((name, where, amount))


def blend(name: str, apart: Array, joined: Array, part: float) -> Array:
    """A wedge that lies a part of the way from `apart` to `joined` (E52); what both share stays exactly.

    A threshold is a rule and not a degree: of two caps the lower one holds.
    """
    if WEDGES[name].rule == "minimum":
        return np.minimum(apart, joined)
    return np.where(apart == joined, apart, (1 - part) * apart + part * joined)


def axis_sizes(regions: int, segments: int, plants: int, ecosystems: int, channels: int) -> dict[str, int]:
    """Lengths by letter, as `Wedges` wants them."""
    return {"o": regions, "d": regions, "r": regions, "s": segments, "f": plants, "e": ecosystems, "c": channels, "k": 2, "u": len(USES)}


def channel_of(wedge: str, segment: str) -> str:
    """The channel of a wedge's cells on a segment (wedges without segments have one channel throughout)."""
    channel = WEDGES[wedge].channel
    if channel not in (BY_SEGMENT, BY_STANDARD):
        return channel
    if segment in NETWORK_SEGMENTS.values() or (channel == BY_STANDARD and segment in STANDARD_SEGMENTS):
        return "Networks"
    return "Inputs" if segment in INPUT_SEGMENTS else "Trade"


def channel_cells(wedge: str, channels: frozenset[str]) -> NDArray[np.bool_]:
    """Cells of a wedge that belong to these channels: a mask for its last axis, [s] or one for all."""
    by_segment = WEDGES[wedge].axes.endswith("s")
    return np.array([channel_of(wedge, s) in channels for s in (SEGMENTS if by_segment else ("",))])


def keep_channels(wedges: Wedges, channels: frozenset[str], otherwise: Wedges | None = None) -> Wedges:
    """Wedges in the cells of these channels; in all others those of `otherwise`, by default neutral (E26).

    Cells are copied, never recombined, so all channels give `wedges` and none give `otherwise`, bit for bit.
    """
    other = otherwise or Wedges(wedges.sizes)
    kept = Wedges(wedges.sizes)
    for name in WEDGES:
        kept[name][...] = np.where(channel_cells(name, channels), wedges[name], other[name])
    return kept


def moved_channels(wedges: Wedges, otherwise: Wedges | None = None) -> frozenset[str]:
    """Channels in which wedges differ in some cell from others, by default from neutral ones."""
    other = otherwise or Wedges(wedges.sizes)
    return frozenset(
        channel for channel in CHANNELS for name in WEDGES
        if (channel_cells(name, frozenset({channel})) & (wedges[name] != other[name])).any()
    )  # fmt: skip
