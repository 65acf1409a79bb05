"""Stages source, trade and account in numbers, term by term: what the equations say, link by link, in plain loops (E4-E9)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from model.errors import IdentityError
from model.kernel.accounts import account as books_of
from model.kernel.deliveries import Orders, delivered_part
from model.kernel.links import Array, Mask
from model.kernel.plan import Terms
from model.kernel.sourcing import Sourcing, Target, update_takeover
from model.stages import trade as trade_stage
from model.stages.account import account
from model.stages.source import source
from model.start import start_state
from model.world import Setting, State
from tests import small
from tests.engine import build_setting, linked, run_engine
from tests.oracle.closed_quarter import OracleWedges
from tests.oracle.economies import CHIPS, PLATFORMS, TOOLS, parameters, random_table, random_wedge_path


def world(dt: float = 0.125) -> tuple[Setting, OracleWedges]:
    """A random economy at half a quarter (with a quarter 4 dt would be 1), and its policies of the third year."""
    table = random_table(1)
    return build_setting(table, parameters(), dt), random_wedge_path(table, 1)(2.6)


def stirred(setting: Setting, wedges: OracleWedges) -> State:
    """A state in which nothing is at rest and nothing is alike: some orders, purchases and plants are missing."""
    economy, rng = setting.economy, np.random.default_rng(5)
    links, n, lt = economy.links, economy.n, economy.links.technique
    count = len(links.buyer)

    def some(part: float, size: int, low: float = 0.5, high: float = 1.5) -> Array:
        return np.asarray(np.where(rng.random(size) < part, rng.uniform(low, high, size), 0.0))

    return start_state(setting) | linked(setting, wedges) | {
        "denial": rng.choice([0.0, 0.0, 0.5, 1.0], count), "ship": rng.uniform(1, 2, count), "duty": rng.uniform(0, 0.5, count),
        "inputs": some(0.8, lt), "takeover": rng.uniform(1, 3, lt), "fixed": some(0.2, count), "stock_order": some(0.2, lt),
        "theta": economy.theta * rng.uniform(0.5, 1.5, lt), "stock": rng.uniform(0, 1, len(start_state(setting)["stock"])),
        "investment": some(0.7, n) * (economy.investor >= 0), "opened": rng.random(n) < 0.9, "limit": rng.uniform(0.5, 2, n),
        "capacity": rng.uniform(0.5, 2, n), "wedges": {"home_priority": np.zeros((economy.regions, economy.table.segments))},
    }  # fmt: skip


def test_what_shipping_and_duty_add_in_numbers() -> None:
    """E3, E4b: a unit that arrives costs tau (1 + t) times its mill price."""
    setting, wedges = world()
    now = stirred(setting, wedges) | {"denial": linked(setting, wedges)["denial"]}
    pay = source(setting, SimpleNamespace(**(start_state(setting) | {k: now[k] for k in ("denial", "ship", "duty", "open_links", "quality")})))["pay"]
    for i in range(setting.economy.links.technique):
        assert pay[i] == pytest.approx(now["ship"][i] + now["ship"][i] * now["duty"][i], rel=1e-14)


class Stop(Exception):
    """Enough was seen: the quarter need not be solved."""


def sent_to_delivery(setting: Setting, now: State, monkeypatch: pytest.MonkeyPatch) -> tuple[Mask, Orders, Terms]:
    """Which links may deliver, and what the stage hands to `deliver`."""
    seen: dict[str, Mask] = {}

    def blocs(_: object, possible: Mask) -> Array:
        seen["possible"] = possible
        return np.zeros(setting.economy.regions, int)  # type: ignore[return-value]

    def stop(_: object, orders: Orders, terms: Terms, __: object) -> None:
        raise Stop(orders, terms)

    monkeypatch.setattr(trade_stage, "find_blocs", blocs)
    monkeypatch.setattr(trade_stage, "deliver", stop)
    with pytest.raises(Stop) as found:
        trade_stage.trade(setting, SimpleNamespace(**now))
    orders, terms = found.value.args
    return seen["possible"], orders, terms


def test_what_is_ordered_and_possible_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """E4e, E5, E5c, E7b: a delivery is possible where something is ordered, not all of it denied, and both are in business."""
    setting, wedges = world()
    now = stirred(setting, wedges)
    possible, orders, terms = sent_to_delivery(setting, now, monkeypatch)
    economy, links = setting.economy, setting.economy.links
    n, k = economy.n, economy.k
    capital = [sum(now["investment"][f] for f in range(n) if economy.investor[f] == i) for i in range(k)]
    assert orders.capital == pytest.approx(capital, rel=1e-12)
    missed = 0
    for i, (f, b) in enumerate(zip(links.supplier, links.buyer, strict=True)):
        planned, fixed = 0.0, now["fixed"][i]
        if i < links.technique:
            unit = economy.input0[i] * now["theta"][i] / economy.theta[i]
            assert orders.inputs[i] == pytest.approx(now["inputs"][i] * now["takeover"][i], rel=1e-14)
            fixed += now["stock_order"][i] * unit * now["inputs"][i]
            planned = orders.inputs[i] * unit * (capital[b - n] if n <= b < n + k else 1.0)
        assert orders.fixed[i] == pytest.approx(fixed, rel=1e-14)
        in_business = now["opened"][f] and (b >= n or now["opened"][b])
        assert possible[i] == (planned + fixed > 0 and now["denial"][i] < 1 and in_business)
        missed += in_business and not possible[i]
    assert missed > 20
    assert orders.stock == pytest.approx(now["stock"] / 0.5, rel=1e-14)  # a year's rate, over half a quarter
    for f in range(n):
        assert orders.capacity[f] == (min(now["capacity"][f], now["limit"][f]) if now["opened"][f] else np.inf)
        i = economy.investor[f]
        share = now["investment"][f] / capital[i] if i >= 0 and capital[i] > 0 else 0.0
        assert terms.share[f] == pytest.approx(share, rel=1e-12)


def test_a_part_of_an_order_in_numbers() -> None:
    """E5, E38: what is not denied, at the supplier's rationing share; buyers served first at a power of it."""
    count = 40
    plain = Orders(*[np.zeros(1)] * 5, np.linspace(0, 1, count), *[np.zeros(1)] * 5)  # type: ignore[arg-type]
    rho = np.linspace(0.9, 0.1, count)
    favoured = replace(plain, favour=np.where(np.arange(count) % 2, 0.25, 1.0))
    for i, (found, first) in enumerate(zip(delivered_part(plain, rho), delivered_part(favoured, rho), strict=True)):
        left = rho[i] - plain.denial[i] * rho[i]
        assert found == pytest.approx(left, abs=1e-15)
        assert first == pytest.approx(left * rho[i] ** -0.75 if i % 2 else left, abs=1e-15)


