"""House style of the figures: fonts, colours, the frame of title, subtitle and source, and one way to save.

Colours are Okabe and Ito's, fixed for each stance and ecosystem; marker and line tell them apart in grey.
Matplotlib is imported inside the functions and used without pyplot (Agg, no global state but the fonts).
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from model.errors import StoreError
from model.experiments.results import BAND_DRAWS, BASELINE, FigureContext, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text

INK, SOFT, FAINT, GRID = "#222222", "#555555", "#9a9a9a", "#e4e4e4"
FONTS = {"ko": ("NanumGothic", "DejaVu Sans"), "en": ("DejaVu Sans", "NanumGothic")}
"""Fonts by language, the second where the first has no glyph: each one used is cut to size for each PDF, which takes long."""
Line = Literal["-", "none"] | tuple[float, tuple[float, ...]]
SIZES: dict[str, float] = {"page": 8.0, "column": 5.6, "slide": 8.0}
"""Drawn width in inches by size. Put on a page 160 mm wide, in a column 112 mm, or on a slide its text has 7 points
(12 on the slide). A slide is 16 to 9: what is taller is made wider."""
SLIDE = 16.0 / 9.0
FORMATS = ("png", "pdf", "svg")
DPI = 200
MARGIN = 0.3
"""Inches left of title, subtitle, key and source."""
_size: ContextVar[str] = ContextVar("size", default="page")


@dataclass(frozen=True)
class Look:
    """How one stance or ecosystem is drawn everywhere: colour, marker, line."""

    colour: str
    marker: str
    line: Line = "-"


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
    """

    name: str
    order: int
    variables: tuple[str, ...]
    data: Callable[[pd.DataFrame, FigureContext], pd.DataFrame]
    finding: Callable[[pd.DataFrame, FigureContext], str]
    draw: Callable[[pd.DataFrame, FigureContext], Figure]
    inputs: tuple[str, ...] = ()
    report: bool = True


@dataclass(frozen=True)
class Saved:
    """A figure on disk, with what a report says about it; `drawn` is False for a note that says what is missing."""

    name: str
    title: str
    caption: str
    files: dict[str, Path]
    drawn: bool = True

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


