"""Record: declared outcomes of a quarter, by the names and units of OBSERVABLES.md (docs/observables.md).

A `Book` turns one quarter's state into a few cubes; an `Outcome` reads an array off them. Outcomes see
results, never wedges' names or scenario files. Levels only: differences are made elsewhere, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import NamedTuple

import numpy as np

from model.axes import CHIP_PRODUCTS, LAYER_NAMES, LAYERS, REGIONS, SEGMENT_INDEX, SEGMENT_NAMES, SEGMENTS
from model.kernel.links import Array, Index, sum_by
from model.outcomes import Key
from model.record_gdp import ChainedGdp
from model.world import Setting, State

CHIPS = [SEGMENT_INDEX[s] for s in CHIP_PRODUCTS]
MAIN = ("USA", "CHN")


class Fixed(NamedTuple):
    """Index helpers that do not change in a run: cell of each link in [o, d, s]; firms; owners; members of two blocs."""

    cell: Index
    size: tuple[int, int, int]
    firms: tuple[str, ...]
    firm: Index
    blocs: tuple[tuple[int, ...], tuple[int, ...]]
    base_gdp: Array
    base_income: Array
    fabless: Array


def wafers(setting: Setting, value: Array) -> Array:
    """Where the foundry services that each plant buys come from [n, R], as shares; zero where it buys none."""
    economy, links = setting.economy, setting.economy.links
    foundry = setting.segments.index("foundry")
    made = (economy.table.segment[links.supplier] == foundry) & (links.buyer < economy.n)
    place = links.buyer[made] * economy.regions + economy.table.location[links.supplier[made]]
    bought = sum_by(place, value[made], economy.n * economy.regions).reshape(economy.n, -1)
    total = bought.sum(1, keepdims=True)
    return np.asarray(bought / np.where(total > 0, total, 1.0))


def fabless_part(setting: Setting) -> Array:
    """Part of a chip plant's output that is made by foundries [n], from the base year's customs view."""
    economy, customs = setting.economy, setting.plants.customs
    abroad = 1 - np.eye(economy.regions)[economy.table.location]
    elsewhere = (wafers(setting, economy.flow0) * abroad).sum(1)
    return np.where(elsewhere > 0, (customs * abroad).sum(1) / np.where(elsewhere > 0, elsewhere, 1.0), 0.0)


def customs_view(setting: Setting, fixed: Fixed, made: Array) -> Array:
    """Region each plant's output leaves from now [n, R]: fabless chips from where their wafers are made today."""
    plants, location = setting.plants, setting.economy.table.location
    part = np.where(made.sum(1) > 0, fixed.fabless, 0.0)[:, None]
    home = np.eye(setting.economy.regions)[location] * (plants.customs.sum(1) > 0)[:, None]
    return np.asarray((1 - part) * home + part * made)


def fixed_indices(setting: Setting, blocs: tuple[tuple[int, ...], tuple[int, ...]]) -> Fixed:
    """Helpers for `Book`."""
    economy, table = setting.economy, setting.economy.table
    links = economy.links
    o, d, s = table.location[links.supplier], economy.buyer_region[links.buyer], table.segment[links.supplier]
    size = (economy.regions, economy.regions, table.segments)
    names = tuple(sorted({f for f in setting.plants.firms if f}))
    firm = np.array([names.index(f) if f else len(names) for f in setting.plants.firms])
    income = economy.expenditure0 - economy.balance
    cell = (o * size[1] + d) * size[2] + s
    return Fixed(cell, size, names, firm, blocs, np.zeros(0), income, fabless_part(setting))


