"""Limit cases: the model's numbers against closed forms and independent small solvers, and the path against its limit.

Nothing is shared with the solvers under test but the base table. No flag: the path gets parameters at their limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from calibration.registry import central
from calibration.world import build_setting, elasticities
from model.agents.population import Population
from model.kernel.equilibrium import (
    StaticEquilibrium,
    StaticWedges,
    fold_table,
    solve_static,
    solve_universal_gravity,
)
from model.kernel.inversion import build_economy
from model.kernel.links import Array, Mask
from model.kernel.table import BaseTable
from model.schedule import SCHEDULE, Stage, run_quarter
from model.simulation import load
from model.start import start_state
from model.world import Innovation, Setting, State

SIGMA = 5.0
MOST_QUARTERS = 3000
CLOSE = 1e-6
"""Accepted distance of the path from the static equilibrium, relative."""
PAIR = ("memory", "USA", "CHN")
"""Segment, origin and destination of the wedges of the path's limit."""
COST = 1.2
"""Iceberg of the path's limit: units shipped per unit delivered."""


@dataclass(frozen=True)
class LimitCase:
    """One comparison: `expected` from a formula or an independent solver, `found` by the model, same shape.

    name: key of the words under verify.case; quarters: how long the path took (0: static), at most MOST_QUARTERS.
    """

    name: str
    expected: Array
    found: Array
    tolerance: float
    quarters: int = 0

    @property
    def worst(self) -> int:
        """Place of the largest relative difference."""
        return int(np.argmax(abs(self.found / self.expected - 1)))

    @property
    def difference(self) -> float:
        """Largest relative difference |found / expected - 1|."""
        return float(abs(self.found / self.expected - 1).max())

    @property
    def ok(self) -> bool:
        """Whether the difference is within the tolerance (a NaN is not)."""
        return bool(self.difference <= self.tolerance)


# -- one sector --------------------------------------------------------------------------------------
def balanced_trade(seed: int, regions: int) -> Array:
    """[R, R] trade with exports equal to imports, world income 1: random import shares and incomes that fit them."""
    draw = np.random.default_rng(seed)
    share = draw.lognormal(0, 1, (regions, regions)) + 3 * np.eye(regions)
    share /= share.sum(0)
    values, vectors = np.linalg.eig(share)
    income = np.real(vectors[:, np.argmax(np.real(values))])
    return np.asarray(share * income / income.sum())


def one_sector(trade: Array) -> BaseTable:
    """One sector, one plant per region, labour only, no tariffs: the Armington model."""
    return plain_table(np.hstack([np.zeros_like(trade), trade]), 1, np.zeros((len(trade), len(trade), 1)))


def plain_table(flow: Array, segments: int, tariff: Array) -> BaseTable:
    """Plants [R x S] in order of region, flow [n, n + R], tariff [R, R, S]; no markups, capital or states."""
    n, regions = len(flow), tariff.shape[0]
    location, none = np.repeat(np.arange(regions), segments), np.zeros(n)
    segment = np.tile(np.arange(segments), regions)
    duty = tariff[location[:, None], location[None], segment[:, None]]
    return BaseTable(
        location=location, segment=segment, owner=np.eye(regions)[:, location], investors=np.zeros((0, 2), np.int64),
        flow=np.hstack([flow, np.zeros((n, regions))]), tariff=tariff,
        wages=flow.sum(1) - ((1 + duty) * flow[:, :n]).sum(0), investment=none, capacity=np.full(n, np.inf),
        depreciation=none, build_lag=none, theta=none, entry_capacity=none,
    )  # fmt: skip


def shipping(table: BaseTable, cost: Array) -> StaticWedges:
    """Neutral wedges with icebergs [R, R] by origin and destination."""
    buyer = np.concatenate([table.location, np.arange(table.regions)])
    return replace(StaticWedges.neutral(table), tau=cost[table.location[:, None], buyer[None]])


