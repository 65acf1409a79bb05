"""The library of scenarios: rows of the register that files point at, what becomes of every row, and that all scenarios run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from calibration import linked
from calibration.linked import Figure, LinkError, figure_date, figure_number, figures
from calibration.registry import load_rows, number_of, table
from model.axes import REGIONS, quarter_label
from model.cli import Cli
from model.errors import ScenarioError
from model.experiments import coverage as covering
from model.experiments.coverage import Coverage, coverage, names, points, report_outputs
from model.figures import FIGURES
from model.instruments import instruments
from model.kernel.links import Array
from model.scenario.folder import scenario_folder, scenario_names
from model.scenario.record import scenario_hash
from model.scenario.resolve import load_baseline, load_scenario
from model.scenario.schema import DATE
from model.scenario.study import load_study
from model.scenario.types import Scenario
from model.simulation import Decoupling
from model.strategies import strategies

ROOT = Path(__file__).parents[1]
LINKED = [row for row in coverage() if row.use == "link"]
STILL = {row.id for row in coverage() if row.use != "link"}


# -- pointing at the register ------------------------------------------------------------------------
def test_a_text_points_at_a_number() -> None:
    assert figure_number("register ev.us.entity.2019-10") == 6
    assert figure_number("register us.entity.2019-10 - 6") == 28 - 6
    assert figure_number("register us.smic.2020-12") == 60, "those in China, of 77 listed"
    assert figure_number("register us.entity.2022-12") == 36, "all that are listed, where China's part is not known"
    assert figure_number("register ev.trade.tariff / 450") == pytest.approx(0.075 * 120 / 540)
    assert figure_number("ln register ev.us.chip.threshold.compute / 125") == pytest.approx(0.875, abs=5e-4)
    assert figure_number("register plat.fdi.2* / 1000") == pytest.approx(3.2 / 11), "eleven deals, 3.2 bn USD in all"
    assert figure_number("register oss.platforms.201* + 1") == 8.5


@pytest.mark.parametrize(
    ("name", "quarter"),
    [("us.control.2022-10", "2022Q4"), ("ev.us.entity.2019-10", "2019Q4"), ("ev.us.cet", "2023Q2"), ("ev.cn.standards", "2021Q1"),
     ("os.harmony.2023q1", "2023Q1"), ("ev.us.tiktok.law", "2024Q1"), ("us.huawei.2019-05", "2019Q2"), ("ev.cn.ai_standards", "2024Q4")],
)  # fmt: skip
def test_a_text_points_at_a_date(name: str, quarter: str) -> None:
    assert figure_date(f"register {name}") == quarter
    assert re.fullmatch(DATE, f"register {name}")


@pytest.mark.parametrize(
    ("text", "what"),
    [("register nothing", "row"), ("register nothing.*", "row"), ("register ev.us.gpu.2022-09", "number"), ("register kr.*", "number"), ("300", "row")],
)  # fmt: skip
def test_what_points_nowhere_says_so(text: str, what: str) -> None:
    with pytest.raises(LinkError) as caught:
        figure_number(text)
    assert caught.value.what == what


@pytest.mark.parametrize("text", ["register ev.cn.gfw", "register us.control.2022-10 - 1", "ln register us.control.2022-10"])
def test_what_has_no_date_says_so(text: str) -> None:
    with pytest.raises(LinkError, match="no date"):
        figure_date(text)


SCENARIO = """name: one
title: {en: T, ko: 제목}
story: {en: S, ko: 이야기}
focus: KOR
horizon: [2018Q1, 2035Q4]
instruments:
  - instrument: entity_list
    start: register us.entity.2019-10
    from: [USA]
    to: [CHN]
    unnamed: {register us.entity.2019-10: register us.entity.2019-10 - 6, 2021Q1: 40}
    source: "register us.entity.2019-10"
