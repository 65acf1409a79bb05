"""Standards split: two technical standards; who sells to both sides pays for both."""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX
from model.instruments import Facts, Instrument, Order, lever, segments_lever
from model.wedges import Wedges

LEVERS = {
    "segments": segments_lever(("devices", "platforms"), "segments with two standards"),
    "divergence": lever("share", 0, 0, 1, "how far the two standards differ; 1 is nothing in common", "assumed"),
    "variable_cost": lever(
        "rate", 0.06, 0, 0.5, "iceberg cost of serving the other standard at full divergence",
        "priors standards_variable_cost 0.015 to 0.2: between TBT equivalents and 5G vendor studies; assumed",
    ),
    "fixed_cost": lever(
        "share", 0.008, 0, 0.1, "cost a year of keeping both standards, as a share of value of output, at full divergence",
        "priors standards_fixed_cost: Maskus, Otsuki and Wilson 2005 scaled to large firms; assumed",
    ),
    "convexity": lever("ratio", 1.5, 1, 2.5, "exponent on divergence; 1 is linear", "assumed"),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Across the split an iceberg cost; for those who serve both sides the same to both, and a fixed cost."""
    size = (order.number("divergence") * order.strength) ** order.number("convexity")
    iceberg = 1.0 + order.number("variable_cost") * size
    segments = [SEGMENT_INDEX[s] for s in order.names("segments")]
    one, two, both = list(order.senders), list(order.targets), list(order.serves_both)
    for origins, destinations in ((one, two), (two, one), (both, two), (both, one)):
        for o in origins:
            abroad = [d for d in destinations if d != o]
            wedges.move("iceberg_cost", np.ix_([o], abroad, segments), iceberg)
    wedges.move("fixed_cost", np.ix_(both, segments), order.number("fixed_cost") * size)


INSTRUMENT = Instrument(
    "standards_split",
    "Two technical standards: trade across them costs more, and who serves both pays a fixed cost too.",
    LEVERS,
    apply,
    {"en": "Standards split", "ko": "표준 분리"},
)
