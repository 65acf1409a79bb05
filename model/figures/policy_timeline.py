"""Figure: the scenario's measures on a time axis: when announced, when in force, against whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext
from model.figures.house import FAINT, INK, FigureSpec, Look, canvas, key_row, label_room

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEW, HELD, NOTICE = Look("#0072B2", "s"), Look("#9a9a9a", "s"), Look("#D55E00", "o")
OPEN_END = 0.75
"""Years that a bar without end is drawn beyond the last start."""
TIGHT = 0.15
"""Inches of a row where measures are many, so that a report's page holds them."""


def data_policy_timeline(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The measures by start, with dates in years."""
    measures = context.table("measures")
    return (
        measures if measures.empty else measures.sort_values(["new", "start", "id"], kind="stable", ignore_index=True)
    )


def finding_policy_timeline(data: pd.DataFrame, context: FigureContext) -> str:
    """How many measures there are, and how many the baseline lacks."""
    return context.say(
        "figure.policy-timeline.title", count=len(data), new=int(data["new"].sum()), baseline=context.baseline,
        first=int(data["start"].min()), last=int(data["start"].max()),
    )  # fmt: skip


def draw_policy_timeline(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A bar a measure; a ring where it was announced before."""
    under = context.say("figure.policy-timeline.subtitle", baseline=context.baseline)
    row = min(0.24, max(TIGHT, 9.0 / len(data)))
    figure, top, bottom = canvas(context, finding_policy_timeline(data, context), under, 0.7 + row * len(data))
    inch, width = 1.0 / figure.get_figheight(), figure.get_figwidth()
    words = [context.say(f"figure.policy-timeline.{name}") for name in ("new", "held", "announced")]
    key_row(figure, list(zip(words, (NEW, HELD, NOTICE), strict=True)), top, points=True)
    labels = [_shortened(label, 36 if width < 7 else 58) for label in _labels(data)]
    left = label_room(figure, labels, 7.5)
    axes = figure.add_axes((left, bottom + 0.3 * inch, 1.0 - left - 0.25 / width, top - bottom - 0.6 * inch))
    _draw_bars(axes, data)
    axes.set_yticks(range(len(data)), labels, fontsize=7.5)
    axes.set_ylim(len(data) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    return figure


def _draw_bars(axes: Axes, data: pd.DataFrame) -> None:
    """Bars in force and rings of announcement; an arrow where no end is set."""
    from matplotlib.ticker import MaxNLocator

    last = max(float(data["start"].max()) + 3 * OPEN_END, float(data["end"].max(skipna=True) or 0.0))
    for place, row in enumerate(data.to_dict("records")):
        colour = NEW.colour if row["new"] else HELD.colour
        end = row["end"] if pd.notna(row["end"]) else last
        axes.barh(place, end - row["start"], 0.55, left=row["start"], color=colour)
        if pd.isna(row["end"]):
            axes.plot(end, place, marker=">", color=colour, markersize=7, clip_on=False, linestyle="none")
        if pd.notna(row["announced"]) and row["announced"] < row["start"]:
            axes.plot([row["announced"], row["start"]], [place, place], color=NOTICE.colour, linewidth=0.9)
            axes.plot(
                row["announced"],
                place,
                marker="o",
                markerfacecolor="white",
                markeredgecolor=NOTICE.colour,
                linestyle="none",
            )
    axes.set_xlim(right=last + 0.15)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(axis="y", labelcolor=INK)
    axes.spines["left"].set_color(FAINT)


def _labels(data: pd.DataFrame) -> list[str]:
    """'Export control (memory): West → East'; what it names is left out where it names nothing."""
    rows = data.to_dict("records")
    named = [f"{row['title']} ({row['scope']})" if row["scope"] else str(row["title"]) for row in rows]
    return [
        f"{_shortened(name, 38)}: {row['senders']} → {row['targets']}" for name, row in zip(named, rows, strict=True)
    ]


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


FIGURE = FigureSpec(
    "policy-timeline", 8, (), data_policy_timeline, finding_policy_timeline, draw_policy_timeline, ("measures",)
)
