"""What analyse, discover and robust share: which cases, which outcome, and whether every state has its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from calibration.registry import load_rows
from model import __version__
from model.errors import IncompleteError, StoreError, UsageError
from model.experiments.query import connection, read_states
from model.experiments.results import FigureContext
from model.experiments.results import label as name_of
from model.experiments.sweep import Sweep, difference, series, unfinished
from model.instruments import instruments
from model.words import has_word, hint, word

SHOWN = 5
"""Failed runs named on the screen; all stand in the sweep's folder."""


@dataclass(frozen=True)
class Outcome:
    """What is asked about every state: a variable of a region in a year or quarter.

    kind   'percent' (difference from the baseline in percent), 'points' (difference of a share or rate, in
           percentage points) or 'level'
    """

    variable: str
    region: str
    period: str
    kind: str
    unit: str

    def __str__(self) -> str:
        return f"{self.variable}[{self.region},{self.period}]"

    def said(self, lang: str) -> str:
        """'Real Income[KOR,2035], difference from baseline in percent'."""
        return f"{self}, {self._kind(lang)}"

    def shown(self, lang: str) -> str:
        """The same for a picture: 'Real income of Korea in 2035, difference from baseline in percent'."""
        key = f"figure.outcome.{self.variable}"
        name = word(key, lang, region=name_of("region", self.region, lang), period=self.period) if has_word(key) else str(self)
        return f"{name}, {self._kind(lang)}"

    def _kind(self, lang: str) -> str:
        return word(f"question.kind.{self.kind}", lang, unit=self.unit)


@dataclass(frozen=True)
class Wish:
    """What is common to the three: folder for tables and figures, language, how to deal with failures, top rows.

    formats, size, only   kinds of file, size and kinds of the figures (none: every kind)
    """

    out: Path
    lang: str = "en"
    figures: bool = True
    without_failed: bool = False
    top: int = 10
    formats: tuple[str, ...] = ("png", "pdf")
    size: str = "page"
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """Series and quarters that a sweep's results hold."""

    units: dict[str, str]
    regions: dict[str, tuple[str, ...]]
    quarters: tuple[str, ...]


def wish_of(sweep: Sweep, options: dict[str, Any]) -> Wish:
    """The words of a command line; tables and figures go to `analysis` in the sweep's folder unless --out says else."""
    out = Path(options["out"]) if options["out"] else sweep.folder / "analysis"
    if out.exists() and not out.is_dir():
        raise StoreError(word("cli.run.no_folder", options["lang"], folder=out.as_posix()))
    return Wish(out, options["lang"], not options["no_figures"], options["without_failed"], options.get("top", 10))


def held(sweep: Sweep, lang: str = "en") -> Held:
    """What the results of a sweep hold, from its first state."""
    with connection(sweep.folder, lang) as connected:
        first = "WHERE state = (SELECT min(state) FROM results)"
        rows = connected.execute(f"SELECT DISTINCT variable, region, unit FROM results {first} ORDER BY ALL").fetchall()
        times = connected.execute(f"SELECT DISTINCT quarter FROM results {first} ORDER BY ALL").fetchall()
    regions: dict[str, tuple[str, ...]] = {}
    for variable, region, _ in rows:
        regions[variable] = (*regions.get(variable, ()), region)
    return Held({variable: unit for variable, _, unit in rows}, regions, tuple(time for (time,) in times))


def choose_cases(sweep: Sweep, asked: Sequence[str], lang: str = "en") -> tuple[str, ...]:
    """Labels of the cases asked for, all of them if none is; UsageError names the nearest."""
    known = tuple(case["label"] for case in sweep.plan["cases"])
    for label in asked:
        if label not in known:
            raise UsageError(_unknown("case", label, known, lang))
    return tuple(dict.fromkeys(asked)) or known


def choose_outcome(
    sweep: Sweep, variable: str, region: str | None, period: str | None, level: bool, lang: str = "en"
) -> Outcome:
    """The outcome of these words; UsageError says which variable, region or period the results hold."""
    inside = held(sweep, lang)
    region = region or str(sweep.plan["focus"])
    if variable not in inside.units:
        raise UsageError(_unknown("variable", variable, tuple(inside.units), lang))
    if region not in inside.regions[variable]:
        raise UsageError(_unknown("region", region, inside.regions[variable], lang))
    years = _years(inside.quarters)
    period = period or (years[-1] if years else inside.quarters[-1])
    if period not in (*years, *inside.quarters):
        raise UsageError(word("question.no_period", lang, name=period, first=inside.quarters[0], last=inside.quarters[-1]))
    unit = inside.units[variable]
    kind = "level" if level else "points" if unit.startswith("percent") else "percent"
    return Outcome(variable, region, period, kind, unit)


def values_of(sweep: Sweep, outcome: Outcome, labels: Sequence[str], lang: str = "en") -> pd.DataFrame:
    """The outcome by state and label."""
    if outcome.kind == "level":
        quarters = (outcome.period,) if "Q" in outcome.period else tuple(f"{outcome.period}Q{k}" for k in range(1, 5))
        return series(sweep, outcome.variable, outcome.region, quarters)[list(labels)]
    alone = [case["label"] for case in sweep.plan["cases"] if case["label"] in labels and not case["baseline"]]
    if alone:
        raise UsageError(word("question.no_baseline", lang, names=", ".join(alone)))
    table = difference(sweep, outcome.variable, outcome.region, outcome.period, outcome.kind == "percent")
    return table[list(labels)]