"""


def load_text(folder: Path, text: str) -> Scenario:
    path = folder / "one.yaml"
    path.write_text(text, encoding="utf-8", newline="\n")
    return load_scenario(str(path))


def test_a_file_points_at_dates_and_numbers(tmp_path: Path) -> None:
    measure = load_text(tmp_path, SCENARIO).measures[0]
    assert quarter_label(measure.start) == "2019Q4"
    assert measure.levers["unnamed"].points == ((2019.75, 22.0), (2021.0, 40.0))
    written = SCENARIO.replace("register us.entity.2019-10 - 6", "22").replace("{register us.entity.2019-10:", "{2019Q4:")
    written = written.replace("start: register us.entity.2019-10", "start: 2019Q4")
    assert scenario_hash(load_text(tmp_path, written)) == scenario_hash(load_text(tmp_path, SCENARIO))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("start: register us.entity.2019-10", "start: register us.entity.2019-11", "8:12: instruments[0].start: no row 'us.entity.2019-11'"),
        ("start: register us.entity.2019-10", "start: register ev.cn.gfw", "8:12: instruments[0].start: row ev.cn.gfw of the register"),
        ("register us.entity.2019-10 - 6", "register ev.us.gpu.2022-09", "register of figures holds no number"),
        ("register us.entity.2019-10 - 6", "register ai.firms.cn * 2", "out of range; allowed: a number from 0 to 5000"),
        ("register us.entity.2019-10 - 6", "register us.entity.2019-10 / 0", "out of range"),
    ],
)  # fmt: skip
def test_faults_of_pointers_have_a_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text(tmp_path, SCENARIO.replace(old, new, 1))
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{tmp_path / 'one.yaml'}:") and fault in line
    assert "did you mean us.entity.20" in line or "2019-11" not in new


# -- every row is used or explained ------------------------------------------------------------------
def test_every_row_is_used_or_explained() -> None:
    assert not [(row.id, row.fault) for row in coverage() if row.fault]
    assert [row.id for row in coverage()] == list(figures())
    assert all(row.use != "link" for row in coverage() if row.role in ("context", "conflict"))


def changed(name: str, number: float | None, period: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The register with one row changed."""
    rows = {**figures(), name: Figure(number, period)}
    monkeypatch.setattr(linked, "figures", lambda: rows)


def state(place: str) -> object:
    """What a place comes to; a fault is a state of its own."""
    kind, _, name = place.partition(":")
    if kind == "parameter":
        return number_of(next(r["value"] for r in table("parameters/outcomes.csv") if f"{r['name']}[{r['index']}]" == name))
    try:
        return scenario_hash(load_scenario(name))
    except ScenarioError as error:
        return str(error)


@cache
def unchanged(place: str) -> object:
    """The same with the register as it is."""
    return state(place)


