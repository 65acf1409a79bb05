"""Cloud know-your-customer rule: clouds of the senders must know foreign customers, and turn those of the targets away.

What is lost is computing that AI firms of the targets rent (E42), at once, and users of the cloud, over time. Clouds
serve foreign customers from home and from subsidiaries abroad; the proposal of January 2024 may exempt the latter, which
leaves customers a way round it. Checks cost the senders' clouds, and make them dearer than rivals that need none.
"""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX
from model.instruments import OWN_PLATFORMS, Facts, Instrument, Order, lever
from model.wedges import Wedges

LEVERS = {
    "access_denied": lever(
        "share", 0, 0, 1, "part of the targets' use of the senders' clouds at home that is refused",
        "register ev.us.cloud_kyc: names and addresses must be given, refusals follow; size assumed",
    ),
    "abroad": lever("share", 0.5, 0, 1, "part of the targets' use that the senders' clouds serve from subsidiaries abroad", "assumed"),
    "subsidiaries_bound": lever(
        "share", 0, 0, 1, "how far the rule binds those subsidiaries too; 0 is that they are exempt",
        "register ev.us.cloud_kyc: foreign subsidiaries may be exempt",
    ),
    "compliance_cost": lever(
        "share", 0, 0, 0.05, "cost a year of knowing customers, as a share of the value of output of the senders' platforms",
        "register mech.kyc.sender_cost: difficult and costly, no size; assumed 0.001 to 0.01",
    ),
    "burden": lever(
        "rate", 0, 0, 0.2, "what checks add to the price of the senders' platforms for all foreign customers",
        "register mech.kyc.sender_cost: rivals that need not comply gain; size assumed",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Senders' clouds are shut to users in the targets, less what exempt subsidiaries serve; checks cost the senders."""
    platforms, abroad = SEGMENT_INDEX["platforms"], order.number("abroad")
    bound = 1 - abroad * (1 - order.number("subsidiaries_bound"))
    refused = order.number("access_denied") * bound * order.strength
    for sender in order.senders:
        elsewhere = [d for d in (*order.targets, *order.others) if d != sender]
        wedges.move("iceberg_cost", np.ix_([sender], elsewhere, [platforms]), 1.0 + order.number("burden") * order.strength)
        own = OWN_PLATFORMS.get(facts.regions[sender])
        if own is not None:
            cloud, targets = facts.ecosystems.index(f"cloud/{own}"), [d for d in order.targets if d != sender]
            wedges.move("market_access", np.ix_([cloud], targets), refused)
    wedges.move("fixed_cost", np.ix_(list(order.senders), [platforms]), order.number("compliance_cost") * order.strength)


INSTRUMENT = Instrument(
    "cloud_kyc",
    "Clouds of the senders must know foreign customers and refuse the targets' AI firms, with or without their subsidiaries.",
    LEVERS,
    apply,
    {"en": "Cloud customer checks", "ko": "클라우드 고객확인"},
)
