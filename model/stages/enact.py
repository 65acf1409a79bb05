"""Enact: the quarter's wedges (stages/orders.py), spread over links, and AI quality (E13, E21, E29, E31, E36, E37, E42, E43)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.agents.rules import BOTH
from model.kernel.ai import ai_quality, effective_compute, rented_compute
from model.kernel.capability import released, usable_quality
from model.kernel.inversion import Economy
from model.kernel.links import Array, Index, Mask, sum_by
from model.stages.orders import sizes_of, wedges_in_force, wedges_otherwise
from model.wedges import WEDGES, Wedges, either, keep_channels
from model.world import Setting, State, View

AI_APPS, PLATFORMS, CLOUD = "ai_apps", "platforms", "cloud"
COMPUTE = ("equipment", "foundry", "memory", "logic", "accelerators", "platforms")
"""Chips and platforms: AI applications buy compute, so their quality does not change AI applications' cost."""
TINY = 1e-300


def enact(setting: Setting, now: View) -> State:
    """Plants in business (E34, E35); wedges of the measures in force, spread over links (E13, E21, E26, E36, E37)."""
    wedges = wedges_in_force(setting, now.year, now.in_force)
    if setting.channels_on is not None:
        channels, other = setting.channels_on, wedges_otherwise(setting, now.year)
        mixed = setting.latest.get("mixed wedges", (wedges, other), lambda: keep_channels(wedges, channels, other).finish())
        wedges = mixed
    opened = (setting.plants.entry <= now.year + 1e-9) & ~now.closed
    return {"wedges": wedges, "opened": opened} | spread_wedges(setting, wedges, opened, now)


class Spread(NamedTuple):
    """What follows from wedges alone. By plant and region of the buyer [n, R]: ship (barriers), standard, dual (extra of
    serving both), cap, late (age of what may be sold); by link [l]: controlled (part of orders that is), unguarded (part of denials that evades), duty; subsidy [n]."""

    ship: Array
    standard: Array
    dual: Array
    cap: Array
    late: Array
    controlled: Array
    unguarded: Array
    duty: Array
    subsidy: Array


def spread(setting: Setting, wedges: Wedges) -> Spread:
    """Wedges by region and segment as plants and links meet them (E21, E36, E37)."""
    table, at = setting.economy.table, setting.by_plant
    evades = evaded_part(setting.behaviour.evasion, wedges["enforcement"])
    return Spread(
        ship=at(wedges["iceberg_cost"]), standard=at(wedges["standard_cost"]), dual=at(wedges["dual_cost"].sum(0)),
        cap=at(wedges["capability_cap"]), late=wedges["release_lag"].T[table.segment],
        controlled=denied_orders(setting, wedges) * (1 - lifted_part(setting, wedges)), unguarded=setting.by_link(at(evades)),
        duty=setting.economy.tariff0 + setting.by_link(at(wedges["tariff_rate"])),
        subsidy=setting.at_place(wedges["subsidy_rate"]),
    )  # fmt: skip


def denied_orders(setting: Setting, wedges: Wedges) -> Array:
    """Part of orders that controls deny [l] before exemptions (E21): of a segment, and of it for one use."""
    denied = setting.by_link(setting.by_plant(wedges["denial_rate"]))
    if not wedges.acts("use_denial"):
        return denied
    return either(denied, wedges["use_denial"].ravel()[setting.fixed("cell by use", lambda: cell_by_use(setting))])


def cell_by_use(setting: Setting) -> Index:
    """Cell [u, o, d, s] of each link [l] in a wedge by use, laid out flat."""
    shape = tuple(sizes_of(setting)[letter] for letter in WEDGES["use_denial"].axes)
    return np.asarray(np.ravel_multi_index((setting.use[setting.economy.links.buyer], *setting.economy.lane), shape))


def lifted_part(setting: Setting, wedges: Wedges) -> Array | float:
    """Part of denials that is lifted on each link [l], by the owner of its buyer (E21): for plants and investors alone."""
    if not wedges.acts("exemption"):
        return 0.0
    spared, cell = setting.fixed("exempted links", lambda: exempted_links(setting))
    lifted = np.zeros(len(setting.economy.links.buyer))
    lifted[spared] = wedges["exemption"].ravel()[cell]
    return lifted


def exempted_links(setting: Setting) -> tuple[Index, Index]:
    """Links [j] whose buyers have an owner, and the cell [r, o, s] of each [j] in an exemption, laid out flat."""
    (o, _, s), regions = setting.economy.lane, setting.economy.regions
    owner = buyer_owner(setting)[setting.economy.links.buyer]
    spared = np.flatnonzero(owner >= 0)
    cell: Index = (owner * regions + o) * setting.economy.table.segments + s
    return spared, cell[spared]


