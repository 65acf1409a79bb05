"""Figure: how much of the model is measured and how much assumed: numbers of the register by grade of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext
from model.figures.house import FigureSpec, Look, canvas, key_row, label_room

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRADES: dict[str, Look] = {
    "measured": Look("#0072B2", "s"), "estimated": Look("#56B4E9", "s"), "recalled": Look("#E69F00", "s"),
    "assumed": Look("#c9c9c9", "s"),
}  # fmt: skip
"""From firm to weak; dark to light in grey print."""


def data_evidence(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Count of numbers by topic and grade."""
    return context.table("evidence")


def finding_evidence(data: pd.DataFrame, context: FigureContext) -> str:
    """The share of assumed and of measured numbers."""
    total = data.groupby("grade")["count"].sum()
    share = {name: f"{100.0 * total.get(name, 0) / total.sum():.0f}" for name in GRADES}
    return context.say(
        "figure.evidence.title", count=int(total.sum()), assumed=share["assumed"], measured=share["measured"]
    )


def draw_evidence(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A pie of all numbers and, beside it, a bar a topic."""
    topics = sorted(set(data["topic"]))
    under = context.say("figure.evidence.subtitle")
    figure, top, bottom = canvas(context, finding_evidence(data, context), under, max(2.5, 0.85 + 0.27 * len(topics)))
    inch, width = 1.0 / figure.get_figheight(), figure.get_figwidth()
    key_row(figure, [(context.say(f"show.grade.{name}"), look) for name, look in GRADES.items()], top, points=True)
    space = (bottom + 0.5 * inch, top - bottom - 0.85 * inch)
    pie = figure.add_axes((0.15 / width, space[0], 0.32, space[1]))
    _draw_pie(pie, data)
    labels = [context.say(f"figure.evidence.topic.{topic}") for topic in topics]
    left = 0.34 + label_room(figure, labels)
    bars = figure.add_axes((left, space[0], 0.96 - left, space[1]))
    _draw_bars(bars, data, topics)
    bars.set_yticks(range(len(topics)), labels)
    bars.set_xlabel(context.say("figure.evidence.axis"), fontsize=8.5)
    return figure


def _draw_pie(axes: Axes, data: pd.DataFrame) -> None:
    """Shares of grades, with their percent."""
    total = data.groupby("grade")["count"].sum().reindex(list(GRADES), fill_value=0)
    shown = total[total > 0]
    colours = [GRADES[str(name)].colour for name in shown.index]
    axes.pie(
        shown.to_numpy(), colors=colours, startangle=90, counterclock=False, autopct="%.0f%%", pctdistance=0.72,
        wedgeprops={"edgecolor": "white", "linewidth": 1.0}, textprops={"fontsize": 9.0},
    )  # fmt: skip


def _draw_bars(axes: Axes, data: pd.DataFrame, topics: list[str]) -> None:
    """Counts by topic, grades side by side in one bar."""
    for place, topic in enumerate(topics):
        own, left = data[data["topic"] == topic].set_index("grade")["count"], 0.0
        for name, look in GRADES.items():
            size = float(own.get(name, 0))
            axes.barh(place, size, 0.62, left=left, color=look.colour, edgecolor="white", linewidth=0.6)
            left += size
    axes.set_ylim(len(topics) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")


FIGURE = FigureSpec("evidence", 9, (), data_evidence, finding_evidence, draw_evidence, ("evidence",))
