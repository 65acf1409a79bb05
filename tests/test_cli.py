"""The command line: words, exit codes, both languages, and no traceback whatever is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from model.cli import COMMANDS, Cli, asked_language
from model.errors import ConvergenceError
from model.scenario.resolve import load_scenario
from model.words import LANGUAGES, keys, word

ROOT = Path(__file__).parents[1]


def invoke(*args: str) -> Result:
    """One command line in this process."""
    return CliRunner().invoke(Cli(), list(args))


def process(*args: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """One command line in a process of its own, by run.py."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *args], cwd=cwd, env=env, capture_output=True, timeout=60
    )


@dataclass
class Stub:
    """What the run command needs of model.experiments.run."""

    requests: list[dict[str, Any]]
    failed: int = 0
    error: BaseException | None = None

    def run_scenario(self, request: dict[str, Any], progress: object = None) -> types.SimpleNamespace:
        """Note the request; answer with a count of failures, or raise."""
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        return types.SimpleNamespace(failed=self.failed, cases=4, text="", failures=[])


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stub:
    """model.experiments.run replaced; the working folder is empty."""
    stub = Stub([])
    module = types.ModuleType("model.experiments.run")
    module.RunRequest = dict  # type: ignore[attr-defined]
    module.run_scenario = stub.run_scenario  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "model.experiments.run", module)
    monkeypatch.chdir(tmp_path)
    return stub


def test_help_lists_commands() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    assert all(f"  {name} " in result.output for name in COMMANDS)
    assert invoke().output == result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_in_both_languages(name: str) -> None:
    for lang in LANGUAGES:
        result = invoke(name, "--lang", lang, "--help")
        assert result.exit_code == 0
        assert result.output.startswith(word("cli.section.usage", lang))
        assert word("cli.option.lang", lang)[:8] in result.output


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom model.cli import main\nmain(['--help'])\n"
        "heavy = {'numpy', 'pandas', 'mesa', 'matplotlib', 'ruamel', 'rich', 'duckdb'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                            capture_output=True, timeout=60)  # fmt: skip
    assert result.returncode == 0, result.stderr


def test_language_comes_from_the_line_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert asked_language(["show"]) == "en"
    assert asked_language(["show", "--lang", "ko"]) == asked_language(["--lang=ko"]) == "ko"
    assert invoke("--lang", "ko", "show", "blocs").output == invoke("show", "blocs", "--lang", "ko").output
    assert asked_language(["--lang"]) == asked_language(["--lang", "fr"]) == "en"


@pytest.mark.parametrize(
    ("args", "code", "needle"),
    [
        (["validate", "no_policy", "chip_controls", "blocs"], 0, "blocs: ok, 56 measures"),
        (["validate", "blok"], 2, "did you mean blocs?"),
        (["validate", "nowhere/x.yaml"], 2, "no such file"),
        (["validate", "--set", "focus=X", "blocs"], 2, "--set:1:7: focus"),
        (["validate"], 2, "SCENARIO... is missing"),
        (["shwo"], 2, "did you mean show?"),
        (["--nothing"], 2, "no option --nothing"),
        (["run", "blocs", "--drws", "3"], 2, "did you mean --draws?"),
        (["run", "blocs", "--draws", "0"], 2, "a whole number from 1 to 1,000,000"),
        (["run", "blocs", "--draws", "1.5"], 2, "a whole number from 1 to 1,000,000"),
        (["run", "blocs", "--draws", "99999999999"], 2, "a whole number from 1 to 1,000,000"),
        (["run", "scenarios/"], 2, "is a folder"),
        (["run", "blocs", "--draws"], 2, "--draws needs a value"),
        (["run", "blocs", "more"], 2, "too many words: more"),
        (["run", "blocs", "--stance", "sideways"], 2, "align_us, align_cn, hedge"),
        (["run", "blocs", "--lang", "fr"], 2, "allowed: en, ko"),
        (["show", "blocs", "--focus", "KRO"], 2, "did you mean KOR?"),
        (["instruments", "quota"], 2, "export_control"),
        (["parameters", "nothing*"], 2, "no parameter matches"),
        (["new", "a b"], 2, "cannot name a scenario"),
        (["new", "nul"], 2, "cannot name a scenario"),
        (["new", "blocs"], 2, "is not overwritten"),
        (["new", "mine", "--from", "blok"], 2, "did you mean blocs?"),
    ],
)
def test_exit_codes_and_messages(args: list[str], code: int, needle: str) -> None:
    result = invoke(*args)
    assert (result.exit_code, needle in result.output) == (code, True), result.output
    assert "Traceback" not in result.output


