"""Adopt: users choose ecosystems; shares in force, network value and data follow (E16-E18, E24, E31-E33, E35)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from model.kernel.adoption import chosen_shares, update_base, update_data
from model.kernel.links import Array, Index, Mask, sum_by
from model.networks import Ecosystems
from model.wedges import Wedges
from model.world import Setting, State, View

FRAMEWORKS = "frameworks"


def adopt(setting: Setting, now: View) -> State:
    """Users choose ecosystems again; shares in force, network value and data of the next quarter follow (E16-E18)."""
    base, new, value, frameworks = now.base, now.new_choices, now.network_value, np.ones(setting.economy.regions)
    if setting.networks:
        eco = setting.ecosystem
        share = seeded(eco, now.base, now.year)
        choice = setting.agents.choose(setting, now, share, reached(eco, share, now.wedges), ecosystem_prices(setting, now))
        new = chosen_shares(share, choice)
        base = update_base(share, choice, eco.rechoice_rate, setting.dt)
        seen = reached(eco, base, now.wedges)
        value, frameworks = eco.worth(base, seen) - eco.worth0, reach_of(eco, FRAMEWORKS, base, seen)
    theta = inherited(setting, relocated(setting, shares_of_links(setting, base), now.moved), now.opened, now.closed)
    return {
        "base": base, "new_choices": new, "theta": theta, "network_value": value,
        "frameworks": frameworks, "data": data_stocks(setting, base, now),
    }  # fmt: skip


def reached(eco: Ecosystems, share: Array, wedges: Wedges) -> Array:
    """B [R, e] at these installed shares and this quarter's wedges (E31)."""
    bridge = wedges.once("bridge", lambda: eco.bridge(wedges["interoperability"], wedges["market_access"].T))
    return eco.reached(share, bridge)


def reach_of(eco: Ecosystems, name: str, base: Array, seen: Array) -> Array:
    """Reach of the ecosystems of a network in use [R]: geometric mean of B over users, ratio to the base year (E33)."""
    for k, network in enumerate(eco.networks):
        if network.name == name:
            return np.asarray(np.exp(eco.mean_reach(base, seen)[:, k] - eco.mean_reach0[:, k]))
    return np.ones(len(base))


def seeded(eco: Ecosystems, share: Array, year: float) -> Array:
    """Installed shares [R, e] in which an ecosystem that has entered has at least its seed, taken from the others alike."""
    fresh = (eco.entry <= year + 1e-9) & (share == 0) & (eco.seed > 0)
    if not fresh.any():
        return share
    seed = np.where(fresh, eco.seed, 0.0)
    return np.asarray(share * (1 - eco.by_network(seed)[:, eco.network]) + seed)


# -- data --------------------------------------------------------------------------------------------
def data_stocks(setting: Setting, base: Array, now: View) -> Array:
    """Data that each region's firms can use [R], ratio to the base path (E32)."""
    then = setting.fixed("data in 2018", lambda: data_inflow(setting, setting.base0, np.zeros_like(now.wedges["data_flow"])))
    flow = data_inflow(setting, base, now.wedges["data_flow"])
    ratio = np.where(then > 0, flow / np.where(then > 0, then, 1.0), 1.0)
    return update_data(now.data, ratio, setting.behaviour.data_depreciation, setting.dt)


def data_inflow(setting: Setting, base: Array, blocked: Array) -> Array:
    """Users of the platforms that each region owns [R], wherever data may leave; home data are never blocked (E32)."""
    regions, eco = setting.economy.regions, setting.ecosystem
    user, column = setting.fixed("owned ecosystems", lambda: np.nonzero(eco.owner >= 0))
    owner = eco.owner[user, column]
    passing = 1 - blocked * (1 - np.eye(regions))
    return sum_by(owner, (eco.sources * base)[user, column] * passing[user, owner], regions)


# -- shares in force ---------------------------------------------------------------------------------
class Members(NamedTuple):
    """Plants that belong to ecosystems, and the links of all cells that such a plant serves (fixed in a run).

    plant [m]; weight [m, e]; link [j] and the first of them in each cell [c]; cell [j] which of these cells; member [j] place
    in [m, R] of a link of a member, m x R (one beyond the last) of the others; entrant [m, R]: latent, and without users in 2018;
    theta [j] base shares, before [c] what they add up to without entrants.
    """

    plant: Index
    weight: Array
    link: Index
    start: Index
    cell: Index
    member: Index
    entrant: Mask
    theta: Array
    before: Array


