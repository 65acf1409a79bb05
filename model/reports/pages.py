"""A report as one HTML page without a request to anywhere, or as Markdown; the same report, the same bytes."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from model import __version__
from model.errors import StoreError
from model.reports.document import Block, Document, Heading, Picture, Table
from model.said import worded
from model.words import speaker


def render_html(document: Document) -> str:
    """One self-contained page, pictures in it; everything put in is escaped."""
    return _render(document, "report.html.j2", escape=True)


def render_markdown(document: Document) -> str:
    """Markdown; pictures are files beside it, in figures/."""
    return re.sub(r"\n{3,}", "\n\n", _render(document, "report.md.j2", escape=False))


def numbered(document: Document) -> Iterator[tuple[str, Block, int]]:
    """Kind, block and number (of its kind, from 1) of every block in order."""
    counts: dict[str, int] = {}
    for block in document.blocks:
        kind = type(block).__name__
        counts[kind] = counts.get(kind, 0) + 1
        yield kind, block, counts[kind]


def under(table: Table, lang: str) -> str:
    """What stands under a table: notes and source."""
    say = speaker(lang)
    lines = [say("paper.word.note", text=note) for note in table.notes]
    return " ".join([*lines, *([say("paper.word.source", text=table.source)] if table.source else [])])


def _render(document: Document, template: str, escape: bool) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=escape, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters["bar"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    text = files("model.reports").joinpath(template).read_text(encoding="utf-8")
    return environment.from_string(text).render(
        document=document, blocks=list(numbered(document)), say=speaker(document.lang), version=__version__,
        headings=[block.text for block in document.blocks if isinstance(block, Heading)],
        image=_image, numeric=lambda table: table.numeric(), under=lambda table: under(table, document.lang),
    )  # fmt: skip


def _image(picture: Picture) -> dict[str, Any]:
    """A picture as base64 with its size in CSS pixels (half the picture's)."""
    data = read_picture(picture.path)
    width, height = pixels(data)
    return {"data": base64.b64encode(data).decode("ascii"), "width": width // 2, "height": height // 2}


def read_picture(path: Path) -> bytes:
    """The bytes of a picture; StoreError that names it where it is gone."""
    try:
        return Path(path).read_bytes()
    except OSError as fault:
        raise worded(StoreError, "cli.environment", file=path, reason=fault) from fault


def pixels(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height
