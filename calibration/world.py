"""The base-year world of a run: from drawn parameters and a resolved scenario to a `Setting`."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from calibration.base_year import BaseYear, build_base_year
from calibration.registry import choice, joint
from calibration.states import build_reaction, ladder_actions
from model.axes import ECOSYSTEMS, KNOWLEDGE_CHANNELS, NETWORK_SEGMENTS, REGION_INDEX, REGIONS, SEGMENTS, quarter_start
from model.errors import ModelError
from model.kernel.adoption import Taste, bridges, invert_quality, mixing, reach
from model.kernel.capability import feedback, own_innovation
from model.kernel.inversion import Economy, Elasticities, build_economy
from model.kernel.links import Array, Index, Links
from model.kernel.table import BaseTable
from model.scenario.types import Measure, Scenario
from model.strategies import paid
from model.streams import key_of
from model.world import Action, Behaviour, Innovation, Joining, Network, Parameters, Plants, Reaction, Setting

OWN_MARGIN = 0.1
"""Own innovation this much (log points a year) above the frontier's growth is refused (PRIORS 3.3)."""
ALL_ECOSYSTEMS: tuple[str, ...] = tuple(e for choices in ECOSYSTEMS.values() for e in choices)


@dataclass(frozen=True)
class World:
    """What depends on parameters alone, in the fields of `Setting`: the same for all scenarios and stances of a draw."""

    economy: Economy
    behaviour: Behaviour
    networks: tuple[Network, ...]
    innovation: Innovation
    plants: Plants
    capability0: Array
    base0: Array
    usd: float
    reaction: Reaction


_LATEST: deque[tuple[Parameters, World]] = deque(maxlen=4)
"""The last worlds built: a baseline and the stances of a draw come one after the other and share theirs."""


def build_setting(
    parameters: Parameters, scenario: Scenario, stance: str | None = None, seed: int = 0, dt: float = 0.25
) -> Setting:
    """Everything fixed in a run of one scenario under one stance."""
    world = world_of(parameters)
    return Setting(
        **{field.name: getattr(world, field.name) for field in fields(world)},
        ecosystems=ALL_ECOSYSTEMS, actions=_actions(scenario, stance) + ladder_actions(scenario, stance, parameters),
        states={REGION_INDEX[r]: mode for r, mode in scenario.states.items()},
        focus=REGION_INDEX[scenario.focus], serves_both=_serving_both(scenario, stance),
        first_year=quarter_start(scenario.first), dt=dt, seed=seed, regions=REGIONS, segments=SEGMENTS, parameters=parameters,
        plan=tuple(part for part in scenario.plans.get(stance or "", ()) if part.strategy in paid()), joining=_joining(scenario, stance),
    )  # fmt: skip


def world_of(parameters: Parameters) -> World:
    """The world of these parameters, built unless it is among the last."""
    for known, world in _LATEST:
        if known.table == parameters.table:
            return world
    _LATEST.appendleft((parameters, build_world(parameters)))
    return _LATEST[0][1]


