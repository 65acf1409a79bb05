"""Calibration: matching on models whose answer is known, what is published when, the switch of the draws, the command."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from calibration import draws as draws_module
from calibration.draws import composite_chances, draw_parameters, posterior_chances
from calibration.registry import POSTERIORS, rows_by_key, table, uncertain
from model.cli import Cli
from model.errors import StoreError, UsageError
from model.experiments.backtest import Backtest, points_table, scores_table, shipped_figures, write_sheet
from model.experiments.calibrate import (
    COVERAGE,
    GRADES,
    Design,
    composites,
    grade_factor,
    known_by,
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
from model.experiments.calibrate_run import Calibrated, CalibrationRequest, numbers_of, write_tables
from model.experiments.calibration_report import MatchFolder, match_folder, write_calibration
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
from model.experiments.scoring import points_of, scores_of
from model.experiments.series import Figure, Panel, read_figures
from model.experiments.store import write_manifest
from model.experiments.timing import Timing, timing_score, timing_table
from model.kernel.links import Array
from model.scenario.record import resolved
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


def test_draws_take_informed_composites_from_the_posterior_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table in use names composites; its rows move with it, all others stay where the priors alone put them."""
    assert draws_module.POSTERIOR in POSTERIORS
    point = next(p for p in table(draws_module.POSTERIOR) if p)
    informed = set(point) - {"#line"}
    assert informed <= set(composites())
    own = {row["row"] for row in table("targets/composites.csv") if row["composite"] in informed}
    drawn, prior = draw_parameters(3), draw_parameters(3, chances={})
    moved_rows = {r.key for r in uncertain() if drawn[r.name][r.index] != prior[r.name][r.index]}
    assert moved_rows
    assert moved_rows <= own
    monkeypatch.setattr(draws_module, "POSTERIOR", "")
    assert draw_parameters(3) == prior


@pytest.mark.parametrize("name", POSTERIORS)
def test_shipped_posteriors_have_their_manifest_and_passed_their_check(name: str) -> None:
    content = (TARGETS.parent / name).read_bytes()
    manifest = json.loads((TARGETS.parent / name.replace(".csv", ".json")).read_text(encoding="utf-8"))
    assert manifest["posterior_sha256"] == hashlib.sha256(content).hexdigest()
    assert (manifest["origin"], manifest["scenario"]) == (name[10:17], "history")
    assert manifest["check"]["passed"]
    assert COVERAGE[0] <= manifest["coverage"] <= COVERAGE[1]


def test_draws_of_the_posterior_lie_where_it_does() -> None:
    """Chances over many draws have the mean of the table's points."""
    points = table(draws_module.POSTERIOR)
    row = next(r["row"] for r in table("targets/composites.csv") if r["composite"] in points[0])
    name = next(r["composite"] for r in table("targets/composites.csv") if r["row"] == row)
    chances = [posterior_chances(draw, 0, draws_module.POSTERIOR)[row] for draw in range(1, 201)]
    assert np.mean(chances) == pytest.approx(np.mean([float(p[name]) for p in points]), abs=0.05)


def test_measures_that_nobody_knew_of_are_not_seen() -> None:
    """A measure that starts and is announced after the origin changes nothing; one announced before it is seen."""
    record = load_scenario(SCRIPT)
    seen, first = known_by(record, "2020-12"), record.measures[0]
    assert 0 < len(seen.measures) < len(record.measures)
    assert all(min(m.start, m.announced or m.start) < 2021 for m in seen.measures)
    later = (replace(first, start=2021.0), replace(first, start=2022.0, announced=2021.5))
    assert known_by(replace(record, measures=(*record.measures, *later)), "2020-12") == seen
    told = replace(first, start=2022.0, announced=2020.5)
    assert told in known_by(replace(record, measures=(*record.measures, told)), "2020-12").measures


def test_one_grade_varies_and_the_others_stay() -> None:
    rows = rows_by_key()
    base = draw_parameters(0)
    for grade in GRADES:
        drawn = only(grade, 4)
        changed = [row for row in uncertain() if drawn[row.name][row.index] != base[row.name][row.index]]
        tied = ("one_year_elasticity", "diffusion_channel_weight", "ecosystem_share_2018")
        assert all(rows[row.key].evidence == grade or row.name in tied for row in changed)


