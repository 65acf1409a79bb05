"""What each strategy of the focus brings and costs, over scenarios: effect with band, cost, regret, from when it pays.

Every choice is a run of the scenario against the same baseline. A paid strategy is compared with the stance it is
played with, at the same draw; a stance with doing nothing. `model.experiments.flips` asks when the advice turns.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from calibration.registry import central, override, parameter_hash
from model import __version__
from model.axes import SEGMENT_NAMES
from model.errors import ModelError
from model.experiments.cases import Case, Failure, Shards, run_cases
from model.experiments.identity import engine_hash, run_hash
from model.experiments.results import (
    HEADLINE,
    HORIZONS,
    FigureContext,
    annual,
    band,
    horizon_years,
    select,
    stance_differences,
)
from model.experiments.run import first_measure, index_sides, provenance
from model.experiments.store import RESULTS, read_results, write_manifest, write_results
from model.experiments.verdicts import accepted_draws
from model.experiments.workers import default_workers
from model.said import worded
from model.scenario.record import resolved, scenario_hash
from model.scenario.types import Part, Scenario
from model.scenario.types import Path as Levels
from model.strategies import paid

NONE = "none"
COSTS = ("Policy Cost", "Compliance Cost|Dual Standards")
"""What policy makes a region buy or pay, and what two standards cost its makers: together the cost of a choice."""
VALUE_ADDED = tuple(f"Value Added|{segment}" for segment in SEGMENT_NAMES)
TINY = 1e-12


@dataclass(frozen=True)
class StrategiesRequest:
    """What is asked: pairs of scenario and baseline (of one focus), the stance that paid strategies are played with, the
    budget of each of them (percent of GDP a year; None: as calibrated), draws, chance, and won per dollar."""

    pairs: tuple[tuple[Scenario, Scenario], ...]
    stance: str = "hedge"
    budget: float | None = None
    draws: int = 20
    seed: int = 0
    workers: int | None = None
    out: Path | None = None
    rate: float = 0.0
    lang: str = "en"


@dataclass(frozen=True)
class Planned:
    """A scenario with all choices as plans, its baseline, and the name under which that baseline's rows stand."""

    scenario: Scenario
    baseline: Scenario
    label: str


@dataclass
class StrategiesResult:
    """Rows by scenario and strategy, rows by strategy over all scenarios, what was planned, runs and those that failed."""

    table: pd.DataFrame
    summary: pd.DataFrame
    planned: list[Planned]
    cases: int
    failures: list[Failure] = field(default_factory=list)


def compare_strategies(
    request: StrategiesRequest, progress: Callable[[int, int], None] | None = None
) -> StrategiesResult:  # fmt: skip
    """Run every choice of every scenario and put the table together; with `out`, write results and manifest there."""
    planned = plan_all(request)
    cases = strategy_cases(planned, request)
    shards = run_cases(cases, request.workers or default_workers(), progress)
    if not shards.recordings:
        raise worded(ModelError, "error.all_failed", reason=shards.failures[0].reason)
    with tempfile.TemporaryDirectory() as scratch:
        folder = request.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        write_results(folder / RESULTS, shards.recordings)
        frame = read_results(folder / RESULTS)
    table = strategies_table(frame, planned, request)
    if request.out is not None:
        write_manifest(request.out, _manifest(planned, request, cases, shards), provenance(0.0))
    return StrategiesResult(table, over_scenarios(table), planned, len(cases), shards.failures)


def plan_all(request: StrategiesRequest) -> list[Planned]:
    """Every scenario with its choices; baselines of one name that differ (overrides, horizon) are told apart."""
    seen: dict[str, str] = {}
    planned = []
    for scenario, baseline in request.pairs:
        content = scenario_hash(baseline)
        shared = seen.setdefault(baseline.name, content) == content
        label = baseline.name if shared else f"{baseline.name} for {scenario.name}"
        planned.append(Planned(with_strategies(scenario, baseline, request), baseline, label))
    return planned


def with_strategies(scenario: Scenario, baseline: Scenario, request: StrategiesRequest) -> Scenario:
    """The scenario with doing nothing and the paid strategies among its plans; its own plans of these names stay."""
    start = first_measure(scenario, baseline)
    played_with = (Part(request.stance, Levels(constant=1.0)),) if request.stance in scenario.stances else ()
    known = override(central(), scenario.overrides) if scenario.overrides else central()
    budget = {name: known["strategy_budget"][name] if request.budget is None else request.budget for name in paid()}
    plans = {name: (*played_with, Part(name, Levels(constant=float(budget[name])), start)) for name in paid()}
    return replace(scenario, plans={NONE: (), **plans, **scenario.plans})


def strategy_cases(planned: Sequence[Planned], request: StrategiesRequest) -> list[Case]:
    """Baseline and all choices of each scenario, for every draw; a baseline that scenarios share is run once."""
    cases: dict[tuple[str, int], Case] = {}
    for draw in accepted_draws(request.draws)[0]:
        for each in planned:
            sides = index_sides(each.scenario)
            cases.setdefault((each.label, draw), Case(each.label, each.baseline, None, draw, request.seed, sides))
            for choice in each.scenario.choices:
                name = f"{each.scenario.name}@{choice}"
                cases[name, draw] = Case(name, each.scenario, choice, draw, request.seed, sides)
    return list(cases.values())


