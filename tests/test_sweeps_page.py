"""docs/sweeps.md: every block of the study runs as it stands there, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from model.cli import COMMANDS, Cli

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "sweeps.md"
PROCESSES = ("sweep", "resume", "status")
"""Commands that start processes of their own, or speak of them: run as a user runs them."""
FILES = {
    "study": {"plan.json", "states.csv", "results.parquet", "export-xlsx.xlsx", "export-iamc.csv", "export-ema.tar.gz"},
    "study/analysis": {"sensitivity.csv", "tornado.png", "heat-map.png", "strategies.csv", "pairs.csv", "regret.png"},
    "study_ko": {"sensitivity.csv", "strategies.csv"},
    ".": {"states.csv", "korea.csv"},
}


def lines() -> list[list[str]]:
    """The command lines of the page's blocks, in order, as words."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.strip()]


def test_lines_are_commands_of_ours() -> None:
    assert len(lines()) >= 12
    for words in lines():
        assert words[:2] == ["python", "run.py"] and (words[2] in COMMANDS or words[2] in PROCESSES)


def test_the_whole_study_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in lines():
        code, output = run(words[2:], tmp_path)
        assert code == 0, f"{shlex.join(words)}\n{output}"
    for folder, names in FILES.items():
        assert names <= {path.name for path in (tmp_path / "results" / folder).iterdir()}, folder
    assert list((tmp_path / "results" / "study" / "analysis").glob("prim-box*.csv"))  # in which case is a result


def run(words: list[str], folder: Path) -> tuple[int, str]:
    """Exit code and output of a command line."""
    if words[0] not in PROCESSES:
        found = CliRunner().invoke(Cli(), words)
        return found.exit_code, found.output
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *words], cwd=folder, env=environment, capture_output=True, timeout=300
    )
    return done.returncode, (done.stdout + done.stderr).decode()
