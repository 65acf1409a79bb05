"""Waterfalls: the one way in which kinds of figure draw differences that add up, stance by stance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model.figures.marks import WATERFALL, draw_waterfalls
from model.figures.sheet import Key, open_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from model.experiments.results import FigureContext

ROW = 0.26
"""Inches of a bar and its space."""


def total_and_most(own: pd.Series) -> tuple[float, str]:
    """The sum of one stance's steps, and which of them carries most of it."""
    total = float(own.sum())
    return total, str((own if total > 0 else -own).idxmax())


def waterfall_sheet(context: FigureContext, title: str, under: str, steps: pd.DataFrame, labels: Sequence[str]) -> Figure:
    """A panel a stance (columns); each row's bar starts where the one above ends, the sum (the last label) stands below."""
    key = Key([(context.say(f"figure.waterfall.{name}"), look) for name, look in WATERFALL.items()], points=True)
    sheet = open_sheet(context, title, under, 0.65 + ROW * len(labels), key)
    titles = [context.label("stance", str(stance)) for stance in steps.columns]
    draw_waterfalls(sheet.panels(titles, sheet.beside(labels)), steps, labels)
    return sheet.figure
