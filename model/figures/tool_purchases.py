"""Figure: China's purchases of chip tools by quarter, with the dates controls on tools were announced and took effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import quarter_start
from model.experiments.results import BASELINE, FigureContext, band
from model.figures.house import (
    INK,
    SOFT,
    FigureSpec,
    Look,
    canvas,
    key_row,
    mark_years,
    plain_steps,
    stance_look,
    subtitle,
)
from model.phrases import amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VARIABLE, BUYER = "Purchases|Equipment", "CHN"
CONTROLS = ("export_control", "entity_list")
EFFECT, NOTICE = Look(INK, "v"), Look("#D55E00", "o")


def data_tool_purchases(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Purchases in bn USD of 2018 a quarter, baseline and stances, with the time in years."""
    rows = frame[(frame["variable"] == VARIABLE) & (frame["region"] == BUYER)]
    cases = {BASELINE: context.baseline, **context.cases()}
    parts = [rows[rows["scenario"] == case].assign(stance=stance) for stance, case in cases.items()]
    texts = dict.fromkeys(("scenario", "region", "variable", "unit", "quarter"), str)
    data = band(pd.concat(parts, ignore_index=True).astype(texts))
    return data.assign(year=data["quarter"].map(quarter_start).astype(float))


def finding_tool_purchases(data: pd.DataFrame, context: FigureContext) -> str:
    """Purchases of the last year against the baseline's."""
    year = int(data["year"].max())
    last = data[data["year"] >= year].groupby("stance")["central"].sum()
    base = last.get(BASELINE, float("nan"))
    own = last.drop(BASELINE, errors="ignore")
    if own.empty:
        return context.say("figure.tool-purchases.name")
    stance = str((own - base).abs().idxmax()) if base == base else str(own.index[0])
    return context.say(
        "figure.tool-purchases.title", year=year, value=amount(own[stance], "usd", context.lang),
        base=amount(base, "usd", context.lang),
        stance=context.label("stance", stance),
    )  # fmt: skip


def draw_tool_purchases(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Lines by quarter; a mark at the top for every date of a control on tools."""
    stances = [stance for stance in (BASELINE, *context.cases()) if stance in set(data["stance"])]
    under = subtitle("tool-purchases", data, context, banded=False)
    figure, top, bottom = canvas(context, finding_tool_purchases(data, context), under, 3.5)
    inch, width = 1.0 / figure.get_figheight(), figure.get_figwidth()
    dates = [
        (context.say(f"figure.tool-purchases.{name}"), look) for name, look in (("effect", EFFECT), ("notice", NOTICE))
    ]
    key_row(figure, [(context.label("stance", s), stance_look(s, stances)) for s in stances], top)
    key_row(figure, dates, top - 0.2 * inch, points=True)
    axes = figure.add_axes((0.62 / width, bottom + 0.3 * inch, 1.0 - 0.95 / width, top - bottom - 0.95 * inch))
    for stance in reversed(stances):
        own, look = data[data["stance"] == stance], stance_look(stance, stances)
        axes.plot(own["year"], own["central"], color=look.colour, linestyle=look.line, linewidth=1.4,
                  marker=look.marker, markevery=(stances.index(stance), 8), markersize=3.8)  # fmt: skip
    mark_years(axes, [int(year) for year in data["year"]], most=9)
    plain_steps(axes)
    axes.set_ylim(bottom=0.0)
    axes.grid(visible=False, axis="x")
    _mark_dates(axes, context)
    return figure


def _mark_dates(axes: Axes, context: FigureContext) -> None:
    """Thin lines and marks at the dates of controls on China that cover tools."""
    measures = context.table("measures")
    if measures.empty:
        return
    covers = measures["instrument"].isin(CONTROLS)
    first, last = axes.get_xlim()
    for column, look in (("announced", NOTICE), ("start", EFFECT)):
        for year in sorted({float(value) for value in measures[covers][column].dropna()}):
            if first <= year <= last:
                axes.axvline(year, color=SOFT, linewidth=0.6, linestyle=(0, (2.0, 2.0)), zorder=1)
                axes.plot(year, 1.03, marker=look.marker, color=look.colour, transform=axes.get_xaxis_transform(),
                          clip_on=False, linestyle="none", markersize=5)  # fmt: skip


FIGURE = FigureSpec(
    "tool-purchases", 21, (VARIABLE,), data_tool_purchases, finding_tool_purchases, draw_tool_purchases, report=False
)
