"""`blocs figures DIR`: a run's figures again, in another language, format or size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from model.cli.options import named, options
from model.errors import UsageError
from model.words import word

if TYPE_CHECKING:
    from model.figures import Saved


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("figures", lang)
    @click.argument("folder", metavar="DIR")
    @click.option("--only", metavar="NAME", multiple=True, help=word("cli.figures.only", lang))
    @click.option("--format", "formats", metavar="LIST", default="png,pdf", help=word("cli.figures.format", lang))
    @click.option("--size", metavar="NAME", default="page", help=word("cli.figures.size", lang))
    @options("out json quiet lang", lang)
    def figures(folder: str, only: tuple[str, ...], formats: str, size: str, **options: Any) -> int:
        return _figures(Path(folder), only, tuple(formats.split(",")), size, options)

    return figures


def _figures(folder: Path, only: tuple[str, ...], formats: tuple[str, ...], size: str, options: dict[str, Any]) -> int:
    from model.experiments.calibration_report import draw_figures, match_folder
    from model.experiments.folder import open_run
    from model.figures import FIGURES, make_figures
    from model.figures.house import FORMATS, SIZES

    lang = options["lang"]
    if matched := match_folder(folder):
        among(only, tuple(matched.figures()), lang)
        among(formats, FORMATS, lang)
        among((size,), tuple(SIZES), lang)
        out = Path(options["out"]) if options["out"] else folder / "figures"
        return _say(draw_figures(matched, lang, out, only, formats, size), out, options)
    among(only, tuple(FIGURES), lang)
    among(formats, FORMATS, lang)
    among((size,), tuple(SIZES), lang)
    run = open_run(folder, lang)
    out = Path(options["out"]) if options["out"] else folder / "figures"
    return _say(make_figures(run.results, run.context, out, only or None, formats, size), out, options)


def _say(made: Sequence[Saved], out: Path, options: dict[str, Any]) -> int:
    """What was drawn, and where it is."""
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
    from difflib import get_close_matches

    for name in asked:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f" ({word('error.did_you_mean', lang, name=near[0])})" if near else ""
            raise UsageError(word("cli.among", lang, value=name, names=", ".join(known)) + hint)
