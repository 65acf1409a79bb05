"""Figure: real income of the focus region, difference from the baseline in percent, by stance, with 80 % bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import (
    BAND_DRAWS,
    HEADLINE,
    FigureContext,
    band,
    last_horizon,
    select,
    signed,
    stance_differences,
)
from model.figures.house import (
    INK,
    FigureSpec,
    canvas,
    mark_years,
    plain_steps,
    spread,
    stance_look,
    subtitle,
    tick_digits,
    zero_line,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAD = 2
"""Years shown before year 1."""


def data_real_income(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual differences in percent by stance and year, with the percent of draws in which a stance is the highest."""
    draws = stance_differences(select(frame, HEADLINE, context.focus), context, "percent")
    draws = draws[draws["year"] >= min(context.years, default=0) - LEAD]
    best = draws["value"] >= draws.groupby(["draw", "seed", "year"])["value"].transform("max")
    highest = draws.assign(best=100.0 * best).groupby(["stance", "year"])["best"].mean().rename("highest_in_percent")
    return band(draws).join(highest, on=["stance", "year"])


def finding_real_income(data: pd.DataFrame, context: FigureContext) -> str:
    """The range over stances in the last horizon year."""
    last = last_horizon(data, context.years).sort_values("central", kind="stable")
    low, high = last.iloc[0], last.iloc[-1]
    fields = {
        "region": context.label("region", context.focus), "year": int(last["year"].max()),
        "low": signed(low["central"]), "low_stance": context.label("stance", low["stance"]),
        "high": signed(high["central"]), "high_stance": context.label("stance", high["stance"]),
    }  # fmt: skip
    return context.say(f"figure.real-income.title{'' if len(last) > 1 else '_single'}", **fields)


def draw_real_income(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Lines of central values with bands, named at their right end."""
    figure, top, bottom = canvas(context, finding_real_income(data, context), _subtitle(data, context), 3.7)
    width = figure.get_figwidth()
    axes = figure.add_axes((0.6 / width, bottom + 0.075, 1.0 - 2.6 / width, top - bottom - 0.085))
    zero_line(axes)
    stances = [stance for stance in context.cases() if stance in set(data["stance"])]
    for stance in stances:
        _draw_stance(axes, data[data["stance"] == stance], stance, stances)
    mark_years(axes, data["year"].tolist())
    plain_steps(axes, 9)
    axes.yaxis.set_major_formatter(lambda value, _: signed(value, tick_digits(axes.yaxis)))
    axes.grid(visible=False, axis="x")
    _name_ends(figure, axes, data, context, stances)
    return figure


def _draw_stance(axes: Axes, rows: pd.DataFrame, stance: str, stances: Sequence[str]) -> None:
    """Line, band and the band's thin edges for one stance."""
    look = stance_look(stance, stances)
    years = rows["year"].to_numpy()
    if rows["draws"].max() >= BAND_DRAWS:
        low, high = rows["p10"].to_numpy(), rows["p90"].to_numpy()
        axes.fill_between(years, low, high, color=look.colour, alpha=0.13, linewidth=0)
        for edge in (low, high):
            axes.plot(years, edge, color=look.colour, linewidth=0.5, alpha=0.6, linestyle=look.line)
    axes.plot(years, rows["central"].to_numpy(), color=look.colour, linestyle=look.line, marker=look.marker)


def _name_ends(figure: Figure, axes: Axes, data: pd.DataFrame, context: FigureContext, stances: Sequence[str]) -> None:
    """Name, last value and band of every stance to the right of its line's end."""
    ends = data[data["year"] == data["year"].max()].set_index("stance")
    low, high = axes.get_ylim()
    gap = 0.36 / (figure.get_figheight() * axes.get_position().height) * (high - low)
    places = spread([ends.loc[stance, "central"] for stance in stances], gap, low + gap / 2, high - gap / 2)
    for stance, place in zip(stances, places, strict=True):
        look, end = stance_look(stance, stances), ends.loc[stance]
        right = axes.get_xlim()[1]
        axes.plot([end["year"], right + 0.35], [end["central"], place], color=look.colour,
                  linewidth=0.6, clip_on=False, marker="")  # fmt: skip
        axes.text(
            right + 0.45, place, context.label("stance", stance), va="bottom", color=look.colour, fontweight="bold"
        )
        axes.text(right + 0.45, place - 0.08 * gap, _value(end, context), va="top", fontsize=8.0, color=INK)


def _value(end: pd.Series, context: FigureContext) -> str:
    """'2035: −0.31 (−0.45 to −0.20)'."""
    text = f"{int(end['year'])}: {signed(end['central'])}"
    if end["draws"] < BAND_DRAWS:
        return text
    return f"{text} ({context.say('table.band', low=signed(end['p10']), high=signed(end['p90']))})"


def _subtitle(data: pd.DataFrame, context: FigureContext) -> str:
    """Unit, baseline, what line and band are, and how sure the order of the stances is."""
    last, text = last_horizon(data, context.years), subtitle("real-income", data, context)
    if last["draws"].max() < BAND_DRAWS or len(last) < 2:
        return text
    best = last.sort_values("highest_in_percent", kind="stable").iloc[-1]
    return text + " " + context.say(
        "figure.real-income.order", stance=context.label("stance", best["stance"]), year=int(best["year"]),
        percent=f"{best['highest_in_percent']:.0f}",
    )  # fmt: skip


FIGURE = FigureSpec("real-income", 1, (HEADLINE,), data_real_income, finding_real_income, draw_real_income)
