"""The figures of sweeps: titles that say the finding, the same bytes again, pictures of a whole analysis."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from model.experiments.answer_drivers import analysed
from model.experiments.question import Outcome, Wish, choose_cases
from model.experiments.sweep import load_sweep
from model.figures import KINDS, save_spec
from tests.folders import uniform, write_sweep
from tests.made_up import BOUNDS, CASES, outcomes, sweep_context, sweep_frames


def test_titles_say_the_finding() -> None:
    context = sweep_context()
    found = {
        name: KINDS[name].finding(KINDS[name].data(frame, context), context)
        for name, frame in sweep_frames("en").items()
    }
    assert "Cost of supplier search matters most" in found["tornado"]
    assert found["sobol"].startswith(
        "Elasticity of substitution between suppliers [Equipment] accounts for 50% of the variance"
    )
    assert "blocs@hedge is never more than" in found["regret"]
    assert "of the states inside the box" in found["prim-box"] and "(blocs, Hedge)" in found["prim-box"]
    assert found["heat-map"].startswith("Real income of Korea in 2035: from −")


def test_same_bytes_again(tmp_path: Path) -> None:
    frame = sweep_frames("ko")["prim-box"]
    first, again = (
        save_spec(KINDS["prim-box"], frame, sweep_context("ko"), tmp_path / place, "vulnerable") for place in "ab"
    )
    for ending in ("png", "pdf", "csv"):
        one, two = (getattr(saved, ending) for saved in (first, again))
        assert one.name == f"vulnerable.{ending}" and one.read_bytes() == two.read_bytes()


def test_the_pictures_of_analyse_are_saved(tmp_path: Path) -> None:
    folder = write_sweep(
        tmp_path / "s",
        "lhs",
        uniform(20, BOUNDS),
        BOUNDS,
        {case: lambda x, case=case: outcomes(x)[case] for case in CASES},
    )
    sweep = load_sweep(folder)
    wish = replace(Wish(tmp_path / "out"), lang="ko")
    answer = analysed(
        sweep, Outcome("Real Income", "KOR", "2035", "percent", "index"), choose_cases(sweep, ()), False, wish
    )
    assert [path.name for path in answer.files] == ["sensitivity.csv", "tornado.png", "heat-map.png"]
    assert all(path.read_bytes()[:4] in (b"\x89PNG", b"\xef\xbb\xbfc") for path in answer.files)
