"""The step is a matter of precision: annual effects converge as it gets shorter, at the rate of an Euler scheme (MODEL 8.9)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from calibration.registry import central, override
from model.kernel.links import Array
from model.schedule import run_quarter
from model.simulation import Decoupling
from model.start import start_state

STEPS = (1 / 4, 1 / 8, 1 / 16)
REGIONS = ("KOR", "USA", "CHN")
FIRST, LAST = 2018, 2030
CERTAIN = {"over_compliance_rate": 0.0, "retreat_rate": 0.0, "firm_exit_rate": 0.0}
"""Nothing is left to chance and nobody closes; all else is the central world."""


def real_income(scenario: str, dt: float) -> Array:
    """Annual means of real income [year, region] under the stance hedge, each step of the year with the same weight."""
    setting = Decoupling(scenario, "hedge", parameters=override(central(), CERTAIN, check=False), dt=dt).setting
    place = [setting.regions.index(region) for region in REGIONS]
    state, found = start_state(setting), []
    for _ in range(round((LAST + 1 - FIRST) / dt)):
        state = run_quarter(setting, state)
        assert not state["lost"].any()
        found.append((state["books"].income / state["delivered"].market.price_index)[place])
    return np.array(found).reshape(LAST + 1 - FIRST, -1, len(REGIONS)).mean(1)


@pytest.fixture(scope="module")
def effects() -> list[Array]:
    """Effect of `blocs` against `history` in percent [year, region], for each step."""
    return [100 * (real_income("blocs", dt) / real_income("history", dt) - 1) for dt in STEPS]


def test_the_policy_is_dated_alike_at_every_step(effects: list[Array]) -> None:
    """Nothing before 2026; something in the first year of the split."""
    year = 2026 - FIRST
    for effect in effects:
        assert not effect[:year].any()
        assert effect[year].all()


@pytest.mark.parametrize("region", range(len(REGIONS)), ids=REGIONS)
def test_differences_shrink_with_the_step(effects: list[Array], region: int) -> None:
    """Half the step, about half the difference over the years (root mean square): first order, whatever is discrete in the model."""
    one, two = (np.sqrt(((a - b)[:, region] ** 2).mean()) for a, b in pairwise(effects))
    assert 1.6 < one / two < 2.5


@pytest.mark.parametrize("region", range(len(REGIONS)), ids=REGIONS)
def test_the_largest_difference_shrinks_with_the_step(effects: list[Array], region: int) -> None:
    """The same in the largest difference of a single year, which is harder where it changes sign."""
    one, two = (abs(a - b)[:, region].max() for a, b in pairwise(effects))
    assert 1.6 < one / two < 2.5


def test_a_quarter_is_short_enough(effects: list[Array]) -> None:
    """A quarter against half a quarter: less than a tenth of the largest effect."""
    assert abs(effects[0] - effects[1]).max() < 0.1 * abs(effects[0]).max()