@pytest.mark.parametrize("omega", [0.5, 1.0])
def test_a_plant_short_of_inputs_makes_less_in_numbers(omega: float) -> None:
    """E5, E8: a rationed plant makes K F^omega; purchases without a technique are cut by denial and rationing alike."""
    setting, wedges = world(0.25)
    economy, links = setting.economy, setting.economy.links
    f, b = links.supplier, links.buyer
    wedges.denial[(economy.table.segment == CHIPS) & (economy.table.location == 0)] = 0.6
    without = np.flatnonzero(b >= economy.buyers)  # the states' links
    wedges.denial[f[without], b[without]] = np.where(without % 2, 0.3, 0.1)
    wedges.orders = wedges.orders * 1.5
    wedges.limit = np.where((economy.table.segment == PLATFORMS) & ~economy.latent, 0.9 * economy.output0, wedges.limit)
    setting = replace(setting, behaviour=replace(setting.behaviour, input_limit=omega))
    (state,) = run_engine(setting, wedges, 0.25)
    got = state["delivered"]
    scale, live = np.minimum(1.0, got.scale[: economy.n]), state["output"] > 0
    rationed = live & (got.rho < 1 - 1e-9)
    assert (rationed & (scale < 0.99)).any()
    most = state["capacity_now"] * scale**omega
    assert state["output"][rationed] == pytest.approx(most[rationed], rel=1e-9)
    assert (state["output"][live] <= most[live] * (1 + 1e-9)).all()
    for i in without:
        arrived = state["fixed"][i] * (1 - state["denial"][i]) * got.rho[f[i]]
        assert got.fixed[i] == pytest.approx(arrived, rel=1e-9)
    assert state["fixed"][without].any()


