"""Declared outcomes: their names, units and the arrays a run records them in (OBSERVABLES contract)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Key = tuple[str, str, str]
"""(region, variable, unit)."""


@dataclass(frozen=True)
class Recording:
    """What one run leaves: levels by series and quarter.

    scenario   NAME or NAME@STANCE (the baseline's rows stand under its own name)
    quarters   labels, length t
    keys       (region, variable, unit) of each series, sorted
    values     [series, t]; NaN where a value is undefined (it gets no row in results.parquet)
    """

    scenario: str
    draw: int
    seed: int
    quarters: tuple[str, ...]
    keys: tuple[Key, ...]
    values: Array
