"""The figures: one module each, found by its `FIGURE`; they read results and never the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pandas as pd

from model.experiments.results import FigureContext
from model.figures.house import FigureSpec, Saved, every_sign, house_style, note_figure, save_figure, write_index


def _discover() -> dict[str, FigureSpec]:
    """Every FigureSpec named FIGURE in a module of this package, in the order of the report."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    specs = [module.FIGURE for module in modules if hasattr(module, "FIGURE")]
    return {spec.name: spec for spec in sorted(specs, key=lambda spec: (spec.order, spec.name))}


FIGURES: dict[str, FigureSpec] = _discover()


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
    spec = FIGURES[name]
    data = spec.data(frame, context)
    title, caption = context.say(f"figure.{name}.name"), context.say(f"figure.{name}.caption")
    with house_style(context.lang, size), every_sign(name):
        if data.empty:
            caption = context.say("figure.missing", variables=", ".join(spec.variables + spec.inputs))
            figure = note_figure(context, title, caption)
        else:
            title = spec.finding(data, context)
            figure = spec.draw(data, context)
    files = save_figure(figure, folder, name, data, context.lang, formats)
    return Saved(name, title, caption, files, not data.empty)


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
    write_index(folder, made, context.lang)
    return made


def save_spec(
    spec: FigureSpec, frame: pd.DataFrame, context: FigureContext, folder: Path, name: str = "",
    formats: Sequence[str] = ("png", "pdf"), size: str | None = None,
) -> Saved:  # fmt: skip
    """Draw and save a figure that is not in the report: its spec, the table it shows, where to, under which file name."""
    data, name = spec.data(frame, context), name or spec.name
    with house_style(context.lang, size), every_sign(name):
        figure = spec.draw(data, context)
    files = save_figure(figure, folder, name, data, context.lang, formats)
    return Saved(name, spec.finding(data, context), context.say(f"figure.{spec.name}.caption"), files)


__all__ = [
    "FIGURES",
    "FigureContext",
    "FigureSpec",
    "Saved",
    "figure_variables",
    "make_figure",
    "make_figures",
    "save_spec",
]