def build_world(parameters: Parameters) -> World:
    """Base year, its inversion and all that rests on them."""
    base_year = _base_year(parameters)
    table = split_investors(base_year.table)
    economy = build_economy(table, elasticities(parameters))
    plants = _plants(base_year, parameters, economy.links)
    behaviour, capability = _behaviour(parameters, economy, plants), _capability(parameters, table, plants)
    return World(
        economy=economy, behaviour=behaviour, networks=_networks(parameters),
        innovation=_innovation(parameters, table, plants, behaviour, capability), plants=plants,
        capability0=capability, base0=_base(parameters), usd=base_year.usd,
        reaction=build_reaction(parameters),
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
        channel_weight=p.array("diffusion_channel_weight", KNOWLEDGE_CHANNELS),
        over_compliance=p.scalar("over_compliance_rate"), search_success=p.scalar("search_success_rate"),
        search_cost=p.scalar("search_cost"), full_cut=p.scalar("full_cut_threshold"), input_limit=p.scalar("capacity_input_limit"),
        expansion_limit=p.scalar("expansion_limit"), smoothing=p.scalar("income_smoothing"),
        habit_speed=p.scalar("habit_speed"), rent_erosion=p.scalar("rent_erosion"),
        rent_pressure=p.scalar("rent_pressure"),
        stock_target=np.array([p["stockpile_target"].get(s, 0.0) for s in SEGMENTS]),
        stock_trigger=p.scalar("stock_reorder_point"), stock_speed=p.scalar("inventory_adjustment_speed"),
        announced_belief=p.scalar("perceived_probability"), data_depreciation=p.scalar("data_depreciation"),
        exit_threshold=p.scalar("exit_threshold"), exit_patience=p.scalar("exit_patience"),
        firm_exit_rate=p.scalar("firm_exit_rate"), retreat_rate=p.scalar("retreat_rate"),
        evasion=np.array([p["evasion_share"].get(s, 0.0) for s in SEGMENTS]), evasion_premium=p.scalar("evasion_premium"),
        standards_hysteresis=p.scalar("standards_hysteresis"), standards_exit=p.scalar("standards_exit_speed"),
        price_trend_speed=p.scalar("price_trend_speed"), relocation_elasticity=p.scalar("relocation_elasticity"), investor_takeover=p.scalar("investor_takeover"),
    )  # fmt: skip


def _plants(base_year: BaseYear, parameters: Parameters, links: Links) -> Plants:
    """Identity of each plant: owner region, entry, ecosystem, relations it has with a region's buyers."""
    relations = int(parameters.scalar("relations_per_row"))
    speed = _relocation_speed(base_year, parameters)
    entity = np.array([key_of(i) & 0xFFFFFFFFFFFFFF00 for i in base_year.plant_ids], np.uint64)
    return Plants(
        ids=base_year.plant_ids, firms=base_year.firms, owner=base_year.table.owner.argmax(0), entry=base_year.entry,
        membership=memberships(base_year.ecosystem),
        count=np.full(len(base_year.firms), relations, np.int64),
        customs=base_year.customs, entity=entity,
        relocation_speed=speed, relocation_cost=_relocation_cost(base_year, parameters),
        sisters=sister_links(base_year, links, speed), firm_number=_firm_numbers(base_year.firms),
    )  # fmt: skip


def _firm_numbers(firms: tuple[str, ...]) -> Index:
    """Number of each plant's firm [n], -1 for a fringe."""
    number = {name: i for i, name in enumerate(sorted(set(firms) - {""}))}
    return np.array([number.get(name, -1) for name in firms], np.int64)


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
    return tuple(_network(parameters, name, choices) for name, choices in ECOSYSTEMS.items())


def _network(parameters: Parameters, name: str, choices: tuple[str, ...]) -> Network:
    p, floor, column = parameters, parameters.scalar("log_base_floor"), [ALL_ECOSYSTEMS.index(e) for e in choices]
    segment, shares = NETWORK_SEGMENTS[name], _base(parameters)[:, column]
    users = p.array("installed_base_2018", tuple(f"{r}/{segment}" for r in REGIONS))
    bridge, both = _pairs(p, "interoperability", name), _pairs(p, "multihoming", name)
    mix, none = mixing(users, p["home_base_weight"][name]), np.zeros(shares.shape)
    base = reach(shares, bridges(bridge, both, np.zeros((*shares.shape, len(choices))), none), mix, floor)
    taste = Taste(
        p["network_effect"][name], p["price_sensitivity"][name], p.scalar("access_loss_utility"), p.scalar("access_gain_utility")
    )  # fmt: skip
    cost = p["switching_cost"][name]
    quality = known_elsewhere(invert_quality(shares, base, taste.network_effect, cost), shares, users)
    quality += np.array([p["entry_utility"].get(e, 0.0) for e in choices])
    seed = np.array([[p["entry_seed_share"].get(f"{e}/{r}", 0.0) for e in choices] for r in REGIONS])
    dates = np.array([p["ecosystem_entry"].get(e, np.inf) for e in choices])
    return Network(
        name=name, segment=segment, ecosystems=choices, column=np.array(column, np.int64), quality=quality,
        interoperability=bridge, multihoming=both, mixing=mix, share0=shares, reach0=base, owner=_owners(choices),
        entry=np.where(shares > 0, -np.inf, np.where(seed > 0, dates, np.inf)),
        launch=np.where(shares.any(0), -np.inf, dates), seed=seed, users=users, taste=taste, switching_cost=cost,
        rechoice_rate=p["rechoice_rate"][name], floor=floor, valuation=p.scalar("network_valuation") / (p["elasticity_of_substitution"][segment] - 1),
        data_weight=p["data_weight"].get(name, 0.0),
    )  # fmt: skip


