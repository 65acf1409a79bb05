"""The static solver and universal gravity against closed forms and independent solutions."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import optimize

from model.errors import ConvergenceError, ModelError
from model.kernel.adjustment import expected_drift
from model.kernel.equilibrium import (
    StaticEquilibrium,
    StaticWedges,
    fold_table,
    solve_static,
    solve_universal_gravity,
)
from model.kernel.external import external_balances, find_blocs, habit_in_blocs, paid_abroad
from model.kernel.inversion import Elasticities, build_economy
from model.kernel.table import Array, BaseTable
from model.kernel.technique import composite, prepare_composite, rationed_composite, solve_dual, yield_of
from tests.oracle import economies

SIGMA = 5.0


def balanced_trade(seed: int, regions: int) -> Array:
    """[R, R] trade with exports equal to imports: random import shares and the incomes that fit them."""
    draw = np.random.default_rng(seed)
    share = draw.lognormal(0, 1, (regions, regions)) + 3 * np.eye(regions)
    share /= share.sum(0)
    values, vectors = np.linalg.eig(share)
    income = np.real(vectors[:, np.argmax(np.real(values))])
    return np.asarray(share * income / income.sum())


def armington(trade: Array, intermediates: Array | None = None) -> BaseTable:
    """One sector, one plant per region, no markups, no tariffs; with [R, R] flows between plants if given."""
    regions = len(trade)
    inputs = np.zeros_like(trade) if intermediates is None else intermediates
    flow = np.hstack([inputs, trade, np.zeros_like(trade)])
    none = np.zeros(regions)
    return BaseTable(
        location=np.arange(regions), segment=np.zeros(regions, np.int64), owner=np.eye(regions),
        investors=np.zeros((0, 2), np.int64), flow=flow, tariff=np.zeros((regions, regions, 1)),
        wages=flow.sum(1) - inputs.sum(0), investment=none, capacity=np.full(regions, np.inf), depreciation=none,
        build_lag=none, theta=none, entry_capacity=none,
    )  # fmt: skip


def with_costs(table: BaseTable, cost: Array) -> StaticWedges:
    """Neutral wedges with icebergs [R, R]."""
    buyer = np.concatenate([table.location, np.arange(table.regions)])
    neutral = StaticWedges.neutral(table)
    tau = cost[table.location[:, None], buyer[None, :]]
    return StaticWedges(neutral.denied, tau, neutral.tariff, neutral.quality, neutral.subsidy)


def solve_one_sector(table: BaseTable, cost: Array, sigma: float = SIGMA) -> StaticEquilibrium:
    """One sector, no intermediates."""
    return solve_static(table, np.array([sigma]), np.array([0.5]), with_costs(table, cost), eta_final=0.8)


def foreign(cost: float, regions: int) -> Array:
    """[R, R] the same cost change on every foreign link."""
    return np.where(np.eye(regions) > 0, 1.0, cost)


def random_case(seed: int) -> tuple[BaseTable, StaticWedges]:
    """A folded random economy with tariffs, markups, owners and an entrant, and random wedges."""
    table = fold_table(economies.random_table(seed))
    draw, neutral = np.random.default_rng(50 + seed), StaticWedges.neutral(table)
    tau = np.exp(draw.uniform(0, 0.4, neutral.tau.shape))
    quality = draw.normal(0, 0.1, neutral.tau.shape)
    subsidy = draw.uniform(0, 0.1, table.plants)
    denied = np.zeros_like(neutral.denied)  # the entrant enters
    return table, StaticWedges(denied, tau, neutral.tariff + 0.05, quality, subsidy)


def solve_random(table: BaseTable, wedges: StaticWedges, **changes: object) -> StaticEquilibrium:
    """With the demo's elasticities."""
    p = economies.parameters()
    return solve_static(table, p.sigma, p.eta, wedges, eta_final=p.eta_final, **changes)  # type: ignore[arg-type]


# -- closed forms ------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(4))
def test_acr_formula(seed: int) -> None:
    """Real income change = home-share change^(1/(1-sigma)) (Arkolakis, Costinot and Rodriguez-Clare 2012)."""
    trade = balanced_trade(seed, 5)
    cost = np.exp(np.random.default_rng(seed).normal(0, 0.4, (5, 5)) * (1 - np.eye(5)))
    result = solve_one_sector(armington(trade), cost)
    home = np.diag(result.expenditure_share[:, 5:]) / np.diag(trade / trade.sum(0))
    assert abs(home - 1).max() > 0.01
    assert abs(result.real_income_change / home ** (1 / (1 - SIGMA)) - 1).max() < 1e-10


def test_infinite_trade_cost_is_autarky() -> None:
    """Higher and higher icebergs approach the cut, and the cut gives the closed form exactly."""
    trade = balanced_trade(1, 4)
    table = armington(trade)
    autarky = np.diag(trade / trade.sum(0)) ** (1 / (SIGMA - 1))
    neutral = StaticWedges.neutral(table)
    apart = np.hstack([~np.eye(4, dtype=bool)] * 2)
    cut = StaticWedges(apart, neutral.tau, neutral.tariff, neutral.quality, neutral.subsidy)
    exact = solve_static(table, np.array([SIGMA]), np.array([0.5]), cut, eta_final=0.8)
    assert abs(exact.real_income_change / autarky - 1).max() < 1e-12
    gaps = [abs(solve_one_sector(table, foreign(c, 4)).real_income_change / autarky - 1).max() for c in (10, 100, 1000)]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-9


