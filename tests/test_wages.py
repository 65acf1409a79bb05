"""Expected drift of relative wages (E10a): nothing without growth, near the static equilibrium's slope, no standing gaps."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.draws import draw_parameters
from calibration.registry import central
from calibration.world import build_setting, elasticities
from model.kernel.adjustment import expected_drift
from model.kernel.equilibrium import StaticWedges, fold_table, solve_static
from model.kernel.links import Array
from model.simulation import Decoupling, load
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
