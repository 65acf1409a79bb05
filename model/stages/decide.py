"""Decide: firms invest, store, give up and seek relations, close; fixed costs become purchases (E12, E19, E20, E24, E27, E35, E37)."""

from __future__ import annotations

import numpy as np

from model.agents.rules import STANDARDS_KEPT
from model.agents.sight import both_fixed, last_market, worth_of_capital
from model.kernel.adjustment import follow_trend
from model.kernel.links import Array, Index, sum_by
from model.kernel.sourcing import adjust_share
from model.world import Setting, State, View

TINY = 1e-300


def decide(setting: Setting, now: View) -> State:
    """Firms invest, give up and seek relations; fixed costs of policy and search become purchases."""
    economy, behaviour, plants = setting.economy, setting.behaviour, setting.plants
    table = economy.table
    entering = now.opened & ~now.was_open
    capacity = np.where(entering, table.entry_capacity, now.capacity)
    decision = setting.agents.decide_firms(setting, now, capacity)
    closed = now.closed | (decision.leaves >= 1)
    capacity = _after_exits(setting, now, capacity, decision.leaves)
    investment = np.where(now.opened & ~closed & (economy.investor >= 0), decision.investment, 0.0)
    effort = _effort(setting, decision.seeks)
    lost = now.lost + decision.dropped
    if lost.any():
        luck = setting.agents.luck(setting, "links.refound", now.quarter)
        success = 1 - np.exp(-behaviour.search_success * setting.dt)
        lost = np.maximum(0.0, lost - setting.agents.refound(lost, plants.count, success, effort, luck))
    grown = setting.grown(now.year)
    fixed, states = np.zeros(len(economy.fixed0)), slice(economy.links.technique, None)  # states alone buy so from the start
    fixed[states] = economy.fixed0[states] * grown[economy.lane[1][states]]
    compliance, search = _policy_purchases(setting, now, grown), _search_purchases(setting, now, effort) * grown[table.location]
    standards = np.array(STANDARDS_KEPT)[now.standard] * both_fixed(setting, now)
    moving = _moving_purchases(setting, abs(decision.moved - now.moved)) * grown[table.location]
    fixed = _with_home_rest(setting, fixed, compliance + search + (standards + moving) * now.opened)
    stock_order = stock_orders(setting, now)
    trend = follow_trend(now.price_trend, worth_of_capital(setting, now), behaviour.price_trend_speed, setting.dt)
    return {
        "was_open": now.opened, "capacity": capacity, "investment": investment, "lost": lost,
        "fixed": fixed, "stock_order": stock_order, "moved": decision.moved, "closed": closed,
        "compliance": compliance, "search": search,
        "standard": decision.standard, "left": decision.left, "market": last_market(now),
        "standards_cost": standards * now.opened, "price_trend": trend, "moving": moving,
    }  # fmt: skip


def _after_exits(setting: Setting, now: View, capacity: Array, leaves: Array) -> Array:
    """Capacity [n] after exits (E35): capital is scrapped; lines without capital pass to the neighbours with the orders."""
    economy, group = setting.economy, setting.economy.groups.group
    capital = economy.investor >= 0
    shrunk = np.where(capital & (leaves < 1), capacity * (1 - leaves), capacity)
    left = now.was_open & ~now.opened & ~capital
    if not left.any():
        return shrunk
    heirs = now.opened & np.isfinite(shrunk)
    passed = sum_by(group, np.where(left, shrunk, 0.0))[group]
    kept = sum_by(group, np.where(heirs, shrunk, 0.0))[group]
    return np.where(heirs, shrunk * (1 + passed / np.where(kept > 0, kept, 1.0)), shrunk)


