"""Enact: the quarter's wedges, spread over links, and AI quality (E13, E21, E26, E27, E29, E31, E36, E37, E42, E43, E49, E52)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from model.agents.rules import BOTH
from model.axes import KNOWLEDGE_CHANNELS
from model.instruments import Facts, Order, instruments
from model.kernel.ai import ai_quality, effective_compute, rented_compute
from model.kernel.capability import released, usable_quality
from model.kernel.links import Array, Index, Mask, sum_by
from model.stages.respond import decide_states
from model.strategies import Means, spend
from model.wedges import Move, Noted, Wedges, axis_sizes, blend, either, keep_channels
from model.world import Action, Setting, State, View

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


# -- collecting --------------------------------------------------------------------------------------
def wedges_in_force(setting: Setting, year: float, in_force: Array) -> Wedges:
    """The quarter's wedges, finished; those of the last quarter while no order has changed."""
    orders = orders_of(setting, year, in_force)
    return setting.latest.get("wedges", orders, lambda: moved_by(setting, orders).finish())


def wedges_otherwise(setting: Setting, year: float) -> Wedges | None:
    """Wedges of the other scenario this quarter: by its script, or by what its states decided in its own run (`held`)."""
    other = setting.otherwise
    return None if other is None else wedges_in_force(other, year, decide_states(other, year))


def collect_wedges(setting: Setting, year: float, in_force: Array) -> Wedges:
    """Neutral wedges, moved by every measure that some state applies this quarter."""
    return moved_by(setting, orders_of(setting, year, in_force))


Ordered = tuple[tuple[str, Order], ...]
"""(instrument, order) of measures."""


class Orders(NamedTuple):
    """What is ordered this quarter: by the measures in force, and by those announced (E27); part of its stance that the focus
    takes, and what is ordered where it takes none (E52); (strategy, budget in percent of GDP) of what it pays for (E49)."""

    now: Ordered
    announced: Ordered
    part: float = 1.0
    apart: Ordered = ()
    paid: tuple[tuple[str, float], ...] = ()


def orders_of(setting: Setting, year: float, in_force: Array) -> Orders:
    """Orders of the measures that some state applies, and of those announced and not yet in force; what the focus pays for."""
    part, strengths = joined_part(setting, year), in_force.tolist()
    joined = in_force_now(setting, setting.actions, strengths, year, setting.serves_both) if part > 0 else ()
    apart = in_force_now(setting, apart_from(setting), strengths, year, serving_apart(setting)) if part < 1 else ()
    paid = ((one.strategy, one.at(year)) for one in setting.plan)
    spent = tuple((name, size) for name, size in paid if size > 0)
    if part == 0:
        return Orders(apart, announced(setting, year), paid=spent)
    return Orders(joined, announced(setting, year), part, apart, spent)


def announced(setting: Setting, year: float) -> Ordered:
    """Orders to come of measures that are announced and not yet in force (E27), as the focus will stand to them."""
    found = []
    for action, apart in zip(setting.actions, apart_from(setting), strict=True):
        m = action.measure
        if m.announced is None or not m.announced - 1e-9 <= year < m.start - 1e-9:
            continue
        joins = joined_part(setting, m.start) > 0
        coming, serving = (action, setting.serves_both) if joins else (apart, serving_apart(setting))
        if coming is not None:
            found.append((action.instrument, order_of(setting, coming, coming.senders, np.inf, 1.0, serving)))
    return tuple(found)


def in_force_now(
    setting: Setting, actions: tuple[Action | None, ...], strengths: list[list[float]], year: float, serving: tuple[int, ...]
) -> Ordered:  # fmt: skip
    """Orders of these actions, each as the states in its row of `strengths` apply it."""
    pairs = ((a, ordered(setting, a, row, year, serving)) for a, row in zip(actions, strengths, strict=False))
    return tuple((a.instrument, order) for a, order in pairs if a is not None and order is not None)


def joined_part(setting: Setting, year: float) -> float:
    """How far the focus takes its stance in a quarter (E52)."""
    return 1.0 if setting.joining is None else float(setting.joining.part.at(year))


def apart_from(setting: Setting) -> tuple[Action | None, ...]:
    """Each action as it is with the focus in no bloc; the action itself where the stance holds in full, and on ladders."""
    apart = () if setting.joining is None else setting.joining.apart
    return (*apart, *setting.actions[len(apart) :])


