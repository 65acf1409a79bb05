"""House style of the figures: fonts, colours, sizes, what a kind of figure is, and the words that all kinds share.

Colours are Okabe and Ito's, fixed for each stance and ecosystem; marker and line tell them apart in grey.
Matplotlib is imported inside the functions and used without pyplot (Agg, no global state but the fonts).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from model.experiments.results import BAND_DRAWS, BASELINE, FigureContext

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, SOFT, FAINT, GRID = "#222222", "#555555", "#9a9a9a", "#e4e4e4"
FONTS = {"ko": ("NanumGothic", "DejaVu Sans"), "en": ("DejaVu Sans", "NanumGothic")}
"""Fonts by language, the second where the first has no glyph: each one used is cut to size for each PDF, which takes long."""
Line = Literal["-", "none"] | tuple[float, tuple[float, ...]]
SIZES: dict[str, float] = {"page": 8.0, "column": 5.6, "slide": 8.0}
"""Drawn width in inches by size. A slide is 16 to 9: what is taller is made wider."""
PRINTED: dict[str, float] = {"page": 160.0, "column": 112.0, "slide": 338.0}
"""Width in millimetres at which each size is shown: type set in 9 points is printed in 7 (in 14 on a slide)."""
SMALL = 7.75
"""The smallest letters, in points as drawn: just over 6 points as printed."""
SLIDE = 16.0 / 9.0
FORMATS = ("png", "pdf", "svg")
DPI = 200
GAIN, LOSS = "#0072B2", "#D55E00"
"""What rises and what falls, where a colour says so."""
BAR = "#c9c9c9"
"""Bars of what others are compared with."""
MARGIN = 0.3
"""Inches left of title, subtitle, key and source."""
_size: ContextVar[str] = ContextVar("size", default="page")


@dataclass(frozen=True)
class Look:
    """How one thing is drawn everywhere: colour, marker, line, and the marker's edge where it is of another colour."""

    colour: str
    marker: str
    line: Line = "-"
    edge: str = ""


STANCE_LOOKS: dict[str, Look] = {
    BASELINE: Look("#000000", "|", (0, (1.0, 1.2))),
    "align_us": Look("#0072B2", "o", "-"),
    "hedge": Look("#009E73", "s", (0, (5.0, 1.5))),
    "align_cn": Look("#D55E00", "^", (0, (3.0, 1.2, 1.0, 1.2))),
    "none": Look("#555555", "D", "-"),
    "chip_leverage": Look("#CC79A7", "v", (0, (5.0, 1.5))),
    "widen_manufacturing": Look("#E69F00", "P", (0, (3.0, 1.2, 1.0, 1.2))),
    "software_cooperation": Look("#56B4E9", "X", (0, (2.0, 1.0))),
}
ECOSYSTEM_LOOKS: dict[str, Look] = {
    "android": Look("#009E73", "s", (0, (5.0, 1.5))),
    "ios": Look("#000000", "o", (0, (1.0, 1.2))),
    "harmony": Look("#D55E00", "^", "-"),
    "windows": Look("#0072B2", "D", (0, (3.0, 1.2, 1.0, 1.2))),
    "github": Look("#000000", "o", "-"),
    "gitee": Look("#D55E00", "^", (0, (5.0, 1.5))),
}
REGION_COLOURS: dict[str, str] = {
    "USA": "#0072B2", "CHN": "#D55E00", "KOR": "#009E73", "TWN": "#56B4E9", "JPN": "#CC79A7", "EUR": "#E69F00",
    "SEA": "#F0E442", "ROW": "#9a9a9a",
}  # fmt: skip
"""Okabe and Ito's colours, one for each region everywhere."""
_SPARE = (Look("#CC79A7", "v"), Look("#E69F00", "P"), Look("#56B4E9", "X"), Look("#0072B2", "o"))


@dataclass(frozen=True)
class FigureSpec:
    """One figure of the registry.

    name        file name without ending, and the middle of its words' keys (figure.NAME.title)
    order       place in the report
    variables   what it reads: names or shell patterns
    data        results frame, context -> the tidy data that is drawn and saved as CSV
    finding     that data, context -> the title: the finding, filled from the data
    draw        that data, context -> matplotlib Figure
    inputs      tables it reads besides the results (FigureContext.inputs)
    report      whether a run and its report draw it; `blocs figures` draws all
    marks       what it is made of (band, bars, points, ...), for the gallery's count
    of_run      whether it is drawn from a run's results; else from the table of another command
    """

    name: str
    order: int
    variables: tuple[str, ...]
    data: Callable[[pd.DataFrame, FigureContext], pd.DataFrame]
    finding: Callable[[pd.DataFrame, FigureContext], str]
    draw: Callable[[pd.DataFrame, FigureContext], Figure]
    inputs: tuple[str, ...] = ()
    report: bool = True
    marks: tuple[str, ...] = ()
    of_run: bool = True


