"""Faults with real processes: a sweep whose workers or whose parent are killed at random moments, and then resumed.

    python -m tests.faults --kills 20            twenty random moments, workers and parents in turn
    python -m tests.faults --kills 20 --seed 7

Each time a real `sweep` runs on two workers; when a random number of its shards is there, a process is killed with
SIGKILL; 0 < done < all is checked; `resume` does the rest; results.parquet must have the bytes of an undisturbed sweep.
The tests run a small sample of this.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE = 120.0
SCENARIO = """\
name: {name}
title: {{en: Short, ko: 짧은 시나리오}}
story: {{en: A short tariff., ko: 짧은 관세.}}
baseline: {baseline}
focus: KOR
horizon: [2018Q1, 2018Q4]
instruments:
  - {{instrument: tariff, start: 2018Q2, from: [USA], to: [CHN], segments: [devices], source: assumed, rate: {rate}}}
"""
VARY = ("--method", "grid", "--vary", "wage_adjustment_speed=0.1:0.2:2", "--vary", "tariff.rate=0.05:0.4:8")
RUNS = 2 * 8 + 2
"""Eight tariffs at two speeds, and a baseline for each speed."""


def scenario(folder: Path) -> Path:
    """A scenario of four quarters and its baseline, as files; the path of the former."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, baseline, rate in (("calm", "none", "0"), ("short", "calm", "{2018Q2: 0.05, 2018Q4: 0.1}")):
        text = SCENARIO.format(name=name, baseline=baseline, rate=rate)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8", newline="\n")
    return folder / "short.yaml"


def command(*words: str) -> list[str]:
    """The words of a command line by run.py."""
    return [sys.executable, str(ROOT / "run.py"), *words]


def environment() -> dict[str, str]:
    """What a started process is given: this checkout first."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def sweep_words(folder: Path, *more: str) -> list[str]:
    """The words of the small sweep into `folder`, whose scenario lies beside it."""
    return ["sweep", str(scenario(folder.parent / "scenario")), *VARY, "--quiet", "--out", str(folder), *more]


def start(words: list[str], limit: int | None = None) -> subprocess.Popen[bytes]:
    """A command in a process group of its own, which hears Ctrl-C; `limit`: the largest file it may write, bytes."""

    def before() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background of a shell ignores it, and its children too
        if limit is not None:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        command(*words), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=before, start_new_session=True,
    )  # fmt: skip


def shards(folder: Path) -> list[Path]:
    """Shards that are there under their names."""
    return sorted((folder / "shards").glob("run-*.parquet"))


def wait_for_shards(folder: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    """Until so many shards are there; an error if the process ends before or it takes too long."""
    end = time.monotonic() + PATIENCE
    while len(shards(folder)) < count:
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise AssertionError(f"{len(shards(folder))} of {count} shards: {process.communicate()[1].decode()[-2000:]}")
        time.sleep(0.002)


def workers_of(pid: int) -> list[int]:
    """Process ids of the worker processes that a sweep has started."""
    import psutil

    return [p.pid for p in psutil.Process(pid).children() if "spawn_main" in " ".join(p.cmdline())]


def gone(pids: list[int]) -> bool:
    """Whether all of these processes end within the patience."""
    import psutil

    alive = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    return not psutil.wait_procs(alive, timeout=PATIENCE)[1]


def disturbed(folder: Path, victim: str, count: int) -> int:
    """A sweep of which a worker or the parent is killed when `count` shards are there; the number that survived.

    A sweep that lost a worker goes on by itself; one that lost its parent is left as it is.
    """
    process = start(sweep_words(folder, "--workers", "2"))
    wait_for_shards(folder, count, process)
    workers = workers_of(process.pid)
    os.kill(process.pid if victim == "parent" else random.Random(count).choice(workers), signal.SIGKILL)
    survived = len(shards(folder))
    _, errors = process.communicate(timeout=PATIENCE)
    assert gone(workers), "workers outlive their parent"
    assert process.returncode == (-signal.SIGKILL if victim == "parent" else 0), errors.decode()[-2000:]
    return survived


def run(*words: str) -> subprocess.CompletedProcess[bytes]:
    """A command to its end."""
    return subprocess.run(command(*words), cwd=ROOT, env=environment(), capture_output=True, timeout=PATIENCE)


def main() -> int:
    """The full check."""
    from model.experiments.store import sha256

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        calm = run(*sweep_words(root / "calm", "--workers", "1"))
        assert calm.returncode == 0, calm.stderr.decode()
        expected = sha256(root / "calm" / "results.parquet")
        for k in range(asked.kills):
            victim, count, folder = ("worker", "parent")[k % 2], chance.randrange(1, RUNS - 2), root / f"sweep-{k}"
            done = disturbed(folder, victim, count)
            assert 0 < done < RUNS, done
            resumed = run("resume", str(folder), "--workers", "2")
            assert resumed.returncode == 0, resumed.stderr.decode()
            assert sha256(folder / "results.parquet") == expected
            assert not list(folder.rglob("*.part"))
            sys.stdout.write(f"{k + 1:3d}  {victim} killed with {done} of {RUNS} runs done; resumed, same bytes\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
