"""`discover`: PRIM against EMA workbench's answer, a planted box found through the whole command, and its words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from model.cli import Cli
from model.experiments.discovery import balanced, cut, inside, trajectory
from tests.folders import uniform, write_sweep

pytestmark = pytest.mark.usefixtures("made_up")

BOUNDS = {
    "search_cost": (0.0, 0.2),
    "network_effect[os]": (0.3, 1.3),
    "export_control.denial_rate": (0.0, 1.0),
    "idle": (0.0, 1.0),
}
WHEN = "Real Income[KOR,2035] < -1%"


def invoke(*args: str) -> Result:
    return CliRunner().invoke(Cli(), list(args))


def known_case() -> tuple[np.ndarray, np.ndarray]:
    """A noisy box in the first two of four numbers, 1,000 states."""
    chance = np.random.default_rng(20240)
    x = chance.random((1000, 4))
    y = ((x[:, 0] > 0.55) & (x[:, 1] < 0.6) & (chance.random(1000) < 0.9)) | (chance.random(1000) < 0.04)
    return x, y


EMA_BOXES = [
    (1000, 265), (950, 265), (902, 264), (856, 263), (813, 263), (772, 261), (733, 260), (696, 258), (661, 256),
    (627, 255), (595, 255), (565, 255), (536, 255), (509, 254), (483, 252), (458, 252), (435, 250), (413, 250),
    (392, 250), (372, 249), (353, 248), (335, 248), (318, 248), (302, 246), (286, 245), (271, 244), (257, 234),
    (244, 224), (231, 213), (219, 203), (208, 193), (197, 183), (187, 174), (177, 165), (168, 157), (169, 158),
    (170, 159), (171, 160), (172, 161), (173, 162), (174, 163), (175, 164), (176, 165), (177, 166), (178, 167),
    (180, 169), (182, 171), (184, 173),
]  # fmt: skip
"""(states, of interest) of every box that EMA workbench 2.5.3 finds on `known_case`:
`prim.Prim(pd.DataFrame(x, columns=list('abcd')), y.astype(int), threshold=0.8).find_box().peeling_trajectory[['n', 'k']]`,
all else at its defaults (LENIENT1, peel and paste 0.05, mass 0.05)."""
EMA_LAST = [[0.571289, 0.955411], [0.097464, 0.599004], [0.000779, 0.999728], [0.042401, 0.910875]]
EMA_QUASI_P = [[3.22750681588195e-49, 0.49053271646979557], [0.1569173060760509, 6.231046567991854e-34],
               [np.nan, np.nan], [0.5105646101637005, 0.44101356914746914]]  # fmt: skip


def test_boxes_are_those_of_ema_workbench() -> None:
    boxes = trajectory(*known_case())
    assert [(box.states, box.interest) for box in boxes] == EMA_BOXES
    np.testing.assert_allclose(boxes[-1].limits, EMA_LAST, atol=1e-6)
    np.testing.assert_allclose(boxes[-1].quasi_p, EMA_QUASI_P, rtol=1e-9)
    assert [box.dimensions for box in boxes][-3:] == [3, 3, 3]


@pytest.mark.filterwarnings("ignore")
def test_boxes_are_those_of_the_installed_ema_workbench() -> None:
    prim = pytest.importorskip(
        "ema_workbench.analysis.prim", reason="EMA workbench is not installed", exc_type=ImportError
    )
    import pandas as pd

    x, y = known_case()
    theirs = (
        prim.Prim(pd.DataFrame(x, columns=list("abcd")), y.astype(int), threshold=0.8).find_box().peeling_trajectory
    )
    assert [(b.states, b.interest) for b in trajectory(x, y)] == list(
        theirs[["n", "k"]].itertuples(index=False, name=None)
    )


def test_a_planted_box_is_found_with_its_sides() -> None:
    x = np.random.default_rng(4).random((2000, 6))
    y = (x[:, 1] > 0.6) & (x[:, 4] < 0.5) & (x[:, 4] > 0.1)
    box = trajectory(x, y)[balanced(trajectory(x, y))]
    assert box.coverage > 0.93 and box.density > 0.93
    assert box.limits[1, 0] == pytest.approx(0.6, abs=0.03) and not box.limited[1, 1]
    assert box.limits[4].tolist() == pytest.approx([0.1, 0.5], abs=0.03)
    significant = (box.quasi_p < 0.01).any(axis=1)
    assert significant.nonzero()[0].tolist() == [1, 4]


def test_without_any_pattern_no_box_stands_out() -> None:
    chance = np.random.default_rng(7)
    x, y = chance.random((1000, 5)), chance.random(1000) < 0.3
    box = trajectory(x, y)[balanced(trajectory(x, y))]
    assert box.density < 0.45


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from([0.0, 0.1, 0.25]))
@settings(max_examples=25)
def test_every_box_holds_what_it_says(seed: int, k: int, grain: float) -> None:
    chance = np.random.default_rng(seed)
    x = chance.random((120, k))
    x = np.round(x / grain) * grain if grain else x
    y = x[:, 0] + chance.normal(size=120) * 0.3 > 0.6
    for box in trajectory(x, y):
        own = inside(x, box.limits)
        assert (box.states, box.interest) == (own.sum(), y[own].sum())
        assert box.states >= 6 and box.interest <= y.sum()
        assert box.limited.sum() == np.isfinite(box.quasi_p).sum()


def test_a_cut_never_splits_equal_values() -> None:
    assert cut(np.array([1.0, 1.0, 1.0, 1.0, 5.0]), 0.05) == 3.0
    assert cut(np.arange(101.0), 0.05) == 5.5
    assert cut(np.ones(9), 0.05) == 1.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hedge loses more than 1 % exactly where search costs are above 0.12 and denials above 0.5; align_us never."""
    states = uniform(600, BOUNDS)
    lost = lambda x: np.where((x[:, 0] > 0.12) & (x[:, 2] > 0.5), -1.5, 0.2)  # noqa: E731
    outcomes = {"blocs@hedge": lost, "blocs@align_us": lambda x: 0 * x[:, 0]}
    return write_sweep(tmp_path_factory.mktemp("sweep") / "d", "lhs", states, BOUNDS, outcomes)


