"""One measurement in a process of its own: `python -m benchmarks.measure PART ROWS QUARTERS` prints one line of JSON.

Quarters and cases on one core are measured in processor time, which other work on the machine disturbs less.
"""

from __future__ import annotations

import cProfile
import io
import json
import os
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.worlds import default_setting, split_setting
from model.schedule import SCHEDULE, Stage, passed_on, run_quarter
from model.start import start_state
from model.world import Setting, State

Found = dict[str, Any]
HORIZON = 72
"""Quarters of a case."""


def peak_mb() -> float:
    """Largest memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def arrays_mb(thing: Any, seen: set[int] | None = None) -> float:
    """MB of all arrays in a setting or a state, kept indices too, each counted once."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return 0.0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return thing.nbytes / 2**20
    if isinstance(thing, dict):
        return sum(arrays_mb(value, seen) for value in thing.values())
    if isinstance(thing, tuple) and len(thing) < 100:
        return sum(arrays_mb(value, seen) for value in thing)
    if is_dataclass(thing):
        return sum(arrays_mb(value, seen) for value in vars(thing).values())
    return 0.0


def world(rows: int) -> tuple[Setting, Found]:
    """The default world under `blocs` split to about `rows`, and its size."""
    base = default_setting()
    before, started = peak_mb(), time.perf_counter()
    setting = split_setting(base, rows)
    links = len(setting.economy.links.supplier)
    return setting, {
        "rows": setting.n, "links": links, "links_a_row": links / setting.n, "base_mb": before,
        "build_seconds": time.perf_counter() - started,
    }  # fmt: skip


def ours(rows: int, quarters: int) -> Found:
    """Quarters of the engine, every mechanism on, by stage; the first is a warm-up and not counted."""
    setting, found = world(rows)
    spent = {stage.name: 0.0 for stage in SCHEDULE}
    schedule = tuple(timed(stage, spent) for stage in SCHEDULE)
    state = run_quarter(setting, start_state(setting), schedule)
    spent.update(dict.fromkeys(spent, 0.0))
    took, passes = [], 0
    for _ in range(quarters):
        started = time.process_time()
        state = passed_on(state)
        state = run_quarter(setting, state, schedule)
        took.append(time.process_time() - started)
        passes += int(state["delivered"].passes)
    needed = arrays_mb(setting) + arrays_mb(state)
    return found | {
        "quarters": quarters, "seconds": statistics.fmean(took), "passes": passes, "peak_mb": peak_mb(), "arrays_mb": needed,
        "stages": {name: value / quarters for name, value in spent.items()},
    }  # fmt: skip


def timed(stage: Stage, spent: dict[str, float]) -> Stage:
    """The same stage, its time added up."""

    def function(setting: Setting, now: Any) -> State:
        started = time.process_time()
        written = stage.function(setting, now)
        spent[stage.name] += time.process_time() - started
        return written

    return Stage(stage.name, function, stage.reads, stage.writes, stage.equations)


def oracle(rows: int, quarters: int) -> Found:
    """The same quarters by agents, given the same policy; writing it on links and the first quarter are not counted."""
    from benchmarks.mesa_world import build, policy_of

    setting, found = world(rows)
    before = start_state(setting)
    states = [before]
    for _ in range(quarters + 1):
        states.append(run_quarter(setting, states[-1]))
    started = time.process_time()
    model = build(setting)
    found["build_seconds"] = time.process_time() - started
    took, sweeps, worst = [], 0, 0.0
    for before, after in pairwise(states):
        model.act_on(policy_of(setting, before, after))
        started = time.process_time()
        model.step()
        took.append(time.process_time() - started)
        sweeps += (len(took) > 1) * (model.counted.price_sweeps + model.counted.trade_sweeps)
        price = np.array([plant.price for plant in model.plants])
        worst = max(worst, float(abs(price / after["price"] - 1).max()))
    return found | {
        "quarters": quarters, "seconds": statistics.fmean(took[1:]), "sweeps": sweeps / quarters, "peak_mb": peak_mb(),
        "price_difference": worst,
    }  # fmt: skip


def floor(rows: int, quarters: int) -> Found:
    """The floor in C on the same links."""
    from benchmarks import floor as yardstick

    if yardstick.compiler() is None:
        return {"skipped": "no C compiler"}
    setting, found = world(rows)
    fast, strict = yardstick.measure(setting), yardstick.measure(setting, fast=False)
    return found | {"seconds": fast["quarter"], "stages": fast, "strict": strict, "peak_mb": peak_mb()}


