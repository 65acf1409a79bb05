"""Respond: which of its measures each state applies next (E22)."""

from __future__ import annotations

import numpy as np

from model.kernel.links import Array
from model.world import Setting, State, View


def respond(setting: Setting, now: View) -> State:
    """Each state decides which of its measures it applies in the quarter to come (E22)."""
    return {"in_force": decide_states(setting, now.year + setting.dt)}


def decide_states(setting: Setting, year: float) -> Array:
    """Strength [measures, R] that the states give to their measures in the quarter that starts at `year`."""
    strength = np.zeros((len(setting.actions), setting.economy.regions))
    for region, agent in enumerate(setting.agents.states):
        rows = np.array([k for k, a in enumerate(setting.actions) if region in a.senders], int)
        due = np.array([setting.actions[k].measure.in_force(year) for k in rows], bool)
        strength[rows, region] = agent.decide(due)
    return strength
