"""Data localisation: data of the senders' users stay at home and feed no foreign firm."""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX
from model.instruments import Facts, Instrument, Order, lever
from model.wedges import Wedges

LEVERS = {
    "blocked": lever(
        "share", 0, 0, 1, "part of the data of the senders' users that may not leave for the targets",
        "register ev.cn.cyberlaw, mech.data for the direction; assumed",
    ),
    "storage_cost": lever(
        "rate", 0, 0, 0.6, "extra cost of the targets' platforms in the senders' markets at full localisation",
        "priors local_storage_cost: 0.25 (0.05 to 0.6) of the cost of cloud services, recalled",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Data flows from the senders to the targets are blocked; serving the senders from abroad costs more."""
    blocked, platforms = order.number("blocked") * order.strength, SEGMENT_INDEX["platforms"]
    for o in order.senders:
        abroad = [d for d in order.targets if d != o]
        wedges.move("data_flow", np.ix_([o], abroad), blocked)
        wedges.move("iceberg_cost", np.ix_(abroad, [o], [platforms]), 1.0 + order.number("storage_cost") * blocked)


INSTRUMENT = Instrument(
    "data_localisation",
    "Data of the senders' users may not leave for the targets, and keeping them at home costs the targets' platforms.",
    LEVERS,
    apply,
    {"en": "Data localisation", "ko": "데이터 현지화"},
)
