"""Figure: change of the focus region's value added by segment at years 5 and 10, by stance (bn USD of 2018 a year)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model.axes import SEGMENT_NAMES
from model.experiments.results import FigureContext, band, select, stance_differences
from model.figures.house import (
    FigureSpec,
    canvas,
    draw_stances,
    key_row,
    label_room,
    stance_look,
    subtitle,
)
from model.phrases import amount

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREFIX = "Value Added|"
APART = "Rest"
"""The rest of the economy: so much larger than the others that it has a scale of its own."""


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
    segments = sorted(set(data["segment"]) - {APART}, key=_rank)
    apart = [APART] if APART in set(data["segment"]) else []
    under = subtitle("segments", data, context)
    figure, top, bottom = canvas(context, finding_segments(data, context), under, 1.45 + 0.31 * len(segments))
    inch = 1.0 / figure.get_figheight()
    stances = [stance for stance in context.cases() if stance in set(data["stance"])]
    key_row(figure, [(context.label("stance", s), stance_look(s, stances)) for s in stances], top, points=True)
    edge = bottom + 0.33 * inch
    split = edge + 0.8 * inch if apart else edge
    blocks = [(segments, split, top - 0.52 * inch), (apart, edge, edge + 0.42 * inch)]
    for names, low, high in (block for block in blocks if block[0]):
        _draw_row(figure, data[data["segment"].isin(names)], names, (low, high), context)
    return figure


def _draw_row(
    figure: Figure, data: pd.DataFrame, names: Sequence[str], space: tuple[float, float], context: FigureContext
) -> None:
    """Panels of one group of segments side by side, one a year, between two heights of the figure (0-1)."""
    years = sorted(set(data["year"]))
    left = label_room(figure, [context.label("segment", name) for name in SEGMENT_NAMES])
    grid = figure.add_gridspec(1, len(years), left=left, right=0.965, bottom=space[0], top=space[1], wspace=0.1)
    for column, year in enumerate(years):
        axes = figure.add_subplot(grid[0, column])
        draw_stances(axes, data[data["year"] == year], names, [s for s in context.cases() if s in set(data["stance"])])
        axes.set_xlim(*_limits(data))
        axes.set_yticks(range(len(names)), [context.label("segment", name) for name in names] if not column else [])
        if APART not in names:
            axes.set_title(context.say("table.year", year=year, number=year - context.years[0] + 1), fontsize=9.5)



def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """One scale for all years of a row of panels, zero included, with a little air."""
    low, high = min(0.0, rows[["p10", "central"]].min().min()), max(0.0, rows[["p90", "central"]].max().max())
    air = 0.06 * (high - low) or 1.0
    return low - air, high + air


def _rank(segment: str) -> tuple[int, str]:
    """Segments in the order of the model, unknown ones after them."""
    return (SEGMENT_NAMES.index(segment) if segment in SEGMENT_NAMES else len(SEGMENT_NAMES), segment)


FIGURE = FigureSpec("segments", 2, (f"{PREFIX}*",), data_segments, finding_segments, draw_segments)
