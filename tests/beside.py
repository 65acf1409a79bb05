"""What other commands leave in a run's folder, made up: strategies, a sweep, a back-test, a calibration."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.folders import uniform, write_sweep

PARAMETERS = "ab" * 32
BASE: dict[str, Any] = {
    "scenario": "blocs", "strategy": "hedge", "against": "none", "budget_percent": 0.0, "year_10": 2035, "central_10": 0.5, "p10_10": 0.2,
    "p90_10": 0.8, "extra": 0.1, "extra_p10": 0.05, "extra_p90": 0.2, "cost_bn_usd": 2.0, "cost_percent": 0.1, "regret": 0.0, "regret_p90": 0.1,
    "best_in_percent": 60.0, "worst_in_percent": 0.0, "behind_p10": 0.0, "behind_p90": 0.0, "pays_from": math.nan, "draws": 20,
}  # fmt: skip
PAID = {"against": "hedge", "budget_percent": 0.1}
FLIP = {"scenario": "blocs", "driver": "elasticity_of_substitution[memory]", "advice": "hedge", "end": 1.5, "best": "align_us", "threshold": 2.76}


def rows(*changes: dict[str, Any]) -> pd.DataFrame:
    """Rows of strategies.csv."""
    return pd.DataFrame([BASE | change for change in changes])


STRATEGIES = rows(
    {},
    {"strategy": "none", "against": "", "regret": math.nan, "extra": math.nan, "worst_in_percent": math.nan},
    PAID | {"strategy": "chip_leverage", "regret": 0.1, "behind_p10": -0.1, "pays_from": 2026.0},
    PAID | {"strategy": "widen_manufacturing", "regret": 0.2, "behind_p10": 0.1, "extra": -0.2, "extra_p10": -0.3, "extra_p90": -0.1, "worst_in_percent": 5.0},
    PAID | {"strategy": "software_cooperation", "regret": 0.3, "behind_p10": 0.2, "extra": 0.0, "extra_p10": -0.1, "extra_p90": 0.1, "pays_from": 2031.0},
    {"scenario": "chips", "central_10": 0.2},
    PAID | {"scenario": "chips", "strategy": "chip_leverage", "regret": 0.1, "behind_p10": 0.05},
)


def write_beside(folder: Path) -> Path:
    """All four folders in a run's folder."""
    tables = {
        "strategies/strategies": STRATEGIES, "strategies/flips": pd.DataFrame([FLIP]), "backtest/scores": scores(0.5, 1.5), "backtest/points": points(),
        "calibration/parameters": pd.DataFrame({"composite": ["fork_uptake", "host_drift"], "informed": [True, False]}),
        "calibration/targets": pd.DataFrame({"target": ["a", "b", "c"], "used": [True, False, False], "reached": [True, True, False]}),
    }  # fmt: skip
    notes: dict[str, dict[str, Any]] = {
        "strategies": {"draws": 20, "seed": 0}, "backtest": {"origin": "2020-12", "draws": 8, "seed": 0},
        "calibration": {"origin": "2023-06", "coverage": 0.8},
    }  # fmt: skip
    for name, table in tables.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    for name, note in notes.items():
        (folder / name / "manifest.json").write_text(json.dumps(note | {"parameters": PARAMETERS}), encoding="utf-8", newline="\n")
    names = {"search_cost": (0.0, 1.0), "elasticity_of_substitution[memory]": (1.0, 8.0)}
    write_sweep(folder / "sweep", "lhs", uniform(96, names), names, {"blocs@hedge": lambda x: np.asarray(2.0 * x[:, 0] - 1.0)})
    return folder


def scores(last: float, trend: float) -> pd.DataFrame:
    """Scores of two series whose errors are these parts of the naive rules'."""
    one = {"points": 2, "error": 1.0, "error_last": 1 / last, "error_trend": 1 / trend, "sign": 1.0, "covered": 0.5, "skill_last": 1 - last}
    return pd.DataFrame([one | {"series_id": "tools.share.chn"}, one | {"series_id": "smic.home", "sign": math.nan}])


def points() -> pd.DataFrame:
    """One scored figure."""
    values = {"actual": 1.0, "before": 0.0, "model_before": 0.0, "start": 2021.0, "end": 2022.0, "model": 0.8, "last": 0.0, "trend": 0.5}
    spread = {f"{name}_{end}": values[name] for name in ("model", "last", "trend") for end in ("p10", "p90")}
    return pd.DataFrame([{"series_id": "tools.share.chn", "variable": "x", "region": "CHN", "period": "2021", "transform": "change:2020", **values, **spread}])
