"""Rules by which firms, users and states decide, on arrays: one row or all rows, the same function (E12, E16-E20, E24, E35).

Named firms call them through their agent, the fringe all at once; a test compares the two row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from model.kernel.adjustment import planned_investment
from model.kernel.adoption import Taste, choices, utility
from model.kernel.links import Array, Index, Mask

BOTH, SIDE_0, SIDE_1, HOME = range(4)
"""What a plant outside the blocs serves (E37): both standards, one side's, or neither."""
STANDARDS_KEPT = (1.0, 0.5, 0.5, 0.0)
"""Part of the fixed cost of both standards that each choice costs: each standard is half of it."""


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
    outdone: Array
    moved: Array
    relocation_speed: Array
    count: Index  # type: ignore[assignment]  # instead of tuple's method
    luck_drop: Array
    idle: Array
    may_close: Mask
    fringe: Mask
    luck_close: Array
    margin: Array
    market: Array
    dual_cost: Array
    dual_fixed: Array
    standard: Index
    left: Array


class FirmRule(NamedTuple):
    """Parameters of the rules: speeds and hazards a year, and the length of a step in years."""

    investment_speed: float
    price_response: float
    expansion_limit: float
    over_compliance: float
    exit_patience: float
    firm_exit_rate: float
    retreat_rate: float
    early_speed: float
    standards_hysteresis: float
    standards_exit: float
    dt: float


class FirmDecision(NamedTuple):
    """What the firm of each plant does: investment [n]; dropped [n, R], part of a row's relations with buyers in a
    region given up now; seeks [n] 0 or 1; moved [n, R], part of its business with a region served from elsewhere;
    leaves [n], part of a row that closes now: 0 or 1 for a named plant;
    standard [n] which standards it serves; left [n, R], part of its business given up with a standard."""

    investment: Array
    dropped: Array
    seeks: Array
    moved: Array
    leaves: Array
    standard: Index
    left: Array


def decide_firm(view: PlantView, rule: FirmRule) -> FirmDecision:
    """Invest (E12; ahead of a control E27), drop untargeted customers in a region under control (E19), seek suppliers, relocate (E24), close (E35), choose standards (E37)."""
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
        moved = moved + part * (view.outdone - moved)
    standard, left = choose_standards(view, rule)
    return FirmDecision(investment, dropped, np.ones(len(investment)), moved, leaving(view, rule), standard, left)


def choose_standards(view: PlantView, rule: FirmRule) -> tuple[Index, Array]:
    """Standards each plant serves [n] and the part of its business given up with the others [n, R] (E37).

    It compares profits on last quarter's sales to each side with the cost of the standards, and changes only for
    a gain above `standards_hysteresis` of its profits on both sides. Where nothing is split it serves all.
    """
    if not (view.dual_cost.any() or view.left.any()):
        return np.full_like(view.standard, BOTH), view.left
    side = view.dual_cost > 0
    sales = (side * view.market[:, None]).sum(2)
    profit = np.maximum(view.margin, 0.0)[:, None] * sales
    both = profit.sum(1)
    value = -np.array(STANDARDS_KEPT) * view.dual_fixed[:, None]
    value[:, BOTH] += both - (view.dual_cost * view.market[:, None]).sum((1, 2))
    value[:, SIDE_0 : SIDE_1 + 1] += profit
    now, best = value[np.arange(len(value)), view.standard], value.argmax(1)
    moves = value.max(1) - now > rule.standards_hysteresis * both
    standard = np.where(side.any((1, 2)), np.where(moves, best, view.standard), BOTH)
    closed = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])[standard]
    goal = (closed[:, :, None] * side).max(1)
    part = 1 - np.exp(-rule.standards_exit * rule.dt)
    return standard, view.left + part * (goal - view.left)


def leaving(view: PlantView, rule: FirmRule) -> Array:
    """Part of each row that closes now [n] (E35): a named plant by hazard, of a fringe the firms that nobody replaces."""
    at_risk = view.may_close & (view.idle >= rule.exit_patience)
    if not at_risk.any():
        return np.zeros(len(view.idle))
    replaced_no_more = 1 - np.exp(-rule.firm_exit_rate * rule.dt)
    closes = view.luck_close < 1 - np.exp(-rule.retreat_rate * rule.dt)
    return np.where(at_risk, np.where(view.fringe, replaced_no_more, closes), 0.0)


def binomial(trials: Array, chance: Array, luck: Array) -> Array:
    """Number of successes in `trials` at `chance` from one uniform `luck`, by inverting the distribution; shapes alike."""
    result = np.zeros(np.shape(trials))
    live = (trials > 0) & (chance > 0) & (luck >= (1 - chance) ** trials)
    if live.any():
        n, p, u = trials[live], chance[live], luck[live]
        term, odds = (1 - p) ** n, p / np.where(p < 1, 1 - p, 1.0)
        below, found = term.copy(), np.zeros_like(n)
        for k in range(int(n.max())):
            hit = u >= below
            if not hit.any():
                break
            found += hit
            term *= np.maximum(0.0, n - k) / (k + 1) * odds
            below += term
        result[live] = np.minimum(found, n)
    return result


def refound(lost: Array, count: Index, success: float, effort: Array, luck: Array) -> Array:
    """Part of a row's lost relations that seeking buyers of each region replace now [n, R] (E20)."""
    firms, chance = count[:, None], np.zeros_like(lost) + success * effort
    return binomial(np.rint(firms * lost), chance, luck) / firms


# -- users -------------------------------------------------------------------------------------------
class UsersView(NamedTuple):
    """What users see when they choose [..., e]: quality, reach B, price ratio, loss of access (below 0: gained), what can be
    chosen here and what has been launched anywhere."""

    quality: Array
    reach: Array
    price: Array
    loss: Array
    entered: Mask
    launched: Mask


class UsersRule(NamedTuple):
    """How users weigh it; together [e, e'] and all_of (of a mask, by network) tell networks apart that stand side by side."""

    taste: Taste
    switching_cost: Array | float
    together: Mask
    all_of: Callable[[Mask], Mask]


def choose_ecosystems(view: UsersView, rule: UsersRule) -> Array:
    """Probability [..., e, e'] of each choice by those who choose again (E16, E17).

    Where all they know is being lost users look at what exists elsewhere; where one is let in, at that one. Where
    nothing may be chosen they keep what they have.
    """
    losing = rule.all_of((view.loss > 0) | ~view.entered)
    allowed = (view.entered | ((losing | (view.loss < 0)) & view.launched)) & (view.loss < 1)
    stuck = rule.all_of(~allowed)
    worth = utility(view.quality, view.reach, view.price, view.loss, rule.taste)
    choice = choices(worth, allowed | stuck, rule.switching_cost, rule.together)
    return np.where(stuck[..., None], np.eye(len(rule.together)), choice) if stuck.any() else choice


# -- states ------------------------------------------------------------------------------------------
def scripted_strength(in_force_next: Array) -> Array:
    """A state applies its measures at the strength that is due in the quarter to come: 1 where dated to be in force (E22)."""
    return in_force_next.astype(float)
