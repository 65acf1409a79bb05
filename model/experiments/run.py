"""`run`: a scenario, its baseline, stances and draws -> results, manifest, table, figures and report."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from model import __version__
from model.axes import REGION_INDEX, quarter_start
from model.errors import ModelError
from model.experiments.cases import Case, Failure, Shards, check_record, run_cases
from model.experiments.decompose import MOST_DRAWS, PREFIX, decompose, render_channels
from model.experiments.folder import RunFolder, run_context
from model.experiments.identity import engine_hash, run_hash
from model.experiments.results import HEADLINE, headline_table, horizon_years, render_headline
from model.experiments.store import RESULTS, frame_of, write_manifest, write_results
from model.experiments.verdicts import accepted_draws
from model.experiments.workers import Pool, default_workers, hired
from model.said import worded
from model.scenario.types import REACTIVE, Scenario
from model.words import word

PACKAGES = ("numpy", "scipy", "pandas", "mesa", "matplotlib", "duckdb")


@dataclass(frozen=True)
class RunRequest:
    """What a run was asked to do; see `blocs run --help`."""

    scenario: Scenario
    baseline: Scenario | None
    stances: tuple[str, ...] | None
    draws: int
    seed: int
    workers: int | Pool | None
    out: Path
    record: str | None = None
    decompose: bool = False
    figures: bool = True
    only: tuple[str, ...] | None = None
    lang: str = "en"
    json: bool = False
    quiet: bool = False
    force: bool = False


@dataclass
class RunResult:
    """What came of it: cases run and failed, the short table as frame and text, the failures; whether Ctrl-C cut it short."""

    cases: int
    failed: int
    table: pd.DataFrame
    text: str
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    cut: bool = False


def run_scenario(request: RunRequest, progress: Callable[[int, int], None] | None = None) -> RunResult:
    """Run all cases and write the folder: results.parquet, figures, report.html, manifest.json (in this order)."""
    check_record(request.record, (request.scenario,), request.lang)
    cases = plan_cases(request)
    with hired(request.workers or default_workers(), len(cases)) as workers:
        return _run(request, cases, workers, progress)


def _run(request: RunRequest, cases: list[Case], workers: int | Pool, progress: Callable[[int, int], None] | None) -> RunResult:
    """The same with workers, for the cases first and then for the figures."""
    started = time.time()
    shards = run_cases(cases, workers, progress, keep=True)
    if shards.cut:
        request = kept(request, shards)
    if not shards.recordings:
        raise worded(ModelError, "error.all_failed", reason=shards.failures[0].reason)
    split_channels(request, cases, shards, workers, progress)
    prepare_to_draw(request, workers)
    request.out.mkdir(parents=True, exist_ok=True)
    clear_outputs(request.out)
    document = manifest(request, cases, shards)
    with ThreadPoolExecutor(1) as beside:  # DuckDB writes while the workers draw
        written = beside.submit(write_results, request.out / RESULTS, shards.recordings)
        try:
            context = run_context(document, len({r.draw for r in shards.recordings}), request.lang)
            frame = frame_of(shards.recordings, shown_variables(request))
            table = headline_table(frame, context.scenario, context.stances, context.baseline, context.focus, context.years)
            write_pages(RunFolder(request.out, document, context, frame), request, workers)
        finally:  # with results and manifest the folder is one that `report` and `figures` can go on with
            written.result()
            write_manifest(request.out, document, provenance(started))
    text = render_headline(table, request.lang, context.scenario, context.baseline)
    text += "\n" + render_channels(frame, context) if request.decompose else ""
    if request.baseline is None:  # a root is what others are compared with: its differences would all be zero
        text = word("cli.run.root", request.lang, scenario=context.scenario)
    return RunResult(len(cases), len(shards.failures), table, text, shards.failures, time.time() - started, shards.cut)


def kept(request: RunRequest, shards: Shards) -> RunRequest:
    """What is still done after Ctrl-C: results, no figures; nothing if not even the central draw is whole."""
    if any(failure.draw == 0 for failure in shards.failures):
        raise KeyboardInterrupt
    return replace(request, figures=False, decompose=False)


def clear_outputs(folder: Path) -> None:
    """Take away an earlier run's outputs, and nothing else, so that none of them stands beside the new ones.

    Without results there was no run: what has the name of an output is then somebody's own.
    """
    if not (folder / RESULTS).is_file():
        return
    from model.figures import KINDS
    from model.figures.save import INDEX
    from model.reports.formats import FORMATS

    old = [folder / name for name in (RESULTS, "manifest.json", "sources.txt", *(f"report.{kind}" for kind in FORMATS))]
    old += [folder / "figures" / f"{name}.{kind}" for name in KINDS for kind in ("png", "pdf", "svg", "csv")] + [folder / "figures" / INDEX]
    old += (folder / "tables").glob("*.xlsx")
    for path in old:
        path.unlink(missing_ok=True)


def split_channels(
    request: RunRequest, cases: list[Case], shards: Shards, workers: int | Pool, progress: Callable[[int, int], None] | None
) -> None:
    """Add the rows of the decomposition by channel (E26), if asked for; its failed runs count as failures."""
    if not request.decompose or request.baseline is None:
        return
    found = decompose(cases, shards.recordings, request.baseline, workers, progress)
    shards.recordings = found.recordings
    shards.failures += found.failures


def plan_cases(request: RunRequest) -> list[Case]:
    """Baseline and stances for every draw; stances share the baseline."""
    scenario, sides = request.scenario, index_sides(request.scenario)
    stances = stances_of(request)
    cases: list[Case] = []
    for draw in accepted_draws(request.draws)[0]:
        if request.baseline is not None:
            base = request.baseline
            cases.append(Case(base.name, base, None, draw, request.seed, sides, request.record))
        for stance in stances:
            name = f"{scenario.name}@{stance}" if stance else scenario.name
            cases.append(Case(name, scenario, stance, draw, request.seed, sides, request.record))
    return cases


def stances_of(request: RunRequest) -> tuple[str | None, ...]:
    """Stances and plans to run: those asked for, else those of the scenario, else none."""
    return request.stances or request.scenario.choices or (None,)


def index_sides(scenario: Scenario) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Members of the first two blocs without the focus; the USA and China where the scenario names none."""
    blocs = [scenario.members(name, None) for name in scenario.blocs][:2]
    pairs = blocs if len(blocs) == 2 else [("USA",), ("CHN",)]
    first, second = (tuple(REGION_INDEX[r] for r in side) for side in pairs)
    return first, second


