"""The answer of `analyse`: which of the sampled numbers drive an outcome, in tables, words and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from model.experiments.answers import Answer, titles_of
from model.experiments.question import Outcome, Wish, case_title, context_of, records, values_of
from model.experiments.results import plain
from model.experiments.sensitivity import Indices, analyse, cells, sample_of, tornado
from model.experiments.sweep import Sweep
from model.figures.heat_map import FIGURE as HEAT_MAP
from model.figures.sobol import FIGURE as SOBOL
from model.figures.tornado import FIGURE as TORNADO
from model.words import speaker


def analysed(sweep: Sweep, outcome: Outcome, labels: Sequence[str], pawn: bool, wish: Wish) -> Answer:
    """Indices of every case, with tornado and heat map (and the indices drawn, for Sobol)."""
    say, what = speaker(wish.lang), outcome.said(wish.lang)
    values = values_of(sweep, outcome, labels, wish.lang)
    found = analyse(sweep, values, str(outcome), pawn, wish.without_failed, wish.lang)
    titles, answer = titles_of(sweep, wish.lang), Answer()
    answer.say("title", say("analyse.title", outcome=what))
    answer.say("paragraph", say(f"analyse.method.{sweep.plan['method']}", samples=_size(sweep)))
    for indices in found:
        _say_indices(answer, indices, titles, wish)
    whole = [indices for indices in found if len(indices.table)]
    if whole:
        answer.table(wish, "sensitivity", _long(whole, titles, wish.lang))
        _draw_analysis(answer, sweep, values, whole, titles, outcome.shown(wish.lang), wish)
    answer.data = {
        "outcome": str(outcome), "kind": outcome.kind, "method": sweep.plan["method"],
        "cases": [
            {"case": i.label, "main": i.main, "samples": i.samples, "left_out": i.left_out, "drift": i.drift if np.isfinite(i.drift) else None, "settled": i.settled,
             "indices": records(i.table)} for i in found
        ],
    }  # fmt: skip
    return answer


def _size(sweep: Sweep) -> int:
    """Base points (Sobol), trajectories (Morris) or samples."""
    plan = sweep.plan
    return int(
        (plan["sobol"] or {}).get("base")
        or (plan["morris"] or {}).get("trajectories")
        or sweep.states["sample"].nunique()
    )


def _say_indices(answer: Answer, indices: Indices, titles: dict[str, str], wish: Wish) -> None:
    """One case on the terminal: its table, convergence, and what was left out."""
    say = speaker(wish.lang)
    answer.say("heading", case_title(indices.label, wish.lang))
    if indices.left_out:
        answer.say("paragraph", say("analyse.left_out", number=indices.left_out, samples=indices.samples))
    if not len(indices.table):
        answer.say("paragraph", say("analyse.still"))
        return
    shown = indices.table.head(wish.top)
    columns = [c for c in indices.table.columns if c != "name" and not c.endswith(("_low", "_high"))]
    rows = [
        [str(row["name"]), *(_cell(row, c) for c in columns), titles[str(row["name"])]]
        for row in shown.to_dict("records")
    ]
    answer.rows(
        [say("analyse.column.name"), *(say(f"analyse.column.{c}") for c in columns), say("analyse.column.title")], rows
    )
    rest = len(indices.table) - len(shown)
    if rest:
        answer.say("paragraph", say("analyse.rest", number=rest))
    verdict = "settled" if indices.settled else "unsettled" if np.isfinite(indices.drift) else "unknown"
    answer.say(
        "paragraph",
        say(f"analyse.{verdict}", percent=plain(100 * indices.drift), index=say(f"analyse.column.{indices.main}")),
    )
    if np.isfinite(indices.fit):
        answer.say(
            "paragraph", say("analyse.fit" if indices.fit >= 0.7 else "analyse.poor_fit", fit=f"{indices.fit:.2f}")
        )


def _cell(row: dict[Any, Any], column: str) -> str:
    """An index with its interval: '0.44 (0.39 to 0.49)'."""
    own = column.startswith(("mu", "sigma"))  # in the outcome's unit; the others are shares and correlations
    ends = [name for name in (column, f"{column}_low", f"{column}_high") if name in row]
    middle, *interval = (_number(float(row[name]), own) for name in ends)
    return f"{middle} [{', '.join(interval)}]" if interval else middle


def _number(value: float, own_unit: bool) -> str:
    """Two decimals, or three significant figures; no sign on zero."""
    if not np.isfinite(value):
        return "–"
    text = f"{value:.3g}" if own_unit else f"{value:.2f}"
    return text.lstrip("-") if float(text) == 0.0 else text.replace("-", "−")


def _long(found: Sequence[Indices], titles: dict[str, str], lang: str) -> pd.DataFrame:
    """The tables of all cases below one another."""
    parts = [
        i.table.assign(
            case=i.label, case_title=case_title(i.label, lang), title=i.table["name"].map(titles), samples=i.samples
        )
        for i in found
    ]
    whole = pd.concat(parts, ignore_index=True)
    front = ["case", "case_title", "name", "title"]
    return whole[[*front, *(c for c in whole.columns if c not in front)]]


def _draw_analysis(
    answer: Answer,
    sweep: Sweep,
    values: pd.DataFrame,
    found: Sequence[Indices],
    titles: dict[str, str],
    shown: str,
    wish: Wish,
) -> None:
    """Tornado and heat map for every method, the indices themselves for Sobol."""
    context = replace(context_of(sweep, wish.lang), title=shown)
    swings, maps = [], []
    size = pd.concat([i.table.set_index("name")[i.main].abs() / i.table[i.main].abs().max() for i in found])
    leading = list(size.groupby(level=0, sort=False).mean().sort_values(ascending=False, kind="stable").index)
    for indices in found:
        sample, label = sample_of(sweep, values[indices.label])[0], indices.label
        named = {"case": label, "case_title": case_title(label, wish.lang)}
        swing = tornado(sample)
        swings.append(swing.assign(**named, title=swing["name"].map(titles)))
        if len(sample.names) > 1:
            first, second = leading[:2]
            pair = {"first_title": titles[first], "second_title": titles[second]}
            maps.append(cells(sample, first, second).assign(**named, **pair))
    answer.figure(wish, TORNADO, pd.concat(swings, ignore_index=True), context)
    if maps:
        answer.figure(wish, HEAT_MAP, pd.concat(maps, ignore_index=True), context)
    if sweep.plan["method"] == "sobol":
        answer.figure(wish, SOBOL, _long(found, titles, wish.lang), context)
