"""The technology cells of the base year: what each (region, segment) makes, buys and sells.

All money in bn USD of 2018 a year at basic prices; arrays over regions [R] and segments [S]; o origin,
d destination, b buying segment. `rest` is treated in base_year_rest.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.balance import ras
from calibration.base_year_tables import OLD_REGIONS, SECTORS, BaseYearTables, Basis, Plant, Settings
from model.axes import REGION_INDEX, REGIONS, SEGMENT_INDEX, SEGMENTS, R, S
from model.errors import TableError

Array = NDArray[np.float64]

EQUIPMENT, FOUNDRY, MEMORY, LOGIC, ACCELERATORS, DEVICES, *_, REST = range(S)
TECHNOLOGY = S - 1
"""Number of technology segments: all but `rest`, which comes last."""
BUYERS = 2 * S + 1
"""Classes of buyers in a region: S segments for current use, S for capital, final users."""
FINAL = 2 * S
PARENTS = {
    "ELE": ("foundry", "memory", "logic", "accelerators", "devices"),
    "MCH": ("equipment",),
    "ICT_BUS": ("os", "open_source", "platforms", "ai_apps"),
}


@dataclass(frozen=True)
class Costs:
    """World cost shares: sales [S] bn USD; current, capital [S, S] buyer x supplier and labour [S] over sales."""

    sales: Array
    current: Array
    capital: Array
    labour: Array


@dataclass(frozen=True)
class Cells:
    """The technology part of the table.

    output [R, S]; captive [R] logic made in own fabs; purchases [S, R]; uses and, before balancing,
    prior [S, R, BUYERS];
    supply [S, R, R] origin x destination; home [R, S] whether a cell is a home cell;
    lowered [R, S] what the parent industries took away; raised [R, S] what the given location shares gave so
    that named plants fit (negative where it was taken).
    """

    costs: Costs
    output: Array
    captive: Array
    purchases: Array
    uses: Array
    prior: Array
    supply: Array
    home: NDArray[np.bool_]
    lowered: Array
    raised: Array


def build_costs(settings: Settings) -> Costs:
    """World sales and cost shares, memory through the cycle (DATA.md, rule 5).

    The dollars that memory spends stay; its value falls to (1 - margin 2018)/(1 - margin of the cycle).
    """
    sales = settings.by_segment("world_sales")
    current, capital = settings.pairs("current_input_share"), settings.pairs("capital_share")
    labour = settings.by_segment("labour_share")
    boom = (1 - settings.number("memory_margin_2018")) / (1 - settings.number("memory_margin_cycle"))
    relieved = current[DEVICES, MEMORY] * (1 - boom) * settings.number("memory_price_pass_through")
    current[:, MEMORY] *= boom
    for segment, factor in ((MEMORY, boom), (DEVICES, 1 - relieved)):
        sales[segment] *= factor
        for share in (current, capital, labour):
            share[segment] /= factor
    return Costs(sales, current, capital, labour)


def locate_output(
    tables: BaseYearTables, settings: Settings, sales: Array, named: Array
) -> tuple[Array, Array, Array, Array]:
    """Output [R, S] of the technology cells, captive logic [R], what parents took away and named plants added [R, S]."""
    fabless = settings.number("fabless_share")
    place = dict(tables.location)
    place["logic"] = (1 - fabless) * place["logic_captive"] + fabless * place["logic_fabless"]
    place["devices"] = _device_places(tables, settings)
    given = np.column_stack([place[segment] for segment in SEGMENTS[:TECHNOLOGY]])
    share = _make_room(given, named[:, :TECHNOLOGY], 1 + settings.number("fringe_floor"))
    raised = np.zeros((R, S))
    raised[:, :TECHNOLOGY] = (share - given) * sales[:TECHNOLOGY]
    wanted = np.zeros((R, S))
    wanted[:, :TECHNOLOGY] = share * sales[:TECHNOLOGY]
    held = wanted * np.minimum(1, settings.number("parent_limit") / parent_parts(tables, wanted))
    total = np.where(held.sum(0) > 0, held.sum(0), 1)
    captive_part = (1 - fabless) * tables.location["logic_captive"] / np.where(share[:, LOGIC] > 0, share[:, LOGIC], 1)
    output = held * (sales * (np.arange(S) < TECHNOLOGY) / total)
    return output, np.minimum(captive_part, 1) * output[:, LOGIC], wanted - held, raised


def chosen_basis(tables: BaseYearTables, settings: Settings) -> Basis:
    """The definition of chip purchases that the settings name."""
    name = settings.word("chip_purchase_basis")
    if name not in tables.basis:
        raise TableError(f"chip_purchase_basis {name!r} is not one of {', '.join(sorted(tables.basis))}")
    return tables.basis[name]


def _device_places(tables: BaseYearTables, settings: Settings) -> Array:
    """[R] shares of world device making under the chosen basis."""
    basis, location = chosen_basis(tables, settings), tables.location
    places = basis.assembly * location["devices"] + (1 - basis.assembly) * location["devices_by_brand"]
    if basis.purchases is None:
        return np.asarray(places)
    return np.asarray((1 - basis.follows) * places + basis.follows * basis.purchases)


def _make_room(share: Array, named: Array, head: float) -> Array:
    """Raise location shares to what named plants need; the others give it from their unnamed part."""
    need = np.maximum(named * head - share, 0)
    free = np.maximum(share - named * head, 0)
    give = np.divide(need.sum(0), free.sum(0), out=np.zeros(share.shape[1]), where=free.sum(0) > 0)
    if (give >= 1).any():
        raise TableError(f"{SEGMENTS[int(give.argmax())]}: named plants exceed world sales")
    return np.asarray(share + need - free * give)


def parent_parts(tables: BaseYearTables, output: Array) -> Array:
    """[R, S] part of its parent industry that each segment's family takes (rule 2); tiny where it has none."""
    growth = _merge_sea(tables.gdp[:, None])[:, 0] / tables.parent_value_added.sum(1)
    to_old = [OLD_REGIONS.index("ROW" if code == "SEA" else code) for code in REGIONS]
    part = np.full((R, S), np.finfo(float).tiny)
    for sector, children in PARENTS.items():
        columns = [SEGMENT_INDEX[child] for child in children]
        parent = tables.parent_output[:, SECTORS.index(sector)] * growth
        part[:, columns] = (_merge_sea(output[:, columns]).sum(1) / parent)[to_old][:, None]
    return part


