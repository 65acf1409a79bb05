"""Reports: one document rendered as a page, Word and Markdown; tables and sources beside it; nothing invented."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

import pandas as pd
import pytest
from click.testing import CliRunner

from model.cli import Cli
from model.errors import StoreError
from model.experiments import report as reports
from model.experiments import results, store
from model.experiments.folder import RunFolder, open_run
from model.experiments.inputs import input_tables
from model.experiments.results import FigureContext
from model.figures import FIGURES
from model.phrases import amount
from model.reports import Document, Facts, Table, paper
from model.reports.document import Bullets, Heading, Paragraph, Picture, printed
from model.reports.formats import FORMATS
from model.reports.pages import render_html, render_markdown
from model.reports.paper import income_table
from model.reports.sheets import write_sheet
from model.reports.sources import sources_text
from model.reports.trust import _rough
from model.reports.word import write_docx
from model.scenario.record import resolved
from model.scenario.resolve import load_scenario
from model.words import has_word, word
from tests.beside import write_beside
from tests.folders import unsettled
from tests.test_figures import INPUTS, STANCES, recordings

pytestmark = pytest.mark.filterwarnings("error")
VOID = {"meta", "img", "br", "hr", "link", "input"}
DRAWS = 6
SAID = ("real-income", "segments", "bloc-index", "exports", "channels", "published")
"""Figures whose data the report speaks of."""
SHOWN = ("real-income", "segments", "bloc-index", "exports", "channels", "tornado", "prim-box", "strategies")
"""Figures in a report with all its parts, in order; further ones stand in figures/."""


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


def manifest() -> dict[str, Any]:
    """A manifest as `run` writes it, for the made-up results."""
    scenario = resolved(load_scenario("blocs"))
    return {
        "run": "3fa9c1d2e4b5" * 5, "scenario": scenario, "baseline": {**resolved(load_scenario("history")), "name": "status_quo"},
        "stances": list(STANCES), "years": [2026, 2030, 2035], "parameters": "ab" * 32, "seed": 7, "draws": DRAWS, "planned": 24,
        "engine": {"version": "0.1.0"}, "failed": [], "refused_draws": [14],
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with made-up results."""
    folder = tmp_path_factory.mktemp("결과")
    store.write_results(folder / store.RESULTS, recordings(DRAWS))
    store.write_manifest(folder, manifest(), {})
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> RunFolder:
    return open_run(folder, "ko")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The report of such a run with all that other commands can put beside it, all formats, in Korean."""
    out, whole = tmp_path_factory.mktemp("보고서"), tmp_path_factory.mktemp("결과")
    store.write_results(whole / store.RESULTS, recordings(DRAWS))
    store.write_manifest(whole, manifest(), {})
    write_beside(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.experiments.question.unfinished", unsettled)
        reports.write_report(open_run(whole, "ko"), FORMATS, out)
        yield out


def told(run: RunFolder, **changes: Any) -> Facts:
    """Facts of a run without drawing anything."""
    context = replace(run.context, **changes)
    data = {name: FIGURES[name].data(run.results, context) for name in SAID}
    return Facts(context, run.results, run.manifest, {name: rows for name, rows in data.items() if len(rows)})


def texts(document: Document) -> Iterator[str]:
    """All running text of a report."""
    for block in document.blocks:
        if isinstance(block, (Heading, Paragraph)):
            yield block.text
        elif isinstance(block, Bullets):
            yield from block.items
        elif isinstance(block, Table):
            yield from (block.title, block.unit, *block.notes, *block.head())


# the page


def test_the_page_is_whole_and_asks_nobody(written: Path) -> None:
    text = (written / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.all("html") == [{"lang": "ko"}]
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", text) and "<script" not in text
    assert "default-src 'none'" in page.all("meta")[2]["content"]
    assert len(page.all("h2")) == 9 and len(page.all("img")) == len(SHOWN)
    assert all(image["alt"] and int(image["width"]) > 500 for image in page.all("img"))


def test_what_is_put_in_is_escaped() -> None:
    hostile = "<script>alert('x')</script> & {{ 7 * 7 }}"
    table = Table("t", hostile, (hostile,), ((hostile,),), notes=(hostile,))
    page = render_html(Document(hostile, hostile, "en", (Heading(hostile), Paragraph(hostile), Bullets((hostile,)), table)))
    assert "<script>" not in page and "49" not in Page(page).words
    assert "".join(Page(page).words).count(hostile) == 11


def test_markdown_tables_keep_their_columns() -> None:
    table = Table("t", "T", ("a|b", "c"), (("x\ny", 1.5), ("p|q", -2.0)))
    lines = render_markdown(Document("D", "", "en", (table,))).splitlines()
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if line.startswith("|")]
    assert [len(row) for row in rows] == [2, 2, 2, 2] and rows[3][1].strip() == "−2.00"


def test_a_lost_picture_is_named(tmp_path: Path) -> None:
    lost = Document("D", "", "en", (Picture(tmp_path / "gone.png", "t", "c"),))
    for render in (render_html, lambda d: write_docx(d, tmp_path / "x.docx")):
        with pytest.raises(StoreError, match=r"gone\.png"):
            render(lost)


def test_printed_numbers() -> None:
    assert [printed(cell, 2) for cell in (0.001, -0.5, 1234.5, float("nan"), 7, "x")] == ["0.00", "−0.50", "+1,234.50", "–", "7", "x"]


# Word


def test_the_word_file_has_styles_captions_alternative_texts_and_korean_fonts(written: Path) -> None:
    from docx import Document as read

    word_file = read(str(written / "report.docx"))
    assert max(shape.height.cm for shape in word_file.inline_shapes) <= 21.01
    used = {p.style.name for p in word_file.paragraphs if p.style is not None}
    with zipfile.ZipFile(written / "report.docx") as parts:
        fields = re.findall(r'w:instr="([^"]+)"', parts.read("word/document.xml").decode())
    assert fields.count(" SEQ Figure \\* ARABIC ") == len(SHOWN) and fields.count(" SEQ Table \\* ARABIC ") == len(word_file.tables)
    assert {"Title", "Subtitle", "Heading 1", "Caption", "Note", "List Bullet"} <= used
    with zipfile.ZipFile(written / "report.docx") as parts:
        body, styles = (parts.read(f"word/{name}.xml").decode() for name in ("document", "styles"))
    described = re.findall(r'<wp:docPr [^>]*descr="([^"]*)"', body)
    assert len(described) == len(word_file.inline_shapes) == len(SHOWN) and all(described)
    assert styles.count('w:eastAsia="맑은 고딕"') >= 6 and 'eastAsiaTheme="' not in re.search(
        r'<w:style [^>]*w:styleId="Heading1".*?</w:style>', styles, re.DOTALL
    ).group(0)  # type: ignore[union-attr]
    assert body.count("<w:tblHeader/>") == len(word_file.tables) >= 4
    captions = [p.text for p in word_file.paragraphs if p.style is not None and p.style.name == "Caption"]
    assert sum(text.startswith("<그림") for text in captions) == len(described)
    assert re.findall(r'<wp:docPr [^>]*name="([^"]*)"', body) == list(SHOWN)


def test_office_files_have_the_same_bytes_again_and_no_date(run: RunFolder, tmp_path: Path) -> None:
    document = paper(told(run), {})
    table = next(block for block in document.blocks if isinstance(block, Table))
    for place in ("a", "b"):
        write_docx(document, tmp_path / place / "r.docx")
        write_sheet(table, tmp_path / place / "t.xlsx", "ko")
    for name in ("r.docx", "t.xlsx"):
        first, again = ((tmp_path / place / name).read_bytes() for place in "ab")
        assert first == again
        with zipfile.ZipFile(tmp_path / "a" / name) as parts:
            assert {info.date_time for info in parts.infolist()} == {(2018, 1, 1, 0, 0, 0)}
            assert not re.search(r"202\d-\d\d-\d\dT", parts.read("docProps/core.xml").decode())


def test_the_word_file_opens_in_libreoffice(written: Path, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    import subprocess

    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(written / "report.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


# tables and sources


def test_sheets_hold_numbers_as_numbers_with_unit_note_and_source(written: Path) -> None:
    from openpyxl import load_workbook

    names = {path.stem for path in (written / "tables").glob("*.xlsx")}
    assert names >= {"real-income", "first-quarters", "stances", "measures", "provenance"}
    sheet = load_workbook(written / "tables" / "real-income.xlsx").active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert str(cells[1][0]).startswith("단위: ") and str(cells[-2][0]).startswith("주: ") and str(cells[-1][0]).startswith("출처: ")
    body = cells[3:-3]  # two notes
    assert len(body) == 9 and all(isinstance(value, float) for row in body for value in row[2:])
    assert len(cells[2]) == 2 + 3 * 3 + 1  # and growth a year


def test_the_numbers_of_the_table_are_those_of_the_results(run: RunFolder) -> None:
    frame = results.headline_table(run.results, "blocs", STANCES, "status_quo", "KOR", (2026, 2030, 2035))
    table = next(b for b in paper(told(run), {}).blocks if isinstance(b, Table) and b.name == "real-income")
    assert [row[8] for row in table.rows] == list(frame["central_2035"])
    facts = told(run)
    assert facts.income("hedge").central == frame.set_index(["stance", "region"]).loc[("hedge", "KOR"), "central_2035"]


def test_sources_name_the_run_every_document_and_every_figure(run: RunFolder) -> None:
    text = sources_text(run.context, run.manifest)
    for said in ("0.1.0", "3fa9c1d2e4b5", "status_quo", "KIET-2023-06".lower(), "@software{", "[kr.strategy.1]", "abababababab"):
        assert said in text
    documents, register = run.context.table("documents"), run.context.table("register")
    assert text.count("@techreport{") == len(documents) == 4
    assert sum(line.startswith("[") for line in text.splitlines()) >= len(register)
    entries = text[text.index("@software") :]
    assert entries.count("{") == entries.count("}")


# what it says


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_section_is_there_and_no_field_is_left(run: RunFolder, folder: Path, lang: str) -> None:
    document = paper(told(open_run(folder, lang)), {})
    assert [b.text for b in document.blocks if isinstance(b, Heading)] == [
        word(f"paper.{name}", lang) for name in
        ("asked", "answer", "results", "stances", "drives", "assumes", "implications", "trust", "provenance")
    ]  # fmt: skip
    for text in texts(document):
        assert not re.search(r"\{\w*\}|\bnan\b|은\(는\)|이\(가\)|\(으\)로|−−|\+−", text), text


def test_a_korean_report_says_once_that_sources_stand_as_they_were_written(run: RunFolder) -> None:
    document = paper(told(run), {})
    (table,) = (block for block in document.blocks if isinstance(block, Table) and block.name == "measures")
    place = list(table.header).index("출처(원문)")
    held = {str(row[place]) for row in table.rows}
    assert "가정: scenario of this study" in held and not any(text.startswith("assumed") for text in held)
    note = word("paper.table.measures_note", "ko")
    assert "원문" in note and " ".join(table.notes).count(note) == 1 and word("paper.assumes.sources", "ko") in list(texts(document))
    text = sources_text(run.context, run.manifest)
    assert "저자 미상" in text and "not named," not in text and "원문 표기" in text


def test_exports_are_said_in_dollars_and_not_in_percent(run: RunFolder) -> None:
    facts = told(run)
    rows = facts.data["exports"]
    rows = rows[(rows["measure"] == "Exports") & (rows["year"] == 2035)]
    to, stance, level, base = facts.farthest("exports", "to", "Exports") or ("", "", 0.0, 0.0)
    own = rows[rows["to"] == to].set_index("stance")["central"]
    assert (level, base) == (own[stance], own["baseline"])
    said = " ".join(texts(paper(facts, {})))
    assert amount(level, "usd", "ko") in said and amount(base, "usd", "ko") in said


def test_amounts_in_won_state_their_rate(run: RunFolder) -> None:
    facts, dollars = told(run, rate=1300.0), told(run)
    _, _, level, _ = facts.farthest("exports", "to", "Exports") or ("", "", 0.0, 0.0)
    document = paper(facts, {})
    said = " ".join(texts(document))
    assert "1,300원" in document.lead and "1,300원" not in paper(dollars, {}).lead
    assert f"{level * 1.3:.1f}조 원" in said and not re.search(r"\d억 달러", said)


def test_overlapping_bands_are_not_ranked(run: RunFolder) -> None:
    facts = told(run)
    assert facts.overlap() is False and word("paper.advice.overlap", "ko") not in " ".join(texts(paper(facts, {})))
    one, other = facts.stances[:2]
    table = facts.draws.copy()
    table[one], table[other] = [0.3, 0.1, -0.2, 0.0, 0.2, -0.3], [0.0] * DRAWS
    facts.__dict__["draws"] = table
    assert facts.overlap() is True
    said = " ".join(texts(paper(facts, {})))
    assert word("paper.advice.overlap", "ko") in said and "우열을 가릴 수 없음" in said


def test_a_central_value_outside_its_band_is_explained(run: RunFolder) -> None:
    facts, rows = told(run), told(run)._incomes
    note = word("paper.table.outside", "ko")
    facts.__dict__["_incomes"] = rows.assign(value=1.0)
    assert note not in income_table(facts).notes
    facts.__dict__["_incomes"] = rows.assign(value=rows["draw"] - 9.0 * (rows["draw"] == 0))
    assert note in income_table(facts).notes


def test_rough_ends_of_bands_are_said(run: RunFolder) -> None:
    c = told(run).context
    assert _rough(4, c) == [] and _rough(100, c) == [] and len(_rough(5, c)) == 1
    assert "약 2회" in _rough(20, c)[0]


def test_regret_and_shares_by_hand(run: RunFolder) -> None:
    facts = told(run)
    facts.__dict__["draws"] = pd.DataFrame({"align_us": [1.0, -1.0], "hedge": [0.5, 0.0], "align_cn": [-2.0, -2.0]})
    assert (facts.regret("align_us"), facts.regret("hedge"), facts.regret("align_cn")) == (1.0, 0.5, 3.0)
    assert (facts.share_highest("align_us"), facts.share_highest("hedge")) == (50.0, 50.0)
    many = pd.DataFrame({"align_us": [*[1.0] * 10, -9.0], "hedge": 0.0})
    facts.__dict__["draws"] = many  # one draw of eleven does not make the regret
    assert (facts.regret("align_us"), facts.regret("hedge")) == (0.0, 1.0)
    facts.__dict__["draws"] = pd.DataFrame({"align_us": [1.0, -1.0], "hedge": [0.5, 0.0], "align_cn": [-2.0, -2.0]})
    assert (facts.share_highest("align_cn", lowest=True), facts.share_highest("hedge", lowest=True)) == (100.0, 0.0)


def test_first_quarters_are_differences_by_hand(run: RunFolder) -> None:
    table = told(run).first_quarters()
    frame = run.results
    own = frame[(frame["variable"] == "Real Income") & (frame["region"] == "KOR") & (frame["draw"] == 0) & (frame["quarter"] == "2026Q3")]
    level = own.set_index("scenario")["value"]
    assert next(iter(table.columns)) == "2026Q1" and table.shape == (3, 8)
    assert table.loc["hedge", "2026Q3"] == pytest.approx(100 * (level["blocs@hedge"] / level["status_quo"] - 1))


MISSING: dict[str, dict[str, Any]] = {
    "no stance": {"stances": ()}, "one stance": {"stances": ("hedge",)}, "no baseline": {"baseline": "absent"},
    "no scenario": {"scenario": "absent"}, "no region": {"focus": "JPN"}, "no year": {"years": ()}, "no inputs": {"inputs": {}},
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_report_of_a_run_with_missing_parts_says_so(run: RunFolder, name: str, lang: str) -> None:
    facts = told(run, lang=lang, **MISSING[name])
    document = paper(facts, {})
    said = list(texts(document))
    assert sum(isinstance(b, Heading) for b in document.blocks) == 9
    assert not any(re.search(r"\bnan\b|\{\w*\}", text) for text in said)
    expected = {
        "no inputs": word("paper.missing.measures", lang), "one stance": word("paper.missing.choice", lang),
    }.get(name, word("paper.missing.calibration", lang))  # fmt: skip
    assert expected in said
    if name in ("no baseline", "no scenario", "no region", "no stance"):
        assert any(text.startswith(word("paper.missing.income", lang, region="#", scenario="absent")[:14]) for text in said) or lang == "ko"


# commands


def invoke(*args: str) -> Any:
    return CliRunner().invoke(Cli(), list(args))


@pytest.mark.parametrize("command", ["figures", "report", "cite"])
def test_a_folder_that_is_no_run_is_refused_with_the_way_out(command: str, tmp_path: Path) -> None:
    for case, needle in ((tmp_path / "absent", "no such folder"), (tmp_path, "blocs run")):
        result = invoke(command, str(case))
        assert result.exit_code == 2 and needle in result.output and "Traceback" not in result.output
    (tmp_path / "results.parquet").write_bytes(b"x")
    (tmp_path / "manifest.json").write_text("[", encoding="utf-8")
    assert invoke(command, str(tmp_path)).exit_code == 3
    (tmp_path / "manifest.json").write_text('{"run": "x"}', encoding="utf-8")
    assert "run the scenario again" in invoke(command, str(tmp_path)).output


@pytest.mark.parametrize(
    ("args", "needle"),
    [
        (["figures", "--only", "real-incom"], "did you mean real-income?"), (["figures", "--format", "gif"], "png, pdf, svg"),
        (["report", "--currency", "KRW"], "--rate 1300"), (["report", "--currency", "KRW", "--rate", "x"], "found x"),
        (["report", "--currency", "EUR"], "USD, KRW"), (["figures", "--size", "poster"], "page, column, slide"), (["report", "--format", "hwp"], "html, docx, md, hwpx"),
    ],
)  # fmt: skip
def test_unknown_names_are_refused_with_what_is_allowed(args: list[str], needle: str, folder: Path) -> None:
    result = invoke(args[0], str(folder), *args[1:])
    assert result.exit_code == 2 and needle in result.output


def test_a_brief_refuses_formats_before_it_runs(tmp_path: Path) -> None:
    result = invoke("brief", "chips", "--format", "pdf", "--out", str(tmp_path / "out"))
    assert result.exit_code == 2 and "html, docx, md, hwpx" in result.output and not (tmp_path / "out").exists()


@pytest.mark.parametrize(("lang", "needle"), [("ko", "검증되지 않은"), ("en", "unverified")])
def test_a_hangul_file_is_said_to_be_unverified(lang: str, needle: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kinds in (("docx",), ("docx", "hwpx")):
        monkeypatch.setattr(reports, "write_report", lambda *_, kinds=kinds, **__: [folder / f"report.{kind}" for kind in kinds])
        result = invoke("report", str(folder), "--format", ",".join(kinds), "--lang", lang)
        assert result.exit_code == 0 and (needle in result.output) == ("hwpx" in kinds)
    assert "--format docx" in result.output
    for command in ("report", "brief"):
        assert needle.replace("검증되지 않은", "docx를 권장") in " ".join(invoke(command, "--help", "--lang", lang).output.split())


def test_the_hangul_file_says_what_the_word_file_says(written: Path) -> None:
    from docx import Document as read

    word_file = read(str(written / "report.docx"))
    with zipfile.ZipFile(written / "report.hwpx") as parts:
        text = parts.read("Contents/section0.xml").decode("utf-8")
        pictures = [name for name in parts.namelist() if name.startswith("BinData/")]
    lines = [unescape(found) for found in re.findall(r"<hp:t>(.*?)</hp:t>", text)]
    at = 0
    for paragraph in word_file.paragraphs:
        if paragraph.text and paragraph.style is not None and paragraph.style.name != "Caption":
            at = lines.index(paragraph.text, at) + 1
    assert text.count("<hp:tbl ") == len(word_file.tables) and len(pictures) == len(word_file.inline_shapes) == len(SHOWN)


def test_a_root_has_no_report(tmp_path: Path) -> None:
    store.write_results(tmp_path / store.RESULTS, recordings(1, ()))
    store.write_manifest(tmp_path, {**manifest(), "baseline": None, "stances": [""]}, {})
    result = invoke("report", str(tmp_path))
    assert result.exit_code == 2 and "not compared" in result.output


def test_estimates_of_verify_are_read_from_the_folder(run: RunFolder, tmp_path: Path) -> None:
    from model.experiments.published import published
    from model.experiments.verify import Comparison, Verification, write_published

    theirs = next(p for p in published() if p.run == "tariff")
    write_published(Verification([], comparisons=[Comparison(theirs, -0.25, ())]), tmp_path)
    inputs = input_tables(manifest(), "ko", tmp_path)
    rows = FIGURES["published"].data(run.results, replace(run.context, inputs=inputs))
    own = rows[rows["run"] == "tariff"].iloc[0]
    assert (own["ours"], bool(own["inside"])) == (-0.25, True)
    assert "tariff" not in set(FIGURES["published"].data(run.results, run.context)["run"])


def test_figures_and_cite_write_into_the_folder(folder: Path, tmp_path: Path) -> None:
    args = ["--only", "evidence", "--format", "svg", "--size", "slide", "--lang", "ko", "--out", str(tmp_path), "--json"]
    result = invoke("figures", str(folder), *args)
    assert result.exit_code == 0 and json.loads(result.stdout)[0]["name"] == "evidence"
    assert {path.name for path in tmp_path.iterdir()} == {"evidence.svg", "evidence.csv", "figures.json"}
    cited = invoke("cite", str(folder))
    assert cited.exit_code == 0 and (folder / "sources.txt").read_text(encoding="utf-8") == cited.stdout


def test_a_manifest_gives_the_measures_back_as_the_scenario_tells_them() -> None:
    from model.experiments.run import first_measure
    from model.scenario.story import period, scope, strength

    scenario = load_scenario("blocs")
    table = input_tables(manifest(), "en")["measures"]
    for row, measure in zip(table.to_dict("records"), scenario.measures, strict=True):
        assert (row["period"], row["scope"], row["strength"]) == (period(measure, "en"), scope(measure, "en"), strength(measure, "en"))
        assert (row["start"], row["source"]) == (measure.start, measure.source)
    new = table[table["new"]]
    assert len(new) == 9 and new["start"].min() == first_measure(scenario, load_scenario("history")) == 2026.0


def test_the_made_up_inputs_have_the_columns_of_the_real_ones() -> None:
    real = input_tables(manifest(), "en")
    for name, made in INPUTS.items():
        assert set(made.columns) <= set(real[name].columns), name


def test_every_topic_of_the_register_has_a_name() -> None:
    topics = set(input_tables(manifest(), "en")["evidence"]["topic"])
    assert topics >= {"states", "strategies"} and all(has_word(f"figure.evidence.topic.{topic}") for topic in topics)


def test_context_from_a_folder(folder: Path) -> None:
    context = open_run(folder, "en").context
    known = FigureContext("blocs", STANCES, "status_quo", "KOR", (2026, 2030, 2035), "en", context.title, "3fa9c1d2e4b5", "0.1.0", 7, DRAWS, "ab" * 6)
    assert context == known
