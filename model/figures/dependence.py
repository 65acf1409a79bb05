"""Figure: who depends on whom for chips: shares of each region's chip imports by origin, baseline and one stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import REGIONS
from model.experiments.results import BASELINE, FigureContext, band, plain, select, stance_levels
from model.figures.house import SMALL, FigureSpec, subtitle
from model.figures.marks import Shades, draw_cells
from model.figures.sheet import baseline_and_first, open_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREFIX = "Exports|Chips|to "
DARK = 55.0
"""Percent from which a cell's number is printed in white."""


def data_dependence(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Percent of chip imports (customs basis) by stance, buyer and supplier in the horizon years."""
    rows = stance_levels(select(frame, PREFIX), context)
    rows = rows[rows["year"].isin(context.years[-1:])]
    rows = rows.assign(supplier=rows["region"], buyer=rows["variable"].str.removeprefix(PREFIX))
    keys = ["stance", "scenario", "draw", "seed", "year", "buyer"]
    total = rows.groupby(keys)["value"].transform("sum")
    rows = rows.assign(value=100.0 * rows["value"] / total.where(total > 0), unit="percent", region=rows["buyer"])
    return band(rows.dropna(subset=["value"]).assign(variable="Imports Share|Chips"))


def finding_dependence(data: pd.DataFrame, context: FigureContext) -> str:
    """The focus region's largest supplier under the first stance."""
    stance = baseline_and_first(data, context)[-1]
    own = data[(data["stance"] == stance) & (data["buyer"] == context.focus)]
    if own.empty:
        return context.say("figure.dependence.name")
    most = own.sort_values("central", kind="stable").iloc[-1]
    same = data[
        (data["stance"] == BASELINE) & (data["buyer"] == context.focus) & (data["supplier"] == most["supplier"])
    ]["central"]
    return context.say(
        "figure.dependence.title", buyer=context.label("region", context.focus), year=int(most["year"]),
        supplier=context.label("region", most["supplier"]), value=plain(most["central"]),
        base=plain(same.iloc[0] if len(same) else float("nan")), stance=context.label("stance", stance),
    )  # fmt: skip


def draw_dependence(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Two matrices: buyers down, suppliers across, the darker the more dependent."""
    shown = baseline_and_first(data, context)
    regions = [region for region in REGIONS if region in set(data["buyer"]) | set(data["supplier"])]
    under = subtitle("dependence", data, context, banded=False)
    sheet = open_sheet(context, finding_dependence(data, context), under, 1.25 + 0.3 * len(regions))
    labels = [context.label("region", region) for region in regions]
    panels = sheet.panels(
        [context.label("stance", s) for s in shown], sheet.beside(labels), foot=0.64 * sheet.beside(labels, SMALL)
    )
    for axes, stance in zip(panels, shown, strict=True):
        table = data[data["stance"] == stance].pivot_table(
            index="buyer", columns="supplier", values="central", observed=True
        )
        values = table.reindex(index=regions, columns=regions).to_numpy(float)
        draw_cells(axes, values, lambda share: f"{share:.0f}", Shades("Blues", 0.0, 100.0, DARK))
        axes.set_xticks(range(len(regions)), labels, rotation=40, ha="right", rotation_mode="anchor", fontsize=SMALL)
        axes.set_yticks(range(len(regions)), labels if axes is panels[0] else [])
    return sheet.figure


FIGURE = FigureSpec(
    "dependence",
    23,
    (f"{PREFIX}*",),
    data_dependence,
    finding_dependence,
    draw_dependence,
    report=False,
    marks=("matrix",),
)
