"""Adoption: users whose device or contract is up choose an ecosystem again (E16-E18, E31, E32).

Letters: d region of the users, e ecosystem of one choice set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.kernel.links import Array
from model.kernel.sourcing import adjust_share

Mask = NDArray[np.bool_]


class Taste(NamedTuple):
    """How users of a network weigh what they see (E16): nu, alpha, and utility at full loss and at full gain of access;
    one value each, or [e] where columns are of several networks."""

    network_effect: Array | float
    price_sensitivity: Array | float
    access_loss: Array | float
    access_gain: Array | float


def mixing(users: Array, home: float) -> Array:
    """Weight [d, r] of each region's users in the base that users in d value (E31): `home` their own, the rest the world."""
    return np.asarray(home * np.eye(len(users)) + (1 - home) * (users / users.sum())[None, :])


def bridges(interoperability: Array, multihoming: Array, lost: Array, shut: Array) -> Array:
    """Part [d, e, e'] of the base of e' that users of e in d reach (E31): by interoperability, or by using both.

    interoperability, multihoming [e, e']; lost [d, e, e'] of both by policy (negative: gained); shut [d, e] access lost.
    """
    kept = 1 - lost
    both = np.clip(multihoming * kept * (1 - np.maximum(shut, 0.0))[:, None, :], 0.0, 1.0)
    return np.asarray(1 - (1 - np.clip(interoperability * kept, 0.0, 1.0)) * (1 - both))


def reach(share: Array, bridge: Array, mix: Array, floor: Array | float) -> Array:
    """B [d, e], the base that an ecosystem gives its users access to (E31); share [r, e], bridge [d, e, e'].

    mix [d, r] for one network; mix [e, d, r] and floor [e] where the columns are of several.
    """
    share = np.ascontiguousarray(share)  # the order in memory must not reach the last bit
    own = mix if mix.ndim == 3 else np.broadcast_to(mix, (share.shape[1], *mix.shape))
    pooled = np.einsum("edr,re->de", own, share)
    return np.asarray(floor + pooled + np.einsum("def,df->de", np.ascontiguousarray(bridge), pooled))


def log_reach(share: Array, base: Array) -> Array:
    """N ln B [..., e] (E33), which adds to the mean of ln B over the users of a network; without users it is 0."""
    return np.asarray(share * np.log(np.where(share > 0, base, 1.0)))


def worth_in_use(share: Array, quality: Array, base: Array, network_effect: Array | float) -> Array:
    """N (q + nu ln B - ln N) [..., e] in logit units (E31), which adds to what a network is worth to those who use it.

    At shares that a logit without switching costs would choose the sum is its inclusive value, ln sum exp(u).
    """
    variety = -np.log(np.where(share > 0, share, 1.0))
    return np.asarray(share * (quality + variety) + network_effect * log_reach(share, base))


def utility(quality: Array, base: Array, price_change: Array, access_loss: Array, taste: Taste) -> Array:
    """u_e [..., e] (E16): q - alpha ln p + nu ln B, less what lost access costs, plus what gained access is worth."""
    access = taste.access_loss * np.maximum(access_loss, 0.0) + taste.access_gain * np.maximum(-access_loss, 0.0)
    return np.asarray(
        quality - taste.price_sensitivity * np.log(price_change) + taste.network_effect * np.log(base) + access
    )


def choices(utility_: Array, allowed: Mask, switching_cost: Array | float, together: Mask | None = None) -> Array:
    """Probability [..., e, e'] that a user of e who chooses again takes e' (E17): logit with a switching cost.

    together [e, e']: which columns are of one network, so that users may go from one to the other (None: all are).
    """
    score = utility_[..., None, :] - switching_cost * (1 - np.eye(utility_.shape[-1]))
    open_ = allowed[..., None, :] if together is None else allowed[..., None, :] & together
    best = np.where(open_, score, -np.inf).max(-1, keepdims=True)
    weight = np.exp(np.where(open_, score - best, 0.0)) * open_  # exp(-inf) is slow
    return np.asarray(weight / weight.sum(-1, keepdims=True))


def chosen_shares(share: Array, choice: Array) -> Array:
    """Shares [..., e'] of those who choose again now, from installed shares [..., e] and `choice` [..., e, e']."""
    return np.asarray(np.einsum("...e,...ef->...f", np.ascontiguousarray(share), np.ascontiguousarray(choice)))


def update_base(share: Array, choice: Array, rate: Array | float, dt: float) -> Array:
    """Installed shares [..., e] (E18): those whose device is up move by `choice`, the others stay."""
    part = adjust_share(rate, dt)
    return np.asarray((1 - part) * share + part * chosen_shares(share, choice))


def invert_quality(share: Array, base: Array, network_effect: Array | float, switching_cost: float) -> Array:
    """q_e [..., e] that make the base-year shares stationary without policy (E16 inverted); absent ecosystems get 0.

    Fixed point: e^u times share / share chosen; the share-weighted mean of q is zero.
    """
    live, stay = share > 0, np.exp(-switching_cost * (1 - np.eye(share.shape[-1])))
    pull, absent = live * base**network_effect, np.where(live, 0.0, 1.0)  # e^u at q = 0
    for _ in range(5000):
        among = pull @ stay + (1 - live.any(-1, keepdims=True))  # of all who now use each; symmetric
        chosen = pull * ((share / among) @ stay)
        step = (share + absent) / (chosen + absent)
        pull = pull * step
        if abs(step - 1).max() < 1e-14:
            break
    quality = np.log(pull + absent) - network_effect * np.log(base)
    return np.where(live, quality - (share * quality).sum(-1, keepdims=True), 0.0)


def update_data(stock: Array, inflow: Array, depreciation: float, dt: float) -> Array:
    """Data that firms can use [r], ratio to the base path (E32); inflow [r], ratio; depreciation a year."""
    return np.asarray(stock + adjust_share(depreciation, dt) * (inflow - stock))
