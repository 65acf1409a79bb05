"""Price, then trade and incomes: two linear systems for given delivered techniques (E6, E7).

Both are solved on the links of the quarter's plan: `apply` is the true sparse system, `near` an inverse of it that is
exact for the means of groups (kernel/linear.py). The group systems are set up once a quarter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dgetrf, dgetrs

from model.errors import ModelError
from model.kernel.inversion import Economy
from model.kernel.linear import FLOOR, TOLERANCE, Map, solve_linear
from model.kernel.links import Array, Index, sum_by
from model.kernel.plan import Plan, Terms

ROUNDING = 1e-12
"""Outputs this far below zero are rounding of plants nobody buys from; below it the system is wrong."""


class Guess(NamedTuple):
    """Where the solvers start: price [n], output [n], expenditure [R]."""

    price: Array
    output: Array
    expenditure: Array


class Pass(NamedTuple):
    """What one pass of rationing tries: share [c] that counters deliver and the scale F [T] of buyers that comes of it."""

    share: Array
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
        self.ready = False
        self.group_prices: Map
        self.group_trade: Map
        self.mix: Array
        self.last = np.array([np.flatnonzero(terms.bloc == c)[-1] for c in np.unique(terms.bloc)])
        self.closing = economy.final.start + self.last
        self.inside = (terms.bloc[self.last][:, None] == terms.bloc).astype(float)
        share = self.inside @ terms.expenditure / terms.expenditure.sum()
        self.weight = share if len(self.last) > 1 else np.ones(1)

    def solve(self, now: Pass, guess: Guess, tolerance: float = TOLERANCE) -> Market:
        """Prices, then outputs and expenditures jointly (E6, E7), as delivered in this pass.

        A loose solution that makes no sense is no verdict on the model: it is solved exactly before anything is raised.
        """
        try:
            return self._solve(now, guess, tolerance)
        except ModelError:
            if tolerance <= TOLERANCE:
                raise
            return self._solve(now, guess, TOLERANCE)

    def _solve(self, now: Pass, guess: Guess, tolerance: float) -> Market:
        n, k = self.economy.n, self.economy.k
        price = self._prices(now, guess.price, tolerance)
        bill = (self.plan.paid @ (now.share * self.plan.counters.spread(price))) / now.scale
        system = trade_system(self.economy, self.plan, now, self.terms, price, bill)
        output, expenditure, walras = self._trade(now, system, guess, tolerance)
        self.ready = True
        if not (expenditure > 0).all():
            region = int(np.flatnonzero(~(expenditure > 0))[0])
            raise ModelError(f"expenditure of region {region} is not positive", self.economy.final.start + region)
        if not (output > -ROUNDING).all():
            raise ModelError(f"output of plant {int(output.argmin())} is negative", int(output.argmin()))
        index = bill[self.economy.final]
        return Market(price, bill[n : n + k], index, expenditure, np.maximum(output, 0.0), walras)

    # -- price -----------------------------------------------------------------------------------

    def _prices(self, now: Pass, guess: Array, tolerance: float) -> Array:
        """Mill prices p [n] (E6): p = margin [w l + sum a pay p + (depreciation) P_K]."""
        economy, plan, n = self.economy, self.plan, self.economy.n
        groups, part, spread = economy.groups, 1 / now.scale, plan.counters.spread
        weight = groups.cost_weight[:n] / plan.margin

        def apply(price: Array) -> Array:
            cost = part * (plan.paid @ (now.share * spread(price)))
            return np.asarray(price - plan.margin * (cost[:n] + plan.capital * cost[plan.investor]))

        def near(rhs: Array) -> Array:
            mean = sum_by(groups.group, weight * rhs, groups.count)
            return np.asarray(rhs + plan.margin * (self.group_prices(mean) - mean)[groups.group])

        def renew() -> None:
            self.group_prices = price_groups(economy, plan, now)

        if not self.ready:
            renew()
        rhs = plan.margin * plan.wages * part[:n]
        price = solve_linear(apply, near, renew, rhs, guess, "prices", tolerance)
        if not (price > 0).all():
            plant = int(np.flatnonzero(~(price > 0))[0])
            raise ModelError(f"price of plant {plant} is not positive: what arrives makes less than it costs", plant)
        return price

    # -- trade and incomes -----------------------------------------------------------------------

    def _trade(self, now: Pass, system: Trade, guess: Guess, tolerance: float) -> tuple[Array, Array, float]:
        """Outputs [n] and expenditures [R]; one redundant budget row per bloc fixes the bloc's share of world E.

        The unknown z [T] is laid out as buyers are: outputs, zeros for investors, expenditures.
        """
        economy, plan, n, final, last = self.economy, self.plan, self.economy.n, self.economy.final, self.last
        groups = economy.groups

        def sent(activity: Array) -> Array:
            return plan.counters.collect(now.share * (plan.sent @ (system.per * activity)))

        def budget(z: Array) -> Array:
            return np.asarray(z[final] - system.income @ z[:n] - system.duty_final * z[final])

        def apply(z: Array) -> Array:
            out = z.copy()
            out[:n] -= sent(z)
            out[final] = budget(z)
            out[self.closing] = self.inside @ z[final]
            return out

        def near(rhs: Array) -> Array:
            out, total = np.zeros(len(rhs)), sum_by(groups.group, rhs[:n], groups.count)
            own = rhs[final] + system.income @ (rhs[:n] - self.mix[:n] * total[groups.group])
            own[last] = rhs[self.closing]
            found = self.group_trade(np.concatenate([total, own]))
            out[:n] = rhs[:n] + self.mix[:n] * (found[: groups.count] - total)[groups.group]
            out[final] = found[groups.count :]
            return out

        def renew() -> None:
            self.mix = mean_mix(economy, guess.output)
            self.group_trade = trade_groups(economy, plan, now, system, self.mix, (last, self.inside))

        if not self.ready:
            renew()
        rhs, start = np.zeros(economy.buyers), np.zeros(economy.buyers)
        rhs[:n], rhs[final], rhs[self.closing] = system.fixed_output, system.fixed_income, self.weight
        start[:n], start[final] = guess.output, guess.expenditure
        z = solve_linear(apply, near, renew, rhs, start, "trade", tolerance)
        return z[:n], z[final], float(abs(budget(z) - system.fixed_income).max())


def trade_system(economy: Economy, plan: Plan, now: Pass, terms: Terms, price: Array, bill: Array) -> Trade:
    """Everything E7 needs, from deliveries: x = sent x + sent E + fixed; E = (1 - psi)(Y(x, E) + B) + psi habit."""
    n, final = economy.n, economy.final
    value, part = now.share * plan.counters.spread(price), 1 / now.scale
    charges = plan.charges @ value
    duties, spent = part * charges[: economy.buyers], charges[economy.buyers :]
    wages = plan.wages * part[:n]
    subsidy = plan.subsidy * price
    income = terms.owner * (price + subsidy - wages - bill[:n]) + economy.home * (wages + duties[:n] - subsidy)
    own = spent[:n] + plan.share * spent[plan.investor]
    duty_fixed = plan.fixed_duty @ value
    per, index = part, bill[final]
    per[final] /= index
    spend = 1 - terms.smoothing
    autonomous = duty_fixed - spent[economy.buyers :] - terms.owner @ own + terms.balance
    return Trade(
        per=per, income=spend * income, duty_final=spend * duties[final] / index,
        fixed_output=plan.counters.collect(now.share * plan.fixed_sent), fixed_income=spend * autonomous + terms.smoothing * terms.habit,
    )  # fmt: skip


# -- the systems of groups -----------------------------------------------------------------------


def price_groups(economy: Economy, plan: Plan, now: Pass) -> Map:
    """Solver of the price system of groups: mean price over margin, at the mean cost of a group's plants."""
    groups, links = economy.groups, economy.links
    size = groups.count
    c, b = plan.counters.counter[: links.technique], links.buyer[: links.technique]
    weight = plan.paid.data * (now.share * plan.counters.spread(plan.margin))[c] * (groups.cost_weight / now.scale)[b]
    small = sum_by(groups.pair, weight, size * size).reshape(size, size)
    return _factored(np.eye(size) - small)


