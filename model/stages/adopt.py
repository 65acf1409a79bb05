"""Adopt: users choose ecosystems; shares in force follow (E16-E18, E24)."""

from __future__ import annotations

import numpy as np

from model.kernel.adoption import update_base
from model.kernel.links import Array, sum_by
from model.world import Network, Setting, State, View


def adopt(setting: Setting, now: View) -> State:
    """Users choose ecosystems again; the shares in force of the next quarter follow the installed base (E16-E18)."""
    base, new = now.base.copy(), now.new_choices.copy()
    for index, network in enumerate(setting.networks):
        price = ecosystem_prices(setting, network, now)
        for region, users in enumerate(setting.agents.users[index]):
            share = seeded(network, region, now.base[region, network.column], now.year)
            choice = users.decide(setting, network, share, price[region], now.wedges, now.year)
            base[region, network.column] = update_base(share, choice, network.rechoice_rate, setting.dt)
            new[region, network.column] = share @ choice
    return {
        "base": base, "new_choices": new, "theta": relocated(setting, shares_of_links(setting, base), now.moved),
        "data": now.data, "frameworks": now.frameworks,
    }  # fmt: skip


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


def ecosystem_prices(setting: Setting, network: Network, now: View) -> Array:
    """Delivered price change of each ecosystem for final users [R, e]; 1 where it sells nothing."""
    economy, links = setting.economy, setting.economy.links
    final = slice(links.pointer[economy.final.start], links.technique)
    f, region = links.supplier[final], economy.buyer_region[links.buyer[final]]
    column = setting.plants.ecosystem[f]
    change = now.price[f] * (now.ship * (1 + now.duty))[final] / (1 + economy.tariff0[final])
    place = region * len(setting.ecosystems) + column
    live = (column >= 0) & (economy.theta[final] > 0)
    size = economy.regions * len(setting.ecosystems)
    weight = sum_by(place[live], economy.theta[final][live], size)
    total = sum_by(place[live], (economy.theta[final] * change)[live], size)
    mean = np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), 1.0)
    return mean.reshape(economy.regions, -1)[:, network.column]


def shares_of_links(setting: Setting, base: Array) -> Array:
    """Lower shares theta [lt]: in network segments scaled with N(t)/N(0), renormalised over the choice set (E18b)."""
    economy, links = setting.economy, setting.economy.links
    lt = links.technique
    column = setting.plants.ecosystem[links.supplier[:lt]]
    if not (column >= 0).any():
        return economy.theta
    region = economy.buyer_region[links.buyer[:lt]]
    now, then = base[region, column], setting.base0[region, column]
    latent = economy.latent[links.supplier[:lt]]
    # an entrant's ecosystem starts from nothing: its share of purchases is its share of users
    ratio = np.where(then > 0, now / np.where(then > 0, then, 1.0), 1.0)
    scaled = np.where(latent, now, economy.theta * ratio)
    scaled = np.where(column >= 0, scaled, economy.theta)
    network = np.isin(economy.table.segment[links.supplier[:lt]], economy.table.segment[setting.plants.ecosystem >= 0])
    total = links.by_cell(scaled)[links.cell]
    return np.where(network, scaled / np.where(total > 0, total, 1.0), economy.theta)
