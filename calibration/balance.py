"""Biproportional balancing (RAS): the only numerical method the base year needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.errors import TableError

Array = NDArray[np.float64]

TOLERANCE = 1e-13
MOST_SWEEPS = 20_000


def ras(seed: Array, rows: Array, columns: Array, what: str) -> Array:
    """The matrix nearest to `seed` (in cross entropy) with the given row and column sums.

    seed [m, k] >= 0; rows [m]; columns [k]; both in the same unit, equal totals (the columns are
    scaled to the rows' total). A row or column with total 0 becomes 0. Bacharach (1970).
    Raises TableError naming `what` when zeros in the seed make the margins impossible.
    """
    columns = columns * (rows.sum() / columns.sum())
    right = np.ones(len(columns))
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(MOST_SWEEPS):
            left = _ratio(rows, seed @ right)
            new = _ratio(columns, left @ seed)
            done = not np.abs(new - right).max() > TOLERANCE * np.abs(new).max()
            right = new
            if done:
                break
        table = left[:, None] * seed * right
        gap = np.abs(table.sum(1) - rows).max() / rows.sum()
    if not gap < 1e-10:
        raise TableError(f"{what}: the margins cannot be met by the seed (relative gap {gap:.2g})")
    return np.asarray(table)


def _ratio(target: Array, now: Array) -> Array:
    """target / now where the target is positive, else 0."""
    return np.divide(target, now, out=np.zeros_like(target), where=(target > 0) & (now > 0))
