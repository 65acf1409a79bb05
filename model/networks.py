"""Networks of users: the choice set of each, and all of them side by side as the stages work on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from model.kernel.adoption import Taste, bridges, log_reach, reach, worth_in_use
from model.kernel.links import Array, Index, Mask


@dataclass(frozen=True)
class Network:
    """One choice set: its name, its segment, its ecosystems' columns in the world's list, and how users choose.

    quality [R, e], interoperability and multihoming [e, e], entry [R, e] year from which it can be chosen (inf: never),
    launch [e] year from which it can be chosen where others are shut out, seed [R, e] share it starts from, users [R] million in 2018.
    mixing [R, R] weight of each region's users in the base that a region's users value (E31); share0, reach0 [R, e] N and B of 2018;
    valuation kappa / (sigma - 1), log points of price per logit unit; owner [R, e] region that owns what users in R use (-1: nobody's data);
    data_weight of its users among all sources of data (E32).
    """

    name: str
    segment: str
    ecosystems: tuple[str, ...]
    column: Index
    quality: Array
    interoperability: Array
    multihoming: Array
    mixing: Array
    share0: Array
    reach0: Array
    owner: Index
    entry: Array
    launch: Array
    seed: Array
    users: Array
    taste: Taste
    switching_cost: float
    rechoice_rate: float
    floor: float
    valuation: float
    data_weight: float


class Ecosystems:
    """The choice sets of all networks side by side, as columns of one array; users never cross from one to another.

    Fields are those of `Network` with all columns: [R, e], [e] or [e, e'], mixing [e, R, R], valuation [N]; and network [e],
    which it belongs to; first [N], first column of each; together [e, e'], of one network; sources [R, e], weight of users as
    sources of data.
    """

    def __init__(self, networks: tuple[Network, ...], share0: Array) -> None:
        self.networks, self.share0 = networks, share0
        self.network: Index = np.repeat(np.arange(len(networks)), np.array([len(n.ecosystems) for n in networks], np.int64))
        self.first: Index = np.searchsorted(self.network, np.arange(len(networks)))
        self.together: Mask = self.network[:, None] == self.network[None]
        self.quality, self.entry, self.seed = (self._columns(name) for name in ("quality", "entry", "seed"))
        self.owner: Index = self._columns("owner").astype(np.int64)
        self.launch = self._columns("launch")[0]
        self.interoperability, self.multihoming = self._blocks("interoperability"), self._blocks("multihoming")
        self.mixing = self._each([n.mixing for n in networks])
        self.taste = Taste(*(self._each([n.taste[i] for n in networks]) for i in range(len(Taste._fields))))
        self.switching_cost, self.floor = self._each([n.switching_cost for n in networks]), self._each([n.floor for n in networks])
        self.rechoice_rate = self._each([n.rechoice_rate for n in networks])
        self.valuation = np.array([n.valuation for n in networks])
        self.sources = self._each([n.data_weight * n.users for n in networks]).T

    def _columns(self, name: str) -> Array:
        """A field [R, e] or [e] of every network, side by side [R, e]."""
        shape = self.share0.shape
        parts = [np.broadcast_to(getattr(n, name), (shape[0], len(n.ecosystems))) for n in self.networks]
        return np.concatenate(parts, axis=1) if parts else np.zeros(shape)

    def _blocks(self, name: str) -> Array:
        """A field [e, e'] of every network as one array, zero between networks."""
        found = np.zeros(self.together.shape)
        for n in self.networks:
            found[np.ix_(n.column, n.column)] = getattr(n, name)
        return found

    def _each(self, values: list[Any]) -> Array:
        """A value of every network at each of its ecosystems [e, ...]."""
        return np.array(values, float)[self.network]

    def by_network(self, value: Array) -> Array:
        """Sum over the ecosystems of each network: [R, e] -> [R, N]."""
        return np.asarray(np.add.reduceat(value, self.first, axis=1))

    def all_of(self, mask: Mask) -> Mask:
        """Whether it holds for all ecosystems of the network, at each of them: [R, e] -> [R, e]."""
        return np.asarray(np.logical_and.reduceat(mask, self.first, axis=1)[:, self.network])

    def bridge(self, lost: Array, shut: Array) -> Array:
        """Part [R, e, e'] of the base of e' that users of e reach (E31), at lost [R, e, e'] and shut [R, e]."""
        return bridges(self.interoperability, self.multihoming, lost, shut)

    def reached(self, share: Array, bridge: Array) -> Array:
        """B [R, e] at installed shares [R, e] (E31)."""
        return reach(share, bridge, self.mixing, self.floor)

    def worth(self, share: Array, base: Array) -> Array:
        """W [R, N]: what each network is worth to its users (E31)."""
        return self.by_network(worth_in_use(share, self.quality, base, self.taste.network_effect))

    def mean_reach(self, share: Array, base: Array) -> Array:
        """Mean ln B over the users of each network [R, N] (E33)."""
        return self.by_network(log_reach(share, base))

    @cached_property
    def reach0(self) -> Array:
        """B [R, e] in 2018, without policy."""
        regions, size = self.share0.shape
        return self.reached(self.share0, self.bridge(np.zeros((regions, size, size)), np.zeros((regions, size))))

    @cached_property
    def worth0(self) -> Array:
        """W [R, N] in 2018."""
        return self.worth(self.share0, self.reach0)

    @cached_property
    def mean_reach0(self) -> Array:
        """Mean ln B [R, N] in 2018."""
        return self.mean_reach(self.share0, self.reach0)
