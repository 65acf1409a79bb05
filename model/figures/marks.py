"""Axes and marks that several kinds of figures share: scales, named rows, lines with bands, points, waterfalls, cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from model.experiments.results import BAND_DRAWS, plain, signed
from model.figures.house import FAINT, GAIN, GRID, INK, LOSS, SMALL, SOFT, Look, stance_look

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def zero_line(axes: Axes, vertical: bool = False) -> None:
    """The line of no difference from the baseline."""
    (axes.axvline if vertical else axes.axhline)(0.0, color=INK, linewidth=0.9, zorder=1.5)


def limits(low: float, high: float, air: float = 0.05) -> tuple[float, float]:
    """From the lower to the higher, zero included, with a little air; 0 to 1 where there is no extent or no number."""
    low, high = min(0.0, low), max(0.0, high)
    if not high - low > 0.0:
        return -0.05, 1.0
    return low - air * (high - low) * (low < 0), high + air * (high - low)


def mark_years(axes: Axes, years: Sequence[int], most: int = 7) -> None:
    """Whole years on the x axis, at most `most` of them, counted back from the last; a tick for every year."""
    first, last = min(years), max(years)
    step = next((step for step in (1, 2, 3, 5, 10) if (last - first) // step + 1 <= most), 20)
    axes.set_xticks(range(last, first - 1, -step))
    axes.set_xticks(range(first, last + 1), minor=True)
    axes.set_xlim(first - 0.3, last + 0.3)
    axes.grid(visible=False, axis="x")


def number_axis(axes: Axes, show: Callable[[float, int], str], vertical: bool = True, most: int = 5) -> None:
    """Ticks in steps of 1, 2 or 5, written by `show` with as many decimals as tell them apart."""
    from matplotlib.ticker import MaxNLocator

    axis = axes.yaxis if vertical else axes.xaxis
    axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10]))

    def digits() -> int:
        ticks = axis.get_majorticklocs()
        step = abs(float(ticks[1] - ticks[0])) if len(ticks) > 1 else 1.0
        return next((digits for digits in (0, 1) if abs(step - round(step, digits)) < 1e-6 * step), 2)

    axis.set_major_formatter(lambda value, _: show(value, digits()))


def name_rows(axes: Sequence[Axes], names: Sequence[str], fontsize: float = 8.5) -> None:
    """Rows from the top down, named beside the first panel, a faint rule between them in every panel."""
    for place, panel in enumerate(axes):
        panel.set_ylim(max(len(names), 1) - 0.5, -0.5)
        panel.set_yticks(range(len(names)), names if place == 0 else [], fontsize=fontsize, linespacing=1.3)
        panel.tick_params(axis="y", length=0, labelcolor=INK)
        panel.grid(visible=False, axis="y")
        panel.spines["left"].set_color(FAINT)
        for k in range(len(names) - 1):
            panel.axhline(k + 0.5, color=GRID, linewidth=0.6, zorder=0.5)


def draw_line(
    axes: Axes, rows: pd.DataFrame, look: Look, place: int = 0, banded: bool = True, wide: float = 1.5
) -> None:
    """Central values as a line, with the band of the draws; `place` moves the markers so that lines do not share them."""
    years = rows["year"].to_numpy()
    if banded and len(rows) and rows["draws"].max() >= BAND_DRAWS:
        axes.fill_between(years, rows["p10"], rows["p90"], color=look.colour, alpha=0.12, linewidth=0)
    step = max(len(years) // 5, 1)
    axes.plot(
        years, rows["central"], color=look.colour, linestyle=look.line, linewidth=wide, marker=look.marker or None,
        markevery=(place % step, step), markersize=3.8,
    )  # fmt: skip


def draw_points(axes: Axes, rows: pd.DataFrame, names: Sequence[str], by: str, stances: Sequence[str]) -> None:
    """Points with their bands: names of the column `by` from top to bottom, stances side by side within one."""
    step = min(0.26, 0.56 / max(len(stances) - 1, 1))
    for place, stance in enumerate(stances):
        look, own = stance_look(stance, stances), rows[rows["stance"] == stance].set_index(by).reindex(list(names))
        down = [k + (place - (len(stances) - 1) / 2) * step for k in range(len(names))]
        if rows["draws"].max() >= BAND_DRAWS:
            axes.hlines(down, own["p10"], own["p90"], color=look.colour, linewidth=1.4, alpha=0.75)
        axes.plot(own["central"], down, color=look.colour, marker=look.marker, linestyle="none", markersize=4.4)


def draw_stance_lines(panels: Sequence[Axes], parts: Sequence[pd.DataFrame], stances: Sequence[str], most: int) -> None:
    """A panel for each part of the data on one scale; a line a stance, with bands but for the first one, the baseline."""
    together = pd.concat(parts)
    span = limits(together[["p10", "central"]].min().min(), together[["p90", "central"]].max().max())
    for axes, part in zip(panels, parts, strict=True):
        for place, stance in enumerate(stances):
            draw_line(axes, part[part["stance"] == stance], stance_look(stance, stances), place, banded=bool(place))
        mark_years(axes, together["year"].tolist(), most)
        number_axis(axes, plain)
        axes.set_ylim(*span)


WATERFALL = {"gain": Look(GAIN, "s"), "loss": Look(LOSS, "s"), "total": Look(INK, "s")}
"""What the colours of a waterfall say."""


def draw_waterfalls(panels: Sequence[Axes], steps: pd.DataFrame, labels: Sequence[str]) -> None:
    """A panel a column of the table, its rows from the top down and their sum below, on one scale."""
    ends = steps.cumsum()
    for axes, name in zip(panels, steps.columns, strict=True):
        _draw_steps(axes, steps[name])
        axes.set_xlim(*limits(ends.min().min(), ends.max().max()))
        number_axis(axes, signed, vertical=False, most=4)
    name_rows(panels, labels)


def _draw_steps(axes: Axes, steps: pd.Series) -> None:
    """Each bar starts where the one above ends; their sum stands below."""
    zero_line(axes, vertical=True)
    ends = steps.cumsum()
    for place, (size, end) in enumerate(zip(steps, ends, strict=True)):
        axes.barh(place, size, 0.62, left=end - size, color=GAIN if size >= 0 else LOSS, linewidth=0)
        axes.plot([end, end], [place, place + 1], color=SOFT, linewidth=0.6)
    axes.barh(len(steps), float(ends.iloc[-1]), 0.62, color=INK, linewidth=0)


def name_ends(axes: Axes, ends: Sequence[tuple[str, float, str]], fontsize: float = 8.5) -> None:
    """Texts (text, value, colour) to the right of the lines' ends, moved apart where they would overlap."""
    figure = axes.get_figure(root=True)
    low, high = axes.get_ylim()
    known = [end for end in ends if end[1] == end[1]]
    tall = axes.get_position().height * (figure.get_figheight() if figure is not None else 1.0)
    gap = 1.25 * fontsize / 72 / tall * (high - low)
    for (text, _, colour), place in zip(known, spread([value for _, value, _ in known], gap, low, high), strict=True):
        axes.annotate(
            text, (axes.get_xlim()[1], place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=fontsize,
            fontweight="bold", color=colour, annotation_clip=False,
        )  # fmt: skip


def mark_dates(axes: Axes, dates: Sequence[float], look: Look, height: float = 1.04) -> None:
    """A mark above the axes and a thin line at each date inside them."""
    first, last = axes.get_xlim()
    for year in sorted({date for date in dates if first <= date <= last}):
        axes.axvline(year, color=SOFT, linewidth=0.5, linestyle=(0, (2.0, 2.0)), zorder=1)
        axes.plot(year, height, marker=look.marker, markerfacecolor=look.colour, markeredgecolor=look.edge or look.colour,
                  transform=axes.get_xaxis_transform(), clip_on=False, linestyle="none", markersize=4.5)  # fmt: skip


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label places apart to at least `gap`, as little as possible, inside [low, high]."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [min(max(places[i], low), high) for i in order]
    for _ in range(200):
        for k in range(len(moved) - 1):
            short = gap - (moved[k + 1] - moved[k])
            if short > 1e-12:
                moved[k] -= short / 2
                moved[k + 1] += short / 2
        moved = [min(max(place, low + gap * k), high - gap * (len(moved) - 1 - k)) for k, place in enumerate(moved)]
    found = dict(zip(order, moved, strict=True))
    return [found[i] for i in range(len(places))]


@dataclass(frozen=True)
class Shades:
    """Colours of cells: a map by name, the values at its ends, and from where on (in size) a number is written in white."""

    name: str
    low: float
    high: float
    dark: float = float("inf")


def draw_cells(axes: Axes, values: Any, text: Callable[[float], str], shades: Shades) -> None:
    """A matrix, first row on top, each known cell with its number."""
    axes.imshow(values, cmap=shades.name, vmin=shades.low, vmax=shades.high, aspect="auto")
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if value == value:
                colour = "white" if abs(value) > shades.dark else INK
                axes.text(column, row, text(float(value)), ha="center", va="center", fontsize=SMALL, color=colour)
    bare(axes)


def bare(axes: Axes) -> None:
    """No grid, no ticks, no frame: for cells and diagrams."""
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
