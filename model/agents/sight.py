"""What firms see when they decide: the snapshot of one quarter, row by row, and the parameters of their rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.agents.rules import FirmRule, PlantView
from model.kernel.links import Array, Index, Mask, sum_by
from model.wedges import USES
from model.world import Setting


def rule_of(setting: Setting) -> FirmRule:
    """The firms' rule with this run's parameters."""
    b = setting.behaviour
    return FirmRule(
        b.investment_speed, b.investment_price_response, b.expansion_limit, b.over_compliance, b.exit_patience,
        b.firm_exit_rate, b.retreat_rate, b.stock_speed, b.standards_hysteresis, b.standards_exit, setting.dt,
    )  # fmt: skip


def observe(population: Any, setting: Setting, now: Any, capacity: Array) -> PlantView:
    """The snapshot all firms decide on."""
    economy, table, dt = setting.economy, setting.economy.table, setting.dt
    per_year, lag = setting.fixed("building", lambda: building(setting))
    targeted, denied, dual_cost = now.wedges.once("what firms see", lambda: controls_seen(setting, now))
    zeros = np.zeros((economy.n, economy.regions))
    chance = targeted.any()
    return PlantView(
        capacity=np.where(np.isfinite(capacity), capacity, 0.0),
        coming=now.pipeline.sum(0) * 4 * dt / per_year, orders=now.orders,
        price_ratio=worth_of_capital(setting, now) * np.exp(-now.price_trend), kappa=economy.kappa, slack=setting.behaviour.slack,
        depreciation=table.depreciation, lag=lag, early=tools_ahead(setting, now), lost=now.lost,
        targeted=targeted, outdone=outdone(setting, now.price / (1 + now.rent), denied), moved=now.moved,
        relocation_speed=setting.plants.relocation_speed, count=setting.plants.count,
        luck_drop=population.luck(setting, "links.drop", now.quarter) if chance else zeros,
        idle=now.idle, may_close=may_close(setting, now), fringe=setting.plants.firm_number < 0,
        luck_close=population.luck(setting, "plants.close", now.quarter)[:, 0] if now.idle.any() else zeros[:, 0],
        margin=1 - 1 / (economy.markup * (1 + now.rent)), market=last_market(now),
        dual_cost=dual_cost,
        dual_fixed=both_fixed(setting, now) * home_rest_price(setting, now.price), standard=now.standard, left=now.left,
    )  # fmt: skip


def building(setting: Setting) -> tuple[Array, Array]:
    """Price of a unit of capacity x 4, 1 for plants that buy no capital goods, and years that it takes to build, [n] each."""
    kappa = setting.economy.kappa
    return np.where(kappa > 0, kappa, 1.0), np.asarray(setting.lag_steps * setting.dt, float)


def controls_seen(setting: Setting, now: Any) -> tuple[Array, Array, Array]:
    """What firms see of wedges: hardest denial to whom plants may serve [n, R], denied part of business [n, R], cost of two
    standards [n, k, R]."""
    table = setting.economy.table
    targeted = np.where(setting.technology()[:, None], hardest_denial(setting, now)[table.location], 0.0)
    return targeted, denied_part(setting, now), now.wedges["dual_cost"][:, table.location, :, table.segment]


def worth_of_capital(setting: Setting, now: Any) -> Array:
    """Product price over the price of capital goods of each plant [n], base 1; plants without capital goods: the first."""
    economy = setting.economy
    if not economy.k:
        return np.asarray(now.price)
    has = economy.investor >= 0
    return np.asarray(now.price / np.where(has, now.capital_price[economy.investor * has], 1.0))


def last_market(now: Any) -> Array:
    """Sales of each plant to each region [n, R]: last quarter's, or those of when it last served the region in full."""
    return np.asarray(np.where(now.left > 0, now.market, now.sales))


def both_fixed(setting: Setting, now: Any) -> Array:
    """Fixed cost of keeping both standards of each plant [n], in units of home rest at base prices."""
    if not now.wedges.acts("dual_fixed"):
        return np.zeros(setting.n)
    grown = setting.grown(now.year)[setting.economy.table.location]
    return np.asarray(setting.at_place(now.wedges["dual_fixed"]) * setting.economy.output0 * grown)


def home_rest_price(setting: Setting, price: Array) -> Array:
    """Mean price of rest made in each plant's own region [n]."""
    place, regions = setting.economy.table.location, setting.economy.regions
    weight = setting.fixed("rest by output", lambda: np.where(setting.technology(), 0.0, setting.economy.output0))
    total = sum_by(place, weight, regions)
    return np.asarray((sum_by(place, weight * price, regions) / np.maximum(total, 1e-300))[place])


