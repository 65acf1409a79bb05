"""A report as .docx: real styles, captions, three-line tables, alternative texts, East Asian fonts, page numbers.

What python-docx lacks (East Asian fonts, borders, alternative texts, the page field) is written as the XML it stands
for. The file holds no date and no path: the same report gives the same bytes.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.reports.document import Bullets, Document, Heading, Paragraph, Picture, Table
from model.reports.frozen import freeze
from model.reports.pages import numbered, read_picture, under
from model.words import speaker

if TYPE_CHECKING:
    from docx.document import Document as Word

FONTS = {"ko": ("맑은 고딕", "Malgun Gothic"), "en": ("Calibri", "Malgun Gothic")}
"""East Asian and Latin font by language; Word and LibreOffice put their own where these are not installed."""
TEXT_CM, PICTURE_CM, TALLEST_CM = 16.0, 14.0, 21.0
"""Widths of the text and of a picture; two pictures fit on a page. Height of a picture at most, its caption below it."""
SMALL, BODY = 8.5, 10.5
INK, RULE = "222222", 12
WIDE, WIDEST = 5, 8
"""Columns beyond which a table's letters are smaller, and smaller still."""
LEAST, MOST = 12.0, 34.0
"""Letters that a column has room for at least, and beyond which a cell's text is broken into lines."""
MARGIN = 4.0
"""A cell's own margins, in letters."""
MARK = "\0"
"""Stands for a caption's number until the field is put there."""
BANDED = re.compile(r"^([+−]?[0-9][0-9.,]*) \(")
"""A number with its band in brackets."""
SHORT, LONG = 12, 66
"""Rows up to which a table is kept on one page, unless a cell is longer than so many letters."""


def write_docx(document: Document, path: Path) -> Path:
    """Write the report and return its path."""
    from docx import Document as new_document

    word = new_document()
    _page(word)
    _styles(word, document.lang)
    word.core_properties.title, word.core_properties.author = document.title, "BLOCS"
    word.core_properties.language, word.core_properties.comments = document.lang, ""
    word.add_heading(document.title, 0)
    word.add_paragraph(document.lead, style="Subtitle")
    for _, block, number in numbered(document):
        _add(word, block, number, document.lang)
    held = BytesIO()
    word.save(held)
    freeze(held, path)
    return path


def _add(word: Word, block: Any, number: int, lang: str) -> None:
    """One block."""
    if isinstance(block, Heading):
        word.add_heading(f"{number}. {block.text}", 1)
    elif isinstance(block, Paragraph):
        line = word.add_paragraph(block.text, style="Note" if block.note else None)
        line.paragraph_format.keep_with_next = block.text.endswith(":") or None  # a list follows
    elif isinstance(block, Bullets):
        for item in block.items:
            word.add_paragraph(item, style="List Bullet")
    elif isinstance(block, Table):
        _table(word, block, number, lang)
    elif isinstance(block, Picture):
        _picture(word, block, number, lang)


def _page(word: Word) -> None:
    """A4 with 2.5 cm margins and a page number below."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Cm

    section = word.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.5)
    line = section.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(_name("w:instr"), "PAGE")
    line._p.append(field)


def _styles(word: Word, lang: str) -> None:
    """Fonts of every style used, and the styles of notes and captions."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    word.styles.add_style("Note", WD_STYLE_TYPE.PARAGRAPH).base_style = word.styles["Normal"]
    sizes = {"Normal": BODY, "Title": 20.0, "Subtitle": 11.0, "Heading 1": 14.0, "Caption": 9.5, "Note": SMALL, "List Bullet": BODY}
    east, latin = FONTS[lang]
    for name, size in sizes.items():
        style: Any = word.styles[name]
        style.font.size, style.font.name, style.font.italic = Pt(size), latin, False
        style.font.color.rgb = RGBColor.from_string(INK if name not in ("Note", "Subtitle") else "555555")
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in list(fonts.attrib):
            if "Theme" in str(key):
                del fonts.attrib[key]
        for slot, font in (("ascii", latin), ("hAnsi", latin), ("eastAsia", east), ("cs", latin)):
            fonts.set(_name(f"w:{slot}"), font)
    normal: Any = word.styles["Normal"]
    normal.paragraph_format.line_spacing, normal.paragraph_format.space_after = 1.25, Pt(6)
    word.styles["Caption"].paragraph_format.keep_with_next = True
    _language(normal)
    _no_spaces(normal)


def _language(style: Any) -> None:
    """Language of Latin and of East Asian letters."""
    from docx.oxml import OxmlElement

    found = OxmlElement("w:lang")
    found.set(_name("w:val"), "en-GB")  # Latin words and numbers are not broken inside, in Korean text either
    found.set(_name("w:eastAsia"), "ko-KR")
    style.element.get_or_add_rPr().append(found)


def _no_spaces(style: Any) -> None:
    """No space put between Hangul and digits or Latin letters: '2035년', as Korean is set."""
    from docx.oxml import OxmlElement

    spacing = style.element.get_or_add_pPr().find(_name("w:spacing"))
    for name in ("w:autoSpaceDE", "w:autoSpaceDN"):
        found = OxmlElement(name)
        found.set(_name("w:val"), "0")
        spacing.addprevious(found)  # the schema's order


