"""Counter-control: the answer of a state under control, by materials that others need and by access to its own market.

Critical materials (metals, gases, magnets) stand in `rest`. Denying all of `rest` would hit every household, so only
what technology plants use up is denied. How much that hurts follows from how much of it the sender supplies, and how
fast plants find other suppliers; that some metals have no second source is not in the base table, so sizes are lower
bounds. Market access is a barrier that earns nobody anything: tests, delays, purchases by the state that go elsewhere.
"""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX, SEGMENTS
from model.instruments import Facts, Instrument, Order, lever, segments_lever
from model.wedges import USES, Wedges

LEVERS = {
    "materials": lever(
        "share", 0, 0, 1, "part of the materials from the senders that the targets' technology plants no longer get",
        "register mech.cn.reacts: a reaction is announced, no size; assumed",
    ),
    "enforcement": lever("share", 0, 0, 1, "effort against materials that reach the targets by third regions", "assumed"),
    "goods": segments_lever(SEGMENTS[:-1], "segments of the targets' goods and services that meet the barrier"),
    "barrier": lever(
        "rate", 0, 0, 2, "tariff equivalent of closed market access for the targets' goods in the senders; earns nothing",
        "register mech.cn.reacts for the direction; answers in 2018 were 0.94 of the tariffs they answered (Fajgelbaum et al. 2020); assumed",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Materials of the senders to technology plants in the targets are denied; targets' goods meet a barrier in the senders."""
    rest, goods = [SEGMENT_INDEX["rest"]], [SEGMENT_INDEX[s] for s in order.names("goods")]
    for sender in order.senders:
        there = [d for d in order.targets if d != sender]
        wedges.move(
            "use_denial", np.ix_([USES.index("inputs")], [sender], there, rest), order.number("materials") * order.strength
        )
        wedges.move("enforcement", np.ix_([sender], there, rest), order.number("enforcement"))
        wedges.move("iceberg_cost", np.ix_(there, [sender], goods), 1.0 + order.number("barrier") * order.strength)


INSTRUMENT = Instrument(
    "counter_control",
    "Senders answer: materials for the targets' technology plants are denied, and the targets' goods meet a barrier.",
    LEVERS,
    apply,
    {"en": "Counter-control", "ko": "맞대응 통제"},
)
