"""Tariff: targets' goods pay duty, or a barrier that earns nobody anything, on entering the senders.

Purchase commitments, as China's of the phase-one deal of January 2020 (register ev.trade.phase1: 200 bn USD over the
level of 2017), are left out: they are a promised quantity, not a price, and were not kept (recalled). The tariff cut of
that deal is a lower rate from its date.
"""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX
from model.instruments import Facts, Instrument, Order, lever, segments_lever
from model.wedges import Wedges

LEVERS = {
    "segments": segments_lever(doc="segments whose imports pay"),
    "rate": lever("rate", 0, 0, 5, "extra duty on the targets' goods in the senders, on top of the base tariff; revenue to the senders",
                  "7.5 percent on 120 bn USD after phase one: register ev.trade.tariff; assumed elsewhere"),
    "barrier": lever("rate", 0, 0, 10, "tariff equivalent of rules that cost but earn nothing (iceberg)",
                     "full blocs in published work are doubled trade costs (Campos et al. 2023, recalled); assumed"),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Duty and barrier on deliveries from targets to senders; never on a region's own."""
    segments = [SEGMENT_INDEX[s] for s in order.names("segments")]
    for destination in order.senders:
        origins = [o for o in order.targets if o != destination]
        cells = np.ix_(origins, [destination], segments)
        wedges.move("tariff_rate", cells, order.number("rate") * order.strength)
        wedges.move("iceberg_cost", cells, 1.0 + order.number("barrier") * order.strength)


INSTRUMENT = Instrument(
    "tariff",
    "Senders put a duty, or a barrier without revenue, on the targets' goods.",
    LEVERS,
    apply,
    {"en": "Tariff", "ko": "관세"},
)
