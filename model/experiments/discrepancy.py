"""What a model has missed so far, and how far it may therefore miss again: the part of a band that draws of parameters lack.

Only figures known at the origin count. A series measured from a base misses by steps: what it was wrong by from one figure
to the next, a random walk whose speed is estimated. A series compared in levels misses by its level. What figures are
measured with is taken off these misses and put back, once, for the figure to be told. Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import stdtrit

from model.experiments.series import WIDTH, Figure, Panel, base_period, simulated, spread, transformed

ENOUGH = 2
"""Misses that a series needs to be judged by its own; with fewer, those of all series of its kind stand in."""
UPPER = 0.9
"""Upper end of an 80 percent band."""


@dataclass(frozen=True)
class Misses:
    """Variance of what the model missed (a year, if `steps`), from how many misses, and the size of the series it goes with."""

    variance: float
    count: int
    scale: float
    steps: bool

    def joined(self, together: dict[bool, float]) -> Misses:
        """Its own, or those of all series of its kind at its own size where it has too few (a normal law then)."""
        if self.count >= ENOUGH or self.steps not in together:
            return self
        return Misses(together[self.steps] * self.scale**2, 0, self.scale, self.steps)


def misses_of(rows: Sequence[Figure], panel: Panel) -> Misses:
    """What the model missed of one series up to the origin; none of a date, or of a series that did not exist."""
    base = next((row for row in rows if row.period == base_period(rows[0].transform)), None)
    known = [row for row in rows if row.kind == "train" or row is base]
    steps = bool(base_period(rows[0].transform))
    none = Misses(0.0, 0, 0.0, steps)
    if rows[0].transform.startswith("cross") or not known or (steps and base is None):
        return none
    own = simulated(panel, base) if base else 0.0
    start = base.value if base else 0.0
    missed = np.array(
        [
            float(
                transformed(row.transform, row.value, start)
                - np.median(transformed(row.transform, simulated(panel, row), own))
            )
            for row in known
        ]
    )
    scale = float(abs(known[-1].value / (base.value if base and rows[0].transform.startswith("index") else 1.0)))
    if not np.isfinite(missed).all() or scale == 0:
        return none
    noise = np.array([_own_variance(row, base) for row in known])
    if not steps:
        return Misses(max(float(np.mean(missed**2 - noise)), 0.0), len(known), scale, steps)
    spans = np.array([b.covers.end - a.covers.end for a, b in pairwise(known)])
    squares = (np.diff(missed) ** 2 - noise[1:] - noise[:-1]) / spans
    return Misses(max(float(np.mean(squares)), 0.0) if len(squares) else 0.0, len(squares), scale, steps)


def _own_variance(row: Figure, base: Figure | None) -> float:
    """Variance of a figure in the form of its series, its base taken as exact."""
    unit = base.value if base and row.transform.startswith("index") else 1.0
    return ((row.high - row.low) / WIDTH / unit) ** 2


def pooled(found: Iterable[Misses]) -> dict[bool, float]:
    """Variance relative to the size of the series, mean over all misses: of series with steps, and of those without."""
    every = [m for m in found if m.count]
    return {
        steps: sum(m.count * m.variance / m.scale**2 for m in own) / sum(m.count for m in own)
        for steps in (True, False)
        if (own := [m for m in every if m.steps == steps])
    }


def reach_of_band(figure: Figure, base: Figure | None, missed: Misses) -> float:
    """Half of the 80 percent band beside the draws: misses that go on, and the figure's own measurement (and its base's)."""
    ahead = max(figure.covers.end - base.covers.end, 0.0) if missed.steps and base else 1.0
    believed = float(stdtrit(missed.count, UPPER)) if missed.count else WIDTH / 2
    return math.hypot(believed * math.sqrt(missed.variance * ahead), WIDTH / 2 * spread(figure, base))
