"""Buyers build stocks and order tools between announcement and effect, and use them after it (E27); nothing announced, nothing moves."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.agents.sight import tools_ahead
from model.kernel.adjustment import planned_investment
from model.scenario.resolve import load_scenario
from model.simulation import Decoupling
from model.stages.decide import stock_orders
from model.wedges import USES
from tests import small

HARDER = (
    "instruments[2].denial_rate=0.8", "instruments[2].segments=[equipment,logic]", "instruments[3].denial_rate=0.8",
    "horizon=[2018Q1, 2023Q2]",
)  # fmt: skip


def path(variable: str, announced: bool) -> dict[str, float]:
    """A Chinese series by quarter under a hard control of tools and logic from 2022Q4, announced a year before or not."""
    sets = (*HARDER, "instruments[2].announced=2021Q4") if announced else HARDER
    model = Decoupling(load_scenario("chip_controls", sets=sets), "hedge", record=variable.replace("|", "?"))
    keys, values = model.run_to_end().table()
    row = values[[key[:2] for key in keys].index(("CHN", variable))]
    return dict(zip(model.quarters, row, strict=True))


def test_purchases_surge_before_and_fall_after_the_effect() -> None:
    calm, warned = path("Imports|Logic", announced=False), path("Imports|Logic", announced=True)
    change = {quarter: warned[quarter] / calm[quarter] - 1 for quarter in calm}
    assert all(change[q] == 0 for q in calm if q < "2021Q4")
    assert all(change[q] > 0.02 for q in ("2021Q4", "2022Q1", "2022Q2", "2022Q3"))
    assert change["2022Q4"] < 0


def test_stocks_stand_at_the_effect_and_are_used() -> None:
    stock = path("Stockpile|Logic", announced=True)
    assert stock["2021Q3"] == 0 < stock["2022Q3"]
    assert stock["2022Q4"] < stock["2022Q3"]


def test_without_an_announcement_no_stocks() -> None:
    assert not np.any(list(path("Stockpile|Logic", announced=False).values()))


def test_tools_are_ordered_ahead_and_missed_after() -> None:
    """Investors pull tools forward between announcement and effect, and buy fewer once the control is in force."""
    calm, warned = path("Imports|Equipment", announced=False), path("Imports|Equipment", announced=True)
    change = {quarter: warned[quarter] / calm[quarter] - 1 for quarter in calm}
    assert all(change[q] == 0 for q in calm if q < "2021Q4")
    assert all(change[q] > 0.02 for q in ("2021Q4", "2022Q1", "2022Q2", "2022Q3"))
    assert all(change[q] < -0.01 for q in ("2023Q1", "2023Q2"))


def test_who_is_exempt_orders_nothing_ahead() -> None:
    """A control that spares foreign-owned plants moves the tools of Chinese ones only."""
    sets = (*HARDER, "instruments[2].announced=2021Q4")
    model = Decoupling(load_scenario("chip_controls", sets=sets), "hedge")
    while model.now["year"] < 2022.0:
        model.step()
    ahead = tools_ahead(model.setting, SimpleNamespace(**model.now))
    table, owner = model.setting.economy.table, model.setting.plants.owner
    china = model.setting.regions.index("CHN")
    buys = (table.location == china) & (model.setting.economy.investor >= 0) & (table.segment < 3)
    assert ahead[buys & (owner == china)].max() > 0.3
    assert not ahead[~(table.location == china)].any()
    assert not ahead[buys & (owner != china)].any()


@settings(max_examples=200, deadline=None)
@given(st.floats(0.2, 3), st.floats(0, 3), st.floats(0, 4), st.floats(0.1, 2))
def test_ordering_ahead_never_lowers_investment_and_ends_at_its_target(
    capacity: float, orders: float, early: float, speed: float
) -> None:
    """E12 with E27: nothing wanted ahead is the plain rule bit for bit; once the target is held, no more is bought."""
    one = np.ones(1)

    def bought(capacity: float, early: float) -> float:
        fixed = (np.array([orders]), one, one, one * 1.15, one * 0.18, one * 2.0, 0.3, 0.5, 0.3)
        return float(planned_investment(one * capacity, 0.36 * capacity * one, *fixed, one * early, speed)[0])

    plain = 0.25 * max(0.0, 0.18 * capacity + min(0.3 * (1.15 * orders - capacity), 0.3 * capacity))
    assert abs(bought(capacity, 0.0) - plain) < 1e-12
    assert bought(capacity, early) >= bought(capacity, 0.0)
    wanted = 1.15 * orders
    held = wanted / max(1e-9, 1 - 0.045 * early)  # capacity at which the excess is `early` quarters of replacement
    if orders > 0.1 and early < 4:
        assert abs(bought(held, early) - 0.25 * 0.18 * held) < 1e-9


# -- terms one by one --------------------------------------------------------------------------------
def test_orders_for_stock_in_numbers() -> None:
    """(s, S) by cell: the part of the gap to the target that the speed closes in a step, per unit of the plant's output."""
    model = Decoupling(load_scenario("no_policy", sets=["horizon=[2018Q1, 2019Q4]"]))
    model.step()
    setting, now = replace(model.setting, dt=0.125), model.now  # with a quarter 4 dt would be 1
    economy, behaviour, links = setting.economy, setting.behaviour, setting.economy.links
    wedges = small.Loose({name: now["wedges"][name].copy() for name in ("announced",)})
    korea, america = setting.regions.index("KOR"), setting.regions.index("USA")
    wedges["announced"][USES.index("inputs"), korea, america, korea] = 0.4
    rng = np.random.default_rng(1)
    buyer, supplier = links.buyer[: links.technique], links.supplier[: links.technique]
    table, part, holders = economy.table, 1 - np.exp(-behaviour.stock_speed * setting.dt), len(now["stock"])
    target = np.zeros(holders)
    for cell, b in enumerate(links.cell_buyer[:holders]):
        if setting.technology()[b] and table.location[b] == korea == setting.plants.owner[b]:
            mine = links.cell == cell
            risk = now["theta"][mine] @ (0.4 * (table.location[supplier[mine]] == america))
            target[cell] = behaviour.stock_target[links.cell_segment[cell]] * risk
    assert 0 < behaviour.stock_trigger < 1
    have = np.where(target > 0, target, 0.02) * rng.choice([0.0, 0.3, (1 + behaviour.stock_trigger) / 2, 5.0], holders)  # quarters of use
    stock = have * now["orders"][links.cell_buyer[:holders]]
    found = stock_orders(setting, SimpleNamespace(**(now | {"wedges": wedges, "stock": stock})))
    seen = waits = 0
    for cell in np.flatnonzero(now["opened"][links.cell_buyer[:holders]]):
        orders = part * (target[cell] - have[cell]) if have[cell] < behaviour.stock_trigger * target[cell] else 0.0
        at_rate = orders * now["orders"][links.cell_buyer[cell]] / (4 * setting.dt)
        assert found[links.cell == cell] == pytest.approx(at_rate, rel=1e-9)
        seen, waits = seen + (orders > 0), waits + (not orders and have[cell] < target[cell])
    assert min(seen, waits) > 5
    assert not found[buyer >= setting.n].any()


