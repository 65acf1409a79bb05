"""The figures: one module each, found by its `FIGURE`; they read results and never the simulation.

FIGURES are drawn from the results of a run; KINDS holds these and the ones drawn from the table of another command
(sweep, comparison, back-test, calibration), whose `variables` are empty and whose `data` takes that table.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pandas as pd

from model.experiments.results import FigureContext
from model.figures.drawing import DRAWING, Drawing, draw_all
from model.figures.house import FigureSpec
from model.figures.save import Saved


def _discover() -> dict[str, FigureSpec]:
    """Every FigureSpec named FIGURE in a module of this package, in the order of the report."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    specs = [module.FIGURE for module in modules if hasattr(module, "FIGURE")]
    return {spec.name: spec for spec in sorted(specs, key=lambda spec: (spec.order, spec.name))}


KINDS: dict[str, FigureSpec] = _discover()
FIGURES: dict[str, FigureSpec] = {name: spec for name, spec in KINDS.items() if spec.of_run}


def figure_variables(names: Sequence[str] | None = None) -> list[str]:
    """Names and patterns that the figures read, for `read_results`."""
    return sorted({pattern for name in names or FIGURES for pattern in FIGURES[name].variables})


def make_figure(
    name: str,
    frame: pd.DataFrame,
    context: FigureContext,
    folder: Path,
    formats: Sequence[str] = ("png", "pdf"),
    size: str = "page",
) -> Saved:
    """Draw one figure from a results frame and save it with its data; without data it is a stated note."""
    return save_spec(KINDS[name], frame, context, folder, formats=formats, size=size)


def make_figures(
    frame: pd.DataFrame,
    context: FigureContext,
    folder: Path,
    names: Sequence[str] | None = None,
    formats: Sequence[str] = ("png", "pdf"),
    size: str = "page",
) -> list[Saved]:
    """Draw and save the named figures, or all of them, in the order of the report, with figures.json beside them."""
    specs = [FIGURES[name] for name in (FIGURES if names is None else names)]
    return draw_all([Drawing(spec, spec.data(frame, context), context, folder, "", formats, size) for spec in specs])


def save_spec(
    spec: FigureSpec,
    frame: pd.DataFrame,
    context: FigureContext,
    folder: Path,
    name: str = "",
    formats: Sequence[str] = ("png", "pdf"),
    size: str = "page",
) -> Saved:
    """Draw and save a figure, and list it in figures.json: its table, where to, under which file name."""
    return draw_all([Drawing(spec, spec.data(frame, context), context, folder, name, formats, size)])[0]


__all__ = [
    "DRAWING",
    "FIGURES",
    "KINDS",
    "Drawing",
    "FigureContext",
    "FigureSpec",
    "Saved",
    "draw_all",
    "figure_variables",
    "make_figure",
    "make_figures",
    "save_spec",
]
