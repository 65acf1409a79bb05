"""The fixed parts of a .hwpx file: looks (letter shapes, paragraph shapes, styles), page, and the package around the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from model import __version__
from model.reports.document import Document
from model.reports.word import BODY, SMALL, WIDE, WIDEST, scale

FONTS = ("함초롬바탕", "맑은 고딕")
"""Text; headings and tables."""
SCRIPTS = ("hangul", "latin", "hanja", "japanese", "other", "symbol", "user")
INK, GREY = "#222222", "#555555"
CM, POINT, TWIP, PIXEL = 7200 / 2.54, 100, 5, 75
"""Hangul's units (7200 to the inch) in a centimetre, a point, a twentieth of a point, a picture's pixel."""
PAGE = {"width": 59528, "height": 84188}
MARGINS = {"header": 2835, "footer": 2835, "gutter": 0, "left": 7087, "right": 7087, "top": 4252, "bottom": 4252}
"""A4; 2.5 cm on all sides, as the header stands within the upper margin."""
NO_SHAPE = 4294967295
"""Stands for "no letter shape of its own"."""
HANCOM, LATER = "http://www.hancom.co.kr/hwpml/2011/", "http://www.hancom.co.kr/hwpml/2016/"
UNITS, PART = LATER + "HwpUnitChar", LATER + "meta/pkg#"
OF_2011 = {"ha": "app", "hp": "paragraph", "hs": "section", "hc": "core", "hh": "head", "hhs": "history", "hm": "master-page"}
SPACES = {f"xmlns:{short}": HANCOM + name for short, name in OF_2011.items()} | {
    "xmlns:hp10": LATER + "paragraph", "xmlns:ooxmlchart": LATER + "ooxmlchart", "xmlns:hwpunitchar": UNITS,
    "xmlns:hpf": "http://www.hancom.co.kr/schema/2011/hpf", "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:opf": "http://www.idpf.org/2007/opf/", "xmlns:epub": "http://www.idpf.org/2007/ops",
    "xmlns:config": "urn:oasis:names:tc:opendocument:xmlns:config:1.0",
}  # fmt: skip
"""Names that every part declares, used or not, as in Hangul's own files: readers are said to ask for all of them."""


@dataclass(frozen=True)
class Look:
    """A letter shape and a paragraph shape with one number, and a style where it has names (Hangul, English)."""

    names: tuple[str, str] | None
    size: float
    font: int = 0
    bold: bool = False
    color: str = INK
    align: str = "LEFT"
    before: float = 0.0
    after: float = 6.0
    spacing: int = 160
    heading: str = "NONE"
    keep: bool = False


LOOKS: dict[object, Look] = {
    "body": Look(("바탕글", "Normal"), BODY, align="JUSTIFY"),
    "before list": Look(("목록 앞", "Before List"), BODY, keep=True),
    "title": Look(("제목", "Title"), 20.0, 1, True),
    "lead": Look(("부제목", "Subtitle"), 11.0, 1, color=GREY, after=12.0),
    "heading": Look(("개요 1", "Outline 1"), 14.0, 1, True, before=14.0, heading="OUTLINE", keep=True),
    "bullet": Look(("글머리표", "Bullet"), BODY, align="JUSTIFY", heading="BULLET"),
    "caption": Look(("캡션", "Caption"), 9.5, 1, True, after=2.0, keep=True),
    "note": Look(("주", "Note"), SMALL, 1, color=GREY, spacing=140),
    "object": Look(("개체", "Object"), 1.0, after=2.0, spacing=100, keep=True),
    **{
        (size, right, bold): Look(None, size, 1, bold, align="RIGHT" if right else "LEFT", after=0.0, spacing=120)
        for size, _ in map(scale, (WIDE, WIDEST, WIDEST + 1)) for right in (False, True) for bold in (False, True)
    },
}  # fmt: skip
"""Every look by name; the cells' by size of letters, side and weight. Styles come first, so that all numbers agree."""
NUMBERS = {key: number for number, key in enumerate(LOOKS)}
EDGES = ("left", "right", "top", "bottom")
BORDERS: tuple[tuple[str, ...], ...] = ((), ("top", "bottom"), ("bottom",))
"""Edges that are drawn, by number from 1: none, those of a header's cells, those of the last row's."""


