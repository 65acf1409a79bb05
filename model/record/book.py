"""A `Book` turns one quarter's state into a few cubes that outcomes are read off; each is made once, when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from model.axes import CHIP_PRODUCTS, SEGMENT_INDEX
from model.kernel.links import Array, Index, Mask, sum_by
from model.wedges import STANDARD_SEGMENTS
from model.world import Setting, State

CHIPS = [SEGMENT_INDEX[s] for s in CHIP_PRODUCTS]
Sides = tuple[tuple[int, ...], tuple[int, ...]]
"""Members of two blocs, as region indices."""


class Fixed:
    """What does not change in a run: where each link and plant belongs, firms and owners, the two blocs, base values.

    o, d, s [l]: origin, destination and segment of each link; shape (R, R, S); firm [n] index in `firms` (their number
    for a fringe); owner [firm] region; blocs; income0 [R] base income; gnp0 [R] base GNP over base GDP.
    """

    def __init__(self, setting: Setting, blocs: Sides, gnp0: Array | None = None) -> None:
        economy, table = setting.economy, setting.economy.table
        plants = setting.plants
        self.setting, self.blocs = setting, blocs
        self.o, self.d, self.s = economy.lane
        self.shape = (economy.regions, economy.regions, table.segments)
        self.firms: tuple[str, ...] = tuple(sorted({f for f in plants.firms if f}))
        self.firm: Index = np.array([self.firms.index(f) if f else len(self.firms) for f in plants.firms], np.int64)
        self.owner = np.zeros(len(self.firms), np.int64)
        self.owner[self.firm[self.named]] = plants.owner[self.named]
        self.income0 = economy.expenditure0 - economy.balance
        self.gnp0 = np.ones(economy.regions) if gnp0 is None else gnp0

    @cached_property
    def named(self) -> Mask:
        """Plants of named firms [n]."""
        return np.asarray(self.firm < len(self.firms))

    @cached_property
    def cell(self) -> Index:
        """Place of each plant and region of buyers [n x R] in a cube [o, d, s]."""
        r, _, s = self.shape
        table = self.setting.economy.table
        return np.ravel((table.location[:, None] * r + np.arange(r)) * s + table.segment[:, None])

    @cached_property
    def owner_cell(self) -> Index:
        """Place of each plant and region of buyers [n x R] in a cube [d, s, owner region]."""
        r, _, s = self.shape
        return np.ravel((np.arange(r) * s + self.setting.economy.table.segment[:, None]) * r + self.setting.plants.owner[:, None])

    @cached_property
    def firm_cell(self) -> Index:
        """Place of each plant and region of buyers [n x R] in a cube [d, s, firm]; the last firm is the fringe."""
        r, _, s = self.shape
        segment = self.setting.economy.table.segment[:, None]
        return np.ravel((np.arange(r) * s + segment) * (len(self.firms) + 1) + self.firm[:, None])

    @cached_property
    def sells(self) -> Mask:
        """Segments each named firm has plants in [firm, s]."""
        found = np.zeros((len(self.firms), self.shape[2]), bool)
        found[self.firm[self.named], self.setting.economy.table.segment[self.named]] = True
        return found

    @cached_property
    def owned_by(self) -> Mask:
        """Owner of each named firm [R, firm]."""
        return np.asarray(np.arange(self.shape[0])[:, None] == self.owner[None])

    @cached_property
    def standards_plants(self) -> tuple[Index, Mask]:
        """Plants whose products follow technical standards [j], and which region is their own [j, R]."""
        plants = np.flatnonzero(np.isin(self.setting.economy.table.segment, [SEGMENT_INDEX[s] for s in STANDARD_SEGMENTS]))
        return plants, self.setting.home[plants]

    @cached_property
    def invested0(self) -> Array:
        """Capital goods each plant buys in the base table [n]."""
        economy, has = self.setting.economy, self.setting.economy.investor >= 0
        own = np.where(has, economy.table.investment, 0.0)
        total = sum_by(economy.investor[has], own[has], economy.k)
        return self.capital_volume(economy.flow0, own / np.where(has, total[economy.investor], 1.0))

    def capital_volume(self, flow: Array, share: Array) -> Array:
        """Capital goods each plant buys, at base prices and duties [n], from flows [l] and its share of its investor's."""
        economy, links = self.setting.economy, self.setting.economy.links
        own = slice(links.pointer[economy.n], links.pointer[economy.n + economy.k])  # links to investors
        paid = (1 + economy.tariff0[own]) * flow[own]
        return economy.of_investor(share, sum_by(links.buyer[own] - economy.n, paid, economy.k))

    @cached_property
    def rest0(self) -> Array:
        """Weight of each plant in its region's home `rest`, by base output [R, n]."""
        table, weight = self.setting.economy.table, self.setting.economy.output0
        own = (table.location == np.arange(self.shape[0])[:, None]) & (table.segment == self.shape[2] - 1)
        return np.asarray(own * weight / (own * weight).sum(1, keepdims=True))

    # -- customs basis ---------------------------------------------------------------------------------
    @cached_property
    def chip_plants(self) -> Index:
        """Plants that make chip products."""
        return np.flatnonzero(np.isin(self.setting.economy.table.segment, CHIPS))

    @cached_property
    def wafer_links(self) -> tuple[Index, Index]:
        """Links by which makers of chips buy foundry services, and the place of each in [chip plant, o]."""
        links, chips = self.setting.economy.links, self.chip_plants
        number = np.full(len(self.setting.economy.buyer_region), -1)
        number[chips] = np.arange(len(chips))
        made = np.flatnonzero((self.s == SEGMENT_INDEX["foundry"]) & (number[links.buyer] >= 0))
        return made, number[links.buyer[made]] * self.shape[0] + self.o[made]

    @cached_property
    def at_home(self) -> Array:
        """1 in the region of each maker of chips whose output crosses borders as customs see it [chip plant, R]."""
        goods = self.setting.plants.customs[self.chip_plants].sum(1) > 0
        return np.asarray(self.setting.home[self.chip_plants] * goods[:, None], float)

    def wafers(self, value: Array) -> Array:
        """Where the foundry services that each maker of chips buys come from [chip plant, R], as shares; zero where it buys none."""
        made, place = self.wafer_links
        bought = sum_by(place, value[made], len(self.chip_plants) * self.shape[0]).reshape(-1, self.shape[0])
        total = bought.sum(1, keepdims=True)
        return np.asarray(bought / np.where(total > 0, total, 1.0))

    @cached_property
    def fabless(self) -> Array:
        """Part of the output of a maker of chips that is made by foundries [chip plant], from the base year's customs view."""
        away = ~self.setting.home[self.chip_plants]
        elsewhere = (self.wafers(self.setting.economy.flow0) * away).sum(1)
        customs = (self.setting.plants.customs[self.chip_plants] * away).sum(1)
        return np.where(elsewhere > 0, customs / np.where(elsewhere > 0, elsewhere, 1.0), 0.0)

    def customs_view(self, value: Array) -> Array:
        """Region chips leave from [chip plant, R]: fabless ones from where their wafers are made today."""
        made = self.wafers(value)
        part = np.where(made.any(1), self.fabless, 0.0)[:, None]
        return np.asarray((1 - part) * self.at_home + part * made)

    def on_customs_basis(self, leaves: Array, amount: Array) -> Array:
        """Amounts [n, R] of chip products by place they leave from and destination [o, d]; `leaves` is a customs view."""
        return np.asarray(leaves.T @ amount[self.chip_plants])

    def by_destination(self, amount: Array) -> Array:
        """Sum of a link value by plant and region of the buyer [n, R]."""
        return sum_by(self.setting.place, amount, self.setting.n * self.shape[1]).reshape(self.setting.n, -1)

    @cached_property
    def chip_volume0(self) -> Array:
        """Chips imported in the base table, at base prices [R]."""
        flow = self.setting.economy.flow0
        chips = self.on_customs_basis(self.customs_view(flow), self.by_destination(flow))
        return np.asarray(chips.sum(0) - np.diag(chips))


