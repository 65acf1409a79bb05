"""Respond: which of its measures each state applies next, by its script and by the stances it has taken (E22, E46, E47)."""

from __future__ import annotations

import numpy as np

from model.agents.reactions import rung_strength
from model.kernel.links import Array, Index, Mask
from model.scenario.types import REACTIVE
from model.world import Action, Setting


def decide_states(setting: Setting, year: float, stance: Array | None = None, joined: Array | None = None) -> Array:
    """Strength [measures, R] that the states give to their measures in the quarter that starts at `year` (E22).

    stance [R, G] of states that react; joined [leader, R, G] whether an ally takes part; none of either by default.
    """
    if setting.held is not None:
        return np.asarray(setting.held[round((year - setting.first_year) / setting.dt)])
    due = strength_due(setting, year, stance, joined)
    strength = np.zeros((len(setting.actions), setting.economy.regions))
    own = setting.fixed("measures of each state", lambda: measures_of_states(setting))
    for region, agent in enumerate(setting.agents.states):
        strength[own[region], region] = agent.decide(due[own[region], region])
    return strength


def strength_due(setting: Setting, year: float, stance: Array | None, joined: Array | None) -> Array:
    """Strength [measures, R] at which measures are due from each state: 1 on their dates; on a ladder as far as the stance goes (E46)."""
    dated = in_force_at(setting, year)
    due = setting.fixed("senders", lambda: senders_of(setting)) * dated[:, None]
    for k in setting.fixed("not by dates alone", lambda: not_by_dates_alone(setting)):
        action, rung = setting.actions[k], setting.actions[k].rung
        if dated[k] and action.measure.joining:
            due[k, [setting.regions.index(region) for region in action.measure.waiting(year)]] = 0.0
        if rung is None or not dated[k]:
            continue
        if rung.allies and joined is not None:
            due[k, joined[rung.state, :, rung.layer]] = 1.0
        due[k] *= 0.0 if stance is None else rung_strength(stance[rung.state, rung.layer], rung.start, rung.full)
    return np.asarray(due)


def in_force_at(setting: Setting, year: float) -> Mask:
    """Which measures [k] are in force by their dates in the quarter that starts at `year`."""
    start, end, paused = setting.fixed("dates", lambda: dates_of(setting))
    dated = (year >= start - 1e-9) & (year < end - 1e-9)
    for k in paused:
        dated[k] = setting.actions[k].measure.in_force(year)
    return np.asarray(dated)


def dates_of(setting: Setting) -> tuple[Array, Array, list[int]]:
    """Start and end [k] of measures (inf: without end), and those that are suspended at times."""
    measures = [action.measure for action in setting.actions]
    end = [np.inf if m.end is None else m.end for m in measures]
    return np.array([m.start for m in measures], float), np.array(end, float), [k for k, m in enumerate(measures) if m.suspended]


def not_by_dates_alone(setting: Setting) -> list[int]:
    """Measures that some states join later, or that stand on a ladder."""
    return [k for k, action in enumerate(setting.actions) if action.rung is not None or action.measure.joining]


def senders_of(setting: Setting) -> Array:
    """1 where a region [R] sends a measure [k]."""
    sends = np.zeros((len(setting.actions), setting.economy.regions))
    for k, action in enumerate(setting.actions):
        sends[k, list(action.senders)] = 1.0
    return sends


def measures_of_states(setting: Setting) -> list[Index]:
    """Measures that each state sends, or may take part in."""
    return [
        np.array(
            [k for k, action in enumerate(setting.actions) if r in action.senders or may_join(setting, action, r)], int
        )
        for r in range(setting.economy.regions)
    ]


def may_join(setting: Setting, action: Action, region: int) -> bool:
    """Whether a region may take part in a leader's measure (E47): it reacts, has no rival of its own and is no target."""
    rung = action.rung
    if rung is None or not rung.allies or setting.states.get(region) != REACTIVE:
        return False
    return bool(setting.reaction.rival[region] < 0 and region not in action.targets)
