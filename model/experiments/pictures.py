"""Figures again from any folder: a run, a sweep, or whatever another command drew and listed in figures.json.

A run's figures come from its results, a sweep's from its analysis, those of a calibration and a back-test from their
tables, so all speak the language asked for. The others (strategies, comparison, study) come from the CSV beside each
figure, which holds what it shows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from model.errors import StoreError, UsageError
from model.experiments.answer_boxes import ranked
from model.experiments.answer_drivers import analysed
from model.experiments.calibration_report import draw_figures, match_folder
from model.experiments.folder import open_run
from model.experiments.kinds import kind_of
from model.experiments.question import Wish, choose_cases, choose_outcome, require_finished
from model.experiments.results import HEADLINE, FigureContext
from model.experiments.store import RESULTS
from model.experiments.sweep import load_sweep
from model.experiments.workers import Pool
from model.figures import FIGURES, KINDS, Drawing, Saved, draw_all, figure_variables
from model.figures.save import read_index
from model.said import worded
from model.words import word


@dataclass(frozen=True)
class Wanted:
    """What is asked for: kinds (none: all that the folder has), kinds of file, size, language, folder to write to; who draws."""

    only: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("png", "pdf")
    size: str = "page"
    lang: str = "en"
    out: Path | None = None
    workers: int | Pool = 1


def draw_folder(folder: Path, wanted: Wanted) -> list[Saved]:
    """Draw every figure that a folder has the data for; StoreError says what a folder must hold."""
    if not folder.is_dir():
        raise StoreError(word("error.report.no_folder", wanted.lang, folder=folder.as_posix()))
    kind = kind_of(folder)
    if kind == "sweep":
        return _of_sweep(folder, wanted)
    if matched := match_folder(folder):
        _must_have(wanted, tuple(matched.figures()))
        out = wanted.out or folder / "figures"
        return draw_figures(matched, wanted.lang, out, wanted.only, wanted.formats, wanted.size)
    whole = kind == "run" or (kind == "other" and (folder / RESULTS).is_file())  # of a run, whose manifest may be damaged
    listed = None if whole else _listed(folder)
    if listed is None and kind in ("strategies", "comparison"):
        raise UsageError(word("cli.figures.no_index", wanted.lang, folder=folder.as_posix()))
    return _of_run(folder, wanted) if listed is None else _of_index(listed, wanted)


def _of_run(folder: Path, wanted: Wanted) -> list[Saved]:
    """From results.parquet and manifest.json."""
    _must_have(wanted, tuple(FIGURES))
    names = wanted.only or tuple(FIGURES)
    run = open_run(folder, wanted.lang, figure_variables(names))
    data, out = {name: FIGURES[name].data(run.results, run.context) for name in names}, wanted.out or folder / "figures"
    return draw_all(
        [Drawing(FIGURES[name], data[name], run.context, out, "", wanted.formats, wanted.size) for name in names], wanted.workers
    )


def _of_sweep(folder: Path, wanted: Wanted) -> list[Saved]:
    """What drives real income of the focus in the last year, and regret: the questions `analyse` and `robust` ask by themselves."""
    sweep = load_sweep(folder, wanted.lang)
    require_finished(sweep, wanted.lang)
    _must_have(wanted, ("tornado", "heat-map", "sobol", "regret", "prim-box"))
    labels = choose_cases(sweep, (), wanted.lang)
    outcome = choose_outcome(sweep, HEADLINE, None, None, False, wanted.lang)
    out = wanted.out or folder / "figures"
    wish = Wish(out, wanted.lang, formats=wanted.formats, size=wanted.size, only=wanted.only)
    drawn = analysed(sweep, outcome, labels, False, wish).drawn
    if len(labels) > 1:
        drawn = [*drawn, *ranked(sweep, outcome, labels, 0.0, False, None, wish).drawn]
    return drawn


def _listed(folder: Path) -> Path | None:
    """The folder that holds figures.json: this one, or `figures` in it."""
    return next((place for place in (folder, folder / "figures") if read_index(place)), None)


def _of_index(folder: Path, wanted: Wanted) -> list[Saved]:
    """From the CSV beside each figure."""
    rows = [row for row in read_index(folder) if row["kind"] in KINDS and row.get("drawn", True)]
    _must_have(wanted, tuple(dict.fromkeys(row["kind"] for row in rows)))
    chosen = [row for row in rows if not wanted.only or row["kind"] in wanted.only]
    return draw_all([_again(row, folder, wanted) for row in chosen], wanted.workers)


def _again(row: dict[str, Any], folder: Path, wanted: Wanted) -> Drawing:
    """A figure that figures.json lists, from its own CSV (which holds what `data` of its kind gave)."""
    data, context = _table(folder / row["files"]["csv"]), _context(row["context"], wanted.lang)
    return Drawing(KINDS[row["kind"]], data, context, wanted.out or folder, str(row["name"]), wanted.formats, wanted.size)


def _context(kept: dict[str, Any], lang: str) -> FigureContext:
    """The context that figures.json keeps, in a language."""
    known = {field.name for field in fields(FigureContext)}
    told: dict[str, Any] = {
        n: tuple(value) if isinstance(value, list) else value for n, value in kept.items() if n in known
    }
    return replace(FigureContext("", (), "", "", ()), **(told | {"lang": lang}))


def _table(path: Path) -> pd.DataFrame:
    """A figure's CSV."""
    try:
        return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=True)
    except (OSError, ValueError) as fault:
        raise worded(StoreError, "cli.environment", file=path, reason=fault) from fault


def _must_have(wanted: Wanted, names: tuple[str, ...]) -> None:
    """UsageError for a kind that this folder has no data for."""
    absent = [name for name in wanted.only if name not in names]
    if absent:
        raise UsageError(word("cli.figures.not_here", wanted.lang, name=absent[0], names=", ".join(names)))
