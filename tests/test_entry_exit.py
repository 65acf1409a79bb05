"""Entry and exit (E34, E35): latent plants touch nothing before their date; who leaves, and what is lost with them."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

import calibration.base_year as base_year
from calibration.base_year_tables import load_base_year_tables
from calibration.registry import central, override
from model.agents.population import Firm
from model.agents.rules import FirmDecision, FirmRule, PlantView, leaving
from model.agents.sight import may_close, observe, rule_of
from model.axes import REGIONS
from model.kernel.links import Array, sum_by
from model.scenario.resolve import load_scenario
from model.schedule import SCHEDULE
from model.simulation import Decoupling
from model.stages.adopt import inherited
from model.stages.decide import _after_exits, decide
from model.world import Parameters, State
from tests import small

NEVER = 2060.0
CALM = {"over_compliance_rate": 0.0}


def changed(**changes: float) -> Parameters:
    return override(central(), changes, check=False)


class Quitter(Firm):
    """A firm that closes all its plants in 2019Q1, for no reason."""

    who = "Advantest"

    def decide(self, view: PlantView, rule: FirmRule) -> FirmDecision:
        decision = super().decide(view, rule)
        quits = self.name == self.who and self.model.now["year"] >= 2019.0 - 1e-9
        return decision._replace(leaves=np.ones(len(decision.leaves))) if quits else decision


def run(model: Decoupling) -> list[State]:
    return list(small.quarters(model))


# -- entry -------------------------------------------------------------------------------------------
def test_a_plant_that_has_not_entered_enters_nothing() -> None:
    """Any date after the horizon gives the same bits."""
    one = Decoupling(small.everything(), parameters=changed(entry_year=NEVER), record="all")
    other = Decoupling(small.everything(), parameters=changed(entry_year=2040.0), record="all")
    assert not small.same_bits(small.outcomes_of(one), small.outcomes_of(other))


def test_latent_rows_are_as_good_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same world with the latent rows taken out of the table: equal to rounding, chance and policy included."""
    kept = Decoupling(small.everything("2019Q4"), parameters=changed(entry_year=NEVER))
    tables = load_base_year_tables()
    fewer = replace(tables, plants=tuple(p for p in tables.plants if not p.latent))
    monkeypatch.setattr(base_year, "load_base_year_tables", lambda: fewer)
    monkeypatch.setattr("calibration.world._LATEST", deque(maxlen=1))  # worlds kept are of the whole table
    gone = Decoupling(small.everything("2019Q4"), parameters=changed(entry_year=NEVER))
    same = [kept.setting.plants.ids.index(i) for i in gone.setting.plants.ids]
    assert len(same) < kept.setting.n
    for a, b in zip(run(kept), run(gone), strict=True):
        assert np.array_equal(a["lost"][same], b["lost"])
        assert abs(a["price"][same] / b["price"] - 1).max() < 1e-9
        assert abs(a["expenditure"] / b["expenditure"] - 1).max() < 1e-9


def test_before_its_date_a_plant_is_nothing_and_then_it_sells() -> None:
    model = Decoupling(small.scenario("no_policy", "2021Q4"))
    rows = np.flatnonzero(model.setting.economy.latent)
    entry = model.setting.plants.entry[rows]
    for state in run(model):
        out = entry > state["year"] - model.setting.dt + 1e-9
        assert not state["output"][rows[out]].any() and not state["investment"][rows[out]].any()
        sells = state["output"][rows[~out]] > 0
        assert (sells | model.setting.plants.membership[rows[~out]].any(1)).all()  # HarmonyOS waits for users
    assert (entry < 2021).sum() == 3 and (entry > 2022).sum() == len(rows) - 3


def test_entry_changes_no_draw_of_another() -> None:
    """Luck belongs to the plant: the numbers of all others stay when one enters earlier."""
    early = Decoupling(small.everything("2020Q4"), parameters=changed(**{"entry_year[openai-ai-apps-usa]": 2018.5}))
    late = Decoupling(small.everything("2020Q4"))
    for name in ("links.drop", "links.refound", "plants.close"):
        one, two = (m.setting.agents.luck(m.setting, name, 5) for m in (early, late))
        assert np.array_equal(one, two)
    assert early.setting.plants.entry.min() == late.setting.plants.entry.min()