class Book:
    """One quarter's cubes. o origin, d destination, s segment; values nominal unless said; `real` deflates."""

    def __init__(self, setting: Setting, fixed: Fixed, now: State, gdp: Array) -> None:
        self.setting, self.fixed, self.now, self.gdp_index = setting, fixed, now, gdp
        self.market, self.books = now["delivered"].market, now["books"]

    @cached_property
    def real(self) -> float:
        """bn USD of 2018 in one unit of nominal value: base scale over the world's consumption price."""
        deflator = 1.0 / float((self.now["expenditure"] / self.market.price_index).sum())
        return self.setting.usd / deflator

    @cached_property
    def cube(self) -> Array:
        """Deliveries at basic prices by location of the plant [o, d, s]."""
        return sum_by(self.fixed.cell, self.books.value, int(np.prod(self.fixed.size))).reshape(self.fixed.size)

    @cached_property
    def owned(self) -> Array:
        """Deliveries by buyer region, segment and owner region of the supplier [d, s, r]."""
        links, economy = self.setting.economy.links, self.setting.economy
        r, _, s = self.fixed.size
        place = (economy.buyer_region[links.buyer] * s + economy.table.segment[links.supplier]) * r
        place = place + self.setting.plants.owner[links.supplier]
        return sum_by(place, self.books.value, r * s * r).reshape(r, s, r)

    @cached_property
    def chips(self) -> Array:
        """Chip products on customs basis [o, d]: leaving from where wafers are made."""
        links, n = self.setting.economy.links, self.setting.n
        region = self.setting.economy.buyer_region[links.buyer]
        chip = np.isin(self.setting.economy.table.segment[links.supplier], CHIPS)
        place = links.supplier[chip] * self.fixed.size[1] + region[chip]
        by_plant = sum_by(place, self.books.value[chip], n * self.fixed.size[1]).reshape(n, -1)
        return np.asarray(customs_view(self.setting, self.fixed, wafers(self.setting, self.books.value)).T @ by_plant)

    @cached_property
    def sales(self) -> Array:
        """Value of each plant's output [n]."""
        return np.asarray(self.market.price * self.market.output)

    def by_owner(self, value: Array) -> Array:
        """Sum of a plant value by owner region and segment [r, s]."""
        owner, segment = self.setting.plants.owner, self.setting.economy.table.segment
        return sum_by(owner * self.fixed.size[2] + segment, value, self.fixed.size[0] * self.fixed.size[2]).reshape(
            self.fixed.size[0], -1
        )

    @cached_property
    def value_added(self) -> Array:
        """Value added by location and segment [r, s]: revenue and subsidy less current purchases (nominal)."""
        economy, n = self.setting.economy, self.setting.n
        links = economy.links
        bought = sum_by(links.buyer, self.books.paid, len(economy.buyer_region))[:n]
        apart = sum_by(links.buyer, self.other, len(economy.buyer_region))[:n]
        subsidy = self.now["terms"].subsidy
        value = self.sales * (1 + subsidy / (1 - subsidy)) - bought + apart
        place = economy.table.location * self.fixed.size[2] + economy.table.segment
        return sum_by(place, value, self.fixed.size[0] * self.fixed.size[2]).reshape(self.fixed.size[0], -1)

    @cached_property
    def other(self) -> Array:
        """Purchases that follow no technique, at buyers' prices [l]."""
        links, terms = self.setting.economy.links, self.now["terms"]
        price = self.market.price[links.supplier]
        return np.asarray((1 + terms.duty) * terms.ship * price * self.now["delivered"].fixed)

    @cached_property
    def evaded(self) -> Array:
        """Deliveries at basic prices that come through third regions, by region of the buyer [d, s]."""
        value = self.books.value * self.now["evaded"]
        return np.asarray(sum_by(self.fixed.cell, value, int(np.prod(self.fixed.size))).reshape(self.fixed.size).sum(0))

    @cached_property
    def levels(self) -> Array:
        """Capability behind the frontier by owner region and segment [r, s], weighted by output; NaN where none."""
        table, weight = self.setting.economy.table, self.market.output
        place = self.setting.plants.owner * self.fixed.size[2] + table.segment
        size = self.fixed.size[0] * self.fixed.size[2]
        total = sum_by(place, weight, size)
        level = sum_by(place, weight * self.now["capability"], size)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (level / total).reshape(self.fixed.size[0], -1)

    @property
    def elapsed(self) -> float:
        """Years since the start, at this quarter's start."""
        return float(self.now["year"] - self.setting.dt - self.setting.first_year)


