"""Adoption: users whose device or contract is up choose an ecosystem again (E16-E18)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.kernel.links import Array
from model.kernel.sourcing import adjust_share

Mask = NDArray[np.bool_]


def utility(
    quality: Array, share: Array, interoperability: Array, price_change: Array, access_loss: Array,
    network_effect: float, price_sensitivity: float, access_utility: float, floor: float,
) -> Array:
    """u_e [e] (E16): q - alpha ln p + nu ln(floor + N_e + sum iota N_e') + access loss x its utility.

    share [..., e] of the installed base; interoperability [e, e'] in 0..1, zero diagonal; price_change [..., e] ratios.
    """  # fmt: skip
    base = floor + share + share @ interoperability.T
    return np.asarray(
        quality - price_sensitivity * np.log(price_change) + network_effect * np.log(base) + access_loss * access_utility
    )


def choices(utility_: Array, allowed: Mask, switching_cost: float) -> Array:
    """Probability [..., e, e'] that a user of e who chooses again takes e' (E17): logit with a switching cost."""
    score = utility_[..., None, :] - switching_cost * (1 - np.eye(utility_.shape[-1]))
    score = np.where(allowed[..., None, :], score, -np.inf)
    weight = np.exp(score - score.max(-1, keepdims=True))
    return np.asarray(weight / weight.sum(-1, keepdims=True))


def update_base(share: Array, choice: Array, rate: float, dt: float) -> Array:
    """Installed shares [e] (E18): those whose device is up move by `choice`, the others stay."""
    part = adjust_share(rate, dt)
    return np.asarray((1 - part) * share + part * (share @ choice))


def invert_quality(
    share: Array, interoperability: Array, network_effect: float, switching_cost: float, floor: float
) -> Array:
    """q_e [..., e] that make the base-year shares stationary without policy (E16 inverted); absent ecosystems get 0.

    Fixed point in logs: q + ln(share / share chosen); the share-weighted mean of q is zero.
    """
    live = share > 0
    quality, ones = np.zeros_like(share), np.ones_like(share)
    for _ in range(5000):
        u = utility(quality, share, interoperability, ones, 0 * ones, network_effect, 0.0, 0.0, floor)
        chosen = np.einsum("...e,...ef->...f", share, choices(u, live, switching_cost))
        step = np.where(live, np.log(np.where(live, share, 1.0) / np.where(live, chosen, 1.0)), 0.0)
        quality = quality + step
        if abs(step).max() < 1e-14:
            break
    return np.where(live, quality - (share * quality).sum(-1, keepdims=True), 0.0)
