"""report.html: one valid page, self-contained, in both languages."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from model.errors import StoreError
from model.experiments.results import FigureContext
from model.reports import render_report, write_report

pytestmark = pytest.mark.filterwarnings("error")
VOID = {"meta", "img", "br", "hr", "link", "input"}
BLOCKS: list[dict[str, Any]] = [
    {"kind": "heading", "text": "What happens"},
    {"kind": "paragraph", "text": "Two blocs <b>trade</b> & quarrel."},
    {"kind": "list", "items": ["one", "둘"]},
    {"kind": "table", "header": ["Date", "Measure"], "rows": [["2026Q1", "chips"]], "caption": "Measures"},
    {"kind": "table", "header": ["A"], "rows": []},
]


@dataclass(frozen=True)
class Shown:
    name: str
    title: str
    caption: str
    png: Path


class Page(HTMLParser):
    """Reads a page, checks that its elements close in order, and keeps what tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len({name for name, _ in attrs})
        self.seen.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.seen if name == tag]


def picture(path: Path) -> Path:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 2, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\x00\xff\xff\xff\xff" * 2))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b""))
    return path


@pytest.fixture
def figures(tmp_path: Path) -> list[Shown]:
    return [Shown("real-income", 'Korea "−1 %" <now>', "What it shows.", picture(tmp_path / "real-income.png"))]


@pytest.fixture
def context() -> FigureContext:
    return FigureContext(
        "blocs", ("align_us", "hedge"), "status_quo", "KOR", (2026, 2030, 2035), "en", "", "3fa9c1d2", "0.1.0", 7, 20
    )


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [{"stance": s, "region": r, "draws": 20} for s in ("align_us", "hedge") for r in ("KOR", "USA", "CHN")]
    numbers = {f"{name}_{year}": -0.5 for year in (2026, 2030, 2035) for name in ("central", "p10", "p90")}
    return pd.DataFrame([row | numbers for row in rows])


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_page_is_whole_and_asks_for_nothing(
    lang: str, context: FigureContext, table: pd.DataFrame, figures: list[Shown], tmp_path: Path
) -> None:
    path = write_report(tmp_path / "out", context, BLOCKS, table, figures, lang)
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert path.name == "report.html"
    assert text.startswith("<!DOCTYPE html>\n")
    assert text.endswith("</html>\n")
    assert page.all("html") == [{"lang": lang}]
    assert len(page.all("h1")) == len(page.all("title")) == len(page.all("main")) == 1
    assert {"charset": "utf-8"} in page.all("meta")
    assert not page.all("script")
    assert not page.all("link")
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)|url\(|@import|https?:""", text)
    image = page.all("img")[0]
    assert base64.b64decode(image["src"].removeprefix("data:image/png;base64,")) == figures[0].png.read_bytes()
    assert (image["width"], image["height"]) == ("2", "1")
    assert image["alt"].startswith('Korea "−1 %" <now>')
    identities = [attributes["id"] for _, attributes in page.seen if "id" in attributes]
    assert len(identities) == len(set(identities))


def test_story_table_figures_reading_and_provenance_come_in_this_order(
    context: FigureContext, table: pd.DataFrame, figures: list[Shown]
) -> None:
    text = "".join(Page(render_report(context, BLOCKS, table, figures)).words)
    order = ["What happens", "<b>trade</b> & quarrel", "Measures", "Results", "−0.50 (−0.50 to −0.50)", "Figure 1.",
             "How to read this", "not forecasts", "Where these numbers come from", "3fa9c1d2"]  # fmt: skip
    places = [text.index(piece) for piece in order]
    assert places == sorted(places)
    for said in ("status_quo", "20 draws", "2026, 2030, 2035", "billion US dollars of 2018"):
        assert said in text


def test_one_draw_is_said_to_have_no_band(context: FigureContext, table: pd.DataFrame) -> None:
    text = render_report(replace(context, draws=1), [], table.assign(draws=1), [])
    assert "there is no band" in text
    assert "(−0.50" not in text


def test_the_rows_of_a_stance_share_its_name(context: FigureContext, table: pd.DataFrame) -> None:
    heads = [cell for cell in Page(render_report(context, [], table, [])).all("th") if cell["scope"] == "rowgroup"]
    assert [cell["rowspan"] for cell in heads] == ["3", "3"]


def test_the_same_results_give_the_same_page(context: FigureContext, table: pd.DataFrame, figures: list[Shown]) -> None:
    assert render_report(context, BLOCKS, table, figures) == render_report(context, BLOCKS, table, figures)


def test_blocks_may_be_objects(context: FigureContext, table: pd.DataFrame) -> None:
    @dataclass(frozen=True)
    class Block:
        kind: str
        text: str = ""
        header: tuple[str, ...] = ()
        rows: tuple[tuple[str, ...], ...] = ()

    blocks = [
        Block("title", "Two <blocs>"),
        Block("list", rows=(("one",), ("two",))),
        Block("table", "T", ("A",), (("x",),)),
    ]
    page = Page(render_report(context, blocks, table, []))
    assert len(page.all("li")) == 2 + 5
    text = "".join(page.words)
    assert text.count("Two <blocs>") == 2
    for said in ("one", "two", "T", "x"):
        assert said in text


@pytest.mark.parametrize("block", [{"kind": "poem", "text": "x"}, {"kind": "paragraph"}, {"text": "x"}])
def test_unknown_blocks_are_refused(block: dict[str, str], context: FigureContext, table: pd.DataFrame) -> None:
    with pytest.raises(StoreError):
        render_report(context, [block], table, [])


def test_a_lost_picture_is_named(context: FigureContext, table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone\.png"):
        render_report(context, [], table, [Shown("gone", "t", "c", tmp_path / "gone.png")])


def test_a_long_table_of_the_story_is_folded(context: FigureContext, table: pd.DataFrame) -> None:
    story = [{"kind": "table", "header": ["A"], "rows": [[str(k)] for k in range(rows)]} for rows in (5, 50)]
    page = Page(render_report(context, story, table, []))
    assert len(page.all("details")) == 1
    assert "50" in "".join(page.words)
