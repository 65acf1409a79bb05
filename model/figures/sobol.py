"""Figure: Sobol indices with their intervals, first order beside total, a panel a case (`analyse`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext, plain
from model.figures.house import INK, FigureSpec, Look
from model.figures.marks import number_axis, zero_line
from model.figures.sheet import Key, case_panels, leading, shown_cases

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOTAL, FIRST = Look("#8fc1e3", "s"), Look("#D55E00", "D")


UNSURE = 0.5
"""Width of an interval from which on the title does not say how large an index is."""


def data_sobol(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The indices as they are: case, name, title, S1 and ST with low and high end."""
    return frame


def finding_sobol(data: pd.DataFrame, context: FigureContext) -> str:
    """The number with the largest total index, and the part of the variance that no number explains alone."""
    case = data["case"].iloc[0]
    rows = data[data["case"] == case].sort_values("ST", ascending=False, kind="stable")
    together, first = 100.0 * max(0.0, 1.0 - rows["S1"].sum()), rows.iloc[0]
    unsure = first["ST"] > 1.0 or first["ST_high"] - first["ST_low"] > UNSURE
    return context.say(
        f"figure.sobol.title{'_unsure' if unsure else ''}", outcome=context.title, name=rows["title"].iloc[0], total=plain(100 * rows["ST"].iloc[0]),
        together=plain(together), case=rows["case_title"].iloc[0],
    )  # fmt: skip


def draw_sobol(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Bars of the total index, points of the first-order one, both with intervals; largest total on top."""
    cases = shown_cases(data)
    shown = data[data["case"].isin(list(cases))]
    names = leading(shown, "ST")
    key = Key([(context.say("figure.sobol.total"), TOTAL), (context.say("figure.sobol.first"), FIRST)], points=True)
    under = context.say("figure.sobol.subtitle", outcome=context.title)
    sheet, panels = case_panels(context, finding_sobol(shown, context), under, list(cases.values()), names, key)
    for axes, case in zip(panels, cases, strict=True):
        _draw_case(axes, shown[shown["case"] == case].set_index("title").reindex(names))
        axes.set_xlim(
            min(-0.05, 1.05 * shown[["S1_low", "ST_low"]].min().min()),
            max(1.0, 1.05 * shown[["S1_high", "ST_high"]].max().max()),
        )
    return sheet.figure


def _draw_case(axes: Axes, rows: pd.DataFrame) -> None:
    """One panel; the interval of each index is a line through its end."""
    places = range(len(rows))
    axes.barh(places, rows["ST"], 0.5, color=TOTAL.colour, linewidth=0)
    for index, look, shift in (("ST", Look(INK, ""), -0.08), ("S1", FIRST, 0.12)):
        down = [place + shift for place in places]
        axes.hlines(down, rows[f"{index}_low"], rows[f"{index}_high"], color=look.colour, linewidth=1.5)
    axes.plot(
        rows["S1"],
        [place + 0.12 for place in places],
        color=FIRST.colour,
        marker=FIRST.marker,
        linestyle="none",
        markersize=5.0,
    )
    zero_line(axes, vertical=True)
    number_axis(axes, plain, vertical=False, most=4)


FIGURE = FigureSpec(
    "sobol",
    41,
    (),
    data_sobol,
    finding_sobol,
    draw_sobol,
    report=False,
    of_run=False,
    marks=("bar", "point", "interval"),
)
