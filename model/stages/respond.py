"""Respond: which of its measures each state applies next (E22)."""

from __future__ import annotations

import numpy as np

from model.kernel.links import Array, Index
from model.world import Setting, State, View


def respond(setting: Setting, now: View) -> State:
    """Each state decides which of its measures it applies in the quarter to come (E22)."""
    return {"in_force": decide_states(setting, now.year + setting.dt)}


def decide_states(setting: Setting, year: float) -> Array:
    """Strength [measures, R] that the states give to their measures in the quarter that starts at `year`."""
    strength = np.zeros((len(setting.actions), setting.economy.regions))
    due = np.zeros(strength.shape, bool)
    for k, measure in enumerate(action.measure for action in setting.actions):
        due[k] = measure.in_force(year)
        if measure.joining:
            due[k] &= ~np.isin(setting.regions, list(measure.waiting(year)))
    own = setting.fixed("measures of each state", lambda: measures_of_states(setting))
    for region, agent in enumerate(setting.agents.states):
        strength[own[region], region] = agent.decide(due[own[region], region])
    return strength


def measures_of_states(setting: Setting) -> list[Index]:
    """Measures that each state sends."""
    senders = [action.senders for action in setting.actions]
    return [np.array([k for k, among in enumerate(senders) if r in among], int) for r in range(setting.economy.regions)]
