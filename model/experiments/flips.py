"""When the advice turns: the value of one driver at which another strategy becomes the best (by bisection).

A driver is a parameter, moved alone over its range, or a lever of a scenario's measures (`instruments[6].denial_rate`,
`instruments.export_control.third_country_reach`, as --set names them), held at one value throughout. Where another
strategy is ahead at an end, the value at which the two are level is sought. One crossing is found; there may be more.
The advice is the strategy with the highest real income of the focus in the last horizon year, at central parameters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calibration.registry import rows_by_key
from model.errors import UsageError
from model.experiments.cases import Case, run_cases
from model.experiments.results import HEADLINE
from model.experiments.run import index_sides
from model.experiments.workers import default_workers
from model.instruments import Lever, instruments
from model.outcomes import Recording
from model.scenario.types import Path, Scenario
from model.words import word

DRIVERS = (
    "relocation_elasticity", "elasticity_of_substitution[devices]", "elasticity_of_substitution[memory]",
    "wage_adjustment_speed", "network_valuation", "rd_elasticity",
)  # fmt: skip
"""Parameters tried unless others are named: those that the checks in docs/why_believe_it.md found to matter most."""
STEPS = 6
"""Bisections: the threshold is known to a sixty-fourth of the way between the two values it lies between."""
_LEVER = re.compile(r"instruments(?:\[(\d{1,4})\]|\.([a-z_]+))\.([a-z_]+)")


@dataclass(frozen=True)
class Flip:
    """One end of one driver: the advice, the best strategy at that end ('' without a solution), and where it takes the
    lead (NaN: nowhere, or not found)."""

    scenario: str
    driver: str
    advice: str
    end: float
    best: str
    threshold: float


@dataclass(frozen=True)
class Search:
    """What a search needs: the scenario with its plans, the strategies compared, the year they are judged by, chance, workers."""

    scenario: Scenario
    choices: tuple[str, ...]
    year: int
    seed: int = 0
    workers: int | None = None

    def incomes(self, driver: str, values: Sequence[float], choices: Sequence[str]) -> list[dict[str, float]]:
        """Real income of the focus by choice, at each value of a driver; without those that have no solution."""
        sides = index_sides(self.scenario)
        cases = [
            Case(f"{k}@{choice}", with_driver(self.scenario, driver, value), choice, 0, self.seed, sides)
            for k, value in enumerate(values) for choice in choices
        ]  # fmt: skip
        found: list[dict[str, float]] = [{} for _ in values]
        for run in run_cases(cases, self.workers or default_workers()).recordings:
            place, _, choice = run.scenario.partition("@")
            found[int(place)][choice] = income(run, self.scenario.focus, self.year)
        return found


def income(run: Recording, focus: str, year: int) -> float:
    """Mean real income of the focus in a year."""
    series = run.values[run.keys.index((focus, HEADLINE, "index"))]
    return float(np.mean([value for quarter, value in zip(run.quarters, series, strict=True) if quarter[:4] == str(year)]))


# -- drivers -----------------------------------------------------------------------------------------
def levers_moved(scenario: Scenario, driver: str) -> tuple[tuple[int, ...], str, Lever | None]:
    """Numbers of the measures that a driver names, the lever's name, and the lever; nothing if it names none."""
    match = _LEVER.fullmatch(driver)
    if match is None:
        return (), "", None
    number, name, lever = match.groups()
    named = [i for i, m in enumerate(scenario.measures) if (i == int(number) if number else m.instrument == name)]
    known = [i for i in named if lever in instruments()[scenario.measures[i].instrument].levers]
    found = instruments()[scenario.measures[known[0]].instrument].levers[lever] if known else None
    return (tuple(known), lever, found) if found is not None and not found.choices else ((), lever, None)


def ends_of(scenario: Scenario, driver: str) -> tuple[float, float]:
    """Low and high of a driver."""
    lever, rows = levers_moved(scenario, driver)[2], rows_by_key()
    return (lever.low, lever.high) if lever is not None else (rows[driver].low, rows[driver].high)


def with_driver(scenario: Scenario, driver: str, value: float) -> Scenario:
    """The scenario with a driver at a value."""
    places, name, lever = levers_moved(scenario, driver)
    if lever is None:
        return replace(scenario, overrides={**scenario.overrides, driver: value})
    path = Path(constant=float(value))
    moved = (
        replace(m, levers={**m.levers, name: path}) if i in places else m for i, m in enumerate(scenario.measures)
    )  # fmt: skip
    return replace(scenario, measures=tuple(moved))


def check_drivers(scenarios: Sequence[Scenario], drivers: Sequence[str], lang: str) -> None:
    """UsageError for a driver that is neither a numeric parameter with a range nor a numeric lever of the scenario's measures."""
    rows = rows_by_key()
    for driver in drivers:
        row = rows.get(driver)
        parameter = row is not None and not row.choices and row.low < row.high
        if not parameter and any(levers_moved(scenario, driver)[2] is None for scenario in scenarios):
            raise UsageError(word("cli.strategies.no_driver", lang, name=driver))


# -- search ------------------------------------------------------------------------------------------
def find_flips(search: Search, advice: str, drivers: Sequence[str] = DRIVERS) -> list[Flip]:
    """Both ends of every driver."""
    return [flip for driver in drivers for flip in _flips_of(search, advice, driver)]


def _flips_of(search: Search, advice: str, driver: str) -> list[Flip]:
    """Both ends of one driver. A parameter starts from its central value, where the advice holds; a lever has no such value,
    as it may be a path over time, so what is best at its low end is the advice that its high end may turn."""
    ends = ends_of(search.scenario, driver)
    leaders = [_leader(found, advice) for found in search.incomes(driver, ends, search.choices)]
    if levers_moved(search.scenario, driver)[2] is not None:
        return [_flip(search, driver, leaders[0], (ends[0], ends[1]), leaders[1])]
    row = rows_by_key()[driver]
    start = float(search.scenario.overrides.get(driver, row.value))
    return [_flip(search, driver, advice, (start, end), leader) for end, leader in zip(ends, leaders, strict=True)]


def _leader(found: dict[str, float], advice: str) -> str:
    """The best choice; the advice if it is level with it; '' without any solution."""
    return max(found, key=lambda choice: (found[choice], choice == advice)) if found else ""


def _flip(search: Search, driver: str, advice: str, span: tuple[float, float], best: str) -> Flip:
    turned = advice and best and best != advice
    threshold = _crossing(search, driver, span, (advice, best)) if turned else float("nan")
    return Flip(search.scenario.name, driver, advice, span[1], best if advice else "", threshold)


def _crossing(search: Search, driver: str, span: tuple[float, float], pair: tuple[str, str]) -> float:
    """Value between span[0], where pair[0] leads, and span[1], where pair[1] does, at which they are level."""
    near, far = span
    for _ in range(STEPS):
        middle = (near + far) / 2
        found = search.incomes(driver, (middle,), pair)[0]
        if len(found) < 2:
            return float("nan")
        near, far = (middle, far) if found[pair[0]] >= found[pair[1]] else (near, middle)
    return (near + far) / 2
