"""Figure: strengths of reaction under which a quarrel dies out or feeds on itself (`model.experiments.reactions`).

It reads a sweep, not the results of one scenario, so it is not in the report's registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.figures.house import INK, FigureSpec
from model.figures.sheet import open_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from model.experiments.results import FigureContext

GROWS, FADES = "▲", "▼"
DARK = 0.45
"""Stance from which a cell is so dark that its number is white."""


def data_reactions(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The sweep in order, with `grows`: whether stances stand higher in the end than when the control had just ended."""
    ordered = frame.sort_values(["catch_up", "usa", "chn"], kind="stable", ignore_index=True)
    return ordered.assign(grows=ordered["last"] > ordered["after"])


def finding_reactions(data: pd.DataFrame, context: FigureContext) -> str:
    """In how many cells stances grow without and with the reaction to catch-up."""
    counts = data.groupby("catch_up")["grows"].agg(["sum", "count"])
    first, last = counts.iloc[0], counts.iloc[-1]
    return context.say(
        "figure.reactions.title",
        grows=int(first["sum"]),
        cells=int(first["count"]),
        more=int(last["sum"]),
        all=int(last["count"]),
    )


def draw_reactions(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel without and one with the reaction to catch-up; a cell for each pair of strengths."""
    both = sorted(data["catch_up"].unique())
    sheet = open_sheet(context, finding_reactions(data, context), context.say("figure.reactions.subtitle"), 3.7)
    panels = sheet.panels(
        [context.say(f"figure.reactions.{'both' if on else 'one'}") for on in both], left=0.7, foot=0.5
    )
    for axes, on in zip(panels, both, strict=True):
        _draw_panel(axes, data[data["catch_up"] == on])
        axes.set_xlabel(context.say("figure.reactions.chn"), fontsize=9)
    panels[0].set_ylabel(context.say("figure.reactions.usa"), fontsize=9)
    return sheet.figure


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    """The stance in the end by colour and number, with a mark for whether it has grown."""
    table = rows.pivot(index="usa", columns="chn", values="last")
    axes.pcolormesh(table.columns, table.index, table.to_numpy(), cmap="Blues", vmin=0.0, vmax=1.0, shading="nearest",
                    edgecolors="white", linewidth=1.5)  # fmt: skip
    for usa, chn, last, grows in zip(rows["usa"], rows["chn"], rows["last"], rows["grows"], strict=True):
        text = f"{last:.2f}\n{GROWS if grows else FADES}"
        axes.text(chn, usa, text, ha="center", va="center", fontsize=8, color="white" if last > DARK else INK)
    axes.set_xticks(list(table.columns))
    axes.set_yticks(list(table.index))
    axes.grid(visible=False)


FIGURE = FigureSpec(
    "reactions",
    51,
    (),
    data_reactions,
    finding_reactions,
    draw_reactions,
    report=False,
    of_run=False,
    marks=("matrix",),
)
