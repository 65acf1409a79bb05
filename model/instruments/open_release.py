"""Open release: a leader opens its frameworks. Others learn more, and depend on it more (E33)."""

from __future__ import annotations

import numpy as np

from model.axes import ECOSYSTEMS, KNOWLEDGE_CHANNELS, SEGMENT_INDEX
from model.instruments import Facts, Instrument, Lever, Order, lever, segments_lever
from model.wedges import Wedges

LEVERS = {
    "ecosystems": Lever(
        "name", ("us_frameworks",), doc="frameworks that are opened", choices=ECOSYSTEMS["frameworks"], many=True
    ),
    "openness": lever(
        "share", 0, -1, 1, "how far the leader opens beyond 2018; below zero it closes what was open",
        "register mech.open for both signs; assumed",
    ),
    "segments": segments_lever(("open_source", "ai_apps"), "segments whose knowledge travels by open source"),
    "knowledge_gain": lever("share", 0.3, 0, 1, "knowledge by open source gained at full opening, as a share of that of 2018", "assumed"),
    "pull": lever("share", 0.3, 0, 1, "access to the frameworks gained at full opening: what draws users to them", "assumed"),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Knowledge by open source from senders to targets grows; so does the appeal of the senders' frameworks there."""
    openness = order.number("openness") * order.strength
    rows, channel = [facts.ecosystems.index(e) for e in order.names("ecosystems")], [KNOWLEDGE_CHANNELS.index("open_source")]
    segments = [SEGMENT_INDEX[s] for s in order.names("segments")]
    for o in order.senders:
        abroad = [d for d in order.targets if d != o]
        wedges.move("knowledge_flow", np.ix_(channel, [o], abroad, segments), -openness * order.number("knowledge_gain"))
    abroad = [d for d in order.targets if d not in order.senders]
    wedges.move("market_access", np.ix_(rows, abroad), -openness * order.number("pull"))


INSTRUMENT = Instrument(
    "open_release",
    "A leader opens AI frameworks: the targets learn more from it and depend on it more.",
    LEVERS,
    apply,
    {"en": "Open release of frameworks", "ko": "프레임워크 공개"},
)
