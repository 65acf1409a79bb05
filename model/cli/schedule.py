"""`blocs schedule`: the stages of one quarter, what each reads and writes, and its equations."""

from __future__ import annotations

import inspect
from typing import Any

import click

from model.cli.options import named, options
from model.words import word

COLUMNS = ("number", "stage", "meaning", "reads", "writes", "equations")


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("schedule", lang)
    @options("json lang", lang)
    def schedule(**options: Any) -> None:
        from model.cli.output import emit_json, emit_table
        from model.schedule import SCHEDULE

        rows = [_row(i + 1, stage) for i, stage in enumerate(SCHEDULE)]
        if options["json"]:
            emit_json(rows)
            return
        header = [word(f"show.column.{c}", options["lang"]) for c in COLUMNS]
        emit_table(header, [[_text(row[c]) for c in COLUMNS] for row in rows])

    return schedule


def _row(number: int, stage: Any) -> dict[str, Any]:
    doc = (inspect.getdoc(stage.function) or "").partition("\n")[0]
    lists = {c: [str(x) for x in _many(getattr(stage, c))] for c in ("reads", "writes", "equations")}
    return {"number": number, "stage": stage.name, "meaning": doc, **lists}


def _many(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
