"""Sweeps before and after they run: names, points, states of the world, levers, plans, and folders read back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from calibration import draws
from calibration.registry import central, rows_by_key, share_sets
from model.cli import Cli
from model.errors import StoreError, UsageError
from model.experiments import sampling, shards, store, sweep, sweep_plan
from model.experiments.sampling import LEVER, Name, all_uncertainties, numeric_levers, sample_points, state_values
from model.experiments.sweep import Sweep, load_sweep
from model.experiments.sweep_plan import Planned, SweepRequest, check_baselines, make_plan
from model.experiments.sweep_run import case_of, part_of, write_plan
from model.experiments.sweep_screen import ranking, request_after
from model.experiments.verdicts import accepted_draws
from model.instruments import instruments
from model.outcomes import Recording
from model.scenario.folder import scenario_names
from model.scenario.record import resolved, restored, scenario_hash
from model.scenario.resolve import load_baseline, load_scenario
from tests import small

SIGMA, E1 = "elasticity_of_substitution[memory]", "one_year_elasticity[memory]"
LEVERS = "export_control.denial_rate"


def invoke(*args: str) -> Result:
    """One command line in this process."""
    return CliRunner().invoke(Cli(), list(args))


def request(method: str = "lhs", samples: int | None = 8, vary: tuple[str, ...] = (SIGMA, E1), **more: object) -> SweepRequest:
    """A request over a short `blocs`, one stance."""
    scenario = load_scenario("blocs", sets=["horizon=[2018Q1, 2026Q4]"])
    base = load_baseline(scenario)
    assert base is not None
    fields = {"stances": ("hedge",), **more}
    return SweepRequest((scenario,), {"blocs": base}, method, samples, vary, **fields)  # type: ignore[arg-type]


def names(*keys: str) -> list[Name]:
    """Uncertainties by key."""
    return [sampling.uncertainty(rows_by_key()[key]) for key in keys]


# ---------------------------------------------------------------- names and points


def test_default_names_are_what_draws_vary_and_can_be_sampled() -> None:
    found = {name.name for name in all_uncertainties()}
    assert {SIGMA, E1, "wage_adjustment_speed"} <= found
    largest = {key for key in found if draws.is_remainder(key)}
    assert not largest and len(found) > 400
    assert SIGMA not in {name.name for name in all_uncertainties([SIGMA])}


def test_latin_hypercube_has_one_point_in_each_stratum() -> None:
    points = sample_points("lhs", all_uncertainties(), 40, seed=3)
    assert (np.sort((points * 40).astype(int), 0) == np.arange(40)[:, None]).all()


def test_a_name_more_changes_no_other_column() -> None:
    few, many = sample_points("lhs", names(SIGMA, "rent_speed"), 16, 0), sample_points("lhs", names("rent_speed", E1), 16, 0)
    np.testing.assert_array_equal(few[:, 1], many[:, 0])
    assert not np.array_equal(few, sample_points("lhs", names(SIGMA, "rent_speed"), 16, 1))


@pytest.mark.parametrize(("method", "rows"), [("lhs", 16), ("sobol", 16 * 4), ("morris", 16 * 3), ("grid", 256)])
def test_same_seed_same_points(method: str, rows: int) -> None:
    once, again = (sample_points(method, names(SIGMA, "rent_speed"), 16, 5) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert once.shape == (rows, 2)


def test_electronics_are_correlated_as_they_are_drawn() -> None:
    keys = [f"{draws.SIGMA}[{segment}]" for segment in draws.ELECTRONICS] + ["rent_speed"]
    ranks = np.corrcoef(sample_points("lhs", names(*keys), 400, 0).argsort(0).argsort(0).T)
    inside = ranks[:5, :5][np.triu_indices(5, 1)]
    assert (abs(inside - 0.7) < 0.12).all()  # rank correlation of normals with 0.7 is 0.68
    assert (abs(ranks[5, :5]) < 0.15).all()


def test_a_lone_parameter_has_the_distribution_of_its_draws() -> None:
    (name,) = names("wage_adjustment_speed")
    chances = np.linspace(0.05, 0.95, 19)
    ours = [name.value(u, {}) for u in chances]
    drawn = [draws.draw_parameters(d).scalar("wage_adjustment_speed") for d in range(1, 300)]
    np.testing.assert_allclose(ours, np.quantile(drawn, chances), rtol=0.12)


@pytest.mark.parametrize("method", ["lhs", "sobol", "morris"])
def test_sampled_states_keep_to_what_ties_them(method: str) -> None:
    weights = [f"{draws.WEIGHT}[{i}]" for i in share_sets()[0][1]]
    chosen = names(E1, SIGMA, "elasticity_of_substitution[os]", "network_effect[os]", *weights)
    for point in sample_points(method, chosen, 16, 1):
        values = state_values(method, chosen, point, central())
        assert sampling.impossible(values, central()) == ""
        assert sum(values[w] for w in weights) == pytest.approx(1.0, abs=1e-9)
        low, high = draws.tied_range(rows_by_key()[E1], values)
        row = rows_by_key()[E1]
        assert min(max(low, row.low), row.high) - 1e-9 <= values[E1] <= max(min(high, row.high), row.low) + 1e-9


def test_ends_of_the_cube_are_ends_of_the_range() -> None:
    name = replace(names(SIGMA)[0], low=4.0, high=6.0)
    assert (name.value(0.0, {}), name.value(1.0, {})) == (pytest.approx(4.0), pytest.approx(6.0))


def test_what_is_not_sampled_moves_along_only_where_it_must() -> None:
    sigma = draws.settle({SIGMA: 12.0}, central())
    assert set(sigma) == {SIGMA, E1} or set(sigma) == {SIGMA}
    assert set(draws.settle({"rent_speed": 0.5}, central())) == {"rent_speed"}
    share = "ecosystem_share_2018[KOR/social/us_platforms]"
    moved = draws.settle({share: 0.3}, central())
    assert set(moved) == {share, "ecosystem_share_2018[KOR/social/local_platforms]"}
    weight = f"{draws.WEIGHT}[investment]"
    settled = draws.settle({weight: 0.3}, central())
    assert settled[weight] == 0.3 and sum(settled.values()) == pytest.approx(1.0)


# ---------------------------------------------------------------- levers


def test_levers_replace_constants_and_scale_paths() -> None:
    blocs = load_scenario("blocs")
    changed = sampling.with_levers(blocs, {LEVERS: 0.6})
    pairs = [(a.levers["denial_rate"], b.levers["denial_rate"]) for a, b in zip(blocs.measures, changed.measures, strict=True)
             if a.instrument == "export_control"]  # fmt: skip
    for before, after in pairs:
        if before.constant == 0.0:
            assert after == before  # a cap on capability stays one
        elif before.constant is not None:
            assert after.constant == 0.6
        else:
            assert [t for t, _ in after.points] == [t for t, _ in before.points]
            assert max(v for _, v in after.points) == 0.6
            assert after.points[0][1] == pytest.approx(0.6 * before.points[0][1])
    assert len({a.constant is None for a, _ in pairs}) == 2


def test_a_lever_that_every_measure_leaves_neutral_is_set_in_all() -> None:
    changed = sampling.with_levers(load_scenario("blocs"), {"standards_split.variable_cost": 0.2})
    assert [m.levers["variable_cost"].constant for m in changed.measures if m.instrument == "standards_split"] == [0.2, 0.2]


def test_a_path_is_scaled_from_neutral_not_from_zero() -> None:
    lever = instruments()["export_control"].levers["capability_cap"]
    path = small.Path(points=((2026.0, 9.0), (2028.0, 1.0)))
    scenario = small.with_measures((small.measure("export_control", {"segments": ("memory",)}),))
    measure = replace(scenario.measures[0], levers={**scenario.measures[0].levers, "capability_cap": path})
    changed = sampling.with_levers(replace(scenario, measures=(measure,)), {"export_control.capability_cap": 5.0})
    assert lever.neutral == 9.0
    assert changed.measures[0].levers["capability_cap"].points == ((2026.0, 9.0), (2028.0, 5.0))


def test_a_lever_at_its_own_value_changes_nothing() -> None:
    scenario = small.with_measures((small.measure("tariff", {"segments": ("memory",), "rate": 0.2}),))
    assert sampling.with_levers(scenario, {"tariff.rate": 0.2}) == scenario


# ---------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("vary", "needle"),
    [
        ("elasticity_of_substitution[memry]", "did you mean elasticity_of_substitution[memory]?"),
        ("export_control.denial", "did you mean export_control.denial_rate?"),
        ("counter_control.materials", "no measure of these scenarios uses counter_control"),
        ("export_control.segments", "no parameter or lever"),
        (f"{SIGMA}=6:4", "LO < HI"),
        (f"{SIGMA}=4", "LO < HI"),
        (f"{SIGMA}=4:nan", "LO < HI"),
        (f"{SIGMA}=4:6:3", "steps are for a grid"),
        (f"{SIGMA}=1:40", "out of the range"),
        ("network_effect[os]=0.5:1.2", "allowed 0.3 to 0.98"),
        ("ecosystem_share_2018[KOR/social/local_platforms]", "what the other shares"),
        ("ecosystem_share_2018[USA/harmony]", "has no range"),
    ],
)
def test_faults_of_vary_say_what_to_do(vary: str, needle: str) -> None:
    with pytest.raises(UsageError) as fault:
        make_plan(request(vary=(vary,)))
    assert needle in str(fault.value)


def test_all_faults_come_at_once_and_names_only_once() -> None:
    with pytest.raises(UsageError) as fault:
        make_plan(request(vary=("nothing", f"{SIGMA}=9", SIGMA, SIGMA)))
    assert len(str(fault.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("args", "needle"),
    [
        (["--method", "sobol", "--samples", "8"], "--screen K"),
        (["--method", "lhs"], "--samples N"),
        (["--method", "sobol", "--samples", "12", "--vary", SIGMA], "take 8 or 16"),
        (["--method", "mc", "--samples", "8"], "grid, lhs, sobol, morris"),
        (["--method", "lhs", "--samples", "1"], "a whole number from 2 to 1,000,000"),
        (["--method", "lhs", "--samples", "8", "--shard", "3/2"], "1/3"),
        (["--method", "lhs", "--samples", "8", "--cluster", "host"], "tcp://HOST:PORT"),
        (["--method", "lhs", "--samples", "8", "--shard", "1/2", "--screen", "3"], "cannot be used together"),
        (["--method", "lhs", "--samples", "8", "--stance", "sideways"], "align_us, align_cn, hedge"),
    ],
)
def test_wrong_words_are_usage_errors(args: list[str], needle: str, tmp_path: Path) -> None:
    result = invoke("sweep", "blocs", *args, "--out", str(tmp_path / "x"))
    assert (result.exit_code, needle in result.output) == (2, True), result.output
    assert not (tmp_path / "x").exists()


def test_one_world_for_all_scenarios() -> None:
    one = request()
    other = replace(one.scenarios[0], name="other", overrides={SIGMA: 5.0})
    with pytest.raises(UsageError, match="override different parameters"):
        make_plan(replace(one, scenarios=(*one.scenarios, other)))
    with pytest.raises(UsageError, match="fixed under overrides"):
        make_plan(replace(one, scenarios=(other,), baselines={}))
    lever = Name(LEVERS, LEVER, "share", 0.0, 1.0, "uniform")
    with pytest.raises(UsageError, match="baseline too"):
        both = (*one.scenarios, one.baselines["blocs"])
        check_baselines(replace(one, scenarios=tuple(replace(s, stances={}) for s in both), stances=()), [lever])


def test_impossible_combinations_are_said_not_used() -> None:
    grid = request("grid", None, (f"{SIGMA}=2.5:8:2", f"{E1}=0.8:2.4:2"))
    planned = make_plan(grid)
    assert 0 < len(planned.impossible) < 4
    assert "one_year_elasticity[memory]" in next(iter(planned.impossible.values()))


# ---------------------------------------------------------------- plans


def test_plan_holds_what_the_contract_says() -> None:
    plan = make_plan(request("sobol", 4, (SIGMA, LEVERS))).sweep.plan
    assert plan["problem"] == {"num_vars": 2, "names": [SIGMA, LEVERS], "bounds": [[0.0, 1.0]] * 2}
    assert plan["sobol"] == {"base": 4, "second_order": False} and plan["morris"] is None
    assert plan["cases"] == [{"scenario": "blocs", "stance": "hedge", "label": "blocs@hedge", "baseline": "history"}]
    assert [n["kind"] for n in plan["names"]] == ["uncertainty", "lever"]
    assert plan["states"] == 4 * 4 and plan["hash"] == sweep.plan_hash(plan)
    assert "/" not in json.dumps({k: v for k, v in plan.items() if k != "scenarios"}["names"])


def test_baselines_are_shared_where_only_levers_differ() -> None:
    planned = make_plan(request("grid", 3, (LEVERS, f"{SIGMA}=4:6:2")))
    found = planned.sweep
    assert found.plan["states"] == 6 and len(found.runs) == 6 + 2
    assert [run.state for run in found.runs if run.name == "history"] == [0, 1]
    assert all(found.values(state)[SIGMA] == found.values(found.world_of(state))[SIGMA] for state in range(6))


def test_draws_of_a_sample_follow_one_another() -> None:
    frame = make_plan(request(samples=4, vary=("rent_speed",), draws=3)).sweep.states
    assert list(frame["sample"]) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert list(frame["draw"]) == accepted_draws(3)[0] * 4
    assert (frame.groupby("sample")["rent_speed"].nunique() == 1).all()


def test_parts_are_disjoint_whole_worlds_and_everything() -> None:
    found = make_plan(request("grid", 3, (LEVERS, f"{SIGMA}=4:6:5"))).sweep
    parts = [part_of(found, found.runs, (i, 3)) for i in (1, 2, 3)]
    assert sorted(run for part in parts for run in part) == list(found.runs)
    worlds = [{found.world_of(run.state) for run in part} for part in parts]
    assert not worlds[0] & worlds[1] and not worlds[1] & worlds[2]


def test_a_case_has_the_values_of_its_state() -> None:
    found = make_plan(request("lhs", 4, (SIGMA, LEVERS))).sweep
    for run in found.runs[:4]:
        case, values = case_of(found, run), found.values(run.state)
        assert case.parameters is not None and case.parameters["elasticity_of_substitution"]["memory"] == values[SIGMA]
        rates = [max(v for _, v in m.levers["denial_rate"].points) for m in case.scenario.measures
                 if m.instrument == "export_control" and m.levers["denial_rate"].points]  # fmt: skip
        assert all(rate == values[LEVERS] for rate in rates) or run.name == "history"
        assert (case.stance, case.draw) == ("hedge" if run.name == "blocs@hedge" else None, run.state)


@pytest.mark.parametrize("name", sorted(scenario_names()))
def test_a_resolved_scenario_can_be_restored(name: str) -> None:
    scenario = load_scenario(name)
    again = restored(json.loads(json.dumps(resolved(scenario), sort_keys=True)))
    assert scenario_hash(again) == scenario_hash(scenario)
    assert [m.levers for m in again.measures] == [m.levers for m in scenario.measures]
    assert [(m.start, m.end, m.suspended, m.announced) for m in again.measures] == [
        (m.start, m.end, m.suspended, m.announced) for m in scenario.measures
    ]


def test_dry_run_prints_the_plan_and_writes_nothing(tmp_path: Path) -> None:
    short = ["--set", "horizon=[2018Q1, 2018Q4]", "--out", str(tmp_path / "x"), "--dry-run"]
    result = invoke("sweep", "no_policy", "--method", "lhs", "--samples", "50", "--vary", SIGMA, *short)
    assert result.exit_code == 0 and "50 runs" in result.output and "by a timed probe" in result.output, result.output
    assert not (tmp_path / "x").exists()


def test_names_are_completed_in_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_WORDS", "blocs sweep blocs --vary elasticity_of_sub")
    monkeypatch.setenv("COMP_CWORD", "4")
    monkeypatch.setenv("_BLOCS_COMPLETE", "bash_complete")
    result = invoke()
    assert f"plain,{SIGMA}" in result.output.splitlines()


# ---------------------------------------------------------------- folders

QUARTERS = ("2035Q1", "2035Q2", "2035Q3", "2035Q4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A grid sweep (three denial rates, two elasticities) whose runs all left shards that tests made up."""
    planned = make_plan(request("grid", 3, (LEVERS, f"{SIGMA}=4:6:2")))
    found = write_plan(planned, tmp_path / "sweep")
    for run in found.runs:
        made_up(found, run)
    return found.folder


