"""Rough edges that a user meets: names that match nothing, folders of another command, English in Korean messages."""

from __future__ import annotations

import errno
import json
import os
import pickle
import re
import shutil
import sys
import tempfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from model.cli import COMMANDS, Cli, main
from model.errors import StoreError, UsageError
from model.experiments.cases import Case, Failure, run_case
from model.experiments.conditions import parse
from model.experiments.kinds import READERS, kind_of, readable_by
from model.experiments.run import clear_outputs
from model.experiments.sweep_run import clear_sweep
from model.said import said, worded
from model.scenario.resolve import load_scenario
from model.words import LANGUAGES, has_word, word
from tests.folders import uniform, write_sweep


def invoke(*args: str) -> Result:
    """One command line in this process; whatever is given, there is no traceback."""
    result = CliRunner().invoke(Cli(), list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), (args, result.exception)
    return result


# --record


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("pattern", "bad", "near"),
    [
        ("Exprots*", ["Exprots*"], "Exports|*"), ("GDP; real income;Value Aded|*", ["real income", "Value Aded|*"], "Real Income"),
        ("Exports Share", ["Exports Share"], "Exports Share|*"), ("all;Nothing Like It", ["Nothing Like It"], ""), (";", [";"], ""),
    ],
)  # fmt: skip
def test_record_that_matches_nothing_is_refused_before_anything_is_run(
    pattern: str, bad: list[str], near: str, lang: str, tmp_path: Path
) -> None:
    sweep = ["sweep", "tariffs", "--method", "lhs", "--samples", "2", "--vary", "search_cost", "--dry-run"]
    for command in (["run", "tariffs", "--draws", "1"], sweep):
        result = invoke(*command, "--record", pattern, "--out", str(tmp_path / "out"), "--lang", lang)
        lines = result.output.splitlines()
        assert result.exit_code == 2 and len(lines) == len(bad) + 1, result.output
        assert all(f"'{glob}'" in line for glob, line in zip(bad, lines, strict=False)) and near in result.output
        assert "Real Income" in lines[-1] and "GDP'" not in result.output
        assert not (tmp_path / "out").exists()


# folders of another command

READING: dict[str, tuple[str, ...]] = {
    "figures": (), "report": (), "cite": (), "query": ("SELECT 1",), "export": ("--format", "csv"), "status": (), "resume": (),
    "analyse": (), "discover": ("--when", "Real Income[KOR,2035]<0%"), "robust": (),
}  # fmt: skip
"""Every command that takes the folder of another, with what else it needs."""
RUN = '{"run": "0", "scenario": {}, "stances": [], "years": [], "engine": {}}'
MADE = {
    "run": {"manifest.json": RUN}, "sweep": {"plan.json": "{}"}, "strategies": {"strategies.csv": "", "manifest.json": "{}"},
    "comparison": {"comparison.csv": ""}, "game": {"payoffs.csv": ""}, "backtest": {"manifest.json": '{"kind": "backtest"}'},
    "calibration": {"manifest.json": '{"kind": "calibration"}'}, "empty": {}, "other": {"notes.txt": "mine"},
}  # fmt: skip
"""What marks a folder of each kind."""


def made_folder(path: Path, kind: str) -> Path:
    """A path of a kind."""
    if kind == "file":
        path.write_text("mine", encoding="utf-8")
    elif kind != "missing":
        path.mkdir(parents=True)
        for name, text in MADE[kind].items():
            (path / name).write_text(text, encoding="utf-8", newline="\n")
    return path


def test_every_command_that_takes_a_folder_is_tried_here() -> None:
    taking = {name for name in COMMANDS if "DIR" in [p.metavar for p in (Cli().get_command(click.Context(Cli()), name) or Cli()).params if isinstance(p, click.Argument)]}  # fmt: skip
    assert taking == set(READING) == {name for names in READERS.values() for name in names}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", [*MADE, "file", "missing"])
def test_a_folder_of_another_command_is_named_with_what_reads_it(kind: str, lang: str, tmp_path: Path) -> None:
    folder = made_folder(tmp_path / "결과 폴더", kind)
    assert kind_of(folder) == kind
    for command in (name for name in READING if kind not in readable_by(name)):
        result = invoke(command, str(folder), *READING[command], "--lang", lang)
        first, *rest = result.output.splitlines()
        assert result.exit_code == 2 and folder.as_posix() in first and f"blocs {command}" in first, result.output
        assert all(word(f"folder.kind.{name}", lang) in first for name in readable_by(command))
        assert (has_word(f"folder.kind.{kind}") and word(f"folder.kind.{kind}", lang) in first) or has_word(
            f"folder.is.{kind}"
        )
        assert [f"blocs {name}" in "".join(rest) for name in READERS.get(kind, ())] == [True] * len(
            READERS.get(kind, ())
        )
    assert sorted(p.name for p in tmp_path.iterdir()) == ([] if kind == "missing" else ["결과 폴더"])


