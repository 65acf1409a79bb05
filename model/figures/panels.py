"""What the figures of sweeps share: a row of panels, one a case, with the sampled numbers down the left side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.figures.house import FAINT, GRID, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 3
"""Cases shown side by side; the rest stands in the CSV."""
ROWS = 10
"""Numbers shown; the rest stands in the CSV."""
LEFT = 2.35
"""Inches for the names of the numbers."""


def panels(figure: Figure, top: float, bottom: float, titles: Sequence[str], left: float = LEFT) -> list[Axes]:
    """Axes side by side on one vertical scale, each under its title; top and bottom are those left by `canvas`."""
    inch = 1.0 / figure.get_figheight()
    grid = figure.add_gridspec(
        1, len(titles), left=left / figure.get_figwidth(), right=0.965, top=top - 0.3 * inch, bottom=bottom + 0.34 * inch, wspace=0.12
    )
    found = []
    for column, title in enumerate(titles):
        axes = figure.add_subplot(grid[0, column])
        axes.set_title(title, fontsize=9.5)
        axes.spines["left"].set_color(FAINT)
        axes.tick_params(labelleft=column == 0)
        found.append(axes)
    return found


def name_rows(figure: Figure, axes: Sequence[Axes], names: Sequence[str], left: float = LEFT) -> None:
    """Names on the left of the first panel, broken over lines; a faint rule between rows in every panel."""
    for panel in axes:
        panel.set_ylim(len(names) - 0.5, -0.5)
        panel.grid(visible=False, axis="y")
        for place in range(len(names) - 1):
            panel.axhline(place + 0.5, color=GRID, linewidth=0.6)
        panel.set_yticks(range(len(names)))
        panel.locator_params(axis="x", nbins=5)
    broken = ["\n".join(wrap(figure, name, left - 0.45, fontsize=8.0)) for name in names]
    axes[0].set_yticklabels(broken, fontsize=8.0)


def row_height(rows: int) -> float:
    """Inches for the axes of so many rows."""
    return 0.95 + 0.33 * rows