def made_up(found: Sweep, run: sweep.Run) -> None:
    """A shard of two series: 100 + state, ten less in the case; flows of 5."""
    level = 100.0 + run.state - (10.0 if "@" in run.name else 0.0)
    keys = (("KOR", "Real Income", "index"), ("KOR", "Value Added", "bn USD of 2018"))
    values = np.array([np.full(4, level), np.full(4, 5.0)])
    shards.write_shard(found.folder, found.plan["hash"], run.number, Recording(run.name, run.state, 0, QUARTERS, keys, values), "t")


def put_together(folder: Path) -> Sweep:
    """results.parquet of the shards that are there."""
    found = load_sweep(folder)
    runs = sorted((found.runs[n] for n in sweep.done_runs(found)), key=lambda run: (run.name, run.state))
    shards.compact(folder / store.RESULTS, [shards.shard_path(folder, run.number) for run in runs])
    return found


def test_series_and_differences_by_state(folder: Path) -> None:
    found = put_together(folder)
    levels = sweep.series(found, "Real Income", "KOR", QUARTERS)
    assert list(levels.columns) == ["blocs@hedge", "history"]
    assert list(levels["blocs@hedge"]) == [90.0 + k for k in range(6)]
    assert list(levels["history"]) == [100.0, 101.0] * 3  # the baseline of the state with the same parameters
    flows = sweep.series(found, "Value Added", "KOR", QUARTERS[:2])
    assert (flows["blocs@hedge"] == 10.0).all()
    change = sweep.difference(found, "Real Income", "KOR", "2035")
    assert change.loc[2, "blocs@hedge"] == pytest.approx(100 * (92.0 - 100.0) / 100.0)
    assert sweep.difference(found, "Real Income", "KOR", "2035Q4", percent=False).loc[3, "blocs@hedge"] == 93.0 - 101.0
    for wrong in ("35", "2035Q5", "2035-01"):
        with pytest.raises(UsageError, match="year such as"):
            sweep.difference(found, "Real Income", "KOR", wrong)
    with pytest.raises(UsageError, match="no rows of 'Real Incom'"):
        sweep.series(found, "Real Incom", "KOR", QUARTERS)


