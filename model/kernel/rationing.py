"""How rationing is found: a Newton step in which plants of one region and segment answer each other alike (E8).

To deliver d log rho more changes what buyers can make and so what they order, of everybody. By groups that is one small
linear system. Within a group each plant goes its own way to its limit. The fixed point itself is untouched.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dgetrf, dgetrs

from model.kernel.inversion import Economy
from model.kernel.linear import FLOOR
from model.kernel.links import Array, Mask, sum_by
from model.kernel.market import Market, Pass, mean_mix
from model.kernel.plan import Plan
from model.kernel.technique import TINY, Rationed

LEAST = 1e-9
"""Smallest rationing share: what is below delivers nothing that counts."""
SLOW = 0.2
"""Part of the change that a step should leave at most; where it leaves more, the groups' system is set up anew."""
PATIENCE, GAIN = 8, 0.9
"""Passes without a change below this part of the least before, after which the reach of groups is halved: in the end
steps are plain."""
LITTLE = 0.1
"""Least elasticity of a plant's deliveries to its own rho that a step reckons with."""
REACH = 1.0
"""Farthest that the groups' system may move a plant from its plain step, log points."""


class Found(NamedTuple):
    """What a pass of rationing found: shares and scales, composites q [k], and the market."""

    now: Pass
    q: Array
    market: Market


class Rationing:
    """The search for one quarter's rho: `next` proposes it from what the last one brought."""

    def __init__(self, economy: Economy, plan: Plan, arriving: Rationed, input_limit: float) -> None:
        self.economy, self.plan, self.arriving, self.input_limit = economy, plan, arriving, input_limit
        self.change, self.reach = np.inf, REACH
        self.least, self.waited = np.inf, 0
        self.system: tuple[Array, Array]
        self.bought: Array
        self.own: Array
        self.power: Array
        self.part: Array
        self.activity: Array

    def next(self, rho: Array, wanted: Array, found: Found) -> Array:
        """The rationing shares [n] to try next; wanted [n]: the plain step's."""
        change, last = float(abs(wanted - rho).max()), self.change
        self.change = change
        self._watch(change)
        rationed = wanted < 1
        step = np.log(wanted / rho)
        if not np.isfinite(last) or change > SLOW * last:
            self._renew(rationed, found)
        group, count = self.economy.groups.group, self.economy.groups.count
        weight = np.where(rationed, np.maximum(found.market.output, FLOOR), 0.0)
        mean = sum_by(group, weight * step, count) / np.maximum(sum_by(group, weight, count), FLOOR)
        more = self._by_plant(np.where(rationed, step, 0.0), (self._answer(mean) - mean)[group], rationed, found)
        more = np.clip(np.where(np.isfinite(more), more, 0.0), -self.reach, self.reach)
        return np.where(rationed, within(rho * np.exp((step + more) / self.own)), 1.0)

    def _watch(self, change: float) -> None:
        """Trust the groups less where they get nowhere."""
        self.waited += 1
        if change < GAIN * self.least:
            self.least, self.waited = change, 0
        if self.waited >= PATIENCE:
            self.reach, self.waited = self.reach / 2, 0

    def _by_plant(self, need: Array, more: Array, rationed: Mask, found: Found) -> Array:
        """What the groups' step [n] brings each plant, in place of its group's mean: more or less than it needs [n]."""
        economy, n, counters = self.economy, self.economy.n, self.plan.counters
        delivered = self.power * counters.spread(np.where(rationed, need + more, 0.0) / self.own)
        made = economy.links.by_buyer(self.part * (self.arriving.weight @ delivered))
        follow = np.where(found.now.scale[:n] < 1, self.input_limit * made[:n], 0.0)
        wanted = -made
        wanted[:n] += np.where(rationed, need + follow, -more)
        ordered = counters.collect(found.now.share * (self.plan.sent @ (self.activity * wanted)))
        return np.asarray(follow - ordered / np.maximum(found.market.output, FLOOR))

    def _answer(self, need: Array) -> Array:
        """Changes of rationing by group [G] that meet what plants need [G] once buyers have answered."""
        lu, pivots = self.system
        return np.asarray(dgetrs(lu, pivots, need - self.bought @ need)[0])

    def _renew(self, rationed: Mask, found: Found) -> None:
        """The system of groups at what the last pass found: (I - W) K = I - W (I - a + S) - (I - W) lambda S."""
        groups, output = self.economy.groups, np.maximum(found.market.output, FLOOR)
        count, total = groups.count, sum_by(groups.group, output, groups.count)
        self.own = self._own(found.now)
        bought = self._bought(found, total)
        answer = self._answers(found, rationed / self.own)
        active = sum_by(groups.group, output * rationed, count)
        short = output * rationed * (found.now.scale[: self.economy.n] < 1) * self.input_limit
        follow = sum_by(groups.group, short, count) / np.maximum(active, FLOOR)
        self.bought = bought[:, :count]
        limits = follow[:, None] * answer[:count]
        answer[:count] += np.diag(1 - active / total) - limits
        self.system = dgetrf(np.eye(count) - limits - bought @ answer)[:2]

    def _own(self, now: Pass) -> Array:
        """What a plant's deliveries gain from its own rho [n], elasticity: below 1 where some are served first (E38)."""
        counters = self.plan.counters
        if counters.alike:
            return np.ones(self.economy.n)
        sold = now.share * self.plan.sent.sum(1)
        own = counters.collect(sold * counters.favour) / np.maximum(counters.collect(sold), FLOOR)
        return np.asarray(np.maximum(own, LITTLE))

    def _bought(self, found: Found, total: Array) -> Array:
        """W [G, G + R]: shares of buying groups and final users in a group's orders; total [G] its output."""
        activity = np.zeros(self.economy.buyers)
        activity[: self.economy.n] = found.market.output
        activity[self.economy.final] = found.market.expenditure / found.market.price_index
        links = self.economy.links
        self.activity = activity / found.now.scale
        per_buyer = self.activity[links.buyer[: links.technique]]
        return self._by_group(self.plan.units * per_buyer, found.now.share) / total[:, None]

    def _answers(self, found: Found, rationed: Array) -> Array:
        """S [G + R, G]: elasticity of what groups and final users make per unit ordered (E2) to the deliveries of rationed
        plants [n]."""
        economy, links, counters = self.economy, self.economy.links, self.plan.counters
        power = found.now.share**self.arriving.power
        part = economy.upper * found.q**economy.nests.upper / np.maximum(self.arriving.weight @ power, TINY)
        self.part = part / (found.now.scale**economy.rho_upper)[links.cell_buyer]
        self.power = power * counters.favour
        mix = mean_mix(economy, found.market.output)[links.cell_buyer]
        values = self.arriving.weight.data * (self.part * mix)[links.cell]
        return self._by_group(values, self.power * counters.spread(rationed)).T

    def _by_group(self, values: Array, of_counter: Array) -> Array:
        """Sum of values [lt], times the counter's [c], over links from a group to a group or final users [G, G + R]."""
        groups, links = self.economy.groups, self.economy.links
        values = values * of_counter[self.plan.counters.counter[: links.technique]]
        return sum_by(groups.flow, values, groups.count * (groups.count + self.economy.regions)).reshape(
            groups.count, -1
        )


def within(rho: Array) -> Array:
    """Rationing shares kept between LEAST and 1."""
    return np.asarray(np.minimum(np.maximum(rho, LEAST), 1.0))
