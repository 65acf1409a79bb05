"""Figure: years of technology gained or lost by segment in the United States, China and the focus region, by stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import SEGMENT_NAMES
from model.experiments.results import FigureContext, band, last_horizon, select, signed, stance_differences
from model.figures.house import FigureSpec, subtitle
from model.figures.marks import draw_points, limits, name_rows, number_axis, zero_line
from model.figures.sheet import held, open_sheet, stance_key

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
    last, stances = last_horizon(data, context.years), held(data, context, baseline=False)
    segments = [name for name in SEGMENT_NAMES if name in set(last["segment"])]
    regions = [region for region in _regions(context) if region in set(last["region"])]
    sheet = open_sheet(
        context, finding_innovation(data, context), subtitle("innovation", data, context), 0.65 + 0.29 * len(segments), stance_key(stances, context, True)
    )  # fmt: skip
    labels = [context.label("segment", name) for name in segments]
    panels = sheet.panels([context.label("region", region) for region in regions], sheet.beside(labels))
    for axes, region in zip(panels, regions, strict=True):
        zero_line(axes, vertical=True)
        draw_points(axes, last[last["region"] == region], segments, "segment", stances)
        axes.set_xlim(*limits(last[["p10", "central"]].min().min(), last[["p90", "central"]].max().max()))
        number_axis(axes, signed, vertical=False)
    name_rows(panels, labels)
    return sheet.figure


def _regions(context: FigureContext) -> tuple[str, ...]:
    """China, the United States and the focus region, each once."""
    return tuple(dict.fromkeys((*MAIN, context.focus)))


FIGURE = FigureSpec(
    "innovation", 7, (f"{PREFIX}*",), data_innovation, finding_innovation, draw_innovation, marks=("point", "interval")
)