def share(part: Array, whole: Array) -> Array:
    """Percent of a whole; NaN (no row) where the whole is zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, 100 * part / whole, np.nan))


def abroad(flows: Array, axis: int) -> Array:
    """Sum of [o, d, ...] over the other side, without domestic flows."""
    own = np.einsum("rr...->r...", flows)
    return np.asarray(flows.sum(axis) - own)


def no_diagonal(flows: Array) -> Array:
    """[o, d] with domestic flows left out (no row)."""
    return np.where(np.eye(len(flows), dtype=bool), np.nan, flows)


def bloc_index(flows: Array, blocs: tuple[tuple[int, ...], tuple[int, ...]]) -> float:
    """1 - observed/expected cross-bloc flow over members, domestic flows in; NaN without flows (OBSERVABLES)."""
    a, b = (list(side) for side in blocs)
    members = a + b
    x = flows[np.ix_(members, members)]
    total, k = x.sum(), len(a)
    expected = (x[:k].sum() * x[:, k:].sum() + x[k:].sum() * x[:, :k].sum()) / total if total > 0 else 0.0
    return float(1 - (x[:k, k:].sum() + x[k:, :k].sum()) / expected) if expected > 0 else float("nan")


Compute = Callable[[Book], Array]


@dataclass(frozen=True)
class Outcome:
    """A declared outcome: variable template, unit, label axes after the region, and how to read it off a book.

    `compute` gives [region] or [region, label...]; labels fill {} in the template in order. `default` names
    regions recorded unless asked for more: 'all', 'main' (focus, USA, CHN) or 'none'. `world`: one series.
    """

    template: str
    unit: str
    compute: Compute
    labels: tuple[tuple[str, ...], ...] = ()
    default: str = "all"
    world: bool = False


USD = "bn USD of 2018"
REGION_LABELS = (REGIONS,)
SEGMENT_LABELS = (SEGMENT_NAMES,)
LAYER_LABELS = (tuple(LAYER_NAMES[layer] for layer in LAYERS if layer != "rest"),)


def _layers(book: Book) -> Array:
    """Bloc index by layer [1, layer]."""
    columns = [[SEGMENT_INDEX[s] for s in LAYERS[layer]] for layer in LAYERS if layer != "rest"]
    return np.array([[bloc_index(book.cube[:, :, c].sum(2), book.fixed.blocs) for c in columns]])


def _gap_years(book: Book) -> Array:
    growth = book.setting.behaviour.frontier_growth
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(growth > 0, -book.levels / np.where(growth > 0, growth, 1.0), np.nan)


def _firm(book: Book, value: Array) -> Array:
    """[firm] sums of a plant value."""
    return sum_by(book.fixed.firm, value, len(book.fixed.firms) + 1)[:-1]


def _hhi(book: Book) -> Array:
    """HHI of named suppliers in each region's purchases [d, s]; the fringe counts as atomistic."""
    links, f = book.setting.economy.links, book.setting.economy.links.supplier
    firms = len(book.fixed.firms) + 1
    r, s = book.fixed.size[0], book.fixed.size[2]
    d = book.setting.economy.buyer_region[links.buyer]
    place = (d * s + book.setting.economy.table.segment[f]) * firms + book.fixed.firm[f]
    value = sum_by(place, book.books.value, r * s * firms).reshape(r, s, firms)
    total = value.sum(2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, ((value[:, :, :-1] / total[:, :, None]) ** 2).sum(2), np.nan)


def _chokepoint(book: Book) -> Array:
    """(Largest foreign supplier share)^2 of each region's purchases [d, s]."""
    total = book.cube.sum(0)
    foreign = book.cube * (1 - np.eye(book.fixed.size[0]))[:, :, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (foreign.max(0) / total) ** 2, np.nan)


