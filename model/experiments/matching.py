"""History matching on an emulator: which values of a few composites agree with figures. Pure arrays.

Runs of a quasi-random design, in which all other parameters vary as well, give a regression of every target on the
composites. What it leaves (other parameters, chance, the emulator's own error) is the residual covariance; it is part
of the implausibility. Points whose implausibility is 3 or more in any target are ruled out; the others are weighted by
the normal likelihood of all targets together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from model.kernel.links import Array, Mask

RULED_OUT = 3.0
SIGNAL = 1 / 3
"""Least spread that the composites give a target, against what else spreads it: a target that they do not move only adds noise."""
INSIDE = 0.8
"""Probability of the intervals."""
INFORMED = 0.8
"""A composite that keeps more of its prior variance is not informed."""
PRIOR_VARIANCE = 1 / 12
"""Composites are quantiles of the priors: uniform on 0 to 1."""
FOLDS = 4


@dataclass(frozen=True)
class Emulator:
    """Quadratic regression of targets [K] on composites [P]: coefficients and the covariance of what it leaves."""

    coefficients: Array
    residual: Array
    runs: int

    def mean(self, points: Array) -> Array:
        """Targets at points [M, P] -> [M, K]."""
        return np.asarray(features(points) @ self.coefficients)


@dataclass(frozen=True)
class Posterior:
    """Weighted points, implausibility of each target at each point, and the part of the space not ruled out."""

    points: Array
    weights: Array
    implausibility: Array
    left: float

    @property
    def mean(self) -> Array:
        """Posterior mean of each composite."""
        return np.asarray(self.weights @ self.points)

    @property
    def variance_kept(self) -> Array:
        """Posterior over prior variance of each composite."""
        return np.asarray(self.weights @ (self.points - self.mean) ** 2 / PRIOR_VARIANCE)

    def interval(self) -> Array:
        """[2, P] lower and upper end of the 80 percent intervals."""
        return np.array([[quantile(column, self.weights, q) for column in self.points.T] for q in ((1 - INSIDE) / 2, (1 + INSIDE) / 2)])


def quasi_random(count: int, size: int, seed: int) -> Array:
    """The first `count` points of a scrambled Sobol sequence in the open unit cube."""
    points = qmc.Sobol(size, seed=seed).random_base2(max(count - 1, 1).bit_length())[:count]
    return np.asarray(np.clip(points, 1e-9, 1 - 1e-9), np.float64)


def features(points: Array) -> Array:
    """Constant, slopes and curvatures (Legendre polynomials on 0 to 1) [M, 1 + 2P]."""
    x = 2 * points - 1
    return np.asarray(np.hstack([np.ones((len(points), 1)), np.sqrt(3) * x, np.sqrt(5) * (3 * x**2 - 1) / 2]), np.float64)


def fit(points: Array, targets: Array) -> Emulator:
    """The regression; residual covariances shrink towards zero by the ratio of targets to runs."""
    design = features(points)
    spare = len(points) - design.shape[1]
    if spare < 2:
        raise ValueError(f"{len(points)} runs cannot carry {design.shape[1]} coefficients")
    coefficients = np.linalg.lstsq(design, targets, rcond=None)[0]
    left = targets - design @ coefficients
    covariance = left.T @ left / spare
    shrink = targets.shape[1] / (targets.shape[1] + len(points))
    return Emulator(np.asarray(coefficients), np.asarray((1 - shrink) * covariance + shrink * np.diag(np.diag(covariance))), len(points))


def posterior(emulator: Emulator, observed: Array, noise: Array, points: Array) -> Posterior:
    """Points weighted by how well they agree with figures [K] of covariance `noise` [K, K]."""
    distance = emulator.mean(points) - observed
    covariance = emulator.residual + noise
    implausibility = np.abs(distance) / np.sqrt(np.diag(covariance))
    kept = (implausibility < RULED_OUT).all(axis=1)
    likelihood = -0.5 * np.einsum("mk,mk->m", distance, np.linalg.solve(covariance, distance.T).T)
    weights = np.where(kept, np.exp(likelihood - likelihood[kept].max()) if kept.any() else 0.0, 0.0)
    total = weights.sum()
    return Posterior(points, weights / total if total > 0 else weights, implausibility, float(kept.mean()))


def within_reach(emulator: Emulator, observed: Array, noise: Array, points: Array) -> Mask:
    """[K] targets that can be met together: one after the other, the target that rules out most points is given up
    until a point is left. Those given up are misses of structure, which no value of a composite mends."""
    out = np.abs(emulator.mean(points) - observed) / np.sqrt(np.diag(emulator.residual + noise)) >= RULED_OUT
    reach = np.ones(len(observed), bool)
    while out[:, reach].any(axis=1).all():
        reach[np.argmax(np.where(reach, out.sum(axis=0), -1))] = False
    return reach


def telling(emulator: Emulator, noise: Array, points: Array) -> Mask:
    """[K] targets that the composites move enough to say something about them.

    From what the regression says they move it, what a regression on nothing would say is taken off.
    """
    left = np.diag(emulator.residual)
    by_chance = left * (len(emulator.coefficients) - 1) / emulator.runs
    signal = emulator.mean(points).var(axis=0) - by_chance
    return np.asarray(signal > SIGNAL**2 * (left + np.diag(noise)))


def quantile(values: Array, weights: Array, q: float) -> float:
    """Weighted quantile."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order][min(int(np.searchsorted(total, q * total[-1])), len(values) - 1)])


def recovery(points: Array, targets: Array, noise: Array, space: Array, seed: int = 0) -> tuple[Array, Array]:
    """[run, P] whether the interval holds the true value, and the posterior means, when runs are taken for the world.

    Every run is left out once with its fold; figures are its targets with the noise that figures have.
    """
    chance = np.random.default_rng(seed)
    root = np.linalg.cholesky(noise + 1e-12 * np.trace(noise) / len(noise) * np.eye(len(noise)))
    held, means = np.zeros(points.shape, bool), np.full(points.shape, np.nan)
    for fold in range(FOLDS):
        own = np.arange(len(points)) % FOLDS == fold
        emulator = fit(points[~own], targets[~own])
        for i in np.flatnonzero(own):
            found = posterior(emulator, targets[i] + root @ chance.standard_normal(len(noise)), noise, space)
            if found.weights.sum() > 0:
                low, high = found.interval()
                held[i], means[i] = (low <= points[i]) & (points[i] <= high), found.mean
    return held, means


def without(emulator: Emulator, observed: Array, noise: Array, space: Array, groups: Sequence[Mask]) -> list[Posterior]:
    """The posterior without each group of targets in turn."""
    found = []
    for group in groups:
        kept = ~group
        part = Emulator(emulator.coefficients[:, kept], emulator.residual[np.ix_(kept, kept)], emulator.runs)
        found.append(posterior(part, observed[kept], noise[np.ix_(kept, kept)], space))
    return found


def resample(found: Posterior, count: int) -> Array:
    """`count` equally weighted points [count, P] by systematic resampling, in the order of the sequence."""
    steps = (np.arange(count) + 0.5) / count
    places = np.searchsorted(np.cumsum(found.weights), steps)
    return found.points[np.minimum(places, len(found.points) - 1)]