def test_sigma_and_eta_to_one() -> None:
    """The Cobb-Douglas limit is continuous: the mean of both sides meets the limit within 1e-6."""
    table, wedges = random_case(0)
    table = table.replace(theta=0 * table.theta)
    wedges = StaticWedges(StaticWedges.neutral(table).denied, wedges.tau, wedges.tariff, wedges.quality, wedges.subsidy)

    def real_income(sigma: float, eta: float) -> Array:
        return solve_static(
            table, np.array([3.0, 4.0, sigma, 4.0]), np.array([0.3, 0.3, eta, 0.7]), wedges, eta_final=eta
        ).real_income_change

    limit, h = real_income(1.0, 1.0), 2e-4
    for a, b in ((h, 0.0), (0.0, h), (h, h)):
        sides = real_income(1 + a, 1 + b), real_income(1 - a, 1 - b)
        assert abs(sides[0] - limit).max() < 1e-4
        assert abs((sides[0] + sides[1]) / 2 - limit).max() < 1e-6
    assert np.array_equal(real_income(1 + 5e-5, 1.0), limit)


def test_caliendo_parro() -> None:
    """eta = 1, no markups: a Caliendo-Parro (2015) solver by sector, with tariffs, gives the same answer."""
    regions, segments = 3, 2
    draw = np.random.default_rng(7)
    location, segment = np.repeat(np.arange(regions), segments), np.tile(np.arange(segments), regions)
    n = regions * segments
    tariff = draw.uniform(0, 0.1, (regions, regions, segments)) * (1 - np.eye(regions))[:, :, None]
    pi = draw.lognormal(0, 1, (regions, regions, segments)) + 2 * np.eye(regions)[:, :, None]
    pi /= pi.sum(0)  # expenditure shares o, d, s
    alpha = draw.dirichlet(np.ones(segments), regions)  # d, s final shares
    gamma = 0.5 * draw.dirichlet(np.ones(segments), (regions, segments))  # r, buying s, supplying s
    value_added = 1 - gamma.sum(2)
    deficit = draw.normal(0, 0.01, regions)
    deficit -= deficit.mean()
    sigma = np.array([4.0, 6.0])

    def quantities(share: Array, rate: Array) -> tuple[Array, Array]:
        """Revenues [R, S] and final expenditure [R] by iteration on world expenditure of one."""
        revenue, final = np.full((regions, segments), 0.5 / n), np.full(regions, 1 / regions)
        for _ in range(3000):
            spent = alpha * final[:, None] + np.einsum("rbs,rb->rs", gamma, revenue)
            delivered = share * spent[None]
            revenue = (delivered / (1 + rate)).sum(1)
            duties = (delivered * rate / (1 + rate)).sum((0, 2))
            final = (value_added * revenue).sum(1) + duties + deficit
            final, revenue = final / final.sum(), revenue / final.sum()
        return revenue, final

    revenue, final = quantities(pi, tariff)
    flow = np.zeros((n, n + 2 * regions))
    for f in range(n):
        o, s = location[f], segment[f]
        basic = pi[o, :, s] / (1 + tariff[o, :, s])
        flow[f, :n] = basic[location] * gamma[location, segment, s] * revenue[location, segment]
        flow[f, n : n + regions] = basic * alpha[:, s] * final
    assert abs(flow.sum(1) - revenue[location, segment]).max() < 1e-12
    none = np.zeros(n)
    table = BaseTable(
        location=location, segment=segment, owner=np.asarray(np.arange(regions)[:, None] == location, float),
        investors=np.zeros((0, 2), np.int64), flow=flow, tariff=tariff,
        wages=(value_added * revenue)[location, segment], investment=none, capacity=np.full(n, np.inf),
        depreciation=none, build_lag=none, theta=none, entry_capacity=none,
    )  # fmt: skip
    cost = np.exp(draw.uniform(0, 0.5, (regions, regions)) * (1 - np.eye(regions)))
    rate = tariff + 0.1 * (1 - np.eye(regions))[:, :, None]

    def world(log_wage: Array) -> tuple[Array, Array, Array, Array]:
        wage, unit = np.exp(log_wage), np.ones((regions, segments))
        for _ in range(500):
            d = unit[:, None] * cost[:, :, None] * (1 + rate) / (1 + tariff)
            index = (pi * d ** (1 - sigma)).sum(0) ** (1 / (1 - sigma))
            unit = wage[:, None] ** value_added * np.exp(np.einsum("rbs,rs->rb", gamma, np.log(index)))
        share = pi * (d / index) ** (1 - sigma)
        x, e = quantities(share, rate)
        gap = np.log((value_added * x).sum(1) / wage / (value_added * revenue).sum(1))
        return gap, wage, np.prod(index**alpha, 1), e

    found = optimize.root(lambda z: world(z)[0], np.zeros(regions), tol=1e-13)
    _, wage, index, e = world(found.x)
    buyer = np.concatenate([location, np.arange(regions)])
    wedges = with_costs(table, cost)
    full_rate = rate[location[:, None], buyer[None, :], segment[:, None]]
    wedges = StaticWedges(wedges.denied, wedges.tau, full_rate, wedges.quality, wedges.subsidy)
    result = solve_static(table, sigma, np.ones(segments), wedges, eta_final=1.0)
    assert abs(result.wage / wage - 1).max() < 1e-9
    assert abs(result.price_index / index - 1).max() < 1e-9
    assert abs(result.expenditure / e - 1).max() < 1e-9