def armington(trade: Array, cost: Array, sigma: float = SIGMA) -> StaticEquilibrium:
    """The one-sector model after a change of shipping costs [R, R]."""
    table = one_sector(trade)
    return solve_static(table, np.array([sigma]), np.array([0.5]), shipping(table, cost), eta_final=0.8)


def random_costs(seed: int, regions: int) -> Array:
    """[R, R] changes of shipping costs, home 1."""
    shock = np.random.default_rng(seed).normal(0, 0.3, (regions, regions))
    return np.asarray(np.exp(shock * (1 - np.eye(regions))))


def acr_case() -> LimitCase:
    """Real income = (home share new / old)^(1 / (1 - sigma)) (Arkolakis, Costinot and Rodriguez-Clare 2012)."""
    trade = balanced_trade(0, 5)
    found = armington(trade, random_costs(0, 5))
    home = np.diag(found.expenditure_share[:, 5:]) / np.diag(trade / trade.sum(0))
    return LimitCase("acr", home ** (1 / (1 - SIGMA)), found.real_income_change, 1e-10)


def autarky_case() -> LimitCase:
    """All foreign links cut: real income = home share^(1 / (sigma - 1))."""
    trade = balanced_trade(1, 4)
    table = one_sector(trade)
    apart = np.hstack([~np.eye(4, dtype=bool)] * 2)
    cut = replace(StaticWedges.neutral(table), denied=apart)
    found = solve_static(table, np.array([SIGMA]), np.array([0.5]), cut, eta_final=0.8)
    return LimitCase("autarky", np.diag(trade / trade.sum(0)) ** (1 / (SIGMA - 1)), found.real_income_change, 1e-10)


def far_case() -> LimitCase:
    """Shipping costs x 1000 come to autarky: home share^(1 / (sigma - 1))."""
    trade = balanced_trade(1, 4)
    found = armington(trade, np.where(np.eye(4) > 0, 1.0, 1000.0))
    return LimitCase("far", np.diag(trade / trade.sum(0)) ** (1 / (SIGMA - 1)), found.real_income_change, 1e-9)


def identical_case() -> LimitCase:
    """Identical regions, home share h, foreign cost tau: all get (h + (1 - h) tau^(1 - sigma))^(1 / (sigma - 1))."""
    regions, home, tau = 4, 0.7, 1.5
    trade = np.where(np.eye(regions) > 0, home, (1 - home) / (regions - 1)) / regions
    found = armington(trade, np.where(np.eye(regions) > 0, 1.0, tau))
    value = (home + (1 - home) * tau ** (1 - SIGMA)) ** (1 / (SIGMA - 1))
    return LimitCase("identical", np.full(regions, value), found.real_income_change, 1e-10)


def cobb_douglas_cases() -> Iterator[LimitCase]:
    """sigma = 1: shares and wages stay, real income = prod_i tau_ij^(-share_ij); and the mean of both sides of it."""
    trade, cost, h = balanced_trade(2, 4), random_costs(2, 4), 2e-4
    expected = np.exp(-(trade / trade.sum(0) * np.log(cost)).sum(0))
    yield LimitCase("cobb_douglas", expected, armington(trade, cost, 1.0).real_income_change, 1e-10)
    sides = [armington(trade, cost, 1 + x).real_income_change for x in (h, -h)]
    yield LimitCase("near_one", expected, (sides[0] + sides[1]) / 2, 1e-6)


# -- universal gravity -------------------------------------------------------------------------------
def gravity_cases() -> Iterator[LimitCase]:
    """Two regions in closed form, and the one-sector model as its case psi = 0."""
    equal = solve_universal_gravity([[3, 1], [1, 3]], [[1, 2], [2, 1]], 4, 1)
    yield LimitCase("gravity_equal", np.full(2, (49 / 64) ** 0.5), equal.welfare, 1e-10)
    # phi = 1, psi = 0: the market of region 1 is 16 r^3 + 4 r^2 - 3 r - 18 = 0 in r = p_1 / p_2
    unequal = solve_universal_gravity([[3, 1], [1, 2]], [[1, 2], [2, 1]], 1, 0)
    roots = np.roots([16.0, 4.0, -3.0, -18.0])
    root = float(np.real(roots[(abs(np.imag(roots)) < 1e-9) & (np.real(roots) > 0)][0]))
    yield LimitCase("gravity_unequal", np.array([root]), unequal.price[:1] / unequal.price[1:], 1e-10)
    trade, cost = balanced_trade(4, 5), random_costs(4, 5)
    gravity = solve_universal_gravity(trade, cost, SIGMA - 1, 0)
    yield LimitCase("gravity_armington", gravity.welfare, armington(trade, cost).real_income_change, 1e-10)


