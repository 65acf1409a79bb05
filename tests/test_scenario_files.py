"""Scenario files: every fault with its place, all at once; hostile YAML; merging; the shipped scenarios."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.axes import quarter_start
from model.errors import BlocsError, ScenarioError, UsageError
from model.instruments import instruments
from model.scenario.faults import Faults
from model.scenario.folder import scenario_folder, scenario_names
from model.scenario.reading import Node, read_bytes
from model.scenario.record import resolved, scenario_hash
from model.scenario.resolve import known_parameters, load_baseline, load_scenario
from model.scenario.schema import scenario_schema, schema_text
from model.scenario.story import story_text
from model.scenario.types import Scenario
from model.scenario.validate import Range
from model.scenario.values import NUMBER
from model.words import LANGUAGES, has_word, word

HEAD = """name: {name}
title: {{en: T, ko: 제목}}
story: {{en: S, ko: 줄거리}}
"""
FRAME = (
    HEAD
    + """focus: KOR
horizon: [2018Q1, 2035Q4]
"""
)
MEASURE = """instruments:
  - instrument: export_control
    start: 2022Q4
    from: [USA]
    to: [CHN]
    segments: [memory]
    denial_rate: 0.5
    source: assumed
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a scenario file of a name."""

    def writer(text: str, name: str = "one") -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return writer


def faults(path: Path, **options: Any) -> list[str]:
    """Lines of the error a file raises."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(str(path), **options)
    assert caught.value.exit_code == 2
    return str(caught.value).splitlines()


def only(path: Path, **options: Any) -> str:
    """The single line of the error a file raises."""
    lines = faults(path, **options)
    assert len(lines) == 1, lines
    return lines[0]


def test_shipped_scenarios_load() -> None:
    names = scenario_names()
    assert {"no_policy", "chip_controls", "blocs"} <= set(names)
    for name in names:
        scenario = load_scenario(name)
        past = name.startswith("history_") or name == "japan_korea_2019"
        assert (scenario.first, scenario.focus) == ("2018Q1", "KOR")
        assert scenario.last == "2035Q4" or (past and scenario.last in ("2023Q4", "2025Q4"))
        assert set(scenario.title) == set(scenario.story) == set(LANGUAGES)
        assert all(m.source for m in scenario.measures)


def test_chain_of_baselines_ends() -> None:
    blocs = load_scenario("blocs")
    record = load_baseline(blocs)
    assert record is not None and record.name == "history"
    root = load_baseline(record)
    assert root is not None and root.name == "no_policy" and load_baseline(root) is None


def test_baseline_shares_world_but_not_policy() -> None:
    sets = ["overrides.elasticity_of_substitution[memory]=6", "horizon=[2018Q1, 2024Q4]"]
    blocs = load_scenario("chip_controls", sets=sets, focus="JPN")
    base = load_baseline(blocs)
    assert base is not None
    assert base.overrides == {"elasticity_of_substitution[memory]": 6.0}
    assert (base.last, base.focus, base.measures) == ("2024Q4", "JPN", ())


def test_stances_move_the_focus() -> None:
    blocs = load_scenario("blocs")
    assert blocs.regions(("west",), None) == ("USA", "EUR", "JPN", "TWN")
    assert blocs.regions(("west",), "align_us") == ("USA", "EUR", "JPN", "TWN", "KOR")
    assert blocs.regions(("east",), "align_cn") == ("CHN", "KOR")
    assert blocs.regions(("east",), "hedge") == ("CHN",)


def test_members_of_child_hold_for_measures_of_parent() -> None:
    blocs = load_scenario("blocs")
    inherited = next(m for m in blocs.measures if m.id == "veu_withdrawn.export_control.2")
    assert inherited.senders == ("west", "JPN", "EUR") and blocs.regions(("west",), None) == ("USA", "EUR", "JPN", "TWN")
    past = next(m for m in blocs.measures if m.id == "history_2022.export_control.1")
    assert past.senders == ("USA",) and past.end == quarter_start("2026Q1")


def test_ramp_is_a_straight_line_and_flat_outside() -> None:
    path = load_scenario("blocs").measures[48].levers["denial_rate"]
    assert path.at(2020.0) == 0.1
    assert path.at(2026.0) == 0.1
    assert path.at(2027.375) == pytest.approx(0.55)
    assert path.at(2035.75) == 1.0


