"""`blocs export DIR --format csv|xlsx|iamc|ema`: results for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.cli.wording import Among
from model.errors import StoreError
from model.words import word

FORMATS = ("csv", "xlsx", "iamc", "ema")


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("export", lang)
    @click.argument("folder", metavar="DIR")
    @click.option("--format", "form", metavar="|".join(FORMATS), required=True, type=Among(FORMATS, lang),
                  help=word("export.option.format", lang))  # fmt: skip
    @click.option(
        "--variable", "variables", metavar="PATTERN", multiple=True, help=word("export.option.variable", lang)
    )
    @click.option("--region", "regions", metavar="REGION", multiple=True, help=word("export.option.region", lang))
    @click.option("--quarters", is_flag=True, default=False, help=word("export.option.quarters", lang))
    @click.option("--out", metavar="FILE", default=None, help=word("export.option.out", lang))
    @options("force quiet lang", lang)
    def export(folder: str, **options: Any) -> None:
        from model.experiments.export import Wanted, ending
        from model.experiments.export import export as write
        from model.experiments.kinds import require

        form, lang = options["form"], options["lang"]
        require(Path(folder), "export", lang)
        target = Path(options["out"]) if options["out"] else Path(folder) / f"export-{form}{ending(form)}"
        if form == "xlsx" and not target.suffix:
            target = target.with_suffix(".xlsx")  # Excel opens no workbook without it
        if target.exists() and not options["force"]:
            raise StoreError(word("export.exists", lang, file=target.as_posix()))
        wanted = Wanted(Path(folder), options["variables"], options["regions"], options["quarters"], lang)
        rows = write(wanted, form, target)
        if not options["quiet"]:
            click.echo(word("export.done", lang, file=target.as_posix(), rows=rows))

    return export
