"""The figures of sweeps: inside their frame in both languages, the same bytes again, titles that say the finding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.experiments.answer_boxes import box_table
from model.experiments.answer_drivers import analysed
from model.experiments.discovery import balanced, trajectory
from model.experiments.question import Outcome, Wish, choose_cases, title_of
from model.experiments.robustness import regret, strategy_table
from model.experiments.sensitivity import Sample, cells, tornado
from model.experiments.sweep import load_sweep
from model.figures import FigureContext, FigureSpec, save_spec
from model.figures.heat_map import FIGURE as HEAT_MAP
from model.figures.house import house_style
from model.figures.prim_box import FIGURE as PRIM_BOX
from model.figures.regret import FIGURE as REGRET
from model.figures.sobol import FIGURE as SOBOL
from model.figures.tornado import FIGURE as TORNADO
from model.words import has_word
from tests.folders import uniform, write_sweep

NAMES = ("elasticity_of_substitution[equipment]", "network_effect[os]", "export_control.denial_rate", "search_cost")
BOUNDS = dict.fromkeys(NAMES, (0.0, 1.0))
CASES = ("blocs@align_us", "blocs@hedge", "blocs@align_cn")


def outcomes(x: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "blocs@align_us": -x[:, 0] - x[:, 1],
        "blocs@hedge": 0.4 - 1.5 * x[:, 2] * (x[:, 1] > 0.5),
        "blocs@align_cn": -1 - x[:, 3],
    }


def frames(lang: str) -> dict[str, tuple[FigureSpec, pd.DataFrame]]:
    """The table that each figure shows, of three cases."""
    x = uniform(300, BOUNDS)
    values = pd.DataFrame(outcomes(x))
    titles = {name: title_of(name, lang) for name in NAMES}
    swings, maps, indices = [], [], []
    for case in CASES:
        sample, named = Sample(x, values[case].to_numpy(), NAMES, 1), {"case": case, "case_title": case}
        swing = tornado(sample)
        swings.append(swing.assign(title=swing["name"].map(titles), **named))
        maps.append(
            cells(sample, *NAMES[:2]).assign(first_title=titles[NAMES[0]], second_title=titles[NAMES[1]], **named)
        )
        index = pd.DataFrame({"name": NAMES, "ST": [0.5, 0.3, 0.1, 0.0], "S1": [0.3, 0.3, 0.05, -0.02]})
        for column in ("ST", "S1"):
            index = index.assign(**{f"{column}_low": index[column] - 0.08, f"{column}_high": index[column] + 0.08})
        indices.append(index.assign(title=index["name"].map(titles), **named))
    boxes = trajectory(x, values["blocs@hedge"].to_numpy() < -0.5)
    box = box_table(boxes, balanced(boxes), NAMES, titles).assign(case="blocs@hedge", case_title="blocs, Hedge")
    lost = regret(values)
    table = strategy_table(values, 0.0).assign(title=CASES, stance=[case.partition("@")[2] for case in CASES])
    table = table.assign(regret_median=lost.median().to_numpy(), regret_p10=lost.quantile(0.1).to_numpy())
    join = {"tornado": (TORNADO, swings), "heat-map": (HEAT_MAP, maps), "sobol": (SOBOL, indices)}
    found = {name: (spec, pd.concat(parts, ignore_index=True)) for name, (spec, parts) in join.items()}
    return found | {"prim-box": (PRIM_BOX, box), "regret": (REGRET, table)}


def context(lang: str) -> FigureContext:
    title = "Real Income[KOR,2035], difference from baseline in percent"
    return FigureContext("blocs", (), "chip_controls", "KOR", (), lang, title, "3fa9c1d2e4b5", "0.1.0", 0, 300)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_nothing_drawn_leaves_the_figure(lang: str) -> None:
    for name, (spec, frame) in frames(lang).items():
        assert spec.name == name and all(
            has_word(f"figure.{name}.{w}") for w in ("name", "title", "subtitle", "caption")
        )
        with house_style(lang):
            figure = spec.draw(spec.data(frame, context(lang)), context(lang))
            figure.canvas.draw()
            box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= 0.02, name
        assert "{" not in spec.finding(frame, context(lang))


def test_titles_say_the_finding() -> None:
    found = {name: spec.finding(spec.data(frame, context("en")), context("en")) for name, (spec, frame) in frames("en").items()}
    assert "Cost of supplier search matters most" in found["tornado"]
    assert found["sobol"].startswith(
        "Elasticity of substitution between suppliers [equipment] accounts for 50% of the variance"
    )
    assert "blocs@hedge is never more than" in found["regret"]
    assert "of the states inside the box" in found["prim-box"] and "(blocs, Hedge)" in found["prim-box"]
    assert found["heat-map"].startswith("From −")


def test_same_bytes_again(tmp_path: Path) -> None:
    spec, frame = frames("ko")["prim-box"]
    first, again = (save_spec(spec, frame, context("ko"), tmp_path / place, "vulnerable") for place in "ab")
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