def test_a_comparison_points_to_the_runs_in_it(tmp_path: Path) -> None:
    folder = made_folder(tmp_path / "compare", "comparison")
    run = made_folder(folder / "chips", "run")
    assert f'blocs report "{run.as_posix()}"' in invoke("report", str(folder)).output
    result = invoke("figures", str(folder), "--lang", "ko")
    assert result.exit_code == 2 and "--no-figures" in result.output


# bad input in Korean: no English sentence, no traceback, nothing run before it is refused

ENGLISH = re.compile(r"(?:\b[a-z]{2,}\b[ ,;.]+){3,}")
"""Four words in a row that are no names: a sentence that was not translated."""
TO_DEV_NULL = str(Path(os.devnull) / "x")
BAD: list[tuple[str, ...]] = [
    ("run", "tariffs", "--out", "{file}/x"), ("run", "tariffs", "--out", ""), ("run", "tariffs", "--out", "{file}"), ("run", "tariffs", "--out", TO_DEV_NULL),
    ("run", "blocs", "--stance", "hedg", "--stance", "nope"), ("compare", "tariffs", "--stance", "nope"), ("compare", "tariffs", "--out", "{file}/x"),
    ("run", "tariffs", "--set", "instruments[0].rate="), ("run", "tariffs", "--set", "overrides={{one_year_elasticity: 2.4}}"),
    ("study", "{folder}"), ("brief", "no_policy"), ("brief", "tariffs", "--rate", "1300"), ("strategies", "blocs", "--rate", "0"),
    ("sweep", "tariffs", "--method", "lhs", "--vary", "", "--samples", "4"), ("game", "blocs", "--players", ""), ("game", "blocs", "--players", "KOR,,"), ("game", "blocs", "--set", "horizon=[2018Q1, 2018Q3]"),
    ("backtest", "--actual", "{folder}/none.csv"), ("backtest", "--actual", "{folder}"), ("backtest", "--actual", "{file}", "--out", "{folder}/o"),
    ("backtest", "--actual", "{cp949}", "--out", "{folder}/o"), ("backtest", "--actual", "{rows}", "--out", "{folder}/o"),
    ("backtest", "--actual", "{far}", "--out", "{folder}/o"),
]  # fmt: skip
HEADER = "series_id,variable,region,period,value,low,high,unit,kind,transform,period_end\n"
ROWS = """a,Exports|Chip,KOR,2021,1,1,1,bn USD of 2018,score,level,
b,GDP,KOR+TWN,2021,1,1,1,index,score,level,
c,GDP + Exports,KOR,2021,1,1,1,index,score,level,
d,GDP,KOR,2021,1,1,1,percent,score,level,
e,Exports|Chips,ROW,2021,1,1,1,bn USD of 2018,score,change:2020,
"""
BROKEN = """a,GDP,XXX,19,x,0,1,index,guess,mean:3,
b,,KOR,2021,1,2,inf,index,train,cross:..,
"""


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Paths that the lines of BAD speak of."""
    texts = {"file": BROKEN, "rows": HEADER + ROWS, "far": HEADER + "a,GDP,KOR,9999,1,1,1,index,score,level,\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")
    (tmp_path / "cp949.csv").write_bytes("한국".encode("cp949"))
    return {name: (tmp_path / f"{name}.csv").as_posix() for name in (*texts, "cp949")} | {"folder": tmp_path.as_posix()}


@pytest.mark.parametrize("line", BAD, ids=lambda line: " ".join(line)[:60])
def test_bad_words_are_refused_in_korean_before_anything_is_run(
    line: tuple[str, ...], places: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ran(*_: object, **__: object) -> None:
        raise AssertionError("a run was started")

    monkeypatch.chdir(tmp_path)
    for place in ("run", "backtest", "strategies", "game"):
        monkeypatch.setattr(f"model.experiments.{place}.run_cases", ran)
    before = sorted(path.name for path in tmp_path.iterdir())
    result = invoke(*(word.format(**places) for word in line), "--lang", "ko")
    assert result.exit_code in (2, 3) and not result.stdout, result.output
    said_in_full = re.sub(r"'[^']*'|허용: [^\n]*|필요한 열: [^\n]*|열 누락: [^\n]*", "", result.output)
    assert not ENGLISH.search(said_in_full) and re.search("[가-힣]", result.output), result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_file_of_figures_names_all_its_faults_in_korean(places: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "broken.csv").write_text(HEADER + BROKEN, encoding="utf-8", newline="\n")
    for path, least in ((places["rows"], 5), ((tmp_path / "broken.csv").as_posix(), 8)):
        lines = invoke("backtest", "--actual", path, "--out", str(tmp_path / "o"), "--lang", "ko").output.splitlines()
        assert len(lines) >= least and all(line.startswith(f"{path}:") and re.search("[가-힣]", line) for line in lines), lines


def test_errors_of_the_disk_are_said_in_korean() -> None:
    fault = worded(StoreError, "cli.environment", file="x", reason=PermissionError(13, "Permission denied"))
    assert str(fault) == "x: permission denied" and said(fault, "ko") == "x: 접근 권한이 없습니다"
    assert said(StoreError("x"), "ko") == "x" and said(OSError(errno.EXDEV, "odd"), "ko") == "odd"
    assert said(pickle.loads(pickle.dumps(fault)), "ko") == said(fault, "ko")  # as it comes from another process


def test_no_memory_is_a_message_and_a_failed_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("model.simulation.Decoupling", none)
    case = Case("tariffs", load_scenario("tariffs"), None, 0, 0, ((0,), (1,)))
    found = run_case(case)
    assert isinstance(found, Failure) and "not enough memory" in found.reason
    monkeypatch.setattr("model.scenario.resolve.load_scenario", none)
    result = invoke("run", "tariffs", "--lang", "ko", "--out", str(tmp_path / "o"))
    assert result.exit_code == 3 and "메모리" in result.output


@pytest.mark.parametrize("text", ["(" * 5000, "(" * 51 + "A[KOR,2035]<1" + ")" * 51, "A[KOR,2035] < 1e999", "not a condition"])
def test_conditions_that_no_reader_survives_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)
    assert str(parse("(" * 50 + "A[KOR,2035]<1" + ")" * 50)) == "A[KOR,2035] < 1"


def test_a_pattern_of_an_export_that_matches_nothing_is_not_passed_over(tmp_path: Path) -> None:
    bounds = {"a": (0.0, 1.0)}
    folder = write_sweep(tmp_path / "s", "lhs", uniform(4, bounds), bounds, {"blocs": lambda x: x[:, 0]})
    args = ["export", str(folder), "--format", "csv", "--variable", "Real*", "--variable", "Real Incom", "--region", "KOR"]
    result = invoke(*args, "--region", "XXX")
    assert result.exit_code == 2 and "--variable Real Incom" in result.output and "--region XXX" in result.output
    assert "did you mean Real Income?" in result.output and not (folder / "export-csv.csv").exists()


# folders cut short


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up sweep."""
    bounds = {"a": (0.0, 1.0)}
    return write_sweep(tmp_path_factory.mktemp("표본 실행") / "s", "lhs", uniform(12, bounds), bounds, {"blocs": lambda x: x[:, 0]})