def may_close(setting: Setting, now: Any) -> Mask:
    """Plants that may leave (E35) [n]: in business, of technology, without an ecosystem, not the largest of their cell.

    The plants of one firm in a cell count together, and so do the rows of its fringe.
    """
    groups = setting.economy.groups
    free, together = setting.fixed("who may close", lambda: free_to_close(setting))
    size = sum_by(together, now.output)[together]
    largest = np.zeros(groups.count)
    np.maximum.at(largest, groups.group, size)
    return np.asarray(free & now.opened & (size < largest[groups.group]))


def free_to_close(setting: Setting) -> tuple[Mask, Index]:
    """Plants that may leave if they are not the largest [n], and the number of each plant's firm in its cell [n]."""
    economy, plants, group = setting.economy, setting.plants, setting.economy.groups.group
    _, together = np.unique(group * (len(group) + 1) + plants.firm_number + 1, return_inverse=True)
    free = setting.technology() & ~plants.membership.any(1) & np.isfinite(economy.table.capacity) & ~economy.latent
    return free, together


def tools_ahead(setting: Setting, now: Any) -> Array:
    """Quarters of use of capital goods that each plant wants to have bought before an announced control [n] (E27)."""
    economy, table, links = setting.economy, setting.economy.table, setting.economy.links
    if not economy.k or not now.wedges.acts("announced"):
        return np.zeros(economy.n)
    own = slice(links.pointer[economy.n], links.pointer[economy.n + economy.k])
    f, i, cell = links.supplier[own], links.buyer[own] - economy.n, links.cell[own]
    place = (table.investors[i, 2], table.location[f], table.investors[i, 0], table.segment[f])
    threat = now.theta[own] * economy.upper[cell] * now.wedges["announced"][(USES.index("capital"), *place)]
    quarters = sum_by(i, threat * setting.behaviour.stock_target[table.segment[f]], economy.k)
    return np.asarray(np.where(economy.investor >= 0, quarters[economy.investor], 0.0))


def hardest_denial(setting: Setting, now: Any) -> Array:
    """Hardest denial by each region of any technology, or to any listed plant, in each region [o, d]; none at home (E19)."""
    denied = np.maximum(now.wedges["denial_rate"], now.wedges["use_denial"].max(0)).max(2)
    if now.wedges.acts("firm_listing"):
        order, first, region = setting.fixed("plants by region", lambda: plants_by_region(setting))
        hardest = np.maximum.reduceat(now.wedges["firm_listing"][:, order], first, axis=1)
        denied[:, region] = np.maximum(denied[:, region], hardest)
    return np.where(np.eye(len(denied), dtype=bool), 0.0, denied)


def plants_by_region(setting: Setting) -> tuple[Index, Index, Index]:
    """Plants in the order of their regions [n], the first of each region that has any [j], and these regions [j]."""
    location = setting.economy.table.location
    order = np.argsort(location, kind="stable")
    region, first = np.unique(location[order], return_index=True)
    return order, first, region


def outdone(setting: Setting, cost: Array, denied: Array) -> Array:
    """Part of each plant's business with a region that its sister plants would do better [n, R]: denied, or cheaper (E24).

    cost [n]: price without the scarcity rent, which is no cost to the firm that earns it. An advantage that a year of
    moving would eat up moves nothing.
    """
    worth = 1 + setting.plants.relocation_cost
    cheaper = np.minimum(1.0, worth * sister_cost(setting, cost) / cost) ** setting.behaviour.relocation_elasticity
    return np.asarray(1 - (1 - denied) * cheaper[:, None])


def sister_cost(setting: Setting, cost: Array) -> Array:
    """Mean cost of the other plants of each plant's firm in its segment [n], by base output; its own without any."""
    key, weight, others, alone = setting.fixed("sisters", lambda: sisters(setting))
    total = sum_by(key, weight * cost)[key] - weight * cost
    return np.where(alone, cost, total / others)


def sisters(setting: Setting) -> tuple[Index, Array, Array, Mask]:
    """By plant [n]: number of its firm and segment, base output if it can move, that of its sisters (1 without), whether it has none."""
    economy, firm = setting.economy, setting.plants.firm_number
    weight = np.where((firm >= 0) & (setting.plants.relocation_speed > 0), economy.output0, 0.0)
    key = np.where(firm >= 0, firm, 0) * economy.table.segments + economy.table.segment
    others = sum_by(key, weight)[key] - weight
    alone = (weight == 0) | (others <= 1e-12 * weight)
    return key, weight, np.where(alone, 1.0, others), np.asarray(alone)


def denied_part(setting: Setting, now: Any) -> Array:
    """Part of each plant's business with a region that is denied now [n, R]: none at home."""
    return np.where(setting.home, 0.0, setting.by_plant(now.wedges["denial_rate"]))
