"""Adopt: users choose ecosystems; shares in force, network value and data follow (E16-E18, E24, E31-E33, E35)."""

from __future__ import annotations

import numpy as np

from model.kernel.adoption import bridges, inclusive_value, mean_reach, reach, update_base, update_data
from model.kernel.links import Array, Mask, sum_by
from model.wedges import Wedges
from model.world import Network, Setting, State, View


def adopt(setting: Setting, now: View) -> State:
    """Users choose ecosystems again; shares in force, network value and data of the next quarter follow (E16-E18)."""
    base, new, value = now.base.copy(), now.new_choices.copy(), now.network_value.copy()
    frameworks = np.ones(setting.economy.regions)
    for index, network in enumerate(setting.networks):
        price = ecosystem_prices(setting, network, now)
        share = np.array([seeded(network, r, now.base[r, network.column], now.year) for r in range(len(base))])
        seen = reached(network, share, now.wedges)
        for region, users in enumerate(setting.agents.users[index]):
            choice = users.decide(network, share[region], seen[region], price[region], now.wedges, now.year)
            base[region, network.column] = update_base(share[region], choice, network.rechoice_rate, setting.dt)
            new[region, network.column] = share[region] @ choice
        value[:, index] = value_of(network, base, now.wedges)
        if network.name == "frameworks":
            frameworks = reach_of(network, base, now.wedges)
    theta = inherited(setting, relocated(setting, shares_of_links(setting, base), now.moved), now.opened, now.closed)
    return {
        "base": base, "new_choices": new, "theta": theta, "network_value": value,
        "frameworks": frameworks, "data": data_stocks(setting, base, now),
    }  # fmt: skip


def reached(network: Network, share: Array, wedges: Wedges) -> Array:
    """B [R, e] of a network at these installed shares and this quarter's wedges (E31)."""
    column = network.column
    lost, shut = wedges["interoperability"][:, column[:, None], column[None]], wedges["market_access"][column].T
    bridge = bridges(network.interoperability, network.multihoming, lost, shut)
    return reach(share, bridge, network.mixing, network.floor)


def value_of(network: Network, base: Array, wedges: Wedges) -> Array:
    """V [R]: what a network is worth to its users in logit units, less what it was in the base year (E31)."""
    share, nu = base[:, network.column], network.taste.network_effect
    worth = inclusive_value(share, network.quality, reached(network, share, wedges), nu)
    return worth - inclusive_value(network.share0, network.quality, network.reach0, nu)


def reach_of(network: Network, base: Array, wedges: Wedges) -> Array:
    """Reach of the ecosystems in use [R]: geometric mean of B over users, ratio to the base year (E33)."""
    share = base[:, network.column]
    now, then = mean_reach(share, reached(network, share, wedges)), mean_reach(network.share0, network.reach0)
    return np.exp(now - then)


def data_stocks(setting: Setting, base: Array, now: View) -> Array:
    """Data that each region's firms can use [R], ratio to the base path (E32)."""
    then = data_inflow(setting, setting.base0, np.zeros_like(now.wedges["data_flow"]))
    flow = data_inflow(setting, base, now.wedges["data_flow"])
    ratio = np.where(then > 0, flow / np.where(then > 0, then, 1.0), 1.0)
    return update_data(now.data, ratio, setting.behaviour.data_depreciation, setting.dt)


def data_inflow(setting: Setting, base: Array, blocked: Array) -> Array:
    """Users of the platforms that each region owns [R], wherever data may leave; home data are never blocked (E32)."""
    regions = setting.economy.regions
    passing = 1 - blocked * (1 - np.eye(regions))
    total = np.zeros(regions)
    for network in setting.networks:
        users = network.data_weight * network.users[:, None] * base[:, network.column]
        for owner in range(regions):
            total[owner] += (np.where(network.owner == owner, users, 0.0).sum(1) * passing[:, owner]).sum()
    return total


