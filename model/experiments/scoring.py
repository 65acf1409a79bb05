"""How good a forecast was: against what happened, and against two rules that know no economics.

The naive rules are made at the origin from the figures marked `train`: the last value stays; a straight line through
all of them goes on. Errors are in the form that the figures' transform gives. The model's band holds what its draws
differ by, what it missed so far (model/experiments/discrepancy.py) and how well the figure is measured. Pure functions of
figures and panels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from model.experiments.discrepancy import Misses, misses_of, pooled, reach_of_band
from model.experiments.series import (
    Figure,
    Panel,
    base_period,
    by_series,
    crossing,
    quarter_ends,
    simulated,
    spread,
    transformed,
)
from model.outcomes import Array

OUTSIDE = 0.2
"""Probability outside the band."""
FLOOR = 1e-3
"""Smallest error that counts, relative to the outcome: keeps ratios of errors finite where one is nil."""
STILL = 0.01
"""A change smaller than this part of what happened is none, and an error smaller by less than it is no better."""


@dataclass(frozen=True)
class Forecast:
    """A point and its 80 percent band (NaN where the rule has too few figures to give one)."""

    point: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Point:
    """One figure to be scored with the three forecasts of it; all transformed. `before`: the last one known, of time `start`, both sides;
    `deviation`: how well the figure is measured, NaN for a date."""

    figure: Figure
    actual: float
    model: Forecast
    last: Forecast
    trend: Forecast
    before: float
    model_before: float
    start: float
    deviation: float = math.nan


@dataclass(frozen=True)
class Score:
    """What the points of a series come to; errors are mean absolute ones."""

    series_id: str
    points: int
    error: float
    error_last: float
    error_trend: float
    sign: float
    covered: float
    interval: float
    interval_last: float
    interval_trend: float
    width: float
    width_last: float
    width_trend: float

    @property
    def skill_last(self) -> float:
        """1 - error / error of the last value: above 0 better than it."""
        return 1 - self.error / self.error_last

    @property
    def skill_trend(self) -> float:
        """1 - error / error of the linear trend."""
        return 1 - self.error / self.error_trend


def points_of(figures: Sequence[Figure], panel: Panel) -> list[Point]:
    """All figures marked score with their forecasts. A series without train rows, or scored in its base period, has none."""
    found, known = [], {key: misses_of(rows, panel) for key, rows in by_series(figures).items()}
    together = pooled(known.values())
    for (name, transform), rows in by_series(figures).items():
        train, score = ([row for row in rows if row.kind == kind] for kind in ("train", "score"))
        if not train or not score:
            continue
        if transform.startswith("cross"):
            found.append(_crossing_point(train, score, panel, float(transform.partition(":")[2])))
        else:
            base = next((row for row in rows if row.period == base_period(transform)), None)
            missed = known[name, transform].joined(together)
            made = [_point(row, train, base, panel, missed) for row in score if row is not base]
            found += [point for point in made if math.isfinite(point.model.point)]  # a series that does not exist yet says nothing
    return found


def _point(figure: Figure, train: list[Figure], base: Figure | None, panel: Panel, missed: Misses) -> Point:
    """One scored figure; the model's own start is what it says of the base period. `missed`: what it got wrong up to the origin."""
    start = base.value if base else 0.0
    own = simulated(panel, base) if base else 0.0

    def form(value: float) -> float:
        return float(transformed(figure.transform, value, start))

    def banded(forecast: Forecast) -> Forecast:
        return Forecast(form(forecast.point), form(forecast.low), form(forecast.high))

    draws = transformed(figure.transform, simulated(panel, figure), own)
    before = transformed(figure.transform, simulated(panel, train[-1]), own)
    times, values = [row.covers.end for row in train], [row.value for row in train]
    model = widened(median_band(draws), reach_of_band(figure, base, missed))
    return Point(
        figure, form(figure.value), model, banded(last_value(times, values, figure.covers.end)),
        banded(linear_trend(times, values, figure.covers.end)), form(values[-1]), float(np.median(before)), times[-1], spread(figure, base),
    )  # fmt: skip


def median_band(draws: Array) -> Forecast:
    """Median over draws with the 10th and 90th percentile."""
    low, middle, high = np.quantile(draws, [OUTSIDE / 2, 0.5, 1 - OUTSIDE / 2])
    return Forecast(float(middle), float(low), float(high))


def widened(band: Forecast, reach: float) -> Forecast:
    """The band with an independent error beside the draws: half-widths of an 80 percent range are added as squares."""
    return Forecast(
        band.point,
        band.point - math.hypot(band.point - band.low, reach),
        band.point + math.hypot(band.high - band.point, reach),
    )


def last_value(times: Sequence[float], values: Sequence[float], when: float) -> Forecast:
    """The last value stays. Band: steps so far, their spread growing with the root of time."""
    if len(values) < 3:
        return Forecast(values[-1])
    spans = np.diff(times)
    speed = float(np.sqrt(np.mean(np.diff(values) ** 2 / spans)))
    return _around(values[-1], speed * math.sqrt(max(when - times[-1], 0.0)), len(spans))


