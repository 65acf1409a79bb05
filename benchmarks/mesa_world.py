"""From a `Setting` to agents: the same calibrated economy, number by number, as objects (benchmarks/mesa_quarter.py)."""

from __future__ import annotations

from math import exp, isfinite
from typing import Any

import numpy as np

from benchmarks.mesa_agents import Buyer, FinalUser, Investor, Plant, StateBuyer
from benchmarks.mesa_links import Cell, Link, Region
from benchmarks.mesa_quarter import ClosedQuarter, Policy
from benchmarks.mesa_wedges import expected_drift, spread
from model.world import Setting, State


def build(setting: Setting) -> ClosedQuarter:
    """Agents, cells and links of a setting in its base year."""
    b, dt = setting.behaviour, setting.dt
    model = ClosedQuarter(
        dt, labour_speed=1 - exp(-b.labour_speed * dt), wage_down=b.wage_speed, wage_up=b.wage_speed_up,
        rent_speed=b.rent_speed, rent_erosion=b.rent_erosion, rent_pressure=b.rent_pressure,
        expansion_limit=b.expansion_limit, investment_speed=b.investment_speed,
        investment_price=b.investment_price_response, follow_speed=b.follow_speed, input_limit=b.input_limit,
        smoothing=b.smoothing, habit_speed=b.habit_speed, fixed_balance=b.fixed_balance,
        price_trend_speed=b.price_trend_speed, stock_speed=b.stock_speed, exit_threshold=b.exit_threshold,
        exit_patience=b.exit_patience, firm_exit_rate=b.firm_exit_rate,
    )  # fmt: skip
    model.sigma = setting.economy.sigma.tolist()
    model.regions = [Region(r, float(b.growth[r])) for r in range(setting.economy.regions)]
    buyers = make_buyers(model, setting)
    make_links(model, setting, buyers)
    make_regions(model, setting)
    model.gather()
    for region, drift in zip(model.regions, expected_drift(model), strict=True):
        region.drift = drift
    return model


def make_buyers(model: ClosedQuarter, setting: Setting) -> list[Buyer]:
    """All agents, in the order of the economy's buyers."""
    economy, table = setting.economy, setting.economy.table
    place = [model.regions[r] for r in economy.buyer_region.tolist()]
    n, k, regions = economy.n, economy.k, economy.regions
    plants = [Plant(model, place[i], int(table.segment[i])) for i in range(n)]
    investors = [Investor(model, place[n + i]) for i in range(k)]
    users = [FinalUser(model, place[n + k + r]) for r in range(regions)]
    states = [StateBuyer(model, place[n + k + regions + r]) for r in range(regions)]
    for i, plant in enumerate(plants):
        fill_plant(plant, setting, i)
        if economy.investor[i] >= 0:
            plant.investor = investors[int(economy.investor[i])]
            plant.investor.plants.append(plant)
        plant.owners = [(model.regions[r], float(table.owner[r, i])) for r in np.flatnonzero(table.owner[:, i])]
    for investor in investors:
        investor.apart = setting.behaviour.investor_takeover > 0
    buyers: list[Buyer] = [*plants, *investors, *users]
    for buyer, eta, share in zip(buyers, economy.eta.tolist(), economy.labour_share.tolist(), strict=True):
        buyer.eta, buyer.labour_share = eta, share
    return [*buyers, *states]


def fill_plant(plant: Plant, setting: Setting, i: int) -> None:
    """A plant's numbers in the base year."""
    economy, table = setting.economy, setting.economy.table
    plant.latent = bool(economy.latent[i])
    plant.opened = plant.was_open = not plant.latent
    plant.base_labour, plant.base_capital = float(economy.labour0[i]), float(economy.capital0[i])
    plant.markup, plant.kappa, plant.slack = float(economy.markup[i]), float(economy.kappa[i]), float(setting.behaviour.slack[i])
    plant.depreciation, plant.lag = float(table.depreciation[i]), int(setting.lag_steps[i])
    plant.capacity, plant.entry_capacity = float(table.capacity[i]), float(table.entry_capacity[i])
    plant.output = plant.activity = plant.orders = plant.base_output = float(economy.output0[i])
    plant.firm = setting.plants.firms[i]
    tied = bool(setting.plants.membership[i].any()) or plant.segment == len(setting.segments) - 1
    plant.may_leave = not (plant.latent or tied) and isfinite(plant.capacity)
    plant.pipeline = [float(table.investment[i])] * plant.lag


