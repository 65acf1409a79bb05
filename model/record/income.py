"""Outcomes on income, output and work: real income, GDP, value added, sales, profit."""

from __future__ import annotations

import numpy as np

from model.kernel.links import Array, sum_by
from model.record.book import Book
from model.record.declare import BY_SEGMENT, USD, Outcome


def real_income(book: Book) -> Array:
    """Net national income over the consumption price, base table = 1 (E41): what a region may spend and stay as rich.

    The account's income expenses what firms buy for later; what that adds to capital and stocks is given back.
    """
    kept = book.now["terms"].owner @ (net_investment(book) + stock_building(book))
    return np.asarray((book.books.income + kept) / book.market.price_index / book.fixed.income0)


def net_investment(book: Book) -> Array:
    """Capital goods paid less wear of the capacity there is, at today's price of capital goods [n], nominal (E41)."""
    economy, now, table = book.setting.economy, book.now, book.setting.economy.table
    n, k = economy.n, economy.k
    if not k:
        return np.zeros(n)
    paid = book.books.bought[n : n + k]
    standing = np.where(np.isfinite(now["capacity_now"]), now["capacity_now"], 0.0)
    worn = economy.of_investor(table.depreciation / 4 * economy.kappa * standing, now["capital_price"])
    return np.asarray(economy.of_investor(now["terms"].share, paid) - worn)


def stock_building(book: Book) -> Array:
    """What plants bought for their stocks less what they took out, at today's prices [n], nominal (E41)."""
    economy, now = book.setting.economy, book.now
    change = now["stock_change"]
    if not change.any():
        return np.zeros(economy.n)
    links, lt = economy.links, economy.links.technique
    paid = (now["terms"].ship * (1 + now["terms"].duty) * book.market.price[links.supplier])[:lt] * now["input0"]
    return sum_by(links.cell_buyer[: len(change)], change * links.by_cell(paid)[: len(change)], economy.buyers)[: economy.n]


def real_consumption(book: Book) -> Array:
    """Final expenditure over the consumption price, base table = 1."""
    return np.asarray(book.now["expenditure"] / book.market.price_index / book.setting.economy.expenditure0)


def gnp(book: Book) -> Array:
    """GDP's volume times nominal GNP over GDP, base table = 1."""
    return np.asarray(book.gdp_index * book.books.gnp / book.books.gdp / book.fixed.gnp0)


OUTCOMES = (
    Outcome("Real Income", "index", real_income, default="all"),
    Outcome("Real Consumption", "index", real_consumption, default="all"),
    Outcome("GDP", "index", lambda b: b.gdp_index, default="all"),
    Outcome("GNP", "index", gnp, default="all"),
    Outcome("Employment Gap", "percent", lambda b: 100 * b.now["employment_gap"], default="all"),
    Outcome("Value Added|{}", USD, lambda b: b.value_added * b.usd, BY_SEGMENT, "main"),
    Outcome("Sales|{}", USD, lambda b: b.by_owner(b.sales) * b.usd, BY_SEGMENT),
    Outcome("Profit|{}", USD, lambda b: b.by_owner(b.books.profit) * b.usd, BY_SEGMENT),
)
