"""Relocation (E24): business that a plant may no longer do goes to its sisters, and moving is paid for once."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from calibration.registry import central, override
from calibration.world import build_setting
from model.agents.sight import denied_part, outdone
from model.instruments import Value
from model.scenario.resolve import load_scenario
from model.simulation import Decoupling
from model.stages.decide import decide
from model.world import State
from tests import small


def moved(last: str = "2021Q4", end: float | None = None, **changes: float) -> tuple[Decoupling, list[State]]:
    """Chinese devices are denied to the USA from 2018Q3 on; prices alone move nothing here."""
    levers: dict[str, Value] = {"segments": ("devices",), "denial_rate": 0.8}
    measure = small.measure("export_control", levers, 2018.5, end, senders=("CHN",), targets=("USA",))
    parameters = override(central(), {f"{k}[devices]": v for k, v in changes.items()} | {"relocation_elasticity": 0.0}, check=False)
    model = Decoupling(small.with_measures((measure,), last), parameters=parameters, record="all")
    return model, list(small.quarters(model))


def test_moving_costs_its_share_of_a_years_sales() -> None:
    """Over the whole move: cost share x a year's base sales x part moved, per plant (growth is switched off)."""
    model, states = moved(relocation_cost=0.05)
    setting, economy = model.setting, model.setting.economy
    america = setting.regions.index("USA")
    links = economy.links
    here = economy.buyer_region[links.buyer] == america
    sales = 4 * np.bincount(links.supplier[here], economy.flow0[here], economy.n)  # a year's
    last = states[-1]["moved"][:, america]
    paid = sum(state["moving"] for state in states)  # each a quarter's rate, so a quarter's amount
    movers = last > 0
    assert movers.sum() >= 2
    grown = np.exp(setting.behaviour.growth[setting.regions.index("CHN")] * np.array([0.5, 4.0]))
    share = paid[movers] / (0.05 * sales * last)[movers]
    assert (share > grown[0] - 1e-9).all()
    assert (share < grown[1]).all()
    assert not paid[~movers].any()
    assert states[1]["moving"].sum() == 0


def test_a_dearer_move_buys_more_at_home_and_keeps_the_books() -> None:
    _, cheap = moved("2019Q4", relocation_cost=0.0)
    _, dear = moved("2019Q4", relocation_cost=0.5)
    assert not any(state["moving"].any() for state in cheap)
    assert dear[4]["moving"].sum() > 0
    for state in dear:
        assert max(state["books"].errors.values()) < 1e-10
    assert dear[-1]["moved"] == pytest.approx(cheap[-1]["moved"])


def test_business_comes_back_after_the_denial() -> None:
    _, states = moved("2023Q4", end=2020.5)
    assert states[9]["moved"].max() > 0.5
    assert states[-1]["moved"].max() < 0.1
    assert states[-8]["moving"].sum() > 0  # coming back is paid for as well


def test_business_goes_where_the_firm_makes_it_cheaper() -> None:
    """Samsung's plant in China a fifth dearer than its sisters: what is above the cost of moving wants to leave, nobody else's."""
    setting = build_setting(central(), load_scenario("no_policy"))
    price = np.ones(setting.n)
    dear = setting.plants.ids.index("samsung-devices-chn")
    price[dear] = 1.2
    free = np.zeros((setting.n, setting.economy.regions))
    wish = outdone(setting, price, free)
    worth = (1 + setting.plants.relocation_cost[dear]) / 1.2
    assert wish[dear] == pytest.approx(1 - worth**setting.behaviour.relocation_elasticity)
    others = np.arange(setting.n) != dear
    assert not wish[others].any(), "sisters of a dear plant are not outdone, and other firms have none"
    price[dear] = 1 + 0.99 * setting.plants.relocation_cost[dear]
    assert not outdone(setting, price, free).any(), "what a year of moving would eat up"
    price[dear] = 1.2
    assert outdone(setting, price * 3, free) == pytest.approx(wish), "units do not matter"


def test_a_denial_and_a_higher_price_add_up_as_what_survives_both() -> None:
    setting = build_setting(central(), load_scenario("no_policy"))
    plant, china, america = (setting.plants.ids.index("samsung-devices-chn"), *(setting.regions.index(r) for r in ("CHN", "USA")))
    denied = np.zeros((setting.economy.regions, setting.economy.regions, setting.economy.table.segments))
    denied[china, america, setting.segments.index("devices")] = 0.5
    price = np.where(np.arange(setting.n) == plant, 1.3, 1.0)
    now = SimpleNamespace(wedges={"denial_rate": denied})
    wish = outdone(setting, price, denied_part(setting, now))
    kept = ((1 + setting.plants.relocation_cost[plant]) / 1.3) ** setting.behaviour.relocation_elasticity
    assert wish[plant, america] == pytest.approx(1 - 0.5 * kept)
    assert wish[plant, china] == pytest.approx(1 - kept)


def test_small_differences_of_growth_move_nothing() -> None:
    """No policy: wages drift apart by less than moving costs, so relocation is silent to the bit; without its cost it is not."""
    for cost, moves in ((central()["relocation_cost"]["devices"], False), (0.0, True)):
        parameters = override(central(), {"relocation_cost[devices]": cost}, check=False)
        states = list(small.quarters(Decoupling(small.scenario("no_policy", "2020Q4"), parameters=parameters)))
        assert bool(states[-1]["moved"].any()) == moves
# -- terms one by one --------------------------------------------------------------------------------
def test_moving_purchases_in_numbers() -> None:
    """Cost share x base business with the region x part moved, all within one step, bought from home rest while in business."""
    model = Decoupling(small.scenario())
    model.step()
    model.step()
    setting, economy, rng = replace(model.setting, dt=0.125), model.setting.economy, np.random.default_rng(4)
    links, behaviour = economy.links, setting.behaviour
    moved = rng.uniform(0, 0.3, model.now["moved"].shape)
    wrote = decide(setting, SimpleNamespace(**(model.now | {"moved": moved})))
    step = abs(wrote["moved"] - moved)
    assert step.max() > 0.01
    for f in range(setting.n):
        mine = links.supplier == f
        business = economy.flow0[mine] @ step[f, economy.buyer_region[links.buyer[mine]]]
        grown = np.exp(behaviour.growth[economy.table.location[f]] * 0.5)
        cost = setting.plants.relocation_cost[f] * business / 0.125 * grown
        assert wrote["moving"][f] == pytest.approx(cost, rel=1e-12)
        own = links.buyer == f
        bought = (wrote["fixed"][own] - economy.fixed0[own]).sum()
        assert bought == pytest.approx(cost * model.now["opened"][f], rel=1e-12)
