"""Worlds of any size: the default world with every plant split into copies, built in time linear in the rows.

A copy buys from one copy of each of its parent's suppliers, so links per row stay at the default world's; users,
investors and entrants buy from all copies. Flows are shaken and balanced again, so that no two copies buy the same mix.
The first copy keeps the firm's name; the others join the fringe.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import mesa
import numpy as np

from model.agents.population import Population
from model.kernel import inversion
from model.kernel.inversion import Economy
from model.kernel.links import Array, Index, Links, build_links, sum_by
from model.kernel.table import BaseTable
from model.simulation import AGENTS, Decoupling, populate
from model.world import Plants, Setting

SHAKE = 0.3
"""Standard deviation of the logs by which flows are shaken."""
BALANCING = 30
"""Rounds of balancing; profits take what is left."""


@dataclass(frozen=True)
class LinkTable(BaseTable):
    """A base table whose flows stand by link: `flow` is empty and output [n] is given (a dense [n, C] would not fit)."""

    outputs: Array

    @property
    def output(self) -> Array:
        """x0 [n]."""
        return self.outputs


class Pairs:
    """Supplier and buyer of each link, in the place of the dense mask that `build_links` takes."""

    def __init__(self, supplier: Index, buyer: Index, plants: int) -> None:
        self.supplier, self.buyer, self.plants = supplier, buyer, plants

    @property
    def T(self) -> Pairs:
        """Itself: nonzero already speaks of buyers first."""
        return self

    def nonzero(self) -> tuple[Index, Index]:
        """(buyer, supplier)."""
        return self.buyer, self.supplier

    def __len__(self) -> int:
        return self.plants


@dataclass(frozen=True)
class Split:
    """Who descends from whom. copies [n] of each old plant; first [n] its first new row; parent [N] old plant of each
    row; parent_buyer [C] old buyer of each new one; link [l] old link of each new one."""

    copies: Index
    first: Index
    parent: Index
    parent_buyer: Index
    links: Links
    link: Index


def default_setting(scenario: str = "blocs", stance: str | None = None) -> Setting:
    """The setting of a normal run of a scenario, agents included."""
    return Decoupling(scenario, stance).setting


def split_setting(base: Setting, rows: int, seed: int = 0) -> Setting:
    """The same world with about `rows` plants; one copy a plant gives the base back."""
    incumbents = int((~base.economy.latent).sum())
    copies = max(1, round((rows - int(base.economy.latent.sum())) / incumbents))
    if copies == 1:
        return base
    split = split_links(base.economy, copies)
    economy = split_economy(base.economy, split, copies, seed)
    plants = split_plants(base, split, economy)
    setting = replace(
        base, economy=economy, plants=plants, capability0=base.capability0[split.parent],
        behaviour=by_row(base.behaviour, base.n, split.parent), innovation=by_row(base.innovation, base.n, split.parent),
    )  # fmt: skip
    return replace(setting, agents=fresh_agents(setting))


def fresh_agents(setting: Setting) -> Population:
    """The same kinds of agents for other rows."""
    return populate(mesa.Model(), setting, dict(AGENTS))


def by_row(record: Any, rows: int, parent: Index) -> Any:
    """A dataclass in which every array or tuple with one entry a plant has one entry a copy."""
    changes: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray) and value.ndim and len(value) == rows:
            changes[field.name] = value[parent]
        elif isinstance(value, tuple) and len(value) == rows:
            changes[field.name] = tuple(value[p] for p in parent.tolist())
    return replace(record, **changes)


def split_links(old: Economy, copies: int) -> Split:
    """The links of all copies: copy j of a buyer takes copy j + shift of a supplier, every link with its own shift."""
    count = np.where(old.latent, 1, copies)
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    parent = np.repeat(np.arange(old.n), count)
    rows, others = len(parent), len(old.buyer_region) - old.n
    f, b = old.links.supplier, old.links.buyer
    single = (b >= old.n) | (count[np.minimum(b, old.n - 1)] == 1)  # these buy from every copy
    shift = np.arange(len(f)) * 7919 % copies
    j = np.arange(copies)
    many = count[f] == copies
    suppliers = first[f][:, None] + np.where(many[:, None], np.where(single[:, None], j, (j + shift[:, None]) % copies), 0)
    buyer = np.where(b < old.n, first[np.minimum(b, old.n - 1)], b - old.n + rows)
    buyers = buyer[:, None] + np.where(single[:, None], 0, j)
    keep = np.where(single & ~many, 1, copies)[:, None] > j  # both alone: one link
    links = build_links(Pairs(suppliers[keep], buyers[keep], rows), old.table.segment[parent], old.buyers - old.n + rows)  # type: ignore[arg-type]
    parent_buyer = np.concatenate([parent, old.n + np.arange(others)])
    place = np.full((old.n, len(old.buyer_region)), -1)
    place[f, b] = np.arange(len(f))
    return Split(count, first, parent, parent_buyer, links, place[parent[links.supplier], parent_buyer[links.buyer]])


def shaken_flows(old: Economy, split: Split, copies: int, seed: int) -> Array:
    """Flows [l] at basic prices: the parents' parts shaken by link, every row's output and (nearly) every cell's purchases kept."""
    links, draw = split.links, np.random.default_rng(seed)
    flow = old.flow0[split.link] / copies
    lt, f = links.technique, links.supplier
    cells = sum_by(links.cell, flow[:lt])
    rows = sum_by(f, flow, len(split.parent))
    flow *= np.exp(SHAKE * draw.standard_normal(len(flow)))
    for _ in range(BALANCING):
        flow[:lt] *= ratio(cells, sum_by(links.cell, flow[:lt]))[links.cell]
        flow *= ratio(rows, sum_by(f, flow, len(rows)))[f]
    return flow


