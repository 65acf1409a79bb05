"""Sweeps with real processes: whoever does the runs and whatever is killed, the same bytes; nothing written is lost."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from model.cli import Cli
from model.errors import StoreError
from model.experiments import store
from model.experiments.store import sha256
from model.experiments.sweep import load_sweep, unfinished
from model.experiments.sweep_run import LOST, carry_out, embedded, execute, retry
from model.experiments.workers import Died, ending, supervise
from tests import faults
from tests.chores import deadly, squared, who

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and file limits of POSIX")


def invoke(*words: str) -> tuple[int, str]:
    """A command in this process (its workers are processes): exit code and output."""
    result = CliRunner().invoke(Cli(), list(words))
    return result.exit_code, result.output


@pytest.fixture
def begun(calm: Path, tmp_path: Path) -> Path:
    """A copy of it without results and without a third of its shards."""
    folder = tmp_path / "begun"
    shutil.copytree(calm, folder)
    for name in ("results.parquet", "manifest.json"):
        (folder / name).unlink()
    for path in faults.shards(folder)[::3]:
        path.unlink()
    return folder


def test_two_workers_give_the_same_bytes(calm: Path, tmp_path: Path) -> None:
    code, output = invoke(*faults.sweep_words(tmp_path / "two", "--workers", "2"))
    assert code == 0, output
    assert sha256(tmp_path / "two" / "results.parquet") == sha256(calm / "results.parquet")
    assert (tmp_path / "two" / "plan.json").read_bytes() == (calm / "plan.json").read_bytes()


def test_three_parts_copied_together_give_the_same_bytes(calm: Path, tmp_path: Path) -> None:
    together = tmp_path / "together"
    for i in (3, 1, 2):  # two worlds, so one part of three is empty
        folder = tmp_path / f"part-{i}"
        code, output = invoke(*faults.sweep_words(folder, "--workers", "1", "--shard", f"{i}/3"))
        assert code == 0 and not (folder / "results.parquet").exists(), output
        shutil.copytree(folder, together, dirs_exist_ok=True)
    assert invoke("resume", str(together), "--quiet") == (0, "")
    assert sha256(together / "results.parquet") == sha256(calm / "results.parquet")


@pytest.mark.parametrize("victim", ["worker", "parent"])
def test_killed_at_a_random_moment_and_resumed(calm: Path, tmp_path: Path, victim: str) -> None:
    count = random.Random(victim).randrange(1, faults.RUNS - 4)
    done = faults.disturbed(tmp_path / "sweep", victim, count)
    assert 0 < done < faults.RUNS
    kept = {p.name: p.stat().st_mtime_ns for p in faults.shards(tmp_path / "sweep")}
    assert invoke("resume", str(tmp_path / "sweep"), "--workers", "1", "--quiet") == (0, "")
    assert sha256(tmp_path / "sweep" / "results.parquet") == sha256(calm / "results.parquet")
    after = {p.name: p.stat().st_mtime_ns for p in faults.shards(tmp_path / "sweep")}
    assert {name: after[name] for name in kept} == kept  # exactly the missing ones were done
    assert not list(tmp_path.rglob("*.part"))


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    process = faults.start(faults.sweep_words(tmp_path / "sweep", "--workers", "2"))
    faults.wait_for_shards(tmp_path / "sweep", 3, process)
    workers = faults.workers_of(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=faults.PATIENCE)
    assert process.returncode == 130 and faults.gone(workers)
    assert f"blocs resume {(tmp_path / 'sweep').as_posix()}" in errors.decode() and b"Traceback" not in errors
    assert 3 <= len(faults.shards(tmp_path / "sweep")) < faults.RUNS


def test_no_space_stops_with_code_3_and_loses_nothing(begun: Path, calm: Path) -> None:
    kept = {path: sha256(path) for path in faults.shards(begun)}
    process = faults.start(["resume", str(begun), "--workers", "1"], limit=4096)
    _, errors = process.communicate(timeout=faults.PATIENCE)
    assert process.returncode == 3, errors.decode()
    assert b"blocs resume" in errors and b"Traceback" not in errors
    assert {path: sha256(path) for path in faults.shards(begun)} == kept
    assert invoke("resume", str(begun), "--workers", "1", "--quiet") == (0, "")
    assert sha256(begun / "results.parquet") == sha256(calm / "results.parquet")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_error_at_the_writer_leaves_no_torn_file(begun: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted(p.name for p in (begun / "shards").iterdir())
    number = unfinished(load_sweep(begun))[0].number
    with monkeypatch.context() as patched:
        patched.setattr(store.os, step, full)
        with pytest.raises(StoreError, match="No space left"):
            execute(str(begun), number)
    assert sorted(p.name for p in (begun / "shards").iterdir()) == before
    assert execute(str(begun), number) == "done"


def test_results_that_cannot_be_written_leave_the_old_ones(calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(calm, folder)

    def full(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(store.os, "replace", full)
        code, output = invoke("resume", str(folder), "--quiet")
    assert code == 3 and "Input/output error" in output
    assert sha256(folder / "results.parquet") == sha256(calm / "results.parquet")
    assert not list(folder.rglob("*.part"))


# ---------------------------------------------------------------- the workers themselves


def test_a_task_that_kills_twice_is_given_up_and_the_rest_goes_on() -> None:
    found = dict(supervise(squared, [[1, 7, 2], [3, 4], [5]], 2))
    assert found.pop(7) == Died("killed by SIGKILL")
    assert found == {n: n * n for n in (1, 2, 3, 4, 5)}


def test_faults_of_the_disk_and_of_ours_stop_everything() -> None:
    with pytest.raises(StoreError, match="Input/output error"):
        list(supervise(squared, [[8, 1]], 1))
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(supervise(squared, [[9, 1]], 1))


def test_a_group_stays_on_one_worker_until_others_run_out_of_work() -> None:
    found = dict(supervise(partial(who, 0.05), [list(range(20))], 2))
    assert len(set(found.values())) == 2  # one group, two workers: the second helps from its end
    apart = dict(supervise(partial(who, 0.05), [list(range(10)), list(range(10, 20))], 2))
    assert all(len({apart[n] for n in half}) == 1 for half in (range(3), range(10, 13)))


def test_workers_that_cannot_start_are_an_error_of_the_environment(tmp_path: Path) -> None:
    code = (
        "import os\nfrom model.experiments.workers import supervise\nfrom tests.chores import squared\n"
        "if __name__ == '__main__':\n"
        "    try:\n        list(supervise(squared, [[1]], 1))\n"
        "    except Exception as fault:\n        print(type(fault).__name__, fault)\n"
        "else:\n    os._exit(5)\n"
    )
    script = tmp_path / "start.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], cwd=faults.ROOT, env=faults.environment(), capture_output=True, timeout=60)
    assert done.stdout.decode().startswith("StoreError worker processes do not start: ended with code 5")


def test_how_a_process_ended_in_words() -> None:
    assert (ending(-9), ending(3)) == ("killed by SIGKILL", "ended with code 3")


def test_a_run_that_kills_its_workers_is_recorded_with_its_values(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = load_sweep(begun)
    run = unfinished(found)[0]
    monkeypatch.setattr("model.experiments.sweep_run.execute", partial(deadly, run.number))
    carry_out(found, unfinished(found), embedded(1))
    (failure,) = load_sweep(begun).failures
    assert (failure["run"], failure["kind"], failure["reason"]) == (run.number, "killed", "killed by SIGKILL")
    assert failure["values"] == found.values(run.state)
    assert unfinished(load_sweep(begun)) == []
    assert [r.number for r in unfinished(retry(load_sweep(begun)))] == [run.number]


def test_what_goes_wrong_in_a_run_is_its_failure_and_no_more(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(*_: object) -> None:
        raise FloatingPointError("overflow")

    monkeypatch.setattr("model.experiments.sweep_run.run_case", odd)
    number = unfinished(load_sweep(begun))[0].number
    assert execute(str(begun), number) == LOST
    assert load_sweep(begun).failures[0]["reason"] == "FloatingPointError: overflow"
