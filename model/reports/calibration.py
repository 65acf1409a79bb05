"""The calibration report: what figures say about the model and what they do not, and how well it tells years it has not seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from model.phrases import form_text, series_title
from model.reports.document import Block, Bullets, Document, Heading, Paragraph, Picture, Table, plain_table
from model.reports.timing import COLUMNS as TIMING
from model.reports.timing import say_timing, timing_rows
from model.words import has_word, word

WORST = 10
"""Series whose miss is told in words."""


@dataclass(frozen=True)
class Facts:
    """What the report tells: tables by name (parameters, targets, without, scores, points, timing; any may be empty), numbers by
    name, variances by grade, what the timing comes to, figures of the register left out with reasons, pictures by name."""

    tables: Mapping[str, pd.DataFrame]
    numbers: Mapping[str, Any]
    variances: Mapping[str, float]
    timing: Mapping[str, Any]
    left_out: Sequence[tuple[str, str]]
    pictures: Mapping[str, Picture]


def calibration_document(facts: Facts, lang: str) -> Document:
    """The whole report in one language."""
    parts = (summary, composites, targets, without, rests, backtest, misses, timing, left_out)
    blocks = [block for part in parts for block in part(facts, lang)]
    in_use = word("calibration.in_use" if facts.numbers["in_use"] else "calibration.not_in_use", lang, file=facts.numbers["in_use"])
    return Document(say(facts, lang, "title"), f"{say(facts, lang, 'lead')} {in_use}", lang, tuple(blocks))


def say(facts: Facts, lang: str, key: str) -> str:
    """A sentence of the report with its numbers."""
    return word(f"calibration.{key}", lang, **facts.numbers)


def _table(name: str, title: str, keys: Sequence[str], rows: Sequence[Sequence[str]], lang: str, notes: tuple[str, ...] = ()) -> Table:
    return plain_table(name, title, [word(key, lang) for key in keys], rows, notes=notes)


def summary(facts: Facts, lang: str) -> list[Block]:
    """What came out, in sentences."""
    known = facts.tables["parameters"]
    names = ", ".join(word(f"composite.{c}", lang) for c in known.loc[known["informed"].astype(bool), "composite"])
    lines = [word("calibration.summary.informed", lang, **{**facts.numbers, "names": names or "–"}), say(facts, lang, "summary.recovery")]
    lines += [say(facts, lang, "summary.check")] if facts.numbers["moved"] != "–" else []
    if len(facts.tables["scores"]):
        lines.append(say(facts, lang, "summary.backtest"))
    if shares := shares_of(facts.variances):
        lines.append(word("calibration.summary.rests", lang, **{**facts.numbers, **shares}))
    return [Heading(say(facts, lang, "summary")), Bullets(tuple(lines))]


def shares_of(variances: Mapping[str, float]) -> dict[str, str]:
    """Percent of the sum of variances by grade, a dash where one is not known; none where nothing varies."""
    total = sum(v for v in variances.values() if not math.isnan(v))
    return {grade: "–" if math.isnan(v) else f"{100 * v / total:.0f}" for grade, v in variances.items()} if total else {}


def composites(facts: Facts, lang: str) -> list[Block]:
    """Prior against posterior: prior quantiles are 0.10, 0.50 and 0.90 by definition."""
    names = ("composite", "p10", "mean", "p90", "variance_kept", "recovered", "informed")
    rows = [
        [word(f"composite.{r['composite']}", lang), *(f"{r[n]:.2f}" for n in names[1:5]), f"{100 * r['recovered']:.0f} %",
         word("calibration.informed" if r["informed"] else "calibration.not_informed", lang)]
        for r in facts.tables["parameters"].to_dict("records")
    ]  # fmt: skip
    title = say(facts, lang, "composites")
    return [Heading(title), Paragraph(say(facts, lang, "composites_text")), _table("composites", title, [f"calibration.column.{n}" for n in names], rows, lang)]


def targets(facts: Facts, lang: str) -> list[Block]:
    """Theirs, ours before and after matching, how far apart, and the verdict; figures that inform first, then those out of reach."""
    names = ("target", "transform", "grade", "value", "deviation", "prior", "posterior", "residual", "implausibility", "verdict")
    rows = []
    for r in facts.tables["targets"].to_dict("records"):
        verdict = "used" if r["used"] else "still" if r["reached"] else "missed"
        numbers = [_short(r[n]) for n in names[3:7]]
        grade = word(f"show.grade.{r['grade']}", lang)
        what = f"{series_title(r['series_id'], lang)}, {str(r['target']).rpartition(' ')[2]}"
        rows.append((verdict, [what, form_text(r["transform"], lang), grade, *numbers, _short(r["value"] - r["posterior"]), f"{r['implausibility']:.1f}", word(f"calibration.{verdict}", lang)]))
    order = ("used", "missed", "still")
    shown = [cells for _, cells in sorted(rows, key=lambda row: order.index(row[0]))]
    title, picture = say(facts, lang, "targets"), facts.pictures.get("calibration-fit")
    table = _table("targets", title, [f"calibration.column.{n}" for n in names], shown, lang, (say(facts, lang, "targets_note"),))
    return [Heading(title), Paragraph(say(facts, lang, "targets_text")), *([picture] if picture else []), table]


def without(facts: Facts, lang: str) -> list[Block]:
    """What rests on one series; nothing where only one informs."""
    table = facts.tables["without"]
    if table.empty:
        return []
    header = [word("calibration.column.without", lang), *(word(f"composite.{c}", lang) for c in table.columns[1:])]
    rows = [[series_title(str(row[0]), lang), *(f"{value:+.2f}".replace("-", "−") for value in row[1:])] for row in table.itertuples(index=False)]
    title = say(facts, lang, "without")
    return [Heading(title), Paragraph(say(facts, lang, "without_text")), plain_table("without", title, header, rows)]


def rests(facts: Facts, lang: str) -> list[Block]:
    """How much of the headline's variance rests on numbers of each grade, beside how many numbers there are of it."""
    shares = shares_of(facts.variances)
    if not shares:
        return []
    rows = [[word(f"show.grade.{g}", lang), "–" if math.isnan(v) else f"{math.sqrt(v):.3f}", f"{shares[g]} %"] for g, v in facts.variances.items()]
    title, picture = say(facts, lang, "rests"), facts.pictures.get("evidence")
    table = _table("rests", title, ["calibration.grade", "calibration.deviation_effect", "calibration.part"], rows, lang)
    return [Heading(title), Paragraph(say(facts, lang, "rests_text")), table, *([picture] if picture else [])]


