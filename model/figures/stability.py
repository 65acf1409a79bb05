"""Figure: which draws of the parameters give a stable economy, and how near the limit the others come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext
from model.figures.house import GAIN, INK, LOSS, SOFT, FigureSpec, Look
from model.figures.sheet import Key, open_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

LIMIT = 1.0
LOOKS = {"used": Look(GAIN, "o"), "refused": Look(LOSS, "X"), "region": Look("#e6eff7", "s")}


def data_stability(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Draws with the growth of a small disturbance from quarter to quarter, in the long and in the short run."""
    return context.table("stability")


def finding_stability(data: pd.DataFrame, context: FigureContext) -> str:
    """How many draws are used, and how near the limit they come."""
    used = data[data["verdict"] == "used"]
    return context.say(
        "figure.stability.title", used=len(used), count=len(data),
        growth=f"{used[['growth', 'growth_short']].max().max():.3f}",
    )  # fmt: skip


def draw_stability(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Growth at central elasticities across, at short-run ones up; the region of stability is shaded."""
    key = Key([(context.say(f"figure.stability.{name}"), look) for name, look in LOOKS.items()], points=True)
    sheet = open_sheet(context, finding_stability(data, context), context.say("figure.stability.subtitle"), 3.2, key)
    axes = sheet.axes(0.75, 0.4, sheet.bottom + 0.5, sheet.top - 0.05)
    for verdict in ("used", "refused"):
        own, look = data[data["verdict"] == verdict], LOOKS[verdict]
        axes.plot(
            own["growth"], own["growth_short"], color=look.colour, marker=look.marker, linestyle="none", alpha=0.85
        )
        for row in own.to_dict("records") if verdict == "refused" else []:
            axes.annotate(str(row["draw"]), (row["growth"], row["growth_short"]), xytext=(5, 0),
                          textcoords="offset points", fontsize=8, color=INK, va="center")  # fmt: skip
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    axes.add_patch(_region(min(left, LIMIT), min(low, LIMIT)))
    axes.set(xlim=(left, max(right, LIMIT + 0.001)), ylim=(low, max(high, LIMIT + 0.001)))
    for line in (axes.axvline, axes.axhline):
        line(LIMIT, color=SOFT, linewidth=0.9, linestyle=(0, (4.0, 2.0)))
    axes.set_xlabel(context.say("figure.stability.long"), fontsize=8.5)
    axes.set_ylabel(context.say("figure.stability.short"), fontsize=8.5)
    return sheet.figure


def _region(left: float, low: float) -> Patch:
    """Where both growths are below the limit."""
    from matplotlib.patches import Rectangle

    return Rectangle((left, low), LIMIT - left, LIMIT - low, facecolor=GAIN, alpha=0.08, linewidth=0, zorder=0)


FIGURE = FigureSpec(
    "stability",
    31,
    (),
    data_stability,
    finding_stability,
    draw_stability,
    ("stability",),
    report=False,
    marks=("scatter", "region"),
)
