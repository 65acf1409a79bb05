"""Printing: plain aligned text in a pipe or a file, rich tables on a terminal, JSON on request."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click

from model.scenario.story import Block
from model.words import word

WIDEST = 60


def emit_json(data: Any) -> None:
    """Data as JSON; other than ASCII is escaped where the console could not show it."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    click.echo(json.dumps(data, ensure_ascii=encoding != "utf8", indent=2, allow_nan=False))


def emit_blocks(blocks: Iterable[Block]) -> None:
    """Blocks of text one after another."""
    for block in blocks:
        if block.kind == "title":
            click.echo(f"{block.text}\n{'=' * min(_width(block.text), WIDEST)}\n")
        elif block.kind == "heading":
            click.echo(f"{block.text}\n{'-' * min(_width(block.text), WIDEST)}")
        elif block.kind == "paragraph":
            click.echo(f"{block.text}\n")
        elif block.kind == "list":
            click.echo("".join(f"- {row[0]}\n" for row in block.rows))
        else:
            emit_table(block.header, block.rows)
            click.echo()


BELOW = "    "
"""Before what stands below the line it belongs to."""


def emit_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: by rich on a terminal, in aligned columns otherwise."""
    if sys.stdout.isatty():
        _rich_table(header, rows)
        return
    widths = [max(_width(row[i]) for row in (header, *rows)) for i in range(len(header))]
    for row in (header, *rows):
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def emit_records(header: Sequence[str], rows: Sequence[Sequence[str]], aside: int, width: int = 100) -> None:
    """Wide tables for narrow terminals: the first columns aligned on one line, the last `aside` wrapped below it."""
    kept = len(header) - aside
    widths = [max(_width(row[i]) for row in (header, *rows)) for i in range(kept)]
    for place, row in enumerate((header, *rows)):
        cells = [cell + " " * (size - _width(cell)) for cell, size in zip(row[:kept], widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
        below = [" / ".join(row[kept:])] if place == 0 else row[kept:]
        for line in (line for text in below for line in _wrapped(text, width - len(BELOW))):
            click.echo(BELOW + line)


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most so many columns, broken between words; a Hangul syllable takes two."""
    lines: list[str] = []
    for part in text.split():
        joined = f"{lines[-1]} {part}" if lines else part
        if lines and _width(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines


def block_data(block: Block) -> dict[str, Any]:
    """A block as plain data."""
    return {
        "kind": block.kind,
        "text": block.text,
        "header": list(block.header),
        "rows": [list(row) for row in block.rows],
    }


def show_answer(answer: Any, options: dict[str, Any], folder: str) -> None:
    """What an analysis found: its text and where its tables and figures are, or JSON; nothing with --quiet."""
    if options["json"]:
        emit_json({**answer.data, "files": [path.as_posix() for path in answer.files]})
    elif not options["quiet"]:
        emit_blocks(answer.blocks)
        if answer.files:
            names = ", ".join(path.name for path in answer.files)
            click.echo(word("question.written", options["lang"], folder=folder, names=names))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _rich_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    table = Table(*(Column(escape(cell), overflow="fold") for cell in header))
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    Console().print(table)
