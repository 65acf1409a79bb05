"""Rules by which firms and states decide, on arrays: one row or all rows, the same function (E12, E19, E20).

Named firms call them through their agent, the fringe all at once; a test compares the two row by row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.kernel.adjustment import planned_investment
from model.kernel.links import Array, Index


class PlantView(NamedTuple):
    """What the firm of each plant sees when it decides; rows are plants, columns of [n, R] are regions."""

    capacity: Array
    coming: Array
    orders: Array
    price_ratio: Array
    kappa: Array
    slack: Array
    depreciation: Array
    lag: Array
    early: Array
    lost: Array
    targeted: Array
    denied: Array
    moved: Array
    relocation_speed: Array
    count: Index  # type: ignore[assignment]  # instead of tuple's method
    luck_drop: Array


class FirmRule(NamedTuple):
    """Parameters of the rules: speeds and hazards a year, and the length of a step in years."""

    investment_speed: float
    price_response: float
    expansion_limit: float
    over_compliance: float
    early_speed: float
    dt: float


class FirmDecision(NamedTuple):
    """What the firm of each plant does: investment [n]; dropped [n, R], part of a row's relations with buyers in a
    region given up now; seeks [n] 0 or 1; moved [n, R], part of its business with a region served from elsewhere."""

    investment: Array
    dropped: Array
    seeks: Array
    moved: Array


def decide_firm(view: PlantView, rule: FirmRule) -> FirmDecision:
    """Invest (E12; ahead of a control E27), drop untargeted customers in a region under control (E19), seek suppliers, relocate (E24)."""
    investment = np.zeros(len(view.capacity))
    if view.kappa.any():
        investment = planned_investment(
            view.capacity, view.coming, view.orders, view.price_ratio, view.kappa, view.slack,
            view.depreciation, view.lag, rule.investment_speed, rule.price_response, rule.expansion_limit,
            view.early, rule.early_speed,
        )  # fmt: skip
    dropped = np.zeros_like(view.lost)
    if view.targeted.any():
        hazard = 1 - np.exp(-rule.over_compliance * view.targeted * rule.dt)
        left = np.rint(view.count[:, None] * (1 - view.lost))
        dropped = binomial(left, hazard, view.luck_drop) / view.count[:, None]
    moved = view.moved
    if view.relocation_speed.any():
        part = 1 - np.exp(-view.relocation_speed[:, None] * rule.dt)
        moved = moved + part * (view.denied - moved)
    return FirmDecision(investment, dropped, np.ones(len(investment)), moved)


def binomial(trials: Array, chance: Array, luck: Array) -> Array:
    """Number of successes in `trials` at `chance` from one uniform `luck`, by inverting the distribution; shapes alike."""
    result = np.zeros(np.shape(trials))
    live = (trials > 0) & (chance > 0) & (luck >= (1 - chance) ** trials)
    if live.any():
        n, p, u = trials[live], chance[live], luck[live]
        term = (1 - p) ** n
        below, found = term.copy(), np.zeros_like(n)
        for k in range(int(n.max())):
            hit = u >= below
            if not hit.any():
                break
            found += hit
            term = np.where(n > k, term * (n - k) / (k + 1) * p / np.where(p < 1, 1 - p, 1.0), 0.0)
            below = below + term
        result[live] = np.minimum(found, n)
    return result


def refound(lost: Array, count: Index, success: float, effort: Array, luck: Array) -> Array:
    """Part of a row's lost relations that seeking buyers of each region replace now [n, R] (E20)."""
    firms = count[:, None] * np.ones_like(lost)
    return binomial(np.rint(firms * lost), success * effort[None, :] * np.ones_like(lost), luck) / firms


def scripted_strength(in_force_next: Array) -> Array:
    """A scripted state applies its measures as dated: strength 1 where in force in the quarter to come."""
    return in_force_next.astype(float)
