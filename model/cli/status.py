"""`blocs status DIR`: how far a sweep is, which runs failed, and how to go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.words import word

SHOWN = 10


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("status", lang)
    @click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
    @options("json lang", lang)
    def status(folder: Path, **options: Any) -> None:
        _status(folder, options)

    return status


def _status(folder: Path, options: dict[str, Any]) -> None:
    from model.cli.sweeping import counts, shown_folder
    from model.experiments.kinds import require
    from model.experiments.sweep import PLAN, load_sweep
    from model.experiments.sweep_screen import SCREEN, THEN

    lang = options["lang"]
    require(folder, "status", lang)
    if not (folder / PLAN).is_file() and (folder / THEN).is_file():
        folder = folder / SCREEN
    sweep = load_sweep(folder, lang)
    found, plan = counts(sweep), sweep.plan
    if options["json"]:
        from model.cli.output import emit_json

        emit_json({**found, "method": plan["method"], "hash": plan["hash"], "failures": sweep.failures})
        return
    fields = {"method": plan["method"], "names": len(plan["names"]), "cases": ", ".join(sweep.labels)}
    click.echo(word("cli.status.what", lang, states=plan["states"], **fields))
    click.echo(word("cli.status.counts", lang, **found))
    for failure in sweep.failures[:SHOWN]:
        click.echo(f"  {failure['label']} {failure['state']}: {failure['reason']}")
    key = "missing" if found["missing"] else "results" if found["results"] else "compact"
    click.echo(word(f"cli.status.{key}", lang, folder=shown_folder(folder)))
