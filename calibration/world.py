"""The base-year world of a run: from drawn parameters and a resolved scenario to a `Setting`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from calibration.base_year import BaseYear, build_base_year
from calibration.registry import choice
from model.axes import ECOSYSTEMS, REGION_INDEX, REGIONS, SEGMENTS, quarter_start
from model.kernel.adoption import invert_quality
from model.kernel.inversion import Economy, Elasticities, build_economy
from model.kernel.links import Array, Index, Links
from model.kernel.table import BaseTable
from model.scenario.types import Scenario
from model.streams import key_of
from model.world import Action, Behaviour, Network, Parameters, Plants, Setting

CHANNELS = ("imported_inputs", "open_source", "collaboration", "investment")
ALL_ECOSYSTEMS: tuple[str, ...] = tuple(e for choices in ECOSYSTEMS.values() for e in choices)


def build_setting(
    parameters: Parameters, scenario: Scenario, stance: str | None = None, seed: int = 0, dt: float = 0.25
) -> Setting:
    """Everything fixed in a run of one scenario under one stance."""
    base_year = _base_year(parameters)
    table = split_investors(base_year.table)
    economy = build_economy(table, elasticities(parameters))
    plants = _plants(base_year, parameters, economy.links)
    return Setting(
        economy=economy, behaviour=_behaviour(parameters, economy, plants), networks=_networks(parameters),
        ecosystems=ALL_ECOSYSTEMS, plants=plants, actions=_actions(scenario, stance),
        states={REGION_INDEX[r]: mode for r, mode in scenario.states.items()},
        focus=REGION_INDEX[scenario.focus], serves_both=_serving_both(scenario, stance),
        capability0=_capability(parameters, table, plants), base0=_base(parameters),
        first_year=quarter_start(scenario.first), dt=dt, seed=seed, usd=base_year.usd,
        regions=REGIONS, segments=SEGMENTS, parameters=parameters,
    )  # fmt: skip


def _base_year(parameters: Parameters) -> BaseYear:
    """The balanced table for these parameters (named alternatives as words)."""
    values: dict[str, object] = {name: dict(rows) for name, rows in parameters.items()}
    values["chip_purchase_basis"] = choice(parameters, "chip_purchase_basis")
    return build_base_year(values, with_diagnostics=False)


def elasticities(parameters: Parameters) -> Elasticities:
    """Long-run elasticities as the kernel wants them."""
    return Elasticities(
        parameters.array("elasticity_of_substitution", SEGMENTS), parameters.array("elasticity_between_inputs", SEGMENTS),
        parameters.scalar("elasticity_capital_goods"), parameters.scalar("elasticity_final_demand"),
    )  # fmt: skip


def split_investors(table: BaseTable) -> BaseTable:
    """Investors by (region, segment, owner), so that an exemption by owner reaches its own plants only."""
    owner = table.owner.argmax(0)
    n, k = table.plants, len(table.investors)
    rows: list[tuple[int, int, int]] = []
    columns: list[Array] = []
    for i, (region, segment) in enumerate(table.investors):
        inside = (table.location == region) & (table.segment == segment) & (table.investment > 0)
        total = table.investment[inside].sum()
        for who in np.unique(owner[inside]):
            part = table.investment[inside & (owner == who)].sum() / total
            rows.append((int(region), int(segment), int(who)))
            columns.append(table.flow[:, n + i] * part)
    flow = np.concatenate([table.flow[:, :n], np.array(columns).T, table.flow[:, n + k :]], 1)
    return table.replace(investors=np.array(rows, np.int64), flow=flow)


def _behaviour(parameters: Parameters, economy: Economy, plants: Plants) -> Behaviour:
    """Speeds and rates; r_s = -ln(1 - e1/sigma) a year (PRIORS 3.1, Boehm et al. 2023)."""
    p, table = parameters, economy.table
    sigma, first_year = p.array("elasticity_of_substitution", SEGMENTS), p.array("one_year_elasticity", SEGMENTS)
    absorption = p.array("absorptive_capacity", REGIONS)
    multiplier = p.array("diffusion_segment_multiplier", SEGMENTS)
    with np.errstate(invalid="ignore", divide="ignore"):
        slack = np.where(economy.latent, p.scalar("capacity_slack"), table.capacity / economy.output0)
    slack = np.where(np.isfinite(slack), slack, 1.0)  # a home cell has no limit and wants none
    return Behaviour(
        sourcing_speed=-np.log(1 - first_year / sigma),
        labour_speed=p.scalar("labour_adjustment_speed"), wage_speed=p.scalar("wage_adjustment_speed"),
        wage_speed_up=p.scalar("wage_speed_overheated"),
        rent_speed=p.scalar("rent_speed"), investment_speed=p.scalar("investment_speed"),
        investment_price_response=p.scalar("investment_price_response"),
        follow_speed=p.scalar("capacity_follow_speed"), slack=slack,
        growth=p.array("growth_baseline", REGIONS),
        quality_valuation=p.array("quality_valuation", SEGMENTS)[table.segment],
        frontier_growth=p.array("frontier_growth", SEGMENTS),
        diffusion_rate=p.scalar("diffusion_rate") * multiplier[table.segment] * absorption[plants.owner],
        diffusion_saturation=p.scalar("diffusion_saturation"),
        channel_weight=p.array("diffusion_channel_weight", CHANNELS),
        over_compliance=p.scalar("over_compliance_rate"), search_success=p.scalar("search_success_rate"),
        search_cost=p.scalar("search_cost"), full_cut=p.scalar("full_cut_threshold"), input_limit=p.scalar("capacity_input_limit"),
        expansion_limit=p.scalar("expansion_limit"), smoothing=p.scalar("income_smoothing"),
        habit_speed=p.scalar("habit_speed"), rent_erosion=p.scalar("rent_erosion"),
        rent_pressure=p.scalar("rent_pressure"),
        stock_target=np.array([p["stockpile_target"].get(s, 0.0) for s in SEGMENTS]),
        stock_trigger=p.scalar("stock_reorder_point"), stock_speed=p.scalar("inventory_adjustment_speed"),
        announced_belief=p.scalar("perceived_probability"),
        evasion=np.array([p["evasion_share"].get(s, 0.0) for s in SEGMENTS]), evasion_premium=p.scalar("evasion_premium"),
        standards_hysteresis=p.scalar("standards_hysteresis"), standards_exit=p.scalar("standards_exit_speed"),
        price_trend_speed=p.scalar("price_trend_speed"), investor_takeover=p.scalar("investor_takeover"),
    )  # fmt: skip


def _plants(base_year: BaseYear, parameters: Parameters, links: Links) -> Plants:
    """Identity of each plant: owner region, entry, ecosystem, relations it has with a region's buyers."""
    relations = int(parameters.scalar("relations_per_row"))
    speed = _relocation_speed(base_year, parameters)
    entity = np.array([key_of(i) & 0xFFFFFFFFFFFFFF00 for i in base_year.plant_ids], np.uint64)
    return Plants(
        ids=base_year.plant_ids, firms=base_year.firms, owner=base_year.table.owner.argmax(0), entry=base_year.entry,
        ecosystem=np.array([ALL_ECOSYSTEMS.index(e) if e else -1 for e in base_year.ecosystem], np.int64),
        count=np.full(len(base_year.firms), relations, np.int64),
        customs=base_year.customs, entity=entity,
        relocation_speed=speed, relocation_cost=_relocation_cost(base_year, parameters),
        sisters=sister_links(base_year, links, speed),
    )  # fmt: skip


