"""Anderson acceleration of a fixed point u = g(u): a short memory of past steps, restarted when it misleads."""

from __future__ import annotations

import numpy as np

from model.kernel.links import Array

DEPTH = 8
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
        steps = np.diff(np.array(self.residuals), axis=0).T
        weights = np.linalg.lstsq(steps, residual, rcond=1e-12)[0]
        return np.asarray(image - np.diff(np.array(self.values), axis=0).T @ weights)
