"""Source: the ordered technique moves towards the cost-minimising one; quantities are what is sluggish (E4)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from model.kernel.inversion import Economy
from model.kernel.links import Array, Mask, sum_by
from model.kernel.technique import Dual, composite, project, solve_dual


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


class Target(NamedTuple):
    """Where orders go: the cost-minimising technique (E3), and by link [lt] what it takes over from others (E4c)."""

    dual: Dual
    factor: Array


def target_orders(economy: Economy, now: Sourcing) -> Target:
    """The technique that orders move towards, and the factor of E4c on it."""
    dual = solve_dual(economy, now.theta, now.open_links, now.wage, now.price, now.pay, now.quality)
    return Target(dual, rerouting(economy, dual.inputs, now))


def adjust_share(speed: Array | float, dt: float) -> Array:
    """Part of a gap closed in one step at a speed a year: 1 - exp(-speed dt); an infinite speed closes it."""
    return _part_closed(speed, dt) if isinstance(speed, float) else np.asarray(1 - np.exp(-np.asarray(speed, float) * dt))


@lru_cache(maxsize=256)
def _part_closed(speed: float, dt: float) -> Array:
    """The same for one speed: the stages ask for the same ones every quarter."""
    return np.asarray(1 - np.exp(-np.asarray(speed) * dt))


def update_orders(
    economy: Economy, labour: Array, inputs: Array, now: Sourcing, target: Target, speed: Array, labour_speed: float,
    dt: float, apart: bool = False,
) -> tuple[Array, Array]:
    """New ordered technique (labour [T], inputs [lt], ratios to base), on the isoquant (E4a-d).

    apart: investors' orders in place of what is denied are kept apart from their technique (E4e).
    """
    kept = _take_over(economy, inputs, now)
    guarded = now.pay_last / now.pay
    np.minimum(guarded, 1.0, out=guarded)
    guarded *= kept
    wanted = target.dual.inputs * target.factor
    if apart:
        wanted[investors(economy)] = target.dual.inputs[investors(economy)]
    wanted -= guarded
    wanted *= np.repeat(adjust_share(speed, dt)[economy.links.cell_segment], economy.nests.in_cell)
    inputs = guarded + wanted
    part_labour = adjust_share(labour_speed, dt)
    labour = (1 - part_labour) * labour + part_labour * np.where(economy.labour_share > 0, target.dual.labour, 1.0)
    q = composite(economy, now.theta, inputs * now.quality)
    scale = project(economy, q, labour)
    inputs /= np.repeat(scale, economy.nests.of_buyer)
    return np.where(economy.labour_share > 0, labour / scale, 1.0), inputs


def update_takeover(
    economy: Economy, takeover: Array, inputs: Array, now: Sourcing, target: Target, speed: Array, dt: float
) -> Array:
    """What investors order per unit of their technique [lt] (E4e): towards E4c's factor at the speed of sourcing, never
    above that for the inputs they order; 1 for all others and where nothing is denied."""
    own = investors(economy)
    result = np.ones_like(takeover)
    if not ((now.denial > 0)[own].any() or (takeover[own] > 1).any()):
        return result
    part = adjust_share(speed, dt)[economy.links.cell_segment][economy.links.cell[own]]
    moved = takeover[own] + part * (target.factor[own] - takeover[own])
    result[own] = np.minimum(rerouting(economy, inputs, now, own), moved)
    return result


def investors(economy: Economy) -> slice:
    """Links of investors."""
    pointer = economy.links.pointer
    return slice(pointer[economy.n], pointer[economy.n + economy.k])


def _take_over(economy: Economy, inputs: Array, now: Sourcing) -> Array:
    """E4a: a full cut sets a link to zero and the open suppliers of the segment take the order over."""
    links = economy.links
    shut = np.flatnonzero(~now.open_links)
    if not inputs[shut].any():
        return inputs
    left = inputs.copy()
    left[shut] = 0.0
    before = composite(economy, now.theta, inputs * now.quality)
    after = composite(economy, now.theta, left * now.quality)
    return left * np.where(after > 0, before / np.where(after > 0, after, 1.0), 1.0)[links.cell]


def rerouting(economy: Economy, inputs: Array, now: Sourcing, own: slice = slice(None)) -> Array:
    """E4c: in the target, undenied suppliers take over what partly denied ones of the segment lose: a factor on inputs.

    inputs [lt]; own: the links of some buyers, for which alone the factor is wanted.
    """
    cell, denial, power = economy.links.cell[own], now.denial[own], economy.nests.rho_link[own]
    denied = np.flatnonzero(now.open_links[own] & (denial > 0))
    if not len(denied):
        return np.ones(len(cell))
    rho = economy.nests.rho
    weight = (inputs[own] * now.quality[own]) ** power
    weight *= now.theta[own]
    refused = weight[denied] * (1 - (1 - denial[denied]) ** power[denied])
    weight[denied] = 0.0
    free, lost = sum_by(cell, weight, len(rho)), sum_by(cell[denied], refused, len(rho))
    factor = np.where(free > 0, (1 + lost / np.where(free > 0, free, 1.0)) ** (1 / rho), 1.0)[cell]
    factor[denied] = 1.0
    return factor
