"""Figure: Sobol indices with their intervals, first order beside total, a panel a case (`analyse`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext, plain
from model.figures.house import FigureSpec, Look, canvas, key_row
from model.figures.panels import MOST, ROWS, name_rows, panels, row_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOTAL, FIRST = Look("#0072B2", "o"), Look("#E69F00", "D")


def data_sobol(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The indices as they are: case, name, title, S1 and ST with low and high end."""
    return frame


def finding_sobol(data: pd.DataFrame, context: FigureContext) -> str:
    """The number with the largest total index, and the part of the variance that no number explains alone."""
    case = data["case"].iloc[0]
    rows = data[data["case"] == case].sort_values("ST", ascending=False, kind="stable")
    together = 100.0 * max(0.0, 1.0 - rows["S1"].sum())
    return context.say(
        "figure.sobol.title", outcome=context.title, name=rows["title"].iloc[0], total=plain(100 * rows["ST"].iloc[0]),
        together=plain(together), case=rows["case_title"].iloc[0],
    )  # fmt: skip


def draw_sobol(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Points with intervals, largest total index on top."""
    cases = list(dict.fromkeys(data["case"]))[:MOST]
    shown = data[data["case"].isin(cases)]
    names = list(
        shown.groupby("title", sort=False)["ST"].max().sort_values(ascending=False, kind="stable").index[:ROWS]
    )
    figure, top, bottom = canvas(
        context,
        finding_sobol(shown, context),
        context.say("figure.sobol.subtitle", outcome=context.title),
        row_height(len(names)) + 0.2,
    )
    key_row(
        figure,
        [(context.say("figure.sobol.total"), TOTAL), (context.say("figure.sobol.first"), FIRST)],
        top,
        points=True,
    )
    titles = [str(shown.loc[shown["case"] == case, "case_title"].iloc[0]) for case in cases]
    rows = panels(figure, top - 0.2 / figure.get_figheight(), bottom, titles)
    for axes, case in zip(rows, cases, strict=True):
        _draw_case(axes, shown[shown["case"] == case].set_index("title").reindex(names))
    name_rows(figure, rows, names)
    return figure


def _draw_case(axes: Axes, rows: pd.DataFrame) -> None:
    for index, look, shift in (("ST", TOTAL, -0.14), ("S1", FIRST, 0.14)):
        down = [place + shift for place in range(len(rows))]
        axes.hlines(down, rows[f"{index}_low"], rows[f"{index}_high"], color=look.colour, linewidth=1.6, alpha=0.75)
        axes.plot(rows[index], down, color=look.colour, marker=look.marker, linestyle="none", markersize=4.8)
    axes.axvline(0.0, color="#222222", linewidth=0.9)
    axes.set_xlim(min(-0.05, 1.05 * rows[["S1_low", "ST_low"]].min().min()), max(1.0, 1.05 * rows["ST_high"].max()))


SPEC = FigureSpec("sobol", 0, (), data_sobol, finding_sobol, draw_sobol)
