"""The bloc index of each layer (E39): how far flows and choices between two sides fall short of what their sizes suggest."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from model.axes import LAYER_NAMES, REGIONS, SEGMENT_INDEX
from model.kernel.links import Array, Index, sum_by
from model.record.book import Book, Sides
from model.record.declare import LAYER_OF, LAYER_SEGMENTS, LAYERS_RECORDED, Outcome
from model.world import Network, Setting

LAYERS_SPLIT = (*(LAYER_NAMES[layer] for layer in LAYERS_RECORDED), "Investment", "Standards")
"""Layers with a bloc index: those of the value chain, investment across borders, technical standards."""
NAMED: dict[str, str | None] = {"us": "USA", "cn": "CHN", "local": None}
"""First words of ecosystems' names that tell whose they are (None: of the region that uses them)."""


def bloc_index(flows: Array, blocs: Sides) -> Array:
    """1 - observed/expected cross-bloc flow over members, domestic flows in; flows [..., R, R]; NaN without any (E39)."""
    side = np.array([[float(r in members) for r in range(flows.shape[-1])] for members in blocs])
    x = side @ flows @ side.T
    total, sent, received = x.sum((-2, -1)), x.sum(-1), x.sum(-2)
    expected = sent[..., 0] * received[..., 1] + sent[..., 1] * received[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(expected > 0, 1 - (x[..., 0, 1] + x[..., 1, 0]) * total / expected, np.nan))


def investment_flows(book: Book) -> Array:
    """What plants pay for capital goods, by owner's region and place of the plant [R, R]."""
    regions, place = book.fixed.shape[0], book.setting.economy.table.location
    return sum_by(book.setting.plants.owner * regions + place, book.invested, regions**2).reshape(regions, regions)


def standards_flows(book: Book) -> Array:
    """Devices and platforms [o, d]; what crosses a border counts less what a second standard costs its maker (E39)."""
    plants = np.flatnonzero(book.fixed.follows_standards)
    sales, home = book.sales[plants], book.setting.home[plants]
    kept = 1 - book.standards_cost[plants] / np.where(sales > 0, sales, 1.0)
    value = book.now["sales"][plants] * np.where(home, 1.0, kept[:, None])
    return np.asarray(home.T.astype(float) @ value)


class Choices:
    """Who uses whose ecosystems in a layer: users by region of the ecosystem's owner and region of the user (E39)."""

    def __init__(self, setting: Setting, layer: str) -> None:
        segments = LAYER_SEGMENTS[LAYERS_RECORDED.index(layer)]
        self.setting = setting
        self.networks = [n for n in setting.networks if SEGMENT_INDEX[n.segment] in segments]

    @cached_property
    def place(self) -> Index:
        """Place in [owner, user] of each network's users by region and ecosystem."""
        regions = self.setting.economy.regions
        user = np.arange(regions)[:, None]
        return np.concatenate([(ecosystem_owners(self.setting, n) * regions + user).ravel() for n in self.networks])

    def flows(self, book: Book) -> Array:
        """Million users by owner's region and region of the users [R, R]."""
        users = [(book.now["base"][:, n.column] * n.users[:, None]).ravel() for n in self.networks]
        regions = self.setting.economy.regions
        return sum_by(self.place, np.concatenate(users), regions**2).reshape(regions, regions)


def ecosystem_owners(setting: Setting, network: Network) -> Index:
    """Region that owns what users in each region use [R, e]: told by the name (us_, cn_, local_: the users' own region),
    else that of the ecosystem's named plants with most sales."""
    plants, regions = setting.plants, setting.economy.regions
    size = np.where([bool(f) for f in plants.firms], setting.economy.output0 + setting.economy.latent, 0.0)
    member = plants.membership[:, network.column] > 0
    found = np.tile([sum_by(plants.owner, size * own, regions).argmax() for own in member.T], (regions, 1))
    for i, ecosystem in enumerate(network.ecosystems):
        named = ecosystem.rpartition("/")[2].partition("_")[0]
        if named in NAMED:
            found[:, i] = np.arange(regions) if NAMED[named] is None else REGIONS.index(str(NAMED[named]))
    return found.astype(np.int64)


def outcomes(setting: Setting) -> tuple[Outcome, ...]:
    """One series a layer: by users' choices where the layer is a network, by deliveries where it is not."""
    count = len(LAYERS_RECORDED)
    inside = (LAYER_OF[:, None] == np.arange(count)).astype(float)
    choices = [(i, Choices(setting, layer)) for i, layer in enumerate(LAYERS_RECORDED)]

    def index(book: Book) -> Array:
        flows = np.empty((count + 2, *book.fixed.shape[:2]))
        flows[:count] = (book.cube @ inside).transpose(2, 0, 1)
        for i, chosen in choices:
            if chosen.networks:
                flows[i] = chosen.flows(book)
        flows[count], flows[count + 1] = investment_flows(book), standards_flows(book)
        return bloc_index(flows, book.fixed.blocs)[None]

    return (Outcome("Bloc Index|{}", "index", index, (LAYERS_SPLIT,), "all", True),)
