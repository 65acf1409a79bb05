"""Figures drawn and saved, one or many, here or on worker processes: the bytes are the same.

A `Drawing` is all that a figure needs, so that any process can draw it. `draw_all` is the one way from drawings to files.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from model.errors import BlocsError, StoreError
from model.experiments.results import FigureContext
from model.experiments.workers import Died, Pool, supervise
from model.figures.house import FigureSpec, house_style
from model.figures.save import Saved, every_sign, note_figure, save_figure, write_index

DRAWING = ("matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf", "fontTools.subset", "model.figures")
"""What a worker imports to draw; it may do so before there is anything to draw (`Pool.prepare`)."""


@dataclass(frozen=True)
class Drawing:
    """A figure to draw: its kind and data, what it is told of the runs, and where it is saved under which name."""

    spec: FigureSpec
    data: pd.DataFrame
    context: FigureContext
    folder: Path
    name: str = ""
    formats: Sequence[str] = ("png", "pdf")
    size: str = "page"

    @property
    def stem(self) -> str:
        """What its files are called."""
        return self.name or self.spec.name


def draw_all(drawings: Sequence[Drawing], workers: int | Pool = 1) -> list[Saved]:
    """Draw, save and list in figures.json, on `workers` processes (1: in this one).

    A fault of one figure is raised when the others are done; on Ctrl-C, too, the finished ones are kept and listed.
    """
    found: dict[int, Saved | Exception] = {}
    try:
        found.update(_results(drawings, workers))  # one by one: what is there stays there
    finally:
        made = {i: found[i] for i in sorted(found)}
        for index, saved in made.items():
            if isinstance(saved, Saved):
                write_index(drawings[index].folder, [saved], drawings[index].context)
    if faults := [result for result in made.values() if isinstance(result, Exception)]:
        ours = next((fault for fault in faults if not isinstance(fault, BlocsError)), None)
        raise ours or StoreError("\n".join(str(fault) for fault in faults))
    return [saved for saved in made.values() if isinstance(saved, Saved)]


def _results(drawings: Sequence[Drawing], workers: int | Pool) -> Iterator[tuple[int, Saved | Exception]]:
    """(index, result) as they are finished."""
    if workers == 1 or len(drawings) <= 1:
        yield from ((index, _try(drawings, index)) for index in range(len(drawings)))
        return
    for index, result in supervise(partial(_try, drawings), [[index] for index in range(len(drawings))], workers):
        yield index, StoreError(f"{drawings[index].stem}: {result.reason}") if isinstance(result, Died) else result


def _try(drawings: Sequence[Drawing], index: int) -> Saved | Exception:
    """One figure, or what went wrong with it: others are still to be drawn."""
    try:
        return _draw(drawings[index])
    except Exception as fault:  # noqa: BLE001  raised again when all are done
        fault.add_note(traceback.format_exc())  # another process does not see where
        return fault


def _draw(drawing: Drawing) -> Saved:
    """The figure of this data, or a note that says what is missing, on disk."""
    spec, data, context, name = drawing.spec, drawing.data, drawing.context, drawing.stem
    title, caption = context.say(f"figure.{spec.name}.name"), context.say(f"figure.{spec.name}.caption")
    with house_style(context.lang, drawing.size), every_sign(name):
        if data.empty:
            needed = ", ".join(spec.variables + spec.inputs) or spec.name
            key = "figure.missing_channels" if needed.startswith("Welfare Channel") else "figure.missing"
            caption = context.say(key, variables=needed)
            figure = note_figure(context, title, caption)
        else:
            title = spec.finding(data, context)
            figure = spec.draw(data, context)
        files = save_figure(figure, drawing.folder, name, data, context.lang, drawing.formats)
    return Saved(name, title, caption, files, not data.empty, spec.name)
