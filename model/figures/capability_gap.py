"""Figure: years that China is behind the frontier in each chip segment, baseline and stances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import LAYERS, SEGMENT_NAMES, SEGMENTS
from model.experiments.results import FigureContext, band, beyond_baseline, last_horizon, plain, select, stance_levels
from model.figures.house import FigureSpec, subtitle
from model.figures.marks import draw_stance_lines, zero_line
from model.figures.sheet import columns_of, held, open_sheet, stance_key

if TYPE_CHECKING:
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
    side = "behind" if most["central"] >= 0 else "ahead"
    return context.say(
        f"figure.capability-gap.title_{side}", year=int(most["year"]), segment=context.label("segment", most["segment"]),
        value=plain(abs(most["central"]), 1), base=plain(most["base"], 1), stance=context.label("stance", most["stance"]),
    )  # fmt: skip


def draw_capability_gap(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a segment on one scale."""
    stances, segments = held(data, context), [name for name in CHIPS if name in set(data["segment"])]
    columns = columns_of(len(segments), 1.3)
    height = 2.4 if columns == len(segments) else 0.3 + 1.8 * -(-len(segments) // columns)
    sheet = open_sheet(
        context,
        finding_capability_gap(data, context),
        subtitle("capability-gap", data, context),
        height,
        stance_key(stances, context),
    )
    titles = [context.label("segment", segment) for segment in segments]
    parts, panels = (
        [data[data["segment"] == segment] for segment in segments],
        sheet.panels(titles, left=0.55, gap=0.15, columns=columns),
    )
    for axes in panels:
        zero_line(axes)
    draw_stance_lines(panels, parts, stances, 2)
    return sheet.figure


FIGURE = FigureSpec(
    "capability-gap", 22, (f"{PREFIX}*",), data_capability_gap, finding_capability_gap, draw_capability_gap, report=False,
    marks=("small multiples", "line", "band"),
)  # fmt: skip
