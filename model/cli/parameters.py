"""`blocs parameters`: every number of the model with unit, range, grade and source."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import click

from model.cli.options import named, options
from model.words import word

COLUMNS = ("parameter", "value", "range", "unit", "grade", "source")


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("parameters", lang)
    @click.argument("patterns", metavar="[PATTERN]...", nargs=-1)
    @options("json lang", lang)
    def parameters(patterns: tuple[str, ...], **options: Any) -> None:
        from model.cli.output import emit_json, emit_table
        from model.errors import UsageError

        rows = _rows(patterns, options["lang"])
        if not rows:
            raise UsageError(word("cli.no_parameter", options["lang"], names=", ".join(patterns)))
        if options["json"]:
            emit_json(rows)
            return
        header = [word(f"show.column.{c}", options["lang"]) for c in COLUMNS]
        emit_table(header, [[row[c] for c in COLUMNS] for row in rows])

    return parameters


def _rows(patterns: tuple[str, ...], lang: str) -> list[dict[str, str]]:
    from calibration.registry import country_rows, load_rows
    from model.scenario.story import unit_name

    return [
        {
            "parameter": row.key,
            "value": row.choices[int(row.value)] if row.choices else f"{row.value:g}",
            "range": ", ".join(row.choices) if row.choices else f"{row.low:g}–{row.high:g}",
            "unit": unit_name(row.unit, lang),
            "grade": word(f"show.grade.{row.evidence}", lang),
            "source": row.source,
        }
        for row in (*load_rows(), *(country_rows().values() if patterns else ()))
        if not patterns or any(p in (row.name, row.key) or fnmatchcase(row.name, p) for p in patterns)
    ]
