"""The gallery: `python docs/gallery.py [DIR]` draws every kind of figure in both languages, from runs it makes itself.

The runs go to DIR (a scratch folder without it); a folder that is there already is not run again. Written are
docs/gallery.md and the contact sheets docs/gallery-*.png, each at most 500 KB. Pages of reports: docs/reports_pages.md.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [] if str(DOCS.parent) in sys.path else [str(DOCS.parent)]
if TYPE_CHECKING:
    from PIL.Image import Image

    from model.figures import Saved

LIMIT = 500_000
CELL, COLUMNS = 620, 3
LANGUAGES = {"en": "English", "ko": "한국어"}


@dataclass(frozen=True)
class Source:
    """A folder that figures are drawn from: its name, the command that makes it, and which kinds (none: all it has)."""

    name: str
    command: str
    only: tuple[str, ...] = ()


CHANNELS = ("channels", "channel-waterfall")
SOURCES = (
    Source("run", "run blocs --draws 20 --no-figures"),
    Source("channels", "run blocs --draws 1 --decompose --no-figures", CHANNELS),
    Source(
        "sweep",
        "sweep blocs --method sobol --samples 8 --vary elasticity_of_substitution[accelerators] "
        "--vary export_control.denial_rate --vary search_cost",
    ),
    Source("strategies", "strategies blocs full_split --draws 5 --no-flip"),
    Source("backtest", "backtest --draws 5"),
    Source("calibration", "calibrate --samples 32 --draws 2 --headline none"),
)
SIZES = ("policy-timeline", "bloc-index", "suppliers")
"""Kinds shown in every size and in grey."""


def make_folders(home: Path) -> None:
    """Run what is not there yet."""
    for source in SOURCES:
        if not (home / source.name / "manifest.json").is_file():
            started = time.time()
            words = [sys.executable, str(DOCS.parent / "run.py"), *source.command.split()]
            done = subprocess.run([*words, "--out", str(home / source.name), "--force", "--quiet"], check=False)
            if done.returncode > 1:  # 1: some runs failed, and the figures say so
                raise SystemExit(done.returncode)
            sys.stdout.write(f"{source.name}: {time.time() - started:.0f} s\n")


def draw_all(home: Path, scratch: Path, lang: str) -> list[tuple[Source, Saved]]:
    """Every figure of every folder that has data, in one language."""
    from model.experiments.pictures import Wanted, draw_folder

    found = []
    for source in SOURCES:
        made = draw_folder(
            home / source.name, Wanted(source.only, ("png",), "page", lang, scratch / lang / source.name)
        )
        found += [(source, figure) for figure in made if figure.drawn]
    return found


def draw_sizes(home: Path, scratch: Path) -> list[Path]:
    """Some kinds as page, column and slide, and the page in grey."""
    from PIL import Image

    from model.experiments.pictures import Wanted, draw_folder

    found = []
    for size in ("page", "column", "slide"):
        folder = scratch / "sizes" / size
        draw_folder(home / "run", Wanted(SIZES, ("png",), size, "en", folder))
        found += [folder / f"{name}.png" for name in SIZES]
    for name in SIZES:
        grey = scratch / "sizes" / f"{name}-grey.png"
        Image.open(scratch / "sizes" / "page" / f"{name}.png").convert("L").save(grey)
        found.append(grey)
    return found


def sheet(pictures: Sequence[Path], target: Path, columns: int = COLUMNS) -> Path:
    """Pictures in columns, each where there is most room, in few enough colours for the limit."""
    from PIL import Image

    images = [Image.open(path).convert("RGB") for path in pictures]
    images = [image.resize((CELL, round(image.height * CELL / image.width))) for image in images]
    heights, places = [0] * columns, []
    for image in images:
        column = heights.index(min(heights))
        places.append((column * CELL, heights[column]))
        heights[column] += image.height
    whole = Image.new("RGB", (CELL * columns, max(heights)), "white")
    for image, place in zip(images, places, strict=True):
        whole.paste(image, place)
    return save_small(whole, target)


def save_small(whole: Image, target: Path) -> Path:
    """A PNG below the limit, with as many colours as that allows."""
    for colours in (256, 128, 64, 32, 16):
        whole.quantize(colours, kmeans=1).save(target, optimize=True)
        if target.stat().st_size <= LIMIT:
            return target
    raise SystemExit(f"{target}: larger than {LIMIT} bytes")


def gallery(home: Path) -> None:
    """Draw, put together, and write the page."""
    from model.figures import KINDS

    marks = sorted({mark for spec in KINDS.values() for mark in spec.marks})
    drawn: dict[str, list[tuple[Source, Saved]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for lang in LANGUAGES:
            drawn[lang] = draw_all(home, Path(scratch), lang)
            pictures = [figure.png for _, figure in drawn[lang]]
            third = -(-len(pictures) // 3)
            for k in range(3):
                sheet(pictures[k * third : (k + 1) * third], DOCS / f"gallery-{lang}-{k + 1}.png")
        sheet(draw_sizes(home, Path(scratch)), DOCS / "gallery-sizes.png")
    kinds = {figure.kind for _, figure in drawn["en"]}
    lines = [
        "# Gallery / 그림 모음", "",
        "Written by `python docs/gallery.py`: it makes the folders below and draws every kind of figure from them in both languages.",
        "The runs are small (few draws, 40 states in the sweep, 32 runs of the calibration): the numbers are examples, not results",
        "to quote. About ten minutes of processor time: five on two quiet cores.", "",
        f"{len(KINDS)} kinds, {len(kinds)} of them here (not here, drawn by experiments of their own: {', '.join(sorted(set(KINDS) - kinds))};",
        f"see [reactions.md](reactions.md) and `python -m model.experiments.forks`). {len(marks)} types of marks:", f"{', '.join(marks)}.", "",
        "| folder | command | kinds |", "| --- | --- | --- |",
        *(f"| {s.name} | `run.py {s.command}` | {', '.join(dict.fromkeys(f'`{f.kind}`' for own, f in drawn['en'] if own is s))} |" for s in SOURCES), "",
        "Any of these folders: `python run.py figures DIR --lang ko --size column --format pdf`.", "",
    ]  # fmt: skip
    for lang, name in LANGUAGES.items():
        lines += [f"## {name}", "", *(f"![{name}, sheet {k}](gallery-{lang}-{k}.png)\n" for k in (1, 2, 3))]
        lines += [*(f"- `{figure.name}`: {figure.title}" for _, figure in drawn[lang]), ""]
    lines += ["## Page, column, slide; grey print", "", "![sizes](gallery-sizes.png)", ""]
    (DOCS / "gallery.md").write_text("\n".join(lines) + DEFECTS, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(kinds)} kinds, {len(marks)} types of marks\n")


DEFECTS = """
## Defects seen and mended