def serving_apart(setting: Setting) -> tuple[int, ...]:
    """Regions that trade with both sides when the focus takes no stance."""
    return setting.serves_both if setting.joining is None else setting.joining.serves_both


def ordered(
    setting: Setting, action: Action | None, strengths: list[float], year: float, serving: tuple[int, ...]
) -> Order | None:  # fmt: skip
    """A measure as the states in `strengths` [R] apply it; None if nobody does."""
    if action is None:
        return None
    taking_part = (r for r, strength in enumerate(strengths) if strength > 0)  # on a ladder allies too (E47)
    senders = tuple(r for r in taking_part if r in action.senders or action.rung is not None)
    if not senders:
        return None
    strength = max(strengths[r] for r in senders)
    if id(action) not in setting.fixed("steady actions", lambda: steady_actions(setting)):
        return order_of(setting, action, senders, year, strength, serving)
    known: dict[Any, Order] = setting.fixed("steady orders", dict)
    key = (id(action), senders, strength, serving)
    if key not in known:
        known[key] = order_of(setting, action, senders, year, strength, serving)
    return known[key]


def steady_actions(setting: Setting) -> frozenset[int]:
    """Actions (by identity) that order the same in every quarter: no lever moves in time, nobody joins later."""
    actions = (action for action in (*setting.actions, *apart_from(setting)) if action is not None)
    return frozenset(
        id(action) for action in actions
        if not action.measure.joining and all(path.constant is not None for path in action.measure.levers.values())
    )  # fmt: skip


def order_of(
    setting: Setting, action: Action, senders: tuple[int, ...], year: float, strength: float = 1.0,
    serving: tuple[int, ...] | None = None,
) -> Order:  # fmt: skip
    """A measure as its instrument sees it: who acts on whom, levers at their value in `year` (inf: the path's end).

    A sender that has not joined yet is one of the others. Where a measure names regions only, as those of the past do,
    all others serve both its sides: whichever blocs come later.
    """
    levers = {name: path.at(year) for name, path in action.measure.levers.items()}
    sides = {*action.senders, *senders, *action.targets}
    if action.measure.joining:
        sides -= {setting.regions.index(region) for region in action.measure.waiting(year)}
    others = tuple(r for r in range(setting.economy.regions) if r not in sides)
    sides_named = (*action.measure.senders, *action.measure.targets)
    if action.rung is None and all(side in setting.regions for side in sides_named):
        return Order(senders, action.targets, others, levers, strength, others)
    both = tuple(r for r in (setting.serves_both if serving is None else serving) if r in others)
    return Order(senders, action.targets, others, levers, strength, both)


def moved_by(setting: Setting, orders: Orders) -> Wedges:
    """Neutral wedges, moved by these orders. Announced controls: probability x the denial at the end of their path (E27)."""
    wedges = by_measures(setting, orders.now)
    if orders.part < 1:
        wedges = in_part(by_measures(setting, orders.apart), wedges, orders.part)
    for strategy, percent in orders.paid:
        spend(strategy, wedges, percent, setting.fixed("means", lambda: means_of(setting)))
    for one in orders.announced:
        coming = by_measures(setting, (one,))
        denial = either(coming["denial_rate"], coming["use_denial"])[:, None] * (1 - coming["exemption"][:, :, None])
        wedges.move("announced", (slice(None),), setting.behaviour.announced_belief * denial)
    return wedges


def by_measures(setting: Setting, orders: Ordered) -> Wedges:
    """Neutral wedges, moved by measures."""
    wedges = Wedges(setting.fixed("sizes", lambda: sizes_of(setting)))
    for instrument, order in orders:
        for move in moves_of(setting, instrument, order):
            wedges.move(*move)
    return wedges


def moves_of(setting: Setting, instrument: str, order: Order) -> list[Move]:
    """What an order moves. Steady measures give the same order every quarter: it is worked out once."""
    known: dict[int, tuple[Order, list[Move]]] = setting.fixed("moves", dict)  # an order kept here keeps its identity
    if id(order) not in known:
        noted = Noted(setting.fixed("sizes", lambda: sizes_of(setting)))
        instruments()[instrument].apply(noted, order, setting.fixed("facts", lambda: facts_of(setting)))
        known[id(order)] = order, noted.moves
    return known[id(order)][1]


