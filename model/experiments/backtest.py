"""`backtest`: the record as dated, simulated past an origin, and scored against what happened.

Policy is an input: measures stand as dated. With `reactive`, those that start after the origin are left out and the
United States and China react by their ladders from then on, so that the timing of policy is scored too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from calibration.draws import draw_parameters, posterior_chances
from calibration.registry import central, override, parameter_hash, posterior_by
from model import __version__
from model.axes import quarter_labels, quarter_start
from model.errors import Fault, ModelError, ScenarioError
from model.experiments.cases import Case, Failure, Shards, run_cases
from model.experiments.identity import engine_hash, run_hash
from model.experiments.results import FigureContext
from model.experiments.run import index_sides, provenance
from model.experiments.scoring import Forecast, Point, Score, points_of, scores_of
from model.experiments.series import Figure, Panel, base_period, by_series, check_figures, panel_of, read_figures
from model.experiments.store import RESULTS, write_manifest, write_results
from model.experiments.timing import Timing, out_of_reach, starts_of, timing_score, timing_table, timings
from model.experiments.verdicts import accepted_draws
from model.experiments.workers import default_workers
from model.figures import save_spec
from model.figures.backtest import FIGURE
from model.said import worded
from model.scenario.types import REACTIVE, Scenario
from model.scenario.validate import LAST
from model.simulation import Decoupling
from model.words import speaker
from model.world import Parameters

SHIPPED = ("open.csv", "register.csv")
REACTING = ("USA", "CHN")
ENDS = {"2020-12": "2022Q4"}
"""Last quarter simulated by origin; later origins go to `END`."""
END = "2025Q4"


@dataclass(frozen=True)
class BacktestRequest:
    """What a back-test was asked for. `actual` None: the figures in calibration/targets."""

    scenario: Scenario
    origin: str
    out: Path
    actual: Path | None = None
    reactive: bool = False
    draws: int = 20
    seed: int = 0
    workers: int | None = None
    lang: str = "en"


@dataclass
class Backtest:
    """What came of it; `end` of the last quarter that belongs to the origin; `unused` rows stand on the wrong side of the origin or have nothing to be compared with."""

    points: list[Point]
    scores: list[Score]
    unused: int
    cases: int
    end: float
    failures: list[Failure] = field(default_factory=list)
    timing: list[Timing] = field(default_factory=list)
    out_of_reach: list[str] = field(default_factory=list)


def origin_year(origin: str) -> float:
    """End of the month an origin names, in years ('2020-12' -> 2021.0)."""
    return int(origin[:4]) + int(origin[5:]) / 12


def shipped_figures() -> tuple[Figure, ...]:
    """All figures in calibration/targets."""
    folder = files("calibration").joinpath("targets")
    return tuple(f for name in SHIPPED for f in read_figures(folder.joinpath(name).read_text(encoding="utf-8"), f"calibration/targets/{name}"))


def actual_figures(request: BacktestRequest) -> tuple[list[Figure], int]:
    """Figures that may be used at this origin, and how many may not: known ones that end after it, scored ones before.

    A file of the user's says itself what is known and where a series starts; the shipped figures are split by the origin,
    and measured from the last one known: a forecast starts where it is made.
    """
    origin = origin_year(request.origin) + 1e-9
    if request.actual is None:
        split = [replace(f, kind="train" if f.covers.end <= origin else "score") for f in shipped_figures()]
        last = quarter_start(last_quarter(request, [])) + 0.25
        return _from_origin([f for f in split if f.covers.end <= last + 0.1]), 0
    try:
        text = request.actual.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        say = speaker(request.lang)
        found = say("error.utf8.found", byte=f"{request.actual.read_bytes()[error.start]:#04x}")
        raise ScenarioError([Fault(request.actual.as_posix(), 1, 1, say("error.whole_file"), found, say("error.utf8.allowed"))]) from None
    given = read_figures(text, request.actual.as_posix(), request.lang)
    fit = [f for f in given if (f.covers.end <= origin) == (f.kind == "train") or f.period in f.transform]
    return fit, len(given) - len(fit)


def _from_origin(figures: list[Figure]) -> list[Figure]:
    """Changes and indices measured from the last known figure of their series."""
    found = []
    for rows in by_series(figures).values():
        known = [row.period for row in rows if row.kind == "train"]
        base = f"{rows[0].transform.partition(':')[0]}:{known[-1]}" if known and base_period(rows[0].transform) else rows[0].transform
        found += [replace(row, transform=base) for row in rows]
    return found


def last_quarter(request: BacktestRequest, figures: list[Figure]) -> str:
    """Last quarter to simulate: to the end that belongs to the origin, and as far as the figures go."""
    return max([ENDS.get(request.origin, END), *(label for f in figures for label, _ in f.covers.parts)])


def scripted(request: BacktestRequest, figures: list[Figure]) -> Scenario:
    """The scenario to the last quarter needed; with `reactive`, what starts after the origin is left to the states."""
    scenario = replace(request.scenario, last=last_quarter(request, figures))
    if not request.reactive:
        return scenario
    origin = origin_year(request.origin)
    known = tuple(m for m in scenario.measures if m.start < origin - 1e-9)
    states = dict(scenario.states) | dict.fromkeys(REACTING, REACTIVE)
    return replace(scenario, measures=known, states=states, overrides={**scenario.overrides, "reaction_start": origin})


def run_backtest(request: BacktestRequest, progress: Callable[[int, int], None] | None = None) -> Backtest:
    """Run all draws; write results.parquet, points.csv, scores.csv, the figure and the manifest."""
    started = time.time()
    figures, unused = actual_figures(request)
    check_figures(figures, panel_ahead(request.scenario), request.lang)
    scenario = scripted(request, figures)
    cases = [backtest_case(request, scenario, draw) for draw in accepted_draws(request.draws)[0]]
    shards = run_cases(cases, request.workers or default_workers(), progress)
    if not shards.recordings:
        raise worded(ModelError, "error.all_failed", reason=shards.failures[0].reason)
    panel = panel_of(_alike(shards))
    check_figures(figures, panel, request.lang)
    points = points_of(figures, panel)
    found = Backtest(points, scores_of(points), unused + _unpaired(figures, points), len(cases), quarter_start(ENDS.get(request.origin, END)) + 0.25, shards.failures)
    if request.reactive:
        found.timing, found.out_of_reach = policy_timing(request, scenario)
    request.out.mkdir(parents=True, exist_ok=True)
    write_results(request.out / RESULTS, shards.recordings)
    write_tables(found, request, figure_context(request, scenario, len(shards.recordings)))
    write_manifest(request.out, _manifest(request, scenario, found), provenance(started))
    return found


def panel_ahead(scenario: Scenario) -> Panel:
    """What could be recorded, before anything is run: every series, in every quarter that a scenario may reach, without values."""
    keys = Decoupling(scenario, record="all").recorder.keys
    return Panel(quarter_labels(scenario.first, LAST), {(region, name): (unit, np.zeros((1, 0))) for region, name, unit in keys})


def policy_timing(request: BacktestRequest, reacting: Scenario) -> tuple[list[Timing], list[str]]:
    """When the states that react would have acted, beside the record; and dated measures that no ladder has a kind for."""
    draws = {draw: parameters_at(request, reacting, draw) for draw in accepted_draws(request.draws)[0]}
    record, origin = replace(request.scenario, last=ENDS.get(request.origin, END)), origin_year(request.origin)
    starts = starts_of(reacting, draws, request.seed)
    return timings(record, starts, origin), [m.id for m in out_of_reach(record, REACTING, origin)]


def backtest_case(request: BacktestRequest, scenario: Scenario, draw: int) -> Case:
    """One run of the back-test."""
    sides, parameters = index_sides(scenario), parameters_at(request, scenario, draw)
    return Case(scenario.name, scenario, None, draw, request.seed, sides, "all", parameters=parameters)


def parameters_at(request: BacktestRequest, scenario: Scenario, draw: int) -> Parameters:
    """A draw by what was known at the origin: no posterior of figures published later."""
    drawn = draw_parameters(draw, request.seed, posterior_chances(draw, request.seed, posterior_by(request.origin)))
    return override(drawn, scenario.overrides) if scenario.overrides else drawn


def _alike(shards: Shards) -> list[Any]:
    """Recordings with the series of the first (a draw in which one never exists lacks it)."""
    common = set(shards.recordings[0].keys).intersection(*(r.keys for r in shards.recordings))
    kept = []
    for recording in shards.recordings:
        places = [i for i, key in enumerate(recording.keys) if key in common]
        kept.append(replace(recording, keys=tuple(recording.keys[i] for i in places), values=recording.values[places]))
    return kept


def _unpaired(figures: list[Figure], points: list[Point]) -> int:
    """Figures marked score that no forecast could be made of."""
    scored = {(p.figure.series_id, p.figure.period) for p in points}
    bases = [f for f in figures if f.kind == "score" and f.transform.endswith(f":{f.period}")]
    wanted = [f for f in figures if f.kind == "score" and f not in bases and not f.transform.startswith("cross")]
    return sum((f.series_id, f.period) not in scored for f in wanted)


def finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as a manifest can hold them: none for NaN."""
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