def test_identical_regions_stay_identical() -> None:
    """Symmetric regions under a symmetric shock have wage 1, no change across regions."""
    trade = (np.full((4, 4), 0.1) + 0.6 * np.eye(4)) / 4
    table = armington(trade / trade.sum(), intermediates=0.5 * trade / trade.sum())
    result = solve_one_sector(table, foreign(1.4, 4))
    assert abs(result.wage - 1).max() < 1e-12
    assert np.ptp(result.real_income_change) < 1e-12
    assert result.real_income_change[0] < 0.99


# -- invariances -------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(3))
def test_neutral_reproduces_the_table(seed: int) -> None:
    table = fold_table(economies.random_table(seed))
    result = solve_random(table, StaticWedges.neutral(table))
    works = table.output > 0
    assert abs(result.output[works] / table.output[works] - 1).max() < 1e-12
    assert result.output[~works].max() == 0
    assert abs(result.real_income_change - 1).max() < 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_fold_agrees_with_the_oracle(seed: int) -> None:
    table = economies.random_table(seed)
    for name in ("flow", "wages", "entry_capacity", "capacity", "investment"):
        np.testing.assert_allclose(
            getattr(fold_table(table), name), getattr(economies.folded(table), name), rtol=1e-14, atol=0
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_nominal_rescaling(seed: int) -> None:
    """All values seven times as large: ratios stay, levels are seven times as large."""
    table, wedges = random_case(seed)
    one = solve_random(table, wedges)
    seven = solve_random(table.replace(flow=7 * table.flow, wages=7 * table.wages), wedges)
    assert abs(seven.wage / one.wage - 1).max() < 1e-12
    assert abs(seven.real_income_change / one.real_income_change - 1).max() < 1e-12
    assert abs(seven.output / one.output - 7).max() < 1e-11


@pytest.mark.parametrize("seed", range(3))
def test_permuting_regions(seed: int) -> None:
    """New names for the regions permute the result."""
    table, wedges = random_case(seed)
    order = np.array([2, 0, 3, 1])  # new region i is old region order[i]
    name, n = np.argsort(order), table.plants
    columns = np.concatenate([np.arange(n), n + order])
    moved = table.replace(
        location=name[table.location], owner=table.owner[order], tariff=table.tariff[order][:, order],
        flow=table.flow[:, np.concatenate([columns, n + 4 + order])],
    )  # fmt: skip
    renamed = StaticWedges(
        wedges.denied[:, columns], wedges.tau[:, columns], wedges.tariff[:, columns], wedges.quality[:, columns],
        wedges.subsidy,
    )  # fmt: skip
    one, two = solve_random(table, wedges), solve_random(moved, renamed)
    assert abs(two.real_income_change / one.real_income_change[order] - 1).max() < 1e-10
    assert abs(two.output / one.output - 1).max() < 1e-10


@pytest.mark.parametrize("seed", range(3))
def test_starting_point_does_not_matter(seed: int) -> None:
    table, wedges = random_case(seed)
    one = solve_random(table, wedges)
    two = solve_random(table, wedges, log_wage=np.array([0.8, -0.6, 0.3, -0.2]))
    assert abs(two.output / one.output - 1).max() < 1e-10


def test_identities_of_the_static_equilibrium() -> None:
    """Revenue is what buyers pay at basic prices, shares add to one, world expenditure is one."""
    table, wedges = random_case(1)
    result = solve_random(table, wedges)
    n, share = table.plants, result.expenditure_share
    assert abs(result.expenditure.sum() - 1) < 1e-13
    assert abs(share[:, n:].sum(0) - 1).max() < 1e-13
    cost = (share[:, :n] / (1 + wedges.tariff[:, :n])).sum(1)
    assert (cost > 0).all()
    assert abs(result.revenue - result.price * result.output).max() < 1e-15


@pytest.mark.parametrize("seed", range(4))
def test_dearer_imports_never_gain_share(seed: int) -> None:
    """A higher iceberg on imports never raises the static import share of the region."""
    table = armington(balanced_trade(seed, 4))
    imports = []
    for cost in (1.0, 1.1, 1.5, 3.0):
        tau = np.ones((4, 4))
        tau[1:, 0] = cost
        imports.append(1 - solve_one_sector(table, tau).expenditure_share[0, 4])
    assert all(a > b for a, b in pairwise(imports))


# -- refusals ----------------------------------------------------------------------------------------
def test_refusals() -> None:
    """No silent answer: each impossible question raises."""
    raw = economies.random_table(0)
    table = fold_table(raw)
    neutral = StaticWedges.neutral(table)
    n, sectors = table.plants, table.segment
    with pytest.raises(ModelError, match="folded"):
        solve_random(raw, StaticWedges.neutral(raw))
    lost = neutral.denied | (sectors == 1)[:, None]
    with pytest.raises(ModelError, match="no supplier left in segment 1"):
        solve_random(table, StaticWedges(lost, neutral.tau, neutral.tariff, neutral.quality, neutral.subsidy))
    buyer = np.concatenate([table.location, np.arange(4)])
    apart = neutral.denied | ((table.location // 2)[:, None] != (buyer // 2)[None, :])
    with pytest.raises(ModelError, match="balances"):
        solve_random(table, StaticWedges(apart, neutral.tau, neutral.tariff, neutral.quality, neutral.subsidy))
    infinite = neutral.tau.copy()
    infinite[0, 0] = np.inf
    with pytest.raises(ModelError, match="finite"):
        solve_random(table, StaticWedges(neutral.denied, infinite, neutral.tariff, neutral.quality, neutral.subsidy))
    with pytest.raises(ModelError, match="subsidy"):
        solve_random(
            table, StaticWedges(neutral.denied, neutral.tau, neutral.tariff, neutral.quality, np.ones(n))
        )  # fmt: skip
    one_cut = neutral.denied.copy()
    one_cut[0] = True
    with pytest.raises(ModelError, match="one or less"):
        solve_static(
            table, np.ones(4), np.full(4, 0.5), eta_final=0.8,
            wedges=StaticWedges(one_cut, neutral.tau, neutral.tariff, neutral.quality, neutral.subsidy),
        )  # fmt: skip


def test_no_convergence_raises_with_the_residual() -> None:
    table, wedges = random_case(0)
    with pytest.raises(ConvergenceError) as error:
        solve_random(table, wedges, tolerance=1e-30)
    assert 0 <= error.value.residual < 1e-10


def test_a_plant_that_cannot_pay_for_itself_raises() -> None:
    """eta = 0.5, own inputs 40 % of cost: p = c has a solution only while the own input is not 0.4^-2 times dearer."""
    trade = balanced_trade(0, 3)
    table = armington(trade, intermediates=np.diag(0.4 * trade.sum(1) / 0.6))
    neutral = StaticWedges.neutral(table)
    for loss, works in ((6.0, True), (6.5, False)):  # p = c <=> 1 = (0.6 w^0.5 + 0.4 (loss p)^0.5)^2: 0.16 * loss < 1
        quality = neutral.quality.copy()
        quality[:, :3] = -np.log(loss)
        wedges = StaticWedges(neutral.denied, neutral.tau, neutral.tariff, quality, neutral.subsidy)
        if works:
            solved = solve_static(table, np.array([SIGMA]), np.array([0.5]), wedges, eta_final=0.8)
            np.testing.assert_allclose(solved.price / solved.wage, (0.6 / (1 - 0.4 * loss**0.5)) ** 2, rtol=1e-9)
        else:
            with pytest.raises(ConvergenceError, match="prices"):
                solve_static(table, np.array([SIGMA]), np.array([0.5]), wedges, eta_final=0.8)


# -- universal gravity -------------------------------------------------------------------------------
def brute_force(trade: Array, cost: Array, phi: float, psi: float) -> tuple[Array, Array]:
    """(p, P) from the five conditions in levels, all 2 n + 1 unknowns at once, numeraire sum Y' = sum Y."""
    n, income, spending = len(trade), trade.sum(1), trade.sum(0)

    def conditions(z: Array) -> Array:
        p, index, scale = np.exp(z[:n]), np.exp(z[n : 2 * n]), np.exp(z[-1])
        sold = np.zeros(n)
        index_gap = np.zeros(n)
        new_income = income * p * (p / index) ** psi
        for j in range(n):
            pull = [trade[i, j] / spending[j] * (cost[i, j] * p[i]) ** -phi for i in range(n)]
            index_gap[j] = sum(pull) * index[j] ** phi - 1
            for i in range(n):
                sold[i] += pull[i] / sum(pull) * scale * spending[j] / income[j] * new_income[j]
        market = (sold / new_income - 1)[1:]
        total = [new_income.sum() / income.sum() - 1]
        spent = [(scale * spending / income * new_income).sum() / income.sum() - 1]
        return np.concatenate([market, index_gap, total, spent])

    found = optimize.root(conditions, np.zeros(2 * n + 1), tol=1e-13)
    assert abs(found.fun).max() < 1e-11
    return np.exp(found.x[:n]), np.exp(found.x[n : 2 * n])


@pytest.mark.parametrize("seed", range(8))
def test_gravity_against_brute_force(seed: int) -> None:
    draw = np.random.default_rng(seed)
    trade = draw.lognormal(0, 1, (5, 5)) + 5 * np.eye(5)
    cost = np.exp(draw.normal(0, 0.2, (5, 5)))
    phi, psi = draw.uniform(2, 6), draw.uniform(0, 2)
    result = solve_universal_gravity(trade, cost, phi, psi)
    price, index = brute_force(trade, cost, phi, psi)
    np.testing.assert_allclose(result.price, price, rtol=1e-9)
    np.testing.assert_allclose(result.price_index, index, rtol=1e-9)
    np.testing.assert_allclose(result.output, (price / index) ** psi, rtol=1e-9)
    np.testing.assert_allclose(result.welfare, (price / index) ** (1 + psi), rtol=1e-9)


def test_gravity_two_equal_regions() -> None:
    """Home share 3/4, phi = 4, psi = 1, foreign costs doubled: p/P = (3/4 + 1/4 * 2^-4)^(1/4) = (49/64)^(1/4)."""
    result = solve_universal_gravity([[3, 1], [1, 3]], [[1, 2], [2, 1]], 4, 1)
    real = (49 / 64) ** 0.25
    np.testing.assert_allclose(result.output, real, rtol=1e-13)
    np.testing.assert_allclose(result.welfare, real**2, rtol=1e-13)
    # output falls by `real` at constant world nominal output, so prices rise by 1 / real
    np.testing.assert_allclose(result.price, 1 / real, rtol=1e-13)
    np.testing.assert_allclose(result.price_index, 1 / real**2, rtol=1e-13)


def test_gravity_two_unequal_regions() -> None:
    """psi = 0, phi = 1: with r = p_1/p_2 and z = r tau the market of region 1 is a quadratic in r.

    Shares of region 1's goods: (3/4)/(3/4 + r/(4 tau)) at home (its own cost 1, imports tau), (1/3)/(1/3 + 2 r tau/3)
    abroad; Y = (4, 3), balanced. Market: 4 r = 4 r s_11 + 3 s_12, solved by hand for r > 0 at tau = 2:
    4 r (r/8) / (3/4 + r/8) = 1 / (1/3 + 4 r/3)  =>  (r^2/2)(1 + 4 r) = 3 (3/4 + r/8)
    =>  16 r^3 + 4 r^2 - 3 r - 18 = 0.
    """
    result = solve_universal_gravity([[3, 1], [1, 2]], [[1, 2], [2, 1]], 1, 0)
    r = result.price[0] / result.price[1]
    assert abs(16 * r**3 + 4 * r**2 - 3 * r - 18) < 1e-11
    np.testing.assert_allclose(result.output, 1, rtol=1e-15)


@pytest.mark.parametrize("psi", [0.0, 0.7])
def test_gravity_autarky_and_home_shares(psi: float) -> None:
    """p/P = home-share change^(-1/phi); a cut of all foreign links is the limit of large costs."""
    trade = balanced_trade(3, 6)
    share = np.diag(trade / trade.sum(0))
    cut = solve_universal_gravity(trade, foreign(np.inf, 6), 5, psi)
    np.testing.assert_allclose(cut.welfare, share ** ((1 + psi) / 5), rtol=1e-12)
    large = solve_universal_gravity(trade, foreign(1e3, 6), 5, psi)
    np.testing.assert_allclose(large.welfare, cut.welfare, rtol=1e-9)


def test_gravity_is_the_one_sector_model() -> None:
    """psi = 0 and phi = sigma - 1: the Armington model, also against `solve_static`."""
    trade = balanced_trade(4, 5)
    cost = np.exp(np.random.default_rng(4).normal(0, 0.3, (5, 5)))
    static = solve_one_sector(armington(trade), cost)
    gravity = solve_universal_gravity(trade, cost, SIGMA - 1, 0)
    np.testing.assert_allclose(gravity.welfare, static.real_income_change, rtol=1e-11)
    np.testing.assert_allclose(gravity.price, static.wage, rtol=1e-11)


def test_gravity_invariances() -> None:
    """No change; data in another unit; all costs scaled; buyers' costs with fixed supply; names of the regions."""
    draw = np.random.default_rng(9)
    trade = draw.lognormal(0, 1, (6, 6)) + 4 * np.eye(6)
    cost = np.exp(draw.normal(0, 0.3, (6, 6)))
    result = solve_universal_gravity(trade, cost, 4, 1.2)
    for field in solve_universal_gravity(trade, 1.0, 4, 1.2):
        np.testing.assert_allclose(field, 1, rtol=1e-13)
    np.testing.assert_allclose(solve_universal_gravity(1000 * trade, cost, 4, 1.2), result, rtol=1e-12)
    scaled = solve_universal_gravity(trade, 1.5 * cost, 4, 1.2)
    np.testing.assert_allclose(scaled.welfare, result.welfare * 1.5**-2.2, rtol=1e-12)
    order = draw.permutation(6)
    permuted = solve_universal_gravity(trade[order][:, order], cost[order][:, order], 4, 1.2)
    np.testing.assert_allclose(permuted, np.array(result)[:, order], rtol=1e-11)
    fixed, buyers = solve_universal_gravity(trade, cost, 4, 0), draw.uniform(0.5, 2, 6)
    dearer = solve_universal_gravity(trade, cost * buyers, 4, 0)
    np.testing.assert_allclose(dearer.price, fixed.price, rtol=1e-11)
    np.testing.assert_allclose(dearer.price_index, fixed.price_index * buyers, rtol=1e-11)


def test_gravity_150_regions() -> None:
    draw = np.random.default_rng(0)
    trade = draw.lognormal(0, 2, (150, 150)) + 500 * np.eye(150)
    start = time.process_time()
    result = solve_universal_gravity(trade, np.exp(draw.normal(0.2, 0.3, (150, 150))), 5, 1)
    assert time.process_time() - start < 2
    assert np.isfinite(result).all()


def test_gravity_large_shocks_converge() -> None:
    """Trade costs that move by factors of ten, with large imbalances."""
    draw = np.random.default_rng(2)
    for _ in range(10):
        trade = draw.lognormal(0, 2.5, (20, 20)) + 50 * np.eye(20)
        result = solve_universal_gravity(trade, np.exp(draw.normal(0, 2.5, (20, 20))), draw.uniform(1, 10), 1.0)
        assert np.isfinite(result).all()


def test_gravity_refusals() -> None:
    with pytest.raises(ModelError, match="nothing"):
        solve_universal_gravity([[1, 1], [0, 0]], 1.0, 4, 1)
    with pytest.raises(ModelError, match="nothing"):
        solve_universal_gravity([[1, 0], [1, 0]], 1.0, 4, 1)
    with pytest.raises(ModelError, match="nothing"):
        solve_universal_gravity([[1, 1], [1, 1]], [[np.inf, np.inf], [1, 1]], 4, 1)
    with pytest.raises(ModelError, match="square"):
        solve_universal_gravity([[1, 1]], 1.0, 4, 1)
    with pytest.raises(ModelError, match="square"):
        solve_universal_gravity([[1, -1], [1, 1]], 1.0, 4, 1)
    with pytest.raises(ModelError, match="positive"):
        solve_universal_gravity([[1, 1], [1, 1]], [[1, 0], [1, 1]], 4, 1)
    with pytest.raises(ModelError, match="elasticity"):
        solve_universal_gravity([[1, 1], [1, 1]], 1.0, 0, 1)
    with pytest.raises(ConvergenceError) as error:  # no equilibrium: a cut leaves an imbalance that cannot be paid
        solve_universal_gravity([[3, 2], [1, 3]], foreign(np.inf, 2), 4, 1)
    assert error.value.residual > 0.01


# -- terms of the path one by one --------------------------------------------------------------------
def test_blocs_balances_and_habits_in_numbers() -> None:
    """E7b, E7c on an economy of the oracle cut into two blocs: who pays whom, and what can be financed."""
    economy = build_economy(economies.random_table(1), flat())
    links, table, regions = economy.links, economy.table, economy.regions
    bloc = np.array([0, 0, 2, 2])
    assert regions == len(bloc)
    same = bloc[table.location[links.supplier]] == bloc[economy.buyer_region[links.buyer]]
    assert np.array_equal(find_blocs(economy, same), bloc)
    lane = table.location[links.supplier] * regions + economy.buyer_region[links.buyer]
    chain = np.isin(lane, [0 * regions + 1, 2 * regions + 1, 2 * regions + 3])  # 0 -> 1 <- 2 -> 3
    assert not find_blocs(economy, chain).any()
    assert np.array_equal(find_blocs(economy, chain & False), np.arange(regions))
    paid = paid_abroad(economy, bloc)
    for f in range(economy.n):
        home = table.location[f]
        cut = [r for r in range(regions) if bloc[r] != bloc[home]]
        expected = table.owner[:, f].copy()
        expected[home] += expected[cut].sum()
        expected[cut] = 0.0
        assert paid[:, f] == pytest.approx(expected, abs=1e-15)
    assert abs(paid - table.owner).max() > 0.01
    economy = replace(economy, balance=np.array([0.04, -0.02, -0.03, 0.01]))
    ratio = economy.trade_ratio0 * np.array([0.5, 1.5, 1.0, 0.8])  # 0.02, -0.02, -0.03, 0.008 before they are matched
    assert external_balances(economy, bloc, ratio, False) == pytest.approx([0.02, -0.02, -0.008, 0.008], rel=1e-12)
    together = external_balances(economy, 0 * bloc, ratio, False)
    assert together == pytest.approx([0.02, -0.02 * 0.028 / 0.05, -0.03 * 0.028 / 0.05, 0.008], rel=1e-12)
    economy = replace(economy, balance=np.array([0.04, 0.02, -0.01, 0.0]))
    assert external_balances(economy, 0 * bloc, economy.trade_ratio0, False) == pytest.approx([0.04 / 6, 0.02 / 6, -0.01, 0.0])
    assert not external_balances(economy, bloc, economy.trade_ratio0, False).any()  # who cannot borrow does not
    habit, spent = np.array([1.0, 3.0, 2.0, 4.0]), np.array([2.0, 1.0, 1.0, 1.0])
    assert habit_in_blocs(habit, spent, 0 * bloc) == pytest.approx(habit / 10)
    assert habit_in_blocs(habit, spent, bloc) == pytest.approx([0.6 / 4, 0.6 * 3 / 4, 0.4 / 3, 0.4 * 2 / 3])


def flat(sigma: tuple[float, ...] = (3.0, 4.0, 1.0, 0.6), eta: tuple[float, ...] = (0.3, 1.0, 0.5, 1.6)) -> Elasticities:
    """Elasticities of which one between suppliers and one between segments is of the Cobb-Douglas form."""
    return Elasticities(np.array(sigma), np.array(eta), 0.5, 1.0)


@pytest.mark.parametrize("seed", [0, 1])
def test_techniques_in_numbers(seed: int) -> None:
    """E2, E3 buyer by buyer: CES and Cobb-Douglas in both nests; what the dual chooses makes one unit at the dual's cost."""
    table = economies.random_table(seed)
    economy, rng = build_economy(table, flat()), np.random.default_rng(seed)
    links, lt = economy.links, economy.links.technique
    buyers, region = economy.buyers, economy.buyer_region
    theta = economy.theta * rng.uniform(0.5, 1.5, lt)
    theta /= links.by_cell(theta)[links.cell]
    wage, price = rng.uniform(0.7, 1.4, economy.regions), rng.uniform(0.7, 1.4, economy.n)
    pay, quality = rng.uniform(1, 1.5, lt), rng.uniform(0.8, 1.2, lt)
    some, first = rng.uniform(0.3, 1.5, lt), np.isin(np.arange(lt), links.start)
    live = first | (rng.random(lt) < 0.7) | (economy.sigma[links.cell_segment[links.cell]] <= 1)
    labour = rng.uniform(0.5, 1.5, buyers)
    dual = solve_dual(economy, theta, live, wage, price, pay, quality)
    q, made = composite(economy, theta, some), yield_of(economy, composite(economy, theta, some), labour)
    delivered = price[links.supplier[:lt]] * pay / ((1 + economy.tariff0[:lt]) * quality)

    def mean(weight: Array, value: Array, power: float) -> float:
        return float(np.exp(weight @ np.log(value)) if abs(power) < 1e-9 else (weight @ value**power) ** (1 / power))

    for b in range(buyers):
        cells, eta = np.flatnonzero(links.cell_buyer == b), economy.eta[b]
        index = []
        for cell in cells:
            mine, sigma = links.cell == cell, economy.sigma[links.cell_segment[cell]]
            assert q[cell] == pytest.approx(mean(theta[mine], some[mine], 1 - 1 / sigma), rel=1e-9)
            index.append(mean(theta[mine & live], delivered[mine & live], 1 - sigma))
            assert dual.index[cell] == pytest.approx(index[-1], rel=1e-9)
        shares = np.append(economy.upper[cells], economy.labour_share[b])
        keep = shares > 0
        parts, prices = np.append(q[cells], labour[b]), np.append(index, wage[region[b]])
        assert made[b] == pytest.approx(mean(shares[keep], parts[keep], 1 - 1 / eta), rel=1e-9)
        assert dual.cost[b] == pytest.approx(mean(shares[keep], prices[keep], 1 - eta), rel=1e-9)
        assert dual.labour[b] == pytest.approx((wage[region[b]] / dual.cost[b]) ** -eta, rel=1e-9)
        for cell, p in zip(cells, index, strict=True):
            mine, sigma = links.cell == cell, economy.sigma[links.cell_segment[cell]]
            wanted = (delivered[mine] / p) ** -sigma * (p / dual.cost[b]) ** -eta / quality[mine]
            assert dual.inputs[mine] == pytest.approx(wanted * live[mine], rel=1e-9)
    unit = yield_of(economy, composite(economy, theta, dual.inputs * quality), dual.labour)
    assert unit == pytest.approx(np.ones(buyers), rel=1e-9)


def test_a_cobb_douglas_index_is_a_mean() -> None:
    """E3a at sigma = 1: shares with entrants on top add to more than one, and move no index by their sum alone."""
    economy, rng = build_economy(economies.random_table(0), flat()), np.random.default_rng(6)
    links, lt = economy.links, economy.links.technique
    pay, quality, live = rng.uniform(1, 1.5, lt), rng.uniform(0.8, 1.2, lt), np.ones(lt, bool)
    plain = economy.sigma[links.cell_segment[links.cell]] == 1
    theta = economy.theta * rng.uniform(0.5, 1.5, lt)
    ones = np.ones(economy.regions), rng.uniform(0.7, 1.4, economy.n)
    one = solve_dual(economy, theta, live, *ones, pay, quality)
    two = solve_dual(economy, np.where(plain, 1.3 * theta, theta), live, *ones, pay, quality)
    assert plain.any()
    for name in one._fields:
        assert getattr(two, name) == pytest.approx(getattr(one, name), rel=1e-12), name


@pytest.mark.parametrize("seed", [0, 3])
def test_inversion_in_numbers(seed: int) -> None:
    """E1 buyer by buyer: what the table says one unit costs, entrants at their competitors' technique."""
    table = economies.random_table(seed)
    economy = build_economy(table, flat())
    links, n, k, regions = economy.links, economy.n, economy.k, economy.regions
    output, region = table.flow.sum(1), economy.buyer_region
    peers = {}
    for f in np.flatnonzero(output == 0):
        same = (output > 0) & (table.segment == table.segment[f])
        home = same & (table.location == table.location[f])
        peers[f] = np.flatnonzero(home if home.any() else same)
    assert peers

    def tariff(f: int, b: int) -> float:
        return float(table.tariff[table.location[f], region[b], table.segment[f]])

    def unit(b: int) -> Array:
        """What b buys of each plant per unit of its own."""
        if b in peers:
            return np.asarray(np.average([unit(g) for g in peers[b]], axis=0, weights=output[peers[b]]))
        if b < n:
            return np.asarray(table.flow[:, b] / output[b])
        if b < n + k:
            total = table.investment[economy.investor == b - n].sum()
            return np.asarray(table.flow[:, b] / (total if total > 0 else 1))
        return np.asarray(table.flow[:, b] / sum((1 + tariff(f, b)) * table.flow[f, b] for f in range(n)))

    def own(values: Array, f: int) -> float:
        return float(np.average(values[peers[f]], weights=output[peers[f]]) if f in peers else values[f])

    with np.errstate(divide="ignore", invalid="ignore"):
        wages, capital = table.wages / output, table.investment / output
        built = np.where(table.investment > 0, 4 * table.investment / (table.depreciation * table.capacity), 0.0)
    for b in range(n + k + regions):
        paid = np.array([1 + tariff(f, b) for f in range(n)]) * unit(b)
        wage = own(wages, b) if b < n else 0.0
        cost = wage + paid.sum()
        for cell in np.flatnonzero(links.cell_buyer == b):
            s = links.cell_segment[cell]
            whole = paid[table.segment == s].sum()
            assert economy.upper[cell] == pytest.approx(whole / cost, rel=1e-12)
            for i in np.flatnonzero(links.cell == cell):
                f = links.supplier[i]
                theta = table.theta[f] if f in peers else paid[f] / whole
                assert economy.theta[i] == pytest.approx(theta, rel=1e-12)
                assert economy.input0[i] == pytest.approx(theta * whole / (1 + tariff(f, b)), rel=1e-12)
        if cost > 0:
            assert economy.labour_share[b] == pytest.approx(wage / cost, rel=1e-12)
        if b < n:
            assert economy.labour0[b] == pytest.approx(wage, rel=1e-12)
            assert economy.capital0[b] == pytest.approx(own(capital, b), rel=1e-12)
            assert economy.kappa[b] == pytest.approx(own(built, b), rel=1e-12)
            assert economy.markup[b] == pytest.approx(1 / (cost + own(capital, b)), rel=1e-12)
    for r in range(regions):
        mine = table.location == r
        spent = sum((1 + tariff(f, n + k + r)) * table.flow[f, n + k + r] for f in range(n))
        assert economy.expenditure0[r] == pytest.approx(spent, rel=1e-12)
        assert economy.labour[r] == pytest.approx(table.wages[mine].sum(), rel=1e-12)


def test_rationed_composites_in_numbers() -> None:
    """E2a with rationing prepared once: what composite() gives for inputs cut by each supplier's share, favoured or not."""
    economy, rng = build_economy(economies.random_table(2), flat()), np.random.default_rng(2)
    links, lt = economy.links, economy.links.technique
    theta = economy.theta * rng.uniform(0.5, 1.5, lt)  # sums other than one: entrants come on top
    inputs, rho = rng.uniform(0.3, 1.5, lt), rng.uniform(0.2, 1.0, economy.n)
    home = economy.table.location[links.supplier] == economy.buyer_region[links.buyer]
    for favour in (None, np.where(home, 0.3, 1.0)):
        counters = links.counters(favour)
        got = rationed_composite(economy, prepare_composite(economy, theta, inputs, counters), counters.share(rho))
        part = rho[links.supplier[:lt]] ** (1.0 if favour is None else favour[:lt])
        assert got == pytest.approx(composite(economy, theta, inputs * part), rel=1e-12)
        for cell in np.flatnonzero(economy.sigma[links.cell_segment] == 1)[:50]:
            mine = links.cell == cell
            assert got[cell] == pytest.approx(np.exp(np.average(np.log((inputs * part)[mine]), weights=theta[mine])), rel=1e-12)


@pytest.mark.parametrize("eta", [0.2, 0.9, 1.6])
def test_expected_drift_in_numbers(eta: float) -> None:
    """E10a with one good a region, inputs and markups: the slope of the static solver's wages, to the order of the step."""
    trade = balanced_trade(3, 4)
    table = armington(trade, 0.8 * trade).replace(depreciation=np.full(4, 0.1))
    table = table.replace(wages=table.wages * np.array([0.9, 0.6, 1.0, 0.8]))  # the rest is profit
    economy = build_economy(table, Elasticities(np.array([SIGMA]), np.array([eta]), 0.5, 0.8))
    growth, h = np.array([0.03, -0.01, 0.02, 0.0]), 1e-3

    def wage(years: float) -> Array:
        factor = np.exp(growth * years)
        static = solve_static(table, np.array([SIGMA]), np.array([eta]), StaticWedges.neutral(table), eta_final=0.8, labour=factor)
        return np.asarray(np.log(static.wage * (economy.labour @ factor) / economy.labour.sum()))

    slope = (wage(h) - wage(-h)) / (2 * h)
    relative = slope - economy.labour @ slope / economy.labour.sum()  # profits are part of what is held at one
    assert expected_drift(economy, growth) == pytest.approx(relative, rel=1e-4, abs=1e-7)


def test_what_the_expected_drift_does_not_see() -> None:
    """E10a: elasticities of what nobody trades abroad; whether investors or final users buy capital goods."""
    table, growth = economies.random_table(0), np.array([0.03, -0.01, 0.02, 0.0])
    economy, n = build_economy(table, flat()), table.plants
    f, d = economy.links.supplier, economy.buyer_region[economy.links.buyer]
    kept = (table.segment[f] != economies.TOOLS) | (table.location[f] == d)
    alone = replace(economy, flow0=economy.flow0 * kept)  # no tools cross a border

    def drift(changed: int) -> Array:
        sigma = economy.sigma.copy()
        sigma[changed] += 6
        return expected_drift(replace(alone, sigma=sigma), growth)

    found = expected_drift(alone, growth)
    assert drift(economies.TOOLS) == pytest.approx(found, rel=1e-12)
    assert abs(drift(economies.CHIPS) - found).max() > 1e-5

    flow = np.delete(table.flow, np.arange(n, n + len(table.investors)), 1)
    for i, (region, *_) in enumerate(table.investors):
        flow[:, n + region] += table.flow[:, n + i]
    bought = table.replace(flow=flow, investors=table.investors[:0], investment=np.zeros(n))
    world = world_spending(bought)
    bought = bought.replace(flow=bought.flow / world, wages=bought.wages / world)
    found = expected_drift(economy, growth)
    assert abs(found).max() > 1e-3
    assert expected_drift(build_economy(bought, flat()), growth) == pytest.approx(found, rel=1e-9)
    assert table.investment.sum() > 0.01 * table.output.sum()


def world_spending(table: BaseTable) -> float:
    """World final expenditure of a table without investors, at purchasers' prices."""
    n, regions = table.plants, table.regions
    rate = table.tariff[table.location[:, None], np.arange(regions)[None], table.segment[:, None]]
    return float(((1 + rate) * table.flow[:, n : n + regions]).sum())