# -- Caliendo and Parro ------------------------------------------------------------------------------
@dataclass(frozen=True)
class CaliendoParro:
    """Cobb-Douglas cost and demand (gamma [d, k buyer, s], labour [d, k], alpha [d, s]); CES over origins.

    share pi [o, d, s], tariff [o, d, s], expenditure E [d] (world 1), sigma [s].
    """

    share: Array
    tariff: Array
    gamma: Array
    labour: Array
    alpha: Array
    expenditure: Array
    sigma: Array

    @classmethod
    def random(cls, seed: int, regions: int = 3, segments: int = 2) -> CaliendoParro:
        """A random economy with tariffs and imbalances."""
        draw = np.random.default_rng(seed)
        share = draw.lognormal(0, 0.7, (regions, regions, segments)) + 3 * np.eye(regions)[:, :, None]
        cost = draw.uniform(0.5, 1.5, (regions, segments, segments + 1))
        cost /= cost.sum(2, keepdims=True)
        alpha, expenditure = draw.uniform(0.5, 1.5, (regions, segments)), draw.uniform(0.5, 1.5, regions)
        tariff = draw.uniform(0, 0.2, share.shape) * (1 - np.eye(regions))[:, :, None]
        return cls(share / share.sum(0), tariff, cost[:, :, 1:], cost[:, :, 0], alpha / alpha.sum(1, keepdims=True),
                   expenditure / expenditure.sum(), draw.uniform(3, 6, segments))  # fmt: skip

    def revenue(self, share: Array, tariff: Array, expenditure: Array) -> Array:
        """R [o, s] = sum_d pi/(1+t) (sum_k gamma_dks R_dk + alpha_ds E_d), solved as one linear system."""
        regions, segments = self.labour.shape
        net = share / (1 + tariff)
        matrix = np.einsum("ods,dks->osdk", net, self.gamma).reshape(regions * segments, -1)
        constant = np.einsum("ods,ds,d->os", net, self.alpha, expenditure).ravel()
        return np.asarray(np.linalg.solve(np.eye(len(matrix)) - matrix, constant).reshape(regions, segments))

    def duties(self, share: Array, tariff: Array, revenue: Array, expenditure: Array) -> Array:
        """Tariff revenue [d] = sum_os t/(1+t) pi (sum_k gamma R + alpha E)."""
        bought = np.einsum("dks,dk->ds", self.gamma, revenue) + self.alpha * expenditure[:, None]
        return np.asarray(np.einsum("ods,ds->d", tariff / (1 + tariff) * share, bought))

    def table(self) -> BaseTable:
        """The same economy as a base table, plants in order of region and segment."""
        regions, segments = self.labour.shape
        revenue = self.revenue(self.share, self.tariff, self.expenditure)
        net = self.share / (1 + self.tariff)
        inputs = np.einsum("ods,dks,dk->osdk", net, self.gamma, revenue).reshape(regions * segments, -1)
        final = np.einsum("ods,ds,d->osd", net, self.alpha, self.expenditure).reshape(regions * segments, -1)
        return plain_table(np.hstack([inputs, final]), segments, self.tariff)

    def prices(self, wage: Array, cost: Array) -> tuple[Array, Array]:
        """(P [d, s], new pi [o, d, s]) at wages: c = w^labour prod P^gamma, P = (sum pi (cost c)^(1-sigma))^(1/(1-sigma))."""
        index, power = np.ones_like(self.labour), 1 - self.sigma
        for _ in range(500):
            unit = np.exp(self.labour * np.log(wage)[:, None] + np.einsum("dks,ds->dk", self.gamma, np.log(index)))
            terms = self.share * (cost * unit[:, None, :]) ** power
            new = terms.sum(0) ** (1 / power)
            if abs(new / index - 1).max() < 1e-15:
                break
            index = new
        return index, terms / terms.sum(0)

    def solve(self, cost: Array, tariff: Array) -> Array:
        """Real income change [d] by damped wage adjustment until labour demand is w L."""
        base = self.revenue(self.share, self.tariff, self.expenditure)
        supply = (self.labour * base).sum(1)
        income = supply + self.duties(self.share, self.tariff, base, self.expenditure)
        balance, wage, spent = self.expenditure - income, np.ones(len(supply)), self.expenditure
        for _ in range(5000):
            index, share = self.prices(wage, cost * (1 + tariff) / (1 + self.tariff))
            revenue = self.revenue(share, tariff, spent)
            demand = (self.labour * revenue).sum(1)
            earned = wage * supply + self.duties(share, tariff, revenue, spent) + balance
            gap = max(abs(demand / (wage * supply) - 1).max(), abs(earned / earned.sum() / spent - 1).max())
            wage, spent = wage * (demand / (wage * supply)) ** 0.3, earned / earned.sum()
            if gap < 1e-14:
                break
        consumer = np.exp((self.alpha * np.log(index)).sum(1))
        return np.asarray((spent - balance) / consumer / income)


