"""Source: the ordered technique moves towards the cost-minimising one; quantities are what is sluggish (E4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.kernel.inversion import Economy
from model.kernel.links import Array, Mask, sum_by
from model.kernel.technique import composite, project, solve_dual


@dataclass(frozen=True)
class Sourcing:
    """What the stage reads besides the carried technique. All [lt] unless said.

    theta and theta_last: lower shares in force now and in the last quarter; denial n; pay = tau (1+t)
    now and last; quality e^v; open_links: may deliver (supplier open, denial < 1); wage [R], price [n].
    """

    theta: Array
    denial: Array
    pay: Array
    pay_last: Array
    quality: Array
    open_links: Mask
    wage: Array
    price: Array


def adjust_share(speed: Array | float, dt: float) -> Array:
    """Part of a gap closed in one step at a speed a year: 1 - exp(-speed dt); an infinite speed closes it."""
    return np.asarray(1 - np.exp(-np.asarray(speed, float) * dt))


def update_orders(
    economy: Economy, labour: Array, inputs: Array, now: Sourcing, speed: Array, labour_speed: float, dt: float,
    apart: bool = False,
) -> tuple[Array, Array]:
    """New ordered technique (labour [T], inputs [lt], ratios to base), on the isoquant (E4a-d).

    apart: investors' orders in place of what is denied are kept apart from their technique (E4e).
    """
    kept = _take_over(economy, inputs, now)
    guarded = kept * np.minimum(1.0, now.pay_last / now.pay)
    target = solve_dual(economy, now.theta, now.open_links, now.wage, now.price, now.pay, now.quality)
    rerouted = _rerouting(economy, target.inputs, now)
    if apart:
        rerouted[_investors(economy)] = 1.0
    wanted = target.inputs * rerouted
    links = economy.links
    part = adjust_share(speed, dt)[links.cell_segment][links.cell]
    inputs = (1 - part) * guarded + part * wanted
    part_labour = adjust_share(labour_speed, dt)
    labour = (1 - part_labour) * labour + part_labour * np.where(economy.labour_share > 0, target.labour, 1.0)
    q = composite(economy, now.theta, inputs * now.quality)
    scale = project(economy, q, labour)
    return np.where(economy.labour_share > 0, labour / scale, 1.0), inputs / scale[links.buyer[: links.technique]]


def update_takeover(
    economy: Economy, takeover: Array, inputs: Array, now: Sourcing, speed: Array, dt: float
) -> Array:
    """What investors order per unit of their technique [lt] (E4e): towards E4c's factor at the speed of sourcing, never
    above that for the inputs they order; 1 for all others and where nothing is denied."""
    own = _investors(economy)
    if not ((now.denial > 0)[own].any() or (takeover[own] > 1).any()):
        return np.ones_like(takeover)
    target = solve_dual(economy, now.theta, now.open_links, now.wage, now.price, now.pay, now.quality)
    goal, most = _rerouting(economy, target.inputs, now)[own], _rerouting(economy, inputs, now)[own]
    part = adjust_share(speed, dt)[economy.links.cell_segment][economy.links.cell][own]
    result = np.ones_like(takeover)
    result[own] = np.minimum(most, takeover[own] + part * (goal - takeover[own]))
    return result


def _investors(economy: Economy) -> slice:
    """Links of investors."""
    pointer = economy.links.pointer
    return slice(pointer[economy.n], pointer[economy.n + economy.k])


def _take_over(economy: Economy, inputs: Array, now: Sourcing) -> Array:
    """E4a: a full cut sets a link to zero and the open suppliers of the segment take the order over."""
    links = economy.links
    left = np.where(now.open_links, inputs, 0.0)
    if np.array_equal(left, inputs):
        return inputs
    before = composite(economy, now.theta, inputs * now.quality)
    after = composite(economy, now.theta, left * now.quality)
    return left * np.where(after > 0, before / np.where(after > 0, after, 1.0), 1.0)[links.cell]


def _rerouting(economy: Economy, target: Array, now: Sourcing) -> Array:
    """E4c: in the target, undenied suppliers take over what partly denied ones of the segment lose."""
    denied = now.open_links & (now.denial > 0)
    if not denied.any():
        return np.ones_like(target)
    links = economy.links
    rho = economy.rho[links.cell_segment]
    some = np.flatnonzero((links.by_cell(denied.astype(float)) > 0)[links.cell])  # links of cells where one is denied
    cell, refused = links.cell[some], denied[some]
    weight = now.theta[some] * (target[some] * now.quality[some]) ** rho[cell]
    free = sum_by(cell, np.where(refused, 0.0, weight), len(rho))
    lost = sum_by(cell, np.where(refused, weight * (1 - (1 - now.denial[some]) ** rho[cell]), 0.0), len(rho))
    factor = (1 + lost / np.where(free > 0, free, 1.0)) ** (1 / rho)
    result = np.ones_like(target)
    result[some] = np.where(~refused & (free > 0)[cell], factor[cell], 1.0)
    return result
