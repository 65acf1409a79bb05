"""Figure: the race of ecosystems in China by installed base, with the dates of measures that touch them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import ECOSYSTEMS
from model.experiments.results import FigureContext, band, last_horizon, plain, select, stance_levels
from model.figures.house import (
    SOFT,
    FigureSpec,
    Look,
    canvas,
    ecosystem_look,
    key_row,
    mark_years,
    panel_grid,
    spread,
    subtitle,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX, REGION = "Installed Base|", "CHN"
NETWORKS = ("os", "hosts", "frameworks")
TOUCHING = ("os_fork", "open_source_fork", "open_release", "platform_ban", "entity_list")
EVENT = Look("#222222", "v")


def data_ecosystem_race(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Percent of the installed base of each network in China by stance, ecosystem and year."""
    rows = stance_levels(select(frame, PREFIX, REGION), context)
    rows = rows.assign(ecosystem=rows["variable"].str.split("|").str[-1])
    network = {name: key for key in NETWORKS for name in ECOSYSTEMS[key]}
    rows = rows[rows["ecosystem"].isin(list(network))]
    rows = rows.assign(network=rows["ecosystem"].map(network))
    total = rows.groupby(["stance", "scenario", "draw", "seed", "year", "network"])["value"].transform("sum")
    return band(rows.assign(value=100.0 * rows["value"] / total, unit="percent of the installed base"))


def finding_ecosystem_race(data: pd.DataFrame, context: FigureContext) -> str:
    """Who leads among operating systems in the last year under the first stance."""
    stance = _stance(data, context)
    own = last_horizon(data[(data["stance"] == stance)], context.years)
    network = next(n for n in NETWORKS if n in set(own["network"]))
    first = own[own["network"] == network].sort_values("central", kind="stable").iloc[-1]
    return context.say(
        "figure.ecosystem-race.title", ecosystem=context.label("ecosystem", first["ecosystem"]), year=int(first["year"]),
        value=plain(first["central"]), network=context.label("network", network), stance=context.label("stance", stance),
    )  # fmt: skip


def draw_ecosystem_race(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a network: lines of the first stance, the baseline thin; marks at the dates of measures."""
    stance = _stance(data, context)
    networks = [n for n in NETWORKS if n in set(data["network"])]
    figure, top, bottom = canvas(
        context, finding_ecosystem_race(data, context), subtitle("ecosystem-race", data, context, banded=False), 3.2
    )
    inch = 1.0 / figure.get_figheight()
    key_row(figure, [
        (context.label("stance", stance), Look("#222222", "", "-")),
        (context.label("stance", "baseline"), Look("#222222", "", (0, (1.0, 1.2)))),
    ], top)  # fmt: skip
    key_row(figure, [(context.say("figure.ecosystem-race.event"), EVENT)], top - 0.2 * inch, points=True)
    grid = panel_grid(figure, len(networks), (bottom + 0.3 * inch, top - 0.8 * inch), gap=0.85)
    grid.update(right=1.0 - 1.3 / figure.get_figwidth())
    for column, network in enumerate(networks):
        axes = figure.add_subplot(grid[0, column])
        _draw_network(axes, data[data["network"] == network], stance, context)
        axes.set_title(context.label("network", network), loc="left", fontsize=9.5, fontweight="bold", pad=12)
        axes.tick_params(labelleft=column == 0)
        _mark_events(axes, context)
    return figure


def _draw_network(axes: Axes, rows: pd.DataFrame, stance: str, context: FigureContext) -> None:
    """Shares of one network's ecosystems, named at their ends."""
    systems = sorted(set(rows["ecosystem"]))
    for shown, line, wide in (("baseline", (0, (1.0, 1.2)), 0.9), (stance, "-", 1.8)):
        for system in systems:
            own = rows[(rows["stance"] == shown) & (rows["ecosystem"] == system)]
            axes.plot(
                own["year"],
                own["central"],
                color=ecosystem_look(system, systems).colour,
                linestyle=line,
                linewidth=wide,
            )
    mark_years(axes, rows["year"].tolist(), most=3)
    axes.set_ylim(0.0, 103.0)
    axes.grid(visible=False, axis="x")
    ends = rows[(rows["stance"] == stance) & (rows["year"] == rows["year"].max())].set_index("ecosystem")["central"]
    named = [system for system in systems if system in ends.index]
    for system, place in zip(named, spread([float(ends[s]) for s in named], 8.0, 0.0, 100.0), strict=True):
        axes.annotate(
            f"{ends[system]:.0f} {context.label('ecosystem', system)}", (axes.get_xlim()[1], place), xytext=(2, 0),
            textcoords="offset points", va="center", fontsize=7.0, annotation_clip=False,
            color=ecosystem_look(system, systems).colour, fontweight="bold",
        )  # fmt: skip


def _mark_events(axes: Axes, context: FigureContext) -> None:
    """A mark above the panel at the start of each measure on ecosystems or firms."""
    measures = context.table("measures")
    if measures.empty:
        return
    first, last = axes.get_xlim()
    for year in sorted(set(measures[measures["instrument"].isin(TOUCHING)]["start"])):
        if first <= year <= last:
            axes.axvline(year, color=SOFT, linewidth=0.5, linestyle=(0, (2.0, 2.0)), zorder=1)
            axes.plot(year, 1.04, marker=EVENT.marker, color=EVENT.colour, transform=axes.get_xaxis_transform(),
                      clip_on=False, linestyle="none", markersize=4)  # fmt: skip


def _stance(data: pd.DataFrame, context: FigureContext) -> str:
    """The first stance that the data hold (else what they hold)."""
    held = set(data["stance"])
    return next((s for s in context.cases() if s in held), str(sorted(held)[0]))


FIGURE = FigureSpec(
    "ecosystem-race", 25, tuple(f"{PREFIX}{layer}|*" for layer in ("OS", "Open Source")), data_ecosystem_race,
    finding_ecosystem_race, draw_ecosystem_race, report=False,
)  # fmt: skip
