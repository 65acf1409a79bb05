"""`blocs new NAME --from blocs`: a scenario file to start from, with the comments of the one it copies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.errors import UsageError
from model.words import word

_NAME_LINE = re.compile(r"^(name:[ ]*)\S+?([ ]*)((?:#.*)?)$", re.MULTILINE)


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("new", lang)
    @click.argument("name", metavar="NAME")
    @options("from out quiet lang", lang)
    def new(name: str, **options: Any) -> None:
        target = _write(name, options["from"], options["out"], options["lang"])
        if not options["quiet"]:
            click.echo(word("cli.new.done", options["lang"], file=target))

    return new


def _write(name: str, origin: str, out: str | None, lang: str) -> str:
    from model.scenario.folder import find_scenario, label, scenario_folder, scenario_names
    from model.scenario.values import scenario_name

    if not scenario_name(name):
        raise UsageError(word("cli.new.name", lang, name=name))
    source = find_scenario(origin, lang=lang)
    shipped = scenario_folder()
    own = shipped if shipped.parent.name != "shipped" else Path()  # an installed copy is not a place to write
    folder = Path(out) if out is not None else own
    target = folder / f"{name}.yaml"
    taken = scenario_names(lang=lang).get(name)
    if target.exists() or (taken is not None and taken != target):
        raise UsageError(word("cli.new.exists", lang, file=label(taken or target)))
    text = _renamed(source.read_text(encoding="utf-8-sig"), name, origin, folder, lang)
    folder.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return label(target)


def _renamed(text: str, name: str, origin: str, folder: Path, lang: str) -> str:
    """The text under another name; the schema line goes when the schema is not beside the file."""
    from model.scenario.folder import SCHEMA_FILE

    lines = text.splitlines()
    has_schema = bool(lines) and lines[0].startswith("# yaml-language-server:")
    head = [lines[0]] if has_schema and (folder / SCHEMA_FILE).is_file() else []
    body = "\n".join(lines[1:] if has_schema else lines) + "\n"
    body, count = _NAME_LINE.subn(lambda m: f"{m[1]}{name}{m[2]}{m[3]}", body, count=1)
    if count == 0:
        raise UsageError(word("cli.new.no_name", lang, name=origin))
    comment = "# " + word("cli.new.comment", lang, name=origin)
    return "\n".join([*head, comment, body])
