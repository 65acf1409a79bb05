"""`calibrate`: what figures published by a date say about a few composite parameters (docs/calibration.md).

A composite is a common quantile of one or several parameters' priors (calibration/targets/composites.csv). All other
parameters vary by their priors in the same runs. Only figures published by the origin are used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

from calibration.draws import composite_chances, draw_parameters, settle
from calibration.registry import central, override, table, uncertain
from calibration.world import build_setting
from model.errors import ModelError, UsageError
from model.experiments.cases import Case, Failure, run_cases
from model.experiments.matching import (
    INFORMED,
    Posterior,
    fit,
    posterior,
    quasi_random,
    recovery,
    resample,
    telling,
    within_reach,
    without,
)
from model.experiments.run import index_sides
from model.experiments.series import (
    WIDTH,
    Figure,
    base_period,
    by_series,
    check_figures,
    panel_of,
    simulated,
    transformed,
    variables_of,
)
from model.experiments.verdicts import accepted_draws
from model.experiments.workers import default_workers
from model.kernel.links import Array, Mask
from model.outcomes import Recording
from model.said import worded
from model.scenario.types import Scenario
from model.world import Parameters

SPACE = 4096
"""Points of the space of composites at which the emulator is asked."""
KEPT = 256
"""Equally weighted points of the posterior that are written."""
DESIGN_SEED, SPACE_SEED, CHECK_SEED = 1, 2, 3
SAME_PLACE = 0.1
"""Largest move of a posterior mean, in prior standard deviations, that counts as the same place."""
COVERAGE = (0.65, 0.95)
GRADES = ("measured", "estimated", "assumed", "recalled")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Target:
    """A figure to be met, in the form it is compared in, with its series' base (None for a level)."""

    figure: Figure
    base: Figure | None
    value: float

    @property
    def name(self) -> str:
        """'series period'."""
        return f"{self.figure.series_id} {self.figure.period}"


@dataclass(frozen=True)
class Design:
    """Runs of the design: composites [n, P] and targets [n, K]; runs that `failed` and worlds that were `refused` have no row."""

    points: Array
    outputs: Array
    failed: tuple[Failure, ...] = ()
    refused: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Calibration:
    """What came of it. `logs` [K]: targets matched in logarithms (positive levels and indices); `reach` [K]: those that
    can be met together; `used` [K]: those of them that the composites move, which are what is matched."""

    names: tuple[str, ...]
    targets: tuple[Target, ...]
    design: Design
    noise: Array
    logs: Mask
    reach: Mask
    used: Mask
    found: Posterior
    held: Array
    recovered: Array
    dropped: tuple[tuple[str, Posterior], ...]


# -- composites and targets --------------------------------------------------------------------------------
@cache
def composites() -> tuple[str, ...]:
    """Names of the composites, in the order of the table."""
    return tuple(dict.fromkeys(row["composite"] for row in table("targets/composites.csv")))


@cache
def grade_factor(grade: str) -> float:
    """By how much the stated spread of a figure of this grade is widened: the one formula of weights."""
    return float(next(row["factor"] for row in table("targets/grades.csv") if row["grade"] == grade))


def published_by(figures: Sequence[Figure], origin: str) -> list[Figure]:
    """Figures published by the origin's month; what is dated by the year alone counts from its end."""
    return [f for f in figures if (f.published if len(f.published) > 4 else f"{f.published}-12")[:7] <= origin]


def targets_of(figures: Sequence[Figure]) -> tuple[Target, ...]:
    """Every figure but the bases, transformed; a series without its base has none."""
    found = []
    for (_, transform), rows in by_series(figures).items():
        base = next((row for row in rows if row.period == base_period(transform)), None)
        if transform.startswith("cross") or (base is None and base_period(transform)):
            continue
        start = base.value if base else 0.0
        found += [Target(row, base, float(transformed(transform, row.value, start))) for row in rows if row is not base]
    return tuple(found)