def require_finished(sweep: Sweep, lang: str = "en") -> None:
    """IncompleteError if runs are planned that have neither a result nor a failure."""
    waiting = len(unfinished(sweep))
    if waiting:
        folder, planned = sweep.folder.as_posix(), sweep.plan["planned"]
        raise IncompleteError(word("question.unfinished", lang, folder=folder, waiting=waiting, planned=planned))


def require_finite(
    sweep: Sweep, values: pd.DataFrame, what: str, without_failed: bool, lang: str = "en"
) -> pd.DataFrame:
    """The values of states that have all of them; IncompleteError says which do not and why, unless told to go on."""
    bad = ~np.isfinite(values.to_numpy(dtype=float))
    if not bad.any():
        return values
    if without_failed and not bad.any(axis=1).all():
        kept: pd.DataFrame = values.loc[~bad.any(axis=1)]
        return kept
    raise IncompleteError(_refusal(sweep, values, bad, what, lang))


def _refusal(sweep: Sweep, values: pd.DataFrame, bad: NDArray[np.bool_], what: str, lang: str) -> str:
    """Which states have no value, why, and how to go on."""
    folder, states = sweep.folder.as_posix(), values.index[np.asarray(bad.any(axis=1), bool)]
    reasons = [failure for failure in sweep.failures if int(failure["state"]) in set(states)]
    failed = {int(failure["state"]) for failure in reasons}
    lines = [word("question.failed_run", lang, label=f["label"], state=f["state"], reason=f["reason"]) for f in reasons]
    for i, j in np.argwhere(bad):
        state, name = int(values.index[i]), values.columns[j]
        part, label = name if isinstance(name, tuple) else (what, name)
        lines += [word("question.silent_run", lang, label=label, state=state, what=part)] if state not in failed else []
    rest = len(lines) - SHOWN
    lines = lines[:SHOWN] + ([word("question.more", lang, number=rest)] if rest > 0 else [])
    head = word("question.not_finite", lang, folder=folder, states=len(states), of=len(values))
    return "\n".join([head, *(f"  {line}" for line in lines), word("question.go_on", lang, folder=folder)])


def title_of(name: str, lang: str) -> str:
    """What a sampled number is, in words: 'Network effect [os]', 'Export control: denial rate'; else its name."""
    bare, _, index = name.partition("[")
    texts = [row.ko if lang == "ko" else row.en for row in load_rows() if row.name == bare]
    text = next((text for text in texts if text), "")
    if text:
        return f"{text} [{name_of('segment', index.removesuffix(']'), lang)}]" if index else text
    instrument, _, lever = name.partition(".")
    if instrument in instruments() and has_word(f"lever.title.{lever}"):
        return f"{instruments()[instrument].title[lang]}: {word(f'lever.title.{lever}', lang)}"
    return name


def context_of(sweep: Sweep, lang: str) -> FigureContext:
    """What figures say about where their numbers come from."""
    plan = sweep.plan
    scenarios = ", ".join(dict.fromkeys(case["scenario"] for case in plan["cases"]))
    baselines = ", ".join(dict.fromkeys(case["baseline"] or "–" for case in plan["cases"]))
    return FigureContext(
        scenarios, (), baselines, str(plan["focus"]), (), lang, "", str(plan["hash"]), __version__, int(plan["seed"]),
        len(sweep.states), str(plan.get("parameters", "")),
    )  # fmt: skip


def case_title(label: str, lang: str) -> str:
    """'blocs, Hedge' for 'blocs@hedge'."""
    scenario, _, stance = label.partition("@")
    key = f"stance.{stance}"
    return f"{scenario}, {word(key, lang) if has_word(key) else stance}" if stance else scenario


def names_of(sweep: Sweep) -> list[str]:
    """Names of the numbers that vary, in the order of the columns of `states`."""
    return [str(entry["name"]) for entry in sweep.plan["names"]]


def points_of(sweep: Sweep) -> pd.DataFrame:
    """The states as they were sampled (chances in 0..1), which is what elementary effects are measured in."""
    return read_states(sweep.folder, "points.csv").set_index("state").drop(columns=["sample", "draw"], errors="ignore")


def _years(quarters: Sequence[str]) -> tuple[str, ...]:
    """Years of which all four quarters are held."""
    found: dict[str, int] = {}
    for quarter in quarters:
        found[quarter[:4]] = found.get(quarter[:4], 0) + 1
    return tuple(year for year, count in found.items() if count == 4)


def _unknown(kind: str, name: str, known: Sequence[str], lang: str) -> str:
    """No such case, variable or region: the nearest one, or the first few there are."""
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return word(f"question.no_{kind}", lang, name=name, names=listed) + hint(name, known, lang)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain data for JSON; what is not a number is null."""
    return [{str(k): None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}
            for row in frame.astype(object).to_dict("records")]  # fmt: skip
