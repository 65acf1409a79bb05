"""What must not matter: names, order and split of plants and regions, the unit, who else draws (MODEL.md 8.7)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import TableError
from model.kernel.links import Array, Index
from model.streams import stream, uniforms
from model.world import State
from tests import small
from tests.engine import run_engine
from tests.oracle.closed_quarter import OracleWedges
from tests.oracle.economies import halved_wedges, halves, parameters, random_table, random_wedge_path

YEARS = 6.0
SAME = 1e-9


def relative(one: Array, two: Array) -> float:
    """Largest relative difference."""
    return float((abs(one - two) / np.maximum(abs(one), 1e-12)).max())


def random_order(seed: int, size: int) -> Index:
    return np.random.default_rng(seed).permutation(size)


@pytest.mark.parametrize("seed", range(3))
def test_order_of_plants(seed: int) -> None:
    """Every feature on: permuting plants permutes what they do and changes no region's income."""
    table, path = random_table(seed), random_wedge_path(random_table(seed), seed)
    order = random_order(seed, table.plants)
    one = small.run(table, parameters(), path, YEARS)
    two = small.run(small.permuted(table, order), parameters(), lambda t: small.permuted_wedges(path(t), order), YEARS)
    for a, b in zip(one, two, strict=True):
        for name in ("price", "output", "rent", "capacity", "orders"):
            assert relative(a[name][order], b[name]) < SAME, name
        for name in ("wage", "expenditure", "trade_ratio"):
            assert relative(a[name], b[name]) < SAME, name
        assert relative(a["books"].profit[order] + 1, b["books"].profit + 1) < SAME


@pytest.mark.parametrize("seed", range(3))
def test_order_of_regions(seed: int) -> None:
    """Renaming regions renames the results: the dropped budget row and the bloc labels do not matter."""
    table, path = random_table(seed), random_wedge_path(random_table(seed), seed)
    order = random_order(10 + seed, table.regions)
    assert not np.array_equal(order, np.arange(table.regions))

    def moved(date: float) -> OracleWedges:
        return small.renamed_wedges(path(date), table, order)

    one = small.run(table, parameters(), path, YEARS)
    two = small.run(small.renamed(table, order), parameters(), moved, YEARS)
    for a, b in zip(one, two, strict=True):
        assert relative(a["price"], b["price"]) < SAME
        assert relative(a["output"], b["output"]) < SAME
        for name in ("wage", "expenditure", "trade_ratio"):
            assert relative(a[name][order], b[name]) < SAME, name
        assert relative(a["books"].trade[order][:, order], b["books"].trade) < SAME
        assert relative(a["books"].gnp[order], b["books"].gnp) < SAME


@pytest.mark.parametrize("seed", range(3))
def test_two_halves_are_one_plant(seed: int) -> None:
    table, path = random_table(seed), random_wedge_path(random_table(seed), seed)
    one = small.run(table, parameters(), path, YEARS)
    two = small.run(halves(table), parameters(), lambda t: halved_wedges(path(t)), YEARS)
    for a, b in zip(one, two, strict=True):
        for name in ("output", "capacity", "orders"):
            assert relative(a[name], b[name][::2] + b[name][1::2]) < SAME, name
        assert relative(a["price"], b["price"][::2]) < SAME
        for name in ("wage", "expenditure", "trade_ratio"):
            assert relative(a[name], b[name]) < SAME, name
        assert relative(a["books"].gdp, b["books"].gdp) < SAME
        assert relative(a["books"].trade, b["books"].trade) < SAME


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3))
def test_first_quarter_under_policy_knows_no_order(order_seed: int, seed: int) -> None:
    """200 random orders of plants and regions: the quarter in which a policy starts is the same."""
    table = random_table(seed)
    w, last = first_quarter(seed)
    order, names = random_order(order_seed, table.plants), random_order(order_seed + 1, table.regions)
    both = small.renamed(small.permuted(table, order), names)
    moved = small.renamed_wedges(small.permuted_wedges(w, order), table, names)
    state = run_engine(small.build_setting(both, parameters()), moved, 0.25)[-1]
    assert relative(last["output"][order], state["output"]) < SAME
    assert relative(last["price"][order], state["price"]) < SAME
    assert relative(last["books"].income[names], state["books"].income) < SAME


FIRST: dict[int, tuple[OracleWedges, State]] = {}


def first_quarter(seed: int) -> tuple[OracleWedges, State]:
    """The wedges of the fullest quarter and what they do on impact."""
    if seed not in FIRST:
        w = random_wedge_path(random_table(seed), seed)(2.5)
        FIRST[seed] = w, small.run(random_table(seed), parameters(), w, 0.25)[-1]
    return FIRST[seed]


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-6, 1e6).filter(lambda c: abs(c - 1) > 1e-6), st.integers(0, 3))
def test_the_unit_of_account_is_fixed_by_the_table(scale: float, seed: int) -> None:
    """World final expenditure is 1: a table in another unit is refused, not silently run."""
    table = random_table(seed)
    scaled = table.replace(
        flow=scale * table.flow, wages=scale * table.wages, investment=scale * table.investment,
        capacity=scale * table.capacity, entry_capacity=scale * table.entry_capacity,
    )  # fmt: skip
    with pytest.raises(TableError):
        small.build_setting(scaled, parameters())


# -- chance ------------------------------------------------------------------------------------------
IDS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30, unique=True)


@settings(max_examples=200, deadline=None)
@given(IDS, IDS, st.integers(0, 2**31), st.integers(0, 71))
def test_a_draw_belongs_to_its_entity(mine: list[int], others: list[int], seed: int, quarter: int) -> None:
    """What an entity draws does not depend on who else draws, before, after or at all."""
    alone = uniforms(seed, "links.drop", quarter, np.array(mine, np.uint64))
    rest = [i for i in others if i not in mine]
    crowd = uniforms(seed, "links.drop", quarter, np.array(rest + mine[::-1], np.uint64))
    assert np.array_equal(crowd[len(rest) :][::-1], alone)
    assert ((alone >= 0) & (alone < 1)).all()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 70))
def test_streams_differ_by_seed_name_and_quarter(seed: int, quarter: int) -> None:
    ids = np.arange(8, dtype=np.uint64)
    base = uniforms(seed, "links.drop", quarter, ids)
    assert np.array_equal(base, uniforms(seed, "links.drop", quarter, ids))
    for other in (
        uniforms(seed + 1, "links.drop", quarter, ids), uniforms(seed, "links.refound", quarter, ids),
        uniforms(seed, "links.drop", quarter + 1, ids),
    ):  # fmt: skip
        assert not np.isin(base, other).any()


def test_draws_are_uniform() -> None:
    """Neighbouring ids and quarters are as good as independent: moments and correlations of a large sample."""
    sample = np.array([uniforms(3, "links.drop", q, np.arange(4000, dtype=np.uint64)) for q in range(40)])
    n = sample.size
    assert abs(sample.mean() - 0.5) < 4 / np.sqrt(12 * n)
    assert abs(sample.var() - 1 / 12) < 0.001
    assert abs(np.corrcoef(sample[:, :-1].ravel(), sample[:, 1:].ravel())[0, 1]) < 4 / np.sqrt(n)
    assert abs(np.corrcoef(sample[:-1].ravel(), sample[1:].ravel())[0, 1]) < 4 / np.sqrt(n)
    assert stream(0, "a").random() != stream(0, "b").random()
