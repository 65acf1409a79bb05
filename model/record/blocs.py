"""The bloc index of each layer (E39): how far flows and choices between two sides fall short of what their sizes suggest."""

from __future__ import annotations

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
    side = np.zeros((2, flows.shape[-1]))
    side[0, blocs[0]], side[1, blocs[1]] = 1.0, 1.0
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
    plants, home = book.fixed.standards_plants
    sales = book.sales[plants]
    kept = 1 - book.standards_cost[plants] / np.where(sales > 0, sales, 1.0)
    value = book.now["sales"][plants] * np.where(home, 1.0, kept[:, None])
    return np.asarray(home.T.astype(float) @ value)


def choice_weights(setting: Setting, layer: str) -> Array | None:
    """Million users [owner, user, e] that a share of 1 of each ecosystem in a region is, in the region that owns what they
    use (E39): of the ecosystems of one layer; None if it has none."""
    segments = LAYER_SEGMENTS[LAYERS_RECORDED.index(layer)]
    regions = setting.economy.regions
    weight = np.zeros((regions, regions, setting.base0.shape[1]))
    networks = [n for n in setting.networks if SEGMENT_INDEX[n.segment] in segments]
    for network in networks:
        owned = ecosystem_owners(setting, network) == np.arange(regions)[:, None, None]
        weight[:, :, network.column] = owned * network.users[:, None]
    return weight if networks else None


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
    weights = {i: weight for i, layer in enumerate(LAYERS_RECORDED) if (weight := choice_weights(setting, layer)) is not None}
    chosen, users = list(weights), np.array(list(weights.values()))

    def index(book: Book) -> Array:
        flows = np.empty((count + 2, *book.fixed.shape[:2]))
        flows[:count] = (book.cube @ inside).transpose(2, 0, 1)
        if chosen:
            flows[chosen] = (users * book.now["base"]).sum(-1)
        flows[count], flows[count + 1] = investment_flows(book), standards_flows(book)
        return bloc_index(flows, book.fixed.blocs)[None]

    return (Outcome("Bloc Index|{}", "index", index, (LAYERS_SPLIT,), "all", True),)
