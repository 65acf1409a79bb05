"""Outcomes on income, output and work: real income, GDP, value added, sales, profit."""

from __future__ import annotations

import numpy as np

from model.kernel.links import Array
from model.record.book import Book
from model.record.declare import BY_SEGMENT, USD, Outcome


def real_income(book: Book) -> Array:
    """Income over the consumption price, base table = 1. Investment is expensed in profit, so income falls while it is made."""
    return np.asarray(book.books.income / book.market.price_index / book.fixed.income0)


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
