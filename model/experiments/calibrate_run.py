"""What `blocs calibrate` does from request to folder: runs, matching, check, what the headline rests on, back-test, report."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from calibration.registry import POSTERIOR, central, load_rows, parameter_hash
from model import __version__
from model.experiments.backtest import (
    Backtest,
    BacktestRequest,
    finite,
    policy_timing,
    run_backtest,
    scripted,
    shipped_figures,
    write_sheet,
)
from model.experiments.calibrate import (
    CHECK_SEED,
    COVERAGE,
    DESIGN_SEED,
    SAME_PLACE,
    Calibration,
    composites,
    fresh_error,
    grade_variances,
    known_by,
    match,
    moved,
    parameters_table,
    posterior_table,
    published_by,
    simulate,
    targets_of,
    targets_table,
    without_table,
)
from model.experiments.calibration_report import match_folder, write_calibration, write_version
from model.experiments.identity import engine_hash
from model.experiments.matching import quasi_random
from model.experiments.run import provenance
from model.experiments.scoring import geometric_ratio, interval_ratio
from model.experiments.store import write_manifest, write_text
from model.experiments.timing import timing_score, timing_table
from model.scenario.record import resolved
from model.scenario.types import Scenario
from model.words import LANGUAGES

FRESH = 4
"""The check runs one fresh case for so many of the design."""
FRESH_ERROR = (0.5, 2.0)
"""Between these the emulator's error on fresh runs is what it says."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CalibrationRequest:
    """What was asked for. `headline`: scenario, baseline, stance of the effect whose variance is taken apart, if any."""

    scenario: Scenario
    origin: str
    samples: int
    out: Path
    workers: int | None = None
    check: bool = False
    headline: tuple[Scenario, Scenario, str] | None = None
    draws: int = 8

    @property
    def seen(self) -> Scenario:
        """The scenario as far as it was known at the origin."""
        return known_by(self.scenario, self.origin)


@dataclass
class Calibrated:
    """The calibration, and the verdicts of the check ('' where it was not asked for)."""

    calibration: Calibration
    moves: dict[str, float] = field(default_factory=dict)
    fresh: float = float("nan")

    @property
    def passed(self) -> bool:
        """Whether the last stage landed in the same place and the emulator's error is stated right."""
        return all(move <= SAME_PLACE for move in self.moves.values()) and FRESH_ERROR[0] <= self.fresh <= FRESH_ERROR[1]


def run_calibration(request: CalibrationRequest, progress: Progress | None = None) -> Calibrated:
    """Run the design, match, check if asked to, score the back-test, and write tables, posterior, reports and manifest."""
    started = time.time()
    targets = targets_of(published_by(shipped_figures(), request.origin))
    points = quasi_random(request.samples, len(composites()), DESIGN_SEED)
    design = simulate(request.seen, targets, points, 0, request.workers, progress)
    found = Calibrated(match(targets, design))
    if request.check:
        _check(request, found, progress)
    request.out.mkdir(parents=True, exist_ok=True)
    write_tables(request.out, request.origin, found.calibration)
    facts = told(request, found, progress)
    write_manifest(request.out, _manifest(request, found) | {"facts": facts}, provenance(started), ("backtest", "figures"))
    if folder := match_folder(request.out):
        write_version(folder)
        write_calibration(folder, ("html", "md"), LANGUAGES)
    return found