def canvas(context: FigureContext, title: str, subtitle: str, height: float) -> tuple[Figure, float, float]:
    """An empty figure with title, subtitle and source; returns it with the top and bottom left for axes (0-1).

    height   of the space for the axes in inches; title lines come on top of it
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = SIZES[_size.get()]
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    texts = [
        (title, {"fontsize": 13.0, "fontweight": "bold"}, 0.25),
        (subtitle, {"fontsize": 9.5, "color": SOFT}, 0.18),
    ]
    room = width - 2 * MARGIN
    wrapped = [(wrap(figure, text, room, **look), look, step) for text, look, step in texts]
    head = 0.22 + sum(len(lines) * step for lines, _, step in wrapped) + 0.14
    source = wrap(figure, source_line(context), room, fontsize=7.5)
    foot = 0.12 + 0.14 * len(source)
    total = head + height + foot
    if _size.get() == "slide":
        width, total = max(width, total * SLIDE), max(total, width / SLIDE)
    figure.set_size_inches(width, total)
    _write(figure, wrapped, total)
    for row, line in enumerate(reversed(source)):
        place = (MARGIN / width, (0.12 + 0.14 * row) / total)
        figure.text(*place, line, fontsize=7.5, color=SOFT, va="bottom")
    return figure, 1.0 - head / total, foot / total


def _write(figure: Figure, wrapped: Sequence[tuple[list[str], dict[str, Any], float]], total: float) -> None:
    """Put title and subtitle lines on the figure from the top down."""
    down = 0.22
    for place, (lines, look, step) in enumerate(wrapped):
        down += 0.06 * place
        for line in lines:
            figure.text(MARGIN / figure.get_figwidth(), 1.0 - down / total, line, va="top", **look)
            down += step


def source_line(context: FigureContext) -> str:
    """What every figure says about where its numbers come from."""
    return context.say(
        "figure.source", scenario=context.scenario, baseline=context.baseline, hash=context.hash[:12] or "–",
        version=context.version or "–", seed=context.seed, draws=context.draws,
    )  # fmt: skip


def wrap(figure: Figure, text: str, width: float, **look: Any) -> list[str]:
    """Break a text at spaces into lines no wider than `width` inches."""
    probe = figure.text(0, 0, "", **look)
    lines: list[str] = []
    for piece in text.split():
        longer = f"{lines[-1]} {piece}" if lines else piece
        if lines and text_width(figure, probe, longer) <= width:
            lines[-1] = longer
        else:
            lines.append(piece)
    probe.remove()
    return lines


def text_width(figure: Figure, probe: Text, text: str) -> float:
    """Width of a text in inches when it is drawn like `probe`."""
    probe.set_text(text)
    return float(probe.get_window_extent().width / figure.dpi)


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label places apart to at least `gap`, as little as possible, inside [low, high]."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [min(max(places[i], low), high) for i in order]
    for _ in range(200):
        for k in range(len(moved) - 1):
            short = gap - (moved[k + 1] - moved[k])
            if short > 1e-12:
                moved[k] -= short / 2
                moved[k + 1] += short / 2
        moved = [min(max(place, low + gap * k), high - gap * (len(moved) - 1 - k)) for k, place in enumerate(moved)]
    found = dict(zip(order, moved, strict=True))
    return [found[i] for i in range(len(places))]


def key_row(figure: Figure, entries: Sequence[tuple[str, Look]], top: float, points: bool = False) -> None:
    """One row above the axes that says which line or marker is which; smaller where the row would be too long.

    top      upper edge of the row, 0-1 of the figure's height
    points   markers without line
    """
    from matplotlib.lines import Line2D

    width, middle = figure.get_figwidth(), top - 0.09 / figure.get_figheight()
    long = 0.1 if points else 0.44
    texts = [figure.text(0.0, middle, name, fontsize=9.0, va="center") for name, _ in entries]
    sizes = [long + 0.08 + text_width(figure, text, text.get_text()) + 0.28 for text in texts]
    scale = min(1.0, (width - 2 * MARGIN + 0.28) / max(sum(sizes), 1e-9))
    left = MARGIN
    for text, size, (_, look) in zip(texts, sizes, entries, strict=True):
        text.set(x=(left + (long + 0.08) * scale) / width, fontsize=9.0 * scale)
        xs = [(left + part * long * scale) / width for part in (0.0, 0.5, 1.0)]
        figure.add_artist(Line2D(
            xs, [middle] * 3, color=look.colour, linestyle="none" if points else look.line, marker=look.marker,
            markevery=[1], markersize=5.0,
        ))  # fmt: skip
        left += size * scale


def label_room(figure: Figure, labels: Sequence[str], fontsize: float = 8.5, least: float = 0.5) -> float:
    """Left edge (0-1) for axes whose y tick labels are these: as wide as the longest needs, and a little air."""
    probe = figure.text(0, 0, "", fontsize=fontsize)
    longest = max((text_width(figure, probe, label) for label in labels), default=0.0)
    probe.remove()
    return (max(longest, least) + MARGIN - 0.05 + 0.08) / figure.get_figwidth()


def zero_line(axes: Axes, vertical: bool = False) -> None:
    """The line of no difference from the baseline."""
    (axes.axvline if vertical else axes.axhline)(0.0, color=INK, linewidth=0.9, zorder=1.5)


def panel_grid(figure: Figure, count: int, space: tuple[float, float], gap: float = 0.12, left: float = 0.0) -> Any:
    """Panels side by side between two heights of the figure (0-1); `left`: edge of the first (0: room for numbers)."""
    width = figure.get_figwidth()
    return figure.add_gridspec(
        1, count, left=left or 0.62 / width, right=1.0 - MARGIN / width, bottom=space[0], top=space[1], wspace=gap
    )


def mark_years(axes: Axes, years: Sequence[int], most: int = 7) -> None:
    """Whole years on the x axis, at most `most` of them, counted back from the last; a tick for every year."""
    first, last = min(years), max(years)
    step = next((step for step in (1, 2, 3, 5, 10) if (last - first) // step + 1 <= most), 20)
    axes.set_xticks(range(last, first - 1, -step))
    axes.set_xticks(range(first, last + 1), minor=True)
    axes.set_xlim(first - 0.3, last + 0.3)


def plain_steps(axes: Axes, most: int = 6) -> None:
    """Ticks of the y axis in steps of 1, 2 or 5."""
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10]))


def tick_digits(axis: Axis) -> int:
    """Decimals that tell the ticks of an axis apart."""
    ticks = axis.get_majorticklocs()
    step = abs(float(ticks[1] - ticks[0])) if len(ticks) > 1 else 1.0
    return next((digits for digits in (0, 1) if abs(step - round(step, digits)) < 1e-6 * step), 2)


def subtitle(name: str, data: pd.DataFrame, context: FigureContext, banded: bool = True) -> str:
    """A figure's subtitle (unit and baseline) and whether there is a band; `banded`: whether the figure shows one."""
    spread = "figure.band" if data["draws"].max() >= BAND_DRAWS else "figure.no_band"
    spread = spread if banded else "figure.central"
    texts = [context.say(f"figure.{name}.subtitle", baseline=context.baseline), context.say(spread)]
    if context.years:
        texts.append(context.say("figure.horizon", first=context.years[0], last=context.years[-1]))
    return " ".join(texts)


