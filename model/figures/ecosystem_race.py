"""Figure: the race of ecosystems in China by installed base, with the dates of measures that touch them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import ECOSYSTEMS
from model.experiments.results import BASELINE, FigureContext, band, last_horizon, plain, select, stance_levels
from model.figures.house import INK, SMALL, FigureSpec, Line, Look, current_size, ecosystem_look, subtitle
from model.figures.marks import draw_line, mark_dates, mark_years, name_ends
from model.figures.sheet import Key, held, open_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX, REGION = "Installed Base|", "CHN"
NETWORKS = ("os", "hosts", "frameworks")
TOUCHING = ("os_fork", "open_source_fork", "open_release", "platform_ban", "entity_list")
EVENT = Look(INK, "v")
DOTS: Line = (0, (1.0, 1.2))


def data_ecosystem_race(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Percent of the installed base of each network in China by stance, ecosystem and year."""
    rows = stance_levels(select(frame, PREFIX, REGION), context)
    rows = rows.assign(ecosystem=rows["variable"].str.split("|").str[-1])
    network = {name: key for key in NETWORKS for name in ECOSYSTEMS[key]}
    rows = rows[rows["ecosystem"].isin(list(network))]
    rows = rows.assign(network=rows["ecosystem"].map(network))
    total = rows.groupby(["stance", "scenario", "draw", "seed", "year", "network"])["value"].transform("sum")
    return band(
        rows.assign(value=100.0 * rows["value"] / total, unit="percent of the installed base").dropna(subset=["value"])
    )


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
    stance, networks = _stance(data, context), [n for n in NETWORKS if n in set(data["network"])]
    lines = Key(
        [(context.label("stance", stance), Look(INK, "")), (context.label("stance", BASELINE), Look(INK, "", DOTS))]
    )
    events = Key([(context.say("figure.ecosystem-race.event"), EVENT)], points=True)
    under = subtitle("ecosystem-race", data, context, banded=False)
    height = (1.4 if current_size() == "slide" else 1.95) * len(networks)
    sheet = open_sheet(context, finding_ecosystem_race(data, context), under, height, lines, events)
    edge = sheet.beside([f"100 {context.label('ecosystem', name)}" for name in set(data["ecosystem"])], 9.0)
    names_of = [context.label("network", network) for network in networks]
    titles = [name[:1].upper() + name[1:] for name in names_of]
    for axes, network in zip(sheet.panels(titles, left=0.5, right=edge, columns=1), networks, strict=True):
        _draw_network(axes, data[data["network"] == network], stance, context)
        mark_dates(axes, _events(context), EVENT, 0.95)
    return sheet.figure


def _draw_network(axes: Axes, rows: pd.DataFrame, stance: str, context: FigureContext) -> None:
    """Shares of one network's ecosystems, named at their ends."""
    systems = sorted(set(rows["ecosystem"]))
    for place, system in enumerate(systems):
        look = ecosystem_look(system, systems)
        for shown, line, wide, marker in ((BASELINE, DOTS, 0.9, ""), (stance, "-", 1.8, look.marker)):
            own = rows[(rows["stance"] == shown) & (rows["ecosystem"] == system)]
            draw_line(axes, own, Look(look.colour, marker, line), place, banded=False, wide=wide)
    mark_years(axes, rows["year"].tolist(), most=4)
    axes.set_ylim(0.0, 114.0)
    axes.set_yticks(range(0, 101, 25))
    ends = rows[(rows["stance"] == stance) & (rows["year"] == rows["year"].max())].set_index("ecosystem")["central"]
    known = [system for system in systems if system in ends.index]
    name_ends(axes, [
        (f"{ends[s]:.0f} {context.label('ecosystem', s)}", float(ends[s]), ecosystem_look(s, systems).colour) for s in known
    ], SMALL)  # fmt: skip


def _events(context: FigureContext) -> list[float]:
    """Starts of the measures on ecosystems or firms."""
    measures = context.table("measures")
    return [] if measures.empty else measures[measures["instrument"].isin(TOUCHING)]["start"].astype(float).tolist()


def _stance(data: pd.DataFrame, context: FigureContext) -> str:
    """The first stance that the data hold (else what they hold)."""
    return next(iter(held(data, context, baseline=False)), str(min(data["stance"])))


FIGURE = FigureSpec(
    "ecosystem-race", 25, tuple(f"{PREFIX}{layer}|*" for layer in ("OS", "Open Source")), data_ecosystem_race,
    finding_ecosystem_race, draw_ecosystem_race, report=False, marks=("line", "dated mark", "label at a line's end"),
)  # fmt: skip
