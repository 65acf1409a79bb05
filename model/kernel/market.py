"""Price, then trade and incomes: two linear systems for given delivered techniques (E6, E7).

Both are solved on the links: `apply` is the true sparse system, `near` the exact inverse of the one in which
every plant has its group's mean mix (kernel/linear.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dgetrf, dgetrs

from model.errors import ModelError
from model.kernel.inversion import Economy
from model.kernel.linear import TOLERANCE, Map, solve_linear
from model.kernel.links import Array, Index, sum_by

FLOOR = 1e-11
"""Smallest scale of a row, in units of world final expenditure a quarter."""
ROUNDING = 1e-12
"""Outputs this far below zero are rounding of plants nobody buys from; below it the system is wrong."""


@dataclass(frozen=True)
class Terms:
    """What stays the same while one quarter's deliveries are found.

    wage [R], rent [n], ship [l] tau, duty [l] t, subsidy [n], owner [R, n] after bloc cuts,
    bloc [R] label, balance [R], expenditure [R] of the last quarter, share [n] of its investor's purchases;
    smoothing psi and habit [R], the expenditure it holds on to (E7c).
    """

    wage: Array
    rent: Array
    ship: Array
    duty: Array
    subsidy: Array
    owner: Array
    bloc: Index
    balance: Array
    expenditure: Array
    share: Array
    smoothing: float
    habit: Array


class Guess(NamedTuple):
    """Where the solvers start: price [n], output [n], expenditure [R]."""

    price: Array
    output: Array
    expenditure: Array


class Market(NamedTuple):
    """price [n], capital_price [k], price_index [R], expenditure [R], output [n], walras (the dropped row)."""

    price: Array
    capital_price: Array
    price_index: Array
    expenditure: Array
    output: Array
    walras: float


def solve_market(
    economy: Economy, inputs: Array, labour: Array, fixed: Array, terms: Terms, guess: Guess, tolerance: float = TOLERANCE
) -> Market:
    """Prices, then outputs and expenditures jointly (E7).

    inputs [lt] a_fb and labour [n] l_b as delivered; fixed [l]: purchases that follow no technique
    (O: investment, stocks, states, compliance), in units of f.
    """
    n, k, lt = economy.n, economy.k, economy.links.technique
    paid = inputs * (terms.ship * (1 + terms.duty))[:lt]
    margin = economy.markup * (1 + terms.rent) * (1 - terms.subsidy)
    price = solve_prices(economy, paid, labour, margin, terms.wage, guess.price, tolerance)
    bill = economy.links.buyer_sum(paid * price[economy.links.supplier[:lt]])
    system = _trade_system(economy, inputs, labour, fixed, terms, price, bill)
    output, expenditure, walras = _solve_trade(economy, system, terms, guess, tolerance)
    if not (expenditure > 0).all():
        raise ModelError(f"expenditure of region {int(np.flatnonzero(~(expenditure > 0))[0])} is not positive")
    if not (output > -ROUNDING).all():
        raise ModelError(f"output of plant {int(output.argmin())} is negative")
    return Market(price, bill[n : n + k], bill[economy.final], expenditure, np.maximum(output, 0.0), walras)


# -- price ---------------------------------------------------------------------------------------


def solve_prices(
    economy: Economy, paid: Array, labour: Array, margin: Array, wage: Array, guess: Array, tolerance: float
) -> Array:
    """Mill prices p [n] (E6): p = margin [w l + sum a pay p + (depreciation) P_K]; paid [lt] = a pay.

    margin [n] = m (1+mu)(1-subsidy).
    """
    n, k, links = economy.n, economy.k, economy.links
    supplier = links.supplier[: links.technique]
    has, investor = economy.investor >= 0, np.maximum(economy.investor, 0)

    def apply(price: Array) -> Array:
        bill = links.buyer_sum(paid * price[supplier])
        capital = np.where(has, economy.capital0 * bill[n : n + k][investor], 0.0) if k else 0.0
        return np.asarray(price - margin * (bill[:n] + capital))

    rhs = margin * wage[economy.table.location] * labour
    near = _near_prices(economy, paid, margin)
    price = solve_linear(apply, near, rhs, guess, FLOOR, "prices", tolerance)
    if not (price > 0).all():
        raise ModelError(f"price of plant {int(np.flatnonzero(~(price > 0))[0])} is not positive")
    return price


def _near_prices(economy: Economy, paid: Array, margin: Array) -> Map:
    """Inverse of the price system in which every plant has its group's mean cost: p = rhs + margin cost_group."""
    groups = economy.groups
    weight = paid * groups.cost_weight
    size = groups.count
    small = sum_by(groups.pair, weight * margin[groups.supplier], size * size).reshape(size, size)
    solve = _factored(np.eye(size) - small)

    def near(rhs: Array) -> Array:
        own = sum_by(groups.buyer, weight * rhs[groups.supplier], size)
        return np.asarray(rhs + margin * solve(own)[groups.group])

    return near


# -- trade and incomes ---------------------------------------------------------------------------


class _Trade(NamedTuple):
    """Coefficients of the trade system: sent [lt] units shipped per unit of the buyer (final users: of E),
    income [R, n] spent per unit of output, duty_final [R] per unit of E, fixed_output [n], fixed_income [R] spent."""

    sent: Array
    income: Array
    duty_final: Array
    fixed_output: Array
    fixed_income: Array


