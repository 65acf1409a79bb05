"""Policy implications: what the results say a focus country should weigh, and where they do not say it.

With the tables of `blocs strategies` beside the run the section judges strategies by effect, cost and regret;
without them it compares stances only and says so. A paid strategy is judged by what it brings beyond the stance it
is played with, in the same draw; its cost is already in that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from model.experiments.results import signed
from model.phrases import DIGITS, NONE, Span, amount, change_text, money, money_text, number_text
from model.reports.document import Block, Bullets, Cell, Paragraph, Picture, Table, plain_table
from model.reports.facts import Facts

NOTE = ("chip_leverage", "widen_manufacturing", "software_cooperation")
"""The three proposals of the KIET note of 2023 (kr.strategy.1 to 3 of the register), in its order."""
NEEDED = (
    "scenario", "strategy", "against", "extra", "extra_p10", "extra_p90", "behind_p10", "cost_bn_usd", "cost_percent",
    "budget_percent", "regret", "regret_p90", "best_in_percent", "worst_in_percent", "pays_from", "draws",
)  # fmt: skip
SOON = 1
"""Years after the first measure within which a strategy that pays has to be decided now."""
BAND, FLIPS = 5, 4
"""Fewest draws of a band; conditions named under which the advice turns."""
Row = dict[Any, Any]


def advice(facts: Facts, pictures: Mapping[str, Picture]) -> list[Block]:
    """The section on policy implications."""
    c, rows = facts.context, facts.strategies
    missing = [column for column in NEEDED if column not in rows]
    if rows.empty:
        return [Paragraph(c.say("paper.missing.strategies", scenario=c.scenario)), *_stances(facts), *_proposals(facts, rows)]
    if missing:
        return [Paragraph(c.say("paper.missing.columns", columns=", ".join(missing))), *_stances(facts)]
    blocks: list[Block] = [Paragraph(c.say("paper.advice.stale"))] if facts.stale else []
    for scenario, own in rows.groupby("scenario", sort=False):
        blocks += _scenario(facts, str(scenario), own.reset_index(drop=True))
    compared = [pictures["strategies"]] if "strategies" in pictures and rows["scenario"].nunique() > 1 else []
    return [*blocks, *compared, *_proposals(facts, rows), *_when(facts, rows)]


def in_one_sentence(facts: Facts) -> str:
    """The implication on page one: best and least regret, or that they cannot be told apart."""
    c, rows = facts.context, facts.strategies
    if rows.empty or any(column not in rows for column in NEEDED):
        if len(facts.stances) < 2 or facts.draws.empty:
            return c.say("paper.missing.choice")
        least = min(facts.stances, key=facts.regret)
        return c.say("paper.answer.advice_stance", name=_name(facts, least), regret=_points(facts, facts.regret(least)), draws=c.draws)
    own = rows[rows["scenario"] == c.scenario] if (rows["scenario"] == c.scenario).any() else rows
    ranked = _ranked(own)
    if not ranked:
        return c.say("paper.missing.choice")
    level = [row for row in ranked[1:] if _level(row)]
    key = "paper.answer.advice_open" if level else "paper.answer.advice_best"
    names = ", ".join(_name(facts, row["strategy"]) for row in level)
    return c.say(key, name=_name(facts, ranked[0]["strategy"]), names=names)


def _stances(facts: Facts) -> list[Block]:
    """What can be said from the stances alone."""
    c = facts.context
    if len(facts.stances) < 2 or facts.draws.empty:
        return [Paragraph(c.say("paper.missing.choice"))]
    never = [s for s in facts.stances if facts.share_highest(s, lowest=True) == 0.0]
    least = min(facts.stances, key=facts.regret)
    lines = [
        c.say("paper.advice.best_stance", stance=_name(facts, facts.stances[0]),
              change=change_text(facts.income(facts.stances[0]), "percent", c.lang), year=facts.year),
        _never(facts, never, c.draws),
        c.say("paper.advice.least_regret_stance", name=_name(facts, least), regret=_points(facts, facts.regret(least)), draws=c.draws),
    ]  # fmt: skip
    if facts.overlap():
        lines.append(c.say("paper.advice.overlap"))
    return [Bullets(tuple(lines))]


def _scenario(facts: Facts, scenario: str, rows: pd.DataFrame) -> list[Block]:
    """The table of one scenario's strategies and the sentences on it."""
    c, ranked = facts.context, _ranked(rows)
    if not ranked:
        return [Paragraph(c.say("paper.missing.choice"))]
    best, least = ranked[0], min(ranked, key=lambda row: _least(row))
    draws = int(best["draws"])
    never = [str(row["strategy"]) for row in ranked if row["worst_in_percent"] == 0.0]
    lines = [
        c.say("paper.advice.best", scenario=scenario, name=_name(facts, best["strategy"]), year=_last(best)[1],
              change=change_text(_effect(best), "percent", c.lang), percent=number_text(best["best_in_percent"], 0)),
        _never(facts, never, draws),
        c.say("paper.advice.least_regret", name=_name(facts, least["strategy"]), regret=_points(facts, _least(least))),
        _told_apart(facts, ranked), *_flips(facts, scenario, str(best["strategy"])),
    ]  # fmt: skip
    return [_table(facts, scenario, rows), Bullets(tuple(lines)), Paragraph(_payers(facts))]


