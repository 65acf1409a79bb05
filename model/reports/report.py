"""report.html: one self-contained page of a run, in Korean or English, without a request to anywhere.

It opens with the story blocks it is handed, then the short table, the figures, how to read them, and
where they come from. It holds no time, host or path, so the same results give the same bytes.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from model.errors import StoreError
from model.experiments.results import FigureContext, headline_caption, headline_cells

if TYPE_CHECKING:
    from jinja2 import Template

REPORT = "report.html"
LONG_TABLE = 20
"""Rows beyond which a table of the story is folded, so that the results stay near the top."""
_FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("title", "heading", "paragraph"), ("text",)), "list": ("items",), "table": ("header", "rows"),
}  # fmt: skip


Block = Mapping[str, Any] | object
"""A piece of the story: a mapping, or an object with the same names as attributes."""


class ShownFigure(Protocol):
    """What the report needs of a figure (model.figures makes them)."""

    @property
    def name(self) -> str:
        """File name without ending."""

    @property
    def title(self) -> str:
        """The finding."""

    @property
    def caption(self) -> str:
        """What is measured."""

    @property
    def png(self) -> Path:
        """The picture."""


def write_report(
    folder: Path,
    context: FigureContext,
    blocks: Sequence[Block],
    table: pd.DataFrame,
    figures: Sequence[ShownFigure],
    lang: str | None = None,
) -> Path:
    """Write report.html into a folder and return its path.

    blocks   story: {'kind': 'title'|'heading'|'paragraph', 'text'}, {'kind': 'list', 'items'},
             {'kind': 'table', 'header', 'rows', 'caption'}, or objects with these attributes
             (model.scenario.story.Block: a list's items are its rows' only cells)
    table    `headline_table` (percent against the baseline)
    lang     'en' or 'ko'; None: the context's
    """
    target = Path(folder) / REPORT
    page = render_report(replace(context, lang=lang or context.lang), blocks, table, figures)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8", newline="\n")
    except OSError as fault:
        raise StoreError(f"{target}: {fault}") from fault
    return target


def render_report(
    context: FigureContext,
    blocks: Sequence[Block],
    table: pd.DataFrame,
    figures: Sequence[ShownFigure],
) -> str:
    """The page as text."""
    story = [_plain_block(block) for block in blocks]
    named = next((block["text"] for block in story if block["kind"] == "title"), "")
    title = context.title or named or context.say("report.title", scenario=context.scenario)
    lead = context.say(
        "report.lead", scenario=context.scenario, baseline=context.baseline,
        region=context.label("region", context.focus),
        stances=", ".join(context.label("stance", stance) for stance in context.stances) or "–",
    )  # fmt: skip
    return _template().render(
        lang=context.lang, context=context, say=context.say, title=title, lead=lead,
        blocks=[block for block in story if block["kind"] != "title"],
        table=_table(table, context), figures=[_picture(figure) for figure in figures], long=LONG_TABLE,
        how=how_to_read(context), provenance=provenance(context),
    ) + "\n"  # fmt: skip


def how_to_read(context: FigureContext) -> list[str]:
    """Sentences that say what a number of the report is: baseline, band, horizon, unit, and what it is not."""
    fields = {
        "baseline": context.baseline, "draws": context.draws, "scenario": context.scenario,
        "years": ", ".join(str(year) for year in context.years), "first": context.years[0],
    }  # fmt: skip
    band = "band" if context.draws > 1 else "band_single"
    return [context.say(f"report.how.{key}", **fields) for key in ("baseline", band, "horizon", "unit", "limits")]


def provenance(context: FigureContext) -> list[tuple[str, str]]:
    """Names and values that identify the runs behind the report."""
    values = {
        "scenario": context.scenario, "baseline": context.baseline, "stances": ", ".join(context.stances) or "–",
        "parameters": context.hash or "–", "version": context.version or "–", "draws": str(context.draws),
        "seed": str(context.seed),
    }  # fmt: skip
    return [(context.say(f"report.provenance.{name}"), value) for name, value in values.items()]


def _template() -> Template:
    """The page's template; everything put into it is escaped."""
    from jinja2 import Environment, StrictUndefined

    text = files("model.reports").joinpath("report.html.j2").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=False).from_string(text)


def _plain_block(block: Block) -> dict[str, Any]:
    """A story block as a dict; refuses one of an unknown kind or without its fields."""
    names = ("kind", "text", "items", "header", "rows", "caption")
    held = (
        block if isinstance(block, Mapping) else {name: getattr(block, name) for name in names if hasattr(block, name)}
    )
    plain = {name: held[name] for name in names if name in held}
    kind = str(plain.get("kind"))
    if kind == "list" and "items" not in plain:
        plain["items"] = [" ".join(row) for row in plain.get("rows", ())]
    if kind == "table":
        plain["caption"] = plain.get("caption") or plain.get("text", "")
    missing = [name for name in _FIELDS.get(kind, ()) if name not in plain]
    if kind not in _FIELDS or missing:
        raise StoreError(f"a story block is one of {', '.join(_FIELDS)} with its fields; found {dict(plain)!r}")
    return plain


def _table(table: pd.DataFrame, context: FigureContext) -> dict[str, Any]:
    """The short table ready for the page: header, rows grouped by stance, caption lines."""
    header, rows = headline_cells(table, context.lang)
    groups = [
        {"name": name, "rows": [row[1:] for row in group]} for name, group in groupby(rows, key=lambda row: row[0])
    ]
    caption = headline_caption(table, context.lang, context.scenario, context.baseline)
    return {"header": header, "groups": groups, "caption": caption}


def _picture(figure: ShownFigure) -> dict[str, Any]:
    """A figure with its picture as base64 and its size in CSS pixels (half the picture's)."""
    try:
        data = Path(figure.png).read_bytes()
    except OSError as fault:
        raise StoreError(f"{figure.png}: {fault}") from fault
    width, height = struct.unpack(">II", data[16:24])
    return {
        "name": figure.name, "title": figure.title, "caption": figure.caption, "width": width // 2,
        "height": height // 2, "image": base64.b64encode(data).decode("ascii"),
    }  # fmt: skip
