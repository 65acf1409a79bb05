"""Figure: how far each layer is split between the blocs (0 integrated, 1 split), scenario and baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.axes import LAYER_NAMES
from model.experiments.results import (
    FigureContext,
    band,
    beyond_baseline,
    last_horizon,
    place_of,
    plain,
    select,
    stance_levels,
)
from model.figures.house import FigureSpec, subtitle
from model.figures.marks import draw_stance_lines
from model.figures.sheet import columns_of, held, open_sheet, stance_key

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREFIX = "Bloc Index|"
NOTE: tuple[tuple[str, ...], ...] = (("Chips", "Devices"), ("Platforms",), ("Open Source",), ("Investment",), ("OS",))
"""The five rows of the KIET note (2023) in the layers of the model: they come first, in its order."""
FIRST = tuple(layer for row in NOTE for layer in row)


def data_bloc_index(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual bloc index (0-1) by stance (the baseline among them), layer and year; `note_row`: row of the KIET note."""
    rows = select(frame, PREFIX)
    draws = stance_levels(rows[rows["region"] == place_of(rows)], context)
    data = band(draws.assign(layer=draws["variable"].str.removeprefix(PREFIX)))
    row = {layer: float(number) for number, layers in enumerate(NOTE, 1) for layer in layers}
    return data.assign(note_row=data["layer"].map(row).astype("float64"))


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
    """One small panel a layer, all on one scale; those of the KIET note carry its row's number."""
    stances, order = held(data, context), [*FIRST, *LAYER_NAMES.values(), "Standards"]
    layers = sorted(set(data["layer"]), key=lambda name: (order.index(name) if name in order else len(order), name))
    columns = columns_of(len(layers), 1.25)
    sheet = open_sheet(
        context, finding_bloc_index(data, context), subtitle("bloc-index", data, context), 0.3 + 1.55 * -(-len(layers) // columns), stance_key(stances, context)
    )  # fmt: skip
    numbers = data.drop_duplicates("layer").set_index("layer")["note_row"]
    titles = [_title(layer, numbers[layer], context) for layer in layers]
    parts = [data[data["layer"] == layer] for layer in layers]
    draw_stance_lines(sheet.panels(titles, left=0.55, columns=columns), parts, stances, 3)
    return sheet.figure


def _title(layer: str, row: float, context: FigureContext) -> str:
    """'Chips (KIET 1)': the layer, and its row in the note if it has one."""
    name = context.label("layer", layer)
    return context.say("figure.bloc-index.note", layer=name, row=int(row)) if row == row else name


FIGURE = FigureSpec(
    "bloc-index",
    3,
    (f"{PREFIX}*",),
    data_bloc_index,
    finding_bloc_index,
    draw_bloc_index,
    marks=("small multiples", "line", "band"),
)
