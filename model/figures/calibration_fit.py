"""Figure: the figures that the model was matched to, each beside the runs before and the model after (`calibrate`).

Every target is shown in its own spread: distance from the figure in standard deviations of what the figure may be off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.experiments.results import FigureContext, signed
from model.figures.house import BAR, GAIN, LOSS, MARGIN, SMALL, FigureSpec, Look
from model.figures.sheet import Key, name_rows, number_axis, open_sheet, zero_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEAR = 3.0
"""Standard deviations from which a figure counts as missed, as where points are ruled out (`matching.RULED_OUT`)."""
EDGE = 8.0
"""Standard deviations shown; what lies farther is drawn at the edge."""
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
    """A row a target: the spread of the prior runs as a bar, the model after matching as a point; zero is the figure."""
    key = Key([(context.say(f"figure.calibration-fit.{name}"), look) for name, look in LOOKS.items()], points=True)
    under = context.say("figure.calibration-fit.subtitle", near=f"{NEAR:g}", edge=f"{EDGE:g}")
    sheet = open_sheet(context, finding_calibration_fit(data, context), under, 0.45 + 0.19 * len(data), key)
    labels = [str(name) for name in data["target"]]
    axes = sheet.axes(sheet.beside(labels, SMALL), MARGIN, sheet.bottom + 0.3)
    _draw_rows(axes, data)
    name_rows([axes], labels, SMALL)
    axes.set_xlim(-EDGE - 0.4, EDGE + 0.4)
    number_axis(axes, signed, vertical=False, most=8)
    return sheet.figure


def _draw_rows(axes: Axes, data: pd.DataFrame) -> None:
    """Bars and points, cut off at the edges; the band in which a figure counts as met is shaded."""
    axes.axvspan(-NEAR, NEAR, color=GAIN, alpha=0.07, linewidth=0)
    zero_line(axes, vertical=True)
    low, high, after = (np.clip(data[name].to_numpy(float), -EDGE, EDGE) for name in ("low", "high", "after"))
    axes.barh(range(len(data)), high - low, 0.55, left=low, color=BAR, linewidth=0)
    for place, (used, met) in enumerate(zip(data["used"].astype(bool), data["met"], strict=True)):
        look = LOOKS["unused" if not used else "met" if met else "missed"]
        axes.plot(
            after[place],
            place,
            color=look.colour,
            marker=look.marker,
            markersize=5.0,
            markeredgecolor="white",
            clip_on=False,
        )


FIGURE = FigureSpec(
    "calibration-fit", 47, (), data_calibration_fit, finding_calibration_fit, draw_calibration_fit, report=False, of_run=False,
    marks=("range bar", "point", "region"),
)  # fmt: skip
