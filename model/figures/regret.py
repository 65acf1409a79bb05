"""Figure: regret of each strategy over the states of the world: median, 10-90 band and the largest (`robust`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext, plain
from model.figures.house import FigureSpec, Look, stance_look
from model.figures.marks import limits, number_axis
from model.figures.sheet import Key, case_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIDDLE, LARGEST = Look("#555555", "o"), Look("#555555", "X")


def data_regret(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The strategies as they are, least largest regret first."""
    return frame.sort_values("regret_max", kind="stable", ignore_index=True)


def finding_regret(data: pd.DataFrame, context: FigureContext) -> str:
    """The strategy with the least largest regret beside the one with the largest."""
    best, worst = data.iloc[0], data.iloc[-1]
    return context.say(
        "figure.regret.title", outcome=context.title, best=best["title"], least=plain(best["regret_max"], 2),
        worst=worst["title"], most=plain(worst["regret_max"], 2),
    )  # fmt: skip


def draw_regret(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A row a strategy."""
    key = Key(
        [(context.say("figure.regret.middle"), MIDDLE), (context.say("figure.regret.largest"), LARGEST)], points=True
    )
    under = context.say("figure.regret.subtitle", outcome=context.title)
    names = [str(title) for title in data["title"]]
    sheet, (axes,) = case_panels(context, finding_regret(data, context), under, [""], names, key)
    stances = [str(stance) for stance in data["stance"]]
    for place, row in enumerate(data.to_dict("records")):
        look = stance_look(str(row["stance"]), stances)
        axes.hlines(place, row["regret_p10"], row["regret_p90"], color=look.colour, linewidth=6.0, alpha=0.55)
        axes.hlines(place, row["regret_p90"], row["regret_max"], color=look.colour, linewidth=1.0)
        axes.plot(row["regret_median"], place, marker=MIDDLE.marker, color=look.colour, markersize=6.0, clip_on=False)
        axes.plot(row["regret_max"], place, marker=LARGEST.marker, color=look.colour, markersize=6.5, clip_on=False)
    axes.set_xlim(*limits(0.0, float(data["regret_max"].max())))
    number_axis(axes, plain, vertical=False, most=6)
    return sheet.figure


FIGURE = FigureSpec(
    "regret", 43, (), data_regret, finding_regret, draw_regret, report=False, of_run=False, marks=("range bar", "point")
)
