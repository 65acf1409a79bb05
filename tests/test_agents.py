"""Agents decide: taking a kind of agent away changes outcomes, and named firms follow the fringe's rule row by row."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from model.agents.population import Firm, State, Users
from model.agents.rules import FirmDecision, FirmRule, PlantView, binomial, decide_firm, refound
from model.agents.sight import observe, rule_of
from model.kernel.links import Array
from model.outcomes import Key
from model.simulation import Decoupling
from model.stages.decide import decide
from tests import small


class IdleState(State):
    """A government that applies nothing."""

    def decide(self, due: Array) -> Array:
        return np.zeros(len(due))


class IdleFirm(Firm):
    """A firm that invests nothing, drops nobody and seeks nobody."""

    def decide(self, view: PlantView, rule: FirmRule) -> FirmDecision:
        return FirmDecision(*(np.zeros_like(part) for part in decide_firm(view, rule)))


class IdleUsers(Users):
    """Users who keep what they have."""

    def decide(self, *_: Any) -> Array:
        return np.eye(len(_[1]))


IDLE: dict[str, tuple[type[mesa.Agent], str, str]] = {
    "state": (IdleState, "CHN", "Imports|Chips"),
    "firm": (IdleFirm, "KOR", "Value Added|Memory"),
    "users": (IdleUsers, "CHN", "Ecosystem Share|OS|harmony"),
}


@pytest.fixture(scope="module")
def lively() -> dict[Key, Array]:
    return small.outcomes_of(Decoupling(small.everything("2020Q4")))


# -- what decisions are worth ------------------------------------------------------------------------
@pytest.mark.parametrize("kind", sorted(IDLE))
def test_agents_that_decide_nothing_change_an_outcome(kind: str, lively: dict[Key, Array]) -> None:
    idle, region, variable = IDLE[kind]
    found = small.outcomes_of(Decoupling(small.everything("2020Q4"), agents={kind: idle}))
    key = next(k for k in lively if k[:2] == (region, variable))
    gap = abs(np.nan_to_num(found[key] - lively[key])).max() if key in found else np.inf
    assert gap > 1e-4 * np.nanmax(abs(lively[key]))


def test_idle_states_are_no_policy() -> None:
    """Without governments that act a scenario is its baseline, bit for bit."""
    model = Decoupling(small.everything(), agents={"state": IdleState}, record="all")
    none = Decoupling(small.scenario(), record="all")
    assert not small.same_bits(small.outcomes_of(model), small.outcomes_of(none))


def test_every_agent_is_asked_every_quarter() -> None:
    asked: dict[str, int] = {"state": 0, "firm": 0, "users": 0}

    def counting(kind: str, base: type[mesa.Agent]) -> type[mesa.Agent]:
        class Counting(base):  # type: ignore[misc]
            def decide(self, *arguments: Any) -> Any:
                asked[kind] += 1
                return super().decide(*arguments)

        return Counting

    classes = {"state": counting("state", State), "firm": counting("firm", Firm), "users": counting("users", Users)}
    model = Decoupling(small.scenario(), agents=classes)
    before = dict(asked)
    model.step()
    population = model.setting.agents
    assert asked["state"] - before["state"] == len(population.states) == model.setting.economy.regions
    assert asked["firm"] == len(population.firms) > 10
    assert asked["users"] == sum(map(len, population.users)) == 8 * len(model.setting.networks)


# -- named firms and the fringe ----------------------------------------------------------------------
@pytest.fixture(scope="module")
def later() -> Decoupling:
    """A model some quarters into a policy, so that relations are given up."""
    model = Decoupling(small.everything("2020Q4"))
    for _ in range(6):
        model.step()
    assert model.now["lost"].any()
    return model


def view_of(model: Decoupling) -> PlantView:
    return observe(model.setting.agents, model.setting, model_view(model), model.now["capacity"])


def model_view(model: Decoupling) -> SimpleNamespace:
    return SimpleNamespace(**model.now)


def test_named_firms_decide_by_the_rule_of_the_fringe(later: Decoupling) -> None:
    view, rule = view_of(later), rule_of(later.setting)
    through_agents = later.setting.agents.decide_firms(later.setting, model_view(later), later.now["capacity"])
    for one, all_ in zip(through_agents, decide_firm(view, rule), strict=True):
        assert np.array_equal(one, all_)
    assert view.targeted.any()


def test_firms_hold_disjoint_rows_and_only_named_ones(later: Decoupling) -> None:
    rows = np.concatenate([firm.rows for firm in later.setting.agents.firms])
    assert len(set(rows.tolist())) == len(rows)
    named = {i for i, name in enumerate(later.setting.plants.firms) if name}
    assert set(rows.tolist()) == named
    for firm in later.setting.agents.firms:
        assert {later.setting.plants.firms[i] for i in firm.rows} == {firm.name}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), year=st.floats(2018.0, 2030.0))
def test_users_decide_one_by_one_as_all_at_once(later: Decoupling, seed: int, year: float) -> None:
    """Choices of all networks side by side are those of each region's users of each network; nobody crosses."""
    setting, rng = later.setting, np.random.default_rng(seed)
    shape = setting.base0.shape
    share, reach, price = rng.random(shape), 0.01 + rng.random(shape), np.exp(rng.normal(0, 0.2, shape))
    wedges = small.Wedges(later.now["wedges"].sizes)
    wedges.move("market_access", (slice(None),), rng.choice([-0.5, 0.0, 0.5, 1.0], shape[::-1]))
    now = SimpleNamespace(wedges=wedges, year=year)
    choice = setting.agents.choose(setting, now, share, reach, price)
    assert np.allclose(choice.sum(2), 1, rtol=0, atol=1e-14)
    for network, users in zip(setting.networks, setting.agents.users, strict=True):
        own = network.column
        for r, agent in enumerate(users):
            alone = agent.decide(network, share[r, own], reach[r, own], price[r, own], wedges, year)
            assert np.allclose(alone, choice[r][np.ix_(own, own)], rtol=0, atol=1e-14)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_slice_decides_as_the_whole(later: Decoupling, data: st.DataObject) -> None:
    """Decisions on any rows alone are those rows of the decision on all: nobody sees anybody else."""
    view, rule = view_of(later), rule_of(later.setting)
    rows = np.array(data.draw(st.lists(st.integers(0, later.setting.n - 1), min_size=1, max_size=12, unique=True)))
    dropping = rule._replace(over_compliance=data.draw(st.floats(0, 5)))
    part = decide_firm(PlantView(*(column[rows] for column in view)), dropping)
    for mine, all_ in zip(part, decide_firm(view, dropping), strict=True):
        assert np.array_equal(mine, all_[rows])


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 50), st.floats(0, 1), st.floats(0, 1, exclude_max=True))
def test_binomial_is_the_inverse_distribution(trials: int, chance: float, luck: float) -> None:
    found = int(binomial(np.array([float(trials)]), np.array([chance]), np.array([luck]))[0])
    assert 0 <= found <= trials
    assert binom.cdf(found, trials, chance) >= luck - 1e-9
    assert found == 0 or binom.cdf(found - 1, trials, chance) <= luck + 1e-9


