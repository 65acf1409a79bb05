"""Links: who may deliver to whom, as flat arrays ordered by (buyer, segment of supplier, supplier).

A cell is one (buyer, supplying segment); its links lie side by side, so every sum over suppliers of
a segment is one `reduceat`, and so is every sum over the cells of a buyer. Buyers: plants 0..n-1,
then investors, then final users (these have a technique), then states (these have none).
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


def sum_by(index: NDArray[np.integer], weight: Array, count: int = 0) -> Array:
    """Sum of weight by index [count]; numpy's stubs take weighted bincounts for whole numbers."""
    return cast("Array", np.bincount(index, weight, count))


def filled(frame: Any, values: Array) -> Any:
    """A sparse matrix of these values; its structure is the frame's, neither checked nor copied again."""
    matrix = copy(frame)
    matrix.data = values
    return matrix


@dataclass(frozen=True)
class Counters:
    """Where suppliers serve buyers whom they ration alike: counter [l] of each link, of [c] its supplier, favour [c] the
    exponent of rho (1: rationed like all others). alike: one counter a supplier, in their order. column [l]: the counter
    in the short integers that sparse matrices want (and gathers do not); order [lt]: links by counter. Sparse matrices
    without values: paid [T, c] and cells [k, c] want them by link, sent [c, T] by link in that order."""

    counter: Index
    column: Any
    order: Index
    of: Index
    favour: Array
    alike: bool
    paid: Any
    cells: Any
    sent: Any

    def share(self, rho: Array) -> Array:
        """Rationing share of each counter: [n] -> [c]."""
        return rho if self.alike else rho[self.of] ** self.favour

    def spread(self, values: Array) -> Array:
        """The supplier's value at each counter: [n] -> [c]."""
        return values if self.alike else values[self.of]

    def collect(self, values: Array) -> Array:
        """Sum over the counters of each supplier: [c] -> [n]."""
        return values if self.alike else sum_by(self.of, values)


@dataclass(frozen=True)
class Links:
    """Index structure of all links (l), cells (k) and buyers (b).

    supplier, buyer      [l]   plant and buyer of each link; links of states come last
    cell                 [lt]  cell of each link with a technique (lt = `technique` <= l)
    start                [k]   first link of each cell
    cell_buyer, cell_segment [k]
    buyer_start          [T]   first cell of each buyer with a technique (each has at least one)
    pointer              [T+1] first link of each such buyer, as in a CSR matrix
    """

    supplier: Index
    buyer: Index
    cell: Index
    start: Index
    cell_buyer: Index
    cell_segment: Index
    buyer_start: Index
    pointer: Index
    technique: int
    plants: int

    @cached_property
    def _rows(self) -> tuple[Any, Any, Any]:
        """Buyers [lt], first links of buyers and of cells, in the short integers that sparse products want."""
        rows = np.r_[self.start, self.technique]
        return tuple(a.astype(np.int32) for a in (self.buyer[: self.technique], self.pointer, rows))  # type: ignore[return-value]

    @cached_property
    def _suppliers(self) -> Counters:
        """Counters where all buyers are served alike."""
        return self._counters(self.supplier, np.arange(self.plants), np.ones(self.plants), True)

    def _counters(self, counter: Index, of: Index, favour: Array, alike: bool) -> Counters:
        """Counters with their links in order, and the structure of the matrices."""
        from scipy.sparse import csr_array  # a tenth of a second, and who only reads parameters makes no matrix

        column, mine, (buyers, pointer, start) = counter.astype(np.int32), counter[: self.technique], self._rows
        order, count = np.argsort(mine, kind="stable"), len(of)
        first = np.searchsorted(mine[order], np.arange(count + 1)).astype(np.int32)
        empty, technique = np.empty(self.technique), column[: self.technique]
        return Counters(
            counter, column, order, of, favour, alike,
            paid=csr_array((empty, technique, pointer), shape=(len(pointer) - 1, count)),
            cells=csr_array((empty, technique, start), shape=(len(start) - 1, count)),
            sent=csr_array((empty, buyers[order], first), shape=(count, len(pointer) - 1)),
        )  # fmt: skip

    def counters(self, favour: Array | None = None) -> Counters:
        """Suppliers as they serve buyers: one counter each, or one for each favour [l] that a supplier gives."""
        if favour is None:
            return self._suppliers
        kinds, kind = np.unique(favour, return_inverse=True)
        used, counter = np.unique(self.supplier * len(kinds) + kind, return_inverse=True)
        return self._counters(counter, used // len(kinds), kinds[used % len(kinds)], False)

    def by_cell(self, values: Array) -> Array:
        """Sum over the suppliers of each cell: [lt] -> [k]."""
        return np.asarray(np.add.reduceat(values, self.start))

    def by_buyer(self, values: Array) -> Array:
        """Sum over the cells of each buyer: [k] -> [T]."""
        return np.asarray(np.add.reduceat(values, self.buyer_start))

    def buyer_sum(self, values: Array) -> Array:
        """Sum over all links of each buyer with a technique: [lt] -> [T]."""
        return np.asarray(np.add.reduceat(values, self.pointer[:-1]))


def build_links(present: Mask, segment: Index, buyers_with_technique: int) -> Links:
    """Index the pairs marked in `present` [plants, buyers]; `segment` [plants] of the suppliers."""
    buyer, supplier = np.nonzero(present.T)
    order = np.lexsort((supplier, segment[supplier], buyer))
    buyer, supplier = buyer[order], supplier[order]
    technique = int(np.searchsorted(buyer, buyers_with_technique))
    key = buyer[:technique] * (int(segment.max()) + 1) + segment[supplier[:technique]]
    start = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    cell = np.cumsum(np.r_[False, key[1:] != key[:-1]])
    cell_buyer = buyer[start]
    buyer_start = np.flatnonzero(np.r_[True, cell_buyer[1:] != cell_buyer[:-1]])
    pointer = np.r_[start[buyer_start], technique]
    return Links(
        supplier, buyer, cell, start, cell_buyer, segment[supplier[start]], buyer_start, pointer, technique,
        len(present),
    )  # fmt: skip
