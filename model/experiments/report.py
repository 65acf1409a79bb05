"""The report of a run's folder: figures, tables and sources, then the report in one or more formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from model.errors import StoreError
from model.experiments.beside import ask_sweep, draw_beside, notes_beside, titled_flips
from model.experiments.folder import RunFolder
from model.experiments.workers import Pool
from model.figures import FIGURES, Drawing, draw_all
from model.reports import Document, Facts, Picture, Table, paper
from model.reports.formats import write_document
from model.reports.sheets import write_sheet
from model.reports.sources import sources_text
from model.said import worded

TOLD = ("published",)
"""Figures that the report does not show, but whose data it speaks of."""


def write_report(
    run: RunFolder, formats: Sequence[str] = ("html",), out: Path | None = None, only: Sequence[str] | None = None, workers: int | Pool = 1
) -> list[Path]:
    """Write figures/ (all of the report's, or `only` these), tables/, sources.txt and report.FORMAT; the reports' paths."""
    out = out or run.path
    document = build(run, out, only, workers)
    try:
        written = [write_document(document, kind, out / f"report.{kind}") for kind in formats]
        for table in (block for block in document.blocks if isinstance(block, Table)):
            write_sheet(table, out / "tables" / f"{table.name}.xlsx", document.lang)
        text = sources_text(run.context, run.manifest)
        (out / "sources.txt").write_text(text, encoding="utf-8", newline="\n")
    except OSError as fault:
        raise worded(StoreError, "cli.environment", file=fault.filename or out, reason=fault) from fault
    return written


def read_figures(only: Sequence[str] | None = None) -> list[str]:
    """Figures whose data a report speaks of, and `only` these, where it shows others."""
    return [name for name, spec in FIGURES.items() if spec.report or name in (*TOLD, *(only or ()))]


def build(run: RunFolder, out: Path, only: Sequence[str] | None = None, workers: int | Pool = 1) -> Document:
    """Draw the figures of the report, or `only` these, into figures/ and put the report together."""
    chosen = only or [name for name, spec in FIGURES.items() if spec.report]
    read = read_figures(only)
    data = {name: FIGURES[name].data(run.results, run.context) for name in read}
    data = {name: rows for name, rows in data.items() if not rows.empty}
    figures = out / "figures"
    drawn = draw_all([Drawing(FIGURES[name], data[name], run.context, figures) for name in data if name in chosen], workers)
    context = run.context
    if only is None:
        asked, pictures = ask_sweep(run.path, context, figures)
        drawn += [*draw_beside(context, figures), *pictures]
        flips = titled_flips(context.table("flips"), context.lang)
        context = replace(context, inputs={**context.inputs, **asked, "flips": flips})
    shown = {f.name: Picture(f.png, f.title, f.caption) for f in drawn}
    return paper(Facts(context, run.results, run.manifest, data, notes_beside(run.path)), shown)
