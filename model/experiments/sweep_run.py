"""A sweep done: runs on worker processes (or elsewhere), shards, and what is put together when all are there."""

from __future__ import annotations

import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

from model import __version__
from model.errors import StoreError
from model.experiments.cases import Case, Failure, run_case
from model.experiments.identity import engine_hash
from model.experiments.run import provenance
from model.experiments.sampling import state_parameters, with_levers
from model.experiments.shards import (
    FAILED,
    IMPOSSIBLE,
    KILLED,
    MODEL,
    SHARDS,
    Failed,
    clear_leftovers,
    compact,
    failure_path,
    shard_path,
    write_failure,
    write_shard,
)
from model.experiments.store import MANIFEST, RESULTS, write_manifest, write_text
from model.experiments.sweep import (
    PLAN,
    POINTS,
    STATES,
    Run,
    Sweep,
    as_csv,
    done_runs,
    load_sweep,
    plan_text,
    unfinished,
)
from model.experiments.sweep_plan import Planned
from model.experiments.workers import Died, supervise
from model.outcomes import Recording
from model.said import worded
from model.scenario.record import restored
from model.scenario.types import Scenario
from model.simulation import draw_of

DONE, LOST = "done", "failed"
Groups = Sequence[Sequence[int]]
Backend = Callable[[Sweep, Groups], Iterator[tuple[int, str]]]
"""Does runs by number, those of a group sharing a world; yields each with DONE or LOST as it is settled."""
Report = Callable[[int, int], None]
"""Told how many of the runs in hand are settled and how many of these failed."""
_ONE_AT_A_TIME = threading.Lock()


# -- one run -----------------------------------------------------------------------------------------
def execute(folder: str, number: int, worker: str = "") -> str:
    """Do one run of the sweep in a folder, in this process: leaves a shard or a failure, and says which.

    `worker` is the name that the shard is signed with; the machine's and the process's by default.
    """
    with _ONE_AT_A_TIME:  # a cluster's worker may have threads; a process computes on one
        sweep = opened(folder)
        result = attempt(sweep, number)
        if isinstance(result, Failure):
            fail(sweep, number, MODEL, result.reason)
            return LOST
        write_shard(sweep.folder, sweep.plan["hash"], number, result, worker or f"{platform.node()}:{os.getpid()}")
        return DONE


def attempt(sweep: Sweep, number: int) -> Recording | Failure:
    """One run; whatever goes wrong with it is its failure, so that the others go on. The disk is not the run's."""
    run = sweep.runs[number]
    try:
        return run_case(case_of(sweep, run))
    except (OSError, StoreError):
        raise
    except Exception as fault:  # noqa: BLE001  in odd corners of the parameters anything may happen
        return Failure(run.name, run.state, sweep.plan["seed"], f"{type(fault).__name__}: {fault}")


@lru_cache(maxsize=1)
def opened(folder: str) -> Sweep:
    """The sweep of a folder, read once in a worker; refused if this program is not the one that planned it."""
    return same_engine(load_sweep(Path(folder)))


def same_engine(sweep: Sweep) -> Sweep:
    """The sweep, if the program is the one that planned it: results of two programs do not mix."""
    if sweep.plan["engine"] != engine_hash():
        folder = sweep.folder.as_posix()
        raise worded(StoreError, "sweep.other_engine", folder=folder, planned=sweep.plan["engine"][:12], here=engine_hash()[:12])
    return sweep


def case_of(sweep: Sweep, run: Run) -> Case:
    """The case of a run: the scenario with its levers at their values, and the parameters of the state."""
    plan, values = sweep.plan, sweep.values(run.state)
    found = next((case for case in plan["cases"] if case["label"] == run.name), None)
    scenario = _scenario(sweep, found["scenario"] if found else run.name)
    world = state_parameters(values, draw_of(sweep.draw(run.state), plan["seed"], scenario))
    first, second = (tuple(side) for side in plan["sides"])
    return Case(
        run.name, with_levers(scenario, values) if found else scenario, (found["stance"] or None) if found else None,
        run.state, plan["seed"], (first, second), next(iter(plan["record"]), None), parameters=world,
    )  # fmt: skip


def _scenario(sweep: Sweep, name: str) -> Scenario:
    return restored(sweep.plan["scenarios"][name])


def fail(sweep: Sweep, number: int, kind: str, reason: str) -> None:
    """Record that a run has no result, with its values."""
    run = sweep.runs[number]
    failed = Failed(number, run.name, run.state, sweep.draw(run.state), sweep.values(run.state), kind, reason)
    write_failure(sweep.folder, sweep.plan["hash"], failed)


# -- many runs ---------------------------------------------------------------------------------------
def embedded(workers: int) -> Backend:
    """Supervised processes on this machine."""

    def backend(sweep: Sweep, groups: Groups) -> Iterator[tuple[int, str]]:
        work = partial(execute, str(sweep.folder.resolve()))
        for number, result in supervise(work, groups, workers):
            if isinstance(result, Died):
                fail(sweep, number, KILLED, result.reason)
            yield number, LOST if isinstance(result, Died) else result

    return backend


def groups_of(sweep: Sweep, runs: Sequence[Run]) -> list[list[int]]:
    """Run numbers, those that share a world together."""
    ordered = sorted(runs, key=lambda run: (sweep.world_of(run.state), run.number))
    return [[run.number for run in group] for _, group in groupby(ordered, lambda run: sweep.world_of(run.state))]


