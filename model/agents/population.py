"""Mesa agents: states, users and named firms. They see an observation and return a decision; they write nothing."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from model.agents.rules import FirmDecision, FirmRule, PlantView, decide_firm, refound, scripted_strength
from model.agents.sight import observe, rule_of
from model.kernel.adoption import choices, utility
from model.kernel.links import Array
from model.streams import uniforms
from model.wedges import Wedges
from model.world import Network, Setting


class State(mesa.Agent):  # type: ignore[misc]
    """The government of one region: applies the measures that are written for it, if it acts at all."""

    def __init__(self, model: mesa.Model, region: int, mode: str) -> None:
        super().__init__(model)
        self.region, self.mode = region, mode

    def decide(self, due: Array) -> Array:
        """Strength of each of its measures in the quarter to come; `due` marks those dated for it."""
        return scripted_strength(due) if self.mode == "scripted" else np.zeros(len(due))


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
        self, setting: Setting, network: Network, share: Array, price: Array, wedges: Wedges, year: float
    ) -> Array:
        """Probability [e, e'] of each choice by those who choose again (E16, E17)."""
        here, column = self.region, network.column
        bridge = network.interoperability * (1 - wedges["interoperability"][here][np.ix_(column, column)])
        loss = wedges["market_access"][column, here]
        forked = (loss > 0).any() & (network.launch <= year + 1e-9)
        allowed = ((network.entry[here] <= year + 1e-9) | forked) & (loss < 1)
        if not allowed.any():
            return np.eye(len(share))
        u = utility(
            network.quality[here], share, bridge, price, loss, network.network_effect, network.price_sensitivity,
            network.access_utility, network.floor,
        )  # fmt: skip
        return choices(u, allowed, network.switching_cost)


class Population:
    """All agents of a run, in the order of regions and firms."""

    def __init__(self, states: list[State], firms: list[Firm], users: list[list[Users]]) -> None:
        self.states, self.firms, self.users = states, firms, users

    refound = staticmethod(refound)

    def luck(self, setting: Setting, name: str, quarter: int) -> Array:
        """One uniform number for each (plant, region) [n, R], its own for good."""
        regions = np.arange(setting.economy.regions, dtype=np.uint64)
        ids = setting.plants.entity[:, None] + regions[None]
        return uniforms(setting.seed, name, quarter, ids)

    def decide_firms(self, setting: Setting, now: Any, capacity: Array) -> FirmDecision:
        """Decisions of all rows: the fringe by the rule at once, named firms through their agents, from one snapshot."""
        view, rule = observe(self, setting, now, capacity), rule_of(setting)
        decision = decide_firm(view, rule)
        parts = [part.copy() for part in decision]
        for firm in self.firms:
            own = firm.decide(PlantView(*(column[firm.rows] for column in view)), rule)
            for part, mine in zip(parts, own, strict=True):
                part[firm.rows] = mine
        return FirmDecision(*parts)  # type: ignore[arg-type]  # one of them holds whole numbers
