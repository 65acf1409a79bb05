"""What each instrument of the library does in numbers, allies that join at their own dates, and the page on adding one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import model.instruments as registry
from model.agents.sight import hardest_denial, tools_ahead
from model.axes import ECOSYSTEMS, REGION_INDEX, SEGMENT_INDEX
from model.errors import ScenarioError
from model.instruments import Value, instruments
from model.kernel.ai import rented_compute
from model.kernel.capability import released
from model.kernel.links import Array
from model.scenario.folder import scenario_names
from model.scenario.record import resolved, scenario_hash
from model.scenario.resolve import load_baseline, load_scenario
from model.scenario.schema import scenario_schema
from model.scenario.story import period, scope
from model.scenario.types import Measure
from model.simulation import Decoupling
from model.stages.decide import stock_orders
from model.stages.enact import spread
from model.stages.orders import collect_wedges
from model.stages.respond import decide_states
from model.wedges import USES, Wedges, either
from model.words import has_word
from model.world import Setting
from tests import small, test_instruments

USA, CHN, KOR, JPN, EUR, SEA, ROW = (REGION_INDEX[r] for r in ("USA", "CHN", "KOR", "JPN", "EUR", "SEA", "ROW"))
INPUTS, CAPITAL, OTHER = range(len(USES))
TOOLS, REST, AI, CLOUDS = (SEGMENT_INDEX[s] for s in ("equipment", "rest", "ai_apps", "platforms"))


def wedges_at(measure: Measure, year: float, stance: str | None = None) -> Wedges:
    """Wedges of one measure in a quarter, by the model's own way."""
    setting = setting_of(measure, stance)
    return collect_wedges(setting, year, decide_states(setting, year))


def setting_of(measure: Measure, stance: str | None = None) -> Setting:
    return Decoupling(small.with_measures((measure,), "2027Q4"), stance).setting


def alone(name: str, levers: dict[str, Value], senders: tuple[str, ...], targets: tuple[str, ...]) -> Wedges:
    """Wedges of an instrument on the world of six plants."""
    wedges, found = small.fresh(), instruments()[name]
    found.apply(wedges, small.order({**small.neutral_levers(found), **levers}, senders, targets), small.facts())
    return wedges


@pytest.fixture(scope="module")
def base() -> Decoupling:
    model = Decoupling(small.scenario("no_policy", "2018Q4"), record="all")
    model.run_to_end()
    return model


def after(name: str, levers: dict[str, Value], senders: tuple[str, ...], targets: tuple[str, ...], last: str = "2018Q4") -> Decoupling:
    """The model at the end of a short run under one measure from its first quarter."""
    measure = small.measure(name, levers, 2018.0, senders=senders, targets=targets)
    model = Decoupling(small.with_measures((measure,), last), record="all")
    model.run_to_end()
    return model


# -- words -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", sorted(instruments()))
def test_every_instrument_is_worded_in_both_languages(name: str) -> None:
    assert has_word(f"instrument.doc.{name}")
    for lever in instruments()[name].levers:
        assert has_word(f"lever.title.{lever}") and has_word(f"lever.doc.{name}.{lever}"), lever


def test_every_instrument_of_the_design_exists() -> None:
    """MODEL.md 5, complete."""
    assert set(instruments()) == {
        "entity_list", "export_control", "equipment_control", "platform_ban", "cloud_kyc", "investment_screening", "os_fork",
        "open_source_fork", "standards_split", "data_localisation", "subsidy", "digital_silk_road", "counter_control",
        "rules_on_ai", "open_release", "tariff",
    }  # fmt: skip


# -- allies join at their own dates ------------------------------------------------------------------
ALLIES: dict[str, Value] = {"segments": ("logic",), "denial_rate": 0.5, "third_country_reach": 0.4}


