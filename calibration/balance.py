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
    across, down = seed.copy(), seed.T.copy()  # a sweep is small: what counts is the number of calls in it
    no_row, no_column = _infinite_where_zero(rows), _infinite_where_zero(columns)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(MOST_SWEEPS):
            left = rows / (across @ right + no_row)
            new = columns / (down @ left + no_column)
            done = not abs(new - right).max() > TOLERANCE * new.max()
            right = new
            if done:
                break
        table = left[:, None] * seed * right
        gap = np.abs(table.sum(1) - rows).max() / rows.sum()
    if not gap < 1e-10:
        raise TableError(f"{what}: the margins cannot be met by the seed (relative gap {gap:.2g})")
    return np.asarray(table)


def _infinite_where_zero(target: Array) -> Array:
    """What is added to a sum so that its ratio is 0 where the target is 0."""
    return np.where(target > 0, 0.0, np.inf)
