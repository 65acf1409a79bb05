"""Outcomes of named firms, in the region of their owner: revenue, where it comes from, where they make it, capacity."""

from __future__ import annotations

import numpy as np

from model.axes import REGIONS, SEGMENT_NAMES
from model.kernel.links import Array, Mask
from model.record.book import Book, Fixed
from model.record.declare import USD, Outcome, share


def revenue_from(book: Book) -> Array:
    """Revenue of each named firm by region of the buyers [firm, d]."""
    return np.asarray(book.by_firm[:, :, :-1].sum(1).T)


def sold_abroad(book: Book) -> Array:
    """Percent of a firm's revenue from outside its owner's region [firm]."""
    revenue = revenue_from(book)
    home = revenue[np.arange(len(revenue)), book.fixed.owner]
    return share(revenue.sum(1) - home, revenue.sum(1))


def made_in(book: Book) -> Array:
    """Percent of a firm's output, by value, made in each region [firm, r]."""
    made = np.array([book.of_firms(book.sales * (book.setting.economy.table.location == r)) for r in range(book.fixed.shape[0])])
    return share(made.T, made.sum(0)[:, None])


def segment_share(book: Book) -> Array:
    """Percent of the world's purchases of a segment that a firm sells [firm, s]."""
    sold = book.by_firm.sum(0)
    return share(sold[:, :-1].T, sold.sum(1)[None])


def first_capacity(fixed: Fixed) -> Array:
    """Capacity of a firm when it enters the world [firm]: of its plants of 2018, or of those that come first."""
    setting, table = fixed.setting, fixed.setting.economy.table
    latent = setting.economy.latent
    size = np.where(fixed.named, np.where(latent, table.entry_capacity, table.capacity), 0.0)
    entry = np.where(latent, setting.plants.entry, -np.inf)
    rows = [np.flatnonzero(fixed.firm == i) for i in range(len(fixed.firms))]
    return np.array([size[i[entry[i] == entry[i].min()]].sum() for i in rows])


def outcomes(fixed: Fixed) -> tuple[Outcome, ...]:
    """Declared outcomes; every one stands in the owner's region only."""
    firms, owned, first = fixed.firms, fixed.owned_by, first_capacity(fixed)
    abroad = np.eye(fixed.shape[0], dtype=bool)[fixed.owner] == 0
    plants = np.zeros(abroad.shape, bool)
    plants[fixed.firm[fixed.named], fixed.setting.economy.table.location[fixed.named]] = True

    def capacity(book: Book) -> Array:
        held = book.of_firms(np.where(book.fixed.named & book.now["opened"], book.now["capacity"], 0.0))
        return np.where(held > 0, held / first, np.nan)

    return (
        Outcome("Firm Revenue|{}", USD, lambda b: b.under_owner(b.of_firms(b.sales)) * b.usd, (firms,), "all", exists=owned),
        Outcome("Firm Revenue|{}|from {}", USD, lambda b: b.under_owner(revenue_from(b)) * b.usd, (firms, REGIONS), exists=each(owned)),
        Outcome("Firm Revenue Share|{}|from {}", "percent", lambda b: b.under_owner(share(revenue_from(b), revenue_from(b).sum(1)[:, None])), (firms, REGIONS), exists=each(owned)),
        Outcome("Firm Share|{}|{}", "percent", lambda b: b.under_owner(segment_share(b)).transpose(0, 2, 1), (SEGMENT_NAMES, firms), exists=(owned[:, :, None] & fixed.sells).transpose(0, 2, 1)),
        Outcome("Sales Abroad Share|{}", "percent", lambda b: b.under_owner(sold_abroad(b)), (firms,), exists=owned),
        Outcome("Output Abroad Share|{}|in {}", "percent", lambda b: b.under_owner(made_in(b)), (firms, REGIONS), exists=owned[:, :, None] & (plants & abroad)),
        Outcome("Firm Capacity|{}", "index", lambda b: b.under_owner(capacity(b)), (firms,), exists=owned),
    )  # fmt: skip


def each(owned: Mask) -> Mask:
    """[r, firm] for every region that follows [r, firm, d]."""
    return np.broadcast_to(owned[:, :, None], (*owned.shape, owned.shape[0]))