def test_allies_are_third_countries_until_they_join() -> None:
    """Reach before, the full denial from the ally's quarter on, nothing while suspended or after the end."""
    measure = replace(
        small.measure("export_control", ALLIES, 2020.0, 2024.0, ((2022.0, 2022.5),), ("USA", "JPN", "EUR")),
        joining=(("EUR", 2023.0), ("JPN", 2021.0)),
    )
    logic = SEGMENT_INDEX["logic"]
    expected = {
        2019.75: (0, 0, 0), 2020.0: (0.5, 0.2, 0.2), 2020.75: (0.5, 0.2, 0.2), 2021.0: (0.5, 0.5, 0.2), 2022.0: (0, 0, 0),
        2022.5: (0.5, 0.5, 0.2), 2023.0: (0.5, 0.5, 0.5), 2023.75: (0.5, 0.5, 0.5), 2024.0: (0, 0, 0),
    }  # fmt: skip
    setting = setting_of(measure)
    for year, denied in expected.items():
        found = collect_wedges(setting, year, decide_states(setting, year))["denial_rate"][[USA, JPN, EUR], CHN, logic]
        assert found == pytest.approx(denied), year


@pytest.mark.parametrize("name", sorted(instruments()))
def test_before_joining_a_measure_is_one_without_the_ally_and_after_it_one_with_it(name: str) -> None:
    levers = small.strong_levers(instruments()[name])
    both, one = (small.measure(name, levers, 2019.0, senders=s) for s in (("USA", "JPN"), ("USA",)))
    joining = replace(both, joining=(("JPN", 2020.0),))
    for year, same in ((2018.75, one), (2019.75, one), (2020.0, both)):
        found, wanted = (small.arrays(wedges_at(m, year)) for m in (joining, same))
        assert all(np.array_equal(found[key], wanted[key]) for key in found), year


def test_an_announcement_counts_all_who_will_join() -> None:
    measure = replace(
        small.measure("export_control", ALLIES, 2020.0, senders=("USA", "JPN")), announced=2019.0, joining=(("JPN", 2021.0),)
    )
    setting = setting_of(measure)
    wedges = collect_wedges(setting, 2019.5, decide_states(setting, 2019.5))
    seen = wedges["announced"][INPUTS, CHN, [USA, JPN, EUR], CHN, SEGMENT_INDEX["logic"]]
    assert seen == pytest.approx(setting.behaviour.announced_belief * np.array([0.5, 0.5, 0.2]))


HEAD = """name: allies
title: {{en: A, ko: A}}
story: {{en: B, ko: B}}
focus: KOR
horizon: [2018Q1, 2030Q4]
strategies:
  members: {{west: [USA, JPN]}}
  stances: {{align_us: west, hedge: none}}
instruments:
  - instrument: tariff
    start: 2020Q1
    end: 2025Q4
    from: [{senders}]
    to: [CHN]
    joining: {joining}
    segments: [rest]
    rate: 0.1
    source: assumed
"""


def scenario(folder: Path, senders: str, joining: str) -> Path:
    path = folder / "allies.yaml"
    path.write_text(HEAD.format(senders=senders, joining=joining), encoding="utf-8", newline="\n")
    return path


def test_joining_in_a_file(tmp_path: Path) -> None:
    """Dates by region, by a bloc too; the focus comes only under the stance that joins; told in words, record and hash."""
    found = load_scenario(str(scenario(tmp_path, "west", "{KOR: 2021Q2, JPN: 2020-08-15}")))
    measure = found.measures[0]
    assert measure.joining == (("JPN", 2020.5), ("KOR", 2021.25))
    assert period(measure, "en") == "2020Q1–2025Q4, Japan from 2020Q3, Korea from 2021Q2"
    assert resolved(found)["measures"][0]["joining"] == {"JPN": "2020Q3", "KOR": "2021Q2"}
    assert scenario_hash(found) != scenario_hash(replace(found, measures=(replace(measure, joining=()),)))
    for stance, pays in (("align_us", 0.1), ("hedge", 0.0)):
        setting = Decoupling(found, stance).setting
        for year, duty in ((2021.0, 0.0), (2021.25, pays)):
            rates = collect_wedges(setting, year, decide_states(setting, year))["tariff_rate"][CHN, [USA, JPN, KOR], REST]
            assert rates == pytest.approx([0.1, 0.1, duty]), (stance, year)


