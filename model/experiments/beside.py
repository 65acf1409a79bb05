"""What other commands left in a run's folder, for its report: a sweep asked again, and the figures of all of them.

`blocs strategies`, `sweep`, `backtest` and `calibrate` write into DIR/strategies, DIR/sweep, DIR/backtest and
DIR/calibration when told so by --out. Tables are read by `model.experiments.inputs`; here is what takes work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from model.errors import BlocsError, UsageError
from model.experiments.answer_boxes import discovered
from model.experiments.answer_drivers import analysed
from model.experiments.answers import Answer, titles_of
from model.experiments.conditions import parse
from model.experiments.inputs import FOLDERS
from model.experiments.question import Wish, choose_outcome, require_finished, title_of
from model.experiments.results import HEADLINE, FigureContext, label
from model.experiments.store import MANIFEST
from model.experiments.sweep import PLAN, load_sweep
from model.figures import KINDS, Saved, save_spec
from model.reports.advice import NEEDED
from model.said import said
from model.words import has_word

NAMED = ("segment", "layer", "region", "network", "ecosystem", "stance")
"""What the index of a parameter can name."""


def notes_beside(folder: Path) -> dict[str, dict[str, Any]]:
    """What each folder beside the results says of itself (origin, draws, parameter set), by name; those without are left out."""
    found = {}
    for name in FOLDERS:
        path = folder / name / (PLAN if name == "sweep" else MANIFEST)
        try:
            found[name] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        except ValueError:
            found[name] = {}
    return {name: note for name, note in found.items() if isinstance(note, dict) and note}


def draw_beside(context: FigureContext, out: Path) -> list[Saved]:
    """Figures of the strategies and the back-test, where their tables are there."""
    made = []
    rows = context.table("strategies")
    if set(NEEDED) <= set(rows.columns) and len(KINDS["strategies"].data(rows, context)):
        named = replace(context, scenario=", ".join(dict.fromkeys(rows["scenario"].astype(str))), draws=int(rows["draws"].max()))
        made.append(save_spec(KINDS["strategies"], rows, named, out))
    points = context.table("points")
    if {"series_id", "transform", "period", "end", "actual", "model", "last", "trend"} <= set(points.columns):
        made.append(save_spec(KINDS["backtest"], points, context, out))
    return made


def ask_sweep(folder: Path, context: FigureContext, out: Path, figures: bool = True) -> tuple[dict[str, pd.DataFrame], list[Saved]]:
    """The sweep's answer for the report: tables `drivers`, `boxes`, `limits` (a row a case and name) and figures.

    What drives the focus's real income in the last whole year, and where it falls short of the baseline. A sweep that
    cannot answer (unfinished, of another scenario) gives the table `fault` with the reason.
    """
    if not (folder / "sweep" / PLAN).is_file():
        return {}, []
    try:
        return _asked(folder / "sweep", context, Wish(out, context.lang, figures, without_failed=True))
    except BlocsError as error:
        return {"fault": pd.DataFrame({"reason": [said(error, context.lang).splitlines()[0]]})}, []


def _asked(folder: Path, context: FigureContext, wish: Wish) -> tuple[dict[str, pd.DataFrame], list[Saved]]:
    lang, sweep = context.lang, load_sweep(folder)
    require_finished(sweep, lang)
    labels = tuple(case["label"] for case in sweep.plan["cases"] if case["baseline"] and case["scenario"] == context.scenario)
    if not labels:
        raise UsageError(context.say("paper.sweep.other", scenario=context.scenario))
    outcome = choose_outcome(sweep, HEADLINE, context.focus, None, False, lang)
    driven = analysed(sweep, outcome, labels, False, wish)
    loss = parse(f"{HEADLINE}[{context.focus},{outcome.period}] < 0%", "--when", lang)
    boxed = discovered(sweep, loss, labels, None, wish)
    tables = {"drivers": _drivers(driven, {name: titled(name, lang) for name in titles_of(sweep, lang)}, outcome.period), **_boxes(boxed, lang)}
    return tables, [*driven.drawn, *boxed.drawn]


def _drivers(answer: Answer, titles: Mapping[str, str], period: str) -> pd.DataFrame:
    """Rank, name, title and main index of every number, by case, the largest first."""
    rows = [
        {"case": case["case"], "stance": case["case"].partition("@")[2], "year": int(period[:4]), "method": answer.data["method"],
         "samples": case["samples"], "settled": case["settled"], "rank": rank, "title": titles[row["name"]], "value": row[case["main"]]}
        for case in answer.data["cases"] for rank, row in enumerate(case["indices"])
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _boxes(answer: Answer, lang: str) -> dict[str, pd.DataFrame]:
    """How often each case falls short and the chosen box (`boxes`), with its limits (`limits`)."""
    boxes, limits = [], []
    for case in answer.data["cases"]:
        chosen = next((box for box in case["boxes"] if box["chosen"]), {"coverage": None, "density": None, "dimensions": 0})
        kept = {key: chosen[key] for key in ("coverage", "density", "dimensions")}
        boxes.append({"stance": case["case"].partition("@")[2], "states": case["states"], "hits": case["hits"], **kept})
        limits += [{**row, "title": titled(row["name"], lang), "stance": case["case"].partition("@")[2]} for row in case.get("limits", [])]
    return {"boxes": pd.DataFrame(boxes), "limits": pd.DataFrame(limits)}


def titled_flips(rows: pd.DataFrame, lang: str) -> pd.DataFrame:
    """flips.csv with each driver in words."""
    return rows.assign(title=[titled(str(name), lang) for name in rows["driver"]]) if "driver" in rows else pd.DataFrame()


def titled(name: str, lang: str) -> str:
    """A sampled number in words, the index of its row too: '공급자 간 대체탄력성(메모리)'."""
    index = name.partition("[")[2]
    codes = [next((label(kind, code, lang) for kind in NAMED if has_word(f"{kind}.{code}")), code) for code in index.rstrip("]").split("/")]
    title = title_of(name, lang)
    return f"{title.partition(' [')[0]}{'' if lang == 'ko' else ' '}({', '.join(codes)})" if index else title