def _relocation_speed(base_year: BaseYear, parameters: Parameters) -> Array:
    """1/lag a year for the named plants of segments that can move; 0 elsewhere."""
    lags = parameters["relocation_lag"]
    speed = np.array([1 / lags[s] if s in lags else 0.0 for s in SEGMENTS])[base_year.table.segment]
    return np.where(np.array(base_year.firms) != "", speed, 0.0)


def _relocation_cost(base_year: BaseYear, parameters: Parameters) -> Array:
    """Part of a year's sales that moving them costs [n]; 0 where nothing moves."""
    costs = parameters["relocation_cost"]
    return np.asarray(np.array([costs.get(s, 0.0) for s in SEGMENTS])[base_year.table.segment])


def sister_links(base_year: BaseYear, links: Links, speed: Array) -> tuple[Index, Index, Array]:
    """Pairs of links of one firm's plants in one cell: from, to, and base output of the plant it goes to."""
    _, firm = np.unique(np.array(base_year.firms), return_inverse=True)
    plant = links.supplier[: links.technique]
    can = np.flatnonzero(speed[plant] > 0)
    key = links.cell[can] * (int(firm.max()) + 1) + firm[plant[can]]
    groups = [can[key == k] for k in np.unique(key)]
    pairs = [(i, j) for group in groups if len(group) > 1 for i in group for j in group if i != j]
    source, sister = np.array(pairs, np.int64).reshape(-1, 2).T
    return source, sister, base_year.table.output[plant[sister]]