@pytest.mark.parametrize("how", ["empty", "half", "garbage", "missing"])
@pytest.mark.parametrize("name", ["plan.json", "states.csv", "results.parquet"])
def test_a_sweep_with_a_damaged_file_is_refused_and_never_read_in_part(swept: Path, tmp_path: Path, name: str, how: str) -> None:
    folder = tmp_path / "s"
    shutil.copytree(swept, folder)
    data = (folder / name).read_bytes()
    damaged = {"empty": b"", "half": data[: len(data) // 2], "garbage": bytes(range(256)) * 40, "missing": b""}[how]
    (folder / name).write_bytes(damaged)
    if how == "missing":
        (folder / name).unlink()
    for command in ("query", "export", "analyse", "discover", "robust", "figures", "status"):
        result = invoke(command, str(folder), *READING[command], "--lang", "ko")
        told = command == "status" and name == "results.parquet"  # counts runs, opens no results
        assert result.exit_code in ((0,) if told else (1, 3) if how != "missing" else (1, 2, 3)), (command, result.output)
        assert re.search("[가-힣]", result.output)
    assert not (folder / "export-csv.csv").exists()


def test_a_run_whose_manifest_is_damaged_is_not_drawn_from_its_old_figures(tmp_path: Path) -> None:
    folder = made_folder(tmp_path / "run", "run")
    (folder / "results.parquet").write_bytes(b"PAR1")
    (folder / "figures").mkdir()
    index = [{"kind": "exports", "context": {}, "files": {"csv": "exports.csv"}, "name": "exports"}]
    (folder / "figures" / "figures.json").write_text(json.dumps(index), encoding="utf-8", newline="\n")
    (folder / "figures" / "exports.csv").write_text("year\n2019\n", encoding="utf-8", newline="\n")
    for text in ('{"run"', "", "[]"):
        (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
        result = invoke("figures", str(folder))
        assert result.exit_code == 3 and "manifest.json" in result.output


def test_force_takes_nothing_of_ones_own_away(tmp_path: Path) -> None:
    own = ("figures/my.png", "figures/data.csv", "notes.txt", "shards/mine.parquet", "failed/mine.json")
    theirs = ("figures/exports.png", "figures/figures.json", "report.docx", "sources.txt", "manifest.json")
    for name in (*own, *theirs, "results.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    clear_outputs(tmp_path)
    clear_sweep(tmp_path)
    assert all((tmp_path / name).exists() for name in own) and not any((tmp_path / name).exists() for name in theirs)
    (tmp_path / "report.docx").write_text("mine", encoding="utf-8")
    clear_outputs(tmp_path)  # no results here: the document is somebody's own
    assert (tmp_path / "report.docx").exists()


@pytest.mark.parametrize("sheet", ["scenario", "measures", "parameters"])
@pytest.mark.parametrize("renamed", [True, False])
def test_a_workbook_without_one_of_its_sheets_does_not_pass_for_a_scenario_without_measures(tmp_path: Path, sheet: str, renamed: bool) -> None:
    path = tmp_path / "mine.xlsx"
    assert invoke("template", str(path), "--from", "tariffs").exit_code == 0
    book = load_workbook(path)
    if renamed:
        book[sheet].title = sheet.capitalize() + " "
    else:
        del book[sheet]
    book.save(path)
    result = invoke("validate", str(path))
    assert result.exit_code == 2 and "measures, parameters" in result.output


# --set and files of every kind: a message or a scenario, never a traceback


NAMES = st.sampled_from(["name", "focus", "horizon", "instruments", "overrides", "strategies", "baseline", "extends", "title", "<<", "1", "null", "서울"])
VALUES = st.one_of(
    st.sampled_from(["NO", "yes", "1e3", "2019-01-01", ".nan", ".inf", "1e400", "0x1F", "1_000", "~", "&a x", "*a", "!!int 3", "[", "{a: 1", "'", "|\n  x", "KOR", "2018Q1",
                     "[2018Q1, 2050Q4]", "\ufeff", "\u2028", "가나다", "\U0001f600", "\x00", "\t", "- - - 1", "? a", "---", "%YAML 1.1", "9" * 400, "-" * 300]),
    st.text(max_size=20), st.floats().map(repr), st.integers().map(str),
)  # fmt: skip


@settings(max_examples=60)
@given(lines=st.lists(st.tuples(st.sampled_from(["", "  ", "\t", "- "]), NAMES, VALUES), max_size=8), end=st.sampled_from(["\n", "\r\n", "\r"]), mark=st.booleans())
def test_any_scenario_file_gives_a_message_or_a_scenario(lines: list[tuple[str, str, str]], end: str, mark: bool) -> None:
    text = end.join(f"{indent}{name}: {value}" for indent, name, value in lines)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.yaml"
        path.write_bytes((("\ufeff" if mark else "") + text).encode("utf-8", "surrogatepass"))
        result = invoke("validate", str(path), "--lang", "ko")
    assert result.exit_code in (0, 2) and (result.exit_code == 0 or f"{path}:" in result.output)


@settings(max_examples=40)
@given(path=st.lists(NAMES, min_size=1, max_size=3).map(".".join), value=VALUES)
def test_any_set_gives_a_message_or_a_scenario(path: str, value: str) -> None:
    assert invoke("validate", "tariffs", "--set", f"{path}={value}", "--lang", "ko").exit_code in (0, 2)


def test_a_console_that_is_closed_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    try:
        assert main(["scenarios"]) == 0 and main(["validate", "nowhere"]) == 2
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # opened by main, for the life of a process that ends here
                stream.close()
