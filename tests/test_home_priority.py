"""Home priority (E38): a short supplier serves buyers at home first; capacity and identities hold; nothing at zero."""

from __future__ import annotations

import numpy as np
import pytest

from model.axes import REGION_INDEX, SEGMENT_INDEX
from model.instruments import Value
from model.kernel.links import Array
from model.schedule import run_quarter
from model.simulation import Decoupling
from model.stages.trade import favour
from model.world import State
from tests import small

KOREA, MEMORY = REGION_INDEX["KOR"], SEGMENT_INDEX["memory"]


def short(priority: float, capacity: float = 0.7) -> tuple[Decoupling, State]:
    """Korean memory with less capacity than orders, in the first quarter of a priority for buyers at home."""
    levers: dict[str, Value] = {"segments": ("memory",), "home_priority": priority}
    measure = small.measure("export_control", levers, 2018.0, senders=("KOR",))
    model = Decoupling(small.with_measures((measure,)), record="all")
    table = model.setting.economy.table
    made = (table.location == KOREA) & (table.segment == MEMORY)
    model.now["capacity"] = np.where(made, capacity * model.now["output"], model.now["capacity"])
    return model, run_quarter(model.setting, model.now)


def received(model: Decoupling, state: State) -> tuple[float, float]:
    """Part of orders that Korean memory makers deliver: at home, abroad."""
    economy = model.setting.economy
    links, lt = economy.links, economy.links.technique
    made = (economy.table.location == KOREA) & (economy.table.segment == MEMORY)
    f, b = links.supplier[:lt], links.buyer[:lt]
    got = state["delivered"]
    activity = np.concatenate([got.market.output, np.zeros(economy.k), state["expenditure"] / got.market.price_index])
    ordered: Array = state["inputs"] * state["input0"] * (activity / got.scale)[b]
    plain = made[f] & ((b < economy.n) | (b >= economy.n + economy.k)) & (ordered > 0)
    flow = state["books"].flow[:lt]
    home = economy.buyer_region[b] == KOREA
    return tuple(float(flow[plain & x].sum() / ordered[plain & x].sum()) for x in (home, ~home))  # type: ignore[return-value]


@pytest.mark.parametrize("priority", [0.3, 0.6, 0.9])
def test_home_buyers_come_first_and_capacity_holds(priority: float) -> None:
    plain, alike = short(0.0)
    model, state = short(priority)
    home, abroad = received(model, state)
    before_home, before_abroad = received(plain, alike)
    assert before_home == pytest.approx(before_abroad, rel=1e-9)
    assert before_home < 0.95
    assert home > before_home * 1.01
    assert abroad < before_abroad
    assert max(state["books"].errors.values()) < 1e-10
    table = model.setting.economy.table
    made = (table.location == KOREA) & (table.segment == MEMORY) & (table.capacity < np.inf)
    assert (state["output"][made] <= state["capacity_now"][made] * (1 + 1e-9)).all()
    rho = state["delivered"].rho[made]
    assert home == pytest.approx(float(rho.min() ** (1 - priority)), rel=0.05)


def test_more_priority_serves_home_better() -> None:
    found = [received(*short(p)) for p in (0.0, 0.3, 0.6, 0.9)]
    assert [h for h, _ in found] == sorted(h for h, _ in found)
    assert [a for _, a in found] == sorted((a for _, a in found), reverse=True)


def test_without_shortage_priority_changes_nothing() -> None:
    model, _ = short(0.0)
    assert favour(model.setting, np.zeros((8, 11))) is None
    base = Decoupling(small.scenario("no_policy", "2019Q4"), record="all")
    levers: dict[str, Value] = {"segments": ("devices",), "home_priority": 0.9}
    measure = small.measure("export_control", levers, 2018.0, senders=("KOR",))
    idle = Decoupling(small.with_measures((measure,)), record="all")
    first, second = small.outcomes_of(base), small.outcomes_of(idle)
    for key, value in first.items():  # buyers served first have sums of their own, so not to the bit
        assert np.allclose(second[key], value, rtol=1e-8, atol=1e-8, equal_nan=True), key
    assert (idle.now["delivered"].rho[idle.setting.economy.table.segment == SEGMENT_INDEX["devices"]] == 1).all()
