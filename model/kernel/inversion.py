"""Base-year inversion: from a balanced table to calibrated shares, with no free constant (E1).

Everything behavioural is then written in ratios to 2018Q1, so the table is reproduced exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from model.errors import TableError
from model.kernel.links import Array, Index, Links, Mask, build_links, sum_by
from model.kernel.table import BaseTable

COBB_DOUGLAS = 1e-4
"""Elasticities this close to one use the Cobb-Douglas form, in primal and dual alike."""
BALANCE_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Elasticities:
    """Long-run elasticities: sigma [S] between suppliers of a segment; eta between segments and labour.

    eta [S] by buying segment, eta_capital of investors, eta_final of final users.
    """

    sigma: Array
    eta: Array
    eta_capital: float
    eta_final: float


class Groups(NamedTuple):
    """Plants by region and segment, for the solver (kernel/linear.py). `count` groups.

    group [n] of each plant; pair [lt] group of the buying plant or investor x count + supplier's group (final users: 0, with
    weight 0); cost_weight [T] weight of the buyer in its group's mean cost; flow [lt] supplier's group x (count + R) + the
    buyer's column in the small trade system; no_plant [k + R] weights beside plants.
    """

    count: int  # type: ignore[assignment]  # instead of tuple's method
    group: Index
    pair: Index
    cost_weight: Array
    flow: Index
    no_plant: Array


class Nests(NamedTuple):
    """What the CES nests raise to (E2, E3), where they raise it: sigma and rho [k] of cells and [lt] of links, eta and
    upper rho [k] of the cell's buyer, root [T] = 1 / upper rho; root_index [k] = 1 / (1 - sigma), cost [T] and cost_cell [k]
    1 - eta (1 where not used); duty0 [lt] one plus the base tariff; in_cell [k], of_buyer [T] number of links, by which
    `np.repeat` spreads what is of cells or buyers over their links; plain [k], plain_buyers [T]: Cobb-Douglas, if any."""

    sigma: Array
    sigma_link: Array
    rho: Array
    rho_link: Array
    eta: Array
    upper: Array
    root: Array
    root_index: Array
    cost: Array
    cost_cell: Array
    duty0: Array
    in_cell: Index
    of_buyer: Index
    plain: Mask
    plain_buyers: Mask
    any_plain: bool
    any_plain_buyer: bool


def group_plants(table: BaseTable, links: Links, investor: Index, capital0: Array) -> Groups:
    """Groups of plants that share region and segment, and what the solver needs of them."""
    k, regions = len(table.investors), table.regions
    _, group = np.unique(table.location * table.segments + table.segment, return_inverse=True)
    count = int(group.max()) + 1
    size = np.maximum(table.output, 1e-12)
    share = size / sum_by(group, size, count)[group]
    has = investor >= 0
    of_investor = np.zeros(k, np.int64)
    of_investor[investor[has]] = group[has]
    by_investor = sum_by(investor[has], (share * capital0)[has], k) if k else np.zeros(0)
    buyer_group = np.concatenate([group, of_investor, np.zeros(regions, np.int64)])
    weight = np.concatenate([share, by_investor, np.zeros(regions)])
    f, b = links.supplier[: links.technique], links.buyer[: links.technique]
    activity = np.concatenate([group, np.zeros(k, np.int64), count + np.arange(regions)])
    no_plant = np.concatenate([np.zeros(k), np.ones(regions)])
    flow = group[f] * (count + regions) + activity[b]
    return Groups(count, group, buyer_group[b] * count + group[f], weight, flow, no_plant)


@dataclass(frozen=True)
class Economy:
    """Calibrated shares of one base table. Axes: l links, k cells, b/T buyers with technique, n plants.

    input0 [lt] a0, units of f per unit of b; theta [lt] lower shares; upper [k] and labour_share [T]
    shares of current cost; labour0 [n] l0; capital0 [n] depreciation per unit; kappa [n] price of a
    unit of capacity x 4; markup [n]; tariff0 [l]; flow0 [l]; fixed0 [l] purchases without technique;
    labour [R]; balance [R]; expenditure0 [R]; trade_ratio0 [R] (exports + imports)/E.
    """

    table: BaseTable
    links: Links
    sigma: Array
    eta: Array
    rho: Array
    rho_upper: Array
    buyer_region: Index
    investor: Index
    latent: Mask
    input0: Array
    theta: Array
    upper: Array
    labour_share: Array
    labour0: Array
    capital0: Array
    kappa: Array
    markup: Array
    tariff0: Array
    flow0: Array
    fixed0: Array
    output0: Array
    investment0: Array
    expenditure0: Array
    labour: Array
    balance: Array
    trade_ratio0: Array
    groups: Groups

    @cached_property
    def n(self) -> int:
        """Plants."""
        return self.table.plants

    @cached_property
    def k(self) -> int:
        """Investors."""
        return len(self.table.investors)

    @cached_property
    def regions(self) -> int:
        """Regions."""
        return self.table.regions

    @cached_property
    def nests(self) -> Nests:
        """Elasticities and exponents at the cells and links that they act on."""
        return nests(self)

    @cached_property
    def home(self) -> Array:
        """1 where a plant stands [R, n]."""
        return np.asarray(np.arange(self.regions)[:, None] == self.table.location, float)

    @cached_property
    def lane(self) -> tuple[Index, Index, Index]:
        """Origin, destination and segment of each link [l]: the cell of a wedge by o, d, s that it reads."""
        f, b = self.links.supplier, self.links.buyer
        return self.table.location[f], self.buyer_region[b], self.table.segment[f]

    @cached_property
    def trade_lane(self) -> Index:
        """Origin x destination of each link [l]: location of the supplier times R plus region of the buyer."""
        return np.asarray(self.lane[0] * self.regions + self.lane[1])

    @cached_property
    def place(self) -> Index:
        """Place of each link [l] in a [plant, region of the buyer] array laid out flat."""
        return np.asarray(self.links.supplier * self.regions + self.lane[1])

    def of_investor(self, share: Array, value: Array) -> Array:
        """A plant's share of what its investor holds or pays: share [n] x value [k] -> [n], 0 without investor."""
        if not self.k:
            return np.zeros(self.n)
        return np.where(self.investor >= 0, share * value[self.investor], 0.0)

    @cached_property
    def final(self) -> slice:
        """Final users among the buyers."""
        return slice(self.n + self.k, self.n + self.k + self.regions)

    @cached_property
    def buyers(self) -> int:
        """T, buyers with a technique."""
        return self.n + self.k + self.regions


