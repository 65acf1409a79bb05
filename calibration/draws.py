"""States of the world: one draw of every uncertain parameter, by inverse distribution functions.

Each row has its own counter-based stream, named by its key, so that a new parameter changes no other
draw. Rows with low and high as percentiles are fitted to them and truncated there: a draw lies within
[low, high]. What must not be drawn independently is drawn together (calibration/joint.csv).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from scipy.special import betainc, betaincinv, gammaincinv, ndtr, ndtri

from calibration.registry import (
    POSTERIOR,
    Row,
    build_parameters,
    central,
    joint,
    load_rows,
    rows_by_key,
    share_sets,
    table,
    uncertain,
)
from model.errors import ConvergenceError
from model.streams import uniforms
from model.world import Parameters

TAIL = 0.05
"""Probability below `low` and above `high` in the fitted distribution (the meaning of the columns)."""
ELECTRONICS: tuple[str, ...] = ("equipment", "memory", "logic", "accelerators", "devices")
"""Segments whose elasticities of substitution share one factor."""
CHIP_CHAIN: tuple[str, ...] = ("equipment", "foundry", "logic", "accelerators")
"""Segments that need each other: the loop in which a low elasticity and a full cut leave no technique."""
SOFTWARE: tuple[str, ...] = ("os", "open_source")
"""Segments without a home supplier in most regions, whose ecosystems carry most of the choice."""
SIGMA, E1, NU, WEIGHT = (
    "elasticity_of_substitution",
    "one_year_elasticity",
    "network_effect",
    "diffusion_channel_weight",
)
ATTEMPTS = 1000
BISECTIONS = 60

Distribution = tuple[Callable[[float], float], Callable[[float], float]]
"""Quantile function and distribution function of a row, before truncation."""


def draw_parameters(draw: int, seed: int = 0, chances: Mapping[str, float] | None = None) -> Parameters:
    """The parameters of one state of the world; draw 0 is the central one. Every value lies in its range.

    `chances` by key stand in for the draw's own numbers (None: those of the posterior in use, if any).
    """
    if draw == 0:
        return central()
    given = posterior_chances(draw, seed, POSTERIOR) if chances is None else chances
    alone = (row for row in uncertain() if row.name not in (E1, WEIGHT))
    values = {row.key: value_at(row, given.get(row.key) or _uniform(row.key, draw, seed)) for row in alone}
    values |= _electronics(draw, seed)
    late = (row for row in uncertain() if row.name == E1)
    values |= {row.key: value_at(row, given.get(row.key) or _uniform(row.key, draw, seed), values) for row in late}
    values |= _channel_weights(draw, seed)
    values |= _remainders(values)
    return build_parameters(values)


def composite_chances(composites: Mapping[str, float]) -> dict[str, float]:
    """Chance of every row that one of these composites moves: its quantile, from the other end where the row works against it."""
    rows = [r for r in table("targets/composites.csv") if r["composite"] in composites]
    return {r["row"]: composites[r["composite"]] if r["direction"] == "1" else 1 - composites[r["composite"]] for r in rows}


def posterior_chances(draw: int, seed: int, posterior: str) -> dict[str, float]:
    """Chances of a draw from a posterior (a table below calibration/); none where draws come from the priors alone ('').

    It holds composites that are informed; rows of the others are drawn from their priors, each by itself.
    """
    if not posterior:
        return {}
    points = table(posterior)
    point = points[int(_uniform("posterior", draw, seed) * len(points))]
    return composite_chances({name: float(value) for name, value in point.items() if not name.startswith("#")})


def value_at(
    row: Row, chance: float, values: Mapping[str, float] | None = None,
    ends: tuple[float, float] = (-math.inf, math.inf),
) -> float:  # fmt: skip
    """Value of a row at a chance in its distribution, cut off at its range, at `ends` and at what it is tied to.

    `values` by key hold the elasticity that a one-year elasticity is tied to.
    """
    low, high = tied_range(row, values or {})
    return _quantile(row, chance, max(low, ends[0]), min(high, ends[1]))


def tied_range(row: Row, values: Mapping[str, float]) -> tuple[float, float]:
    """Ends that calibration/joint.csv sets to a row beside its own range; without end where it sets none."""
    if row.name == NU:  # below the value at which a market tips at once
        return -math.inf, joint("network_effect_ceiling")
    sigma = values.get(f"{SIGMA}[{row.index}]") if row.name == E1 else None
    if sigma is None:
        return least_value(row), math.inf
    # sigma (1 - exp(-r)) with r between its floor and ceiling
    slow, fast = (-math.expm1(-joint(f"sourcing_speed_{end}")) for end in ("floor", "ceiling"))
    return slow * sigma, fast * sigma


def settle(sampled: Mapping[str, float], base: Parameters) -> dict[str, float]:
    """The sampled values by key, and what has to move with them in a world that is otherwise `base`.

    Channel weights add to 1: those not sampled share what is left (all are scaled if all are sampled). The largest
    share of a choice set takes what the others leave. A one-year elasticity that is not sampled itself stays as near
    to its value as a sampled long run allows. What cannot be mended so is found by `registry.override`.
    """
    known = {f"{name}[{index}]": value for name, rows in base.items() for index, value in rows.items()}
    changed = dict(sampled)
    if any(key.startswith(f"{WEIGHT}[") for key in sampled):
        changed |= _scaled_weights(sampled, known)
    for row in uncertain():
        if row.name == E1 and row.key not in sampled and f"{SIGMA}[{row.index}]" in sampled:
            low, high = tied_range(row, sampled)
            changed[row.key] = min(max(known[row.key], low), high)
    own = {name for name, keys in _remainder_of().items() if not keys.isdisjoint(sampled)}
    return changed | {key: value for key, value in _remainders(known | changed).items() if key in own}


def is_remainder(key: str) -> bool:
    """Whether a value is what the others of its choice set leave, so that it cannot be sampled itself."""
    return key in _remainder_of()


@cache
def _remainder_of() -> dict[str, set[str]]:
    """Largest share of each choice set -> keys of the set."""
    sets = [{f"{name}[{i}]" for i in indices} for name, indices in share_sets()]
    return {key: next(keys for keys in sets if key in keys) for key in _remainders({})}


def _scaled_weights(sampled: Mapping[str, float], known: Mapping[str, float]) -> dict[str, float]:
    """Channel weights that add to 1: the free ones times one factor, each cut off at its range (by bisection)."""
    rows = [row for row in load_rows() if row.name == WEIGHT]
    free = [row for row in rows if row.key not in sampled] or rows
    wanted = {row.key: sampled.get(row.key, known[row.key]) for row in rows}

    def scaled(factor: float) -> dict[str, float]:
        return wanted | {row.key: min(max(factor * wanted[row.key], row.low), row.high) for row in free}

    low, high = 0.0, 1 / min(wanted.values())
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if math.fsum(scaled(middle).values()) < 1 else (low, middle)
    return scaled(high)


def least_value(row: Row) -> float:
    """Least elasticity of a segment: below it a full cut leaves no technique (docs/decisions/0012)."""
    if row.name != SIGMA:
        return -math.inf
    bounds = {
        **dict.fromkeys(CHIP_CHAIN, "full_cut_elasticity"),
        **dict.fromkeys(SOFTWARE, "full_cut_elasticity_software"),
    }
    return joint(bounds[row.index]) if row.index in bounds else -math.inf


def _uniform(key: str, draw: int, seed: int) -> float:
    """The uniform number of a named quantity in a draw."""
    return float(uniforms(seed, f"parameters.{key}", 0, np.array([draw], np.uint64))[0])


@cache
def distribution(row: Row) -> Distribution:
    """Quantile and distribution function of a row, fitted to its range; plain closed forms."""
    if row.distribution in ("lognormal", "normal"):
        return _normal(row)
    if row.distribution == "beta":
        return _beta(row)
    if row.distribution == "triangular":
        return _triangular(row)
    return _flat(row)


def _normal(row: Row) -> Distribution:
    """Normal, or normal in logarithms, with low and high at the two tails."""
    log = row.distribution == "lognormal"
    low, high = (math.log(row.low), math.log(row.high)) if log else (row.low, row.high)
    mean, spread = (low + high) / 2, (high - low) / (2 * float(ndtri(1 - TAIL)))

    def quantile(u: float) -> float:
        z = mean + spread * float(ndtri(u))
        return math.exp(z) if log else z

    def probability(x: float) -> float:
        if log and x <= 0:
            return 0.0
        return float(ndtr(((math.log(x) if log else x) - mean) / spread))

    return quantile, probability


def _beta(row: Row) -> Distribution:
    """Beta with the row's value as mean and the spread its range would have in a normal."""
    spread = (row.high - row.low) / (2 * float(ndtri(1 - TAIL)))
    total = row.value * (1 - row.value) / spread**2 - 1
    a, b = row.value * total, (1 - row.value) * total
    return lambda u: float(betaincinv(a, b, u)), lambda x: float(betainc(a, b, min(max(x, 0.0), 1.0)))


