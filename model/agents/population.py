"""Mesa agents: states, users and named firms. They see an observation and return a decision; they write nothing."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from model.agents.rules import FirmDecision, FirmRule, PlantView, decide_firm, refound, scripted_strength
from model.kernel.adoption import choices, utility
from model.kernel.links import Array, Mask, sum_by
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
        return FirmDecision(*parts)


def rule_of(setting: Setting) -> FirmRule:
    """The firms' rule with this run's parameters."""
    b = setting.behaviour
    return FirmRule(
        b.investment_speed, b.investment_price_response, b.expansion_limit, b.over_compliance, b.exit_patience,
        b.firm_exit_rate, b.retreat_rate, setting.dt,
    )  # fmt: skip


def observe(population: Population, setting: Setting, now: Any, capacity: Array) -> PlantView:
    """The snapshot all firms decide on."""
    economy, table, dt = setting.economy, setting.economy.table, setting.dt
    has = economy.investor >= 0
    kappa = np.where(economy.kappa > 0, economy.kappa, 1.0)
    price = np.where(has, now.capital_price[economy.investor * has], 1.0) if economy.k else np.ones(economy.n)
    denied = now.wedges["denial_rate"].max(2)
    np.fill_diagonal(denied, 0.0)
    targeted = np.where(setting.technology()[:, None], denied[table.location], 0.0)
    zeros = np.zeros((economy.n, economy.regions))
    chance = targeted.any()
    return PlantView(
        capacity=np.where(np.isfinite(capacity), capacity, 0.0),
        coming=now.pipeline.sum(0) * 4 * dt / kappa, orders=now.orders,
        price_ratio=now.price / price, kappa=economy.kappa, slack=setting.behaviour.slack,
        depreciation=table.depreciation, lag=np.asarray(setting.lag_steps * dt, float), lost=now.lost,
        targeted=targeted, denied=denied_part(setting, now), moved=now.moved,
        relocation_speed=setting.plants.relocation_speed, count=setting.plants.count,
        luck_drop=population.luck(setting, "links.drop", now.quarter) if chance else zeros,
        idle=now.idle, may_close=may_close(setting, now), fringe=setting.plants.firm_number < 0,
        luck_close=population.luck(setting, "plants.close", now.quarter)[:, 0] if now.idle.any() else zeros[:, 0],
    )  # fmt: skip


def may_close(setting: Setting, now: Any) -> Mask:
    """Plants that may leave (E35) [n]: in business, of technology, without an ecosystem, not the largest of their cell.

    The plants of one firm in a cell count together, and so do the rows of its fringe.
    """
    economy, plants, group = setting.economy, setting.plants, setting.economy.groups.group
    key = group * (len(group) + 1) + plants.firm_number + 1
    _, place = np.unique(key, return_inverse=True)
    size = sum_by(place, now.output)[place]
    largest = np.zeros(economy.groups.count)
    np.maximum.at(largest, group, size)
    free = setting.technology() & ~plants.membership.any(1) & np.isfinite(economy.table.capacity) & ~economy.latent
    return np.asarray(free & now.opened & (size < largest[group]))


def denied_part(setting: Setting, now: Any) -> Array:
    """Part of each plant's business with a region that is denied now [n, R]: none at home."""
    table = setting.economy.table
    regions = np.arange(setting.economy.regions)
    denied = now.wedges["denial_rate"][table.location[:, None], regions[None], table.segment[:, None]]
    return np.where(table.location[:, None] == regions[None], 0.0, denied)
