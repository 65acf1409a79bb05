"""Seconds a case takes after warm-up, by stage.

    python -m benchmarks.one_case                  blocs, five runs
    python -m benchmarks.one_case no_policy --runs 9

Times are of this process (others on the machine do not count as time, but they do slow caches); the median of the
runs is printed, and calls of the model's functions a quarter, which are the same everywhere.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from benchmarks.counting import calls_of
from model.schedule import SCHEDULE, Function, Stage
from model.simulation import Decoupling
from model.world import Setting, State, View


def timed(stage: Stage, spent: Counter[str]) -> Stage:
    """The stage with the time it takes added to `spent`."""

    def function(setting: Setting, now: View) -> State:
        start = time.process_time()
        written = stage.function(setting, now)
        spent[stage.name] += time.process_time() - start  # type: ignore[assignment]
        return written

    checked: Function = function
    return replace(stage, function=checked)


def run_once(scenario: str, stance: str | None, draw: int) -> tuple[dict[str, float], list[int], Decoupling]:
    """Seconds by part ('build', each stage, 'record and rest', 'all'), passes of each quarter, and the model."""
    spent: Counter[str] = Counter()
    start = time.process_time()
    model = Decoupling(scenario, stance, draw, schedule=tuple(timed(s, spent) for s in SCHEDULE))
    built, passes = time.process_time(), []
    model.running = True
    while model.running:
        model.step()
        passes.append(model.now["delivered"].passes + 1)
    end = time.process_time()
    parts = {"build": built - start, **{s.name: float(spent[s.name]) for s in SCHEDULE}}
    parts["record and rest"] = end - built - sum(spent.values())
    return parts | {"all": end - start}, passes, model


def report(scenario: str, stance: str | None, draw: int, runs: int) -> list[str]:
    """Lines to print."""
    run_once(scenario, stance, draw)  # warm-up: imports, files, caches
    found = [run_once(scenario, stance, draw) for _ in range(runs)]
    parts = {name: median(parts[name] for parts, _, _ in found) for name in found[0][0]}
    _, passes, model = found[0]
    links = model.setting.economy.links
    lines = [
        f"{scenario}{'@' + stance if stance else ''}, draw {draw}: {parts['all']:.3f} s a case (median of {runs}, CPU time)",
        f"{model.setting.n} plants, {links.technique:,} links, {len(passes)} quarters, {sum(passes)} passes of rationing (most {max(passes)})",
    ]
    lines += [f"  {name:<16}{1000 * value:8.1f} ms{value / parts['all']:6.0%}" for name, value in parts.items() if name != "all"]
    calls = calls_of(lambda: Decoupling(scenario, stance, draw).run_to_end())
    lines.append(f"calls of model functions: {sum(calls.values()) / len(passes):,.0f} a quarter; most called:")
    return lines + [f"  {name:<36}{count / len(passes):8.1f}" for name, count in calls.most_common(8)]


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Seconds a case takes after warm-up, by stage.")
    parser.add_argument("scenario", nargs="?", default="blocs")
    parser.add_argument("--stance")
    parser.add_argument("--draw", type=int, default=0)
    parser.add_argument("--runs", type=int, default=5)
    chosen: Any = parser.parse_args(arguments)
    with np.errstate(all="ignore"):
        print("\n".join(report(chosen.scenario, chosen.stance, chosen.draw, chosen.runs)))  # noqa: T201


if __name__ == "__main__":
    main()
