"""Figure: where the focus region exports to, baseline and stances, at the horizon years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model.axes import REGIONS
from model.experiments.results import (
    BASELINE,
    FigureContext,
    band,
    beyond_baseline,
    last_horizon,
    plain,
    select,
    stance_levels,
)
from model.figures.house import BAR, MARGIN, FigureSpec, Look, subtitle
from model.figures.marks import draw_points, limits, name_rows, number_axis
from model.figures.sheet import Key, Sheet, held, open_sheet, stance_key
from model.phrases import amount

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREFIXES = ("Exports|to ", "Exports Share|Chips|to ")


def data_exports(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual exports (bn USD of 2018) and shares of chip exports (percent) by stance, destination, horizon year."""
    parts = []
    for prefix in PREFIXES:
        draws = stance_levels(select(frame, prefix, context.focus), context)
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
    measures, stances = _measures(data), held(data, context, baseline=False)
    places = sorted(set(data["to"]), key=lambda code: (REGIONS.index(code) if code in REGIONS else 99, code))
    room = 0.85 + 0.25 * len(places)
    points = stance_key(stances, context, points=True)
    key = Key([(context.label("stance", BASELINE), Look(BAR, "s")), *points.entries], points=True)
    sheet = open_sheet(
        context, finding_exports(data, context), subtitle("exports", data, context), room * len(measures), key
    )
    for row, measure in enumerate(measures):
        high = sheet.top - row * room
        sheet.figure.text(
            MARGIN / sheet.width, (high - 0.04) / sheet.figure.get_figheight(), context.say(f"figure.exports.{measure}"), va="top"
        )  # fmt: skip
        part = Sheet(sheet.figure, high - 0.22, high - room)
        _draw_row(part, data[data["measure"] == measure], places, stances, context)
    return sheet.figure


def _draw_row(
    sheet: Sheet, data: pd.DataFrame, places: Sequence[str], stances: Sequence[str], context: FigureContext
) -> None:
    """Panels of one measure side by side, one a year."""
    years, labels = sorted(set(data["year"])), [context.label("region", to) for to in places]
    titles = [context.say("table.year", year=year, number=year - context.years[0] + 1) for year in years]
    panels = sheet.panels(titles, sheet.beside(labels))
    for axes, year in zip(panels, years, strict=True):
        rows = data[data["year"] == year]
        base = rows[rows["stance"] == BASELINE].set_index("to").reindex(list(places))
        axes.barh(range(len(places)), base["central"], height=0.8, color=BAR)
        draw_points(axes, rows, places, "to", stances)
        axes.set_xlim(*limits(0.0, data[["central", "p90"]].max().max()))
        number_axis(axes, plain, vertical=False, most=4)
    name_rows(panels, labels)


def _measure(place: int) -> str:
    return PREFIXES[place].removesuffix("|to ")


def _measures(data: pd.DataFrame) -> list[str]:
    """The measures the data hold, exports before shares."""
    return [_measure(k) for k in range(len(PREFIXES)) if _measure(k) in set(data["measure"])]


FIGURE = FigureSpec(
    "exports",
    4,
    tuple(f"{prefix}*" for prefix in PREFIXES),
    data_exports,
    finding_exports,
    draw_exports,
    marks=("bar", "point", "interval"),
)
