"""Outcomes on technology: capability, and measures of artificial intelligence (E40).

The AI measures are read off the simulation, nothing in it reads them. Those that start from a count of 2018
(models, patents, private investment) move with a simulated ratio: a scaling, and nothing more.
"""

from __future__ import annotations

import numpy as np

from model.axes import REGIONS, SEGMENT_INDEX
from model.kernel.links import Array, sum_by
from model.record.book import Book
from model.record.declare import BY_SEGMENT, Outcome, ratio
from model.world import Setting

AI = SEGMENT_INDEX["ai_apps"]


def capability(book: Book) -> Array:
    """Capability against the frontier of 2018 [r, s], log points: weighted by output, owner's region."""
    return np.asarray(book.levels + book.setting.behaviour.frontier_growth * book.elapsed)


def gap_years(book: Book) -> Array:
    """Years behind the frontier [r, s]; NaN where it stands still."""
    growth = book.setting.behaviour.frontier_growth
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(growth > 0, -book.levels / np.where(growth > 0, growth, 1.0), np.nan)


class AiMeasures:
    """The measurement equations (E40), with what was measured in 2018."""

    def __init__(self, setting: Setting) -> None:
        p, economy = setting.parameters, setting.economy
        self.regions, self.rows = economy.regions, np.flatnonzero(economy.table.segment == AI)
        self.owner = setting.plants.owner[self.rows]
        self.size0 = self.by_owner(economy.output0)
        self.start = ratio(self.by_owner(economy.output0 * setting.capability0), self.size0)
        self.growth = float(setting.behaviour.frontier_growth[AI])
        self.level0 = -self.growth * p.array("gap_2018", tuple(f"{r}/ai_apps" for r in REGIONS))
        self.models0, self.models_elasticity = p.array("notable_models_2018", REGIONS), p.scalar("notable_models_elasticity")
        self.open0 = p.array("open_model_share_2018", REGIONS)
        self.patents0 = p.array("ai_patents_share_2018", REGIONS)
        self.investment0 = p.array("private_ai_investment_2018", REGIONS)

    def by_owner(self, value: Array) -> Array:
        """Sum of a plant value [n] over makers of AI applications, by owner's region [R]."""
        return sum_by(self.owner, value[self.rows], self.regions)

    def volume(self, book: Book) -> Array:
        """Output of AI applications against the base table [R], at base prices."""
        return ratio(self.by_owner(book.market.output), self.size0)

    def research(self, book: Book) -> Array:
        """R&D against the base table [R], weighted by base output; it moves with sales where the model does not tell it."""
        effort = book.get("rnd", None)
        return self.volume(book) if effort is None else ratio(self.by_owner(book.setting.economy.output0 * effort), self.size0)

    def relative(self, book: Book) -> Array:
        """Log ratio of AI quality to its base trend [R]: mean of the makers' [n], weighted by output; 0 where none is told."""
        return book.once("ai quality", lambda: self._relative(book))

    def _relative(self, book: Book) -> Array:
        made, told = book.market.output, book.get("ai_quality", None)
        if told is None:
            return np.zeros(self.regions)
        mean = ratio(self.by_owner(made * told), self.by_owner(made))
        return np.where(np.isnan(mean), 0.0, mean)

    def quality(self, book: Book) -> Array:
        """Log level against the best of 2018 [R]: where 2018 stood, the trend, and the ratio to it."""
        return np.asarray(self.level0 + self.growth * book.elapsed + self.relative(book))

    def gap(self, book: Book) -> Array:
        """Log points behind the best region [R]."""
        level = self.quality(book)
        return np.asarray(level.max() - level)

    def lag(self, book: Book) -> Array:
        """Months after which a region reaches what the best has today, at the trend's speed, and may sell it [R]."""
        late = 12 * book.now["wedges"]["release_lag"][:, AI]
        return 12 * self.gap(book) / self.growth + late if self.growth > 0 else np.full(len(self.level0), np.nan)

    def models(self, book: Book) -> Array:
        """Notable models a year [R]: the count of 2018 scaled with quality-adjusted output."""
        quality = np.exp(self.relative(book))
        return np.asarray(self.models0 * (self.volume(book) * quality) ** self.models_elasticity)

    def patents(self, book: Book) -> Array:
        """Percent of the world's AI patents [R]: shares of 2018 moved with R&D, adding to 100."""
        effort = self.research(book)
        weight = self.patents0 * np.where(np.isnan(effort), 0.0, effort)
        return np.asarray(100 * weight / weight.sum())

    def investment(self, book: Book) -> Array:
        """Private AI investment, bn USD a year [R]: the figure of 2018 scaled with the compute AI applications buy."""
        bought = self.by_owner(book.fixed.capital_volume(book.books.flow, book.now["terms"].share))
        return self.investment0 * ratio(bought, self.by_owner(book.fixed.invested0))

    def open_share_of_world(self, book: Book) -> Array:
        """Percent of the world's notable models with open weights [1]: regions' shares stay, their weights move."""
        models = np.nan_to_num(self.models(book))
        return np.array([100 * (models * self.open0).sum() / models.sum()])

    def efficiency(self, book: Book) -> Array:
        """Algorithmic efficiency, 2018 = 1 [R]: capability of AI applications against its own start."""
        return np.asarray(np.exp(capability(book)[:, AI] - self.start))


def outcomes(setting: Setting) -> tuple[Outcome, ...]:
    """Declared outcomes, with base values of this draw."""
    ai = AiMeasures(setting)
    return (
        Outcome("Capability|{}", "log points", capability, BY_SEGMENT),
        Outcome("Capability Gap|{}", "years behind the frontier", gap_years, BY_SEGMENT, "main"),
        Outcome("AI Quality", "log points", ai.quality, waits="ai_quality"),
        Outcome("AI Quality Gap", "log points to the best", ai.gap, default="main", waits="ai_quality"),
        Outcome("Release Lag", "months", ai.lag, default="main", waits="ai_quality"),
        Outcome("Algorithmic Efficiency", "index", ai.efficiency, default="main"),
        Outcome("Notable Models", "models a year", ai.models, default="main", waits="ai_quality"),
        Outcome("Open Model Share", "percent", lambda b: 100 * ai.open0),
        Outcome("Open Model Share", "percent", ai.open_share_of_world, world=True),
        Outcome("AI Patents Share", "percent", ai.patents, default="main", waits="rnd"),
        Outcome("Private AI Investment", "bn USD a year", ai.investment, default="main"),
    )
