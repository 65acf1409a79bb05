"""Choice of standards (E37): plants outside the blocs serve both sides, one, or none, whichever pays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.agents.rules import BOTH, HOME, SIDE_0, SIDE_1, FirmRule, PlantView, choose_standards
from model.agents.sight import rule_of
from model.axes import REGION_INDEX, SEGMENT_INDEX
from model.instruments import Value
from model.kernel.links import Array
from model.scenario.types import Scenario
from model.simulation import Decoupling
from model.world import State
from tests import small

DEVICES = SEGMENT_INDEX["devices"]


def split(last: str = "2021Q4", **levers: Value) -> Scenario:
    """Two standards for devices and platforms from 2018Q3 on between the USA with Japan and China; others serve both."""
    found: dict[str, Value] = {"segments": ("devices", "platforms"), "divergence": 1.0} | levers
    return small.with_measures((small.measure("standards_split", found, 2018.5),), last, blocs=True)


@pytest.fixture(scope="module")
def path() -> tuple[Decoupling, list[State]]:
    model = Decoupling(split(variable_cost=0.2), "hedge", record="all")
    return model, list(small.quarters(model))


# -- the rule ----------------------------------------------------------------------------------------
def view(
    margin: float, west: float, east: float, cost: float, fixed: float, now: int = BOTH, left: tuple[float, float] = (0, 0)
) -> PlantView:
    """One plant, two regions, one on each side."""
    fields: dict[str, Array] = {name: np.zeros(1) for name in PlantView._fields}
    fields |= {
        "margin": np.array([margin]), "market": np.array([[west, east]]), "dual_fixed": np.array([fixed]),
        "dual_cost": cost * np.eye(2)[None], "standard": np.array([now]), "left": np.array([left], float),
    }  # fmt: skip
    return PlantView(**fields)  # type: ignore[arg-type]


def rule(model: Decoupling, hysteresis: float) -> FirmRule:
    return rule_of(model.setting)._replace(standards_hysteresis=hysteresis)


@pytest.fixture(scope="module")
def model() -> Decoupling:
    return Decoupling(split())


@pytest.mark.parametrize(
    ("case", "choice"),
    [
        ((0.2, 5.0, 5.0, 0.05, 0.1), BOTH),  # both sides are worth their cost
        ((0.2, 9.0, 1.0, 0.05, 0.1), SIDE_0),  # the small side is not
        ((0.2, 1.0, 9.0, 0.05, 0.1), SIDE_1),
        ((0.1, 0.2, 0.1, 0.05, 0.2), HOME),  # neither is
        ((-0.1, 5.0, 5.0, 0.01, 0.1), HOME),  # who loses money abroad does not pay to
    ],
)
def test_the_choice_with_the_largest_profit_is_taken(model: Decoupling, case: tuple[float, ...], choice: int) -> None:
    standard, left = choose_standards(view(*case), rule(model, 0.0))
    assert standard[0] == choice
    closed = {BOTH: (False, False), SIDE_0: (False, True), SIDE_1: (True, False), HOME: (True, True)}[choice]
    assert tuple(left[0] > 0) == closed
    assert left.max() < 0.5  # gradual


@settings(max_examples=200, deadline=None)
@given(
    st.floats(-0.2, 0.5), st.floats(0, 10), st.floats(0, 10), st.floats(0.001, 0.3), st.floats(0, 1),
    st.integers(0, 3), st.floats(0, 0.5),
)  # fmt: skip
def test_who_changes_gains_more_than_the_hysteresis_and_then_stays(
    model: Decoupling, margin: float, west: float, east: float, cost: float, fixed: float, now: int, hysteresis: float
) -> None:
    profit = max(margin, 0.0) * (west + east)
    value = [
        profit - cost * (west + east) - fixed, max(margin, 0) * west - fixed / 2, max(margin, 0) * east - fixed / 2, 0.0,
    ]  # fmt: skip
    firm = rule(model, hysteresis)
    standard, _ = choose_standards(view(margin, west, east, cost, fixed, now), firm)
    chosen = int(standard[0])
    assert chosen == now or value[chosen] - value[now] > hysteresis * profit - 1e-12
    again, _ = choose_standards(view(margin, west, east, cost, fixed, chosen), firm)
    assert again[0] == chosen
    dearer, _ = choose_standards(view(margin, west, east, 2 * cost, 2 * fixed, BOTH), firm)
    both, _ = choose_standards(view(margin, west, east, cost, fixed, BOTH), firm)
    assert both[0] == BOTH or dearer[0] != BOTH  # more divergence never keeps a plant with both


# -- in the model ------------------------------------------------------------------------------------
def test_plants_leave_a_side_and_deliver_nothing_there(path: tuple[Decoupling, list[State]]) -> None:
    model, states = path
    table = model.setting.economy.table
    korea = (table.location == REGION_INDEX["KOR"]) & (table.segment == DEVICES)
    last = states[-1]
    chosen = last["standard"][korea]
    assert (chosen == SIDE_0).any()  # the American side is the larger market
    gone = korea & (last["standard"] == SIDE_0)
    assert last["left"][gone][:, REGION_INDEX["CHN"]].min() > 0.95
    assert last["sales"][gone][:, REGION_INDEX["CHN"]].max() == 0
    assert states[2]["sales"][gone][:, REGION_INDEX["CHN"]].min() > 0
    assert last["sales"][gone][:, REGION_INDEX["USA"]].min() > 0
    assert not last["left"][:, REGION_INDEX["EUR"]].any()  # third markets take either standard
    inside = np.isin(table.location, [REGION_INDEX[r] for r in (*small.SENDERS, *small.TARGETS)])
    assert not last["left"][inside].any()
    assert not last["standard"][inside].any()
    assert not last["standard"][~np.isin(table.segment, [DEVICES, SEGMENT_INDEX["platforms"]])].any()


def test_the_cost_of_standards_is_only_theirs(path: tuple[Decoupling, list[State]]) -> None:
    """The observable counts extra units and fixed costs of standards, not other icebergs or other fixed costs."""
    model, states = path
    book = states[-1]
    assert (book["ship"] >= model.setting.by_link(book["standards"]) * (1 - 1e-12)).all()
    assert not book["compliance"].any()
    assert book["standards_cost"].sum() > 0
    barrier = small.measure("tariff", {"segments": ("rest",), "barrier": 0.3}, 2018.0)
    other = Decoupling(small.with_measures((barrier,), "2018Q4", blocs=True), "hedge", record="all").run_to_end()
    for region in model.setting.regions:
        assert other.last("Compliance Cost|Dual Standards", region) == 0
    assert model.recorder.last("Compliance Cost|Dual Standards", "KOR") > 0


def test_plants_come_back_when_the_split_ends() -> None:
    levers: dict[str, Value] = {"segments": ("devices",), "divergence": 1.0, "variable_cost": 0.2}
    ended = small.measure("standards_split", levers, 2018.0, 2021.0)
    model = Decoupling(small.with_measures((ended,), "2023Q4", blocs=True), "hedge")
    states = list(small.quarters(model))
    assert states[5]["left"].max() > 0.5
    assert states[-1]["left"].max() < 0.05
    assert not states[-1]["standard"].any()
    gone = states[11]["left"][:, REGION_INDEX["CHN"]] > 0.95
    assert gone.any()
    assert (states[-1]["sales"][gone][:, REGION_INDEX["CHN"]] > 0).all()


def test_no_divergence_changes_no_bit() -> None:
    plain = small.outcomes_of(Decoupling(small.scenario("no_policy", "2019Q4"), record="all"))
    none = small.outcomes_of(Decoupling(split("2019Q4", divergence=0.0), record="all"))
    assert not small.same_bits(plain, none)


# -- terms one by one --------------------------------------------------------------------------------
def test_the_rule_in_numbers(model: Decoupling) -> None:
    """E37 plant by plant: value of each choice, hysteresis, and business given up at its speed."""
    rng, n, regions = np.random.default_rng(2), 400, 5
    sides = rng.random((n, 2, regions)) < 0.4
    sides[:, 1] &= ~sides[:, 0]
    seen = view(0.2, 1.0, 1.0, 0.1, 0.1)._replace(
        margin=rng.uniform(-0.1, 0.5, n), market=rng.uniform(0, 5, (n, regions)), dual_fixed=rng.uniform(0, 1.0, n),
        dual_cost=sides * rng.uniform(0.01, 0.3, (n, 2, regions)), standard=rng.integers(0, 4, n), left=rng.uniform(0, 1, (n, regions)),
    )  # fmt: skip
    firm = rule(model, 0.1)
    standard, left = choose_standards(seen, firm)
    taken = set()
    for f in range(n):
        earned = [max(seen.margin[f], 0) * seen.market[f][sides[f, k]].sum() for k in (0, 1)]
        extra = sum(seen.dual_cost[f, k] @ seen.market[f] for k in (0, 1))
        fixed = seen.dual_fixed[f]
        value = [sum(earned) - extra - fixed, earned[0] - fixed / 2, earned[1] - fixed / 2, 0.0]
        best, had = int(np.argmax(value)), seen.standard[f]
        choice = best if value[best] - value[had] > 0.1 * sum(earned) else had
        choice = choice if sides[f].any() else BOTH
        assert standard[f] == choice
        taken.add((choice, choice == had))
        goal = [any(sides[f, k, d] and choice in ((1 - k) + 1, HOME) for k in (0, 1)) for d in range(regions)]
        part = 1 - np.exp(-firm.standards_exit * firm.dt)
        assert left[f] == pytest.approx(seen.left[f] + part * (np.array(goal, float) - seen.left[f]), rel=1e-12)
    assert len(taken) == 8
