"""Figure: the figures that the model was matched to, each beside the runs before and the model after (`calibrate`).

Every target is shown in its own spread: distance from the figure in standard deviations of what the figure may be off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.experiments.results import FigureContext, signed
from model.figures.house import BAR, GAIN, INK, LOSS, MARGIN, FigureSpec, Look
from model.figures.marks import name_rows, number_axis, zero_line
from model.figures.sheet import Key, open_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEAR = 3.0
"""Standard deviations from which a figure counts as missed, as where points are ruled out (`matching.RULED_OUT`)."""
EDGE = 8.0
"""Standard deviations shown; what lies farther is drawn at the edge."""
STRIP = 0.75
"""Inches for the figures not used."""
LOOKS = {"prior": Look(BAR, "s"), "met": Look(GAIN, "o"), "missed": Look(LOSS, "X"), "unused": Look("#9a9a9a", "o")}


def data_calibration_fit(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The targets with distances from the figure in standard deviations: prior runs (10th, 90th percentile) and posterior."""
    scale = frame["deviation"].where(frame["deviation"] > 0)
    columns = {"prior_p10": "low", "prior_p90": "high", "posterior": "after"}
    data = frame.assign(**{name: (frame[column] - frame["value"]) / scale for column, name in columns.items()})
    return data.assign(met=data["after"].abs() <= NEAR)


def finding_calibration_fit(data: pd.DataFrame, context: FigureContext) -> str:
    """How many of the figures used are met."""
    used = data[data["used"].astype(bool)]
    return context.say("figure.calibration-fit.title", met=int(used["met"].sum()), used=len(used), count=len(data))


def draw_calibration_fit(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A row a figure used: the spread of the runs before as a bar, the model after matching as a point; zero is the figure.

    The figures not used stand together in one strip below.
    """
    used, unused = data[data["used"].astype(bool)], data[~data["used"].astype(bool)]
    key = Key([(context.say(f"figure.calibration-fit.{name}"), look) for name, look in LOOKS.items()], points=True)
    under = context.say("figure.calibration-fit.subtitle", near=f"{NEAR:g}", edge=f"{EDGE:g}")
    strip = STRIP if len(unused) else 0.0
    sheet = open_sheet(context, finding_calibration_fit(data, context), under, 0.4 + 0.2 * len(used) + strip, key)
    labels = [str(name) for name in used["target"]]
    rest = context.say("figure.calibration-fit.rest", count=len(unused))
    left = sheet.beside([*labels, rest], 8.0)
    upper = sheet.axes(left, MARGIN, sheet.bottom + 0.3 + strip)
    _draw_rows(upper, used)
    name_rows([upper], labels, 8.0)
    lower = sheet.axes(left, MARGIN, sheet.bottom + 0.3, sheet.bottom + 0.2 + strip) if strip else upper
    if strip:
        _draw_strip(lower, unused)
        lower.set_yticks([0.0], [rest], fontsize=8.0, color=INK)
    for axes in (upper, lower):
        _frame(axes)
    upper.tick_params(labelbottom=axes is upper)
    return sheet.figure


def _frame(axes: Axes) -> None:
    """Zero, the band in which a figure counts as met, and one scale."""
    axes.axvspan(-NEAR, NEAR, color=GAIN, alpha=0.07, linewidth=0)
    zero_line(axes, vertical=True)
    axes.set_xlim(-EDGE - 0.4, EDGE + 0.4)
    number_axis(axes, signed, vertical=False, most=8)


def _draw_rows(axes: Axes, data: pd.DataFrame) -> None:
    """Bars and points, cut off at the edges."""
    low, high, after = (np.clip(data[name].to_numpy(float), -EDGE, EDGE) for name in ("low", "high", "after"))
    axes.barh(range(len(data)), high - low, 0.55, left=low, color=BAR, linewidth=0)
    for place, met in enumerate(data["met"]):
        look = LOOKS["met" if met else "missed"]
        axes.plot(
            after[place],
            place,
            color=look.colour,
            marker=look.marker,
            markersize=6.0,
            markeredgecolor=look.colour,
            clip_on=False,
        )


def _draw_strip(axes: Axes, data: pd.DataFrame) -> None:
    """All figures not used, by their distance, one above the other where they are many."""
    after, look = np.clip(data["after"].to_numpy(float), -EDGE, EDGE), LOOKS["unused"]
    heights = [(k % 5 - 2) / 5 for k in range(len(data))]
    axes.plot(
        after,
        heights,
        color=look.colour,
        marker=look.marker,
        markersize=4.0,
        markeredgecolor="white",
        linestyle="none",
        clip_on=False,
    )
    axes.set_ylim(-0.6, 0.6)
    axes.grid(visible=False, axis="y")


FIGURE = FigureSpec(
    "calibration-fit", 47, (), data_calibration_fit, finding_calibration_fit, draw_calibration_fit, report=False, of_run=False,
    marks=("range bar", "point", "region"),
)  # fmt: skip
