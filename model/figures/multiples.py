"""Small multiples: one small panel a series, in rows of four, with one key above them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import plain
from model.figures.house import MARGIN, SIZES, SMALL, Look, current_size
from model.figures.marks import number_axis
from model.figures.sheet import Key, Sheet, open_sheet, wrap
from model.phrases import form_text, series_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from model.experiments.results import FigureContext

COLUMNS = 4
ROW = 1.35
"""Inches of a row of series."""
SERIES = ["series_id", "transform"]

Panel = Callable[["Axes", pd.DataFrame], None]
Colour = Callable[[pd.DataFrame], str]
"""Colour of a panel's title."""


def begun(period: pd.Series, end: pd.Series) -> pd.Series:
    """Where a figure stands on the axis: the year or quarter it is of, by the beginning of that (a figure of 2020 at 2020)."""
    return end - period.astype(str).str.contains("Q").map({True: 0.25, False: 1.0})


def draw_multiples(
    context: FigureContext, title: str, under: str, keys: Sequence[tuple[str, Look]], data: pd.DataFrame, colour: Colour, panel: Panel
) -> Figure:
    """All series of a table in its order; on a column fewer side by side."""
    groups = [own.sort_values("at") for _, own in data.groupby(SERIES, sort=False)]
    columns = COLUMNS if SIZES[current_size()] > 6 else COLUMNS - 1
    sheet = open_sheet(context, title, under, ROW * -(-len(groups) // columns) + 0.3, Key(keys))
    wide = (sheet.width - 0.45 - MARGIN) / columns
    for place, own in enumerate(groups):
        left, high = 0.45 + wide * (place % columns), sheet.top - ROW * (place // columns)
        axes = sheet.axes(left, sheet.width - left - wide + 0.4, high - ROW + 0.22, high - 0.36)
        panel(axes, own)
        number_axis(axes, plain, most=4)
        axes.tick_params(labelsize=SMALL)
        axes.ticklabel_format(axis="x", useOffset=False)
        axes.margins(y=0.15)
        axes.set_title(_name(sheet, own, context, wide), fontsize=SMALL, loc="left", color=colour(own), pad=5, x=-0.12)
    return sheet.figure


def _name(sheet: Sheet, own: pd.DataFrame, context: FigureContext, wide: float) -> str:
    """Series and what of it is compared, a line each."""
    texts = series_title(str(own["series_id"].iloc[0]), context.lang), form_text(str(own["transform"].iloc[0]), context.lang)
    return "\n".join(wrap(sheet.figure, text, wide - 0.12, fontsize=SMALL)[0] for text in texts)
