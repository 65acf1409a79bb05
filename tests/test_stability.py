"""The committed verdicts belong to the current tables, and a sample of them is judged again (MODEL.md 4, 8.11)."""

from __future__ import annotations

import pytest

from calibration.registry import tables_hash
from model.experiments.stability import LIMIT, judge
from model.experiments.verdicts import accepted_draws, read_verdicts


def test_verdicts_belong_to_the_current_tables() -> None:
    assert {row["tables"] for row in read_verdicts()} == {tables_hash()[:16]}, "run python -m model.experiments.stability"


def test_default_draws_are_judged_and_few_are_refused() -> None:
    rows = read_verdicts()
    assert [int(row["draw"]) for row in rows] == list(range(len(rows))) and len(rows) >= 20
    refused = [row for row in rows if row["verdict"] != "used"]
    assert len(refused) <= 0.05 * len(rows), "narrow r_w, not the sample"
    for row in rows:
        stable = max(float(row["growth"]), float(row["growth_short"])) <= LIMIT
        assert (row["verdict"] == "used") == stable, row


def test_a_refused_draw_is_skipped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"draw": "0", "verdict": "used"}, {"draw": "1", "verdict": "refused"}, {"draw": "2", "verdict": "used"}]
    monkeypatch.setattr("model.experiments.verdicts.read_verdicts", lambda: rows)
    assert accepted_draws(3) == ([0, 2, 3], [1])


def test_a_sample_is_judged_again() -> None:
    rows = read_verdicts()
    row = rows[int(tables_hash(), 16) % len(rows)]
    again = judge(int(row["draw"]))
    assert again["verdict"] == row["verdict"]
    assert abs(float(again["growth"]) - float(row["growth"])) < 1e-3
