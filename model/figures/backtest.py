"""Figure: the back-test, one small panel a series: what happened, what the model said with its band, two naive rules.

It reads the table of points, not the results of one scenario, so it is not in the report's registry.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.scoring import STILL
from model.figures.house import INK, LOSS, FigureSpec, Look
from model.figures.marks import mark_years
from model.figures.multiples import SERIES, begun, draw_multiples

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from model.experiments.results import FigureContext

ACTUAL, MODEL, LAST, TREND = Look(INK, "o"), Look("#0072B2", "s"), Look("#E69F00", "D", (0, (1.0, 1.2))), Look("#D55E00", "^", (0, (5.0, 1.5)))
LOOKS = {"actual": ACTUAL, "model": MODEL, "last": LAST, "trend": TREND}


def data_backtest(points: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The points with `better`: whether the model's mean error in the series is below that of the last value by a hundredth or more;
    `at`, `start`: where the figure and the last known one stand on the axis."""
    errors = {name: (points[name] - points["actual"]).abs() for name in ("model", "last")}
    means = points[SERIES].assign(**errors).groupby(SERIES)[["model", "last"]].transform("mean")
    at = begun(points["period"], points["end"])
    return points.assign(better=means["model"] < (1 - STILL) * means["last"], at=at, start=points["start"] - (points["end"] - at))


def finding_backtest(data: pd.DataFrame, context: FigureContext) -> str:
    """In how many series the model beats the last value."""
    series = data.drop_duplicates(SERIES)
    return context.say("figure.backtest.title", better=int(series["better"].sum()), series=len(series))


def draw_backtest(data: pd.DataFrame, context: FigureContext) -> Figure:
    """All series in the order of the table, hits and misses alike."""
    keys = [(context.say(f"figure.backtest.{name}"), look) for name, look in LOOKS.items()]
    return draw_multiples(context, finding_backtest(data, context), context.say("figure.backtest.subtitle"), keys, data, _colour, _panel)


def _colour(own: pd.DataFrame) -> str:
    """Orange where the model is no better than the last value."""
    return INK if own["better"].iloc[0] else LOSS


def _panel(axes: Axes, own: pd.DataFrame) -> None:
    """One series from the last known figure on."""
    start, first = float(own["start"].iloc[0]), own.iloc[0]
    times = [start, *own["at"]]
    for name, look in LOOKS.items():
        if own["transform"].iloc[0].startswith("cross"):
            axes.plot([own["at"].iloc[0]], [own[name].iloc[0]], color=look.colour, marker=look.marker, markersize=3.5)
            continue
        begin = first["model_before"] if name == "model" else first["before"]
        axes.plot(times, [begin, *own[name]], color=look.colour, linestyle=look.line, marker=look.marker, markersize=2.2, linewidth=1.0)
    axes.fill_between(own["at"], own["model_p10"], own["model_p90"], color=MODEL.colour, alpha=0.2, linewidth=0)
    axes.vlines(own["at"], own["model_p10"], own["model_p90"], color=MODEL.colour, linewidth=1.0, alpha=0.6)
    mark_years(axes, [math.floor(min(times)), math.ceil(max(times))], 3)


FIGURE = FigureSpec(
    "backtest", 45, (), data_backtest, finding_backtest, draw_backtest, report=False, of_run=False,
    marks=("small multiples", "line", "band", "interval"),
)  # fmt: skip
