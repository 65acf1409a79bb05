"""Small multiples: one small panel a series, in rows of four, with one key above them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model.figures.house import FAINT, Look, canvas, key_row
from model.phrases import form_text, series_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from model.experiments.results import FigureContext

COLUMNS = 4
ROW_HEIGHT = 1.25
SERIES = ["series_id", "transform"]

Panel = Callable[["Axes", pd.DataFrame], None]
Colour = Callable[[pd.DataFrame], str]
"""Colour of a panel's title."""


def begun(period: pd.Series, end: pd.Series) -> pd.Series:
    """Where a figure stands on the axis: the year or quarter it is of, by the beginning of that (a figure of 2020 at 2020)."""
    return end - period.astype(str).str.contains("Q").map({True: 0.25, False: 1.0})


def draw_multiples(
    context: FigureContext, title: str, subtitle: str, keys: Sequence[tuple[str, Look]], data: pd.DataFrame, colour: Colour, panel: Panel
) -> Figure:
    """All series of a table in its order."""
    groups = [own for _, own in data.groupby(SERIES, sort=False)]
    rows = math.ceil(len(groups) / COLUMNS)
    figure, top, bottom = canvas(context, title, subtitle, 0.35 + ROW_HEIGHT * rows)
    inch = 1.0 / figure.get_figheight()
    key_row(figure, keys, top)
    grid = figure.add_gridspec(rows, COLUMNS, left=0.06, right=0.985, top=top - 0.55 * inch, bottom=bottom + 0.3 * inch, wspace=0.28, hspace=0.75)
    for place, own in enumerate(groups):
        axes = figure.add_subplot(grid[place // COLUMNS, place % COLUMNS])
        panel(axes, own.sort_values("at"))
        text = f"{series_title(str(own['series_id'].iloc[0]), context.lang)}\n{form_text(str(own['transform'].iloc[0]), context.lang)}"
        axes.set_title(text, fontsize=6.5, loc="left", color=colour(own), pad=2)
        axes.tick_params(labelsize=6)
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.spines["left"].set_color(FAINT)
        axes.margins(y=0.15)
    return figure
