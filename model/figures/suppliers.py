"""Figure: who supplies China's AI accelerators, year by year, in the baseline and under each stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import REGIONS
from model.experiments.results import FigureContext, band, beyond_baseline, last_horizon, plain, select, stance_levels
from model.figures.house import INK, REGION_COLOURS, SMALL, FigureSpec, Look, subtitle
from model.figures.marks import mark_years
from model.figures.sheet import Key, Sheet, columns_of, held, open_sheet, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX, BUYER = "Supplier Share|AI Accelerators|", "CHN"
PALE = ("TWN", "JPN", "EUR", "SEA")
"""Regions whose colour is so pale that their name is written in ink."""
NAMED = 14.0
"""Percent from which an area is wide enough to carry its name."""


def data_suppliers(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Percent of China's purchases by stance, supplier region (its firms' owner) and year."""
    rows = stance_levels(select(frame, PREFIX, BUYER), context)
    rows = rows.assign(supplier=rows["variable"].str.removeprefix(PREFIX))
    data = band(rows[rows["supplier"].isin(REGIONS)])
    return data if (data["central"] > 0).any() else data.iloc[:0]  # nobody buys any: nothing to share out


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
    columns = columns_of(len(stances))
    height = 2.7 if columns == len(stances) else 0.3 + 1.9 * -(-len(stances) // columns)
    sheet = open_sheet(
        context, finding_suppliers(data, context), subtitle("suppliers", data, context, banded=False), height, key
    )
    panels = sheet.panels([context.label("stance", s) for s in stances], left=0.5, gap=0.15, columns=columns)
    for axes, stance in zip(panels, stances, strict=True):
        rows = data[data["stance"] == stance].pivot_table(
            index="year", columns="supplier", values="central", observed=True
        )
        table = rows.reindex(columns=suppliers).fillna(0.0)
        axes.stackplot(
            table.index,
            table.to_numpy().T,
            colors=[REGION_COLOURS[r] for r in suppliers],
            edgecolor="white",
            linewidth=0.6,
        )
        mark_years(axes, data["year"].tolist(), most=3)
        axes.set(xlim=(data["year"].min(), data["year"].max()), ylim=(0.0, 100.0))
        _name_areas(sheet, axes, table, context)
    return sheet.figure


def _name_areas(sheet: Sheet, axes: Axes, table: pd.DataFrame, context: FigureContext) -> None:
    """The region's name where its area is thickest, moved inside the panel; none where it would not fit."""
    middle, (first, last) = table.cumsum(axis=1) - table / 2, axes.get_xlim()
    years = (last - first) / (axes.get_position().width * sheet.width)
    for region in table.columns:
        text = axes.text(0, 0, context.label("region", region), ha="center", va="center", fontsize=SMALL, fontweight="bold",
                         color=INK if region in PALE else "white")  # fmt: skip
        half = (text_width(sheet.figure, text, text.get_text()) / 2 + 0.04) * years
        inside = table[region].where((table.index >= first + half) & (table.index <= last - half), 0.0)
        place = int(inside.to_numpy().argmax())
        text.set_position((float(table.index[place]), float(middle[region].iloc[place])))
        if inside.iloc[place] < NAMED:
            text.remove()


FIGURE = FigureSpec(
    "suppliers",
    20,
    (f"{PREFIX}*",),
    data_suppliers,
    finding_suppliers,
    draw_suppliers,
    report=False,
    marks=("stacked area",),
)
