"""Adjust: wages, scarcity rents, capacity and its pipeline, time out of business (E10-E12, E35)."""

from __future__ import annotations

import numpy as np

from model.kernel.inversion import Economy
from model.kernel.links import Array, sum_by
from model.kernel.sourcing import adjust_share


def update_wage(
    wage: Array, demand: Array, supply: Array, fall: Array, speed_down: float, speed_up: float, dt: float
) -> Array:
    """w [R] (E10): w (L^D/L)^(1 - exp(-r_w dt)) / fall; above full employment at its own, faster speed.

    fall [R]: what an efficiency unit of labour is expected to get cheaper in a step, as the world's labour grows
    (world expenditure is the numeraire) and the region's more or less (E10a); 1 without growth.
    """
    part = np.where(demand > supply, adjust_share(speed_up, dt), adjust_share(speed_down, dt))
    return np.asarray(wage / fall * (demand / supply) ** part)


def expected_drift(economy: Economy, growth: Array) -> Array:
    """Trend of relative wages [R], logs a year, at which unequal growth of labour leaves no gaps (E10a).

    The base table folded to one good per region, linearised: exactly zero without growth.
    """
    links, table, regions = economy.links, economy.table, economy.regions
    o, d, eye = table.location[links.supplier], economy.buyer_region[links.buyer], np.eye(economy.regions)
    trade = sum_by(o * regions + d, economy.flow0, regions * regions).reshape(regions, regions)
    sold, bought = trade / trade.sum(1, keepdims=True), trade / trade.sum(0)
    crossing = economy.flow0 * (o != d)
    sigma = (crossing * economy.sigma[table.segment[links.supplier]]).sum() / crossing.sum()
    eta = (economy.eta[: economy.n] * economy.output0).sum() / economy.output0.sum()
    cost = economy.output0 / economy.markup - economy.table.investment
    part = economy.labour / sum_by(table.location, cost, regions)
    price = np.linalg.solve(eye - (1 - part)[:, None] * bought.T, np.diag(part))
    revenue = eye - (1 - eta) * (eye - price)
    system = (eye - sold) @ revenue - (1 - sigma) * (eye - sold @ bought.T) @ price
    weight = economy.labour / economy.labour.sum()
    right = np.append((sold - eye) @ growth, -weight @ growth)
    return np.asarray(np.linalg.lstsq(np.vstack([system, weight]), right)[0] + weight @ growth)


def update_rent(
    rent: Array, orders: Array, capacity: Array, speed: float, erosion: float, most: float, dt: float
) -> Array:
    """mu [n] (E11): max(0, mu + r_mu dt ln(orders/capacity)); no orders or no limit, no rent.

    Orders beyond `most` (logs) are orders placed many times over, and press no further; while capacity exceeds
    orders, what is left of a rent is competed away at `erosion` a year.
    """
    with np.errstate(divide="ignore"):
        bound = (orders > 0) & np.isfinite(capacity)
        pressure = np.where(bound, np.log(np.maximum(orders, 1e-300) / capacity), 0.0)
    kept = np.where(orders < capacity, 1 - adjust_share(erosion, dt), 1.0)
    return np.maximum(0.0, rent * kept + speed * dt * np.minimum(pressure, most))


def planned_investment(
    capacity: Array, coming: Array, orders: Array, price_ratio: Array, kappa: Array, slack: Array,
    depreciation: Array, lag: Array, speed: float, price_response: float, limit: float, early: Array, early_speed: float,
) -> Array:
    """I [n] (E12): replacement plus a part of the gap to the capacity wanted, net of what is coming.

    early [n]: quarters of replacement to be bought ahead of an announced control (E27), at their own speed; what
    stands or comes beyond the capacity wanted counts towards it, and is given back once nothing is announced.

    coming [n]: pipeline in units of capacity; price_ratio p/P_K; slack K0/x0; lag in years;
    limit: largest expansion a year as a part of capacity (finance, sites and engineers bound it).
    """  # fmt: skip
    wanted = slack * orders * price_ratio**price_response
    excess = coming - lag * depreciation * capacity
    bound = np.inf if np.isinf(limit) else limit * capacity
    gap = wanted - capacity - excess
    held, beyond = early / 4 * depreciation * capacity, np.maximum(0.0, -gap)
    ahead = early_speed * np.maximum(0.0, held - beyond)
    expansion = np.minimum(speed * (np.maximum(gap, 0.0) - np.maximum(0.0, beyond - held)) + ahead, bound)
    return kappa / 4 * np.maximum(0.0, depreciation * capacity + expansion)


def follow_trend(trend: Array, ratio: Array, speed: float, dt: float) -> Array:
    """Trend of ln(p / P_K) [n] (E12): what firms have come to take as lasting, followed at a speed a year."""
    return np.asarray(trend + adjust_share(speed, dt) * (np.log(ratio) - trend))


def update_capacity(capacity: Array, arriving: Array, kappa: Array, depreciation: Array, dt: float) -> Array:
    """K [n] (E12): K (1 - depreciation dt) + 4 dt arriving / kappa, for plants with capital goods."""
    return capacity * (1 - depreciation * dt) + 4 * dt * arriving / np.where(kappa > 0, kappa, 1.0)


def follow_orders(capacity: Array, orders: Array, slack: Array, speed: float, dt: float) -> Array:
    """K [n] of plants that buy no capital goods (E12b): moves towards slack x orders at a speed a year."""
    if speed == 0.0:
        return capacity
    with np.errstate(invalid="ignore"):
        change = adjust_share(speed, dt) * (slack * orders - capacity)
        return np.where(np.isfinite(capacity), capacity + change, capacity)


def shift_pipeline(pipeline: Array, ordered: Array, steps: np.ndarray) -> Array:
    """Pipeline [lag, n] one step on, with new orders at each plant's own lag."""
    moved = np.concatenate([pipeline[1:], np.zeros_like(pipeline[:1])])
    moved[np.maximum(steps, 1) - 1, np.arange(len(ordered))] += ordered
    return moved


def labour_demand(economy: Economy, labour: Array, output: Array) -> Array:
    """L^D [R]."""
    return sum_by(economy.table.location, labour * output, economy.regions)


def update_idle(idle: Array, output: Array, base: Array, threshold: float, dt: float) -> Array:
    """Years that each plant has sold less than `threshold` of its base output [n] (E35); a good quarter ends them."""
    return np.where(output < threshold * base, idle + dt, 0.0)
