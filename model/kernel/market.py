"""Price, then trade and incomes: two linear systems for given delivered techniques (E6, E7).

Both are solved on the links of the quarter's plan: `apply` is the true sparse system, `near` the exact inverse of the
one in which every plant has its group's mean mix (kernel/linear.py). The group systems are set up once a quarter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dgetrf, dgetrs

from model.errors import ModelError
from model.kernel.inversion import Economy
from model.kernel.linear import TOLERANCE, Map, solve_linear
from model.kernel.links import Array, sum_by
from model.kernel.plan import Plan, Terms

FLOOR = 1e-11
"""Smallest scale of a row, in units of world final expenditure a quarter."""
ROUNDING = 1e-12
"""Outputs this far below zero are rounding of plants nobody buys from; below it the system is wrong."""


class Guess(NamedTuple):
    """Where the solvers start: price [n], output [n], expenditure [R]."""

    price: Array
    output: Array
    expenditure: Array


class Pass(NamedTuple):
    """What one pass of rationing tries: rho [n] of suppliers and the scale F [T] of buyers that comes of it."""

    rho: Array
    scale: Array


class Market(NamedTuple):
    """price [n], capital_price [k], price_index [R], expenditure [R], output [n], walras (the dropped row)."""

    price: Array
    capital_price: Array
    price_index: Array
    expenditure: Array
    output: Array
    walras: float


class Trade(NamedTuple):
    """Coefficients of the trade system (E7) in one pass: per [T] what a unit of the buyer's activity (final users: of
    E) multiplies orders by; income [R, n] spent per unit of output, duty_final [R] per unit of E, fixed_output [n],
    fixed_income [R] spent."""

    per: Array
    income: Array
    duty_final: Array
    fixed_output: Array
    fixed_income: Array


class MarketSolver:
    """The markets of one quarter, solved pass after pass.

    The group systems are factored in the first pass, and again only if they have become poor (kernel/linear.py).
    """

    def __init__(self, economy: Economy, plan: Plan, terms: Terms) -> None:
        self.economy, self.plan, self.terms = economy, plan, terms
        self.groups_price: Map | None = None
        self.groups_trade: Map | None = None
        self.last = [int(np.flatnonzero(terms.bloc == c)[-1]) for c in np.unique(terms.bloc)]

    def solve(self, now: Pass, guess: Guess, tolerance: float = TOLERANCE) -> Market:
        """Prices, then outputs and expenditures jointly (E6, E7), as delivered in this pass."""
        n, k = self.economy.n, self.economy.k
        price = self._prices(now, guess.price, tolerance)
        bill = (self.plan.paid @ (now.rho * price)) / now.scale
        system = trade_system(self.economy, self.plan, now, self.terms, price, bill)
        output, expenditure, walras = self._trade(now, system, guess, tolerance)
        if not (expenditure > 0).all():
            raise ModelError(f"expenditure of region {int(np.flatnonzero(~(expenditure > 0))[0])} is not positive")
        if not (output > -ROUNDING).all():
            raise ModelError(f"output of plant {int(output.argmin())} is negative")
        index = bill[self.economy.final]
        return Market(price, bill[n : n + k], index, expenditure, np.maximum(output, 0.0), walras)

    # -- price -----------------------------------------------------------------------------------

    def _prices(self, now: Pass, guess: Array, tolerance: float) -> Array:
        """Mill prices p [n] (E6): p = margin [w l + sum a pay p + (depreciation) P_K]."""
        economy, plan, n, k = self.economy, self.plan, self.economy.n, self.economy.k
        groups, scale = economy.groups, now.scale

        def bill(price: Array) -> Array:
            return np.asarray((plan.paid @ (now.rho * price)) / scale)

        def apply(price: Array) -> Array:
            cost = bill(price)
            return np.asarray(price - plan.margin * (cost[:n] + economy.of_investor(economy.capital0, cost[n : n + k])))

        def near(rhs: Array) -> Array:
            assert self.groups_price is not None
            own = sum_by(groups.buyer, groups.cost_weight * bill(rhs), groups.count)
            return np.asarray(rhs + plan.margin * self.groups_price(own)[groups.group])

        def renew() -> None:
            self.groups_price = price_groups(economy, plan, now)

        if self.groups_price is None:
            renew()
        rhs = plan.margin * plan.wages / scale[:n]
        price = solve_linear(apply, near, renew, rhs, guess, FLOOR, "prices", tolerance)
        if not (price > 0).all():
            raise ModelError(f"price of plant {int(np.flatnonzero(~(price > 0))[0])} is not positive")
        return price

    # -- trade and incomes -----------------------------------------------------------------------

    def _trade(self, now: Pass, system: Trade, guess: Guess, tolerance: float) -> tuple[Array, Array, float]:
        """Outputs [n] and expenditures [R]; one redundant budget row per bloc fixes the bloc's share of world E."""
        economy, plan, terms, n, last = self.economy, self.plan, self.terms, self.economy.n, self.last
        groups, idle = economy.groups, np.zeros(economy.k)
        members = [terms.bloc == terms.bloc[r] for r in last]

        def sent(activity: Array) -> Array:
            return np.asarray(now.rho * (plan.sent @ (system.per * activity)))

        def budget(x: Array, e: Array) -> Array:
            return np.asarray(e - system.income @ x - system.duty_final * e)

        def apply(z: Array) -> Array:
            x, e = z[:n], z[n:]
            rows = budget(x, e)
            for r, inside in zip(last, members, strict=True):
                rows[r] = e[inside].sum()
            return np.concatenate([x - sent(np.concatenate([x, idle, e])), rows])

        def near(rhs: Array) -> Array:
            assert self.groups_trade is not None
            own = rhs[n:] + system.income @ rhs[:n]
            own[last] = rhs[n:][last]
            found = self.groups_trade(np.concatenate([sum_by(groups.group, rhs[:n], groups.count), own]))
            return np.concatenate([rhs[:n] + sent(self.part * found[groups.activity]), found[groups.count :]])

        def renew() -> None:
            self.part = mean_mix(economy, guess.output)
            self.groups_trade = trade_groups(economy, plan, now, system, terms, self.part, last)

        if self.groups_trade is None:
            renew()
        rhs = np.concatenate([system.fixed_output, system.fixed_income])
        for r, inside in zip(last, members, strict=True):
            rhs[n + r] = 1.0 if len(last) == 1 else terms.expenditure[inside].sum() / terms.expenditure.sum()
        start = np.concatenate([guess.output, guess.expenditure])
        z = solve_linear(apply, near, renew, rhs, start, FLOOR, "trade", tolerance)
        x, e = z[:n], z[n:]
        return x, e, float(abs(budget(x, e) - system.fixed_income).max())


