"""Rough edges that a user meets: names that match nothing, folders of another command, English in Korean messages."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from model.cli import COMMANDS, Cli
from model.experiments.kinds import READERS, kind_of, readable_by
from model.words import LANGUAGES, has_word, word


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
        ("Exports Share", ["Exports Share"], "Exports Share|*"), ("all;Nothing Like It", ["Nothing Like It"], ""), ("", [""], ""), (";", [";"], ""),
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