class Book:
    """One quarter's cubes. o origin, d destination, s segment, r owner's region; nominal values; `usd` turns them."""

    def __init__(self, fixed: Fixed, now: State, gdp: Array, deflator: float) -> None:
        self.fixed, self.now, self.gdp_index = fixed, now, gdp
        self._derived: dict[str, Array] = {}
        self.setting, self.market, self.books = fixed.setting, now["delivered"].market, now["books"]
        self.usd = self.setting.usd / deflator
        """bn USD of 2018 in one unit of nominal value: base scale over the chained world consumption price (E23)."""

    def once(self, name: str, derive: Callable[[], Array]) -> Array:
        """What several outcomes of a topic share: made when first asked for."""
        if name not in self._derived:
            self._derived[name] = derive()
        return self._derived[name]

    def get(self, name: str, neutral: Any) -> Any:
        """A state variable, or its neutral value in a model without it (the outcome then declares `waits`)."""
        return self.now.get(name, neutral)

    @property
    def sold(self) -> Array:
        """Deliveries at basic prices by plant and region of the buyer, laid out flat [n x R]."""
        return np.ravel(self.now["sales"])

    @cached_property
    def cube(self) -> Array:
        """Deliveries at basic prices by location of the plant [o, d, s]."""
        o, d, s = self.fixed.shape
        return sum_by(self.fixed.cell, self.sold, o * d * s).reshape(o, d, s)

    @cached_property
    def bought(self) -> Array:
        """Purchases at basic prices [d, s], domestic ones in."""
        return np.asarray(self.cube.sum(0))

    @cached_property
    def trade(self) -> Array:
        """Deliveries at basic prices [o, d]."""
        return np.asarray(self.books.trade)

    @cached_property
    def owned(self) -> Array:
        """Deliveries by buyer region, segment and owner region of the supplier [d, s, r]."""
        r, _, s = self.fixed.shape
        return sum_by(self.fixed.owner_cell, self.sold, r * s * r).reshape(r, s, r)

    @cached_property
    def by_firm(self) -> Array:
        """Deliveries by buyer region, segment and firm of the supplier [d, s, firm]; the last is the fringe."""
        r, _, s = self.fixed.shape
        count = len(self.fixed.firms) + 1
        return sum_by(self.fixed.firm_cell, self.sold, r * s * count).reshape(r, s, count)

    @cached_property
    def chips(self) -> Array:
        """Chip products on customs basis [o, d]: leaving from where wafers are made."""
        return self.fixed.on_customs_basis(self.leaves, self.now["sales"])

    @cached_property
    def leaves(self) -> Array:
        """Region chips leave from today [chip plant, R]."""
        return self.fixed.customs_view(self.books.value)

    @cached_property
    def sales(self) -> Array:
        """Value of each plant's output [n]."""
        return np.asarray(self.market.price * self.market.output)

    def by_owner(self, value: Array) -> Array:
        """Sum of a plant value by owner region and segment [r, s]."""
        return self.by_place(self.setting.plants.owner, value)

    def by_location(self, value: Array) -> Array:
        """Sum of a plant value by region of the plant and segment [r, s]."""
        return self.by_place(self.setting.economy.table.location, value)

    def by_place(self, region: Index, value: Array) -> Array:
        """Sum of a plant value by a region of the plant and its segment [r, s]."""
        r, _, s = self.fixed.shape
        return sum_by(region * s + self.setting.economy.table.segment, value, r * s).reshape(r, s)

    def of_firms(self, value: Array) -> Array:
        """Sum of a plant value by named firm [firm]."""
        return sum_by(self.fixed.firm, value, len(self.fixed.firms) + 1)[:-1]

    def under_owner(self, value: Array) -> Array:
        """[firm, ...] as [r, firm, ...]: in the region of the firm's owner, NaN elsewhere (no row)."""
        held = np.full((self.fixed.shape[0], *value.shape), np.nan)
        held[self.fixed.owner, np.arange(len(value))] = value
        return held

    @cached_property
    def invested(self) -> Array:
        """What each plant pays for capital goods delivered this quarter [n]."""
        economy, n = self.setting.economy, self.setting.n
        return np.asarray(economy.of_investor(self.now["terms"].share, self.books.apart[n : n + economy.k]))

    @cached_property
    def value_added(self) -> Array:
        """Value added by location and segment [r, s]: wages, and profit before what is bought apart (E9)."""
        return self.by_location(self.books.wages + self.books.profit + self.books.apart[: self.setting.n] + self.invested)

    @cached_property
    def levels(self) -> Array:
        """Capability behind the frontier by owner region and segment [r, s], weighted by output; NaN where none."""
        weight = self.market.output
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.by_owner(weight * self.now["capability"]) / self.by_owner(weight)

    @cached_property
    def rest_price(self) -> Array:
        """Mean price of home `rest` in each region [R]."""
        return np.asarray(self.fixed.rest0 @ self.market.price)

    @cached_property
    def standards_cost(self) -> Array:
        """What a second standard costs each plant this quarter [n], nominal: fixed purchases, and units lost on the way.

        In a model that does not tell them apart: all fixed compliance.
        """
        lost = (self.now["sales"] * (1 - 1 / self.get("standards", 1.0))).sum(1)
        fixed = self.get("standards_cost", self.now["compliance"])
        return np.asarray(lost + fixed * self.rest_price[self.setting.economy.table.location])

    @property
    def elapsed(self) -> float:
        """Years since the start, at this quarter's start."""
        return float(self.now["year"] - self.setting.dt - self.setting.first_year)