def _merge_sea(array: Array) -> Array:
    """[R, k] -> [7, k]: SEA added to ROW, as in the table of 2014."""
    merged = array.copy()
    merged[REGION_INDEX["ROW"]] += merged[REGION_INDEX["SEA"]]
    return np.delete(merged, REGION_INDEX["SEA"], axis=0)


def build_cells(tables: BaseYearTables, settings: Settings, costs: Costs, named: Array) -> Cells:
    """Output, purchases, uses and bilateral supply of all technology cells."""
    output, captive, lowered, raised = locate_output(tables, settings, costs.sales, named)
    world = _world_uses(settings, costs)
    purchases = _purchases(tables, settings, world, output, captive)
    home = (output == 0) & (purchases.T > 0)
    cell = settings.number("home_cell_share") * purchases.T * home
    output = output * (1 - cell.sum(0) / np.where(costs.sales > 0, costs.sales, 1)) + cell
    prior = _prior_uses(settings, world, output, captive, purchases, home)
    uses = np.zeros((S, R, BUYERS))
    for s in range(TECHNOLOGY):
        uses[s] = ras(prior[s], purchases[s], world[s], f"uses of {SEGMENTS[s]}")
    supply = _supply(tables, settings, output, purchases, home)
    return Cells(costs, output, captive, purchases, uses, prior, supply, home, lowered, raised)


def _world_uses(settings: Settings, costs: Costs) -> Array:
    """World use [S, BUYERS] of each technology segment by class of buyer; rows add to world sales."""
    use = np.zeros((S, BUYERS))
    use[:, :S] = (costs.current * costs.sales[:, None]).T
    use[:, S:FINAL] = (costs.capital * costs.sales[:, None]).T
    use[REST] = 0
    technology = use.sum(1)
    closed = np.isin(np.arange(S), (EQUIPMENT, FOUNDRY))
    most = settings.number("technology_use_limit") * costs.sales
    target = np.where(closed, (1 - settings.by_segment("rest_use_share")) * costs.sales, np.minimum(technology, most))
    use *= np.divide(target, technology, out=np.ones(S), where=technology > 0)[:, None]
    left = np.where(np.arange(S) < TECHNOLOGY, costs.sales - use.sum(1), 0)
    use[ACCELERATORS, DEVICES] += left[ACCELERATORS]
    left[ACCELERATORS] = 0
    final = settings.by_segment("final_use_share")
    use[:, REST] += left * (1 - final)
    use[:, FINAL] += left * final
    return use


def _purchases(tables: BaseYearTables, settings: Settings, world: Array, output: Array, captive: Array) -> Array:
    """Purchases [S, R]: chips by the chosen basis; tools and foundry services between 2018 and installed use."""
    share = tables.purchase.copy()
    chips = chosen_basis(tables, settings).purchases
    if chips is not None:
        share[[MEMORY, LOGIC]] = chips
    for s in (EQUIPMENT, FOUNDRY):
        weight = settings.number("purchase_weight", SEGMENTS[s])
        installed = _spread(settings, s, world[s], output, output, captive).sum(1)
        share[s] = weight * share[s] + (1 - weight) * installed / installed.sum()
    return np.asarray(share * world.sum(1)[:, None])


