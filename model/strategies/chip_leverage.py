"""Chip leverage: research and production support for chips in the segments where the focus is strong.

The first proposal of the KIET note: more R&D and commercial investment in AI chips, the one part of the AI value
chain in which Korea is strong, as a lever. Half of the budget (`knowledge_part_of_budget`) is research, the rest lowers
prices; capacity follows the orders (E12). A grant for fabs alone would replace what firms spend themselves.
"""

from __future__ import annotations

from model.strategies import CHIPS, PAID, Means, Strategy, support_production, support_research
from model.wedges import Wedges


def apply(wedges: Wedges, amount: float, means: Means) -> None:
    """Research and price support in the chip segments of strength; in all of them if there is none."""
    segments = means.strong(CHIPS) or CHIPS
    research = means.number("knowledge_part_of_budget", "chip_leverage") * amount
    support_research(wedges, research, segments, means)
    support_production(wedges, amount - research, segments, means)


STRATEGY = Strategy(
    "chip_leverage",
    PAID,
    "Research and production support for chips in the segments where the focus is strong.",
    "register kr.strategy.1 (KIET-2023-06, conclusions)",
    {"en": "Chip leverage", "ko": "반도체 지렛대"},
    apply,
)
