"""Figure: the focus region's real-income difference by channel at the horizon years, stacked bars by stance (E26)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import BASELINE, FigureContext, band, last_horizon, select, signed, stance_levels
from model.figures.house import INK, FigureSpec, Look, subtitle
from model.figures.marks import limits, name_rows, number_axis, zero_line
from model.figures.sheet import Key, held, open_sheet

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
    stances, shown, years = held(data, context, baseline=False), seen(data), sorted(set(data["year"]))
    keys = [(context.label("channel", name), LOOKS[name]) for name in shown] + [
        (context.label("channel", "total"), TOTAL)
    ]
    sheet = open_sheet(
        context, finding_channels(data, context), subtitle("channels", data, context, banded=False), 0.65 + 0.42 * len(stances), Key(keys, points=True)
    )  # fmt: skip
    labels = [context.label("stance", s) for s in stances]
    titles = [context.say("table.year", year=year, number=year - context.years[0] + 1) for year in years]
    panels = sheet.panels(titles, sheet.beside(labels))
    for axes, year in zip(panels, years, strict=True):
        zero_line(axes, vertical=True)
        for place, stance in enumerate(stances):
            own = data[(data["year"] == year) & (data["stance"] == stance)]
            _draw_bar(axes, own.set_index("channel")["central"].fillna(0.0), place, shown)
        axes.set_xlim(*_limits(data))
        number_axis(axes, signed, vertical=False, most=4)
    name_rows(panels, labels)
    return sheet.figure


def seen(data: pd.DataFrame) -> list[str]:
    """Channels large enough to be seen, in the order they are stacked; all of them where none is."""
    size = data.groupby("channel")["central"].agg(lambda effect: effect.abs().max())
    large = [name for name in LOOKS if size.get(name, 0.0) >= SEEN]
    return large or [name for name in LOOKS if name in size.index]


def _draw_bar(axes: Axes, effects: pd.Series, place: int, shown: list[str]) -> None:
    """One bar: what raises income to the right of zero, what lowers it to the left."""
    ends = {True: 0.0, False: 0.0}
    for name in (name for name in shown if name in effects.index):
        size = float(effects[name])
        axes.barh(place, size, 0.56, left=ends[size > 0], color=LOOKS[name].colour, edgecolor="white", linewidth=0.6)
        ends[size > 0] += size
    axes.plot(
        effects.sum(),
        place,
        color=TOTAL.colour,
        marker=TOTAL.marker,
        markeredgecolor="white",
        linestyle="none",
        markersize=6,
    )


def _limits(data: pd.DataFrame) -> tuple[float, float]:
    """One scale for all years: the longest stacks on both sides."""
    keys = [data["stance"], data["year"]]
    low, high = data["central"].clip(upper=0.0), data["central"].clip(lower=0.0)
    return limits(low.groupby(keys).sum().min(), high.groupby(keys).sum().max())


FIGURE = FigureSpec(
    "channels", 6, (f"{PREFIX}*",), data_channels, finding_channels, draw_channels, marks=("stacked bar", "point")
)
