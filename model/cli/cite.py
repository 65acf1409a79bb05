"""`blocs cite DIR`: footnotes and BibTeX for a run and everything it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("cite", lang)
    @click.argument("folder", metavar="DIR")
    @options("quiet lang", lang)
    def cite(folder: str, **options: Any) -> int:
        from model.experiments.folder import open_run
        from model.experiments.kinds import require
        from model.reports.sources import sources_text

        require(Path(folder), "cite", options["lang"])
        run = open_run(Path(folder), options["lang"], ())
        text = sources_text(run.context, run.manifest)
        (run.path / "sources.txt").write_text(text, encoding="utf-8", newline="\n")
        if not options["quiet"]:
            click.echo(text, nl=False)
        return 0

    return cite
