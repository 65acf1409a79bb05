"""What every kind of figure keeps to: inside its frame, letters that can be read, fonts, the same bytes, honest extremes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.text import Text

from model.errors import StoreError, UsageError
from model.experiments.pictures import Wanted, draw_folder
from model.experiments.results import FigureContext
from model.figures import FIGURES, KINDS, make_figure, save_spec
from model.figures.house import FONTS, PRINTED, house_style
from model.figures.save import save_figure
from tests.made_up import run_context, run_frame, tables

pytestmark = pytest.mark.filterwarnings("error")
FACES = {b"NanumGothic", b"NanumGothicBold", b"DejaVuSans", b"DejaVuSans-Bold"}
SMALLEST = 6.0
"""Points as printed."""


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return run_frame(tmp_path_factory.mktemp("results") / "results.parquet", draws=5)


def given(name: str, frame: pd.DataFrame, lang: str) -> tuple[pd.DataFrame, FigureContext]:
    """What a kind draws, and what it is told."""
    table, context = (frame, run_context(lang)) if name in FIGURES else tables(lang)[name]
    return KINDS[name].data(table, context), context


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Text]:
    """Every text that is drawn (labels of ticks outside an axis are there and never drawn)."""
    found, draw = [], Text.draw

    def note(self: Text, renderer: Any, *args: Any, **kwargs: Any) -> None:
        found.append(self)
        draw(self, renderer, *args, **kwargs)

    monkeypatch.setattr(Text, "draw", note)
    return found


def test_the_kinds_and_marks_are_as_many_as_promised() -> None:
    assert len(KINDS) >= 24
    assert all(spec.marks for spec in KINDS.values())
    assert len({mark for spec in KINDS.values() for mark in spec.marks}) >= 10


SLIDES = ("real-income", "exports", "policy-timeline", "ecosystem-race", "backtest")
"""Kinds looked at as slides too: the highest ones, whose letters a slide makes smallest."""


@pytest.mark.parametrize("name", list(KINDS))
def test_letters_are_inside_readable_apart_and_of_the_bundled_fonts(
    name: str, frame: pd.DataFrame, seen: list[Text]
) -> None:
    for lang, size in (("ko", "page"), ("en", "slide"), ("en", "column")):
        if size == "slide" and name not in SLIDES:
            continue
        data, context = given(name, frame, lang)
        with house_style(lang, size):
            figure, title = KINDS[name].draw(data, context), KINDS[name].finding(data, context)
            seen.clear()
            figure.draw_without_rendering()
            shown = list(dict.fromkeys(text for text in seen if text.get_visible() and text.get_text().strip()))
            boxes = {text: text.get_window_extent() for text in shown}
            families = {name for text in shown for name in text.get_fontfamily()}
        assert "{" not in title and "nan" not in title, title
        if name in FIGURES and not KINDS[name].inputs:
            assert {"stance", "region", "variable", "unit", "year", "central", "p10", "median", "p90"} <= set(
                data.columns
            )
        assert " ".join(title.split()) in " ".join(" ".join(text.get_text() for text in figure.texts).split())
        width, height = figure.get_size_inches() * figure.dpi
        outside = [text.get_text() for text, b in boxes.items() if min(b.x0, b.y0, width - b.x1, height - b.y1) < 1]
        assert not outside, (lang, size, outside)
        printed = PRINTED[size] / 25.4 / figure.get_figwidth()
        assert min(text.get_fontsize() for text in boxes) * printed >= SMALLEST, (lang, size)
        over = [(a.get_text(), b.get_text()) for a, b in combinations(boxes, 2) if _overlap(boxes[a], boxes[b], a, b)]
        assert not over, (lang, size, over[:5])
        assert families == set(FONTS[lang])


@pytest.mark.parametrize("name", ["real-income", "dependence", "prim-box"])
def test_a_pdf_can_be_searched_and_has_no_date(name: str, frame: pd.DataFrame, tmp_path: Path) -> None:
    data, context = given(name, frame, "ko")
    with house_style("ko"):
        figure = KINDS[name].draw(data, context)
    text = save_figure(figure, tmp_path, name, data, "ko", ("pdf",))["pdf"].read_bytes()
    faces = {face.partition(b"+")[2] or face for face in re.findall(rb"/BaseFont\s*/([A-Za-z0-9+-]+)", text)}
    assert faces and faces <= FACES
    assert b"/FontFile2" in text and b"/Type3" not in text and b"/Type1 " not in text and b"CreationDate" not in text


def _overlap(one: Any, other: Any, a: Text, b: Text) -> bool:
    """Whether two level texts cover each other by more than a hair (a sixth of a line in both directions)."""
    if a.get_rotation() or b.get_rotation():
        return False
    hair = min(a.get_fontsize(), b.get_fontsize()) * 100 / 72 / 6
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(across > hair and down > 2 * hair)


def test_the_bytes_are_the_same_again_in_every_format(frame: pd.DataFrame, tmp_path: Path) -> None:
    found = defaultdict(set)
    for place in "ab":
        for name in ("calibration-fit",):
            _, context = given(name, frame, "ko")
            table = frame if name in FIGURES else tables("ko")[name][0]
            saved = save_spec(
                KINDS[name], table, context, tmp_path / place, formats=("png", "pdf", "svg"), size="column"
            )
            for kind, path in saved.files.items():
                found[name, kind].add(path.read_bytes())
    assert len(found) == 4 and all(len(bytes_) == 1 for bytes_ in found.values())


EMPTY = {
    "all zero": {"real-income", "published", "suppliers", "dependence", "ecosystem-race"},
    "one stance": {"published"},
    "years unknown": {"segments", "waterfall", "published", "dependence", "chip-flows"},
}
"""Kinds that have nothing to show: percents of nothing; no stance that a study is of; the last horizon years alone."""


def spoiled(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Results that are as strange as results can be."""
    years = frame["quarter"].astype(str).str[:4].astype(int)
    return {
        "no China": frame[frame["region"] != "CHN"], "all zero": frame.assign(value=0.0),
        "years unknown": frame.assign(value=frame["value"].where(years < 2030)), "one draw": frame[frame["draw"] == 0],
        "one stance": frame[frame["scenario"].isin(["blocs@align_cn", "status_quo"])],
    }  # fmt: skip