# -- what is written -------------------------------------------------------------------------------------
def points_table(points: list[Point]) -> pd.DataFrame:
    """One row a scored figure: outcome and the three forecasts, transformed."""

    def cells(name: str, forecast: Forecast) -> dict[str, float]:
        return {name: forecast.point, f"{name}_p10": forecast.low, f"{name}_p90": forecast.high}

    rows = [
        {"series_id": p.figure.series_id, "variable": p.figure.variable, "region": p.figure.region, "period": p.figure.period,
         "end": p.figure.covers.end, "transform": p.figure.transform, "actual": p.actual, "grade": p.figure.grade,
         "start": p.start, "before": p.before, "model_before": p.model_before, "deviation": p.deviation}
        | cells("model", p.model) | cells("last", p.last) | cells("trend", p.trend)
        for p in points
    ]  # fmt: skip
    return pd.DataFrame(rows)


def scores_table(scores: list[Score]) -> pd.DataFrame:
    """One row a series, the worst first by skill against the last value."""
    rows = [s.__dict__ | {"skill_last": s.skill_last, "skill_trend": s.skill_trend} for s in scores]
    return pd.DataFrame(rows).sort_values("skill_last", ignore_index=True) if rows else pd.DataFrame()


def write_tables(found: Backtest, request: BacktestRequest, context: FigureContext) -> None:
    """points.csv, scores.csv and the small multiples, if anything was scored; timing.csv, if states reacted."""
    if found.timing:
        write_sheet(request.out / "timing.csv", timing_table(found.timing, found.end))
    if not found.points:
        return
    points = points_table(found.points)
    write_sheet(request.out / "points.csv", points)
    write_sheet(request.out / "scores.csv", scores_table(found.scores))
    save_spec(FIGURE, points, context, request.out / "figures")


