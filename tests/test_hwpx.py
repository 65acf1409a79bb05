"""The Hangul file: a whole package, references that resolve, and all of the document's text, tables and pictures."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest

from model.errors import StoreError
from model.reports.document import Bullets, Document, Heading, Paragraph, Picture, Table
from model.reports.formats import FORMATS, UNVERIFIED, write_document
from model.reports.hwpx import write_hwpx
from model.reports.pages import numbered, under
from model.reports.word import broken
from model.words import speaker

SPACE = "{http://www.hancom.co.kr/hwpml/2011/"
HP, HH, HC = (f"{SPACE}{name}}}" for name in ("paragraph", "head", "core"))
OPF = "{http://www.idpf.org/2007/opf/}"
TEXT_WIDTH = 45354
"""16 cm in 7200ths of an inch."""
REFERENCES = {"charPrIDRef": "charPr", "paraPrIDRef": "paraPr", "styleIDRef": "style", "nextStyleIDRef": "style", "tabPrIDRef": "tabPr"}
WORDS = {"ko": ("요약 <초안> & \"검토\"", "실질소득은 −1.4% 하락함."), "en": ("Summary <draft> & \"check\"", "Real income falls by 1.4%.")}


def made_up(folder: Path, lang: str) -> Document:
    """A document with every kind of piece, in an order that a mix-up would show in."""
    for name, shape in (("wide", (90, 160)), ("tall", (300, 100))):
        matplotlib.image.imsave(folder / f"{name}.png", np.zeros((*shape, 3)))
    title, text = WORDS[lang]
    banded = Table(
        "b", "B", ("", "y"), (("x", 1.0), ("z", 2.0)), unit="%", notes=("n",), source="s", shown=((text, "2035"), ("x", "+1.0 (0.5–1.5)"), ("z", "+2.0")),
    )  # fmt: skip
    long = Table("l", title, tuple("abcdefghi"), tuple((text, *(k * 1.5 for _ in range(8))) for k in range(40)))
    return Document(
        title, text, lang,
        (Heading(title), Paragraph(text), Paragraph("a note", note=True), Paragraph("a list:"), Bullets(("one", "two & three")),
         Picture(folder / "wide.png", "W", text), banded, Heading("H"), long, Picture(folder / "tall.png", "T", "'\"<>"), Paragraph("end")),
    )  # fmt: skip


@pytest.fixture(scope="module", params=["ko", "en"])
def document(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Document:
    return made_up(tmp_path_factory.mktemp("그림"), request.param)


@pytest.fixture(scope="module")
def package(document: Document, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_hwpx(document, tmp_path_factory.mktemp("보고서") / "new" / "report.hwpx")


def part(package: Path, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(package) as parts:
        return ElementTree.fromstring(parts.read(name))


def section(package: Path) -> ElementTree.Element:
    return part(package, "Contents/section0.xml")


def header(package: Path) -> ElementTree.Element:
    return part(package, "Contents/header.xml")


def said(paragraph: ElementTree.Element) -> str:
    """A paragraph's own text, line breaks as such, without what stands in its tables."""
    lines = [t for run in paragraph.findall(f"{HP}run") for t in run.findall(f"{HP}t")]
    return "".join((t.text or "") + "".join("\n" + (mark.tail or "") for mark in t) for t in lines)


def cells(table: ElementTree.Element) -> list[list[str]]:
    return [["\n".join(said(p) for p in cell.iter(f"{HP}p")) for cell in row] for row in table.findall(f"{HP}tr")]


