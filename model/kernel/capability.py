"""Capability: distance to a moving frontier, usable quality, R&D, learning by doing and diffusion (E13-E15, E28)."""

from __future__ import annotations

import numpy as np

from model.kernel.links import Array
from model.kernel.sourcing import adjust_share


def usable_quality(valuation: Array, level: Array, level0: Array, cap: Array) -> Array:
    """v (E13): valuation x [min(level, cap) - level0], in log points of price.

    level = A_f minus the frontier's trend (<= 0 behind); cap on the same scale, +inf where there is none.
    Shapes alike; whoever advances with the frontier has v = 0 exactly.
    """
    return valuation * (np.minimum(level, cap) - level0)


def released(level: Array, growth: Array, lag: Array) -> Array:
    """Level of what is on sale (E43): of what was made `lag` years ago, when the frontier's trend was lower by growth x lag."""
    return np.asarray(level - growth * lag)


def diffusion(gap: Array, saturation: float) -> Array:
    """Catch-up per unit of rate (E14): gap exp(-gap/saturation), fast where close, nil where far (Benhabib-Spiegel).

    Nothing diffuses to who is level with the trend or ahead of it.
    """
    behind = np.maximum(0.0, gap)
    return np.asarray(behind * np.exp(-behind / saturation))


def own_innovation(growth: Array, catch_up: Array, rate: Array, level0: Array, saturation: float) -> Array:
    """i [n], log points a year (E15): what a plant's own innovation adds at base R&D, experience and exposure.

    growth [n] of the frontier, catch_up [n] measured in the base years, rate [n] of diffusion: what diffusion
    does not explain of the plant's base-year growth is its own. Negative where diffusion alone brings more.
    """
    return np.asarray(growth + catch_up - rate * diffusion(-level0, saturation))


def feedback(
    valuation: Array, own: Array, elasticity: Array, depreciation: float, sigma: Array
) -> Array:
    """Long-run gain around the loop from sales to research to quality to sales [n] (E28); 1 or more runs away.

    A lasting change of sales moves own innovation by `elasticity` (of R&D and experience together), so the level by
    own x elasticity / depreciation, price by `valuation` of it, and sales by sigma - 1 of that.
    """
    return np.asarray(np.maximum(0.0, sigma - 1) * valuation * own * elasticity / depreciation)


def rnd_target(sales: Array, subsidy: Array, effect: Array) -> Array:
    """R&D spending [n] relative to base (E28): a constant share of real sales, and what subsidies add to it.

    sales [n] real, relative to base; subsidy [n] part of the price; effect [n] units of own R&D that subsidies of
    one unit of sales are worth, per unit of R&D intensity (may be negative).
    """
    return np.asarray(sales * np.maximum(0.0, 1 + effect * subsidy))


def update_stock(stock: Array, flow: Array, memory: float, dt: float) -> Array:
    """R or U [n] after a step (E28): moves to what is spent or made now, relative to base, with a memory in years.

    R&D follows sales as budgets do; experience is output added up and forgotten, so old output counts less.
    """
    return np.asarray(stock + adjust_share(1 / memory, dt) * (flow - stock))


def innovation_drive(
    rnd: Array, experience: Array, tools: Array, rd_elasticity: Array, learning_elasticity: Array, dependence: float
) -> Array:
    """Own innovation relative to base [n] (E28): R^zeta U^omega, of which a part needs the foreign tools.

    tools [n]: part of the foreign tools a plant works with that still arrives; 1 in the base year.
    """
    return np.asarray(rnd**rd_elasticity * experience**learning_elasticity * (1 - dependence * (1 - tools)))


def update_capability(
    level: Array, path: Array, drive: Array, exposure: Array, own: Array, catch_up: Array, rate: Array,
    saturation: float, depreciation: float, dt: float,
) -> Array:
    """Level [n] after a step (E15): own innovation times its drive, diffusion from the frontier, less its growth.

    Written as departures from the baseline path, so that base drive and exposure of 1 on that path give `catch_up`
    a year exactly. Knowledge that departs from the path is a stock that depreciates; a leader may run ahead.
    """  # fmt: skip
    pull = exposure * diffusion(-level, saturation) - diffusion(-path, saturation)
    return np.asarray(level + dt * (catch_up + own * (drive - 1) + rate * pull - depreciation * (level - path)))
