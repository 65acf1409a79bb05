"""What `blocs calibrate` does from request to folder: runs, matching, check, what the headline rests on, back-test, report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.registry import central, load_rows, parameter_hash, table
from model import __version__
from model.experiments.backtest import BacktestRequest, run_backtest, scores_table, shipped_figures
from model.experiments.calibrate import (
    CHECK_SEED,
    COVERAGE,
    DESIGN_SEED,
    SAME_PLACE,
    Calibration,
    composites,
    fresh_error,
    grade_variances,
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
from model.experiments.identity import engine_hash
from model.experiments.matching import quasi_random
from model.experiments.results import FigureContext
from model.experiments.run import provenance
from model.experiments.scoring import geometric_ratio
from model.experiments.store import write_manifest, write_text
from model.figures import save_spec
from model.figures.calibration_fit import FIGURE
from model.reports.calibration import Facts, write_calibration
from model.scenario.record import resolved
from model.scenario.types import Scenario

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
    design = simulate(request.scenario, targets, points, 0, request.workers, progress)
    found = Calibrated(match(targets, design))
    if request.check:
        _check(request, found, progress)
    request.out.mkdir(parents=True, exist_ok=True)
    write_tables(request.out, request.origin, found.calibration)
    _draw_fit(request, found.calibration)
    _report(request, found, progress)
    write_manifest(request.out, _manifest(request, found), provenance(started), ("backtest",))
    return found


def _check(request: CalibrationRequest, found: Calibrated, progress: Progress | None) -> None:
    """The last stage again from other points of the space, and fresh runs for the emulator."""
    c = found.calibration
    again = match(c.targets, c.design, CHECK_SEED)
    found.moves = dict(zip(c.names, (float(move) for move in moved(c, again)), strict=True))
    fresh = quasi_random(max(request.samples // FRESH, 4), len(c.names), CHECK_SEED)
    runs = simulate(request.scenario, c.targets, fresh, request.samples, request.workers, progress)
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


def _draw_fit(request: CalibrationRequest, c: Calibration) -> None:
    """The figures matched, as a picture; `blocs figures` draws it in the other language."""
    context = FigureContext(
        request.scenario.name, (), "–", request.scenario.focus, (), "en", hash=parameter_hash(central()), version=__version__,
        seed=DESIGN_SEED, draws=len(c.design.points), parameters=parameter_hash(central()),
    )  # fmt: skip
    save_spec(FIGURE, targets_table(c), context, request.out / "figures")


def _report(request: CalibrationRequest, found: Calibrated, progress: Progress | None) -> None:
    """The reports in both languages, with the back-test of December 2020."""
    tested = run_backtest(BacktestRequest(request.scenario, "2020-12", request.out / "backtest", draws=request.draws, workers=request.workers), progress)
    variances = grade_variances(*request.headline, request.draws, request.workers, progress) if request.headline else {}
    c = found.calibration
    tables = {"parameters": parameters_table(c), "targets": targets_table(c), "without": without_table(c), "scores": scores_table(tested.scores)}
    kept = tables["parameters"]
    numbers: dict[str, float | int | str] = {
        "origin": request.origin, "scenario": request.scenario.name, "runs": len(c.design.points), "failed": len(c.design.failed), "refused": len(c.design.refused),
        "figures": len(c.targets), "used": int(c.used.sum()), "missed": int((~c.reach).sum()),
        "still": int((c.reach & ~c.used).sum()), "left": f"{100 * c.found.left:.0f}", "informed": int(kept["informed"].sum()),
        "composites": len(c.names), "coverage": f"{100 * c.held.mean():.0f}", "draws": request.draws,
        "later": sum(row.published[:4] > "2020" and row.evidence != "assumed" for row in load_rows()),
        "headline": f"{request.headline[0].name}@{request.headline[2]}" if request.headline else "–",
        "year": request.headline[0].last[:4] if request.headline else "–",
        "points": len(tested.points), "series": len(tested.scores), "last": f"{geometric_ratio(tested.scores, 'last'):.2f}",
        "trend": f"{geometric_ratio(tested.scores, 'trend'):.2f}",
        "covered": f"{100 * sum(s.covered * s.points for s in tested.scores) / len(tested.points):.0f}",
    }  # fmt: skip
    left = [(row["id"], row["reason"]) for row in table("targets/left_out.csv")]
    write_calibration(request.out, Facts(tables, numbers, variances, left, request.out / "backtest" / "figures" / "backtest.png"))


def _manifest(request: CalibrationRequest, found: Calibrated) -> dict[str, object]:
    c = found.calibration
    return {
        "kind": "calibration", "origin": request.origin, "samples": request.samples, "scenario": resolved(request.scenario),
        "parameters": parameter_hash(central()), "engine": {"version": __version__, "sources": engine_hash()},
        "failed": [f.__dict__ for f in c.design.failed], "refused": [f.__dict__ for f in c.design.refused], "planned": request.samples, "targets": [t.name for t in c.targets],
        "coverage": round(float(c.held.mean()), 4), "coverage_wanted": list(COVERAGE), "left": c.found.left,
        "check": {"moves": {k: round(v, 4) for k, v in found.moves.items()}, "fresh": round(found.fresh, 4), "passed": found.passed} if request.check else None,
    }  # fmt: skip