# -- mesa --------------------------------------------------------------------------------------------
def test_data_collector() -> None:
    model = Decoupling(small.scenario())
    for _ in range(3):
        model.step()
    frame = model.datacollector.get_model_vars_dataframe()
    assert frame["year"].tolist() == [2018.25, 2018.5, 2018.75]
    assert np.isfinite(frame["real_income"]).all()
    assert abs(frame["real_income"].iloc[0] - 1) < 0.01


def test_users_can_collect_what_they_like() -> None:
    model = Decoupling(small.scenario())
    model.datacollector = mesa.DataCollector(
        model_reporters={"gdp": lambda m: m.recorder.last("GDP", "KOR")}, agenttype_reporters={Firm: {"firm": "name"}}
    )
    model.step()
    assert len(model.datacollector.get_model_vars_dataframe()) == 1
    assert "NVIDIA" in set(model.datacollector.get_agenttype_vars_dataframe(Firm)["firm"])


def test_batch_run() -> None:
    assert mesa.__version__.startswith("3.")
    rows = mesa.batch_run(
        Decoupling, parameters={"scenario": ["no_policy"], "draw": [0, 1]}, max_steps=4, number_processes=1,
        data_collection_period=1, display_progress=False,
    )  # fmt: skip
    assert {row["draw"] for row in rows} == {0, 1}
    last = {row["draw"]: row for row in rows}
    assert all(np.isfinite(row["real_income"]) for row in last.values())
    assert last[0]["real_income"] != last[1]["real_income"]
    steps = [row for row in rows if row["draw"] == 0]
    assert len(steps) >= 4
    assert all(row["year"] == 2018.25 + row["Step"] / 4 for row in steps)  # the row of step 0 is the first quarter