def nests(economy: Economy) -> Nests:
    """Elasticities and exponents of an economy spread over cells and links."""
    segment, buyer, cell = economy.links.cell_segment, economy.links.cell_buyer, economy.links.cell
    sigma, rho = economy.sigma[segment], economy.rho[segment]
    plain, plain_buyers = abs(sigma - 1) < COBB_DOUGLAS, abs(economy.eta - 1) < COBB_DOUGLAS
    cost = np.where(plain_buyers, 1.0, 1 - economy.eta)
    return Nests(
        sigma, sigma[cell], rho, rho[cell], economy.eta[buyer], economy.rho_upper[buyer], 1 / economy.rho_upper,
        1 / np.where(plain, 1.0, 1 - sigma), cost, cost[buyer], 1 + economy.tariff0[: economy.links.technique],
        np.diff(economy.links.start, append=economy.links.technique), np.diff(economy.links.pointer), plain, plain_buyers, bool(plain.any()), bool(plain_buyers.any()),
    )  # fmt: skip


def investor_of(table: BaseTable) -> Index:
    """The investor of each plant [n], or -1 where its segment has no capital goods.

    The first owner to build in a cell (a latent plant, E34) buys through that cell's local investor.
    """
    place = {(int(r), int(s)): i for i, (r, s) in enumerate(table.investors[:, :2])}
    pairs = zip(table.location.tolist(), table.segment.tolist(), strict=True)
    found = np.array([place.get(pair, -1) for pair in pairs], np.int64)
    if table.investors.shape[1] > 2:  # a third column tells investors of one segment apart by owner
        owner = table.owner.argmax(0)
        exact = {(int(r), int(s), int(o)): i for i, (r, s, o) in enumerate(table.investors)}
        triples = zip(table.location.tolist(), table.segment.tolist(), owner.tolist(), strict=True)
        found = np.array([exact.get(triple, exact.get((*triple[:2], triple[0]), -1)) for triple in triples], np.int64)
    return found


