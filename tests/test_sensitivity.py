"""`analyse`: known indices through the whole command, refusals, and what each method says on functions made up here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from model.cli import Cli
from model.experiments.sensitivity import Sample, cells, rank_indices
from tests.folders import uniform, write_sweep

pytestmark = pytest.mark.usefixtures("made_up")

PI = float(np.pi)
ISHIGAMI = {"x1": (-PI, PI), "x2": (-PI, PI), "x3": (-PI, PI)}
EXACT = {"x1": (0.3138, 0.5574), "x2": (0.4424, 0.4424), "x3": (0.0, 0.2437)}
"""S1 and ST of Ishigami's function with a = 7, b = 0.1, from its integrals."""
FOUR = {"a": (0.0, 1.0), "b": (0.0, 2.0), "c": (1.0, 3.0), "d": (0.0, 1.0)}


def invoke(*args: str) -> Result:
    return CliRunner().invoke(Cli(), list(args))


def analysed(folder: Path, *args: str) -> dict[str, Any]:
    """What `analyse --json` says."""
    result = invoke("analyse", str(folder), "--no-figures", "--json", *args)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def table(folder: Path, *args: str) -> pd.DataFrame:
    """The indices of the first case, by name."""
    return pd.DataFrame(analysed(folder, *args)["cases"][0]["indices"]).set_index("name")


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


def sobol_folder(folder: Path, base: int, second: bool = False, **more: Any) -> Path:
    """A Sobol sweep of Ishigami's function."""
    from SALib.sample import sobol

    problem = {"num_vars": 3, "names": list(ISHIGAMI), "bounds": [list(b) for b in ISHIGAMI.values()]}
    states = sobol.sample(problem, base, calc_second_order=second, seed=5)
    details = {"sobol": {"base": base, "second_order": second}}
    return write_sweep(folder, "sobol", states, ISHIGAMI, {"blocs@hedge": ishigami}, details=details, **more)


def test_ishigami_through_the_whole_command(tmp_path: Path) -> None:
    found = analysed(sobol_folder(tmp_path / "s", 2048))
    (case,) = found["cases"]
    assert case["settled"] and case["samples"] == 2048 * 5
    for row in case["indices"]:
        for index, exact in zip(("S1", "ST"), EXACT[row["name"]], strict=True):
            assert row[f"{index}_low"] <= exact <= row[f"{index}_high"], (row["name"], index)
            assert row[index] == pytest.approx(exact, abs=0.03)
    assert [row["name"] for row in case["indices"]] == ["x1", "x2", "x3"]


def test_second_order_samples_are_read_in_their_blocks(tmp_path: Path) -> None:
    rows = table(sobol_folder(tmp_path / "s", 256, second=True))
    assert rows["ST"].to_dict() == pytest.approx({name: exact[1] for name, exact in EXACT.items()}, abs=0.15)


def test_a_small_sample_is_said_not_to_have_converged(tmp_path: Path) -> None:
    folder = sobol_folder(tmp_path / "s", 16)
    assert not analysed(folder)["cases"][0]["settled"]
    assert "Not converged" in invoke("analyse", str(folder), "--no-figures").output
    assert "수렴하지 않음" in invoke("analyse", str(folder), "--no-figures", "--lang", "ko").output


def test_morris_finds_size_sign_and_interaction(tmp_path: Path) -> None:
    from SALib.sample import morris

    problem = {"num_vars": 4, "names": list(FOUR), "bounds": [list(b) for b in FOUR.values()]}
    states = morris.sample(problem, 10, num_levels=4, seed=2)
    details = {"morris": {"trajectories": 10, "levels": 4}}
    outcome = {"blocs@hedge": lambda x: 3 * x[:, 0] - 2 * x[:, 1] / 2 + 4 * x[:, 0] * x[:, 3]}
    rows = table(write_sweep(tmp_path / "m", "morris", states, FOUR, outcome, details=details))
    assert rows.index[0] == "a" and rows.loc["c", "mu_star"] == pytest.approx(0.0, abs=1e-9)
    assert rows.loc["b", ["mu_star", "mu", "sigma"]].tolist() == pytest.approx([2.0, -2.0, 0.0], abs=1e-9)
    assert rows.loc["d", "sigma"] > 0.5


