"""Policy implications: what the results say a focus country should weigh, and where they do not say it.

With strategies.csv in the run's folder (`blocs strategies`) the section judges strategies by effect, cost and regret;
without it, it compares stances only and says so.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from model.phrases import Span, amount, change_text, money_text, number_text
from model.reports.document import Block, Bullets, Cell, Paragraph, plain_table
from model.reports.facts import Facts

NOTE = ("chip_leverage", "widen_manufacturing", "software_cooperation")
"""The three proposals of the KIET note of 2023 (kr.strategy.1 to 3 of the register), in its order."""
NEEDED = ("scenario", "strategy", "effect", "low", "high", "cost_bn_usd", "cost_percent_gdp", "regret", "from_year", "flip")
SOON = 1
"""Years after the first measure within which a strategy that pays has to be decided now."""


def advice(facts: Facts) -> list[Block]:
    """The section on policy implications."""
    c = facts.context
    rows = c.table("strategies")
    missing = [column for column in NEEDED if column not in rows]
    if rows.empty:
        return [Paragraph(c.say("paper.missing.strategies", scenario=c.scenario)), *_stances(facts), *_proposals(facts, rows)]
    if missing:
        return [Paragraph(c.say("paper.missing.columns", columns=", ".join(missing))), *_stances(facts)]
    blocks: list[Block] = []
    for scenario, own in rows.groupby("scenario", sort=False):
        blocks += _scenario(facts, str(scenario), own.reset_index(drop=True))
    return [*blocks, *_proposals(facts, rows), *_when(facts, rows)]


def _stances(facts: Facts) -> list[Block]:
    """What can be said from the stances alone."""
    c = facts.context
    if len(facts.stances) < 2 or facts.draws.empty:
        return [Paragraph(c.say("paper.missing.choice"))]
    never = [s for s in facts.stances if facts.share_highest(s, lowest=True) == 0.0]
    least = min(facts.stances, key=facts.regret)
    names = ", ".join(c.label("stance", s) for s in never)
    lines = [
        c.say("paper.advice.best_stance", stance=c.label("stance", facts.stances[0]),
              change=change_text(facts.income(facts.stances[0]), "percent", c.lang), year=facts.year),
        c.say("paper.advice.never_worst" if never else "paper.advice.none_never_worst", names=names, draws=c.draws),
        c.say("paper.advice.least_regret", name=c.label("stance", least), regret=amount(facts.regret(least), "points", c.lang)),
    ]  # fmt: skip
    if facts.overlap():
        lines.append(c.say("paper.advice.overlap"))
    return [Bullets(tuple(lines))]


def _scenario(facts: Facts, scenario: str, rows: pd.DataFrame) -> list[Block]:
    """The table of one scenario's strategies and the sentences on it."""
    c = facts.context
    ranked = rows.sort_values("effect", ascending=False, kind="stable", ignore_index=True)
    best, least = ranked.iloc[0], ranked.sort_values("regret", kind="stable").iloc[0]
    lines = [
        c.say("paper.advice.best", scenario=scenario, name=c.label("stance", str(best["strategy"])),
              change=change_text(_span(best), "percent", c.lang)),
        c.say("paper.advice.least_regret", name=c.label("stance", str(least["strategy"])),
              regret=amount(float(least["regret"]), "points", c.lang)),
        _never_worst(facts, ranked),
    ]  # fmt: skip
    if len(ranked) > 1 and _overlap(_span(best), _span(ranked.iloc[1])):
        lines.append(c.say("paper.advice.overlap"))
    lines += [
        c.say("paper.advice.flip", name=c.label("stance", str(r["strategy"])), flip=str(r["flip"]))
        for r in ranked.to_dict("records") if isinstance(r["flip"], str) and r["flip"]
    ][:3]  # fmt: skip
    header = [c.say(f"paper.column.{k}") for k in ("strategy", "effect", "low", "high", "cost", "cost_gdp", "regret", "from_year")]
    cells: list[list[Cell]] = [
        [c.label("stance", str(r["strategy"])), *(float(r[k]) for k in ("effect", "low", "high", "cost_bn_usd", "cost_percent_gdp", "regret")),
         str(int(r["from_year"])) if pd.notna(r["from_year"]) else c.say("paper.advice.never")]
        for r in ranked.to_dict("records")
    ]  # fmt: skip
    title = c.say("paper.table.strategies", scenario=scenario)
    region = c.label("region", c.focus)
    table = plain_table("strategies", title, header, cells, unit=c.say("paper.unit.strategies"),
                        notes=(c.say("paper.table.strategies_note", region=region),))  # fmt: skip
    return [table, Bullets(tuple(lines))]


def _never_worst(facts: Facts, ranked: pd.DataFrame) -> str:
    """Strategies whose whole band lies above the lowest central effect."""
    c, lowest = facts.context, float(ranked["effect"].min())
    never = ranked[ranked["low"] > lowest]["strategy"]
    names = ", ".join(c.label("stance", str(name)) for name in never)
    return c.say("paper.advice.never_worst_band" if len(never) else "paper.advice.none_never_worst", names=names, draws=c.draws)


def _proposals(facts: Facts, rows: pd.DataFrame) -> list[Block]:
    """The three proposals of the KIET note, judged one by one."""
    c = facts.context
    lines = []
    for name in NOTE:
        label = c.label("stance", name)
        own = rows[rows["strategy"] == name].to_dict("records") if len(rows) else []
        lines += [_judged(facts, label, row) for row in own] or [c.say("paper.advice.not_run", name=label)]
    return [Paragraph(c.say("paper.advice.proposals")), Bullets(tuple(lines))]


def _judged(facts: Facts, label: str, row: dict[Any, Any]) -> str:
    """One proposal: effect, cost and verdict, which rests on the band."""
    c, span = facts.context, _span(row)
    verdict = "open" if not span.banded or span.open_sign else "pays" if span.central > 0 else "loses"
    return c.say(
        f"paper.advice.judged_{verdict}", name=label, scenario=str(row["scenario"]), change=change_text(span, "percent", c.lang),
        cost=money_text(float(row["cost_bn_usd"]), c.rate, c.lang), percent=number_text(float(row["cost_percent_gdp"]), 2),
    )  # fmt: skip


def _when(facts: Facts, rows: pd.DataFrame) -> list[Block]:
    """What must be decided now, what can wait, and what does not pay within the horizon."""
    c = facts.context
    soon = (c.years[0] if c.years else 0) + SOON
    groups: dict[str, list[str]] = {"now": [], "wait": [], "not_within": []}
    for row in rows[rows["strategy"] != "none"].to_dict("records"):
        year = row["from_year"]
        group = "not_within" if pd.isna(year) else "now" if float(year) <= soon else "wait"
        groups[group].append(c.label("stance", str(row["strategy"])))
    lines = [c.say(f"paper.advice.{g}", names=", ".join(dict.fromkeys(names)), year=soon) for g, names in groups.items() if names]
    return [Bullets(tuple(lines))] if lines else []


def _span(row: Any) -> Span:
    return Span(float(row["effect"]), float(row["low"]), float(row["high"]))


def _overlap(one: Span, other: Span) -> bool:
    """Whether two bands share a value; unknown bands overlap."""
    return not (one.banded and other.banded) or (one.low <= other.high and other.low <= one.high)
