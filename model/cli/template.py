"""`blocs template FILE.xlsx --from blocs`: a scenario as an Excel workbook to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.errors import ScenarioError, UsageError
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("template", lang)
    @click.argument("file", metavar="FILE.xlsx")
    @options("from force quiet lang", lang)
    def template(file: str, **options: Any) -> None:
        _write(Path(file), options)
        if not options["quiet"]:
            click.echo(word("cli.template.done", options["lang"], file=Path(file).as_posix()))

    return template


def _write(path: Path, options: dict[str, Any]) -> None:
    from model.scenario.faults import Faults
    from model.scenario.folder import find_scenario, label
    from model.scenario.reading import read_file
    from model.scenario.values import scenario_name
    from model.scenario.workbook import BOOK, write_book

    lang = options["lang"]
    if path.suffix.lower() != BOOK or not scenario_name(path.stem):
        raise UsageError(word("cli.template.name", lang, file=path.as_posix()))
    if path.exists() and not options["force"]:
        raise UsageError(word("cli.new.exists", lang, file=path.as_posix()))
    source, faults = find_scenario(options["from"], lang=lang), Faults(lang)
    root = read_file(source, label(source), faults)
    if root is None:
        raise ScenarioError(faults.found)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_book(root, path.stem, path, lang)
