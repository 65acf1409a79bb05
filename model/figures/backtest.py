"""Figure: the back-test, one small panel a series: what happened, what the model said with its band, two naive rules.

It reads the table of points, not the results of one scenario, so it is not in the report's registry.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import plain
from model.experiments.scoring import STILL
from model.figures.house import INK, LOSS, MARGIN, SIZES, SMALL, FigureSpec, Look, current_size
from model.figures.marks import mark_years, number_axis
from model.figures.sheet import Key, Sheet, open_sheet, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from model.experiments.results import FigureContext

COLUMNS = 4
ROW = 1.35
"""Height of a row of series."""
ACTUAL, MODEL, LAST, TREND = (
    Look(INK, "o"),
    Look("#0072B2", "s"),
    Look("#E69F00", "D", (0, (1.0, 1.2))),
    Look("#D55E00", "^", (0, (5.0, 1.5))),
)
LOOKS = {"actual": ACTUAL, "model": MODEL, "last": LAST, "trend": TREND}


def data_backtest(points: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The points with `better`: whether the model's mean error in the series is below that of the last value by a hundredth or more."""
    errors = {name: (points[name] - points["actual"]).abs() for name in ("model", "last")}
    keys = ["series_id", "transform"]
    means = points[keys].assign(**errors).groupby(keys)[["model", "last"]].transform("mean")
    return points.assign(better=means["model"] < (1 - STILL) * means["last"])


def finding_backtest(data: pd.DataFrame, context: FigureContext) -> str:
    """In how many series the model beats the last value."""
    series = data.drop_duplicates(["series_id", "transform"])
    return context.say("figure.backtest.title", better=int(series["better"].sum()), series=len(series))


def draw_backtest(data: pd.DataFrame, context: FigureContext) -> Figure:
    """All series in the order of the table, hits and misses alike; on a column half as many side by side."""
    groups = [own.sort_values("end") for _, own in data.groupby(["series_id", "transform"], sort=False)]
    columns = COLUMNS if SIZES[current_size()] > 6 else COLUMNS - 1
    key = Key([(context.say(f"figure.backtest.{name}"), look) for name, look in LOOKS.items()])
    under = context.say("figure.backtest.subtitle")
    sheet = open_sheet(context, finding_backtest(data, context), under, ROW * -(-len(groups) // columns) + 0.3, key)
    wide = (sheet.width - 0.45 - MARGIN) / columns
    for place, own in enumerate(groups):
        left, high = 0.45 + wide * (place % columns), sheet.top - ROW * (place // columns)
        axes = sheet.axes(left, sheet.width - left - wide + 0.4, high - ROW + 0.22, high - 0.32)
        _panel(axes, own)
        _name(sheet, axes, own, wide)
    return sheet.figure


def _name(sheet: Sheet, axes: Axes, own: pd.DataFrame, wide: float) -> None:
    """Series and what is compared, in orange where the last value is not beaten."""
    first = own.iloc[0]
    lines = [
        line
        for text in (first["series_id"], first["transform"])
        for line in wrap(sheet.figure, str(text), wide - 0.12, fontsize=SMALL)[:1]
    ]
    axes.set_title("\n".join(lines), fontsize=SMALL, loc="left", color=INK if first["better"] else LOSS, pad=2, x=-0.12)


def _panel(axes: Axes, own: pd.DataFrame) -> None:
    """One series from the last known figure on."""
    first = own.iloc[0]
    times = [float(first["start"]), *own["end"]]
    for name, look in LOOKS.items():
        if str(first["transform"]).startswith("cross"):
            axes.plot([first["end"]], [first[name]], color=look.colour, marker=look.marker, markersize=4)
            continue
        begin = first["model_before"] if name == "model" else first["before"]
        axes.plot(
            times,
            [begin, *own[name]],
            color=look.colour,
            linestyle=look.line,
            marker=look.marker,
            markersize=2.6,
            linewidth=1.1,
        )
    axes.fill_between(own["end"], own["model_p10"], own["model_p90"], color=MODEL.colour, alpha=0.2, linewidth=0)
    axes.vlines(own["end"], own["model_p10"], own["model_p90"], color=MODEL.colour, linewidth=1.0, alpha=0.6)
    mark_years(axes, [math.floor(min(times)), math.ceil(max(times))], 3)
    number_axis(axes, plain, most=4)
    axes.tick_params(labelsize=SMALL)
    axes.margins(y=0.15)


FIGURE = FigureSpec(
    "backtest", 45, (), data_backtest, finding_backtest, draw_backtest, report=False, of_run=False,
    marks=("small multiples", "line", "band", "interval"),
)  # fmt: skip