def ratio(above: Array, below: Array) -> Array:
    """above / below, 1 where below is 0."""
    return np.divide(above, below, out=np.ones_like(above), where=below > 0)


def split_table(old: Economy, split: Split, flow: Array, copies: int) -> tuple[LinkTable, Array]:
    """The table of the copies and its flows, in units of its own world final expenditure."""
    table, parent, links, n = old.table, split.parent, split.links, len(split.parent)
    paid = (1 + old.tariff0[split.link]) * flow
    final = (links.buyer >= n + old.k) & (links.buyer < n + old.k + old.regions)
    world = paid[final].sum()
    bought = sum_by(links.buyer, paid, n + old.k + 2 * old.regions)[n : n + old.k]
    grown = np.append(bought / np.where(old.investment0 > 0, old.investment0, 1.0), 1.0)[old.investor[parent]]
    size = world * np.where(old.latent, 1, copies)[parent]
    whole = ("location", "segment", "depreciation", "build_lag", "theta")
    part = ("wages", "capacity", "entry_capacity")
    return LinkTable(
        owner=table.owner[:, parent], investors=table.investors, flow=np.zeros((n, 0)), tariff=table.tariff,
        investment=table.investment[parent] / size * grown, outputs=sum_by(links.supplier, flow, n) / world,
        **{name: getattr(table, name)[parent] for name in whole},
        **{name: getattr(table, name)[parent] / size for name in part},
    ), flow / world  # fmt: skip


