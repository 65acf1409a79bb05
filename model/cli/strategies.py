"""`blocs strategies SCENARIO...`: what each strategy of the focus brings and costs, its regret, and when the advice turns."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.errors import StoreError, UsageError
from model.words import hint, word

NAN = float("nan")


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("strategies", lang)
    @click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True)
    @options("out force seed draws workers focus with budget rate driver no-flip json quiet lang", lang)
    def strategies(scenarios: tuple[str, ...], **options: Any) -> int:
        return _compare(tuple(dict.fromkeys(scenarios)), options)

    return strategies


def _compare(names: tuple[str, ...], options: dict[str, Any]) -> int:
    from model.cli.run import progress_of, say_failures
    from model.experiments.flips import DRIVERS, check_drivers
    from model.experiments.strategies import StrategiesRequest, compare_strategies

    lang = options["lang"]
    drivers = () if options["no_flip"] else options["driver"] or DRIVERS
    pairs = _pairs(names, options)
    check_drivers([scenario for scenario, _ in pairs], drivers, lang)
    request = StrategiesRequest(
        pairs=pairs, stance=options["with"], budget=_amount("budget", options["budget"], lang),
        draws=options["draws"], seed=options["seed"], workers=options["workers"], out=_folder(options),
        rate=_rate(options, lang), lang=lang,
    )  # fmt: skip
    _check_stance(request, lang)
    result = compare_strategies(request, progress_of(options))
    flips = _flips(result, request, drivers)
    if request.out is not None:
        _write(request, result, flips)
    if options["json"]:
        _emit(result, flips, request)
    elif not options["quiet"]:
        _print(result, flips, request, drivers)
    return say_failures(result.failures, len(result.failures), result.cases, options)


def _pairs(names: tuple[str, ...], options: dict[str, Any]) -> Any:
    from model.scenario.resolve import load_baseline, load_scenario

    pairs = []
    for name in names:
        scenario = load_scenario(name, focus=options["focus"], lang=options["lang"])
        baseline = load_baseline(scenario, options["lang"])
        if baseline is None:
            raise UsageError(word("cli.strategies.no_baseline", options["lang"], scenario=scenario.name))
        pairs.append((scenario, baseline))
    foci = sorted({scenario.focus for scenario, _ in pairs})
    if len(foci) > 1:
        raise UsageError(word("cli.strategies.two_foci", options["lang"], names=", ".join(foci)))
    return tuple(pairs)


def _check_stance(request: Any, lang: str) -> None:
    known = list(dict.fromkeys(stance for scenario, _ in request.pairs for stance in scenario.stances))
    if known and request.stance not in (*known, "none"):
        raise UsageError(word("cli.no_stance", lang, name=request.stance, names=", ".join((*known, "none"))) + hint(request.stance, known, lang))


def _amount(name: str, text: str | None, lang: str, high: float = 2.0, low: float = 0.0) -> float | None:
    """A number from an option's text (the budget: at most 2 percent of GDP, as in scenario files)."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = NAN
    if not low <= value <= high:
        raise UsageError(word("cli.strategies.number", lang, name=name, value=text, low=f"{low:g}", high=f"{high:,.0f}"))
    return value


def _rate(options: dict[str, Any], lang: str) -> float:
    from calibration.registry import central

    given = _amount("rate", options["rate"], lang, 1e6, 1.0)
    return central().scalar("won_per_dollar") if given is None else given


def _folder(options: dict[str, Any]) -> Path | None:
    from model.cli.run import check_free

    if options["out"] is None:
        return None
    check_free(Path(options["out"]), options["force"], options["lang"])
    return Path(options["out"])


def _flips(result: Any, request: Any, drivers: tuple[str, ...]) -> list[Any]:
    from model.experiments.flips import Search, find_flips
    from model.experiments.strategies import best_strategy, context_of
    from model.experiments.strategies import options as ranked

    flips: list[Any] = []
    for each in result.planned if drivers else ():
        advice = best_strategy(result.table, each.scenario.name)
        if advice:
            year = context_of(each, request).years[-1]
            flips += find_flips(Search(each.scenario, ranked(each.scenario), year, request.seed, request.workers), advice, drivers)
    return flips


def _write(request: Any, result: Any, flips: list[Any]) -> None:
    """Tables as CSV (UTF-8 with BOM, for spreadsheets) and the figure."""
    from dataclasses import asdict

    import pandas as pd

    from model.figures import save_spec
    from model.figures.strategies import FIGURE

    tables = {"strategies": result.table, "regret": result.summary, "flips": pd.DataFrame([asdict(f) for f in flips])}
    try:
        for name, table in tables.items():
            if len(table):
                table.to_csv(request.out / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n", float_format="%.10g")
        if len(result.table):
            save_spec(FIGURE, result.table, _context(result, request), request.out / "figures")
    except OSError as fault:
        raise StoreError(word("cli.environment", request.lang, file=fault.filename or "?", reason=fault.strerror or "")) from fault


def _context(result: Any, request: Any) -> Any:
    """The context of the first scenario, under the names of all."""
    from dataclasses import replace

    from model.experiments.identity import joint_hash
    from model.experiments.strategies import context_of

    contexts = [context_of(each, request) for each in result.planned]
    names = ", ".join(each.scenario.name for each in result.planned)
    baselines = ", ".join(dict.fromkeys(each.baseline.name for each in result.planned))
    return replace(contexts[0], scenario=names, baseline=baselines, hash=joint_hash([c.hash for c in contexts]))


def _emit(result: Any, flips: list[Any], request: Any) -> None:
    from dataclasses import asdict

    from model.cli.output import emit_json

    def plain(row: dict[Any, Any]) -> dict[str, Any]:
        return {str(k): None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}

    emit_json({
        "focus": request.pairs[0][0].focus, "won_per_dollar": request.rate,
        "strategies": [plain(row) for row in result.table.to_dict("records")],
        "regret": [plain(row) for row in result.summary.to_dict("records")],
        "flips": [plain(asdict(flip)) for flip in flips],
        "cases": result.cases, "failed": len(result.failures),
    })  # fmt: skip


def _print(result: Any, flips: list[Any], request: Any, drivers: tuple[str, ...]) -> None:
    from model.cli import strategies_text as text

    for each in result.planned:
        text.print_scenario(result.table, each, request)
    text.print_summary(result, request)
    if drivers:
        text.print_flips(flips, drivers, request)
    if request.out is not None:
        click.echo(word("cli.run.done", request.lang, folder=request.out.as_posix(), cases=result.cases))
