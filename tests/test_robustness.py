"""`robust`: regret and its kin on made-up outcomes, when the model ranks and when it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from model.cli import Cli
from model.experiments.robustness import choices, pairs, regret, strategy_table, worst_quarter
from tests.folders import uniform, write_sweep

pytestmark = pytest.mark.usefixtures("made_up")

BOUNDS = {"search_cost": (0.0, 1.0), "network_effect[os]": (0.0, 1.0)}
OUTCOMES = {
    "blocs@align_us": lambda x: 2 * x[:, 0] - 1,
    "blocs@hedge": lambda x: 0.2 + 0 * x[:, 0],
    "blocs@align_cn": lambda x: -1 - x[:, 1],
}


def invoke(*args: str) -> Result:
    return CliRunner().invoke(Cli(), list(args))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sweep(tmp_path_factory.mktemp("sweep") / "r", "lhs", uniform(200, BOUNDS), BOUNDS, OUTCOMES)


def robust(folder: Path, *args: str) -> dict[str, Any]:
    result = invoke("robust", str(folder), "--json", "--no-figures", *args)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_regret_worst_case_and_threshold_by_hand() -> None:
    values = pd.DataFrame({"a": [1.0, -2.0, 3.0], "b": [0.5, 0.5, 0.5]})
    assert regret(values).to_numpy().tolist() == [[0.0, 0.5], [2.5, 0.0], [0.0, 2.5]]
    assert regret(values, minimise=True).to_numpy().tolist() == [[0.5, 0.0], [0.0, 2.5], [2.5, 0.0]]
    table = strategy_table(values, 0.0).set_index("strategy")
    assert table["worst"].to_dict() == {"a": -2.0, "b": 0.5}
    assert table["satisfying"].to_dict() == pytest.approx({"a": 200 / 3, "b": 100.0})
    assert table["best"].to_dict() == pytest.approx({"a": 200 / 3, "b": 100 / 3})
    assert choices(table.reset_index())["maximin"] == "b"
    assert strategy_table(values, 0.0, minimise=True).set_index("strategy")["worst"].to_dict() == {"a": 3.0, "b": 0.5}


@given(st.lists(st.lists(st.floats(-100, 100), min_size=3, max_size=3), min_size=2, max_size=20))
@settings(max_examples=60)
def test_regret_is_never_negative_and_zero_for_the_best(rows: list[list[float]]) -> None:
    values = pd.DataFrame(rows, columns=["a", "b", "c"])
    lost = regret(values)
    assert (lost.to_numpy() >= 0).all() and (lost.min(axis=1) == 0).all()
    pd.testing.assert_frame_equal(regret(-values, minimise=True), lost)
    assert not (worst_quarter(lost["a"]) & (lost["a"] == 0)).any()


def test_pairs_rank_only_where_the_band_leaves_out_zero() -> None:
    chance = np.random.default_rng(0)
    values = pd.DataFrame({"low": chance.normal(0, 1, 500)})
    values["same"] = chance.normal(0.2, 1, 500)
    values["high"] = values["low"] + 1.0  # moves with `low`: paired, it is always better
    found = pairs(values).set_index(["better", "worse"])
    assert found.loc[("high", "low"), "ranked"] and found.loc[("high", "low"), "percent"] == 100
    assert not found.loc[("same", "low"), "ranked"]
    turned = pairs(values, minimise=True).set_index(["better", "worse"])
    assert turned.loc[("low", "high"), "ranked"]


def test_the_command_says_table_choices_and_order(folder: Path) -> None:
    found = robust(folder, "--out", str(folder / "a"))
    rows = {row["strategy"]: row for row in found["strategies"]}
    assert found["choices"] == {"regret": "blocs@hedge", "maximin": "blocs@hedge", "satisficing": "blocs@hedge"}
    assert rows["blocs@hedge"]["regret_max"] == pytest.approx(0.8, abs=0.02)
    assert rows["blocs@align_us"]["satisfying"] == pytest.approx(50, abs=1)
    ranked = {(pair["better"], pair["worse"]): pair["ranked"] for pair in found["pairs"]}
    assert ranked[("blocs@hedge", "blocs@align_cn")] and not ranked[("blocs@hedge", "blocs@align_us")]
    weak = found["vulnerable"]
    assert weak["case"] == "blocs@hedge" and weak["hits"] == 50
    assert weak["limits"][0]["name"] == "search_cost" and weak["limits"][0]["low"] == pytest.approx(0.75, abs=0.03)


def test_sentences_in_both_languages(folder: Path, tmp_path: Path) -> None:
    result = invoke("robust", str(folder), "--out", str(tmp_path))
    assert "ranks only the pairs" in result.output and "not ranked" in result.output
    assert {p.name for p in tmp_path.glob("*.png")} == {"regret.png", "vulnerable.png"}
    same = {"blocs@align_us": lambda x: x[:, 0], "blocs@hedge": lambda x: x[:, 1]}
    other = write_sweep(tmp_path / "o", "lhs", uniform(100, BOUNDS), BOUNDS, same)
    assert (
        "No lead keeps its sign through the 10-90 band: the model does not rank them."
        in invoke("robust", str(other), "--no-figures").output
    )
    assert "순위를 가리지 못합니다" in invoke("robust", str(other), "--no-figures", "--lang", "ko").output


def test_the_best_strategy_everywhere_has_no_weak_spot(tmp_path: Path) -> None:
    outcomes = {"blocs@hedge": lambda x: 1 + x[:, 0], "blocs@align_us": lambda x: x[:, 0]}
    folder = write_sweep(tmp_path / "b", "lhs", uniform(30, BOUNDS), BOUNDS, outcomes)
    result = invoke("robust", str(folder), "--no-figures")
    assert "no regret and no weak spot" in result.output and "Every lead keeps its sign" in result.output


def test_threshold_strategy_and_minimise(folder: Path, tmp_path: Path) -> None:
    out = ["--out", str(tmp_path)]
    rows = {row["strategy"]: row for row in robust(folder, "--threshold", "0.5", *out)["strategies"]}
    assert rows["blocs@hedge"]["satisfying"] == 0 and rows["blocs@align_us"]["satisfying"] == pytest.approx(25, abs=1)
    assert robust(folder, "--strategy", "blocs@align_us", *out)["vulnerable"]["case"] == "blocs@align_us"
    assert robust(folder, "--minimise", *out)["choices"]["regret"] == "blocs@align_cn"
    assert "satisfying" not in robust(folder, "--level", *out)["strategies"][0]


def test_what_cannot_be_compared_is_refused(tmp_path: Path, folder: Path) -> None:
    alone = write_sweep(tmp_path / "a", "lhs", uniform(20, BOUNDS), BOUNDS, {"blocs@hedge": lambda x: x[:, 0]})
    result = invoke("robust", str(alone))
    assert result.exit_code == 2 and "only one strategy" in result.output
    assert invoke("robust", str(folder), "--threshold", "much").exit_code == 2
    assert "did you mean blocs@hedge?" in invoke("robust", str(folder), "--strategy", "blocs@hegde").output
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    two = write_sweep(
        tmp_path / "b", "lhs", uniform(20, BOUNDS), BOUNDS, OUTCOMES, bases={"blocs@align_us": "blocs@align_cn"}
    )
    result = invoke("robust", str(two))
    assert plan["cases"][0]["baseline"] == "ground"
    assert result.exit_code == 2 and "different baselines" in result.output
    failed = write_sweep(tmp_path / "c", "lhs", uniform(20, BOUNDS), BOUNDS, OUTCOMES, failed=[("ground", 1)])
    assert invoke("robust", str(failed)).exit_code == 1
    assert "1 states left out" in invoke("robust", str(failed), "--without-failed", "--no-figures").output
