"""Account: every flow again, from deliveries only, and the identities that must hold to 1e-10 (E9)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.errors import IdentityError
from model.kernel.deliveries import Delivered
from model.kernel.inversion import Economy
from model.kernel.links import Array, Index, sum_by
from model.kernel.plan import Terms

TOLERANCE = 1e-10


class Accounts(NamedTuple):
    """flow [l] units shipped, shipped [n, R] the same by plant and region of the buyer; value [l] at basic prices; bought
    [C] the same by buyer and incl. duties [C], apart [C] the part of it that follows no technique; wages, profit [n];
    income, transfers N, net exports, gdp, gnp [R] nominal; trade [R, R] values by origin and destination; errors by identity."""

    flow: Array
    shipped: Array
    value: Array
    bought: Array
    duties: Array
    apart: Array
    wages: Array
    profit: Array
    income: Array
    net_profit_income: Array
    net_exports: Array
    gdp: Array
    gnp: Array
    trade: Array
    errors: dict[str, float]


def account(economy: Economy, got: Delivered, terms: Terms) -> Accounts:
    """Recompute all flows from what was delivered; IdentityError names the identity that fails."""
    links, n, k, regions = economy.links, economy.n, economy.k, economy.regions
    location = economy.table.location
    market, lt = got.market, economy.links.technique
    activity = np.concatenate([market.output, np.zeros(k), market.expenditure / market.price_index])
    flow = got.fixed.copy()
    flow[:lt] += got.inputs * np.repeat(activity, economy.nests.of_buyer)
    flow *= terms.ship
    value = market.price[links.supplier]
    value *= flow
    duties = by_buyer(economy, terms.duty * value)
    bought = by_buyer(economy, value) + duties
    some = np.flatnonzero(got.fixed != 0)  # few links carry purchases without a technique
    other = (1 + terms.duty[some]) * market.price[links.supplier[some]] * terms.ship[some] * got.fixed[some]
    apart = sum_by(links.buyer[some], other, len(bought))
    own = apart[:n] + economy.of_investor(terms.share, apart[n : n + k])
    inputs = bought[:n] - apart[:n]
    wages = terms.wage[location] * got.labour * market.output
    subsidy = terms.subsidy / (1 - terms.subsidy) * market.price * market.output
    profit = market.price * market.output + subsidy - wages - inputs - own
    state = apart[economy.buyers :]
    public = sum_by(economy.buyer_region, duties, regions) - sum_by(location, subsidy, regions)
    income = sum_by(location, wages, regions) + terms.owner @ profit + public - state
    shipped = sum_by(economy.place, flow, n * regions).reshape(n, regions)
    trade = economy.home @ (market.price[:, None] * shipped)
    net_exports = trade.sum(1) - trade.sum(0)
    foreign = terms.owner @ profit - sum_by(location, profit, regions)
    gdp = sum_by(location, market.price * market.output + subsidy - inputs, regions) + public
    spending = bought[economy.final]
    balance = terms.balance + terms.smoothing * (terms.habit - terms.balance - income)
    absorbed = sum_by(location, own, regions) + state
    errors = {
        "market": _relative(shipped.sum(1), market.output),
        "budget": float(abs(spending - income - balance).max()),
        "trade": float(abs(net_exports + balance + foreign).max()),
        "gdp": float(abs(gdp - (spending + absorbed + net_exports)).max()),
        "numeraire": abs(float(spending.sum()) - 1.0),
        "walras": market.walras,
        "sum_of_balances": _largest_sum(balance, terms.bloc),
        "sum_of_profit_income": _largest_sum(foreign, terms.bloc),
    }
    check(errors)
    return Accounts(
        flow, shipped, value, bought, duties, apart, wages, profit, income, foreign, net_exports, gdp, gdp + foreign, trade, errors,
    )  # fmt: skip


def by_buyer(economy: Economy, value: Array) -> Array:
    """Sum of a link value [l] by buyer [C]; the few links of states, which have no technique, come last."""
    links, lt = economy.links, economy.links.technique
    states = sum_by(links.buyer[lt:] - economy.buyers, value[lt:], economy.regions)
    return np.concatenate([links.buyer_sum(value[:lt]), states])


def check(errors: dict[str, float]) -> None:
    """Raise IdentityError if any identity fails by more than 1e-10."""
    failed = {name: error for name, error in errors.items() if not error <= TOLERANCE}
    if failed:
        raise IdentityError("; ".join(f"{name} off by {error:.2g}" for name, error in sorted(failed.items())))


def _relative(found: Array, wanted: Array) -> float:
    """Largest relative difference over plants that produce."""
    live = wanted > 0
    return float((abs(found - wanted)[live] / np.maximum(wanted[live], 1e-12)).max())


def _largest_sum(values: Array, bloc: Index) -> float:
    """Largest absolute sum within a bloc."""
    return float(abs(sum_by(bloc, values)).max())
