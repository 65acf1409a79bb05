"""Calibration: matching on models whose answer is known, what is published when, the switch of the draws, the command."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from calibration import draws as draws_module
from calibration.draws import composite_chances, draw_parameters
from calibration.registry import rows_by_key, table, uncertain
from model.cli import Cli
from model.errors import UsageError
from model.experiments.backtest import shipped_figures
from model.experiments.calibrate import (
    GRADES,
    Design,
    composites,
    grade_factor,
    match,
    moved,
    noise_of,
    only,
    parameters_table,
    posterior_table,
    published_by,
    simulate,
    targets_of,
    targets_table,
    without_table,
)
from model.experiments.matching import (
    features,
    fit,
    posterior,
    quantile,
    quasi_random,
    recovery,
    resample,
    telling,
    within_reach,
)
from model.experiments.series import Figure, read_figures
from model.kernel.links import Array
from model.reports.calibration import Facts, write_calibration
from model.scenario.resolve import load_scenario
from model.words import word

SCRIPT = "history"
TARGETS = Path(__file__).parents[1] / "calibration" / "targets"


def toy(count: int, seed: int = 0) -> tuple[Array, Array]:
    """Two composites; the first moves two targets, the second none; everything else is noise, partly common."""
    points = quasi_random(count, 2, 5)
    chance = np.random.default_rng(seed)
    common = chance.standard_normal(count) * 0.1
    first, second = (chance.standard_normal(count) * 0.1 for _ in range(2))
    return points, np.array([2 * points[:, 0] + common + first, points[:, 0] ** 2 + common + second, chance.standard_normal(count)]).T


# -- matching -------------------------------------------------------------------------------------------
def test_features_are_orthonormal_on_the_unit_cube() -> None:
    values = features(quasi_random(4096, 3, 1))
    assert values.T @ values / len(values) == pytest.approx(np.eye(7), abs=5e-3)


def test_a_linear_model_without_noise_is_recovered_exactly() -> None:
    points = quasi_random(64, 2, 1)
    emulator = fit(points, (3 + points @ np.array([2.0, -1.0]))[:, None])
    new = quasi_random(16, 2, 9)
    assert emulator.mean(new)[:, 0] == pytest.approx(3 + new @ np.array([2.0, -1.0]), abs=1e-9)
    assert emulator.residual == pytest.approx(0, abs=1e-18)


def test_the_posterior_is_that_of_the_normal_model() -> None:
    """One composite, one target y = x, observed 0.5 with deviation 0.1: mean 0.5, deviation 0.1."""
    points = quasi_random(64, 1, 1)
    found = posterior(fit(points, points), np.array([0.5]), np.array([[0.01]]), quasi_random(8192, 1, 2))
    assert found.mean[0] == pytest.approx(0.5, abs=2e-3)
    assert math.sqrt(found.variance_kept[0] / 12) == pytest.approx(0.1, rel=0.03)  # cut off at three deviations
    low, high = found.interval()[:, 0]
    assert (low, high) == pytest.approx((0.5 - 0.128, 0.5 + 0.128), abs=5e-3)
    assert found.left == pytest.approx(0.6, abs=0.01)


def test_what_no_point_meets_is_given_up_and_said() -> None:
    points, outputs = toy(256)
    emulator, space = fit(points, outputs), quasi_random(1024, 2, 3)
    reach = within_reach(emulator, np.array([1.0, 9.0, 0.0]), np.eye(3) * 0.01, space)
    assert reach.tolist() == [True, False, True]
    together = within_reach(emulator, np.array([0.2, 0.9, 0.0]), np.eye(3) * 1e-4, space)  # each can be met, not both
    assert together.sum() == 2


def test_a_target_that_nothing_moves_tells_nothing() -> None:
    points, outputs = toy(256)
    assert telling(fit(points, outputs), np.eye(3) * 0.01, quasi_random(1024, 2, 3)).tolist() == [True, True, False]


def test_recovery_covers_and_tells_what_is_not_informed() -> None:
    """Intervals of 80 percent hold the true value in 65 to 95 percent of cases, informed or not."""
    points, outputs = toy(256)
    noise, space = np.eye(3) * 0.02**2, quasi_random(1024, 2, 3)
    held, means = recovery(points, outputs, noise, space)
    assert ((held.mean(axis=0) > 0.7) & (held.mean(axis=0) < 0.9)).all()
    told = np.isfinite(means[:, 0])  # a world in which nothing is left counts as not held
    assert told.mean() > 0.9
    assert np.corrcoef(points[told, 0], means[told, 0])[0, 1] > 0.9
    kept = posterior(fit(points, outputs), outputs[0], noise, space).variance_kept
    assert kept[0] < 0.3 < 0.8 < kept[1]


def test_an_overconfident_spread_fails_the_recovery_test() -> None:
    """The test can fail: figures five times as noisy as stated."""
    points, outputs = toy(256)
    shaken = outputs + 0.5 * np.random.default_rng(3).standard_normal(outputs.shape)
    space = quasi_random(1024, 2, 3)
    emulator = fit(points, outputs)
    held = []
    for i in range(0, 256, 4):
        found = posterior(emulator, shaken[i], np.eye(3) * 1e-4, space)
        low, high = found.interval()
        held.append(low[0] <= points[i, 0] <= high[0])
    assert np.mean(held) < 0.65


def test_quantiles_and_resampling_of_weighted_points() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.0, 0.5, 0.5])
    assert (quantile(values, weights, 0.4), quantile(values, weights, 0.6)) == (1, 2)
    points, outputs = toy(128)
    found = posterior(fit(points, outputs), outputs[0], np.eye(3) * 0.01, quasi_random(4096, 2, 3))
    assert resample(found, 512).mean(axis=0) == pytest.approx(found.mean, abs=0.02)


# -- targets ----------------------------------------------------------------------------------------------
def test_only_what_is_published_by_the_origin_is_used() -> None:
    """Every row published later replaced by NaN: the same targets, the same bytes of results."""
    for origin in ("2021-01", "2023-06", "2025-01"):
        all_of_them = targets_of(published_by(shipped_figures(), origin))
        blanked = targets_of(published_by(_blanked(origin), origin))
        assert [(t.name, t.value) for t in blanked] == [(t.name, t.value) for t in all_of_them]
        assert origin != "2023-06" or _bytes(all_of_them) == _bytes(blanked)
    names = {t.figure.series_id for t in targets_of(published_by(shipped_figures(), "2023-06"))}
    assert "github.share.chn" not in names
    assert "os.harmony.share.cn" in names


def _blanked(origin: str) -> list[Figure]:
    """The shipped figures read from files in which values published after the origin are NaN."""
    found: list[Figure] = []
    for name in ("open.csv", "register.csv"):
        frame = pd.read_csv(TARGETS / name, dtype=str, keep_default_na=False)
        frame.loc[frame["published"] > origin, ["value", "low", "high"]] = "NaN"
        found += read_figures(frame.to_csv(index=False), f"calibration/targets/{name}")
    return found


def _bytes(targets: tuple[object, ...]) -> bytes:
    """Results of the last stage on runs that are made up: linear in the composites, with noise."""
    chance = np.random.default_rng(0)
    points = quasi_random(64, len(composites()), 1)
    values = np.array([t.value for t in targets])  # type: ignore[attr-defined]
    outputs = values * (1 + points @ chance.normal(0, 0.3, (points.shape[1], len(values))) + 0.1 * chance.standard_normal((64, len(values))))
    found = match(targets, Design(points, outputs))  # type: ignore[arg-type]
    tables = (parameters_table(found), targets_table(found), without_table(found), posterior_table(found))
    return "".join(frame.to_csv(index=False) for frame in tables).encode()


def test_too_few_runs_are_refused() -> None:
    targets = targets_of(published_by(shipped_figures(), "2023-06"))
    points = quasi_random(20, len(composites()), 1)
    with pytest.raises(UsageError, match="too few"):
        match(targets, Design(points, np.ones((20, len(targets)))))


def test_weights_come_from_range_and_grade_by_one_formula() -> None:
    targets = [t for t in targets_of(shipped_figures()) if t.figure.series_id == "asml.chn"]
    noise = noise_of(targets)
    base, first = targets[0].base, targets[0].figure
    assert base is not None
    expected = [(grade_factor(f.grade) * (f.high - f.low) / 2.5631031) ** 2 for f in (first, base)]
    assert noise[0, 0] == pytest.approx(sum(expected))
    assert noise[0, 1] == pytest.approx(expected[1])  # what figures of a series share: their base


def test_every_target_of_the_register_is_used_or_left_out_with_a_reason() -> None:
    register = {row["id"] for row in table("figures/register.csv") if row["role"] == "target"}
    used = {row["locator"].removeprefix("register ").split(",")[0].split(";")[0] for row in table("targets/register.csv")}
    left = {row["id"] for row in table("targets/left_out.csv")}
    near = {"plat.fdi.count.2019", "plat.fdi.count.2022"}
    assert register <= used | left | near
    assert all(row["reason"] for row in table("targets/left_out.csv"))


# -- composites and draws ------------------------------------------------------------------------------------
def test_composites_are_at_most_eight_and_move_rows_that_vary() -> None:
    assert len(composites()) <= 8
    rows = [row["row"] for row in table("targets/composites.csv")]
    assert len(rows) == len(set(rows))
    assert {rows_by_key()[row].key for row in rows} <= {row.key for row in uncertain()}


def test_a_composite_moves_its_rows_and_no_other() -> None:
    chances = [composite_chances(dict.fromkeys(composites(), 0.5) | {"fork_uptake": u}) for u in (0.1, 0.9)]
    low, high = (draw_parameters(3, chances=c) for c in chances)
    own = {row["row"] for row in table("targets/composites.csv") if row["composite"] == "fork_uptake"}
    for key, row in rows_by_key().items():
        before, after = low[row.name][row.index], high[row.name][row.index]
        assert (before < after) if key in own else (before == after)


def test_the_posterior_is_off_and_easy_to_turn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert draws_module.POSTERIOR == ""
    assert draw_parameters(3) == draw_parameters(3, chances={})
    monkeypatch.setattr(draws_module, "POSTERIOR", "posterior-2023-06.csv")
    drawn, prior, names = draw_parameters(3), draw_parameters(3, chances={}), set(composites())
    point = next(p for p in table("posterior-2023-06.csv") if p)
    assert names == set(point) - {"#line"}
    moved_rows = [r.key for r in uncertain() if drawn[r.name][r.index] != prior[r.name][r.index]]
    assert set(moved_rows) <= {row["row"] for row in table("targets/composites.csv")}
    assert moved_rows


def test_one_grade_varies_and_the_others_stay() -> None:
    rows = rows_by_key()
    base = draw_parameters(0)
    for grade in GRADES:
        drawn = only(grade, 4)
        changed = [row for row in uncertain() if drawn[row.name][row.index] != base[row.name][row.index]]
        tied = ("one_year_elasticity", "diffusion_channel_weight", "ecosystem_share_2018")
        assert all(rows[row.key].evidence == grade or row.name in tied for row in changed)


# -- the report ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_report_tells_targets_composites_grades_and_scores(lang: str, tmp_path: Path) -> None:
    facts = _facts()
    for path in write_calibration(tmp_path, facts):
        text = path.read_text(encoding="utf-8")
        assert "tools.share.chn 2020" in text
        assert "chip.gap.years" in text
        assert ("<table>" in text) == (path.suffix == ".html")
    page = (tmp_path / f"report-{lang}.md").read_text(encoding="utf-8")
    for key in ("calibration.not_informed", "calibration.missed", "show.grade.recalled", "composite.fork_uptake", "cli.backtest.covered"):
        assert word(key, lang) in page
    assert "75 %" in page  # assumed: 3 of 4 parts


def _facts() -> Facts:
    """Tables of a made-up design, and numbers as the command gives them."""
    targets = targets_of(published_by(shipped_figures(), "2023-06"))
    chance = np.random.default_rng(0)
    points = quasi_random(64, len(composites()), 1)
    values = np.array([t.value for t in targets])
    signal = points[:, :1] + 0.5 + 0.1 * chance.standard_normal((64, len(values)))
    values[-1] *= 50
    found = match(targets, Design(points, np.array([t.value for t in targets]) * signal))
    missed = targets_table(found)
    missed.loc[0, "reached"] = False
    missed.loc[0, "used"] = False
    scores = pd.DataFrame([{"series_id": "a", "points": 1, "error": 1.0, "error_last": 2.0, "error_trend": 3.0, "skill_last": 0.5,
                            "skill_trend": 0.67, "sign": math.nan, "covered": 1.0}])  # fmt: skip
    parameters = parameters_table(found)
    parameters.loc[1, "informed"] = False
    tables = {"parameters": parameters, "targets": missed, "without": without_table(found), "scores": scores}
    names = ("scenario", "runs", "failed", "figures", "used", "missed", "still", "left", "informed", "composites", "coverage", "draws", "later", "refused",
             "headline", "year", "points", "series", "last", "trend", "covered", "origin")  # fmt: skip
    numbers: dict[str, float | int | str] = dict.fromkeys(names, 1)
    left = [(row["id"], row["reason"]) for row in table("targets/left_out.csv")]
    return Facts(tables, numbers, {"measured": 0.0, "estimated": 1.0, "assumed": 3.0, "recalled": 0.0}, left)


# -- with the model --------------------------------------------------------------------------------------------
def test_a_small_design_with_the_model_lands_in_the_same_place_twice() -> None:
    """Few short runs: uptake of the fork is found in runs of the model itself, and the last stage repeats."""
    scenario = replace(load_scenario(str(SCRIPT)), measures=load_scenario(str(SCRIPT)).measures[:4])
    wanted = [f for f in shipped_figures() if f.series_id.startswith(("os.harmony", "smic.revenue")) and f.period in ("2018", "2020", "2023Q1")]
    early = [replace(f, covers=replace(f.covers, parts=(("2021Q4", 1.0),))) if f.period == "2023Q1" else f for f in wanted]
    targets = targets_of(early)
    design = simulate(scenario, targets, quasi_random(32, len(composites()), 1), 0, 1)
    found, again = match(targets, design, 2), match(targets, design, 3)
    assert moved(found, again).max() < 0.15
    names = list(composites())
    table_of = parameters_table(found)
    fork, others = found.held[:, names.index("fork_uptake")].mean(), found.held.mean()
    assert 0.6 <= fork <= 1
    assert 0.65 <= others <= 0.95
    assert bool(table_of.loc[table_of["composite"] == "fork_uptake", "informed"].item())


def test_the_command_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    def code(*args: str) -> int:
        return CliRunner().invoke(Cli(), ["calibrate", "--scenario", str(SCRIPT), "--out", str(tmp_path), *args]).exit_code

    assert code("--origin", "June") == 2
    assert code("--headline", "blocs@nowhere") == 2
    assert code("--samples", "4") == 2
