"""Figure: change of the focus region's value added by segment at years 5 and 10, by stance (bn USD of 2018 a year)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import SEGMENT_NAMES
from model.experiments.results import FigureContext, band, select, signed, stance_differences
from model.figures.house import FigureSpec, subtitle
from model.figures.marks import draw_points, limits, name_rows, number_axis, zero_line
from model.figures.sheet import held, open_sheet, stance_key
from model.phrases import amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX = "Value Added|"
APART = "Rest"
"""The rest of the economy: so much larger than the others that it has a scale of its own."""
ROW, LOWER = 0.3, 0.72
"""Height of a segment's row, and of what the rest of the economy takes, with the numbers of its axis."""


def data_segments(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual differences in bn USD of 2018 by stance, segment and horizon year (5 and 10)."""
    draws = stance_differences(select(frame, PREFIX, context.focus), context, "level")
    draws = draws[draws["year"].isin(context.years[1:] or context.years)]
    return band(draws.assign(segment=draws["variable"].str.removeprefix(PREFIX)))


def finding_segments(data: pd.DataFrame, context: FigureContext) -> str:
    """The largest change among the technology segments in the last year."""
    last = data[data["year"] == data["year"].max()]
    technology = last[last["segment"] != APART]
    shown = technology if len(technology) else last
    largest = shown.sort_values("central", key=lambda change: change.abs(), kind="stable").iloc[-1]
    return context.say(
        "figure.segments.title", region=context.label("region", context.focus), year=int(largest["year"]),
        segment=context.label("segment", largest["segment"]), value=amount(largest["central"], "usd", context.lang, signed=True),
        stance=context.label("stance", largest["stance"]),
    )  # fmt: skip


def draw_segments(data: pd.DataFrame, context: FigureContext) -> Figure:
    """One column a year; technology segments above, the rest of the economy below on its own scale."""
    stances, years = held(data, context, baseline=False), sorted(set(data["year"]))
    names = [name for name in SEGMENT_NAMES if name in set(data["segment"]) and name != APART]
    low = LOWER if APART in set(data["segment"]) else 0.0
    sheet = open_sheet(
        context, finding_segments(data, context), subtitle("segments", data, context), 0.65 + ROW * len(names) + low, stance_key(stances, context, True)
    )  # fmt: skip
    left = sheet.beside([context.label("segment", name) for name in SEGMENT_NAMES])
    upper = sheet.panels([_title(year, context) for year in years], left, foot=0.3 + low)
    _draw_row(upper, data[data["segment"] != APART], names, stances, context)
    if low:
        lower = [sheet.axes(*_sides(axes, sheet.width), sheet.bottom + 0.3, sheet.bottom + 0.62) for axes in upper]
        _draw_row(lower, data[data["segment"] == APART], [APART], stances, context)
    return sheet.figure


def _draw_row(
    panels: list[Axes], data: pd.DataFrame, names: list[str], stances: list[str], context: FigureContext
) -> None:
    """Panels of one group of segments, one a year, on one scale."""
    for axes, year in zip(panels, sorted(set(data["year"])), strict=False):
        zero_line(axes, vertical=True)
        draw_points(axes, data[data["year"] == year], names, "segment", stances)
        axes.set_xlim(*limits(data[["p10", "central"]].min().min(), data[["p90", "central"]].max().max()))
        number_axis(axes, signed, vertical=False)
        axes.tick_params(labelbottom=True)
    name_rows(panels, [context.label("segment", name) for name in names])


def _sides(axes: Axes, width: float) -> tuple[float, float]:
    """Left and right margin of axes in inches."""
    box = axes.get_position()
    return box.x0 * width, (1.0 - box.x1) * width


def _title(year: int, context: FigureContext) -> str:
    return context.say("table.year", year=year, number=year - context.years[0] + 1)


FIGURE = FigureSpec(
    "segments", 2, (f"{PREFIX}*",), data_segments, finding_segments, draw_segments, marks=("point", "interval")
)