def test_agents_live_in_mesa() -> None:
    model = Decoupling(small.scenario())
    kinds = {type(agent) for agent in model.agents}
    assert kinds == {State, Firm, Users}
    population = model.setting.agents
    assert len(model.agents) == len(population.states) + len(population.firms) + sum(map(len, population.users))


# -- terms one by one --------------------------------------------------------------------------------
class Idler(Firm):
    """Samsung and its plants seek nobody."""

    def decide(self, view: PlantView, rule: FirmRule) -> FirmDecision:
        found = decide_firm(view, rule)
        return found._replace(seeks=0 * found.seeks) if self.name == "Samsung" else found


def test_fixed_costs_of_policy_search_and_standards_in_numbers() -> None:
    """E20, E21, E37: shares of base output or of the purchases sought, grown with the region, bought from home rest."""
    model = Decoupling(small.scenario(), agents={"firm": Idler})
    model.step()
    model.step()
    setting, economy, korea = model.setting, model.setting.economy, model.setting.regions.index("KOR")
    table, links = economy.table, economy.links
    memory, rest = setting.segments.index("memory"), setting.segments.index("rest")
    chosen = (table.location == korea) & (table.segment == memory) & model.now["opened"]
    wedges = small.arrays(model.now["wedges"])
    wedges["fixed_cost"][korea, memory], wedges["search_cost"][korea, memory] = 0.02, 0.03
    wedges["dual_fixed"][korea, memory] = 0.05
    lost, standard = np.zeros((setting.n, economy.regions)), np.zeros(setting.n, int)
    supplier = np.flatnonzero((table.location == setting.regions.index("JPN")) & model.now["opened"])[:3]
    lost[supplier, korea] = [0.2, 0.5, 1.0]
    standard[np.flatnonzero(chosen)[0]] = 1
    opened = model.now["opened"].copy()
    opened[np.flatnonzero(chosen)[-1]] = False
    now = SimpleNamespace(**(model.now | {"wedges": wedges, "lost": lost, "standard": standard, "opened": opened}))
    written = decide(setting, now)
    grown = np.exp(setting.behaviour.growth[korea] * 0.5)
    idle = np.array([firm == "Samsung" for firm in setting.plants.firms])
    here = table.location == korea
    effort = 1 - economy.output0[here & idle].sum() / economy.output0[here].sum()
    assert 0.5 < effort < 0.999
    for b in np.flatnonzero(chosen):
        mine = links.buyer == b
        sought = (economy.flow0[mine] * lost[links.supplier[mine], korea]).sum() * effort
        if not opened[b]:
            assert not (written["compliance"][b] or written["search"][b] or written["standards_cost"][b])
            continue
        compliance = 0.02 * economy.output0[b] * grown
        search = (setting.behaviour.search_cost + 0.03) * sought * grown
        standards = 0.05 * economy.output0[b] * grown * (0.5 if standard[b] else 1.0)
        assert written["compliance"][b] == pytest.approx(compliance, rel=1e-12)
        assert written["search"][b] == pytest.approx(search, rel=1e-12)
        assert written["standards_cost"][b] == pytest.approx(standards, rel=1e-12)
        bought = written["fixed"][mine] - economy.fixed0[mine]
        assert bought.sum() == pytest.approx(compliance + search + standards, rel=1e-12)
        f = links.supplier[mine]
        makers = (table.segment[f] == rest) & (table.location[f] == korea)
        assert not bought[~makers].any()
        assert bought[makers] / bought.sum() == pytest.approx(economy.output0[f][makers] / economy.output0[f][makers].sum())
    others = ~chosen & (table.location != korea)
    assert not (written["compliance"] + written["search"] + written["standards_cost"])[others].any()
    state = links.buyer >= economy.buyers
    region = economy.buyer_region[links.buyer[state]]
    assert written["fixed"][state] == pytest.approx(economy.fixed0[state] * np.exp(setting.behaviour.growth[region] * 0.5), rel=1e-12)