def trade_system(economy: Economy, plan: Plan, now: Pass, terms: Terms, price: Array, bill: Array) -> Trade:
    """Everything E7 needs, from deliveries: x = sent x + sent E + fixed; E = (1 - psi)(Y(x, E) + B) + psi habit."""
    n, k = economy.n, economy.k
    location, rows = economy.table.location, np.arange(n)
    value = now.rho * price
    duties = (plan.duties @ value) / now.scale
    wages = plan.wages / now.scale[:n]
    subsidy = terms.subsidy / (1 - terms.subsidy) * price
    income = terms.owner * (price + subsidy - wages - bill[:n])
    income[location, rows] += wages + duties[:n] - subsidy
    spent = plan.fixed_paid @ value
    own = spent[:n] + economy.of_investor(terms.share, spent[n : n + k])
    duty_fixed = sum_by(economy.buyer_region, plan.fixed_duty @ value, economy.regions)
    index = bill[economy.final]
    per = 1 / now.scale
    per[economy.final] /= index
    spend = 1 - terms.smoothing
    autonomous = duty_fixed - spent[economy.buyers :] - terms.owner @ own + terms.balance
    return Trade(
        per=per, income=spend * income, duty_final=spend * duties[economy.final] / index,
        fixed_output=now.rho * plan.fixed_sent, fixed_income=spend * autonomous + terms.smoothing * terms.habit,
    )  # fmt: skip


# -- the systems of groups -----------------------------------------------------------------------


def price_groups(economy: Economy, plan: Plan, now: Pass) -> Map:
    """Solver of the price system in which every plant has its group's mean cost."""
    groups, links = economy.groups, economy.links
    size = groups.count
    f, b = links.supplier[: links.technique], links.buyer[: links.technique]
    weight = plan.paid.data * (now.rho * plan.margin)[f] * (groups.cost_weight / now.scale)[b]
    small = sum_by(groups.pair, weight, size * size).reshape(size, size)
    return _factored(np.eye(size) - small)


def mean_mix(economy: Economy, output: Array) -> Array:
    """Weight of each buyer in its group's mean mix [T], by output; investors 0, final users 1."""
    groups, weight = economy.groups, np.maximum(output, FLOOR)
    total = sum_by(groups.group, weight, groups.count)
    return np.concatenate([weight / total[groups.group], groups.no_plant])


def trade_groups(
    economy: Economy, plan: Plan, now: Pass, system: Trade, terms: Terms, part: Array, last: list[int]
) -> Map:
    """Solver of the trade system in which every plant buys its group's mean mix.

    Unknowns: output of each group, then expenditure of each region.
    """
    groups, links, regions = economy.groups, economy.links, economy.regions
    f, b = links.supplier[: links.technique], links.buyer[: links.technique]
    size, column, per = groups.count + regions, groups.activity, system.per * part
    small = np.eye(size)
    mixes = plan.shipped.data * now.rho[f] * per[b]
    small[: groups.count] -= sum_by(groups.group[f] * size + column[b], mixes, groups.count * size).reshape(-1, size)
    earned = (plan.shipped @ (now.rho * system.income).T) * per[:, None]
    place = column[:, None] * regions + np.arange(regions)
    small[groups.count :] -= sum_by(place.ravel(), earned.ravel(), size * regions).reshape(size, regions).T
    small[groups.count :, groups.count :] -= np.diag(system.duty_final)
    for r in last:
        small[groups.count + r] = 0.0
        small[groups.count + r, groups.count :] = terms.bloc == terms.bloc[r]
    return _factored(small)


def _factored(matrix: Array) -> Map:
    """Solver for one small dense system, factored once (LAPACK without the checks, which would cost more)."""
    lu, pivots, _ = dgetrf(matrix)
    return lambda rhs: np.asarray(dgetrs(lu, pivots, rhs)[0])
