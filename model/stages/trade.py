"""Trade: deliveries with prices and incomes in one fixed point (E5-E8, E38)."""

from __future__ import annotations

import numpy as np

from model.kernel.deliveries import Orders, deliver, delivered_part
from model.kernel.external import external_balances, find_blocs, habit_in_blocs, paid_abroad
from model.kernel.links import Array, Mask, sum_by
from model.kernel.market import Guess
from model.kernel.plan import Terms
from model.kernel.technique import composite
from model.world import Setting, State, View


def trade(setting: Setting, now: View) -> State:
    """Blocs, balances, then deliveries with prices and incomes in one fixed point (E5-E8)."""
    economy = setting.economy
    links, k, lt = economy.links, economy.k, economy.links.technique
    input0 = economy.input0 * now.theta
    input0 /= economy.theta
    investment = sum_by(economy.investor[economy.investor >= 0], now.investment[economy.investor >= 0], k)
    share = _own_share(setting, now.investment, investment)
    fixed = now.fixed.copy()
    stocking = now.stock_order.any()
    if stocking:
        fixed[:lt] += now.stock_order * input0 * now.inputs
    inputs = now.inputs * now.takeover
    bloc = find_blocs(economy, _possible(setting, now, (inputs > 0) & (input0 > 0), fixed, investment))
    terms = Terms(
        wage=now.wage, rent=now.rent, ship=now.ship, duty=now.duty, subsidy=now.subsidy,
        owner=paid_abroad(economy, bloc), bloc=bloc,
        balance=external_balances(economy, bloc, now.trade_ratio, setting.behaviour.fixed_balance),
        expenditure=now.expenditure, share=share, smoothing=setting.behaviour.smoothing,
        habit=habit_in_blocs(now.habit, now.expenditure, bloc),
    )  # fmt: skip
    capacity = np.where(now.opened, np.minimum(now.capacity, now.limit), np.inf)
    orders = Orders(
        labour=now.labour, inputs=inputs, input0=input0, theta=now.theta, quality=now.quality,
        denial=now.denial, fixed=fixed, capital=investment, stock=now.stock / (4 * setting.dt), capacity=capacity,
        expected=now.orders, input_limit=setting.behaviour.input_limit, favour=favour(setting, now.wedges["home_priority"]),
    )  # fmt: skip
    got = deliver(economy, orders, terms, Guess(now.price, now.output, now.expenditure))
    received = np.zeros_like(now.stock)
    if stocking:
        phi = delivered_part(orders, got.rho[links.supplier])[:lt]
        arrived = composite(economy, now.theta, phi * now.stock_order * now.inputs * now.quality)
        received = arrived[: len(received)]
    return {
        "terms": terms, "delivered": got, "price": got.market.price, "capital_price": got.market.capital_price,
        "output": got.market.output, "expenditure": got.market.expenditure, "orders": got.orders,
        "stock_change": received - got.used, "capacity_now": capacity, "input0": input0,
    }  # fmt: skip


def _possible(setting: Setting, now: View, ordered: Mask, fixed: Array, investment: Array) -> Mask:
    """Links [l] on which something may arrive: ordered by technique [lt] or fixed [l], not denied, between plants that are open."""
    links, lt, n = setting.economy.links, setting.economy.links.technique, setting.economy.n
    active = np.ones(len(setting.economy.buyer_region), bool)
    active[:n] = now.opened
    invests = active.copy()
    invests[n : n + len(investment)] = investment > 0
    possible = fixed > 0
    possible[:lt] |= ordered & invests[links.buyer[:lt]]
    possible &= now.denial < 1
    possible &= now.opened[links.supplier] & active[links.buyer]
    return np.asarray(possible)


def favour(setting: Setting, priority: Array) -> Array | None:
    """Exponent of rationing on each link [l] (E38): below 1 for home buyers where they come first; None: nowhere."""
    if not priority.any():
        return None
    links, table = setting.economy.links, setting.economy.table
    o = table.location[links.supplier]
    home = o == setting.economy.buyer_region[links.buyer]
    return np.asarray(1 - priority[o, table.segment[links.supplier]] * home)


def _own_share(setting: Setting, investment: Array, total: Array) -> Array:
    """Share of each plant in its investor's purchases [n]."""
    economy = setting.economy
    if not economy.k:
        return np.zeros(economy.n)
    whole = np.where(economy.investor >= 0, total[economy.investor], 0.0)
    return np.where(whole > 0, investment / np.where(whole > 0, whole, 1.0), 0.0)
