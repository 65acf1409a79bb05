"""Real GDP by double deflation, chained annually (E23)."""

from __future__ import annotations

import numpy as np

from model.kernel.inversion import base_profit
from model.kernel.links import Array, sum_by
from model.world import Setting, State


class ChainedGdp:
    """Volume of value added by region: each quarter at the mean prices of the year before, linked year by year.

    The first year is valued at base-year prices (all 1), so the index of the base table is 1.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        economy, links = setting.economy, setting.economy.links
        technique = np.where(links.buyer < economy.n, economy.flow0, 0.0)
        self.price, self.duty = np.ones(economy.n), economy.tariff0.copy()
        self.base_gdp = self.value(economy.output0, technique, economy.flow0)
        foreign = economy.table.owner @ base_profit(economy)
        at_home = sum_by(economy.table.location, base_profit(economy), economy.regions)
        self.base_gnp = self.base_gdp + foreign - at_home
        self.level, self.reference = np.ones(economy.regions), self.base_gdp
        self.sums: list[Array] = []
        self.indices: list[Array] = []

    def value(self, output: Array, current: Array, flow: Array) -> Array:
        """GDP [R] of these quantities at the prices and duties now in use."""
        economy, links = self.setting.economy, self.setting.economy.links
        location, region = economy.table.location, economy.buyer_region[links.buyer]
        price = self.price[links.supplier]
        bought = sum_by(links.buyer, (1 + self.duty) * price * current, len(economy.buyer_region))[: economy.n]
        duties = sum_by(region, self.duty * price * flow, economy.regions)
        return sum_by(location, self.price * output - bought, economy.regions) + duties

    def add(self, now: State) -> Array:
        """Index [R] of the quarter just run, 2018 base table = 1."""
        links, n = self.setting.economy.links, self.setting.n
        got, terms, flow = now["delivered"], now["terms"], now["books"].flow
        current = np.where(links.buyer < n, flow - terms.ship * got.fixed, 0.0)
        index = self.level * self.value(got.market.output, current, flow) / self.reference
        parts = [got.market.output, current, flow, got.market.price, terms.duty]
        self.sums = [a + b for a, b in zip(self.sums, parts, strict=True)] if self.sums else [p.copy() for p in parts]
        self.indices.append(index)
        steps = int(round(1 / self.setting.dt))
        if len(self.indices) == steps:
            self._new_year(steps)
        return index

    def _new_year(self, steps: int) -> None:
        """The year that ends becomes the reference: its mean prices, quantities and index."""
        output, current, flow, price, duty = (total / steps for total in self.sums)
        self.price, self.duty = price, duty
        self.reference = self.value(output, current, flow)
        self.level = np.mean(self.indices, axis=0)
        self.sums, self.indices = [], []
