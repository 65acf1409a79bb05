"""Strategies of a third country: contracts of the registry, neutral at zero, paid in the accounts, plans, table and flips (E49-E52)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import model.strategies as registry
from calibration.base_year_tables import load_base_year_tables, with_country
from calibration.registry import central, country_rows, override, rows_by_key
from calibration.world import world_of
from model.axes import KNOWLEDGE_CHANNELS, REGION_INDEX, SEGMENT_INDEX
from model.cli import Cli
from model.errors import ScenarioError, TableError, UsageError
from model.experiments import flips as flipping
from model.experiments import strategies as comparing
from model.experiments.flips import Search, check_drivers, find_flips, with_driver
from model.experiments.store import read_results
from model.experiments.strategies import StrategiesRequest, compare_strategies
from model.kernel.links import Array
from model.outcomes import Key
from model.scenario.plans import MOST_BUDGET
from model.scenario.record import scenario_hash
from model.scenario.resolve import load_scenario
from model.scenario.schema import scenario_schema
from model.scenario.story import story_text
from model.scenario.types import Part, Scenario
from model.scenario.types import Path as Levels
from model.simulation import Decoupling
from model.strategies import CHIPS, PAID, REST, STANCE, Means, paid, spend, strategies
from model.wedges import Wedges
from model.words import LANGUAGES, has_word, word
from tests import small

KOR = REGION_INDEX["KOR"]
STANCES = {"align_us": "west", "align_cn": "east", "hedge": None}
START = 2018.75


def part(name: str, size: float, start: float | None = None, end: float | None = None) -> Part:
    return Part(name, Levels(constant=float(size)), start, end)


@cache
def world(**plans: tuple[Part, ...]) -> Scenario:
    """Two years in which every instrument acts between two blocs, and these plans."""
    base = small.everything()
    measures = tuple(replace(m, senders=("west",), targets=("east",)) for m in base.measures)
    return replace(base, measures=measures, stances=STANCES, plans=plans, baseline="no_policy")


@cache
def run(choice: str | None, **plans: tuple[Part, ...]) -> dict[Key, Array]:
    return small.outcomes_of(Decoupling(world(**plans), choice))


@cache
def means() -> Means:
    from model.stages.orders import means_of

    return means_of(Decoupling(world()).setting)


def moved(name: str, percent: float) -> Wedges:
    wedges = small.fresh()
    spend(name, wedges, percent, means())
    return wedges


# -- registry ----------------------------------------------------------------------------------------
def test_the_seven_strategies_are_found() -> None:
    assert set(strategies()) == {"align_us", "align_cn", "hedge", "none", *paid()}
    assert paid() == ("chip_leverage", "software_cooperation", "widen_manufacturing")
    files = {path.stem for path in Path(registry.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(strategies())


@pytest.mark.parametrize("name", sorted(strategies()))
def test_contract_of_a_strategy(name: str) -> None:
    strategy = strategies()[name]
    assert strategy.name == name and strategy.kind in (STANCE, PAID)
    assert strategy.doc.endswith(".") and strategy.source
    assert {lang: word(f"stance.{name}", lang) for lang in LANGUAGES} == dict(strategy.title)
    assert (strategy.apply is not None) == (strategy.kind == PAID)
    if strategy.kind == PAID:
        row = rows_by_key()[f"strategy_budget[{name}]"]
        assert row.high == MOST_BUDGET and row.low == 0


@pytest.mark.parametrize("name", paid())
def test_a_paid_strategy_moves_wedges_of_the_focus_only_and_more_with_a_larger_budget(name: str) -> None:
    assert moved(name, 0.0).moved() == {}
    little, much = moved(name, 0.1).moved(), moved(name, 0.4).moved()
    assert set(little) == set(much) <= {"subsidy_rate", "research_support", "fixed_cost", "knowledge_flow"}
    for key, array in little.items():
        away = np.delete(array, KOR, axis=2 if key == "knowledge_flow" else 0)
        assert not away.any(), key
        assert np.all(abs(much[key]) >= abs(array)) and abs(much[key]).sum() > abs(array).sum(), key


@pytest.mark.parametrize("name", paid())
def test_rates_times_base_year_sales_add_up_to_the_budget(name: str) -> None:
    wedges, facts = moved(name, 0.1), means()
    levy = wedges["fixed_cost"][KOR, REST] * facts.output[KOR, REST]
    production = (wedges["subsidy_rate"][KOR] * facts.output[KOR]).sum()
    assert levy + production == pytest.approx(0.001 * facts.gdp[KOR], rel=1e-12)
    research = (wedges["research_support"][KOR] * facts.output[KOR]).sum()
    assert research == pytest.approx(levy if name == "chip_leverage" else 0.0, rel=1e-12)


def test_support_of_a_price_has_an_end_and_what_is_left_is_not_spent() -> None:
    facts = replace(means(), output=np.where(np.arange(11) == REST, means().output, means().output * 1e-3))
    wedges = small.fresh()
    registry.support_production(wedges, 1.0, CHIPS, facts)
    assert wedges["subsidy_rate"].max() == registry.MOST_SUPPORT


def test_strength_is_a_share_of_output_above_that_of_income() -> None:
    strong = means().strong(CHIPS)
    assert SEGMENT_INDEX["memory"] in strong and SEGMENT_INDEX["accelerators"] not in strong
    scaled = replace(means(), output=means().output * 7)
    assert scaled.strong(CHIPS) == strong
    nobody = replace(means(), gdp=np.where(np.arange(8) == KOR, 1e9, means().gdp))
    assert nobody.strong(CHIPS) == ()


def test_cooperation_brings_less_and_less_and_nothing_through_a_closed_channel() -> None:
    place = KNOWLEDGE_CHANNELS.index("collaboration"), REGION_INDEX["USA"], KOR, SEGMENT_INDEX["platforms"]
    gains = [-moved("software_cooperation", b)["knowledge_flow"][place] for b in (0.01, 0.02, 0.03)]
    assert gains[1] - gains[0] > gains[2] - gains[1] > 0
    p, facts = central(), means()
    base = p.scalar("cooperation_share_of_rd") * p["rd_intensity"]["platforms"]
    share = 1e-4 * facts.gdp[KOR] / facts.made(registry.SOFTWARE)
    assert gains[0] == pytest.approx((1 + share / base) ** p.scalar("rd_elasticity") - 1, rel=1e-12)
    closed = small.fresh()
    closed.move("knowledge_flow", place, 1.0)
    spend("software_cooperation", closed, 0.1, facts)
    assert closed["knowledge_flow"][place] == 1.0
    assert moved("software_cooperation", 2.0)["knowledge_flow"].min() >= -1.0


# -- neutral -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", paid())
def test_zero_budget_is_nothing_bit_for_bit(name: str) -> None:
    assert small.same_bits(run("empty", empty=(part(name, 0.0, START),)), run(None)) == []


def test_zero_budgets_beside_a_stance_are_the_stance_bit_for_bit() -> None:
    parts = (part("hedge", 1), *(part(name, 0.0, START) for name in paid()))
    assert small.same_bits(run("mix", mix=parts), run("hedge")) == []


@pytest.mark.parametrize("stance", STANCES)
def test_a_stance_at_strength_zero_is_none_and_at_one_itself(stance: str) -> None:
    assert small.same_bits(run("plan", plan=(part(stance, 0.0),)), run(None)) == []
    assert small.same_bits(run("plan", plan=(part(stance, 1.0),)), run(stance)) == []
    assert small.same_bits(run("plan", plan=(part(stance, 1.0, 2018.0),)), run(stance)) == []
    assert small.same_bits(run(stance), run(None)) != []


# -- dates and parts ---------------------------------------------------------------------------------
def wedges_of(choice: str | None, year: float, **plans: tuple[Part, ...]) -> dict[str, Array]:
    from model.stages.orders import wedges_in_force
    from model.stages.respond import decide_states

    setting = Decoupling(world(**plans), choice).setting
    return small.arrays(wedges_in_force(setting, year, decide_states(setting, year)))


def equal(one: dict[str, Array], two: dict[str, Array]) -> bool:
    return all(np.array_equal(one[name], two[name]) for name in one)


def test_a_stance_for_a_time_holds_in_its_quarters_only() -> None:
    plan = (part("align_us", 1.0, 2019.0, 2019.5),)
    for year, same in ((2018.75, None), (2019.0, "align_us"), (2019.25, "align_us"), (2019.5, None)):
        assert equal(wedges_of("plan", year, plan=plan), wedges_of(same, year)), year


def test_hedge_first_and_align_later() -> None:
    plan = (part("hedge", 1.0), part("align_us", 1.0, 2019.0))
    assert equal(wedges_of("plan", 2018.75, plan=plan), wedges_of("hedge", 2018.75))
    assert equal(wedges_of("plan", 2019.0, plan=plan), wedges_of("align_us", 2019.0))
    assert not equal(wedges_of("hedge", 2018.75), wedges_of("align_us", 2018.75))


@pytest.mark.parametrize("stance", STANCES)
def test_a_stance_in_part_lies_between(stance: str) -> None:
    half = wedges_of("plan", 2018.75, plan=(part(stance, 0.5),))
    apart, joined = wedges_of(None, 2018.75), wedges_of(stance, 2018.75)
    differs = False
    for name in half:
        low, high = np.minimum(apart[name], joined[name]), np.maximum(apart[name], joined[name])
        assert (half[name] >= low - 1e-12).all() and (half[name] <= high + 1e-12).all(), name
        differs |= bool(((half[name] > low) & (half[name] < high)).any())
    assert differs


def test_budgets_over_time_and_dates() -> None:
    path = Part("chip_leverage", Levels(points=((2018.5, 0.1), (2019.5, 0.3))), 2018.75, 2019.75)
    assert [path.at(y) for y in (2018.5, 2018.75, 2019.0, 2019.5, 2019.75)] == [0.0, pytest.approx(0.15), pytest.approx(0.2), 0.3, 0.0]
    before = run("plan", plan=(path,))
    same = [k for k in before if np.array_equal(before[k][:3], run(None)[k][:3], equal_nan=True)]
    assert len(same) == len(before)
    assert small.same_bits(before, run(None)) != []


# -- paid --------------------------------------------------------------------------------------------
def series(found: dict[Key, Array], variable: str, region: str = "KOR") -> Array:
    return next(value for (r, v, _), value in found.items() if (r, v) == (region, variable))


@pytest.mark.parametrize("name", paid())
def test_the_accounts_show_the_budget(name: str) -> None:
    """Policy Cost beyond none in the first quarter: the budget, grown, at the prices of the day; identities are checked each quarter."""
    model = Decoupling(world(plan=(part(name, 0.5, 2018.0),)), "plan")
    next(small.quarters(model))
    terms, output = model.now["terms"], model.now["output"]
    own = model.setting.economy.table.location == KOR
    paid_out = (terms.subsidy / (1 - terms.subsidy) * model.now["price"] * output)[own].sum()
    levy = model.now["compliance"][own].sum()
    budget = 0.005 * means().gdp[KOR]
    assert levy + paid_out == pytest.approx(budget, rel=0.03)
    if name == "software_cooperation":
        assert levy == pytest.approx(budget, rel=1e-12) and paid_out == 0


def test_paying_costs_the_focus_what_is_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same cooperation for free: after ten years, when work has moved to what is bought, income is higher by the budget.

    In the first years it is not: what is bought at home makes work (the employment gap), which gives back part of the cost.
    """
    scenario = replace(small.scenario("no_policy", "2029Q4"), plans={"plan": (part("software_cooperation", 0.5, 2018.0),)})
    dear = small.outcomes_of(Decoupling(scenario, "plan"))
    monkeypatch.setattr(registry, "pay", lambda wedges, amount, means: None)
    free = small.outcomes_of(Decoupling(scenario, "plan"))
    last = (series(free, "Real Income") / series(dear, "Real Income"))[-8:].mean() - 1
    assert last == pytest.approx(0.005, abs=0.001)
    assert (series(dear, "Employment Gap") - series(free, "Employment Gap"))[0] > 0


