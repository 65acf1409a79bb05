"""Outcomes of policy: what it costs, who is listed, how far states hold back, what gets through, investment abroad."""

from __future__ import annotations

import numpy as np

from model.axes import REGIONS
from model.kernel.links import Array, Index, sum_by
from model.record.blocs import LAYERS_SPLIT, ecosystem_owners
from model.record.book import Book
from model.record.declare import (
    BY_LAYER,
    BY_REGION,
    BY_SEGMENT,
    LAYER_OF,
    LAYER_SEGMENTS,
    LAYERS_RECORDED,
    USD,
    Outcome,
)
from model.wedges import STANDARD_SEGMENTS, either, survive
from model.world import Setting


def compliance(book: Book) -> Array:
    """What two standards cost makers, by place of the plant [R]."""
    return np.asarray(book.by_location(book.standards_cost).sum(1))


def policy_cost(book: Book) -> Array:
    """What policy makes a region buy or pay [R]: fixed compliance, search for suppliers, subsidies paid."""
    place, terms = book.setting.economy.table.location, book.now["terms"]
    real = sum_by(place, book.now["compliance"] + book.now["search"], book.fixed.shape[0])
    subsidies = sum_by(place, terms.subsidy / (1 - terms.subsidy) * book.sales, book.fixed.shape[0])
    return np.asarray(real * book.rest_price + subsidies)


def evaded(book: Book) -> Array:
    """Deliveries that get round a denial, by destination and segment [d, s]."""
    r, _, s = book.fixed.shape
    part = book.get("evaded", np.zeros(len(book.books.value)))
    return sum_by(book.fixed.d * s + book.fixed.s, part * book.books.value, r * s).reshape(r, s)


def listed_firms(book: Book) -> Array:
    """Named firms of each region that a region has listed [o, owner's region]."""
    count = np.zeros((book.fixed.shape[0], book.fixed.shape[0]))
    for o, listed in enumerate(book.now["wedges"]["firm_listing"] > 0):
        firms = np.unique(book.fixed.firm[listed & book.fixed.named])
        count[o] = np.bincount(book.fixed.owner[firms], minlength=len(count))
    return no_self(count)


def no_self(value: Array) -> Array:
    """[r, ..., r] without what a region does to itself (no row)."""
    own = np.eye(len(value), dtype=bool).reshape(len(value), *(1,) * (value.ndim - 2), len(value))
    return np.where(own, np.nan, value)


class Stance:
    """How far a region holds back from another, by layer: 0 nothing, 1 everything. Read off wedges, not off intentions."""

    def __init__(self, setting: Setting) -> None:
        economy, regions = setting.economy, setting.economy.regions
        self.rival = setting.reaction.rival
        self.made = np.zeros((regions, economy.table.segments))
        np.add.at(self.made, (economy.table.location, economy.table.segment), economy.output0)
        self.standards: Index = np.array([setting.segments.index(s) for s in STANDARD_SEGMENTS], np.int64)
        self.owned = [
            (int(LAYER_OF[setting.segments.index(network.segment)]), network.column, ecosystem_owners(setting, network))
            for network in setting.networks
        ]  # layer, columns and owner's region of each choice set

    def mean(self, part: Array, segments: Index) -> Array:
        """Mean over segments of a part [o, d, s], weighted by what o makes of them (alike if nothing) [o, d]."""
        made = self.made[:, segments]
        weight = np.where(made.sum(1, keepdims=True) > 0, made, 1.0)
        return np.asarray((part[:, :, segments] * (weight / weight.sum(1, keepdims=True))[:, None]).sum(2))

    def read(self, book: Book) -> Array:
        """[o, layer, d]: deliveries denied (for the use hit hardest) and access to ecosystems closed; investment blocked; cost of the other standard."""
        wedges = book.now["wedges"]
        denied = either(wedges["denial_rate"], wedges["use_denial"].max(0))
        layers = [self.mean(denied, segments) for segments in LAYER_SEGMENTS]
        for layer, columns, owners in self.owned:
            layers[layer] = survive(layers[layer], self.closed(wedges["market_access"][columns], owners))
        layers.append(self.mean(wedges["investment_flow"], np.concatenate(LAYER_SEGMENTS)))
        layers.append(self.mean(1 - 1 / wedges["iceberg_cost"], self.standards))
        return no_self(self.taken(np.stack(layers, axis=1), book.get("stance", None)))

    def taken(self, seen: Array, stance: Array | None) -> Array:
        """What is seen [o, layer, d], but towards its rival at least the stance that a state has taken (E45) where it reacts."""
        if stance is None or not stance.any():
            return seen
        for state, rival in enumerate(self.rival.tolist()):
            if rival >= 0:
                layers = seen[state, : stance.shape[1], rival]
                seen[state, : stance.shape[1], rival] = np.maximum(layers, stance[state])
        return seen

    def closed(self, loss: Array, owners: Index) -> Array:
        """Mean loss of access of a region's ecosystems in each other region [o, d]; 0 for owners of none or access gained."""
        loss, regions = np.maximum(loss, 0.0), loss.shape[1]
        mine = (owners == np.arange(regions)[:, None, None]).astype(float)  # [o, d, e]
        return np.asarray((mine * loss.T[None]).sum(2) / np.maximum(mine.sum(2), 1.0))


def outward(book: Book) -> Array:
    """What plants abroad pay for capital goods, by owner's region, layer and place [r, layer, d], nominal and a year."""
    regions, layers = book.fixed.shape[0], len(LAYERS_RECORDED) + 1
    plants, table = book.setting.plants, book.setting.economy.table
    place = (plants.owner * layers + LAYER_OF[table.segment]) * regions + table.location
    cube = sum_by(place, book.invested, regions * layers * regions).reshape(regions, layers, regions)
    return 4 * no_self(cube[:, :-1])  # flows are a quarter's, whatever the step


def outcomes(setting: Setting) -> tuple[Outcome, ...]:
    """Declared outcomes of policy and of investment across borders."""
    stance = Stance(setting)
    size = setting.parameters.array("outward_deal_size", LAYERS_RECORDED)
    split = (LAYERS_SPLIT, REGIONS)
    return (
        Outcome("Compliance Cost|Dual Standards", USD, lambda b: compliance(b) * b.usd, default="all", waits="standards_cost"),
        Outcome("Policy Cost", USD, lambda b: policy_cost(b) * b.usd, default="all"),
        Outcome("Evaded Trade|{}", USD, lambda b: evaded(b) * b.usd, BY_SEGMENT, waits="evaded"),
        Outcome("Policy Stance|{}|against {}", "index 0-1", stance.read, split),
        Outcome("Listed Firms|{}", "firms", listed_firms, BY_REGION),
        Outcome("Outward Investment|{}|to {}", "bn USD a year", lambda b: outward(b) * b.usd, (BY_LAYER[0], REGIONS)),
        Outcome("Outward Deals|{}", "deals a year", lambda b: np.nansum(outward(b), axis=2) * b.usd / size, BY_LAYER),
    )
