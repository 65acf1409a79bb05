"""Figure: the mean outcome over the two sampled numbers that matter most, a panel a case (`analyse`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext, signed
from model.figures.house import SMALL, FigureSpec
from model.figures.marks import Shades, draw_cells
from model.figures.sheet import Sheet, columns_of, open_sheet, shown_cases, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def data_heat_map(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The cells as they are: case, the two numbers, class of each, mean outcome and count of states."""
    return frame


def finding_heat_map(data: pd.DataFrame, context: FigureContext) -> str:
    """Lowest and highest cell and where they lie."""
    ordered = data.sort_values("mean", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    return context.say(
        "figure.heat-map.title", outcome=context.title.rpartition(", ")[0] or context.title, low=signed(low["mean"]), high=signed(high["mean"]),
        first=high["first_title"], second=high["second_title"], case=high["case_title"],
    )  # fmt: skip


def draw_heat_map(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Cells with their value; one scale of colours for all cases."""
    cases = shown_cases(data)
    shown = data[data["case"].isin(list(cases))]
    under = context.say("figure.heat-map.subtitle", outcome=context.title)
    columns = columns_of(len(cases), 2.2)
    height = min(3.9, 7.2 / len(cases)) + 0.7 if columns == len(cases) else 0.3 + 2.2 * -(-len(cases) // columns)
    sheet = open_sheet(context, finding_heat_map(shown, context), under, height)
    low, high = float(shown["mean"].min()), float(shown["mean"].max())
    most = max(abs(low), abs(high)) or 1.0
    shades = (
        Shades("PuOr", -1.5 * most, 1.5 * most)
        if low < 0 < high
        else Shades("YlGnBu", low, high + 1.2 * (high - low or 1.0))
    )
    panels = sheet.panels(list(cases.values()), left=0.85, foot=0.6, gap=0.15, columns=columns)
    for axes, case in zip(panels, cases, strict=True):
        _draw_case(sheet, axes, shown[shown["case"] == case], shades)
    first = wrap(
        sheet.figure,
        str(shown["first_title"].iloc[0]),
        0.9 * axes.get_position().height * sheet.figure.get_figheight(),
        fontsize=8.0,
    )
    panels[0].set_ylabel("\n".join(first), fontsize=8.0)
    return sheet.figure


def _draw_case(sheet: Sheet, axes: Axes, rows: pd.DataFrame, shades: Shades) -> None:
    """One panel: classes of the first number from the top down, of the second from the left."""
    table = rows.pivot(index="row", columns="column", values="mean").sort_index(ascending=False)
    draw_cells(axes, table.to_numpy(float), lambda value: signed(value, 1 if abs(value) >= 10 else 2), shades)
    for axis, part, ticks in ((axes.yaxis, "row", table.index), (axes.xaxis, "column", table.columns)):
        values = rows.drop_duplicates(part).set_index(part)[f"{part}_value"].reindex(ticks)
        axis.set_ticks(range(len(ticks)), [_short(value) for value in values], fontsize=SMALL)
    room = axes.get_position().width * sheet.width
    if not any(label.get_visible() for label in axes.get_xticklabels()):
        return
    axes.set_xlabel("\n".join(wrap(sheet.figure, str(rows["second_title"].iloc[0]), room, fontsize=8.0)), fontsize=8.0)


def _short(value: float) -> str:
    """Two significant figures, never with an exponent below a million."""
    return f"{float(f'{value:.2g}'):g}".replace("-", "−")


FIGURE = FigureSpec(
    "heat-map", 42, (), data_heat_map, finding_heat_map, draw_heat_map, report=False, of_run=False, marks=("heat map",)
)
