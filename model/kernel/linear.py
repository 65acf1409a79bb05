"""One way to solve the quarter's two linear systems: sparse, warm-started, preconditioned by groups.

Plants of one region and segment buy nearly the same mix, so what a system of their groups' means says is almost true of
each, and it is as small as the number of groups (regions x segments) whatever the number of plants. It preconditions
BiCGSTAB on the true sparse system; refinement proves the residual.
"""

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
FLOOR = 1e-11
"""Smallest scale of a row, in units of world final expenditure a quarter."""
EXPECTED = 0.3
"""What a plain correction should leave of a residual at most."""
HOPED = 0.05
"""What it is taken to leave where a guess will do: mostly less. Nothing but the number of passes hangs on it."""
ENOUGH, LEAST = 0.1, 1e-12
"""BiCGSTAB stops at this part of what is allowed; its own residual is not the true one below the least."""
ROUNDS = 30
Map = Callable[[Array], Array]


def solve_linear(
    apply: Map, near: Map, renew: Callable[[], None], rhs: Array, guess: Array, what: str, tolerance: float
) -> Array:
    """x with apply(x) = rhs, each row to its own scale max(|x|, FLOOR), so that small plants are exact too.

    near: an inverse of `apply` that is exact for groups. A round first tries its plain correction. Where that does
    not cut the residual to a third, `renew` brings `near` up to date, and if that is not enough BiCGSTAB finds the
    correction. A tolerance above TOLERANCE is a guess's: the correction expected to reach it is not measured.
    """
    x, last, fresh, krylov = guess, np.inf, False, False
    for _ in range(ROUNDS):
        scale = np.maximum(abs(x), FLOOR)
        gap = rhs - apply(x)
        worst = float((abs(gap) / scale).max())
        if worst < tolerance or (worst < ACCEPTED and worst > 0.5 * last):
            return x + gap  # rhs - apply(x) + x: what nobody asks for is exactly nothing
        if HOPED * worst < tolerance and tolerance > TOLERANCE:
            return x + near(gap)
        if worst > EXPECTED * last:
            krylov = fresh
            if not fresh:
                renew()
            fresh = True
        last = worst
        x = x + (_krylov(apply, near, gap, scale, ENOUGH * tolerance / worst) if krylov else near(gap))
    raise ConvergenceError(what, worst)


def _krylov(apply: Map, near: Map, gap: Array, scale: Array, enough: float) -> Array:
    """The correction by BiCGSTAB in units of each row's scale, preconditioned by `near`, until `enough` of it is left."""
    size = len(gap)
    operator = LinearOperator((size, size), lambda y: apply(y.ravel() * scale) / scale, dtype=float)
    close = LinearOperator((size, size), lambda y: near(y.ravel() * scale) / scale, dtype=float)
    step, _ = bicgstab(operator, gap / scale, rtol=max(enough, LEAST), atol=0.0, maxiter=200, M=close)
    return np.asarray(scale * step)
