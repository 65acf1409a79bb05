"""Figure: how far each layer is split between the blocs (0 integrated, 1 split), scenario and baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import LAYER_NAMES
from model.experiments.results import (
    BAND_DRAWS,
    BASELINE,
    FigureContext,
    band,
    beyond_baseline,
    last_horizon,
    place_of,
    plain,
    select,
    stance_levels,
)
from model.figures.house import FigureSpec, canvas, key_row, mark_years, plain_steps, stance_look, subtitle, tick_digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX = "Bloc Index|"
MOST_COLUMNS = 4
_ORDER = (*LAYER_NAMES.values(), "Investment", "Standards")


def data_bloc_index(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual bloc index (0-1) by stance (the baseline among them), layer and year."""
    rows = select(frame, PREFIX)
    draws = stance_levels(rows[rows["region"] == place_of(rows)], context)
    return band(draws.assign(layer=draws["variable"].str.removeprefix(PREFIX)))


def finding_bloc_index(data: pd.DataFrame, context: FigureContext) -> str:
    """The layer that is split most beyond the baseline in the last horizon year, and the stance."""
    last = last_horizon(data, context.years)
    year = int(last["year"].max())
    own = beyond_baseline(last, "layer")
    own = own.assign(more=own["central"] - own["base"]).sort_values("more", kind="stable")
    if own.empty or own["more"].iloc[-1] < 0.005:
        return context.say("figure.bloc-index.title_none", year=year)
    most = own.iloc[-1]
    return context.say(
        "figure.bloc-index.title", layer=context.label("layer", most["layer"]), year=year,
        value=plain(most["central"], 2), stance=context.label("stance", most["stance"]), base=plain(most["base"], 2),
    )  # fmt: skip


def draw_bloc_index(data: pd.DataFrame, context: FigureContext) -> Figure:
    """One small panel a layer, all on one scale."""
    layers = sorted(set(data["layer"]), key=lambda name: (_ORDER.index(name) if name in _ORDER else 99, name))
    columns = min(len(layers), 3 if len(layers) <= 6 else MOST_COLUMNS)
    rows = -(-len(layers) // columns)
    figure, top, bottom = canvas(
        context, finding_bloc_index(data, context), subtitle("bloc-index", data, context), 0.75 + 1.55 * rows
    )
    inch = 1.0 / figure.get_figheight()
    stances = [stance for stance in (BASELINE, *context.cases()) if stance in set(data["stance"])]
    key_row(figure, [(context.label("stance", s), stance_look(s, stances)) for s in stances], top)
    grid = figure.add_gridspec(
        rows,
        columns,
        left=0.52 / figure.get_figwidth(),
        right=1.0 - 0.3 / figure.get_figwidth(),
        top=top - 0.52 * inch,
        bottom=bottom + 0.3 * inch,
        hspace=0.42,
        wspace=0.17,
    )
    low, high = min(0.0, data["p10"].min(), data["central"].min()), max(data["p90"].max(), data["central"].max(), 0.1)
    for place, layer in enumerate(layers):
        axes = figure.add_subplot(grid[divmod(place, columns)])
        _draw_layer(axes, data[data["layer"] == layer], stances, context.years[0])
        axes.set_ylim(low - 0.04 * (high - low), high + 0.06 * (high - low))
        axes.set_title(context.label("layer", layer), loc="left", fontsize=9.5, fontweight="bold", pad=3.0)
        axes.tick_params(labelleft=place % columns == 0, labelbottom=place + columns >= len(layers))
    return figure


def _draw_layer(axes: Axes, rows: pd.DataFrame, stances: list[str], first: int) -> None:
    """Lines of central values, with the band of each stance; markers from year 1 on."""
    for stance in reversed(stances):
        own, look = rows[rows["stance"] == stance], stance_look(stance, stances)
        years = own["year"].to_numpy()
        if own["draws"].max() >= BAND_DRAWS and stance != BASELINE:
            axes.fill_between(years, own["p10"], own["p90"], color=look.colour, alpha=0.1, linewidth=0)
        marked = [
            k for k, year in enumerate(years) if year >= first and (year - first) % 4 == stances.index(stance) % 4
        ]
        axes.plot(years, own["central"], color=look.colour, linestyle=look.line, marker=look.marker,
                  markevery=marked, markersize=3.8, linewidth=1.5)  # fmt: skip
    mark_years(axes, rows["year"].tolist(), most=4)
    plain_steps(axes)
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_formatter(lambda value, _: plain(value, tick_digits(axes.yaxis)))


FIGURE = FigureSpec("bloc-index", 3, (f"{PREFIX}*",), data_bloc_index, finding_bloc_index, draw_bloc_index)
