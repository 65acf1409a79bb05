"""Figure: how the change of the focus region's value added adds up over segments (waterfall), stance by stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import SEGMENT_NAMES
from model.experiments.results import FigureContext, band, last_horizon, select, stance_differences
from model.figures.house import FigureSpec, subtitle
from model.figures.sheet import held
from model.figures.steps import total_and_most, waterfall_sheet
from model.phrases import amount

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREFIX = "Value Added|"


def data_waterfall(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual differences in bn USD of 2018 by stance and segment in the last horizon year."""
    draws = stance_differences(select(frame, PREFIX, context.focus), context, "level")
    draws = draws[draws["year"].isin(context.years[-1:])]
    return band(draws.assign(segment=draws["variable"].str.removeprefix(PREFIX)))


def finding_waterfall(data: pd.DataFrame, context: FigureContext) -> str:
    """The sum over segments under the first stance, and the segment that carries most of it."""
    last = last_horizon(data, context.years)
    stance = held(last, context, baseline=False)[0]
    own = last[last["stance"] == stance].set_index("segment")["central"].fillna(0.0)
    total, most = total_and_most(own)
    return context.say(
        "figure.waterfall.title", region=context.label("region", context.focus), year=int(last["year"].max()),
        total=amount(total, "usd", context.lang, signed=True), segment=context.label("segment", most),
        value=amount(float(own[most]), "usd", context.lang, signed=True), stance=context.label("stance", stance),
    )  # fmt: skip


def draw_waterfall(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a stance; each segment's bar starts where the one above ends, the sum stands below."""
    stances, segments = (
        held(data, context, baseline=False),
        [name for name in SEGMENT_NAMES if name in set(data["segment"])],
    )
    labels = [*(context.label("segment", name) for name in segments), context.say("figure.waterfall.total")]
    steps = data.pivot(index="segment", columns="stance", values="central").reindex(index=segments, columns=stances)
    under = subtitle("waterfall", data, context, banded=False)
    return waterfall_sheet(context, finding_waterfall(data, context), under, steps.fillna(0.0), labels)


FIGURE = FigureSpec(
    "waterfall",
    26,
    (f"{PREFIX}*",),
    data_waterfall,
    finding_waterfall,
    draw_waterfall,
    report=False,
    marks=("waterfall",),
)