def test_relations_found_again_in_numbers() -> None:
    """E20: of each row's lost relations a number drawn from the binomial distribution, as a part of all it has."""
    lost, luck = np.array([[0.5, 0.0], [0.25, 1.0]]), np.array([[0.9, 0.9], [0.2, 0.6]])
    found = refound(lost, np.array([10, 8]), 0.4, np.array([0.5, 1.0]), luck)
    expected = [[binom.ppf(0.9, 5, 0.2) / 10, 0], [binom.ppf(0.2, 2, 0.2) / 8, binom.ppf(0.6, 8, 0.4) / 8]]
    assert found == pytest.approx(np.array(expected))


def test_relations_given_up_and_business_moved_in_numbers(later: Decoupling) -> None:
    """E19, E24: a hazard that grows with the denial; what is moved closes on what is denied at the plant's own speed."""
    view, rule = view_of(later), rule_of(later.setting)._replace(over_compliance=2.0)
    n, regions = view.lost.shape
    lost, targeted, moved = np.full((n, regions), 0.25), np.full((n, regions), 0.5), np.full((n, regions), 0.1)
    count, speed = np.full(n, 8), np.linspace(0, 2, n)
    luck = np.random.default_rng(1).random((n, regions))
    found = decide_firm(
        view._replace(lost=lost, targeted=targeted, moved=moved, outdone=6 * moved, count=count, relocation_speed=speed, luck_drop=luck), rule
    )
    hazard = 1 - np.exp(-2.0 * 0.5 * 0.25)
    assert found.dropped == pytest.approx(binom.ppf(luck, 6, hazard) / 8)
    part = 1 - np.exp(-speed * 0.25)
    assert found.moved == pytest.approx(0.1 + 0.5 * np.repeat(part[:, None], regions, 1), rel=1e-12)


def test_what_firms_see_in_numbers() -> None:
    """Pipeline in units of capacity (E12), margins, fixed costs of standards at the price of home rest (E37)."""
    model = Decoupling(small.scenario())
    for _ in range(3):
        model.step()
    setting, economy, now = replace(model.setting, dt=0.125), model.setting.economy, model.now  # with a quarter 4 dt would be 1
    rent = np.linspace(0, 0.5, setting.n)
    wedges, price = small.arrays(now["wedges"]), np.linspace(0.8, 1.4, setting.n)
    wedges["dual_fixed"] += 0.02
    altered = now | {"rent": rent, "wedges": wedges, "price": price}
    view = observe(setting.agents, setting, SimpleNamespace(**altered), now["capacity"])
    has = economy.investor >= 0
    assert view.coming[has] == pytest.approx(0.5 * now["pipeline"].sum(0)[has] / economy.kappa[has], rel=1e-12)
    assert view.margin == pytest.approx((economy.markup * (1 + rent) - 1) / (economy.markup * (1 + rent)), rel=1e-12)
    wanted = price[has] / now["capital_price"][economy.investor[has]] * np.exp(-now["price_trend"][has])
    assert view.price_ratio[has] == pytest.approx(wanted, rel=1e-12)
    table, rest = economy.table, setting.segments.index("rest")
    for r in range(economy.regions):
        here, makers = table.location == r, (table.location == r) & (table.segment == rest)
        mean = np.average(price[makers], weights=economy.output0[makers])
        fixed = 0.02 * economy.output0[here] * np.exp(setting.behaviour.growth[r] * 0.75) * mean
        assert view.dual_fixed[here] == pytest.approx(fixed, rel=1e-12)