def test_failed_runs_are_nan_and_named(folder: Path) -> None:
    found = load_sweep(folder)
    run = found.runs[3]
    shards.shard_path(folder, run.number).unlink()
    assert sweep.unfinished(found) == [run]
    shards.write_failure(folder, found.plan["hash"], shards.Failed(3, run.name, run.state, 0, found.values(run.state), "model", "no solution"))
    found = put_together(folder)
    assert sweep.unfinished(found) == [] and found.failures[0]["reason"] == "no solution"
    assert found.failures[0]["values"].keys() == {SIGMA, LEVERS}
    levels = sweep.series(found, "Real Income", "KOR", QUARTERS)
    assert np.isnan(levels.loc[run.state, run.name]) and levels.isna().sum().sum() == 1


def test_only_whole_shards_of_this_plan_count(folder: Path) -> None:
    found = load_sweep(folder)
    paths = [shards.shard_path(folder, n) for n in range(4)]
    paths[0].write_bytes(paths[0].read_bytes()[:-20])  # torn
    paths[1].write_bytes(b"")
    paths[2].write_bytes(paths[3].read_bytes())  # another run's under this name
    store.write_run(paths[3], Recording("x", 0, 0, QUARTERS, (("KOR", "a", "b"),), np.ones((1, 4))), {"plan": "other", "run": "3"})
    assert [run.number for run in sweep.unfinished(found)] == [0, 1, 2, 3]