def test_research_that_is_paid_raises_research_of_its_firms_and_segments_only() -> None:
    plan = (part("chip_leverage", 1.0, 2018.0),)
    model, calm = Decoupling(world(plan=plan), "plan"), Decoupling(world(), None)
    for _ in range(2):
        model.step(), calm.step()
    table, strong = model.setting.economy.table, list(means().strong(CHIPS))
    own = (table.location == KOR) & np.isin(table.segment, strong) & ~model.setting.economy.latent
    gain = model.now["rnd"] - calm.now["rnd"]
    assert (gain[own] > 0.01).all()
    firms = {(model.setting.plants.firm_number[f], table.segment[f]) for f in np.flatnonzero(own)}
    others = [f for f in range(model.setting.n) if not own[f] and (model.setting.plants.firm_number[f], table.segment[f]) not in firms]
    others = [f for f in others if model.setting.plants.firm_number[f] >= 0]
    assert abs(gain[others]).max() < gain[own].min()


# -- plans in scenario files -------------------------------------------------------------------------
HEAD = "name: plans\ntitle: {en: T, ko: 제목}\nstory: {en: S, ko: 이야기}\nextends: blocs\nbaseline: chip_controls\n"
PLANS = """strategies:
  plans:
    mix:
      hedge: 1
      align_us: {start: 2028Q1, end: 2031Q4, strength: 0.5}
      chip_leverage: {budget: {2026Q1: 0.1, 2030Q1: 0.3}, start: 2026Q1}
      software_cooperation: 0.05
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "plans.yaml"
    path.write_text(HEAD + text, encoding="utf-8", newline="\n")
    return path


def test_a_plan_is_read_and_told_and_its_file_fits_the_schema(tmp_path: Path) -> None:
    scenario = load_scenario(str(written(tmp_path, PLANS)))
    hedge, us, chips, code = scenario.plans["mix"]
    assert hedge == part("hedge", 1) and us == part("align_us", 0.5, 2028.0, 2032.0)
    assert chips.at(2028.0) == pytest.approx(0.2) and chips.at(2025.75) == 0 and code == part("software_cooperation", 0.05)
    assert scenario.choices == ("align_us", "align_cn", "hedge", "mix")
    assert scenario.stance_of("mix") == "align_us" and scenario.members("west", "mix")[-1] == "KOR"
    for lang in LANGUAGES:
        told = "\n".join(row[0] for block in story_text(scenario, lang) for row in block.rows)
        assert strategies()["chip_leverage"].title[lang] in told and "2028Q1–2031Q4" in told
    assert scenario_hash(scenario) != scenario_hash(replace(scenario, plans={}))
    plan = {"mix": {"hedge": 1, "align_us": {"start": "2028Q1", "strength": 0.5}, "chip_leverage": {"budget": {"2026Q1": 0.1}}}}
    schema = {**scenario_schema(), "required": []}
    jsonschema.validate({"strategies": {"plans": plan}}, schema)
    for wrong in ({"chip_leverage": 3}, {"chip_leverage": {"start": "2026Q1"}}, {"hedge": {"strenght": 1}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"strategies": {"plans": {"mix": wrong}}}, schema)


@pytest.mark.parametrize(
    ("plan", "place", "needle"),
    [
        ("mix: {chip_levrage: 1}", "8:11", "did you mean chip_leverage?"),
        ("mix: {chip_leverage: 3}", "8:26", "a number from 0 to 2 (percent"),
        ("mix: {chip_leverage: {budgt: 1, start: 2027Q1}}", "8:27", "did you mean budget?"),
        ("mix: {chip_leverage: {start: 2027Q1}}", "8:26", "'budget' is required"),
        ("mix: {chip_leverage: {budget: 1, start: 2027Q1, end: 2026Q1}}", "8:58", "2026Q1"),
        ("mix: {chip_leverage: {budget: 1, start: 2060Q1}}", "8:45", "2060Q1"),
        ("mix: {align_us: 1.5}", "8:21", "a number from 0 to 1"),
        ("hedge: {chip_leverage: 1}", "8:5", "no name of a stance"),
        ("mix: {align_us: 1, align_cn: 1}", "8:10", "allowed: one stance"),
        ("mix: {hedge: 0.5, align_us: 1}", "8:10", "allowed: one stance"),
        ("mix: [hedge]", "8:10", "a block of keys"),
    ],
)
def test_faults_of_a_plan_name_the_place(tmp_path: Path, plan: str, place: str, needle: str) -> None:
    path = written(tmp_path, f"strategies:\n  plans:\n    {plan}\n")
    with pytest.raises(ScenarioError) as fault:
        load_scenario(str(path))
    assert f"plans.yaml:{place}" in str(fault.value) and needle in str(fault.value)


# -- a country like Korea ----------------------------------------------------------------------------
def test_shares_of_a_country_are_set_and_the_others_give_way_in_proportion() -> None:
    tables = load_base_year_tables()
    assert with_country(tables, {}) is tables
    changed = with_country(tables, {"location_share": {"KOR/equipment": 30.0}, "purchase_share": {"KOR/os": 10.0}})
    for before, now, share in ((tables.location["equipment"], changed.location["equipment"], 0.3),
                               (tables.purchase[SEGMENT_INDEX["os"]], changed.purchase[SEGMENT_INDEX["os"]], 0.1)):  # fmt: skip
        assert now[KOR] == share and now.sum() == pytest.approx(1)
        others = np.delete(np.arange(8), KOR)
        assert now[others] / now[others].sum() == pytest.approx(before[others] / before[others].sum())
    assert changed.location["memory"] is tables.location["memory"]
    with pytest.raises(TableError, match="at most 100"):
        with_country(tables, {"location_share": {"KOR/equipment": 60.0, "JPN/equipment": 50.0}})


def test_shares_are_no_parameters_but_can_be_overridden() -> None:
    assert not set(country_rows()) & set(rows_by_key())
    assert "location_share" not in central() and override(central(), {}).table == central().table
    assert override(central(), {"location_share[KOR/os]": 5.0})["location_share"] == {"KOR/os": 5.0}
    for key, value in (("location_share[KOR/tools]", 5.0), ("location_share[KOR/os]", 101.0)):
        with pytest.raises(UsageError):
            override(central(), {key: value})


@pytest.mark.parametrize(("name", "segment", "least"), [("tool_maker", "equipment", 0.25), ("platform_rich", "platforms", 0.07)])
def test_shipped_countries_are_what_they_say(name: str, segment: str, least: float) -> None:
    economy = world_of(override(central(), load_scenario(name).overrides)).economy
    made = economy.table.segment == SEGMENT_INDEX[segment]
    own = made & (economy.table.location == KOR)
    assert least < economy.output0[own].sum() / economy.output0[made].sum() < least + 0.06


# -- the table ---------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[StrategiesRequest, comparing.StrategiesResult]:
    baseline = small.scenario("no_policy")
    pairs = ((world(own=(part("align_us", 0.5), part("chip_leverage", 0.3, 2018.5))), baseline),)
    out = tmp_path_factory.mktemp("strategies")
    request = StrategiesRequest(pairs, draws=1, workers=1, out=out, rate=1000.0)
    return request, compare_strategies(request)


def test_the_table_is_what_the_store_holds(compared: tuple[StrategiesRequest, comparing.StrategiesResult]) -> None:
    request, result = compared
    assert request.out is not None and not result.failures
    frame = read_results(request.out / "results.parquet")
    frame = frame[frame["region"] == "KOR"]

    def year(choice: str, variable: str, when: str = "2018") -> Array:
        own = (frame["scenario"] == choice) & frame["variable"].astype(str).str.startswith(variable)
        return frame[own & frame["quarter"].astype(str).str.startswith(when)]["value"].to_numpy()

    table = result.table.set_index("strategy")
    assert set(table.index) == {"align_us", "align_cn", "hedge", "none", "own", *paid()}
    effects = {}
    for choice, row in table.iterrows():
        effects[choice] = 100 * (year(f"test@{choice}", "Real Income").mean() / year("no_policy", "Real Income").mean() - 1)
        assert row["central_1"] == pytest.approx(effects[choice], abs=1e-9) and row["year_1"] == 2018
        if row["against"]:
            extra, part_ = [], []
            for when in ("2018", "2019"):
                spent = [sum(year(f"test@{c}", v, when).sum() for v in comparing.COSTS) for c in (choice, row["against"])]
                extra.append(spent[0] - spent[1])
                part_.append(100 * extra[-1] / year(f"test@{choice}", "Value Added|", when).sum())
            assert row["cost_bn_usd"] == pytest.approx(np.mean(extra), abs=1e-9)
            assert row["cost_trillion_won"] == pytest.approx(row["cost_bn_usd"], abs=1e-12)  # 1,000 won a dollar
            assert row["cost_percent"] == pytest.approx(np.mean(part_), abs=1e-9)
    ranked = {choice: effect for choice, effect in effects.items() if choice != "none"}
    for choice in ranked:
        assert table.loc[choice, "regret"] == pytest.approx(max(ranked.values()) - ranked[choice], abs=1e-9)
    assert np.isnan(table.loc["none", "regret"])
    assert table.loc["chip_leverage", "against"] == "hedge" and table.loc["own", "against"] == "align_us"
    assert table.loc["own", "budget_percent"] == 0.3 and table.loc["hedge", "against"] == "none"
    assert table.loc["software_cooperation", "cost_percent"] == pytest.approx(0.1 * 6 / 8, rel=0.1)  # from 2018Q3, of 2018 and 2019
    best = comparing.best_strategy(result.table, "test")
    assert ranked[best] == max(ranked.values())
    manifest = json.loads((request.out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["won_per_dollar"] == 1000.0 and "own" in manifest["scenarios"][0]["plans"]


def frame_of(values: dict[str, Sequence[float]]) -> pd.DataFrame:
    return pd.DataFrame([
        {"stance": name, "draw": 0, "year": 2026 + i, "value": value} for name, row in values.items() for i, value in enumerate(row)
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("gains", "expected"),
    [((1, 1, 1), (2026, 2026)), ((-1, 2, 0), (2027, 2027)), ((1, -3, 1), (2026, None)), ((-1, -1, 0), (None, None)),
     ((1, -2, 2), (2026, 2028)), ((0, 0, 0), (None, None))],
)  # fmt: skip
def test_from_when_it_pays(gains: Sequence[float], expected: tuple[float | None, float | None]) -> None:
    effects = frame_of({"a": [10 + g for g in gains], "b": [10, 10, 10]})
    found = comparing.pays_from(effects, "a", "b", 2026)
    assert (found["gains_in"], found["pays_from"]) == tuple(pytest.approx(e if e else float("nan"), nan_ok=True) for e in expected)


def test_regret_over_scenarios_and_who_is_worst() -> None:
    rows = [("s", "a", 0.0, 0.0), ("s", "b", 1.0, 0.0), ("s", "c", 2.0, 1.0), ("t", "a", 3.0, 1.0), ("t", "b", 0.5, 0.0), ("t", "c", 0.0, 0.0), ("t", "own", 9.0, 1.0)]
    table = pd.DataFrame(rows, columns=["scenario", "strategy", "regret", "worst"])
    found = comparing.over_scenarios(table).set_index("strategy")
    assert list(found.index) == ["b", "c", "a"] and found["worst_in"].to_dict() == {"b": 0, "c": 1, "a": 1}
    assert found["scenario"].to_dict() == {"b": "s", "c": "s", "a": "t"}


# -- when the advice turns ---------------------------------------------------------------------------
class Line(Search):
    """Real income of a is 0.3, of b the driver's value over its range's width; none of c above four fifths."""

    def incomes(self, driver: str, values: Sequence[float], choices: Sequence[str]) -> list[dict[str, float]]:
        low, high = flipping.ends_of(self.scenario, driver)
        return [{c: 0.3 if c == "a" else (v - low) / (high - low) for c in choices} if c_ok(v, high) else {} for v in values]


def c_ok(value: float, high: float) -> bool:
    return value < 1e9 and high > 0


def test_the_threshold_is_found_by_bisection() -> None:
    search = Line(load_scenario("blocs"), ("a", "b"), 2035)
    row = rows_by_key()["relocation_elasticity"]
    low, high = find_flips(search, "a" if (row.value - row.low) / (row.high - row.low) < 0.3 else "b", ("relocation_elasticity",))
    turned = low if low.best != low.advice else high
    assert turned.threshold == pytest.approx(row.low + 0.3 * (row.high - row.low), abs=(row.high - row.low) / 64)
    assert {low.best, high.best} == {"a", "b"}
    lever = find_flips(search, "a", ("instruments[48].denial_rate",))
    assert len(lever) == 1 and lever[0].threshold == pytest.approx(0.3, abs=1 / 64)


def test_drivers_are_parameters_or_levers() -> None:
    blocs = load_scenario("blocs")
    check_drivers([blocs], ("rd_elasticity", "instruments[48].denial_rate", "instruments.export_control.third_country_reach"), "en")
    for wrong in ("rd_elastcity", "instruments[48].segments", "instruments[99].denial_rate", "won_per_dollar", "chip_purchase_basis"):
        with pytest.raises(UsageError):
            check_drivers([blocs], (wrong,), "en")
    moved_ = with_driver(blocs, "instruments[48].denial_rate", 0.25)
    assert [i for i, (a, b) in enumerate(zip(blocs.measures, moved_.measures, strict=True)) if a != b] == [48]
    assert with_driver(blocs, "rd_elasticity", 0.3).overrides == {"rd_elasticity": 0.3}
    assert all(driver in rows_by_key() for driver in flipping.DRIVERS)


# -- the command -------------------------------------------------------------------------------------
def invoke(*args: str) -> Result:
    return CliRunner().invoke(Cli(), ["strategies", *args], standalone_mode=False)


SHORT = """name: plans
title: {en: T, ko: 제목}
story: {en: S, ko: 이야기}
baseline: no_policy
focus: KOR
horizon: [2018Q1, 2019Q4]
strategies: {members: {west: [USA], east: [CHN]}, stances: {align_us: west, align_cn: east, hedge: none}}
instruments:
  - {instrument: export_control, start: 2018Q3, from: [west], to: [east], segments: [logic], denial_rate: 0.5, source: assumed}
