"""Scenario discovery: in which box of the uncertain numbers lie the states of interest? PRIM (Friedman, Fisher 1999).

From all states, thin slices are peeled off one side at a time, each time the slice whose loss raises the share
of states of interest most for every state given up. Then slices are pasted back where that raises the share.
Every step leaves a box; the user picks one on the way from the widest to the purest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PEEL = 0.05
"""Part of a box's states that a peel takes away, and part of a slice that a paste gives back."""
LEAST = 0.05
"""Smallest part of all states a box may hold."""


@dataclass(frozen=True)
class Box:
    """One box: lowest and highest value of every number [k, 2], and what lies inside.

    coverage   part of all states of interest that lie inside
    density    part of the states inside that are of interest
    quasi_p    [k, 2] chance of so many states of interest inside if this one limit meant nothing
               (one-sided binomial test; NaN where there is no limit)
    """

    limits: Array
    states: int
    interest: int
    coverage: float
    density: float
    limited: Mask
    quasi_p: Array

    @property
    def dimensions(self) -> int:
        """How many numbers are limited on at least one side."""
        return int(self.limited.any(axis=1).sum())


def trajectory(x: Array, y: Mask, peel: float = PEEL, least: float = LEAST) -> list[Box]:
    """Boxes of one PRIM search from the box of all states on: peels, then pastes.

    x      [n, k] the numbers of n states
    y      [n] which of them are of interest
    """
    search = _Search(x, y, peel, least * len(x))
    limits = search.whole.copy()
    found = [limits]
    for steps, grow in ((search.peels, False), (search.pastes, True)):
        while (best := search.best(limits, steps(limits), grow)) is not None:
            limits = best
            found.append(limits)
    return [search.box(limits) for limits in found]


def balanced(boxes: Sequence[Box]) -> int:
    """The box with the best harmonic mean of coverage and density; the earliest, so the widest, among equals."""
    score = [2 * b.coverage * b.density / (b.coverage + b.density) if b.interest else 0.0 for b in boxes]
    return int(np.argmax(np.round(score, 12)))


def inside(x: Array, limits: Array) -> Mask:
    """Which states lie in a box."""
    return np.asarray(((x >= limits[:, 0]) & (x <= limits[:, 1])).all(axis=1))


def cut(values: Array, part: float) -> float:
    """The value below which about `part` of the values lie: midway between two neighbours, never inside a tie."""
    ordered = np.sort(values)
    last = ordered[int(part * (len(ordered) - 1) + 1e-9)]
    above = ordered[ordered > last]
    return float((last + above[0]) / 2 if len(above) else last)


class _Search:
    """The states and what a step of the search asks of them."""

    def __init__(self, x: Array, y: Mask, peel: float, fewest: float) -> None:
        self.x, self.y, self.part, self.fewest = x, y, peel, fewest
        self.whole = np.column_stack([x.min(axis=0), x.max(axis=0)])

    def peels(self, limits: Array) -> list[Array]:
        """The box without a slice above or below, for each number."""
        own = self.x[inside(self.x, limits)]
        return [
            self._moved(limits, j, side, sign * cut(sign * own[:, j], self.part))
            for j in range(self.x.shape[1])
            for side, sign in ((1, -1.0), (0, 1.0))
        ]

    def pastes(self, limits: Array) -> list[Array]:
        """The box with a slice given back above or below, for each limit."""
        found = []
        for j, side in zip(*np.nonzero(limits != self.whole), strict=True):
            beyond = self._moved(limits, j, 1 - side, limits[j, side])
            beyond[j, side] = self.whole[j, side]
            slice_ = self.x[inside(self.x, beyond), j]
            sign = 1.0 if side else -1.0
            if len(slice_):
                found.append(self._moved(limits, j, side, sign * cut(sign * slice_, self.part)))
        return found

    def best(self, limits: Array, candidates: list[Array], grow: bool) -> Array | None:
        """The candidate that raises the share of interest most per state lost or gained; None if none does."""
        old = inside(self.x, limits)
        scored = [
            (self._gain(old, inside(self.x, box), grow), int((box == self.whole).all(axis=1).sum()), box)
            for box in candidates
        ]
        if not scored:
            return None
        gain, _, box = max(scored, key=lambda entry: entry[:2])
        return box if gain > 0 and inside(self.x, box).sum() >= self.fewest else None

    def box(self, limits: Array) -> Box:
        """What a box holds."""
        own = inside(self.x, limits)
        n, hits, total = int(own.sum()), int(self.y[own].sum()), int(self.y.sum())
        limited = limits != self.whole
        return Box(
            limits, n, hits, hits / total if total else 0.0, hits / n, limited, self._quasi_p(limits, limited, n, hits)
        )

    def _gain(self, old: Mask, new: Mask, grow: bool) -> float:
        """Rise of the share of interest for each state lost (or gained)."""
        moved = int(new.sum()) - int(old.sum())
        if not new.any() or (moved <= 0 if grow else moved >= 0):
            return 0.0
        return float((self.y[new].mean() - self.y[old].mean()) / abs(moved))

    def _quasi_p(self, limits: Array, limited: Mask, n: int, hits: int) -> Array:
        """Bryant and Lempert's test of each limit: the box without it sets the share that chance would give."""
        found = np.full(limits.shape, np.nan)
        for j, side in zip(*np.nonzero(limited), strict=True):
            without = inside(self.x, self._moved(limits, j, side, self.whole[j, side]))
            found[j, side] = binom.sf(hits - 1, n, self.y[without].mean())
        return found

    @staticmethod
    def _moved(limits: Array, j: int, side: int, value: float) -> Array:
        box = limits.copy()
        box[j, side] = value
        return box