def build_economy(table: BaseTable, elasticity: Elasticities) -> Economy:
    """Invert a balanced table (E1). TableError if it does not balance or a plant has no wages."""
    n, k, regions = table.plants, len(table.investors), table.regions
    buyers = n + k + regions
    buyer_region = np.r_[table.location, table.investors[:, 0], np.arange(regions), np.arange(regions)]
    output0, latent = table.output, table.output == 0
    investor = investor_of(table)
    investment0 = sum_by(investor[investor >= 0], table.investment[investor >= 0], k) if k else np.zeros(0)
    tariff = table.tariff[table.location[:, None], buyer_region[None], table.segment[:, None]]
    expenditure0 = ((1 + tariff) * table.flow)[:, n + k : buyers].sum(0)
    scale = np.r_[np.where(latent, 1, output0), np.where(investment0 > 0, investment0, 1), expenditure0]
    inputs, labour0 = table.flow[:, :buyers] / scale, table.wages / scale[:n]
    capital0 = table.investment / scale[:n]
    kappa = _capital_price(table)
    for f in np.flatnonzero(latent):
        peers = np.flatnonzero(_peers(table, int(f), latent))
        weight = output0[peers] / output0[peers].sum()
        inputs[:, f], labour0[f] = inputs[:, peers] @ weight, labour0[peers] @ weight
        capital0[f], kappa[f] = capital0[peers] @ weight, kappa[peers] @ weight
    spend, theta, by_segment = _shares(table, inputs, tariff[:, :buyers], latent)
    a0 = np.where(latent[:, None], theta * by_segment[table.segment] / (1 + tariff[:, :buyers]), inputs)
    cost = np.r_[labour0, np.zeros(k + regions)] + spend.sum(0)
    present = _present(table, theta, buyers)
    links = build_links(present, table.segment, buyers)
    lf, lb = links.supplier, links.buyer
    tf, tb = lf[: links.technique], lb[: links.technique]
    flow0 = table.flow[lf, lb]
    economy = Economy(
        table=table, links=links, sigma=elasticity.sigma,
        eta=np.r_[elasticity.eta[table.segment], np.full(k, elasticity.eta_capital), np.full(regions, elasticity.eta_final)],
        rho=_exponent(elasticity.sigma), rho_upper=np.zeros(0), buyer_region=buyer_region, investor=investor,
        latent=latent, input0=a0[tf, tb], theta=theta[tf, tb],
        upper=by_segment[links.cell_segment, links.cell_buyer] / cost[links.cell_buyer],
        labour_share=np.r_[labour0, np.zeros(k + regions)] / cost, labour0=labour0, capital0=capital0, kappa=kappa,
        markup=1 / (cost[:n] + capital0), tariff0=tariff[lf, lb], flow0=flow0,
        fixed0=np.where(lb >= buyers, flow0, 0.0), output0=output0, investment0=investment0, expenditure0=expenditure0,
        labour=sum_by(table.location, labour0 * output0, regions),
        balance=np.zeros(0), trade_ratio0=np.zeros(0), groups=group_plants(table, links, investor, capital0),
    )  # fmt: skip
    return _with_balances(_with_upper(economy))