def split_economy(old: Economy, split: Split, copies: int, seed: int) -> Economy:
    """The inversion (E1) by link; a test compares it with `build_economy` on the dense table of a small split."""
    table, flow = split_table(old, split, shaken_flows(old, split, copies, seed), copies)
    links, n, k, regions = split.links, len(split.parent), old.k, old.regions
    lt, f, b = links.technique, links.supplier, links.buyer
    buyers, parent, latent = n + k + regions, split.parent, old.latent[split.parent]
    tariff, x = old.tariff0[split.link], table.output
    has = old.investor[parent] >= 0
    bought = sum_by(old.investor[parent][has], table.investment[has], k)
    paid = sum_by(b, (1 + tariff) * flow, buyers + regions)
    expenditure0 = paid[n + k : buyers]
    scale = np.concatenate([np.where(latent, 1, x), np.where(bought > 0, bought, 1), expenditure0])
    inputs, none = flow[:lt] / scale[b[:lt]], np.zeros(k + regions)
    labour0, capital0, kappa = table.wages / scale[:n], table.investment / scale[:n], inversion._capital_price(table)
    for plant in np.flatnonzero(latent):
        weight = np.zeros(buyers)
        peers = np.flatnonzero(inversion._peers(table, int(plant), latent))
        weight[peers] = x[peers] / x[peers].sum()
        labour0[plant], capital0[plant], kappa[plant] = (z[peers] @ weight[peers] for z in (labour0, capital0, kappa))
        mean = sum_by(f[:lt], inputs * weight[b[:lt]], n)
        own = slice(links.pointer[plant], links.pointer[plant + 1])
        inputs[own] = mean[f[own]]
    spend = (1 + tariff[:lt]) * inputs
    by_segment, entrant = links.by_cell(spend), latent[f[:lt]]
    theta = np.where(entrant, table.theta[f[:lt]], spend / by_segment[links.cell])
    cost = np.concatenate([labour0, none]) + links.buyer_sum(spend)
    economy = replace(
        old, table=table, links=links, buyer_region=old.buyer_region[split.parent_buyer], latent=latent,
        eta=old.eta[split.parent_buyer[:buyers]], rho_upper=old.rho_upper[split.parent_buyer[:buyers]],
        investor=old.investor[parent], theta=theta,
        input0=np.where(entrant, theta * by_segment[links.cell] / (1 + tariff[:lt]), inputs),
        upper=by_segment / cost[links.cell_buyer], labour_share=np.concatenate([labour0, none]) / cost,
        labour0=labour0, capital0=capital0, kappa=kappa, markup=1 / (cost[:n] + capital0), tariff0=tariff, flow0=flow,
        fixed0=np.where(b >= buyers, flow, 0.0), output0=x, investment0=bought, expenditure0=expenditure0,
        labour=sum_by(table.location, labour0 * x, regions),
        groups=inversion.group_plants(table, links, old.investor[parent], capital0),
    )  # fmt: skip
    return inversion._with_balances(economy)


def split_plants(base: Setting, split: Split, economy: Economy) -> Plants:
    """Identities: the first copy keeps the parent's name, the others are fringe with the same owner; luck of their own."""
    plants: Plants = by_row(base.plants, base.n, split.parent)
    named = np.zeros(len(split.parent), bool)
    named[split.first] = True
    plants = replace(
        plants, firms=tuple(firm if own else "" for firm, own in zip(plants.firms, named.tolist(), strict=True)),
        relocation_speed=np.where(named, plants.relocation_speed, 0.0), firm_number=np.where(named, plants.firm_number, -1),
    )  # fmt: skip
    entity = (np.arange(len(split.parent), dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return replace(
        plants, entity=entity & np.uint64(0xFFFFFFFFFFFFFF00), sisters=sisters(plants, economy),
    )  # fmt: skip


def sisters(plants: Plants, economy: Economy) -> tuple[Index, Index, Array]:
    """Pairs of links of one firm's plants in one cell, as `calibration.world.sister_links` finds them, without its loops."""
    links = economy.links
    plant = links.supplier[: links.technique]
    can = np.flatnonzero(plants.relocation_speed[plant] > 0)
    _, firm = np.unique(np.array(plants.firms), return_inverse=True)
    key = links.cell[can] * (int(firm.max()) + 1) + firm[plant[can]]
    can, key = can[np.argsort(key, kind="stable")], np.sort(key, kind="stable")
    source, sister = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for away in range(1, len(can)):
        same = np.flatnonzero(key[away:] == key[:-away])
        if not len(same):
            break
        source += [can[same], can[same + away]]
        sister += [can[same + away], can[same]]
    one, two = np.concatenate(source), np.concatenate(sister)
    return one, two, economy.output0[plant[two]]