def test_seven_faults_give_seven_lines(write: Write) -> None:
    path = write(
        """name: one
title: {en: T, ko: 제목}
story: {en: S, ko: 줄거리}
focus: KRO
horizon: [2018Q1, 2035Q4]
colour: blue
instruments:
  - instrument: export_control
    start: 2019Q5
    from: [USA]
    to: [CHN]
    segments: [memori]
    denial_rate: 1.5
    source: assumed
  - instrument: export_controls
    start: 2026Q1
    from: [USA]
    to: [CHN]
    source: assumed
  - instrument: os_fork
    start: 2026Q1
    end: 2025Q1
    from: [USA]
    to: [CHN]
    source: assumed
"""
    )
    lines = faults(path)
    places = [line.removeprefix(f"{path}:").split(": ")[0] for line in lines]
    assert places == ["4:8", "6:1", "9:12", "12:16", "13:18", "15:17", "22:10"]
    assert "did you mean KOR?" in lines[0]
    assert "instruments[0].segments[0]" in lines[3] and "did you mean memory?" in lines[3]
    assert "0 to 1 (share)" in lines[4]


@pytest.mark.parametrize(
    ("old", "new", "needle"),
    [
        ("focus: KOR", "focus: KOR\nfocsu: KOR", "unknown key 'focsu'; allowed: name"),
        ("focus: KOR", "focus: KOR\nfocus: USA", "key 'focus' a second time"),
        ("focus: KOR", "focus: [KOR]", "a list of 1"),
        ("focus: KOR", "focus: ", "focus: nothing"),
        ("focus: KOR\n", "", "'focus' is required"),
        ("name: one", "name: two", "allowed: the name of the file, one"),
        ("2035Q4]", "2017Q4]", "2018Q1 to 2017Q4"),
        ("[2018Q1", "[2019Q1", "from 2018Q1, the base quarter"),
        ("2035Q4]", "2035Q5]", "no date: '2035Q5'"),
        ("start: 2022Q4", "start: 2022-13-01", "no date: '2022-13-01'"),
        ("start: 2022Q4", "start: 2022-02-30", "no date"),
        ("start: 2022Q4", "start: 2040Q1", "2040Q1 outside the horizon; allowed: 2018Q1 to 2035Q4"),
        ("start: 2022Q4", "start: 2022Q4\n    end: 2022Q3", "not before the start, 2022Q4"),
        ("start: 2022Q4", "start: 2022Q4\n    announced: 2023Q1", "not after the start, 2022Q4"),
        ("start: 2022Q4", "start: 2022Q4\n    suspended: [2023Q1, 2023Q2]", "a list of spans"),
        ("start: 2022Q4", "start: 2022Q4\n    suspended: [[2022Q1, 2023Q2]]", "between start and end"),
        ("from: [USA]", "from: USA", "write [USA]"),
        ("from: [USA]", "from: [NO]", "unknown region or bloc 'NO'"),
        ("from: [USA]", "from: [CHN]", "CHN on both sides"),
        ("from: [USA]", "from: [USA, USA]", "'USA' a second time"),
        ("from: [USA]", "from: []", "a list of 0"),
        ("segments: [memory]", "segments: []", "a list of 0"),
        ("    segments: [memory]\n", "", "instruments[0].segments: missing"),
        ("segments: [memory]", "segments: [all_technology, rest]", "all_technology with other names"),
        ("denial_rate: 0.5", "denial_rate: '0.5'", "without quotes"),
        ("denial_rate: 0.5", "denial_rate: .nan", "a number from 0 to 1 (share)"),
        ("denial_rate: 0.5", "denial_rate: 0x1", "a number from 0 to 1"),
        ("denial_rate: 0.5", "denial_rate: 1e999", "out of range"),
        ("denial_rate: 0.5", "denial_rate: true", "a number from 0 to 1"),
        ("denial_rate: 0.5", "denial_rat: 0.5", "did you mean denial_rate?"),
        ("denial_rate: 0.5", "denial_rate: {2022Q4: 0.1, 2022-11-01: 0.2}", "'2022Q4' a second time"),
        ("denial_rate: 0.5", "denial_rate: {}", "a number, or a block of dates"),
        ("denial_rate: 0.5", "denial_rate: {2036Q1: 1}", "outside the horizon"),
        ("source: assumed", "source: ''", "allowed: a text"),
        ("    source: assumed\n", "", "instruments[0].source: missing"),
        ("focus: KOR", "focus: KOR\nstates: {USA: on}", "allowed: scripted, reactive, off"),
        ("focus: KOR", "focus: KOR\nstates: {USA: reactiv}", "did you mean reactive?"),
        ("focus: KOR", "focus: KOR\nstates: {US: off}", "did you mean USA?"),
        ("focus: KOR", "focus: KOR\nchannels: {Trade: false}", "comes with a later version"),
        ("focus: KOR", "focus: KOR\nchannels: {Trad: true}", "did you mean Trade?"),
        ("focus: KOR", "focus: KOR\nbaseline: no_polcy", "did you mean no_policy?"),
        ("focus: KOR", "focus: KOR\nextends: no_polcy", "did you mean no_policy?"),
        ("focus: KOR", "focus: KOR\nstrategies: {members: {west: [USA], east: [USA]}}", "USA already in west"),
        ("focus: KOR", "focus: KOR\nstrategies: {members: {none: [USA]}}", "not 'none'"),
        ("focus: KOR", "focus: KOR\nstrategies: {stances: {hedge: wst}}", "unknown bloc 'wst'"),
        ("focus: KOR", "focus: KOR\nstrategies: {member: {west: [USA]}}", "did you mean members?"),
        ("focus: KOR", "focus: KOR\nstrategies: [west]", "a block of keys"),
        ("focus: KOR", "focus: KOR\noverrides:\n  elasticity_of_substitution[memry]: 6", "did you mean memory?"),
        ("focus: KOR", "focus: KOR\noverrides: {serch_cost: 0.1}", "did you mean search_cost?"),
        ("focus: KOR", "focus: KOR\noverrides: {search_cost: 9}", "out of range"),
        ("focus: KOR", "focus: KOR\nsources: a book", "a list of texts"),
        ("title: {en: T, ko: 제목}", "title: {en: T}", "title.ko: missing"),
        ("title: {en: T, ko: 제목}", "title: {en: T, ko: 제목, de: T}", "unknown key 'de'"),
        ("title: {en: T, ko: 제목}", "title: Blocs", "title: 'Blocs'; allowed: a block"),
        ("instruments:\n", "instruments: none\nx:\n", "allowed: a list, each entry"),
    ],
)  # fmt: skip
def test_each_fault_is_named(write: Write, old: str, new: str, needle: str) -> None:
    text = FRAME.format(name="one") + MEASURE
    assert old in text
    path = write(text.replace(old, new, 1))
    lines = faults(path)
    assert any(needle in line for line in lines), lines
    assert all(line.startswith(f"{path}:") for line in lines)


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        (b"a: &x 1\nb: *x\n", "alias '*x'"),
        (b"a: &x 1\n", "anchor '&x'"),
        (b"a: !!python/object:os.system 1\n", "tag "),
        (b"%YAML 1.1\n---\na: 1\n", "directive"),
        (b"a: 1\n---\nb: 1\n", "a second document"),
        (b"a: " + b"[" * 50 + b"]" * 50, "nested deeper than 10"),
        (b"a: [" + b"1," * 30_000 + b"1]", "more than 20000 values"),
        (b"a: " + b"x" * 20_000, "a text of 20000 characters"),
        (b"a: 1\n" + b"#" * 300_000, "300005 bytes"),
        (b"name: \xff\xfe", ":1:7: file: byte 0xff"),
        ("name: 한글".encode("cp949"), "byte 0xc7"),
        ("name: one".encode("utf-16"), "byte 0xff"),
        (b"a:\n\tb: 1\n", ":2:1: file: a tab"),
        (b"a: \x00\n", "control character U+0000"),
        ("a: \u202eb\n".encode(), "control character U+202E"),
        (b"a: {b\n", "broken YAML"),
        (b'a: "\\UFFFFFFFF"\n', "broken YAML"),
        (b"", "nothing"),
        (b"# only a comment\n", "nothing"),
        (b"- a\n- b\n", "a list of 2"),
        (b"just text\n", "'just text'"),
        (b"? [a, b]\n: 1\n", "allowed: a plain name as key"),
        (b"<<: {a: 1}\n", "unknown key '<<'"),
    ],
)  # fmt: skip
def test_hostile_yaml_is_refused(tmp_path: Path, text: bytes, needle: str) -> None:
    path = tmp_path / "one.yaml"
    path.write_bytes(text)
    lines = faults(path)
    assert any(needle in line for line in lines), lines


