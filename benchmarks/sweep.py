"""Rate of a sweep beside the ideal: `blocs` over eight parameters, two runs a state (scenario and baseline).

    python -m benchmarks.sweep --runs 1024            the full measurement
    python -m benchmarks.sweep --runs 32 --workers 2

The ideal is what the same processes do with nothing around the model: as many processes as workers, each with its part
of the same states, one after the other, results thrown away. The sweep writes shards, brings them safely to disk,
supervises and reports. Both are timed from the first run's end to the last one's, so that starting Python counts for
neither; the parts are measured in turns, so that a busy machine slows both alike. Where it is very busy, look at processor
time (which counts the start of Python in both).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from model.experiments.sampling import uncertainty
from model.experiments.sweep import Sweep
from model.experiments.sweep_plan import SweepRequest, make_plan
from model.experiments.sweep_run import Groups, attempt, embedded, groups_of, write_plan
from model.experiments.workers import supervise
from model.scenario.resolve import load_baseline, load_scenario

NAMES = (
    "elasticity_of_substitution[memory]", "elasticity_of_substitution[logic]", "elasticity_of_substitution[devices]",
    "wage_adjustment_speed", "network_effect[os]", "diffusion_rate", "rent_speed", "rd_elasticity",
)  # fmt: skip
TURNS = 4
"""Parts that engine and ideal are measured on in turn."""


def planned(runs: int, folder: Path) -> Sweep:
    """An LHS sweep of `blocs` and its baseline with so many runs in all."""
    from calibration.registry import rows_by_key

    scenario = load_scenario("blocs")
    base = load_baseline(scenario)
    baselines = {scenario.name: base} if base else {}
    request = SweepRequest((scenario,), baselines, "lhs", runs // 2, stances=("hedge",))
    return write_plan(make_plan(request, [uncertainty(rows_by_key()[name]) for name in NAMES]), folder)


def bare(sweep: Sweep, number: int) -> str:
    """A run and nothing else."""
    attempt(sweep, number)
    return "done"


def bare_backend(workers: int) -> Callable[[Sweep, Groups], Iterator[tuple[int, object]]]:
    """The ideal: each process goes through its part; no queue, no shard."""
    return lambda sweep, groups: supervise(partial(_part, sweep, _dealt(groups, workers)), [[k] for k in range(workers)], workers)


def _dealt(groups: Groups, workers: int) -> list[list[int]]:
    return [[number for group in groups[k::workers] for number in group] for k in range(workers)]


def _part(sweep: Sweep, parts: Sequence[Sequence[int]], k: int) -> float:
    """In a process: all runs of a part; runs a second after the first (which warms up)."""
    bare(sweep, parts[k][0])
    start = time.perf_counter()
    for number in parts[k][1:]:
        bare(sweep, number)
    return (len(parts[k]) - 1) / (time.perf_counter() - start)


def sweep_rate(sweep: Sweep, groups: Groups, workers: int) -> float:
    """Runs a second of the engine, after each worker's first."""
    times = []
    with closing(embedded(workers)(sweep, groups)) as results:  # type: ignore[type-var]
        for _ in results:
            times.append(time.perf_counter())  # noqa: PERF401  as they come
    return (len(times) - workers) / (times[-1] - times[workers - 1])


def processor_time() -> float:
    """Processor seconds of this process and of those that it has started and that have ended."""
    return sum(os.times()[:4])


def ideal_rate(sweep: Sweep, groups: Groups, workers: int) -> float:
    """Runs a second of bare processes together."""
    return sum(float(rate) for _, rate in bare_backend(workers)(sweep, groups) if isinstance(rate, float))


def main() -> None:
    """Measure and print a line of JSON for each turn and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1024)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sweep = planned(asked.runs, Path(name))
        groups = groups_of(sweep, sweep.runs)
        size = max(2 * asked.workers, -(-len(groups) // TURNS))
        found = []
        for k in range(0, len(groups), size):
            turn = groups[k : k + size]
            start = processor_time()
            engine = sweep_rate(sweep, turn, asked.workers)
            middle = processor_time()
            ideal = ideal_rate(sweep, turn, asked.workers)
            spent = (processor_time() - middle) / (middle - start)
            found.append((engine, ideal))
            line = {"runs": sum(map(len, turn)), "a_second": round(engine, 3), "ideal": round(ideal, 3),
                    "part": round(engine / ideal, 3), "part_by_processor_time": round(spent, 3)}  # fmt: skip
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
    engine, ideal = (len(found) / sum(1 / pair[i] for pair in found) for i in (0, 1))
    sys.stdout.write(json.dumps({"all_runs": asked.runs, "workers": asked.workers, "part_of_ideal": round(engine / ideal, 3)}) + "\n")


if __name__ == "__main__":
    main()
