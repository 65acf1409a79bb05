"""Figure: which operating system China's users choose, in percent of new choices, baseline and stances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import ECOSYSTEMS
from model.experiments.results import FigureContext, band, beyond_baseline, last_horizon, plain, select, stance_levels
from model.figures.house import FigureSpec, ecosystem_look, subtitle
from model.figures.marks import draw_line, mark_years, name_ends
from model.figures.sheet import columns_of, held, open_sheet

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
    stances, found = held(data, context), set(data["ecosystem"])
    systems = [name for name in ECOSYSTEMS["os"] if name in found] + sorted(found - set(ECOSYSTEMS["os"]))
    columns = columns_of(len(stances))
    height = 2.9 if columns == len(stances) else 0.3 + 1.9 * -(-len(stances) // columns)
    sheet = open_sheet(context, finding_os_choices(data, context), subtitle("os-choices", data, context), height)
    right = sheet.beside([f"100 {context.label('ecosystem', system)}" for system in systems], 9.0)
    panels = sheet.panels(
        [context.label("stance", s) for s in stances], left=0.5, right=right, gap=0.32, columns=columns
    )
    for place, (axes, stance) in enumerate(zip(panels, stances, strict=True)):
        rows = data[data["stance"] == stance]
        for number, system in enumerate(systems):
            draw_line(axes, rows[rows["ecosystem"] == system], ecosystem_look(system, systems), number)
        mark_years(axes, data["year"].tolist(), most=2)
        axes.set_ylim(0.0, 104.0)
        _name(axes, rows, systems, context if place % columns == columns - 1 or axes is panels[-1] else None)
    return sheet.figure


def _name(axes: Axes, rows: pd.DataFrame, systems: list[str], context: FigureContext | None) -> None:
    """Last central shares beside the lines' ends; with a context, the systems' names after them."""
    ends = rows[rows["year"] == rows["year"].max()].set_index("ecosystem")["central"]
    for_name = {s: f" {context.label('ecosystem', s)}" if context else "" for s in systems}
    known = [s for s in systems if s in ends.index]
    name_ends(axes, [(f"{ends[s]:.0f}{for_name[s]}", float(ends[s]), ecosystem_look(s, systems).colour) for s in known])


FIGURE = FigureSpec(
    "os-choices", 5, (f"{PREFIX}*",), data_os_choices, finding_os_choices, draw_os_choices,
    marks=("small multiples", "line", "label at a line's end"),
)  # fmt: skip
