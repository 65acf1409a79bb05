"""Platform ban: a region shuts the platforms of others out of its own market, or (negative) lets them in."""

from __future__ import annotations

import numpy as np

from model.axes import PLATFORM_KINDS
from model.instruments import Facts, Instrument, Lever, Order, lever
from model.wedges import Wedges

LEVERS = {
    "platforms": Lever(
        "name", ("cn_platforms",), doc="platforms concerned, by owner; local ones belong to third countries",
        choices=("us_platforms", "cn_platforms", "local_platforms"), many=True,
    ),
    "kinds": Lever("name", PLATFORM_KINDS, doc="kinds of platform", choices=PLATFORM_KINDS, many=True),
    "access_loss": lever(
        "share", 0, -1, 1,
        "part of the users in the senders' own regions that may no longer choose them; below zero a barrier of 2018 is lifted",
        "register ev.us.tiktok.law, ev.us.tiktok.montana, ev.cn.gfw for precedents; sizes assumed",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Market access of the named platforms falls in the senders' regions; a firewall lifted is a loss below zero."""
    named = [f"{kind}/{owner}" for kind in order.names("kinds") for owner in order.names("platforms")]
    rows = [facts.ecosystems.index(e) for e in named]
    wedges.move("market_access", np.ix_(rows, list(order.senders)), order.number("access_loss") * order.strength)


INSTRUMENT = Instrument(
    "platform_ban",
    "Senders shut platforms of named owners and kinds out of their own market, or let them in.",
    LEVERS,
    apply,
    {"en": "Platform ban", "ko": "플랫폼 금지"},
)