def test_a_scenario_may_move_a_date() -> None:
    key = "entry_year[cxmt-memory-chn]"
    moved = load_scenario("no_policy", sets=["horizon=[2018Q1, 2019Q4]", f"overrides.{key}=2018.75"])
    found = run(Decoupling(moved))
    row = Decoupling(moved).setting.plants.ids.index("cxmt-memory-chn")
    assert [s["output"][row] > 0 for s in found] == [False] * 3 + [True] * 5


def test_the_first_owner_in_a_cell_buys_through_the_local_investor() -> None:
    setting = Decoupling().setting
    row = setting.plants.ids.index("tsmc-foundry-jpn")
    region, segment, owner = setting.economy.table.investors[setting.economy.investor[row]]
    assert (REGIONS[region], setting.segments[segment], REGIONS[owner]) == ("JPN", "foundry", "JPN")
    assert REGIONS[setting.plants.owner[row]] == "TWN"


# -- exit: who leaves --------------------------------------------------------------------------------
def test_without_policy_nobody_is_idle() -> None:
    for draw in (0, 1):
        model = Decoupling(small.scenario("no_policy", "2024Q4"), draw=draw)
        assert not any(s["idle"].any() or s["closed"].any() for s in run(model))


def test_the_neutral_values_change_no_bit() -> None:
    """No policy: the same bits with and without exit. In a cut: threshold 0 is the same as both rates 0."""
    off = {"firm_exit_rate": 0.0, "retreat_rate": 0.0}
    for scenario, one, two in (
        (small.scenario("no_policy", "2019Q4"), {}, off),
        (small.everything("2021Q4"), {"exit_threshold": 0.0}, off),
    ):
        a, b = (Decoupling(scenario, parameters=changed(**p), record="all") for p in (one, two))
        assert not small.same_bits(small.outcomes_of(a), small.outcomes_of(b))


@pytest.fixture(scope="module")
def shaken() -> tuple[Decoupling, list[State]]:
    """`full_split` with Korea serving both, plants that give up soon; all quarters of the record and of the split, in which markets go."""
    quick = changed(retreat_rate=1.5, exit_threshold=0.3, exit_patience=1.0, **CALM)
    model = Decoupling(small.scenario("full_split", "2032Q4"), "hedge", parameters=quick)
    return model, [state for state in small.quarters(model) if state["year"] > 2018.3]


def test_who_closes_and_who_never_does(shaken: tuple[Decoupling, list[State]]) -> None:
    model, path = shaken
    setting, last = model.setting, path[-1]
    closed = last["closed"]
    assert closed.sum() >= 3, [setting.plants.ids[i] for i in np.flatnonzero(closed)]
    assert (setting.plants.firm_number[closed] >= 0).all() and (~setting.plants.membership[closed].any(1)).all()
    assert setting.technology()[closed].all() and np.isfinite(setting.economy.table.capacity[closed]).all()
    group, count = setting.economy.groups.group, setting.economy.groups.count
    before, now = sum_by(group, path[0]["output"], count), sum_by(group, last["output"], count)
    assert (now[before > 0] > 0).all(), "a region lost its last supplier of a segment"


def test_closing_takes_patience_and_lasts(shaken: tuple[Decoupling, list[State]]) -> None:
    path = shaken[1]
    when = np.array([s["closed"] for s in path])
    assert not when[0].any() and when[-1].any() and (np.diff(when.astype(int), axis=0) >= 0).all()
    for one, two in pairwise(path):
        gone = one["closed"]
        assert not two["output"][gone].any() and not two["investment"][gone].any() and not two["opened"][gone].any()
        assert not two["compliance"][gone].any() and not two["search"][gone].any()
        assert (one["idle"][two["closed"] & ~gone] >= 1.0).all()


def test_the_largest_firm_stays_and_a_fringe_counts_as_one(shaken: tuple[Decoupling, list[State]]) -> None:
    model, path = shaken
    view, setting = SimpleNamespace(**path[-1]), model.setting
    free = may_close(setting, view)
    group, number = setting.economy.groups.group, setting.plants.firm_number
    for g in np.unique(group[free]):
        rows = np.flatnonzero((group == g) & view.opened)
        size = {k: view.output[rows[number[rows] == k]].sum() for k in set(number[rows].tolist())}
        assert not free[rows[number[rows] == max(size, key=lambda k: size[k])]].any()


