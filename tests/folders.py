"""Sweep folders made from functions, without a run of the model: the contract of `sweep` and nothing more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from model.experiments.store import RESULTS, read_results
from model.experiments.sweep import Sweep, plan_hash, plan_text

YEAR = tuple(f"2035Q{k}" for k in range(1, 5))
Outcome = Callable[[np.ndarray], np.ndarray]
INDEX, FLOW = "index", "bn USD of 2018"


def write_sweep(
    folder: Path, method: str, states: np.ndarray, bounds: Mapping[str, tuple[float, float]],
    outcomes: Mapping[str, Outcome], base: float = 1.0, details: Mapping[str, Any] | None = None,
    failed: Sequence[tuple[str, int]] = (), missing: Sequence[tuple[str, int]] = (), draws: int = 1,
    undefined: Sequence[tuple[str, int]] = (), extra: Mapping[str, float] | None = None,
    bases: Mapping[str, str] | None = None,
) -> Path:  # fmt: skip
    """A finished sweep of `Real Income` of KOR in 2035 against the baseline `ground`, which is always `base`.

    outcomes   label -> function of the states [n, k]: the difference in percent
    failed     (label, state) that have a failure, `missing` those that have nothing, `undefined` no row
    """
    names = list(bounds)
    folder.mkdir(parents=True, exist_ok=True)
    cases = [case_of(label, (bases or {}).get(label, "ground")) for label in outcomes]
    plan = {
        "schema_version": "1", "method": method, "samples": len(states) // draws, "seed": 0, "draws": draws,
        "focus": "KOR", "cases": cases, "record": [], "planned": len(states) * (len(cases) + 1),
        "names": [
            {"name": n, "kind": "uncertainty", "unit": "share", "low": lo, "high": hi, "distribution": "uniform"}
            for n, (lo, hi) in bounds.items()
        ],
        "problem": {"num_vars": len(names), "names": names, "bounds": [list(bounds[n]) for n in names]},
        "morris": None, "sobol": None, "baseline_of": {}, "states": len(states), **(details or {}),
    }  # fmt: skip
    table = pd.DataFrame(states, columns=names)
    places = {
        "state": range(len(states)),
        "sample": np.arange(len(states)) // draws,
        "draw": np.arange(len(states)) % draws,
    }
    text = pd.concat([pd.DataFrame(places), table], axis=1).to_csv(index=False, lineterminator="\n")
    (folder / "states.csv").write_text(text, "utf-8-sig", newline="\n")
    (folder / "points.csv").write_text(text, "utf-8-sig", newline="\n")
    plan["states_sha256"] = hashlib.sha256((folder / "states.csv").read_bytes()).hexdigest()
    plan["hash"] = plan_hash(plan)
    (folder / "plan.json").write_text(plan_text(plan), "utf-8", newline="\n")
    values = {label: base * (1 + function(states) / 100) for label, function in outcomes.items()}
    values["ground"] = np.full(len(states), base)
    write_runs(folder / "results.parquet", values, {*failed, *missing}, set(undefined), extra or {})
    (folder / "failed").mkdir(exist_ok=True)
    for run, (name, state) in enumerate(failed):
        known = {
            "plan": plan["hash"],
            "run": run,
            "label": name,
            "state": state,
            "draw": 0,
            "values": {},
            "kind": "model",
        }
        reason = {**known, "reason": "trade did not converge: residual 0.5"}
        (folder / "failed" / f"run-{run:07d}.json").write_text(json.dumps(reason), "utf-8", newline="\n")
    (folder / "manifest.json").write_text("{}\n", "utf-8")
    return folder


def case_of(label: str, baseline: str) -> dict[str, str | None]:
    """One case of the plan."""
    scenario, _, stance = label.partition("@")
    return {"scenario": scenario, "stance": stance, "label": label, "baseline": baseline}


def write_runs(
    path: Path, values: Mapping[str, np.ndarray], gone: set[tuple[str, int]], undefined: set[tuple[str, int]],
    extra: Mapping[str, float],
) -> None:  # fmt: skip
    """What `store.write_results` writes for these runs, in one go (a test compares the two)."""
    rows = [
        (name, state, variable, value)
        for name, column in sorted(values.items())
        for state, own in enumerate(column)
        if (name, state) not in gone
        for variable, value in sorted({**extra, ("GDP" if (name, state) in undefined else "Real Income"): own}.items())
    ]
    frame = pd.DataFrame(rows, columns=["scenario", "draw", "variable", "value"])  # noqa: F841 (DuckDB reads it by name)
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        listed = ", ".join(f"('{quarter}')" for quarter in YEAR)
        connection.execute(f"""COPY (
            SELECT scenario, draw::INTEGER AS draw, 0::BIGINT AS seed, 'KOR' AS region, variable,
                CASE variable WHEN 'Exports' THEN '{FLOW}' ELSE '{INDEX}' END AS unit, quarter, value::DOUBLE AS value
            FROM frame, (VALUES {listed}) AS times(quarter) ORDER BY ALL
        ) TO '{path.as_posix()}' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{schema_version: '1'}})""")


def uniform(n: int, bounds: Mapping[str, tuple[float, float]], seed: int = 0) -> np.ndarray:
    """A Latin hypercube of n states inside the bounds."""
    from scipy.stats import qmc

    unit = qmc.LatinHypercube(len(bounds), rng=np.random.default_rng(seed)).random(n)
    low, high = np.array(list(bounds.values())).T
    return np.asarray(low + unit * (high - low))


def unsettled(sweep: Sweep) -> list[tuple[str, int]]:
    """`sweep.unfinished` for made-up folders, which have results but no shard for each run."""
    names = {*(case["label"] for case in sweep.plan["cases"]), "ground"}
    rows = read_results(sweep.folder / RESULTS)[["scenario", "draw"]].drop_duplicates()
    settled = {(str(name), int(state)) for name, state in rows.itertuples(index=False)}
    settled |= {(failure["label"], int(failure["state"])) for failure in sweep.failures}
    return sorted({(name, int(state)) for name in names for state in sweep.states.index} - settled)
