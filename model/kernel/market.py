"""Price, then trade and incomes: two linear systems for given delivered techniques (E6, E7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from model.errors import ModelError
from model.kernel.inversion import Economy
from model.kernel.linear import solve_linear
from model.kernel.links import Array, Index

FLOOR = 1e-9
"""Smallest scale of a row: a billionth of world final expenditure."""
ROUNDING = 1e-12
"""Outputs this far below zero are rounding of plants nobody buys from; below it the system is wrong."""


@dataclass(frozen=True)
class Terms:
    """What stays the same while one quarter's deliveries are found.

    wage [R], rent [n], ship [l] tau, duty [l] t, subsidy [n], owner [R, n] after bloc cuts,
    bloc [R] label, balance [R], expenditure [R] of the last quarter, share [n] of its investor's purchases.
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


class Market(NamedTuple):
    """price [n], capital_price [k], price_index [R], expenditure [R], output [n], walras (the dropped row)."""

    price: Array
    capital_price: Array
    price_index: Array
    expenditure: Array
    output: Array
    walras: float


def buyers_by_suppliers(economy: Economy, values: Array) -> csr_array:
    """Sparse [T, n] matrix of a value per technique link, in the links' own order."""
    links = economy.links
    parts = (values, links.supplier[: links.technique], links.pointer)
    return csr_array(parts, shape=(economy.buyers, economy.n))


def solve_prices(economy: Economy, inputs: Array, labour: Array, terms: Terms, guess: Array) -> tuple[Array, csr_array]:
    """Mill prices p [n] (E6): p = m(1+mu)(1-subsidy)[w l + sum a pay p + (depreciation) P_K].

    inputs [lt] a_fb and labour [n] l_b as delivered. Returns the purchase matrix (a pay) as well.
    """
    n, k = economy.n, economy.k
    lt = economy.links.technique
    purchases = buyers_by_suppliers(economy, inputs * (terms.ship * (1 + terms.duty))[:lt])
    margin = economy.markup * (1 + terms.rent) * (1 - terms.subsidy)
    has = economy.investor >= 0

    def cost(price: Array) -> Array:
        bill = purchases @ price
        total = bill[:n]
        if k:
            total = total + np.where(has, economy.capital0 * bill[n : n + k][economy.investor], 0.0)
        return margin * total

    rhs = margin * terms.wage[economy.table.location] * labour
    price = solve_linear(lambda p: p - cost(p), rhs, guess, FLOOR, "prices")
    if not (price > 0).all():
        raise ModelError(f"price of plant {int(np.flatnonzero(~(price > 0))[0])} is not positive")
    return price, purchases


def solve_market(
    economy: Economy, inputs: Array, labour: Array, fixed: Array, terms: Terms, guess: tuple[Array, Array, Array]
) -> Market:
    """Prices, then outputs and expenditures jointly (E7). guess: (price, output, expenditure).

    fixed [l]: purchases that follow no technique (O: investment, stocks, states, compliance), in units of f.
    """
    n, k = economy.n, economy.k
    price, purchases = solve_prices(economy, inputs, labour, terms, guess[0])
    bill = purchases @ price
    index = bill[economy.final]
    system = _trade_system(economy, inputs, labour, fixed, terms, price, bill)
    output, expenditure, walras = _solve_trade(economy, system, terms, guess)
    if not (expenditure > 0).all():
        raise ModelError(f"expenditure of region {int(np.flatnonzero(~(expenditure > 0))[0])} is not positive")
    if not (output > -ROUNDING).all():
        raise ModelError(f"output of plant {int(output.argmin())} is negative")
    return Market(price, bill[n : n + k], index, expenditure, np.maximum(output, 0.0), walras)


class _Trade(NamedTuple):
    """Coefficients of the trade system: shipments by buyer, incomes per unit of output, fixed parts."""

    shipments: csr_array
    per_price: Array
    wedge: Array
    profit: Array
    duty_final: Array
    fixed_output: Array
    fixed_income: Array


def _trade_system(
    economy: Economy, inputs: Array, labour: Array, fixed: Array, terms: Terms, price: Array, bill: Array
) -> _Trade:
    """Everything E7 needs, from deliveries: x = shipments' x + final + fixed; E = Y(x, E) + B."""
    n, k, links, lt = economy.n, economy.k, economy.links, economy.links.technique
    location, region = economy.table.location, economy.buyer_region
    shipments = buyers_by_suppliers(economy, inputs * terms.ship[:lt])
    duties = buyers_by_suppliers(economy, inputs * (terms.ship * terms.duty)[:lt]) @ price
    wages = terms.wage[location] * labour
    subsidy = terms.subsidy / (1 - terms.subsidy) * price
    profit = price + subsidy - wages - bill[:n]
    sent = terms.ship * fixed
    value = sent * price[links.supplier]
    spent = np.bincount(links.buyer, value * (1 + terms.duty), len(region))
    own = spent[:n] + (np.where(economy.investor >= 0, terms.share * spent[n : n + k][economy.investor], 0.0) if k else 0)
    duty_fixed = np.bincount(region[links.buyer], value * terms.duty, economy.regions)
    state = spent[economy.buyers :]
    return _Trade(
        shipments=shipments, per_price=1 / bill[economy.final], wedge=wages + duties[:n] - subsidy, profit=profit,
        duty_final=duties[economy.final] / bill[economy.final],
        fixed_output=np.bincount(links.supplier, sent, n),
        fixed_income=duty_fixed - state - terms.owner @ own,
    )  # fmt: skip


def _solve_trade(economy: Economy, system: _Trade, terms: Terms, guess: tuple[Array, Array, Array]) -> tuple[Array, Array, float]:
    """Outputs [n] and expenditures [R]; one redundant budget row per bloc fixes the bloc's share of world E."""
    n, regions, k, location = economy.n, economy.regions, economy.k, economy.table.location
    transposed = system.shipments.T.tocsr()
    last = [int(np.flatnonzero(terms.bloc == c)[-1]) for c in np.unique(terms.bloc)]

    def budget(x: Array, e: Array) -> Array:
        income = np.bincount(location, system.wedge * x, regions) + terms.owner @ (system.profit * x)
        return e - income - system.duty_final * e

    def apply(z: Array) -> Array:
        x, e = z[:n], z[n:]
        activity = np.concatenate([x, np.zeros(k), e * system.per_price])
        rows = budget(x, e)
        for r in last:
            rows[r] = e[terms.bloc == terms.bloc[r]].sum()
        return np.concatenate([x - transposed @ activity, rows])

    rhs = np.concatenate([system.fixed_output, system.fixed_income + terms.balance])
    whole = len(last) == 1
    for r in last:
        members = terms.bloc == terms.bloc[r]
        rhs[n + r] = 1.0 if whole else terms.expenditure[members].sum() / terms.expenditure.sum()
    start = np.concatenate([guess[1], guess[2]])
    z = solve_linear(apply, rhs, start, FLOOR, "trade")
    x, e = z[:n], z[n:]
    walras = float(abs(budget(x, e) - system.fixed_income - terms.balance).max())
    return x, e, walras