def _triangular(row: Row) -> Distribution:
    """Triangular with ends low and high and the mode at the value."""
    low, mode, high = row.low, row.value, row.high
    width, left = high - low, (mode - low) / (high - low)

    def quantile(u: float) -> float:
        rising = low + math.sqrt(u * width * (mode - low))
        return rising if u < left else high - math.sqrt((1 - u) * width * (high - mode))

    def probability(x: float) -> float:
        x = min(max(x, low), high)
        if x < mode:
            return (x - low) ** 2 / (width * (mode - low))
        return 1.0 - ((high - x) ** 2 / (width * (high - mode)) if high > mode else 0.0)

    return quantile, probability


def _flat(row: Row) -> Distribution:
    """Uniform, uniform in logarithms, or an equal chance among the distinct of low, value and high."""
    if row.distribution == "discrete":
        choices = [float(k) for k in range(len(row.choices))] or sorted({row.low, row.value, row.high})
        return lambda u: choices[min(int(u * len(choices)), len(choices) - 1)], lambda x: float(x >= row.high)
    if row.distribution == "loguniform":
        ratio = math.log(row.high / row.low)
        return lambda u: row.low * math.exp(u * ratio), lambda x: math.log(x / row.low) / ratio
    return lambda u: row.low + u * (row.high - row.low), lambda x: (x - row.low) / (row.high - row.low)


