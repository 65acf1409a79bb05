"""Align with the US: the focus joins the western bloc, sends what it sends and receives what is sent to it."""

from __future__ import annotations

from model.strategies import STANCE, Strategy

STRATEGY = Strategy(
    "align_us",
    STANCE,
    "The focus joins the bloc that the scenario names, in full or in part, and takes over its measures.",
    "MODEL section 6; scenarios say what the bloc does",
    {"en": "Align with the US", "ko": "대미 공조"},
)
