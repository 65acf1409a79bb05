"""History (MODEL.md 8.12): the measures of 2018 to 2022 move incomes little and the flows they name a lot.

A model in which these measures cost half a percent of income would contradict the record; one in which they move
nothing would not be about them. Draws, not the central values alone, so that no single number carries the test.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from model.axes import REGION_INDEX, SEGMENT_INDEX
from model.kernel.links import Array
from model.scenario.resolve import load_baseline, load_scenario
from model.simulation import Decoupling

SCRIPT = Path(__file__).parent / "scenarios" / "measures_2018_2022.yaml"
DRAWS = (0, 1, 2, 3, 4)
REGIONS = ("USA", "CHN", "KOR")
LISTED = ("Huawei", "Hikvision", "Dahua", "SenseTime", "Megvii", "iFLYTEK", "Yitu", "SMIC")


@cache
def flows(draw: int, policy: bool) -> tuple[Array, Array, Array]:
    """Of the last year of a run: real income [R], deliveries USA -> listed firms [firm], tools USA -> CHN."""
    scenario = load_scenario(str(SCRIPT))
    chosen = scenario if policy else load_baseline(scenario)
    assert chosen is not None
    model, found = Decoupling(chosen, draw=draw), []
    economy, table = model.setting.economy, model.setting.economy.table
    f, b = economy.links.supplier, economy.links.buyer
    american = (table.location[f] == REGION_INDEX["USA"]) & (table.segment[f] != SEGMENT_INDEX["rest"])
    firms = np.array([*model.setting.plants.firms, *[""] * (len(economy.buyer_region) - economy.n)])[b]
    tools = american & (table.segment[f] == SEGMENT_INDEX["equipment"]) & (economy.buyer_region[b] == REGION_INDEX["CHN"])
    with np.errstate(all="ignore"):
        while model.running:
            model.step()
            flow, income = model.now["books"].flow, [model.real_income(r) for r in REGIONS]
            listed = [flow[american & (firms == name)].sum() for name in LISTED]
            found.append((np.array(income), np.array(listed), np.array([flow[tools].sum()])))
    return tuple(np.mean(part, axis=0) for part in zip(*found[-4:], strict=True))  # type: ignore[return-value]


def change(draw: int, part: int) -> Array:
    """Relative change of a part of `flows` by the measures."""
    return np.asarray(flows(draw, True)[part] / flows(draw, False)[part] - 1)


@pytest.mark.parametrize("region", REGIONS)
def test_real_income_moves_by_half_a_percent_at_most(region: str) -> None:
    effects = [100 * change(draw, 0)[REGIONS.index(region)] for draw in DRAWS]
    assert 0 < abs(float(np.median(effects))) <= 0.5


@pytest.mark.parametrize("firm", LISTED)
def test_deliveries_to_listed_firms_fall(firm: str) -> None:
    falls = [change(draw, 1)[LISTED.index(firm)] for draw in DRAWS]
    assert float(np.median(falls)) <= -0.10


def test_deliveries_of_controlled_tools_fall() -> None:
    falls = [change(draw, 2)[0] for draw in DRAWS]
    assert float(np.median(falls)) <= -0.0
