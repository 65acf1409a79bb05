"""Figure: China's purchases of chip tools by quarter, with the dates controls on tools were announced and took effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import quarter_start
from model.experiments.results import BASELINE, FigureContext, band, plain
from model.figures.house import INK, FigureSpec, Look, stance_look, subtitle
from model.figures.marks import draw_line, limits, mark_dates, mark_years, number_axis
from model.figures.sheet import Key, held, open_sheet, stance_key
from model.phrases import amount

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VARIABLE, BUYER = "Purchases|Equipment", "CHN"
LOOKS = {"effect": Look(INK, "v"), "notice": Look("white", "o", edge="#D55E00")}


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
    """Lines by quarter; marks above at the dates of controls on tools, announced and in force."""
    stances, dates = held(data, context), _controls(context)
    key = Key(
        [(context.say(f"figure.tool-purchases.{name}"), look) for name, look in LOOKS.items() if dates[name]],
        points=True,
    )
    under = subtitle("tool-purchases", data, context, banded=False)
    sheet = open_sheet(context, finding_tool_purchases(data, context), under, 3.3, stance_key(stances, context), key)
    axes = sheet.axes(0.62, 0.35, sheet.bottom + 0.3, sheet.top - 0.3)
    for place, stance in enumerate(stances):
        draw_line(axes, data[data["stance"] == stance], stance_look(stance, stances), 3 * place, banded=False)
    mark_years(axes, [int(year) for year in data["year"]], most=9)
    axes.set(xlim=(data["year"].min() - 0.3, data["year"].max() + 0.3), ylim=limits(0.0, data["central"].max()))
    number_axis(axes, plain)
    for name, height in (("notice", 1.085), ("effect", 1.03)):
        mark_dates(axes, dates[name], LOOKS[name], height)
    return sheet.figure


def _controls(context: FigureContext) -> dict[str, list[float]]:
    """Dates of the controls that cover tools: in force, and announced before."""
    measures = context.table("measures")
    if measures.empty:
        return {name: [] for name in LOOKS}
    named = measures["segments"].str.split().map(lambda codes: "equipment" in codes)
    covers = measures[
        (measures["instrument"] == "equipment_control") | ((measures["instrument"] == "export_control") & named)
    ]
    columns = {"effect": "start", "notice": "announced"}
    return {name: covers[column].dropna().astype(float).tolist() for name, column in columns.items()}


FIGURE = FigureSpec(
    "tool-purchases", 21, (VARIABLE,), data_tool_purchases, finding_tool_purchases, draw_tool_purchases, report=False,
    marks=("line", "dated mark"),
)  # fmt: skip
