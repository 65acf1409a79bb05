"""`blocs instruments`: what a measure can be, and the levers of each."""

from __future__ import annotations

from typing import Any

import click

from model.cli.options import named, options
from model.words import word

COLUMNS = ("lever", "unit", "range", "neutral", "meaning", "source")


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("instruments", lang)
    @click.argument("names", metavar="[INSTRUMENT]...", nargs=-1)
    @options("json lang", lang)
    def instruments(names: tuple[str, ...], **options: Any) -> None:
        from model.cli.output import emit_blocks, emit_json
        from model.scenario.story import Block

        data = _listed(names, options["lang"])
        if options["json"]:
            emit_json(data)
            return
        header = tuple(word(f"show.column.{c}", options["lang"]) for c in COLUMNS)
        for entry in data:
            rows = tuple(tuple(lever[c] for c in COLUMNS) for lever in entry["levers"])
            text = f"{entry['name']} ({entry['title']})"
            emit_blocks([Block("heading", text), Block("paragraph", entry["doc"]), Block("table", "", header, rows)])

    return instruments


def _listed(names: tuple[str, ...], lang: str) -> list[dict[str, Any]]:
    from model.errors import UsageError
    from model.instruments import instruments
    from model.scenario.story import instrument_doc

    known = instruments()
    for name in names:
        if name not in known:
            raise UsageError(word("cli.no_instrument", lang, name=name, names=", ".join(known)))
    return [
        {"name": i.name, "title": i.title[lang], "doc": instrument_doc(i.name, lang), "levers": _levers(i.name, lang)}
        for i in known.values()
        if not names or i.name in names
    ]


def _levers(name: str, lang: str) -> list[dict[str, str]]:
    from model.instruments import instruments
    from model.scenario.story import lever_doc, unit_name

    rows = []
    for lever_name, lever in instruments()[name].levers.items():
        neutral = ", ".join(lever.neutral) if isinstance(lever.neutral, tuple) else f"{lever.neutral:g}"
        extent = ", ".join(lever.choices) if lever.choices else f"{lever.low:g}–{lever.high:g}"
        meaning = lever_doc(name, lever_name, lever, lang)
        rows.append(dict(zip(COLUMNS, (lever_name, unit_name(lever.unit, lang), extent, neutral, meaning, lever.source),
                             strict=True)))  # fmt: skip
    return rows