def in_part(apart: Wedges, joined: Wedges, part: float) -> Wedges:
    """Wedges between those without the focus's stance and those with it (E52): of all measures together, so that a stance
    in part lies between also where one measure opens what another closes."""
    wedges = Wedges(apart.sizes)
    for name in sorted({*joined.moved(), *apart.moved()}):
        wedges.move(name, (...,), blend(name, apart[name], joined[name], part))
    return wedges


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
        tuple(table.segment.tolist()), setting.ecosystems, setting.parameters,
    )  # fmt: skip


def sizes_of(setting: Setting) -> dict[str, int]:
    """Lengths of the axes of wedges."""
    economy = setting.economy
    return axis_sizes(economy.regions, economy.table.segments, economy.n, len(setting.ecosystems), len(KNOWLEDGE_CHANNELS))


# -- spreading ---------------------------------------------------------------------------------------
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
    spared = setting.fixed("owner of the buyer", lambda: buyer_owner(setting)[setting.economy.links.buyer])
    o, _, s = setting.economy.lane
    lifted = np.where(spared >= 0, wedges["exemption"][spared, o, s], 0.0) if wedges["exemption"].any() else 0.0
    evades = evaded_part(setting.behaviour.evasion, wedges["enforcement"])
    return Spread(
        ship=at(wedges["iceberg_cost"]), standard=at(wedges["standard_cost"]), dual=at(wedges["dual_cost"].sum(0)),
        cap=at(wedges["capability_cap"]), late=wedges["release_lag"].T[table.segment],
        controlled=denied_orders(setting, wedges) * (1 - lifted), unguarded=setting.by_link(at(evades)),
        duty=setting.economy.tariff0 + setting.by_link(at(wedges["tariff_rate"])),
        subsidy=wedges["subsidy_rate"][table.location, table.segment],
    )  # fmt: skip


def denied_orders(setting: Setting, wedges: Wedges) -> Array:
    """Part of orders that controls deny [l] before exemptions (E21): of a segment, and of it for one use."""
    denied = setting.by_link(setting.by_plant(wedges["denial_rate"]))
    if not wedges["use_denial"].any():
        return denied
    return either(denied, wedges["use_denial"][(setting.use[setting.economy.links.buyer], *setting.economy.lane)])


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
        "standards": setting.by_link(standards),
        "ship": setting.by_link(on.ship * standards) * (1 + setting.behaviour.evasion_premium * evaded),
        "duty": on.duty,
        "subsidy": on.subsidy,
        "quality": link_quality(setting, on, now, intelligence),
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


def link_quality(setting: Setting, on: Spread, now: View, intelligence: Array) -> Array:
    """e^v by link [lt] (E13, E43); of AI applications by their quality (E29) in place of capability alone.

    Platforms and chips carry none into AI applications' current cost: AI quality counts compute already. Investors
    in compute do see the chips' quality, so worse chips are less compute for the money.
    """
    economy, behaviour = setting.economy, setting.behaviour
    growth = behaviour.frontier_growth[economy.table.segment]
    beyond = growth * (now.year - setting.first_year)
    cap = np.where(np.isfinite(on.cap), on.cap - beyond[:, None], np.inf)
    # an entrant's notional technique is its competitors', so it starts from what it is behind them
    before = np.where(economy.latent, 0.0, setting.capability0)
    level = np.where(setting.plants_of(AI_APPS), before + intelligence, now.capability)
    level = released(level[:, None], growth[:, None], on.late)
    value = usable_quality(behaviour.quality_valuation[:, None], level, before[:, None], cap)
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
    columns = [e for network in setting.networks if network.name == CLOUD for e in network.column]
    return base[:, columns], wedges["market_access"].T[:, columns]


def capacity_ratio(setting: Setting, now: View, segment: str) -> Array:
    """Capacity of a region's plants of a segment [R] over the base year's grown with its labour; 1 where there is none."""
    table, regions = setting.economy.table, setting.economy.regions
    usual = table.capacity * np.exp(setting.behaviour.growth * (now.year - setting.first_year))[table.location]
    counted = setting.plants_of(segment) & np.isfinite(table.capacity) & (table.capacity > 0)
    today, base = (sum_by(table.location[counted], x[counted], regions) for x in (now.capacity, usual))
    return np.where(base > 0, today / np.where(base > 0, base, 1.0), 1.0)