def test_sales_by_region_and_openness_in_numbers() -> None:
    """E9: sales of each plant to each region's buyers; exports and imports over expenditure."""
    table = random_table(1)  # in other places, so that the last plant sells nothing to the last region
    swap = np.array([3, 1, 2, 0])
    alone = int(np.flatnonzero((table.segment == TOOLS) & (table.location == 3))[0])
    order = np.append(np.delete(np.arange(table.plants), alone), alone)
    wedges = small.permuted_wedges(small.renamed_wedges(random_wedge_path(table, 1)(2.6), table, swap), order)
    setting = build_setting(small.permuted(small.renamed(table, swap), order), parameters())
    (state,) = run_engine(setting, wedges, 0.25)
    economy, links = setting.economy, setting.economy.links
    assert not (links.supplier * economy.regions + economy.buyer_region[links.buyer] == economy.n * economy.regions - 1).any()
    found = account(setting, SimpleNamespace(**state))
    value = books_of(economy, state["delivered"], state["terms"]).value
    sales, crossing = np.zeros((economy.n, economy.regions)), np.zeros(economy.regions)
    for i, (f, b) in enumerate(zip(links.supplier, links.buyer, strict=True)):
        o, d = economy.table.location[f], economy.buyer_region[b]
        sales[f, d] += value[i]
        crossing[[o, d]] += value[i] * (o != d)
    assert found["sales"] == pytest.approx(sales, rel=1e-12)
    assert found["trade_ratio"] == pytest.approx(crossing / state["expenditure"], rel=1e-12)


def test_output_beyond_capacity_is_found() -> None:
    """E8: a millionth more than a plant can make is an error."""
    setting, wedges = world(0.25)
    (state,) = run_engine(setting, wedges, 0.25)
    account(setting, SimpleNamespace(**state))
    for f in np.flatnonzero(state["output"] > 0)[::5]:
        capacity = state["capacity_now"].copy()
        capacity[f] = state["output"][f] / (1 + 1e-6)
        with pytest.raises(IdentityError, match="capacity"):
            account(setting, SimpleNamespace(**(state | {"capacity_now": capacity})))


def test_orders_in_place_of_denied_goods_in_numbers() -> None:
    """E4e: towards the factor of E4c at the speed of sourcing, never above that factor for the inputs they order."""
    setting, wedges = world()
    economy, links, rng = setting.economy, setting.economy.links, np.random.default_rng(2)
    lt, n, k = links.technique, economy.n, economy.k
    start, one = stirred(setting, wedges), np.ones(lt)
    denial = rng.choice([0.0, 0.4, 0.8], lt)
    now = Sourcing(start["theta"], denial, one, one, rng.uniform(0.7, 1.3, lt), rng.random(lt) < 0.9, np.ones(economy.regions), np.ones(n))
    inputs, before, goal = rng.uniform(0.5, 1.5, lt), rng.uniform(1, 1.5, lt), rng.uniform(1, 2, lt)
    speed, dt = np.linspace(0.5, 2, economy.table.segments), 0.125
    target = Target(None, goal)  # type: ignore[arg-type]
    found = update_takeover(economy, before, inputs, now, target, speed, dt)
    bound_somewhere = free_somewhere = 0
    for i in range(lt):
        b = links.buyer[i]
        if not n <= b < n + k:
            assert found[i] == 1
            continue
        s, mine = economy.table.segment[links.supplier[i]], np.flatnonzero(links.cell == links.cell[i])
        power = 1 - 1 / economy.sigma[s]
        weight = {j: now.theta[j] * (now.quality[j] * inputs[j]) ** power for j in mine}
        refused = {j for j in mine if now.open_links[j] and denial[j] > 0}
        served = sum(weight[j] for j in mine if j not in refused)
        lost = sum(weight[j] * (1 - (1 - denial[j]) ** power) for j in refused)
        most = 1.0 if i in refused or not served else (1 + lost / served) ** (1 / power)
        moved = before[i] + (1 - np.exp(-speed[s] * dt)) * (goal[i] - before[i])
        assert found[i] == pytest.approx(min(most, moved), rel=1e-12)
        bound_somewhere, free_somewhere = bound_somewhere + (most < moved), free_somewhere + (moved < most)
    assert bound_somewhere > 3
    assert free_somewhere > 3
