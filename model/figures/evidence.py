"""Figure: how much of the model is measured and how much assumed: numbers of the register by grade of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext
from model.figures.house import BAR, INK, FigureSpec, Look
from model.figures.marks import name_rows
from model.figures.sheet import Key, open_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRADES: dict[str, Look] = {
    "measured": Look("#0072B2", "s"), "estimated": Look("#56B4E9", "s"), "recalled": Look("#E69F00", "s"),
    "assumed": Look(BAR, "s"),
}  # fmt: skip
"""From firm to weak; dark to light in grey print."""


def data_evidence(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Count of numbers by topic and grade."""
    return context.table("evidence")


def finding_evidence(data: pd.DataFrame, context: FigureContext) -> str:
    """The share of assumed and of measured numbers."""
    total = data.groupby("grade")["count"].sum()
    share = {name: f"{100.0 * total.get(name, 0) / max(total.sum(), 1):.0f}" for name in GRADES}
    return context.say(
        "figure.evidence.title", count=int(total.sum()), assumed=share["assumed"], measured=share["measured"]
    )


def draw_evidence(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A pie of all numbers and, beside it, a bar a topic."""
    topics = sorted(set(data["topic"]))
    key = Key([(context.say(f"show.grade.{name}"), look) for name, look in GRADES.items()], points=True)
    sheet = open_sheet(
        context, finding_evidence(data, context), context.say("figure.evidence.subtitle"), max(2.2, 0.6 + 0.25 * len(topics)), key
    )  # fmt: skip
    labels = [context.say(f"figure.evidence.topic.{topic}") for topic in topics]
    split = 0.32 * sheet.width
    _draw_pie(sheet.axes(0.1, sheet.width - split, sheet.bottom + 0.1), data)
    bars = sheet.axes(split + sheet.beside(labels) - 0.2, 0.35, sheet.bottom + 0.5, sheet.top - 0.1)
    _draw_bars(bars, data, topics)
    name_rows([bars], labels)
    bars.set_xlabel(context.say("figure.evidence.axis"), fontsize=8.5)
    return sheet.figure


def _draw_pie(axes: Axes, data: pd.DataFrame) -> None:
    """Shares of grades, with their percent."""
    total = data.groupby("grade")["count"].sum().reindex(list(GRADES), fill_value=0)
    shown = total[total > 0]
    colours = [GRADES[str(name)].colour for name in shown.index]
    axes.pie(
        shown.to_numpy(), colors=colours, startangle=90, counterclock=False, autopct="%.0f%%", pctdistance=0.74,
        wedgeprops={"edgecolor": "white", "linewidth": 1.0}, textprops={"fontsize": 9.0, "fontweight": "bold", "color": INK},
    )  # fmt: skip


def _draw_bars(axes: Axes, data: pd.DataFrame, topics: list[str]) -> None:
    """Counts by topic, grades side by side in one bar."""
    table = data.pivot_table(index="topic", columns="grade", values="count", aggfunc="sum", fill_value=0)
    table = table.reindex(index=topics, columns=list(GRADES), fill_value=0)
    left = table.cumsum(axis=1) - table
    for name, look in GRADES.items():
        axes.barh(
            range(len(topics)), table[name], 0.62, left=left[name], color=look.colour, edgecolor="white", linewidth=0.6
        )


FIGURE = FigureSpec(
    "evidence", 9, (), data_evidence, finding_evidence, draw_evidence, ("evidence",), marks=("pie", "stacked bar")
)