@pytest.mark.parametrize(
    ("senders", "joining", "place", "fault"),
    [
        ("USA, JPN", "{KOR: 2021Q1}", "15:15: instruments[0].joining.KOR", "'KOR', which is not a sender; allowed: regions of 'from': USA, JPN"),
        ("USA, JPN", "{JPM: 2021Q1}", "15:15: instruments[0].joining.JPM", "did you mean JPN?"),
        ("USA, JPN", "{JPN: 2019Q4}", "15:20: instruments[0].joining.JPN", "allowed: a quarter between start and end"),
        ("USA, JPN", "{JPN: 2026Q1}", "15:20: instruments[0].joining.JPN", "allowed: a quarter between start and end"),
        ("USA, JPN", "{JPN: 2036Q1}", "15:20: instruments[0].joining.JPN", "horizon"),
        ("USA, JPN", "{JPN: later}", "15:20: instruments[0].joining.JPN", "no date: 'later'"),
        ("USA, JPN", "[JPN]", "15:14: instruments[0].joining", "allowed"),
    ],
)  # fmt: skip
def test_faults_of_joining(tmp_path: Path, senders: str, joining: str, place: str, fault: str) -> None:
    path = scenario(tmp_path, senders, joining)
    with pytest.raises(ScenarioError) as raised:
        load_scenario(str(path))
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{path}:{place}: ") and fault in line


def test_editors_know_joining() -> None:
    measures = scenario_schema()["properties"]["instruments"]["items"]["oneOf"]
    assert all("JPN" in m["properties"]["joining"]["properties"] and m["additionalProperties"] is False for m in measures)


# -- denial by use (E21, E27, E19) -------------------------------------------------------------------
def controlled(levers: dict[str, Value], name: str = "equipment_control") -> tuple[Setting, Array]:
    """Denied part of orders by link, before evasion, under a measure of the USA and Japan against China."""
    measure = small.measure(name, levers, 2018.0)
    setting = setting_of(measure)
    return setting, spread(setting, collect_wedges(setting, 2018.0, decide_states(setting, 2018.0))).controlled


def test_tools_and_servicing_in_numbers() -> None:
    """Investors lose tools, plants lose parts and service, nobody else loses anything; third countries by the reach."""
    levers: dict[str, Value] = {"tools": 0.5, "servicing": 0.2, "third_country_reach": 0.4}
    setting, found = controlled(levers)
    links, (o, d, s) = setting.economy.links, setting.economy.lane
    use = setting.use[links.buyer]
    hit = (d == CHN) & (s == TOOLS)
    for which, denied in ((CAPITAL, 0.5), (INPUTS, 0.2), (OTHER, 0.0)):
        for origin, part in ((USA, 1.0), (JPN, 1.0), (EUR, 0.4), (CHN, 0.0)):
            cells = hit & (use == which) & (o == origin)
            assert cells.any() and found[cells] == pytest.approx(denied * part), (which, origin)
    assert not found[~hit].any()


def test_foreign_owned_plants_keep_tools_and_service() -> None:
    setting, found = controlled({"tools": 0.5, "servicing": 0.2, "owner_exemption": 0.75})
    links, (o, d, s), economy = setting.economy.links, setting.economy.lane, setting.economy
    owner = np.concatenate([setting.plants.owner, economy.table.investors[:, 2], np.full(2 * economy.regions, -1)])[links.buyer]
    hit = (d == CHN) & (s == TOOLS) & (o == USA) & (setting.use[links.buyer] == CAPITAL)
    assert found[hit & (owner == CHN)] == pytest.approx(0.5)
    assert (hit & (owner == KOR)).any() and found[hit & (owner == KOR)] == pytest.approx(0.125)


def test_both_levers_together_are_the_export_control_of_equipment() -> None:
    setting, one = controlled({"tools": 0.3, "servicing": 0.3, "third_country_reach": 0.5})
    _, two = controlled({"segments": ("equipment",), "denial_rate": 0.3, "third_country_reach": 0.5}, "export_control")
    bought = setting.use[setting.economy.links.buyer] != OTHER
    assert np.allclose(one[bought], two[bought], rtol=1e-12, atol=0) and one[bought].any()
    assert two[~bought].any() and not one[~bought].any()