def linear_trend(times: Sequence[float], values: Sequence[float], when: float) -> Forecast:
    """A straight line through all values; with one value, that value. Band: prediction error of the regression."""
    if len(values) < 2:
        return Forecast(values[-1])
    slope, level = np.polyfit(times, values, 1)
    point = float(slope * when + level)
    if len(values) < 3:
        return Forecast(point)
    left = np.asarray(values) - (slope * np.asarray(times) + level)
    spread = float(np.var(times) * len(times))
    far = 1 + 1 / len(values) + (when - float(np.mean(times))) ** 2 / spread
    return _around(point, math.sqrt(float(left @ left) / (len(values) - 2) * far), len(values) - 2)


def _around(point: float, deviation: float, known: int) -> Forecast:
    """A band of 80 percent from a deviation estimated from `known` independent errors (Student's t: few are believed less)."""
    half = float(stdtrit(known, 1 - OUTSIDE / 2)) * deviation
    return Forecast(point, point - half, point + half)


def _crossing_point(train: list[Figure], score: list[Figure], panel: Panel, level: float) -> Point:
    """When a series first reaches a level, in years; where it does not, the end of the last figure stands for never."""
    rows = [*train, *score]
    times, values, end = [r.covers.end for r in rows], [r.value for r in rows], rows[-1].covers.end
    known, seen = times[: len(train)], values[: len(train)]

    def when(rule: Callable[[Sequence[float], Sequence[float], float], Forecast]) -> Forecast:
        ahead = np.linspace(known[-1], end, 1 + 4 * max(1, round(end - known[-1])))[1:]
        path = [*seen, *(rule(known, seen, float(t)).point for t in ahead)]
        return Forecast(crossing([*known, *ahead], path, level, end))

    ends, first = quarter_ends(panel), rows[0].covers
    from_here = next(i for i, t in enumerate(ends) if t >= first.end - 1e-9)
    paths = _paths(panel, score[-1])[:, from_here:]
    draws = np.array([crossing(ends[from_here:], path, level, end) for path in paths])
    return Point(score[-1], crossing(times, values, level, end), median_band(draws), when(last_value), when(linear_trend), end, end, known[-1])


def _paths(panel: Panel, figure: Figure) -> Array:
    """The figure's expression in every quarter [draw, t]."""
    from dataclasses import replace

    from model.experiments.series import period_of

    periods = [period_of(label) for label in panel.quarters]
    return np.array([simulated(panel, replace(figure, covers=p)) for p in periods if p is not None]).T


# -- scores ----------------------------------------------------------------------------------------------
def interval_score(band: Forecast, actual: float) -> float:
    """Width of the band plus 10 times what the outcome lies outside it (Gneiting and Raftery 2007, 80 percent): low is good."""
    beyond = max(band.low - actual, 0.0) + max(actual - band.high, 0.0)
    return band.high - band.low + 2 / OUTSIDE * beyond


def scores_of(points: Sequence[Point]) -> list[Score]:
    """One score a series and transform, in the order of the points."""
    groups: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        groups.setdefault((point.figure.series_id, point.figure.transform), []).append(point)
    return [_score(series, own) for (series, _), own in groups.items()]


def _score(series_id: str, points: list[Point]) -> Score:
    def mean(of: Callable[[Point], float]) -> float:
        return float(np.mean([of(point) for point in points]))

    def error(point: Point, forecast: Forecast) -> float:
        return max(abs(forecast.point - point.actual), FLOOR * abs(point.actual), 1e-12)

    return Score(
        series_id, len(points), mean(lambda p: error(p, p.model)), mean(lambda p: error(p, p.last)), mean(lambda p: error(p, p.trend)),
        _share([_hit(p) for p in points]), mean(lambda p: float(p.model.low <= p.actual <= p.model.high)),
        mean(lambda p: interval_score(p.model, p.actual)), mean(lambda p: interval_score(p.last, p.actual)),
        mean(lambda p: interval_score(p.trend, p.actual)), mean(lambda p: p.model.high - p.model.low),
        mean(lambda p: p.last.high - p.last.low), mean(lambda p: p.trend.high - p.trend.low),
    )  # fmt: skip


def _hit(point: Point) -> float:
    """Whether the change since the last known figure has the right sign, and is one; NaN where nothing changed, or for a date."""
    happened, said = point.actual - point.before, point.model.point - point.model_before
    if happened == 0 or point.figure.transform.startswith("cross"):
        return math.nan
    return float(happened * said > 0 and abs(said) >= STILL * abs(happened))


def _share(values: Sequence[float]) -> float:
    """Mean of those that are numbers; NaN without any."""
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def geometric_ratio(scores: Sequence[Score], rule: str) -> float:
    """Geometric mean over series of the error against a naive rule's ('last' or 'trend'): below 1 better than it."""
    return float(np.exp(np.mean([math.log(s.error / getattr(s, f"error_{rule}")) for s in scores])))


def interval_ratio(scores: Sequence[Score], rule: str) -> float:
    """Geometric mean over series of the interval score against a naive rule's, where it has one: below 1 a better band."""
    pairs = [(s.interval, getattr(s, f"interval_{rule}")) for s in scores]
    known = [math.log(own / other) for own, other in pairs if own > 0 and other > 0]
    return float(np.exp(np.mean(known))) if known else math.nan
