"""Figure: who depends on whom for chips: shares of each region's chip imports by origin, baseline and one stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.axes import REGIONS
from model.experiments.results import BASELINE, FigureContext, band, last_horizon, plain, stance_levels
from model.figures.house import INK, FigureSpec, canvas, label_room, subtitle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX = "Exports|Chips|to "
DARK = 55.0
"""Percent from which a cell's number is printed in white."""


def data_dependence(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Percent of chip imports (customs basis) by stance, buyer and supplier in the horizon years."""
    rows = stance_levels(frame[frame["variable"].astype(str).str.startswith(PREFIX)], context)
    rows = rows[rows["year"].isin(context.years[-1:])]
    rows = rows.assign(supplier=rows["region"], buyer=rows["variable"].str.removeprefix(PREFIX))
    keys = ["stance", "scenario", "draw", "seed", "year", "buyer"]
    total = rows.groupby(keys)["value"].transform("sum")
    rows = rows.assign(value=100.0 * rows["value"] / total.where(total > 0), unit="percent", region=rows["buyer"])
    return band(rows.dropna(subset=["value"]).assign(variable="Imports Share|Chips"))


def finding_dependence(data: pd.DataFrame, context: FigureContext) -> str:
    """The focus region's largest supplier under the first stance."""
    stance = _shown(data, context)[-1]
    own = data[(data["stance"] == stance) & (data["buyer"] == context.focus)]
    if own.empty:
        return context.say("figure.dependence.name")
    most = own.sort_values("central", kind="stable").iloc[-1]
    return context.say(
        "figure.dependence.title", buyer=context.label("region", context.focus), year=int(most["year"]),
        supplier=context.label("region", most["supplier"]), value=plain(most["central"]),
        stance=context.label("stance", stance),
    )  # fmt: skip


def draw_dependence(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Two matrices: buyers down, suppliers across, the darker the more dependent."""
    shown = _shown(data, context)
    regions = [region for region in REGIONS if region in set(data["buyer"]) | set(data["supplier"])]
    under = subtitle("dependence", data, context, banded=False)
    figure, top, bottom = canvas(context, finding_dependence(data, context), under, 1.1 + 0.3 * len(regions))
    inch = 1.0 / figure.get_figheight()
    labels = [context.label("region", region) for region in regions]
    left, right = label_room(figure, labels), 1.0 - 0.3 / figure.get_figwidth()
    grid = figure.add_gridspec(
        1, len(shown), left=left, right=right, bottom=bottom + 0.75 * inch, top=top - 0.3 * inch, wspace=0.08
    )
    for column, stance in enumerate(shown):
        axes = figure.add_subplot(grid[0, column])
        _draw_matrix(axes, last_horizon(data, context.years).query("stance == @stance"), regions)
        axes.set_xticks(range(len(regions)), labels, rotation=40, ha="right", rotation_mode="anchor", fontsize=7.5)
        axes.set_yticks(range(len(regions)), labels if column == 0 else [])
        axes.set_title(context.label("stance", stance), loc="left", fontsize=9.5, fontweight="bold")
    return figure


def _draw_matrix(axes: Axes, rows: pd.DataFrame, regions: list[str]) -> None:
    """Cells with their percent."""
    table = rows.pivot_table(index="buyer", columns="supplier", values="central", observed=True)
    values = table.reindex(index=regions, columns=regions).to_numpy(float)
    axes.imshow(values, cmap="Blues", vmin=0.0, vmax=100.0, aspect="auto")
    for row, column in zip(*np.nonzero(np.isfinite(values)), strict=True):
        share = values[row, column]
        axes.text(
            column, row, f"{share:.0f}", ha="center", va="center", fontsize=7.5, color="white" if share > DARK else INK
        )
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _shown(data: pd.DataFrame, context: FigureContext) -> list[str]:
    """The baseline and the first stance that the data hold."""
    held = set(data["stance"])
    return [s for s in (BASELINE, *[s for s in context.cases() if s in held][:1]) if s in held]


FIGURE = FigureSpec(
    "dependence", 23, (f"{PREFIX}*",), data_dependence, finding_dependence, draw_dependence, report=False
)