def seeded(network: Network, region: int, share: Array, year: float) -> Array:
    """Installed shares [e] in which an ecosystem that has entered has at least its seed, taken from the others alike."""
    fresh = (network.entry[region] <= year + 1e-9) & (share == 0) & (network.seed[region] > 0)
    if not fresh.any():
        return share
    seed = np.where(fresh, network.seed[region], 0.0)
    return np.asarray(share * (1 - seed.sum()) + seed)


def relocated(setting: Setting, theta: Array, moved: Array) -> Array:
    """Lower shares [lt] after relocation (E24): what a plant no longer serves, its sisters do; cells keep their sum."""
    if not moved.any():
        return theta
    economy, links = setting.economy, setting.economy.links
    source, sister, weight = setting.plants.sisters
    f, d = links.supplier[: links.technique], economy.buyer_region[links.buyer[: links.technique]]
    open_part = weight * (1 - moved[f[sister], d[sister]])
    total = sum_by(source, open_part, len(theta))[source]
    shift = (theta * moved[f, d])[source] * np.where(total > 0, open_part / np.where(total > 0, total, 1.0), 0.0)
    return np.asarray(theta - sum_by(source, shift, len(theta)) + sum_by(sister, shift, len(theta)))


def inherited(setting: Setting, theta: Array, opened: Mask, closed: Mask) -> Array:
    """Lower shares [lt] after exits (E35): a closed plant's go to the open plants of its region in the same cell.

    Where a buyer has no link to any of those, they stay with the closed plant and are lost to the buyer.
    """
    if not closed.any():
        return theta
    economy, links = setting.economy, setting.economy.links
    f = links.supplier[: links.technique]
    place = links.cell * economy.regions + economy.table.location[f]
    left, heirs = closed[f], opened[f] & ~closed[f]
    lost = sum_by(place, np.where(left, theta, 0.0))[place]
    kept = sum_by(place, np.where(heirs, theta, 0.0))[place]
    factor = 1 + lost / np.where(kept > 0, kept, 1.0)
    return np.asarray(np.where(kept > 0, np.where(left, 0.0, np.where(heirs, theta * factor, theta)), theta))


def ecosystem_prices(setting: Setting, network: Network, now: View) -> Array:
    """Delivered price change of each ecosystem for final users [R, e]; 1 where it sells nothing."""
    economy, links = setting.economy, setting.economy.links
    final = slice(links.pointer[economy.final.start], links.technique)
    f, region = links.supplier[final], economy.buyer_region[links.buyer[final]]
    change = now.price[f] * (now.ship * (1 + now.duty))[final] / (1 + economy.tariff0[final])
    weight = setting.plants.membership[f][:, network.column] * economy.theta[final][:, None]
    where = np.eye(economy.regions)[region]
    total = where.T @ weight
    mean = where.T @ (weight * change[:, None])
    return np.where(total > 0, mean / np.where(total > 0, total, 1.0), 1.0)


def shares_of_links(setting: Setting, base: Array) -> Array:
    """Lower shares theta [lt]: plants scale with their ecosystems' N(t)/N(0); cells keep their sum (E18b)."""
    economy, links, base0 = setting.economy, setting.economy.links, setting.base0
    f, d = links.supplier[: links.technique], economy.buyer_region[links.buyer[: links.technique]]
    member = setting.plants.membership[f]
    if not member.any():
        return economy.theta
    # without users in 2018 there is no ratio: a plant in business keeps its share, an entrant has its users' share
    growth = np.where(base0 > 0, base / np.where(base0 > 0, base0, 1.0), 1.0) - 1
    entrant = economy.latent[f] & member.any(1) & ((member * base0[d]).sum(1) == 0)
    then = np.where(entrant, 0.0, economy.theta)
    now = np.where(entrant, (member * base[d]).sum(1), then * (1 + (member * growth[d]).sum(1)))
    before, after = links.by_cell(then), links.by_cell(now)
    return np.asarray(now * (before / np.where(after > 0, after, 1.0))[links.cell])
