"""What the record of 2018 to 2022 must show without being told; a miss stands as one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from model.experiments.cases import Case, run_case
from model.experiments.series import Panel, panel_of
from model.kernel.links import Array
from model.outcomes import Recording
from model.scenario.resolve import load_scenario
from model.scenario.types import Measure

SCRIPT = "history"
DRAWS = (0, 1, 2)
RECORD = "Imports|Equipment;Imports|AI Accelerators|from USA;Imports|Chips|Volume;Self-Sufficiency|Chips;Developers Share|github;Installed Base|Open Source|github"
EFFECT = "2022Q4"


@cache
def panel(announced: float | None) -> Panel:
    """The record to the end of 2023; its control of tools of October 2022 known since `announced` (None: as it was dated)."""
    scenario = replace(load_scenario(SCRIPT), last="2023Q4")
    if announced is not None:
        told = tuple(replace(m, announced=announced) if tools_of_2022(m) else m for m in scenario.measures)
        assert told != scenario.measures
        scenario = replace(scenario, measures=told)
    found = [run_case(Case(scenario.name, scenario, None, draw, 0, ((0,), (1,)), RECORD)) for draw in DRAWS]
    assert all(isinstance(one, Recording) for one in found)
    return panel_of(found)


def tools_of_2022(measure: Measure) -> bool:
    """The American control of tools, the first of its kind."""
    return measure.instrument == "export_control" and measure.start < 2023 and measure.levers["segments"].constant == ("equipment",)


def series(name: str, announced: float | None = None) -> Array:
    """[draw, t] of China."""
    return panel(announced).series["CHN", name][1]


def at(quarter: str) -> int:
    return panel(None).quarters.index(quarter)


def test_tool_purchases_rise_between_announcement_and_effect() -> None:
    """A control of tools told a year ahead: more is bought at once and until it starts, less than otherwise from then on."""
    ratio = series("Imports|Equipment", 2021.75) / series("Imports|Equipment")
    before, after = ratio[:, at("2021Q4") : at(EFFECT)], ratio[:, at(EFFECT)]
    assert (ratio[:, : at("2021Q4")] == 1).all()
    assert (before > 1).all()
    assert (before.max(axis=1) > 1.02).all()
    assert (after < 1).all()


SMALL = (
    "a miss: the rise is 3 to 7 % for the three tenths of tools that were denied, and 9 to 23 % had all been; buyers hold two quarters of "
    "replacement ahead (assumed), and what China bought in 2021, 58 % more, came with a boom of chips and with subsidies that are not in the model"
)


@pytest.mark.xfail(strict=True, raises=AssertionError, reason=SMALL)
def test_tool_purchases_surge_by_a_quarter() -> None:
    ratio = series("Imports|Equipment", 2021.75) / series("Imports|Equipment")
    assert (ratio[:, at("2021Q4") : at(EFFECT)].max(axis=1) > 1.25).all()


def test_purchases_of_cut_down_chips_need_not_fall_at_once() -> None:
    """The cap on accelerators of October 2022: what China buys from the United States in the quarter is not below the one before."""
    bought = series("Imports|AI Accelerators|from USA")
    assert (bought[:, at(EFFECT)] >= bought[:, at(EFFECT) - 1]).all()


def test_localisation_does_not_lower_chip_imports_monotonically() -> None:
    """From 2020 on China makes a rising part of its chips, and its imports rise in some years and fall in others."""
    own, bought = series("Self-Sufficiency|Chips")[:, at("2019Q4") :], series("Imports|Chips|Volume")[:, at("2019Q4") :]
    assert (own[:, -1] > own[:, 0] + 0.5).all()
    steps = np.sign(np.diff(bought, axis=1))
    assert ((steps > 0).any(axis=1) & (steps < 0).any(axis=1)).all()


def test_a_share_of_developers_can_fall_while_their_number_rises() -> None:
    """The number grows with that of users everywhere (an input, E18); that the share falls is the choice of those who choose again."""
    share, number = series("Developers Share|github"), series("Installed Base|Open Source|github")
    assert (share[:, -1] < share[:, 0]).all()
    assert (number[:, -1] > number[:, 0]).all()
