"""`blocs report DIR`: a run's report as a page, a Word document or Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.figures import among
from model.cli.options import named, options
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("report", lang)
    @click.argument("folder", metavar="DIR")
    @click.option("--format", "formats", metavar="LIST", default="html", help=word("cli.report.format", lang))
    @options("out quiet lang", lang)
    def report(folder: str, formats: str, **options: Any) -> int:
        return write(Path(folder), tuple(formats.split(",")), options)

    return report


def write(folder: Path, formats: tuple[str, ...], options: dict[str, Any]) -> int:
    """Write the report of a run's folder and say where it is."""
    from model.experiments.folder import open_run
    from model.experiments.report import FORMATS, write_report

    lang = options["lang"]
    among(formats, FORMATS, lang)
    run = open_run(folder, lang)
    written = write_report(run, formats, Path(options["out"]) if options.get("out") else None)
    if not options["quiet"]:
        if run.other_version:
            click.echo(word("cli.report.other_version", lang, version=run.other_version), err=True)
        click.echo(word("cli.report.done", lang, files=", ".join(path.as_posix() for path in written)))
    return 0
