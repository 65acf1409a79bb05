"""What a report says of a run, as numbers: taken from the same frames as its figures, so that they cannot disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from model.experiments.results import BAND_DRAWS, HEADLINE, FigureContext, beyond_baseline, select, stance_differences
from model.phrases import Span

SAME = 0.005
"""Percent by which two runs of one case may differ in a report: what two decimals show."""
QUARTERS = 8
"""Quarters after the first measure that are shown one by one."""


@dataclass(frozen=True)
class Facts:
    """A run's results, manifest and the data of its figures by name."""

    context: FigureContext
    frame: pd.DataFrame
    manifest: Mapping[str, Any]
    data: Mapping[str, pd.DataFrame]
    notes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the folders beside the results say of themselves, by name (`model.experiments.beside`)."""

    def held(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """A table from a folder beside the results; an empty one where it lacks any of these columns."""
        rows = self.context.table(name)
        return rows if set(columns) <= set(rows.columns) else pd.DataFrame()

    @property
    def strategies(self) -> pd.DataFrame:
        """Strategies by scenario, as `blocs strategies` wrote them."""
        return self.context.table("strategies")

    @property
    def flips(self) -> pd.DataFrame:
        """Conditions under which the advice turns, as `blocs strategies` wrote them."""
        return self.held("flips", ("scenario", "title", "advice", "best", "end", "threshold"))

    @property
    def source(self) -> str:
        """The source row of a table: what identifies the run."""
        c = self.context
        return c.say("paper.source", version=c.version, scenario=c.scenario, baseline=c.baseline, hash=c.hash, draws=c.draws, seed=c.seed)

    def source_of(self, name: str) -> str:
        """The source row of a table that comes from a folder beside the results."""
        c, note = self.context, self.notes.get(name, {})
        return c.say("paper.source_beside", version=c.version, folder=name, draws=note.get("draws", "–"), seed=note.get("seed", "–"))

    def elsewhere(self, name: str) -> bool:
        """Whether a folder beside the results was made with another parameter set than they."""
        theirs, ours = self.notes.get(name, {}).get("parameters"), self.manifest.get("parameters")
        return bool(theirs and ours and theirs != ours)

    @property
    def stale(self) -> bool:
        """Whether the strategies are of another parameter set, or give a stance another effect than this run."""
        rows = self.strategies
        own = rows[rows["scenario"] == self.context.scenario] if "scenario" in rows else rows
        held = {row["strategy"]: float(row.get(f"central_{self.horizon}", math.nan)) for row in own.to_dict("records")} if len(own) else {}
        gaps = [abs(self.income(stance).central - held.get(stance, math.nan)) for stance in self.stances]
        return self.elsewhere("strategies") or any(gap > SAME for gap in gaps)

    @property
    def year(self) -> int:
        """The last horizon year that the results reach."""
        rows = self.data.get("real-income", pd.DataFrame())
        held = set(rows["year"]) if len(rows) else set()
        return max((year for year in self.context.years if year in held), default=0)

    @property
    def horizon(self) -> int:
        """How many years after the first measure that is, the first counted as 1."""
        return self.year - self.context.years[0] + 1 if self.year else 0

    @cached_property
    def stances(self) -> tuple[str, ...]:
        """Stances with a result in the last horizon year, the highest first."""
        rows = self._last("real-income")
        if rows.empty:
            return ()
        return tuple(rows.sort_values("central", ascending=False, kind="stable")["stance"])

    def income(self, stance: str, region: str = "", year: int = 0) -> Span:
        """Real income against the baseline, percent (the focus region, the last horizon year)."""
        rows = self._incomes
        region, year = region or self.context.focus, year or self.year
        own = rows[(rows["stance"] == stance) & (rows["region"] == region) & (rows["year"] == year)] if len(rows) else rows
        return spread_of(own)

    @cached_property
    def draws(self) -> pd.DataFrame:
        """Real income of the focus in the last horizon year, percent: a row a draw, a column a stance."""
        rows = self._incomes
        if rows.empty:
            return pd.DataFrame()
        own = rows[(rows["region"] == self.context.focus) & (rows["year"] == self.year)]
        return own.pivot_table(index=["draw", "seed"], columns="stance", values="value").dropna()

    @cached_property
    def _incomes(self) -> pd.DataFrame:
        rows = select(self.frame, HEADLINE) if len(self.frame) else self.frame
        return stance_differences(rows, self.context, "percent") if len(rows) else pd.DataFrame()

    def share_highest(self, stance: str, lowest: bool = False) -> float:
        """Percent of draws in which a stance is the best (or the worst) of all."""
        table = self.draws
        if table.empty or stance not in table:
            return float("nan")
        best = table.min(axis=1) if lowest else table.max(axis=1)
        return float(100.0 * (table[stance] == best).mean())

    def regret(self, stance: str) -> float:
        """How far a stance falls short of the best of the same draw, percentage points: the 90th percentile, as for strategies; of
        few draws the most."""
        table = self.draws
        if stance not in table:
            return float("nan")
        short = table.max(axis=1) - table[stance]
        return float(short.quantile(0.9) if len(short) >= BAND_DRAWS else short.max())

    def overlap(self) -> bool | None:
        """Whether the 80 % band of the difference between the two best stances holds zero; None: cannot be said."""
        if len(self.stances) < 2 or len(self.draws) < 5:
            return None
        gap = self.draws[self.stances[0]] - self.draws[self.stances[1]]
        return bool(gap.quantile(0.1) <= 0.0 <= gap.quantile(0.9))

    def largest(self, name: str, column: str, without: str = "") -> tuple[str, str, Span] | None:
        """(item, stance, change) of the largest central change in a figure's data in the last year."""
        rows = self._last(name)
        rows = rows[rows[column] != without] if len(rows) else rows
        if rows.empty:
            return None
        row = rows.sort_values("central", key=lambda x: x.abs(), kind="stable").iloc[-1]
        return str(row[column]), str(row["stance"]), span_of(row)

    def farthest(self, name: str, column: str, measure: str = "") -> tuple[str, str, float, float] | None:
        """(item, stance, level, baseline) of the level that moves farthest from the baseline in the last year.

        measure   which of a figure's measures, where it has several (exports in dollars, shares in percent)
        """
        rows = self._last(name)
        rows = rows[rows["measure"] == measure] if measure and len(rows) else rows
        own = beyond_baseline(rows, column) if len(rows) else rows
        if own.empty:
            return None
        row = own.assign(size=(own["central"] - own["base"]).abs()).sort_values("size", kind="stable").iloc[-1]
        return str(row[column]), str(row["stance"]), float(row["central"]), float(row["base"])

    def first_quarters(self) -> pd.DataFrame:
        """Real income of the focus against the baseline in the first eight quarters, percent: a row a stance."""
        start = f"{self.context.years[0]}Q1" if self.context.years else ""
        rows = select(self.frame, HEADLINE, self.context.focus)
        rows = rows[(rows["draw"] == 0) & (rows["quarter"].astype(str) >= start)]
        table = rows.pivot_table(index="quarter", columns="scenario", values="value", observed=True).iloc[:QUARTERS]
        if self.context.baseline not in table:
            return pd.DataFrame()
        base = table[self.context.baseline]
        cases = {stance: case for stance, case in self.context.cases().items() if case in table}
        return pd.DataFrame({stance: 100.0 * (table[case] / base - 1.0) for stance, case in cases.items()}).T

    def _last(self, name: str) -> pd.DataFrame:
        rows = self.data.get(name, pd.DataFrame())
        return rows[rows["year"] == self.year] if len(rows) and "year" in rows else pd.DataFrame()


def span_of(row: pd.Series) -> Span:
    """The span of a banded row; no band from fewer than five draws."""
    if row["draws"] < 5:
        return Span(float(row["central"]))
    return Span(float(row["central"]), float(row["p10"]), float(row["p90"]))


def spread_of(rows: pd.DataFrame) -> Span:
    """The span over the draws of one series."""
    central = rows[rows["draw"] == 0]["value"] if len(rows) else pd.Series(dtype=float)
    if central.empty:
        return Span(float("nan"))
    if rows["draw"].nunique() < 5:
        return Span(float(central.iloc[0]))
    return Span(float(central.iloc[0]), float(rows["value"].quantile(0.1)), float(rows["value"].quantile(0.9)))
