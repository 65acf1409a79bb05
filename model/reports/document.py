"""A report as plain pieces, the same for every format: headings, paragraphs, lists, tables and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NUMBER = re.compile(r"[+−–]?[0-9.,]*(?: \(.*\))?")
"""A printed number, with its band in brackets where it has one."""
Cell = str | float | int
"""A table's cell; numbers stay numbers until a renderer prints them."""


@dataclass(frozen=True)
class Heading:
    """A section's title."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; `note` sets it apart (small, grey)."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table with its title, unit, notes and source.

    name     its file's name
    digits   decimals of its numbers in print
    shown    header and rows as printed, where that is shorter than the numbers (a band in one cell)
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    unit: str = ""
    notes: tuple[str, ...] = ()
    source: str = ""
    digits: int = 2
    shown: tuple[tuple[str, ...], ...] = ()

    def head(self) -> tuple[str, ...]:
        """The header as printed."""
        return self.shown[0] if self.shown else self.header

    def text(self) -> Iterator[tuple[str, ...]]:
        """The rows as printed: signed numbers with a true minus, '–' where there is none."""
        if self.shown:
            yield from self.shown[1:]
            return
        for row in self.rows:
            yield tuple(printed(cell, self.digits) for cell in row)

    def numeric(self) -> tuple[bool, ...]:
        """Which printed columns hold numbers only."""
        if self.shown:
            return tuple(all(NUMBER.fullmatch(row[k]) for row in self.shown[1:]) for k in range(len(self.head())))
        return tuple(all(not isinstance(row[k], str) for row in self.rows) for k in range(len(self.header)))


@dataclass(frozen=True)
class Picture:
    """A figure: its file, its finding, and what it measures (also what a screen reader says)."""

    path: Path
    title: str
    caption: str


Block = Heading | Paragraph | Bullets | Table | Picture


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    lead: str
    lang: str
    blocks: tuple[Block, ...]


def printed(cell: Cell, digits: int) -> str:
    """A cell as text."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int):
        return str(cell)
    if cell != cell:
        return "–"
    text = f"{cell:+,.{digits}f}"
    return text[1:] if not any(c in "123456789" for c in text) else text.replace("-", "−")


def plain_table(name: str, title: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], **more: object) -> Table:
    """A table from any sequences."""
    return Table(name, title, tuple(header), tuple(tuple(row) for row in rows), **more)  # type: ignore[arg-type]
