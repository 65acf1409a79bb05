"""What the third country's stances are worth, and the sign of it: by technology, by who joins whom, by elasticities.

Everything is run at central parameters but for the levers named; a run without a solution is NaN, printed as such.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.draws import least_value
from calibration.registry import load_rows, override
from model.errors import ModelError
from model.experiments.results import HORIZONS, horizon_years
from model.experiments.run import first_measure
from model.experiments.verify_runs import ELASTICITIES, FOCUS, Levers, Series, moved, percent, run_series
from model.kernel.links import Array
from model.scenario.resolve import load_baseline, load_scenario
from model.scenario.types import Scenario
from model.world import Parameters

SCENARIOS = ("blocs", "blocs_all_goods")
TECHNOLOGY: dict[str, Levers] = {"on": (), "off": ("no_technology",)}
SIDES: dict[str, tuple[tuple[str, ...], str]] = {
    "us_china": (("USA",), "hedge"),
    "west_without": (("USA", "EUR", "JPN", "TWN"), "hedge"),
    "west_with": (("USA", "EUR", "JPN", "TWN"), "align_us"),
    "with_china": (("USA", "EUR", "JPN", "TWN"), "align_cn"),
}
"""Who splits: the western bloc, and the stance of the focus."""
HORIZON_OF = ("central", "short", "long")
"""Elasticities: central values, the lower ends of their ranges (as low as a full cut allows), the upper ends."""


@dataclass(frozen=True)
class StanceRow:
    """Real income of the focus, percent against the scenario's baseline, by HORIZONS."""

    scenario: str
    technology: str
    stance: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class SignRow:
    """Real income of the focus, percent, in the tenth year of `blocs`, by HORIZON_OF."""

    sides: str
    values: tuple[float, ...]


def stance_rows(names: tuple[str, ...] = SCENARIOS) -> list[StanceRow]:
    """Every scenario and stance, technology channels on and off."""
    return [
        StanceRow(name, technology, stance, years(load_scenario(name), stance, moved(levers)))
        for name in names for technology, levers in TECHNOLOGY.items() for stance in load_scenario(name).stances
    ]  # fmt: skip


def sign_rows() -> list[SignRow]:
    """Who joins whom, at central, short and long elasticities."""
    found = []
    for sides, (west, stance) in SIDES.items():
        scenario = load_scenario("blocs", sets=[f"strategies.members.west=[{', '.join(west)}]"])
        values = tuple(years(scenario, stance, elastic(horizon))[-1] for horizon in HORIZON_OF)
        found.append(SignRow(sides, values))
    return found


def elastic(horizon: str) -> Parameters:
    """Central parameters with all elasticities of substitution at one end of their ranges."""
    rows = [row for row in load_rows() if row.name in ELASTICITIES]
    if horizon == "central":
        return moved(())
    if horizon == "long":
        return override(moved(()), {row.key: row.high for row in rows}, check=False)
    least = {row.key: max(row.low, least_value(row)) for row in rows}
    return override(moved(()), least, check=False)


def years(scenario: Scenario, stance: str, parameters: Parameters) -> tuple[float, ...]:
    """Real income of the focus by HORIZONS, percent against the scenario's baseline with the same parameters."""
    base = load_baseline(scenario)
    if base is None:
        raise ModelError(f"{scenario.name} has no baseline")
    try:
        effect = percent(run_series(scenario, stance, parameters), _calm(base, parameters), FOCUS)
    except ModelError:
        return tuple(float("nan") for _ in HORIZONS)
    return _at(effect, scenario, base)


def _at(effect: Array, scenario: Scenario, base: Scenario) -> tuple[float, ...]:
    first = int(scenario.first[:4])
    calendar = horizon_years(first_measure(scenario, base), HORIZONS)
    return tuple(float(effect[year - first]) for year in calendar)


_RUNS: dict[tuple[str, int], Series] = {}


def _calm(base: Scenario, parameters: Parameters) -> Series:
    """The baseline's run; run once for the same parameters."""
    values = sorted((name, index, value) for name, rows in parameters.items() for index, value in rows.items())
    key = (base.name + repr(base.focus), hash(tuple(values)))
    if key not in _RUNS:
        _RUNS[key] = run_series(base, None, parameters)
    return _RUNS[key]


def finite(values: tuple[float, ...]) -> bool:
    """Whether a row has a solution."""
    return bool(np.isfinite(values).all())