def spread_wedges(setting: Setting, wedges: Wedges, opened: Mask, now: View) -> State:
    """Denial, shipping cost, duty, quality by link, from wedges by region and segment (E21, E37)."""
    technique, economy = slice(setting.economy.links.technique), setting.economy
    on = wedges.once("spread", lambda: spread(setting, wedges))
    denial, evaded = denied_and_evaded(setting, wedges, on, opened, now)
    intelligence = quality_of_ai(setting, wedges, now)
    standards = on.standard * (1 + on.dual * (now.standard == BOTH)[:, None])
    return {
        "denial": denial,
        "evaded": evaded,
        "standards": standards,
        "ship": setting.by_link(on.ship * standards) * (1 + setting.behaviour.evasion_premium * evaded),
        "duty": on.duty,
        "subsidy": on.subsidy,
        "quality": link_quality(setting, on, now, intelligence),
        "ai_quality": intelligence,
        "open_links": (denial[technique] < 1) & (now.theta > 0) & opened[economy.links.supplier[technique]],
        "limit": np.full(economy.n, np.inf),
    }


def denied_and_evaded(setting: Setting, wedges: Wedges, on: Spread, opened: Mask, now: View) -> tuple[Array, Array]:
    """Denied part of orders [l] (E21), after evasion; evaded part of deliveries [l] (E36)."""
    licensed = 1 - on.controlled
    if wedges.acts("firm_listing"):
        listed = listed_part(setting, wedges["firm_listing"], np.where(opened, now.capacity, 0.0))
        licensed *= (1 - listed).ravel()[setting.fixed("origin and buyer", lambda: origin_and_buyer(setting))]
    evading = 1 - licensed
    evading *= on.unguarded
    through = licensed + evading
    kept = through.copy()
    if now.lost.any():
        kept *= setting.by_link(1 - np.where(setting.home, 0.0, now.lost))
    if now.left.any():
        kept *= setting.by_link(1 - now.left)
    denial = np.subtract(1, kept, out=kept)
    denial[denial > setting.behaviour.full_cut] = 1.0
    evading /= np.maximum(through, TINY, out=through)
    evading *= denial < 1
    return denial, evading


def origin_and_buyer(setting: Setting) -> Index:
    """Place of each link [l] in an [origin, buyer] array laid out flat."""
    economy = setting.economy
    return np.asarray(economy.lane[0] * len(economy.buyer_region) + economy.links.buyer)


def evaded_part(unguarded: Array, enforcement: Array) -> Array:
    """Part of denied deliveries that gets through by third regions (E36); none under full enforcement."""
    return np.asarray(unguarded * (1 - enforcement))


def listed_part(setting: Setting, listing: Array, capacity: Array) -> Array:
    """Denied part of deliveries from o to each buyer [o, C]: of a listed plant; of an investor, by the part of its
    replacement purchases that is for listed plants (E21)."""
    economy, n, k = setting.economy, setting.economy.n, setting.economy.k
    part = np.zeros((economy.regions, len(economy.buyer_region)))
    part[:, :n] = listing
    has, investor, worn = setting.fixed("who replaces", lambda: replacement(economy))
    if k:
        weight = worn * capacity[has]
        total = np.maximum(sum_by(investor, weight, k), TINY)
        place = (np.arange(economy.regions)[:, None] * k + investor).ravel()
        hit = sum_by(place, (weight * listing[:, has]).ravel(), economy.regions * k)
        part[:, n : n + k] = hit.reshape(-1, k) / total
    return part


def replacement(economy: Economy) -> tuple[Index, Index, Array]:
    """Plants [j] that have an investor, which [j], and what each replaces a year per unit of capacity [j]."""
    has = np.flatnonzero(economy.investor >= 0)
    return has, economy.investor[has], (economy.kappa * economy.table.depreciation)[has]


def buyer_owner(setting: Setting) -> Index:
    """Owner region of each buyer [C]: of plants and of investors (by their plants), -1 for final users and states."""
    economy = setting.economy
    owner = np.full(len(economy.buyer_region), -1)
    owner[: economy.n] = setting.plants.owner
    investors = economy.table.investors
    if economy.k and investors.shape[1] > 2:
        owner[economy.n : economy.n + economy.k] = investors[:, 2]
    return owner


