"""Figure: the way from the widest to the purest box, and the chosen box in the ranges of its numbers (`discover`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd

from model.experiments.results import FigureContext, plain
from model.figures.house import FAINT, INK, MARGIN, SOFT, FigureSpec, Look
from model.figures.sheet import Key, open_sheet, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOX, CHOSEN = Look("#0072B2", "o"), Look("#D55E00", "D")


def data_prim_box(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The boxes (rows 'box') and the limits of the chosen one (rows 'limit'), as they are."""
    return frame


def finding_prim_box(data: pd.DataFrame, context: FigureContext) -> str:
    """How often the condition holds inside the chosen box, and how much of it lies there."""
    chosen = data[(data["kind"] == "box") & data["chosen"]].iloc[0]
    alone = "" if chosen["case_title"] else "_alone"
    return context.say(
        f"figure.prim-box.title{alone}", condition=context.title, density=plain(100 * chosen["density"]),
        coverage=plain(100 * chosen["coverage"]), case=chosen["case_title"],
    )  # fmt: skip


def draw_prim_box(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Left the boxes by coverage and density, right the limits of the chosen one."""
    boxes, box_limits = data[data["kind"] == "box"], data[data["kind"] == "limit"]
    chosen = boxes[boxes["chosen"]].iloc[0]
    under = context.say("figure.prim-box.subtitle", box=int(chosen["box"]), states=plain(chosen["states"]))
    key = Key(
        [(context.say("figure.prim-box.boxes"), BOX), (context.say("figure.prim-box.chosen"), CHOSEN)], points=True
    )
    sheet = open_sheet(context, finding_prim_box(data, context), under, max(2.9, 0.8 + 0.62 * len(box_limits)), key)
    middle = 0.44 * sheet.width
    _draw_way(sheet.axes(0.62, sheet.width - middle, sheet.bottom + 0.5, sheet.top - 0.05), boxes, context)
    _draw_limits(sheet.figure, sheet.axes(middle + 0.4, MARGIN, sheet.bottom + 0.4), box_limits)
    return sheet.figure


def _draw_way(axes: Axes, boxes: pd.DataFrame, context: FigureContext) -> None:
    """Every box as a point; the line is the order in which they were found."""
    axes.plot(100 * boxes["coverage"], 100 * boxes["density"], color=FAINT, linewidth=0.8, marker="")
    axes.plot(
        100 * boxes["coverage"],
        100 * boxes["density"],
        linestyle="none",
        marker=BOX.marker,
        color=BOX.colour,
        markersize=3.6,
    )
    chosen = boxes[boxes["chosen"]]
    axes.plot(100 * chosen["coverage"], 100 * chosen["density"], linestyle="none", marker=CHOSEN.marker, color=CHOSEN.colour,
              markersize=8.0, clip_on=False, zorder=4)  # fmt: skip
    axes.set_xlim(0, 103)
    axes.set_ylim(0, 103)
    axes.set_xlabel(context.say("figure.prim-box.coverage"), fontsize=8.5)
    axes.set_ylabel(context.say("figure.prim-box.density"), fontsize=8.5)


def _draw_limits(figure: Figure, axes: Axes, limits: pd.DataFrame) -> None:
    """The range of each limited number as a grey line, the part inside the box in colour, with its ends."""
    for place, row in enumerate(limits.to_dict("records")):
        first, last, low, high = (float(row[name]) for name in ("range_low", "range_high", "low", "high"))
        start, stop = ((end - first) / ((last - first) or 1.0) for end in (low, high))
        axes.plot([0, 1], [place, place], color=FAINT, linewidth=1.2, marker="|", markersize=7, clip_on=False)
        axes.plot([start, stop], [place, place], color=CHOSEN.colour, linewidth=5.5, solid_capstyle="butt", marker="")
        title = "\n".join(
            wrap(figure, str(row["title"]), axes.get_position().width * figure.get_figwidth(), fontsize=8.5)
        )
        axes.text(0, place - 0.17, title, fontsize=8.5, va="bottom", color=INK)
        inner = stop - start > 0.15  # room for both numbers between the ends
        _end(axes, (start, place), low, "left" if inner else "right", low != first)
        _end(axes, (stop, place), high, "right" if inner else "left", high != last)
    axes.set_ylim(max(len(limits), 1) - 0.4, -0.6)
    axes.set_xlim(-0.01, 1.01)
    axes.axis("off")


def _end(axes: Axes, at: tuple[float, float], value: float, side: Literal["left", "right"], limited: bool) -> None:
    """The number at one end of a box, bold where the box cuts."""
    colour, weight = (CHOSEN.colour, "bold") if limited else (SOFT, "normal")
    axes.text(
        at[0],
        at[1] + 0.12,
        f"{value:.3g}".replace("-", "−"),
        fontsize=8.0,
        va="top",
        ha=side,
        color=colour,
        fontweight=weight,
    )


FIGURE = FigureSpec(
    "prim-box",
    44,
    (),
    data_prim_box,
    finding_prim_box,
    draw_prim_box,
    report=False,
    of_run=False,
    marks=("path of points", "range bar"),
)