def _exponent(elasticity: Array) -> Array:
    """(e - 1)/e, or 1 where the Cobb-Douglas form is used (the value is then not used)."""
    return np.where(abs(elasticity - 1) < COBB_DOUGLAS, 1.0, (elasticity - 1) / elasticity)


def _with_upper(economy: Economy) -> Economy:
    """Fill in the exponent of the upper nest."""
    return replace(economy, rho_upper=_exponent(economy.eta))


def _capital_price(table: BaseTable) -> Array:
    """kappa [n] = 4 I0 / (depreciation K0): purchases that build one unit of capacity, x 4 (E1)."""
    capacity = np.where(np.isfinite(table.capacity) & (table.capacity > 0), table.capacity, 1.0)
    return np.where(table.investment > 0, 4 * table.investment / (table.depreciation * capacity), 0.0)


def _peers(table: BaseTable, plant: int, latent: Mask) -> Mask:
    """Plants an entrant takes its notional technique from: its region's segment, else the world's."""
    same = (table.segment == table.segment[plant]) & ~latent
    home = same & (table.location == table.location[plant])
    return np.asarray(home if home.any() else same)


def _shares(table: BaseTable, inputs: Array, tariff: Array, latent: Mask) -> tuple[Array, Array, Array]:
    """Spending per unit [n, T], lower shares theta [n, T], spending by segment [S, T]; entrants' theta on top."""
    spend = (1 + tariff) * inputs
    member = np.arange(table.segments)[:, None] == table.segment[None]
    by_segment = member.astype(float) @ spend
    whole = by_segment[table.segment]
    theta = np.divide(spend, whole, out=np.zeros_like(spend), where=whole > 0)
    return spend, np.where(latent[:, None] & (whole > 0), table.theta[:, None], theta), by_segment


def _present(table: BaseTable, theta: Array, buyers: int) -> Mask:
    """Pairs that are links: positive shares, states' purchases, and home rest for every buyer."""
    n, regions = table.plants, table.regions
    present = np.zeros((n, table.flow.shape[1]), bool)
    present[:, :buyers] = theta > 0
    present[:, buyers:] = table.flow[:, buyers:] > 0
    rest = table.segment == table.segments - 1
    present[:, buyers:] |= rest[:, None] & (table.location[:, None] == np.arange(regions)[None])
    return present


def base_profit(economy: Economy) -> Array:
    """Cash profit of each plant in the base year [n]: output less wages, purchases and investment."""
    links, n = economy.links, economy.n
    paid = (1 + economy.tariff0) * economy.flow0
    current = sum_by(links.buyer, paid, len(economy.buyer_region))[:n]
    return economy.output0 - economy.labour0 * economy.output0 - current - economy.table.investment


def _with_balances(economy: Economy) -> Economy:
    """External balances B = E - Y of the base year, and the checks that refuse a table."""
    links, table, regions = economy.links, economy.table, economy.regions
    region = economy.buyer_region[links.buyer]
    duty = sum_by(region, economy.tariff0 * economy.flow0, regions)
    state = sum_by(region, (1 + economy.tariff0) * economy.fixed0, regions)
    income = economy.labour + table.owner @ base_profit(economy) + duty - state
    balance = economy.expenditure0 - income
    origin = table.location[links.supplier]
    cross = np.where(origin != region, economy.flow0, 0.0)
    trade = sum_by(origin, cross, regions) + sum_by(region, cross, regions)
    if abs(balance.sum()) > BALANCE_TOLERANCE or abs(economy.expenditure0.sum() - 1) > BALANCE_TOLERANCE:
        raise TableError(
            f"the table does not balance: sum of balances {balance.sum():.2g}, of final use {economy.expenditure0.sum():.12g}"
        )
    if not (economy.labour0 > 0).all():
        raise TableError(f"plants without wages: {np.flatnonzero(~(economy.labour0 > 0)).tolist()}")
    return replace(economy, balance=balance, trade_ratio0=trade / economy.expenditure0)