def _trade_system(
    economy: Economy, inputs: Array, labour: Array, fixed: Array, terms: Terms, price: Array, bill: Array
) -> _Trade:
    """Everything E7 needs, from deliveries: x = sent x + sent E + fixed; E = (1 - psi)(Y(x, E) + B) + psi habit."""
    n, k, links, lt = economy.n, economy.k, economy.links, economy.links.technique
    location, region, rows = economy.table.location, economy.buyer_region, np.arange(economy.n)
    shipped = inputs * terms.ship[:lt]
    duties = links.buyer_sum(shipped * terms.duty[:lt] * price[links.supplier[:lt]])
    wages = terms.wage[location] * labour
    subsidy = terms.subsidy / (1 - terms.subsidy) * price
    income = terms.owner * (price + subsidy - wages - bill[:n])
    income[location, rows] += wages + duties[:n] - subsidy
    some = np.flatnonzero(fixed)  # few links carry purchases without a technique
    supplier, buyer = links.supplier[some], links.buyer[some]
    dispatched = terms.ship[some] * fixed[some]
    value = dispatched * price[supplier]
    spent = sum_by(buyer, value * (1 + terms.duty[some]), len(region))
    own = spent[:n] + economy.of_investor(terms.share, spent[n : n + k])
    duty_fixed = sum_by(region[buyer], value * terms.duty[some], economy.regions)
    index = bill[economy.final]
    final = slice(links.pointer[economy.final.start], lt)
    shipped[final] /= index[links.buyer[final] - economy.final.start]
    spend = 1 - terms.smoothing
    autonomous = duty_fixed - spent[economy.buyers :] - terms.owner @ own + terms.balance
    return _Trade(
        sent=shipped, income=spend * income, duty_final=spend * duties[economy.final] / index,
        fixed_output=sum_by(supplier, dispatched, n),
        fixed_income=spend * autonomous + terms.smoothing * terms.habit,
    )  # fmt: skip


def _solve_trade(
    economy: Economy, system: _Trade, terms: Terms, guess: Guess, tolerance: float
) -> tuple[Array, Array, float]:
    """Outputs [n] and expenditures [R]; one redundant budget row per bloc fixes the bloc's share of world E."""
    n, links = economy.n, economy.links
    supplier, buyer = links.supplier[: links.technique], links.buyer[: links.technique]
    idle = np.zeros(economy.k)
    last = [int(np.flatnonzero(terms.bloc == c)[-1]) for c in np.unique(terms.bloc)]

    def budget(x: Array, e: Array) -> Array:
        return np.asarray(e - system.income @ x - system.duty_final * e)

    def apply(z: Array) -> Array:
        x, e = z[:n], z[n:]
        rows = budget(x, e)
        for r in last:
            rows[r] = e[terms.bloc == terms.bloc[r]].sum()
        sent = sum_by(supplier, system.sent * np.concatenate([x, idle, e])[buyer], n)
        return np.concatenate([x - sent, rows])

    rhs = np.concatenate([system.fixed_output, system.fixed_income])
    for r in last:
        members = terms.bloc == terms.bloc[r]
        rhs[n + r] = 1.0 if len(last) == 1 else terms.expenditure[members].sum() / terms.expenditure.sum()
    near = _near_trade(economy, system, terms, last, guess.output)
    z = solve_linear(apply, near, rhs, np.concatenate([guess.output, guess.expenditure]), FLOOR, "trade", tolerance)
    x, e = z[:n], z[n:]
    return x, e, float(abs(budget(x, e) - system.fixed_income).max())


def _near_trade(economy: Economy, system: _Trade, terms: Terms, last: list[int], output: Array) -> Map:
    """Inverse of the trade system in which every plant buys its group's mean mix, weighted by output.

    Unknowns of the small system: output of each group, then expenditure of each region.
    """
    n, regions, groups, links = economy.n, economy.regions, economy.groups, economy.links
    supplier, buyer = links.supplier[: links.technique], links.buyer[: links.technique]
    size = groups.count + regions
    weight = np.maximum(output, FLOOR)
    part = np.concatenate([weight / sum_by(groups.group, weight, groups.count)[groups.group], groups.no_plant])
    mixes = system.sent * part[buyer]
    column = groups.activity[buyer]
    small = np.eye(size)
    small[: groups.count] -= sum_by(groups.group[supplier] * size + column, mixes, groups.count * size).reshape(-1, size)
    reach = sum_by(supplier * size + column, mixes, n * size).reshape(n, size)
    small[groups.count :] -= system.income @ reach
    small[groups.count :, groups.count :] -= np.diag(system.duty_final)
    for r in last:
        small[groups.count + r] = 0.0
        small[groups.count + r, groups.count :] = terms.bloc == terms.bloc[r]
    solve = _factored(small)

    def near(rhs: Array) -> Array:
        own = rhs[n:] + system.income @ rhs[:n]
        own[last] = rhs[n:][last]
        found = solve(np.concatenate([sum_by(groups.group, rhs[:n], groups.count), own]))
        return np.concatenate([rhs[:n] + reach @ found, found[groups.count :]])

    return near


def _factored(matrix: Array) -> Map:
    """Solver for one small dense system, factored once (LAPACK without the checks, which would cost more)."""
    lu, pivots, _ = dgetrf(matrix)
    return lambda rhs: np.asarray(dgetrs(lu, pivots, rhs)[0])
