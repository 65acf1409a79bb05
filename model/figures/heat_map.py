"""Figure: the mean outcome over the two sampled numbers that matter most, a panel a case (`analyse`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.experiments.results import FigureContext, signed
from model.figures.house import INK, FigureSpec, canvas
from model.figures.panels import MOST

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def data_heat_map(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The cells as they are: case, the two numbers, class of each, mean outcome and count of states."""
    return frame


def finding_heat_map(data: pd.DataFrame, context: FigureContext) -> str:
    """Lowest and highest cell and where they lie."""
    ordered = data.sort_values("mean", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    return context.say(
        "figure.heat-map.title", outcome=context.title, low=signed(low["mean"]), high=signed(high["mean"]),
        first=high["first_title"], second=high["second_title"], case=high["case_title"],
    )  # fmt: skip


def draw_heat_map(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Cells with their value; one scale of colours for all cases."""
    cases = list(dict.fromkeys(data["case"]))[:MOST]
    shown = data[data["case"].isin(cases)]
    wide = 7.2 / len(cases)
    figure, top, bottom = canvas(
        context,
        finding_heat_map(shown, context),
        context.say("figure.heat-map.subtitle", outcome=context.title),
        min(3.9, wide) + 0.75,
    )
    inch = 1.0 / figure.get_figheight()
    grid = figure.add_gridspec(1, len(cases), left=0.85 / figure.get_figwidth(), right=0.975, top=top - 0.28 * inch,
                               bottom=bottom + 0.5 * inch, wspace=0.3)  # fmt: skip
    size = float(np.abs(shown["mean"]).max()) or 1.0
    limits = (
        (-size, size) if shown["mean"].min() < 0 < shown["mean"].max() else (shown["mean"].min(), shown["mean"].max())
    )
    for column, case in enumerate(cases):
        axes = figure.add_subplot(grid[0, column])
        _draw_case(axes, shown[shown["case"] == case], limits)
    return figure


def _draw_case(axes: Axes, rows: pd.DataFrame, limits: tuple[float, float]) -> None:
    """One panel: rows of the first number from below, columns of the second from the left."""
    table = rows.pivot(index="row", columns="column", values="mean")
    colours = "PuOr" if limits[0] < 0 < limits[1] else "cividis"
    axes.imshow(
        table.to_numpy(), origin="lower", aspect="auto", cmap=colours, vmin=limits[0], vmax=limits[1], alpha=0.75
    )
    for i, row in enumerate(table.to_numpy()):
        for j, value in enumerate(row):
            text = signed(value, 1 if abs(value) >= 10 else 2)
            axes.text(j, i, text, ha="center", va="center", fontsize=7.5, color=INK)
    for axis, part, ticks in ((axes.yaxis, "row", table.index), (axes.xaxis, "column", table.columns)):
        values = rows.drop_duplicates(part).set_index(part)[f"{part}_value"].reindex(ticks)
        axis.set_ticks(range(len(ticks)), [_short(value) for value in values], fontsize=7.5)
    axes.set_ylabel(rows["first_title"].iloc[0], fontsize=8.0)
    axes.set_xlabel(rows["second_title"].iloc[0], fontsize=8.0)
    axes.set_title(rows["case_title"].iloc[0], fontsize=9.5)
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)


def _short(value: float) -> str:
    """Two significant figures, never with an exponent below a million."""
    return f"{float(f'{value:.2g}'):g}"


SPEC = FigureSpec("heat-map", 0, (), data_heat_map, finding_heat_map, draw_heat_map)
