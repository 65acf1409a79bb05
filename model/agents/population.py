"""Mesa agents: states, users and named firms. They see an observation and return a decision; they write nothing."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from model.agents.rules import FirmDecision, FirmRule, PlantView, decide_firm, refound, scripted_strength
from model.kernel.adoption import choices, utility
from model.kernel.links import Array, sum_by
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
        return FirmDecision(*parts)


def rule_of(setting: Setting) -> FirmRule:
    """The firms' rule with this run's parameters."""
    b = setting.behaviour
    return FirmRule(b.investment_speed, b.investment_price_response, b.expansion_limit, b.over_compliance, b.stock_speed, setting.dt)


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
        depreciation=table.depreciation, lag=np.asarray(setting.lag_steps * dt, float), early=tools_ahead(setting, now), lost=now.lost,
        targeted=targeted, denied=denied_part(setting, now), moved=now.moved,
        relocation_speed=setting.plants.relocation_speed, count=setting.plants.count,
        luck_drop=population.luck(setting, "links.drop", now.quarter) if chance else zeros,
    )  # fmt: skip


def tools_ahead(setting: Setting, now: Any) -> Array:
    """Quarters of use of capital goods that each plant wants to have bought before an announced control [n] (E27)."""
    economy, table, links = setting.economy, setting.economy.table, setting.economy.links
    if not economy.k or not now.wedges["announced"].any():
        return np.zeros(economy.n)
    own = slice(links.pointer[economy.n], links.pointer[economy.n + economy.k])
    f, i, cell = links.supplier[own], links.buyer[own] - economy.n, links.cell[own]
    place = (table.investors[i, 2], table.location[f], table.investors[i, 0], table.segment[f])
    threat = now.theta[own] * economy.upper[cell] * now.wedges["announced"][place]
    quarters = sum_by(i, threat * setting.behaviour.stock_target[table.segment[f]], economy.k)
    return np.where(economy.investor >= 0, quarters[economy.investor], 0.0)


def denied_part(setting: Setting, now: Any) -> Array:
    """Part of each plant's business with a region that is denied now [n, R]: none at home."""
    table = setting.economy.table
    regions = np.arange(setting.economy.regions)
    denied = now.wedges["denial_rate"][table.location[:, None], regions[None], table.segment[:, None]]
    return np.where(table.location[:, None] == regions[None], 0.0, denied)
