"""Counts that are the same everywhere guard against slow changes: calls, memory, bytes; never time."""

from __future__ import annotations

import pytest

from benchmarks import counts
from benchmarks.counting import calls_of


@pytest.fixture(scope="module")
def counted() -> dict[str, float]:
    return {name: value for name, (value, _) in counts.count().items()}


def test_every_count_has_a_bound(counted: dict[str, float]) -> None:
    assert set(counted) == set(counts.bounds())


@pytest.mark.parametrize("name", sorted(counts.bounds()))
def test_within_bounds(name: str, counted: dict[str, float]) -> None:
    bound = counts.bounds()[name]
    assert counted[name] <= bound, f"{name}: {counted[name]:.0f}, bound {bound:.0f}; if this is meant: python -m benchmarks.counts"


def test_calls_are_counted_in_our_sources_only() -> None:
    from model.kernel.sourcing import adjust_share

    assert calls_of(lambda: [adjust_share(1.0, 0.25) for _ in range(5)]) == {"sourcing.py:adjust_share": 5}
    assert not calls_of(lambda: sorted([3, 1, 2]))
