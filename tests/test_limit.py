"""The path's long run is the static equilibrium (MODEL.md 8.4), and its step size is of first order (8.9)."""

from __future__ import annotations

import numpy as np
import pytest

from model.kernel.equilibrium import StaticEquilibrium, StaticWedges, fold_table, solve_static
from model.kernel.links import Array
from model.world import State
from tests import small
from tests.engine import run_engine
from tests.oracle.closed_quarter import OracleEconomy, OracleWedges, calibrate, neutral
from tests.oracle.economies import CHIPS, TOOLS, folded, limit_wedges, parameters, random_table, random_wedge_path

CLOSE = 1e-6
MOST_QUARTERS = 600


def static_wedges(wedges: OracleWedges, economy: OracleEconomy) -> StaticWedges:
    """The same wedges for plants and final users, full cuts only."""
    keep = np.r_[: economy.n, economy.final]
    return StaticWedges(
        denied=(wedges.denial[:, keep] >= 1) | ~wedges.opened[:, None], tau=wedges.tau[:, keep],
        tariff=wedges.tariff[:, keep], quality=wedges.quality[:, keep], subsidy=wedges.subsidy,
    )  # fmt: skip


def distance(state: State, static: StaticEquilibrium) -> float:
    """Largest relative difference of prices, quantities, wages and real incomes."""
    market, books = state["delivered"].market, state["books"]
    pairs = (
        (market.output, static.output), (market.price, static.price), (market.price_index, static.price_index),
        (state["wage"], static.wage), (market.expenditure, static.expenditure), (books.income, static.income),
        (books.income / market.price_index, static.real_income),
    )  # fmt: skip
    return max(float(abs(a / b - 1).max()) for a, b in pairs)


@pytest.mark.parametrize("seed", range(4))
def test_long_run_is_the_static_equilibrium(seed: int) -> None:
    """K infinite, balances fixed, depreciation folded into current inputs, cuts full or none."""
    table = folded(random_table(seed))
    p = parameters(fixed_balance=True, wage_speed=0.2)
    economy, wedges = calibrate(table), limit_wedges(table, seed)
    assert p.sigma.min() >= 1.5
    assert p.speed.min() >= 0.3
    static = solve_static(table, p.sigma, p.eta, static_wedges(wedges, economy), eta_final=p.eta_final)
    setting = small.build_setting(table, p, unlimited=True)
    path = run_engine(setting, wedges, MOST_QUARTERS / 4, lambda s: distance(s, static) < CLOSE / 10)
    assert distance(path[0], static) > 1e-3
    assert distance(path[-1], static) < CLOSE
    assert len(path) < MOST_QUARTERS


def test_a_path_that_keeps_its_balances_moving_misses_the_static_equilibrium() -> None:
    """The comparison has teeth: with one assumption of the limit broken the two differ."""
    table = folded(random_table(0))
    p = parameters(fixed_balance=False, wage_speed=0.2)
    economy, wedges = calibrate(table), limit_wedges(table, 0)
    static = solve_static(table, p.sigma, p.eta, static_wedges(wedges, economy), eta_final=p.eta_final)
    path = run_engine(small.build_setting(table, p, unlimited=True), wedges, 75)
    assert distance(path[-1], static) > 100 * CLOSE


@pytest.mark.parametrize("seed", range(4))
def test_dearer_imports_never_raise_the_static_import_share(seed: int) -> None:
    """Icebergs on one origin, segment and destination, ever higher: its share in the destination's purchases falls."""
    table = fold_table(random_table(seed))
    p, neutral_ = parameters(), StaticWedges.neutral(table)
    region = np.concatenate([table.location, np.arange(table.regions)])
    for segment, origin in ((CHIPS, 0), (table.segments - 1, 3)):
        made = (table.location == origin) & (table.segment == segment)
        last = np.full(len(region), np.inf)
        for cost in (1.0, 1.1, 1.5, 3.0):
            tau = np.where(made[:, None] & (region == 1)[None], cost, 1.0)
            w = StaticWedges(neutral_.denied, tau, neutral_.tariff, neutral_.quality, neutral_.subsidy)
            share = solve_static(table, p.sigma, p.eta, w, eta_final=p.eta_final).expenditure_share
            within = share[table.segment == segment].sum(0)
            now = np.where(within > 0, share[made].sum(0) / np.where(within > 0, within, 1.0), 0.0)
            here = region == 1
            assert (now[here] <= last[here] + 1e-12).all()
            assert cost == 1.0 or (now[here] < last[here] - 1e-6).any()
            last = now


