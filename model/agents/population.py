"""Mesa agents: states, users and named firms. They see an observation and return a decision; they write nothing."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from model.agents.reactions import StateRule, StateView, follows, update_stance
from model.agents.rules import (
    FirmDecision,
    FirmRule,
    PlantView,
    UsersRule,
    UsersView,
    choose_ecosystems,
    decide_firm,
    refound,
    scripted_strength,
)
from model.agents.sight import observe, rule_of
from model.kernel.links import Array, Mask
from model.streams import uniforms
from model.wedges import Wedges
from model.world import Network, Setting


class State(mesa.Agent):  # type: ignore[misc]
    """The government of one region: applies the measures that are due from it, if it acts at all; may react to a rival."""

    def __init__(self, model: mesa.Model, region: int, mode: str) -> None:
        super().__init__(model)
        self.region, self.mode = region, mode

    def decide(self, due: Array) -> Array:
        """Strength of each of its measures in the quarter to come; `due`: 1 on its dates, less low on a ladder."""
        return np.zeros(len(due)) if self.mode == "off" else scripted_strength(due)

    def react(self, view: StateView, rule: StateRule) -> Array:
        """Its stances [G] in the quarter to come (E45); asked of states that react."""
        return update_stance(view, rule)

    def follow(self, chance: Array, luck: float) -> Mask:
        """Whether it takes part in a leader's measures on each layer [G] (E47); asked of states that react."""
        return follows(chance, np.full(len(chance), luck))


class Firm(mesa.Agent):  # type: ignore[misc]
    """A named firm and its plants (row numbers)."""

    def __init__(self, model: mesa.Model, name: str, rows: Array) -> None:
        super().__init__(model)
        self.name, self.rows = name, rows

    def decide(self, view: PlantView, rule: FirmRule) -> FirmDecision:
        """Investment, relations given up and search, for its own plants."""
        return decide_firm(view, rule)


class Users(mesa.Agent):  # type: ignore[misc]
    """The users of one network in one region: who chooses again, chooses by logit."""

    def __init__(self, model: mesa.Model, region: int) -> None:
        super().__init__(model)
        self.region = region

    def decide(
        self, network: Network, share: Array, base: Array, price: Array, wedges: Wedges, year: float
    ) -> Array:
        """Probability [e, e'] of each choice by those who choose again (E16, E17).

        share [e] of users here; base [e] that each ecosystem gives access to; price [e], ratios.
        """
        here, alone = self.region, np.ones((len(share), len(share)), bool)
        view = UsersView(
            network.quality[here], base, price, wedges["market_access"][network.column, here],
            network.entry[here] <= year + 1e-9, network.launch <= year + 1e-9,
        )  # fmt: skip
        return choose_ecosystems(view, UsersRule(network.taste, network.switching_cost, alone, all_alike))


def all_alike(mask: Mask) -> Mask:
    """Whether it holds for all ecosystems of one network [e], at each of them."""
    return np.full(mask.shape, mask.all())


class Population:
    """All agents of a run, in the order of regions and firms; own_firms and own_users [(network, users)]: those whose class
    decides otherwise than by the rule."""

    def __init__(self, states: list[State], firms: list[Firm], users: list[list[Users]]) -> None:
        self.states, self.firms, self.users = states, firms, users
        self.own_firms = [firm for firm in firms if type(firm).decide is not Firm.decide]
        self.own_users = [(k, one) for k, group in enumerate(users) for one in group if type(one).decide is not Users.decide]

    refound = staticmethod(refound)

    def luck(self, setting: Setting, name: str, quarter: int) -> Array:
        """One uniform number for each (plant, region) [n, R], its own for good."""
        regions = np.arange(setting.economy.regions, dtype=np.uint64)
        ids = setting.fixed("relations", lambda: setting.plants.entity[:, None] + regions[None])
        return uniforms(setting.seed, name, quarter, ids)

    def choose(self, setting: Setting, now: Any, share: Array, reach: Array, price: Array) -> Array:
        """Choices [R, e, e'] of all users: by the rule at once; users whose class decides otherwise are asked.

        share, reach, price [R, e] as `Users.decide` takes them, all networks side by side.
        """
        eco, loss = setting.ecosystem, now.wedges["market_access"].T
        view = UsersView(eco.quality, reach, price, loss, eco.entry <= now.year + 1e-9, eco.launch <= now.year + 1e-9)
        choice = choose_ecosystems(view, UsersRule(eco.taste, eco.switching_cost, eco.together, eco.all_of))
        for k, users in self.own_users:
            network, here = setting.networks[k], users.region
            own = network.column
            seen = (share[here, own], reach[here, own], price[here, own])
            choice[here, own[:, None], own] = users.decide(network, *seen, now.wedges, now.year)
        return choice

    def decide_firms(self, setting: Setting, now: Any, capacity: Array) -> FirmDecision:
        """Decisions of all rows from one snapshot: by the rule at once; firms whose class decides otherwise are asked.

        A `Firm` that keeps the rule has decided with all rows (the rule works row by row), so it is not asked again.
        """
        view, rule = observe(self, setting, now, capacity), rule_of(setting)
        decision = decide_firm(view, rule)
        if not self.own_firms:
            return decision
        parts = [part.copy() for part in decision]
        for firm in self.own_firms:
            own = firm.decide(PlantView(*(column[firm.rows] for column in view)), rule)
            for part, mine in zip(parts, own, strict=True):
                part[firm.rows] = mine
        return FirmDecision(*parts)  # type: ignore[arg-type]  # one of them holds whole numbers
