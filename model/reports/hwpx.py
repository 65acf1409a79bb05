"""A report as .hwpx, the format of Hangul (OWPML, KS X 6101): the same pieces as the Word document, in real styles.

Never opened in Hangul by us: names, order and units follow the standard and, where the two differ, files that Hangul
saved. The file holds no date and no path: the same report gives the same bytes.
"""

from __future__ import annotations

import zipfile
from math import ceil
from pathlib import Path
from xml.sax.saxutils import escape

from model.reports.document import Block, Bullets, Document, Heading, Paragraph, Picture, Table
from model.reports.frozen import put
from model.reports.hwpx_parts import CM, LOOKS, NUMBERS, PIXEL, POINT, TWIP, margin, opening, package_parts, tag
from model.reports.pages import numbered, pixels, read_picture, under
from model.reports.word import PICTURE_CM, TALLEST_CM, TEXT_CM, broken, letters, scale, shares
from model.words import speaker

PREVIEW = 1000
"""Letters in the preview."""
CELL: dict[str, object] = {
    "id": "", "textDirection": "HORIZONTAL", "lineWrap": "BREAK", "vertAlign": "CENTER",
    **dict.fromkeys(("linkListIDRef", "linkListNextIDRef", "textWidth", "textHeight", "hasTextRef", "hasNumRef"), 0),
}  # fmt: skip
"""How text stands in a cell."""


