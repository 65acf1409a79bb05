"""Plan: what one quarter's orders would bring at full rationing shares, ready for the passes of rationing (E5).

In a pass the delivered technique is a_fb = rho_f full_fb / F_b with `full` = (1 - denial) ordered technique. Only rho
[n] and F [T] move between passes, so every sum over links is the product of one of these sparse matrices with a short
vector: nothing is computed link by link in a pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from model.kernel.inversion import Economy
from model.kernel.links import Array, Counters, Index, filled, sum_by


@dataclass(frozen=True)
class Terms:
    """What stays the same while one quarter's deliveries are found.

    wage [R], rent [n], ship [l] tau, duty [l] t, subsidy [n], owner [R, n] after bloc cuts,
    bloc [R] label, balance [R], expenditure [R] of the last quarter, share [n] of its investor's purchases;
    smoothing psi and habit [R], the expenditure it holds on to (E7c).
    """

    wage: Array
    rent: Array
    ship: Array
    duty: Array
    subsidy: Array
    owner: Array
    bloc: Index
    balance: Array
    expenditure: Array
    share: Array
    smoothing: float
    habit: Array


@dataclass(frozen=True)
class Plan:
    """Sparse matrices and vectors of one quarter at rho = F = 1; columns c are counters: suppliers, or suppliers by
    whom they serve first.

    full [lt] units of f per unit of b, paid [T, c] = full tau (1+t), units [lt] = full tau, as a matrix sent [c, T];
    wages [n] = w l per unit; margin [n] = m (1+mu)(1-subsidy); subsidy [n] per unit of price; investor [n] place of a
    plant's investor among the buyers (any where it has none), with capital [n] its purchases per unit of output and
    share [n] the plant's share in them (0 where it has none); fixed [l] purchases that follow no technique: fixed_sent
    [c] units; charges [T + C, c] what buyers pay beside their technique's mill prices: duties = full tau t of the
    technique, then fixed purchases; fixed_duty [R, c] duties on those.
    """

    counters: Counters
    full: Array
    paid: Any
    units: Array
    sent: Any
    charges: Any
    wages: Array
    margin: Array
    subsidy: Array
    investor: Index
    capital: Array
    share: Array
    fixed: Array
    fixed_sent: Array
    fixed_duty: Any


def make_plan(economy: Economy, counters: Counters, full: Array, labour: Array, fixed: Array, terms: Terms) -> Plan:
    """The plan of `full` [lt], labour [n] per unit at F = 1 and `fixed` [l]."""
    links, lt = economy.links, economy.links.technique
    units, paid = full * terms.ship[:lt], 1 + terms.duty[:lt]
    paid *= units
    some = np.flatnonzero(fixed)  # few links carry purchases without a technique
    counter, buyer, count = counters.counter[some], links.buyer[some], len(counters.of)
    dispatched = terms.ship[some] * fixed[some]
    value = dispatched * (1 + terms.duty[some])
    duty_place = economy.buyer_region[buyer] * count + counter
    fixed_duty = sum_by(duty_place, dispatched * terms.duty[some], economy.regions * count)
    has = economy.investor >= 0
    return Plan(
        counters=counters, full=full, paid=filled(counters.paid, paid), units=units, sent=filled(counters.sent, units[counters.order]),
        charges=_charges(economy, counters, (units, terms.duty[:lt]), some, value),
        wages=terms.wage[economy.table.location] * labour,
        margin=economy.markup * (1 + terms.rent) * (1 - terms.subsidy),
        subsidy=terms.subsidy / (1 - terms.subsidy),
        investor=economy.n + np.maximum(economy.investor, 0), capital=np.where(has, economy.capital0, 0.0),
        share=np.where(has, terms.share, 0.0), fixed=fixed, fixed_sent=sum_by(counter, dispatched, count),
        fixed_duty=fixed_duty.reshape(economy.regions, -1),
    )  # fmt: skip


def _charges(economy: Economy, counters: Counters, duty: tuple[Array, Array], some: Index, value: Array) -> Any:
    """Duties (units and rates by link [lt]: many are zero) and values of fixed purchases on `some` links, by buyer and counter."""
    units, rate = duty
    links, taxed = economy.links, np.flatnonzero(rate)
    last = np.searchsorted(some, np.searchsorted(links.buyer, np.arange(1, len(economy.buyer_region) + 1)))
    first = np.concatenate([np.searchsorted(taxed, links.pointer), len(taxed) + last]).astype(np.int32)
    columns = np.concatenate([counters.column[taxed], counters.column[some]])
    shape = (len(first) - 1, len(counters.of))
    return csr_array((np.concatenate([units[taxed] * rate[taxed], value]), columns, first), shape=shape)
