"""Enact: the quarter's wedges, spread over links, and AI quality (E13, E21, E26, E27, E29, E31, E36, E37, E49, E52)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.agents.rules import BOTH
from model.axes import KNOWLEDGE_CHANNELS
from model.instruments import Facts, Order, instruments
from model.kernel.ai import ai_quality, effective_compute
from model.kernel.capability import usable_quality
from model.kernel.links import Array, Index, Mask, sum_by
from model.stages.respond import decide_states
from model.strategies import Means, spend
from model.wedges import Wedges, axis_sizes, blend, keep_channels
from model.world import Action, Joining, Setting, State, View

AI_APPS, PLATFORMS = "ai_apps", "platforms"
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


# -- collecting --------------------------------------------------------------------------------------
def wedges_in_force(setting: Setting, year: float, in_force: Array) -> Wedges:
    """The quarter's wedges, finished; those of the last quarter while no order has changed."""
    orders = orders_of(setting, year, in_force)
    return setting.latest.get("wedges", orders, lambda: moved_by(setting, orders).finish())


def wedges_otherwise(setting: Setting, year: float) -> Wedges | None:
    """Wedges of the other scenario this quarter; nothing is recorded, as states follow their script and do not react."""
    other = setting.otherwise
    return None if other is None else wedges_in_force(other, year, decide_states(other, year))


def collect_wedges(setting: Setting, year: float, in_force: Array) -> Wedges:
    """Neutral wedges, moved by every measure that some state applies this quarter."""
    return moved_by(setting, orders_of(setting, year, in_force))


class Blended(NamedTuple):
    """A measure that the focus joins in part (E52): the part, the order with it, and without it (None: there is none)."""

    instrument: str
    part: float
    joined: Order
    apart: Order | None


class Orders(NamedTuple):
    """What is ordered this quarter: (instrument, order) of the measures in force, and of those announced (E27); measures
    that the focus joins in part (E52); (strategy, budget in percent of GDP) of what it pays for (E49)."""

    now: tuple[tuple[str, Order], ...]
    announced: tuple[tuple[str, Order], ...]
    blended: tuple[Blended, ...] = ()
    paid: tuple[tuple[str, float], ...] = ()


def orders_of(setting: Setting, year: float, in_force: Array) -> Orders:
    """Orders of the measures that some state applies, and of those announced and not yet in force; what the focus pays for."""
    paid = tuple((part.strategy, size) for part in setting.plan if (size := part.at(year)) > 0)
    if setting.joining is not None:
        return orders_in_part(setting, setting.joining, year, in_force)._replace(paid=paid)
    now, announced = [], []
    for action, strengths in zip(setting.actions, in_force.tolist(), strict=False):
        senders = tuple(r for r in action.senders if strengths[r] > 0)
        if senders:
            strength = max(strengths[r] for r in senders)
            now.append((action.instrument, order_of(setting, action, senders, year, strength)))
    for action in setting.actions:
        m = action.measure
        if m.announced is not None and m.announced - 1e-9 <= year < m.start - 1e-9:
            announced.append((action.instrument, order_of(setting, action, action.senders, np.inf)))
    return Orders(tuple(now), tuple(announced), paid=paid)


def orders_in_part(setting: Setting, joining: Joining, year: float, in_force: Array) -> Orders:
    """The same where the focus takes its stance in part or for a time (E52)."""
    now, announced, blended = [], [], []
    part = joining.part.at(year)
    for action, apart, strengths in zip(setting.actions, joining.apart, in_force.tolist(), strict=True):
        joined = ordered(setting, action, strengths, year, setting.serves_both)
        alone = ordered(setting, apart, strengths, year, joining.serves_both)
        if 0 < part < 1 and joined is not None:
            blended.append(Blended(action.instrument, part, joined, alone))
        elif (order := joined if part > 0 else alone) is not None:
            now.append((action.instrument, order))
    for action, apart in zip(setting.actions, joining.apart, strict=True):
        m, joins = action.measure, joining.part.at(action.measure.start) > 0
        coming, serving = (action, setting.serves_both) if joins else (apart, joining.serves_both)
        if coming is not None and m.announced is not None and m.announced - 1e-9 <= year < m.start - 1e-9:
            announced.append((action.instrument, order_of(setting, coming, coming.senders, np.inf, 1.0, serving)))
    return Orders(tuple(now), tuple(announced), tuple(blended))