@pytest.mark.parametrize("seed", [1])
def test_time_step(seed: int) -> None:
    """Differences of annual effects halve with the step, and the quarter is close enough."""
    table, p = random_table(seed), parameters()
    wedges = random_wedge_path(table, seed)

    def annual(parts: int) -> Array:
        setting = small.build_setting(table, p, 0.25 / parts)
        effects = np.array([small.real_income(setting, s) - 1 for s in run_engine(setting, wedges, 5.0)])
        return np.asarray(effects.reshape(5, 4 * parts, -1).mean(1))

    quarter, eighth, sixteenth = annual(1), annual(2), annual(4)
    first, second = abs(quarter - eighth).max(), abs(eighth - sixteenth).max()
    assert abs(sixteenth).max() > 0.01
    assert 1.6 < first / second < 2.5
    assert first < 0.1 * abs(sixteenth).max()


@pytest.mark.parametrize("dt", [1 / 4, 1 / 8])
def test_half_denied_is_half_delivered(dt: float) -> None:
    """A 50 % denial delivers exactly half of the orders placed for ten quarters, and does not compound."""
    table = random_table(0)
    setting = small.build_setting(table, parameters(), dt)
    economy, links = setting.economy, setting.economy.links
    wedges = neutral(calibrate(table))
    wedges.denial[(table.location == 0) & (table.segment == CHIPS)] = np.where(economy.buyer_region == 1, 0.5, 0.0)
    lt = links.technique
    f, b = links.supplier[:lt], links.buyer[:lt]
    hit = (table.location[f] == 0) & (table.segment[f] == CHIPS) & (economy.buyer_region[b] == 1) & (b < economy.n)
    path = run_engine(setting, wedges, 2.5)
    for state in path:
        got = state["delivered"]
        activity = got.market.output / got.scale[: economy.n]
        placed = state["inputs"] * state["input0"] * activity[np.minimum(b, economy.n - 1)]
        orders = hit & (placed > 0)
        assert got.rho.min() == 1
        assert orders.sum() > 10
        assert abs(state["books"].flow[:lt][orders] / placed[orders] - 0.5).max() < 1e-13
    volume = path[-1]["books"].flow[:lt][hit].sum() / economy.flow0[:lt][hit].sum()
    assert 0.45 < volume < 0.55


@pytest.mark.parametrize("seed", range(4))
def test_a_stronger_denial_never_raises_deliveries(seed: int) -> None:
    """From one state, ever stronger denials deliver ever less in the same quarter; a cut delivers nothing."""
    table = random_table(seed)
    setting = small.build_setting(table, parameters())
    base = neutral(calibrate(table))
    cases = ((CHIPS, 0, 1), (TOOLS, 0, 1), (2, 2, 0))
    for segment, origin, target in cases:
        made = (table.location == origin) & (table.segment == segment)
        for history in (0.0, 0.4):

            def wedges(rate: float, made: Array = made, target: int = target) -> OracleWedges:
                denial = np.where(made[:, None] & (setting.economy.buyer_region == target)[None], rate, 0.0)
                return OracleWedges(**{**base.__dict__, "denial": denial})

            before = run_engine(setting, wedges(history), 1.0)[-1]
            found = []
            for rate in (0.0, 0.1, 0.3, 0.6, 0.9, 1.0):
                state = run_engine(setting, wedges(rate), 0.25, state=before)[-1]
                found.append(small.cube(setting, state)[origin, target, segment])
            assert found == sorted(found, reverse=True), (segment, origin, target, history)
            assert found[0] > found[1] > found[3]
            assert found[-1] == 0