def members(setting: Setting) -> Members:
    """Find them."""
    economy, links, regions = setting.economy, setting.economy.links, setting.economy.regions
    whole = setting.plants.membership
    plant = np.flatnonzero(whole.any(1))
    number = np.full(setting.n, len(plant))
    number[plant] = np.arange(len(plant))
    mine = number[links.supplier[: links.technique]]
    served = np.zeros(len(links.start), bool)
    served[links.cell[mine < len(plant)]] = True
    link = np.flatnonzero(served[links.cell])
    cell = (np.cumsum(served) - 1)[links.cell[link]]
    region = economy.lane[1][link]
    place = np.where(mine[link] < len(plant), mine[link] * regions + region, len(plant) * regions)
    weight = whole[plant]
    entrant = economy.latent[plant][:, None] & ((weight[:, None] * setting.base0[None]).sum(2) == 0)
    start, theta = np.searchsorted(cell, np.arange(served.sum())), economy.theta[link]
    then = np.where(np.append(entrant.ravel(), False)[place], 0.0, theta)
    before = np.add.reduceat(then, start) if len(start) else then
    return Members(plant, weight, link, start, cell, place, entrant, theta, before)


def shares_of_links(setting: Setting, base: Array) -> Array:
    """Lower shares theta [lt]: plants scale with their ecosystems' N(t)/N(0); cells keep their sum (E18b)."""
    theta, base0 = setting.economy.theta, setting.base0
    who = setting.fixed("members of ecosystems", lambda: members(setting))
    if not len(who.plant):
        return theta
    # without users in 2018 there is no ratio: a plant in business keeps its share, an entrant has its users' share
    growth = np.where(base0 > 0, base / np.where(base0 > 0, base0, 1.0), 1.0) - 1
    factor = np.where(who.entrant, 0.0, 1 + (who.weight[:, None] * growth[None]).sum(2))
    fresh, (row, region) = np.zeros(factor.size + 1), np.nonzero(who.entrant)
    fresh[row * len(base) + region] = (who.weight[row] * base[region]).sum(1)
    now = who.theta * np.append(factor.ravel(), 1.0)[who.member] + fresh[who.member]
    after = np.add.reduceat(now, who.start)
    found = theta.copy()
    found[who.link] = now * (who.before / np.where(after > 0, after, 1.0))[who.cell]
    return found


def relocated(setting: Setting, theta: Array, moved: Array) -> Array:
    """Lower shares [lt] after relocation (E24): what a plant no longer serves, its sisters do; cells keep their sum."""
    if not moved.any():
        return theta
    links = setting.economy.links
    source, sister, weight = setting.plants.sisters
    away = setting.by_link(moved, slice(links.technique))
    open_part = weight * (1 - away[sister])
    total = sum_by(source, open_part, len(theta))[source]
    shift = (theta * away)[source] * np.where(total > 0, open_part / np.where(total > 0, total, 1.0), 0.0)
    return np.asarray(theta - sum_by(source, shift, len(theta)) + sum_by(sister, shift, len(theta)))


def inherited(setting: Setting, theta: Array, opened: Mask, closed: Mask) -> Array:
    """Lower shares [lt] after exits (E35): a closed plant's go to the open plants of its region in the same cell.

    Where a buyer has no link to any of those, they stay with the closed plant and are lost to the buyer.
    """
    if not closed.any():
        return theta
    economy, links = setting.economy, setting.economy.links
    f = links.supplier[: links.technique]
    place = setting.fixed("region in a cell", lambda: links.cell * economy.regions + economy.table.location[f])
    left, heirs = closed[f], (opened & ~closed)[f]
    lost = sum_by(place, np.where(left, theta, 0.0))[place]
    kept = sum_by(place, np.where(heirs, theta, 0.0))[place]
    factor = 1 + lost / np.where(kept > 0, kept, 1.0)
    return np.asarray(np.where(kept > 0, np.where(left, 0.0, np.where(heirs, theta * factor, theta)), theta))


# -- prices ------------------------------------------------------------------------------------------
def ecosystem_prices(setting: Setting, now: View) -> Array:
    """Delivered price change of each ecosystem for final users [R, e]; 1 where it sells nothing."""
    bought, weight, total = setting.fixed("what users buy", lambda: users_purchases(setting))
    change = now.price[setting.economy.links.supplier[bought]] * (now.ship[bought] * (1 + now.duty[bought]))
    change = change / (1 + setting.economy.tariff0[bought])
    return np.where(total > 0, (weight @ change).reshape(total.shape) / np.where(total > 0, total, 1.0), 1.0)


def users_purchases(setting: Setting) -> tuple[Index, csr_array, Array]:
    """Links [j] by which final users buy from plants of ecosystems, their base weights [R x e, j], and sums [R, e]."""
    economy, links = setting.economy, setting.economy.links
    final = np.arange(links.pointer[economy.final.start], links.technique)
    bought = final[setting.plants.membership[links.supplier[final]].any(1)]
    member = setting.plants.membership[links.supplier[bought]] * economy.theta[bought][:, None]
    link, column = np.nonzero(member)
    shape = (economy.regions, member.shape[1])
    row = economy.lane[1][bought[link]] * shape[1] + column
    weight = csr_array((member[link, column], (row, link)), shape=(shape[0] * shape[1], len(bought)))
    return bought, weight, (weight @ np.ones(len(bought))).reshape(shape)
