"""The oracle keeps every property of the closed quarter, so that the kernel may be tested against it."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from model.errors import ModelError, TableError
from model.kernel.equilibrium import StaticWedges, solve_static
from tests.oracle.closed_quarter import (
    OracleEconomy,
    OracleRecord,
    OracleWedges,
    calibrate,
    neutral,
    run,
    worst_error,
)
from tests.oracle.economies import (
    CHIPS,
    TOOLS,
    folded,
    halved_wedges,
    halves,
    limit_wedges,
    parameters,
    random_table,
    random_wedge_path,
)

SEEDS = range(4)


def static_wedges(wedges: OracleWedges, economy: OracleEconomy) -> StaticWedges:
    """The same wedges for plants and final users only, full cuts only."""
    keep = np.r_[: economy.n, economy.final]
    return StaticWedges(
        denied=(wedges.denial[:, keep] >= 1) | ~wedges.opened[:, None], tau=wedges.tau[:, keep],
        tariff=wedges.tariff[:, keep], quality=wedges.quality[:, keep], subsidy=wedges.subsidy,
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dt", [0.25, 0.125])
def test_replication(seed: int, dt: float) -> None:
    """20 quarters without policy give back every flow of the table."""
    table = random_table(seed)
    economy = calibrate(table)
    path, state = run(economy, neutral(economy), round(5 / dt), parameters(), dt)
    base = table.flow > 0
    assert max(abs(r.value[base] / table.flow[base] - 1).max() for r in path) < 1e-13
    assert max(abs(r.value[~base]).max() for r in path) == 0
    works = table.output > 0
    assert abs(state.capacity[works] / table.capacity[works] - 1).max() < 1e-13
    assert worst_error(path) < 1e-14


@pytest.mark.parametrize("size", [(2, 4), (3, 4), (4, 4), (4, 5), (5, 6)])
def test_identities_with_all_features(size: tuple[int, int]) -> None:
    """Every identity holds with every feature on; and every feature is in fact on."""
    for seed in SEEDS if size == (4, 4) else (0,):
        table = random_table(seed, *size)
        path, _ = run(calibrate(table), random_wedge_path(table, seed), 32, parameters(size[1]))
        assert worst_error(path) < 1e-11
        if size == (4, 4):
            assert min(r.rationing.min() for r in path) < 0.95
            assert max(r.rent.max() for r in path) > 0.01
            assert max((r.stock_use[:, :-1] / r.output[:-1]).max() for r in path) > 0.01
            assert path[9].output[-1] == 0 < path[-1].output[-1]
            assert max(abs(r.net_profit_income).max() for r in path) > 1e-3


@pytest.mark.parametrize("seed", SEEDS)
def test_long_run_is_the_static_equilibrium(seed: int) -> None:
    """In the limit case the path ends where the static solver says, whatever its starting point."""
    table = folded(random_table(seed))
    economy, wedges = calibrate(table), limit_wedges(table, seed)
    p = parameters(fixed_balance=True, wage_speed=0.2)
    assert p.sigma.min() >= 1.5
    fixed = static_wedges(wedges, economy)
    static = solve_static(table, p.sigma, p.eta, fixed, eta_final=p.eta_final)
    other = solve_static(
        table, p.sigma, p.eta, fixed, eta_final=p.eta_final, log_wage=np.array([0.4, -0.3, 0.2, -0.1])
    )  # fmt: skip
    assert abs(static.output / other.output - 1).max() < 1e-10

    def distance(r: OracleRecord) -> float:
        pairs = (
            (r.output, static.output), (r.price, static.price), (r.price_index, static.price_index),
            (r.wage, static.wage), (r.expenditure, static.expenditure), (r.income, static.income),
            (r.real_income, static.real_income),
        )  # fmt: skip
        return max(float(abs(a / b - 1).max()) for a, b in pairs)

    path, _ = run(economy, wedges, 600, p, stop=lambda r: distance(r) < 1e-9)
    assert distance(path[0]) > 1e-3
    assert distance(path[-1]) < 1e-9
    assert next(t for t, r in enumerate(path) if distance(r) < 1e-6) < 250


@pytest.mark.parametrize("seed", SEEDS)
def test_two_halves_are_one_firm(seed: int) -> None:
    """Splitting every plant in two changes no aggregate."""
    table, p = random_table(seed), parameters()
    wedges = random_wedge_path(table, seed)
    whole, _ = run(calibrate(table), wedges, 24, p)
    split, _ = run(calibrate(halves(table)), lambda date: halved_wedges(wedges(date)), 24, p)
    for a, b in zip(whole, split, strict=True):
        assert abs(a.real_income / b.real_income - 1).max() < 1e-12
        assert abs(a.output - b.output[::2] - b.output[1::2]).max() < 1e-13
        assert abs(a.gdp - b.gdp).max() < 1e-13


def test_no_policy_is_bitwise_neutral() -> None:
    """Neutral operations on the wedges change no bit of any record."""
    economy = calibrate(random_table(0))
    w = neutral(economy)
    touched = OracleWedges(
        denial=1 - (1 - w.denial) * (1 - 0.0), tau=w.tau * 1.0, tariff=w.tariff + 0.0, quality=w.quality + 0.0,
        subsidy=w.subsidy + 0.0, opened=w.opened.copy(), orders=w.orders + 0.0, stock_orders=w.stock_orders + 0.0,
        limit=np.minimum(w.limit, np.inf),
    )  # fmt: skip
    for a, b in zip(*(run(economy, z, 20, parameters())[0] for z in (w, touched)), strict=True):
        for field in fields(OracleRecord):
            one, two = getattr(a, field.name), getattr(b, field.name)
            assert np.array_equal(one, two) if isinstance(one, np.ndarray) else one == two


@pytest.mark.parametrize("dt", [1 / 4, 1 / 8, 1 / 16])
def test_half_denied_is_half_delivered(dt: float) -> None:
    """A 50 % denial delivers 50 % of the orders placed in each step for ten quarters, at any step."""
    table = random_table(0)
    economy = calibrate(table)
    n, w = economy.n, neutral(economy)
    link = (table.location == 0)[:, None] & (table.segment == CHIPS)[:, None] & (economy.region_of_buyer == 1)
    link &= (np.arange(link.shape[1]) < n) & (table.flow > 0)
    w.denial = np.where(link, 0.5, 0.0)
    path, _ = run(economy, w, round(2.5 / dt), parameters(), dt)
    buys = link[:, : economy.final.stop]
    for r in path:
        assert abs(r.delivered[buys] / r.placed[buys] - 0.5).max() < 1e-14
    volume = path[-1].quantity[link].sum() / table.flow[link].sum()
    assert 0.45 < volume < 0.55  # it does not compound over quarters


def test_time_step() -> None:
    """Differences of annual effects halve with the step (first order)."""
    table, p = random_table(1), parameters()
    economy, wedges = calibrate(table), random_wedge_path(random_table(1), 1)
    base = run(economy, neutral(economy), 1, p)[0][0].real_income

    def annual(parts: int) -> np.ndarray:
        path, _ = run(economy, wedges, 20 * parts, p, 0.25 / parts)
        effects = np.array([r.real_income / base - 1 for r in path])
        return effects.reshape(5, 4 * parts, -1).mean(1)

    quarter, eighth, sixteenth = annual(1), annual(2), annual(4)
    first, second = abs(quarter - eighth).max(), abs(eighth - sixteenth).max()
    assert 1.6 < first / second < 2.5
    assert first < 0.1 * abs(sixteenth).max()


@pytest.mark.parametrize("seed", SEEDS)
def test_blocs_apart_and_together_again(seed: int) -> None:
    """Two blocs that stop trading: nothing crosses, identities hold in each, and they may meet again."""
    table = random_table(seed)
    economy = calibrate(table)
    across = (table.location // 2)[:, None] != (economy.region_of_buyer // 2)[None, :]

    def wedges(date: float) -> OracleWedges:
        w = neutral(economy)
        w.denial = np.where(across & (0.49 < date < 4.99), 1.0, 0.0)
        return w

    path, _ = run(economy, wedges, 28, parameters())
    apart = path[12]
    assert worst_error(path) < 1e-11
    assert [len(set(path[t].bloc)) for t in (0, 12, 27)] == [1, 2, 1]
    assert abs(apart.trade[:2, 2:]).max() == abs(apart.trade[2:, :2]).max() == 0
    assert abs(apart.net_profit_income[:2].sum()) < 1e-15
    assert abs(apart.balance[:2].sum()) < 1e-15


def test_tool_ban_bites_after_each_plants_own_lag() -> None:
    """Capacity that the ban cost is missing from the quarter after the plant's own lag, not before."""
    table = random_table(0).replace(build_lag=np.where(np.arange(25) % 2 == 0, 1.0, 2.0))
    economy, p = calibrate(table), parameters()
    w = neutral(economy)
    banned = (table.location == 0) & (table.segment == TOOLS)
    w.denial = (banned[:, None] & (economy.region_of_buyer == 1)).astype(float)
    path, _ = run(economy, w, 24, p)
    assert worst_error(path) < 1e-11
    victims = np.flatnonzero((table.location == 1) & (table.segment == CHIPS))
    assert set(table.build_lag[victims]) == {1.0, 2.0}
    assert path[0].new_capital[victims].max() < table.investment[victims].max()
    for g in victims:
        steps = round(table.build_lag[g] / 0.25)
        capacity = np.array([r.capacity[g] for r in path]) / table.capacity[g]
        assert abs(capacity[: steps + 1] - 1).max() < 1e-13
        assert capacity[steps + 1] < 1 - 1e-4


