"""The answers of `discover` and `robust`: where a condition holds, and which strategy to fear where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from model.errors import IncompleteError, UsageError
from model.experiments.answers import Answer, titles_of
from model.experiments.conditions import Comparison, Condition, comparisons, holds
from model.experiments.discovery import Box, balanced, trajectory
from model.experiments.question import (
    Outcome,
    Wish,
    case_title,
    choose_outcome,
    context_of,
    names_of,
    records,
    require_finite,
    values_of,
)  # fmt: skip
from model.experiments.results import plain, signed
from model.experiments.robustness import choices, pairs, regret, strategy_table, worst_quarter
from model.experiments.sweep import Sweep
from model.figures.prim_box import FIGURE as PRIM_BOX
from model.figures.regret import FIGURE as REGRET
from model.scenario.story import Block
from model.words import speaker

FEWEST = 20
"""States of interest below which a box is said to rest on few cases."""
STEPS = 12
"""Boxes shown on the screen; all stand in the table."""


def condition_of(sweep: Sweep, condition: Condition, labels: Sequence[str], wish: Wish) -> pd.DataFrame:
    """Whether the condition holds, by state and case."""
    tables: dict[Comparison, pd.DataFrame] = {}
    for part in comparisons(condition):
        outcome = choose_outcome(sweep, part.variable, part.region, part.period, True, wish.lang)
        tables[part] = values_of(
            sweep, replace(outcome, kind="percent" if part.percent else "level"), labels, wish.lang
        )
    together = pd.concat({f"{k + 1}. {part}": table for k, (part, table) in enumerate(tables.items())}, axis=1)
    kept = require_finite(sweep, together, str(condition), wish.without_failed, wish.lang).index
    return pd.DataFrame({label: _holding(condition, tables, kept, label) for label in labels})


def _holding(condition: Condition, tables: dict[Comparison, pd.DataFrame], kept: pd.Index, label: str) -> pd.Series:
    """Whether the condition holds for one case in the states kept."""
    return holds(condition, lambda part: tables[part].loc[kept, label])


def discovered(sweep: Sweep, condition: Condition, labels: Sequence[str], box: int | None, wish: Wish) -> Answer:
    """In which box of the sampled numbers the condition holds, for every case."""
    table, answer, say = condition_of(sweep, condition, labels, wish), Answer(), speaker(wish.lang)
    answer.say("title", say("discover.title", condition=condition))
    if len(table) < len(sweep.states):
        answer.say("paragraph", say("discover.left_out", number=len(sweep.states) - len(table)))
    found = []
    for place, label in enumerate(labels):
        name = "prim-box" if len(labels) == 1 else f"prim-box-{place + 1}"
        found.append(_one_search(answer, sweep, table[label], str(condition), label, box, name, wish))
    answer.data = {"condition": str(condition), "cases": found}
    return answer


def _one_search(
    answer: Answer, sweep: Sweep, y: pd.Series, condition: str, label: str, box: int | None, name: str, wish: Wish
) -> dict[str, Any]:
    """One case: how often the condition holds, the way of boxes, the chosen one in words; its table and figure."""
    say, hits = speaker(wish.lang), int(y.sum())
    answer.say("heading", case_title(label, wish.lang))
    answer.say("paragraph", say("discover.share", hits=hits, states=len(y), percent=plain(100 * hits / len(y))))
    found = {"case": label, "states": len(y), "hits": hits, "boxes": [], "chosen": None}
    if hits in (0, len(y)):
        answer.say("paragraph", say("discover.nothing"))
        return found
    names, titles = names_of(sweep), titles_of(sweep, wish.lang)
    x = sweep.states.loc[y.index, names].to_numpy(dtype=float)
    boxes = trajectory(x, y.to_numpy(dtype=bool))
    if box is not None and box >= len(boxes):
        raise UsageError(say("discover.no_box", box=box, last=len(boxes) - 1))
    chosen = balanced(boxes) if box is None else box
    if hits < FEWEST:
        answer.say("paragraph", say("discover.few", hits=hits))
    _say_way(answer, boxes, chosen, wish.lang)
    _say_box(answer, boxes[chosen], boxes[0], names, titles, chosen, wish.lang)
    shown = "" if name == "vulnerable" else case_title(label, wish.lang)
    frame = box_table(boxes, chosen, names, titles).assign(case=label, case_title=shown)
    if boxes[chosen].dimensions:
        answer.figure(wish, PRIM_BOX, frame, replace(context_of(sweep, wish.lang), title=condition), name)
    answer.table(wish, name, frame)
    return found | {
        "chosen": chosen,
        "boxes": records(frame[frame["kind"] == "box"]),
        "limits": records(frame[frame["kind"] == "limit"]),
    }


def _say_way(answer: Answer, boxes: Sequence[Box], chosen: int, lang: str) -> None:
    """Some of the boxes on the way, the chosen one among them."""
    say = speaker(lang)
    some = sorted({*np.linspace(0, len(boxes) - 1, min(STEPS, len(boxes))).round().astype(int).tolist(), chosen})
    header = [say(f"discover.column.{c}") for c in ("box", "coverage", "density", "states", "dimensions")]
    rows = [
        [f"{k} *" if k == chosen else str(k), f"{100 * boxes[k].coverage:.0f}%", f"{100 * boxes[k].density:.0f}%",
         str(boxes[k].states), str(boxes[k].dimensions)] for k in some
    ]  # fmt: skip
    answer.rows(header, rows)


def _say_box(
    answer: Answer, box: Box, whole: Box, names: Sequence[str], titles: dict[str, str], place: int, lang: str
) -> None:
    """The chosen box in words: how often it is right, how much it finds, and its limits."""
    say = speaker(lang)
    answer.say("paragraph", say(
        "discover.box", box=place, density=plain(100 * box.density), coverage=plain(100 * box.coverage),
        states=box.states, interest=box.interest,
    ))  # fmt: skip
    lines = []
    for j, name in enumerate(names):
        low, high = box.limited[j]
        if low or high:
            kind = "between" if low and high else "above" if low else "below"
            chance = max(p for p in box.quasi_p[j] if np.isfinite(p))
            lines.append(say(
                f"discover.{kind}", title=titles[name], name=name, low=f"{box.limits[j, 0]:.4g}", high=f"{box.limits[j, 1]:.4g}",
                first=f"{whole.limits[j, 0]:.4g}", last=f"{whole.limits[j, 1]:.4g}", p=f"{chance:.2g}",
            ))  # fmt: skip
    answer.blocks.append(Block("list", "", (), tuple((line,) for line in lines or [say("discover.no_limit")])))


def box_table(boxes: Sequence[Box], chosen: int, names: Sequence[str], titles: dict[str, str]) -> pd.DataFrame:
    """Every box (kind 'box') and the limits of the chosen one (kind 'limit')."""
    rows: list[dict[str, Any]] = [
        {"kind": "box", "box": k, "chosen": k == chosen, "coverage": b.coverage, "density": b.density, "states": b.states,
         "interest": b.interest, "dimensions": b.dimensions} for k, b in enumerate(boxes)
    ]  # fmt: skip
    box, whole = boxes[chosen], boxes[0].limits
    rows += [
        {"kind": "limit", "box": chosen, "chosen": True, "name": name, "title": titles[name],
         "low": box.limits[j, 0], "high": box.limits[j, 1], "range_low": whole[j, 0], "range_high": whole[j, 1],
         "quasi_p_low": box.quasi_p[j, 0], "quasi_p_high": box.quasi_p[j, 1]}
        for j, name in enumerate(names) if box.limited[j].any()
    ]  # fmt: skip
    columns = ["name", "title", "low", "high", "range_low", "range_high", "quasi_p_low", "quasi_p_high"]
    frame = pd.DataFrame(rows)
    return frame.reindex(columns=[*(c for c in frame.columns if c not in columns), *columns])


# -- robust ------------------------------------------------------------------------------------------
def ranked(
    sweep: Sweep,
    outcome: Outcome,
    labels: Sequence[str],
    threshold: float | None,
    minimise: bool,
    strategy: str | None,
    wish: Wish,
) -> Answer:
    """Strategies over the states of the world: table, ranking or none, and where the chosen one is worst."""
    say, answer = speaker(wish.lang), Answer()
    _check_comparable(sweep, outcome, labels, wish.lang)
    values = require_finite(
        sweep, values_of(sweep, outcome, labels, wish.lang), str(outcome), wish.without_failed, wish.lang
    )
    if len(values) < 2:
        raise IncompleteError(say("robust.few_states", states=len(values)))
    table = strategy_table(values, threshold, minimise)
    answer.say("title", say("robust.title", outcome=outcome.said(wish.lang), states=len(values)))
    if len(values) < len(sweep.states):
        answer.say("paragraph", say("discover.left_out", number=len(sweep.states) - len(values)))
    _say_strategies(answer, table, threshold, wish.lang)
    chosen = choices(table, minimise)
    lines = [say(f"robust.choice.{rule}", strategy=case_title(name, wish.lang)) for rule, name in chosen.items()]
    answer.blocks.append(Block("list", "", (), tuple((line,) for line in lines)))
    paired = pairs(values, minimise)
    _say_pairs(answer, paired, wish.lang)
    titled = table.assign(
        title=[case_title(s, wish.lang) for s in table["strategy"]],
        stance=[s.partition("@")[2] for s in table["strategy"]],
    )
    lost = regret(values, minimise)
    titled = titled.assign(regret_median=lost.median().to_numpy(), regret_p10=lost.quantile(0.1).to_numpy())
    answer.table(wish, "strategies", titled)
    answer.table(wish, "pairs", paired)
    answer.figure(wish, REGRET, titled, replace(context_of(sweep, wish.lang), title=outcome.shown(wish.lang)))
    name = strategy or chosen["regret"]
    answer.data = {
        "outcome": str(outcome), "strategies": records(table), "choices": chosen, "pairs": records(paired),
        "vulnerable": _weak_spot(answer, sweep, lost[name], name, wish),
    }  # fmt: skip
    return answer


def _weak_spot(answer: Answer, sweep: Sweep, lost: pd.Series, name: str, wish: Wish) -> dict[str, Any]:
    """The box in which a strategy is in the worst quarter of its regret."""
    say, title = speaker(wish.lang), case_title(name, wish.lang)
    if not (lost > 0).any():
        answer.say("paragraph", say("robust.no_regret", strategy=title))
        return {"case": name, "states": len(lost), "hits": 0, "boxes": [], "chosen": None}
    answer.say("title", say("robust.weak", strategy=title))
    return _one_search(
        answer, sweep, worst_quarter(lost), say("robust.worst", strategy=title), name, None, "vulnerable", wish
    )


def _check_comparable(sweep: Sweep, outcome: Outcome, labels: Sequence[str], lang: str) -> None:
    """UsageError for a single strategy, or for differences from different baselines."""
    if len(labels) < 2:
        raise UsageError(speaker(lang)("robust.one", strategy=labels[0]))
    baselines = {case["baseline"] for case in sweep.plan["cases"] if case["label"] in labels}
    if outcome.kind != "level" and len(baselines) > 1:
        raise UsageError(speaker(lang)("robust.baselines", names=", ".join(sorted(str(b) for b in baselines))))


def _say_strategies(answer: Answer, table: pd.DataFrame, threshold: float | None, lang: str) -> None:
    """The table of strategies."""
    say = speaker(lang)
    columns = ["median", "p10", "p90", "worst", "regret_mean", "regret_p90", "regret_max", "best"]
    columns += ["satisfying"] if "satisfying" in table else []
    header = [
        say(f"robust.column.{c}", threshold=f"{threshold:g}" if threshold is not None else "")
        for c in ("strategy", *columns)
    ]
    rows = [
        [case_title(str(row["strategy"]), lang), *(_strategy_cell(row, c) for c in columns)]
        for row in table.to_dict("records")
    ]
    answer.rows(header, rows)


def _strategy_cell(row: dict[Any, Any], column: str) -> str:
    value = float(row[column])
    if column in ("best", "satisfying"):
        return f"{value:.0f}%"
    return plain(value, 2) if column.startswith("regret") else signed(value)


def _say_pairs(answer: Answer, paired: pd.DataFrame, lang: str) -> None:
    """One line for every two strategies, and what follows for their order."""
    say = speaker(lang)
    lines = [
        say("robust.ranked" if row["ranked"] else "robust.overlap", better=case_title(str(row["better"]), lang),
            worse=case_title(str(row["worse"]), lang), median=plain(float(row["median"]), 2), low=signed(float(row["p10"])),
            high=signed(float(row["p90"])), percent=plain(float(row["percent"])))
        for row in paired.to_dict("records")
    ]  # fmt: skip
    answer.blocks.append(Block("list", "", (), tuple((line,) for line in lines)))
    count = int(paired["ranked"].sum())
    verdict = "none" if count == 0 else "all" if count == len(paired) else "some"
    answer.say("paragraph", say(f"robust.verdict.{verdict}"))