Found by looking at every kind in both languages and all sizes, and in grey; a test keeps each away where a test can
([tests/test_figure_contract.py](../tests/test_figure_contract.py)).

| seen | mended |
| --- | --- |
| `policy-timeline` with 56 measures: type of 4 points, names cut off | rows of one instrument, sender and target, with a stroke where each measure begins and their number; names broken over lines |
| keys too long for a column were made smaller, to 4 points | keys take as many rows as they need; no letter is printed below 6 points (tested by the renderer) |
| back-test: titles of panels of 5 points, running into each other | fewer panels side by side on a column; broken to the panel's width |
| a single word or number on the title's last line | lines of a title are made alike in length |
| four panels on a column: titles in three lines, curves of 2 cm | panels stand in two rows where they would be narrower than 3.5 cm |
| slides: title broken to the page's width, half of the slide empty beside it | lines are broken again for the slide's width |
| `chip-flows` on a column: ribbons of 1 cm between two columns of names | the two diagrams stand below each other |
| `suppliers`: colours alike in grey print, names only in the key | names inside the areas, where there is room |
| `tool-purchases` marked listings of firms and left out controls of tools | marks are the controls that name tools; no key for what does not occur |
| `tool-purchases`: the last quarters were cut off at the edge | the axis ends after the last quarter |
| `ecosystem-race`: marks of 25 measures over the panels' titles | marks stand inside the panels, the three networks below each other on one time axis |
| `sobol`: "accounts for 134% of the variance" from 40 states | where the interval is wider than a half the title says that the sample is too small |
| `capability-gap`: "−0.4 years behind" | behind or ahead, in words |
| `channels` said "too few draws for a band" and never shows one | "central values" |
| `dependence`: the title gave no baseline | it does |
| `bloc-index`: which panels are the five rows of the KIET note could not be seen | these come first, numbered |
| sweeps: "Real Income[KOR,2035]" and "[accelerators]" in Korean sentences | names in words |
| source line without the parameter set | it stands there, in every kind |
| labels of two lines in Korean touched each other | wider lines |
| an old CSV said −0, read back and written again 0 | zeros have no sign, so a figure drawn again has the same bytes |
| kinds of sweeps, comparisons, strategies, back-tests and calibrations could not be drawn again in another language, size or format | `blocs figures` draws them from any folder |

Earlier: dollars in Korean titles ("164십억 달러", now in 억 and 조); names of lines running out of the picture; keys over source
lines; figures without bands that promised one.
"""

if __name__ == "__main__":
    if len(sys.argv) > 1:
        make_folders(Path(sys.argv[1]))
        gallery(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            make_folders(Path(scratch))
            gallery(Path(scratch))