def test_a_dearer_wedge_raises_no_spending_at_once() -> None:
    """Guard (b): icebergs of 10 on all trade keep prices positive and the identities."""
    table = random_table(0)
    economy = calibrate(table)
    w = neutral(economy)
    w.tau = np.where(table.location[:, None] != economy.region_of_buyer, 10.0, 1.0)
    path, _ = run(economy, w, 12, parameters())
    assert worst_error(path) < 1e-10


def test_cobb_douglas_branch() -> None:
    """Elasticities of one give what elasticities beside one approach, in the path too."""
    table = random_table(0)
    table = table.replace(theta=0 * table.theta)
    economy = calibrate(table)
    w = neutral(economy)
    w.tau = np.where(table.location[:, None] != economy.region_of_buyer, 1.2, 1.0)

    def real_income(sigma: float, eta: float) -> np.ndarray:
        p = parameters(sigma=np.array([3.0, 4.0, sigma, 4.0]), eta=np.array([0.3, 0.3, eta, 0.7]), eta_final=eta)
        return run(economy, w, 12, p)[0][-1].real_income

    limit, h = real_income(1.0, 1.0), 2e-4
    assert abs((real_income(1 + h, 1 + h) + real_income(1 - h, 1 - h)) / 2 / limit - 1).max() < 1e-6


def test_refusals() -> None:
    """Tables and policies without a solution raise and say where."""
    table = random_table(0)
    economy, p = calibrate(table), parameters()
    with pytest.raises(TableError):
        calibrate(table.replace(flow=1.1 * table.flow))
    with pytest.raises(TableError):
        calibrate(table.replace(wages=0 * table.wages))
    w = neutral(economy)
    w.denial[table.segment == CHIPS] = 1.0
    with pytest.raises(ModelError, match="cannot produce"):
        run(economy, w, 1, p)
    w = neutral(economy)
    w.denial[0] = 1.0
    with pytest.raises(ModelError, match="one or less"):
        run(economy, w, 1, parameters(sigma=np.array([1.0, 4.0, 3.0, 4.0])))