def against(scenario: Scenario, choice: str) -> str:
    """What a choice is compared with: a paid strategy with the stance it is played with, all else with doing nothing."""
    spends = any(part.strategy in paid() for part in scenario.plans.get(choice, ()))
    return (scenario.stance_of(choice) or NONE) if spends else NONE


def options(scenario: Scenario) -> tuple[str, ...]:
    """The choices that are ranked. Where there are stances, doing nothing is what they are compared with and no option:
    no country outside both blocs can decide that its makers need neither standard."""
    return tuple(choice for choice in scenario.choices if choice != NONE or not scenario.stances)


def context_of(planned: Planned, request: StrategiesRequest) -> FigureContext:
    """What tables and figures need to know of one scenario."""
    scenario, baseline = planned.scenario, planned.baseline
    last = int(scenario.last[:4])
    years = tuple(year for year in horizon_years(first_measure(scenario, baseline)) if year <= last)
    return FigureContext(
        scenario=scenario.name, stances=scenario.choices, baseline=planned.label, focus=scenario.focus,
        years=years or (last,), lang=request.lang, title=scenario.title[request.lang], version=__version__,
        hash=run_hash(scenario, baseline, request.seed, request.draws)[:12], seed=request.seed, draws=request.draws,
        parameters=parameter_hash(central()),
    )  # fmt: skip


def strategies_table(frame: pd.DataFrame, planned: Sequence[Planned], request: StrategiesRequest) -> pd.DataFrame:
    """One row for each scenario and strategy."""
    rows: list[dict[str, Any]] = []
    for each in planned:
        scenario, context = each.scenario, context_of(each, request)
        effects = stance_differences(select(frame, HEADLINE, context.focus), context, "percent")
        spending = yearly_costs(frame, context)
        at_end = draws_at(effects[effects["stance"].isin(options(scenario))], context.years[-1])
        for choice in scenario.choices:
            reference = against(scenario, choice)
            row: dict[str, Any] = {"scenario": scenario.name, "strategy": choice, "against": "" if choice == reference else reference}
            row |= _budget(scenario, choice) | _effects(effects, choice, context) | extra(effects, choice, reference, context.years[-1])
            row |= _cost(spending, choice, reference, context, request.rate) | _regret(at_end, choice)
            rows.append(row | pays_from(effects, choice, reference, context.years[0]) | {"draws": len(at_end)})
    return pd.DataFrame(rows)


def _budget(scenario: Scenario, choice: str) -> dict[str, float]:
    """Budgets of a choice at its start, percent of GDP a year, added up."""
    parts = [part for part in scenario.plans.get(choice, ()) if part.strategy in paid()]
    first = [part.at(part.start if part.start is not None else float(scenario.first[:4])) for part in parts]
    return {"budget_percent": sum(first)}


def _effects(effects: pd.DataFrame, choice: str, context: FigureContext) -> dict[str, float]:
    """Effect with band at the horizons, percent of the baseline's real income."""
    own = band(effects[effects["stance"] == choice]).set_index("year")
    row: dict[str, float] = {}
    for horizon, year in zip(HORIZONS, context.years, strict=False):
        row[f"year_{horizon}"] = year
        for kind in ("central", "p10", "p90"):
            row[f"{kind}_{horizon}"] = float(own[kind].get(year, float("nan")))
    return row


def extra(effects: pd.DataFrame, choice: str, reference: str, year: int) -> dict[str, float]:
    """What a choice brings beyond its reference in a year, percentage points, both in the same draw: central, p10, p90.

    The bands of the two overlap more than the difference does, as both move with the state of the world.
    """
    names = ("extra", "extra_p10", "extra_p90")
    table = effects[effects["year"] == year].pivot_table(index="draw", columns="stance", values="value")
    if choice == reference or not {choice, reference} <= set(table.columns):
        return dict.fromkeys(names, float("nan"))
    gap = (table[choice] - table[reference]).dropna()
    values = (gap.get(0, float("nan")), gap.quantile(0.1), gap.quantile(0.9))
    return dict(zip(names, map(float, values), strict=True))


