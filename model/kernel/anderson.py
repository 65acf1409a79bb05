"""Anderson acceleration of a fixed point u = g(u): a short memory of past steps, restarted when it misleads."""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dgelsy

from model.kernel.links import Array

DEPTH = 8
RANK = 1e-12
"""Columns of past steps closer than this to others tell nothing new."""
WORSE = 2.0
"""A residual that grew by more than this factor empties the memory and takes the plain step."""


class Anderson:
    """Proposes the next u from u and g(u) (Walker and Ni 2011, type II); the fixed point itself is untouched."""

    def __init__(self) -> None:
        self.values: list[Array] = []
        self.residuals: list[Array] = []

    def next(self, value: Array, image: Array) -> Array:
        """The point to try next, shape of `value`."""
        residual = image - value
        if self.residuals and abs(residual).max() > WORSE * abs(self.residuals[-1]).max():
            self.values, self.residuals = [], []
        self.values = [*self.values[-DEPTH:], image]
        self.residuals = [*self.residuals[-DEPTH:], residual]
        if len(self.residuals) < 2:
            return image
        residuals, values = np.array(self.residuals), np.array(self.values)
        weights = least_squares((residuals[1:] - residuals[:-1]).T, residual)
        return np.asarray(image - weights @ (values[1:] - values[:-1]))


def least_squares(steps: Array, target: Array) -> Array:
    """Weights of the columns of `steps` [n, depth] nearest to `target` [n]; nearly dependent columns are left out."""
    rows, columns = steps.shape
    work = max(4 * columns + 1, 2 * min(rows, columns) + 1) * 8
    padded = np.zeros(max(rows, columns))
    padded[:rows] = target
    _, found, _, _, _ = dgelsy(steps, padded, np.zeros((columns, 1), np.int32), RANK, work)
    return np.asarray(found[:columns, 0] if found.ndim == 2 else found[:columns])
