"""Open-source fork: hosts and frameworks of one side are lost to the other; code is no longer mirrored or shared."""

from __future__ import annotations

import numpy as np

from model.axes import ECOSYSTEMS, KNOWLEDGE_CHANNELS, SEGMENT_INDEX
from model.instruments import Facts, Instrument, Lever, Order, lever, segments_lever
from model.wedges import Wedges

CHOICES = ("github", "us_frameworks", "gitee", "cn_frameworks")
LEVERS = {
    "ecosystems": Lever(
        "name", ("github", "us_frameworks"), doc="hosts and frameworks that are shut out of the targets",
        choices=CHOICES, many=True,
    ),
    "access_loss": lever(
        "share", 0, 0, 1, "part of the developers in the targets that may no longer choose them",
        "register mech.fork, ev.cn.opensource.plan for the direction; assumed",
    ),
    "interoperability_loss": lever(
        "share", 0, 0, 1, "part of the common code base that mirrors and converters no longer reach, on both sides",
        "priors: interoperability github-gitee 0.8, frameworks 0.5, falls in a fork; assumed",
    ),
    "segments": segments_lever(("open_source", "ai_apps"), "segments whose knowledge travels by open source"),
    "knowledge_loss": lever("share", 0, 0, 1, "part of the knowledge by open source that no longer reaches the targets", "assumed"),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Market access falls in the targets, interoperability on both sides, knowledge by open source towards the targets."""
    named = set(order.names("ecosystems"))
    target = list(order.targets)
    wedges.move(
        "market_access", np.ix_([facts.ecosystems.index(e) for e in CHOICES if e in named], target),
        order.number("access_loss") * order.strength,
    )  # fmt: skip
    both = sorted({*order.senders, *order.targets})
    for network in ("hosts", "frameworks"):
        lost = [facts.ecosystems.index(e) for e in ECOSYSTEMS[network] if e in named]
        rest = [facts.ecosystems.index(e) for e in ECOSYSTEMS[network] if e not in named]
        for one, two in ((lost, rest), (rest, lost)):
            wedges.move("interoperability", np.ix_(both, one, two), order.number("interoperability_loss") * order.strength)
    channel = [KNOWLEDGE_CHANNELS.index("open_source")]
    segments = [SEGMENT_INDEX[s] for s in order.names("segments")]
    for o in order.senders:
        abroad = [d for d in target if d != o]
        wedges.move("knowledge_flow", np.ix_(channel, [o], abroad, segments), order.number("knowledge_loss") * order.strength)


INSTRUMENT = Instrument(
    "open_source_fork",
    "Named code hosts and AI frameworks are lost to the targets, and code is no longer shared between the two sides.",
    LEVERS,
    apply,
    {"en": "Open-source fork", "ko": "오픈소스 분기"},
)