def _table(word: Word, table: Table, number: int, lang: str) -> None:
    """A three-line table under its caption, with unit above and notes below."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    unit = f" ({table.unit})" if table.unit else ""
    _caption(word, "paper.word.table", number, table.title + unit, lang)
    texts_of = [table.head(), *table.text()]
    made: Any = word.add_table(rows=len(texts_of), cols=len(table.head()))
    size, aside = scale(len(table.head()))
    whole = len(texts_of) <= SHORT and max(len(text) for texts in texts_of for text in texts) <= LONG
    grid = [list(row.cells) for row in made.rows]
    for cells, texts in zip(grid, texts_of, strict=True):
        for cell, text, right in zip(cells, texts, table.numeric(), strict=True):
            line = cell.paragraphs[0]
            line.paragraph_format.space_after, line.paragraph_format.line_spacing = Pt(0), 1.0
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
            line.add_run(broken(text)).font.size = Pt(size)
            line.paragraph_format.keep_with_next = whole or cells in (grid[0], grid[-1])  # the last with its notes
    for cell in grid[0]:
        cell.paragraphs[0].runs[0].font.bold = True
    _widths(made, texts_of)
    _margins(made, aside)
    _lines(made)
    word.add_paragraph(under(table, lang), style="Note")


def scale(columns: int) -> tuple[float, int]:
    """Points of the letters in a table of so many columns, and twentieths of a point left free aside in its cells."""
    return (SMALL, 108) if columns <= WIDE else (7.5, 70) if columns <= WIDEST else (7.0, 40)


def broken(text: str) -> str:
    """A number's band on a line of its own."""
    return BANDED.sub(r"\1\n(", text, count=1)


def shares(rows: list[tuple[str, ...]]) -> list[float]:
    """Each column's part of the width: what stands in it asks for it."""
    longest = [max(letters(part) for row in rows for part in broken(row[k]).split("\n")) for k in range(len(rows[0]))]
    needs = [max(LEAST, min(length, MOST)) + MARGIN for length in longest]
    return [need / sum(needs) for need in needs]


def _widths(made: Any, rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as what stands in them asks for, together as wide as the text."""
    from docx.shared import Cm

    widths = [Cm(TEXT_CM * share) for share in shares(rows)]
    made.autofit = False
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    for row in made.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width


def _margins(made: Any, aside: int) -> None:
    """Margins in the cells, twentieths of a point: less aside in wide tables, so that '2026Q1' stays on one line."""
    from docx.oxml import OxmlElement

    margins = OxmlElement("w:tblCellMar")
    for side, width in (("top", 20), ("left", aside), ("bottom", 20), ("right", aside)):
        edge = OxmlElement(f"w:{side}")
        edge.set(_name("w:w"), str(width))
        edge.set(_name("w:type"), "dxa")
        margins.append(edge)
    made._tbl.tblPr.find(_name("w:tblLook")).addprevious(margins)  # the schema's order


def letters(text: str) -> float:
    """Width of a text in Latin letters: a Hangul syllable counts twice."""
    return float(sum(2 if ord(c) > 0x1100 and c not in "−–" else 1 for c in text))


def _lines(made: Any) -> None:
    """Three lines: above and below the header, below the table; the header is repeated on every page."""
    from docx.oxml import OxmlElement

    def border(cells: Any, edges: tuple[str, ...]) -> None:
        for cell in cells:
            borders = OxmlElement("w:tcBorders")
            for edge in edges:
                line = OxmlElement(f"w:{edge}")
                for key, value in (("val", "single"), ("sz", str(RULE)), ("color", INK)):
                    line.set(_name(f"w:{key}"), value)
                borders.append(line)
            cell._tc.get_or_add_tcPr().append(borders)

    rows = list(made.rows)
    border(rows[0].cells, ("top", "bottom"))
    if len(rows) > 1:
        border(rows[-1].cells, ("bottom",))
    for place, row in enumerate(rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if place == 0:
            properties.append(OxmlElement("w:tblHeader"))


def _picture(word: Word, picture: Picture, number: int, lang: str) -> None:
    """A picture as wide as the text, its alternative text, and its caption below."""
    from docx.shared import Cm

    shape = word.add_picture(BytesIO(read_picture(picture.path)), width=Cm(PICTURE_CM))
    if shape.height > Cm(TALLEST_CM):  # what is taller than a page with its caption would be cut off
        shape.width, shape.height = round(shape.width * Cm(TALLEST_CM) / shape.height), Cm(TALLEST_CM)
    word.paragraphs[-1].paragraph_format.keep_with_next = True
    shape._inline.docPr.set("descr", f"{picture.title}. {picture.caption}")
    shape._inline.docPr.set("name", picture.path.stem)
    _caption(word, "paper.word.figure", number, picture.title, lang)
    word.add_paragraph(picture.caption, style="Note")


def _caption(word: Word, kind: str, number: int, text: str, lang: str) -> None:
    """A caption whose number is a field, so that Word counts again and lists figures and tables (SEQ)."""
    from docx.oxml import OxmlElement

    before, after = speaker(lang)(kind, number=MARK, text=text).split(MARK, 1)
    line = word.add_paragraph(before, style="Caption")
    field = OxmlElement("w:fldSimple")
    field.set(_name("w:instr"), f" SEQ {'Table' if kind.endswith('table') else 'Figure'} \\* ARABIC ")
    field.append(line.add_run(str(number))._r)
    line._p.append(field)
    line.add_run(after)


def _name(tag: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(tag))
