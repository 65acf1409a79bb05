"""Figure: years that China is behind the frontier in each chip segment, baseline and stances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import LAYERS, SEGMENT_NAMES, SEGMENTS
from model.experiments.results import (
    BAND_DRAWS,
    BASELINE,
    FigureContext,
    band,
    beyond_baseline,
    last_horizon,
    plain,
    select,
    stance_levels,
)
from model.figures.house import FigureSpec, canvas, key_row, mark_years, panel_grid, plain_steps, stance_look, subtitle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX, REGION = "Capability Gap|", "CHN"
CHIPS = tuple(SEGMENT_NAMES[SEGMENTS.index(segment)] for segment in LAYERS["chips"])


def data_capability_gap(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Years behind the frontier by stance, chip segment and year."""
    rows = stance_levels(select(frame, PREFIX, REGION), context)
    rows = rows.assign(segment=rows["variable"].str.removeprefix(PREFIX))
    return band(rows[rows["segment"].isin(CHIPS)])


def finding_capability_gap(data: pd.DataFrame, context: FigureContext) -> str:
    """The segment whose gap moves farthest from the baseline."""
    own = beyond_baseline(last_horizon(data, context.years), "segment")
    if own.empty:
        return context.say("figure.capability-gap.name")
    most = own.assign(change=(own["central"] - own["base"]).abs()).sort_values("change", kind="stable").iloc[-1]
    return context.say(
        "figure.capability-gap.title", year=int(most["year"]), segment=context.label("segment", most["segment"]),
        value=plain(most["central"], 1), base=plain(most["base"], 1), stance=context.label("stance", most["stance"]),
    )  # fmt: skip


def draw_capability_gap(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a segment on one scale."""
    segments = [name for name in CHIPS if name in set(data["segment"])]
    stances = [stance for stance in (BASELINE, *context.cases()) if stance in set(data["stance"])]
    under = subtitle("capability-gap", data, context)
    figure, top, bottom = canvas(context, finding_capability_gap(data, context), under, 2.9)
    inch = 1.0 / figure.get_figheight()
    key_row(figure, [(context.label("stance", s), stance_look(s, stances)) for s in stances], top)
    grid = panel_grid(figure, len(segments), (bottom + 0.3 * inch, top - 0.55 * inch), gap=0.14)
    low, high = min(0.0, data["p10"].min()), max(data["p90"].max(), data["central"].max())
    for column, segment in enumerate(segments):
        axes = figure.add_subplot(grid[0, column])
        _draw_segment(axes, data[data["segment"] == segment], stances)
        axes.set_ylim(low - 0.04 * (high - low), high + 0.05 * (high - low))
        axes.set_title(context.label("segment", segment), loc="left", fontsize=9.0, fontweight="bold")
        axes.tick_params(labelleft=column == 0)
    return figure


def _draw_segment(axes: Axes, rows: pd.DataFrame, stances: list[str]) -> None:
    """Lines and bands of one segment."""
    for stance in reversed(stances):
        own, look = rows[rows["stance"] == stance], stance_look(stance, stances)
        if own["draws"].max() >= BAND_DRAWS and stance != BASELINE:
            axes.fill_between(own["year"], own["p10"], own["p90"], color=look.colour, alpha=0.1, linewidth=0)
        axes.plot(own["year"], own["central"], color=look.colour, linestyle=look.line, linewidth=1.5,
                  marker=look.marker, markevery=(stances.index(stance), 4), markersize=3.5)  # fmt: skip
    mark_years(axes, rows["year"].tolist(), most=2)
    plain_steps(axes)
    axes.grid(visible=False, axis="x")


FIGURE = FigureSpec(
    "capability-gap",
    22,
    (f"{PREFIX}*",),
    data_capability_gap,
    finding_capability_gap,
    draw_capability_gap,
    report=False,
)
