"""Figure: which draws of the parameters give a stable economy, and how near the limit the others come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext
from model.figures.house import INK, SOFT, FigureSpec, Look, canvas, key_row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIMIT = 1.0
USED, REFUSED = Look("#0072B2", "o"), Look("#D55E00", "X")


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
    """Growth at central elasticities across, at short-run ones up; the limit as two lines."""
    figure, top, bottom = canvas(
        context, finding_stability(data, context), context.say("figure.stability.subtitle"), 3.4
    )
    inch, width = 1.0 / figure.get_figheight(), figure.get_figwidth()
    words = [context.say(f"figure.stability.{name}") for name in ("used", "refused")]
    key_row(figure, list(zip(words, (USED, REFUSED), strict=True)), top, points=True)
    axes = figure.add_axes((0.75 / width, bottom + 0.5 * inch, 1.0 - 1.15 / width, top - bottom - 0.85 * inch))
    for verdict, look in (("used", USED), ("refused", REFUSED)):
        own = data[data["verdict"] == verdict]
        axes.plot(own["growth"], own["growth_short"], color=look.colour, marker=look.marker, linestyle="none")
        for row in own.to_dict("records") if verdict == "refused" else []:
            axes.annotate(str(row["draw"]), (row["growth"], row["growth_short"]), xytext=(5, 0),
                          textcoords="offset points", fontsize=8, color=INK, va="center")  # fmt: skip
    for line in (axes.axvline, axes.axhline):
        line(LIMIT, color=SOFT, linewidth=0.9, linestyle=(0, (4.0, 2.0)))
    axes.set_xlabel(context.say("figure.stability.long"), fontsize=8.5)
    axes.set_ylabel(context.say("figure.stability.short"), fontsize=8.5)
    return figure


FIGURE = FigureSpec(
    "stability", 31, (), data_stability, finding_stability, draw_stability, ("stability",), report=False
)