def tag(name: str, /, *inside: str, **attributes: object) -> str:
    """An element: its attributes escaped, what stands in it as it is."""
    said = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    return f"<{name}{said}>{''.join(inside)}</{name}>" if any(inside) else f"<{name}{said}/>"


def margin(name: str, aside: int, above: int) -> str:
    """Room on four sides."""
    return tag(name, left=aside, right=aside, top=above, bottom=above)


def opening() -> str:
    """What the first paragraph says of the section: A4, margins, a page number below."""
    number = tag("hp:autoNumFormat", type="DIGIT", userChar="", prefixChar="", suffixChar=")", supscript=0)
    line = tag("hp:noteLine", length=-1, type="SOLID", width="0.12 mm", color="#000000")
    notes = [
        tag(f"hp:{kind}NotePr", number, line, tag("hp:noteSpacing", betweenNotes=283, belowLine=567, aboveLine=850),
            tag("hp:numbering", type="CONTINUOUS", newNum=1), tag("hp:placement", place=place, beneathText=0))
        for kind, place in (("foot", "EACH_COLUMN"), ("end", "END_OF_DOCUMENT"))
    ]  # fmt: skip
    frames = [
        tag("hp:pageBorderFill", margin("hp:offset", 1417, 1417), type=kind, borderFillIDRef=1, textBorder="PAPER", headerInside=0,
            footerInside=0, fillArea="PAPER")
        for kind in ("BOTH", "EVEN", "ODD")
    ]  # fmt: skip
    shown = dict.fromkeys(("hideFirstHeader", "hideFirstFooter", "hideFirstMasterPage"), 0)
    return tag(
        "hp:secPr", tag("hp:grid", lineGrid=0, charGrid=0, wonggojiFormat=0),
        tag("hp:startNum", pageStartsOn="BOTH", page=0, pic=0, tbl=0, equation=0),
        tag("hp:visibility", **shown, border="SHOW_ALL", fill="SHOW_ALL", hideFirstPageNum=0, hideFirstEmptyLine=0, showLineNumber=0),
        tag("hp:lineNumberShape", restartType=0, countBy=0, distance=0, startNumber=0),
        tag("hp:pagePr", tag("hp:margin", **MARGINS), landscape="WIDELY", **PAGE, gutterType="LEFT_ONLY"), *notes, *frames,
        id="", textDirection="HORIZONTAL", spaceColumns=1134, tabStop=8000, tabStopVal=4000, tabStopUnit="HWPUNIT",
        outlineShapeIDRef=1, memoShapeIDRef=0, textVerticalWidthHead=0, masterPageCnt=0,
    ) + "".join(tag("hp:ctrl", held) for held in (
        tag("hp:colPr", id="", type="NEWSPAPER", layout="LEFT", colCount=1, sameSz=1, sameGap=0),
        tag("hp:pageNum", pos="BOTTOM_CENTER", formatType="DIGIT", sideChar=""),
    ))  # fmt: skip


def package_parts(document: Document, pictures: Sequence[int], lines: Sequence[str]) -> dict[str, str]:
    """Every XML part of the package by name, around the text's paragraphs."""
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    return {
        "version.xml": _version(),
        "Contents/header.xml": _header(document.lang),
        "Contents/section0.xml": tag("hs:sec", *lines, **SPACES),
        "settings.xml": tag("ha:HWPApplicationSetting", tag("ha:CaretPosition", listIDRef=0, paraIDRef=0, pos=0), **SPACES),
        "META-INF/container.rdf": _relations(),
        "Contents/content.hpf": _contents(document, pictures),
        "META-INF/container.xml": _container(),
        "META-INF/manifest.xml": tag("odf:manifest", **{"xmlns:odf": manifest}),
    }


def _version() -> str:
    """Version of the format; "tagetApplication" is how Hangul spells it."""
    return tag(
        "hv:HCFVersion", **{"xmlns:hv": HANCOM + "version"}, tagetApplication="WORDPROCESSOR", major=5, minor=1, micro=1, buildNumber=0,
        os=1, xmlVersion="1.5", application="BLOCS", appVersion=__version__,
    )  # fmt: skip


