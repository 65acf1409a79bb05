"""Rows of the fringe: exact margins, links that grow with rows and not with their square, and the same aggregates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.base_year import build_base_year, with_fringe_rows
from calibration.fringe import Flows, north_west, pareto_shares, split_flows
from calibration.registry import central, override
from model.axes import R, S
from model.kernel.links import Array, sum_by
from model.simulation import Decoupling
from model.world import State
from tests import small

SIZES = st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=40)


def of_one(values: list[float]) -> Array:
    return np.array(values) / sum(values)


@settings(max_examples=200, deadline=None)
@given(SIZES, SIZES)
def test_the_corner_rule_meets_both_margins(one: list[float], two: list[float]) -> None:
    supply, demand = of_one(one), of_one(two)
    i, j, part = north_west(supply, demand)
    assert len(part) <= len(supply) + len(demand) - 1 and (part > 0).all()
    assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == len(part)
    assert np.allclose(sum_by(i, part, len(supply)), supply, rtol=1e-9, atol=0)
    assert np.allclose(sum_by(j, part, len(demand)), demand, rtol=1e-9, atol=0)


def test_sizes_follow_a_pareto_tail() -> None:
    size = pareto_shares(100_000, 1.06)
    rank = np.arange(1, len(size) + 1)
    slope = np.polyfit(np.log(size[10:1000]), np.log(rank[10:1000]), 1)[0]
    assert size.sum() == pytest.approx(1, rel=1e-12) and (np.diff(size) < 0).all()
    assert slope == pytest.approx(-1.06, abs=0.01)
    assert pareto_shares(1, 1.06) == 1


def expansion(rows: int) -> tuple[Flows, tuple[Array, ...]]:
    """Four fringes that all sell to each other, three named plants and two other buyers: `rows` rows in all."""
    whole, split = np.ones(1), pareto_shares(rows // 4, 1.06)
    parts = (split, split, split, split, whole, whole, whole)
    f, b = np.divmod(np.arange(7 * 9), 9)
    return split_flows(Flows(f, b, 1.0 + f + 2.0 * b), parts, tuple("abcdefg")), parts


def test_links_grow_with_rows() -> None:
    """Measured on a thousand, ten thousand and a hundred thousand rows: the exponent is one."""
    rows = np.array([1_000, 10_000, 100_000])
    links = np.array([len(expansion(n)[0].value) for n in rows.tolist()])
    exponent = np.polyfit(np.log(rows), np.log(links), 1)[0]
    assert exponent == pytest.approx(1, abs=0.01), (rows, links)
    assert (links < 20 * rows).all()


def test_margins_of_rows_are_exact_at_a_hundred_thousand_rows() -> None:
    flows, parts = expansion(100_000)
    count = np.array([len(part) for part in parts])
    share, first = np.concatenate(parts), np.cumsum(count) - count
    sold = sum_by(flows.supplier, flows.value)
    whole = np.add.reduceat(sold, first)
    assert np.allclose(sold, share * np.repeat(whole, count), rtol=1e-9, atol=0)
    bought = sum_by(flows.buyer, flows.value)[: len(share)]
    assert np.allclose(bought, share * np.repeat(np.add.reduceat(bought, first), count), rtol=1e-9, atol=0)


def test_every_row_buys_the_mix_of_its_cell() -> None:
    """Each row has its cell's technique by supplying region and segment, so it can substitute as the cell does."""
    year, many = build_base_year({}, False), build_base_year({"fringe_rows": 5}, False)
    assert with_fringe_rows(year, 1, 1.06) is year
    for built in (year, many):
        assert len(set(built.plant_ids)) == len(built.plant_ids) == len(built.customs) == len(built.entry)
    whole, rows = year.table, many.table
    where = {name: i for i, name in enumerate(year.plant_ids)}
    old = np.array([where.get(name, where.get(name.rsplit("-", 1)[0], -1)) for name in many.plant_ids])
    assert (old >= 0).all() and not rows.flow[rows.output == 0].any()
    mix = [mix_of(table.flow, table.location * S + table.segment)[:, : table.plants] for table in (whole, rows)]
    assert np.allclose(mix[1], mix[0][:, old], rtol=1e-10, atol=1e-16)
    for name in ("output", "wages", "investment"):
        assert np.allclose(sum_by(old, getattr(rows, name), whole.plants), getattr(whole, name), rtol=1e-10, atol=0)
    assert rows.owner.shape == (R, rows.plants) and np.array_equal(rows.owner, whole.owner[:, old])


def mix_of(flow: Array, cell: Array) -> Array:
    """Purchases of each buyer by cell of the supplier, as shares of what it buys."""
    total = np.array([sum_by(cell, column, R * S) for column in flow.T]).T
    return np.asarray(total / np.where(total.sum(0) > 0, total.sum(0), 1.0))


def totals(model: Decoupling, state: State) -> Array:
    """Output, capacity, employment by group and all regional variables of a quarter, in one row."""
    group, count = model.setting.economy.groups.group, model.setting.economy.groups.count
    limited = np.where(np.isfinite(state["capacity"]), state["capacity"], 0.0)
    by_group = [sum_by(group, v, count) for v in (state["output"], state["output"] * state["price"], limited)]
    books = state["books"]
    return np.concatenate([*by_group, state["wage"], state["expenditure"], books.gdp, books.gnp, books.trade.ravel()])


def test_rows_change_no_aggregate() -> None:
    """Ten quarters of hard cuts from both sides, entry, exit and growth on, chance off: one, three and seven rows agree."""
    paths = []
    for rows in (1, 3, 7):
        values = override(central(), {"over_compliance_rate": 0.0, "retreat_rate": 0.0, "exit_threshold": 0.9,
                                      "exit_patience": 0.5, "fringe_rows": rows}, check=False)  # fmt: skip
        model = Decoupling(small.everything("2020Q2"), parameters=values)
        found = [totals(model, state) for state in small.quarters(model)]
        assert model.now["idle"].any() and model.now["wedges"]["denial_rate"].max() > 0.4
        paths.append(np.array(found))
    for path in paths[1:]:
        live = abs(paths[0]) > 1e-12
        gap = abs(path / np.where(live, paths[0], 1.0) - 1)[live].max()
        assert gap < 1e-9, gap


def test_a_supplier_dropped_by_chance_hits_few_rows() -> None:
    """With chance on, rows of one cell fare differently: that is what rows are for."""
    values = override(central(), {"fringe_rows": 5}, check=False)
    model = Decoupling(small.everything("2020Q2"), parameters=values)
    *_, last = small.quarters(model)
    group, fringe = model.setting.economy.groups.group, model.setting.plants.firm_number < 0
    ratio = last["output"] / np.where(model.setting.economy.output0 > 0, model.setting.economy.output0, 1.0)
    spread = [np.ptp(ratio[fringe & (group == g)]) for g in np.unique(group[fringe])]
    assert max(spread) > 1e-3