def known_elsewhere(quality: Array, shares: Array, users: Array) -> Array:
    """Quality [R, e] in which an ecosystem unknown in a region is as in the regions that use it, by users; 0 if none do."""
    weight = users[:, None] * (shares > 0)
    total = weight.sum(0)
    return np.where(shares > 0, quality, (weight * quality).sum(0) / np.where(total > 0, total, 1.0))


def _pairs(parameters: Parameters, name: str, network: str) -> Array:
    """A symmetric [e, e] of values given once per pair of ecosystems, else per network; none with itself."""
    rows: Mapping[str, float] = parameters[name]
    short = [e.rsplit("/")[-1] for e in ECOSYSTEMS[network]]

    def value(a: str, b: str) -> float:
        return 0.0 if a == b else rows.get(f"{a}/{b}", rows.get(f"{b}/{a}", rows.get(network, 0.0)))

    return np.array([[value(a, b) for b in short] for a in short])


def _owners(choices: tuple[str, ...]) -> Index:
    """Region that owns the ecosystem which users in each region use [R, e]: local ones are owned where they are used."""
    who = {"us_platforms": "USA", "cn_platforms": "CHN"}
    short = [e.rsplit("/")[-1] for e in choices]
    found = [[REGION_INDEX[who.get(e, r)] if e.endswith("_platforms") else -1 for e in short] for r in REGIONS]
    return np.array(found, np.int64)


def memberships(texts: tuple[str, ...]) -> Array:
    """Weights [n, ecosystem] of plants in ecosystems from texts such as 'cloud/us_platforms:2; commerce/us_platforms'."""
    found = np.zeros((len(texts), len(ALL_ECOSYSTEMS)))
    for row, text in enumerate(texts):
        for part in filter(None, text.split(";")):
            name, _, weight = part.partition(":")
            found[row, ALL_ECOSYSTEMS.index(name.strip())] += float(weight or 1)
    total = found.sum(1, keepdims=True)
    return np.asarray(found / np.where(total > 0, total, 1.0))


def _base(parameters: Parameters) -> Array:
    """Installed shares of 2018 [R, e]."""
    return np.array([parameters.array("ecosystem_share_2018", tuple(f"{r}/{e}" for e in ALL_ECOSYSTEMS)) for r in REGIONS])


def _capability(parameters: Parameters, table: BaseTable, plants: Plants) -> Array:
    """Log distance to the frontier in 2018 [n]: minus years behind times the frontier's growth, by owner's region."""
    growth = parameters.array("frontier_growth", SEGMENTS)
    index = tuple(f"{REGIONS[r]}/{SEGMENTS[s]}" for r, s in zip(plants.owner, table.segment, strict=True))
    return -parameters.array("gap_2018", index) * growth[table.segment]


