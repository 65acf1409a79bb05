"""`blocs calibrate`: what figures published by a date say about a few composite parameters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from model.cli.options import named, options
from model.cli.wording import Whole
from model.errors import UsageError
from model.words import hint, word

if TYPE_CHECKING:
    from model.scenario.types import Scenario

LEAST = 32
HEADLINE, HEADLINE_END = "blocs@hedge", "2030Q4"


def command(lang: str) -> click.Command:
    """The command, worded in `lang`; exit code 1 where runs failed or the check does."""

    @named("calibrate", lang)
    @click.option("--origin", metavar="YYYY-MM", default="2023-06", help=word("cli.option.origin_published", lang))
    @click.option("--samples", metavar="N", default=256, type=Whole(LEAST, lang), help=word("cli.option.design", lang))
    @click.option("--check", is_flag=True, default=False, help=word("cli.option.check", lang))
    @click.option("--scenario", metavar="NAME", default="history", help=word("cli.option.history", lang))
    @click.option("--headline", metavar="NAME@STANCE", default=HEADLINE, help=word("cli.option.headline", lang))
    @click.option("--draws", metavar="N", default=8, type=Whole(2, lang), help=word("cli.option.calibrate_draws", lang))
    @options("out force workers json quiet lang", lang)
    def calibrate(**options: Any) -> int:
        return _calibrate(options)

    return calibrate


def _calibrate(options: dict[str, Any]) -> int:
    from model.cli.backtest import origin_of
    from model.cli.run import RESULTS, check_free, progress_of, say_failures
    from model.scenario.resolve import load_scenario

    lang, origin = options["lang"], origin_of(options["origin"], options["lang"])
    scenario = load_scenario(options["scenario"], lang=lang)
    headline = _headline(options["headline"], lang)
    out = Path(options["out"] or f"{RESULTS}/calibrate-{origin}")
    check_free(out, options["force"], lang)

    from model.experiments.calibrate_run import CalibrationRequest, run_calibration

    request = CalibrationRequest(scenario, origin, options["samples"], out, options["workers"], options["check"], headline, options["draws"])
    found = run_calibration(request, progress_of(options))
    c = found.calibration
    if options["json"]:
        _emit(found, out)
    elif not options["quiet"]:
        _print(found, lang)
        click.echo(word("cli.run.done", lang, folder=out.as_posix(), cases=len(c.design.points)))
    failed = say_failures(c.design.failed, len(c.design.failed), options["samples"], options)
    return 1 if options["check"] and not found.passed else failed


def _headline(text: str, lang: str) -> tuple[Scenario, Scenario, str] | None:
    """Scenario, baseline and stance of NAME@STANCE; None for 'none'."""
    from model.scenario.resolve import load_baseline, load_scenario

    if text == "none":
        return None
    name, _, stance = text.partition("@")
    scenario = load_scenario(name, lang=lang)
    baseline = load_baseline(scenario, lang)
    if baseline is None:
        raise UsageError(word("cli.compare.no_baseline", lang, scenario=name))
    if stance not in scenario.choices:
        raise UsageError(word("cli.no_stance", lang, name=stance, names=", ".join(scenario.choices) or "-") + hint(stance, scenario.choices, lang))
    return replace(scenario, last=HEADLINE_END), replace(baseline, last=HEADLINE_END), stance


def _emit(found: Any, out: Path) -> None:
    from model.cli.output import emit_json
    from model.experiments.calibrate import parameters_table

    c = found.calibration
    check = {"moves": found.moves, "fresh": found.fresh, "passed": found.passed} if found.moves else None
    emit_json({"folder": out.as_posix(), "runs": len(c.design.points), "failed": len(c.design.failed), "refused": len(c.design.refused), "used": int(c.used.sum()),
               "missed": [t.name for t, near in zip(c.targets, c.reach, strict=True) if not near], "coverage": float(c.held.mean()),
               "composites": parameters_table(c).to_dict("records"), "check": check})  # fmt: skip


def _print(found: Any, lang: str) -> None:
    """Prior against posterior, what was missed, recovery, and the check."""
    from model.cli.output import emit_table
    from model.experiments.calibrate import COVERAGE, parameters_table

    c = found.calibration
    names = ("composite", "p10", "mean", "p90", "variance_kept", "recovered", "informed")
    rows = [
        [word(f"composite.{r['composite']}", lang), *(f"{r[n]:.2f}" for n in names[1:6]),
         word("calibration.informed" if r["informed"] else "calibration.not_informed", lang)]
        for r in parameters_table(c).to_dict("records")
    ]  # fmt: skip
    emit_table([word(f"calibration.column.{n}", lang) for n in names], rows)
    missed = ", ".join(t.name for t, near in zip(c.targets, c.reach, strict=True) if not near)
    click.echo("\n" + word("cli.calibrate.summary", lang, figures=len(c.targets), used=int(c.used.sum()), left=f"{100 * c.found.left:.0f}",
                           missed=missed or "–", refused=len(c.design.refused)))  # fmt: skip
    inside = COVERAGE[0] <= c.held.mean() <= COVERAGE[1]
    click.echo(word("cli.calibrate.recovery" if inside else "cli.calibrate.no_recovery", lang, coverage=f"{100 * c.held.mean():.0f}"))
    if found.moves:
        key = "cli.calibrate.passed" if found.passed else "cli.calibrate.not_passed"
        click.echo(word(key, lang, move=f"{max(found.moves.values()):.3f}", fresh=f"{found.fresh:.2f}"))
