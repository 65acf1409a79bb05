"""Scenarios side by side: each is run into a folder of its own; one table and one figure over all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from calibration.registry import central, parameter_hash
from model import __version__
from model.errors import UsageError
from model.experiments.cases import Failure
from model.experiments.identity import joint_hash, run_hash
from model.experiments.results import FigureContext
from model.experiments.run import RunRequest, run_scenario
from model.experiments.workers import RUNNING, default_workers, hired
from model.figures import save_spec
from model.figures.strategies import FIGURE
from model.scenario.resolve import load_baseline, load_scenario
from model.scenario.study import Study
from model.scenario.types import Scenario
from model.words import hint, word

COMPARISON = "comparison"
Pair = tuple[Scenario, Scenario, tuple[str, ...]]
"""A scenario, its baseline and the choices to run."""


@dataclass
class Comparison:
    """Rows by scenario and choice (effect on the focus with band, regret among choices), runs, and those that failed."""

    table: pd.DataFrame
    cases: int = 0
    failures: list[Failure] = field(default_factory=list)


def study_pairs(study: Study, lang: str) -> list[Pair]:
    """The study's scenarios with baselines and choices; UsageError for one without baseline, or for an unknown stance."""
    pairs: list[Pair] = []
    for name in study.scenarios:
        scenario = load_scenario(name, focus=study.focus, lang=lang)
        baseline = load_baseline(scenario, lang)
        if baseline is None:
            raise UsageError(word("cli.compare.no_baseline", lang, scenario=scenario.name))
        if study.stances and not scenario.choices:
            pairs.append((scenario, baseline, ()))
            continue
        for stance in study.stances:
            if stance not in scenario.choices:
                raise UsageError(word("cli.no_stance", lang, name=stance, names=f"{', '.join(scenario.choices)} ({scenario.name})") + hint(stance, scenario.choices, lang))
        pairs.append((scenario, baseline, study.stances))
    if study.stances and not any(stances for _, _, stances in pairs):
        raise UsageError(word("cli.no_stance", lang, name=study.stances[0], names=f"- ({', '.join(study.scenarios)})"))
    return pairs


def compare_scenarios(
    study: Study, pairs: list[Pair], out: Path, workers: int | None, lang: str, figures: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:  # fmt: skip
    """Run every scenario into out/NAME, then write comparison.csv and its figure."""
    tables, result = [], Comparison(pd.DataFrame())
    cases = sum(study.draws * (1 + len(stances or scenario.choices)) for scenario, _, stances in pairs)
    with hired(workers or default_workers(), cases, *RUNNING) as team:
        for scenario, baseline, stances in pairs:
            request = RunRequest(
                scenario, baseline, stances or None, study.draws, study.seed, team, out / scenario.name,
                figures=figures, only=study.figures or None, lang=lang,
            )  # fmt: skip
            ran = run_scenario(request, progress)
            tables.append(comparison_rows(ran.table, scenario, baseline))
            result.cases += ran.cases
            result.failures += ran.failures
    result.table = pd.concat(tables, ignore_index=True)
    out.mkdir(parents=True, exist_ok=True)
    result.table.to_csv(out / f"{COMPARISON}.csv", index=False, encoding="utf-8-sig", lineterminator="\n", float_format="%.10g")
    if figures:
        _draw(result.table, pairs, study, out, lang)
    return result


def comparison_rows(table: pd.DataFrame, scenario: Scenario, baseline: Scenario) -> pd.DataFrame:
    """The focus's rows of a headline table, in the columns of the strategies' table."""
    own = table[table["region"] == scenario.focus].reset_index(drop=True)
    years = sorted(int(name.removeprefix("central_")) for name in own.columns if str(name).startswith("central_"))
    rows = pd.DataFrame({"scenario": scenario.name, "baseline": baseline.name, "strategy": own["stance"], "draws": own["draws"]})
    for place, year in zip((1, 5, 10), years, strict=False):
        rows[f"year_{place}"] = year
        for kind in ("central", "p10", "p90"):
            rows[f"{kind}_{place}"] = own[f"{kind}_{year}"]
    last = own[f"central_{years[-1]}"]
    return rows.assign(regret=last.max() - last)


def _draw(table: pd.DataFrame, pairs: list[Pair], study: Study, out: Path, lang: str) -> None:
    """The heat map of choices by scenarios."""
    baselines = ", ".join(dict.fromkeys(baseline.name for _, baseline, _ in pairs))
    context = FigureContext(
        scenario=", ".join(scenario.name for scenario, _, _ in pairs), stances=(), baseline=baselines, focus=pairs[0][0].focus,
        years=(), lang=lang, title=study.title, version=__version__, seed=study.seed, draws=int(table["draws"].max()),
        hash=joint_hash([run_hash(scenario, baseline, study.seed, study.draws) for scenario, baseline, _ in pairs]),
        parameters=parameter_hash(central()),
    )  # fmt: skip
    save_spec(FIGURE, table, context, out / "figures", COMPARISON)
