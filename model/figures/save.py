"""One way to save a figure: the same bytes every time, fonts that can be searched, data and a caption sentence beside it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from model.errors import StoreError
from model.experiments.results import FigureContext
from model.figures.house import DPI, FAINT, MARGIN, house_style
from model.figures.sheet import open_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INDEX = "figures.json"
CONTEXT = (
    "scenario",
    "stances",
    "baseline",
    "focus",
    "years",
    "title",
    "hash",
    "version",
    "seed",
    "draws",
    "parameters",
)
"""What is kept of a figure's context, so that it can be drawn again from its CSV."""
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"dpi": DPI, "metadata": {"Software": "BLOCS"}},
    "pdf": {"metadata": {"CreationDate": None, "Creator": "BLOCS", "Producer": None}},
    "svg": {"metadata": {"Date": None, "Creator": "BLOCS"}},
}
"""What each kind of file says about itself: never a date."""


SETTING = ["GSUB", "GPOS", "GDEF", "kern", "MATH"]
"""Tables of a font that say how letters are joined and moved."""


@dataclass(frozen=True)
class Saved:
    """A figure on disk, with what a report says about it; `drawn` is False for a note that says what is missing."""

    name: str
    title: str
    caption: str
    files: dict[str, Path]
    drawn: bool = True
    kind: str = ""

    @property
    def png(self) -> Path:
        """The picture."""
        return self.files["png"]

    @property
    def pdf(self) -> Path:
        """The picture for print."""
        return self.files["pdf"]

    @property
    def csv(self) -> Path:
        """The numbers."""
        return self.files["csv"]


def note_figure(context: FigureContext, title: str, note: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    sheet = open_sheet(context, title, note, 0.5)
    middle = (sheet.top + sheet.bottom) / 2 / sheet.figure.get_figheight()
    sheet.figure.text(MARGIN / sheet.width, middle, "–", color=FAINT)
    return sheet.figure


def save_figure(
    figure: Figure, folder: Path, name: str, data: pd.DataFrame, lang: str, formats: Sequence[str] = ("png", "pdf")
) -> dict[str, Path]:
    """Write NAME.png (200 dpi), .pdf (searchable fonts), .svg (letters as outlines) and .csv (UTF-8 with BOM).

    The bytes are the same every time. A sign that no bundled font has, or a font that cannot be searched, is an error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {ending: folder / f"{name}.{ending}" for ending in (*formats, "csv")}
    with house_style(lang), every_sign(name), lean_fonts():
        for ending in formats:
            figure.savefig(found[ending], **_METADATA[ending])
    if "pdf" in found and b"/Subtype /Type3" in found["pdf"].read_bytes():
        raise StoreError(f"{found['pdf']}: a Type 3 font, which cannot be searched")
    data = data.copy()
    for column in data.select_dtypes("float"):  # no zero with a sign: read back and written again it has none
        data[column] += 0.0
    data.to_csv(found["csv"], index=False, encoding="utf-8-sig", lineterminator="\n", float_format="%.10g")
    return found


@contextmanager
def every_sign(name: str) -> Iterator[None]:
    """StoreError that names the figure where a sign is drawn that no bundled font has."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing", category=UserWarning)
        try:
            yield
        except UserWarning as fault:
            raise StoreError(f"{name}: {fault}") from fault


@contextmanager
def lean_fonts() -> Iterator[None]:
    """Fonts are cut to size without their tables for setting text: a PDF says where each letter stands, no reader needs them.

    To read and cut these tables takes three quarters of the time of a font that has them (DejaVu).
    """
    from fontTools import subset

    load = subset.load_font

    def lean(*args: Any, **kwargs: Any) -> Any:
        font = load(*args, **kwargs)
        for table in SETTING:
            if table in font:
                del font[table]
        return font

    subset.load_font = lean
    try:
        yield
    finally:
        subset.load_font = load


def write_index(folder: Path, figures: Sequence[Saved], context: FigureContext) -> Path:
    """figures.json: name, kind, title, caption sentence, files and context of every figure of a folder; others stay in it."""
    about = {name: getattr(context, name) for name in CONTEXT}
    rows = {row["name"]: row for row in read_index(folder)} | {
        f.name: {"name": f.name, "kind": f.kind or f.name, "title": f.title, "caption": f.caption, "drawn": f.drawn, "lang": context.lang,
                 "files": {kind: path.name for kind, path in f.files.items()}, "context": about} for f in figures
    }  # fmt: skip
    kept = [row for row in rows.values() if all((folder / file).is_file() for file in row["files"].values())]
    target = folder / INDEX
    target.write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
    return target


def read_index(folder: Path) -> list[dict[str, Any]]:
    """The figures of a folder as figures.json lists them; none where there is no such file or it cannot be read."""
    try:
        rows = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        return [row for row in rows if {"name", "kind", "files", "context"} <= set(row)]
    except (OSError, ValueError, TypeError, AttributeError):
        return []