def part_of(sweep: Sweep, runs: Sequence[Run], part: tuple[int, int]) -> list[Run]:
    """The i-th of n parts of the runs (i from 1), whole worlds each: the same on every machine."""
    i, n = part
    worlds = sorted({sweep.world_of(run.state) for run in sweep.runs})
    mine = set(worlds[i - 1 :: n])
    return [run for run in runs if sweep.world_of(run.state) in mine]


def carry_out(sweep: Sweep, runs: Sequence[Run], backend: Backend, report: Report | None = None) -> None:
    """Do the runs; `report` is told after each."""
    failed = 0
    with closing(backend(sweep, groups_of(sweep, runs))) as results:  # type: ignore[type-var]
        for settled, (_, outcome) in enumerate(results, 1):
            failed += outcome == LOST
            if report:
                report(settled, failed)


# -- the folder --------------------------------------------------------------------------------------
def write_plan(planned: Planned, folder: Path) -> Sweep:
    """Write the plan's files into a folder; impossible states are failures from the start. plan.json comes last."""
    sweep = replace(planned.sweep, folder=folder)
    write_text(folder / STATES, as_csv(sweep.states))
    write_text(folder / POINTS, as_csv(planned.points))
    for run in sweep.runs:
        if run.state in planned.impossible:
            fail(sweep, run.number, IMPOSSIBLE, planned.impossible[run.state])
    write_text(folder / PLAN, plan_text(sweep.plan))
    return load_sweep(folder)


def clear_sweep(folder: Path) -> None:
    """Take away an earlier sweep's files and nothing else."""
    for kind, pattern in ((SHARDS, "run-*.parquet"), (FAILED, "run-*.json")):
        for path in (folder / kind).glob(pattern):
            path.unlink()
    for name in (PLAN, STATES, POINTS, RESULTS, MANIFEST):
        (folder / name).unlink(missing_ok=True)
    clear_leftovers(folder)


def retry(sweep: Sweep) -> Sweep:
    """Forget failures, so that these runs are done again; impossible states stay so."""
    for failure in sweep.failures:
        if failure["kind"] != IMPOSSIBLE:
            failure_path(sweep.folder, failure["run"]).unlink(missing_ok=True)
    return load_sweep(sweep.folder)


def finish(sweep: Sweep, started: float) -> Sweep:
    """Put results.parquet and manifest.json together when every run is settled; the sweep as it then is."""
    sweep = load_sweep(sweep.folder)
    done = done_runs(sweep)
    if len(done) + len(sweep.failures) < len(sweep.runs):
        return sweep
    if not done:
        raise worded(StoreError, "sweep.all_failed", folder=sweep.folder.as_posix(), reason=sweep.failures[0]["reason"])
    ordered = sorted((sweep.runs[number] for number in done), key=lambda run: (run.name, run.state))
    compact(sweep.folder / RESULTS, [shard_path(sweep.folder, run.number) for run in ordered])
    clear_leftovers(sweep.folder)
    workers: dict[str, int] = {}
    for worker in done.values():
        workers[worker] = workers.get(worker, 0) + 1
    about = provenance(started) | {"workers": dict(sorted(workers.items()))}
    write_manifest(sweep.folder, manifest(sweep, len(done)), about, without=(SHARDS, FAILED, "screen"))
    return sweep


def manifest(sweep: Sweep, done: int) -> Mapping[str, Any]:
    """What was asked and what came of it."""
    plan = sweep.plan
    asked = {key: plan[key] for key in ("method", "samples", "seed", "draws", "planned", "parameters", "states")}
    engine = {"version": __version__, "sources": plan["engine"]}
    return {"sweep": plan["hash"], **asked, "done": done, "failed": sweep.failures, "engine": engine}


# -- the probe ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Probe:
    """What a run costs: seconds on one worker, its world included in its part, and bytes of its shard."""

    seconds: float
    size: int


MOST_PROBED = 3


def probe(planned: Planned) -> Probe:
    """Time the runs of one world in a worker process. Nothing is kept. Zeros if none has a solution."""
    sweep = planned.sweep
    possible = [run for run in sweep.runs if run.state not in planned.impossible]
    groups = groups_of(sweep, possible)
    numbers = (groups[0][0], *groups[len(groups) // 2][:MOST_PROBED])
    for _, found in supervise(partial(_timed, sweep, numbers), [[0]], 1):
        return found if isinstance(found, Probe) else Probe(0.0, 0)
    return Probe(0.0, 0)


def _timed(sweep: Sweep, numbers: Sequence[int], _: int) -> Probe:
    """In a worker: the first run warms up, the others count."""
    attempt(sweep, numbers[0])
    sizes: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        for number in numbers[1:]:
            result = attempt(sweep, number)
            if not isinstance(result, Failure):
                write_shard(Path(folder), "", number, result, "")
                sizes.append(shard_path(Path(folder), number).stat().st_size)
        seconds = time.perf_counter() - start
    return Probe(seconds / len(numbers[1:]), sum(sizes) // max(len(sizes), 1))


def pending(sweep: Sweep, part: tuple[int, int] | None = None) -> list[Run]:
    """Runs still to do, of a part if one is given."""
    runs = unfinished(sweep)
    return part_of(sweep, runs, part) if part else runs
