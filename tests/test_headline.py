"""docs/headline.csv is what the script makes: its central values are run again, its rows are complete."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from model.axes import REGIONS
from model.experiments.cases import Case, run_case
from model.experiments.run import index_sides
from model.outcomes import Recording
from model.scenario.resolve import load_baseline, load_scenario

FILE = Path(__file__).parent.parent / "docs" / "headline.csv"
TOLERANCE = 0.002
"""Percentage points: half of what the file's three digits round away, and the last bits of another machine."""


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(FILE.read_text(encoding="utf-8").splitlines()))


def annual(recording: Recording, region: str, year: int) -> float:
    """Mean of the four quarters of Real Income."""
    series = recording.values[recording.keys.index((region, "Real Income", "index"))]
    return float(np.mean([v for v, q in zip(series, recording.quarters, strict=True) if q.startswith(str(year))]))


@pytest.mark.parametrize(("name", "stance"), [("blocs", "hedge"), ("chip_controls", "align_us")])
def test_central_values_are_current(name: str, stance: str) -> None:
    scenario = load_scenario(name)
    baseline = load_baseline(scenario)
    assert baseline is not None
    sides = index_sides(scenario)
    run = run_case(Case("x", scenario, stance, 0, 0, sides))
    base = run_case(Case("y", baseline, None, 0, 0, sides))
    assert isinstance(run, Recording) and isinstance(base, Recording)
    mine = [row for row in rows() if row["scenario"] == name and row["stance"] == stance]
    assert len(mine) == 9
    for row in mine:
        region, year = row["region"], int(row["year"])
        again = 100 * (annual(run, region, year) / annual(base, region, year) - 1)
        assert abs(again - float(row["central_percent"])) < TOLERANCE, row


def test_rows_are_complete() -> None:
    found = rows()
    assert {row["region"] for row in found} == {"KOR", "USA", "CHN"} <= set(REGIONS)
    assert {row["stance"] for row in found} == {"align_us", "hedge", "align_cn"}
    assert all(float(row["p10_percent"]) <= float(row["p90_percent"]) for row in found)
    assert {int(row["draws"]) for row in found} == {20}