def test_partial_rank_correlations_are_correlations_of_residuals() -> None:
    x = np.random.default_rng(1).random((80, 3))
    x[:, 2] += x[:, 0]
    y = x @ [1.0, -2.0, 0.5] + 0.3 * np.random.default_rng(2).normal(size=80)
    partial, beta, fit, _ = rank_indices(x, y)
    ranks = pd.DataFrame(np.column_stack([x, y])).rank().to_numpy()
    ones = np.ones((80, 1))
    for j in range(3):
        others = np.hstack([ones, np.delete(ranks[:, :3], j, axis=1)])
        left = [v - others @ np.linalg.lstsq(others, v, rcond=None)[0] for v in (ranks[:, j], ranks[:, 3])]
        assert partial[j] == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-12)
    whole = np.hstack([ones, ranks[:, :3]])
    slope = np.linalg.lstsq(whole, ranks[:, 3], rcond=None)[0]
    assert beta == pytest.approx(slope[1:] * ranks[:, :3].std(axis=0) / ranks[:, 3].std())
    residual = ranks[:, 3] - whole @ slope
    assert fit == pytest.approx(1 - residual.var() / ranks[:, 3].var())


def test_rank_indices_do_not_see_a_monotone_change_of_scale() -> None:
    x = np.random.default_rng(3).random((50, 2))
    y = x @ [1.0, 2.0]
    straight, bent = rank_indices(x, y), rank_indices(np.exp(x), y**3)
    for one, two in zip(straight, bent, strict=True):
        np.testing.assert_array_equal(one, two)


def test_an_exact_outcome_has_full_correlation_with_its_sign(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "l", "lhs", uniform(40, FOUR), FOUR, {"blocs@hedge": lambda x: -x[:, 1]})
    rows = table(folder)
    assert rows["PRCC"].to_dict() == pytest.approx({"b": -1.0, "a": 0.0, "c": 0.0, "d": 0.0}, abs=1e-6)


def test_pawn_sees_what_ranks_do_not(tmp_path: Path) -> None:
    folder = write_sweep(
        tmp_path / "l",
        "lhs",
        uniform(300, FOUR),
        FOUR,
        {"blocs@hedge": lambda x: (x[:, 0] - 0.5) ** 2 + 0.02 * x[:, 1]},
    )
    rows = table(folder, "--pawn")
    assert abs(rows.loc["a", "PRCC"]) < abs(rows.loc["b", "PRCC"])
    assert rows.loc["a", "PAWN_median"] > 2 * rows.loc["b", "PAWN_median"]
    assert "not monotone" in invoke("analyse", str(folder), "--no-figures").output


@pytest.mark.parametrize(("n", "classes"), [(8, 2), (40, 3), (400, 5)])
def test_a_heat_map_has_no_more_cells_than_its_sample_fills(n: int, classes: int) -> None:
    x = uniform(n, FOUR)
    table = cells(Sample(x, x[:, 0] + x[:, 1], tuple(FOUR), 1), "a", "b")
    assert (table["row"].max() + 1, table["column"].max() + 1) == (classes, classes)
    assert table["count"].sum() == n
    assert table["mean"] @ table["count"] / n == pytest.approx((x[:, 0] + x[:, 1]).mean())


def test_draws_of_a_sample_are_averaged(tmp_path: Path) -> None:
    samples = np.repeat(uniform(40, FOUR), 3, axis=0)
    noise = np.tile([-5.0, 0.0, 5.0], 40)
    folder = write_sweep(tmp_path / "l", "lhs", samples, FOUR, {"blocs@hedge": lambda x: x[:, 0] + noise}, draws=3)
    (case,) = analysed(folder)["cases"]
    assert case["samples"] == 40
    assert case["indices"][0]["PRCC"] == pytest.approx(1.0, abs=1e-6)


