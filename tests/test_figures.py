"""The figures: synthetic results in, findings, bytes and pictures out; every warning is an error."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from model.errors import StoreError
from model.experiments import results, store
from model.experiments.results import FigureContext
from model.figures import FIGURES, KINDS, make_figure, make_figures
from model.figures.house import ECOSYSTEM_LOOKS, STANCE_LOOKS, house_style
from model.figures.marks import spread
from model.words import has_word
from tests.made_up import INPUTS, STANCES, recordings, run_context, run_frame

if TYPE_CHECKING:
    from matplotlib.figure import Figure

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="session")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return run_frame(tmp_path_factory.mktemp("results") / "results.parquet")


@pytest.fixture
def context() -> FigureContext:
    return run_context()


def drawn(name: str, data: pd.DataFrame, context: FigureContext, size: str = "page") -> Figure:
    with house_style(context.lang, size):
        return FIGURES[name].draw(data, context)


REPORTED = [
    "real-income",
    "segments",
    "bloc-index",
    "exports",
    "os-choices",
    "channels",
    "innovation",
    "policy-timeline",
    "evidence",
]


def test_the_registry_holds_the_figures_in_the_order_of_the_report() -> None:
    assert [name for name, spec in FIGURES.items() if spec.report] == REPORTED
    assert len(FIGURES) >= 18
    assert all(has_word(f"figure.{name}.{word}") for name in KINDS for word in ("name", "title", "subtitle", "caption"))


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_figure_is_written_with_its_data(
    frame: pd.DataFrame, context: FigureContext, lang: str, tmp_path: Path
) -> None:
    names = [*REPORTED[-3:], "waterfall", "stability"]  # the contract draws all kinds
    for figure in make_figures(frame, replace(context, lang=lang), tmp_path, names, formats=("png",)):
        assert figure.png.read_bytes().startswith(b"\x89PNG")
        assert figure.csv.read_bytes().startswith(b"\xef\xbb\xbf")
        data = pd.read_csv(figure.csv)
        assert figure.drawn and len(data)
        assert "{" not in figure.title + figure.caption and "nan" not in figure.title
        if not FIGURES[figure.name].inputs:
            assert {"stance", "region", "variable", "unit", "year", "central", "p10", "median", "p90"} <= set(
                data.columns
            )
            assert "2035" in figure.title
    listed = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in listed] == names
    assert all((tmp_path / file).is_file() for row in listed for file in row["files"].values())


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_titles_say_the_finding(frame: pd.DataFrame, context: FigureContext, lang: str) -> None:
    context = replace(context, lang=lang)
    findings = {
        "real-income": "−1.07%",
        "segments": "메모리" if lang == "ko" else "Memory",
        "bloc-index": "0.43",
        "exports": "중국" if lang == "ko" else "China",
        "os-choices": "60%",
        "channels": "−0.97%",
        "innovation": "+0.8",
        "policy-timeline": "2027" if lang == "ko" else "3 measures",
        "evidence": "75%",
        "published": "1",
        "stability": "0.990",
        "suppliers": "2035",
        "tool-purchases": "21",
        "capability-gap": "3",
        "dependence": "%",
        "chip-flows": "2035",
        "ecosystem-race": "안드로이드" if lang == "ko" else "Android",
        "waterfall": "2035",
    }
    for name, said in findings.items():
        assert said in FIGURES[name].finding(FIGURES[name].data(frame, context), context)


def test_same_bytes_again_and_in_another_process(frame: pd.DataFrame, context: FigureContext, tmp_path: Path) -> None:
    first = make_figure("real-income", frame, replace(context, lang="ko"), tmp_path / "a")
    again = make_figure("real-income", frame, replace(context, lang="ko"), tmp_path / "b")
    frame.to_pickle(tmp_path / "frame")
    script = (
        "import sys; sys.path[:0] = [sys.argv[1]]; import pandas as pd; from pathlib import Path\n"
        "from model.figures import *\n"
        f"context = {replace(context, lang='ko')!r}\n"
        "make_figure('real-income', pd.read_pickle(sys.argv[2]), context, Path(sys.argv[3]))"
    )
    here = Path(__file__).parent.parent
    subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(here), str(tmp_path / "frame"), str(tmp_path / "c")],
        check=True,
    )
    for ending in ("png", "pdf", "csv"):
        pictures = {(tmp_path / folder / f"real-income.{ending}").read_bytes() for folder in "abc"}
        assert len(pictures) == 1, ending
    assert first.title == again.title


def test_a_slide_is_16_to_9_and_svg_is_the_same_again(
    frame: pd.DataFrame, context: FigureContext, tmp_path: Path
) -> None:
    for place in ("a", "b"):
        make_figure("dependence", frame, context, tmp_path / place, ("png", "svg"), "slide")
    first, again = ((tmp_path / place / "dependence.svg").read_bytes() for place in "ab")
    assert first == again and b"<dc:date>" not in first
    width, height = struct.unpack(">II", (tmp_path / "a" / "dependence.png").read_bytes()[16:24])
    assert width / height == pytest.approx(16 / 9, abs=0.01)


def test_a_sign_that_no_font_has_is_an_error(frame: pd.DataFrame, context: FigureContext, tmp_path: Path) -> None:
    measures = INPUTS["measures"].assign(title="\U00012000")
    with pytest.raises(StoreError, match="policy-timeline"):
        make_figure("policy-timeline", frame, replace(context, inputs={"measures": measures}), tmp_path, ("png",))


def test_missing_data_is_a_stated_note(frame: pd.DataFrame, context: FigureContext, tmp_path: Path) -> None:
    lang = "ko"
    for saved in make_figures(frame.iloc[:0], replace(context, lang=lang, inputs={}), tmp_path, formats=("png",)):
        assert saved.png.is_file() and not saved.drawn
        lacks = "--decompose" if saved.name.startswith("channel") else (FIGURES[saved.name].variables + FIGURES[saved.name].inputs)[0]
        assert lacks in saved.caption
    absent = replace(context, scenario="absent", baseline="absent_too", lang=lang, inputs={})
    assert all(spec.data(frame, absent).empty for spec in FIGURES.values())


def test_a_figure_without_baseline_or_without_stances_is_still_drawn(
    frame: pd.DataFrame, context: FigureContext
) -> None:
    for alone in (replace(context, baseline="absent"), replace(context, scenario="absent")):
        for name in ("bloc-index", "exports", "os-choices"):
            assert drawn(name, FIGURES[name].data(frame, alone), alone).axes


def test_one_draw_one_stance_and_no_stance(context: FigureContext, tmp_path: Path) -> None:
    store.write_results(tmp_path / "r.parquet", recordings(1, ("hedge",)))
    one = store.read_results(tmp_path / "r.parquet")
    single = replace(context, stances=("hedge",), draws=1)
    for name in (name for name in REPORTED[:7] if name != "channels"):  # channels never show a band
        data = FIGURES[name].data(one, single)
        text = " ".join(shown.get_text() for shown in drawn(name, data, single).texts)
        assert "too few draws for a band" in text
    bare = one.assign(scenario=one["scenario"].astype(str).str.replace("blocs@hedge", "chip_controls"))
    plain = replace(context, scenario="chip_controls", stances=(), draws=1, years=results.horizon_years(2022.75))
    for name in set(FIGURES) - {"published"}:  # no study is of a scenario of that name
        assert drawn(name, FIGURES[name].data(bare, plain), plain).axes, name


def test_a_horizon_beyond_the_data_and_another_focus(
    frame: pd.DataFrame, context: FigureContext, tmp_path: Path
) -> None:
    late = replace(context, years=(2027, 2031, 2036))
    assert "2031" in make_figure("real-income", frame, late, tmp_path).title
    titles = [figure.title for figure in make_figures(frame, replace(context, focus="CHN"), tmp_path, REPORTED[:2])]
    assert "China" in titles[0]


def test_real_income_data_are_the_numbers_of_the_short_table(frame: pd.DataFrame, context: FigureContext) -> None:
    table = results.headline_table(frame, "blocs", STANCES, "status_quo", "KOR", context.years).set_index(
        ["stance", "region"]
    )
    data = FIGURES["real-income"].data(frame, context).set_index(["stance", "year"])
    for stance in STANCES:
        for year in context.years:
            for name in ("central", "p10", "p90"):
                shown = np.asarray(data[name].loc[(stance, year)])
                np.testing.assert_array_equal(shown, table[f"{name}_{year}"].loc[(stance, "KOR")])
    assert data["highest_in_percent"].groupby("year").sum().min() >= 100.0 - 1e-9


def test_looks_are_different_in_grey() -> None:
    for looks in (STANCE_LOOKS, ECOSYSTEM_LOOKS):
        assert len({look.marker for look in looks.values()}) >= len(looks) - 2
    main = [STANCE_LOOKS[stance] for stance in STANCES]
    assert len({look.marker for look in main}) == len({look.line for look in main}) == 3


def test_labels_are_spread() -> None:
    moved = spread([1.0, 1.01, 0.99, 5.0], 0.5, 0.0, 10.0)
    ranked = sorted(moved)
    assert min(b - a for a, b in pairwise(ranked)) >= 0.5 - 1e-6
    assert moved[2] < moved[0] < moved[1] < moved[3]
    assert spread([9.99, 9.98], 1.0, 0.0, 10.0) == pytest.approx([10.0, 9.0])


def test_the_house_style_leaves_matplotlib_as_it_was() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    with house_style():
        assert matplotlib.rcParams["pdf.fonttype"] == 42
    assert dict(matplotlib.rcParams) == before


def test_matplotlib_is_imported_only_to_draw() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import model.figures, model.reports\n"
        "print('matplotlib' in sys.modules)"
    )
    here = str(Path(__file__).parent.parent)
    shown = subprocess.run([sys.executable, "-c", script, here], check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == "False"
