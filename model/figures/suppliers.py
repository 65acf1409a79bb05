"""Figure: who supplies China's AI accelerators, year by year, in the baseline and under each stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import REGIONS
from model.experiments.results import FigureContext, band, beyond_baseline, last_horizon, plain, select, stance_levels
from model.figures.house import REGION_COLOURS, FigureSpec, Look, subtitle
from model.figures.sheet import Key, held, mark_years, open_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX, BUYER = "Supplier Share|AI Accelerators|", "CHN"
NAMED = 14.0
"""Percent from which an area is wide enough to carry its name."""


def data_suppliers(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Percent of China's purchases by stance, supplier region (its firms' owner) and year."""
    rows = stance_levels(select(frame, PREFIX, BUYER), context)
    rows = rows.assign(supplier=rows["variable"].str.removeprefix(PREFIX))
    return band(rows[rows["supplier"].isin(REGIONS)])


def finding_suppliers(data: pd.DataFrame, context: FigureContext) -> str:
    """The supplier whose share moves farthest from the baseline."""
    own = beyond_baseline(last_horizon(data, context.years), "supplier")
    if own.empty:
        return context.say("figure.suppliers.name")
    most = own.assign(change=(own["central"] - own["base"]).abs()).sort_values("change", kind="stable").iloc[-1]
    return context.say(
        "figure.suppliers.title", year=int(most["year"]), supplier=context.label("region", most["supplier"]),
        value=plain(most["central"]), base=plain(most["base"]), stance=context.label("stance", most["stance"]),
    )  # fmt: skip


def draw_suppliers(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a stance; shares stacked to 100 in the order of the regions, named inside where there is room."""
    stances = held(data, context)
    suppliers = [region for region in REGIONS if data[data["supplier"] == region]["central"].max() >= 0.5]
    key = Key([(context.label("region", r), Look(REGION_COLOURS[r], "s")) for r in suppliers], points=True)
    sheet = open_sheet(context, finding_suppliers(data, context), subtitle("suppliers", data, context, banded=False), 2.7, key)
    panels = sheet.panels([context.label("stance", s) for s in stances], left=0.5, gap=0.15)
    for axes, stance in zip(panels, stances, strict=True):
        rows = data[data["stance"] == stance].pivot_table(index="year", columns="supplier", values="central", observed=True)
        table = rows.reindex(columns=suppliers).fillna(0.0)
        axes.stackplot(table.index, table.to_numpy().T, colors=[REGION_COLOURS[r] for r in suppliers], edgecolor="white", linewidth=0.6)
        mark_years(axes, data["year"].tolist(), most=3)
        axes.set(xlim=(data["year"].min(), data["year"].max()), ylim=(0.0, 100.0))
        _name_areas(axes, table, context)
    return sheet.figure


def _name_areas(axes: Axes, table: pd.DataFrame, context: FigureContext) -> None:
    """The region's name where its area is thickest, away from the edges."""
    below = table.cumsum(axis=1) - table / 2
    inner = table.iloc[len(table) // 4 : len(table) - len(table) // 4]
    for region in (r for r in table.columns if len(inner) and inner[r].max() >= NAMED):
        year = inner[region].idxmax()
        axes.text(year, below[region][year], context.label("region", region), ha="center", va="center", fontsize=8.5, fontweight="bold",
                  color="#222222" if region in ("TWN", "EUR", "SEA", "JPN") else "white")  # fmt: skip


FIGURE = FigureSpec(
    "suppliers", 20, (f"{PREFIX}*",), data_suppliers, finding_suppliers, draw_suppliers, report=False, marks=("stacked area",)
)
