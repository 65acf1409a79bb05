"""`blocs report DIR`: a run's report as a page, a Word or Hangul document, or Markdown."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from model.cli.figures import among
from model.cli.options import Decorator, named, options
from model.errors import UsageError
from model.words import word

if TYPE_CHECKING:
    from model.experiments.calibration_report import MatchFolder
    from model.experiments.folder import RunFolder
    from model.experiments.workers import Pool


MOST_WON = 1e6
"""Won per dollar beyond which a rate is a slip of the key."""


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("report", lang)
    @click.argument("folder", metavar="DIR")
    @click.option("--format", "formats", metavar="LIST", default="html", help=word("cli.report.format", lang, default="html"))
    @currency(lang)
    @click.option("--out", metavar="DIR", default=None, help=word("cli.option.out_again", lang))
    @options("quiet lang", lang)
    def report(folder: str, formats: str, **options: Any) -> int:
        return write(Path(folder), tuple(formats.split(",")), options)

    return report


def currency(lang: str) -> Decorator:
    """The two options that write a report in won."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        rate = click.option("--rate", metavar="WON", default=None, help=word("cli.report.rate", lang))
        name = click.option("--currency", metavar="USD|KRW", default="USD", help=word("cli.report.currency", lang))
        return name(rate(function))

    return decorate


def stated_rate(options: dict[str, Any]) -> float:
    """Won per dollar, 0 for dollars; UsageError where the two options do not fit together."""
    lang, text = options["lang"], options["rate"]
    among((options["currency"],), ("USD", "KRW"), lang)
    if options["currency"] == "USD":
        if text is not None:
            raise UsageError(word("cli.report.idle_rate", lang, value=text))
        return 0.0
    try:
        rate = float(str(text).replace(",", ""))
    except ValueError:
        rate = math.nan
    if not 0.0 < rate <= MOST_WON:
        raise UsageError(word("cli.report.no_rate", lang, value="-" if text is None else text))
    return rate


def check_formats(formats: tuple[str, ...], lang: str) -> None:
    """UsageError for a format that is not written."""
    from model.reports.formats import FORMATS

    among(formats, FORMATS, lang)


def write(folder: Path, formats: tuple[str, ...], options: dict[str, Any]) -> int:
    """Write the report of a run's folder and say where it is."""
    from model.experiments.calibration_report import match_folder
    from model.experiments.folder import open_run
    from model.experiments.kinds import require
    from model.experiments.report import read_figures
    from model.experiments.workers import default_workers, hired
    from model.figures import DRAWING, figure_variables

    lang = options["lang"]
    check_formats(formats, lang)
    stated_rate(options)
    require(folder, "report", lang)
    if matched := match_folder(folder):
        return _calibration(matched, formats, options)
    with hired(default_workers(), len(read_figures()), *DRAWING) as workers:  # they start while this process reads
        return _write(open_run(folder, lang, figure_variables(read_figures())), formats, workers, options)


def _write(run: RunFolder, formats: tuple[str, ...], workers: int | Pool, options: dict[str, Any]) -> int:
    """The report of a run that is read."""
    from model.experiments.report import write_report

    lang = options["lang"]
    if run.manifest["baseline"] is None:
        raise UsageError(word("cli.report.root", lang, scenario=run.context.scenario))
    run = replace(run, context=replace(run.context, rate=stated_rate(options)))
    written = write_report(run, formats, Path(options["out"]) if options.get("out") else None, workers=workers)
    if not options["quiet"]:
        if run.other_version:
            click.echo(word("cli.report.other_version", lang, version=run.other_version), err=True)
        _say_written(written, lang)
    return 0


def _say_written(written: list[Path], lang: str) -> None:
    """Where the reports are, and which of them nobody has opened in the program they are for."""
    from model.reports.formats import UNVERIFIED

    click.echo(word("cli.report.done", lang, files=", ".join(path.as_posix() for path in written)))
    for path in written:
        if path.suffix.removeprefix(".") in UNVERIFIED:
            click.echo(word("cli.report.hwpx", lang, file=path.as_posix()))


def _calibration(folder: MatchFolder, formats: tuple[str, ...], options: dict[str, Any]) -> int:
    """The report of a calibration; a back-test alone has figures only."""
    from model.experiments.calibration_report import write_calibration

    lang, out = options["lang"], Path(options["out"]) if options.get("out") else None
    if not folder.calibrated:
        raise UsageError(word("cli.report.backtest", lang, folder=folder.path.as_posix()))
    written = write_calibration(folder, formats, (lang,), out)
    if not options["quiet"]:
        _say_written(written, lang)
    return 0
