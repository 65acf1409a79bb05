"""Rules by which states react: what they see, how a stance moves, what it puts in force, who follows, which strategy (E44-E48).

Axes: R regions, G layers of technology. All states decide on one snapshot; each sees its own rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from model.kernel.links import Array, Mask

FRONTIER, OPEN, BLOC = "frontier", "open", "bloc"
STRATEGIES = (FRONTIER, OPEN, BLOC)
"""What a state may pursue in a layer, in the order in which ties are decided."""
TRAITS = ("predictability", "cumulativeness", "appropriability", "modularity")
"""Innovation traits of a layer, each from 0 to 1."""


class StateView(NamedTuple):
    """What one state sees by layer [G]: its stance, how far the rival has caught up, what the rival does to it, and chance."""

    stance: Array
    catch_up: Array
    controls: Array
    luck_up: Array
    luck_down: Array


class StateRule(NamedTuple):
    """How one state reacts: strengths of its two reactions and decay, a year; step taken by chance (0: none is); years a step."""

    to_catch_up: float
    to_controls: float
    decay: float
    step: float
    dt: float


def caught_up(gap: Array, gap0: Array, weight: Array) -> Array:
    """Part of the rival's distance of 2018 that it has closed (E44): 0 nothing, 1 all; 0 where it was not behind.

    gap, gap0, weight [..., s] over the segments of a layer: log points it is behind, now and in 2018, and size of each.
    """
    behind = weight * (gap0 > 0)
    before, now = (behind * gap0).sum(-1), (behind * gap).sum(-1)
    return np.asarray(np.clip(1 - now / np.where(before > 0, before, 1.0), 0.0, 1.0) * (before > 0))


def combined(parts: Array) -> Array:
    """What several controls of a layer take away together [..., part] -> [...] (E44): each takes its part of what is left."""
    return np.asarray(1 - np.prod(1 - parts, axis=-1))


def widened(seen: Array, breadth: float) -> Array:
    """What counts in each layer [G] (E44): what is seen there, or at least a part of what is seen in the worst layer."""
    return np.asarray(np.maximum(seen, breadth * seen.max()))


def update_stance(view: StateView, rule: StateRule) -> Array:
    """Stance of the quarter to come [G] (E45): pulled up by both reactions, down by decay; by chance if `step` is set."""
    push = rule.to_catch_up * view.catch_up + rule.to_controls * view.controls
    speed = push + rule.decay
    moved = -np.expm1(-speed * rule.dt) / np.where(speed > 0, speed, 1.0)
    up, down = moved * push * (1 - view.stance), moved * rule.decay * view.stance
    if rule.step > 0:  # whole steps, with the same mean
        up = np.where(view.luck_up < up / rule.step, rule.step, 0.0)
        down = np.where(view.luck_down < down / rule.step, rule.step, 0.0)
    return np.asarray(np.clip(view.stance + up - down, 0.0, 1.0))


def rung_strength(stance: Array | float, start: float, full: float) -> Array:
    """Strength of a measure of the ladder (E46): none up to the stance at which it starts, all from `full` on."""
    return np.asarray(np.clip((stance - start) / (full - start), 0.0, 1.0))


def follow_chance(alignment: Array, exposure: Array, weight: float) -> Array:
    """Probability that an ally takes part in the leader's measures (E47): its alignment, less what it sells to the rival.

    Certain at an alignment of 0 or 1, whatever it sells.
    """
    fear = np.exp(-weight * exposure)
    return np.asarray(alignment * fear / (alignment * fear + (1 - alignment)))


def follows(chance: Array, luck: Array) -> Mask:
    """Who takes part (E47): an ally's number is its own for good, so more probability never makes it leave."""
    return np.asarray(luck < chance)


def scores(traits: Mapping[str, float], behind: bool) -> dict[str, float]:
    """How well each strategy fits a layer's innovation traits (E48)."""
    predictable, cumulative, appropriable, modular = (traits[name] for name in TRAITS)
    opened = (modular + 1 - appropriable) / 2
    return {
        FRONTIER: (predictable + appropriable) / 2,
        OPEN: opened if behind else max(opened, cumulative),
        BLOC: cumulative if behind else 0.0,
    }


def choose_strategy(traits: Mapping[str, float], behind: bool) -> str:
    """The strategy that fits best (E48); of equals the first of STRATEGIES."""
    found = scores(traits, behind)
    return max(STRATEGIES, key=lambda name: found[name])