def _ranked(rows: pd.DataFrame) -> list[Row]:
    """The strategies that are ranked, the best at central values first."""
    return list(rows[rows["regret"].notna()].sort_values("regret", kind="stable").to_dict("records"))


def _never(facts: Facts, names: list[str], draws: int) -> str:
    key = "paper.advice.never_worst" if names else "paper.advice.none_never_worst"
    return facts.context.say(key, names=", ".join(_name(facts, name) for name in names), draws=draws)


def _level(row: Row) -> bool:
    """Whether the best at central values is not ahead of this one through the whole band (or there is none)."""
    return row["draws"] < BAND or not row["behind_p10"] > 0.0


def _told_apart(facts: Facts, ranked: list[Row]) -> str:
    """Which strategies the model does not rank behind the best."""
    c = facts.context
    if len(ranked) < 2:
        return c.say("paper.answer.single", stance=_name(facts, ranked[0]["strategy"]))
    if ranked[0]["draws"] < BAND:
        return c.say("paper.advice.no_band", draws=int(ranked[0]["draws"]))
    level = [row for row in ranked[1:] if _level(row)]
    names = ", ".join(_name(facts, row["strategy"]) for row in level)
    return c.say("paper.advice.not_ranked" if level else "paper.advice.ranked", name=_name(facts, ranked[0]["strategy"]), names=names)


def _flips(facts: Facts, scenario: str, best: str) -> list[str]:
    """The conditions under which the advice turns, or that none of those tried turns it."""
    c, flips = facts.context, facts.flips
    own = flips[flips["scenario"] == scenario].to_dict("records") if len(flips) else []
    if not own:
        return [c.say("paper.advice.flips_missing")]
    turned = [row for row in own if isinstance(row["best"], str) and row["best"] not in ("", row["advice"])]
    lines = []
    for row in turned[:FLIPS]:
        key = "unknown" if pd.isna(row["threshold"]) else "below" if row["end"] < row["threshold"] else "above"
        lines.append(c.say(
            f"paper.advice.flip_{key}", title=row["title"], value=f"{row['threshold']:.3g}", end=f"{row['end']:.3g}",
            best=_name(facts, row["best"]), advice=_name(facts, row["advice"]),
        ))  # fmt: skip
    tried = ", ".join(dict.fromkeys(str(row["title"]) for row in own))
    return lines or [c.say("paper.advice.no_flip", name=_name(facts, best), tried=tried)]


def _table(facts: Facts, scenario: str, rows: pd.DataFrame) -> Table:
    """Effect, what it brings beyond its reference, cost, regret and from when it pays; bands in one cell in print."""
    c = facts.context
    won = c.rate > 0
    columns = ("strategy", "effect", "low", "high", "extra", "extra_low", "extra_high", "cost_won" if won else "cost", "cost_gdp", "regret", "from_year")
    cells, shown = [], []
    for row in rows.sort_values("regret", kind="stable", na_position="last").to_dict("records"):
        effect, extra = _effect(row), _extra(row)
        cost = money(Span(_number(row["cost_bn_usd"])), c.rate)[0].central
        name, year = _name(facts, row["strategy"]), _year(facts, row)
        cells.append([name, *_ends(effect), *_ends(extra), cost, _number(row["cost_percent"]), _number(row["regret"]), year])
        shown.append((
            name, _cell(effect, c), _cell(extra, c) if _paid(row) else NONE, number_text(cost, 1 if won else 2), number_text(_number(row["cost_percent"]), 2),
            number_text(_number(row["regret"]), 2), year if _paid(row) else NONE,
        ))  # fmt: skip
    header = [c.say(f"paper.column.{k}") for k in columns]
    title = c.say("paper.table.strategies", scenario=scenario, year=_last(rows.iloc[0].to_dict())[1])
    notes = (c.say("paper.table.strategies_note", region=c.label("region", c.focus), with_=_references(facts, rows)),)
    made = plain_table("strategies" if scenario == c.scenario else f"strategies-{scenario.replace('_', '-')}", title, header, cells,
                       unit=c.say("paper.unit.strategies"), notes=notes, source=facts.source_of("strategies"))  # fmt: skip
    return replace(made, shown=((header[0], header[1], header[4], *header[7:]), *shown))


def _payers(facts: Facts) -> str:
    c = facts.context
    return c.say("paper.advice.payers", region=c.label("region", c.focus))


def _references(facts: Facts, rows: pd.DataFrame) -> str:
    """What paid strategies are played with and compared to."""
    paid = [row["against"] for row in rows.to_dict("records") if _paid(row)]
    return ", ".join(dict.fromkeys(_name(facts, name) for name in paid)) or NONE


