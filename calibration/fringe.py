"""Rows of the fringe: a region's unnamed firms of a segment as many rows of Pareto sizes, with few links between them.

Splitting changes no aggregate: every row has its cell's technique and customers, and rows of a cell are alike but for
size. Between two split cells, rows are matched by the north-west corner rule in a random order, which meets both
margins with M + N - 1 links instead of M x N; a row that is not split keeps a link to every row of a cell. So links
grow with rows and not with their square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.kernel.links import Array, Index
from model.kernel.table import BaseTable
from model.streams import stream

ROUNDING = 1e-15
"""Overlaps below this part of a cell's flow are rounding, not links."""


@dataclass(frozen=True)
class Flows:
    """Flows as a list [l]: supplier (a plant), buyer (plants come first) and value."""

    supplier: Index
    buyer: Index
    value: Array


def pareto_shares(rows: int, tail: float) -> Array:
    """Sizes of `rows` firms, adding to 1: the mid-quantiles of a Pareto distribution with exponent `tail`.

    Source of the form and of 1.06: Axtell (2001), Science 293 (recalled).
    """
    size = ((np.arange(rows) + 0.5) / rows) ** (-1 / tail)
    return np.asarray(size / size.sum())


def north_west(supply: Array, demand: Array) -> tuple[Index, Index, Array]:
    """Who delivers what part to whom when M suppliers and N buyers are walked in step: (i, j, part), M + N - 1 links.

    Both margins add to 1 and are met exactly (sums in extended precision, since small rows sit at the end of long sums).
    """
    ends = [np.cumsum(side.astype(np.longdouble)) for side in (supply, demand)]
    ends = [e / e[-1] for e in ends]
    steps = np.sort(np.concatenate([ends[0][:-1], ends[1]]))
    part = np.diff(steps, prepend=np.longdouble(0))
    link = part > ROUNDING
    i, j = (np.searchsorted(e, steps[link]) for e in ends)
    return i, j, part[link].astype(float)


def split_flows(flows: Flows, parts: tuple[Array, ...], names: tuple[str, ...]) -> Flows:
    """Flows between rows: `parts` holds the shares of the rows of each plant ([1] where it is not split).

    The order in which two split cells meet is drawn from a stream named after both, so it is fixed for good.
    """
    n, count = len(parts), np.array([len(part) for part in parts])
    first = np.cumsum(count) - count
    found: list[tuple[Index, Index, Array]] = []
    for f, b, value in zip(flows.supplier.tolist(), flows.buyer.tolist(), flows.value.tolist(), strict=True):
        target = int(first[b]) if b < n else b + int(count.sum()) - n
        buyer = parts[b] if b < n else np.ones(1)
        i, j, part = _pairs(parts[f], buyer, f"fringe.{names[f]}.{names[b] if b < n else ''}")
        found.append((first[f] + i, target + j, value * part))
    return Flows(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _pairs(supply: Array, demand: Array, name: str) -> tuple[Index, Index, Array]:
    """Links between the rows of two cells: all of them if one side is a single row, else the north-west corner's."""
    m, n = len(supply), len(demand)
    if m == 1 or n == 1:
        return np.repeat(np.arange(m), n), np.tile(np.arange(n), m), np.outer(supply, demand).ravel()
    chance = stream(0, name)
    sellers, buyers = chance.permutation(m), chance.permutation(n)
    i, j, part = north_west(supply[sellers], demand[buyers])
    return sellers[i], buyers[j], part


def split_table(table: BaseTable, parts: tuple[Array, ...], names: tuple[str, ...]) -> BaseTable:
    """The table with each plant as the rows of its `parts`; owners, rates and lags stay, quantities are shared out."""
    old = np.repeat(np.arange(table.plants), [len(part) for part in parts])
    share = np.concatenate(parts)
    supplier, buyer = np.nonzero(table.flow)
    rows = split_flows(Flows(supplier, buyer, table.flow[supplier, buyer]), parts, names)
    flow = np.zeros((len(old), len(old) + table.flow.shape[1] - table.plants))
    flow[rows.supplier, rows.buyer] = rows.value
    return table.replace(
        location=table.location[old], segment=table.segment[old], owner=table.owner[:, old], flow=flow,
        wages=share * table.wages[old], investment=share * table.investment[old],
        capacity=share * table.capacity[old], depreciation=table.depreciation[old],
        build_lag=table.build_lag[old], theta=table.theta[old], entry_capacity=table.entry_capacity[old],
    )  # fmt: skip
