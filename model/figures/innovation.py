"""Figure: years of technology gained or lost by segment in the United States, China and the focus region, by stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import SEGMENT_NAMES
from model.experiments.results import (
    FigureContext,
    band,
    last_horizon,
    select,
    signed,
    stance_differences,
)
from model.figures.house import (
    FigureSpec,
    canvas,
    draw_stances,
    key_row,
    label_room,
    stance_look,
    subtitle,
)

if TYPE_CHECKING:

    from matplotlib.figure import Figure

PREFIX = "Capability Gap|"
MAIN = ("CHN", "USA")
"""The target and the sender of the shipped scenarios; the focus region comes third."""


def data_innovation(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Years gained (+) or lost (-) on the frontier against the baseline, by stance, region, segment, horizon year."""
    rows = select(frame, PREFIX)
    rows = rows[rows["region"].isin(_regions(context))]
    draws = stance_differences(rows, context, "level")
    draws = draws[draws["year"].isin(context.years)]
    return band(draws.assign(segment=draws["variable"].str.removeprefix(PREFIX), value=-draws["value"]))


def finding_innovation(data: pd.DataFrame, context: FigureContext) -> str:
    """What the first region gains most and loses most in the last year under the first stance it has."""
    region = next(r for r in _regions(context) if r in set(data["region"]))
    last = last_horizon(data, context.years)
    own = last[last["region"] == region]
    stance = next(s for s in context.cases() if s in set(own["stance"]))
    ranked = own[own["stance"] == stance].sort_values("central", kind="stable")
    least, most = ranked.iloc[0], ranked.iloc[-1]
    return context.say(
        "figure.innovation.title", region=context.label("region", region), year=int(most["year"]),
        most=context.label("segment", most["segment"]), gain=signed(most["central"], 1),
        least=context.label("segment", least["segment"]), loss=signed(least["central"], 1),
        stance=context.label("stance", stance),
    )  # fmt: skip


def draw_innovation(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a region in the last horizon year; a row a segment, a point a stance, one scale for all."""
    last = last_horizon(data, context.years)
    segments = [name for name in SEGMENT_NAMES if name in set(last["segment"])]
    under = subtitle("innovation", data, context)
    figure, top, bottom = canvas(context, finding_innovation(data, context), under, 1.0 + 0.31 * len(segments))
    inch = 1.0 / figure.get_figheight()
    stances = [stance for stance in context.cases() if stance in set(last["stance"])]
    key_row(figure, [(context.label("stance", s), stance_look(s, stances)) for s in stances], top, points=True)
    regions = [region for region in _regions(context) if region in set(last["region"])]
    left = label_room(figure, [context.label("segment", s) for s in segments])
    grid = figure.add_gridspec(
        1, len(regions), left=left, right=0.965, bottom=bottom + 0.33 * inch, top=top - 0.52 * inch, wspace=0.1
    )
    low, high = min(0.0, last[["p10", "central"]].min().min()), max(0.0, last[["p90", "central"]].max().max())
    air = 0.06 * (high - low) or 1.0
    for column, region in enumerate(regions):
        axes = figure.add_subplot(grid[0, column])
        draw_stances(axes, last[last["region"] == region], segments, stances)
        axes.set_xlim(low - air, high + air)
        axes.set_yticks(range(len(segments)), [context.label("segment", s) for s in segments] if not column else [])
        axes.set_title(context.label("region", region), fontsize=9.5)
    return figure



def _regions(context: FigureContext) -> tuple[str, ...]:
    """China, the United States and the focus region, each once."""
    return tuple(dict.fromkeys((*MAIN, context.focus)))


FIGURE = FigureSpec("innovation", 7, (f"{PREFIX}*",), data_innovation, finding_innovation, draw_innovation)
