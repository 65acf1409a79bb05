"""Figure: how hard a fork must be pushed to succeed, by lever and network effect (`model.experiments.forks`).

It reads a sweep, not the results of one scenario, so it is not in the report's registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.figures.house import SOFT, FigureSpec, Look
from model.figures.sheet import Key, open_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from model.experiments.results import FigureContext

LOOKS = (
    Look("#56B4E9", "o", (0, (5.0, 1.5))),
    Look("#000000", "s", "-"),
    Look("#D55E00", "^", (0, (3.0, 1.2, 1.0, 1.2))),
)
MAJORITY = 50.0


def data_forks(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """The sweep, in order."""
    return frame.sort_values(["lever", "network_effect", "value"], kind="stable", ignore_index=True)


def finding_forks(data: pd.DataFrame, context: FigureContext) -> str:
    """What the first lever does from its lowest to its highest value at the middle network effect."""
    effects = sorted(data["network_effect"].unique())
    own = data[(data["lever"] == "support") & (data["network_effect"] == effects[len(effects) // 2])]
    ends = own.sort_values("value")["share"]
    return context.say(
        "figure.forks.title", ecosystem=context.label("ecosystem", own["ecosystem"].iloc[0]), low=f"{ends.iloc[0]:.0f}",
        high=f"{ends.iloc[-1]:.0f}", year=own["quarter"].iloc[0][:4],
    )  # fmt: skip


def draw_forks(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel for each lever, a line for each network effect, and the line of half of all users."""
    levers, effects = sorted(data["lever"].unique(), reverse=True), sorted(data["network_effect"].unique())
    words = [
        context.say("figure.forks.tips" if effect > 1 else "figure.forks.effect", value=f"{effect:g}")
        for effect in effects
    ]
    key = Key(list(zip(words, LOOKS, strict=False)))
    sheet = open_sheet(context, finding_forks(data, context), context.say("figure.forks.subtitle"), 3.2, key)
    for axes, lever in zip(
        sheet.panels([context.say(f"figure.forks.{name}") for name in levers], left=0.5), levers, strict=True
    ):
        _draw_panel(axes, data[data["lever"] == lever], effects)
    return sheet.figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, effects: list[float]) -> None:
    """Users of the fork against the lever."""
    for look, effect in zip(LOOKS, effects, strict=False):
        own = rows[rows["network_effect"] == effect]
        axes.plot(
            own["value"], own["share"], color=look.colour, linestyle=look.line, marker=look.marker, markersize=4.5
        )
    axes.axhline(MAJORITY, color=SOFT, linewidth=0.8, linestyle=(0, (1.0, 1.5)), zorder=1)
    axes.set(xlim=(-0.02, 1.02), ylim=(0, 102))
    axes.grid(visible=False, axis="x")


FIGURE = FigureSpec(
    "forks",
    50,
    (),
    data_forks,
    finding_forks,
    draw_forks,
    report=False,
    of_run=False,
    marks=("small multiples", "line"),
)
