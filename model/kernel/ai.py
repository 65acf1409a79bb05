"""AI quality from compute, data and frameworks, and efficiency found where compute is dear (E29, E30)."""

from __future__ import annotations

import numpy as np

from model.kernel.links import Array


def ai_quality(factors: Array, weight: Array, elasticity: float) -> Array:
    """ln Q [n] (E29): CES of effective compute, data and frameworks; 0 where all move with their trends.

    factors [3, n] relative to base trend, weight [3] adding to 1, elasticity below or above 1 (not 1 itself).
    """
    rho = (elasticity - 1) / elasticity
    return np.asarray(np.log(weight @ factors**rho) / rho)


def rented_compute(cloud: Array, share: Array, shut: Array) -> Array:
    """Compute that AI firms rent [R] (E42): of the clouds that stand there [R], less those their users are shut out of.

    share [R, e] of users, shut [R, e] lost access of the clouds; access gained brings no compute.
    """
    return np.asarray(cloud * (1 - (share * np.maximum(shut, 0.0)).sum(1)))


def effective_compute(own: Array, cloud: Array, cloud_weight: float, algorithms: Array) -> Array:
    """Effective compute (E29): AI firms' own stock and the cloud's, times algorithmic efficiency (log, against trend)."""
    return np.asarray(((1 - cloud_weight) * own + cloud_weight * cloud) * np.exp(algorithms))


def induced_drive(scarcity: Array, elasticity: float, rd_elasticity: Array) -> Array:
    """What scarce compute adds to AI firms' drive to innovate [n] (E30): effective R&D moves by scarcity^elasticity.

    scarcity [n]: price of compute over the wage of those who could save it, relative to base.
    """
    return np.asarray(scarcity ** (elasticity * rd_elasticity) - 1)


def adopted_efficiency(found: Array, openness: Array, lag: float) -> Array:
    """Efficiency taken over from abroad [R], log points a year (E30): the best that is open, with a lag in years.

    found [R] efficiency known beyond the trend; openness [o, d] of what o publishes to d.
    """
    reach = openness * found[:, None]
    np.fill_diagonal(reach, 0.0)
    return np.asarray(np.maximum(0.0, reach.max(0) - found) / lag)
