"""The registry of instruments: one file each, found by its presence in this folder.

An instrument is a name, a sentence, a set of levers and one function that moves wedges. It sees the
measure (its levers at this date, the regions of `from` and `to`) and fixed facts of the world; it
never sees prices, quantities or other instruments, so instruments cannot depend on order.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules

from model.axes import SEGMENTS
from model.wedges import Wedges

Value = float | str | tuple[str, ...]


@dataclass(frozen=True)
class Lever:
    """One dial of an instrument. `choices` is given for names (segments, ecosystems); else low..high."""

    unit: str
    neutral: Value
    low: float = 0.0
    high: float = 1.0
    doc: str = ""
    source: str = "assumed"
    choices: tuple[str, ...] = ()
    many: bool = False
    optional: bool = False

    @property
    def needed(self) -> bool:
        """Whether every measure must name something: a list without a neutral one, unless it is optional."""
        return self.many and self.neutral == () and not self.optional


def lever(unit: str, neutral: float, low: float, high: float, doc: str, source: str = "assumed") -> Lever:
    """A numeric lever: unit, neutral value (changes nothing), range, meaning, source."""
    return Lever(unit, float(neutral), float(low), float(high), doc, source)


@cache
def firm_names() -> tuple[str, ...]:
    """Names of all firms of the firm table, which scenarios spell; names only, no numbers."""
    text = files("calibration").joinpath("tables/plants_2018.csv").read_text(encoding="utf-8")
    return tuple(sorted({row["firm"] for row in csv.DictReader(io.StringIO(text)) if row["firm"]}))


def segments_lever(neutral: tuple[str, ...] = (), doc: str = "segments concerned") -> Lever:
    """A lever that names segments."""
    return Lever("name", neutral, doc=doc, choices=SEGMENTS, many=True)


OWN_PLATFORMS = {"USA": "us_platforms", "CHN": "cn_platforms"}
"""Region -> ecosystem of the platforms it owns; those of all other regions are one, `local_platforms`."""


@dataclass(frozen=True)
class Facts:
    """What an instrument may know of the world besides its measure: fixed indices, no state.

    `regions` all codes; `firms` firm name per plant; `origin` region index per plant (location);
    `owner` region index per plant (largest owner); `segment` index per plant; `ecosystems` all names.
    """

    regions: tuple[str, ...]
    firms: tuple[str, ...]
    origin: tuple[int, ...]
    owner: tuple[int, ...]
    segment: tuple[int, ...]
    ecosystems: tuple[str, ...]
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class Order:
    """A measure at one date: who acts on whom, with levers already at their value of this quarter.

    senders, targets: region indices, blocs resolved. others: regions in neither.
    serves_both: region indices that trade with both sides (they pay for both standards).
    """

    senders: tuple[int, ...]
    targets: tuple[int, ...]
    others: tuple[int, ...]
    levers: Mapping[str, Value]
    strength: float = 1.0
    serves_both: tuple[int, ...] = ()

    def number(self, name: str) -> float:
        """A numeric lever."""
        value = self.levers[name]
        if not isinstance(value, (int, float)):
            raise TypeError(f"lever {name} is not a number")
        return float(value)

    def names(self, name: str) -> tuple[str, ...]:
        """A lever of names."""
        value = self.levers[name]
        return value if isinstance(value, tuple) else (str(value),)


Apply = Callable[[Wedges, Order, Facts], None]


@dataclass(frozen=True)
class Instrument:
    """An instrument: name, one-sentence meaning, levers, and the function that moves wedges; `aimed`: whether it acts on
    somebody (a subsidy has no target, whatever a file names)."""

    name: str
    doc: str
    levers: Mapping[str, Lever]
    apply: Apply
    title: Mapping[str, str]
    aimed: bool = True


@cache
def instruments() -> dict[str, Instrument]:
    """All instruments by name, in alphabetical order: each module of this folder declares INSTRUMENT."""
    found = [import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)]
    return {i.name: i for i in sorted((m.INSTRUMENT for m in found), key=lambda i: i.name)}
