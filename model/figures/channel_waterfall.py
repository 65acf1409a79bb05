"""Figure: how the focus region's real-income difference adds up over channels (waterfall), stance by stance (E26)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.experiments.results import FigureContext, last_horizon, signed
from model.figures.channels import LOOKS, PREFIX, data_channels, seen
from model.figures.house import FigureSpec, subtitle
from model.figures.sheet import held
from model.figures.steps import total_and_most, waterfall_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def data_channel_waterfall(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Percent of baseline real income by stance and channel in the last horizon year, in the order of the picture."""
    data = data_channels(frame, context)
    data = data if data.empty else last_horizon(data, context.years)
    place = {name: k for k, name in enumerate(LOOKS)}
    return data.sort_values(
        ["stance", "channel"],
        key=lambda c: c.map(place) if c.name == "channel" else c,
        kind="stable",
        ignore_index=True,
    )


def finding_channel_waterfall(data: pd.DataFrame, context: FigureContext) -> str:
    """The sum over channels under the first stance, and the channel that carries most of it."""
    stance = held(data, context, baseline=False)[0]
    own = data[data["stance"] == stance].set_index("channel")["central"].fillna(0.0)
    total, most = total_and_most(own)
    return context.say(
        "figure.channel-waterfall.title", region=context.label("region", context.focus), year=int(data["year"].max()),
        total=signed(total), channel=context.label("channel", most), value=signed(float(own[most])), stance=context.label("stance", stance),
    )  # fmt: skip


def draw_channel_waterfall(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A panel a stance; each channel's bar starts where the one above ends, the sum stands below."""
    stances, channels = held(data, context, baseline=False), seen(data)
    labels = [*(context.label("channel", name) for name in channels), context.label("channel", "total")]
    steps = data.pivot(index="channel", columns="stance", values="central").reindex(index=channels, columns=stances)
    under = subtitle("channel-waterfall", data, context, banded=False)
    return waterfall_sheet(context, finding_channel_waterfall(data, context), under, steps.fillna(0.0), labels)


FIGURE = FigureSpec(
    "channel-waterfall", 27, (f"{PREFIX}*",), data_channel_waterfall, finding_channel_waterfall, draw_channel_waterfall, report=False,
    marks=("waterfall",),
)  # fmt: skip