def mean_mix(economy: Economy, output: Array) -> Array:
    """Weight of each buyer in its group's mean mix [T], by output; investors 0, final users 1."""
    groups, weight = economy.groups, np.maximum(output, FLOOR)
    total = sum_by(groups.group, weight, groups.count)
    return np.concatenate([weight / total[groups.group], groups.no_plant])


def trade_groups(
    economy: Economy, plan: Plan, now: Pass, system: Trade, mix: Array, closing: tuple[Index, Array]
) -> Map:
    """Solver of the trade system in which plants of a group keep their shares in its output.

    Unknowns: output of each group, then expenditure of each region. closing: the rows that fix blocs' shares.
    """
    groups, links, regions = economy.groups, economy.links, economy.regions
    c, b = plan.counters.counter[: links.technique], links.buyer[: links.technique]
    size, n = groups.count + regions, economy.n
    small = np.eye(size)
    mixes = plan.units * now.share[c] * (system.per * mix)[b]
    small[: groups.count] -= sum_by(groups.flow, mixes, groups.count * size).reshape(-1, size)
    place = np.arange(regions)[:, None] * groups.count + groups.group
    earned = sum_by(place.ravel(), (system.income * mix[:n]).ravel(), regions * groups.count)
    small[groups.count :, : groups.count] -= earned.reshape(regions, -1)
    small[groups.count :, groups.count :] -= np.diag(system.duty_final)
    small[groups.count + closing[0], : groups.count] = 0.0
    small[groups.count + closing[0], groups.count :] = closing[1]
    return _factored(small)


def _factored(matrix: Array) -> Map:
    """Solver for one small dense system, factored once (LAPACK without the checks, which would cost more)."""
    lu, pivots, _ = dgetrf(matrix)
    return lambda rhs: np.asarray(dgetrs(lu, pivots, rhs)[0])
