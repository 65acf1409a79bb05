"""A sweep's folder, read: its plan, states of the world, failures, and results by state.

plan.json      what was asked, the names that vary, the scenarios as resolved, what SALib needs; `hash` over all of it
states.csv     a row for each state of the world: sample, base draw, and the value of every name
points.csv     the same rows as they were sampled, in the unit of `problem` (chances in 0..1; values for a grid)
shards/, failed/  one file for each run that is done or has failed
results.parquet, manifest.json  when every run is one or the other
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from glob import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from model.axes import QUARTERS_PER_YEAR
from model.errors import StoreError, UsageError
from model.experiments.results import FLOW_UNITS
from model.experiments.shards import read_failures, valid_shards
from model.experiments.store import RESULTS, SCHEMA_VERSION, read_results
from model.said import worded
from model.words import word

PLAN, STATES, POINTS = "plan.json", "states.csv", "points.csv"
_PERIOD = re.compile(r"(\d{4})(?:Q([1-4]))?")


class Run(NamedTuple):
    """One planned run: its number, the name its rows stand under, and its state of the world."""

    number: int
    name: str
    state: int


@dataclass(frozen=True)
class Sweep:
    """A sweep: where it lies, its plan, states.csv (index `state`), and failures by run."""

    folder: Path
    plan: dict[str, Any]
    states: pd.DataFrame
    failures: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All planned runs, by number: in each state the baselines that are its own, then the cases."""
        pairs = [
            (name, state)
            for state in range(len(self.states))
            for name in (*(self.baselines if self.world_of(state) == state else ()), *self.labels)
        ]
        return tuple(Run(number, *pair) for number, pair in enumerate(pairs))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the cases, as their rows have them."""
        return tuple(case["label"] for case in self.plan["cases"])

    @property
    def baselines(self) -> tuple[str, ...]:
        """Names of the scenarios that cases are compared with and that are no cases themselves, each once."""
        found = dict.fromkeys(case["baseline"] for case in self.plan["cases"])
        return tuple(name for name in found if name is not None and name not in self.labels)

    def world_of(self, state: int) -> int:
        """The first state with the same parameters: its baselines serve this one too."""
        return int(self.plan["baseline_of"].get(str(state), state))

    def draw(self, state: int) -> int:
        """Base draw of the parameters that are not sampled."""
        return int(self.states["draw"].to_numpy()[state])

    def values(self, state: int) -> dict[str, float]:
        """Sampled values of a state, by name."""
        row = self.states.loc[state]
        return {name["name"]: float(row[name["name"]]) for name in self.plan["names"]}


def load_sweep(folder: Path, lang: str = "en") -> Sweep:
    """The sweep that a folder holds; StoreError if it holds none or one that was changed by hand."""
    folder = Path(folder)
    if not (folder / PLAN).is_file():
        raise StoreError(word("sweep.none", lang, folder=folder.as_posix(), file=PLAN))
    try:
        plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        text = (folder / STATES).read_bytes()
    except (OSError, ValueError) as fault:
        raise StoreError(word("sweep.unreadable", lang, folder=folder.as_posix(), reason=fault)) from fault
    if not isinstance(plan, dict) or plan.get("schema_version") != SCHEMA_VERSION:
        raise StoreError(word("sweep.other_version", lang, file=(folder / PLAN).as_posix(), version=SCHEMA_VERSION))
    if plan.get("hash") != plan_hash(plan):
        raise StoreError(word("sweep.plan_changed", lang, file=(folder / PLAN).as_posix()))
    if plan["states_sha256"] != hashlib.sha256(text).hexdigest():
        raise StoreError(word("sweep.states_changed", lang, file=(folder / STATES).as_posix()))
    return Sweep(folder, plan, read_table(text), read_failures(folder, plan["hash"]))


def plan_hash(plan: Mapping[str, Any]) -> str:
    """sha256 of a plan but for its hash."""
    content = {key: value for key, value in plan.items() if key != "hash"}
    return hashlib.sha256(plan_text(content).encode("utf-8")).hexdigest()


def plan_text(plan: Mapping[str, Any]) -> str:
    """A plan as plan.json holds it."""
    return json.dumps(plan, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


def read_table(text: bytes) -> pd.DataFrame:
    """states.csv or points.csv, by state, every number as it was written."""
    header, *rows = csv.reader(io.StringIO(text.decode("utf-8-sig")))
    frame = pd.DataFrame(np.array(rows, dtype=np.float64).reshape(len(rows), len(header)), columns=pd.Index(header, dtype=object))
    whole = ("state", "sample", "draw")
    return frame.astype(dict.fromkeys(whole, np.int64)).set_index("state")


def points(sweep: Sweep) -> pd.DataFrame:
    """Points as sampled, one column per name, in the unit of the plan's `problem`: what SALib's analyses take as X."""
    return read_table((sweep.folder / POINTS).read_bytes())


def done_runs(sweep: Sweep) -> dict[int, str]:
    """Number -> worker of every run that has a result."""
    return valid_shards(sweep.folder, sweep.plan["hash"], len(sweep.runs))


def unfinished(sweep: Sweep) -> list[Run]:
    """Runs that have neither a result nor a failure."""
    settled = done_runs(sweep).keys() | {failure["run"] for failure in sweep.failures}
    return [run for run in sweep.runs if run.number not in settled]


def series(sweep: Sweep, variable: str, region: str, quarters: Sequence[str]) -> pd.DataFrame:
    """Values by state (index) and run name (columns: cases, then baselines).

    The mean over the quarters asked for, the sum for flows; NaN where a run failed or lacks one of the quarters.
    """
    names = (*sweep.labels, *sweep.baselines)
    rows = _rows(sweep, variable, region)
    rows = rows[rows["quarter"].isin(quarters)]
    grouped = rows.groupby([rows["draw"], rows["scenario"].astype(str)], observed=True)["value"].agg(["sum", "count"])
    size = 1 if len(rows) and str(rows["unit"].iloc[0]) in FLOW_UNITS else len(quarters)
    value = (grouped["sum"] / size).where(grouped["count"] == len(quarters))
    wide = value.unstack("scenario").reindex(index=sweep.states.index, columns=pd.Index(names, dtype=object))
    for name in sweep.baselines:
        wide[name] = wide[name].reindex([sweep.world_of(s) for s in sweep.states.index]).to_numpy()
    return wide.rename_axis(index="state", columns=None).astype(float)


def difference(sweep: Sweep, variable: str, region: str, period: str, percent: bool = True) -> pd.DataFrame:
    """Differences of cases (columns) from their own baselines, by state (index).

    period    a year ('2035') or a quarter ('2035Q4')
    percent   of the baseline's value; else in the unit of the variable
    """
    found = series(sweep, variable, region, quarters_of(period))
    columns = {}
    for case in sweep.plan["cases"]:
        if case["baseline"] is None:
            raise worded(UsageError, "question.no_baseline", names=case["label"])
        base = found[case["baseline"]]
        change = found[case["label"]] - base
        columns[case["label"]] = 100.0 * change / base.where(base != 0.0) if percent else change
    return pd.DataFrame(columns, index=sweep.states.index)


def quarters_of(period: str) -> tuple[str, ...]:
    """Quarters of a year ('2035') or the quarter itself ('2035Q4')."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise worded(UsageError, "sweep.no_period", period=period)
    year, quarter = match.groups()
    return (period,) if quarter else tuple(f"{year}Q{k + 1}" for k in range(QUARTERS_PER_YEAR))


def _rows(sweep: Sweep, variable: str, region: str) -> pd.DataFrame:
    """Rows of one variable and region; UsageError with near names if there are none."""
    path = sweep.folder / RESULTS
    if not path.is_file():
        left = len(unfinished(sweep))
        folder = sweep.folder.as_posix()
        raise worded(StoreError, "sweep.still_to_do", folder=folder, left=left, planned=len(sweep.runs))
    rows = read_results(path, [escape(variable)], [region])
    if not len(rows):
        raise worded(UsageError, "sweep.no_rows", variable=variable, region=region)
    return rows


def as_csv(frame: pd.DataFrame) -> str:
    """A table of states as states.csv and points.csv hold it: numbers in full, one line end on every system."""
    lines = [",".join(_cell(c) for c in ("state", *frame.columns))]
    lines += [",".join(_cell(v) for v in row) for row in frame.itertuples(name=None)]
    return "\ufeff" + "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(value)