"""


def test_the_command_prints_and_writes_the_table(tmp_path: Path) -> None:
    path, out = tmp_path / "plans.yaml", tmp_path / "out"
    path.write_text(SHORT, encoding="utf-8", newline="\n")
    result = invoke(str(path), "--draws", "1", "--workers", "1", "--no-flip", "--budget", "0.2", "--rate", "1300", "--lang", "ko", "--out", str(out))
    assert result.exit_code == 0 and result.return_value == 0, result.output
    for text in (strategies()["chip_leverage"].title["ko"], "0.2 %", "1,300.0", word("cli.strategies.cost_won", "ko"), "최선의 전략"):
        assert text in result.output
    assert (out / "strategies.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    saved = pd.read_csv(out / "strategies.csv", encoding="utf-8-sig").set_index("strategy")
    assert saved.loc["chip_leverage", "budget_percent"] == 0.2
    assert saved.loc["hedge", "cost_trillion_won"] == pytest.approx(saved.loc["hedge", "cost_bn_usd"] * 1.3)
    assert all((out / "figures" / f"strategies.{kind}").stat().st_size > 0 for kind in ("png", "pdf", "csv"))
    from model.cli import main

    assert main(["strategies", str(path), "--out", str(out)]) == 3


@pytest.mark.parametrize(
    ("args", "needle"),
    [
        ((), "is missing"), (("blok",), "did you mean blocs?"), (("no_policy",), "no baseline"),
        (("blocs", "--budget", "x"), "--budget: x"), (("blocs", "--budget", "3"), "0 to 2"), (("blocs", "--rate", "nan"), "--rate: nan"),
        (("blocs", "--with", "west"), "no stance 'west'"), (("blocs", "--driver", "nothing"), "cannot be a driver"),
        (("blocs", "--focus", "KRO"), "did you mean KOR?"),
    ],
)  # fmt: skip
def test_faults_of_the_command(args: tuple[str, ...], needle: str, capsys: pytest.CaptureFixture[str]) -> None:
    from model.cli import main

    assert main(["strategies", *args]) == 2
    said = capsys.readouterr().err
    assert needle in said and "Traceback" not in said


def test_every_word_of_the_command_is_there() -> None:
    text = (Path(registry.__file__).parents[1] / "cli" / "strategies_text.py").read_text(encoding="utf-8")
    assert all(has_word(f"cli.strategies.{name}") for name in ("cost_usd", "cost_won", "cost_percent", "regret", "pays_from"))
    assert all(has_word(f"cli.strategies.{name}") for name in ("flip_below", "flip_above", "flip_unknown", "unsolved", "no_flip"))
    assert "flip_unknown" in text


# -- scenarios side by side --------------------------------------------------------------------------
STUDY = """title: {en: A study, ko: 연구}
scenarios: [plans]
stances: [align_us, hedge]
figures: [real-income]
draws: 1
"""


def test_a_study_makes_one_folder_with_a_table_a_figure_and_each_scenario(tmp_path: Path) -> None:
    (tmp_path / "plans.yaml").write_text(SHORT, encoding="utf-8", newline="\n")
    (tmp_path / "paper.yaml").write_text(STUDY, encoding="utf-8", newline="\n")
    out = tmp_path / "out"
    args = ["study", str(tmp_path / "paper.yaml"), "--workers", "1", "--lang", "ko", "--out", str(out)]
    result = CliRunner().invoke(Cli(), args, standalone_mode=False)
    assert result.exit_code == 0, result.output
    assert "연구" in result.output and strategies()["hedge"].title["ko"] in result.output
    table = pd.read_csv(out / "comparison.csv", encoding="utf-8-sig").set_index("strategy")
    assert list(table.index) == ["align_us", "hedge"] and table["regret"].min() == 0
    frame = read_results(out / "plans" / "results.parquet", ["Real Income"], ["KOR"])
    yearly = frame[frame["quarter"].astype(str).str.startswith("2018")].groupby("scenario", observed=True)["value"].mean()
    for stance in table.index:
        assert table.loc[stance, "central_1"] == pytest.approx(100 * (yearly[f"plans@{stance}"] / yearly["no_policy"] - 1), abs=1e-8)
    assert {path.name for path in (out / "plans" / "figures").glob("*.png")} == {"real-income.png"}
    assert (out / "figures" / "comparison.png").is_file() and (out / "plans" / "report.html").is_file()


def test_faults_of_a_study_are_told_all_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from model.cli import main

    path = tmp_path / "paper.yaml"
    path.write_text("titel: {en: A}\nscenarios: [blok]\nfigures: [map]\ndraws: 1.5\nfocus: KRO\n", encoding="utf-8", newline="\n")
    assert main(["study", str(path)]) == 2
    said = capsys.readouterr().err
    for needle in ("paper.yaml:1:1: titel", "did you mean title?", "paper.yaml:2:13", "did you mean blocs?", "paper.yaml:3:11", "draws", "did you mean KOR?"):
        assert needle in said, needle
    assert main(["study", str(tmp_path / "none.yaml")]) == 2 and main(["compare", "no_policy"]) == 2
    assert "no baseline" in capsys.readouterr().err


def test_the_shipped_study_is_valid() -> None:
    from model.experiments.compare import study_pairs
    from model.figures import FIGURES
    from model.scenario.study import load_study

    shipped = list((Path(registry.__file__).parents[2] / "studies").glob("*.yaml"))
    assert shipped
    for path in shipped:
        assert study_pairs(load_study(path, tuple(FIGURES)), "en")