def caliendo_parro_case() -> LimitCase:
    """eta = 1 everywhere is Caliendo and Parro (2015): random tariffs, icebergs and imbalances."""
    world = CaliendoParro.random(0)
    table, draw = world.table(), np.random.default_rng(1)
    cost = np.exp(draw.uniform(0, 0.3, world.share.shape) * (1 - np.eye(3))[:, :, None])
    tariff = world.tariff + 0.1 * (1 - np.eye(3))[:, :, None]
    buyer = np.concatenate([table.location, np.arange(3)])
    cell = (table.location[:, None], buyer[None], table.segment[:, None])
    wedges = replace(StaticWedges.neutral(table), tau=cost[cell], tariff=tariff[cell])
    found = solve_static(table, world.sigma, np.ones(2), wedges, eta_final=1.0)
    return LimitCase("caliendo_parro", world.solve(cost, tariff), found.real_income_change, 1e-10)


# -- the path ----------------------------------------------------------------------------------------
def limit_setting() -> Setting:
    """The project's base table folded, with growth, learning, adoption, entry and rents at zero and capacity infinite.

    Balances are fixed; sourcing, labour and wage speeds are the central ones (overheated wages as slow as others).
    """
    setting = build_setting(central(), load("no_policy"))
    table = fold_table(setting.economy.table)
    economy, b, n = build_economy(table, elasticities(central())), setting.behaviour, table.plants
    behaviour = replace(
        b, growth=0 * b.growth, quality_valuation=np.zeros(n), frontier_growth=0 * b.frontier_growth,
        diffusion_rate=np.zeros(n), rent_speed=0.0, rent_erosion=0.0, investment_speed=0.0, follow_speed=0.0,
        slack=np.ones(n), over_compliance=0.0, input_limit=0.0, smoothing=0.0, habit_speed=0.0,
        wage_speed_up=b.wage_speed, fixed_balance=True,
    )  # fmt: skip
    none = np.zeros(0, np.int64)
    plants = replace(
        setting.plants, entry=np.where(economy.latent, np.inf, -np.inf), membership=np.zeros((n, 0)),
        relocation_speed=np.zeros(n), sisters=(none, none, np.zeros(0)),
    )  # fmt: skip
    return replace(
        setting, economy=economy, behaviour=behaviour, plants=plants, networks=(), ecosystems=(), actions=(),
        states={}, innovation=Innovation(), capability0=np.zeros(n), base0=np.zeros((economy.regions, 0)), agents=Population([], [], []),
    )  # fmt: skip