def test_the_package_begins_with_its_stored_type_and_bears_one_date(package: Path) -> None:
    with zipfile.ZipFile(package) as parts:
        entries = parts.infolist()
        assert parts.testzip() is None and parts.read("mimetype") == b"application/hwp+zip"
        preview = parts.read("Preview/PrvText.txt").decode("utf-8")
    assert entries[0].filename == "mimetype" and entries[0].compress_type == zipfile.ZIP_STORED and entries[0].header_offset == 0
    assert {entry.date_time for entry in entries} == {(2018, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in entries] == [
        "mimetype", "version.xml", "Contents/header.xml", "Contents/section0.xml", "settings.xml", "META-INF/container.rdf",
        "Contents/content.hpf", "META-INF/container.xml", "META-INF/manifest.xml", "Preview/PrvText.txt", "BinData/image1.png",
        "BinData/image2.png",
    ]  # fmt: skip
    assert preview.startswith(said(section(package)[0]) + "\r\n")


def test_every_part_is_well_formed_and_every_part_named_is_there(package: Path) -> None:
    with zipfile.ZipFile(package) as parts:
        names = set(parts.namelist())
        for name in names - {"mimetype"}:
            if name.endswith((".xml", ".hpf", ".rdf")):
                ElementTree.fromstring(parts.read(name))
    roots = [root.attrib["full-path"] for root in part(package, "META-INF/container.xml").iter() if "full-path" in root.attrib]
    items = {item.attrib["id"]: item.attrib["href"] for item in part(package, "Contents/content.hpf").iter(f"{OPF}item")}
    assert roots[0] == "Contents/content.hpf" and set(roots) | set(items.values()) <= names
    assert {name for name in names if name.startswith(("BinData/", "Contents/s"))} <= set(items.values())
    assert {ref.attrib["idref"] for ref in part(package, "Contents/content.hpf").iter(f"{OPF}itemref")} <= set(items)


def test_every_reference_resolves_and_every_count_is_right(package: Path) -> None:
    head, body = header(package), section(package)
    known = {kind: [e.attrib["id"] for e in head.iter(f"{HH}{kind}")] for kind in {*REFERENCES.values(), "borderFill", "bullet", "numbering"}}
    for kind, ids in known.items():
        assert ids == [str(number) for number in range(int(ids[0]), int(ids[0]) + len(ids))], kind
    for counted in (e for e in head.iter() if "itemCnt" in e.attrib or "fontCnt" in e.attrib):
        assert int(counted.attrib.get("itemCnt", counted.attrib.get("fontCnt", ""))) == len(counted)
    found = 0
    for element in [*head.iter(), *body.iter()]:
        for name, value in element.attrib.items():
            if name == "charPrIDRef" and element.tag == f"{HH}paraHead":
                assert value == "4294967295"
            elif name in REFERENCES or name == "borderFillIDRef":
                found += 1
                assert value in known[REFERENCES.get(name, "borderFill")], (element.tag, name, value)
    assert found > 500
    used = {p.attrib["styleIDRef"] for p in body.iter(f"{HP}p")}
    assert len(used) >= 8 and body.find(f".//{HP}secPr").attrib["outlineShapeIDRef"] in known["numbering"]  # type: ignore[union-attr]
    lists = [e.attrib["idRef"] for e in head.iter(f"{HH}heading") if e.attrib["type"] == "BULLET"]
    assert lists and set(lists) <= set(known["bullet"])
    faces = {face.attrib["lang"].lower(): {f.attrib["id"] for f in face} for face in head.iter(f"{HH}fontface")}
    assert all(value in faces[script] for ref in head.iter(f"{HH}fontRef") for script, value in ref.attrib.items())
    assert {f.attrib["face"] for f in head.iter(f"{HH}font")} == {"함초롬바탕", "맑은 고딕"}
    objects = [e.attrib["id"] for kind in ("tbl", "pic") for e in body.iter(f"{HP}{kind}")]
    assert len(set(objects)) == len(objects) == 4


def test_all_text_is_there_in_order(document: Document, package: Path) -> None:
    expected, say = [document.title, document.lead], speaker(document.lang)
    for _, block, number in numbered(document):
        if isinstance(block, Heading):
            expected.append(f"{number}. {block.text}")
        elif isinstance(block, Bullets):
            expected += block.items
        elif isinstance(block, Picture):
            expected += ["", say("paper.word.figure", number=number, text=block.title), block.caption]
        elif isinstance(block, Table):
            unit = f" ({block.unit})" if block.unit else ""
            expected += [say("paper.word.table", number=number, text=block.title + unit), "", under(block, document.lang)]
        else:
            expected.append(block.text)
    assert [said(paragraph) for paragraph in section(package)] == expected


def test_styles_say_what_a_paragraph_is(package: Path) -> None:
    names = {style.attrib["id"]: style.attrib["engName"] for style in header(package).iter(f"{HH}style")}
    used = [names[p.attrib["styleIDRef"]] for p in section(package)]
    assert used[:8] == ["Title", "Subtitle", "Outline 1", "Normal", "Note", "Before List", "Bullet", "Bullet"]
    assert used[8:] == [
        "Object", "Caption", "Note", "Caption", "Object", "Note", "Outline 1", "Caption", "Object", "Note", "Object", "Caption", "Note", "Normal",
    ]  # fmt: skip


def test_tables_have_their_rows_columns_addresses_and_a_header(document: Document, package: Path) -> None:
    given = [block for block in document.blocks if isinstance(block, Table)]
    aligned = {p.attrib["id"]: p.find(f"{HH}align").attrib["horizontal"] for p in header(package).iter(f"{HH}paraPr")}  # type: ignore[union-attr]
    tables = list(section(package).iter(f"{HP}tbl"))
    assert len(tables) == len(given) == 2
    for table, block in zip(tables, given, strict=True):
        texts = [block.head(), *block.text()]
        assert cells(table) == [[broken(text) for text in row] for row in texts]
        assert (int(table.attrib["rowCnt"]), int(table.attrib["colCnt"])) == (len(texts), len(texts[0]))
        for at, row in enumerate(table.findall(f"{HP}tr")):
            for k, cell in enumerate(row):
                address = cell.find(f"{HP}cellAddr")
                assert address is not None and address.attrib == {"colAddr": str(k), "rowAddr": str(at)}
                assert cell.attrib["header"] == str(int(at == 0))
                shape = cell.find(f".//{HP}p").attrib["paraPrIDRef"]  # type: ignore[union-attr]
                assert aligned[shape] == ("RIGHT" if block.numeric()[k] else "LEFT")
            widths = [int(size.attrib["width"]) for size in row.iter(f"{HP}cellSz")]
            assert abs(sum(widths) - TEXT_WIDTH) <= len(widths) and min(widths) > 0
        assert table.attrib["repeatHeader"] == "1" and table.attrib["pageBreak"] == "TABLE"
    drawn = {b.attrib["id"]: {e.tag.removeprefix(HH) for e in b if e.attrib.get("type") == "SOLID"} for b in header(package).iter(f"{HH}borderFill")}
    edges = [drawn[row[0].attrib["borderFillIDRef"]] for row in tables[0].findall(f"{HP}tr")]
    assert edges == [{"topBorder", "bottomBorder"}, set(), {"bottomBorder"}]


def test_pictures_keep_their_shape_fit_the_page_and_say_what_they_show(document: Document, package: Path) -> None:
    given = [block for block in document.blocks if isinstance(block, Picture)]
    pictures = list(section(package).iter(f"{HP}pic"))
    hrefs = {item.attrib["id"]: item.attrib["href"] for item in part(package, "Contents/content.hpf").iter(f"{OPF}item")}
    sizes = []
    for picture, block in zip(pictures, given, strict=True):
        size, dim, image, words = (picture.find(path) for path in (f"{HP}sz", f"{HP}imgDim", f"{HC}img", f"{HP}shapeComment"))
        assert size is not None and dim is not None and image is not None and words is not None
        with zipfile.ZipFile(package) as parts:
            assert parts.read(hrefs[image.attrib["binaryItemIDRef"]]) == block.path.read_bytes()
        assert words.text == f"{block.title}. {block.caption}"
        sizes.append((int(size.attrib["width"]), int(size.attrib["height"]), int(dim.attrib["dimwidth"]), int(dim.attrib["dimheight"])))
    assert sizes == [(39685, 22323, 160 * 75, 90 * 75), (19843, 59528, 100 * 75, 300 * 75)]  # 14 cm wide; 21 cm high


def test_pictures_move_as_letters_and_tables_break_between_rows(package: Path) -> None:
    held = {kind: [e.find(f"{HP}pos").attrib["treatAsChar"] for e in section(package).iter(f"{HP}{kind}")] for kind in ("pic", "tbl")}  # type: ignore[union-attr]
    assert held == {"pic": ["1", "1"], "tbl": ["0", "0"]}


def test_the_page_is_a4_with_a_number(package: Path) -> None:
    body = section(package)
    page, number = body.find(f".//{HP}pagePr"), body.find(f".//{HP}pageNum")
    assert page is not None and number is not None and number.attrib["pos"] == "BOTTOM_CENTER"
    assert (page.attrib["width"], page.attrib["height"]) == ("59528", "84188")
    margins = {name: int(value) for name, value in page[0].attrib.items()}
    assert 59528 - margins["left"] - margins["right"] == TEXT_WIDTH
    assert margins["top"] + margins["header"] == margins["left"] == margins["bottom"] + margins["footer"]


def test_the_same_document_gives_the_same_bytes_and_no_path(document: Document, package: Path, tmp_path: Path) -> None:
    again = write_document(document, "hwpx", tmp_path / "again.hwpx")
    assert again.read_bytes() == package.read_bytes()
    with zipfile.ZipFile(again) as parts:
        text = b"".join(parts.read(name) for name in parts.namelist() if not name.endswith(".png")).decode("utf-8")
    assert not any(block.path.parent.name in text for block in document.blocks if isinstance(block, Picture))
    assert not re.search(r"20[12]\d-\d\d-\d\d", text)


def test_a_lost_picture_is_named_and_leaves_no_half_file(tmp_path: Path) -> None:
    lost = Document("D", "", "en", (Picture(tmp_path / "gone.png", "t", "c"),))
    with pytest.raises(StoreError, match=r"gone\.png"):
        write_hwpx(lost, tmp_path / "x.hwpx")
    assert not (tmp_path / "x.hwpx").exists()


def test_it_is_neither_the_default_nor_called_verified() -> None:
    assert FORMATS[0] == "html" and set(UNVERIFIED) == {"hwpx"} < set(FORMATS)
