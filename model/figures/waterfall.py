"""Figure: how the change of the focus region's value added adds up over segments (waterfall), stance by stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import SEGMENT_NAMES
from model.experiments.results import FigureContext, band, last_horizon, select, signed, stance_differences
from model.figures.house import (
    INK,
    SOFT,
    FigureSpec,
    Look,
    canvas,
    key_row,
    label_room,
    subtitle,
    tick_digits,
    zero_line,
)
from model.phrases import amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX = "Value Added|"
GAIN, LOSS, TOTAL = Look("#0072B2", "s"), Look("#D55E00", "s"), Look(INK, "s")


def data_waterfall(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual differences in bn USD of 2018 by stance and segment in the last horizon year."""
    draws = stance_differences(select(frame, PREFIX, context.focus), context, "level")
    draws = draws[draws["year"].isin(context.years[-1:])]
    return band(draws.assign(segment=draws["variable"].str.removeprefix(PREFIX)))


def finding_waterfall(data: pd.DataFrame, context: FigureContext) -> str:
    """The sum over segments under the first stance, and the segment that carries most of it."""
    last = last_horizon(data, context.years)
    stance = next(s for s in context.cases() if s in set(last["stance"]))
    own = last[last["stance"] == stance]
    total = own["central"].sum()
    most = own.sort_values("central", key=lambda x: x if total > 0 else -x, kind="stable").iloc[-1]
    return context.say(
        "figure.waterfall.title", region=context.label("region", context.focus), year=int(most["year"]),
        total=amount(total, "usd", context.lang, signed=True), segment=context.label("segment", most["segment"]), value=amount(most["central"], "usd", context.lang, signed=True),
        stance=context.label("stance", stance),
    )  # fmt: skip


def draw_waterfall(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a stance; each segment's bar starts where the one above ends, the sum stands below."""
    stances = [stance for stance in context.cases() if stance in set(data["stance"])]
    segments = [name for name in SEGMENT_NAMES if name in set(data["segment"])]
    under = subtitle("waterfall", data, context, banded=False)
    figure, top, bottom = canvas(context, finding_waterfall(data, context), under, 1.1 + 0.24 * (len(segments) + 1))
    inch = 1.0 / figure.get_figheight()
    words = [context.say(f"figure.waterfall.{name}") for name in ("gain", "loss", "total")]
    key_row(figure, list(zip(words, (GAIN, LOSS, TOTAL), strict=True)), top, points=True)
    labels = [context.label("segment", name) for name in segments] + [context.say("figure.waterfall.total")]
    grid = figure.add_gridspec(1, len(stances), left=label_room(figure, labels), right=0.965, wspace=0.1,
                               bottom=bottom + 0.33 * inch, top=top - 0.55 * inch)  # fmt: skip
    low, high = _limits(data)
    for column, stance in enumerate(stances):
        axes = figure.add_subplot(grid[0, column])
        _draw_steps(axes, data[data["stance"] == stance].set_index("segment")["central"].reindex(segments).fillna(0.0))
        axes.set_xlim(low, high)
        axes.set_yticks(range(len(labels)), labels if not column else [])
        axes.set_title(context.label("stance", stance), fontsize=9.5)
    return figure


def _draw_steps(axes: Axes, steps: pd.Series) -> None:
    """Bars of the steps and of their sum, with thin lines that join them."""
    zero_line(axes, vertical=True)
    ends = steps.cumsum()
    for place, (size, end) in enumerate(zip(steps, ends, strict=True)):
        axes.barh(place, size, 0.62, left=end - size, color=(GAIN if size >= 0 else LOSS).colour)
        axes.plot([end, end], [place, place + 1], color=SOFT, linewidth=0.6)
    axes.barh(len(steps), float(ends.iloc[-1]), 0.62, color=TOTAL.colour)
    axes.set_ylim(len(steps) + 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(lambda value, _: signed(value, tick_digits(axes.xaxis)))


def _limits(data: pd.DataFrame) -> tuple[float, float]:
    """One scale for all stances: the farthest ends of the steps, zero included, with a little air."""
    order = data["segment"].map({name: k for k, name in enumerate(SEGMENT_NAMES)}).fillna(99)
    ends = data.assign(order=order).sort_values("order").groupby("stance")["central"].cumsum()
    low, high = min(0.0, ends.min()), max(0.0, ends.max())
    air = 0.06 * (high - low) or 1.0
    return low - air, high + air


FIGURE = FigureSpec("waterfall", 26, (f"{PREFIX}*",), data_waterfall, finding_waterfall, draw_waterfall, report=False)