def _quantile(row: Row, u: float, low: float = -math.inf, high: float = math.inf) -> float:
    """Value of a row at probability u, truncated to its range and to [low, high]; the nearer end if these miss."""
    bottom, top = max(row.low, low), min(row.high, high)
    if bottom >= top:
        return min(max(bottom if low > row.low else top, row.low), row.high)
    inverse, probability = distribution(row)
    if row.distribution != "discrete":
        start = probability(bottom)
        u = start + u * (probability(top) - start)
    return min(max(inverse(u), bottom), top)


def _electronics(draw: int, seed: int) -> dict[str, float]:
    """Elasticities of the electronics segments: one common factor, pairwise correlation rho of their normals."""
    rho, values = joint("electronics_correlation"), {}
    factor = float(ndtri(_uniform("joint.electronics", draw, seed) or np.finfo(float).tiny))
    for segment in ELECTRONICS:
        row = rows_by_key()[f"{SIGMA}[{segment}]"]
        own = float(ndtri(_uniform(row.key, draw, seed) or np.finfo(float).tiny))
        values[row.key] = value_at(row, float(ndtr(math.sqrt(rho) * factor + math.sqrt(1 - rho) * own)))
    return values


def _channel_weights(draw: int, seed: int) -> dict[str, float]:
    """Weights of the knowledge channels: Dirichlet by gamma quantiles, repeated until all are in range."""
    rows = [row for row in load_rows() if row.name == WEIGHT]
    shapes = [row.value * joint("channel_concentration") for row in rows]
    for attempt in range(ATTEMPTS):
        u = [_uniform(f"{row.key}.{attempt}", draw, seed) for row in rows]
        gammas = [float(gammaincinv(a, p)) for a, p in zip(shapes, u, strict=True)]
        weights = [g / math.fsum(gammas) for g in gammas]
        if all(row.low <= w <= row.high for row, w in zip(rows, weights, strict=True)):
            return {row.key: w for row, w in zip(rows, weights, strict=True)}
    raise ConvergenceError("draw of diffusion_channel_weight", math.inf)


def _remainders(values: Mapping[str, float]) -> dict[str, float]:
    """In each choice set whose shares vary, the largest takes what the others leave."""
    rows, changed = rows_by_key(), {}
    for name, indices in share_sets():
        own = [rows[f"{name}[{i}]"] for i in indices]
        if name == WEIGHT or not any(row.varies for row in own):
            continue
        largest = max(own, key=lambda row: row.value)
        others = math.fsum(values.get(row.key, row.value) for row in own if row is not largest)
        changed[largest.key] = min(max(1.0 - others, largest.low), largest.high)
    return changed
