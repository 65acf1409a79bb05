"""Figure: regret of each strategy over the states of the world: median, 10-90 band and the largest (`robust`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext, plain
from model.figures.house import FigureSpec, Look, canvas, key_row, stance_look, tick_digits
from model.figures.panels import name_rows, panels, row_height

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
    figure, top, bottom = canvas(context, finding_regret(data, context), context.say("figure.regret.subtitle", outcome=context.title),
                                 row_height(len(data)) + 0.15)  # fmt: skip
    key_row(
        figure,
        [(context.say("figure.regret.middle"), MIDDLE), (context.say("figure.regret.largest"), LARGEST)],
        top,
        points=True,
    )
    (axes,) = panels(figure, top - 0.12 / figure.get_figheight(), bottom, [""])
    stances = [str(stance) for stance in data["stance"]]
    for place, row in enumerate(data.to_dict("records")):
        look = stance_look(str(row["stance"]), stances)
        axes.hlines(place, row["regret_p10"], row["regret_p90"], color=look.colour, linewidth=6.0, alpha=0.55)
        axes.hlines(place, row["regret_p90"], row["regret_max"], color=look.colour, linewidth=1.0)
        axes.plot(row["regret_median"], place, marker=MIDDLE.marker, color=look.colour, markersize=6.0, clip_on=False)
        axes.plot(row["regret_max"], place, marker=LARGEST.marker, color=look.colour, markersize=6.5, clip_on=False)
    name_rows(figure, [axes], [str(title) for title in data["title"]])
    axes.set_xlim(left=0.0)
    axes.xaxis.set_major_formatter(lambda value, _: plain(value, tick_digits(axes.xaxis)))
    return figure


SPEC = FigureSpec("regret", 0, (), data_regret, finding_regret, draw_regret)
