"""The engine on a random economy: a Setting without agents' luck, networks or measures, wedges given by link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from model.agents.population import Population
from model.axes import SEGMENTS
from model.kernel.inversion import Elasticities, build_economy
from model.kernel.table import BaseTable
from model.schedule import SCHEDULE, Stage, run_quarter
from model.start import start_state
from model.wedges import Wedges, axis_sizes
from model.world import Behaviour, Plants, Setting, State
from tests.oracle.closed_quarter import OracleParameters, OracleWedges


def build_setting(table: BaseTable, p: OracleParameters, dt: float = 0.25, unlimited: bool = False) -> Setting:
    """The engine's view of the oracle's table and parameters."""
    economy = build_economy(table, Elasticities(p.sigma, p.eta, p.eta_capital, p.eta_final))
    n, regions, segments = economy.n, economy.regions, table.segments
    if unlimited:
        economy = replace(economy, table=table.replace(capacity=np.full(n, np.inf)))
    with np.errstate(invalid="ignore", divide="ignore"):
        slack = np.where(economy.latent, p.slack, table.capacity / economy.output0)
    behaviour = Behaviour(
        sourcing_speed=p.speed, labour_speed=p.labour_speed, wage_speed=p.wage_speed, wage_speed_up=p.wage_speed, rent_speed=p.rent_speed,
        investment_speed=p.investment_speed, investment_price_response=p.investment_price, follow_speed=0.0,
        slack=slack, growth=np.zeros(regions), quality_valuation=np.zeros(n), frontier_growth=np.zeros(segments),
        diffusion_rate=np.zeros(n), diffusion_saturation=1.0, channel_weight=np.array([1.0, 0, 0, 0]),
        over_compliance=0.0, search_success=0.0, search_cost=0.0, full_cut=0.99999, fixed_balance=p.fixed_balance,
    )  # fmt: skip
    plants = Plants(
        ids=tuple(str(i) for i in range(n)), firms=("",) * n, owner=table.owner.argmax(0),
        entry=np.where(economy.latent, np.inf, -np.inf), membership=np.zeros((n, 0)), count=np.ones(n, int),
        customs=np.eye(regions)[table.location], entity=np.arange(n, dtype=np.uint64) * np.uint64(64),
        relocation_speed=np.zeros(n), relocation_cost=np.zeros(n), sisters=(np.zeros(0, int), np.zeros(0, int), np.zeros(0)),
        firm_number=np.full(n, -1),
    )  # fmt: skip
    return Setting(
        economy=economy, behaviour=behaviour, networks=(), ecosystems=(), plants=plants, actions=(), states={},
        focus=0, serves_both=(), capability0=np.zeros(n), base0=np.zeros((regions, 0)), first_year=0.0, dt=dt, seed=0,
        usd=1.0, regions=tuple(str(r) for r in range(regions)), segments=SEGMENTS[:segments],
        agents=Population([], [], []),
    )  # fmt: skip


def linked(setting: Setting, wedges: OracleWedges) -> State:
    """The oracle's dense wedges as the engine's arrays by link: what `enact` would have written."""
    economy, links = setting.economy, setting.economy.links
    f, b, lt = links.supplier, links.buyer, links.technique
    denial, opened = wedges.denial[f, b], wedges.opened
    sizes = axis_sizes(economy.regions, economy.table.segments, economy.n, 0, 4)
    return {
        "wedges": Wedges(sizes), "opened": opened, "denial": denial, "evaded": np.zeros(len(f)),
        "standards": np.ones((economy.n, economy.regions)), "ship": wedges.tau[f, b],
        "duty": wedges.tariff[f, b], "subsidy": wedges.subsidy, "quality": np.exp(wedges.quality[f, b])[:lt],
        "open_links": opened[f[:lt]] & (denial[:lt] < 1) & (economy.theta > 0), "limit": wedges.limit, "ai_quality": np.zeros(economy.n),
    }  # fmt: skip


def run_engine(
    setting: Setting, wedges: Callable[[float], OracleWedges] | OracleWedges, years: float,
    stop: Callable[[State], bool] | None = None, state: State | None = None,
) -> list[State]:
    """Quarters of the engine under the oracle's wedges, the real schedule with `enact` replaced."""

    def enact(s: Setting, now: SimpleNamespace) -> State:
        return linked(s, wedges(now.year) if callable(wedges) else wedges)

    def decide(s: Setting, now: SimpleNamespace) -> State:
        w = wedges(now.year) if callable(wedges) else wedges
        links = s.economy.links
        written = SCHEDULE[2].function(s, now)
        orders = w.orders[links.supplier, links.buyer]
        stock = w.stock_orders[s.economy.table.segment[links.supplier], np.minimum(links.buyer, s.economy.n - 1)]
        stock = np.where(links.buyer < s.economy.n, stock * now.orders[np.minimum(links.buyer, s.economy.n - 1)], 0.0)
        return written | {"fixed": orders, "stock_order": stock[: links.technique]}

    first = SCHEDULE[0]
    schedule = (
        Stage("enact", enact, first.reads, first.writes, ()),
        SCHEDULE[1],
        Stage("decide", decide, SCHEDULE[2].reads, SCHEDULE[2].writes, ()),
        *SCHEDULE[3:],
    )
    state = state or start_state(setting)
    path: list[State] = []
    for _ in range(int(round(years / setting.dt))):
        state = run_quarter(setting, state, schedule)
        path.append(state)
        if stop and stop(state):
            break
    return path
