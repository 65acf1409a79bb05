"""External position: blocs that still trade, profits that can be paid, balances that can be financed (E7b)."""

from __future__ import annotations

import numpy as np

from model.kernel.inversion import Economy
from model.kernel.links import Array, Index, Mask, sum_by
from model.kernel.sourcing import adjust_share


def find_blocs(economy: Economy, possible: Mask) -> Index:
    """Label [R] of the connected part of the region graph: its first region; `possible` [l] links that may deliver."""
    regions = economy.regions
    lanes = sum_by(economy.trade_lane, possible.astype(float), regions * regions).reshape(regions, regions) > 0
    joined = lanes | lanes.T | np.eye(regions, dtype=bool)
    for _ in range(regions.bit_length()):  # each step doubles the length of the ways found
        joined = joined @ joined
    return np.asarray(joined.argmax(1))


def paid_abroad(economy: Economy, bloc: Index) -> Array:
    """Ownership [R, n] when profits cannot cross blocs: what is cut stays in the plant's region."""
    owner, location = economy.table.owner, economy.table.location
    cut = bloc[:, None] != bloc[location][None]
    if not cut.any():
        return owner
    kept = np.where(cut, 0.0, owner)
    kept[location, np.arange(len(location))] += (owner * cut).sum(0)
    return kept


def external_balances(economy: Economy, bloc: Index, trade_ratio: Array, fixed: bool) -> Array:
    """B [R] (E7b): the base balance times min(1, trade now over trade then), adding to zero in each bloc."""
    if fixed:
        return economy.balance.copy()
    balance = economy.balance * np.minimum(1.0, trade_ratio / economy.trade_ratio0)
    for c in np.unique(bloc):
        members = bloc == c
        plus, minus = balance[members & (balance > 0)].sum(), -balance[members & (balance < 0)].sum()
        level = min(plus, minus)
        balance = np.where(members & (balance > 0), balance * (level / plus if plus > 0 else 0.0), balance)
        balance = np.where(members & (balance < 0), balance * (level / minus if minus > 0 else 0.0), balance)
    return np.asarray(balance)


def habit_in_blocs(habit: Array, expenditure: Array, bloc: Index) -> Array:
    """Expenditure that each region holds on to [R] (E7c), scaled to its bloc's share of world expenditure."""
    scaled: Array = habit / habit.sum()
    if (bloc == bloc[0]).all():
        return scaled
    whole = expenditure / expenditure.sum()
    for c in np.unique(bloc):
        members = bloc == c
        scaled[members] *= whole[members].sum() / scaled[members].sum()
    return scaled


def update_habit(habit: Array, expenditure: Array, growth: Array, speed: float, dt: float) -> Array:
    """Habit [R] (E7c): follows expenditure at a speed a year, and the region's trend growth at once."""
    moved = (habit + adjust_share(speed, dt) * (expenditure - habit)) * np.exp(growth * dt)
    return np.asarray(moved / moved.sum())