def test_the_planted_box_comes_out_of_the_command(folder: Path, tmp_path: Path) -> None:
    args = ["discover", str(folder), "--when", WHEN, "--json", "--no-figures", "--out", str(tmp_path)]
    result = invoke(*args)
    assert result.exit_code == 0, result.output
    hedge, west = json.loads(result.stdout)["cases"]
    assert (west["hits"], west["chosen"]) == (0, None)
    limits = {row["name"]: row for row in hedge["limits"]}
    assert set(limits) == {"search_cost", "export_control.denial_rate"}
    assert limits["search_cost"]["low"] == pytest.approx(0.12, abs=0.005)
    assert limits["export_control.denial_rate"]["low"] == pytest.approx(0.5, abs=0.03)
    chosen = hedge["boxes"][hedge["chosen"]]
    assert chosen["coverage"] > 0.93 and chosen["density"] > 0.93
    assert (tmp_path / "prim-box-1.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(("lang", "words"), [
    ("en", ("Cost of supplier search (search_cost) above 0.1", "of the", "Export control: denied share", "* ")),
    ("ko", ("대체 공급선 탐색 비용(search_cost)이 0.1", "이상", "포괄률", "수출통제")),
])  # fmt: skip
def test_the_box_in_words(folder: Path, tmp_path: Path, lang: str, words: tuple[str, ...]) -> None:
    args = ["--when", WHEN, "--case", "blocs@hedge", "--lang", lang, "--out", str(tmp_path)]
    result = invoke("discover", str(folder), *args)
    assert result.exit_code == 0
    for said in words:
        assert said in result.output
    assert {path.name for path in tmp_path.iterdir()} == {"prim-box.png", "prim-box.pdf", "prim-box.csv", "figures.json"}


def test_another_box_and_a_condition_from_a_file(folder: Path, tmp_path: Path) -> None:
    written = tmp_path / "조건.txt"
    written.write_text("Real Income[KOR,2035] < -1%\n  or Real Income[KOR,2035Q4] > 5\n", encoding="utf-8")
    args = ["--when-file", str(written), "--case", "blocs@hedge", "--no-figures", "--json", "--out", str(tmp_path)]
    (case,) = json.loads(invoke("discover", str(folder), *args, "--box", "2").stdout)["cases"]
    assert case["chosen"] == 2 and case["boxes"][2]["chosen"]
    assert invoke("discover", str(folder), *args, "--box", "999").exit_code == 2


def test_level_and_percent_are_two_things(folder: Path, tmp_path: Path) -> None:
    def hits(when: str) -> Any:
        args = ["--when", when, "--case", "blocs@hedge", "--no-figures", "--json", "--out", str(tmp_path)]
        return json.loads(invoke("discover", str(folder), *args).stdout)["cases"][0]["hits"]

    below = hits(WHEN)
    assert 0 < below < 600
    assert hits("Real Income[KOR,2035] < 0.99") == below
    assert hits("Real Income[KOR,2035] < 0.99%") == 600
    assert hits(f"({WHEN}) and Real Income[KOR,2035] > 2") == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "give the condition once"),
        (["--when", WHEN, "--when-file", "x"], "give the condition once"),
        (["--when", "Real Income[KOR,2035] <"], "a number expected"),
        (["--when", "Real Incme[KOR,2035] < 1"], "did you mean Real Income?"),
        (["--when", "Real Income[KOR,2040] < 1"], "2035Q1 to 2035Q4"),
        (["--when", WHEN, "--case", "blocs"], "blocs@hedge"),
    ],
)
def test_wrong_words_are_named(folder: Path, args: list[str], said: str) -> None:
    result = invoke("discover", str(folder), *args)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_failed_runs_are_refused_or_left_out_aloud(tmp_path: Path) -> None:
    states = uniform(60, BOUNDS)
    folder = write_sweep(
        tmp_path / "f", "lhs", states, BOUNDS, {"blocs@hedge": lambda x: -20 * x[:, 0]}, failed=[("blocs@hedge", 5)]
    )
    result = invoke("discover", str(folder), "--when", WHEN)
    assert result.exit_code == 1 and "state 5: trade did not converge" in result.output
    result = invoke("discover", str(folder), "--when", WHEN, "--without-failed", "--no-figures")
    assert result.exit_code == 0 and "1 states left out" in result.output