def yearly_costs(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Cost and GDP (value added) of the focus by strategy and year at draw 0, bn USD of 2018 a year."""
    own = frame[(frame["region"] == context.focus) & (frame["draw"] == 0)]
    yearly = annual(own[own["variable"].isin([*COSTS, *VALUE_ADDED])])
    names = {label: choice for choice, label in context.cases().items()}
    yearly = yearly[yearly["scenario"].isin(list(names))]
    kind = yearly["variable"].isin(COSTS).map({True: "cost", False: "gdp"})
    choice = yearly["scenario"].astype(str).map(names)
    keys = [choice.rename("strategy"), yearly["year"], kind.rename("kind")]
    return yearly.groupby(keys)["value"].sum().unstack("kind")


def _cost(spending: pd.DataFrame, choice: str, reference: str, context: FigureContext, rate: float) -> dict[str, float]:
    """Cost beyond the reference's, mean a year from year 1 on: bn USD of 2018, trillion won, percent of GDP."""
    if not {choice, reference} <= set(spending.index.get_level_values(0)):
        return dict.fromkeys(("cost_bn_usd", "cost_trillion_won", "cost_percent"), float("nan"))
    mine, other = (spending.loc[name] for name in (choice, reference))
    extra = (mine["cost"] - other["cost"])[mine.index >= context.years[0]]
    usd = float(extra.mean())
    part = float((100 * extra / mine["gdp"]).mean())
    return {"cost_bn_usd": usd, "cost_trillion_won": usd * rate / 1000, "cost_percent": part}


def draws_at(effects: pd.DataFrame, year: int) -> pd.DataFrame:
    """Effects of a year, draws by strategies; draws in which one of them has no result are left out."""
    return effects[effects["year"] == year].pivot_table(index="draw", columns="stance", values="value").dropna()


def _regret(at_end: pd.DataFrame, choice: str) -> dict[str, float]:
    """Regret at the last horizon, percentage points behind the best (central and 90th percentile), percent of draws in
    which it is best and worst, whether it is the worst at central parameters, and the band of how far it is behind the
    strategy that is best at those."""
    if choice not in at_end.columns:
        names = ("regret", "regret_p90", "best_in_percent", "worst_in_percent", "worst", "behind_p10", "behind_p90")
        return dict.fromkeys(names, float("nan"))
    own, regret = at_end[choice], at_end.max(axis=1) - at_end[choice]
    least = at_end.min(axis=1)
    behind = at_end[str(at_end.loc[0].idxmax())] - own if 0 in own.index else own.iloc[:0]
    return {
        "regret": float(regret.get(0, float("nan"))), "regret_p90": float(regret.quantile(0.9)),
        "best_in_percent": 100 * float((regret == 0).mean()), "worst_in_percent": 100 * float((own == least).mean()),
        "worst": float(0 in own.index and own[0] == least[0]),
        "behind_p10": float(behind.quantile(0.1)), "behind_p90": float(behind.quantile(0.9)),
    }  # fmt: skip


def pays_from(effects: pd.DataFrame, choice: str, reference: str, first: int) -> dict[str, float]:
    """From which year on what it brought beyond the reference, added up since year 1, is a gain (central): `gains_in` the
    first such year, `pays_from` the year from which on it stays one to the end; NaN: none."""
    nothing = {"gains_in": float("nan"), "pays_from": float("nan")}
    since = effects[(effects["draw"] == 0) & (effects["year"] >= first)]
    yearly = since.pivot_table(index="year", columns="stance", values="value")
    if choice == reference or not {choice, reference} <= set(yearly.columns):
        return nothing
    gain = (yearly[choice] - yearly[reference]).cumsum() > TINY
    lasting = gain[::-1].cummin()[::-1]
    return nothing | {name: float(years.index[years][0]) for name, years in (("gains_in", gain), ("pays_from", lasting)) if years.any()}


def over_scenarios(table: pd.DataFrame) -> pd.DataFrame:
    """By strategy: its largest regret at central parameters over all scenarios, where, and in how many it is the worst."""
    count = table["scenario"].nunique()
    rows = []
    for strategy, own in table.groupby("strategy", sort=False):
        if len(own) == count and own["regret"].notna().all():
            most = own.sort_values("regret", kind="stable").iloc[-1]
            rows.append({"strategy": strategy, "largest_regret": most["regret"], "scenario": most["scenario"],
                         "worst_in": int(own["worst"].sum()), "scenarios": count})  # fmt: skip
    columns = ["strategy", "largest_regret", "scenario", "worst_in", "scenarios"]
    return pd.DataFrame(rows, columns=columns).sort_values("largest_regret", kind="stable").reset_index(drop=True)


def best_strategy(table: pd.DataFrame, scenario: str) -> str:
    """The strategy with the largest central effect at the last horizon of a scenario."""
    own = table[table["scenario"] == scenario].dropna(subset=["regret"])
    return str(own.sort_values("regret", kind="stable")["strategy"].iloc[0]) if len(own) else ""


def _manifest(
    planned: Sequence[Planned], request: StrategiesRequest, cases: Sequence[Case], shards: Shards
) -> dict[str, Any]:  # fmt: skip
    """What went in: scenarios as resolved with the plans tried, baselines, draws, seed, engine."""
    return {
        "scenarios": [resolved(each.scenario) for each in planned],
        "baselines": [resolved(each.baseline) for each in planned],
        "stance": request.stance, "won_per_dollar": request.rate, "draws": request.draws, "seed": request.seed,
        "refused_draws": accepted_draws(request.draws)[1],
        "parameters": parameter_hash(central()), "engine": {"version": __version__, "sources": engine_hash()},
        "planned": len(cases), "failed": [failure.__dict__ for failure in shards.failures],
    }  # fmt: skip
