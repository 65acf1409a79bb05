"""Techniques: the nested CES isoquant in primal form and its dual, in ratios to the base year (E2, E3).

`inputs` [lt] is a_fb/a0_fb times usable quality e^v; `labour` [T] is l_b/l0_b. Links that are closed
carry inputs of zero. theta [lt] are lower shares in force (networks move them), upper [k] upper shares.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from model.errors import ModelError
from model.kernel.inversion import Economy
from model.kernel.links import Array, Counters, Mask, filled

TINY = 1e-300


class Dual(NamedTuple):
    """Cost-minimising technique: unit cost ratio [T], price index [k], inputs and labour in ratios."""

    cost: Array
    index: Array  # type: ignore[assignment]  # instead of tuple's method
    inputs: Array
    labour: Array


def composite(economy: Economy, theta: Array, inputs: Array) -> Array:
    """q_sb [k], the CES composite of each segment (E2a): (sum theta inputs^rho)^(1/rho)."""
    links, nests = economy.links, economy.nests
    total = links.by_cell(theta * inputs**nests.rho_link)
    q = total ** (1 / nests.rho)
    if nests.any_plain:
        log = links.by_cell(theta * np.log(np.maximum(inputs, TINY))) / links.by_cell(theta)
        q = np.where(nests.plain, np.exp(log), q)
    return q


class Rationed(NamedTuple):
    """E2a of one quarter's orders at any rationing: what does not depend on rho is raised to its power once.

    weight [k, c] theta inputs^rho_s; power [c] the exponent; where there are cells of the Cobb-Douglas form, logs of
    their composites [k] and share [k, c] of each counter.
    """

    weight: Any
    power: Array
    log: Array
    share: Any


def prepare_composite(economy: Economy, theta: Array, inputs: Array, counters: Counters) -> Rationed:
    """E2a ready for `rationed_composite`; inputs [lt] at rho = 1, times usable quality."""
    links, nests = economy.links, economy.nests
    weight = inputs**nests.rho_link
    weight *= theta
    log, share = np.zeros(0), None
    if nests.any_plain:
        part = theta / links.by_cell(theta)[links.cell]
        log, share = links.by_cell(part * np.log(np.maximum(inputs, TINY))), filled(counters.cells, part)
    return Rationed(filled(counters.cells, weight), counters.spread(economy.rho[economy.table.segment]), log, share)


def rationed_composite(economy: Economy, ready: Rationed, share: Array) -> Array:
    """q_sb [k] (E2a) when counters deliver these shares [c] of what is ordered: one power a counter, one a cell."""
    nests = economy.nests
    q = (ready.weight @ share**ready.power) ** (1 / nests.rho)
    if nests.any_plain:
        q = np.where(nests.plain, np.exp(ready.log + ready.share @ np.log(share)), q)
    return np.asarray(q)


def yield_of(economy: Economy, q: Array, labour: Array) -> Array:
    """F_b [T], units of output that composites q [k] and labour [T] make (E2b)."""
    links, nests = economy.links, economy.nests
    with np.errstate(divide="ignore", over="ignore"):
        inner = links.by_buyer(economy.upper * q**nests.upper)
        result = (inner + economy.labour_share * labour**economy.rho_upper) ** nests.root
        if nests.any_plain_buyer:
            log = links.by_buyer(economy.upper * np.log(q)) + economy.labour_share * np.log(labour)
            result = np.where(nests.plain_buyers, np.exp(log), result)
    return np.asarray(result)


def project(economy: Economy, q: Array, labour: Array) -> Array:
    """F_b [T], checked: a buyer without a feasible technique is named with its empty segments."""
    result = yield_of(economy, q, labour)
    if not (result > 0).all():
        buyer = int(np.flatnonzero(~(result > 0))[0])
        cells = (economy.links.cell_buyer == buyer) & ~(q > 0)
        empty = economy.links.cell_segment[cells].tolist()
        raise ModelError(f"buyer {buyer} cannot produce: segments {empty} deliver nothing", buyer)
    return result


def solve_dual(
    economy: Economy, theta: Array, open_links: Mask, wage: Array, price: Array, pay: Array, quality: Array
) -> Dual:
    """Cost-minimising technique at delivered ratios d = price x pay / ((1+t0) e^v) (E3).

    wage [R], price [n] ratios; pay [lt] = tau (1+t); quality [lt] = e^v.
    """
    links, nests = economy.links, economy.nests
    d = price[links.supplier[: links.technique]]
    d *= pay
    d /= nests.duty0 * quality
    inside = d**-nests.sigma_link
    live = theta * open_links
    total = links.by_cell(live * d * inside)  # theta d^(1-sigma): one power a link serves index and demand
    index = np.where(total > 0, np.where(total > 0, total, 1.0) ** nests.root_index, 1.0)
    if nests.any_plain:
        index = np.where(nests.plain, np.exp(links.by_cell(live * np.log(d)) / links.by_cell(theta)), index)
    wages = wage[economy.buyer_region[: economy.buyers]]
    cost = _unit_cost(economy, index, wages)
    upper = (index / cost[links.cell_buyer]) ** -nests.eta
    inputs = open_links * inside
    inputs *= np.repeat(index**nests.sigma * upper, nests.in_cell)
    inputs /= quality
    labour = (wages / cost) ** -economy.eta
    return Dual(cost, index, inputs, labour)


def _unit_cost(economy: Economy, index: Array, wage: Array) -> Array:
    """c_b [T] (E3b): CES of wages and segment price indices with elasticity eta."""
    links, nests = economy.links, economy.nests
    inner = links.by_buyer(economy.upper * index**nests.cost_cell)
    cost = (economy.labour_share * wage**nests.cost + inner) ** (1 / nests.cost)
    if nests.any_plain_buyer:
        log = economy.labour_share * np.log(wage) + links.by_buyer(economy.upper * np.log(index))
        cost = np.where(nests.plain_buyers, np.exp(log), cost)
    return np.asarray(cost)
