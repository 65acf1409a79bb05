"""Wider manufacturing: hardware in which the focus is not yet strong, made together with many countries.

The second proposal of the KIET note. Part of the budget (`knowledge_part_of_budget`) is joint ventures with all other
regions, by which knowledge comes in; the rest lowers the prices of what is made at home.
"""

from __future__ import annotations

from model.strategies import HARDWARE, PAID, Means, Strategy, cooperate, support_production
from model.wedges import Wedges


def apply(wedges: Wedges, amount: float, means: Means) -> None:
    """Joint ventures and price support in chips and devices other than those of strength."""
    strong = means.strong(HARDWARE)
    segments = tuple(s for s in HARDWARE if s not in strong) or HARDWARE
    ventures = means.number("knowledge_part_of_budget", "widen_manufacturing") * amount
    cooperate(wedges, ventures, segments, tuple(range(len(means.gdp))), "investment", means)
    support_production(wedges, amount - ventures, segments, means)


STRATEGY = Strategy(
    "widen_manufacturing",
    PAID,
    "Joint ventures with many countries and production support in hardware where the focus is not strong.",
    "register kr.strategy.2 (KIET-2023-06, conclusions)",
    {"en": "Wider manufacturing", "ko": "제조업 확대"},
    apply,
)