def _relations() -> str:
    """Which part is the header and which the section."""
    parts = (("Contents/header.xml", "HeaderFile"), ("Contents/section0.xml", "SectionFile"))

    def about(name: str, *inside: str) -> str:
        return tag("rdf:Description", *inside, **{"rdf:about": name})

    lines = [about("", tag("pkg:hasPart", **{"rdf:resource": name})) for name, _ in parts]
    kinds = [about(name, tag("rdf:type", **{"rdf:resource": PART + kind})) for name, kind in (*parts, ("", "Document"))]
    return tag("rdf:RDF", *lines, *kinds, **{"xmlns:rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "xmlns:pkg": PART})


def _container() -> str:
    """Where a reader begins."""
    roots = (
        ("Contents/content.hpf", "application/hwpml-package+xml"), ("Preview/PrvText.txt", "text/plain"),
        ("META-INF/container.rdf", "application/rdf+xml"),
    )  # fmt: skip
    found = (tag("ocf:rootfile", **{"full-path": name, "media-type": kind}) for name, kind in roots)
    return tag("ocf:container", tag("ocf:rootfiles", *found), **{"xmlns:ocf": "urn:oasis:names:tc:opendocument:xmlns:container"})


def _contents(document: Document, pictures: Sequence[int]) -> str:
    """Title and list of parts; "isEmbeded" is how Hangul spells it."""
    told = {"creator": "BLOCS", "subject": "", "description": "", "keyword": ""}
    about = [tag("opf:title", escape(document.title)), tag("opf:language", document.lang)]
    about += [tag("opf:meta", value, name=name, content="text") for name, value in told.items()]
    parts = (("header", "Contents/header.xml"), ("section0", "Contents/section0.xml"), ("settings", "settings.xml"))
    items = [tag("opf:item", id=name, href=path, **{"media-type": "application/xml"}) for name, path in parts]
    items += [
        tag("opf:item", id=f"image{k}", href=f"BinData/image{k}.png", **{"media-type": "image/png"}, isEmbeded=1) for k in pictures
    ]
    spine = (tag("opf:itemref", idref=name, linear="yes") for name in ("header", "section0"))
    inside = tag("opf:metadata", *about), tag("opf:manifest", *items), tag("opf:spine", *spine)
    return tag("opf:package", *inside, **SPACES, version="", **{"unique-identifier": ""}, id="")


def _header(lang: str) -> str:
    """Fonts, borders, letter shapes, paragraph shapes and styles."""
    begin = tag("hh:beginNum", page=1, footnote=1, endnote=1, pic=1, tbl=1, equation=1)
    looks = LOOKS.values()
    lists = (
        _counted("hh:fontfaces", [_face(script) for script in SCRIPTS]),
        _counted("hh:borderFills", [_border(number, edges) for number, edges in enumerate(BORDERS, start=1)]),
        _counted("hh:charProperties", [_letters(number, look) for number, look in enumerate(looks)]),
        _counted("hh:tabProperties", [tag("hh:tabPr", id=0, autoTabLeft=0, autoTabRight=0)]),
        _counted("hh:numberings", [tag("hh:numbering", *(_head(level) for level in range(1, 11)), id=1, start=0)]),
        _counted("hh:bullets", [tag("hh:bullet", _head(0), id=1, char="•", useImage=0)]),
        _counted("hh:paraProperties", [_lines(number, look) for number, look in enumerate(looks)]),
        _counted("hh:styles", [_style(number, look.names, lang) for number, look in enumerate(looks) if look.names]),
    )
    fitting = tag("hh:compatibleDocument", tag("hh:layoutCompatibility"), targetProgram="HWP201X")
    options = tag("hh:docOption", tag("hh:linkinfo", path="", pageInherit=0, footnoteInherit=0))
    return tag("hh:head", begin, tag("hh:refList", *lists), fitting, options, **SPACES, version="1.5", secCnt=1)


def _counted(name: str, items: Sequence[str]) -> str:
    return tag(name, *items, itemCnt=len(items))


def _face(script: str) -> str:
    """The fonts of one script, by name."""
    features = ("weight", "proportion", "contrast", "strokeVariation", "armStyle", "letterform", "midline", "xHeight")
    kind = tag("hh:typeInfo", familyType="FCAT_GOTHIC", **dict(zip(features, (6, 4, 0, 1, 1, 1, 1, 1), strict=True)))
    fonts = [tag("hh:font", kind, id=number, face=face, type="TTF", isEmbedded=0) for number, face in enumerate(FONTS)]
    return tag("hh:fontface", *fonts, lang=script.upper(), fontCnt=len(fonts))


def _border(number: int, drawn: Sequence[str]) -> str:
    """Borders of a cell: the edges named are drawn."""
    sides = [
        tag(f"hh:{edge}Border", type="SOLID" if edge in drawn else "NONE", width="0.5 mm" if edge in drawn else "0.1 mm", color=INK)
        for edge in EDGES
    ]
    none = [tag(f"hh:{name}", type="NONE", Crooked=0, isCounter=0) for name in ("slash", "backSlash")]
    across = tag("hh:diagonal", type="NONE", width="0.1 mm", color=INK)
    return tag("hh:borderFill", *none, *sides, across, id=number, threeD=0, shadow=0, centerLine="NONE", breakCellSeparateLine=0)


def _letters(number: int, look: Look) -> str:
    """A letter shape."""
    each = (("fontRef", look.font), ("ratio", 100), ("spacing", 0), ("relSz", 100), ("offset", 0))
    return tag(
        "hh:charPr", *(tag(f"hh:{name}", **dict.fromkeys(SCRIPTS, value)) for name, value in each), tag("hh:bold") if look.bold else "",
        tag("hh:underline", type="NONE", shape="SOLID", color=INK), tag("hh:strikeout", shape="NONE", color=INK),
        tag("hh:outline", type="NONE"), tag("hh:shadow", type="NONE", color="#C0C0C0", offsetX=10, offsetY=10),
        id=number, height=round(look.size * POINT), textColor=look.color, shadeColor="none", useFontSpace=0, useKerning=0, symMark="NONE",
        borderFillIDRef=1,
    )  # fmt: skip


def _lines(number: int, look: Look) -> str:
    """A paragraph shape; readers older than 2016 take margins in halves, hence both."""
    sides = {"intent": 0.0, "left": 0.0, "right": 0.0, "prev": look.before, "next": look.after}

    def measured(times: int) -> tuple[str, str]:
        inside = (tag(f"hc:{side}", value=round(value * POINT) * times, unit="HWPUNIT") for side, value in sides.items())
        return tag("hh:margin", *inside), tag("hh:lineSpacing", type="PERCENT", value=look.spacing, unit="HWPUNIT")

    either = tag("hp:case", *measured(1), **{"hp:required-namespace": UNITS}), tag("hp:default", *measured(2))
    return tag(
        "hh:paraPr", tag("hh:align", horizontal=look.align, vertical="BASELINE"),
        tag("hh:heading", type=look.heading, idRef=int(look.heading == "BULLET"), level=0),
        tag("hh:breakSetting", breakLatinWord="KEEP_WORD", breakNonLatinWord="KEEP_WORD", widowOrphan=1, keepWithNext=int(look.keep),
            keepLines=0, pageBreakBefore=0, lineWrap="BREAK"),
        tag("hh:autoSpacing", eAsianEng=0, eAsianNum=0), tag("hp:switch", *either),
        tag("hh:border", borderFillIDRef=1, offsetLeft=0, offsetRight=0, offsetTop=0, offsetBottom=0, connect=0, ignoreMargin=0),
        id=number, tabPrIDRef=0, condense=0, fontLineHeight=0, snapToGrid=1, suppressLineNumbers=0, checked=0, textDir="LTR",
    )  # fmt: skip


def _head(level: int) -> str:
    """What stands before a list's items or an outline's headings (nothing: their numbers stand in the text)."""
    return tag(
        "hh:paraHead", start=1, level=level, align="LEFT", useInstWidth=0, autoIndent=1, widthAdjust=0, textOffsetType="PERCENT",
        textOffset=50, numFormat="DIGIT", charPrIDRef=NO_SHAPE, checkable=0,
    )  # fmt: skip


def _style(number: int, names: tuple[str, str], lang: str) -> str:
    """A style of both shapes of its number; languages by Windows' numbers."""
    shapes = {"paraPrIDRef": number, "charPrIDRef": number, "nextStyleIDRef": number}
    language = 1042 if lang == "ko" else 2057
    return tag("hh:style", id=number, type="PARA", name=names[0], engName=names[1], **shapes, langID=language, lockForm=0)