def noise_of(targets: Sequence[Target], logs: Mask | None = None) -> Array:
    """Covariance of the figures [K, K], in logarithms where `logs`: own variance, and that of a base which a series shares."""
    taken = np.zeros(len(targets), bool) if logs is None else logs
    covariance = np.zeros((len(targets), len(targets)))
    for i, a in enumerate(targets):
        for j, b in enumerate(targets):
            own = _deviation(a.figure, a, bool(taken[i])) * _deviation(b.figure, b, bool(taken[j])) if i == j else 0.0
            shared = a.base is not None and a.base is b.base
            start = _deviation(a.base, a, bool(taken[i])) * _deviation(b.base, b, bool(taken[j])) if shared and a.base and b.base else 0.0
            covariance[i, j] = own + start
    return covariance


def _deviation(figure: Figure, target: Target, logs: bool) -> float:
    """Standard deviation that a figure (the target's own or its base) gives to a target."""
    factor = grade_factor(figure.grade) / WIDTH
    if logs:  # the range is read as 80 percent in logarithms where it has them
        return factor * (math.log(figure.high / figure.low) if figure.low > 0 else (figure.high - figure.low) / figure.value)
    slope = abs(target.value / figure.value) if target.figure.transform.startswith("index") else 1.0
    return factor * (figure.high - figure.low) * slope


# -- runs ----------------------------------------------------------------------------------------------------
def known_by(scenario: Scenario, origin: str) -> Scenario:
    """The scenario with the measures that were in force or announced by the end of the origin's month; later ones are not seen."""
    end = int(origin[:4]) + int(origin[5:]) / 12
    return replace(scenario, measures=tuple(m for m in scenario.measures if min(m.start, m.announced or m.start) < end))


def simulate(scenario: Scenario, targets: Sequence[Target], points: Array, first: int, workers: int | None, progress: Progress | None = None) -> Design:
    """One run a point; all other parameters are those of the accepted draws from number `first` on."""
    figures = list(dict.fromkeys(f for t in targets for f in (t.figure, t.base) if f is not None))
    to_end = replace(scenario, last=max(label for f in figures for label, _ in f.covers.parts))
    draws = [d for d in accepted_draws(first + len(points) + 1)[0] if d > 0][first : first + len(points)]
    cases = [_case(to_end, figures, draw, point) for draw, point in zip(draws, points, strict=True)]
    shards = run_cases(cases, workers or default_workers(), progress)
    if len(shards.recordings) < 2:
        raise worded(ModelError, "error.all_failed", reason=shards.failures[0].reason)
    refused = tuple(f for f in shards.failures if _impossible(cases[draws.index(f.draw)]))
    failed = tuple(f for f in shards.failures if f not in refused)
    place = {draw: i for i, draw in enumerate(draws)}
    check_figures(figures, panel_of(shards.recordings[:1]))
    outputs = np.array([_outputs(recording, targets) for recording in shards.recordings])
    return Design(points[[place[r.draw] for r in shards.recordings]], outputs, failed, refused)


def _case(scenario: Scenario, figures: Sequence[Figure], draw: int, point: Array) -> Case:
    """The run of a draw with the composites at a point."""
    chances = composite_chances(dict(zip(composites(), point, strict=True)))
    drawn = draw_parameters(draw, chances=chances)
    parameters = override(drawn, scenario.overrides) if scenario.overrides else drawn
    return Case(scenario.name, scenario, None, draw, 0, index_sides(scenario), ";".join(variables_of(figures)), parameters=parameters)


def _impossible(case: Case) -> bool:
    """Whether a case's parameters cannot go together: no run failed, there is no such world."""
    try:
        build_setting(case.parameters or central(), case.scenario)
    except ModelError:
        return True
    return False


