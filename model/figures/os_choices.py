"""Figure: which operating system China's users choose, in percent of new choices, baseline and stances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model.axes import ECOSYSTEMS
from model.experiments.results import (
    BAND_DRAWS,
    BASELINE,
    FigureContext,
    band,
    beyond_baseline,
    last_horizon,
    plain,
    select,
    stance_levels,
)
from model.figures.house import FigureSpec, canvas, ecosystem_look, mark_years, spread, subtitle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX = "Ecosystem Share|OS|"
REGION = "CHN"


def data_os_choices(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual mean shares of new choices in China (percent) by stance (the baseline among them), system and year."""
    draws = stance_levels(select(frame, PREFIX, REGION), context)
    return band(draws.assign(ecosystem=draws["variable"].str.removeprefix(PREFIX)))


def finding_os_choices(data: pd.DataFrame, context: FigureContext) -> str:
    """The system whose share moves farthest from the baseline in the last horizon year."""
    own = beyond_baseline(last_horizon(data, context.years), "ecosystem")
    if own.empty:
        return context.say("figure.os-choices.name")
    most = own.assign(change=(own["central"] - own["base"]).abs()).sort_values("change", kind="stable").iloc[-1]
    return context.say(
        "figure.os-choices.title", ecosystem=context.label("ecosystem", most["ecosystem"]), year=int(most["year"]),
        value=plain(most["central"]), base=plain(most["base"]), stance=context.label("stance", most["stance"]),
    )  # fmt: skip


def draw_os_choices(data: pd.DataFrame, context: FigureContext) -> Figure:
    """One panel for the baseline and each stance, one line a system, named beside the last panel."""
    stances = [stance for stance in (BASELINE, *context.cases()) if stance in set(data["stance"])]
    found = set(data["ecosystem"])
    systems = [name for name in ECOSYSTEMS["os"] if name in found] + sorted(found - set(ECOSYSTEMS["os"]))
    figure, top, bottom = canvas(context, finding_os_choices(data, context), subtitle("os-choices", data, context), 3.2)
    inch = 1.0 / figure.get_figheight()
    grid = figure.add_gridspec(
        1, len(stances), left=0.44 / figure.get_figwidth(), right=1.0 - 1.12 / figure.get_figwidth(), top=top - 0.3 * inch, bottom=bottom + 0.3 * inch, wspace=0.3
    )
    for column, stance in enumerate(stances):
        axes = figure.add_subplot(grid[0, column])
        rows = data[data["stance"] == stance]
        _draw_panel(axes, rows, systems)
        axes.set_title(context.label("stance", stance), loc="left", fontsize=9.5, fontweight="bold")
        axes.tick_params(labelleft=column == 0)
        _name_ends(axes, rows, systems, context if column == len(stances) - 1 else None)
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, systems: Sequence[str]) -> None:
    """Lines of central shares with their bands."""
    for place, system in enumerate(systems):
        own, look = rows[rows["ecosystem"] == system], ecosystem_look(system, systems)
        years = own["year"].to_numpy()
        if own["draws"].max() >= BAND_DRAWS:
            axes.fill_between(years, own["p10"], own["p90"], color=look.colour, alpha=0.12, linewidth=0)
        axes.plot(years, own["central"], color=look.colour, linestyle=look.line, marker=look.marker,
                  markevery=(place, 4), markersize=3.8, linewidth=1.6)  # fmt: skip
    mark_years(axes, rows["year"].tolist(), most=2)
    axes.set_ylim(0.0, 104.0)
    axes.grid(visible=False, axis="x")


def _name_ends(axes: Axes, rows: pd.DataFrame, systems: Sequence[str], context: FigureContext | None) -> None:
    """Last central shares to the right of the lines' ends; with a context, the systems' names after them."""
    ends = rows[rows["year"] == rows["year"].max()].set_index("ecosystem")["central"].dropna()
    shown = [system for system in systems if system in ends.index]
    low, high = axes.get_ylim()
    places = spread([float(ends[system]) for system in shown], 0.055 * (high - low), low, high)
    for system, place in zip(shown, places, strict=True):
        name = f" {context.label('ecosystem', system)}" if context is not None else ""
        axes.annotate(
            f"{ends[system]:.0f}{name}", (axes.get_xlim()[1], place), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=8.5, fontweight="bold", color=ecosystem_look(system, systems).colour,
            annotation_clip=False,
        )  # fmt: skip


FIGURE = FigureSpec("os-choices", 5, (f"{PREFIX}*",), data_os_choices, finding_os_choices, draw_os_choices)
