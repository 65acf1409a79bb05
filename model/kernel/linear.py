"""One way to solve the quarter's two linear systems: warm-started, matrix-free, refined to a proven residual."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse.linalg import LinearOperator, bicgstab

from model.errors import ConvergenceError
from model.kernel.links import Array

TOLERANCE = 2e-14
"""Largest residual of any row, relative to that row's own scale."""
ACCEPTED = 1e-12
"""A system that rounding keeps above TOLERANCE is accepted below this residual, never above."""
ROUNDS = 12


def solve_linear(apply: Callable[[Array], Array], rhs: Array, guess: Array, floor: float, what: str) -> Array:
    """x with apply(x) = rhs, each row to its own scale max(|x|, floor), so that small plants are exact too.

    Iterative refinement around BiCGSTAB: each round solves for the correction that the last residual asks for.
    """
    size = len(rhs)
    x, last = guess.copy(), np.inf
    for _ in range(ROUNDS):
        scale = np.maximum(abs(x), floor)
        residual = (rhs - apply(x)) / scale
        worst = float(abs(residual).max())
        if worst < TOLERANCE or (worst < ACCEPTED and worst > 0.5 * last):
            return x
        last = worst
        operator = LinearOperator((size, size), lambda y, at=scale: apply(y.ravel() * at) / at, dtype=float)
        step, _ = bicgstab(operator, residual, rtol=1e-7, atol=0.0, maxiter=200)
        x = x + scale * step
    raise ConvergenceError(what, worst)