def backtest(facts: Facts, lang: str) -> list[Block]:
    """The scores beside both naive rules, series from the worst to the best."""
    table = facts.tables["scores"]
    if table.empty:
        return []
    names = ("series_id", "points", "error", "error_last", "error_trend", "skill_last", "skill_trend", "sign", "covered", "width", "width_last")
    keys = {"error_last": "calibration.column.error_last", "error_trend": "calibration.column.error_trend"}
    rows = [[series_title(r["series_id"], lang), str(r["points"]), *("–" if math.isnan(r[n]) else f"{r[n]:.2f}".replace("-", "−") for n in names[2:])] for r in table.to_dict("records")]
    title, picture = say(facts, lang, "backtest"), facts.pictures.get("backtest")
    text = [Paragraph(say(facts, lang, "backtest_text")), Paragraph(say(facts, lang, "backtest_bands"))]
    return [Heading(title), *text, *([picture] if picture else []), _table("scores", title, [keys.get(n, f"cli.backtest.{n}") for n in names], rows, lang)]


def misses(facts: Facts, lang: str) -> list[Block]:
    """The worst misses by name, with what happened, what the model said, and what was learned."""
    points = facts.tables["points"]
    if points.empty:
        return []
    far = (points["model"] - points["actual"]).abs() / points["deviation"]
    worst = points.assign(far=far).dropna(subset=["far"]).sort_values("far", ascending=False).drop_duplicates("series_id").head(WORST)
    rows = []
    for r in worst.to_dict("records"):
        learned = word(f"lesson.{r['series_id']}", lang) if has_word(f"lesson.{r['series_id']}") else "–"
        band = f"{_short(r['model_p10'])} … {_short(r['model_p90'])}"
        rows.append([f"{series_title(r['series_id'], lang)}, {r['period']}", form_text(r["transform"], lang), _short(r["actual"]), _short(r["model"]), band, f"{r['far']:.0f}", learned])
    title = say(facts, lang, "misses")
    keys = [f"calibration.column.{n}" for n in ("target", "transform", "happened", "said", "band", "far", "learned")]
    return [Heading(title), Paragraph(say(facts, lang, "misses_text")), _table("misses", title, keys, rows, lang)]


def _short(value: float) -> str:
    """A number with three digits that count, and a true minus."""
    return f"{value:.3g}".replace("-", "−")


def timing(facts: Facts, lang: str) -> list[Block]:
    """When states that react would have acted."""
    table = facts.tables["timing"]
    if table.empty:
        return []
    score = {k: v for k, v in facts.timing.items() if k != "out_of_reach"}
    title = word("timing.title", lang)
    text = [Paragraph(word("timing.text", lang, draws=facts.numbers["draws"])), Paragraph(say_timing(score, facts.timing["out_of_reach"], lang))]
    return [Heading(title), *text, _table("timing", title, [f"timing.{n}" for n in TIMING], timing_rows(table, lang), lang)]


def left_out(facts: Facts, lang: str) -> list[Block]:
    """Figures of the register that are no targets, and why."""
    title, rows = say(facts, lang, "left_out"), [[name, reason] for name, reason in facts.left_out]
    return [Heading(title), Paragraph(say(facts, lang, "left_out_text")), _table("left-out", title, ["calibration.figure", "calibration.reason"], rows, lang)]
