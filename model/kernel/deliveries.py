"""Deliver, price and trade: rationing and stocks inside one fixed point; nothing of it is carried (E5-E8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.errors import ConvergenceError
from model.kernel.anderson import Anderson
from model.kernel.inversion import Economy
from model.kernel.linear import TOLERANCE as SOLVER
from model.kernel.links import Array
from model.kernel.market import Guess, Market, Terms, solve_market
from model.kernel.technique import composite, project

TOLERANCE = 2e-11
PASSES = 3000
ROUNDING = 1e-13
NEAR, LOOSE = 1e-9, 1e-5
"""While rationing still moves by more than NEAR, a pass is solved only to LOOSE times the last move."""
LEAST = 1e-9
"""Smallest rationing share: what is below delivers nothing that counts."""


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
    """Find rationing rho and stock use consistent with prices and outputs; ConvergenceError if none is found."""
    links, n = economy.links, economy.n
    lt, f = links.technique, links.supplier
    rho, used, scale = np.ones(n), np.zeros_like(orders.stock), np.ones(economy.buyers)
    ordered = composite(economy, orders.theta, orders.inputs * orders.quality) if orders.stock.any() else None
    output, first, mixing = orders.expected, orders.expected, Anderson()
    change = 0.0
    for k in range(PASSES):
        phi = delivered_part(orders, rho[f])
        got = phi[:lt] * orders.inputs
        q = composite(economy, orders.theta, got * orders.quality)
        q, drawn = _with_stocks(economy, orders, q, ordered, output, scale)
        scale = project(economy, q, orders.labour)
        inputs = got * orders.input0 / scale[links.buyer[:lt]]
        labour = economy.labour0 * (orders.labour / scale)[:n]
        fixed = phi * orders.fixed
        _add_investment(economy, fixed, got * orders.input0, orders.capital)
        tolerance = SOLVER if change < NEAR else max(SOLVER, min(change, 1.0) * LOOSE)
        market = solve_market(economy, inputs, labour, fixed, terms, guess, tolerance)
        new_used = drawn * (market.output / scale[:n])[links.cell_buyer[: len(drawn)]]
        if k == 0:
            first = market.output
        limit = orders.capacity * np.minimum(1.0, scale[:n]) ** orders.input_limit
        wanted = np.clip(rho * limit / np.maximum(market.output, 1e-300), LEAST, 1.0)
        change = float(abs(wanted - rho).max())
        settled = tolerance == SOLVER and change < TOLERANCE and (not len(used) or abs(new_used - used).max() < TOLERANCE)
        used, output = new_used, market.output
        guess = Guess(market.price, market.output, market.expenditure)
        if settled:
            return Delivered(market, labour, inputs, fixed, scale, used, first, wanted, k)
        rho = np.clip(np.exp(mixing.next(np.log(rho), np.log(wanted))), LEAST, 1.0)
    raise ConvergenceError("rationing", change)


def delivered_part(orders: Orders, rho: Array) -> Array:
    """phi [l] (E5): what is delivered of an order; rho [l] of its supplier, to the power of the buyer's favour (E38)."""
    return np.asarray((1 - orders.denial) * (rho if orders.favour is None else rho**orders.favour))


def _with_stocks(
    economy: Economy, orders: Orders, q: Array, ordered: Array | None, output: Array, scale: Array
) -> tuple[Array, Array]:
    """Composites q [k] with plants' stocks filling shortfalls (E5b), and the stocks used per unit [cells of plants]."""
    drawn = np.zeros_like(orders.stock)
    if ordered is None:
        return q, drawn
    cells = len(orders.stock)
    buyer = economy.links.cell_buyer[:cells]
    room = np.maximum(0.0, (ordered - q)[:cells])
    room = np.where(room > ROUNDING, room, 0.0)
    drawn = np.minimum(room, orders.stock * scale[buyer] / np.maximum(output, 1e-300)[buyer])
    return np.concatenate([q[:cells] + drawn, q[cells:]]), drawn


def _add_investment(economy: Economy, fixed: Array, got: Array, capital: Array) -> None:
    """Investors' purchases: what is delivered of a^K I, without projection: they do not order twice (E5c)."""
    links, n = economy.links, economy.n
    first, last = links.pointer[n], links.pointer[n + economy.k]
    buyer = links.buyer[first:last] - n
    fixed[first:last] += got[first:last] * capital[buyer]
