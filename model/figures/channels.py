"""Figure: the focus region's real-income difference by channel at the horizon years, stacked bars by stance (E26)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import BASELINE, FigureContext, band, last_horizon, select, signed, stance_levels
from model.figures.house import INK, FigureSpec, Look, canvas, key_row, label_room, subtitle, tick_digits, zero_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX = "Welfare Channel|"
LOOKS: dict[str, Look] = {
    "Trade": Look("#0072B2", "s"), "Inputs": Look("#D55E00", "s"), "Knowledge": Look("#009E73", "s"),
    "Networks": Look("#CC79A7", "s"), "Policy Cost": Look("#E69F00", "s"), "Demand": Look("#9a9a9a", "s"),
}  # fmt: skip
"""Channels in the order they are stacked."""
TOTAL = Look(INK, "D")
KEYS = 5
"""Entries in one row of the key."""
SEEN = 5e-4
"""A channel below this in size everywhere (percent) is left out of the picture, not of its data."""


def data_channels(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Percent of baseline real income by stance, channel and horizon year."""
    rows = stance_levels(select(frame, PREFIX, context.focus), context)
    rows = rows[(rows["stance"] != BASELINE) & rows["year"].isin(context.years)]
    return band(rows.assign(channel=rows["variable"].str.removeprefix(PREFIX)))


def finding_channels(data: pd.DataFrame, context: FigureContext) -> str:
    """The largest channel in the last horizon year."""
    last = last_horizon(data, context.years)
    largest = last.sort_values("central", key=lambda effect: effect.abs(), kind="stable").iloc[-1]
    return context.say(
        "figure.channels.title", region=context.label("region", context.focus), year=int(largest["year"]),
        channel=context.label("channel", largest["channel"]), value=signed(largest["central"]),
        stance=context.label("stance", largest["stance"]),
    )  # fmt: skip


def draw_channels(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a year; in each a bar a stance, its channels stacked away from zero and their sum as a point."""
    stances = [stance for stance in context.cases() if stance in set(data["stance"])]
    under = subtitle("channels", data, context)
    shown = _shown(data)
    keys = [(context.label("channel", name), LOOKS[name]) for name in shown] + [(context.label("channel", "total"), TOTAL)]
    rows = [keys[k : k + KEYS] for k in range(0, len(keys), KEYS)]
    height = 0.95 + 0.2 * len(rows) + 0.42 * len(stances)
    figure, top, bottom = canvas(context, finding_channels(data, context), under, height)
    inch = 1.0 / figure.get_figheight()
    for entries in rows:
        key_row(figure, entries, top, points=True)
        top -= 0.2 * inch
    years = sorted(set(data["year"]))
    left = label_room(figure, [context.label("stance", s) for s in stances])
    grid = figure.add_gridspec(
        1, len(years), left=left, right=0.965, bottom=bottom + 0.33 * inch, top=top - 0.32 * inch, wspace=0.12
    )
    limits = _limits(data)
    for column, year in enumerate(years):
        axes = figure.add_subplot(grid[0, column])
        _draw_year(axes, data[data["year"] == year], stances, shown)
        axes.set_xlim(*limits)
        axes.set_yticks(range(len(stances)), [context.label("stance", s) for s in stances] if not column else [])
        axes.set_title(context.say("table.year", year=year, number=year - context.years[0] + 1), fontsize=9.5)
    return figure


def _shown(data: pd.DataFrame) -> list[str]:
    """Channels large enough to be seen, in the order they are stacked."""
    size = data.groupby("channel")["central"].agg(lambda effect: effect.abs().max())
    return [name for name in LOOKS if size.get(name, 0.0) >= SEEN]


def _draw_year(axes: Axes, rows: pd.DataFrame, stances: list[str], shown: list[str]) -> None:
    """Bars of one year, stances from top to bottom."""
    zero_line(axes, vertical=True)
    for place, stance in enumerate(stances):
        effects = rows[rows["stance"] == stance].set_index("channel")["central"]
        ends = {True: 0.0, False: 0.0}
        for name in (name for name in shown if name in effects.index):
            size = float(effects[name])
            axes.barh(place, size, 0.56, left=ends[size > 0], color=LOOKS[name].colour, edgecolor="white", linewidth=0.6)
            ends[size > 0] += size
        axes.plot(effects.sum(), place, color=TOTAL.colour, marker=TOTAL.marker, markeredgecolor="white", linestyle="none")
    axes.set_ylim(len(stances) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: signed(value, tick_digits(axes.xaxis)))


def _limits(data: pd.DataFrame) -> tuple[float, float]:
    """One scale for all years: the longest stacks on both sides, zero included, with a little air."""
    keys = [data["stance"], data["year"]]
    low = min(0.0, data["central"].clip(upper=0.0).groupby(keys).sum().min())
    high = max(0.0, data["central"].clip(lower=0.0).groupby(keys).sum().max())
    air = 0.06 * (high - low) or 1.0
    return low - air, high + air


FIGURE = FigureSpec("channels", 6, (f"{PREFIX}*",), data_channels, finding_channels, draw_channels)
