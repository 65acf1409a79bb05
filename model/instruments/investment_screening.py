"""Investment screening: deals and ventures between senders and targets are stopped, and what was learnt in them."""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX, SEGMENTS
from model.instruments import Facts, Instrument, Order, lever, segments_lever
from model.wedges import Wedges

KNOWLEDGE = 3
"""Place of investment among the knowledge channels."""

LEVERS = {
    "segments": segments_lever(SEGMENTS[:-1], "segments whose deals are screened"),
    "outbound": lever(
        "share", 0, 0, 1, "part of the senders' investment and joint ventures in the targets that is stopped",
        "direction: register mech.invest.screen, joint deals fall sharply; size assumed",
    ),
    "inbound": lever(
        "share", 0, 0, 1, "part of the targets' investment in the senders that is stopped, with the knowledge it bought",
        "register ev.us.tiktok.cfius for the committee's reach; size assumed",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Outbound: money and know-how of senders stay out of targets; inbound: targets buy no know-how from senders."""
    segments = [SEGMENT_INDEX[s] for s in order.names("segments")]
    outbound, inbound = (order.number(name) * order.strength for name in ("outbound", "inbound"))
    for sender in order.senders:
        targets = [d for d in order.targets if d != sender]
        there, back = np.ix_([sender], targets, segments), np.ix_(targets, [sender], segments)
        wedges.move("investment_flow", there, outbound)
        wedges.move("investment_flow", back, inbound)
        wedges.move("knowledge_flow", np.ix_([KNOWLEDGE], [sender], targets, segments), inbound)


INSTRUMENT = Instrument(
    "investment_screening",
    "Deals and joint ventures between senders and targets are stopped, and the learning that went with them.",
    LEVERS,
    apply,
    {"en": "Investment screening", "ko": "투자심사"},
)
