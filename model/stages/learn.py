"""Learn: R&D, experience, diffusion and what scarcity teaches move capability (E14, E15, E28, E30, E50)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from model.kernel import capability as law
from model.kernel.ai import adopted_efficiency, induced_drive
from model.kernel.inversion import Economy
from model.kernel.links import Array, Index, Mask, sum_by
from model.wedges import Wedges
from model.world import Setting, State, View

TOOLS = ("equipment", "foundry")
"""Segments whose products research on chips works with: tools, design software, prototypes."""
OPEN_SOURCE, AI_APPS = "open_source", "ai_apps"
IMPORTED, CODE, COLLABORATION, INVESTMENT = range(4)
"""Knowledge channels, in the order of the wedge's axis."""


def learn(setting: Setting, now: View) -> State:
    """Capability moves by own innovation and by diffusion from the frontier (E14, E15), AI also by scarcity (E30)."""
    behaviour, own = setting.behaviour, setting.innovation
    rnd, experience = research(setting, now)
    tools, imported, code = kept(setting, now)
    drive = law.innovation_drive(
        rnd, experience, tools, own.rd_elasticity, own.learning_elasticity, own.tool_dependence
    )
    path = setting.capability0 + own.catch_up * (now.year - setting.first_year)
    level = law.update_capability(
        now.capability, path, drive, exposure(setting, now, imported, code), own.own, own.catch_up,
        behaviour.diffusion_rate, behaviour.diffusion_saturation, own.depreciation, setting.dt,
    )  # fmt: skip
    ai = setting.plants_of(AI_APPS)
    gain = setting.dt * new_efficiency(setting, now, own.own * drive, ai)
    level = level + np.where(ai, gain[setting.economy.table.location], 0.0)
    efficiency = now.efficiency * (1 - setting.dt * own.depreciation) + gain
    return {"capability": level, "rnd": rnd, "experience": experience, "efficiency": efficiency}


def research(setting: Setting, now: View) -> tuple[Array, Array]:
    """R&D spending and experience after the quarter [n], relative to base grown with the region's labour (E28, E50).

    Both are a firm's in a segment, wherever its plants stand: a line that moves to a sister plant takes its research
    along. Firms that have only entrants have no base year: they keep 1, but for the subsidies they get.
    """
    economy, own, place = setting.economy, setting.innovation, setting.economy.table.location
    firm = setting.fixed("firms that research", lambda: research_groups(setting))
    usual = np.where(economy.latent, 0.0, economy.output0) * setting.grown(now.year)[place]
    base = sum_by(firm, usual)[firm]
    real_price = now.price / (1 - now.subsidy) / now.terms.wage[place]

    def over_base(value: Array) -> Array:
        return np.where(base > 0, sum_by(firm, value)[firm] / np.where(base > 0, base, 1.0), 1.0)

    target = law.rnd_target(over_base(real_price * now.output), now.subsidy / (1 - now.subsidy), own.subsidy_effect)
    if now.wedges.acts("research_support"):
        paid = own.research_effect * setting.at_place(now.wedges["research_support"]) * usual
        target = np.maximum(0.0, target + np.where(base > 0, over_base(paid), 0.0))
    rnd = law.update_stock(now.rnd, target, own.rd_lag, setting.dt)
    return rnd, law.update_stock(now.experience, over_base(now.output), own.memory, setting.dt)


def research_groups(setting: Setting) -> Index:
    """Number of the firm and segment of each plant [n]; each plant of a fringe stands for itself."""
    firm, segments = setting.plants.firm_number, setting.economy.table.segments
    alone = len(firm) * segments + np.arange(setting.n)
    return np.asarray(np.unique(np.where(firm >= 0, firm * segments + setting.economy.table.segment, alone), return_inverse=True)[1])


def exposure(setting: Setting, now: View, imported: Array, code: Array) -> Array:
    """Exposure of each plant to the frontier [n], 1 in the base year: four channels weighted (E14).

    imported, code [n]: part of foreign technology inputs, and of foreign code, that still arrives.
    """
    channel = now.wedges.once("knowledge channels", lambda: passing(setting, now.wedges)).copy()
    channel[IMPORTED] *= imported
    channel[CODE] *= code
    return np.asarray(1 + setting.behaviour.channel_weight @ (channel - 1))


def passing(setting: Setting, wedges: Wedges) -> Array:
    """Part of each channel of knowledge that wedges let pass to each plant [c, n] (E14)."""
    table, sources = setting.economy.table, setting.fixed("sources of knowledge", lambda: frontier_weight(setting))
    part = 1 - wedges["knowledge_flow"]
    part[INVESTMENT] *= 1 - wedges["investment_flow"]
    return np.asarray(np.einsum("cods,ods->cds", part - 1, sources)[:, table.location, table.segment] + 1)


class Foreign(NamedTuple):
    """Base-year foreign inputs of technology: link [j] by which each is bought, buyer [j];
    into [3 x (n + k), j] sums them by buyer (tools, all, code); before [3, n] what each plant bought then, per unit of output."""

    link: Index
    buyer: Index
    into: csr_array
    before: Array