def test_denials_of_a_segment_and_of_a_use_are_two_hurdles() -> None:
    found = either(np.array([0.3, 0.3, 0.0, 1.0]), np.array([0.0, 0.5, 0.5, 0.2]))
    assert found == pytest.approx([0.3, 0.65, 0.5, 1.0])
    assert found[0] == 0.3 and found[3] == 1  # to the bit


def test_who_fears_for_tools_orders_tools_and_no_parts() -> None:
    """E27 by use: announced tools pull investment forward, announced servicing fills stocks of parts."""
    for levers, tools, parts in (({"tools": 0.8}, True, False), ({"servicing": 0.8}, False, True)):
        measure = replace(small.measure("equipment_control", levers, 2019.0), announced=2018.0)
        model = Decoupling(small.with_measures((measure,), "2018Q2"))
        model.step()
        now = SimpleNamespace(**model.now)
        assert bool(tools_ahead(model.setting, now).any()) == tools
        assert bool(stock_orders(model.setting, now).any()) == parts


def test_suppliers_heed_a_denial_of_one_use() -> None:
    model = after("equipment_control", {"tools": 0.5, "servicing": 0.2}, ("USA",), ("CHN",), "2018Q1")
    hardest = hardest_denial(model.setting, SimpleNamespace(**model.now))
    assert hardest[USA, CHN] == 0.5 and hardest.sum() == 0.5
    assert model.recorder.last("Policy Stance|Chips|against CHN", "USA") > 0


def test_servicing_idles_what_stands_and_tools_what_would_have_been_built() -> None:
    """A cut of servicing bites in the first quarter and spares capacity; one of tools the reverse, years later."""
    senders, memory = ("USA", "JPN", "EUR", "KOR", "TWN"), SEGMENT_INDEX["memory"]
    found = {}
    for levers in ({}, {"servicing": 0.9, "enforcement": 1.0}, {"tools": 0.9, "enforcement": 1.0}):
        measure = small.measure("equipment_control", levers, 2018.0, senders=senders)
        model = Decoupling(small.with_measures((measure,), "2020Q4"))
        first, *_, last = small.quarters(model)
        held = np.where(np.isfinite(last["capacity"]), last["capacity"], 0.0)
        found[tuple(levers)] = small.sum_by(model.setting, first["output"])[CHN, memory], small.sum_by(model.setting, held)[CHN, memory]
    (made, built), (idle, kept), (working, missed) = found.values()
    assert idle < 0.8 * made and working > 0.99 * made
    assert kept > 0.99 * built and missed < 0.95 * built


# -- counter-control ---------------------------------------------------------------------------------
def test_materials_are_denied_to_technology_plants_alone() -> None:
    setting, found = controlled({"materials": 0.6, "barrier": 0.2, "goods": ("memory",)}, "counter_control")
    links, (o, d, s) = setting.economy.links, setting.economy.lane
    technology = (links.buyer < setting.n) & setting.technology()[np.minimum(links.buyer, setting.n - 1)]
    hit = technology & ((o == USA) | (o == JPN)) & (d == CHN) & (s == REST)
    assert hit.sum() > 50 and found[hit] == pytest.approx(0.6)
    assert not found[~hit].any()


def test_market_access_is_a_barrier_on_the_targets_goods() -> None:
    wedges = alone("counter_control", {"barrier": 0.2, "goods": ("memory", "devices")}, ("CHN",), ("USA", "JPN"))
    cost = wedges["iceberg_cost"]
    goods = [SEGMENT_INDEX["memory"], SEGMENT_INDEX["devices"]]
    assert cost[np.ix_([USA, JPN], [CHN], goods)] == pytest.approx(1.2)
    assert (cost != 1).sum() == 4
    assert set(wedges.moved()) == {"iceberg_cost"}


def test_denied_materials_cost_target_plants_output_and_the_sender_sales(base: Decoupling) -> None:
    model = after("counter_control", {"materials": 1.0, "enforcement": 1.0}, ("CHN",), ("KOR",), "2018Q2")
    chips = [SEGMENT_INDEX[s] for s in ("memory", "foundry", "logic")]
    calm = Decoupling(small.scenario("no_policy", "2018Q2"), record="all")
    calm.run_to_end()
    lost = [small.sum_by(m.setting, m.now["output"])[KOR, chips].sum() for m in (model, calm)]
    assert lost[0] < lost[1] * 0.999
    sold = [m.recorder.last("Exports|Rest|to KOR", "CHN") for m in (model, calm)]
    assert sold[0] < sold[1]


