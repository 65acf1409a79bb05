"""Figure: the mean outcome where each sampled number is low and where it is high, widest swing on top (`analyse`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext, signed
from model.figures.house import INK, FigureSpec, Look, canvas, key_row, tick_digits
from model.figures.panels import MOST, ROWS, name_rows, panels, row_height

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
    cases = list(dict.fromkeys(data["case"]))[:MOST]
    shown = data[data["case"].isin(cases)]
    order = shown.groupby("title", sort=False)["swing"].max().sort_values(ascending=False, kind="stable")
    names = list(order.index[:ROWS])
    under = context.say("figure.tornado.subtitle", outcome=context.title)
    figure, top, bottom = canvas(context, finding_tornado(shown, context), under, row_height(len(names)) + 0.2)
    key_row(
        figure, [(context.say("figure.tornado.low"), LOW), (context.say("figure.tornado.high"), HIGH)], top, points=True
    )
    titles = [str(shown.loc[shown["case"] == case, "case_title"].iloc[0]) for case in cases]
    rows = panels(figure, top - 0.2 / figure.get_figheight(), bottom, titles)
    for axes, case in zip(rows, cases, strict=True):
        _draw_case(axes, shown[shown["case"] == case].set_index("title").reindex(names))
    name_rows(figure, rows, names)
    ends = [end for axes in rows for end in axes.get_xlim()]
    for axes in rows:
        axes.set_xlim(min(ends), max(ends))
    return figure


def _draw_case(axes: Axes, rows: pd.DataFrame) -> None:
    """Two bars a number from the mean of all states."""
    mean = float(rows["mean"].iloc[0])
    for place, (low, high) in enumerate(zip(rows["outcome_low"], rows["outcome_high"], strict=True)):
        for end, look, down in ((low, LOW, -0.02), (high, HIGH, 0.02)):
            axes.barh(place, end - mean, 0.5, left=mean, color=look.colour, alpha=0.85, linewidth=0)
            axes.plot(end, place + down, marker=look.marker, color=look.colour, markersize=3.5, clip_on=False)
    axes.axvline(mean, color=INK, linewidth=0.9)
    axes.xaxis.set_major_formatter(lambda value, _: signed(value, tick_digits(axes.xaxis)))


SPEC = FigureSpec("tornado", 0, (), data_tornado, finding_tornado, draw_tornado)
