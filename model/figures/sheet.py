"""The frame of every figure: title, subtitle, keys and source around a space for panels; everything is in inches.

A kind of figure opens a `Sheet`, asks it for panels, and draws its marks: place, room for labels and line breaks are here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from model.experiments.results import BASELINE, FigureContext
from model.figures.house import (
    MARGIN,
    SIZES,
    SLIDE,
    SMALL,
    SOFT,
    Look,
    current_size,
    source_line,
    stance_look,
)
from model.figures.marks import name_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

Entry = tuple[str, Look]
KEY, LINE = 9.0, 0.21
"""Letters of a key (points), and the height of one of its rows."""
LONG, DOT = 0.44, 0.1
"""How long a key's line is, and a key's marker without line."""


@dataclass(frozen=True)
class Key:
    """Names of lines or, with `points`, of markers; it takes as many rows as it needs."""

    entries: Sequence[Entry]
    points: bool = False


@dataclass(frozen=True)
class Sheet:
    """A figure and the space inside its frame, in inches from the lower left corner."""

    figure: Figure
    top: float
    bottom: float

    @property
    def width(self) -> float:
        """Width of the whole figure."""
        return float(self.figure.get_figwidth())

    def axes(self, left: float, right: float, bottom: float | None = None, top: float | None = None) -> Axes:
        """Axes between these margins on the left and right and these heights (all of the space without them)."""
        low, high = self.bottom if bottom is None else bottom, self.top if top is None else top
        width, height = self.figure.get_size_inches()
        return self.figure.add_axes((left / width, low / height, (width - left - right) / width, (high - low) / height))

    def panels(
        self, titles: Sequence[str], left: float = 0.62, right: float = MARGIN, foot: float = 0.3, gap: float = 0.2, columns: int = 0,
    ) -> list[Axes]:  # fmt: skip
        """Axes in rows of `columns` (0: all in one), each under its title; only the outer ones have labels of ticks.

        left, right   margins of the figure; foot: room under every row that has labels of ticks; gap: between columns
        """
        columns = columns or max(len(titles), 1)
        rows = -(-len(titles) // columns)
        wide = (self.width - left - right - gap * (columns - 1)) / columns
        broken = [wrap(self.figure, title, wide, fontsize=9.5, fontweight="bold") for title in titles]
        head = 0.1 + 0.16 * max((len(lines) for lines, title in zip(broken, titles, strict=True) if title), default=0)
        high = (self.top - self.bottom - foot - head * rows - 0.12 * (rows - 1)) / rows
        found = []
        for place, lines in enumerate(broken):
            row, column = divmod(place, columns)
            start = left + column * (wide + gap)
            low = self.top - (row + 1) * (head + high) - 0.12 * row
            axes = self.axes(start, self.width - start - wide, low, low + high)
            axes.set_title("\n".join(lines), loc="left", fontsize=9.5, fontweight="bold", pad=4.0)
            axes.tick_params(labelleft=column == 0, labelbottom=place + columns >= len(titles))
            found.append(axes)
        return found

    def beside(self, labels: Sequence[str], fontsize: float = 8.5, least: float = 0.45) -> float:
        """Left margin for axes whose y tick labels are these."""
        probe = self.figure.text(0, 0, "", fontsize=fontsize)
        longest = max(
            (text_width(self.figure, probe, line) for label in labels for line in label.splitlines()), default=0.0
        )
        probe.remove()
        return max(longest, least) + MARGIN + 0.05


def open_sheet(context: FigureContext, title: str, under: str, height: float, *keys: Key) -> Sheet:
    """A figure with title, subtitle, keys and source; `height` of the space for panels, titles and labels of axes in it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = SIZES[current_size()]
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    frame = _frame(figure, width, context, (title, under), keys)
    total = frame.head + height + frame.foot
    if current_size() == "slide":  # made wider, so that lines hold more
        width = max(width, total * SLIDE)
        frame = _frame(figure, width, context, (title, under), keys)
        total = max(frame.head + height + frame.foot, width / SLIDE)
        width = max(width, total * SLIDE)
    figure.set_size_inches(width, total)
    _write_head(figure, frame.texts)
    for place, line in enumerate(reversed(frame.source)):
        _text(figure, MARGIN, 0.12 + 0.15 * place, line, fontsize=SMALL, color=SOFT, va="bottom")
    for place, (row, points) in enumerate(frame.rows):
        _draw_key(figure, row, total - frame.head + LINE * (len(frame.rows) - place) - 0.09, points)
    return Sheet(figure, total - frame.head, frame.foot)


