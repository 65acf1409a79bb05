"""No strategy: the focus joins no bloc, pays for nothing, and its makers do not take up a second standard."""

from __future__ import annotations

from model.strategies import STANCE, Strategy

STRATEGY = Strategy(
    "none",
    STANCE,
    "The focus does nothing; what the others do reaches it all the same.",
    "MODEL section 6",
    {"en": "No strategy", "ko": "무전략"},
)