# -- clouds ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("abroad", "bound", "refused"), [(0.5, 0.0, 0.4), (0.5, 1.0, 0.8), (0.5, 0.5, 0.6), (1.0, 0.0, 0.0), (0.0, 0.0, 0.8)])
def test_subsidiaries_are_a_way_round_the_rule(abroad: float, bound: float, refused: float) -> None:
    wedges = alone("cloud_kyc", {"access_denied": 0.8, "abroad": abroad, "subsidiaries_bound": bound}, ("USA",), ("CHN", "ROW"))
    cloud = small.ALL_ECOSYSTEMS.index("cloud/us_platforms")
    assert wedges["market_access"][cloud, [CHN, ROW]] == pytest.approx(refused)
    assert wedges["market_access"].sum() == pytest.approx(2 * refused)


def test_checks_cost_the_sender_and_favour_its_rivals(base: Decoupling) -> None:
    """Fixed cost as a share of platforms' output, bought at home; the price abroad rises by the burden; customers leave."""
    model = after("cloud_kyc", {"access_denied": 1.0, "compliance_cost": 0.01, "burden": 0.05}, ("USA",), ("CHN",), "2019Q4")
    calm = Decoupling(small.scenario("no_policy", "2019Q4"), record="all")
    calm.run_to_end()
    setting, table = model.setting, model.setting.economy.table
    mine = (table.location == USA) & (table.segment == CLOUDS)
    grown = np.exp(setting.behaviour.growth[USA] * 1.75)
    assert model.now["compliance"][mine].sum() == pytest.approx(0.01 * setting.economy.output0[mine].sum() * grown)
    assert not model.now["compliance"][~mine].any()
    assert model.recorder.last("Policy Cost", "USA") > 0 == calm.recorder.last("Policy Cost", "USA")
    for region in ("KOR", "EUR", "CHN"):
        share = [m.recorder.last("Platform Share|cloud|us_platforms", region) for m in (model, calm)]
        assert share[0] < share[1], region


def test_lost_clouds_are_lost_compute_in_numbers() -> None:
    """E42, and in E29: China's AI firms lose the part of clouds that its users had with American ones, at once."""
    share, shut = np.array([[0.1, 0.9], [1.0, 0.0]]), np.array([[0.5, 0.0], [0.2, -1.0]])
    assert rented_compute(np.array([2.0, 1.0]), share, shut) == pytest.approx([2 * 0.95, 0.8])
    assert np.array_equal(rented_compute(np.array([1.7, 0.3]), share, np.minimum(shut, 0)), [1.7, 0.3])
    model = after("cloud_kyc", {"access_denied": 1.0, "subsidiaries_bound": 1.0}, ("USA",), ("CHN",), "2018Q1")
    setting, own = model.setting, model.setting.innovation
    us = setting.ecosystems.index("cloud/us_platforms")
    compute = 1 - own.cloud_weight * setting.base0[CHN, us]
    rho = 1 - 1 / own.ai_elasticity
    expected = np.log(own.ai_weight @ np.array([compute, 1.0, 1.0]) ** rho) / rho
    mine = setting.plants_of("ai_apps") & (setting.economy.table.location == CHN)
    assert expected < -0.01
    assert model.now["ai_quality"][mine] == pytest.approx(expected, rel=1e-9)
    assert not model.now["ai_quality"][~mine].any()


def test_users_find_other_clouds_and_compute_comes_back() -> None:
    levers: dict[str, Value] = {"access_denied": 1.0, "subsidiaries_bound": 1.0}
    measure = small.measure("cloud_kyc", levers, 2018.0, senders=("USA",))
    lost = [
        np.array([state["ai_quality"][now_ai(model.setting)].mean() for state in small.quarters(model)])
        for model in (Decoupling(small.with_measures(m, "2021Q4")) for m in ((measure,), ()))
    ]
    gap = lost[0] - lost[1]
    assert gap[0] < -0.01 and (np.diff(gap) > 0).all() and gap[-1] < 0


