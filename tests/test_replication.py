"""Without growth, entry, catch-up and drift the model gives back its base table every quarter (MODEL.md 8.1)."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.draws import draw_parameters
from model.kernel.inversion import base_profit
from model.simulation import Decoupling
from model.world import State
from tests import small

QUARTERS = 20
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def model() -> Decoupling:
    return Decoupling(small.scenario("no_policy", "2022Q4"), parameters=small.still(), record="all")


@pytest.fixture(scope="module")
def path(model: Decoupling) -> list[State]:
    return list(small.quarters(model))


def test_every_flow_is_the_base_tables(model: Decoupling, path: list[State]) -> None:
    economy = model.setting.economy
    flow0 = economy.flow0
    base = flow0 > 0
    assert len(path) == QUARTERS
    assert base.sum() > 5000
    for state in path:
        for found in (state["books"].flow, state["books"].value):
            assert abs(found[base] / flow0[base] - 1).max() < TOLERANCE
            assert abs(found[~base]).max() == 0


def test_links_hold_the_whole_table(model: Decoupling) -> None:
    """The comparison above leaves nothing out: the links carry every flow of the balanced table."""
    economy = model.setting.economy
    table, links = economy.table, economy.links
    dense = np.zeros_like(table.flow)
    dense[links.supplier, links.buyer] = economy.flow0
    assert np.array_equal(dense, table.flow)


def test_prices_outputs_incomes_and_stocks_stay(model: Decoupling, path: list[State]) -> None:
    economy = model.setting.economy
    table, live = economy.table, ~economy.latent
    profit, income = base_profit(economy), economy.expenditure0 - economy.balance
    limited = live & np.isfinite(table.capacity)
    for state in path:
        for name in ("price", "wage", "capital_price"):
            assert abs(state[name][: len(live)][live[: len(state[name])]] - 1).max() < TOLERANCE, name
        assert abs(state["output"][live] / economy.output0[live] - 1).max() < TOLERANCE
        assert abs(state["capacity"][limited] / table.capacity[limited] - 1).max() < TOLERANCE
        assert abs(state["expenditure"] / economy.expenditure0 - 1).max() < TOLERANCE
        assert abs(state["books"].income / income - 1).max() < TOLERANCE
        assert abs(state["books"].profit[live] - profit[live]).max() < TOLERANCE
        assert abs(state["employment_gap"]).max() < TOLERANCE
        assert np.array_equal(state["rent"], np.zeros(economy.n))
        assert np.array_equal(state["base"], model.setting.base0)
        assert abs(state["capability"] - model.setting.capability0).max() < 1e-15  # what is delivered is 1 to rounding
        for name in ("rnd", "experience", "data", "frameworks"):
            assert abs(state[name] - 1).max() < TOLERANCE, name
        assert abs(state["efficiency"]).max() < TOLERANCE
        assert abs(state["ai_quality"]).max() < TOLERANCE
        assert not state["output"][economy.latent].any()
        assert max(state["books"].errors.values()) < 1e-12


def test_recorded_outcomes_do_not_move(model: Decoupling, path: list[State]) -> None:
    keys, values = model.recorder.table()
    assert values.shape[1] == QUARTERS
    for key, row in zip(keys, values, strict=True):
        if key[1].startswith("Capability|") or key[1] in ("AI Quality", "Algorithmic Efficiency"):
            continue  # measured against 2018, so it moves with the frontier
        size = max(1e-6, float(np.nanmax(abs(row))))
        assert np.nanmax(row) - np.nanmin(row) < TOLERANCE * size or size == 1e-6, key


def test_ecosystem_shares_are_stationary_while_users_choose_again() -> None:
    """The inverted qualities hold the base-year shares also where users do choose (entries alone are off)."""
    model = Decoupling(small.scenario("no_policy", "2022Q4"), parameters=small.still(leave=("rechoice_rate",)))
    state = list(small.quarters(model))[-1]
    assert min(network.rechoice_rate for network in model.setting.networks) > 0.05
    assert abs(state["base"] - model.setting.base0).max() < 1e-11
    base = model.setting.economy.flow0 > 0
    assert abs(state["books"].flow[base] / model.setting.economy.flow0[base] - 1).max() < TOLERANCE


@pytest.mark.parametrize("name", ["growth_baseline", "entry_year"])
def test_each_switch_is_needed(name: str) -> None:
    """With growth or entry left on the table is left behind: the replication is not an accident of the code."""
    model = Decoupling(small.scenario("no_policy", "2020Q4"), parameters=small.still(leave=(name,)))
    state = list(small.quarters(model))[-1]
    base = model.setting.economy.flow0 > 0
    assert abs(state["books"].flow[base] / model.setting.economy.flow0[base] - 1).max() > 1e-4


def test_replication_holds_for_other_states_of_the_world() -> None:
    """The same for drawn parameters: calibration has no constant tuned to the central values."""
    for draw in (1, 2):
        model = Decoupling(small.scenario("no_policy", "2019Q4"), parameters=small.still(draw_parameters(draw)))
        base = model.setting.economy.flow0 > 0
        for state in small.quarters(model):
            assert abs(state["books"].flow[base] / model.setting.economy.flow0[base] - 1).max() < TOLERANCE
