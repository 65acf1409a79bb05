"""The formats a report is written in."""

from __future__ import annotations

from pathlib import Path

from model.reports.document import Document
from model.reports.hwpx import write_hwpx
from model.reports.pages import render_html, render_markdown
from model.reports.word import write_docx

FORMATS = ("html", "docx", "md", "hwpx")
UNVERIFIED = ("hwpx",)
"""Written as the standard says, but never opened in the program they are for."""


def write_document(document: Document, kind: str, path: Path) -> Path:
    """Write the report in one format and return its path."""
    if kind in ("docx", "hwpx"):
        return (write_docx if kind == "docx" else write_hwpx)(document, path)
    text = render_html(document) if kind == "html" else render_markdown(document)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