def test_scalars_are_what_the_grammar_expects(write: Write) -> None:
    text = FRAME.format(name="one") + MEASURE.replace("0.5", "5e-1")
    text = text.replace("title: {en: T, ko: 제목}", "title: {en: NO, ko: 1e3}")
    scenario = load_scenario(str(write(text + "states: {USA: off}\n")))
    assert scenario.title == {"en": "NO", "ko": "1e3"}
    assert scenario.measures[0].levers["denial_rate"].at(2023.0) == 0.5
    assert scenario.states["USA"] == "off" and scenario.states["CHN"] == "scripted"
    assert scenario.active(scenario.measures[0], None) == ()


def test_large_exponent_is_a_number(write: Write) -> None:
    text = FRAME.format(name="one") + "overrides: {world_sales: 1e3}\n"
    ranges = {"world_sales": (1.0, 2000.0)}
    assert load_scenario(str(write(text)), parameters=ranges).overrides == {"world_sales": 1000.0}


def test_days_mean_their_quarter_and_ends_are_included(write: Write) -> None:
    text = MEASURE.replace("start: 2022Q4", "start: 2022-10-07\n    end: 2023-02-01\n    suspended: [[2023Q1, 2023Q1]]")
    measure = load_scenario(str(write(FRAME.format(name="one") + text))).measures[0]
    assert (measure.start, measure.end, measure.suspended) == (2022.75, 2023.25, ((2023.0, 2023.25),))
    assert [measure.in_force(y) for y in (2022.5, 2022.75, 2023.0, 2023.25)] == [False, True, False, False]