def _stockpile(book: Book) -> Array:
    """Stocks of each segment held by a region's plants [r, s], in quarters of use; NaN where nobody uses it."""
    links, economy = book.setting.economy.links, book.setting.economy
    cells = len(book.now["stock"])
    buyer = links.cell_buyer[:cells]
    place = economy.buyer_region[buyer] * book.fixed.size[2] + links.cell_segment[:cells]
    size = book.fixed.size[0] * book.fixed.size[2]
    held, used = sum_by(place, book.now["stock"], size), sum_by(place, book.market.output[buyer], size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(used > 0, held / used, np.nan).reshape(book.fixed.size[0], -1)


def _compliance(book: Book) -> Array:
    """Extra units that two standards cost exporters, and the fixed cost of standards kept [r], nominal."""
    economy = book.setting.economy
    extra = book.books.value * (1 - 1 / book.now["standards"])
    origin = economy.table.location[economy.links.supplier]
    rest = economy.table.segments - 1
    price = np.array([_rest_price(book, r, rest) for r in range(economy.regions)])
    fixed = sum_by(economy.table.location, book.now["standards_cost"], economy.regions) * price
    return np.asarray(sum_by(origin, extra, economy.regions) + fixed)


def _rest_price(book: Book, region: int, rest: int) -> float:
    """Mean price of rest made in a region."""
    table = book.setting.economy.table
    own = (table.location == region) & (table.segment == rest)
    weight = book.setting.economy.output0[own]
    return float((book.market.price[own] * weight).sum() / weight.sum())


def _income(book: Book) -> Array:
    return np.asarray(book.books.income / book.market.price_index / book.fixed.base_income)


def _consumption(book: Book) -> Array:
    economy = book.setting.economy
    return np.asarray(book.now["expenditure"] / book.market.price_index / economy.expenditure0)


def outcomes(setting: Setting, fixed: Fixed) -> tuple[Outcome, ...]:
    """All declared outcomes of a run with these firms and networks."""
    found = [
        Outcome("Real Income", "index", _income),
        Outcome("Real Consumption", "index", _consumption),
        Outcome("GDP", "index", lambda b: b.gdp_index),
        Outcome("GNP", "index", lambda b: b.gdp_index * b.books.gnp / b.books.gdp * b.fixed.base_gdp),
        Outcome("Employment Gap", "percent", lambda b: 100 * b.now["employment_gap"]),
        Outcome("Value Added|{}", USD, lambda b: b.value_added * b.real, SEGMENT_LABELS, "main"),
        Outcome("Sales|{}", USD, lambda b: b.by_owner(b.sales) * b.real, SEGMENT_LABELS, "none"),
        Outcome("Profit|{}", USD, lambda b: b.by_owner(b.books.profit) * b.real, SEGMENT_LABELS, "none"),
        Outcome("Purchases|{}", USD, lambda b: b.cube.sum(0) * b.real, SEGMENT_LABELS, "none"),
        Outcome("World Purchases Share|{}", "percent", lambda b: share(b.cube.sum(0), b.cube.sum((0, 1))), SEGMENT_LABELS, "none"),
        Outcome("Exports", USD, lambda b: abroad(b.cube, 1).sum(1) * b.real),
        Outcome("Imports", USD, lambda b: abroad(b.cube, 0).sum(1) * b.real),
        Outcome("Exports|{}", USD, lambda b: abroad(b.cube, 1) * b.real, SEGMENT_LABELS, "none"),
        Outcome("Imports|{}", USD, lambda b: abroad(b.cube, 0) * b.real, SEGMENT_LABELS, "none"),
        Outcome("Exports|to {}", USD, lambda b: no_diagonal(b.cube.sum(2)) * b.real, REGION_LABELS, "main"),
        Outcome("Imports|from {}", USD, lambda b: no_diagonal(b.cube.sum(2)).T * b.real, REGION_LABELS, "main"),
        Outcome("Exports|Chips", USD, lambda b: abroad(b.chips, 1) * b.real, (), "main"),
        Outcome("Imports|Chips", USD, lambda b: abroad(b.chips, 0) * b.real, (), "main"),
        Outcome("Exports|Chips|to {}", USD, lambda b: no_diagonal(b.chips) * b.real, REGION_LABELS, "main"),
        Outcome("Imports|Chips|from {}", USD, lambda b: no_diagonal(b.chips).T * b.real, REGION_LABELS, "none"),
        Outcome("Exports Share|to {}", "percent", lambda b: share(no_diagonal(b.cube.sum(2)), abroad(b.cube, 1).sum(1)[:, None]), REGION_LABELS, "none"),
        Outcome("Exports Share|Chips|to {}", "percent", lambda b: share(no_diagonal(b.chips), abroad(b.chips, 1)[:, None]), REGION_LABELS, "main"),
        Outcome("Imports Share|Chips|from {}", "percent", lambda b: share(no_diagonal(b.chips).T, abroad(b.chips, 0)[:, None]), REGION_LABELS, "none"),
        Outcome("Self-Sufficiency|Chips", "percent", lambda b: share(np.diag(b.chips), b.chips.sum(0)), (), "main"),
        Outcome("Supplier Share|{}|{}", "percent", lambda b: share(b.owned, b.cube.sum(0)[:, :, None]), (SEGMENT_NAMES, REGIONS), "none"),
        Outcome("Capability|{}", "log points", lambda b: b.levels + b.setting.behaviour.frontier_growth * b.elapsed, SEGMENT_LABELS, "none"),
        Outcome("Capability Gap|{}", "years behind the frontier", _gap_years, SEGMENT_LABELS, "main"),
        Outcome("HHI|{}", "index 0-1", _hhi, SEGMENT_LABELS, "none"),
        Outcome("Chokepoint Index|{}", "index 0-1", _chokepoint, SEGMENT_LABELS, "none"),
        Outcome("Bloc Index|{}", "index", _layers, LAYER_LABELS, "all", True),
        Outcome("Stockpile|{}", "quarters of use", _stockpile, SEGMENT_LABELS, "none"),
        Outcome("Evaded Trade|{}", USD, lambda b: b.evaded * b.real, SEGMENT_LABELS, "none"),
        Outcome("Compliance Cost|Dual Standards", USD, lambda b: _compliance(b) * b.real),
        Outcome("Firm Revenue|{}", USD, lambda b: _owned(b, _firm(b, b.sales)) * b.real, (fixed.firms,), "firms"),
    ]  # fmt: skip
    found += [o for network in setting.networks for o in _network_outcomes(network.segment, network.ecosystems)]
    return tuple(found)


def _owned(book: Book, value: Array) -> Array:
    """[r, firm]: the value in the owner's region, NaN elsewhere (no row)."""
    owner = np.zeros(len(book.fixed.firms), int)
    owner[book.fixed.firm[book.fixed.firm < len(owner)]] = book.setting.plants.owner[book.fixed.firm < len(owner)]
    held = np.full((book.fixed.size[0], len(value)), np.nan)
    held[owner, np.arange(len(value))] = value
    return held


def _network_outcomes(segment: str, ecosystems: tuple[str, ...]) -> list[Outcome]:
    """Choices, installed bases and, for hosts, developers' places."""
    name = SEGMENT_NAMES[SEGMENTS.index(segment)]

    def network(book: Book) -> tuple[Index, Array]:
        found = next(x for x in book.setting.networks if x.segment == segment)
        return found.column, found.users

    def installed(book: Book) -> Array:
        column, users = network(book)
        return np.asarray(book.now["base"][:, column] * users[:, None])

    def chosen(book: Book) -> Array:
        return np.asarray(100 * book.now["new_choices"][:, network(book)[0]])

    found = [
        Outcome(f"Ecosystem Share|{name}|{{}}", "percent of new choices", chosen, (ecosystems,), "main"),
        Outcome(f"Installed Base|{name}|{{}}", "million", installed, (ecosystems,), "main"),
    ]
    if segment == "open_source":
        developers = lambda b: share(installed(b), installed(b).sum(0)[None])  # noqa: E731
        found.append(Outcome("Developers Share|{}", "percent", developers, (ecosystems,), "none"))
    return found


class Recorder:
    """Collects one row of values a quarter for the series that are recorded."""

    def __init__(
        self, setting: Setting, pattern: str | None = None, blocs: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    ) -> None:
        """pattern: None for the default series, 'all', or a glob on variable names ('Exports*')."""
        sides = blocs or ((REGIONS.index("USA"),), (REGIONS.index("CHN"),))
        self.setting = setting
        self.gdp = ChainedGdp(setting)
        ratio = self.gdp.base_gdp / self.gdp.base_gnp
        self.fixed = fixed_indices(setting, sides)._replace(base_gdp=ratio)
        self.declared = outcomes(setting, self.fixed)
        self.keys: list[Key] = []
        self.kept: list[Array] = []
        for outcome in self.declared:
            keys, keep = self._select(outcome, pattern)
            self.keys += keys
            self.kept.append(keep)
        self.rows: list[Array] = []

    def _select(self, outcome: Outcome, pattern: str | None) -> tuple[list[Key], Array]:
        """Keys of the series kept of one outcome, and which of its flattened values they are."""
        regions = ("World",) if outcome.world else self.setting.regions
        labels: list[tuple[str, ...]] = [()]
        for axis in outcome.labels:
            labels = [(*done, label) for done in labels for label in axis]
        main = {self.setting.regions[self.setting.focus], *MAIN, "World"}
        keys, keep = [], []
        for i, (region, label) in enumerate((r, x) for r in regions for x in labels):
            variable = outcome.template.format(*label)
            usual = outcome.default in ("all", "firms") or (outcome.default == "main" and region in main)
            wanted = usual if pattern is None else pattern == "all" or fnmatchcase(variable, pattern) or usual
            if wanted:
                keys.append((region, variable, outcome.unit))
                keep.append(i)
        return keys, np.array(keep, int)

    def add(self, now: State) -> None:
        """Record the quarter that has just run."""
        book = Book(self.setting, self.fixed, now, self.gdp.add(now))
        parts = [np.ravel(o.compute(book))[keep] for o, keep in zip(self.declared, self.kept, strict=True) if len(keep)]
        self.rows.append(np.concatenate(parts))

    def last(self, variable: str, region: str) -> float:
        """The last value of a series; NaN before the first quarter."""
        place = next(i for i, key in enumerate(self.keys) if key[:2] == (region, variable))
        return float(self.rows[-1][place]) if self.rows else float("nan")

    def table(self) -> tuple[tuple[Key, ...], Array]:
        """Keys (sorted) and values [series, t]; series that are NaN throughout are left out."""
        values = np.array(self.rows).T
        values = np.where(np.isfinite(values), values, np.nan)
        order = [i for i in sorted(range(len(self.keys)), key=self.keys.__getitem__) if np.isfinite(values[i]).any()]
        return tuple(self.keys[i] for i in order), values[order]