def now_ai(setting: Setting) -> Array:
    """Rows of China's AI firms that exist from the start."""
    mine = setting.plants_of("ai_apps") & (setting.economy.table.location == CHN)
    return np.flatnonzero(mine & ~setting.economy.latent)


# -- platforms abroad --------------------------------------------------------------------------------
def test_a_push_gains_access_and_costs_in_proportion() -> None:
    kinds = ("commerce", "cloud")
    wedges = alone("digital_silk_road", {"push": 0.4, "cost": 0.02, "kinds": kinds}, ("CHN",), ("SEA", "ROW"))
    rows = [small.ALL_ECOSYSTEMS.index(f"{kind}/cn_platforms") for kind in kinds]
    assert wedges["market_access"][np.ix_(rows, [SEA, ROW])] == pytest.approx(-0.4)
    assert wedges["market_access"].sum() == pytest.approx(-4 * 0.4)
    assert wedges["fixed_cost"][CHN, CLOUDS] == pytest.approx(0.008) == wedges["fixed_cost"].sum()


def test_platforms_of_third_countries_have_no_silk_road() -> None:
    """`local` platforms are everybody else's: Korea's push would be Japan's too, so it moves nothing."""
    assert not alone("digital_silk_road", {"push": 1.0}, ("KOR",), ("SEA",)).moved()


def test_users_in_the_targets_come_and_bring_data() -> None:
    model = after("digital_silk_road", {"push": 0.5}, ("CHN",), ("SEA",), "2020Q4")
    calm = Decoupling(small.scenario("no_policy", "2020Q4"), record="all")
    calm.run_to_end()
    for kind in ECOSYSTEMS:
        name = f"Platform Share|{kind}|cn_platforms"
        if kind in ("commerce", "cloud", "social", "cameras"):
            assert model.recorder.last(name, "SEA") > calm.recorder.last(name, "SEA"), kind
    assert model.now["data"][CHN] > calm.now["data"][CHN]
    assert model.recorder.last("Policy Cost", "CHN") > 0


# -- rules on AI -------------------------------------------------------------------------------------
def test_rules_on_ai_move_their_wedges() -> None:
    levers: dict[str, Value] = {"compliance_cost": 0.02, "approval_delay": 6.0, "promotion": 0.05, "foreign_barrier": 0.3}
    wedges = alone("rules_on_ai", levers, ("CHN",), ("USA",))
    expected = {"fixed_cost": 0.02, "release_lag": 0.5, "subsidy_rate": 0.05}
    for name, size in expected.items():
        assert wedges[name][CHN, AI] == pytest.approx(size) == wedges[name].sum()
    assert wedges["iceberg_cost"][USA, CHN, AI] == pytest.approx(1.3)
    assert set(wedges.moved()) == {*expected, "iceberg_cost"}


def test_approval_makes_what_is_sold_older_in_numbers() -> None:
    """E43: six months of the frontier, by what buyers pay for it, for whoever sells there; Release Lag is six months longer."""
    assert released(np.array([-0.2]), np.array([0.4]), np.array([0.5]))[0] == pytest.approx(-0.4)
    model, calm = (after("rules_on_ai", {"approval_delay": d}, ("CHN",), ("USA",), "2018Q1") for d in (6.0, 0.0))
    setting, (_, d, s) = model.setting, model.setting.economy.lane
    lt = setting.economy.links.technique
    drop = np.log(model.now["quality"] / calm.now["quality"])
    hit = (s[:lt] == AI) & (d[:lt] == CHN)
    f = setting.economy.links.supplier[:lt]
    growth = setting.behaviour.frontier_growth[AI]
    assert drop[hit] == pytest.approx(-0.5 * growth * setting.behaviour.quality_valuation[f][hit], rel=1e-9)
    assert hit.sum() > 10 and abs(drop[hit]).min() > 0.01 and not drop[~hit].any()
    lag = [m.recorder.last("Release Lag", "CHN") for m in (model, calm)]
    assert lag[0] - lag[1] == pytest.approx(6.0, rel=1e-6)
    quality = [m.recorder.last("AI Quality", "CHN") for m in (model, calm)]
    assert quality[0] == pytest.approx(quality[1], abs=1e-9)