def test_the_rule_closes_named_plants_by_hazard_and_fringes_by_share(shaken: tuple[Decoupling, list[State]]) -> None:
    model, path = shaken
    population, setting = model.setting.agents, model.setting
    rule = rule_of(setting)._replace(retreat_rate=0.8, firm_exit_rate=0.072, exit_patience=1.0)
    view = observe(population, setting, SimpleNamespace(**path[-1]), path[-1]["capacity"])
    many = 20_000
    luck = np.random.default_rng(0).random(many)
    rows = PlantView(*(np.resize(column[:1], (many, *column.shape[1:])) for column in view))
    rows = rows._replace(may_close=np.ones(many, bool), fringe=np.zeros(many, bool), luck_close=luck)
    found = leaving(rows._replace(idle=np.full(many, 1.0)), rule)
    assert set(np.unique(found)) == {0.0, 1.0}
    assert found.mean() == pytest.approx(1 - np.exp(-0.8 * 0.25), abs=0.01)
    fringe = leaving(rows._replace(idle=np.full(many, 1.0), fringe=np.ones(many, bool)), rule)
    assert np.allclose(fringe, 1 - np.exp(-0.072 * 0.25))
    assert not leaving(rows._replace(idle=np.full(many, 0.75)), rule).any()
    assert not leaving(rows._replace(idle=np.full(many, 9.0), may_close=np.zeros(many, bool)), rule).any()


# -- exit: what is lost ------------------------------------------------------------------------------
def test_neighbours_inherit_and_a_shake_out_by_itself_changes_nothing() -> None:
    """Advantest leaves: Japanese tools keep their market, prices and incomes to rounding, since it owned no capital."""
    calm = changed(rd_elasticity=0.0, learning_elasticity=0.0, **CALM)  # or neighbours would learn from what they inherit
    stay = run(Decoupling(small.scenario("no_policy", "2020Q4"), parameters=calm))
    model = Decoupling(small.scenario("no_policy", "2020Q4"), parameters=calm, agents={"firm": Quitter})
    gone = run(model)
    row = model.setting.plants.ids.index("advantest-equipment-jpn")
    neighbours = model.setting.economy.groups.group == model.setting.economy.groups.group[row]
    assert not gone[-1]["output"][row] and stay[-1]["output"][row] > 0
    for a, b in zip(stay, gone, strict=True):
        assert abs(a["expenditure"] / b["expenditure"] - 1).max() < 1e-12
        assert a["output"][neighbours].sum() == pytest.approx(b["output"][neighbours].sum(), rel=1e-12)
    assert abs(stay[-1]["price"] / gone[-1]["price"] - 1)[model.setting.plants.ids != row].max() < 1e-12


def test_shares_keep_their_sum_and_closed_plants_have_none(shaken: tuple[Decoupling, list[State]]) -> None:
    model, path = shaken
    links, last = model.setting.economy.links, path[-1]
    theta = model.setting.economy.theta
    after = inherited(model.setting, theta, last["opened"], last["closed"])
    assert np.allclose(links.by_cell(after), links.by_cell(theta), rtol=1e-12)
    assert not after[last["closed"][links.supplier[: links.technique]]].any()
    assert (after >= 0).all() and np.array_equal(inherited(model.setting, theta, last["opened"], last["closed"] & False), theta)


def test_what_is_capital_is_scrapped_and_what_is_not_is_passed_on() -> None:
    """A memory plant's capacity goes with it, a device maker's lines stay in its region."""
    for who, segment, passes in (("Xiaomi", "devices", True), ("Nobody", "devices", True), ("Intel", "memory", False)):
        quitter = type("Quits", (Quitter,), {"who": who})
        model = Decoupling(small.scenario("no_policy", "2019Q2"), parameters=changed(**CALM), agents={"firm": quitter})
        path, setting = run(model), model.setting
        here = (setting.economy.table.location == REGIONS.index("CHN")) & (setting.economy.table.segment == setting.segments.index(segment))
        total = [float((s["capacity"] * (s["opened"] & ~s["closed"]))[here].sum()) for s in path]
        assert (total[5] / total[3] > 0.98) == passes, (who, total)


