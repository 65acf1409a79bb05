"""Subsidy: senders pay a part of the price of what is made at home, and part of it goes into research."""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX
from model.instruments import Facts, Instrument, Order, lever, segments_lever
from model.wedges import Wedges

LEVERS = {
    "segments": segments_lever(doc="segments whose plants in the senders are supported"),
    "rate": lever(
        "rate", 0, 0, 0.5, "part of the price that the sender pays, whoever buys; what the base year holds is in its shares",
        "support of Chinese chip makers 2014-18: 0.1 to 0.42 of revenue, others 0.01 to 0.06 (OECD 2019); assumed elsewhere",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Plants that stand in the senders get it; `to` names the rival it answers and is not touched."""
    segments = [SEGMENT_INDEX[s] for s in order.names("segments")]
    wedges.move("subsidy_rate", np.ix_(list(order.senders), segments), order.number("rate") * order.strength)


INSTRUMENT = Instrument(
    "subsidy",
    "Senders pay part of the price of what their own plants make; part of it goes into research.",
    LEVERS,
    apply,
    {"en": "Subsidy", "ko": "보조금"},
    aimed=False,
)
