"""A sweep's folder read back: plan, states of the world, failures, and outcomes by state and case.

Stand-in by the contract until the engine's own file takes its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from model.errors import StoreError
from model.experiments.results import FLOW_UNITS
from model.experiments.store import RESULTS, read_results

PLAN, STATES, FAILED = "plan.json", "states.csv", "failed"


@dataclass(frozen=True)
class Sweep:
    """What a sweep's folder holds; `states` is indexed by state."""

    folder: Path
    plan: dict[str, Any]
    states: pd.DataFrame
    failures: list[dict[str, Any]]


def load_sweep(folder: Path) -> Sweep:
    """The sweep of a folder; StoreError if there is none."""
    folder = Path(folder)
    if not (folder / PLAN).is_file() or not (folder / STATES).is_file():
        raise StoreError(f"{folder.as_posix()}: no sweep here (no {PLAN}); make one with: blocs sweep ... --out DIR")
    plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    texts = pd.read_csv(folder / STATES, encoding="utf-8-sig", dtype=str)
    states = texts.map(float).astype({"state": int, "sample": int, "draw": int}).set_index("state")
    failures = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder / FAILED).glob("*.json"))]
    return Sweep(folder, plan, states, failures)


def unfinished(sweep: Sweep) -> list[tuple[str, int]]:
    """Runs planned that have neither result nor failure: (name, state)."""
    names = [*dict.fromkeys([*(c["label"] for c in sweep.plan["cases"]), *_baselines(sweep)])]
    known = {(f["label"], int(f["state"])) for f in sweep.failures}
    path = sweep.folder / RESULTS
    if path.is_file():
        rows = read_results(path)[["scenario", "draw"]].drop_duplicates()
        known |= {(str(name), int(draw)) for name, draw in rows.itertuples(index=False)}
    return [(name, int(state)) for name in names for state in sweep.states.index if (name, int(state)) not in known]


def series(sweep: Sweep, variable: str, region: str, quarters: Sequence[str]) -> pd.DataFrame:
    """Mean over the quarters (sum for flows) by state and run name; NaN where a quarter is missing."""
    rows = read_results(sweep.folder / RESULTS, [variable], [region])
    rows = rows[rows["quarter"].isin(list(quarters))].astype({"scenario": str, "unit": str})
    grouped = rows.groupby(["draw", "scenario"])["value"]
    flow = bool(len(rows)) and rows["unit"].iloc[0] in FLOW_UNITS
    value = (grouped.sum() if flow else grouped.mean()).where(grouped.count() == len(quarters))
    names = [*dict.fromkeys([*(c["label"] for c in sweep.plan["cases"]), *_baselines(sweep)])]
    table = value.unstack("scenario") if len(value) else pd.DataFrame()
    return table.reindex(index=sweep.states.index, columns=names)


def difference(sweep: Sweep, variable: str, region: str, period: str, percent: bool = True) -> pd.DataFrame:
    """Each case against its own baseline, by state and label, in percent or in the variable's unit."""
    table = series(sweep, variable, region, quarters_of(period))
    found = {}
    for case in (c for c in sweep.plan["cases"] if c["baseline"]):
        own, base = table[case["label"]], table[case["baseline"]]
        found[case["label"]] = 100.0 * (own - base) / base.where(base != 0.0) if percent else own - base
    return pd.DataFrame(found, index=table.index)


def quarters_of(period: str) -> tuple[str, ...]:
    """'2035' -> its four quarters; '2035Q4' -> itself."""
    return (period,) if "Q" in period else tuple(f"{period}Q{k}" for k in range(1, 5))


def plan_hash(plan: Mapping[str, Any]) -> str:
    """sha256 of a plan but for its hash."""
    content = {key: value for key, value in plan.items() if key != "hash"}
    return hashlib.sha256(plan_text(content).encode("utf-8")).hexdigest()


def plan_text(plan: Mapping[str, Any]) -> str:
    """A plan as plan.json holds it."""
    return json.dumps(plan, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _baselines(sweep: Sweep) -> list[str]:
    return [case["baseline"] for case in sweep.plan["cases"] if case["baseline"]]
