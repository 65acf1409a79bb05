"""`blocs figures DIR`: the figures of any folder again, in another language, format or size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.errors import UsageError
from model.words import hint, word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("figures", lang)
    @click.argument("folder", metavar="DIR")
    @click.option("--only", metavar="NAME", multiple=True, help=word("cli.figures.only", lang))
    @click.option("--format", "formats", metavar="LIST", default="png,pdf", help=word("cli.figures.format", lang))
    @click.option("--size", metavar="NAME", default="page", help=word("cli.figures.size", lang))
    @click.option("--out", metavar="DIR", default=None, help=word("cli.option.out_again", lang))
    @options("json quiet lang", lang)
    def figures(folder: str, only: tuple[str, ...], formats: str, size: str, **options: Any) -> int:
        return _figures(Path(folder), only, tuple(formats.split(",")), size, options)

    return figures


def _figures(folder: Path, only: tuple[str, ...], formats: tuple[str, ...], size: str, options: dict[str, Any]) -> int:
    from model.experiments.kinds import require
    from model.experiments.pictures import Wanted, draw_folder
    from model.experiments.workers import default_workers, hired
    from model.figures import DRAWING, KINDS
    from model.figures.house import FORMATS, SIZES

    lang = options["lang"]
    require(folder, "figures", lang)
    among(only, tuple(KINDS), lang)
    among(formats, FORMATS, lang)
    among((size,), tuple(SIZES), lang)
    with hired(default_workers(), len(only) or len(KINDS), *DRAWING) as workers:  # they start while this process reads
        made = draw_folder(folder, Wanted(only, formats, size, lang, Path(options["out"]) if options["out"] else None, workers))
    out = made[0].csv.parent if made else folder
    if options["json"]:
        from model.cli.output import emit_json

        emit_json([{"name": f.name, "title": f.title, "drawn": f.drawn, "caption": f.caption} for f in made])
    elif not options["quiet"]:
        for figure in made:
            click.echo(f"{figure.name}: {figure.title if figure.drawn else figure.caption}")
        click.echo(word("cli.figures.done", options["lang"], count=sum(f.drawn for f in made), folder=out.as_posix()))
    return 0


def among(asked: tuple[str, ...], known: tuple[str, ...], lang: str) -> None:
    """Refuse a name that is not known, with the nearest one."""
    for name in asked:
        if name not in known:
            raise UsageError(word("cli.among", lang, value=name, names=", ".join(known)) + hint(name, known, lang))