def test_a_fine_of_the_draft_is_no_cost_to_speak_of() -> None:
    """100,000 yuan for each of 200 models is 0.00003 of 600 bn yuan: what the instrument's page says."""
    assert 100_000 * 200 / 600e9 == pytest.approx(3.3e-5, rel=0.02)


# -- entity lists by number --------------------------------------------------------------------------
def test_unnamed_firms_are_a_part_of_the_fringe() -> None:
    """So many of the population, refused as the named are; named firms are listed by name alone."""
    levers: dict[str, Value] = {"unnamed": 470.0, "licences_granted": 0.2, "third_country_reach": 0.5}
    listing = alone("entity_list", levers, ("USA",), ("CHN",))["firm_listing"]
    alibaba, fringe = 2, 5
    assert listing[USA, fringe] == pytest.approx(0.1 * 0.8) and listing[KOR, fringe] == pytest.approx(0.1 * 0.4)
    assert not np.delete(listing, fringe, 1).any() and not listing[CHN].any()
    both = alone("entity_list", {**levers, "firms": ("Alibaba",)}, ("USA",), ("CHN",))["firm_listing"]
    assert both[USA, alibaba] == pytest.approx(0.8) and both[USA, fringe] == pytest.approx(0.08)
    assert not alone("entity_list", {**levers, "segments": ("memory",)}, ("USA",), ("CHN",)).moved()
    everybody = alone("entity_list", {**levers, "unnamed": 5000.0}, ("USA",), ("CHN",))["firm_listing"]
    assert everybody[USA, fringe] == pytest.approx(0.8)


def test_a_number_a_quarter_in_a_file(tmp_path: Path) -> None:
    """A line that rises by fifteen a quarter; no firm need be named, and what is not named is not told."""
    text = HEAD.format(senders="USA", joining="{USA: 2020Q1}").replace("instrument: tariff", "instrument: entity_list")
    text = text.replace("    segments: [rest]\n    rate: 0.1\n", "    unnamed: {2020Q1: 0, 2024Q1: 240}\n    licences_granted: 0\n")
    path = tmp_path / "allies.yaml"
    path.write_text(text, encoding="utf-8", newline="\n")
    found = load_scenario(str(path))
    setting = Decoupling(found).setting
    fringe = (setting.plants.owner == CHN) & np.array([not firm for firm in setting.plants.firms]) & setting.technology()
    for year, firms in ((2020.25, 15), (2021.0, 60), (2024.0, 240), (2025.75, 240)):
        listing = collect_wedges(setting, year, decide_states(setting, year))["firm_listing"][USA]
        assert listing[fringe] == pytest.approx(firms / 4700) and not listing[~fringe].any()
    assert scope(found.measures[0], "en") == ""


# -- scenarios of single layers ----------------------------------------------------------------------
MOVED = {
    "chips": {"denial_rate", "enforcement"}, "tools": {"use_denial", "exemption", "enforcement"}, "hbm": {"denial_rate", "enforcement"},
    "cloud": {"market_access", "fixed_cost", "iceberg_cost"}, "platforms": {"market_access"},
    "os": {"market_access", "interoperability"}, "open_source": {"market_access", "interoperability", "knowledge_flow"},
    "standards": {"standard_cost", "dual_cost", "dual_fixed"}, "data": {"data_flow", "iceberg_cost"},
    "investment": {"investment_flow", "knowledge_flow"}, "tariffs": {"tariff_rate"}, "listings": {"firm_listing"},
    "silk_road_sea": {"market_access", "fixed_cost"}, "ai_rules": {"fixed_cost", "release_lag", "subsidy_rate", "iceberg_cost"},
    "counter_measures": {"use_denial", "iceberg_cost"}, "detente": set(),
}  # fmt: skip
"""Wedges that each scenario of the library moves in 2030, beyond its baseline."""


