"""Hedge: the focus joins neither bloc and trades with both; where standards are split its makers bear both."""

from __future__ import annotations

from model.strategies import STANCE, Strategy

STRATEGY = Strategy(
    "hedge",
    STANCE,
    "The focus joins no bloc, trades with both sides and pays for both standards where they are split.",
    "KIET-2023-06, conclusions: firms will have to follow the standards and rules of each side, at a cost",
    {"en": "Hedge", "ko": "헤징"},
)