def note_figure(context: FigureContext, title: str, note: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    figure, top, bottom = canvas(context, title, note, 0.5)
    figure.text(MARGIN / figure.get_figwidth(), (top + bottom) / 2, "–", color=FAINT)
    return figure


def save_figure(
    figure: Figure, folder: Path, name: str, data: pd.DataFrame, lang: str, formats: Sequence[str] = ("png", "pdf")
) -> dict[str, Path]:
    """Write NAME.png (200 dpi), .pdf (searchable fonts), .svg (letters as outlines) and .csv (UTF-8 with BOM).

    The bytes are the same every time. A sign that no bundled font has, or a font that cannot be searched, is an error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {ending: folder / f"{name}.{ending}" for ending in (*formats, "csv")}
    with house_style(lang), every_sign(name):
        for ending in formats:
            figure.savefig(found[ending], **_METADATA[ending])
    if "pdf" in found and b"/Subtype /Type3" in found["pdf"].read_bytes():
        raise StoreError(f"{found['pdf']}: a Type 3 font, which cannot be searched")
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


_METADATA: dict[str, dict[str, Any]] = {
    "png": {"dpi": DPI, "metadata": {"Software": "BLOCS"}},
    "pdf": {"metadata": {"CreationDate": None, "Creator": "BLOCS", "Producer": None}},
    "svg": {"metadata": {"Date": None, "Creator": "BLOCS"}},
}
"""What each kind of file says about itself: never a date."""


def write_index(folder: Path, figures: Sequence[Saved], lang: str) -> Path:
    """figures.json: name, title, caption sentence and files of every figure of a folder."""
    rows = [
        {"name": f.name, "title": f.title, "caption": f.caption, "drawn": f.drawn, "lang": lang,
         "files": {kind: path.name for kind, path in f.files.items()}} for f in figures
    ]  # fmt: skip
    target = folder / "figures.json"
    target.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
    return target


def draw_stances(axes: Axes, rows: pd.DataFrame, segments: Sequence[str], stances: Sequence[str]) -> None:
    """Points with their bands, segments from top to bottom, stances side by side within a segment.

    rows: segment, stance, central, p10, p90, draws.
    """
    zero_line(axes, vertical=True)
    step = min(0.26, 0.56 / max(len(stances) - 1, 1))
    for place, stance in enumerate(stances):
        look = stance_look(stance, stances)
        own = rows[rows["stance"] == stance].set_index("segment").reindex(list(segments))
        down = [k + (place - (len(stances) - 1) / 2) * step for k in range(len(segments))]
        if rows["draws"].max() >= BAND_DRAWS:
            axes.hlines(down, own["p10"], own["p90"], color=look.colour, linewidth=1.5, alpha=0.75)
        axes.plot(own["central"], down, color=look.colour, marker=look.marker, linestyle="none", markersize=4.6)
    for k in range(len(segments) - 1):
        axes.axhline(k + 0.5, color=GRID, linewidth=0.6)
    axes.set_ylim(len(segments) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_color(FAINT)
    axes.xaxis.set_major_formatter(lambda value, _: signed(value, tick_digits(axes.xaxis)))
