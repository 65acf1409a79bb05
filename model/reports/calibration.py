"""The calibration report: targets, composites, what the headline rests on, and the back-test; Markdown and HTML, ko and en."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from model.words import word

STYLE = (
    "body{font-family:NanumGothic,'Malgun Gothic',sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;line-height:1.55;color:#222}"
    "table{border-collapse:collapse;font-size:.85rem;margin:1rem 0}td,th{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:right}"
    "td:first-child,th:first-child{text-align:left}h1,h2{line-height:1.25}img{max-width:100%}"
)


@dataclass(frozen=True)
class Facts:
    """What the report tells: tables by name (parameters, targets, without, scores), numbers by name, a picture."""

    tables: dict[str, pd.DataFrame]
    numbers: dict[str, float | int | str]
    variances: dict[str, float]
    left_out: Sequence[tuple[str, str]]
    picture: Path | None = None


Part = tuple[str, Any]
"""('heading' | 'paragraph', text), ('table', (header, rows)) or ('picture', path)."""


def write_calibration(folder: Path, facts: Facts) -> list[Path]:
    """report-LANG.md and report-LANG.html in both languages."""
    written = []
    for lang in ("en", "ko"):
        parts = story(facts, lang)
        for ending, text in (("md", markdown(parts)), ("html", page(parts, lang))):
            path = folder / f"report-{lang}.{ending}"
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written


def story(facts: Facts, lang: str) -> list[Part]:
    """The report's parts in order."""

    def say(key: str, **more: object) -> str:
        return word(f"calibration.{key}", lang, **(facts.numbers | more))

    parts: list[Part] = [("heading", say("title")), ("paragraph", say("lead")), ("heading", say("composites"))]
    parts += [("paragraph", say("composites_text")), ("table", _composites(facts.tables["parameters"], lang))]
    parts += [("heading", say("targets")), ("paragraph", say("targets_text")), ("table", _targets(facts.tables["targets"], lang))]
    if len(facts.tables["without"]):
        parts += [("heading", say("without")), ("paragraph", say("without_text")), ("table", _plain(facts.tables["without"], lang))]
    if facts.variances:
        total = sum(v for v in facts.variances.values() if not math.isnan(v))
        rows = [[word(f"show.grade.{g}", lang), f"{math.sqrt(v):.3f}", f"{100 * v / total:.0f} %"] for g, v in facts.variances.items()]
        header = [say("grade"), say("deviation_effect"), say("part")]
        parts += [("heading", say("rests")), ("paragraph", say("rests_text")), ("table", (header, rows))]
    if len(facts.tables["scores"]):
        parts += [("heading", say("backtest")), ("paragraph", say("backtest_text"))]
        parts += [("picture", facts.picture)] if facts.picture else []
        parts += [("table", _scores(facts.tables["scores"], lang))]
    left = [[name, reason] for name, reason in facts.left_out]
    return [*parts, ("heading", say("left_out")), ("paragraph", say("left_out_text")), ("table", ([say("figure"), say("reason")], left))]


def _composites(table: pd.DataFrame, lang: str) -> tuple[list[str], list[list[str]]]:
    """Prior against posterior: prior quantiles are 0.10, 0.50 and 0.90 by definition."""
    names = ("composite", "p10", "mean", "p90", "variance_kept", "recovered", "informed")
    rows = [
        [word(f"composite.{r['composite']}", lang), *(f"{r[n]:.2f}" for n in names[1:5]), f"{100 * r['recovered']:.0f} %",
         word("calibration.informed" if r["informed"] else "calibration.not_informed", lang)]
        for r in table.to_dict("records")
    ]  # fmt: skip
    return [word(f"calibration.column.{n}", lang) for n in names], rows


def _targets(table: pd.DataFrame, lang: str) -> tuple[list[str], list[list[str]]]:
    names = ("target", "region", "transform", "grade", "value", "deviation", "prior", "posterior", "implausibility", "verdict")
    rows = []
    for r in table.to_dict("records"):
        verdict = "used" if r["used"] else "still" if r["reached"] else "missed"
        numbers = [f"{r[n]:.3g}" for n in names[4:8]]
        grade = word(f"show.grade.{r['grade']}", lang)
        rows.append([str(r["target"]), str(r["region"]), str(r["transform"]), grade, *numbers, f"{r['implausibility']:.1f}", word(f"calibration.{verdict}", lang)])
    return [word(f"calibration.column.{n}", lang) for n in names], rows


def _plain(table: pd.DataFrame, lang: str) -> tuple[list[str], list[list[str]]]:
    header = [word("calibration.column.without", lang), *(word(f"composite.{c}", lang) for c in table.columns[1:])]
    return header, [[str(row[0]), *(f"{value:+.2f}" for value in row[1:])] for row in table.itertuples(index=False)]


def _scores(table: pd.DataFrame, lang: str) -> tuple[list[str], list[list[str]]]:
    names = ("series_id", "points", "error", "error_last", "error_trend", "skill_last", "skill_trend", "sign", "covered")
    rows = [[str(r["series_id"]), str(r["points"]), *("–" if math.isnan(r[n]) else f"{r[n]:.2f}" for n in names[2:])] for r in table.to_dict("records")]
    keys = {"error_last": "calibration.column.error_last", "error_trend": "calibration.column.error_trend"}
    return [word(keys.get(n, f"cli.backtest.{n}"), lang) for n in names], rows


def markdown(parts: Sequence[Part]) -> str:
    """The parts as Markdown."""
    lines: list[str] = []
    for place, (kind, content) in enumerate(parts):
        if kind == "heading":
            lines += [f"{'#' if place == 0 else '##'} {content}", ""]
        elif kind == "paragraph":
            lines += [content, ""]
        elif kind == "picture":
            lines += [f"![]({content.parent.parent.name}/{content.parent.name}/{content.name})", ""]
        else:
            header, rows = content
            lines += [f"| {' | '.join(_cell(c) for c in row)} |" for row in (header, ["---"] * len(header), *rows)] + [""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def page(parts: Sequence[Part], lang: str) -> str:
    """The parts as one self-contained page."""
    body = []
    for place, (kind, content) in enumerate(parts):
        if kind in ("heading", "paragraph"):
            tag = "p" if kind == "paragraph" else "h1" if place == 0 else "h2"
            body.append(f"<{tag}>{html.escape(content)}</{tag}>")
        elif kind == "picture":
            body.append(f'<img alt="" src="data:image/png;base64,{base64.b64encode(content.read_bytes()).decode("ascii")}">')
        else:
            header, rows = content
            cells = "".join(f"<th>{html.escape(c)}</th>" for c in header)
            lines = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in rows)
            body.append(f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>")
    title = html.escape(parts[0][1])
    return f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>\n<body>\n' + "\n".join(body) + "\n</body></html>\n"
