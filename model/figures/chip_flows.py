"""Figure: chips from where they are made to where they are used, within and between the blocs (a Sankey diagram)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import REGIONS
from model.experiments.results import BASELINE, FigureContext, band, select, stance_levels
from model.figures.house import MARGIN, REGION_COLOURS, SMALL, FigureSpec, Look, subtitle
from model.figures.sheet import Key, baseline_and_first, columns_of, open_sheet
from model.phrases import amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX = "Exports|Chips|to "
ACROSS, WITHIN = Look("#D55E00", "s"), Look("#bdbdbd", "s")
KEYS = {"across": ACROSS, "within": WITHIN}
NODE, GAP = 0.035, 0.012
"""Width of a region's bar and the space between two, as shares of the panel."""
Spans = dict[str, tuple[float, float]]


def data_chip_flows(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """bn USD of 2018 by stance, origin and destination in the last horizon year; `across`: between the two blocs."""
    rows = stance_levels(select(frame, PREFIX), context)
    rows = rows[rows["year"].isin(context.years[-1:])]
    data = band(rows.assign(origin=rows["region"], to=rows["variable"].str.removeprefix(PREFIX)))
    sides = _sides(context)
    first = context.stances[0] if context.stances else ""
    across = [
        {sides.get((first if s == BASELINE else s, o), ""), sides.get((first if s == BASELINE else s, d), "")}
        for s, o, d in zip(data["stance"], data["origin"], data["to"], strict=True)
    ]
    return data.assign(across=[len(pair - {""}) == 2 for pair in across])


def finding_chip_flows(data: pd.DataFrame, context: FigureContext) -> str:
    """What crosses between the blocs, under the first stance and in the baseline."""
    shown = baseline_and_first(data, context)
    crossing = {s: data[(data["stance"] == s) & data["across"]]["central"].sum() for s in shown}
    return context.say(
        "figure.chip-flows.title", year=int(data["year"].max()), value=amount(crossing[shown[-1]], "usd", context.lang),
        base=amount(crossing.get(BASELINE, float("nan")), "usd", context.lang), stance=context.label("stance", shown[-1]),
    )  # fmt: skip


def draw_chip_flows(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Two diagrams: origins on the left, destinations on the right, ribbons as wide as the trade."""
    shown = baseline_and_first(data, context)
    key = Key([(context.say(f"figure.chip-flows.{name}"), look) for name, look in KEYS.items()], points=True)
    columns = columns_of(len(shown), 3.0)
    height = 3.9 * -(-len(shown) // columns)
    sheet = open_sheet(
        context, finding_chip_flows(data, context), subtitle("chip-flows", data, context, banded=False), height, key
    )
    edge = sheet.beside([context.label("region", region) for region in sorted({*data["origin"], *data["to"]})], SMALL)
    scale = max(float(data[data["stance"] == s]["central"].sum()) for s in shown) or 1.0
    panels = sheet.panels(
        [context.label("stance", s) for s in shown],
        left=edge,
        right=edge,
        foot=0.08,
        gap=2 * edge - MARGIN,
        columns=columns,
    )
    for axes, stance in zip(panels, shown, strict=True):
        _draw_sankey(axes, data[data["stance"] == stance], scale, context)
    return sheet.figure


def _draw_sankey(axes: Axes, rows: pd.DataFrame, scale: float, context: FigureContext) -> None:
    """Bars on both sides and the ribbons between them; one scale for all panels."""
    axes.set(xlim=(0.0, 1.0), ylim=(1.0, 0.0))
    axes.axis("off")
    sides: list[Spans] = []
    for column, place, align in (("origin", 0.0, "right"), ("to", 1.0 - NODE, "left")):
        sides.append(_nodes(rows.groupby(column, observed=True)["central"].sum(), scale))
        for region, (start, size) in sides[-1].items():
            axes.bar(place, size, NODE, bottom=start, color=REGION_COLOURS[region], align="edge")
            text = place - 0.02 if align == "right" else 1.02
            if size > 0.012:
                axes.text(
                    text, start + size / 2, context.label("region", region), ha=align, va="center", fontsize=SMALL
                )
    used = [dict.fromkeys(spans, 0.0) for spans in sides]
    for row in rows[rows["central"] > 0].sort_values("across", kind="stable").to_dict("records"):
        ends = (row["origin"], row["to"])
        width = row["central"] / scale * _room(max(len(spans) for spans in sides))
        starts = [spans[end][0] + done[end] for spans, done, end in zip(sides, used, ends, strict=True)]
        _ribbon(axes, starts[0], starts[1], width, ACROSS if row["across"] else WITHIN)
        for done, end in zip(used, ends, strict=True):
            done[end] += width


def _nodes(totals: pd.Series, scale: float) -> Spans:
    """Start and size of each region's bar from the top down (0-1)."""
    found, start = {}, 0.0
    for region in (r for r in REGIONS if totals.get(r, 0.0) > 0):
        size = float(totals[region]) / scale * _room(len(totals))
        found[region] = (start, size)
        start += size + GAP
    return found


def _room(bars: int) -> float:
    """The part of the height that is not space between the bars."""
    return 1.0 - GAP * (max(bars, len(REGIONS)) - 1)


def _ribbon(axes: Axes, left: float, right: float, width: float, look: Look) -> None:
    """A ribbon of one width from the left bar to the right one."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    start, end, middle = NODE, 1.0 - NODE, 0.5
    points = [(start, left), (middle, left), (middle, right), (end, right), (end, right + width),
              (middle, right + width), (middle, left + width), (start, left + width), (start, left)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    strong = look is ACROSS
    axes.add_patch(
        PathPatch(Path(points, codes), facecolor=look.colour, edgecolor="none", alpha=0.75 if strong else 0.45)
    )


def _sides(context: FigureContext) -> dict[tuple[str, str], str]:
    """(stance, region) -> bloc; the United States and China where the scenario has no blocs."""
    blocs = context.table("blocs")
    if blocs.empty:
        return {(stance, region): region for stance in context.cases() for region in ("USA", "CHN")}
    return {(row["stance"], row["region"]): row["bloc"] for row in blocs.to_dict("records")}


FIGURE = FigureSpec(
    "chip-flows",
    24,
    (f"{PREFIX}*",),
    data_chip_flows,
    finding_chip_flows,
    draw_chip_flows,
    report=False,
    marks=("Sankey diagram",),
)
