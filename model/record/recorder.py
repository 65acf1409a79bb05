"""The Recorder collects one row of values a quarter for the series that are recorded."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product
from math import prod

import numpy as np

from model.axes import REGIONS
from model.kernel.links import Array, Index
from model.outcomes import Key
from model.record import blocs as bloc
from model.record import firms, income, networks, policy, supply, technology, trade
from model.record.book import Book, Fixed, Sides
from model.record.chained import ChainedGdp, ChainedPrice
from model.record.declare import Outcome
from model.world import Setting, State

MAIN = ("USA", "CHN")
ALL = "all"
"""What asks for every series."""


def globs(pattern: str | None) -> tuple[str, ...]:
    """The globs of what --record was given: 'all', or some with ';' between them."""
    listed = (text.strip() for text in (pattern or "").split(";"))
    return tuple("*" if text == ALL else text for text in listed if text)


def outcomes(fixed: Fixed) -> tuple[Outcome, ...]:
    """All declared outcomes of a run with these firms and networks."""
    setting = fixed.setting
    return (
        *income.OUTCOMES, *trade.OUTCOMES, *supply.outcomes(fixed), *firms.outcomes(fixed), *technology.outcomes(setting),
        *networks.outcomes(setting), *policy.outcomes(setting), *bloc.outcomes(setting),
    )  # fmt: skip


class Recorder:
    """Levels of the recorded series, quarter by quarter. Only outcomes with a recorded series are computed."""

    def __init__(self, setting: Setting, pattern: str | None = None, blocs: Sides | None = None) -> None:
        """pattern: None for the default series, 'all', or globs on variable names ('Exports*;Imports*')."""
        self.setting = setting
        self.gdp, self.price = ChainedGdp(setting), ChainedPrice(setting)
        sides = blocs or ((REGIONS.index("USA"),), (REGIONS.index("CHN"),))
        self.fixed = Fixed(setting, sides, self.gdp.base_gnp / self.gdp.base_gdp)
        self.declared = outcomes(self.fixed)
        self.globs = globs(pattern)
        self.keys: list[Key] = []
        self.kept: list[tuple[Outcome, Index]] = []
        for outcome in self.declared:
            keys, keep = self._select(outcome)
            self.keys += keys
            self.kept += [(outcome, keep)] if len(keep) else []
        sizes = [self._count(outcome) for outcome, _ in self.kept]
        starts = np.cumsum([0, *sizes[:-1]])
        self.places = np.concatenate([keep + start for (_, keep), start in zip(self.kept, starts, strict=True)])
        self.rows: list[Array] = []

    def _count(self, outcome: Outcome) -> int:
        """How many values an outcome has, recorded or not."""
        return (1 if outcome.world else len(self.setting.regions)) * prod(map(len, outcome.labels))

    def _select(self, outcome: Outcome) -> tuple[list[Key], Index]:
        """Keys of the series kept of one outcome, and which of its flattened values they are."""
        if outcome.default == "none" and not self.globs:
            return [], np.zeros(0, np.int64)
        regions = ("World",) if outcome.world else self.setting.regions
        main = {self.setting.regions[self.setting.focus], *MAIN, "World"}
        names = [outcome.template.format(*label) for label in product(*outcome.labels)]
        wanted = np.array([any(fnmatchcase(name, glob) for glob in self.globs) for name in names])
        usual = np.array([outcome.default == "all" or (outcome.default == "main" and region in main) for region in regions])
        named = np.array([outcome.usual == "*" or fnmatchcase(name, outcome.usual) for name in names])
        keep = (usual[:, None] & named[None]) | wanted[None]
        if outcome.exists is not None:
            keep &= outcome.exists.reshape(len(regions), -1)
        places = np.flatnonzero(keep)
        return [(regions[i // len(names)], names[i % len(names)], outcome.unit) for i in places], places

    def add(self, now: State) -> None:
        """Record the quarter that has just run."""
        book = Book(self.fixed, now, self.gdp.add(now), self.price.add(now))
        self.rows.append(np.concatenate([outcome.compute(book).reshape(-1) for outcome, _ in self.kept])[self.places])

    def last(self, variable: str, region: str) -> float:
        """The last value of a series; NaN before the first quarter."""
        place = next(i for i, key in enumerate(self.keys) if key[:2] == (region, variable))
        return float(self.rows[-1][place]) if self.rows else float("nan")

    def table(self) -> tuple[tuple[Key, ...], Array]:
        """Keys (sorted) and values [series, t]; series that are NaN throughout are left out."""
        values = np.array(self.rows).T
        values = np.where(np.isfinite(values), values, np.nan)
        order = [i for i in sorted(range(len(self.keys)), key=self.keys.__getitem__) if np.isfinite(values[i]).any()]
        return tuple(self.keys[i] for i in order), values[order]