def _networks(parameters: Parameters) -> tuple[Network, ...]:
    """Choice sets with qualities inverted so that base-year shares are stationary (E16)."""
    return tuple(_network(parameters, segment, choices) for segment, choices in ECOSYSTEMS.items())


def _network(parameters: Parameters, segment: str, choices: tuple[str, ...]) -> Network:
    p, floor = parameters, parameters.scalar("log_base_floor")
    bridge = np.array([[_bridge(p, a, b) for b in choices] for a in choices])
    effect, cost = p["network_effect"][segment], p["switching_cost"][segment]
    shares = np.array([p.array("ecosystem_share_2018", tuple(f"{r}/{e}" for e in choices)) for r in REGIONS])
    quality = invert_quality(shares, bridge, effect, cost, floor)
    seed = np.array([[p["entry_seed_share"].get(f"{e}/{r}", 0.0) for e in choices] for r in REGIONS])
    dates = np.array([p["ecosystem_entry"].get(e, np.inf) for e in choices])
    entry = np.where(shares > 0, -np.inf, np.where(seed > 0, dates, np.inf))
    quality += np.array([p["entry_utility"].get(e, 0.0) for e in choices])
    return Network(
        segment=segment, ecosystems=choices, column=np.array([ALL_ECOSYSTEMS.index(e) for e in choices], np.int64),
        quality=quality, interoperability=bridge, entry=entry, launch=dates,
        seed=seed,
        users=p.array("installed_base_2018", tuple(f"{r}/{segment}" for r in REGIONS)),
        network_effect=effect, price_sensitivity=p["price_sensitivity"][segment], switching_cost=cost,
        access_utility=p.scalar("access_loss_utility"), rechoice_rate=p["rechoice_rate"][segment], floor=floor,
    )  # fmt: skip


def _bridge(parameters: Parameters, a: str, b: str) -> float:
    """Interoperability of two ecosystems, given once per unordered pair; none with itself."""
    pairs: Mapping[str, float] = parameters["interoperability"]
    return 0.0 if a == b else pairs.get(f"{a}/{b}", pairs.get(f"{b}/{a}", 0.0))


def _base(parameters: Parameters) -> Array:
    """Installed shares of 2018 [R, e]."""
    return np.array([parameters.array("ecosystem_share_2018", tuple(f"{r}/{e}" for e in ALL_ECOSYSTEMS)) for r in REGIONS])


def _capability(parameters: Parameters, table: BaseTable, plants: Plants) -> Array:
    """Log distance to the frontier in 2018 [n]: minus years behind times the frontier's growth, by owner's region."""
    growth = parameters.array("frontier_growth", SEGMENTS)
    index = tuple(f"{REGIONS[r]}/{SEGMENTS[s]}" for r, s in zip(plants.owner, table.segment, strict=True))
    return -parameters.array("gap_2018", index) * growth[table.segment]


def _actions(scenario: Scenario, stance: str | None) -> tuple[Action, ...]:
    """The scenario's measures with blocs resolved for a stance; a measure without two sides is left out.

    In an order of their own content, not of the file: sums of three wedges depend on order in the last bit.
    """
    found = []
    for m in scenario.measures:
        senders = tuple(REGION_INDEX[r] for r in scenario.active(m, stance))
        targets = tuple(REGION_INDEX[r] for r in scenario.regions(m.targets, stance))
        if senders and targets:
            found.append(Action(m.id, m.instrument, senders, targets, m))
    return tuple(sorted(found, key=_content))


def _content(action: Action) -> tuple[str, float, tuple[int, ...], tuple[int, ...], str]:
    """What an action is, whatever its place in the file."""
    m = action.measure
    return (m.instrument, m.start, action.senders, action.targets, repr((m.end, m.suspended, sorted(m.levers.items()))))


def _serving_both(scenario: Scenario, stance: str | None) -> tuple[int, ...]:
    """Regions in no bloc trade with both sides; the focus only when its stance is to do so."""
    inside = {r for bloc in scenario.blocs for r in scenario.members(bloc, stance)}
    outside = [r for r in REGIONS if r not in inside and (r != scenario.focus or stance is not None)]
    return tuple(REGION_INDEX[r] for r in outside) if scenario.blocs else ()