def write_hwpx(document: Document, path: Path) -> Path:
    """Write the report and return its path."""
    blocks = list(numbered(document))
    pictures = {number: read_picture(block.path) for _, block, number in blocks if isinstance(block, Picture)}
    lines = [_paragraph("title", opening(), _text(document.title)), _paragraph("lead", _text(document.lead))]
    for _, block, number in blocks:
        lines += _block(block, number, document.lang, pictures)
    texts = [document.title, document.lead, *(b.text for b in document.blocks if isinstance(b, Heading | Paragraph))]
    parts = package_parts(document, list(pictures), lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as package:
        put(package, "mimetype", b"application/hwp+zip", stored=True)
        for name, text in parts.items():
            put(package, name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>{text}'.encode())
        put(package, "Preview/PrvText.txt", "\r\n".join(texts)[:PREVIEW].encode())
        for number, data in pictures.items():
            put(package, f"BinData/image{number}.png", data)
    return path


def _block(block: Block, number: int, lang: str, pictures: dict[int, bytes]) -> list[str]:
    """The paragraphs of one block."""
    if isinstance(block, Heading):
        return [_paragraph("heading", _text(f"{number}. {block.text}"))]
    if isinstance(block, Bullets):
        return [_paragraph("bullet", _text(item)) for item in block.items]
    if isinstance(block, Table):
        unit = f" ({block.unit})" if block.unit else ""
        caption = speaker(lang)("paper.word.table", number=number, text=block.title + unit)
        shown = _paragraph("object", _table(block, number), _text(""))
        return [_paragraph("caption", _text(caption)), shown, _paragraph("note", _text(under(block, lang)))]
    if isinstance(block, Picture):
        caption = speaker(lang)("paper.word.figure", number=number, text=block.title)
        shown = _paragraph("object", _picture(block, number, pictures[number]), _text(""))
        return [shown, _paragraph("caption", _text(caption)), _paragraph("note", _text(block.caption))]
    return [_paragraph("note" if block.note else "before list" if block.text.endswith(":") else "body", _text(block.text))]


def _paragraph(look: object, *inside: str) -> str:
    """A paragraph of one run."""
    number = NUMBERS[look]
    style = number if LOOKS[look].names else 0
    run = tag("hp:run", *inside, charPrIDRef=number)
    return tag("hp:p", run, id=0, paraPrIDRef=number, styleIDRef=style, pageBreak=0, columnBreak=0, merged=0)


def _text(text: str) -> str:
    return tag("hp:t", tag("hp:lineBreak").join(escape(part) for part in text.split("\n")))


def _table(table: Table, number: int) -> str:
    """A three-line table; its header is repeated on every page."""
    rows = [table.head(), *table.text()]
    size, aside = scale(len(rows[0]))
    widths = [round(TEXT_CM * CM * share) for share in shares(rows)]
    heights = [_height(row, widths, size, aside * TWIP) for row in rows]
    made = []
    for at, row in enumerate(rows):
        border = 2 if at == 0 else 3 if at == len(rows) - 1 else 1
        looks = [(size, right, at == 0) for right in table.numeric()]
        cells = [tag("hp:subList", _paragraph(look, _text(broken(text))), **CELL) for look, text in zip(looks, row, strict=True)]
        made.append(tag("hp:tr", *(
            tag(
                "hp:tc", cell, tag("hp:cellAddr", colAddr=k, rowAddr=at), tag("hp:cellSpan", colSpan=1, rowSpan=1),
                tag("hp:cellSz", width=widths[k], height=heights[at]), margin("hp:cellMargin", aside * TWIP, POINT),
                name="", header=int(at == 0), hasMargin=1, protect=0, editable=0, dirty=0, borderFillIDRef=border,
            ) for k, cell in enumerate(cells)
        )))  # fmt: skip
    return tag(
        "hp:tbl", *_place(sum(widths), sum(heights), inline=False), margin("hp:inMargin", aside * TWIP, POINT), *made,
        id=1000 + number, zOrder=number, numberingType="TABLE", textWrap="TOP_AND_BOTTOM", textFlow="BOTH_SIDES", lock=0,
        dropcapstyle="None", pageBreak="TABLE", repeatHeader=1, rowCnt=len(rows), colCnt=len(widths), cellSpacing=0, borderFillIDRef=1,
        noAdjust=0,
    )  # fmt: skip


def _height(row: tuple[str, ...], widths: list[int], size: float, aside: int) -> int:
    """Height of a row, by the letters that fit on a line; Hangul makes it higher where that falls short."""
    fit = [(width - 2 * aside) / (size * POINT / 2) for width in widths]
    lines = max(sum(ceil(max(letters(part), 1) / room) for part in broken(text).split("\n")) for text, room in zip(row, fit, strict=True))
    return round(lines * size * POINT * 1.2) + 2 * POINT


def _picture(picture: Picture, number: int, data: bytes) -> str:
    """A picture as wide as in the Word document, with its alternative text."""
    across, down = pixels(data)
    width = min(PICTURE_CM, TALLEST_CM * across / down) * CM
    wide, high = round(width), round(width * down / across)
    corners = ((0, 0), (wide, 0), (wide, high), (0, high))
    still = {"e1": 1, "e2": 0, "e3": 0, "e4": 0, "e5": 1, "e6": 0}
    return tag(
        "hp:pic", tag("hp:offset", x=0, y=0), tag("hp:orgSz", width=wide, height=high), tag("hp:curSz", width=wide, height=high),
        tag("hp:flip", horizontal=0, vertical=0), tag("hp:rotationInfo", angle=0, centerX=wide // 2, centerY=high // 2, rotateimage=1),
        tag("hp:renderingInfo", *(tag(f"hc:{kind}Matrix", **still) for kind in ("trans", "sca", "rot"))),
        tag("hp:imgRect", *(tag(f"hc:pt{k}", x=x, y=y) for k, (x, y) in enumerate(corners))),
        tag("hp:imgClip", left=0, right=across * PIXEL, top=0, bottom=down * PIXEL), margin("hp:inMargin", 0, 0),
        tag("hp:imgDim", dimwidth=across * PIXEL, dimheight=down * PIXEL),
        tag("hc:img", binaryItemIDRef=f"image{number}", bright=0, contrast=0, effect="REAL_PIC", alpha=0), tag("hp:effects"),
        *_place(wide, high, inline=True), tag("hp:shapeComment", escape(f"{picture.title}. {picture.caption}")),
        id=2000 + number, zOrder=number, numberingType="PICTURE", textWrap="TOP_AND_BOTTOM", textFlow="BOTH_SIDES", lock=0,
        dropcapstyle="None", href="", groupLevel=0, instid=2000 + number, reverse=0,
    )  # fmt: skip


def _place(width: int, height: int, inline: bool) -> tuple[str, str, str]:
    """Size and place: as a letter in the line, which goes overleaf whole, or between lines, where a page's end may part it."""
    return (
        tag("hp:sz", width=width, widthRelTo="ABSOLUTE", height=height, heightRelTo="ABSOLUTE", protect=0),
        tag(
            "hp:pos", treatAsChar=int(inline), affectLSpacing=0, flowWithText=1, allowOverlap=0, holdAnchorAndSO=0, vertRelTo="PARA",
            horzRelTo="COLUMN", vertAlign="TOP", horzAlign="LEFT", vertOffset=0, horzOffset=0,
        ),
        margin("hp:outMargin", 0, 3 * POINT),
    )  # fmt: skip
