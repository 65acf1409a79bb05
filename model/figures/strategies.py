"""Figure of `blocs strategies`: effect of each strategy in each scenario as a heat map, the best and the worst marked."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import pandas as pd

from model.experiments.results import BAND_DRAWS, HORIZONS, FigureContext, signed
from model.figures.house import GRID, INK, MARGIN, SMALL, FigureSpec
from model.figures.marks import bare
from model.figures.sheet import open_sheet, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

WORST, LEVEL, BEST = "#D55E00", "#ffffff", "#0072B2"
"""Ends and middle of the colours: no effect is white."""


def data_strategies(table: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Scenario, strategy and the effect at the last horizon that each scenario reaches (central, p10, p90), with regret."""
    rows = []
    for row in table.to_dict("records"):
        last = max((h for h in HORIZONS if not pd.isna(row.get(f"central_{h}"))), default=None)
        if last is not None:
            values = {kind: row[f"{kind}_{last}"] for kind in ("central", "p10", "p90")}
            kept = {key: row[key] for key in ("scenario", "strategy", "regret", "draws")}
            rows.append({**kept, "year": int(row[f"year_{last}"]), **values})
    return pd.DataFrame(rows)


def finding_strategies(data: pd.DataFrame, context: FigureContext) -> str:
    """Which strategy has the smallest largest regret."""
    regrets = data.dropna(subset=["regret"]).groupby("strategy", sort=False)["regret"].max()
    least = str(regrets.idxmin())
    key = "title_single" if data["scenario"].nunique() == 1 else "title" if regrets.min() > 0 else "title_always"
    return context.say(
        f"figure.strategies.{key}", region=context.label("region", context.focus), year=int(data["year"].max()),
        strategy=context.label("stance", least), regret=f"{regrets.min():.2f}",
    )  # fmt: skip


def draw_strategies(data: pd.DataFrame, context: FigureContext) -> Figure:
    """Strategies from the best mean effect down, what is not ranked below; each cell says its number and band."""
    by = data.assign(ranked=data["regret"].notna()).groupby("strategy", sort=False)[["ranked", "central"]].mean()
    order = by.sort_values(["ranked", "central"], ascending=False).index
    grid = data.pivot_table(index="strategy", columns="scenario", values="central", sort=False).reindex(order)
    sheet = open_sheet(context, finding_strategies(data, context), _under(data, context), 0.5 + 0.46 * len(grid))
    labels = [
        "\n".join(wrap(sheet.figure, context.label("stance", name), 0.3 * sheet.width, fontsize=9.0))
        for name in grid.index
    ]
    axes = sheet.axes(sheet.beside(labels, 9.0), MARGIN, sheet.bottom + 0.05, sheet.top - 0.3)
    _colour(axes, grid)
    ranked = data.dropna(subset=["regret"]).groupby("scenario")["central"].agg(["min", "max"])
    for row in data.dropna(subset=["central"]).to_dict("records"):
        place = list(grid.columns).index(row["scenario"]), list(grid.index).index(row["strategy"])
        _write(axes, row, place, tuple(ranked.loc[row["scenario"]]) if row["scenario"] in ranked.index else (0.0, 0.0))
    axes.set_yticks(range(len(grid)), labels, fontsize=9.0, color=INK)
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(grid.columns)), list(grid.columns), fontsize=9.0, color=INK)
    bare(axes)
    return sheet.figure


def _under(data: pd.DataFrame, context: FigureContext) -> str:
    """Unit and baseline, whether there is a band, and what grey means where there is grey."""
    banded = "figure.band" if data["draws"].max() >= BAND_DRAWS else "figure.no_band"
    words = [context.say("figure.strategies.subtitle", baseline=context.baseline), context.say(banded)]
    return " ".join([*words, context.say("figure.strategies.grey")] if data["regret"].isna().any() else words)


def _colour(axes: Axes, grid: pd.DataFrame) -> None:
    """Colours from orange (loss) over white to blue (gain), the same distance on both sides, pale enough to write on."""
    from matplotlib.colors import LinearSegmentedColormap

    most = float(grid.abs().max().max()) or 1.0
    colours = LinearSegmentedColormap.from_list("strategies", [WORST, LEVEL, BEST])
    axes.imshow(grid.to_numpy(float), cmap=colours, vmin=-1.6 * most, vmax=1.6 * most, aspect="auto")


def _write(axes: Axes, cell: dict[Hashable, Any], place: tuple[int, int], ends: tuple[float, float]) -> None:
    """The number of a cell, its band below, and a mark beside the best and the worst of the scenario; grey if not ranked."""
    x, y = place
    ranked, central = not pd.isna(cell["regret"]), float(cell["central"])
    if not ranked:
        axes.add_patch(_frame(x, y))
    marked = "" if not ranked else " ▲" if central == ends[1] else " ▼" if central == ends[0] else ""
    banded = int(cell["draws"]) >= BAND_DRAWS
    axes.text(
        x, y - (0.12 if banded else 0), signed(central) + marked, ha="center", va="center", color=INK, fontsize=10
    )
    if banded:
        text = f"{signed(float(cell['p10']))} … {signed(float(cell['p90']))}"
        axes.text(x, y + 0.22, text, ha="center", va="center", color=INK, fontsize=SMALL)


def _frame(x: int, y: int) -> Patch:
    """The grey of a cell that is not ranked."""
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=GRID, linewidth=0)


FIGURE = FigureSpec(
    "strategies",
    46,
    (),
    data_strategies,
    finding_strategies,
    draw_strategies,
    report=False,
    of_run=False,
    marks=("heat map",),
)
