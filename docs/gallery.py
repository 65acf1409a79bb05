"""The gallery: `python docs/gallery.py DIR` draws every kind of figure of a run's folder in both languages.

It writes docs/gallery.md and the contact sheets docs/gallery-*.png, each at most 500 KB. With LibreOffice and pdftoppm
at hand (SOFFICE names another one) the report's pages are put on sheets too; without them that is said and skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [] if str(DOCS.parent) in sys.path else [str(DOCS.parent)]
LIMIT = 500_000
CELL, COLUMNS = 620, 3


def sheet(pictures: Sequence[Path], target: Path, columns: int = COLUMNS) -> Path:
    """Pictures side by side in rows, in few enough colours for the limit."""
    from PIL import Image

    images = [Image.open(path).convert("RGB") for path in pictures]
    images = [image.resize((CELL, round(image.height * CELL / image.width))) for image in images]
    rows = [images[k : k + columns] for k in range(0, len(images), columns)]
    whole = Image.new("RGB", (CELL * columns, sum(max(i.height for i in row) for row in rows)), "white")
    top = 0
    for row in rows:
        for place, image in enumerate(row):
            whole.paste(image, (place * CELL, top))
        top += max(image.height for image in row)
    for colours in (256, 128, 64, 32):
        whole.quantize(colours, kmeans=1).save(target, optimize=True)
        if target.stat().st_size <= LIMIT:
            return target
    raise SystemExit(f"{target}: larger than {LIMIT} bytes")


def pages(document: Path, folder: Path) -> list[Path]:
    """The pages of a .docx as pictures; none where LibreOffice or pdftoppm is missing."""
    office = os.environ.get("SOFFICE") or shutil.which("soffice")
    if office is None or shutil.which("pdftoppm") is None:
        return []
    subprocess.run([office, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(document)], check=True)
    pdf = folder / f"{document.stem}.pdf"
    subprocess.run(["pdftoppm", "-r", "80", "-png", str(pdf), str(folder / "page")], check=True)
    return sorted(folder.glob("page*.png"))


def main(run: Path) -> None:
    """Draw, put together, and write the page."""
    from model.experiments.folder import open_run
    from model.experiments.report import write_report
    from model.figures import make_figures

    lines = [
        "# Gallery / 그림 모음", "",
        "Written by `python docs/gallery.py DIR` from one run of `blocs` with `--decompose`, few draws: the numbers are",
        "examples, not results to quote. Every kind of figure `blocs figures` draws, and the report's pages.", "",
    ]  # fmt: skip
    for lang, name in (("en", "English"), ("ko", "한국어")):
        with tempfile.TemporaryDirectory() as scratch:
            folder, opened = Path(scratch), open_run(run, lang)
            drawn = [f for f in make_figures(opened.results, opened.context, folder / "all", formats=("png",)) if f.drawn]
            half = (len(drawn) + 1) // 2
            sheets = [sheet([f.png for f in part], DOCS / f"gallery-{lang}-{k}.png") for k, part in enumerate((drawn[:half], drawn[half:]), 1)]
            (document,) = write_report(opened, ("docx",), folder / "report")
            found = pages(document, folder)
            sheets += [sheet(found, DOCS / f"gallery-{lang}-report.png", 4)] if found else []
            lines += [f"## {name}", "", *(f"![{name}, {path.stem}]({path.name})\n" for path in sheets)]
            lines += ["", *(f"- `{f.name}`: {f.title}" for f in drawn), ""]
            sys.stdout.write(f"{lang}: {len(drawn)} figures, {len(found) or 'no'} report pages\n")
    (DOCS / "gallery.md").write_text("\n".join(lines) + DEFECTS, encoding="utf-8", newline="\n")


DEFECTS = """
## Defects seen and mended

Found by looking at these sheets and at the report's pages as LibreOffice shows them:

- Chip exports in percent were said as billion dollars in the report's fourth sentence: the sentence now asks for the measure
  by name, and a test compares it with the table.
- Titles said "164십억 달러": dollars are said in 억 and 조 in Korean.
- Numbers and Latin words were broken in mid-word in Korean paragraphs: Latin text is marked as English.
- Figures without bands promised one in the subtitle: they say "central values".
- Names at line ends (Chinese frameworks) ran out of the picture, keys and axis titles over the source line, labels of two Sankey
  diagrams into each other.
- Wide tables: a band now stands in one cell in print, and columns are as wide as their text asks for; the xlsx keeps numbers.
- One figure a page with half of it empty: pictures are 14 cm wide, two fit.
"""

if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/blocs"))