@pytest.mark.parametrize("name", sorted(MOVED))
def test_a_scenario_of_a_single_layer_moves_that_layer_alone(name: str) -> None:
    found = load_scenario(name)
    stance = "hedge" if found.stances else None
    baseline = load_baseline(found)
    assert baseline is not None
    wedges, before = (
        collect_wedges(setting, 2030.0, decide_states(setting, 2030.0))
        for setting in (Decoupling(s, stance).setting for s in (found, baseline))
    )
    assert set(wedges.moved()) - set(before.moved()) == MOVED[name]
    assert "Look at" in found.story["en"] and "볼 만하다" in found.story["ko"]


def test_no_two_scenarios_are_the_same() -> None:
    """By instruments, dates, sides and levers; by the country that chooses, and by whether states react."""
    seen: dict[str, str] = {}
    for name in scenario_names():
        data = resolved(load_scenario(name))
        kept = [{k: v for k, v in m.items() if k not in ("id", "source", "place")} for m in data["measures"]]
        key = repr((kept, data["blocs"], data["overrides"], data["states"]))
        assert key not in seen, (name, seen.get(key))
        seen[key] = name


def test_the_roll_back_is_the_record_until_it_begins() -> None:
    """Bit for bit to 2025Q4: the joint tool rule with joining dates is the two measures of chip_controls."""
    sets = ["horizon=[2018Q1, 2026Q2]"]
    rolled, kept = (small.outcomes_of(Decoupling(load_scenario(n, sets=sets), record="all")) for n in ("detente", "chip_controls"))
    before = {key: values[:32] for key, values in kept.items()}
    assert not small.same_bits(before, {key: values[:32] for key, values in rolled.items()})
    assert small.same_bits(kept, rolled)


# -- the page on adding an instrument ----------------------------------------------------------------
PAGE = (Path(__file__).parents[1] / "docs" / "add_an_instrument.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The page's one block of code in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The page's instrument, found by the registry in a folder of its own; gone afterwards."""
    (name,) = re.findall(r"`model/instruments/(\w+)\.py`:", PAGE)
    (tmp_path / f"{name}.py").write_text(block("python"), encoding="utf-8", newline="\n")
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    registry.instruments.cache_clear()
    yield name
    sys.modules.pop(f"{registry.__name__}.{name}", None)
    registry.instruments.cache_clear()


def test_one_file_is_an_instrument_with_all_its_contracts(added: str) -> None:
    assert added in instruments()
    for contract in (
        test_instruments.test_is_documented, test_instruments.test_moves_something, test_instruments.test_every_numeric_lever_is_used,
        test_instruments.test_stronger_never_loosens, test_instruments.test_writes_declared_wedges_within_their_meaning,
        test_instruments.test_no_effect_outside_its_dates, test_instruments.test_a_state_that_is_off_applies_nothing,
        test_instruments.test_the_model_feels_it,
    ):  # fmt: skip
        contract(added)
    for side in test_instruments.SIDES:
        test_instruments.test_neutral_levers_move_nothing(added, side)
        test_instruments.test_own_region_is_never_denied(added, side)
    for other in test_instruments.NAMES:
        test_instruments.test_instruments_commute((added, other))


def test_the_page_s_scenario_runs(added: str, tmp_path: Path) -> None:
    (name,) = re.findall(r"`scenarios/(\w+)\.yaml`:", PAGE)
    path = tmp_path / f"{name}.yaml"
    path.write_text(block("yaml"), encoding="utf-8", newline="\n")
    found = load_scenario(str(path))
    setting = Decoupling(found).setting
    for year, japan in ((2025.75, 0.0), (2026.0, 0.0), (2027.0, 0.5)):
        wedges = collect_wedges(setting, year, decide_states(setting, year))
        assert wedges["knowledge_flow"][2, [USA, JPN], CHN, TOOLS] == pytest.approx([0.5 * (year >= 2026), japan])
    assert added in {m["properties"]["instrument"]["const"] for m in scenario_schema()["properties"]["instruments"]["items"]["oneOf"]}


def test_the_page_s_instrument_is_not_shipped() -> None:
    assert "visa_limits" not in instruments()
