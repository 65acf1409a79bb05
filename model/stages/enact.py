"""Enact: the quarter's wedges, spread over links, and AI quality (E13, E21, E26, E27, E29, E31, E36, E37)."""

from __future__ import annotations

import numpy as np

from model.agents.rules import BOTH
from model.instruments import Facts, Order, instruments
from model.kernel.ai import ai_quality, effective_compute
from model.kernel.capability import usable_quality
from model.kernel.links import Array, Mask, sum_by
from model.stages.respond import decide_states
from model.wedges import Wedges, axis_sizes, keep_channels
from model.world import Action, Setting, State, View

AI_APPS, PLATFORMS = "ai_apps", "platforms"
COMPUTE = ("equipment", "foundry", "memory", "logic", "accelerators", "platforms")
"""Chips and platforms: AI applications buy compute, so their quality does not change AI applications' cost."""
TINY = 1e-300
CHANNELS = ("imported_inputs", "open_source", "collaboration", "investment")


def enact(setting: Setting, now: View) -> State:
    """Plants in business (E34, E35); wedges of the measures in force, spread over links (E13, E21, E26, E36, E37)."""
    wedges = collect_wedges(setting, now.year, now.in_force)
    if setting.channels_on is not None:
        wedges = keep_channels(wedges, setting.channels_on, wedges_otherwise(setting, now.year))
    opened = (setting.plants.entry <= now.year + 1e-9) & ~now.closed
    return {"wedges": wedges, "opened": opened} | spread_wedges(setting, wedges, opened, now)


def wedges_otherwise(setting: Setting, year: float) -> Wedges | None:
    """Wedges of the other scenario this quarter; nothing is recorded, as states follow their script and do not react."""
    other = setting.otherwise
    return None if other is None else collect_wedges(other, year, decide_states(other, year))


def collect_wedges(setting: Setting, year: float, in_force: Array) -> Wedges:
    """Neutral wedges, moved by every measure that some state applies this quarter."""
    economy, plants = setting.economy, setting.plants
    sizes = axis_sizes(economy.regions, economy.table.segments, economy.n, len(setting.ecosystems), len(CHANNELS))
    wedges = Wedges(sizes)
    facts = Facts(
        setting.regions, plants.firms, tuple(economy.table.location.tolist()), tuple(plants.owner.tolist()),
        setting.ecosystems, setting.parameters,
    )  # fmt: skip
    for row, action in enumerate(setting.actions):
        senders = tuple(r for r in action.senders if in_force[row, r] > 0)
        if not senders:
            continue
        strength = float(in_force[row, list(senders)].max())
        order = order_of(setting, action, senders, year, strength)
        instruments()[action.instrument].apply(wedges, order, facts)
    announce(setting, wedges, facts, year)
    return wedges


def spread_wedges(setting: Setting, wedges: Wedges, opened: Mask, now: View) -> State:
    """Denial, shipping cost, duty, quality by link, from wedges by region and segment (E21, E37)."""
    economy, table = setting.economy, setting.economy.table
    links, lt = economy.links, economy.links.technique
    f, b = links.supplier, links.buyer
    o, d, s = table.location[f], economy.buyer_region[b], table.segment[f]
    denial, evaded = denied_and_evaded(setting, wedges, opened, now)
    intelligence = quality_of_ai(setting, now)
    quality = np.exp(link_quality(setting, wedges, now, intelligence))
    both = wedges["dual_cost"].sum(0)[o, d, s] * (now.standard[f] == BOTH)
    standards = wedges["standard_cost"][o, d, s] * (1 + both)
    return {
        "denial": denial,
        "evaded": evaded,
        "standards": standards,
        "ship": wedges["iceberg_cost"][o, d, s] * standards * (1 + setting.behaviour.evasion_premium * evaded),
        "duty": economy.tariff0 + wedges["tariff_rate"][o, d, s],
        "subsidy": wedges["subsidy_rate"][table.location, table.segment],
        "quality": quality,
        "ai_quality": intelligence,
        "open_links": opened[f[:lt]] & (denial[:lt] < 1) & (now.theta > 0),
        "limit": np.full(economy.n, np.inf),
    }


def denied_and_evaded(setting: Setting, wedges: Wedges, opened: Mask, now: View) -> tuple[Array, Array]:
    """Denied part of orders [l] (E21), after evasion; evaded part of deliveries [l] (E36)."""
    economy, table = setting.economy, setting.economy.table
    f, b = economy.links.supplier, economy.links.buyer
    o, d, s = table.location[f], economy.buyer_region[b], table.segment[f]
    owner = buyer_owner(setting)[b]
    spared = np.where(owner >= 0, wedges["exemption"][owner, o, s], 0.0)
    controlled = wedges["denial_rate"][o, d, s] * (1 - spared)
    listed = listed_part(setting, wedges["firm_listing"], np.where(opened, now.capacity, 0.0))[o, b]
    licensed = (1 - controlled) * (1 - listed)
    evading = evaded_part(setting.behaviour.evasion[s], wedges["enforcement"][o, d, s]) * (1 - licensed)
    denial = 1 - (licensed + evading) * (1 - np.where(o != d, now.lost[f, d], 0.0)) * (1 - now.left[f, d])
    denial = np.where(denial > setting.behaviour.full_cut, 1.0, denial)
    return denial, np.where(denial < 1, evading / np.maximum(licensed + evading, TINY), 0.0)


def evaded_part(unguarded: Array, enforcement: Array) -> Array:
    """Part of denied deliveries that gets through by third regions (E36); none under full enforcement."""
    return np.asarray(unguarded * (1 - enforcement))


