"""Learn: capability (E14, E15)."""

from __future__ import annotations

import numpy as np

from model.kernel.capability import update_capability
from model.kernel.links import Array, sum_by
from model.world import Setting, State, View


def learn(setting: Setting, now: View) -> State:
    """Capability moves by diffusion from the frontier through what is still delivered and known (E14, E15)."""
    behaviour = setting.behaviour
    level = update_capability(
        now.capability, setting.capability0, exposure(setting, now), behaviour.diffusion_rate,
        behaviour.diffusion_saturation, setting.dt,
    )  # fmt: skip
    return {"capability": level}


def exposure(setting: Setting, now: View) -> Array:
    """Exposure of each plant to the frontier [n], 1 in the base year: channels weighted (E14)."""
    economy, weight = setting.economy, setting.behaviour.channel_weight
    links, lt, n = economy.links, economy.links.technique, economy.n
    f, b = links.supplier[:lt], links.buyer[:lt]
    foreign = setting.technology()[f] & (economy.table.location[f] != economy.buyer_region[b]) & (b < n)
    foreign &= ~economy.latent[f]
    then = sum_by(b[foreign], economy.input0[foreign], n)[:n]
    today = sum_by(b[foreign], np.minimum(now.delivered.inputs, now.input0)[foreign], n)[:n]
    imported = np.where(then > 0, today / np.where(then > 0, then, 1.0), 1.0)
    blocked = np.einsum("cods,ods->cds", now.wedges["knowledge_flow"][1:], frontier_weight(setting))
    open_part = 1 - blocked[:, economy.table.location, economy.table.segment]
    return np.asarray(weight[0] * imported + weight[1:] @ open_part)


def frontier_weight(setting: Setting) -> Array:
    """Weight of each origin as a source of knowledge for d in s [o, d, s]: base output at the frontier, abroad."""
    table, economy = setting.economy.table, setting.economy
    weight = np.zeros((economy.regions, table.segments))
    at_frontier = setting.capability0 >= 0
    np.add.at(weight, (table.location[at_frontier], table.segment[at_frontier]), economy.output0[at_frontier])
    abroad = weight[:, None, :] * (1 - np.eye(economy.regions))[:, :, None]
    total = abroad.sum(0)
    return np.asarray(abroad / np.where(total > 0, total, 1.0))
