"""What policy does to a link, link by link, and the drift of wages: plain loops for the object-per-agent quarter.

Written from docs/equations.md (E21, E36, E37, E38, E27; E10a) without the engine's `enact`; the wedges themselves, by region,
segment and plant, are the engine's, and so are the relations lost and left and the standards that plants serve.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model.world import Setting, State

BOTH = 0
"""A plant outside the blocs that serves both standards."""


def spread(setting: Setting, before: State, after: State) -> dict[str, list[Any]]:
    """Denial, shipping, duty, favour [l] and announced controls [lt] of a quarter from its wedges."""
    wedges, table, links = after["wedges"], setting.economy.table, setting.economy.links
    place, region = table.location.tolist(), setting.economy.buyer_region.tolist()
    segment, duty0 = table.segment.tolist(), setting.economy.tariff0.tolist()
    owner, listed = owners(setting), listed_buyers(setting, wedges["firm_listing"], before, after)
    behaviour = setting.behaviour
    found: dict[str, list[Any]] = {name: [] for name in ("denial", "ship", "duty", "favour", "announced")}
    if not behaviour.evasion.size:  # wedges of a random economy are given by link
        count = len(links.buyer)
        return {"favour": [1.0] * count, "announced": [0.0] * count}
    for i, (f, b) in enumerate(zip(links.supplier.tolist(), links.buyer.tolist(), strict=True)):
        o, d, s, who = place[f], region[b], segment[f], owner[b]
        spared = float(wedges["exemption"][who, o, s]) if who >= 0 else 0.0
        use = purpose(setting, b, segment)
        control = 1 - (1 - float(wedges["denial_rate"][o, d, s])) * (1 - float(wedges["use_denial"][use, o, d, s]))
        passed = (1 - control * (1 - spared)) * (1 - listed.get((o, b), 0.0))
        evaded = float(behaviour.evasion[s]) * (1 - float(wedges["enforcement"][o, d, s])) * (1 - passed)
        kept = (1.0 if o == d else 1 - float(before["lost"][f, d])) * (1 - float(before["left"][f, d]))
        denial = 1 - (passed + evaded) * kept
        denial = 1.0 if denial > behaviour.full_cut else denial
        detour = evaded / (passed + evaded) if evaded > 0 and denial < 1 else 0.0
        standards = float(wedges["standard_cost"][o, d, s])
        if int(before["standard"][f]) == BOTH:
            standards *= 1 + sum(wedges["dual_cost"][:, o, d, s].tolist())
        found["denial"].append(denial)
        found["ship"].append(float(wedges["iceberg_cost"][o, d, s]) * standards * (1 + behaviour.evasion_premium * detour))
        found["duty"].append(duty0[i] + float(wedges["tariff_rate"][o, d, s]))
        found["favour"].append(1 - float(wedges["home_priority"][o, s]) if o == d else 1.0)
        found["announced"].append(float(wedges["announced"][use, who, o, d, s]) if who >= 0 else 0.0)
    return found


def purpose(setting: Setting, buyer: int, segment: list[int]) -> int:
    """What a buyer buys for (E21): 0 a technology plant what it uses up, 1 an investor capital goods, 2 all else."""
    if buyer < setting.n:
        return 2 if setting.segments[segment[buyer]] == "rest" else 0
    return 1 if buyer < setting.n + setting.economy.k else 2


def owners(setting: Setting) -> list[int]:
    """Region that owns each buyer; -1 for final users, states and investors that are not told apart by owner."""
    economy, investors = setting.economy, setting.economy.table.investors
    own = investors[:, 2].tolist() if investors.shape[1] > 2 else [-1] * economy.k
    return [*setting.plants.owner.tolist(), *own, *[-1] * (2 * economy.regions)]


def listed_buyers(setting: Setting, listing: Any, before: State, after: State) -> dict[tuple[int, int], float]:
    """Denied part of deliveries from a region to a listed plant, or to an investor by its listed plants' replacement (E21)."""
    economy = setting.economy
    found = {(int(o), int(g)): float(listing[o, g]) for o, g in zip(*np.nonzero(listing), strict=True)}
    if not found:
        return found
    replaced, total = dict.fromkeys(range(economy.n), 0.0), [0.0] * economy.k
    for g, i in enumerate(economy.investor.tolist()):
        if i >= 0 and after["opened"][g]:
            replaced[g] = float(economy.kappa[g] * economy.table.depreciation[g] * before["capacity"][g])
            total[i] += replaced[g]
    for (o, g), part in list(found.items()):
        i = int(economy.investor[g])
        if i >= 0 and total[i] > 0:
            found[o, economy.n + i] = found.get((o, economy.n + i), 0.0) + part * replaced[g] / total[i]
    return found


def expected_drift(model: Any) -> list[float]:
    """Trend of relative wages of each region, logs a year (E10a), from what agents sold and bought in the base year."""
    regions = model.regions
    number = {region: r for r, region in enumerate(regions)}
    size = len(regions)
    trade, abroad, weighed = np.zeros((size, size)), 0.0, 0.0
    for link in model.links:
        o, d = number[link.supplier.region], number[link.buyer.region]
        trade[o, d] += link.base_flow
        if o != d:
            sigma = model.sigma[link.supplier.segment]
            abroad, weighed = abroad + link.base_flow, weighed + link.base_flow * sigma
    sold, bought = trade / trade.sum(1)[:, None], trade / trade.sum(0)[None]
    output = sum(plant.base_output for plant in model.plants)
    eta, sigma = sum(plant.eta * plant.base_output for plant in model.plants) / output, weighed / abroad
    labour, growth = np.array([region.supply for region in regions]), np.array([region.growth for region in regions])
    cost = [sum((1 / p.markup - p.base_capital) * p.base_output for p in region.plants) for region in regions]
    part, weight, one = labour / cost, labour / labour.sum(), np.eye(size)
    price = np.linalg.inv(one - np.diag(1 - part) @ bought.T) @ np.diag(part)
    left = (one - sold) @ (one - (1 - eta) * (one - price)) - (1 - sigma) * (one - sold @ bought.T) @ price
    rows = np.vstack([left, weight])
    right = np.append(-(one - sold) @ growth, -(weight @ growth))
    omega = np.linalg.solve(rows.T @ rows, rows.T @ right)
    return [float(x) for x in omega + weight @ growth]