def _outputs(recording: Recording, targets: Sequence[Target]) -> list[float]:
    """Transformed targets of one run; NaN where a series does not exist in it."""
    panel, found = panel_of([recording]), []
    for t in targets:
        try:
            start = simulated(panel, t.base) if t.base else 0.0
            found.append(float(transformed(t.figure.transform, simulated(panel, t.figure), start)[0]))
        except KeyError:
            found.append(math.nan)
    return found


# -- the last stage ------------------------------------------------------------------------------------------
def match(targets: Sequence[Target], design: Design, space_seed: int = SPACE_SEED) -> Calibration:
    """From runs to the posterior: emulator, reach, implausibility, recovery test, leave-one-series-out."""
    known: Mask = np.asarray(np.isfinite(design.outputs).all(axis=0))
    targets = tuple(t for t, use in zip(targets, known.tolist(), strict=True) if use)
    design = replace(design, outputs=design.outputs[:, known])
    if len(design.points) < 1.5 * (2 * design.points.shape[1] + 3):
        raise worded(UsageError, "calibrate.few", runs=len(design.points), composites=design.points.shape[1])
    space = quasi_random(SPACE, design.points.shape[1], space_seed)
    observed = np.array([t.value for t in targets])
    changes = np.array([t.figure.transform.startswith("change") for t in targets])
    logs = np.asarray(~changes & (observed > 0) & (design.outputs > 0).all(axis=0))
    observed, noise = in_logs(observed, logs), noise_of(targets, logs)
    emulator = fit(design.points, in_logs(design.outputs, logs))
    reach = within_reach(emulator, observed, noise, space)
    used = reach & telling(emulator, noise, space)
    if not used.any():
        raise worded(UsageError, "calibrate.silent")
    inner = np.ix_(used, used)
    part = replace(emulator, coefficients=emulator.coefficients[:, used], residual=emulator.residual[inner])
    found = posterior(part, observed[used], noise[inner], space)
    held, recovered = recovery(design.points, in_logs(design.outputs, logs)[:, used], noise[inner], space)
    series = [t.figure.series_id for t, near in zip(targets, used, strict=True) if near]
    groups = [np.array([s == name for s in series]) for name in dict.fromkeys(series)]
    left = without(part, observed[used], noise[inner], space, groups) if len(groups) > 1 else []
    dropped = tuple(zip(dict.fromkeys(series), left, strict=False))
    return Calibration(composites(), targets, design, noise, logs, reach, used, found, held, recovered, dropped)


def in_logs(values: Array, logs: Mask) -> Array:
    """Values [..., K] with the targets in logarithms taken so."""
    return np.where(logs, np.log(np.where(logs, values, 1.0)), values)


def moved(one: Calibration, other: Calibration) -> Array:
    """[P] moves of the posterior means, in prior standard deviations."""
    return np.asarray(np.abs(one.found.mean - other.found.mean) * math.sqrt(12))


def fresh_error(calibration: Calibration, fresh: Design) -> float:
    """Mean squared error of the emulator on fresh runs over what it expects; about 1 if its error is stated right."""
    outputs = in_logs(fresh.outputs, calibration.logs)
    emulator = fit(calibration.design.points, in_logs(calibration.design.outputs, calibration.logs))
    live = np.diag(emulator.residual) > 1e-18
    error = (emulator.mean(fresh.points) - outputs)[:, live]
    return float(np.mean(error**2 / np.diag(emulator.residual)[live]))


# -- tables ----------------------------------------------------------------------------------------------------
def parameters_table(c: Calibration) -> pd.DataFrame:
    """One row a composite: where the posterior lies, what it keeps of the prior variance, and coverage in the recovery test."""
    low, high = c.found.interval()
    kept = c.found.variance_kept
    return pd.DataFrame({
        "composite": c.names, "mean": c.found.mean, "p10": low, "p90": high, "variance_kept": kept,
        "informed": kept <= INFORMED, "recovered": c.held.mean(axis=0),
    })  # fmt: skip