def link_quality(setting: Setting, on: Spread, now: View, intelligence: Array) -> Array:
    """e^v by link [lt] (E13, E43); of AI applications by their quality (E29) in place of capability alone.

    Platforms and chips carry none into AI applications' current cost: AI quality counts compute already. Investors
    in compute do see the chips' quality, so worse chips are less compute for the money.
    """
    growth, before, valuation = setting.fixed("quality in 2018", lambda: quality_in_2018(setting))
    cap = on.cap - growth * (now.year - setting.first_year)
    level = np.where(setting.plants_of(AI_APPS)[:, None], before + intelligence[:, None], now.capability[:, None])
    value = usable_quality(valuation, released(level, growth, on.late), before, cap)
    value = value + network_quality(setting, now.network_value)
    quality = setting.by_link(np.exp(value), slice(setting.economy.links.technique))
    quality[setting.fixed("compute in AI", lambda: compute_in_ai(setting))] = 1.0
    return quality


def quality_in_2018(setting: Setting) -> tuple[Array, Array, Array]:
    """Growth of each plant's frontier, its level in 2018 and the valuation of quality, [n, 1] each.

    An entrant's notional technique is its competitors', so it starts from what it is behind them.
    """
    behaviour, economy = setting.behaviour, setting.economy
    before = np.where(economy.latent, 0.0, setting.capability0)
    return behaviour.frontier_growth[economy.table.segment][:, None], before[:, None], behaviour.quality_valuation[:, None]


def compute_in_ai(setting: Setting) -> Index:
    """Links by which AI applications buy what counts as compute."""
    links, table = setting.economy.links, setting.economy.table
    f, b = links.supplier[: links.technique], links.buyer[: links.technique]
    compute = np.isin(np.array(setting.segments), COMPUTE)[table.segment[f]]
    return np.flatnonzero(compute & (b < setting.n) & setting.plants_of(AI_APPS)[np.minimum(b, setting.n - 1)])


def network_quality(setting: Setting, value: Array) -> Array:
    """v [n, R] of plants of ecosystems, by region of the buyer (E31): valuation x the region's network value [R, N]."""
    if not setting.networks:
        return np.zeros((setting.n, setting.economy.regions))
    weight = setting.fixed("weight in networks", lambda: setting.ecosystem.by_network(setting.plants.membership))
    return np.asarray(weight @ (setting.ecosystem.valuation * value).T)


def quality_of_ai(setting: Setting, wedges: Wedges, now: View) -> Array:
    """ln of AI quality [n] relative to base trend (E29): own algorithms on the region's compute, data and frameworks."""
    own, ai, place = setting.innovation, setting.plants_of(AI_APPS), setting.economy.table.location
    if not ai.any():
        return np.zeros(setting.n)
    mine, clouds = (capacity_ratio(setting, now, name) for name in (AI_APPS, PLATFORMS))
    rented = rented_compute(clouds, *in_clouds(setting, now.base, wedges))
    compute = effective_compute(mine[place], rented[place], own.cloud_weight, now.capability - setting.capability0)
    factors = np.array([compute, now.data[place], now.frameworks[place]])
    return np.where(ai, ai_quality(factors, own.ai_weight, own.ai_elasticity), 0.0)


def in_clouds(setting: Setting, base: Array, wedges: Wedges) -> tuple[Array, Array]:
    """Shares of users and lost access of each cloud [R, e] (E42)."""
    columns = setting.fixed("clouds", lambda: [e for network in setting.networks if network.name == CLOUD for e in network.column])
    return base[:, columns], wedges["market_access"].T[:, columns]


def capacity_ratio(setting: Setting, now: View, segment: str) -> Array:
    """Capacity of a region's plants of a segment [R] over the base year's grown with its labour; 1 where there is none."""
    rows, place, capacity0 = setting.fixed(f"capacity of {segment}", lambda: capacity_in_2018(setting, segment))
    usual = capacity0 * setting.grown(now.year)[place]
    today, base = (sum_by(place, x, setting.economy.regions) for x in (now.capacity[rows], usual))
    return np.where(base > 0, today / np.where(base > 0, base, 1.0), 1.0)


def capacity_in_2018(setting: Setting, segment: str) -> tuple[Index, Index, Array]:
    """Plants of a segment that had a capacity in the base year [j], their regions [j], and that capacity [j]."""
    table = setting.economy.table
    rows = np.flatnonzero(setting.plants_of(segment) & np.isfinite(table.capacity) & (table.capacity > 0))
    return rows, table.location[rows], table.capacity[rows]
