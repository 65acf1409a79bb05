"""History (MODEL.md 8.12): the measures of 2018 to 2022 move incomes little and the flows they name a lot.

A model in which these measures cost half a percent of income would contradict the record; one in which they move
nothing would not be about them. Draws, not the central values alone, so that no single number carries the test.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from model.axes import REGION_INDEX, SEGMENT_INDEX
from model.kernel.links import Array
from model.scenario.resolve import load_baseline, load_scenario
from model.scenario.types import Scenario
from model.simulation import Decoupling
from model.stages.enact import buyer_owner

SCRIPT = Path(__file__).parent / "scenarios" / "measures_2018_2022.yaml"
DRAWS = (0, 1, 2, 3, 4)
REGIONS = ("USA", "CHN", "KOR")
LISTED = ("Huawei", "Hikvision", "Dahua", "SenseTime", "Megvii", "iFLYTEK", "Yitu", "SMIC")


@cache
def flows(draw: int, part: str) -> tuple[Array, Array, Array]:
    """Real income [R] and deliveries USA -> listed firms [firm] of 2022, tools USA -> Chinese-owned plants of its last quarter.

    part: 'none' for the baseline, 'tariffs', 'technology' for the other measures, 'all'.
    """
    model = Decoupling(scripted(part), draw=draw)
    economy, table, found = model.setting.economy, model.setting.economy.table, []
    f, b = economy.links.supplier, economy.links.buyer
    american = (table.location[f] == REGION_INDEX["USA"]) & (table.segment[f] != SEGMENT_INDEX["rest"])
    firms = np.array([*model.setting.plants.firms, *[""] * (len(economy.buyer_region) - economy.n)])[b]
    tools = american & (table.segment[f] == SEGMENT_INDEX["equipment"]) & (economy.buyer_region[b] == REGION_INDEX["CHN"])
    tools &= buyer_owner(model.setting)[b] == REGION_INDEX["CHN"]  # plants of foreign owners are exempt
    with np.errstate(all="ignore"):
        while model.running:
            model.step()
            flow, income = model.now["books"].flow, [model.real_income(r) for r in REGIONS]
            found.append((income, [flow[american & (firms == name)].sum() for name in LISTED], [flow[tools].sum()]))
    year = [np.mean([quarter[i] for quarter in found[-4:]], axis=0) for i in range(2)]
    return year[0], year[1], np.array(found[-1][2])


def scripted(part: str) -> Scenario:
    """The script, or a part of its measures."""
    scenario = load_scenario(str(SCRIPT))
    if part == "none":
        base = load_baseline(scenario)
        assert base is not None
        return base
    wanted = {"tariffs": (True,), "technology": (False,), "all": (True, False)}[part]
    return replace(scenario, measures=tuple(m for m in scenario.measures if (m.instrument == "tariff") in wanted))


def change(draw: int, part: str, which: int) -> Array:
    """Relative change of a result of `flows` by a part of the measures."""
    return np.asarray(flows(draw, part)[which] / flows(draw, "none")[which] - 1)


def median_effect(part: str, region: str) -> float:
    """Real income of 2022, percent, median over draws."""
    return float(np.median([100 * change(draw, part, 0)[REGIONS.index(region)] for draw in DRAWS]))


@pytest.mark.parametrize("region", REGIONS)
def test_technology_measures_move_real_income_by_half_a_percent_at_most(region: str) -> None:
    assert 0 < abs(median_effect("technology", region)) <= 0.5


TOO_LARGE = pytest.mark.xfail(
    strict=True,
    reason="a miss: tariffs cost China about 0.9 % of income; with relative wages as fast as an exchange rate (speeds of 1 a"
    " year) it is 0.3 %. The model has no exchange rate (docs/why_believe_it.md).",
)


@pytest.mark.parametrize("region", ["USA", "KOR", pytest.param("CHN", marks=TOO_LARGE)])
def test_all_measures_move_real_income_by_half_a_percent_at_most(region: str) -> None:
    assert 0 < abs(median_effect("all", region)) <= 0.5


@pytest.mark.parametrize("firm", LISTED)
def test_deliveries_to_listed_firms_fall(firm: str) -> None:
    falls = [change(draw, "all", 1)[LISTED.index(firm)] for draw in DRAWS]
    assert float(np.median(falls)) <= -0.10


def test_deliveries_of_controlled_tools_fall() -> None:
    """In the first quarter of the rule, against the same quarter without it."""
    falls = [change(draw, "all", 2)[0] for draw in DRAWS]
    assert float(np.median(falls)) <= -0.10