def _check(request: CalibrationRequest, found: Calibrated, progress: Progress | None) -> None:
    """The last stage again from other points of the space, and fresh runs for the emulator."""
    c = found.calibration
    again = match(c.targets, c.design, CHECK_SEED)
    found.moves = dict(zip(c.names, (float(move) for move in moved(c, again)), strict=True))
    fresh = quasi_random(max(request.samples // FRESH, 4), len(c.names), CHECK_SEED)
    runs = simulate(request.seen, c.targets, fresh, request.samples, request.workers, progress)
    found.fresh = fresh_error(c, runs)


def write_tables(folder: Path, origin: str, c: Calibration) -> None:
    """parameters.csv, targets.csv, without.csv, design.csv and posterior-ORIGIN.csv."""
    design = np.hstack([c.design.points, c.design.outputs])
    tables = {
        "parameters": parameters_table(c), "targets": targets_table(c), "without": without_table(c),
        "design": pd.DataFrame(design, columns=[*c.names, *(t.name for t in c.targets)]), f"posterior-{origin}": posterior_table(c),
    }  # fmt: skip
    for name, frame in tables.items():
        write_text(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n", float_format="%.6g"))


def told(request: CalibrationRequest, found: Calibrated, progress: Progress | None) -> dict[str, Any]:
    """What the report tells beside the tables: numbers, variances by grade, and the back-test of December 2020 with its timing."""
    test = BacktestRequest(request.scenario, "2020-12", request.out / "backtest", draws=request.draws, workers=request.workers)
    tested = run_backtest(test, progress)
    timing, reach = policy_timing(test, scripted(replace(test, reactive=True), []))
    write_sheet(test.out / "timing.csv", timing_table(timing, tested.end))
    score = timing_score(timing, tested.end)
    variances = grade_variances(*request.headline, request.draws, request.workers, progress) if request.headline else {}
    return {"numbers": numbers_of(request, found, tested), "variances": finite(variances), "timing": {**finite(score), "out_of_reach": reach}}


def shown(value: float) -> str:
    """A ratio as text, a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.2f}"


def numbers_of(request: CalibrationRequest, found: Calibrated, tested: Backtest) -> dict[str, float | int | str]:
    """Numbers of the report's sentences by name."""
    c = found.calibration
    kept = parameters_table(c)
    signs = [s.sign for s in tested.scores if not math.isnan(s.sign)]
    return {
        "origin": request.origin, "scenario": request.scenario.name, "runs": len(c.design.points), "failed": len(c.design.failed), "refused": len(c.design.refused),
        "figures": len(c.targets), "used": int(c.used.sum()), "missed": int((~c.reach).sum()),
        "still": int((c.reach & ~c.used).sum()), "left": f"{100 * c.found.left:.0f}", "informed": int(kept["informed"].sum()),
        "composites": len(c.names), "coverage": f"{100 * c.held.mean():.0f}", "recovered": c.held.shape[0], "draws": request.draws, "in_use": POSTERIOR,
        "moved": f"{max(found.moves.values()):.3f}" if found.moves else "–", "fresh": shown(found.fresh),
        "later": sum(row.published[:4] > "2020" and row.evidence != "assumed" for row in load_rows()),
        "headline": f"{request.headline[0].name}@{request.headline[2]}" if request.headline else "–",
        "year": request.headline[0].last[:4] if request.headline else "–",
        "points": len(tested.points), "series": len(tested.scores), "last": f"{geometric_ratio(tested.scores, 'last'):.2f}",
        "trend": f"{geometric_ratio(tested.scores, 'trend'):.2f}", "signs": f"{100 * sum(signs) / max(len(signs), 1):.0f}",
        "covered": f"{100 * sum(s.covered * s.points for s in tested.scores) / len(tested.points):.0f}",
        "interval": shown(interval_ratio(tested.scores, "last")),
    }  # fmt: skip


def _manifest(request: CalibrationRequest, found: Calibrated) -> dict[str, object]:
    c = found.calibration
    return {
        "kind": "calibration", "origin": request.origin, "samples": request.samples, "scenario": resolved(request.seen),
        "parameters": parameter_hash(central()), "engine": {"version": __version__, "sources": engine_hash()},
        "failed": [f.__dict__ for f in c.design.failed], "refused": [f.__dict__ for f in c.design.refused], "planned": request.samples, "targets": [t.name for t in c.targets],
        "coverage": round(float(c.held.mean()), 4), "coverage_wanted": list(COVERAGE), "left": c.found.left,
        "check": {"moves": {k: round(v, 4) for k, v in found.moves.items()}, "fresh": round(found.fresh, 4), "passed": found.passed} if request.check else None,
    }  # fmt: skip