def listed_part(setting: Setting, listing: Array, capacity: Array) -> Array:
    """Denied part of deliveries from o to each buyer [o, C]: of a listed plant; of an investor, by the part of its
    replacement purchases that is for listed plants (E21)."""
    economy, n, k = setting.economy, setting.economy.n, setting.economy.k
    part = np.zeros((economy.regions, len(economy.buyer_region)))
    if not listing.any():
        return part
    part[:, :n] = listing
    has = economy.investor >= 0
    weight = np.where(has, economy.kappa * economy.table.depreciation * np.where(has, capacity, 0.0), 0.0)
    total = sum_by(economy.investor[has], weight[has], k)
    for o in np.flatnonzero(listing.any(1)):
        part[o, n : n + k] = sum_by(economy.investor[has], (weight * listing[o])[has], k) / np.maximum(total, TINY)
    return part


def buyer_owner(setting: Setting) -> Array:
    """Owner region of each buyer [C]: of plants and of investors (by their plants), -1 for final users and states."""
    economy = setting.economy
    owner = np.full(len(economy.buyer_region), -1)
    owner[: economy.n] = setting.plants.owner
    investors = economy.table.investors
    if economy.k and investors.shape[1] > 2:
        owner[economy.n : economy.n + economy.k] = investors[:, 2]
    return owner


def link_quality(setting: Setting, wedges: Wedges, now: View, intelligence: Array) -> Array:
    """v by link [lt] (E13); of AI applications by their quality (E29) in place of capability alone.

    Platforms and chips carry none into AI applications' current cost: AI quality counts compute already. Investors
    in compute do see the chips' quality, so worse chips are less compute for the money.
    """
    economy, table, behaviour = setting.economy, setting.economy.table, setting.behaviour
    links, lt = economy.links, economy.links.technique
    f, b = links.supplier[:lt], links.buyer[:lt]
    s = table.segment[f]
    cap = wedges["capability_cap"][table.location[f], economy.buyer_region[b], s]
    elapsed = now.year - setting.first_year
    cap = np.where(np.isfinite(cap), cap - behaviour.frontier_growth[s] * elapsed, np.inf)
    # an entrant's notional technique is its competitors', so it starts from what it is behind them
    before = np.where(economy.latent, 0.0, setting.capability0)
    ai = setting.plants_of(AI_APPS)
    level = np.where(ai, before + intelligence, now.capability)
    quality = usable_quality(behaviour.quality_valuation[f], level[f], before[f], cap)
    quality = quality + network_quality(setting, now.network_value)[f, economy.buyer_region[b]]
    compute = np.isin(np.array(setting.segments)[s], COMPUTE)
    buys_compute = (b < economy.n) & ai[np.minimum(b, economy.n - 1)]
    return np.where(buys_compute & compute, 0.0, quality)


def network_quality(setting: Setting, value: Array) -> Array:
    """v [n, R] of plants of ecosystems, by region of the buyer (E31): valuation x the region's network value."""
    found = np.zeros((setting.economy.n, setting.economy.regions))
    for index, network in enumerate(setting.networks):
        part = setting.plants.membership[:, network.column].sum(1)
        found += part[:, None] * (network.valuation * value[:, index])[None, :]
    return found


def quality_of_ai(setting: Setting, now: View) -> Array:
    """ln of AI quality [n] relative to base trend (E29): own algorithms on the region's compute, data and frameworks."""
    own, ai, place = setting.innovation, setting.plants_of(AI_APPS), setting.economy.table.location
    if not ai.any():
        return np.zeros(setting.n)
    mine, rented = (capacity_ratio(setting, now, name) for name in (AI_APPS, PLATFORMS))
    compute = effective_compute(mine[place], rented[place], own.cloud_weight, now.capability - setting.capability0)
    factors = np.array([compute, now.data[place], now.frameworks[place]])
    return np.where(ai, ai_quality(factors, own.ai_weight, own.ai_elasticity), 0.0)


def capacity_ratio(setting: Setting, now: View, segment: str) -> Array:
    """Capacity of a region's plants of a segment [R] over the base year's grown with its labour; 1 where there is none."""
    table, regions = setting.economy.table, setting.economy.regions
    usual = table.capacity * np.exp(setting.behaviour.growth * (now.year - setting.first_year))[table.location]
    counted = setting.plants_of(segment) & np.isfinite(table.capacity) & (table.capacity > 0)
    today, base = (sum_by(table.location[counted], x[counted], regions) for x in (now.capacity, usual))
    return np.where(base > 0, today / np.where(base > 0, base, 1.0), 1.0)


def order_of(setting: Setting, action: Action, senders: tuple[int, ...], year: float, strength: float = 1.0) -> Order:
    """A measure as its instrument sees it: who acts on whom, levers at their value in `year` (inf: the path's end)."""
    levers = {name: path.at(year) for name, path in action.measure.levers.items()}
    sides = {*action.senders, *action.targets}
    others = tuple(r for r in range(setting.economy.regions) if r not in sides)
    both = tuple(r for r in setting.serves_both if r in others)
    return Order(senders, action.targets, others, levers, year - action.measure.start, strength, both)


def announce(setting: Setting, wedges: Wedges, facts: Facts, year: float) -> None:
    """Announced controls not yet in force: probability x the denial they will have at the end of their path (E27)."""
    for action in setting.actions:
        m = action.measure
        if m.announced is None or not m.announced - 1e-9 <= year < m.start - 1e-9:
            continue
        coming, order = Wedges(wedges.sizes), order_of(setting, action, action.senders, np.inf)
        instruments()[action.instrument].apply(coming, order, facts)
        denial = coming["denial_rate"] * (1 - coming["exemption"][:, :, None])
        wedges.move("announced", (slice(None),), setting.behaviour.announced_belief * denial)