def test_a_shard_that_breaks_while_it_is_read_is_deleted_and_named(folder: Path) -> None:
    target = shards.shard_path(folder, 2)
    data = bytearray(target.read_bytes())
    data[4:200] = b"\xff" * 196  # pages, not the footer
    target.write_bytes(bytes(data))
    with pytest.raises(StoreError, match="run-0000002"):
        put_together(folder)
    assert not target.exists() and not (folder / store.RESULTS).exists()


@pytest.mark.parametrize(
    ("name", "change", "needle"),
    [
        ("plan.json", lambda t: t.replace('"seed": 0', '"seed": 1'), "changed by hand"),
        ("plan.json", lambda t: "{", "plan.json|Expecting"),
        ("states.csv", lambda t: t.replace("0.5", "0.6"), "not as the plan left it"),
    ],
)
def test_changed_folders_are_refused(folder: Path, name: str, change: object, needle: str) -> None:
    path = folder / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")  # type: ignore[operator]
    with pytest.raises(StoreError, match=needle):
        load_sweep(folder)


def test_numbers_of_states_come_back_as_they_were(tmp_path: Path) -> None:
    planned = make_plan(request("lhs", 8, (SIGMA, E1, "rent_speed")))
    found = write_plan(planned, tmp_path)
    pd.testing.assert_frame_equal(found.states, planned.sweep.states, check_exact=True, check_column_type=False)
    pd.testing.assert_frame_equal(sweep.points(found), planned.points, check_exact=True, check_column_type=False)
    assert (tmp_path / "states.csv").read_bytes().startswith(b"\xef\xbb\xbfstate,sample,draw,")


