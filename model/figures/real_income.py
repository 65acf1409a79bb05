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
from model.figures.house import INK, FigureSpec, stance_look, subtitle
from model.figures.marks import draw_line, mark_years, number_axis, spread, zero_line
from model.figures.sheet import Sheet, held, open_sheet

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
    stances = held(data, context, baseline=False)
    sheet = open_sheet(context, finding_real_income(data, context), _subtitle(data, context), 3.6)
    axes = sheet.axes(0.62, 2.05, sheet.bottom + 0.3)
    zero_line(axes)
    for place, stance in enumerate(stances):
        draw_line(axes, data[data["stance"] == stance], stance_look(stance, stances), place, wide=1.8)
    mark_years(axes, data["year"].tolist())
    number_axis(axes, signed, most=8)
    _name_ends(sheet, axes, data, context, stances)
    return sheet.figure


def _name_ends(sheet: Sheet, axes: Axes, data: pd.DataFrame, context: FigureContext, stances: Sequence[str]) -> None:
    """Name, last value and band of every stance to the right of its line's end."""
    ends = data[data["year"] == data["year"].max()].set_index("stance")
    low, high = axes.get_ylim()
    gap = 0.36 / (sheet.figure.get_figheight() * axes.get_position().height) * (high - low)
    known = [stance for stance in stances if ends["central"].get(stance) == ends["central"].get(stance)]
    places = spread([ends["central"][stance] for stance in known], gap, low + gap / 2, high - gap / 2)
    edge = axes.get_xlim()[1]
    reach = (edge - axes.get_xlim()[0]) / (axes.get_position().width * sheet.width)
    for stance, place in zip(known, places, strict=True):
        look, end = stance_look(stance, stances), ends.loc[stance]
        axes.plot([end["year"], edge + 0.06 * reach], [end["central"], place], color=look.colour,
                  linewidth=0.6, clip_on=False, marker="")  # fmt: skip
        x = edge + 0.1 * reach
        axes.text(x, place, context.label("stance", stance), va="bottom", color=look.colour, fontweight="bold")
        axes.text(x, place - 0.08 * gap, _value(end, context), va="top", fontsize=8.0, color=INK)


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


FIGURE = FigureSpec(
    "real-income",
    1,
    (HEADLINE,),
    data_real_income,
    finding_real_income,
    draw_real_income,
    marks=("band", "line", "label at a line's end"),
)
