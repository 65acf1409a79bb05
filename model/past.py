"""Past: quarters that another run of the same world has been through already are looked up, not computed again.

All that policy does to a run passes through what is ordered each quarter (model/stages/orders.py). So two runs of one
world, seed and schedule whose orders were the same in every quarter so far are in the same state, bit for bit: a scenario
that begins in 2026 shares eight years with its baseline. Where states react, what they order hangs on what they see, so
such runs neither give nor take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.scenario.types import REACTIVE
from model.stages.orders import orders_of
from model.stages.respond import decide_states
from model.world import Setting, State

MOST_LINKS = 100_000
"""Worlds with more links are too large to be kept 72 times over (2 MB a quarter at 12,000 links)."""


class Past:
    """The quarters of one run: the first of its world that was begun with this. One is kept at a time."""

    def __init__(self) -> None:
        self.world: tuple[Any, ...] = ()
        self.quarters: list[tuple[Any, State]] = []

    def follow(self, setting: Setting, schedule: Any) -> Walk | None:
        """A run's way along this past, which it begins anew where it is of another world; None where nothing is shared."""
        if REACTIVE in setting.states.values() or setting.economy.links.technique > MOST_LINKS:
            return None
        world = (setting.economy, setting.parameters.table, setting.seed, setting.dt, setting.first_year, schedule)
        known = len(world) == len(self.world) and world[0] is self.world[0] and world[1:] == self.world[1:]
        if not known:
            self.world, self.quarters = world, []
        return Walk(self, setting, leads=not known)


class Walk:
    """One run: along the past while its orders are the same, then on its own. Who leads writes the past."""

    def __init__(self, past: Past, setting: Setting, leads: bool) -> None:
        self.past, self.setting, self.leads, self.along = past, setting, leads, not leads
        self.world = past.world

    def step(self, now: State, run: Callable[[], State]) -> State:
        """The state after this quarter: known from the past, or what `run` computes."""
        orders, quarter = self._orders(now), now["quarter"]
        known = self.past.quarters if self.past.world is self.world else []  # else another world's
        self.along = self.along and quarter < len(known) and known[quarter][0] == orders
        if self.along:
            after = known[quarter][1]
            return after | {"in_force": decide_states(self.setting, after["year"])}
        after = run()
        if self.leads and self.past.world is self.world:
            known.append((orders, after))
        return after

    def _orders(self, now: State) -> Any:
        """What is ordered this quarter; in a decomposition (E26) also by the other scenario, unless both order the same."""
        setting, year = self.setting, now["year"]
        own = orders_of(setting, year, now["in_force"])
        if setting.channels_on is None or setting.otherwise is None:
            return own, setting.channels_on, None
        other = orders_of(setting.otherwise, year, decide_states(setting.otherwise, year))
        return (own, None, None) if other == own else (own, setting.channels_on, other)
