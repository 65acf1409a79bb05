"""Rules on AI: services need approval before release, at a cost; the same state promotes them.

China's draft of April 2023 makes firms answer for training data and file their algorithms, with a fine of at most
100,000 yuan: even one for each of 200 models in the market is 0.00003 of a year's sales of 600 bn yuan. So the cost is
in filing and waiting, not in fines. Waiting makes what is on sale older than what the laboratory has (E43), whoever made
it. Foreign services meet a barrier besides; promotion pays part of the price.
"""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX
from model.instruments import Facts, Instrument, Order, lever
from model.wedges import Wedges

MONTHS = 12
"""In a year."""

LEVERS = {
    "compliance_cost": lever(
        "share", 0, 0, 0.1, "cost a year of filing, assessment and fines, as a share of the value of output of the senders' AI firms",
        "register ev.cn.cac.draft, ai.llm.cn.2025, ai.industry.cn: fines at most 0.00003; the rest assumed",
    ),
    "approval_delay": lever(
        "months", 0, 0, 24, "months by which approval delays what AI firms may sell in the senders",
        "register ev.cn.approvals: four rounds in six months, so about 1.5 to 3 months; assumed",
    ),
    "promotion": lever(
        "rate", 0, 0, 0.5, "part of the price that the senders pay of AI services made at home",
        "register ev.cn.beijing.agi, ai.shenzhen.voucher (0.5 bn yuan a year, 0.0008 of sales) for the direction; assumed",
    ),
    "foreign_barrier": lever(
        "rate", 0, 0, 10, "tariff equivalent of what the targets' AI services meet in the senders; earns nothing",
        "register ev.cn.approvals: those approved are named and all are Chinese; size assumed",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """AI firms in the senders pay for approval, wait for it, and are promoted; the targets' services meet a barrier."""
    home, ai = list(order.senders), [SEGMENT_INDEX["ai_apps"]]
    wedges.move("fixed_cost", np.ix_(home, ai), order.number("compliance_cost") * order.strength)
    wedges.move("release_lag", np.ix_(home, ai), order.number("approval_delay") / MONTHS * order.strength)
    wedges.move("subsidy_rate", np.ix_(home, ai), order.number("promotion") * order.strength)
    for sender in home:
        abroad = [o for o in order.targets if o != sender]
        wedges.move("iceberg_cost", np.ix_(abroad, [sender], ai), 1.0 + order.number("foreign_barrier") * order.strength)


INSTRUMENT = Instrument(
    "rules_on_ai",
    "AI services in the senders need approval, which costs and delays them; the senders promote their own.",
    LEVERS,
    apply,
    {"en": "Rules on AI", "ko": "AI 서비스 규제"},
)