def test_extremes_are_drawn_or_said(frame: pd.DataFrame) -> None:
    context = run_context("en")
    late = (
        frame["quarter"].astype(str) >= "2024"
    )  # a frame of one draw and the last years: the same faults in less time
    kinds = [name for name, spec in FIGURES.items() if spec.variables]
    for turn, (what, strange) in enumerate(spoiled(frame[late & (frame["draw"] == 0)]).items()):
        data = {name: FIGURES[name].data(strange, context) for name in kinds}
        noted = {name for name in kinds if data[name].empty}
        of_china = {"os-choices", "suppliers", "tool-purchases", "capability-gap", "ecosystem-race"}
        assert noted == EMPTY.get(what, of_china if what == "no China" else set()), (what, noted)
        for place, name in enumerate(kinds):
            if name in noted:
                continue
            assert "nan" not in FIGURES[name].finding(data[name], context), (what, name)
            if (place + turn) % 5 < 2:  # each kind is drawn under two of the five, all together under all
                with house_style("en"):
                    figure = FIGURES[name].draw(data[name], context)
                words = " ".join(text.get_text() for text in figure.texts)
                assert "holds 80% of draws" not in words, (what, name)


def test_a_missing_part_is_a_note_with_its_name(frame: pd.DataFrame, tmp_path: Path) -> None:
    saved = make_figure("suppliers", frame[frame["region"] != "CHN"], run_context("en"), tmp_path, ("png",))
    assert not saved.drawn and "Supplier Share|AI Accelerators|*" in saved.caption


def test_every_figure_is_listed_with_title_and_caption(frame: pd.DataFrame, tmp_path: Path) -> None:
    saved = save_spec(KINDS["dependence"], frame, run_context("ko"), tmp_path, formats=("png",))
    (row,) = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert (row["title"], row["caption"], row["kind"]) == (saved.title, saved.caption, "dependence") and saved.caption
    assert (
        row["context"]["hash"]
        and row["context"]["parameters"]
        and row["files"] == {"png": "dependence.png", "csv": "dependence.csv"}
    )


def test_a_folder_of_another_command_is_drawn_again_in_the_other_language(tmp_path: Path) -> None:
    for name in ("strategies", "backtest", "calibration-fit"):
        table, context = tables("en")[name]
        save_spec(KINDS[name], table, context, tmp_path / "a" / "figures", formats=("png",))
    first = json.loads((tmp_path / "a" / "figures" / "figures.json").read_text(encoding="utf-8"))
    made = draw_folder(tmp_path / "a", Wanted(formats=("svg",), lang="ko", out=tmp_path / "b"))
    assert (
        [saved.name for saved in made]
        == [row["name"] for row in first]
        == ["strategies", "backtest", "calibration-fit"]
    )
    assert all(re.search("[가-힣]", saved.title + saved.caption) for saved in made)
    for saved in made:
        assert saved.csv.read_bytes() == (tmp_path / "a" / "figures" / saved.csv.name).read_bytes()
    again = draw_folder(tmp_path / "b", Wanted(only=("backtest",), formats=("png",), out=tmp_path / "c"))
    assert [saved.title for saved in again] == [row["title"] for row in first if row["name"] == "backtest"]


def test_a_folder_without_figures_or_without_that_kind_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="results"):
        draw_folder(tmp_path / "none", Wanted())
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match="manifest"):
        draw_folder(tmp_path / "empty", Wanted())
    table, context = tables("en")["strategies"]
    save_spec(KINDS["strategies"], table, replace(context, title="x"), tmp_path / "a", formats=("png",))
    with pytest.raises(UsageError, match="strategies"):
        draw_folder(tmp_path / "a", Wanted(only=("backtest",)))
