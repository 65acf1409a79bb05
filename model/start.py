"""The state in which 2018Q1 starts: everything at its base-year value."""

from __future__ import annotations

import numpy as np

from model.kernel.links import sum_by
from model.stages.adopt import shares_of_links
from model.stages.respond import decide_states
from model.world import Setting, State


def start_state(setting: Setting) -> State:
    """Initial values of all variables; techniques, prices and wages are 1, entrants' inputs 0."""
    economy, table = setting.economy, setting.economy.table
    links, n, lt, regions = economy.links, economy.n, economy.links.technique, economy.regions
    steps = setting.lag_steps
    pipeline = np.where(np.arange(steps.max())[:, None] < steps[None], table.investment[None], 0.0)
    cells = int(np.searchsorted(links.cell_buyer, n))
    latent = economy.latent[links.supplier[:lt]]
    books = None
    place = links.supplier * regions + economy.buyer_region[links.buyer]
    sales = sum_by(place, economy.flow0, n * regions).reshape(n, regions)
    return {
        "year": setting.first_year, "quarter": 0,
        "in_force": decide_states(setting, setting.first_year), "stance": np.zeros((regions, len(setting.reaction.layers))),
        "lost": np.zeros((n, regions)), "moved": np.zeros((n, regions)), "capability": setting.capability0.copy(),
        "rnd": np.ones(n), "experience": np.ones(n), "efficiency": np.zeros(regions), "ai_quality": np.zeros(n),
        "base": setting.base0.copy(), "new_choices": setting.base0.copy(),
        "network_value": np.zeros((regions, len(setting.networks))), "frameworks": np.ones(regions), "data": np.ones(regions),
        "theta": shares_of_links(setting, setting.base0),
        "was_open": ~economy.latent, "opened": ~economy.latent,
        "closed": np.zeros(n, bool), "idle": np.zeros(n),
        "labour": np.ones(economy.buyers), "inputs": np.where(latent, 0.0, 1.0),
        "pay": 1 + economy.tariff0[:lt],
        "wage": np.ones(regions), "price": np.ones(n), "capital_price": np.ones(economy.k), "rent": np.zeros(n),
        "capacity": table.capacity.copy(), "pipeline": pipeline, "stock": np.zeros(cells),
        "stock_order": np.zeros(lt), "stock_change": np.zeros(cells),
        "orders": economy.output0.copy(), "output": economy.output0.copy(),
        "expenditure": economy.expenditure0.copy(), "trade_ratio": economy.trade_ratio0.copy(),
        "habit": economy.expenditure0.copy(), "investment": table.investment.copy(), "fixed": economy.fixed0.copy(),
        "compliance": np.zeros(n), "search": np.zeros(n), "standard": np.zeros(n, np.int64), "left": np.zeros((n, regions)),
        "sales": sales, "market": sales.copy(), "standards_cost": np.zeros(n), "price_trend": np.zeros(n), "moving": np.zeros(n), "takeover": np.ones(lt),
        "employment_gap": np.zeros(regions), "books": books,
    }  # fmt: skip
