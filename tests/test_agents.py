"""Agents decide: taking a kind of agent away changes outcomes, and named firms follow the fringe's rule row by row."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from model.agents.population import Firm, State, Users
from model.agents.rules import FirmDecision, FirmRule, PlantView, binomial, decide_firm
from model.agents.sight import observe, rule_of
from model.kernel.links import Array
from model.outcomes import Key
from model.simulation import Decoupling
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
