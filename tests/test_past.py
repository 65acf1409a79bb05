"""What two runs of one world share is the same, bit for bit, as what each would have computed (model/past.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from calibration.registry import central
from model.agents.population import Firm
from model.errors import ModelError
from model.past import Past
from model.scenario.resolve import load_scenario
from model.schedule import SCHEDULE
from model.simulation import Decoupling, draw_of
from model.world import Setting, State
from tests import small


class Counted:
    """The schedule with a count of the quarters computed with it; from `broken` on there is no solution."""

    def __init__(self) -> None:
        self.quarters, self.broken = 0, float("inf")
        self.schedule = (replace(SCHEDULE[0], function=self._enact), *SCHEDULE[1:])

    def _enact(self, setting: Setting, now: Any) -> State:
        if now.year >= self.broken:
            raise ModelError("no solution")
        self.quarters += 1
        return SCHEDULE[0].function(setting, now)


def bits(model: Decoupling) -> tuple[object, bytes]:
    keys, values = model.run_to_end().table()
    return keys, values.tobytes()


def test_runs_that_follow_others_give_the_same_bits() -> None:
    """A baseline, a scenario that leaves it in 2018Q3, one that never leaves it, and a channel of the second alone."""
    past, counted = Past(), Counted()
    base, policy = small.scenario("no_policy", "2019Q2"), small.everything("2019Q2")
    channel: dict[str, Any] = {"channels": frozenset({"Trade"}), "otherwise": base}
    computed = []
    for scenario, more in ((base, {}), (policy, {}), (base, {}), (policy, channel)):
        before = counted.quarters
        follows = Decoupling(scenario, record="all", past=past, schedule=counted.schedule, **more)
        assert bits(follows) == bits(Decoupling(scenario, record="all", **more))
        computed.append(counted.quarters - before)
    assert computed == [6, 4, 0, 4]


def test_the_stances_of_blocs_share_the_years_before_it_begins() -> None:
    past, counted = Past(), Counted()
    short = ["horizon=[2018Q1, 2026Q2]"]
    base, blocs = load_scenario("history", sets=short), load_scenario("blocs", sets=short)
    for scenario, stance in ((base, None), (blocs, "align_us"), (blocs, "align_cn")):
        follows = Decoupling(scenario, stance, past=past, schedule=counted.schedule)
        assert bits(follows) == bits(Decoupling(scenario, stance))
    assert counted.quarters == 34 + 2 + 2


@pytest.mark.parametrize("change", [{"seed": 1}, {"dt": 0.125}, {"parameters": "draw"}, {"schedule": None}])
def test_another_world_seed_step_or_schedule_shares_nothing(change: dict[str, Any]) -> None:
    scenario, past, counted = small.scenario("no_policy", "2018Q2"), Past(), Counted()
    same = {"parameters": central(), "schedule": counted.schedule}
    Decoupling(scenario, past=past, **same).run_to_end()
    first = list(past.quarters)
    if "parameters" in change:
        change = {"parameters": draw_of(1, 0, scenario)}
    if "schedule" in change:
        change = {"schedule": Counted().schedule}
    Decoupling(scenario, past=past, **(same | change)).run_to_end()
    assert past.quarters
    assert past.quarters[0][1] is not first[0][1]


def test_agents_that_decide_otherwise_and_states_that_react_neither_give_nor_take() -> None:
    scenario = small.scenario("no_policy", "2018Q2")
    reacting = replace(scenario, states={**scenario.states, "USA": "reactive"})
    for one in (Decoupling(scenario, agents={"firm": Firm}, past=Past()), Decoupling(reacting, past=Past())):
        assert one.walk is None


def test_a_run_that_fails_leaves_a_past_that_others_can_follow() -> None:
    scenario, past, counted = small.scenario("no_policy", "2018Q4"), Past(), Counted()
    counted.broken = 2018.5
    with pytest.raises(ModelError):
        Decoupling(scenario, past=past, schedule=counted.schedule).run_to_end()
    assert len(past.quarters) == 2
    counted.broken = float("inf")
    assert bits(Decoupling(scenario, past=past, schedule=counted.schedule)) == bits(Decoupling(scenario))
    assert counted.quarters == 4
