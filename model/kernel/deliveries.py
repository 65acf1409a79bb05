"""Deliver, price and trade: rationing and stocks inside one fixed point; nothing of it is carried (E5-E8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.errors import ConvergenceError
from model.kernel.inversion import Economy
from model.kernel.linear import TOLERANCE as SOLVER
from model.kernel.links import Array
from model.kernel.market import Guess, Market, MarketSolver, Pass
from model.kernel.plan import Plan, Terms, make_plan
from model.kernel.rationing import Found, Rationing, within
from model.kernel.technique import TINY, Rationed, composite, prepare_composite, project, rationed_composite

TOLERANCE = 2e-11
PASSES = 3000
ROUNDING = 1e-13
NEAR, LOOSE = 1e-9, 1e-2
"""While rationing still moves by more than NEAR, a pass is solved only to LOOSE times the last move (E8)."""


@dataclass(frozen=True)
class Orders:
    """Orders before rationing. labour [T], inputs [lt]: ordered technique in ratios; input0 [lt], theta [lt];
    quality [lt]; denial [l]; fixed [l]: purchases without technique; capital [k]: investment by investor;
    stock [kp] cells of plants: quarters' stocks as rates; capacity [n]; expected [n]: orders of the last quarter, by which stocks are first shared out;
    favour [l]: exponent of rho, below 1 for buyers served first (E38; None: all alike)."""

    labour: Array
    inputs: Array
    input0: Array
    theta: Array
    quality: Array
    denial: Array
    fixed: Array
    capital: Array
    stock: Array
    capacity: Array
    expected: Array
    input_limit: float = 0.0
    favour: Array | None = None


class Delivered(NamedTuple):
    """What the quarter brought. inputs [lt] and labour [n] per unit delivered; fixed [l] delivered;
    flow [l] units received; scale F [T]; used [cells of plants] stocks drawn; orders [n] at rho = 1; rho [n]."""

    market: Market
    labour: Array
    inputs: Array
    fixed: Array
    scale: Array
    used: Array
    orders: Array
    rho: Array
    passes: int


def deliver(economy: Economy, orders: Orders, terms: Terms, guess: Guess) -> Delivered:
    """Find rationing rho and stock use consistent with prices and outputs (E5, E8); ConvergenceError if none is found."""
    n, cells = economy.n, len(orders.stock)
    plan, arriving = _plan(economy, orders, terms)
    ordered = composite(economy, orders.theta, orders.inputs * orders.quality) if orders.stock.any() else None
    markets, search = MarketSolver(economy, plan, terms), Rationing(economy, plan, arriving, orders.input_limit)
    rho, used, scale, output = np.ones(n), np.zeros(cells), np.ones(economy.buyers), orders.expected
    first, change = output, 0.0
    for k in range(PASSES):
        share = plan.counters.share(rho)
        q, drawn = _with_stocks(economy, orders, rationed_composite(economy, arriving, share), ordered, output, scale)
        scale = project(economy, q, orders.labour)
        tolerance = SOLVER if change < NEAR else max(SOLVER, min(change, 1.0) * LOOSE)
        market = markets.solve(Pass(share, scale), guess, tolerance)
        output, drawing = market.output, used
        used = drawn * (output / scale[:n])[economy.links.cell_buyer[:cells]]
        first = output if k == 0 else first
        limit = orders.capacity * np.minimum(1.0, scale[:n]) ** orders.input_limit
        wanted = within(rho * limit / np.maximum(output, TINY))
        change = float(abs(wanted - rho).max())
        if tolerance == SOLVER and change < TOLERANCE and float(abs(used - drawing).max(initial=0.0)) < TOLERANCE:
            return _delivered(economy, orders, plan, Pass(share, scale), (market, used, first, wanted, k))
        guess = Guess(market.price, output, market.expenditure)
        rho = search.next(rho, wanted, Found(Pass(share, scale), q, market))
    raise ConvergenceError("rationing", change)


def _plan(economy: Economy, orders: Orders, terms: Terms) -> tuple[Plan, Rationed]:
    """The quarter's orders as they would arrive at rho = 1: what all passes share (E5)."""
    fixed = 1 - orders.denial
    got = fixed[: economy.links.technique] * orders.inputs
    full = got * orders.input0
    fixed *= orders.fixed
    _add_investment(economy, fixed, full, orders.capital)
    counters = economy.links.counters(orders.favour)
    labour = economy.labour0 * orders.labour[: economy.n]
    plan = make_plan(economy, counters, full, labour, fixed, terms)
    got *= orders.quality
    return plan, prepare_composite(economy, orders.theta, got, counters)


def _delivered(
    economy: Economy, orders: Orders, plan: Plan, now: Pass, found: tuple[Market, Array, Array, Array, int]
) -> Delivered:
    """What the last pass brought, link by link (E5); found: market, stocks used, orders at rho = 1, rho, passes."""
    links, lt = economy.links, economy.links.technique
    market, used, first, wanted, passes = found
    share = now.share[plan.counters.counter]
    inputs = plan.full * share[:lt] / now.scale[links.buyer[:lt]]
    labour = economy.labour0 * (orders.labour / now.scale)[: economy.n]
    return Delivered(market, labour, inputs, share * plan.fixed, now.scale, used, first, wanted, passes)


def _with_stocks(
    economy: Economy, orders: Orders, q: Array, ordered: Array | None, output: Array, scale: Array
) -> tuple[Array, Array]:
    """Composites q [k] with plants' stocks filling shortfalls (E5b), and the stocks used per unit [cells of plants]."""
    if ordered is None:
        return q, orders.stock
    cells = len(orders.stock)
    buyer = economy.links.cell_buyer[:cells]
    room = np.maximum(0.0, (ordered - q)[:cells])
    room = np.where(room > ROUNDING, room, 0.0)
    drawn = np.minimum(room, orders.stock * scale[buyer] / np.maximum(output, TINY)[buyer])
    return np.concatenate([q[:cells] + drawn, q[cells:]]), drawn


def _add_investment(economy: Economy, fixed: Array, got: Array, capital: Array) -> None:
    """Investors' purchases: what is delivered of a^K I, without projection: they do not order twice (E5c)."""
    links, n = economy.links, economy.n
    first, last = links.pointer[n], links.pointer[n + economy.k]
    buyer = links.buyer[first:last] - n
    fixed[first:last] += got[first:last] * capital[buyer]


def delivered_part(orders: Orders, rho: Array) -> Array:
    """phi [l] (E5): what is delivered of an order; rho [l] of its supplier, to the power of the buyer's favour (E38)."""
    return np.asarray((1 - orders.denial) * (rho if orders.favour is None else rho**orders.favour))