def test_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    text = FRAME.format(name="one") + MEASURE
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert len(load_scenario(str(path)).measures) == 1


def test_levers_left_out_are_neutral(write: Write) -> None:
    levers = load_scenario(str(write(FRAME.format(name="one") + MEASURE))).measures[0].levers
    declared = instruments()["export_control"].levers
    assert set(levers) == set(declared)
    assert levers["capability_cap"].constant == declared["capability_cap"].neutral


def test_override_without_index_stands_for_all_rows(write: Write) -> None:
    ranges: dict[str, Range] = {"sigma[a]": (1.0, 5.0), "sigma[b]": (2.0, 9.0), "rule": ("x", "y")}
    text = FRAME.format(name="one") + "overrides:\n  sigma[b]: 8\n  sigma: 3\n  rule: y\n"
    values = load_scenario(str(write(text)), parameters=ranges).overrides
    assert values == {"sigma[a]": 3.0, "sigma[b]": 8.0, "rule": "y"}


def test_known_parameters_come_from_the_register() -> None:
    low, high = known_parameters()["elasticity_of_substitution[memory]"]
    assert float(low) < float(high)


# extends


def test_fault_in_inherited_value_names_the_parent(write: Write) -> None:
    parent = write(FRAME.format(name="one") + MEASURE.replace("0.5", "5"))
    child = write(HEAD.format(name="two") + "extends: one\n" + MEASURE, "two")
    line = only(child)
    assert line.startswith(f"{parent}:12:18: instruments[0].denial_rate: '5' out of range")


def test_extends_appends_measures_and_merges_maps(write: Write) -> None:
    one = "strategies: {members: {west: [USA]}, stances: {a: west}}\nsources: [first]\n"
    two = "strategies: {members: {east: [CHN]}, stances: {a: none}}\nsources: [second]\nfocus: JPN\n"
    write(FRAME.format(name="one") + MEASURE + one)
    child = load_scenario(str(write(HEAD.format(name="two") + "extends: one\n" + MEASURE + two, "two")))
    assert [m.id for m in child.measures] == ["one.export_control.1", "two.export_control.1"]
    assert child.blocs == {"west": ("USA",), "east": ("CHN",)} and child.stances == {"a": None}
    assert child.sources == ("first", "second") and child.focus == "JPN"


def test_title_is_not_inherited(write: Write) -> None:
    write(FRAME.format(name="one"))
    assert len(faults(write("name: two\nextends: one\n", "two"))) == 2