def test_unfinished_and_failed_runs_are_refused_with_the_way_on(tmp_path: Path) -> None:
    hedge = {"blocs@hedge": lambda x: x[:, 0]}
    part = write_sweep(
        tmp_path / "part", "lhs", uniform(30, FOUR), FOUR, hedge, missing=[("blocs@hedge", 4), ("ground", 4)]
    )
    result = invoke("analyse", str(part))
    assert result.exit_code == 1 and "2 of 60 runs" in result.output and f"resume {part.as_posix()}" in result.output
    bad = write_sweep(
        tmp_path / "bad", "lhs", uniform(30, FOUR), FOUR, hedge, failed=[("ground", 7)], undefined=[("blocs@hedge", 9)]
    )
    result = invoke("analyse", str(bad))
    assert result.exit_code == 1 and "2 of 30 states" in result.output
    assert "ground, state 7: trade did not converge" in result.output and "state 9" in result.output
    assert f"resume {bad.as_posix()} --retry" in result.output and "--without-failed" in result.output
    assert not (bad / "analysis").exists()
    (case,) = analysed(bad, "--without-failed")["cases"]
    assert (case["samples"], case["left_out"]) == (28, 2)
    assert "2 samples left out" in invoke("analyse", str(bad), "--without-failed", "--no-figures").output


def test_a_failure_takes_its_whole_block_out_of_a_sobol_sample(tmp_path: Path) -> None:
    folder = sobol_folder(tmp_path / "s", 64, failed=[("blocs@hedge", 12)])
    (case,) = analysed(folder, "--without-failed")["cases"]
    assert (case["samples"], case["left_out"]) == (63 * 5, 5)
    assert {row["name"]: row["ST"] for row in case["indices"]} == pytest.approx(
        {n: e[1] for n, e in EXACT.items()}, abs=0.35
    )


def test_an_outcome_that_stands_still_is_said_to(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "l", "lhs", uniform(30, FOUR), FOUR, {"blocs@hedge": lambda x: 0 * x[:, 0]})
    result = invoke("analyse", str(folder))
    assert result.exit_code == 0 and "the same in every state" in result.output


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--variable", "Real Incme"], 2, "did you mean Real Income?"),
        (["--region", "KRO"], 2, "did you mean KOR?"),
        (["--period", "2036"], 2, "2035Q1 to 2035Q4"),
        (["--case", "blocs@hegde"], 2, "did you mean blocs@hedge?"),
        (["--top", "0"], 2, "from 1 on"),
    ],
)
def test_wrong_words_are_named(tmp_path: Path, args: list[str], code: int, said: str) -> None:
    folder = write_sweep(tmp_path / "l", "lhs", uniform(12, FOUR), FOUR, {"blocs@hedge": lambda x: x[:, 0]})
    result = invoke("analyse", str(folder), *args)
    assert (result.exit_code, said in result.output) == (code, True), result.output


def test_too_few_samples_and_folders_that_are_no_sweep(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "l", "lhs", uniform(9, FOUR), FOUR, {"blocs@hedge": lambda x: x[:, 0]})
    result = invoke("analyse", str(folder))
    assert result.exit_code == 2 and "at least 10" in result.output
    assert invoke("analyse", str(tmp_path / "nothing")).exit_code in (2, 3)


def test_level_quarter_and_files(tmp_path: Path) -> None:
    folder = write_sweep(
        tmp_path / "l",
        "lhs",
        uniform(30, FOUR),
        FOUR,
        {"blocs@hedge": lambda x: x[:, 0], "blocs@align_us": lambda x: -x[:, 1]},
    )
    found = analysed(
        folder, "--level", "--period", "2035Q4", "--case", "blocs@align_us", "--out", str(tmp_path / "out")
    )
    assert (found["outcome"], found["kind"]) == ("Real Income[KOR,2035Q4]", "level")
    assert [case["case"] for case in found["cases"]] == ["blocs@align_us"]
    written = (tmp_path / "out" / "sensitivity.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf") and b"\r" not in written
    rows = pd.read_csv(tmp_path / "out" / "sensitivity.csv")
    assert rows["PRCC"].tolist() == [row["PRCC"] for row in found["cases"][0]["indices"]]
