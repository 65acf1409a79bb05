"""One way to solve the quarter's two linear systems: sparse, warm-started, preconditioned by groups.

Plants of one region and segment buy nearly the same mix, so the system in which each buys its group's mean
mix is almost the true one, and it is as small as the number of groups (regions x segments) whatever the
number of plants. It preconditions BiCGSTAB on the true sparse system; refinement proves the residual.
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
ROUNDS = 15
from collections import Counter
STAT=Counter()
Map = Callable[[Array], Array]


def solve_linear(
    apply: Map, near: Map, renew: Callable[[], None], rhs: Array, guess: Array, floor: float, what: str,
    tolerance: float = TOLERANCE,
) -> Array:
    """x with apply(x) = rhs, each row to its own scale max(|x|, floor), so that small plants are exact too.

    near: the exact inverse of a system close to `apply`. A round first tries its plain correction; only where
    that does not cut the residual to a tenth does BiCGSTAB find the correction.
    """
    size = len(rhs)
    x, last, krylov = guess.copy(), np.inf, False; fresh=False; STAT[what,'solve']+=1
    for _ in range(ROUNDS):
        scale = np.maximum(abs(x), floor)
        gap = rhs - apply(x)
        worst = float((abs(gap) / scale).max())
        if worst < tolerance or (worst < ACCEPTED and worst > 0.5 * last):
            return x
        if worst > 0.1 * last:
            STAT[what,"slow"]+=1
            krylov = fresh
            if not fresh: renew(); fresh=True; STAT[what,"renew"]+=1
        STAT[what,"round"]+=1
        last = worst
        if krylov:
            operator = LinearOperator((size, size), lambda y, at=scale: apply(y.ravel() * at) / at, dtype=float)
            close = LinearOperator((size, size), lambda y, at=scale: near(y.ravel() * at) / at, dtype=float)
            step, _ = bicgstab(operator, gap / scale, rtol=1e-7, atol=0.0, maxiter=200, M=close)
            x = x + scale * step
        else:
            x = x + near(gap)
    raise ConvergenceError(what, worst)