@pytest.mark.parametrize("row", LINKED, ids=lambda row: row.id)
def test_changing_a_row_changes_what_points_at_it(row: Coverage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number up by a tenth, or its date a year earlier: the scenario or the parameter is another one."""
    was, moved = figures()[row.id], set()
    before = {place: unchanged(place) for place in row.where}
    if was.number is not None:
        changed(row.id, was.number * 1.1, was.period, monkeypatch)
        moved |= {place for place in row.where if state(place) != before[place]}
    earlier = re.sub(r"^\d{4}", lambda year: str(int(year[0]) - 1), was.period)
    changed(row.id, was.number, earlier, monkeypatch)
    moved |= {place for place in row.where if state(place) != before[place]}
    assert moved == set(row.where)


def test_what_is_compared_or_explained_is_not_put_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Targets above all: doubling every row that nothing points at changes no scenario and no parameter."""
    before = {name: unchanged(f"scenario:{name}") for name in scenario_names()}
    rows = {key: Figure(None if r.number is None else 2 * r.number, "1999") if key in STILL else r for key, r in figures().items()}
    monkeypatch.setattr(linked, "figures", lambda: rows)
    assert {name: state(f"scenario:{name}") for name in scenario_names()} == before
    raw = [(row, table(row.file.removeprefix("calibration/"))[row.line - 2]["value"]) for row in load_rows() if not row.choices]
    assert all(number_of(text) == row.value for row, text in raw if not any(c in text for c in "\n"))


def test_rows_that_are_named_are_named_as_they_are() -> None:
    """Sources of scenarios, levers, strategies and tables name rows that exist; patterns match some."""
    texts = [p.read_text(encoding="utf-8") for p in scenario_names().values()]
    texts += [lever.source for i in instruments().values() for lever in i.levers.values()] + [s.source for s in strategies().values()]
    texts += [row["source"] for name in ("ladder", "strategy_reading", "innovation_traits") for row in table(f"tables/{name}.csv")]
    texts += [f"{row.source} {row.locator} {row.note}" for row in load_rows()]
    stems = "|".join(sorted({name.partition(".")[0] for name in figures()}))
    said = {m for text in texts for m in re.findall(rf"(?<![\w.-])(?:{stems})\.(?:[\w-]+\.)*[\w*-]*[\w*]", text)}
    missing = [s for s in said if not any(re.match(re.escape(s).replace(r"\*", ".*") + r"($|\.)", name) for name in figures())]
    assert len(said) > 60 and missing == []


def test_places_are_looked_into() -> None:
    assert points("scenario:history_2020", "us.huawei.2019-05") and not points("scenario:history_2020", "us.entity.2024-05")
    assert points("parameter:outward_deal_size[platforms]", "plat.fdi.2019.india.one97")
    assert not points("parameter:outward_deal_size[platforms]", "plat.fdi.count.2019")
    assert not points("scenario:hbm", "chip.kr"), "a source names, it does not point"
    assert names("scenario:hbm", "chip.kr") and not names("scenario:hbm", "chip.k")
    assert not names("lever:no.lever", "chip.kr") and not names("nothing:at all", "chip.kr")


def test_a_row_without_use_or_reason_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [dict(row) for row in table("coverage.csv")]
    broken = [row for row in said if row["id"] != "chip.kr"]
    next(row for row in broken if row["id"] == "compute.growth")["note"] = ""
    next(row for row in broken if row["id"] == "ev.us.cet")["where"] = "scenario:blocs"
    next(row for row in broken if row["id"] == "kr.strategy.1")["where"] = ""
    broken.append({**broken[0], "id": "ev.nothing"})
    real = covering.table
    monkeypatch.setattr(covering, "table", lambda path: tuple(broken) if path == "coverage.csv" else real(path))
    result = CliRunner().invoke(Cli(), ["coverage", "--quiet"])
    assert result.exit_code == 1
    lines = sorted(line.partition(":")[0] for line in result.stderr.splitlines())
    assert lines == ["chip.kr", "compute.growth", "ev.nothing", "ev.us.cet", "kr.strategy.1"]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_coverage_prints_rows_and_reports(lang: str) -> None:
    result = CliRunner().invoke(Cli(), ["coverage", "--lang", lang])
    assert result.exit_code == 0 and "{" not in result.output
    assert all(name in result.output for name in figures())
    assert "studies/sanctions.yaml" in result.output
    data = json.loads(CliRunner().invoke(Cli(), ["coverage", "--json"]).output)
    assert len(data["rows"]) == len(figures()) and data["wrong"] == 0


def test_outputs_of_the_reports_exist() -> None:
    """Outcomes stand in the list of observables, scenarios and studies exist; what has no output says why."""
    page = (ROOT / "docs" / "observables.md").read_text(encoding="utf-8").replace("\\|", "|")
    wanted = [w for row in coverage() if row.use == "outcome" for w in row.where] + [o for r in report_outputs() for o in r.outcomes]
    assert [name for name in wanted if f"`{name}`" not in page] == []
    for row in report_outputs():
        assert bool(row.command) == bool(row.outcomes) and (row.command or row.note)
        named = row.command.partition("--")[0].split()[1:]
        assert all((ROOT / n).is_file() if "/" in n else n in scenario_names() for n in named), row.command


# -- the library -------------------------------------------------------------------------------------
def test_the_library_says_what_to_look_at() -> None:
    shipped = [load_scenario(name) for name in scenario_names()]
    assert len(shipped) >= 20
    for scenario in shipped:
        if scenario.name == "no_policy":
            continue
        assert "Look at" in scenario.story["en"], scenario.name
        assert "볼 만하" in scenario.story["ko"] or "볼 수 있다" in scenario.story["ko"], scenario.name
        assert scenario.sources and scenario.measures and scenario.baseline, scenario.name


def test_the_record_grows_step_by_step() -> None:
    """Each step holds what is before it, adds something, and adds it in its own years; the rules of 2025 then go on."""
    steps = [load_scenario(f"history_{year}") for year in (2020, 2022, 2023, 2025)]
    for before, after, first, last in zip(steps, steps[1:], (2020.75, 2022.75, 2023.75), (2023.0, 2024.25, 2026.0), strict=False):
        assert after.measures[: len(before.measures)] == before.measures
        added = after.measures[len(before.measures) :]
        assert added and all(first < m.start < last for m in added)
    goes_on = load_scenario("history").measures[len(steps[-1].measures) :]
    assert {m.start for m in goes_on} == {2026.0} and all("west" in m.senders for m in goes_on)
    ended = [m for m in steps[-1].measures if m.end is not None and m.end >= 2026 and not m.suspended]
    assert {m.levers["segments"].constant for m in ended} == {m.levers["segments"].constant for m in goes_on}


def test_allies_bring_tools_to_the_american_share() -> None:
    """What the reach of the American rule leaves and the allies' own rule takes: 0.3 of their tools, as of American ones."""
    record = load_scenario("history_2023").measures
    american = next(m for m in record if m.levers.get("segments") and m.levers["segments"].constant == ("equipment",) and m.senders == ("USA",))
    allies = next(m for m in record if m.senders == ("JPN", "EUR"))
    rate, reach, own = american.levers["denial_rate"].constant, american.levers["third_country_reach"].constant, allies.levers["denial_rate"].constant
    assert isinstance(rate, float) and isinstance(reach, float) and isinstance(own, float)
    assert 1 - (1 - rate * reach) * (1 - own) == pytest.approx(0.3, abs=1e-3)


def test_withdrawn_licences_are_all_that_differs() -> None:
    kept, gone = load_scenario("history"), load_scenario("veu_withdrawn")
    differing = [(a, b) for a, b in zip(kept.measures, gone.measures, strict=True) if a.levers != b.levers or a.start != b.start]
    assert [(a.levers["owner_exemption"].constant, b.levers["owner_exemption"].constant) for a, b in differing] == [(1.0, 0.0)]


@cache
def income(name: str, last: str, overrides: tuple[tuple[str, object], ...] = ()) -> Array:
    """Real incomes [quarter, region] of a scenario, hedging if there is a choice."""
    scenario = load_scenario(name, sets=[f"horizon=[2018Q1, {last}]", *(f"overrides.{k}={v}" for k, v in overrides)])
    model = Decoupling(scenario, "hedge" if "hedge" in scenario.stances and name != "no_policy" else None)
    path = []
    with np.errstate(all="ignore"):
        while model.running:
            model.step()
            path.append([model.real_income(r) for r in REGIONS])
    return np.array(path)


@pytest.mark.parametrize("name", sorted(scenario_names()))
def test_each_scenario_runs_and_moves_something(name: str) -> None:
    """To two quarters after the last measure begins, at central values: all identities hold, and incomes are another path than
    the baseline's (reactive_calm is the mirror of chip_controls, whose measures it has)."""
    scenario = load_scenario(name)
    start = max((m.start for m in scenario.measures), default=2018.0)
    last = quarter_label(min(start + 0.5, 2026.5))
    path = income(name, last)
    assert np.isfinite(path).all() and (path > 0).all()
    if scenario.baseline is not None:
        base = income(scenario.baseline, last, tuple(scenario.overrides.items()))
        assert np.array_equal(path, base) == (name == "reactive_calm")


def test_japan_and_korea() -> None:
    """Licences and substitution keep GDP within a quarter percent; without both the model forecasts too much as others did."""
    rigid = ["overrides.elasticity_of_substitution[equipment]=1.4", "overrides.one_year_elasticity[equipment]=0.2",
             "overrides.elasticity_between_inputs[memory]=0.25"]  # fmt: skip
    refused = ["instruments[0].servicing=0.9"]
    first, end = gdp_effect([])
    assert abs(first) < 0.27 and abs(end) < 0.27
    alone = [gdp_effect(sets) for sets in (refused, rigid)]
    worst = gdp_effect([*refused, *rigid])
    assert all(-5.4 < w < -0.27 for w in worst), "in the range of the forecasts of 2019"
    assert worst[0] < min(a[0] for a in alone) and worst[1] < 2 * end < 0
    assert worst[1] < min(a[1] for a in alone)


def gdp_effect(sets: list[str]) -> tuple[float, float]:
    """Korea's GDP against the baseline in percent: mean of the year from 2019Q3, and of the last two quarters of 2020."""
    scenario = load_scenario("japan_korea_2019", sets=["horizon=[2018Q1, 2020Q4]", *sets])
    base = load_baseline(scenario)
    assert base is not None
    with_, without = (_gdp(s) for s in (scenario, base))
    change = 100 * (with_ / without - 1)
    return float(change[6:10].mean()), float(change[10:].mean())


def _gdp(scenario: Scenario) -> Array:
    model = Decoupling(replace(scenario, name="case"), record="GDP")
    keys, values = model.run_to_end().table()
    return np.array(values[next(i for i, key in enumerate(keys) if key[0] == "KOR" and key[1] == "GDP")])


# -- studies -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.yaml")), ids=lambda p: p.stem)
def test_studies_name_what_there_is(path: Path) -> None:
    study = load_study(path, tuple(FIGURES))
    assert study.title and study.scenarios and all(Path(s).parent.samefile(scenario_folder()) for s in study.scenarios)
    if path.stem == "library":
        left = set(scenario_names()) - {Path(s).stem for s in study.scenarios}
        assert left == {"no_policy", "reactive_calm"}


def test_the_past_is_the_same_whichever_blocs_come() -> None:
    """Bit for bit to 2025Q4, under every stance and with any blocs: measures of the past name regions."""
    paths = []
    for name, stance in (("history", None), ("history", "align_us"), ("blocs", "align_cn"), ("full_split", "hedge")):
        model = Decoupling(load_scenario(name, sets=["horizon=[2018Q1, 2025Q2]"]), stance)
        path = []
        with np.errstate(all="ignore"):
            while model.running:
                model.step()
                path.append([model.real_income(r) for r in REGIONS])
        paths.append(np.array(path))
    assert all(np.array_equal(paths[0], path) for path in paths[1:])
