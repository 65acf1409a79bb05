"""Expected drift of relative wages (E10a): nothing without growth, near the static equilibrium's slope, no standing gaps."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from calibration.draws import draw_parameters
from calibration.registry import central
from calibration.world import build_setting, elasticities
from model.kernel.adjustment import expected_drift
from model.kernel.equilibrium import StaticWedges, fold_table, solve_static
from model.kernel.links import Array
from model.simulation import Decoupling, load
from model.stages.adjust import adjust
from model.world import Setting
from tests import small


@pytest.fixture(scope="module")
def setting() -> Setting:
    return build_setting(central(), load("no_policy"))


def test_without_growth_there_is_no_drift_bit_for_bit(setting: Setting) -> None:
    assert np.array_equal(expected_drift(setting.economy, np.zeros(8)), np.zeros(8))


def test_equal_growth_moves_no_relative_wage(setting: Setting) -> None:
    assert abs(expected_drift(setting.economy, np.full(8, 0.03))).max() < 1e-15


def test_drift_is_linear_in_growth_and_falls_where_labour_grows(setting: Setting) -> None:
    growth = setting.behaviour.growth
    one = expected_drift(setting.economy, growth)
    assert expected_drift(setting.economy, 2 * growth + 0.01) == pytest.approx(2 * one, abs=1e-14)
    for r in range(8):
        assert expected_drift(setting.economy, np.eye(8)[r] * 0.01)[r] < 0


@pytest.mark.parametrize("draw", [0, 1])
def test_drift_is_the_slope_of_the_static_equilibrium(draw: int) -> None:
    """Against the independent solver on the whole table: one good per region costs a tenth of a point of precision."""
    parameters = draw_parameters(draw) if draw else central()
    setting = build_setting(parameters, load("no_policy"))
    table, e, years = fold_table(setting.economy.table), elasticities(parameters), 1.0
    factor: Array = np.exp(setting.behaviour.growth * years)
    static = solve_static(table, e.sigma, e.eta, StaticWedges.neutral(table), eta_final=e.eta_final, labour=factor)
    labour = setting.economy.labour
    slope = np.log(static.wage * (labour @ factor) / labour.sum()) / years
    found = expected_drift(setting.economy, setting.behaviour.growth)
    assert abs(slope).max() > 0.003
    assert abs(found - slope).max() < 0.001
    assert abs(found - slope).max() < 0.15 * abs(slope).max()


def test_no_policy_has_no_standing_gap() -> None:
    """Growth alone leaves no region with more or less than full employment for good (it did: 5.7 percent)."""
    model = Decoupling(small.scenario("no_policy", "2035Q4"))
    gaps = np.array([state["employment_gap"] for state in small.quarters(model)])
    assert abs(gaps).max() < 0.03
    assert abs(gaps[32:]).max() < 0.015
    assert abs(gaps[-4:]).max() < 0.01


# -- terms one by one --------------------------------------------------------------------------------
def test_what_moves_between_quarters_in_numbers() -> None:
    """E7c, E10 to E12, E35 from a state off its base, with growth that differs by region and a step of an eighth of a year."""
    model = Decoupling(small.scenario())
    model.step()
    model.step()
    setting, b, rng = replace(model.setting, dt=0.125), model.setting.behaviour, np.random.default_rng(7)
    economy, table = setting.economy, setting.economy.table
    n, place, has = economy.n, economy.table.location, economy.investor >= 0
    delivered = model.now["delivered"]._replace(
        labour=model.now["delivered"].labour * rng.uniform(0.8, 1.2, n), scale=rng.uniform(0.5, 1.2, economy.buyers)
    )
    now = SimpleNamespace(**(model.now | {
        "delivered": delivered, "rent": rng.uniform(0, 0.3, n), "orders": model.now["orders"] * rng.uniform(0.6, 1.5, n),
        "stock_change": rng.normal(0, 1e-3, len(model.now["stock"])), "stock": rng.uniform(0, 2e-4, len(model.now["stock"])),
        "pipeline": rng.uniform(0, 1e-3, (setting.lag_steps.max(), n)), "investment": rng.uniform(0, 1e-3, n),
        "expenditure": rng.dirichlet(np.ones(8)), "idle": rng.uniform(0, 1, n), "output": model.now["output"] * rng.uniform(0, 2, n),
    }))  # fmt: skip
    edge = b.exit_threshold * economy.output0 * np.exp(b.growth * 0.25)[place]  # between the threshold then and now
    now.output[::4] = edge[::4]
    wrote = adjust(setting, now)
    labour = economy.labour * np.exp(b.growth * 0.5)
    demand = np.array([(delivered.labour * now.output)[place == r].sum() for r in range(8)])
    world = (labour * np.exp(b.growth * 0.125)).sum() / labour.sum()
    speed = np.where(demand > labour, b.wage_speed_up, b.wage_speed)
    wage = now.wage * (demand / labour) ** (1 - np.exp(-speed * 0.125)) / world * np.exp(setting.wage_drift * 0.125)
    assert wrote["wage"] == pytest.approx(wage, rel=1e-12)
    assert wrote["employment_gap"] == pytest.approx((demand - labour) / labour, abs=1e-12)
    habit = (now.habit + (1 - np.exp(-b.habit_speed * 0.125)) * (now.expenditure - now.habit)) * np.exp(b.growth * 0.125)
    assert wrote["habit"] == pytest.approx(habit / habit.sum(), rel=1e-12)
    assert wrote["stock"] == pytest.approx(np.maximum(0, now.stock + 0.5 * now.stock_change), rel=1e-12)
    for f in range(n):
        grown = np.exp(b.growth[place[f]] * 0.125)
        low = now.output[f] < b.exit_threshold * economy.output0[f] * np.exp(b.growth[place[f]] * 0.5)
        assert wrote["idle"][f] == pytest.approx(now.idle[f] + 0.125 if low else 0.0)
        kept = np.exp(-b.rent_erosion * 0.125) if now.orders[f] < now.capacity_now[f] else 1.0
        live = now.orders[f] > 0 and np.isfinite(now.capacity_now[f])
        pressure = min(np.log(now.orders[f] / now.capacity_now[f]), b.rent_pressure) if live else 0.0
        assert wrote["rent"][f] == pytest.approx(max(0.0, now.rent[f] * kept + b.rent_speed * 0.125 * pressure), rel=1e-10, abs=1e-14)
        if has[f]:
            arrived = 0.5 * now.pipeline[0, f] / economy.kappa[f]
            capacity = now.capacity[f] * (1 - 0.125 * table.depreciation[f]) + arrived
        elif now.opened[f] and np.isfinite(now.capacity[f]):
            capacity = now.capacity[f] + (1 - np.exp(-b.follow_speed * 0.125)) * (b.slack[f] * now.orders[f] - now.capacity[f])
        else:
            capacity = now.capacity[f]
        assert wrote["capacity"][f] == pytest.approx(capacity * grown, rel=1e-10)
        step = [*now.pipeline[1:, f], 0.0]
        made = delivered.scale[n + economy.investor[f]] if has[f] else 1.0
        step[max(setting.lag_steps[f], 1) - 1] += now.investment[f] * made
        assert wrote["pipeline"][:, f] == pytest.approx(np.array(step) * grown, rel=1e-12)
