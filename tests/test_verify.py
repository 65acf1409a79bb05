"""`verify`: its limit cases hold and can fail, its published rows are complete, its words stand in both languages."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from model.axes import REGIONS
from model.cli import Cli
from model.experiments import verify, verify_runs, verify_stances
from model.experiments.verify_limits import CaliendoParro, LimitCase, caliendo_parro_case, limit_cases, path_case
from model.kernel.table import BaseTable
from model.words import LANGUAGES, has_word, keys, word

CASES = limit_cases(quick=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_limit_cases_hold_and_can_fail(case: LimitCase) -> None:
    assert case.ok, case
    assert abs(case.expected - 1).max() > 0.01, "the shock does something"
    for factor in (1 + 10 * case.tolerance, 1 - 10 * case.tolerance, np.nan):
        assert not replace(case, expected=case.expected * factor).ok


def test_a_wrong_elasticity_misses_caliendo_parro() -> None:
    """The independent solver is no copy: with another sigma the two differ."""
    world = CaliendoParro.random(0)
    cost = np.where(np.eye(3)[:, :, None] > 0, 1.0, 1.2) * np.ones_like(world.share)
    right = world.solve(cost, world.tariff)
    assert abs(replace(world, sigma=world.sigma + 0.1).solve(cost, world.tariff) / right - 1).max() > 1e-4
    assert caliendo_parro_case().ok
    table = world.table()
    assert isinstance(table, BaseTable)
    np.testing.assert_allclose(world.solve(np.ones_like(cost), world.tariff), 1.0, rtol=1e-12)


def test_path_of_the_base_table_comes_to_its_static_equilibrium() -> None:
    case = path_case(cut=False)
    assert case.ok
    assert case.quarters <= 600
    assert not path_case(cut=False, most=8).ok, "two years are not the long run"


def test_one_failure_gives_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = [replace(CASES[0], expected=CASES[0].expected * 1.001), *CASES[1:]]
    monkeypatch.setattr(verify, "limit_cases", lambda quick: bad)
    result = CliRunner().invoke(Cli(), ["verify", "--quick"])
    assert result.exit_code == 1
    assert word("verify.case.acr") in result.output.splitlines()[-2] + result.output.splitlines()[-1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_quick_prints_every_case(lang: str) -> None:
    result = CliRunner().invoke(Cli(), ["verify", "--quick", "--lang", lang])
    assert result.exit_code == 0
    assert all(word(f"verify.case.{case.name}", lang) in result.output for case in CASES)
    assert CliRunner().invoke(Cli(), ["verify", "--quick", "--quiet"]).output == ""


def test_json() -> None:
    found = json.loads(CliRunner().invoke(Cli(), ["verify", "--quick", "--json"]).output)
    assert found["ok"] is True
    assert [row["name"] for row in found["limits"]] == [case.name for case in CASES]


def test_published_rows_are_complete() -> None:
    rows = verify.published()
    assert len(rows) >= 12
    for row in rows:
        assert row.study.strip() and row.source.strip()
        assert set(row.scenario) == set(LANGUAGES)
        assert row.region in REGIONS and row.measure in ("Real Income", "GDP")
        assert row.low <= row.high and row.horizon >= 1
        assert row.run in verify.OURS and has_word(f"verify.differs.{row.run}")
        assert row.banded or row.multiplier is not None
        assert row.multiplier is None or abs(row.multiplier + row.low / 10) < 1e-9, "percent per percent of exports"


def test_ways_in_are_tried_only_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(verify.published()[0], low=-1.0, high=0.0, run="chips")
    values = {(): 0.5, verify.WAYS_IN[0]: 0.2, verify.WAYS_IN[1]: -0.5}
    monkeypatch.setitem(verify.OURS, "chips", lambda p, levers: values[levers])
    assert verify.compare(row).tried == ((verify.WAYS_IN[0][0], 0.2), (verify.WAYS_IN[1][0], -0.5))
    assert verify.compare(replace(row, high=1.0)).tried == ()
    assert not verify.compare(row).inside


def test_elasticity_of_a_unit_elastic_change_is_one() -> None:
    units, mill, hit = np.array([2.0, 3.0, 5.0]), np.array([1.0, 2.0, 1.0]), np.array([True, True, False])
    after = np.where(hit, units / 1.05, units)
    assert verify_runs.arc((units, mill, mill), (after, mill, mill * 1.05), hit) == pytest.approx(1.0)


def test_static_limit_of_a_partial_shock_hurts_the_target() -> None:
    assert -0.5 < verify.static_shock("japan")[REGIONS.index("KOR")] < 0


def test_short_elasticities_are_below_and_long_above_the_central_ones() -> None:
    by = {h: verify_stances.elastic(h)["elasticity_of_substitution"] for h in verify_stances.HORIZON_OF}
    assert all(by["short"][s] <= by["central"][s] <= by["long"][s] for s in by["central"])
    assert any(by["short"][s] < by["central"][s] for s in by["central"])


def test_a_run_without_a_solution_is_said_so() -> None:
    row = verify_stances.SignRow("west_with", (1.0, float("nan"), -1.0))
    assert verify._sign_cells(row, "en")[1:] == ("+1.00", word("verify.unsolved"), "-1.00")


def test_a_stance_stands_beside_its_published_band() -> None:
    row = verify_stances.StanceRow("blocs", "off", "align_us", (0.0, 0.0, -1.0))
    assert verify._stance_cells(row, "en")[-2:] == ("-3.00..-0.50", word("verify.inside"))
    assert verify._stance_cells(replace(row, stance="align_cn"), "en")[-2:] == ("-", "-")


def test_static_effects_of_one_segment_are_part_of_the_whole() -> None:
    """A segment cut alone moves China less than all segments do."""
    china = [verify.static_blocs("blocs", "hedge", (s,))[REGIONS.index("CHN")] for s in ("memory", "devices")]
    assert verify.static_blocs("blocs", "hedge")[REGIONS.index("CHN")] < min(china) < 0


def test_words_in_both_languages() -> None:
    ours = [key for key in keys() if key.startswith("verify.")]
    wanted = {f"verify.column.{c}" for names in verify.COLUMNS.values() for c in names.split()}
    wanted |= {f"verify.lever.{name}" for levers in verify.WAYS_IN for name in levers} | {"verify.lever.static"}
    wanted |= {f"verify.{kind}.{name}" for name in verify.COLUMNS for kind in ("heading", "note")}
    wanted |= {f"verify.case.{name}" for name in (*(c.name for c in CASES), "path_cut", "path_iceberg")}
    assert wanted <= set(ours)
    assert all(word(key, lang).strip() for key in ours for lang in LANGUAGES)