def ordered(
    setting: Setting, action: Action | None, strengths: list[float], year: float, serving: tuple[int, ...]
) -> Order | None:  # fmt: skip
    """A measure as the states in `strengths` [R] apply it; None if nobody does."""
    senders = () if action is None else tuple(r for r in action.senders if strengths[r] > 0)
    if action is None or not senders:
        return None
    return order_of(setting, action, senders, year, max(strengths[r] for r in senders), serving)


def order_of(
    setting: Setting, action: Action, senders: tuple[int, ...], year: float, strength: float = 1.0,
    serving: tuple[int, ...] | None = None,
) -> Order:  # fmt: skip
    """A measure as its instrument sees it: who acts on whom, levers at their value in `year` (inf: the path's end)."""
    levers = {name: path.at(year) for name, path in action.measure.levers.items()}
    sides = {*action.senders, *action.targets}
    others = tuple(r for r in range(setting.economy.regions) if r not in sides)
    both = tuple(r for r in (setting.serves_both if serving is None else serving) if r in others)
    return Order(senders, action.targets, others, levers, strength, both)


def moved_by(setting: Setting, orders: Orders) -> Wedges:
    """Neutral wedges, moved by these orders. Announced controls: probability x the denial at the end of their path (E27)."""
    facts = setting.fixed("facts", lambda: facts_of(setting))
    wedges = Wedges(setting.fixed("sizes", lambda: sizes_of(setting)))
    for instrument, order in orders.now:
        instruments()[instrument].apply(wedges, order, facts)
    for blended in orders.blended:
        move_in_part(wedges, blended, facts)
    for strategy, percent in orders.paid:
        spend(strategy, wedges, percent, setting.fixed("means", lambda: means_of(setting)))
    for instrument, order in orders.announced:
        coming = Wedges(wedges.sizes)
        instruments()[instrument].apply(coming, order, facts)
        denial = coming["denial_rate"] * (1 - coming["exemption"][:, :, None])
        wedges.move("announced", (slice(None),), setting.behaviour.announced_belief * denial)
    return wedges


def move_in_part(wedges: Wedges, blended: Blended, facts: Facts) -> None:
    """Move wedges by a measure that the focus joins in part: by what lies between the measure without it and with it (E52)."""
    joined, apart = Wedges(wedges.sizes), Wedges(wedges.sizes)
    instruments()[blended.instrument].apply(joined, blended.joined, facts)
    if blended.apart is not None:
        instruments()[blended.instrument].apply(apart, blended.apart, facts)
    for name in sorted({*joined.moved(), *apart.moved()}):
        wedges.move(name, (...,), blend(name, apart[name], joined[name], blended.part))


def means_of(setting: Setting) -> Means:
    """What the focus's strategies may know of this world: base-year output and GDP (E9)."""
    economy, links, regions = setting.economy, setting.economy.links, setting.economy.regions
    output = np.zeros((regions, economy.table.segments))
    np.add.at(output, (economy.table.location, economy.table.segment), economy.output0)
    _, d, _ = economy.lane
    current = (links.buyer < economy.n) * (1 + economy.tariff0) * economy.flow0
    duties = economy.tariff0 * economy.flow0
    gdp = output.sum(1) + sum_by(d, duties - current, regions)
    return Means(setting.focus, output, gdp, setting.parameters)


def facts_of(setting: Setting) -> Facts:
    """What instruments may know of this world."""
    plants, table = setting.plants, setting.economy.table
    return Facts(
        setting.regions, plants.firms, tuple(table.location.tolist()), tuple(plants.owner.tolist()),
        setting.ecosystems, setting.parameters,
    )  # fmt: skip


def sizes_of(setting: Setting) -> dict[str, int]:
    """Lengths of the axes of wedges."""
    economy = setting.economy
    return axis_sizes(economy.regions, economy.table.segments, economy.n, len(setting.ecosystems), len(KNOWLEDGE_CHANNELS))


# -- spreading ---------------------------------------------------------------------------------------
class Spread(NamedTuple):
    """What follows from wedges alone. By plant and region of the buyer [n, R]: ship (barriers), standard, dual (extra of
    serving both), cap; by link [l]: controlled (part of orders that is), unguarded (part of denials that evades), duty; subsidy [n]."""

    ship: Array
    standard: Array
    dual: Array
    cap: Array
    controlled: Array
    unguarded: Array
    duty: Array
    subsidy: Array


