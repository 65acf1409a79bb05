"""React: states see the last quarter, take stances and decide what they apply in the quarter to come (E22, E44-E47)."""

from __future__ import annotations

import numpy as np

from model.agents.reactions import StateRule, StateView, caught_up, combined, follow_chance, widened
from model.axes import NETWORK_SEGMENTS, SEGMENT_INDEX
from model.kernel.links import Array, Index, sum_by
from model.scenario.types import REACTIVE
from model.stages.orders import moved_by, orders_of
from model.stages.respond import decide_states
from model.streams import key_of, uniforms
from model.wedges import USES, Wedges
from model.world import Setting, State, View


def respond(setting: Setting, now: View) -> State:
    """States take stances on what they see of each other (E44, E45) and apply measures from the next quarter (E22, E46, E47)."""
    year = now.year + setting.dt
    stance, joined = now.stance, None
    if REACTIVE in setting.states.values() and setting.held is None and year >= setting.reaction.start - 1e-9:
        stance, joined = take_stances(setting, now), join_leaders(setting, now)
    return {"in_force": decide_states(setting, year, stance, joined), "stance": stance}


# -- stances -----------------------------------------------------------------------------------------
def take_stances(setting: Setting, now: View) -> Array:
    """Stances [R, G] of the quarter to come, of states that react and have a rival (E45); others keep theirs, which is 0."""
    reaction, levels = setting.reaction, levels_of(setting, now.capability, now.output)
    luck = lots(setting, "stance.up", now.quarter), lots(setting, "stance.down", now.quarter)
    stance = now.stance.copy()
    for r, agent in enumerate(setting.agents.states):
        rival = int(reaction.rival[r])
        if agent.mode != REACTIVE or rival < 0:
            continue
        rule = StateRule(reaction.to_catch_up[r], reaction.to_controls[r], reaction.decay, reaction.step, setting.dt)
        catch_up = widened(catch_up_seen(setting, levels, r, rival), reaction.breadth)
        controls = widened(controls_felt(setting, now, levels, r, rival), reaction.breadth)
        stance[r] = agent.react(StateView(now.stance[r], catch_up, controls, luck[0][r], luck[1][r]), rule)
    return np.asarray(stance)


def lots(setting: Setting, name: str, quarter: int) -> Array:
    """One uniform number for each state and layer [R, G]; none is drawn where no step is taken by chance."""
    shape = (setting.economy.regions, len(setting.reaction.layers))
    if setting.reaction.step <= 0:
        return np.zeros(shape)
    ids = np.array([[key_of(f"{region}/{g}") for g in range(shape[1])] for region in setting.regions], np.uint64)
    return uniforms(setting.seed, name, quarter, ids)


def levels_of(setting: Setting, capability: Array, output: Array) -> Array:
    """Log distance to the frontier by owner's region and segment [R, S], weighted by output; NaN where nothing is made."""
    table, regions = setting.economy.table, setting.economy.regions
    cell, size = setting.plants.owner * table.segments + table.segment, regions * table.segments
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sum_by(cell, output * capability, size) / sum_by(cell, output, size)
    return np.asarray(mean.reshape(regions, table.segments))


def catch_up_seen(setting: Setting, levels: Array, state: int, rival: int) -> Array:
    """Part of its distance of 2018 to a state that the rival has closed [G] (E44); segments by their size in the world."""
    economy = setting.economy
    first = setting.fixed("levels of 2018", lambda: levels_of(setting, setting.capability0, economy.output0))
    size = sum_by(economy.table.segment, economy.output0, economy.table.segments)
    gap0 = np.nan_to_num(first[state] - first[rival])
    gap = levels[state] - levels[rival]
    gap = np.where(np.isfinite(gap), gap, gap0)  # who makes nothing any more has not caught up
    return np.array([float(caught_up(gap[s], gap0[s], size[s])) for s in setting.reaction.layers])


# -- the rival's move --------------------------------------------------------------------------------
def controls_felt(setting: Setting, now: View, levels: Array, state: int, rival: int) -> Array:
    """How hard the rival's own measures bite on a state this quarter [G] (E44)."""
    wedges = wedges_of_sender(setting, now, rival)
    return np.array([
        float(combined(np.array(parts_taken(setting, wedges, levels, (state, rival, g), now.year))))
        for g in range(len(setting.reaction.layers))
    ])  # fmt: skip


