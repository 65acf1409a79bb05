"""Account: every flow again and the identities (E9)."""

from __future__ import annotations

import numpy as np

from model.kernel import accounts as accounting
from model.world import Setting, State, View


def account(setting: Setting, now: View) -> State:
    """Every flow again, and the identities (E9)."""
    books = accounting.account(setting.economy, now.delivered, now.terms)
    ratio = (books.trade.sum(1) + books.trade.sum(0) - 2 * np.diag(books.trade)) / now.expenditure
    capacity_error = float((now.output / now.capacity_now).max() - 1)
    accounting.check({"capacity": max(0.0, capacity_error)})
    return {"books": books, "trade_ratio": ratio, "sales": now.delivered.market.price[:, None] * books.shipped}