def spread(setting: Setting, wedges: Wedges) -> Spread:
    """Wedges by region and segment as plants and links meet them (E21, E36, E37)."""
    table, at = setting.economy.table, setting.by_plant
    spared = setting.fixed("owner of the buyer", lambda: buyer_owner(setting)[setting.economy.links.buyer])
    o, _, s = setting.economy.lane
    lifted = np.where(spared >= 0, wedges["exemption"][spared, o, s], 0.0) if wedges["exemption"].any() else 0.0
    evades = evaded_part(setting.behaviour.evasion, wedges["enforcement"])
    return Spread(
        ship=at(wedges["iceberg_cost"]), standard=at(wedges["standard_cost"]), dual=at(wedges["dual_cost"].sum(0)),
        cap=at(wedges["capability_cap"]),
        controlled=setting.by_link(at(wedges["denial_rate"])) * (1 - lifted), unguarded=setting.by_link(at(evades)),
        duty=setting.economy.tariff0 + setting.by_link(at(wedges["tariff_rate"])),
        subsidy=wedges["subsidy_rate"][table.location, table.segment],
    )  # fmt: skip


def spread_wedges(setting: Setting, wedges: Wedges, opened: Mask, now: View) -> State:
    """Denial, shipping cost, duty, quality by link, from wedges by region and segment (E21, E37)."""
    technique, economy = slice(setting.economy.links.technique), setting.economy
    on = wedges.once("spread", lambda: spread(setting, wedges))
    denial, evaded = denied_and_evaded(setting, wedges, on, opened, now)
    intelligence = quality_of_ai(setting, now)
    standards = on.standard * (1 + on.dual * (now.standard == BOTH)[:, None])
    return {
        "denial": denial,
        "evaded": evaded,
        "standards": setting.by_link(standards),
        "ship": setting.by_link(on.ship * standards) * (1 + setting.behaviour.evasion_premium * evaded),
        "duty": on.duty,
        "subsidy": on.subsidy,
        "quality": link_quality(setting, on.cap, now, intelligence),
        "ai_quality": intelligence,
        "open_links": opened[economy.links.supplier[technique]] & (denial[technique] < 1) & (now.theta > 0),
        "limit": np.full(economy.n, np.inf),
    }


def denied_and_evaded(setting: Setting, wedges: Wedges, on: Spread, opened: Mask, now: View) -> tuple[Array, Array]:
    """Denied part of orders [l] (E21), after evasion; evaded part of deliveries [l] (E36)."""
    licensed = 1 - on.controlled
    if wedges["firm_listing"].any():
        listed = listed_part(setting, wedges["firm_listing"], np.where(opened, now.capacity, 0.0))
        licensed = licensed * (1 - listed.ravel()[setting.fixed("origin and buyer", lambda: origin_and_buyer(setting))])
    evading = on.unguarded * (1 - licensed)
    through = licensed + evading
    kept = through
    if now.lost.any():
        kept = kept * (1 - setting.by_link(np.where(setting.home, 0.0, now.lost)))
    if now.left.any():
        kept = kept * (1 - setting.by_link(now.left))
    denial = 1 - kept
    denial[denial > setting.behaviour.full_cut] = 1.0
    return denial, np.where(denial < 1, evading / np.maximum(through, TINY), 0.0)


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
    has = np.flatnonzero(economy.investor >= 0)
    weight = (economy.kappa * economy.table.depreciation)[has] * capacity[has]
    total = np.maximum(sum_by(economy.investor[has], weight, k), TINY)
    hit = listing[:, has].any(0)
    for o in np.flatnonzero(listing.any(1)):
        part[o, n : n + k] = sum_by(economy.investor[has[hit]], weight[hit] * listing[o, has[hit]], k) / total
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


def link_quality(setting: Setting, cap: Array, now: View, intelligence: Array) -> Array:
    """e^v by link [lt] (E13); of AI applications by their quality (E29) in place of capability alone. cap [n, R].

    Platforms and chips carry none into AI applications' current cost: AI quality counts compute already. Investors
    in compute do see the chips' quality, so worse chips are less compute for the money.
    """
    economy, behaviour = setting.economy, setting.behaviour
    beyond = behaviour.frontier_growth[economy.table.segment] * (now.year - setting.first_year)
    cap = np.where(np.isfinite(cap), cap - beyond[:, None], np.inf)
    # an entrant's notional technique is its competitors', so it starts from what it is behind them
    before = np.where(economy.latent, 0.0, setting.capability0)
    level = np.where(setting.plants_of(AI_APPS), before + intelligence, now.capability)
    value = usable_quality(behaviour.quality_valuation[:, None], level[:, None], before[:, None], cap)
    value = value + network_quality(setting, now.network_value)
    quality = setting.by_link(np.exp(value), slice(economy.links.technique))
    quality[setting.fixed("compute in AI", lambda: compute_in_ai(setting))] = 1.0
    return quality


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
