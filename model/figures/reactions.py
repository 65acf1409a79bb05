"""Figure: strengths of reaction under which a quarrel dies out or feeds on itself (`model.experiments.reactions`).

It reads a sweep, not the results of one scenario, so it is not in the report's registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.figures.house import FAINT, INK, FigureSpec, canvas

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
    panels = sorted(data["catch_up"].unique())
    figure, top, bottom = canvas(
        context, finding_reactions(data, context), context.say("figure.reactions.subtitle"), 3.9
    )
    inch = 1.0 / figure.get_figheight()
    grid = figure.add_gridspec(
        1, len(panels), left=0.085, right=0.97, top=top - 0.3 * inch, bottom=bottom + 0.5 * inch, wspace=0.1
    )
    for column, on in enumerate(panels):
        axes = figure.add_subplot(grid[0, column])
        _draw_panel(axes, data[data["catch_up"] == on])
        axes.set_title(context.say(f"figure.reactions.{'both' if on else 'one'}"), fontsize=9.5, loc="left")
        axes.set_xlabel(context.say("figure.reactions.chn"), fontsize=9)
        axes.set_ylabel(context.say("figure.reactions.usa") if not column else "", fontsize=9)
        axes.tick_params(labelleft=column == 0)
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    """The stance in the end by colour and number, with a mark for whether it has grown."""
    table = rows.pivot(index="usa", columns="chn", values="last")
    axes.pcolormesh(table.columns, table.index, table.to_numpy(), cmap="Blues", vmin=0.0, vmax=1.0, shading="nearest",
                    edgecolors="white", linewidth=1.5)  # fmt: skip
    for usa, chn, last, grows in zip(rows["usa"], rows["chn"], rows["last"], rows["grows"], strict=True):
        colour = "white" if last > DARK else INK
        text = f"{last:.2f}\n{GROWS if grows else FADES}"
        axes.text(chn, usa, text, ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(list(table.columns))
    axes.set_yticks(list(table.index))
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)


SPEC = FigureSpec("reactions", 0, (), data_reactions, finding_reactions, draw_reactions)