def make_links(model: ClosedQuarter, setting: Setting, buyers: list[Buyer]) -> None:
    """Cells and links, in the order of the economy's links."""
    economy, links = setting.economy, setting.economy.links
    speed = (1 - np.exp(-setting.behaviour.sourcing_speed * setting.dt)).tolist()
    target = setting.behaviour.stock_target.tolist() or [0.0] * len(setting.segments)
    model.techniques = lt = links.technique
    cells: list[Cell] = []
    for b, s, share in zip(links.cell_buyer.tolist(), links.cell_segment.tolist(), economy.upper.tolist(), strict=True):
        cells.append(Cell(s, float(economy.sigma[s]), share, speed[s]))
        cells[-1].stock_target = target[s]
        buyers[b].cells.append(cells[-1])
    theta, inputs = economy.theta.tolist(), economy.input0.tolist()
    cell, duty, flow = links.cell.tolist(), economy.tariff0.tolist(), economy.flow0.tolist()
    for i, (f, b) in enumerate(zip(links.supplier.tolist(), links.buyer.tolist(), strict=True)):
        supplier: Any = buyers[f]
        share, units = (theta[i], inputs[i]) if i < lt else (0.0, 0.0)
        link = Link(supplier, buyers[b], share, units, duty[i], 0.0 if supplier.latent else 1.0)
        link.base_flow = flow[i]
        model.links.append(link)
        if i < lt:
            buyers[b].attach(link, cells[cell[i]])
            if not isinstance(buyers[b], Investor):
                supplier.sales.append(link)


def make_regions(model: ClosedQuarter, setting: Setting) -> None:
    """Labour, balances and expenditure of the base year."""
    economy = setting.economy
    for r, region in enumerate(model.regions):
        region.supply, region.base_balance = float(economy.labour[r]), float(economy.balance[r])
        region.base_trade = region.trade = float(economy.trade_ratio0[r])
        users = region.users
        users.expenditure = users.activity = users.habit = float(economy.expenditure0[r])


def resume(model: ClosedQuarter, setting: Setting, state: State) -> None:
    """Take over the state that a quarter of the engine left, so that any stretch of a path can be compared."""
    columns: dict[str, tuple[Any, str]] = {
        "price": (model.plants, "price"), "rent": (model.plants, "rent"), "output": (model.plants, "output"), "orders": (model.plants, "orders"),
        "capacity": (model.plants, "capacity"), "was_open": (model.plants, "was_open"), "price_trend": (model.plants, "trend"),
        "idle": (model.plants, "idle"), "capital_price": (model.investors, "price"), "wage": (model.regions, "wage"),
        "trade_ratio": (model.regions, "trade"), "expenditure": (model.users, "expenditure"), "habit": (model.users, "habit"),
        "labour": (list(model.buyers)[: setting.economy.buyers], "labour"),
    }  # fmt: skip
    for name in ("inputs", "takeover", "pay"):
        columns[name] = (model.links[: model.techniques], {"inputs": "input", "pay": "pay_last"}.get(name, name))
    columns["stock"] = ([cell for plant in model.plants for cell in plant.cells], "stock")
    for name, (owners, attribute) in columns.items():
        for owner, value in zip(owners, state[name].tolist(), strict=True):
            setattr(owner, attribute, value)
    model.year = state["year"] - setting.first_year
    for i, plant in enumerate(model.plants):
        plant.activity, plant.pipeline = plant.output, state["pipeline"][: plant.lag, i].tolist()


def policy_of(setting: Setting, before: State, after: State) -> Policy:
    """What the stages outside the comparison wrote in a quarter of the engine; shares in force are those it began with.

    Denials, shipping, duties, favours and announcements are spread over links anew where wedges tell them.
    """
    names = ("denial", "ship", "duty", "fixed", "quality", "open_links", "stock_order", "subsidy", "opened", "closed", "limit")
    found = {name: after[name].tolist() for name in names} | {"theta": before["theta"].tolist()}
    return Policy(**(found | spread(setting, before, after)))


def neutral_policy(setting: Setting) -> Policy:
    """No policy, entrants closed."""
    economy, links, n = setting.economy, setting.economy.links, setting.economy.n
    lt, count = links.technique, len(links.buyer)
    supplied = ~economy.latent[links.supplier[:lt]] & (economy.theta > 0)
    return Policy(
        denial=[0.0] * count, ship=[1.0] * count, duty=economy.tariff0.tolist(), fixed=economy.fixed0.tolist(),
        quality=[1.0] * lt, theta=economy.theta.tolist(), open_links=supplied.tolist(), stock_order=[0.0] * lt,
        subsidy=[0.0] * n, opened=(~economy.latent).tolist(), closed=[False] * n, limit=[float("inf")] * n,
        favour=[1.0] * count, announced=[0.0] * lt,
    )  # fmt: skip
