"""Ctrl-C in a run: what is finished is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from model.experiments.store import read_results

ROOT = Path(__file__).parents[1]


def test_ctrl_c_keeps_the_runs_that_are_finished(tmp_path: Path) -> None:
    """Real processes: interrupted after the central draw is whole, results stand in the folder and the exit code is 130."""
    out = tmp_path / "out"
    code = (
        "import os, signal, sys\nfrom model.experiments import cases, run\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background of a shell ignores Ctrl-C, and its children too
        "def show(done, planned):\n    if done == 6: os.kill(os.getpid(), signal.SIGINT)\n"
        "from model.cli import run as command\ncommand.progress_of = lambda options: show\n"
        "from model.cli import main\n"
        "sys.exit(main(['run', 'blocs', '--draws', '12', '--stance', 'hedge', '--set', 'horizon=[2018Q1, 2026Q4]', '--workers', '2', '--no-figures', "
        f"'--out', {str(out)!r}]))\n"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 130, done.stderr
    assert "of 24 runs are kept" in done.stderr
    frame = read_results(out / "results.parquet", ["Real Income"], ["KOR"])
    assert 3 <= frame["draw"].nunique() < 12
    assert 0 in set(frame["draw"])
