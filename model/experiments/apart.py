"""Figures of experiments of their own, apart from any run's folder: drawn in both languages at once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from calibration.registry import central, parameter_hash
from model import __version__
from model.experiments.results import FigureContext
from model.figures import FigureSpec, save_spec
from model.words import LANGUAGES


def save_both(spec: FigureSpec, frame: pd.DataFrame, scenario: str, folder: Path) -> None:
    """Draw a figure of central parameters, with its CSV, into FOLDER/en and FOLDER/ko."""
    for lang in LANGUAGES:
        context = FigureContext(scenario, (), scenario, "KOR", (2035,), lang, "", "", __version__, 0, 1, parameter_hash(central()))
        save_spec(spec, frame, context, folder / lang)
