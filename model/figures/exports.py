"""Figure: where the focus region exports to, baseline and stances, at the horizon years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model.axes import REGIONS
from model.experiments.results import (
    BAND_DRAWS,
    BASELINE,
    FigureContext,
    band,
    beyond_baseline,
    last_horizon,
    plain,
    stance_levels,
)
from model.figures.house import FAINT, MARGIN, FigureSpec, Look, canvas, key_row, label_room, stance_look, subtitle
from model.phrases import amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIXES = ("Exports|to ", "Exports Share|Chips|to ")
BAR = "#c9c9c9"


def data_exports(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual exports (bn USD of 2018) and shares of chip exports (percent) by stance, destination, horizon year."""
    parts = []
    for prefix in PREFIXES:
        kept = frame["variable"].astype(str).str.startswith(prefix) & (frame["region"] == context.focus)
        draws = stance_levels(frame[kept], context)
        parts.append(draws.assign(measure=prefix, to=draws["variable"].str.removeprefix(prefix)))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["year"].isin(context.years) & (rows["to"] != context.focus)]
    rows["measure"] = rows["measure"].str.removesuffix("|to ")
    return band(rows)


def finding_exports(data: pd.DataFrame, context: FigureContext) -> str:
    """The destination whose exports move farthest from the baseline in the last year."""
    measure = _measures(data)[0]
    own = beyond_baseline(last_horizon(data[data["measure"] == measure], context.years), "to")
    if own.empty:
        return context.say("figure.exports.name")
    most = own.assign(change=(own["central"] - own["base"]).abs()).sort_values("change", kind="stable").iloc[-1]
    whole = measure == _measure(0)
    value, base = ((amount(most[k], "usd", context.lang) if whole else plain(most[k])) for k in ("central", "base"))
    return context.say(
        f"figure.exports.title{'' if whole else '_share'}", year=int(most["year"]),
        region=context.label("region", context.focus), to=context.label("region", most["to"]),
        value=value, base=base, stance=context.label("stance", most["stance"]),
    )  # fmt: skip


def draw_exports(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A row of panels for each measure and a column for each year: baseline as bars, stances as points."""
    measures = _measures(data)
    places = sorted(set(data["to"]), key=lambda code: (REGIONS.index(code) if code in REGIONS else 99, code))
    height = 0.3 + len(measures) * (0.75 + 0.27 * len(places))
    figure, top, bottom = canvas(context, finding_exports(data, context), subtitle("exports", data, context), height)
    inch = 1.0 / figure.get_figheight()
    stances = [stance for stance in context.cases() if stance in set(data["stance"])]
    key = [(context.label("stance", BASELINE), Look(BAR, "s"))]
    key_row(figure, key + [(context.label("stance", s), stance_look(s, stances)) for s in stances], top, points=True)
    room = (top - bottom - 0.3 * inch) / len(measures)
    for row, measure in enumerate(measures):
        high = top - 0.3 * inch - row * room
        figure.text(MARGIN / figure.get_figwidth(), high, context.say(f"figure.exports.{measure}"), fontweight="bold", va="top")
        space = (high - room + 0.35 * inch, high - 0.4 * inch)
        _draw_row(figure, data[data["measure"] == measure], places, space, context)
    return figure


def _draw_row(
    figure: Figure, data: pd.DataFrame, places: Sequence[str], space: tuple[float, float], context: FigureContext
) -> None:
    """Panels of one measure side by side, one a year, between two heights of the figure (0-1)."""
    years = sorted(set(data["year"]))
    left = label_room(figure, [context.label("region", to) for to in places])
    grid = figure.add_gridspec(1, len(years), left=left, right=0.975, bottom=space[0], top=space[1], wspace=0.1)
    for column, year in enumerate(years):
        axes = figure.add_subplot(grid[0, column])
        _draw_panel(axes, data[data["year"] == year], places, [s for s in context.cases() if s in set(data["stance"])])
        axes.set_xlim(0.0, 1.06 * float(data[["central", "p90"]].max().max()) or 1.0)
        axes.set_yticks(range(len(places)), [context.label("region", to) for to in places] if not column else [])
        axes.set_title(context.say("table.year", year=year, number=year - context.years[0] + 1), fontsize=9.0, pad=3)


def _draw_panel(axes: Axes, rows: pd.DataFrame, places: Sequence[str], stances: Sequence[str]) -> None:
    """Baseline bars with the stances' points and bands on them."""
    base = rows[rows["stance"] == BASELINE].set_index("to").reindex(list(places))
    axes.barh(range(len(places)), base["central"], height=0.8, color=BAR)
    step = min(0.25, 0.5 / max(len(stances) - 1, 1))
    for place, stance in enumerate(stances):
        look, own = stance_look(stance, stances), rows[rows["stance"] == stance].set_index("to").reindex(list(places))
        down = [k + (place - (len(stances) - 1) / 2) * step for k in range(len(places))]
        if rows["draws"].max() >= BAND_DRAWS:
            axes.hlines(down, own["p10"], own["p90"], color=look.colour, linewidth=1.2, alpha=0.75)
        axes.plot(own["central"], down, color=look.colour, marker=look.marker, linestyle="none", markersize=3.8)
    axes.set_ylim(len(places) - 0.45, -0.55)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_color(FAINT)


def _measure(place: int) -> str:
    return PREFIXES[place].removesuffix("|to ")


def _measures(data: pd.DataFrame) -> list[str]:
    """The measures the data hold, exports before shares."""
    return [_measure(k) for k in range(len(PREFIXES)) if _measure(k) in set(data["measure"])]


FIGURE = FigureSpec(
    "exports", 4, tuple(f"{prefix}*" for prefix in PREFIXES), data_exports, finding_exports, draw_exports
)
