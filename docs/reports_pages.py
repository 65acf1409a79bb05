"""Contact sheets of the report's pages: `python docs/reports_pages.py DIR` writes docs/report-en.png and docs/report-ko.png.

DIR is a run's folder with all its parts (docs/reports_pages.md). LibreOffice turns the Word file into a PDF and pdftoppm
that into pictures; SOFFICE and PDFTOPPM name other ones than those on the path. Each sheet is at most 500 KB.
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
PAGE, COLUMNS, DPI = 520, 4, 80


def tool(name: str) -> str:
    """A program by name or by the variable of that name; exits where there is none."""
    found = os.environ.get(name.upper()) or shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed (Debian: libreoffice-writer-nogui, poppler-utils); {name.upper()} may name it")
    return found


def pages(document: Path, folder: Path) -> list[Path]:
    """The pages of a Word file as pictures."""
    subprocess.run([tool("soffice"), "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(document)], check=True)
    subprocess.run([tool("pdftoppm"), "-r", str(DPI), "-png", str(folder / f"{document.stem}.pdf"), str(folder / "page")], check=True)
    return sorted(folder.glob("page*.png"))


def sheet(pictures: Sequence[Path], target: Path) -> None:
    """Pages side by side with a grey line between them, in few enough colours for the limit."""
    from PIL import Image, ImageOps

    images = [Image.open(path).convert("RGB") for path in pictures]
    images = [ImageOps.expand(i.resize((PAGE - 4, round(i.height * (PAGE - 4) / i.width))), 2, "#bbbbbb") for i in images]
    height = images[0].height
    whole = Image.new("RGB", (PAGE * COLUMNS, height * -(-len(images) // COLUMNS)), "white")
    for place, image in enumerate(images):
        whole.paste(image, (place % COLUMNS * PAGE, place // COLUMNS * height))
    for colours in (128, 64, 32, 16):
        whole.quantize(colours, kmeans=1).save(target, optimize=True)
        if target.stat().st_size <= LIMIT:
            return
    raise SystemExit(f"{target}: larger than {LIMIT} bytes")


def main(run: Path) -> None:
    """Write the report in both languages and put its pages on sheets."""
    from model.experiments.folder import open_run
    from model.experiments.report import write_report

    for lang in ("en", "ko"):
        with tempfile.TemporaryDirectory() as scratch:
            (document,) = write_report(open_run(run, lang), ("docx",), Path(scratch) / "report")
            found = pages(document, Path(scratch))
            sheet(found, DOCS / f"report-{lang}.png")
            sys.stdout.write(f"{lang}: {len(found)} pages\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/blocs"))
