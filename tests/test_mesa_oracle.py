"""The object-per-agent quarter (benchmarks/mesa_quarter.py) equals the engine: plain, and therefore a check of both."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.mesa_quarter import ClosedQuarter
from benchmarks.mesa_wedges import expected_drift, spread
from benchmarks.mesa_world import build, neutral_policy, policy_of, resume
from benchmarks.worlds import default_setting, split_setting
from calibration.registry import central, override
from model.schedule import run_quarter
from model.simulation import Decoupling
from model.start import start_state
from model.world import Setting, State
from tests.engine import build_setting, run_engine
from tests.oracle.economies import parameters, random_table, random_wedge_path
from tests.small import everything

SAME = 1e-9


def apart(model: ClosedQuarter, state: State) -> float:
    """Largest relative difference of any price, output, expenditure, wage, rationing share, GDP, capacity or stock.

    A closed plant makes nothing, so the price it would ask is left out: what is left of its stocks is rounding.
    """
    plants, regions = model.plants, model.regions
    live = state["opened"]
    capacity = np.array([p.capacity for p in plants])
    held = np.array([c.stock for p in plants for c in p.cells])
    pairs = [
        (np.where(live, state["price"], 1.0), np.where(live, [p.price for p in plants], 1.0)), (state["output"], [p.output for p in plants]),
        (state["orders"], [p.orders for p in plants]), (state["delivered"].rho, [p.rationing for p in plants]),
        (state["wage"], [r.wage for r in regions]), (state["expenditure"], [r.users.expenditure for r in regions]),
        (state["books"].gdp, [r.gdp for r in regions]), (state["books"].income, [r.income for r in regions]),
        (1 + state["rent"], [1 + p.rent for p in plants]), (state["capital_price"], [i.price for i in model.investors]),
        (state["inputs"], [link.input for link in model.links[: model.techniques]]),
        (state["takeover"], [link.takeover for link in model.links[: model.techniques]]),
        (1 + state["idle"], [1 + p.idle for p in plants]),
        (np.where(np.isfinite(capacity), state["capacity"], 0.0), np.where(np.isfinite(capacity), capacity, 0.0)),
    ]  # fmt: skip
    # a stock runs out, so it is measured in quarters of its holder's output
    size = np.array([max(p.output, 1e-9) for p in plants for _ in p.cells])
    worst = float((abs(held - state["stock"]) / size).max(initial=0.0))
    return max(worst, *(float((abs(np.asarray(b) - a) / np.maximum(abs(a), 1e-9)).max(initial=0.0)) for a, b in pairs))


def follow(setting: Setting, states: list[State], before: State) -> tuple[float, ClosedQuarter]:
    """The worst difference over a path of the engine, given the same policy quarter by quarter."""
    model, worst = build(setting), 0.0
    if before["quarter"]:
        resume(model, setting, before)
    for state in states:
        model.act_on(policy_of(setting, before, state))
        model.step()
        worst, before = max(worst, apart(model, state)), state
        assert model.worst_market < 1e-10
    return worst, model


@pytest.mark.parametrize("seed", range(3))
def test_agents_equal_the_engine_with_every_feature_on(seed: int) -> None:
    """Twelve quarters of the random policy path: denials, a cut, an entrant, stocks, a capacity limit, a subsidy."""
    table = random_table(seed)
    setting = build_setting(table, parameters())
    states = run_engine(setting, random_wedge_path(table, seed), 3.0)
    assert min(s["delivered"].rho.min() for s in states) < 0.95
    worst, model = follow(setting, states, start_state(setting))
    assert worst < SAME
    assert model.plants[len(model.plants) - 1].output > 0  # the entrant


def test_agents_equal_the_engine_at_200_rows() -> None:
    """About 200 rows, eleven segments and twelve regions: four quarters of the policy path."""
    table = random_table(0, 12, 11)
    assert 180 < table.plants < 220
    setting = build_setting(table, parameters(11))
    worst, _ = follow(setting, run_engine(setting, random_wedge_path(table, 0), 1.0), start_state(setting))
    assert worst < SAME


def test_agents_equal_the_engine_under_blocs() -> None:
    """The default world under `blocs`, with growth, smoothing, erosion and expansion limits: four quarters."""
    setting = default_setting()
    states, before = [], start_state(setting)
    now = before
    for _ in range(4):
        now = run_quarter(setting, now)
        states.append(now)
    worst, _ = follow(setting, states, before)
    assert worst < SAME


@pytest.mark.parametrize(("year", "short", "takeover"), [(2026.0, 0, 1.2), (2028.5, 20, 3.0)])
def test_agents_equal_the_engine_in_lasting_shortage(year: float, short: int, takeover: float) -> None:
    """`blocs` from where the engine stood: controls on tools change sides in 2026, so investors take back part of what
    they ordered in place of denied goods (the bound of E4e); in 2028 they order several times over and many are rationed."""
    setting = default_setting(stance="hedge")
    path = [start_state(setting)]
    while path[-1]["year"] < year + 0.25 - 1e-9:
        path.append(run_quarter(setting, path[-1]))
    now = path[-1]
    assert now["takeover"].max() > takeover
    assert (now["delivered"].rho < 0.99).sum() >= short
    worst, _ = follow(setting, [now], path[-2])
    assert worst < SAME


@pytest.fixture(scope="module")
def storm() -> tuple[Setting, list[State]]:
    """Five quarters in which every instrument acts with force, announced a quarter ahead; idle plants leave at once."""
    hasty = {"exit_threshold": 0.9, "exit_patience": 0.25, "retreat_rate": 0.7, "firm_exit_rate": 0.12}
    scenario = everything()
    known = tuple(replace(m, announced=2018.25) for m in scenario.measures)
    setting = Decoupling(replace(scenario, measures=known), parameters=override(central(), hasty, check=False)).setting
    path = [start_state(setting)]
    for _ in range(5):
        path.append(run_quarter(setting, path[-1]))
    return setting, path


def test_agents_equal_the_engine_while_everything_acts(storm: tuple[Setting, list[State]]) -> None:
    """Announced and early purchases, listings, evasion, split standards, home priority, take-over, closures."""
    setting, path = storm
    last = path[-1]
    assert path[2]["stock_order"].any()
    assert path[3]["delivered"].used.any()
    assert last["wedges"]["home_priority"].any()
    assert last["wedges"]["firm_listing"].any()
    assert last["takeover"].max() > 2
    assert path[-2]["closed"].any()  # what they leave behind is inherited in the last quarter
    worst, model = follow(setting, path[1:], path[0])
    assert worst < SAME
    assert any(plant.at_risk() for plant in model.plants)  # a fringe whose firms leave


def test_wedges_reach_links_as_the_equations_say(storm: tuple[Setting, list[State]]) -> None:
    """E21, E36, E37 link by link, in plain loops."""
    setting, path = storm
    assert path[-1]["evaded"].max() > 0.2
    assert path[-1]["left"].any()
    assert path[-1]["lost"].any()
    for before, after in pairwise(path):
        found = spread(setting, before, after)
        for name in ("denial", "ship", "duty"):
            assert abs(np.array(found[name]) - after[name]).max() < 1e-14, name


def test_the_drift_of_wages_is_the_same() -> None:
    """E10a from what agents sold and bought in the base year."""
    setting = default_setting()
    assert abs(setting.wage_drift).max() > 1e-3
    assert abs(np.array(expected_drift(build(setting))) - setting.wage_drift).max() < 1e-14


def test_a_split_world_is_the_dense_inversion() -> None:
    """The sparse generator gives what `build_economy` gives for the same flows, and it replicates its base year."""
    from dataclasses import fields

    from calibration.world import elasticities
    from model.kernel.inversion import Economy, build_economy
    from model.kernel.table import BaseTable

    setting = split_setting(default_setting(), 340)
    economy = setting.economy
    flow = np.zeros((economy.n, len(economy.buyer_region)))
    flow[economy.links.supplier, economy.links.buyer] = economy.flow0
    columns = {f.name: getattr(economy.table, f.name) for f in fields(BaseTable)} | {"flow": flow}
    dense = build_economy(BaseTable(**columns), elasticities(setting.parameters))
    for field in fields(Economy):
        found, want = getattr(economy, field.name), getattr(dense, field.name)
        if isinstance(found, np.ndarray):
            assert found.shape == want.shape, field.name
            assert abs(found * 1.0 - want).max(initial=0.0) < 1e-14, field.name
    for name in ("supplier", "buyer", "cell", "start", "buyer_start", "pointer"):
        assert np.array_equal(getattr(economy.links, name), getattr(dense.links, name)), name
    for name in economy.groups._fields:
        assert np.allclose(getattr(economy.groups, name), getattr(dense.groups, name), rtol=0, atol=1e-14), name
    mean = len(default_setting().economy.links.supplier) / default_setting().n
    assert abs(len(economy.links.supplier) / economy.n / mean - 1) < 0.05
    model = build(setting)
    model.act_on(neutral_policy(setting))
    model.step()
    live = [(p, x) for p, x in zip(model.plants, economy.output0, strict=True) if not p.latent]
    assert max(abs(p.price - 1) for p, _ in live) < 1e-11
    assert max(abs(p.output / x - 1) for p, x in live) < 1e-11


def test_a_split_world_runs_as_agents_say() -> None:
    """Every field by row is split: a quarter of `blocs` in the larger world is the agents' quarter."""
    setting = split_setting(default_setting(), 340)
    before = start_state(setting)
    worst, _ = follow(setting, [run_quarter(setting, before)], before)
    assert worst < SAME
    named = [number for number in setting.plants.firm_number.tolist() if number >= 0]
    assert len(named) == sum(firm != "" for firm in setting.plants.firms)
