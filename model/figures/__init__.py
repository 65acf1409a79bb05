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
from model.figures.house import FigureSpec, house_style
from model.figures.save import Saved, every_sign, note_figure, save_figure, write_index


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
    spec = KINDS[name]
    return _saved(spec, spec.data(frame, context), context, folder, name, formats, size)


def make_figures(
    frame: pd.DataFrame,
    context: FigureContext,
    folder: Path,
    names: Sequence[str] | None = None,
    formats: Sequence[str] = ("png", "pdf"),
    size: str = "page",
) -> list[Saved]:
    """Draw and save the named figures, or all of them, in the order of the report, with figures.json beside them."""
    wanted = list(FIGURES) if names is None else names
    folder.mkdir(parents=True, exist_ok=True)
    made = [make_figure(name, frame, context, folder, formats, size) for name in wanted]
    write_index(folder, made, context)
    return made


def save_spec(
    spec: FigureSpec,
    frame: pd.DataFrame,
    context: FigureContext,
    folder: Path,
    name: str = "",
    formats: Sequence[str] = ("png", "pdf"),
    size: str = "page",
) -> Saved:
    """Draw and save a figure of another command, and list it in figures.json: its table, where to, under which file name."""
    made = _saved(spec, spec.data(frame, context), context, folder, name or spec.name, formats, size)
    write_index(folder, [made], context)
    return made


def redraw(
    row: dict[str, object], data: pd.DataFrame, context: FigureContext, folder: Path, formats: Sequence[str], size: str
) -> Saved:
    """A figure that figures.json lists, again from its own CSV (which holds what `data` of its kind gave)."""
    return _saved(KINDS[str(row["kind"])], data, context, folder, str(row["name"]), formats, size)


def _saved(
    spec: FigureSpec,
    data: pd.DataFrame,
    context: FigureContext,
    folder: Path,
    name: str,
    formats: Sequence[str],
    size: str,
) -> Saved:
    """The figure of this data, or a note that says what is missing, on disk."""
    title, caption = context.say(f"figure.{spec.name}.name"), context.say(f"figure.{spec.name}.caption")
    with house_style(context.lang, size), every_sign(name):
        if data.empty:
            needed = ", ".join(spec.variables + spec.inputs) or spec.name
            key = "figure.missing_channels" if needed.startswith("Welfare Channel") else "figure.missing"
            caption = context.say(key, variables=needed)
            figure = note_figure(context, title, caption)
        else:
            title = spec.finding(data, context)
            figure = spec.draw(data, context)
        files = save_figure(figure, folder, name, data, context.lang, formats)
    return Saved(name, title, caption, files, not data.empty, spec.name)


__all__ = [
    "FIGURES",
    "KINDS",
    "FigureContext",
    "FigureSpec",
    "Saved",
    "figure_variables",
    "make_figure",
    "make_figures",
    "redraw",
    "save_spec",
]
