"""Networks (E16-E18b, E31-E33): reach, value in use, tipping against fixed points, forks, firewall, data, open release."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cache
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from calibration.registry import central, override
from calibration.world import ALL_ECOSYSTEMS, memberships
from model.axes import ECOSYSTEMS, NETWORK_SEGMENTS, PLATFORM_KINDS, REGION_INDEX, SEGMENTS
from model.experiments.forks import forked
from model.experiments.results import FigureContext
from model.figures import forks
from model.figures.house import house_style
from model.instruments import Value
from model.kernel.adoption import (
    Taste,
    bridges,
    choices,
    mixing,
    reach,
    update_base,
    update_data,
    utility,
    worth_in_use,
)
from model.simulation import Decoupling
from model.stages.adopt import (
    data_inflow,
    data_stocks,
    ecosystem_prices,
    inherited,
    reach_of,
    reached,
    relocated,
    seeded,
    shares_of_links,
)
from model.stages.enact import AI_APPS, COMPUTE
from model.world import Network, State
from tests import small

USA, CHN, KOR = (REGION_INDEX[r] for r in ("USA", "CHN", "KOR"))


@cache
def world() -> Decoupling:
    return Decoupling(small.scenario())


def network(name: str, model: Decoupling | None = None) -> Network:
    return next(n for n in (model or world()).setting.networks if n.name == name)


def at(code: str) -> int:
    return ALL_ECOSYSTEMS.index(code)


def policy(
    instrument: str,
    levers: dict[str, Value],
    senders: tuple[str, ...] = ("USA",),
    targets: tuple[str, ...] = ("CHN",),
    last: str = "2022Q4",
    **more: Value,
) -> list[State]:
    """States of a run with one measure from 2019 on."""
    scenario = small.with_measures(
        (small.measure(instrument, {**levers, **more}, 2019.0, senders=senders, targets=targets),), last
    )
    return list(small.quarters(Decoupling(scenario, record="all")))


# -- reach -------------------------------------------------------------------------------------------
def test_reach_is_own_base_plus_bridges_and_the_world_counts_by_its_users() -> None:
    share = np.array([[0.7, 0.3], [0.2, 0.8]])
    none, open_ = np.zeros((2, 2, 2)), np.zeros((2, 2))
    alone = reach(share, none, np.eye(2), 0.0)
    assert np.array_equal(alone, share)
    mixed = reach(share, none, mixing(np.array([3.0, 1.0]), 0.6), 0.0)
    assert mixed[0, 0] == pytest.approx(0.6 * 0.7 + 0.4 * (0.75 * 0.7 + 0.25 * 0.2))
    whole = bridges(np.array([[0, 0.5], [0.5, 0]]), np.array([[0, 0.2], [0.2, 0]]), none, open_)
    assert whole[0, 0, 1] == pytest.approx(1 - 0.5 * 0.8)
    assert reach(share, whole, np.eye(2), 0.0)[0, 0] == pytest.approx(0.7 + 0.6 * 0.3)


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_bridges_stay_shares_and_fall_with_what_is_lost(iota: float, both: float, lost: float, shut: float) -> None:
    off = 1 - np.eye(2)
    size = np.full((1, 2, 2), lost)
    found = bridges(iota * off, both * off, size, np.full((1, 2), shut))
    free = bridges(iota * off, both * off, 0 * size, np.zeros((1, 2)))
    assert ((found >= 0) & (found <= free + 1e-15) & (free <= 1)).all()
    assert not bridges(iota * off, both * off, np.ones((1, 2, 2)), np.zeros((1, 2))).any()


def test_full_multihoming_leaves_nothing_to_tip() -> None:
    share = np.array([[0.9, 0.1]])
    base = reach(share, bridges(np.zeros((2, 2)), 1 - np.eye(2), np.zeros((1, 2, 2)), np.zeros((1, 2))), np.eye(1), 0.0)
    assert np.allclose(base, 1.0, rtol=1e-15)


# -- value in use ------------------------------------------------------------------------------------
@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=2, max_size=5), st.floats(0, 1.5))
def test_value_in_use_is_the_logits_inclusive_value_at_its_own_choice(qualities: list[float], effect: float) -> None:
    """Anderson, de Palma and Thisse (1988): mean utility and variety of the chosen shares are ln sum exp(u)."""
    quality = np.array(qualities)
    base = np.linspace(0.2, 1.0, len(quality))
    u = utility(quality, base, np.ones_like(base), 0 * base, Taste(effect, 2.0, -12.0, 3.0))
    share = np.exp(u) / np.exp(u).sum()
    assert worth_in_use(share, quality, base, effect).sum() == pytest.approx(np.log(np.exp(u).sum()), abs=1e-12)


def test_nothing_moved_nothing_lost_exactly() -> None:
    setting = world().setting
    wedges = small.fresh()
    eco = setting.ecosystem
    assert np.array_equal(reached(eco, setting.base0, wedges), eco.reach0)
    assert np.array_equal(eco.worth(setting.base0, eco.reach0), eco.worth0)
    live = ~setting.economy.latent[setting.economy.links.supplier[: setting.economy.links.technique]]
    assert np.array_equal(shares_of_links(setting, setting.base0)[live], setting.economy.theta[live])


def test_a_fork_costs_its_users_and_only_where_its_products_are_bought() -> None:
    """A forced move to a small ecosystem makes the services of that network dearer in use in the region, nowhere else."""
    levers: dict[str, Value] = {
        "ecosystems": ("github", "us_frameworks"), "access_loss": 1.0, "interoperability_loss": 0.9,
    }  # fmt: skip
    state = policy("open_source_fork", levers, last="2024Q4")[-1]
    setting = world().setting
    names = [n.name for n in setting.networks]
    lost = state["network_value"][:, [names.index("hosts"), names.index("frameworks")]]
    assert (lost[CHN] < -0.5).all()
    assert (lost[[r for r in range(8) if r != CHN]] > lost[CHN].max()).all()
    assert state["frameworks"][CHN] < 0.7 < state["frameworks"][KOR] <= 1
    links, lt = setting.economy.links, setting.economy.links.technique
    s, d = setting.economy.table.segment[links.supplier[:lt]], setting.economy.buyer_region[links.buyer[:lt]]
    hosted = s == SEGMENTS.index("open_source")
    assert (state["quality"][hosted & (d == CHN)] < 0.95).all()
    assert (state["quality"][hosted & (d == KOR)] > 0.95).all()


def test_without_valuation_a_fork_costs_nothing_in_use() -> None:
    levers: dict[str, Value] = {"ecosystems": ("github",), "access_loss": 1.0}
    measure = small.measure("open_source_fork", levers, 2019.0, senders=("USA",), targets=("CHN",))
    free = override(central(), {"network_valuation": 0.0, "quality_valuation": 0.0}, check=False)
    model = Decoupling(small.with_measures((measure,), "2020Q4"), parameters=free)
    assert (list(small.quarters(model))[-1]["quality"] == 1).all()


def test_compute_bought_by_ai_applications_carries_no_network_value() -> None:
    levers: dict[str, Value] = {"platforms": ("us_platforms",), "access_loss": 1.0}
    state = policy("platform_ban", levers, senders=("KOR",), targets=("USA",))[-1]
    economy = world().setting.economy
    lt, f, b = economy.links.technique, economy.links.supplier, economy.links.buyer
    segment = np.array([*SEGMENTS, ""])
    buyer = np.where(b < economy.n, economy.table.segment[np.minimum(b, economy.n - 1)], -1)[:lt]
    bought = (segment[buyer] == AI_APPS) & np.isin(segment[economy.table.segment[f[:lt]]], COMPUTE)
    assert (state["quality"][bought & (economy.table.segment[f[:lt]] == SEGMENTS.index("platforms"))] == 1).all()
    final = (b[:lt] == economy.final.start + KOR) & (economy.table.segment[f[:lt]] == SEGMENTS.index("platforms"))
    seen = state["quality"][final]  # a plant whose kind the ban hardly touches may gain a little from variety
    assert (seen != 1).all() and seen.mean() < 0.99


# -- tipping: the path against the logit map ---------------------------------------------------------
def settle(start: float, effect: float, bridge: float, cost: float = 0.0, steps: int = 6000) -> float:
    """Where the path of two symmetric ecosystems ends."""
    share, off = np.array([[start, 1 - start]]), bridge * (1 - np.eye(2))
    taste = Taste(effect, 1.0, -12.0, 3.0)
    for _ in range(steps):
        u = utility(np.zeros(2), reach(share, off[None], np.eye(1), 0.0), np.ones((1, 2)), np.zeros((1, 2)), taste)
        share = update_base(share, choices(u, np.ones((1, 2), bool), cost)[0], 1.0, 0.25)
    return float(share[0, 0])


def excess(n: float, effect: float, bridge: float, cost: float) -> float:
    """New choices less users of the first of two symmetric ecosystems, in closed form."""
    odds = ((n + bridge * (1 - n)) / max(1 - n + bridge * n, 1e-100)) ** effect
    stay, come = 1 / (1 + np.exp(-cost) / odds), 1 / (1 + np.exp(cost) / odds)
    return n * stay + (1 - n) * come - n


@pytest.mark.parametrize("effect", [0.6, 0.95, 1.05, 1.3, 2.0])
@pytest.mark.parametrize(("bridge", "cost"), [(0.0, 0.0), (0.1, 0.0), (0.3, 0.0), (0.05, 1.0)])
def test_the_path_ends_at_a_fixed_point_of_the_logit_map(effect: float, bridge: float, cost: float) -> None:
    """Two symmetric ecosystems: one half is stable iff its slope is at most 1; else the stable points lie beside it.

    Without switching cost the slope at one half is nu (1 - bridge) / (1 + bridge): they tip iff that exceeds 1.
    """
    end = settle(0.51, effect, bridge, cost)
    assert excess(end, effect, bridge, cost) == pytest.approx(0, abs=1e-6)
    grid = np.linspace(0.5 + 1e-4, 1 - 1e-12, 4001)
    value = [excess(n, effect, bridge, cost) for n in grid]
    roots = [
        brentq(excess, a, b, (effect, bridge, cost), xtol=1e-14)
        for (a, x), (b, y) in pairwise(zip(grid, value, strict=True))
        if x * y < 0
    ]
    above = max(roots, default=1.0)
    if value[0] <= 0:
        assert abs(end - 0.5) < 1e-3
    else:
        assert end == pytest.approx(above, abs=2e-4)
    if cost == 0:
        assert (abs(end - 0.5) > 1e-3) == (effect * (1 - bridge) / (1 + bridge) > 1)


# -- one lever moves a fork from failure to success --------------------------------------------------
@cache
def harmony(support: float, effect: float = 0.7) -> float:
    """Share of users in China at the end of 2026 under a fork with this support."""
    levers: dict[str, Value] = {
        "ecosystems": ("android", "ios", "windows"),
        "access_loss": 0.02,
        "interoperability_loss": 0.5,
        "support": support,
    }
    fork = small.measure("os_fork", levers, 2020.0, senders=("USA",), targets=("CHN",))
    world_ = override(central(), {"network_effect[os]": effect}, check=False)
    state = list(small.quarters(Decoupling(small.with_measures((fork,), "2026Q4"), parameters=world_)))[-1]
    return float(state["base"][CHN, at("harmony")])


def test_support_moves_a_fork_from_failure_to_success() -> None:
    path = [harmony(x) for x in (0.0, 0.35, 0.7, 1.0)]
    assert path == sorted(path)
    assert path[0] < 0.1 < 0.5 < path[-1]


def test_a_stronger_network_effect_makes_it_all_or_nothing() -> None:
    """The larger the network effect, the less a fork gets without help, and the further help moves it."""
    assert harmony(0.0, 1.3) < harmony(0.0, 0.7)
    assert harmony(1.0, 1.3) - harmony(0.0, 1.3) > 0.5


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_figure_of_forks_says_what_the_lever_does(lang: str) -> None:
    rows = [
        {"region": "CHN", "ecosystem": "harmony", "unit": "percent of users", "lever": lever, "value": value,
         "network_effect": effect, "quarter": "2035Q4", "share": 100 * value**effect}
        for lever in ("access_loss", "support") for effect in (0.4, 0.7, 1.3) for value in (0.0, 0.5, 1.0)
    ]  # fmt: skip
    context = FigureContext("chip_controls", (), "chip_controls", "KOR", (2035,), lang)
    data = forks.FIGURE.data(pd.DataFrame(rows), context)
    title = forks.FIGURE.finding(data, context)
    assert "100%" in title
    assert "2035" in title
    with house_style(lang):
        figure = forks.FIGURE.draw(data, context)
    assert len(figure.axes) == 2
    assert forked("support", 0.5).measures[-1].levers["support"].constant == 0.5


# -- platforms and the firewall ----------------------------------------------------------------------
def test_lifting_the_firewall_raises_american_platforms_in_china() -> None:
    """The firewall is in the shares of 2018: access regained is a loss below zero, and moves shares the other way."""
    rows = [at(f"{kind}/us_platforms") for kind in PLATFORM_KINDS]
    found = []
    for loss in (-1.0, -0.5, 0.0, 0.5, 1.0):
        levers: dict[str, Value] = {"platforms": ("us_platforms",), "access_loss": loss}
        found.append(policy("platform_ban", levers, senders=("CHN",), targets=("USA",))[-1]["base"][CHN, rows])
    assert (np.diff(np.array(found)[:, :], axis=0) <= 0).all()
    assert (found[0] > found[2] + 0.01).all()
    assert (found[-1] < found[2]).sum() >= 3  # social media had nothing to lose


def test_a_ban_moves_users_purchases_and_nobody_elsewhere() -> None:
    levers: dict[str, Value] = {"platforms": ("cn_platforms",), "kinds": ("social", "cameras"), "access_loss": 1.0}
    states = policy("platform_ban", levers)
    rows = [at("social/cn_platforms"), at("cameras/cn_platforms")]
    assert (states[-1]["new_choices"][USA, rows] == 0).all()
    assert (states[-1]["base"][USA, rows] < world().setting.base0[USA, rows]).all()
    calm = list(small.quarters(Decoupling(small.scenario("no_policy", "2022Q4"))))[-1]
    assert abs(states[-1]["base"][KOR] - calm["base"][KOR]).max() < 0.01
    economy, plants = world().setting.economy, world().setting.plants
    lt, f, b = economy.links.technique, economy.links.supplier, economy.links.buyer
    hikvision = (f[:lt] == plants.ids.index("hikvision-platforms-chn")) & (b[:lt] == economy.final.start + USA)
    assert states[-1]["theta"][hikvision].sum() < 0.9 * calm["theta"][hikvision].sum()


def test_a_ban_of_one_of_many_opens_no_door_to_strangers() -> None:
    levers: dict[str, Value] = {"platforms": ("cn_platforms",), "access_loss": 1.0}
    state = policy("platform_ban", levers)[-1]
    assert state["base"][USA, at("commerce/local_platforms")] == 0


# -- who belongs where -------------------------------------------------------------------------------
def test_plants_belong_to_ecosystems_of_their_segment_with_weights_that_add_to_one() -> None:
    setting = world().setting
    member = setting.plants.membership
    for row, segment in zip(member, setting.economy.table.segment, strict=True):
        own = [e for n, s in NETWORK_SEGMENTS.items() if s == SEGMENTS[segment] for e in ECOSYSTEMS[n]]
        assert row.sum() == pytest.approx(1 if own else 0, abs=1e-12)
        assert not row[[e not in own for e in ALL_ECOSYSTEMS]].any()
    alibaba = member[setting.plants.ids.index("alibaba-platforms-chn")]
    assert alibaba[at("commerce/cn_platforms")] > alibaba[at("cloud/cn_platforms")] > 0
    assert np.array_equal(memberships(("", "ios:3; windows"))[:, [1, 3]], [[0, 0], [0.75, 0.25]])


def test_shares_scale_with_the_weighted_mean_of_bases_and_cells_keep_their_sum() -> None:
    setting = world().setting
    economy, links, lt = setting.economy, setting.economy.links, setting.economy.links.technique
    base = setting.base0.copy()
    cn, local = at("commerce/cn_platforms"), at("commerce/local_platforms")
    base[KOR, local], base[KOR, cn] = base[KOR, local] - 0.2, base[KOR, cn] + 0.2
    found = shares_of_links(setting, base)
    f, b = links.supplier[:lt], links.buyer[:lt]
    cell = (b == economy.final.start + KOR) & (economy.table.segment[f] == SEGMENTS.index("platforms"))
    assert found[cell].sum() == pytest.approx(economy.theta[cell].sum(), rel=1e-12)
    ratio = {plant: float(found[cell][f[cell] == i][0] / economy.theta[cell][f[cell] == i][0])
             for plant in ("alibaba-platforms-chn", "tencent-platforms-chn", "naver-platforms-kor")
             for i in [setting.plants.ids.index(plant)]}  # fmt: skip
    weight = setting.plants.membership[setting.plants.ids.index("alibaba-platforms-chn"), cn]
    growth = base[KOR, cn] / setting.base0[KOR, cn]
    assert ratio["alibaba-platforms-chn"] / ratio["tencent-platforms-chn"] == pytest.approx(1 + weight * (growth - 1))
    assert ratio["naver-platforms-kor"] < ratio["tencent-platforms-chn"]
    other = economy.buyer_region[b] != KOR
    live = ~economy.latent[f]
    assert np.array_equal(found[other & live], economy.theta[other & live])


# -- data and frameworks -----------------------------------------------------------------------------
def test_data_follow_users_and_stop_at_borders() -> None:
    setting = world().setting
    none = np.zeros((8, 8))
    base = data_inflow(setting, setting.base0, none)
    assert (base > 0).all()
    blocked = none.copy()
    blocked[CHN, :] = 1.0
    local = data_inflow(setting, setting.base0, blocked)
    assert local[CHN] == base[CHN]
    assert local[USA] < base[USA]
    assert np.array_equal(data_inflow(setting, setting.base0, np.eye(8)), base)
    assert local[KOR] == base[KOR]


def test_data_stock_relaxes_to_its_inflow_and_one_stays_one() -> None:
    stock = np.ones(3)
    assert np.array_equal(update_data(stock, np.ones(3), 0.12, 0.25), stock)
    for _ in range(400):
        stock = update_data(stock, np.array([0.5, 1.0, 1.2]), 0.12, 0.25)
    assert np.allclose(stock, [0.5, 1.0, 1.2], atol=1e-4)


def test_localisation_in_the_model_costs_foreign_firms_data_only() -> None:
    state = policy("data_localisation", {"blocked": 1.0}, senders=("EUR",), targets=("USA", "CHN"))[-1]
    calm = list(small.quarters(Decoupling(small.scenario("no_policy", "2022Q4"))))[-1]
    gap = state["data"] / calm["data"] - 1
    assert gap[USA] < -0.01
    assert gap[CHN] < 0
    # the others feel it only through what AI is worth to their users
    assert abs(gap[[r for r in range(8) if r not in (USA, CHN)]]).max() < 1e-5 * abs(gap[CHN])
    assert abs(state["price"] / calm["price"] - 1).max() < 1e-3 * abs(gap[USA])


def test_still_world_keeps_data_frameworks_and_values_exactly() -> None:
    model = Decoupling(small.scenario("no_policy", "2019Q4"), parameters=small.still())
    for state in small.quarters(model):
        assert (state["data"] == 1).all()
        assert (state["frameworks"] == 1).all()
        assert not state["network_value"].any()


def test_open_release_raises_exposure_and_dependence_together() -> None:
    """What the target learns and what it would lose if access ended both grow; closing does the reverse."""
    found = {}
    for openness in (-1.0, 0.0, 1.0):
        state = policy("open_release", {"openness": openness}, last="2023Q4")[-1]
        flow = state["wedges"]["knowledge_flow"][1, USA, CHN]
        found[openness] = (float(-flow[SEGMENTS.index("ai_apps")]), float(state["base"][CHN, at("us_frameworks")]))
    assert found[-1.0][0] < found[0.0][0] == 0 < found[1.0][0]
    assert found[-1.0][1] < found[0.0][1] < found[1.0][1]


def test_unused_instruments_change_no_bit() -> None:
    base = small.outcomes_of(Decoupling(small.everything("2019Q4"), record="all"))
    neutral = []
    for name, levers in (
        ("open_source_fork", {"ecosystems": ("github",)}), ("platform_ban", {"platforms": ("us_platforms",)}),
        ("data_localisation", {"storage_cost": 0.3}), ("open_release", {"openness": 0.0}),
    ):  # fmt: skip
        neutral.append(small.measure(name, dict(levers), 2018.0))
    scenario = small.everything("2019Q4")
    more = replace(scenario, measures=(*scenario.measures, *neutral))
    assert not small.same_bits(base, small.outcomes_of(Decoupling(more, record="all")))


def test_base_shares_are_those_of_the_parameters_and_stationary() -> None:
    setting = world().setting
    for own in setting.networks:
        for region in range(8):
            users = setting.agents.users[[n.name for n in setting.networks].index(own.name)][region]
            share = setting.base0[region, own.column]
            choice = users.decide(own, share, setting.ecosystem.reach0[region, own.column], np.ones(len(share)), small.fresh(), 2018.0)
            assert abs(share @ choice - share).max() < 1e-12, (own.name, region)


# -- terms one by one --------------------------------------------------------------------------------
def test_choices_from_large_numbers_depend_on_differences_of_utility_alone() -> None:
    u, all_ = np.array([0.3, -1.2, 0.5]), np.ones(3, bool)
    assert choices(u + 2000, all_, 1.5) == pytest.approx(choices(u, all_, 1.5), rel=1e-9)
    assert choices(u - 2000, all_, 1.5) == pytest.approx(choices(u, all_, 1.5), rel=1e-9)


def test_prices_data_and_inheritance_in_numbers() -> None:
    """E16, E18b, E24, E32, E35 on random prices, users, moves and exits, one buyer or region at a time."""
    model = world()
    setting, rng = model.setting, np.random.default_rng(6)
    economy, links, table = setting.economy, setting.economy.links, setting.economy.table
    n, regions, lt = economy.n, economy.regions, economy.links.technique
    now = SimpleNamespace(price=rng.uniform(0.7, 1.4, n), ship=rng.uniform(1, 1.3, len(links.buyer)), duty=rng.uniform(0, 0.3, len(links.buyer)))
    base, blocked = setting.base0 * rng.uniform(0.5, 1.5, setting.base0.shape), rng.uniform(0, 1, (regions, regions))
    data = np.zeros(regions)
    for own in setting.networks:
        found = ecosystem_prices(setting, now)[:, own.column]
        for r in range(regions):
            first, last = links.pointer[economy.final.start + r], links.pointer[economy.final.start + r + 1]
            for e, column in enumerate(own.column):
                rows = [i for i in range(first, last) if setting.plants.membership[links.supplier[i], column] * economy.theta[i] > 0]
                weight = [setting.plants.membership[links.supplier[i], column] * economy.theta[i] for i in rows]
                change = [now.price[links.supplier[i]] * now.ship[i] * (1 + now.duty[i]) / (1 + economy.tariff0[i]) for i in rows]
                assert found[r, e] == pytest.approx(np.average(change, weights=weight) if rows else 1.0, rel=1e-12)
                owner = own.owner[r, e]
                if owner >= 0:
                    data[owner] += own.data_weight * own.users[r] * base[r, column] * (1 if owner == r else 1 - blocked[r, owner])
    assert data_inflow(setting, base, blocked) == pytest.approx(data, rel=1e-12)
    f, d, theta = links.supplier[:lt], economy.buyer_region[links.buyer[:lt]], economy.theta
    moved = rng.uniform(0, 1, (n, regions))
    shifted = theta.copy()
    source, sister, weight = setting.plants.sisters
    assert len(source) > 10
    for i in np.unique(source):
        to = sister[source == i]
        open_part = weight[source == i] * (1 - moved[f[to], d[to]])
        gone = theta[i] * moved[f[i], d[i]]
        shifted[i] -= gone
        shifted[to] += gone * open_part / open_part.sum()
    assert relocated(setting, theta, moved) == pytest.approx(shifted, rel=1e-10, abs=1e-14)
    closed = rng.random(n) < 0.3
    opened = ~closed & ~economy.latent
    after = inherited(setting, theta, opened, closed)
    for cell in rng.choice(links.cell.max() + 1, 300, replace=False):
        for r in range(regions):
            mine = np.flatnonzero((links.cell == cell) & (table.location[f] == r))
            heirs, left = mine[opened[f[mine]]], mine[closed[f[mine]]]
            expected = theta.copy()
            if theta[heirs].sum() > 0:
                expected[heirs] *= theta[[*heirs, *left]].sum() / theta[heirs].sum()
                expected[left] = 0.0
            assert after[mine] == pytest.approx(expected[mine], rel=1e-12)


def test_users_shares_and_values_in_numbers() -> None:
    """E16, E18, E31 to E33: seeds, reach, value and shares in force on random bases, network by network."""
    setting, rng = world().setting, np.random.default_rng(8)
    economy, links, wedges, eco = setting.economy, setting.economy.links, small.fresh(), setting.ecosystem
    wedges["interoperability"][...] = rng.uniform(-0.5, 0.5, wedges["interoperability"].shape)
    wedges["market_access"][...] = rng.uniform(-0.5, 0.5, wedges["market_access"].shape)
    base = setting.base0.copy()
    for own in setting.networks:
        base[:, own.column] = rng.dirichlet(np.ones(len(own.column)), len(base))
    everywhere = reached(eco, base, wedges)
    gained = eco.worth(base, everywhere) - eco.worth0
    for number, own in enumerate(setting.networks):
        share, nu, size = base[:, own.column], own.taste.network_effect, len(own.column)
        bridged = np.zeros((len(base), size, size))
        for d, e, g in np.ndindex(*bridged.shape):
            kept = 1 - wedges["interoperability"][d, own.column[e], own.column[g]]
            shut = max(wedges["market_access"][own.column[g], d], 0.0)  # who uses both needs access to the other
            iota, both = own.interoperability[e, g] * kept, own.multihoming[e, g] * kept * (1 - shut)
            bridged[d, e, g] = 1 - (1 - min(max(iota, 0), 1)) * (1 - min(max(both, 0), 1))
        pooled = own.mixing @ share
        seen = own.floor + pooled + np.array([b @ p for b, p in zip(bridged, pooled, strict=True)])
        assert everywhere[:, own.column] == pytest.approx(seen, rel=1e-12)
        reach0 = eco.reach0[:, own.column]
        then0, now0 = (np.where(s > 0, s, 1.0) for s in (eco.share0[:, own.column], share))
        worth = (share * (own.quality - np.log(now0) + nu * np.log(seen))).sum(1)
        before = (eco.share0[:, own.column] * (own.quality - np.log(then0) + nu * np.log(np.where(eco.share0[:, own.column] > 0, reach0, 1.0)))).sum(1)
        assert gained[:, number] == pytest.approx(worth - before, rel=1e-9, abs=1e-12)
        mean = (share * np.log(seen)).sum(1) - (eco.share0[:, own.column] * np.log(np.where(eco.share0[:, own.column] > 0, reach0, 1.0))).sum(1)
        assert reach_of(eco, own.name, base, everywhere) == pytest.approx(np.exp(mean), rel=1e-9)
    flow = np.zeros((8, 8))
    now = SimpleNamespace(data=rng.uniform(0.5, 1.5, 8), wedges={"data_flow": flow})
    ratio = data_inflow(setting, base, flow) / data_inflow(setting, setting.base0, flow)
    part = 1 - np.exp(-setting.behaviour.data_depreciation * setting.dt)
    assert data_stocks(setting, base, now) == pytest.approx(now.data + part * (ratio - now.data), rel=1e-12)
    late = copy(eco)
    late.entry, late.seed = np.full_like(eco.entry, -np.inf), np.zeros_like(eco.seed)
    late.entry[:, :4], late.seed[:, :4] = 2020 + 1e-12, np.array([0.0, 0.1, 0.2, 0.0])
    share = np.array(setting.base0)
    share[:, :4] = [0.6, 0.0, 0.0, 0.4]
    assert seeded(late, share, 2019.75) is share
    assert seeded(late, share, 2020.0)[0, :4] == pytest.approx([0.42, 0.1, 0.2, 0.28])
    share[:, :4] = [0.5, 0.1, 0.0, 0.4]
    assert seeded(late, share, 2020.0)[0, :4] == pytest.approx([0.4, 0.08, 0.2, 0.32])
    f, d = links.supplier[: links.technique], economy.buyer_region[links.buyer[: links.technique]]
    member, raw = setting.plants.membership[f], economy.theta.copy()
    for i in np.flatnonzero(member.any(1)):
        had = member[i] @ setting.base0[d[i]]
        if economy.latent[f[i]] and had == 0:
            raw[i] = member[i] @ base[d[i]]
        else:
            ratio_ = [base[d[i], e] / setting.base0[d[i], e] if setting.base0[d[i], e] > 0 else 1.0 for e in range(member.shape[1])]
            raw[i] *= 1 + member[i] @ (np.array(ratio_) - 1)
    entrant = economy.latent[f] & member.any(1) & ((member * setting.base0[d]).sum(1) == 0)
    before, after = links.by_cell(np.where(entrant, 0.0, economy.theta)), links.by_cell(raw)
    wanted = raw * np.where(after > 0, before / np.where(after > 0, after, 1.0), 1.0)[links.cell]
    assert shares_of_links(setting, base)[member.any(1)] == pytest.approx(wanted[member.any(1)], rel=1e-10, abs=1e-14)


def test_utility_in_numbers() -> None:
    """E16 by hand: a lost access costs at its own price, a gained one is worth another."""
    taste = Taste(0.7, 1.5, -10.0, 3.0)
    found = utility(np.full(3, 0.2), np.array([0.5, 1.0, 2.0]), np.array([1.0, 1.1, 0.8]), np.array([0.4, -0.25, 0.0]), taste)
    logs = {0.5: -0.6931471805599453, 2.0: 0.6931471805599453, 1.1: 0.09531017980432493, 0.8: -0.2231435513142097}
    by_hand = [0.2 + 0.7 * logs[0.5] - 10 * 0.4, 0.2 - 1.5 * logs[1.1] + 3 * 0.25, 0.2 - 1.5 * logs[0.8] + 0.7 * logs[2.0]]
    assert found == pytest.approx(by_hand, rel=1e-12)