def test_cyclic_extends_and_baseline(write: Write) -> None:
    write(FRAME.format(name="one") + "extends: two\n")
    path = write(FRAME.format(name="two") + "extends: one\n", "two")
    assert "a circle: two -> one -> two" in only(path)
    write(FRAME.format(name="one") + "baseline: two\n")
    path = write(FRAME.format(name="two") + "baseline: one\n", "two")
    assert "a circle: two -> one -> two" in only(path)
    path = write(FRAME.format(name="two") + "baseline: two\n", "two")
    assert any("a circle: two -> two" in line for line in faults(path))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.yaml").write_text("name: same", encoding="utf-8")
    with pytest.raises(UsageError, match="two scenarios are named 'same'"):
        scenario_names(tmp_path)


def test_hangul_folder(tmp_path: Path) -> None:
    folder = tmp_path / "시나리오 모음"
    folder.mkdir()
    path = folder / "가상.yaml"
    path.write_text(FRAME.format(name="가상") + MEASURE, encoding="utf-8")
    assert load_scenario(str(path)).name == "가상"


# --set


def test_sets_by_index_instrument_and_key() -> None:
    sets = ["instruments[48].third_country_reach=0.1", "instruments.os_fork.access_loss={2026Q1: 0, 2027Q1: 0.5}",
            "strategies.stances.hedge=west", "states.USA=off", "horizon=[2018Q1,2030Q4]"]  # fmt: skip
    scenario = load_scenario("blocs", sets=sets)
    assert scenario.measures[48].levers["third_country_reach"].constant == 0.1
    assert scenario.measures[50].levers["access_loss"].points == ((2026.0, 0.0), (2027.0, 0.5))
    assert scenario.stances["hedge"] == "west" and scenario.states["USA"] == "off" and scenario.last == "2030Q4"


