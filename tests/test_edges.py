"""Rough edges that a user meets: names that match nothing, folders of another command, English in Korean messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from model.cli import Cli
from model.words import LANGUAGES


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
