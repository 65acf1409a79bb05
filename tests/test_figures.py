"""The figures: synthetic results in, findings, bytes and pictures out; every warning is an error."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from model.axes import SEGMENT_NAMES, quarter_labels, quarter_start
from model.experiments import results, store
from model.experiments.results import FigureContext
from model.figures import FIGURES, figure_variables, make_figure, make_figures
from model.figures.house import ECOSYSTEM_LOOKS, STANCE_LOOKS, house_style, spread
from model.outcomes import Key, Recording
from model.words import has_word

if TYPE_CHECKING:
    from matplotlib.figure import Figure

pytestmark = pytest.mark.filterwarnings("error")
QUARTERS = quarter_labels("2018Q1", "2035Q4")
FLOW = "bn USD of 2018"
STANCES = ("align_us", "hedge", "align_cn")
STRENGTH = {"status_quo": 0.0, "align_us": 1.0, "hedge": 0.35, "align_cn": 0.8}


def series(stance: str, draw: int) -> dict[Key, np.ndarray]:
    """Made-up levels of every variable the figures read: smooth growth and a shock from 2026 on."""
    noise = np.random.default_rng(draw).normal(size=8) if draw else np.zeros(8)
    years = np.array([quarter_start(quarter) for quarter in QUARTERS])
    shock = np.where(years >= 2026, 1 - 0.7 * np.exp((2026 - years) / 3), 0.0) * STRENGTH[stance] * (1 + 0.3 * noise[0])
    growth = 1 + 0.025 * (years - 2018)
    found: dict[Key, np.ndarray] = {
        (region, "Real Income", "index"): growth * (1 - size * shock * (1 + 0.3 * noise[1]))
        for region, size in (("KOR", 0.011), ("USA", 0.004), ("CHN", 0.02))
    }
    for place, segment in enumerate(SEGMENT_NAMES):
        size = 300.0 if segment == "Rest" else 2.0 + place
        found["KOR", f"Value Added|{segment}", FLOW] = (
            size * growth * (1 - shock * (0.2 if segment == "Memory" else -0.02))
        )
    for place, layer in enumerate(("Chips", "Devices", "OS", "Open Source", "Platforms", "AI Apps", "Rest")):
        found["World", f"Bloc Index|{layer}", "index"] = 0.1 * place - 0.05 + (0.5 - 0.05 * place) * shock
    for place, region in enumerate(("USA", "CHN", "TWN", "JPN", "EUR", "SEA", "ROW")):
        drop = 0.3 if region == "CHN" else 0.0
        found["KOR", f"Exports|to {region}", FLOW] = (10.0 + 5 * place) * growth * (1 - drop * shock)
        found["KOR", f"Exports Share|Chips|to {region}", "percent"] = (10 + place) * (1 - drop * shock)
    harmony = np.where(years < 2019.5, np.nan, np.clip(5 * (years - 2019), 0, 45) + 15 * shock)
    found["CHN", "Ecosystem Share|OS|harmony", "percent"] = harmony
    for name, share in (("android", 0.72), ("ios", 0.2), ("windows", 0.08)):
        found["CHN", f"Ecosystem Share|OS|{name}", "percent"] = share * (100 - np.nan_to_num(harmony))
    for place, channel in enumerate(("Trade", "Inputs", "Knowledge", "Networks", "Policy Cost", "Demand")):
        for region in ("KOR", "CHN"):
            found[region, f"Welfare Channel|{channel}", "percent of baseline real income"] = (0.4 * place - 1) * shock
    for place, segment in enumerate(("Equipment", "Foundry", "Memory")):
        for region in ("KOR", "USA", "CHN"):
            gap = (3.0 if region == "CHN" else 0.5) + (place - 0.8) * shock * (region == "CHN")
            found[region, f"Capability Gap|{segment}", "years behind the frontier"] = gap
    return found


def recordings(draws: int = 20, stances: tuple[str, ...] = STANCES) -> list[Recording]:
    runs = []
    for draw in range(draws):
        for stance in ("status_quo", *stances):
            found = series(stance, draw)
            keys = tuple(sorted(found))
            name = stance if stance == "status_quo" else f"blocs@{stance}"
            runs.append(Recording(name, draw, 7, QUARTERS, keys, np.array([found[key] for key in keys])))
    return runs


@pytest.fixture(scope="session")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    path = tmp_path_factory.mktemp("results") / "results.parquet"
    store.write_results(path, recordings())
    return store.read_results(path, figure_variables())


@pytest.fixture
def context() -> FigureContext:
    years = results.horizon_years(2026.0)
    return FigureContext(
        "blocs", STANCES, "status_quo", "KOR", years, "en", "Two blocs", "3fa9c1d2e4b5", "0.1.0", 7, 20
    )


def drawn(name: str, data: pd.DataFrame, context: FigureContext) -> Figure:
    with house_style(context.lang):
        return FIGURES[name].draw(data, context)


def test_the_registry_holds_the_seven_figures_in_the_order_of_the_report() -> None:
    assert list(FIGURES) == ["real-income", "segments", "bloc-index", "exports", "os-choices", "channels", "innovation"]
    assert all(
        has_word(f"figure.{name}.{word}") for name in FIGURES for word in ("name", "title", "subtitle", "caption")
    )


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_figure_is_written_with_its_data(
    frame: pd.DataFrame, context: FigureContext, lang: str, tmp_path: Path
) -> None:
    for figure in make_figures(frame, replace(context, lang=lang), tmp_path):
        assert figure.png.read_bytes().startswith(b"\x89PNG")
        assert figure.pdf.read_bytes().startswith(b"%PDF")
        assert figure.csv.read_bytes().startswith(b"\xef\xbb\xbf")
        data = pd.read_csv(figure.csv)
        assert {"stance", "region", "variable", "unit", "year", "central", "p10", "median", "p90"} <= set(data.columns)
        assert "{" not in figure.title + figure.caption
        assert "2035" in figure.title


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
    }
    for name, said in findings.items():
        assert said in FIGURES[name].finding(FIGURES[name].data(frame, context), context)


@pytest.mark.parametrize("name", list(FIGURES))
def test_nothing_drawn_leaves_the_figure(name: str, frame: pd.DataFrame, context: FigureContext) -> None:
    for lang in ("en", "ko"):
        spoken = replace(context, lang=lang)
        figure = drawn(name, FIGURES[name].data(frame, spoken), spoken)
        with house_style(lang):
            figure.canvas.draw()
            box = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert box.x0 >= 0.05
        assert box.y0 >= 0.05
        assert box.x1 <= width - 0.05
        assert box.y1 <= height - 0.05


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


def test_fonts_are_embedded_and_no_date_is_written(frame: pd.DataFrame, context: FigureContext, tmp_path: Path) -> None:
    saved = make_figure("segments", frame, replace(context, lang="ko"), tmp_path)
    text = saved.pdf.read_bytes()
    assert b"NanumGothic" in text
    assert b"/FontFile2" in text
    assert b"CreationDate" not in text
    assert b"Type 3" not in text


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_missing_data_is_a_stated_note(frame: pd.DataFrame, context: FigureContext, lang: str, tmp_path: Path) -> None:
    for saved in make_figures(frame.iloc[:0], replace(context, lang=lang), tmp_path):
        assert saved.png.is_file()
        assert FIGURES[saved.name].variables[0] in saved.caption
    absent = replace(context, scenario="absent", baseline="absent_too", lang=lang)
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
    for name in FIGURES:
        data = FIGURES[name].data(one, single)
        text = " ".join(shown.get_text() for shown in drawn(name, data, single).texts)
        assert "too few draws for a band" in text
    bare = one.assign(scenario=one["scenario"].astype(str).str.replace("blocs@hedge", "chip_controls"))
    plain = replace(context, scenario="chip_controls", stances=(), draws=1, years=results.horizon_years(2022.75))
    for name in FIGURES:
        assert drawn(name, FIGURES[name].data(bare, plain), plain).axes


def test_a_horizon_beyond_the_data_and_another_focus(
    frame: pd.DataFrame, context: FigureContext, tmp_path: Path
) -> None:
    late = replace(context, years=(2027, 2031, 2036))
    assert "2031" in make_figure("real-income", frame, late, tmp_path).title
    titles = [figure.title for figure in make_figures(frame, replace(context, focus="CHN"), tmp_path)]
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
