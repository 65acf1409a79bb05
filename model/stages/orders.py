"""Orders: what states order each quarter, and the wedges of it (E13, E26, E27, E47, E49, E52)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from model.axes import KNOWLEDGE_CHANNELS
from model.instruments import Facts, Order, instruments
from model.kernel.links import Array, sum_by
from model.stages.respond import decide_states
from model.strategies import Means, spend
from model.wedges import Move, Noted, Wedges, axis_sizes, blend, either
from model.world import Action, Setting


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
    part = joined_part(setting, year)
    joined = in_force_now(setting, in_force, year, False) if part > 0 else ()
    apart = in_force_now(setting, in_force, year, True) if part < 1 else ()
    paid = ((one.strategy, one.at(year)) for one in setting.plan)
    spent = tuple((name, size) for name, size in paid if size > 0)
    if part == 0:
        return Orders(apart, announced(setting, year), paid=spent)
    return Orders(joined, announced(setting, year), part, apart, spent)


def announced(setting: Setting, year: float) -> Ordered:
    """Orders to come of measures that are announced and not yet in force (E27), as the focus will stand to them."""
    found = []
    for k, m in setting.fixed("announced", lambda: announced_ever(setting)):
        if m.announced - 1e-9 <= year < m.start - 1e-9:
            actions, serving = as_joined(setting, joined_part(setting, m.start) == 0)
            if (coming := actions[k]) is not None:
                found.append(order_once(setting, Applied(coming, coming.senders, 1.0, settled(setting, coming)), np.inf, serving))
    return tuple(found)


def announced_ever(setting: Setting) -> list[tuple[int, Any]]:
    """Measures that are announced at some date, with their place among the actions."""
    return [(k, action.measure) for k, action in enumerate(setting.actions) if action.measure.announced is not None]


class Applied(NamedTuple):
    """An action that some state applies: who, how strongly, and the year from which it orders the same in every quarter."""

    action: Action
    senders: tuple[int, ...]
    strength: float
    settled: float


def in_force_now(setting: Setting, strengths: Array, year: float, apart: bool) -> Ordered:
    """Orders of all actions, each as the states in its row of `strengths` [k, R] apply it; apart: the focus takes no stance."""
    known: dict[Any, Any] = setting.fixed("in force", dict)
    who = (strengths.tobytes(), apart)
    if who not in known:
        known[who] = who_applies(setting, strengths, apart)
    actions, last = known[who]
    when = (*who, min(year, last))
    if when not in known:
        serving = as_joined(setting, apart)[1]
        known[when] = tuple(order_once(setting, one, year, serving) for one in actions)
    ordered: Ordered = known[when]
    return ordered


def who_applies(setting: Setting, strengths: Array, apart: bool) -> tuple[list[Applied], float]:
    """The actions that some state applies, and the year from which none of them orders anything else."""
    found, actions = [], as_joined(setting, apart)[0]
    for k in np.flatnonzero(strengths.any(1)).tolist():
        action, row = actions[k], strengths[k].tolist()
        if action is not None:  # on a ladder allies take part too (E47)
            senders = tuple(r for r, x in enumerate(row) if x > 0 and (r in action.senders or action.rung is not None))
            if senders:
                found.append(Applied(action, senders, max(row[r] for r in senders), settled(setting, action)))
    return found, max((one.settled for one in found), default=-np.inf)


def settled(setting: Setting, action: Action) -> float:
    """Year from which an action orders the same in every quarter: no lever moves any more, nobody joins (-inf: from the start)."""
    known: dict[int, float] = setting.fixed("settled", dict)
    if id(action) not in known:
        bends = (path.points[-1][0] for path in action.measure.levers.values() if path.constant is None)
        known[id(action)] = max((*bends, *(when for _, when in action.measure.joining)), default=-np.inf)
    return known[id(action)]


def order_once(setting: Setting, one: Applied, year: float, serving: tuple[int, ...]) -> tuple[str, Order]:
    """Instrument and order of an action in a quarter (`year` inf: at its end): the same objects as long as nothing changes."""
    known: dict[Any, tuple[str, Order]] = setting.fixed("orders", dict)
    year = min(year, one.settled)
    key = (id(one.action), one.senders, one.strength, year, serving)
    if key not in known:
        known[key] = one.action.instrument, order_of(setting, one.action, one.senders, year, one.strength, serving)
    return known[key]


def as_joined(setting: Setting, apart: bool) -> tuple[tuple[Action | None, ...], tuple[int, ...]]:
    """All actions with the focus's stance or, apart, without it (then the same where it holds in full, and on ladders), and
    the regions that trade with both sides."""
    if not apart or setting.joining is None:
        return setting.actions, setting.serves_both
    without = setting.joining.apart
    return (*without, *setting.actions[len(without) :]), setting.joining.serves_both


def joined_part(setting: Setting, year: float) -> float:
    """How far the focus takes its stance in a quarter (E52)."""
    return 1.0 if setting.joining is None else float(setting.joining.part.at(year))


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
    """What an order moves: worked out once for each order."""
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