def _innovation(
    parameters: Parameters, table: BaseTable, plants: Plants, behaviour: Behaviour, capability: Array
) -> Innovation:
    """Own innovation by inversion (E15), R&D and experience (E28), AI (E29, E30)."""
    p, s = parameters, table.segment
    known = p["catch_up"]
    catch_up = np.array([known.get(f"{REGIONS[r]}/{SEGMENTS[k]}", 0.0) for r, k in zip(plants.owner, s, strict=True)])
    worth = p.array("subsidy_efficiency", REGIONS)[table.location]
    support = p.scalar("subsidy_rd_share") * worth
    compute, frameworks = p.scalar("weight_compute_in_quality"), p.scalar("weight_frameworks_in_quality")
    own = own_innovation(
        behaviour.frontier_growth[s], catch_up, behaviour.diffusion_rate, capability, behaviour.diffusion_saturation
    )
    depreciation, research = p.scalar("knowledge_depreciation"), p.scalar("rd_elasticity")
    learning = p.array("learning_elasticity", SEGMENTS)[s]
    sigma = p.array("elasticity_of_substitution", SEGMENTS)[s]
    gain = feedback(behaviour.quality_valuation, own, research + learning, depreciation, sigma)
    part = np.minimum(1.0, joint("learning_room") / np.maximum(gain, 1e-12))
    _refuse(own, behaviour.frontier_growth[s], plants)
    return Innovation(
        own=own, catch_up=catch_up, rd_elasticity=part * research, learning_elasticity=part * learning,
        depreciation=depreciation, rd_lag=p.scalar("rd_lag"),
        tool_dependence=p.scalar("research_tool_dependence"),
        subsidy_effect=support / p.array("rd_intensity", SEGMENTS)[s],
        research_effect=worth / p.array("rd_intensity", SEGMENTS)[s], memory=p.scalar("experience_memory"),
        ai_elasticity=p.scalar("elasticity_compute_data"),
        ai_weight=np.array([compute, 1 - compute - frameworks, frameworks]),
        cloud_weight=p.scalar("weight_cloud_in_compute"), induced=p.scalar("induced_innovation_elasticity"),
        algorithm_lag=p.scalar("algorithm_diffusion_lag"),
    )  # fmt: skip


def _refuse(own: Array, growth: Array, plants: Plants) -> None:
    """Parameters by which a plant's own innovation would be negative or far above the frontier's (PRIORS 3.3)."""
    odd = np.flatnonzero((own < 0) | (own > growth + OWN_MARGIN))
    if len(odd):
        f = int(odd[0])
        raise ModelError(f"plant {plants.ids[f]}: own innovation {own[f]:.3f} a year, frontier {growth[f]:.3f} (E15)")


def _actions(scenario: Scenario, stance: str | None) -> tuple[Action, ...]:
    """The scenario's measures with blocs resolved for a stance; a measure without two sides is left out.

    In an order of their own content, not of the file: sums of three wedges depend on order in the last bit.
    """
    found = (_action(scenario, m, stance) for m in scenario.measures)
    return tuple(sorted((action for action in found if action is not None), key=_content))


def _action(scenario: Scenario, measure: Measure, stance: str | None) -> Action | None:
    """A measure with its blocs resolved; None without two sides."""
    senders = tuple(REGION_INDEX[r] for r in scenario.active(measure, stance))
    targets = tuple(REGION_INDEX[r] for r in scenario.regions(measure.targets, stance))
    return Action(measure.id, measure.instrument, senders, targets, measure) if senders and targets else None


def _joining(scenario: Scenario, choice: str | None) -> Joining | None:
    """A stance in part or for a time, beside another or none; None if one holds in full throughout, or if there is none (E52)."""
    parts = scenario.stance_parts(choice)
    if not parts or (parts[-1].size.constant == 1.0 and parts[-1].start is None and parts[-1].end is None):
        return None
    before = parts[0].strategy if len(parts) > 1 else None
    apart = tuple(_action(scenario, action.measure, before) for action in _actions(scenario, choice))
    return Joining(parts[-1], apart, _serving_both(scenario, before))


def _content(action: Action) -> tuple[str, float, tuple[int, ...], tuple[int, ...], str]:
    """What an action is, whatever its place in the file."""
    m = action.measure
    return (m.instrument, m.start, action.senders, action.targets, repr((m.end, m.suspended, m.joining, sorted(m.levers.items()))))


def _serving_both(scenario: Scenario, stance: str | None) -> tuple[int, ...]:
    """Regions in no bloc trade with both sides; the focus only when its stance is to do so."""
    inside = {r for bloc in scenario.blocs for r in scenario.members(bloc, stance)}
    chosen = scenario.stance_of(stance) is not None
    outside = [r for r in REGIONS if r not in inside and (r != scenario.focus or chosen)]
    return tuple(REGION_INDEX[r] for r in outside) if scenario.blocs else ()