def links_of(setting: Setting, segments: tuple[str, ...], origins: tuple[str, ...], targets: tuple[str, ...]) -> Mask:
    """[l] links that carry these segments from these regions to others of these."""
    economy, links = setting.economy, setting.economy.links
    o, d = economy.table.location[links.supplier], economy.buyer_region[links.buyer]
    s = economy.table.segment[links.supplier]
    places = [[setting.regions.index(r) for r in side] for side in (origins, targets)]
    of = np.isin(s, [setting.segments.index(x) for x in segments])
    return np.asarray(of & np.isin(o, places[0]) & np.isin(d, places[1]) & (o != d))


Change = Callable[[Setting, State, float], State]
"""(setting, what enact wrote, year) -> the arrays by link to replace."""


def with_links(change: Change) -> tuple[Stage, ...]:
    """The schedule with some of the arrays by link replaced after `enact`."""
    first = SCHEDULE[0]

    def enact(setting: Setting, now: SimpleNamespace) -> State:
        written = first.function(setting, now)
        return written | change(setting, written, now.year)

    return (replace(first, function=enact), *SCHEDULE[1:])


def iceberg(hit: Mask, cost: float) -> Change:
    """Units shipped per unit delivered, times `cost` on these links."""
    return lambda setting, written, year: {"ship": np.where(hit, cost * written["ship"], written["ship"])}


def denied(hit: Mask, share: float) -> Change:
    """A share of orders denied on these links; 1 cuts them."""

    def change(setting: Setting, written: State, year: float) -> State:
        denial = np.where(hit, 1 - (1 - written["denial"]) * (1 - share), written["denial"])
        lt = setting.economy.links.technique
        return {"denial": denial, "open_links": written["open_links"] & (denial[:lt] < 1)}

    return change


def path_case(cut: bool, most: int = MOST_QUARTERS) -> LimitCase:
    """The long-run path under an iceberg or a full cut of one segment-pair against `solve_static` of the folded table."""
    setting = limit_setting()
    table, segment = setting.economy.table, PAIR[0]
    hit = links_of(setting, (segment,), PAIR[1:2], PAIR[2:])
    static = _static_pair(setting, cut)
    live = table.output > 0
    expected = np.concatenate([static.real_income, static.wage, static.price_index, static.price[live], static.output[live]])
    schedule = with_links(denied(hit, 1.0) if cut else iceberg(hit, COST))
    state, name = start_state(setting), "path_cut" if cut else "path_iceberg"
    while True:
        state = run_quarter(setting, state, schedule)
        market = state["delivered"].market
        found = np.concatenate([
            state["books"].income / market.price_index, state["wage"], market.price_index, market.price[live],
            market.output[live],
        ])  # fmt: skip
        if abs(found / expected - 1).max() < CLOSE / 10 or state["quarter"] >= most:
            return LimitCase(name, expected, found, CLOSE, state["quarter"])


def _static_pair(setting: Setting, cut: bool) -> StaticEquilibrium:
    """The static equilibrium under the same wedge."""
    table, e = setting.economy.table, elasticities(central())
    buyer = np.concatenate([table.location, np.arange(table.regions)])
    made = (table.location == setting.regions.index(PAIR[1])) & (table.segment == setting.segments.index(PAIR[0]))
    cell = made[:, None] & (buyer == setting.regions.index(PAIR[2]))[None]
    wedges = StaticWedges.neutral(table)
    wedges = replace(wedges, denied=wedges.denied | cell) if cut else replace(wedges, tau=np.where(cell, COST, 1.0))
    return solve_static(table, e.sigma, e.eta, wedges, eta_final=e.eta_final)


def limit_cases(quick: bool = False) -> list[LimitCase]:
    """All limit cases; `quick` leaves out the long-run paths."""
    found = [acr_case(), autarky_case(), far_case(), identical_case(), *cobb_douglas_cases(), *gravity_cases()]
    found.append(caliendo_parro_case())
    return found if quick else [*found, path_case(cut=False), path_case(cut=True)]