@dataclass(frozen=True)
class _Frame:
    """What stands around the space for panels: lines of title and subtitle, of the source, rows of keys; and their heights."""

    texts: list[tuple[list[str], dict[str, Any], float]]
    source: list[str]
    rows: list[tuple[list[tuple[str, Look, float]], bool]]

    @property
    def head(self) -> float:
        """From the upper edge to the panels."""
        return 0.36 + sum(len(lines) * step for lines, _, step in self.texts) + LINE * len(self.rows)

    @property
    def foot(self) -> float:
        """From the lower edge to the panels."""
        return 0.12 + 0.15 * len(self.source)


def _frame(figure: Figure, width: float, context: FigureContext, said: tuple[str, str], keys: Sequence[Key]) -> _Frame:
    """Title, subtitle, source and keys broken into lines of a figure's width."""
    room = width - 2 * MARGIN
    texts = [
        (balanced(figure, said[0], room, **TITLE), TITLE, 0.25),
        (wrap(figure, said[1], room, **UNDER), UNDER, 0.18),
    ]
    source = wrap(figure, source_line(context), room, fontsize=SMALL)
    return _Frame(texts, source, [(row, key.points) for key in keys for row in _key_rows(figure, key, room)])


def columns_of(count: int, least: float = 1.45) -> int:
    """How many of so many panels stand side by side in the size drawn in: none narrower than `least` inches, rows alike."""
    most = max(1, min(count, int((SIZES[current_size()] - 0.6) / least)))
    return -(-count // -(-count // most)) if count else 1


TITLE: dict[str, Any] = {"fontsize": 13.0, "fontweight": "bold"}
UNDER: dict[str, Any] = {"fontsize": 9.5, "color": SOFT}


def _write_head(figure: Figure, heads: Sequence[tuple[list[str], dict[str, Any], float]]) -> None:
    """Title and subtitle lines from the top down."""
    down = figure.get_figheight() - 0.22
    for place, (lines, look, step) in enumerate(heads):
        down -= 0.06 * place
        for line in lines:
            _text(figure, MARGIN, down, line, va="top", **look)
            down -= step


def _text(figure: Figure, x: float, y: float, text: str, **look: Any) -> Text:
    """Text at a place in inches."""
    return figure.text(x / figure.get_figwidth(), y / figure.get_figheight(), text, **look)


# -- text ------------------------------------------------------------------------------------------------
def text_width(figure: Figure, probe: Text, text: str) -> float:
    """Width of a text in inches when it is drawn like `probe`."""
    probe.set_text(text)
    return float(probe.get_window_extent().width / figure.dpi)


def wrap(figure: Figure, text: str, width: float, **look: Any) -> list[str]:
    """Break a text at its spaces (not at no-break ones) into lines no wider than `width` inches; a longer word is cut."""
    probe = figure.text(0, 0, "", **look)
    lines: list[str] = []
    for piece in text.split(" "):
        longer = f"{lines[-1]} {piece}" if lines else piece
        if lines and text_width(figure, probe, longer) <= width:
            lines[-1] = longer
            continue
        *whole, rest = _cut(figure, probe, piece, width)
        lines += [*whole, rest]
    probe.remove()
    return lines


def balanced(figure: Figure, text: str, width: float, **look: Any) -> list[str]:
    """A text in as few lines as `wrap` needs, of about the same length: no single word on the last one."""
    lines = wrap(figure, text, width, **look)
    for part in (0.55, 0.65, 0.75, 0.85) if len(lines) > 1 else ():
        tried = wrap(figure, text, part * width, **look)
        if len(tried) == len(lines):
            return tried
    return lines


def _cut(figure: Figure, probe: Text, piece: str, width: float) -> list[str]:
    """A word in parts that fit; most fit whole."""
    if text_width(figure, probe, piece) <= width or len(piece) < 4:
        return [piece]
    most = next((k for k in range(len(piece) - 1, 3, -1) if text_width(figure, probe, piece[:k]) <= width), 3)
    return [piece[:most], *_cut(figure, probe, piece[most:], width)]


# -- keys ------------------------------------------------------------------------------------------------
def _key_rows(figure: Figure, key: Key, room: float) -> list[list[tuple[str, Look, float]]]:
    """The entries of a key with their widths, in rows that fit."""
    probe, used = figure.text(0, 0, "", fontsize=KEY), room
    rows: list[list[tuple[str, Look, float]]] = []
    for name, look in key.entries:
        size = (DOT if key.points else LONG) + 0.08 + text_width(figure, probe, name) + 0.28
        if used + size - 0.28 > room:
            rows.append([])
            used = 0.0
        rows[-1].append((name, look, size))
        used += size
    probe.remove()
    return rows


def _draw_key(figure: Figure, row: Sequence[tuple[str, Look, float]], middle: float, points: bool) -> None:
    """One row of a key: line with marker or marker alone, then the name."""
    from matplotlib.lines import Line2D

    left, long = MARGIN, DOT if points else LONG
    width, height = figure.get_size_inches()
    for name, look, size in row:
        xs = [(left + part * long) / width for part in (0.0, 0.5, 1.0)]
        figure.add_artist(Line2D(
            xs, [middle / height] * 3, color=look.colour, linestyle="none" if points else look.line, marker=look.marker,
            markevery=[1], markersize=5.5, markeredgecolor=look.edge or look.colour,
        ))  # fmt: skip
        _text(figure, left + long + 0.08, middle, name, fontsize=KEY, va="center")
        left += size


def held(data: pd.DataFrame, context: FigureContext, baseline: bool = True) -> list[str]:
    """The baseline (if wanted) and the stances that the data hold, in order."""
    names = (*((BASELINE,) if baseline else ()), *context.cases())
    return [name for name in names if name in set(data["stance"])]


def baseline_and_first(data: pd.DataFrame, context: FigureContext) -> list[str]:
    """The baseline and the first stance that the data hold."""
    return [s for s in held(data, context) if s == BASELINE] + held(data, context, baseline=False)[:1]


def stance_key(stances: Sequence[str], context: FigureContext, points: bool = False) -> Key:
    """Which line or marker is which stance; none for a run without stances."""
    return Key([(context.label("stance", name), stance_look(name, stances)) for name in stances if name], points)


MOST, ROWS = 3, 10
"""Cases of a sweep shown side by side and numbers shown under one another; the rest stands in the CSV."""


def shown_cases(data: pd.DataFrame) -> dict[str, str]:
    """The first cases of a sweep's table with their titles, as many as are shown."""
    titles = data.drop_duplicates("case").set_index("case")["case_title"]
    return {str(case): str(title) for case, title in titles.iloc[:MOST].items()}


def leading(data: pd.DataFrame, by: str) -> list[str]:
    """Titles of the sampled numbers by their largest value in the column `by`, as many as are shown."""
    most = data.groupby("title", sort=False)[by].max().sort_values(ascending=False, kind="stable")
    return [str(title) for title in most.index[:ROWS]]


def case_panels(
    context: FigureContext, title: str, under: str, cases: Sequence[str], names: Sequence[str], *keys: Key
) -> tuple[Sheet, list[Axes]]:
    """A sheet with a panel a case on one vertical scale of named rows, names broken over lines."""
    sheet = open_sheet(context, title, under, 0.7 + 0.34 * len(names), *keys)
    broken = ["\n".join(wrap(sheet.figure, name, 0.29 * sheet.width, fontsize=8.0)) for name in names]
    panels = sheet.panels(cases, sheet.beside(broken, 8.0), foot=0.34)
    name_rows(panels, broken, 8.0)
    return sheet, panels
