"""Capability: distance to a moving frontier, usable quality, and learning by diffusion (E13-E15)."""

from __future__ import annotations

import numpy as np

from model.kernel.links import Array


def usable_quality(valuation: Array, level: Array, level0: Array, cap: Array) -> Array:
    """v (E13): valuation x [min(level, cap) - level0], in log points of price.

    level = A_f minus the frontier's trend (<= 0 behind); cap on the same scale, +inf where there is none.
    Shapes alike; whoever advances with the frontier has v = 0 exactly.
    """
    return valuation * (np.minimum(level, cap) - level0)


def diffusion(gap: Array, saturation: float) -> Array:
    """Catch-up per unit of rate (E14): gap exp(-gap/saturation), fast where close, nil where far (Benhabib-Spiegel)."""
    return np.asarray(gap * np.exp(-gap / saturation))


def update_capability(
    level: Array, level0: Array, exposure: Array, rate: Array, saturation: float, dt: float
) -> Array:
    """Level [n] after a step (E15): at base exposure and base gap it keeps pace with the frontier.

    exposure [n] is 1 in the base year; rate [n] a year = diffusion rate x segment multiplier x absorption.
    Nobody is carried past the frontier.
    """
    pull = exposure * diffusion(-level, saturation) - diffusion(-level0, saturation)
    return np.minimum(0.0, level + dt * rate * pull)
