"""Screening: a small Morris sweep over many names, of which the few that matter most go into the sweep that was asked for.

It stands in the folder `screen` of the sweep's folder; `then.json` beside it says what is to follow, so that `resume`
can go on wherever the whole was interrupted.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import StoreError
from model.experiments.results import HEADLINE
from model.experiments.sampling import MORRIS_LEVELS, Name
from model.experiments.store import write_text
from model.experiments.sweep import Sweep, difference, points, quarters_of, series
from model.experiments.sweep_plan import SweepRequest
from model.said import worded
from model.scenario.record import restored

SCREEN, THEN = "screen", "then.json"
TRAJECTORIES = 4
"""Trajectories of a screening: few, since it only sorts the names that matter from those that do not."""


@dataclass(frozen=True)
class Then:
    """What follows a screening: how many names are kept, and the sweep over them."""

    keep: int
    method: str
    samples: int | None
    draws: int


def screening(request: SweepRequest) -> SweepRequest:
    """The request of the screening before a request."""
    return replace(request, method="morris", samples=TRAJECTORIES, draws=1)


def write_then(folder: Path, request: SweepRequest, keep: int) -> None:
    """Note what follows the screening."""
    then = {"keep": keep, "method": request.method, "samples": request.samples, "draws": request.draws}
    write_text(folder / THEN, json.dumps(then, indent=1, sort_keys=True) + "\n")


def read_then(folder: Path) -> Then | None:
    """What follows the screening in a folder; None if there is none."""
    if not (folder / THEN).is_file():
        return None
    try:
        return Then(**json.loads((folder / THEN).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as fault:
        raise worded(StoreError, "error.json", file=(folder / THEN).as_posix(), reason=fault) from fault


def request_after(screen: Sweep, then: Then, lang: str) -> SweepRequest:
    """The request that follows, from what the screening's plan holds of it."""
    plan = screen.plan
    names = list(dict.fromkeys(case["scenario"] for case in plan["cases"]))
    base = {case["scenario"]: case["baseline"] for case in plan["cases"] if case["baseline"]}
    found = {name: restored(data) for name, data in plan["scenarios"].items()}
    stances = tuple(dict.fromkeys(case["stance"] for case in plan["cases"] if case["stance"]))
    return SweepRequest(
        tuple(found[name] for name in names), {name: found[other] for name, other in base.items()}, then.method,
        then.samples, (), stances, then.draws, plan["seed"], next(iter(plan["record"]), None), lang,
    )  # fmt: skip


def ranking(screen: Sweep) -> list[tuple[str, float]]:
    """Names by the mean absolute elementary effect on the focus's real income in the last year, the largest over cases.

    In percent of the baseline where there is one. Trajectories with a failed run are left out; some must be whole.
    """
    from SALib.analyze import morris

    plan, inputs = screen.plan, points(screen)
    names = [name["name"] for name in plan["names"]]
    outcome = _outcome(screen)
    size = len(names) + 1
    whole = np.isfinite(outcome).all(1).reshape(-1, size).all(1).repeat(size)
    if not whole.any():
        raise worded(StoreError, "sweep.no_trajectory", folder=screen.folder.as_posix())
    effects: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of SALib, about names without any effect
        for values in outcome[whole].T:
            found = morris.analyze(plan["problem"], inputs[names].to_numpy()[whole], values, num_levels=MORRIS_LEVELS)
            effects.append(np.asarray(found["mu_star"], float))
    largest = np.max(effects, axis=0)
    return sorted(((n, float(e)) for n, e in zip(names, largest, strict=True)), key=lambda pair: (-pair[1], pair[0]))


def _outcome(screen: Sweep) -> Any:
    """Real income of the focus in the last year [state, case]: percent from the baseline, or the level without one."""
    plan = screen.plan
    last = min(data["horizon"][1] for data in plan["scenarios"].values())
    period = last[:4] if last.endswith("Q4") else last
    if all(case["baseline"] for case in plan["cases"]):
        return difference(screen, HEADLINE, plan["focus"], period).to_numpy()
    return series(screen, HEADLINE, plan["focus"], quarters_of(period))[list(screen.labels)].to_numpy()


def kept(screen: Sweep, keep: int) -> tuple[Name, ...]:
    """The names that matter most, in the order of the plan."""
    best = {name for name, _ in ranking(screen)[:keep]}
    return tuple(Name(**data) for data in screen.plan["names"] if data["name"] in best)