def test_shorter_horizon_by_set_leaves_later_measures_alone() -> None:
    assert len(load_scenario("blocs", sets=["horizon=[2018Q1, 2019Q4]"]).measures) == 56


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("instruments[0].denial_rate=2", "--set:1:28: instruments[0].denial_rate: '2' out of range"),
        ("instruments[99].denial_rate=1", "--set:1:29: instruments[99]: 6 entries there"),
        ("instruments.tariff.rate=1", "unknown name 'tariff'"),
        ("instruments[0].denial_rat=1", "did you mean denial_rate?"),
        ("focus", "allowed: PATH=VALUE"),
        ("=1", "allowed: PATH=VALUE"),
        ("a..b=1", "allowed: PATH=VALUE"),
        ("focus=", "focus: nothing"),
        ("focus=[", "broken YAML"),
        ("focus=\x00", "control character"),
        ("focus=*a", "alias"),
        ("focus.x=1", "a path that exists"),
        ("name=x", "not with --set"),
        ("colour=blue", "unknown key 'colour'"),
        ("overrides.elasticity_of_substitution[memory]=99", "out of range"),
    ],
)
def test_faults_of_set_name_it(text: str, needle: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("chip_controls", sets=[text])
    assert all(f.file == "--set" and f.line == 1 for f in caught.value.faults)
    assert needle in str(caught.value)


def test_second_set_has_line_two() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("blocs", sets=["focus=JPN", "focus=JPM"])
    assert [f.line for f in caught.value.faults] == [2]


def test_options_name_themselves() -> None:
    with pytest.raises(ScenarioError, match="--baseline:1:1: baseline"):
        load_scenario("blocs", baseline="nothing")
    assert load_scenario("blocs", baseline="none").baseline is None


# records, schema, words


def test_resolved_is_plain_and_holds_no_machine_path(write: Write) -> None:
    for name in ("blocs", str(write(FRAME.format(name="one") + MEASURE))):
        text = json.dumps(resolved(load_scenario(name)), allow_nan=False)
        assert str(Path.cwd()) not in text and "/tmp" not in text and '"/' not in text
    data = resolved(load_scenario("blocs", sets=["focus=JPN"]))
    assert data["places"]["focus"] == "--set:1"
    assert data["places"]["instruments[0].rate.2018Q3"].startswith("scenarios/history_2020.yaml:")
    assert resolved(load_scenario("chip_controls"))["measures"][0]["end"] == "2023Q3"


def test_hash_is_of_what_results_depend_on(write: Write) -> None:
    text = FRAME.format(name="one") + MEASURE
    base = scenario_hash(load_scenario(str(write(text))))
    assert scenario_hash(load_scenario(str(write("# comment\n" + text.replace("en: T", "en: U"))))) == base
    assert scenario_hash(load_scenario(str(write(text.replace("0.5", "0.6"))))) != base
    assert scenario_hash(load_scenario(str(write(text.replace("0.5", "0.50"))))) == base


def test_schema_is_current() -> None:
    path = scenario_folder() / "scenario.schema.json"
    assert path.read_text(encoding="utf-8") == schema_text(), "run: python -m model.scenario.schema"


def plain(node: Node) -> Any:
    """A tree as an editor's YAML 1.2 parser would give it."""
    if node.kind == "map":
        return {k.text: plain(v) for k, v in node.entries}
    if node.kind == "list":
        return [plain(item) for item in node.items]
    return float(node.text) if node.plain and NUMBER.fullmatch(node.text) else node.text


def test_shipped_scenarios_fit_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(scenario_schema())
    jsonschema.Draft202012Validator.check_schema(scenario_schema())
    for path in scenario_names().values():
        text = path.read_bytes()
        assert text.splitlines()[0] == b"# yaml-language-server: $schema=scenario.schema.json"
        node = read_bytes(text, path.name, Faults())
        assert node is not None
        data = plain(node)
        assert [e.message for e in validator.iter_errors(data)] == []
        assert list(validator.iter_errors({**data, "colour": "blue"}))


def test_every_lever_and_instrument_has_words() -> None:
    for name, instrument in instruments().items():
        if not has_word(f"instrument.doc.{name}"):
            continue
        assert set(instrument.title) == set(LANGUAGES)
        for lever_name in instrument.levers:
            assert has_word(f"lever.title.{lever_name}")
            assert has_word(f"lever.doc.{name}.{lever_name}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_story_has_measures_parameters_and_sources(lang: str) -> None:
    scenario = load_scenario("chip_controls")
    blocks = story_text(scenario, lang)
    assert blocks[0].text == scenario.title[lang]
    tables = [b for b in blocks if b.kind == "table"]
    assert len(tables) == 3 and len(tables[1].rows) == len(scenario.measures)
    assert all(len(row) == len(t.header) for t in tables for row in t.rows)
    assert [b.text for b in blocks if b.kind == "heading"][-1] == word("show.sources", lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_long_record_is_told_in_one_line(lang: str) -> None:
    """Numbers stay those of the list; the record itself, and a scenario without blocs, are told in full."""
    blocks = story_text(load_scenario("blocs"), lang)
    rows = [b for b in blocks if b.kind == "table"][1].rows
    assert [row[0] for row in rows] == [str(i) for i in range(44, 56)]
    assert word("show.past", lang, last=43, name="history_2025") in [b.text for b in blocks]
    record = [b for b in story_text(load_scenario("history_2025"), lang) if b.kind == "table"]
    assert len(record[0].rows) == 44


def test_faults_are_worded_in_korean(write: Write) -> None:
    path = write(FRAME.format(name="one").replace("KOR", "KRO"))
    assert "알 수 없는 이름 'KRO'" in only(path, lang="ko")


# garbage

SEED = (FRAME.format(name="one") + MEASURE).encode()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """The bytes of a good file with a few pieces cut, doubled or overwritten."""
    data = bytearray((scenario_folder() / "blocs.yaml").read_bytes() if draw(st.booleans()) else SEED)
    bits = st.one_of(
        st.binary(max_size=8),
        st.sampled_from(
            [b"[", b"{", b"&a ", b"*a", b"!!x ", b"\t", b"\n- ", b": ", b"'", b'"', b"|", b"\\U", b"2019Q5"]
        ),
    )
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 12))] = draw(bits) * draw(st.integers(1, 3))
    return bytes(data)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=mutated())
def test_garbage_gives_a_scenario_or_a_named_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "one.yaml"
    path.write_bytes(data)
    try:
        scenario = load_scenario(str(path))
    except BlocsError as fault:
        assert str(fault).strip()
        if isinstance(fault, ScenarioError):
            assert all(
                len(line) < 2000 and line.startswith((str(path), "scenarios")) for line in str(fault).splitlines()
            )
        return
    assert isinstance(scenario, Scenario)
    json.dumps(resolved(scenario), allow_nan=False)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=60))
def test_garbage_in_set_is_a_named_error(text: str) -> None:
    try:
        load_scenario("chip_controls", sets=[text])
    except ScenarioError as fault:
        assert all(f.file == "--set" for f in fault.faults)
