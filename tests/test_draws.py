"""Draws of the parameters: central at 0, in range, reproducible, joint where they must be, else independent."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from calibration import draws, registry
from calibration.draws import draw_parameters
from calibration.registry import Row, central, joint, load_rows, override, parameter_hash, share_sets, uncertain
from model.world import Parameters

MANY = 400
CACHED = (registry.rows_by_key, registry.titles, registry.uncertain, registry.central, registry.share_sets)


@pytest.fixture(scope="module")
def sample() -> list[Parameters]:
    return [draw_parameters(k) for k in range(1, MANY + 1)]


def column(sample: list[Parameters], name: str, index: str) -> np.ndarray:
    return np.array([p[name][index] for p in sample])


def test_draw_zero_is_central() -> None:
    assert draw_parameters(0) == central() == draw_parameters(0, seed=5)


def test_draws_are_reproducible_and_differ(sample: list[Parameters]) -> None:
    assert draw_parameters(7) == sample[6]
    assert len({parameter_hash(p) for p in sample[:50]}) == 50
    assert draw_parameters(7, seed=1) != sample[6]


def test_every_draw_is_in_range_and_only_uncertain_rows_move(sample: list[Parameters]) -> None:
    moving = {row.key for row in uncertain()}
    for row in load_rows():
        values = column(sample, row.name, row.index)
        assert row.low <= values.min() and values.max() <= row.high, row.key
        assert (np.unique(values).size > 1) == (row.key in moving), row.key


def test_joint_draws(sample: list[Parameters]) -> None:
    for p in sample:
        for segment, e1 in p["one_year_elasticity"].items():
            sigma = p["elasticity_of_substitution"][segment]
            speed = -math.log(1 - e1 / sigma)
            assert joint("sourcing_speed_floor") - 1e-9 <= speed <= joint("sourcing_speed_ceiling") + 1e-9, segment
        assert max(p["network_effect"].values()) <= joint("network_effect_ceiling")
        for name, indices in share_sets():
            assert math.fsum(p[name][i] for i in indices) == pytest.approx(1.0, abs=1e-12)
        assert override(p, {}) == p


def test_electronics_share_a_factor(sample: list[Parameters]) -> None:
    for a, b in itertools.combinations(draws.ELECTRONICS, 2):
        pair = [column(sample, "elasticity_of_substitution", s) for s in (a, b)]
        assert stats.spearmanr(*pair).statistic == pytest.approx(joint("electronics_correlation"), abs=0.12)
    apart = [column(sample, "elasticity_of_substitution", s) for s in ("memory", "rest")]
    assert abs(stats.spearmanr(*apart).statistic) < 0.15


def test_independent_rows_are_uncorrelated(sample: list[Parameters]) -> None:
    apart = [column(sample, n, i) for n, i in (("rent_speed", ""), ("wage_adjustment_speed", ""))]
    assert abs(stats.spearmanr(*apart).statistic) < 0.15


def make(distribution: str, value: float, low: float, high: float) -> Row:
    return replace(load_rows()[0], distribution=distribution, value=value, low=low, high=high, unit="ratio", note="")


@pytest.mark.parametrize(
    ("row", "reference"),
    [
        (make("normal", 1.0, 0.0, 2.0), stats.norm(1.0, 1 / stats.norm.ppf(0.95))),
        (make("lognormal", 2.0, 1.0, 4.0), stats.lognorm(math.log(2) / stats.norm.ppf(0.95), scale=2.0)),
        (make("triangular", 1.0, 0.5, 3.0), stats.triang(0.2, 0.5, 2.5)),
        (make("triangular", 0.5, 0.5, 3.0), stats.triang(0.0, 0.5, 2.5)),
        (make("triangular", 3.0, 0.5, 3.0), stats.triang(1.0, 0.5, 2.5)),
        (make("uniform", 1.0, 0.5, 3.0), stats.uniform(0.5, 2.5)),
        (make("loguniform", 1.0, 0.5, 3.0), stats.loguniform(0.5, 3.0)),
    ],
)
def test_quantiles_are_those_of_the_truncated_distribution(row: Row, reference: stats.rv_frozen) -> None:
    bottom, top = reference.cdf(row.low), reference.cdf(row.high)
    for u in (0.0, 0.01, 0.3, 0.5, 0.9, 0.999):
        drawn = draws._quantile(row, u)
        assert drawn == pytest.approx(reference.ppf(bottom + u * (top - bottom)), rel=1e-9)
        assert row.low <= drawn <= row.high
    middle = (row.low + row.high) / 2
    assert draws.distribution(row)[1](middle) == pytest.approx(reference.cdf(middle), rel=1e-9)


def test_beta_is_near_its_mean_and_stays_in_range() -> None:
    row = make("beta", 0.3, 0.1, 0.5)
    drawn = [draws._quantile(row, u) for u in np.linspace(0.0005, 0.9995, 1000)]
    assert np.mean(drawn) == pytest.approx(0.3, abs=0.02)  # truncation moves it a little
    assert min(drawn) >= 0.1 and max(drawn) <= 0.5


def test_discrete_draws_each_alternative_equally() -> None:
    drawn = [draws._quantile(make("discrete", 2.0, 1.0, 3.0), u) for u in (0.1, 0.4, 0.9)]
    assert drawn == [1.0, 2.0, 3.0]


@pytest.fixture
def wider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The registry with one uncertain parameter more, and without one it had."""
    extra = replace(make("uniform", 0.5, 0.0, 1.0), name="a_new_parameter", index="", evidence="assumed")
    rows = (extra, *(row for row in load_rows() if row.name != "rent_speed"))
    for module in (registry, draws):
        monkeypatch.setattr(module, "load_rows", lambda: rows)
    for function in CACHED:
        function.cache_clear()
    yield
    monkeypatch.undo()
    for function in CACHED:
        function.cache_clear()


def test_a_new_parameter_changes_no_other_draw(sample: list[Parameters], wider: None) -> None:
    again = draw_parameters(3)
    assert "a_new_parameter" in again and "rent_speed" not in again
    for name in again:
        if name != "a_new_parameter":
            assert again[name] == sample[2][name], name
