"""Investors in a lasting shortage: they wait for prices to come back, not for ever, and replace what is denied (E4e, E12)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.registry import central, override
from model.instruments import Value
from model.kernel.adjustment import follow_trend
from model.kernel.links import Array
from model.schedule import run_quarter
from model.simulation import Decoupling
from model.world import Parameters, State
from tests import small


@settings(max_examples=200, deadline=None)
@given(st.floats(0.1, 10), st.floats(0.05, 2))
def test_a_lasting_price_becomes_the_trend_and_no_time_step_matters(ratio: float, speed: float) -> None:
    trend, half = np.zeros(1), np.zeros(1)
    for _ in range(200):
        trend = follow_trend(trend, np.full(1, ratio), speed, 0.25)
        half = follow_trend(follow_trend(half, np.full(1, ratio), speed, 0.125), np.full(1, ratio), speed, 0.125)
        assert half == pytest.approx(trend, abs=1e-12)
        assert abs(trend[0]) <= abs(np.log(ratio)) + 1e-12
    assert abs(trend[0] - np.log(ratio)) <= abs(np.log(ratio)) * np.exp(-speed * 50) + 1e-12
    assert follow_trend(np.zeros(1), np.full(1, ratio), 0.0, 0.25) == 0


def cut_off(parameters: Parameters, last: str = "2032Q4") -> list[State]:
    """Chinese platforms and AI applications are denied nine tenths of foreign accelerators from 2020 on."""
    levers: dict[str, Value] = {"segments": ("accelerators",), "denial_rate": 0.9, "enforcement": 1.0}
    control = small.measure("export_control", levers, 2020.0, senders=("USA", "KOR", "TWN", "JPN", "EUR", "SEA"))
    model = Decoupling(small.with_measures((control,), last), parameters=parameters)
    cut_off.setting = model.setting  # type: ignore[attr-defined]
    return list(small.quarters(model))


def covered(states: list[State]) -> Array:
    """Capacity over orders of Chinese AI applications, each quarter."""
    setting = cut_off.setting  # type: ignore[attr-defined]
    table = setting.economy.table
    own = (table.location == setting.regions.index("CHN")) & (table.segment == setting.segments.index("ai_apps"))
    return np.array([state["capacity"][own].sum() / state["orders"][own].sum() for state in states])


def test_rationing_of_ai_applications_ends() -> None:
    """Capacity catches up with orders; with the reference rules it stays short, further and further."""
    reference = override(central(), {"price_trend_speed": 0.0, "investor_takeover": 0.0}, check=False)
    before, after = covered(cut_off(reference)), covered(cut_off(central()))
    assert before[-1] < 0.7
    assert after[-1] > 1.0
    assert after[-1] > after[-9:].min() - 1e-9


def test_investors_get_more_and_more_of_what_they_order() -> None:
    states = cut_off(central(), "2027Q4")
    setting = cut_off.setting  # type: ignore[attr-defined]
    china = np.flatnonzero(
        (setting.economy.table.investors[:, 0] == setting.regions.index("CHN"))
        & (setting.economy.table.investors[:, 1] == setting.segments.index("ai_apps"))
    )
    made = np.array([state["delivered"].scale[setting.n + china].min() for state in states])
    assert made[8] < 0.5  # denied at first
    assert made[-1] > made[8] + 0.1
    assert max(abs(state["takeover"] - 1).max() for state in states[:8]) == 0
    for state in states:  # never more than planned
        assert state["delivered"].scale[setting.n : setting.n + setting.economy.k].max() < 1 + 1e-9
    own = slice(setting.economy.links.pointer[setting.n], setting.economy.links.pointer[setting.n + setting.economy.k])
    others = np.ones(setting.economy.links.technique, bool)
    others[own] = False
    assert (states[-1]["takeover"][others] == 1).all()


def test_after_the_denial_nothing_is_ordered_in_its_place() -> None:
    states = cut_off(central(), "2022Q4")
    setting = cut_off.setting  # type: ignore[attr-defined]
    assert states[-1]["takeover"].max() > 1.1
    lifted = run_quarter(setting, states[-1] | {"in_force": 0 * states[-1]["in_force"], "lost": 0 * states[-1]["lost"]})
    assert (lifted["takeover"] == 1).all()
