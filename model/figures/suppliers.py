"""Figure: who supplies China's AI accelerators, year by year, in the baseline and under each stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import REGIONS
from model.experiments.results import (
    BASELINE,
    FigureContext,
    band,
    beyond_baseline,
    last_horizon,
    plain,
    select,
    stance_levels,
)
from model.figures.house import REGION_COLOURS, FigureSpec, Look, canvas, key_row, mark_years, panel_grid, subtitle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX, BUYER = "Supplier Share|AI Accelerators|", "CHN"


def data_suppliers(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Percent of China's purchases by stance, supplier region (its firms' owner) and year."""
    rows = select(frame, PREFIX, BUYER)
    rows = stance_levels(rows, context)
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
    """A panel a stance; shares stacked to 100 in the order of the regions."""
    stances = [stance for stance in (BASELINE, *context.cases()) if stance in set(data["stance"])]
    suppliers = [region for region in REGIONS if data[data["supplier"] == region]["central"].max() >= 0.5]
    figure, top, bottom = canvas(
        context, finding_suppliers(data, context), subtitle("suppliers", data, context, banded=False), 3.0
    )
    inch = 1.0 / figure.get_figheight()
    key_row(figure, [(context.label("region", r), Look(REGION_COLOURS[r], "s")) for r in suppliers], top, points=True)
    grid = panel_grid(figure, len(stances), (bottom + 0.3 * inch, top - 0.55 * inch))
    for column, stance in enumerate(stances):
        axes = figure.add_subplot(grid[0, column])
        _draw_areas(axes, data[data["stance"] == stance], suppliers)
        axes.set_title(context.label("stance", stance), loc="left", fontsize=9.5, fontweight="bold")
        axes.tick_params(labelleft=column == 0)
    return figure


def _draw_areas(axes: Axes, rows: pd.DataFrame, suppliers: list[str]) -> None:
    """Shares stacked from the bottom."""
    table = rows.pivot_table(index="year", columns="supplier", values="central", observed=True)
    table = table.reindex(columns=suppliers).fillna(0.0)
    colours = [REGION_COLOURS[r] for r in suppliers]
    axes.stackplot(table.index, table.to_numpy().T, colors=colours, edgecolor="white", linewidth=0.5)
    mark_years(axes, table.index.tolist(), most=3)
    axes.set_xlim(table.index.min(), table.index.max())
    axes.set_ylim(0.0, 100.0)
    axes.grid(visible=False)


FIGURE = FigureSpec("suppliers", 20, (f"{PREFIX}*",), data_suppliers, finding_suppliers, draw_suppliers, report=False)