def case(rows: int, quarters: int) -> Found:
    """One normal case of `blocs` in its own world, everything recorded: cold, then warm."""
    from model.simulation import Decoupling

    took, result = [], None
    for _ in range(4):
        started = time.process_time()
        model = Decoupling("blocs")
        keys, values = model.run_to_end().table()
        took.append(time.process_time() - started)
        same = result is None or np.array_equal(result, values, equal_nan=True)
        if not same:
            raise AssertionError("the timed case gave other results")
        result = values
    return {
        "rows": model.setting.n, "links": len(model.setting.economy.links.supplier), "series": len(keys),
        "first_seconds": took[0], "seconds": statistics.median(took[1:]), "peak_mb": peak_mb(),
    }  # fmt: skip


def cases(workers: int, count: int) -> Found:
    """Many cases of `blocs`, one draw each, on some workers."""
    from model.experiments.cases import Case, run_case, run_cases
    from model.scenario.resolve import load_scenario

    scenario = load_scenario("blocs")
    todo = [Case("blocs", scenario, None, draw, 0, ((0,), (1,))) for draw in range(1, count + 1)]
    run_case(todo[0])
    started = time.perf_counter()
    shards = run_cases(todo, workers)
    took = time.perf_counter() - started
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "workers": workers, "cases": count, "failed": len(shards.failures), "seconds": took, "per_second": count / took,
        "peak_mb": max(peak_mb(), children),
    }  # fmt: skip


def busy_for(seconds: float, task: int) -> int:
    """A task that computes for a while: of this process's own time, so that waiting for a core does not count as work."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return task


def short(workers: int, count: int) -> Found:
    """Tasks of 50 ms on workers that stand ready: start of the workers apart from the rate after it."""
    from model.experiments.workers import supervise

    started = time.perf_counter()
    arrived = [time.perf_counter() for _ in supervise(partial(busy_for, 0.05), [[i] for i in range(count)], workers)]
    skip = 2 * workers
    rate = (len(arrived) - skip) / (arrived[-1] - arrived[skip - 1])
    return {"workers": workers, "tasks": count, "start_seconds": arrived[0] - started - 0.05, "ideal": 0.05 * rate / workers}


def commands(rows: int, quarters: int) -> Found:
    """What a user waits for: seconds of whole commands, each in a process of its own; the least of three.

    Modules are compiled before, as they are on a user's machine from the second command on.
    """
    with tempfile.TemporaryDirectory() as kept:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = kept
        return {name: min(wall_of(words, environment) for _ in range(3)) for name, words in COMMANDS.items()}


def wall_of(words: list[str], environment: dict[str, str]) -> float:
    """Seconds of one command line."""
    with tempfile.TemporaryDirectory() as folder:
        out = ["--out", str(Path(folder, "out"))] if words[0] == "run" else []
        started = time.perf_counter()
        subprocess.run([sys.executable, "run.py", *words, *out], env=environment, capture_output=True, check=True)
        return time.perf_counter() - started


def profile(rows: int, quarters: int) -> Found:
    """Where the time goes: functions by own time, of the engine and of the oracle, with the default world."""
    from benchmarks.mesa_world import build, policy_of

    setting = default_setting()
    start = start_state(setting)
    state = run_quarter(setting, start)
    after = run_quarter(setting, state)
    model = build(setting)
    for one, two in ((start, state), (state, after)):
        model.act_on(policy_of(setting, one, two))
        if two is state:
            model.step()

    def engine() -> None:
        now = start
        for _ in range(quarters):
            now = run_quarter(setting, now)

    return {"engine": table_of(engine), "oracle": table_of(model.step)}


def table_of(call: Callable[[], Any], rows: int = 12) -> str:
    """The head of a profile by own time, without folders."""
    watch = cProfile.Profile()
    watch.runcall(call)
    text = io.StringIO()
    pstats.Stats(watch, stream=text).strip_dirs().sort_stats("tottime").print_stats(rows)
    lines = [line.rstrip() for line in text.getvalue().splitlines() if line.strip()]
    return "\n".join(line for line in lines if "Random listing" not in line and "reduced from" not in line)


COMMANDS = {"help": ["--help"], "one draw, no figures": ["run", "blocs", "--draws", "1", "--no-figures"], "run blocs": ["run", "blocs"]}
"""Commands whose time is measured; `run blocs` is the default run: 20 draws of a baseline and three stances."""
PARTS: dict[str, Callable[[int, int], Found]] = {
    "ours": ours, "oracle": oracle, "floor": floor, "case": case, "cases": cases, "profile": profile,
    "short": short, "commands": commands,
}  # fmt: skip


def main() -> None:
    """Run one measurement and print it."""
    name, rows, quarters = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with np.errstate(all="ignore"):
        found = PARTS[name](rows, quarters)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
