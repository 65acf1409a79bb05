"""What a sweep will do, before it does it: names, points, states of the world, runs; all faults of the request at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from calibration.draws import is_remainder
from calibration.registry import central, load_rows, parameter_hash, rows_by_key, tables_hash
from model.errors import UsageError
from model.experiments.cases import check_record
from model.experiments.identity import engine_hash
from model.experiments.run import index_sides
from model.experiments.sampling import (
    LEVER,
    MORRIS_LEVELS,
    UNCERTAINTY,
    Name,
    all_uncertainties,
    impossible,
    known_names,
    moved_along,
    name_data,
    numeric_levers,
    problem,
    sample_points,
    state_values,
    uncertainty,
)
from model.experiments.store import SCHEMA_VERSION
from model.experiments.sweep import Sweep, as_csv, plan_hash
from model.experiments.verdicts import accepted_draws
from model.scenario.record import resolved, scenario_hash
from model.scenario.types import Scenario
from model.simulation import draw_of
from model.words import hint, word

GRID_STEPS = 5
NEEDS_NAMES = ("sobol", "grid")
"""Methods that cost too much over all names."""


@dataclass(frozen=True)
class SweepRequest:
    """What a sweep was asked to do; see `blocs sweep --help`. `baselines` by the name of the scenario compared."""

    scenarios: tuple[Scenario, ...]
    baselines: Mapping[str, Scenario]
    method: str
    samples: int | None = None
    vary: tuple[str, ...] = ()
    stances: tuple[str, ...] = ()
    draws: int = 1
    seed: int = 0
    record: str | None = None
    lang: str = "en"


@dataclass(frozen=True)
class Planned:
    """A plan: the sweep (not yet in a folder), its points, states that cannot be, and parameters that move along."""

    sweep: Sweep
    points: pd.DataFrame
    impossible: dict[int, str] = field(default_factory=dict)
    moved: tuple[str, ...] = ()


def make_plan(request: SweepRequest, names: Sequence[Name] | None = None) -> Planned:
    """The plan of a request; `names` in place of those it asks for (what a screening kept). UsageError with all faults."""
    check_scenarios(request)
    check_record(request.record, request.scenarios, request.lang)
    names = tuple(names) if names is not None else find_names(request)
    check_baselines(request, names)
    samples = check_samples(request, names)
    points = sample_points(request.method, names, samples, request.seed)
    frame, origins = states_of(request, names, points)
    refused, moved = check_states(request, frame)
    document = plan_document(request, names, samples, frame)
    columns = {name.name: points[origins, i] for i, name in enumerate(names)}
    sampled = pd.DataFrame({"sample": frame["sample"], "draw": frame["draw"], **columns}, index=frame.index)
    return Planned(Sweep(Path(), document, frame), sampled, refused, moved)


# -- the request -------------------------------------------------------------------------------------
def check_scenarios(request: SweepRequest) -> None:
    """One focus, one world (the same overrides), and one meaning for each name among scenarios and baselines."""
    first, say = request.scenarios[0], request.lang
    faults = [
        word(f"sweep.error.{key}", say, one=first.name, two=scenario.name)
        for scenario in request.scenarios for key in ("focus", "overrides") if getattr(scenario, key) != getattr(first, key)
    ]  # fmt: skip
    hashes: dict[str, set[str]] = {}
    for found in (*request.scenarios, *request.baselines.values()):
        hashes.setdefault(found.name, set()).add(scenario_hash(found))
    faults += [word("sweep.error.two_meanings", say, name=name) for name, seen in hashes.items() if len(seen) > 1]
    faults += [
        word("cli.no_stance", say, name=stance, names=", ".join(scenario.choices) or "-") + hint(stance, scenario.choices, say)
        for scenario in request.scenarios for stance in request.stances if stance not in scenario.choices
    ]  # fmt: skip
    if faults:
        raise UsageError("\n".join(dict.fromkeys(faults)))


def check_baselines(request: SweepRequest, names: Sequence[Name]) -> None:
    """A scenario whose levers vary cannot be what another is compared with."""
    both = {s.name for s in request.scenarios} & {b.name for b in request.baselines.values()}
    labels = {case["label"] for case in cases_of(request)}
    if both & labels and any(name.kind == LEVER for name in names):
        raise UsageError(word("sweep.error.both", request.lang, name=sorted(both & labels)[0]))


def find_names(request: SweepRequest) -> tuple[Name, ...]:
    """The names that --vary asks for; all uncertainties without it where the method can bear them."""
    if not request.vary:
        if request.method in NEEDS_NAMES:
            raise UsageError(word("sweep.error.names", request.lang, method=request.method))
        return all_uncertainties(_fixed(request.scenarios))
    faults: list[str] = []
    names = [name for text in request.vary for name in _named(text, request, faults)]
    twice = {n.name for n in names if sum(m.name == n.name for m in names) > 1}
    faults += [word("sweep.error.twice", request.lang, name=name) for name in sorted(twice)]
    if faults:
        raise UsageError("\n".join(faults))
    return tuple(names)


def _fixed(scenarios: Iterable[Scenario]) -> set[str]:
    return {key for scenario in scenarios for key in scenario.overrides}


def _named(text: str, request: SweepRequest, faults: list[str]) -> list[Name]:
    """What one --vary names: a row, all rows of a parameter, or a lever, with its range; faults are noted."""
    key, _, ends = text.partition("=")
    rows, levers = rows_by_key(), numeric_levers()
    if key in levers:
        lever = levers[key]
        found = [Name(key, LEVER, lever.unit, lever.low, lever.high, "uniform")]
    elif key in rows:
        found = [uncertainty(rows[key])]
    else:
        many = [row for row in load_rows() if row.name == key]
        found = [uncertainty(row) for row in many if row.low < row.high and not is_remainder(row.key)] or [
            uncertainty(row) for row in many
        ]
    if not found:
        there = [*known_names(), *{row.name for row in load_rows()}]
        faults.append(word("sweep.error.unknown", request.lang, name=key) + hint(key, there, request.lang))
    named = (_with_ends(name, ends, text, request, faults) for name in found)
    return [name for name in named if name is not None and not _refused(name, request, faults)]


def _refused(name: Name, request: SweepRequest, faults: list[str]) -> bool:
    """Whether a name cannot be varied in these scenarios; says why."""
    said, before = request.lang, len(faults)
    used = sorted({m.instrument for s in request.scenarios for m in s.measures})
    instrument = name.name.partition(".")[0]
    if name.kind == LEVER and instrument not in used:
        faults.append(word("sweep.error.unused", said, name=name.name, instrument=instrument, names=", ".join(used) or "-"))
    if name.kind == UNCERTAINTY and is_remainder(name.name):
        faults.append(word("sweep.error.remainder", said, name=name.name))
    elif name.kind == UNCERTAINTY and name.name in _fixed(request.scenarios):
        faults.append(word("sweep.error.fixed", said, name=name.name))
    elif name.low >= name.high:
        faults.append(word("sweep.error.no_range", said, name=name.name, value=f"{name.low:g}"))
    return len(faults) > before


def _with_ends(name: Name, ends: str, text: str, request: SweepRequest, faults: list[str]) -> Name | None:
    """The name with LO:HI[:STEPS]; None, with a fault, where these are not what is allowed."""
    if not ends:
        return name
    parts = ends.split(":")
    try:
        low, high = float(parts[0]), float(parts[1])
        steps = int(parts[2]) if len(parts) > 2 else 0
        good = len(parts) <= 3 and isfinite(low) and isfinite(high) and low < high and (len(parts) < 3 or steps > 1)
    except (ValueError, IndexError):
        good = False
    if not good:
        faults.append(word("sweep.error.ends", request.lang, text=text))
        return None
    if steps and request.method != "grid":
        faults.append(word("sweep.error.steps", request.lang, text=text, method=request.method))
        return None
    if low < name.low or high > name.high:
        span = {"low": f"{name.low:g}", "high": f"{name.high:g}", "unit": name.unit}
        faults.append(word("sweep.error.range", request.lang, text=text, name=name.name, **span))
        return None
    return Name(name.name, name.kind, name.unit, low, high, name.distribution, steps)


def check_samples(request: SweepRequest, names: Sequence[Name]) -> int:
    """The number of samples, if the method can work with it."""
    samples = request.samples
    if request.method == "grid":
        samples = samples or GRID_STEPS
    if samples is None:
        raise UsageError(word("sweep.error.samples", request.lang, method=request.method))
    if samples < 2:
        raise UsageError(word("sweep.error.two", request.lang, method=request.method))
    if request.method == "sobol" and samples & (samples - 1):
        near = 1 << (samples.bit_length() - 1)
        raise UsageError(word("sweep.error.power", request.lang, samples=samples, low=near, high=2 * near))
    return samples


# -- states and document -----------------------------------------------------------------------------
def states_of(
    request: SweepRequest, names: Sequence[Name], points: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """states.csv as a frame, and the point of each state: all base draws of a point follow one another."""
    draws, scenario = accepted_draws(request.draws)[0], request.scenarios[0]
    worlds = [draw_of(draw, request.seed, scenario) for draw in draws]
    rows = [
        {"sample": i, "draw": draw, **state_values(request.method, names, point, world)}
        for i, point in enumerate(points) for draw, world in zip(draws, worlds, strict=True)
    ]  # fmt: skip
    frame = pd.DataFrame(rows).rename_axis("state")
    return frame, np.repeat(np.arange(len(points)), len(draws))


def check_states(request: SweepRequest, frame: pd.DataFrame) -> tuple[dict[int, str], tuple[str, ...]]:
    """States whose values cannot go together, with the reason, and parameters that move along in some state.

    Morris and Sobol need every point, so there an impossible one is an error.
    """
    worlds = {d: draw_of(d, request.seed, request.scenarios[0]) for d in sorted(set(frame["draw"]))}
    refused: dict[int, str] = {}
    moved: dict[str, None] = {}
    for state, row in zip(frame.index, frame.to_dict("records"), strict=True):
        values = {str(key): float(v) for key, v in row.items() if key not in ("sample", "draw")}
        world = worlds[int(row["draw"])]
        reason = impossible(values, world)
        if reason:
            refused[int(state)] = reason
        else:
            moved |= dict.fromkeys(moved_along(values, world))
    if refused and request.method in ("sobol", "morris"):
        reason = next(iter(refused.values()))
        raise UsageError(word("sweep.error.impossible", request.lang, count=len(refused), states=len(frame), reason=reason))
    if len(refused) == len(frame):
        raise UsageError(word("sweep.error.none_possible", request.lang, reason=next(iter(refused.values()))))
    return refused, tuple(moved)


def plan_document(
    request: SweepRequest, names: Sequence[Name], samples: int, frame: pd.DataFrame
) -> dict[str, Any]:
    """plan.json; nothing of this machine, moment or folder is in it."""
    cases = cases_of(request)
    found = {s.name: s for s in (*request.scenarios, *request.baselines.values())}
    plan: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION, "method": request.method, "samples": samples, "seed": request.seed,
        "draws": request.draws, "focus": request.scenarios[0].focus, "cases": cases,
        "names": [name_data(name) for name in names], "problem": problem(request.method, names),
        "morris": {"trajectories": samples, "levels": MORRIS_LEVELS} if request.method == "morris" else None,
        "sobol": {"base": samples, "second_order": False} if request.method == "sobol" else None,
        "record": [request.record] if request.record else [],
        "sides": [list(side) for side in index_sides(request.scenarios[0])],
        "scenarios": {name: resolved(s) for name, s in sorted(found.items())},
        "parameters": parameter_hash(central()), "tables": tables_hash(), "engine": engine_hash(),
        "states": len(frame), "states_sha256": hashlib.sha256(as_csv(frame).encode("utf-8")).hexdigest(),
        "baseline_of": baseline_of(frame, names),
    }  # fmt: skip
    plan["planned"] = len(Sweep(Path(), plan, frame).runs)
    return plan | {"hash": plan_hash(plan)}


def cases_of(request: SweepRequest) -> list[dict[str, Any]]:
    """Scenarios with stances, as the plan lists them."""
    found = {}
    for scenario in request.scenarios:
        base = request.baselines.get(scenario.name)
        for stance in request.stances or scenario.choices or ("",):
            label = f"{scenario.name}@{stance}" if stance else scenario.name
            case = {"scenario": scenario.name, "stance": stance, "label": label, "baseline": base.name if base else None}
            found[label] = case
    return list(found.values())


def baseline_of(frame: pd.DataFrame, names: Sequence[Name]) -> dict[str, int]:
    """State -> first state with the same parameters, where that is another: levers do not touch baselines."""
    own = ["draw", *(name.name for name in names if name.kind == UNCERTAINTY)]
    first: dict[tuple[float, ...], int] = {}
    found: dict[str, int] = {}
    for state, row in enumerate(frame[own].itertuples(index=False, name=None)):
        same = first.setdefault(tuple(row), state)
        if same != state:
            found[str(state)] = same
    return found
