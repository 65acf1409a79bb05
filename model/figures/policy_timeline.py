"""Figure: the scenario's measures on a time axis: when announced, when in force, against whom.

A scenario that goes on from the record has dozens of measures: these are drawn in lanes, one for each instrument, sender
and target, with a mark where each measure begins; the CSV has every measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext
from model.figures.house import BAR, INK, FigureSpec, Look
from model.figures.marks import name_rows
from model.figures.sheet import Key, open_sheet, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEW, HELD, NOTICE = Look("#0072B2", "s"), Look(BAR, "s"), Look("white", "o", edge="#D55E00")
OPEN_END = 1.5
"""Years that a bar without end is drawn beyond the last start."""
EACH = 16
"""Measures up to which each has a row of its own."""
WIDE, LETTERS = 0.48, 8.0
"""Part of the width for the names of rows, and their size."""


def data_policy_timeline(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The measures by start, with dates in years, and `lane`, the row they are drawn in."""
    measures = context.table("measures")
    if measures.empty:
        return measures
    ordered = measures.sort_values(["new", "start", "id"], kind="stable", ignore_index=True)
    by = ["new", "title", "senders", "targets"] if len(ordered) > EACH else ["id"]
    lanes = ordered.groupby(by, sort=False).ngroup()
    return ordered.assign(lane=lanes).sort_values(["lane", "start"], kind="stable", ignore_index=True)


def finding_policy_timeline(data: pd.DataFrame, context: FigureContext) -> str:
    """How many measures there are, and how many the baseline lacks."""
    return context.say(
        "figure.policy-timeline.title", count=len(data), new=int(data["new"].sum()), baseline=context.baseline,
        first=int(data["start"].min()), last=int(data["start"].max()),
    )  # fmt: skip


def draw_policy_timeline(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A row a lane; a stroke where a measure begins, a ring where it was announced before."""
    lanes = [rows for _, rows in data.groupby("lane", sort=True)]
    key = Key(
        [
            (context.say(f"figure.policy-timeline.{name}"), look)
            for name, look in (("new", NEW), ("held", HELD), ("announced", NOTICE))
        ],
        points=True,
    )
    under = context.say("figure.policy-timeline.subtitle", baseline=context.baseline)
    names = [_name(rows) for rows in lanes]
    probe = open_sheet(
        context, "-", under, 0.4 + 0.24 * len(lanes)
    )  # names may be as wide as the figure allows, and make it higher
    broken = [wrap(probe.figure, name, WIDE * probe.width, fontsize=LETTERS) for name in names]
    height = 0.4 + (0.09 + 0.14 * max(len(lines) for lines in broken)) * len(lanes)
    sheet = open_sheet(context, finding_policy_timeline(data, context), under, height, key)
    labels = ["\n".join(lines) for lines in broken]
    axes = sheet.axes(sheet.beside(labels, LETTERS), 0.4, sheet.bottom + 0.3, sheet.top - 0.05)
    last = max(float(data["start"].max()) + OPEN_END, float(data["end"].max(skipna=True) or 0.0))
    for place, rows in enumerate(lanes):
        _draw_lane(axes, rows, place, last)
    name_rows([axes], labels, LETTERS)
    axes.set_xlim(right=last)
    axes.locator_params(axis="x", integer=True, nbins=9 if sheet.width > 6 else 5)
    return sheet.figure


def _draw_lane(axes: Axes, rows: pd.DataFrame, place: int, last: float) -> None:
    """Bars in force with a stroke at each start, an arrow where no end is set, rings of announcement, and how many they are."""
    colour = NEW.colour if rows["new"].any() else HELD.colour
    for row in rows.to_dict("records"):
        end = row["end"] if pd.notna(row["end"]) else last
        axes.barh(place, end - row["start"], 0.5, left=row["start"], color=colour, linewidth=0)
    axes.vlines(rows["start"], place - 0.25, place + 0.25, color=INK, linewidth=1.2)
    if rows["end"].isna().any():
        axes.plot(last, place, marker=">", color=colour, markersize=6, clip_on=False, linestyle="none")
    early = rows[rows["announced"].astype(float) < rows["start"]]
    axes.hlines([place] * len(early), early["announced"], early["start"], color=NOTICE.edge, linewidth=0.9)
    axes.plot(early["announced"], [place] * len(early), marker="o", markerfacecolor=NOTICE.colour, markeredgecolor=NOTICE.edge,
              linestyle="none", markersize=4.5)  # fmt: skip
    if len(rows) > 1:
        axes.annotate(
            f"×{len(rows)}", (last, place), xytext=(6, 0), textcoords="offset points", va="center", fontsize=LETTERS
        )


def _name(rows: pd.DataFrame) -> str:
    """'Export control (memory): West → East'; what it names is left out where a row holds several measures, and the arrow where
    the measure has no target."""
    row = rows.iloc[0]
    named = f"{row['title']} ({row['scope']})" if row["scope"] and len(rows) == 1 else str(row["title"])
    target = f"\u00a0→\u00a0{row['targets']}" if row["targets"] else ""
    return f"{_shortened(named, 40)}: {row['senders']}{target}"


def _shortened(text: str, most: int) -> str:
    """The text; one that is too long ends after the last whole name that fits."""
    if len(text) <= most:
        return text
    end = max(text[:most].rfind(sign) for sign in (",", ";"))
    return f"{text[:end]}, …)" if end > 0 else f"{text[: most - 1]}…)"


FIGURE = FigureSpec(
    "policy-timeline",
    8,
    (),
    data_policy_timeline,
    finding_policy_timeline,
    draw_policy_timeline,
    ("measures",),
    marks=("time bar", "dated mark"),
)