def test_tools_wanted_ahead_in_numbers() -> None:
    """Quarters of use by cost share of what is threatened, for each plant of an investor (E27)."""
    model = Decoupling(load_scenario("no_policy", sets=["horizon=[2018Q1, 2019Q4]"]))
    model.step()
    setting, now, rng = model.setting, model.now, np.random.default_rng(9)
    economy, links, table = setting.economy, setting.economy.links, setting.economy.table
    announced = rng.uniform(0, 1, now["wedges"]["announced"].shape)
    found = tools_ahead(setting, SimpleNamespace(**(now | {"wedges": small.Loose({"announced": announced})})))
    for f in range(setting.n):
        i, wanted = economy.investor[f], 0.0
        if i >= 0:
            region, _, owner = table.investors[i]
            for link in range(links.pointer[setting.n + i], links.pointer[setting.n + i + 1]):
                g = links.supplier[link]
                part = now["theta"][link] * economy.upper[links.cell[link]] * setting.behaviour.stock_target[table.segment[g]]
                wanted += part * announced[USES.index("capital"), owner, table.location[g], region, table.segment[g]]
        assert found[f] == pytest.approx(wanted, rel=1e-12)


def test_investment_with_tools_wanted_ahead_in_numbers() -> None:
    """E12 with E27: a gap is closed at r_K, what is wanted ahead at r_S, within the expansion limit."""
    rng, seen = np.random.default_rng(4), set()
    size, r_k, r_s, response, limit = 300, 0.3, 0.7, 0.4, 0.25
    capacity, orders = rng.uniform(0.5, 2, size), rng.uniform(0.3, 2, size)
    ratio, kappa, slack = rng.uniform(0.5, 2, size), rng.uniform(1, 3, size), rng.uniform(1, 1.3, size)
    worn, lag, early = rng.uniform(0.05, 0.2, size), rng.uniform(1, 2, size), rng.choice([0.0, 1.0, 4.0], size)
    coming = rng.uniform(0.5, 2, size) * lag * worn * capacity
    found = planned_investment(capacity, coming, orders, ratio, kappa, slack, worn, lag, r_k, response, limit, early, r_s)
    for f in range(size):
        gap = slack[f] * orders[f] * ratio[f] ** response - capacity[f] - (coming[f] - lag[f] * worn[f] * capacity[f])
        ahead = early[f] * worn[f] * capacity[f] / 4
        if gap > 0:
            kind, wish = "grows", r_k * gap + r_s * ahead
        elif -gap < ahead:
            kind, wish = "holds some of it", r_s * (ahead + gap)
        else:
            kind, wish = "holds more", r_k * (gap + ahead)
        wish = min(wish, limit * capacity[f])
        assert found[f] == pytest.approx(kappa[f] / 4 * max(0.0, worn[f] * capacity[f] + wish), rel=1e-12)
        seen.add((kind, early[f] > 0, wish == limit * capacity[f], worn[f] * capacity[f] + wish > 0))
    assert {("grows", True, False, True), ("grows", True, True, True), ("holds some of it", True, False, True)} <= seen
    assert {("holds more", True, False, True), ("holds more", False, False, False)} <= seen