# -- the report ------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> MatchFolder:
    """The folder of a calibration whose runs are made up, with a back-test of one series in it."""
    path = tmp_path_factory.mktemp("calibrated")
    targets = targets_of(published_by(shipped_figures(), "2023-06"))
    chance = np.random.default_rng(0)
    points = quasi_random(64, len(composites()), 1)
    values = np.array([t.value for t in targets])
    signal = points[:, :1] + 0.5 + 0.1 * chance.standard_normal((64, len(values)))
    values[-1] *= 50
    found = Calibrated(match(targets, Design(points, values * signal)))
    write_tables(path, "2023-06", found.calibration)
    panel = Panel(("2020Q4", "2021Q4"), {("CHN", "GDP"): ("index", np.array([[1.0, 2.0], [1.0, 3.0]]))})
    told = "series_id,variable,region,period,value,low,high,unit,kind,transform\n" + "".join(
        f"plat.fdi.count,GDP,CHN,{q},{v},{v},{v + 1},index,{kind},change:2020Q4\n" for q, v, kind in (("2020Q4", 1, "train"), ("2021Q4", 5, "score"))
    )
    scored = points_of(read_figures(told, "f.csv"), panel)
    tested = Backtest(scored, scores_of(scored), 0, 2, 2022.0)
    (path / "backtest").mkdir()
    timing = [Timing("USA", "chips", "entity_list", 2021.25, True, np.array([2021.0, 2021.0]), math.nan)]
    for name, frame in (("points", points_table(scored)), ("scores", scores_table(tested.scores)), ("timing", timing_table(timing, 2022.0))):
        write_sheet(path / "backtest" / f"{name}.csv", frame)
    request = CalibrationRequest(load_scenario(SCRIPT), "2023-06", 64, path)
    facts = {"numbers": numbers_of(request, found, tested), "variances": {"measured": None, "estimated": 1.0, "assumed": 3.0, "recalled": 0.0},
             "timing": {**{k: None if math.isnan(v) else v for k, v in timing_score(timing, 2022.0).items()}, "out_of_reach": ["a.tariff"]}}  # fmt: skip
    write_manifest(path, {"kind": "calibration", "scenario": resolved(request.seen), "parameters": "0" * 64, "engine": {"version": "1"}, "facts": facts}, {})
    opened = match_folder(path)
    assert opened is not None
    return opened


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_report_tells_targets_composites_grades_scores_misses_and_timing(lang: str, folder: MatchFolder, tmp_path: Path) -> None:
    page, text, document = write_calibration(folder, ("html", "md", "docx"), (lang,), tmp_path)
    told = text.read_text(encoding="utf-8")
    for key in ("calibration.not_informed", "calibration.missed", "show.grade.recalled", "composite.fork_uptake", "cli.backtest.covered",
                "calibration.backtest_bands", "lesson.plat.fdi.count", "timing.title", "layer.chips", "calibration.without"):  # fmt: skip
        assert word(key, lang, interval="–") in told, key
    for wanted in (f"{word('series.tools.share.chn', lang)}, 2020", "chip.gap.years", "a.tariff", "2021Q2", "75 %"):  # assumed: 3 of 4 parts
        assert wanted in told, wanted
    assert not re.search(r"\bnan\b", told, re.IGNORECASE)
    assert document.stat().st_size > 50_000
    sentences = [line for line in told.splitlines() if len(line) > 60 and not line.startswith(("|", "!"))]
    assert lang == "en" or all(re.search("[가-힣]", line) for line in sentences)
    assert page.read_text(encoding="utf-8").count("<img ") == 3
    names = {p.stem for p in (tmp_path / "figures").glob("*.png")}
    assert names == {f"{n}{'' if lang == 'en' else '-ko'}" for n in ("calibration-fit", "backtest", "evidence")}


def test_figures_and_report_from_the_folder_of_a_calibration(folder: MatchFolder, tmp_path: Path) -> None:
    def run(*args: str) -> int:
        return CliRunner().invoke(Cli(), [args[0], str(folder.path), "--out", str(tmp_path), *args[1:]]).exit_code

    assert run("figures", "--only", "calibration-fit", "--format", "svg", "--lang", "ko") == 0
    assert [p.name for p in tmp_path.glob("*.svg")] == ["calibration-fit-ko.svg"]
    assert run("figures", "--only", "real-income") == 2
    assert run("report", "--format", "xlsx") == 2


# -- with the model --------------------------------------------------------------------------------------------
def test_a_small_design_with_the_model_lands_in_the_same_place_twice() -> None:
    """Few short runs: uptake of the fork is found in runs of the model itself, and the last stage repeats."""
    scenario = replace(load_scenario(SCRIPT), measures=load_scenario(SCRIPT).measures[:4])
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
        return CliRunner().invoke(Cli(), ["calibrate", "--scenario", SCRIPT, "--out", str(tmp_path), *args]).exit_code

    assert code("--origin", "June") == 2
    assert code("--headline", "blocs@nowhere") == 2
    assert code("--samples", "4") == 2


def test_a_folder_of_an_older_version_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"kind": "calibration"}', encoding="utf-8")
    with pytest.raises(StoreError, match="another version"):
        match_folder(tmp_path)