def targets_table(c: Calibration) -> pd.DataFrame:
    """One row a target: figure, spread, runs of the prior, the emulator at the posterior, least implausibility, used or not."""
    emulator = fit(c.design.points, in_logs(c.design.outputs, c.logs))
    total = np.sqrt(np.diag(emulator.residual + c.noise))
    value = np.array([t.value for t in c.targets])
    after = c.found.weights @ emulator.mean(c.found.points)
    far = np.abs(after - in_logs(value, c.logs)) / total
    after = np.where(c.logs, np.exp(np.where(c.logs, after, 0.0)), after)
    deviation = np.sqrt(np.diag(c.noise)) * np.where(c.logs, value, 1.0)
    low, middle, high = np.quantile(c.design.outputs, [0.1, 0.5, 0.9], axis=0)
    return pd.DataFrame({
        "target": [t.name for t in c.targets], "series_id": [t.figure.series_id for t in c.targets], "end": [t.figure.covers.end for t in c.targets],
        "variable": [t.figure.variable for t in c.targets],
        "region": [t.figure.region for t in c.targets], "transform": [t.figure.transform for t in c.targets],
        "grade": [t.figure.grade for t in c.targets], "value": value, "deviation": deviation,
        "prior": middle, "prior_p10": low, "prior_p90": high, "posterior": after,
        "implausibility": far, "reached": c.reach, "used": c.used,
    })  # fmt: skip


def without_table(c: Calibration) -> pd.DataFrame:
    """One row a series left out: moves of the posterior means, in prior standard deviations."""
    rows = [
        {"without": name} | dict(zip(c.names, (found.mean - c.found.mean) * math.sqrt(12), strict=True))
        for name, found in c.dropped
    ]
    return pd.DataFrame(rows)


def posterior_table(c: Calibration) -> pd.DataFrame:
    """Equally weighted points of the posterior: chances of the informed composites (what draws read where it is in use).

    The others are left out: as one quantile of several rows they would only tie together what the priors draw apart.
    """
    points = pd.DataFrame(resample(c.found, KEPT), columns=list(c.names))
    return points[[name for name, kept in zip(c.names, c.found.variance_kept, strict=True) if kept <= INFORMED]]


# -- what the headline rests on ----------------------------------------------------------------------------------
def grade_variances(scenario: Scenario, baseline: Scenario, stance: str, draws: int, workers: int | None, progress: Progress | None = None) -> dict[str, float]:
    """Variance of the focus's effect (percent of real income, last year) when only the rows of one grade vary."""
    used = [d for d in accepted_draws(draws + 1)[0] if d > 0]
    cases = []
    for g, grade in enumerate(GRADES):
        for draw in used:
            parameters, number = only(grade, draw), 1000 * (g + 1) + draw
            cases += [Case(s.name, s, choice, number, 0, index_sides(scenario), None, parameters=parameters) for s, choice in ((baseline, None), (scenario, stance))]
    shards = run_cases(cases, workers or default_workers(), progress)
    income = {(r.scenario, r.draw): _last_year(r, scenario.focus) for r in shards.recordings}
    effects: dict[str, list[float]] = {grade: [] for grade in GRADES}
    for g, grade in enumerate(GRADES):
        for draw in used:
            own, base = (income.get((s.name, 1000 * (g + 1) + draw)) for s in (scenario, baseline))
            effects[grade] += [100 * (own / base - 1)] if own and base else []
    return {grade: float(np.var(values, ddof=1)) if len(values) > 1 else math.nan for grade, values in effects.items()}


def only(grade: str, draw: int) -> Parameters:
    """A draw of the rows of one grade; all others at their central values."""
    drawn = draw_parameters(draw)
    sampled = {row.key: drawn[row.name][row.index] for row in uncertain() if row.evidence == grade}
    return override(central(), settle(sampled, central()), check=False)


def _last_year(recording: Recording, region: str) -> float:
    place = next(i for i, key in enumerate(recording.keys) if key[:2] == (region, "Real Income"))
    return float(recording.values[place][-4:].mean())