def test_faults_are_lines_on_stderr(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("name: one\ncolour: blue\nfocus: KRO\nhorizon: [2018Q1, 2018Q9]\n", encoding="utf-8")
    result = process("validate", str(path))
    assert result.returncode == 2 and result.stdout == b""
    lines = result.stderr.decode().splitlines()
    assert len(lines) == 5 and all(line.startswith(f"{path}:") for line in lines)


def test_validate_goes_on_after_a_faulty_file_and_speaks_json(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("name: one\n", encoding="utf-8")
    result = invoke("validate", str(path), "blocs", "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == 2 and [d["ok"] for d in data] == [False, True]
    assert {f["path"] for f in data[0]["faults"]} == {"title", "story", "focus", "horizon"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_show_tells_story_measures_and_grades(lang: str) -> None:
    result = invoke("show", "blocs", "--lang", lang)
    assert result.exit_code == 0
    for piece in (load_scenario("blocs").title[lang], "2028Q4", word("show.grade.assumed", lang), "ev.us.huawei"):
        assert piece in result.output


def test_lists_speak_json() -> None:
    assert {s["name"] for s in json.loads(invoke("scenarios", "--json").stdout)} >= {
        "no_policy",
        "chip_controls",
        "blocs",
    }
    instruments = json.loads(invoke("instruments", "--json", "--lang", "ko").stdout)
    control = next(i for i in instruments if i["name"] == "export_control")
    assert control["title"] == "수출통제"
    assert control["levers"]
    assert json.loads(invoke("parameters", "--json", "search_cost").stdout)[0]["grade"] == "assumed"
    shown = json.loads(invoke("show", "blocs", "--json").stdout)
    assert len(shown["hash"]) == 64 and shown["text"][0]["kind"] == "title"


def test_schedule_lists_stages_in_order() -> None:
    schedule = pytest.importorskip("model.schedule").SCHEDULE
    rows = json.loads(invoke("schedule", "--json").stdout)
    assert [row["stage"] for row in rows] == [stage.name for stage in schedule]
    assert invoke("schedule").exit_code == 0


# run


def test_run_hands_over_a_request(stub: Stub) -> None:
    args = ["--draws", "3", "--seed", "7", "--workers", "2", "--stance", "hedge", "--no-figures", "--record", "all"]
    result = invoke("run", "blocs", *args, "--set", "horizon=[2018Q1, 2019Q4]")
    assert result.exit_code == 0 and "results/blocs" in result.output
    request = stub.requests[0]
    assert request["scenario"].name == "blocs" and request["baseline"].name == "history"
    assert request["baseline"].last == "2019Q4"
    assert (request["draws"], request["seed"], request["workers"].size) == (3, 7, 2)
    assert (request["stances"], request["figures"], request["record"]) == (("hedge",), False, "all")
    assert request["out"] == Path("results/blocs") and request["lang"] == "en"


def test_run_of_a_root_has_no_baseline(stub: Stub) -> None:
    assert invoke("run", "no_policy", "--quiet").output == ""
    assert stub.requests[0]["baseline"] is None and stub.requests[0]["stances"] is None


def test_folder_that_is_not_empty_is_refused(stub: Stub) -> None:
    Path("결과").mkdir()
    assert invoke("run", "no_policy", "--out", "결과").exit_code == 0
    Path("결과/file").write_text("x", encoding="utf-8")
    refused = invoke("run", "no_policy", "--out", "결과")
    assert refused.exit_code == 3 and "--force" in refused.output
    assert invoke("run", "no_policy", "--out", "결과", "--force").exit_code == 0
    assert invoke("run", "no_policy", "--out", "결과/file").exit_code == 3
    assert len(stub.requests) == 2


def test_failures_errors_and_interrupts_have_their_codes(stub: Stub) -> None:
    stub.failed = 1
    assert invoke("run", "no_policy").exit_code == 1
    stub.failed, stub.error = 0, ConvergenceError("trade", 0.5)
    assert invoke("run", "no_policy").exit_code == 1
    stub.error = OSError(28, "No space left on device", "x")
    assert invoke("run", "no_policy").exit_code == 3
    stub.error = KeyboardInterrupt()
    assert invoke("run", "no_policy").exit_code == 130


# new


def test_new_keeps_comments_and_validates(tmp_path: Path) -> None:
    result = invoke("new", "mine", "--out", str(tmp_path))
    assert result.exit_code == 0
    path = tmp_path / "mine.yaml"
    text = path.read_bytes().decode()
    assert "\r" not in text and "name: mine " in text and "# the name of the file" in text
    assert "yaml-language-server" not in text
    assert load_scenario(str(path)).name == "mine"
    assert invoke("new", "mine", "--out", str(tmp_path)).exit_code == 2


def test_new_from_each_shipped_scenario(tmp_path: Path) -> None:
    for origin in ("no_policy", "chip_controls", "blocs"):
        assert invoke("new", f"of_{origin}", "--from", origin, "--out", str(tmp_path), "--lang", "ko").exit_code == 0
        assert load_scenario(str(tmp_path / f"of_{origin}.yaml")).story == load_scenario(origin).story


# consoles


@pytest.mark.parametrize("encoding", ["cp949", "ascii", "utf-8"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_narrow_consoles_do_not_crash(encoding: str, lang: str) -> None:
    for args in (["show", "blocs"], ["show", "blocs", "--json"], ["--help"], ["validate", "블록"]):
        result = process(*args, "--lang", lang, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        assert result.returncode == (2 if "블록" in args else 0), result.stderr
        assert b"Traceback" not in result.stderr
        if "--json" in args:
            assert json.loads(result.stdout)["text"][0]["text"] == load_scenario("blocs").title[lang]


def test_a_console_without_the_minus_still_shows_the_sign() -> None:
    line = "import click, sys; from model.cli import PLAINER; sys.stdout.reconfigure(errors=PLAINER); click.echo('한국 \u22124.5 2026Q1\u2013 \u0e01')"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp949", "PYTHONUTF8": "0"}
    result = subprocess.run([sys.executable, "-c", line], cwd=ROOT, env=env, capture_output=True, timeout=60)
    assert result.stdout.decode("cp949").split() == ["한국", "-4.5", "2026Q1-", "?"], result.stderr


def test_hangul_folder_and_other_working_folder(tmp_path: Path) -> None:
    folder = tmp_path / "시나리오"
    folder.mkdir()
    assert process("new", "가상", "--out", str(folder), cwd=tmp_path).returncode == 0
    assert process("validate", "시나리오/가상.yaml", "blocs", cwd=tmp_path).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="pipes close otherwise on Windows")
def test_closed_pipe_is_no_error() -> None:
    line = f"'{sys.executable}' run.py parameters | head -1"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(["sh", "-c", line], cwd=ROOT, env=env, capture_output=True, timeout=60)
    assert b"Traceback" not in result.stderr and b"BrokenPipe" not in result.stderr


def test_words_exist_in_both_languages() -> None:
    ours = [k for k in keys() if k.split(".")[0] in ("cli", "scenario", "error", "show", "instrument", "lever")]
    assert len(ours) > 200
    for key in ours:
        assert word(key, "en").strip() and word(key, "ko").strip(), key


WORDS = [*(c for c in COMMANDS if c not in ("run", "new", "verify", "game", "brief", "template", "calibrate", "backtest")), "--set", "--lang", "ko", "--json", "blocs", "--help"]


@settings(max_examples=100, deadline=None)
@given(args=st.lists(st.one_of(st.text(max_size=12), st.sampled_from(WORDS)), max_size=5))
def test_any_words_give_an_exit_code(args: list[str]) -> None:
    result = CliRunner().invoke(Cli(), args)
    assert result.exit_code in (0, 2, 3)
    assert result.exception is None or isinstance(result.exception, SystemExit)