def first_measure(scenario: Scenario, baseline: Scenario | None) -> float:
    """Start of the first measure that the baseline lacks, or of the first reaction; of the horizon where there is none."""
    known = {m.what for m in baseline.measures} if baseline else set()
    new = [m.start for m in scenario.measures if m.what not in known]
    new += [first_reaction(scenario)] if REACTIVE in scenario.states.values() else []
    return min(new, default=quarter_start(scenario.first))


def first_reaction(scenario: Scenario) -> float:
    """Year from which the states that react do so."""
    from calibration.registry import central

    return float(scenario.overrides.get("reaction_start", central().scalar("reaction_start")))


def shown_years(scenario: Scenario, baseline: Scenario | None) -> tuple[int, ...]:
    """Calendar years 1, 5 and 10 after the first measure that the baseline lacks, as far as the horizon reaches."""
    last = int(scenario.last[:4])
    return tuple(year for year in horizon_years(first_measure(scenario, baseline)) if year <= last)


def shown_variables(request: RunRequest) -> list[str]:
    """What is shown of the results: the series of the short tables, and those of the figures if there are any."""
    short = [HEADLINE, f"{PREFIX}*"]
    if not request.figures or request.baseline is None:
        return short
    from model.experiments.report import read_figures
    from model.figures import figure_variables

    return [*short, *figure_variables(read_figures(request.only))]


def prepare_to_draw(request: RunRequest, workers: int | Pool) -> None:
    """Workers import what draws figures while this process writes the results."""
    if not request.figures or request.baseline is None or not isinstance(workers, Pool):
        return
    from model.figures import DRAWING

    workers.prepare(*DRAWING)


def write_pages(folder: RunFolder, request: RunRequest, workers: int | Pool) -> None:
    """Figures, tables and report.html, unless figures were not wanted or there is nothing to compare with."""
    if not request.figures or request.baseline is None:
        return
    from model.experiments.report import write_report

    write_report(folder, ("html",), only=request.only, workers=workers)


def manifest(request: RunRequest, cases: list[Case], shards: Shards) -> dict[str, Any]:
    """What went in, under hashes: resolved scenario and baseline, parameters, seed, engine."""
    from calibration.registry import central, parameter_hash
    from model.scenario.record import resolved

    return {
        "run": run_hash(request.scenario, request.baseline, request.seed, request.draws),
        "scenario": resolved(request.scenario),
        "baseline": resolved(request.baseline) if request.baseline else None,
        "stances": [s or "" for s in stances_of(request)],
        "years": list(shown_years(request.scenario, request.baseline)),
        "parameters": parameter_hash(central()), "draws": request.draws, "refused_draws": accepted_draws(request.draws)[1], "seed": request.seed,
        "engine": {"version": __version__, "sources": engine_hash()},
        "decomposed_draws": accepted_draws(request.draws)[0][:MOST_DRAWS] if request.decompose else [],
        "planned": len(cases),
        "failed": [f.__dict__ for f in shards.failures],
    }  # fmt: skip


def provenance(started: float) -> dict[str, Any]:
    """When, where and with what: outside every hash."""
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)), "seconds": round(time.time() - started, 1),
        "python": sys.version.split()[0], "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
    }  # fmt: skip


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"
