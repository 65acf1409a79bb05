"""Figure: the mean outcome where each sampled number is low and where it is high, widest swing on top (`analyse`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext, signed
from model.figures.house import INK, FigureSpec, Look
from model.figures.marks import number_axis
from model.figures.sheet import Key, case_panels, leading, shown_cases

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOW, HIGH = Look("#0072B2", "s"), Look("#E69F00", "D")


def data_tornado(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The table as it is: case, name, title, value and mean outcome in the lowest and the highest fifth."""
    return frame


def finding_tornado(data: pd.DataFrame, context: FigureContext) -> str:
    """The number with the widest swing, and the outcome at its two ends."""
    widest = data.sort_values("swing", ascending=False, kind="stable").iloc[0]
    return context.say(
        "figure.tornado.title", outcome=context.title, name=widest["title"], low=signed(widest["outcome_low"]),
        high=signed(widest["outcome_high"]), case=widest["case_title"],
    )  # fmt: skip


def draw_tornado(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a case; the same numbers in the same order in each."""
    cases = shown_cases(data)
    shown = data[data["case"].isin(list(cases))]
    names = leading(shown, "swing")
    key = Key([(context.say("figure.tornado.low"), LOW), (context.say("figure.tornado.high"), HIGH)], points=True)
    under = context.say("figure.tornado.subtitle", outcome=context.title)
    sheet, panels = case_panels(context, finding_tornado(shown, context), under, list(cases.values()), names, key)
    for axes, case in zip(panels, cases, strict=True):
        _draw_case(axes, shown[shown["case"] == case].set_index("title").reindex(names))
    ends = [end for axes in panels for end in axes.get_xlim()]
    for axes in panels:
        axes.set_xlim(min(ends), max(ends))
    return sheet.figure


def _draw_case(axes: Axes, rows: pd.DataFrame) -> None:
    """Two bars a number from the mean of all states."""
    mean = float(rows["mean"].dropna().iloc[0]) if rows["mean"].notna().any() else 0.0
    for place, (low, high) in enumerate(zip(rows["outcome_low"], rows["outcome_high"], strict=True)):
        for end, look, down in ((low, LOW, -0.02), (high, HIGH, 0.02)):
            axes.barh(place, end - mean, 0.5, left=mean, color=look.colour, alpha=0.85, linewidth=0)
            axes.plot(end, place + down, marker=look.marker, color=look.colour, markersize=3.5, clip_on=False)
    axes.axvline(mean, color=INK, linewidth=0.9)
    number_axis(axes, signed, vertical=False, most=4)


FIGURE = FigureSpec(
    "tornado",
    40,
    (),
    data_tornado,
    finding_tornado,
    draw_tornado,
    report=False,
    of_run=False,
    marks=("two-sided bar", "point"),
)
