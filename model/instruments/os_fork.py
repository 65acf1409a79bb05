"""OS fork: one side's ecosystems lose access to the other side's users, and the two stop working together."""

from __future__ import annotations

import numpy as np

from model.axes import ECOSYSTEMS
from model.instruments import Facts, Instrument, Lever, Order, lever
from model.wedges import Wedges

LEVERS = {
    "ecosystems": Lever(
        "name", ("android", "ios", "windows"), doc="ecosystems that are shut out of the targets",
        choices=("android", "ios", "windows", "harmony"), many=True,
    ),
    "access_loss": lever("share", 0, 0, 1, "part of the users in the targets that may no longer choose them", "register ev.us.huawei; assumed"),
    "interoperability_loss": lever(
        "share", 0, 0, 1, "part of the common application base that the fork loses, in the targets",
        "priors: interoperability android-harmony 0.9, falls when a true fork drops Android apps; assumed",
    ),
    "support": lever(
        "share", 0, 0, 1, "push for the systems that are not named, in the targets: access they gain",
        "register ev.cn.mic2025 for champions; assumed",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Market access of the named systems falls in the targets, so does interoperability; others may be supported."""
    named = [facts.ecosystems.index(e) for e in order.names("ecosystems")]
    rest = [facts.ecosystems.index(e) for e in ECOSYSTEMS["os"] if e not in order.names("ecosystems")]
    target = list(order.targets)
    wedges.move("market_access", np.ix_(named, target), order.number("access_loss") * order.strength)
    loss = order.number("interoperability_loss") * order.strength
    wedges.move("interoperability", np.ix_(target, named, rest), loss)
    wedges.move("interoperability", np.ix_(target, rest, named), loss)
    wedges.move("market_access", np.ix_(rest, target), -order.number("support") * order.strength)


INSTRUMENT = Instrument(
    "os_fork",
    "Named operating systems lose access to the targets' users and the fork stops being interoperable.",
    LEVERS,
    apply,
    {"en": "Operating-system fork", "ko": "운영체제 분기"},
)
