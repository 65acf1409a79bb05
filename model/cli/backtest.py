"""`blocs backtest`: the record as dated, simulated past an origin and scored against what happened."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.errors import UsageError
from model.words import word

SCENARIO = "history"
WORST = 8
"""Series printed from either end; all stand in scores.csv."""


def command(lang: str) -> click.Command:
    """The command, worded in `lang`; exit code 1 where a run failed."""

    @named("backtest", lang)
    @click.option("--origin", metavar="YYYY-MM", default="2020-12", help=word("cli.option.origin", lang))
    @click.option("--reactive", is_flag=True, default=False, help=word("cli.option.reactive", lang))
    @click.option("--actual", metavar="FILE", default=None, help=word("cli.option.actual", lang))
    @click.option("--scenario", metavar="NAME", default=SCENARIO, help=word("cli.option.history", lang))
    @options("out force seed draws workers set json quiet lang", lang)
    def backtest(**options: Any) -> int:
        return _backtest(options)

    return backtest


def origin_of(text: str, lang: str) -> str:
    """The origin, YYYY-MM from 2018-12 on; UsageError for anything else."""
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text) or not "2018-12" <= text <= "2035-11":
        raise UsageError(word("cli.backtest.origin", lang, value=text))
    return text


def _backtest(options: dict[str, Any]) -> int:
    from model.cli.run import RESULTS, check_free, progress_of, say_failures
    from model.scenario.resolve import load_scenario

    lang, origin = options["lang"], origin_of(options["origin"], options["lang"])
    scenario = load_scenario(options["scenario"], sets=options["set"], lang=lang)
    out = Path(options["out"] or f"{RESULTS}/backtest-{origin}")
    check_free(out, options["force"], lang)

    from model.experiments.backtest import BacktestRequest, run_backtest

    request = BacktestRequest(
        scenario, origin, out, Path(options["actual"]) if options["actual"] else None, options["reactive"],
        options["draws"], options["seed"], options["workers"], lang,
    )  # fmt: skip
    found = run_backtest(request, progress_of(options))
    if options["json"]:
        _emit(found, out)
    elif not options["quiet"]:
        _print(found, lang)
        click.echo(word("cli.run.done", lang, folder=out.as_posix(), cases=found.cases))
    return say_failures(found.failures, len(found.failures), found.cases, options)


def _emit(found: Any, out: Path) -> None:
    from model.cli.output import emit_json
    from model.experiments.backtest import scores_table
    from model.experiments.scoring import geometric_ratio
    from model.experiments.timing import timing_score

    rows = [{str(k): None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()} for row in scores_table(found.scores).to_dict("records")]
    ratios = {rule: geometric_ratio(found.scores, rule) if found.scores else None for rule in ("last", "trend")}
    timing = {k: v for k, v in timing_score(found.timing, found.end).items() if math.isfinite(v)} if found.timing else None
    emit_json({"folder": out.as_posix(), "cases": found.cases, "failed": len(found.failures), "unused": found.unused,
               "error_ratio": ratios, "scores": rows, "timing": timing})  # fmt: skip


def _print(found: Any, lang: str) -> None:
    """Scores, best and worst series, and what they come to."""
    from model.cli.output import emit_table
    from model.experiments.backtest import scores_table
    from model.experiments.scoring import geometric_ratio

    if found.timing:
        _print_timing(found, lang)
    if not found.scores:
        click.echo(word("cli.backtest.nothing", lang))
        return
    names = ("series_id", "points", "error", "skill_last", "skill_trend", "sign", "covered", "width", "width_last")
    table = scores_table(found.scores)[list(names)]
    rows = [[cell(value) for value in row] for row in table.itertuples(index=False)]
    few = rows if len(rows) <= 2 * WORST else [*rows[:WORST], ["..."] + [""] * (len(names) - 1), *rows[-WORST:]]
    emit_table([word(f"cli.backtest.{name}", lang) for name in names], few)
    covered = sum(s.covered * s.points for s in found.scores) / len(found.points)
    signs = [s.sign for s in found.scores if not math.isnan(s.sign)]
    click.echo("\n" + word(
        "cli.backtest.summary", lang, points=len(found.points), series=len(found.scores), last=f"{geometric_ratio(found.scores, 'last'):.2f}",
        trend=f"{geometric_ratio(found.scores, 'trend'):.2f}", covered=f"{100 * covered:.0f}",
        signs=f"{100 * sum(signs) / max(len(signs), 1):.0f}", unused=found.unused,
    ))  # fmt: skip


def _print_timing(found: Any, lang: str) -> None:
    """When states that react would have acted, beside the dates of the record, and what that comes to."""
    from model.cli.output import emit_table
    from model.experiments.timing import timing_score, timing_table
    from model.reports.timing import COLUMNS, say_timing, timing_rows

    emit_table([word(f"timing.{name}", lang) for name in COLUMNS], timing_rows(timing_table(found.timing, found.end), lang))
    score = timing_score(found.timing, found.end)
    click.echo("\n" + say_timing(score, found.out_of_reach, lang) + "\n")


def cell(value: Any) -> str:
    """A value of a table as text; a dash where there is none."""
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.2f}"
    return str(value)