def stock_orders(setting: Setting, now: View) -> Array:
    """Orders for stock [lt], in units of the technique (E27): quarters of use bought where a control is announced.

    (s, S): a plant whose stock of a segment is below a part of its target orders towards the target.
    """
    economy, behaviour = setting.economy, setting.behaviour
    links, lt, cells, theta = economy.links, economy.links.technique, len(now.stock), now.theta
    if not now.wedges.acts("announced"):
        return np.zeros(lt)
    f, b, table = links.supplier[:lt], links.buyer[:lt], economy.table
    owner = setting.plants.owner[np.minimum(b, economy.n - 1)]
    risk = now.wedges["announced"][setting.use[b], owner, table.location[f], economy.buyer_region[b], table.segment[f]]
    threat = links.by_cell(theta * risk)[:cells]
    target = behaviour.stock_target[links.cell_segment[:cells]] * threat
    use = np.maximum(now.orders[links.cell_buyer[:cells]], TINY)
    have = now.stock / use
    part = adjust_share(behaviour.stock_speed, setting.dt) / (4 * setting.dt)
    wish = np.where(have < behaviour.stock_trigger * target, part * (target - have), 0.0)
    wanted = np.concatenate([wish, np.zeros(len(links.start) - cells)])[links.cell]
    return np.where(b < economy.n, wanted * now.orders[np.minimum(b, economy.n - 1)], 0.0)


def _effort(setting: Setting, seeks: Array) -> Array:
    """Part of each region's purchases whose buyers seek suppliers [R]."""
    place, weight, regions = setting.economy.table.location, setting.economy.output0, setting.economy.regions
    total = setting.fixed("output by region", lambda: sum_by(place, weight, regions))
    return sum_by(place, weight * seeks, regions) / total


def _policy_purchases(setting: Setting, now: View, grown: Array) -> Array:
    """Fixed compliance cost of each plant [n], in units of home rest at base prices (a year's share as a rate)."""
    if not now.wedges.acts("fixed_cost"):
        return np.zeros(setting.n)
    share = setting.at_place(now.wedges["fixed_cost"])
    return np.asarray(share * setting.economy.output0 * grown[setting.economy.table.location] * now.opened)


def _moving_purchases(setting: Setting, moved: Array) -> Array:
    """Cost of moving this part of each plant's base business with each region [n], in units of home rest (E24)."""
    economy = setting.economy
    if not moved.any():
        return np.zeros(economy.n)
    business = sum_by(economy.links.supplier, economy.flow0 * setting.by_link(moved), economy.n)
    return np.asarray(setting.plants.relocation_cost * business / setting.dt)


def _search_purchases(setting: Setting, now: View, effort: Array) -> Array:
    """Cost of seeking by each plant [n]: a share of the purchases whose relations are lost (E20)."""
    economy = setting.economy
    if not now.lost.any():
        return np.zeros(economy.n)
    links, own = economy.links, slice(economy.links.pointer[economy.n])  # links of plants come first
    sought = sum_by(links.buyer[own], economy.flow0[own] * setting.by_link(now.lost, own), economy.n)
    extra = setting.at_place(now.wedges["search_cost"])
    return np.asarray((setting.behaviour.search_cost + extra) * sought * effort[economy.table.location] * now.opened)


def _with_home_rest(setting: Setting, fixed: Array, amount: Array) -> Array:
    """Fixed purchases [l] with `amount` [n] by each plant, spread over the suppliers of rest in its own region."""
    if not amount.any():
        return fixed
    at_home, buyer, share = setting.fixed("home rest", lambda: _home_rest(setting))
    found = fixed.copy()
    found[at_home] += share * amount[buyer]
    return found


def _home_rest(setting: Setting) -> tuple[Index, Index, Array]:
    """Links [j] by which plants buy rest at home, the plants [j], and the part of their purchases of it by base output [j]."""
    economy, links = setting.economy, setting.economy.links
    f, (o, d, s) = links.supplier, economy.lane
    at_home = np.flatnonzero((links.buyer < economy.n) & (o == d) & (s == len(setting.segments) - 1))
    buyer, weight = links.buyer[at_home], economy.output0[f[at_home]]
    total = sum_by(buyer, weight, economy.n)[buyer]
    return at_home, buyer, weight / np.where(total > 0, total, 1.0)
