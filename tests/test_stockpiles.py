"""Buyers build stocks between announcement and effect, and use them after it (E27); nothing announced, nothing moves."""

from __future__ import annotations

import numpy as np

from model.scenario.resolve import load_scenario
from model.simulation import Decoupling

HARDER = (
    "instruments[2].denial_rate=0.8", "instruments[2].segments=[equipment,logic]", "instruments[3].denial_rate=0.8",
    "horizon=[2018Q1, 2023Q2]",
)  # fmt: skip


def path(variable: str, announced: bool) -> dict[str, float]:
    """A Chinese series by quarter under a hard control of tools and logic from 2022Q4, announced a year before or not."""
    sets = (*HARDER, "instruments[2].announced=2021Q4") if announced else HARDER
    model = Decoupling(load_scenario("chip_controls", sets=sets), "hedge", record=variable.replace("|", "?"))
    keys, values = model.run_to_end().table()
    row = values[[key[:2] for key in keys].index(("CHN", variable))]
    return dict(zip(model.quarters, row, strict=True))


def test_purchases_surge_before_and_fall_after_the_effect() -> None:
    calm, warned = path("Imports|Logic", announced=False), path("Imports|Logic", announced=True)
    change = {quarter: warned[quarter] / calm[quarter] - 1 for quarter in calm}
    assert all(change[q] == 0 for q in calm if q < "2021Q4")
    assert all(change[q] > 0.02 for q in ("2021Q4", "2022Q1", "2022Q2", "2022Q3"))
    assert change["2022Q4"] < 0


def test_stocks_stand_at_the_effect_and_are_used() -> None:
    stock = path("Stockpile|Logic", announced=True)
    assert stock["2021Q3"] == 0 < stock["2022Q3"]
    assert stock["2022Q4"] < stock["2022Q3"]


def test_without_an_announcement_no_stocks() -> None:
    assert not np.any(list(path("Stockpile|Logic", announced=False).values()))
