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
        self, network: Network, share: Array, base: Array, price: Array, wedges: Wedges, year: float
    ) -> Array:
        """Probability [e, e'] of each choice by those who choose again (E16, E17).

        share [e] of users here; base [e] that each ecosystem gives access to; price [e], ratios.
        """
        here = self.region
        loss = wedges["market_access"][network.column, here]
        entered = network.entry[here] <= year + 1e-9
        # where all they know is being lost users look at what exists elsewhere; where one is let in, at that one
        sought = ((loss > 0)[entered].all() | (loss < 0)) & (network.launch <= year + 1e-9)
        allowed = (entered | sought) & (loss < 1)
        if not allowed.any():
            return np.eye(len(share))
        return choices(utility(network.quality[here], base, price, loss, network.taste), allowed, network.switching_cost)


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
        """Decisions of all rows from one snapshot: by the rule at once; firms whose class decides otherwise are asked.

        A `Firm` that keeps the rule has decided with all rows (the rule works row by row), so it is not asked again.
        """
        view, rule = observe(self, setting, now, capacity), rule_of(setting)
        decision = decide_firm(view, rule)
        parts = [part.copy() for part in decision]
        for firm in self.firms:
            if type(firm).decide is Firm.decide:
                continue
            own = firm.decide(PlantView(*(column[firm.rows] for column in view)), rule)
            for part, mine in zip(parts, own, strict=True):
                part[firm.rows] = mine
        return FirmDecision(*parts)  # type: ignore[arg-type]  # one of them holds whole numbers
