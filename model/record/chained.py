"""Volumes chained annually (E23): real GDP by double deflation, and the world's final use behind the USD deflator."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from model.kernel.inversion import base_profit
from model.kernel.links import Array, sum_by
from model.world import Setting, State

Value = Callable[[Sequence[Array], Sequence[Array]], Array]
"""Value of quantities at prices, in one or several places."""


class Chain:
    """A volume index: each quarter at the mean prices of the year before, linked year by year; base table = 1.

    The first year is valued at the prices given at the start, against the base-year quantities.
    """

    def __init__(self, value: Value, quantities: Sequence[Array], prices: Sequence[Array], steps: int) -> None:
        self.value, self.prices, self.steps = value, list(prices), steps
        self.base = value(quantities, prices)
        self.reference, self.level = self.base, np.ones_like(self.base)
        self.sums: list[Array] = []
        self.indices: list[Array] = []

    def add(self, quantities: Sequence[Array], prices: Sequence[Array]) -> Array:
        """Index of one more quarter."""
        index = np.asarray(self.level * self.value(quantities, self.prices) / self.reference)
        parts = [*quantities, *prices]
        if not self.sums:
            self.sums = [np.zeros_like(part) for part in parts]
        for total, part in zip(self.sums, parts, strict=True):
            total += part
        self.indices.append(index)
        if len(self.indices) == self.steps:
            self._new_year(len(quantities))
        return index

    def _new_year(self, count: int) -> None:
        """The year that ends becomes the reference: its mean prices, quantities and index."""
        means = [total / self.steps for total in self.sums]
        self.prices = means[count:]
        self.reference = self.value(means[:count], self.prices)
        self.level = np.add.reduce(self.indices) / self.steps
        self.sums, self.indices = [], []


class ChainedGdp:
    """Volume of value added by region, 2018 base table = 1 (E23).

    Deliveries are added up by supplier and region of the buyer: a duty may differ by these, never by buyer (E21).
    """

    def __init__(self, setting: Setting) -> None:
        economy = setting.economy
        self.setting = setting  # link, served: some link of each supplier and region of the buyer, and 1 where there is one
        self.current = slice(economy.links.pointer[economy.n])  # links of plants come first
        self.link, self.served = np.zeros(economy.n * economy.regions, np.int64), np.zeros(economy.n * economy.regions)
        self.link[setting.place], self.served[setting.place] = np.arange(len(setting.place)), 1.0
        quantities = (economy.output0, self.by_place(economy.flow0[self.current]), self.by_place(economy.flow0))
        prices = (np.ones(economy.n), self.duties(economy.tariff0))
        self.chain = Chain(self.value, quantities, prices, steps_a_year(setting))
        self.base_gdp = self.chain.base
        foreign = economy.table.owner @ base_profit(economy)
        at_home = sum_by(economy.table.location, base_profit(economy), economy.regions)
        self.base_gnp = self.base_gdp + foreign - at_home

    def by_place(self, value: Array) -> Array:
        """Sum of a value of all links, or of the first so many, by supplier and region of the buyer [n, R]."""
        economy = self.setting.economy
        return sum_by(self.setting.place[: len(value)], value, economy.n * economy.regions).reshape(economy.n, -1)

    def duties(self, duty: Array) -> Array:
        """Duties [l] by supplier and region of the buyer [n, R]."""
        return (duty[self.link] * self.served).reshape(self.setting.n, -1)

    def value(self, quantities: Sequence[Array], prices: Sequence[Array]) -> Array:
        """GDP [R] of output [n], current purchases and all deliveries [n, R] at prices [n] and duties [n, R]."""
        economy = self.setting.economy
        (output, current, flow), (price, duty) = quantities, prices
        # by region at once: duties on every delivery, less what plants pay for current purchases
        spent = price @ (duty * (flow - current) - current)
        return np.asarray(sum_by(economy.table.location, price * output, economy.regions) + spent)

    def add(self, now: State) -> Array:
        """Index [R] of the quarter just run."""
        got, terms, books, own = now["delivered"], now["terms"], now["books"], self.current
        current = self.by_place(books.flow[own] - terms.ship[own] * got.fixed[own])
        return self.chain.add((got.market.output, current, books.shipped), (got.market.price, self.duties(terms.duty)))


class ChainedPrice:
    """Price of the world's final use against 2018: nominal over volume chained annually (E23). Turns values into USD."""

    def __init__(self, setting: Setting) -> None:
        base = setting.economy.expenditure0
        self.nominal = float(base.sum())
        self.chain = Chain(lambda q, p: np.asarray((q[0] * p[0]).sum()), (base,), (np.ones(len(base)),), steps_a_year(setting))

    def add(self, now: State) -> float:
        """Price index of the quarter just run, 1 at base prices."""
        spent, price = now["expenditure"], now["delivered"].market.price_index
        return float(spent.sum() / self.nominal / self.chain.add((spent / price,), (price,)))


def steps_a_year(setting: Setting) -> int:
    """Steps that make a year."""
    return int(round(1 / setting.dt))