def _proposals(facts: Facts, rows: pd.DataFrame) -> list[Block]:
    """The three proposals of the KIET note, judged one by one."""
    c = facts.context
    lines = []
    for name in NOTE:
        own = rows[rows["strategy"] == name].to_dict("records") if len(rows) else []
        lines += [_judged(facts, _name(facts, name), row) for row in own] or [c.say("paper.advice.not_run", name=_name(facts, name))]
    return [Paragraph(c.say("paper.advice.proposals")), Bullets(tuple(lines))]


def verdict(row: Row) -> str:
    """'pays', 'loses' or 'open': whether what a strategy brings beyond its reference keeps its sign through the band."""
    span = _extra(row)
    if not span.banded or span.open_sign or not span.known:
        return "open"
    return "pays" if span.low > 0 else "loses"


def _judged(facts: Facts, label: str, row: Row) -> str:
    """One proposal: what it brings beyond its reference, its cost and the verdict, which rests on the band."""
    c, span = facts.context, _extra(row)
    if not span.known:
        return c.say("paper.advice.not_run", name=label)
    return c.say(
        f"paper.advice.judged_{verdict(row)}", name=label, scenario=str(row["scenario"]), change=change_text(span, "points", c.lang),
        against=_name(facts, row["against"]), cost=money_text(_number(row["cost_bn_usd"]), c.rate, c.lang),
        percent=number_text(_number(row["cost_percent"]), 2), from_year=_year(facts, row),
    )  # fmt: skip


def _when(facts: Facts, rows: pd.DataFrame) -> list[Block]:
    """What must be decided now, what can wait, and what does not pay within the horizon."""
    c = facts.context
    soon = (c.years[0] if c.years else 0) + SOON
    groups: dict[str, list[str]] = {"now": [], "wait": [], "not_within": []}
    for row in rows[rows["strategy"].isin(NOTE)].to_dict("records"):
        year, sure = row["pays_from"], verdict(row) == "pays"
        group = "not_within" if pd.isna(year) else "now" if sure and float(year) <= soon else "wait"
        groups[group].append(_name(facts, row["strategy"]))
    lines = [c.say(f"paper.advice.{g}", names=", ".join(dict.fromkeys(names)), year=soon) for g, names in groups.items() if names]
    return [Paragraph(c.say("paper.advice.timing")), Bullets((*lines, c.say("paper.advice.stance_timing")))] if lines else []


def _paid(row: Row) -> bool:
    """Whether a budget is paid for it."""
    return bool(row["budget_percent"] > 0)


def _name(facts: Facts, strategy: object) -> str:
    return facts.context.label("stance", str(strategy))


def _points(facts: Facts, value: float) -> str:
    return amount(value, "points", facts.context.lang)


def _least(row: Row) -> float:
    """The regret that strategies are compared by: its 90th percentile over the draws, or the central one without a band."""
    return _number(row["regret_p90"] if row["draws"] >= BAND else row["regret"])


def _last(row: Row) -> tuple[int, int]:
    """The last horizon with an effect and its year; (0, 0) without one."""
    reached = [h for h in (1, 5, 10) if not pd.isna(row.get(f"central_{h}"))]
    return (reached[-1], int(row[f"year_{reached[-1]}"])) if reached else (0, 0)


def _effect(row: Row) -> Span:
    """Real income against the baseline at the last horizon, percent."""
    horizon = _last(row)[0]
    return _span(row, (f"central_{horizon}", f"p10_{horizon}", f"p90_{horizon}"))


def _extra(row: Row) -> Span:
    """What it brings beyond its reference at the last horizon, percentage points, as printed: a verdict rests on what is read."""
    span = _span(row, ("extra", "extra_p10", "extra_p90"))
    return Span(*(round(end, DIGITS["points"]) for end in (span.central, span.low, span.high)))


def _span(row: Row, names: tuple[str, str, str]) -> Span:
    """A span of three columns; no band from fewer than five draws."""
    central, low, high = (_number(row.get(name)) for name in names)
    return Span(central, low, high) if row["draws"] >= BAND else Span(central)


def _ends(span: Span) -> tuple[Cell, Cell, Cell]:
    return span.central, span.low, span.high


def _cell(span: Span, context: Any) -> str:
    """'+0.31 (+0.20 ~ +0.45)', as in the table of real income."""
    if not span.banded:
        return signed(span.central)
    return f"{signed(span.central)} ({context.say('table.band', low=signed(span.low), high=signed(span.high))})"


def _number(value: Any) -> float:
    return math.nan if value is None or pd.isna(value) else float(value)


def _year(facts: Facts, row: Row) -> str:
    """From which year on it pays; '–' for what is itself the reference."""
    if not isinstance(row["against"], str) or not row["against"]:
        return NONE
    return facts.context.say("paper.advice.never") if pd.isna(row["pays_from"]) else str(int(row["pays_from"]))
