"""How far to trust a run: draws, evidence, published estimates, calibration, back-test, and what is outside the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from model.experiments.results import FigureContext
from model.phrases import number_text, series_title
from model.reports.document import Block, Bullets, Cell, Picture, Table, plain_table
from model.reports.facts import Facts

SCORED = ("series_id", "points", "error", "error_last", "error_trend", "sign", "covered", "skill_last")
"""Columns of scores.csv that are told."""
BAND_HOLDS, FEWEST, ENOUGH = 0.8, 5, 10
"""Part of the draws inside a band; fewest draws of a band; draws beyond an end from which on it is not called rough."""
ROWS = 6
"""Series of the back-test named from either end."""


def trust(facts: Facts, pictures: Mapping[str, Picture]) -> list[Block]:
    """The section."""
    c, m = facts.context, facts.manifest
    failed, refused = len(m.get("failed", ())), len(m.get("refused_draws", ()))
    lines = [
        c.say("paper.trust.draws", draws=c.draws, failed=failed, planned=m.get("planned", 0), refused=refused),
        *_rough(c.draws, c), _evidence(c), _published(facts), *_calibration(facts), *_backtest(facts), c.say("paper.trust.outside"),
    ]  # fmt: skip
    shown = [pictures[name] for name in ("published",) if name in pictures]
    return [Bullets(tuple(lines)), *_scores(facts), *shown]


def _rough(draws: int, c: FigureContext) -> list[str]:
    """That the ends of a band rest on few draws, where they do."""
    beyond = round(draws * (1.0 - BAND_HOLDS) / 2.0)
    few = draws >= FEWEST and beyond < ENOUGH
    return [c.say("paper.trust.rough", beyond=beyond, draws=draws)] if few else []


def _evidence(c: FigureContext) -> str:
    """Shares of assumed and measured numbers."""
    evidence = c.table("evidence")
    if evidence.empty:
        return c.say("paper.missing.evidence")
    total = evidence.groupby("grade")["count"].sum()
    share = {name: number_text(100.0 * total.get(name, 0) / total.sum(), 0) for name in ("assumed", "measured")}
    return c.say("paper.trust.evidence", count=int(total.sum()), **share)


def _published(facts: Facts) -> str:
    """How many comparable figures lie in published bands, and which do not."""
    rows, c = facts.data.get("published", pd.DataFrame()), facts.context
    if rows.empty:
        return c.say("paper.missing.published", scenario=c.scenario)
    outside = [f"{r['study']} ({c.label('region', str(r['region']))})" for r in rows[~rows["inside"]].to_dict("records")]
    key = "out" if len(outside) < len(rows) else "none"
    return c.say(f"paper.trust.published_{key if outside else 'in'}", inside=int(rows["inside"].sum()), count=len(rows), names=", ".join(dict.fromkeys(outside)))


def _calibration(facts: Facts) -> list[str]:
    """What figures published by a date say about the composites, whether the method finds what is put in, what is missed."""
    c, composites, targets = facts.context, facts.held("calibration", ("informed",)), facts.held("targets", ("used", "reached"))
    note = facts.notes.get("calibration", {})
    if composites.empty or targets.empty or "origin" not in note:
        return [c.say("paper.missing.calibration")]
    missed = targets[~targets["reached"].astype(bool)]
    lines = [c.say(
        "paper.trust.calibration", origin=note["origin"], figures=len(targets), used=int(targets["used"].sum()), missed=len(missed),
        informed=int(composites["informed"].sum()), composites=len(composites), coverage=number_text(100.0 * float(note.get("coverage", math.nan)), 0),
    )]  # fmt: skip
    return lines + ([c.say("paper.trust.elsewhere", folder="calibration")] if facts.elsewhere("calibration") else [])


def _backtest(facts: Facts) -> list[str]:
    """The score against two naive rules, how often the band held what happened, and how often the sign was right."""
    c, scores = facts.context, facts.held("scores", SCORED)
    note = facts.notes.get("backtest", {})
    if scores.empty or "origin" not in note:
        return [c.say("paper.missing.backtest")]
    last, trend = (geometric(scores, rule) for rule in ("last", "trend"))
    covered = float((scores["covered"] * scores["points"]).sum() / scores["points"].sum())
    lines = [c.say(
        "paper.trust.backtest", origin=note["origin"], points=int(scores["points"].sum()), series=len(scores), last=number_text(last, 2),
        trend=number_text(trend, 2), covered=number_text(100.0 * covered, 0), signs=number_text(100.0 * float(scores["sign"].mean()), 0),
        verdict=c.say(f"paper.trust.backtest_{standing(facts)}"),
    )]  # fmt: skip
    return lines + ([c.say("paper.trust.elsewhere", folder="backtest")] if facts.elsewhere("backtest") else [])


def standing(facts: Facts) -> str:
    """'better', 'worse' or 'mixed': the back-test's error against both naive rules; '' without a back-test."""
    scores = facts.held("scores", SCORED)
    if scores.empty or "origin" not in facts.notes.get("backtest", {}):
        return ""
    ratios = [geometric(scores, rule) for rule in ("last", "trend")]
    return "better" if max(ratios) < 1.0 else "worse" if min(ratios) > 1.0 else "mixed"


def geometric(scores: pd.DataFrame, rule: str) -> float:
    """Geometric mean over series of the error against a naive rule's ('last' or 'trend'): below 1 better than it."""
    logs = [math.log(error / other) for error, other in zip(scores["error"], scores[f"error_{rule}"], strict=True)]
    return math.exp(sum(logs) / len(logs))


def _scores(facts: Facts) -> list[Table]:
    """The best and the worst series of the back-test, hits and misses alike."""
    c, scores = facts.context, facts.held("scores", SCORED)
    if scores.empty or "origin" not in facts.notes.get("backtest", {}):
        return []
    columns = ("error", "error_last", "error_trend", "covered")
    ranked = scores.sort_values("skill_last", ascending=False, kind="stable")
    cells: list[list[Cell]] = [[series_title(str(r["series_id"]), c.lang), int(r["points"]), *(float(r[k]) for k in columns)] for r in ranked.to_dict("records")]
    few = cells if len(cells) <= 2 * ROWS else [*cells[:ROWS], *cells[-ROWS:]]
    header = [c.say(f"paper.column.{k}") for k in ("series", "points", *columns)]
    made = plain_table("backtest", c.say("paper.table.backtest", shown=len(few), series=len(cells)), header, cells,
                       notes=(c.say("paper.table.backtest_note"),), source=facts.source_of("backtest"))  # fmt: skip
    text = tuple((str(r[0]), str(r[1]), *(number_text(float(v), 3) for v in r[2:5]), number_text(float(r[5]), 2)) for r in few)
    return [replace(made, shown=(tuple(header), *text))]