def test_impossible_states_are_failures_from_the_start(tmp_path: Path) -> None:
    planned = make_plan(request("grid", None, (f"{SIGMA}=2.5:8:2", f"{E1}=0.8:2.4:2")))
    found = write_plan(planned, tmp_path)
    assert {f["state"] for f in found.failures} == set(planned.impossible)
    assert {run.state for run in sweep.unfinished(found)} == set(range(4)) - set(planned.impossible)


def test_commands_on_folders(folder: Path, tmp_path: Path) -> None:
    shards.shard_path(folder, 5).unlink()
    told = json.loads(invoke("status", str(folder), "--json").stdout)
    assert (told["planned"], told["done"], told["failed"], told["missing"]) == (8, 7, 0, 1)
    assert f"blocs resume {folder.as_posix()}" in invoke("status", str(folder)).output
    for name in ("status", "resume"):
        result = invoke(name, str(tmp_path / "nothing"))
        assert (result.exit_code, "blocs sweep NAME --out DIR" in result.output) == (2, True)


def test_another_engine_does_not_go_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.experiments.sweep_run.engine_hash", lambda: "0" * 64)
    result = invoke("resume", str(folder))
    assert result.exit_code == 3 and "another version" in result.output


def test_everything_done_is_put_together_without_a_run(folder: Path) -> None:
    result = invoke("resume", str(folder))
    assert result.exit_code == 0, result.output
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["done"] == manifest["planned"] == 8 and manifest["provenance"]["workers"] == {"t": 8}
    assert set(manifest["outputs"]) == {"plan.json", "points.csv", "results.parquet", "states.csv"}
    assert "Results are in" in invoke("status", str(folder)).output


