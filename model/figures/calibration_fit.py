"""Figure: the fit of a calibration, one small panel a series: the figures, what the model says before and after matching.

It reads the table of targets, not the results of one scenario, so it is not in the report's registry.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from model.figures.house import INK, LOSS, FigureSpec, Look
from model.figures.marks import mark_years
from model.figures.multiples import SERIES, begun, draw_multiples

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from model.experiments.results import FigureContext

WIDTH = 1.2815515655446004
"""Deviations from the middle to either end of an 80 percent range."""
FIGURE_LOOK, PRIOR, POSTERIOR = Look(INK, "o"), Look("#56B4E9", "s", (0, (5.0, 1.5))), Look("#0072B2", "D")
LOOKS = {"value": FIGURE_LOOK, "prior": PRIOR, "posterior": POSTERIOR}


def data_fit(targets: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The targets with `verdict` of their series: used, still (met, says nothing) or missed, if one figure of it is; `at`: where it stands on the axis."""
    verdict = pd.Series("still", targets.index).mask(targets["used"].astype(bool), "used").mask(~targets["reached"].astype(bool), "missed")
    rank = verdict.map({"still": 0, "used": 1, "missed": 2})
    worst = rank.groupby([targets[key] for key in SERIES]).transform("max")
    at = begun(targets["target"].str.rpartition(" ")[2], targets["end"])
    return targets.assign(at=at, verdict=worst.map({0: "still", 1: "used", 2: "missed"}))


def finding_fit(data: pd.DataFrame, context: FigureContext) -> str:
    """How many figures are out of reach whatever the composites."""
    return context.say("figure.calibration-fit.title", figures=len(data), missed=int((~data["reached"].astype(bool)).sum()))


def draw_fit(data: pd.DataFrame, context: FigureContext) -> Figure:
    """All series in the order of the table."""
    keys = [(context.say(f"figure.calibration-fit.{name}"), look) for name, look in LOOKS.items()]
    return draw_multiples(context, finding_fit(data, context), context.say("figure.calibration-fit.subtitle"), keys, data, _colour, _panel)


def _colour(own: pd.DataFrame) -> str:
    """Orange where a figure of the series is out of reach, blue where it informs a composite."""
    return {"missed": LOSS, "used": "#0072B2", "still": INK}[str(own["verdict"].iloc[0])]


def _panel(axes: Axes, own: pd.DataFrame) -> None:
    """Figures with their range, draws of the prior as a band, the model after matching."""
    ends = list(own["at"])
    axes.vlines(ends, own["prior_p10"], own["prior_p90"], color=PRIOR.colour, linewidth=4.0, alpha=0.35)
    reach = WIDTH * own["deviation"]
    axes.vlines(ends, own["value"] - reach, own["value"] + reach, color=INK, linewidth=0.8)
    for name, look in LOOKS.items():
        axes.plot(ends, own[name], color=look.colour, linestyle=look.line, marker=look.marker, markersize=2.4, linewidth=0.9)
    mark_years(axes, [math.floor(min(ends)), math.ceil(max(ends))], 3)


FIGURE = FigureSpec(
    "calibration-fit", 47, (), data_fit, finding_fit, draw_fit, report=False, of_run=False,
    marks=("small multiples", "line", "range bar", "interval"),
)  # fmt: skip