def stance_look(stance: str, stances: Sequence[str] = ()) -> Look:
    """The look of a stance; unknown stances take spare looks in the order given."""
    unknown = [name for name in stances if name not in STANCE_LOOKS]
    place = unknown.index(stance) if stance in unknown else 0
    return STANCE_LOOKS.get(stance, _SPARE[(place + 3) % len(_SPARE)])


def ecosystem_look(ecosystem: str, ecosystems: Sequence[str] = ()) -> Look:
    """The look of an ecosystem; unknown ones take spare looks in the order given."""
    unknown = [name for name in ecosystems if name not in ECOSYSTEM_LOOKS]
    return ECOSYSTEM_LOOKS.get(ecosystem, _SPARE[(unknown.index(ecosystem) if ecosystem in unknown else 0) % 4])


@cache
def _load_fonts() -> None:
    """Make the bundled fonts known to matplotlib (once a process)."""
    from matplotlib import font_manager

    with as_file(files("model.figures").joinpath("fonts")) as folder:
        for font in sorted(folder.glob("*.ttf")):
            font_manager.fontManager.addfont(str(font))
    for name in FONTS["en"]:
        font_manager.findfont(name, fallback_to_default=False)  # an error where another font would stand in


def current_size() -> str:
    """The size that is drawn in now."""
    return _size.get()


@contextmanager
def house_style(lang: str = "en", size: str | None = None) -> Iterator[None]:
    """Matplotlib's settings while a figure is drawn or saved in a language, and the size it is drawn in; restored afterwards."""
    import matplotlib

    _load_fonts()
    settings: dict[str, Any] = {
        "font.family": list(FONTS[lang]), "font.size": 9.0, "text.color": INK, "text.parse_math": False,
        "axes.edgecolor": FAINT, "axes.linewidth": 0.7, "axes.labelcolor": SOFT, "axes.unicode_minus": True,
        "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "axes.grid": True,
        "grid.color": GRID, "grid.linewidth": 0.7, "xtick.color": FAINT, "ytick.color": FAINT,
        "xtick.labelcolor": SOFT, "ytick.labelcolor": SOFT, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5,
        "xtick.major.size": 4.0, "xtick.minor.size": 2.0, "ytick.major.size": 0.0,
        "pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "blocs", "text.hinting": "none", "figure.facecolor": "white",
        "savefig.facecolor": "white", "lines.linewidth": 1.8, "lines.markersize": 4.5, "legend.frameon": False,
        "figure.dpi": 100.0, "savefig.dpi": float(DPI), "savefig.bbox": None, "path.simplify": True,
    }  # fmt: skip
    defaults: dict[Any, Any] = {key: value for key, value in matplotlib.rcParamsDefault.items() if key != "backend"}
    token = _size.set(size or _size.get())
    try:
        with _quiet(), matplotlib.rc_context(defaults | settings):
            yield
    finally:
        _size.reset(token)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the font tools log about themselves (weights, tables left out) from the user's terminal."""
    loggers = [logging.getLogger(name) for name in ("fontTools.subset", "matplotlib.font_manager")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def source_line(context: FigureContext) -> str:
    """What every figure says about where its numbers come from."""
    return context.say(
        "figure.source", scenario=context.scenario, baseline=context.baseline, hash=context.hash[:12] or "–",
        version=context.version or "–", seed=context.seed, draws=context.draws, parameters=context.parameters[:12] or "–",
    )  # fmt: skip


def subtitle(name: str, data: pd.DataFrame, context: FigureContext, banded: bool = True) -> str:
    """A figure's subtitle (unit and baseline) and whether there is a band; `banded`: whether the figure shows one."""
    spread = "figure.band" if data["draws"].max() >= BAND_DRAWS else "figure.no_band"
    spread = spread if banded else "figure.central"
    texts = [context.say(f"figure.{name}.subtitle", baseline=context.baseline), context.say(spread)]
    if context.years:
        texts.append(context.say("figure.horizon", first=context.years[0], last=context.years[-1]))
    return " ".join(texts)