def test_a_fringe_shrinks_only_where_its_capacity_is_capital(shaken: tuple[Decoupling, list[State]]) -> None:
    model, path = shaken
    setting = model.setting
    rows = np.flatnonzero((setting.plants.firm_number < 0) & may_close(setting, SimpleNamespace(**path[-1])))
    assert (path[-1]["idle"][rows] >= 1.0).any(), "the shock leaves some idle by itself"
    idle, last = rows, path[-1] | {"idle": np.where(np.isin(np.arange(setting.n), rows), 9.0, 0.0)}
    shares: Array = np.array([setting.economy.investor[i] >= 0 for i in idle])
    decision = setting.agents.decide_firms(setting, SimpleNamespace(**last), last["capacity"])
    assert len(idle) and (decision.leaves[idle] > 0).all() and (decision.leaves[idle] < 1).all()
    ratio = decide(setting, SimpleNamespace(**last))["capacity"][idle] / last["capacity"][idle]
    left = np.exp(-setting.behaviour.firm_exit_rate * 0.25)
    assert shares.any() and not shares.all()
    assert ratio[shares] == pytest.approx(left, rel=1e-12) and (ratio[~shares] >= 1).all()


# -- terms one by one --------------------------------------------------------------------------------
def test_capacity_after_exits_in_numbers() -> None:
    """What a fringe closes of its capital is scrapped; lines of who has left go to the open plants of the group by size."""
    model = Decoupling(small.scenario("no_policy", "2019Q4"))
    model.step()
    setting, economy, rng = model.setting, model.setting.economy, np.random.default_rng(3)
    n, group = setting.n, economy.groups.group
    left = rng.random(n) < 0.3
    now = SimpleNamespace(was_open=model.now["opened"], opened=model.now["opened"] & ~left)
    capacity, leaves = model.now["capacity"], rng.uniform(0, 1, n) * (rng.random(n) < 0.5)
    found = _after_exits(setting, now, capacity, leaves)
    capital = economy.investor >= 0
    for f in range(n):
        mine = capacity[f] * (1 - leaves[f]) if capital[f] else capacity[f]
        if now.opened[f] and np.isfinite(mine):
            peers = group == group[f]
            gone = capacity[peers & now.was_open & ~now.opened & ~capital].sum()
            kept = [capacity[i] * (1 - leaves[i] * capital[i]) for i in np.flatnonzero(peers & now.opened) if np.isfinite(capacity[i])]
            mine += gone * mine / sum(kept)
        assert found[f] == pytest.approx(mine, rel=1e-12)


def test_dates_are_met_to_rounding_in_numbers() -> None:
    """A date that rounding puts a trifle after the start of a quarter is that quarter's."""
    model = Decoupling(small.scenario("no_policy", "2019Q4"))
    entry = np.full(model.setting.n, 2018.0 + 1e-12)
    entry[::3], entry[1::3] = 2018.0 + 1e-6, 2017.0
    setting = replace(model.setting, plants=replace(model.setting.plants, entry=entry))
    opened = SCHEDULE[0].function(setting, SimpleNamespace(**model.now))["opened"]
    assert np.array_equal(opened, np.arange(setting.n) % 3 != 0)


def test_who_may_close_in_numbers() -> None:
    """All but who is the largest of his cell, firm by firm and the fringe as one, whatever the sizes."""
    model = Decoupling(small.scenario("no_policy", "2019Q4"))
    model.step()
    setting, economy = model.setting, model.setting.economy
    group, number = economy.groups.group, setting.plants.firm_number
    able = setting.technology() & ~setting.plants.membership.any(1) & np.isfinite(economy.table.capacity) & ~economy.latent
    for seed in range(20):
        output = np.random.default_rng(seed).uniform(0, 1, setting.n)
        found = may_close(setting, SimpleNamespace(output=output, opened=model.now["opened"]))
        for g in np.unique(group):
            size = {k: output[(group == g) & (number == k)].sum() for k in set(number[group == g].tolist())}
            for f in np.flatnonzero(group == g):
                small_one = size[int(number[f])] < max(size.values()) * (1 - 1e-12)
                assert found[f] == (able[f] and model.now["opened"][f] and small_one)