def wedges_of_sender(setting: Setting, now: View, sender: int) -> Wedges:
    """Wedges that the measures one state applies would make without those of others; what is announced, and what a strategy
    of the focus pays for, is no move."""
    alone = np.zeros_like(now.in_force)
    alone[:, sender] = now.in_force[:, sender]
    orders = orders_of(setting, now.year, alone)._replace(announced=(), paid=())
    return setting.latest.get(f"wedges of {sender}", orders, lambda: moved_by(setting, orders).finish())


def parts_taken(
    setting: Setting, wedges: Wedges, levels: Array, who: tuple[int, int, int], year: float
) -> tuple[float, ...]:
    """Part that each kind of control takes in a layer (E44): the hardest denial, cap, duty and closing of a network; listings
    by output. who: state, rival, layer."""
    state, rival, layer = who
    segments = setting.reaction.layers[layer]
    frontier = setting.behaviour.frontier_growth[segments] * (year - setting.first_year)
    held_back = np.nan_to_num(levels[rival, segments]) + frontier - wedges["capability_cap"][rival, state, segments]
    price = wedges["iceberg_cost"][state, rival, segments] * (1 + wedges["tariff_rate"][state, rival, segments])
    columns = [n.column for n in setting.networks if setting.segments.index(NETWORK_SEGMENTS[n.name]) in segments]
    closed = wedges["market_access"][np.concatenate(columns)] if columns else np.zeros((1, 1))
    return (
        hardest_denial(wedges, rival, state, segments), float((1 - np.exp(-np.maximum(held_back, 0.0))).max()),
        float((1 - 1 / np.maximum(price, 1.0)).max()), float(np.maximum(closed, 0.0).max()),
        listed_output(setting, wedges["firm_listing"][rival], state, layer),
    )  # fmt: skip


def hardest_denial(wedges: Wedges, rival: int, state: int, segments: Index) -> float:
    """Largest denied part of a layer's deliveries, of all uses or of one; materials, which stand in `rest` and are denied to
    technology plants, count in every layer (E44)."""
    uses = wedges["use_denial"][:, rival, state]
    materials = uses[USES.index("inputs"), SEGMENT_INDEX["rest"]]
    return max(float(wedges["denial_rate"][rival, state, segments].max()), float(uses[:, segments].max()), float(materials))


def listed_output(setting: Setting, listing: Array, state: int, layer: int) -> float:
    """Part of what a state's plants made of a layer in 2018 that is denied by listings."""
    table, output = setting.economy.table, setting.economy.output0
    mine = np.isin(table.segment, setting.reaction.layers[layer]) & (setting.plants.owner == state)
    made = float(output[mine].sum())
    return float((output * listing)[mine].sum()) / made if made > 0 else 0.0


# -- allies ------------------------------------------------------------------------------------------
def join_leaders(setting: Setting, now: View) -> Array:
    """Whether each ally takes part in a leader's measures on a layer [leader, R, G] (E47)."""
    regions, layers = setting.economy.regions, setting.reaction.layers
    joined = np.zeros((regions, regions, len(layers)), bool)
    for leader, rival in enumerate(setting.reaction.rival.tolist()):
        chance = ally_chance(setting, now.sales, leader, rival) if rival >= 0 else np.zeros((regions, len(layers)))
        luck = uniforms(
            setting.seed,
            "allies",
            0,
            np.array([key_of(f"{setting.regions[leader]}/{r}") for r in setting.regions], np.uint64),
        )
        for r, agent in enumerate(setting.agents.states):
            joined[leader, r] = agent.mode == REACTIVE and agent.follow(chance[r], luck[r])
    return joined


def ally_chance(setting: Setting, sales: Array, leader: int, rival: int) -> Array:
    """Probability [R, G] that each region follows a leader (E47), by its alignment and its sales [n, R] to the rival."""
    reaction, table = setting.reaction, setting.economy.table
    chance = []
    for segments in reaction.layers:
        inside = np.isin(table.segment, segments)
        sold, there = (
            sum_by(table.location[inside], x[inside], setting.economy.regions) for x in (sales.sum(1), sales[:, rival])
        )
        exposure = there / np.where(sold > 0, sold, 1.0)
        chance.append(follow_chance(reaction.alignment[leader], exposure, reaction.exposure_weight))
    return np.array(chance).T
