"""Digital Silk Road: a state drives its platforms into third markets by outward investment.

The senders' platforms buy stakes, build data centres and subsidise entry in the targets. They gain access to users
there, who then draw others (networks), and whose data feed the senders' firms. It costs them: the outlays are bought
at home each year, in proportion to the push, whether or not users follow.
"""

from __future__ import annotations

import numpy as np

from model.axes import PLATFORM_KINDS, SEGMENT_INDEX
from model.instruments import OWN_PLATFORMS, Facts, Instrument, Lever, Order, lever
from model.wedges import Wedges

LEVERS = {
    "kinds": Lever("name", PLATFORM_KINDS, doc="kinds of platform that go abroad", choices=PLATFORM_KINDS, many=True),
    "push": lever(
        "share", 0, 0, 1, "access to users in the targets that the senders' platforms gain",
        "register ev.cn.dsr, plat.sea.ecommerce, plat.gds, mech.divert for the direction; size assumed",
    ),
    "cost": lever(
        "share", 0.019, 0, 0.1, "outlays a year at full push, as a share of the value of output of the senders' platforms",
        "register plat.fdi.*: 3.2 bn USD of Alibaba's deals in 2019 to 2022, a year, over its sales of 2018 (43 bn, firm table)",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Users in the targets gain access to the senders' own platforms; the senders' platforms pay for it."""
    push = order.number("push") * order.strength
    for sender in order.senders:
        own = OWN_PLATFORMS.get(facts.regions[sender])
        if own is not None:
            rows = [facts.ecosystems.index(f"{kind}/{own}") for kind in order.names("kinds")]
            wedges.move("market_access", np.ix_(rows, [d for d in order.targets if d != sender]), -push)
            wedges.move("fixed_cost", np.ix_([sender], [SEGMENT_INDEX["platforms"]]), order.number("cost") * push)


INSTRUMENT = Instrument(
    "digital_silk_road",
    "The senders' platforms are driven into the targets' markets by outward investment, at the senders' cost.",
    LEVERS,
    apply,
    {"en": "Digital Silk Road", "ko": "디지털 실크로드"},
)