def write_sheet(path: Path, table: pd.DataFrame) -> None:
    """A table for people."""
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n", float_format="%.6g")


def figure_context(request: BacktestRequest, scenario: Scenario, draws: int) -> FigureContext:
    """What the figure says about the runs."""
    return FigureContext(
        scenario.name, (), scenario.baseline or scenario.name, scenario.focus, (int(scenario.last[:4]),), request.lang,
        scenario.title[request.lang], run_hash(scenario, None, request.seed, request.draws)[:12], __version__, request.seed, draws,
        parameter_hash(central()),
    )  # fmt: skip


def _manifest(request: BacktestRequest, scenario: Scenario, found: Backtest) -> dict[str, Any]:
    """What went in, under hashes."""
    from model.scenario.record import resolved

    return {
        "kind": "backtest", "origin": request.origin, "reactive": request.reactive, "actual": request.actual.name if request.actual else "calibration/targets",
        "run": run_hash(scenario, None, request.seed, request.draws), "scenario": resolved(scenario), "baseline": None,
        "parameters": parameter_hash(central()), "draws": request.draws, "seed": request.seed,
        "engine": {"version": __version__, "sources": engine_hash()}, "planned": found.cases,
        "failed": [f.__dict__ for f in found.failures], "scored": len(found.points), "unused": found.unused,
        "timing": {**finite(timing_score(found.timing, found.end)), "out_of_reach": found.out_of_reach} if found.timing else None,
    }  # fmt: skip