def foreign_inputs(setting: Setting) -> Foreign:
    """Find them."""
    economy, lt = setting.economy, setting.economy.links.technique
    f, b, buyers = economy.links.supplier[:lt], economy.links.buyer[:lt], setting.n + economy.k
    abroad = (economy.lane[0][:lt] != economy.lane[1][:lt]) & ~economy.latent[f] & (b < buyers)
    link = np.flatnonzero(setting.technology()[f] & abroad)
    groups = (of_segments(setting, *TOOLS), setting.technology(), of_segments(setting, OPEN_SOURCE))
    group, column = np.nonzero(np.array(groups)[:, f[link]])
    into = csr_array((np.ones(len(group)), (group * buyers + b[link][column], column)), shape=(3 * buyers, len(link)))
    before = by_plant(economy, (into @ economy.input0[link]).reshape(3, buyers))
    return Foreign(link, b[link], into, before)


def kept(setting: Setting, now: View) -> Array:
    """Part of each plant's base-year foreign inputs that still arrives [3, n], of tools, of technology and of code; 1 if it had none.

    Current inputs per unit, and its investor's capital goods per unit of investment planned, by base-year weight.
    What comes on top of the base year's teaches no more; what another supplier delivers instead does not count, unless
    it has taken over the other's place in the market (shares in force, E18b).
    """
    own = setting.fixed("foreign inputs", lambda: foreign_inputs(setting))
    scale = now.delivered.scale.copy()
    scale[: setting.n] = 1.0  # investors do not order twice
    arrived = np.minimum(now.delivered.inputs[own.link] * scale[own.buyer], now.input0[own.link])
    today = by_plant(setting.economy, (own.into @ arrived).reshape(3, -1))
    return np.minimum(1.0, np.where(own.before > 0, today / np.where(own.before > 0, own.before, 1.0), 1.0))


def by_plant(economy: Economy, value: Array) -> Array:
    """Purchases by buyer [..., n + k] per unit of each plant's output [..., n]: its own, and its part of its investor's."""
    if not economy.k:
        return value
    bought = value[..., economy.n + np.maximum(economy.investor, 0)]
    return value[..., : economy.n] + np.where(economy.investor >= 0, economy.capital0 * bought, 0.0)


def of_segments(setting: Setting, *names: str) -> Mask:
    """Plants of these segments [n]."""
    return np.asarray(np.any([setting.plants_of(name) for name in names], axis=0))


def frontier_weight(setting: Setting) -> Array:
    """Weight of each origin as a source of knowledge for d in s [o, d, s]: base output at the frontier, abroad."""
    table, economy = setting.economy.table, setting.economy
    weight = np.zeros((economy.regions, table.segments))
    at_frontier = setting.capability0 >= 0
    np.add.at(weight, (table.location[at_frontier], table.segment[at_frontier]), economy.output0[at_frontier])
    abroad = weight[:, None, :] * (1 - np.eye(economy.regions))[:, :, None]
    total = abroad.sum(0)
    return np.asarray(abroad / np.where(total > 0, total, 1.0))


# -- AI ----------------------------------------------------------------------------------------------
def new_efficiency(setting: Setting, now: View, innovation: Array, ai: Mask) -> Array:
    """Efficiency beyond the trend that AI firms of each region find or take over, log points a year [R] (E30)."""
    own = setting.innovation
    if not ai.any():
        return np.zeros(setting.economy.regions)
    dear = induced_drive(scarcity(setting, now)[setting.economy.table.location], own.induced, own.rd_elasticity)
    found = mean_by_region(setting, innovation * dear, ai, 0.0)
    return found + adopted_efficiency(now.efficiency, code_openness(setting, now), own.algorithm_lag)


def scarcity(setting: Setting, now: View) -> Array:
    """Price of AI firms' compute over the wage, relative to base [R]; shortages are in the price of capital goods."""
    economy = setting.economy
    has = setting.plants_of(AI_APPS) & (economy.investor >= 0)
    if not has.any():
        return np.ones(economy.regions)
    price = economy.of_investor(np.ones(setting.n), now.capital_price) / now.terms.wage[economy.table.location]
    return mean_by_region(setting, price, has, 1.0)


def code_openness(setting: Setting, now: View) -> Array:
    """Part of what AI firms of o publish that reaches d [o, d]: open source that is neither blocked nor denied."""
    ai, code = (setting.segments.index(name) for name in (AI_APPS, OPEN_SOURCE))
    blocked = now.wedges["knowledge_flow"][CODE, :, :, ai]
    return np.asarray((1 - blocked) * (1 - now.wedges["denial_rate"][:, :, code]))


def mean_by_region(setting: Setting, value: Array, among: Mask, default: float) -> Array:
    """Mean over plants of a region [R] by base output; `default` where it has none of them."""
    economy = setting.economy
    weight = np.where(among, economy.output0, 0.0)
    total = sum_by(economy.table.location, weight, economy.regions)
    whole = sum_by(economy.table.location, weight * value, economy.regions)
    return np.asarray(np.where(total > 0, whole / np.where(total > 0, total, 1.0), default))
