"""Software cooperation: joint research on software with Europe, the United States and China.

The third proposal of the KIET note. The whole budget is joint work: exchange of researchers, shared laboratories. It
brings something only where the focus is behind and where nobody blocks the channel (E14).
"""

from __future__ import annotations

from model.strategies import PAID, SOFTWARE, Means, Strategy, cooperate, region
from model.wedges import Wedges

PARTNERS = ("EUR", "USA", "CHN")


def apply(wedges: Wedges, amount: float, means: Means) -> None:
    """Joint research in operating systems, open source, platforms and AI applications."""
    cooperate(wedges, amount, SOFTWARE, tuple(map(region, PARTNERS)), "collaboration", means)


STRATEGY = Strategy(
    "software_cooperation",
    PAID,
    "Joint research on software with Europe, the United States and China.",
    "register kr.strategy.3 (KIET-2023-06, conclusions)",
    {"en": "Software cooperation", "ko": "소프트웨어 협력"},
    apply,
)