# ---------------------------------------------------------------- screening


def test_ranking_finds_the_names_that_matter(tmp_path: Path) -> None:
    planned: Planned = make_plan(request("morris", 4, ("rent_speed", SIGMA, "habit_speed")))
    found = write_plan(planned, tmp_path)
    last = tuple(f"2026Q{k}" for k in range(1, 5))
    inputs = planned.points
    for run in found.runs:
        x = inputs.loc[run.state]
        effect = 5.0 * x[SIGMA] + 1.0 * x["habit_speed"] if "@" in run.name else 0.0
        recording = Recording(run.name, run.state, 0, last, (("KOR", "Real Income", "index"),), np.full((1, 4), 100.0 + effect))
        shards.write_shard(found.folder, found.plan["hash"], run.number, recording, "t")
    put_together(tmp_path)
    order = ranking(found)
    assert [name for name, _ in order] == [SIGMA, "habit_speed", "rent_speed"]
    np.testing.assert_allclose([effect for _, effect in order], [5.0, 1.0, 0.0], atol=1e-9)


def test_what_follows_a_screening_is_in_its_folder() -> None:
    asked = request("sobol", 8, (), draws=2, seed=4, record="Exports*")
    from model.experiments.sweep_screen import Then, screening

    screen = make_plan(replace(screening(asked), vary=(SIGMA,))).sweep
    after = request_after(screen, Then(1, "sobol", 8, 2), "en")
    assert (after.method, after.samples, after.draws, after.seed, after.record) == ("sobol", 8, 2, 4, "Exports*")
    assert [scenario_hash(s) for s in after.scenarios] == [scenario_hash(s) for s in asked.scenarios]
    assert {n: scenario_hash(b) for n, b in after.baselines.items()} == {"blocs": scenario_hash(asked.baselines["blocs"])}


def test_names_of_the_sampler_and_of_the_page_agree() -> None:
    assert set(numeric_levers()) == {
        f"{i}.{k}" for i, found in instruments().items() for k, lever in found.levers.items() if not lever.choices
    }
    assert all(n.kind != LEVER for n in all_uncertainties())
    assert sweep_plan.GRID_STEPS == 5
