"""Figure of `blocs strategies`: effect of each strategy in each scenario as a heat map, the best and the worst marked."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import pandas as pd

from model.experiments.results import BAND_DRAWS, HORIZONS, FigureContext, signed
from model.figures.house import GRID, INK, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

NAME = "strategies"
WORST, LEVEL, BEST = "#D55E00", "#ffffff", "#0072B2"
"""Ends and middle of the colours: no effect is white."""


def data_strategies(table: pd.DataFrame) -> pd.DataFrame:
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
    under = context.say("figure.strategies.subtitle", baseline=context.baseline)
    under += " " + context.say("figure.band" if data["draws"].max() >= BAND_DRAWS else "figure.no_band")
    under += " " + context.say("figure.strategies.grey") if data["regret"].isna().any() else ""
    figure, top, bottom = canvas(context, finding_strategies(data, context), under, 0.75 + 0.5 * len(grid))
    inch = 1.0 / figure.get_figheight()
    axes = figure.add_axes((0.24, bottom + 0.1 * inch, 0.73, top - bottom - 0.5 * inch))
    _colour(axes, grid)
    ranked = data.dropna(subset=["regret"]).groupby("scenario")["central"].agg(["min", "max"])
    for row in data.to_dict("records"):
        place = list(grid.columns).index(row["scenario"]), list(grid.index).index(row["strategy"])
        _write(axes, row, place, tuple(ranked.loc[row["scenario"]]) if row["scenario"] in ranked.index else (0.0, 0.0))
    axes.set_yticks(range(len(grid)), [context.label("stance", name) for name in grid.index], fontsize=9.5)
    axes.set_xticks(range(len(grid.columns)), list(grid.columns), fontsize=9.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


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
    axes.text(x, y - (0.12 if banded else 0), signed(central) + marked, ha="center", va="center", color=INK, fontsize=10)
    if banded:
        text = f"{signed(float(cell['p10']))} … {signed(float(cell['p90']))}"
        axes.text(x, y + 0.22, text, ha="center", va="center", color=INK, fontsize=7.5)


def _frame(x: int, y: int) -> Patch:
    """The grey of a cell that is not ranked."""
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=GRID, linewidth=0)
