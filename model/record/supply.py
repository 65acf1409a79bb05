"""Outcomes on supply: purchases, dependence on suppliers, concentration, stocks."""

from __future__ import annotations

import numpy as np

from model.axes import REGIONS, SEGMENT_NAMES
from model.kernel.links import Array, sum_by
from model.record.book import Book, Fixed
from model.record.declare import BY_SEGMENT, USD, Outcome, ratio, share


def supplier_firms(book: Book) -> Array:
    """Named firms' shares of a region's purchases of a segment [d, s, firm]."""
    return share(book.by_firm[:, :, :-1], book.bought[:, :, None])


def herfindahl(book: Book) -> Array:
    """HHI of named suppliers in each region's purchases [d, s]; the fringe counts as atomistic."""
    return np.asarray((ratio(book.by_firm[:, :, :-1], book.bought[:, :, None]) ** 2).sum(2))


def chokepoint(book: Book) -> Array:
    """(Largest foreign supplier region's share)^2 of each region's purchases [d, s]."""
    foreign = book.cube * (1 - np.eye(book.fixed.shape[0]))[:, :, None]
    return np.asarray(ratio(foreign.max(0), book.bought) ** 2)


def stockpile(book: Book) -> Array:
    """Stocks of each segment held by a region's plants [r, s], in quarters of use; NaN where nobody uses it."""
    links, economy, shape = book.setting.economy.links, book.setting.economy, book.fixed.shape
    cells = len(book.now["stock"])
    buyer = links.cell_buyer[:cells]
    place = economy.buyer_region[buyer] * shape[2] + links.cell_segment[:cells]
    held, used = (sum_by(place, x, shape[0] * shape[2]) for x in (book.now["stock"], book.market.output[buyer]))
    return ratio(held, used).reshape(shape[0], -1)


def outcomes(fixed: Fixed) -> tuple[Outcome, ...]:
    """Declared outcomes; a named firm supplies the segments it has plants in."""
    sells = np.broadcast_to(fixed.sells.T, (fixed.shape[0], *fixed.sells.T.shape))
    return (
        Outcome("Purchases|{}", USD, lambda b: b.bought * b.usd, BY_SEGMENT, "main", usual="*|Equipment"),
        Outcome("World Purchases Share|{}", "percent", lambda b: share(b.bought, b.bought.sum(0)), BY_SEGMENT),
        Outcome("Supplier Share|{}|{}", "percent", lambda b: share(b.owned, b.bought[:, :, None]), (SEGMENT_NAMES, REGIONS), "main", usual="*|AI Accelerators|*"),
        Outcome("Supplier Share|{}|{}", "percent", supplier_firms, (SEGMENT_NAMES, fixed.firms), exists=sells),
        Outcome("Self-Sufficiency|Chips", "percent", lambda b: share(np.diag(b.chips), b.chips.sum(0)), default="main"),
        Outcome("Chokepoint Index|{}", "index 0-1", chokepoint, BY_SEGMENT),
        Outcome("HHI|{}", "index 0-1", herfindahl, BY_SEGMENT),
        Outcome("Stockpile|{}", "quarters of use", stockpile, BY_SEGMENT),
    )