def _spread(settings: Settings, s: int, world: Array, output: Array, installed: Array, captive: Array) -> Array:
    """[R, BUYERS] world use of segment s by class, spread over regions with the output of the users."""
    base = np.zeros((R, BUYERS))
    base[:, :S], base[:, S:FINAL] = output, installed
    if s in (EQUIPMENT, FOUNDRY):
        base[:, [LOGIC, S + LOGIC]] = _logic_input_base(settings, s, output, captive)[:, None]
    totals = base.sum(0)
    return np.asarray(base * np.divide(world, totals, out=np.zeros(BUYERS), where=totals > 0))


def _prior_uses(
    settings: Settings, world: Array, output: Array, captive: Array, purchases: Array, home: NDArray[np.bool_]
) -> Array:
    """Uses before balancing [S, R, BUYERS]: world coefficients for technology, rest and final users take the rest."""
    prior = np.zeros((S, R, BUYERS))
    least = settings.number("least_user_share")
    for s in range(TECHNOLOGY):
        prior[s] = _spread(settings, s, world[s], output, output * ~home, captive)
        free = np.maximum(purchases[s] - prior[s].sum(1), least * purchases[s])
        prior[s][:, [REST, FINAL]] = np.outer(free / free.sum(), world[s, [REST, FINAL]])
    return prior


def _logic_input_base(settings: Settings, s: int, output: Array, captive: Array) -> Array:
    """[R] what logic's use of tools and of foundry services goes with: own fabs and fabless design."""
    fabless = output[:, LOGIC] - captive
    if s == EQUIPMENT:
        return np.asarray(captive + settings.number("design_tool_use") * fabless)
    return np.asarray(fabless + settings.number("idm_outsourcing") * captive)


def _supply(
    tables: BaseYearTables, settings: Settings, output: Array, purchases: Array, home: NDArray[np.bool_]
) -> Array:
    """Bilateral supply [S, R, R] from margins, home bias and the few anchors; all buyers of a region share it."""
    seeds = tables.seeds.copy()
    own = np.arange(R)
    weight = seeds[:, own, own]
    seeds[:, own, own] = np.where(weight > 1, weight ** settings.number("home_bias"), weight)
    supply = np.zeros((S, R, R))
    for s in range(TECHNOLOGY):
        reach = np.where(home[:, s, None], np.eye(R), 1.0)
        seed = seeds[s] * reach * output[:, s, None] * purchases[s]
        supply[s] = ras(seed, output[:, s], purchases[s], f"supply of {SEGMENTS[s]}")
    return supply


def named_sales(tables: BaseYearTables, settings: Settings) -> tuple[Array, Array]:
    """Share of world sales of each named plant [p] and of each cell's named plants [R, S].

    A plant's world share is its firm's sales over the central world sales, times the part made there;
    shares stay when world sales are drawn. Latent plants have 0.
    """
    world = {segment: float(tables.central["world_sales"][segment]) for segment in SEGMENTS[:TECHNOLOGY]}
    parts = plant_parts(tables.plants, settings, chosen_basis(tables, settings).assembly)
    share = np.array([plant.sales / world[plant.segment] for plant in tables.plants]) * parts
    named = np.zeros((R, S))
    for plant, value in zip(tables.plants, share, strict=True):
        named[REGION_INDEX[plant.region], SEGMENT_INDEX[plant.segment]] += value
    return share, named


def plant_parts(plants: tuple[Plant, ...], settings: Settings, assembly_weight: float) -> Array:
    """[p] part of its firm's sales that each plant makes; a plant without a share takes what is left."""
    special = {
        "samsung_china": ("xian_share", "nand_share_samsung"),
        "hynix_china": ("wuxi_share", "dram_share_hynix"),
    }
    parts = np.full(len(plants), np.nan)
    for i, plant in enumerate(plants):
        if plant.parameter in special:
            parts[i] = np.prod([settings.number(name) for name in special[plant.parameter]])
        elif plant.parameter == "gitee_cell_share":
            parts[i] = 0.0
        elif plant.parameter:
            parts[i] = settings.number(plant.parameter)
        elif plant.share is not None:
            parts[i] = plant.share * (assembly_weight if plant.segment == "devices" else 1.0)
    mates: dict[tuple[str, str], list[int]] = {}
    for i, plant in enumerate(plants):
        mates.setdefault((plant.firm, plant.segment), []).append(i)
    for i in np.flatnonzero(np.isnan(parts)).tolist():
        parts[i] = 1 - np.nansum(parts[mates[plants[i].firm, plants[i].segment]])
    return parts
