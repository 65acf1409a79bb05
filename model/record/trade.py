"""Outcomes on trade: who sells what to whom, by location of plants; chips also on customs basis."""

from __future__ import annotations

import numpy as np

from model.axes import REGIONS, SEGMENT_NAMES
from model.kernel.links import Array
from model.record.book import Book
from model.record.declare import BY_REGION, BY_SEGMENT, USD, Outcome, abroad, no_diagonal, ratio, share


def exports_to(book: Book) -> Array:
    """Exports by segment and destination [o, s, d]; none to oneself."""
    return np.asarray(no_diagonal_by_segment(book.cube).transpose(0, 2, 1))


def imports_from(book: Book) -> Array:
    """Imports by segment and origin [d, s, o]; none from oneself."""
    return np.asarray(no_diagonal_by_segment(book.cube).transpose(1, 2, 0))


def no_diagonal_by_segment(cube: Array) -> Array:
    """[o, d, s] with domestic flows left out (no row)."""
    return np.where(np.eye(len(cube), dtype=bool)[:, :, None], np.nan, cube)


def chip_volume(book: Book) -> Array:
    """Chips imported on customs basis at base prices [R], over the base table's."""
    chips = book.fixed.on_customs_basis(book.leaves, book.books.shipped)
    return ratio(chips.sum(0) - np.diag(chips), book.fixed.chip_volume0)


BOTH = (SEGMENT_NAMES, REGIONS)
OUTCOMES = (
    Outcome("Exports", USD, lambda b: abroad(b.trade, 1) * b.usd, default="all"),
    Outcome("Imports", USD, lambda b: abroad(b.trade, 0) * b.usd, default="all"),
    Outcome("Exports|{}", USD, lambda b: abroad(b.cube, 1) * b.usd, BY_SEGMENT),
    Outcome("Imports|{}", USD, lambda b: abroad(b.cube, 0) * b.usd, BY_SEGMENT),
    Outcome("Exports|to {}", USD, lambda b: no_diagonal(b.trade) * b.usd, BY_REGION, "main"),
    Outcome("Imports|from {}", USD, lambda b: no_diagonal(b.trade).T * b.usd, BY_REGION, "main"),
    Outcome("Exports|{}|to {}", USD, lambda b: exports_to(b) * b.usd, BOTH),
    Outcome("Imports|{}|from {}", USD, lambda b: imports_from(b) * b.usd, BOTH),
    Outcome("Exports|Chips", USD, lambda b: abroad(b.chips, 1) * b.usd, default="main"),
    Outcome("Imports|Chips", USD, lambda b: abroad(b.chips, 0) * b.usd, default="main"),
    Outcome("Exports|Chips|to {}", USD, lambda b: no_diagonal(b.chips) * b.usd, BY_REGION, "all"),
    Outcome("Imports|Chips|from {}", USD, lambda b: no_diagonal(b.chips).T * b.usd, BY_REGION),
    Outcome("Imports|Chips|Volume", "index", chip_volume, default="main"),
    Outcome("Exports Share|to {}", "percent", lambda b: share(no_diagonal(b.trade), abroad(b.trade, 1)[:, None]), BY_REGION),
    Outcome("Exports Share|Chips|to {}", "percent", lambda b: share(no_diagonal(b.chips), abroad(b.chips, 1)[:, None]), BY_REGION, "main"),
    Outcome("Imports Share|Chips|from {}", "percent", lambda b: share(no_diagonal(b.chips).T, abroad(b.chips, 0)[:, None]), BY_REGION),
)  # fmt: skip
