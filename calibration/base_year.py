"""The balanced base year 2018 of BLOCS: small sourced tables in, a `BaseTable` of plants out.

`python -m calibration.base_year` writes docs/base_year.md. Steps: cost shares and memory through the
cycle; places, purchases, uses and supply of the technology cells (base_year_cells); `rest` from WIOD
(base_year_rest); named firms and fringes (base_year_plants); wages and profits as what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from calibration.base_year_cells import FINAL, REST, Cells, build_cells, build_costs, named_sales
from calibration.base_year_diagnostics import accounts, diagnose
from calibration.base_year_plants import Plants, build_plants, customs_view, owners_of_cells
from calibration.base_year_rest import Rest, build_rest
from calibration.base_year_tables import BaseYearTables, Settings, load_base_year_tables, with_country
from calibration.fringe import pareto_shares, split_table
from model.axes import QUARTERS_PER_YEAR, SEGMENTS, R, S
from model.errors import TableError
from model.kernel.table import BaseTable

__all__ = ["BaseYear", "build_base_year", "load_base_year_tables"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
FABS = ("foundry", "memory", "logic")
BALANCED = 1e-10


@dataclass(frozen=True)
class BaseYear:
    """The base year as the model takes it (n plants, R regions; values in world final expenditure a quarter).

    firms and ecosystem are '' where there is none; kind is named, fringe or home; entry [n] is the year a
    latent plant enters, -inf for incumbents; usd is bn USD of 2018 in one unit of value in one quarter;
    customs [n, R] where output leaves from on customs basis (foundry 0).
    """

    table: BaseTable
    plant_ids: tuple[str, ...]
    firms: tuple[str, ...]
    kind: tuple[str, ...]
    ecosystem: tuple[str, ...]
    entry: Array
    usd: float
    customs: Array
    diagnostics: dict[str, pd.DataFrame] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Parts:
    """The steps of one build, kept for the report."""

    tables: BaseYearTables
    settings: Settings
    cells: Cells
    plants: Plants
    rest: Rest


def build_base_year(values: Mapping[str, object], with_diagnostics: bool = True) -> BaseYear:
    """The base year under the given parameter values; {} gives the central values.

    `values` maps a parameter's name to a number or word, or to {index: value}; names that the base year
    does not know are left alone.
    """
    parts = build_parts(values)
    table, world = _table(parts)
    _check(table, parts.plants.ids)
    customs = customs_view(parts.plants, parts.cells)
    year = BaseYear(
        table=table, plant_ids=parts.plants.ids, firms=parts.plants.firms, kind=parts.plants.kind,
        ecosystem=parts.plants.ecosystem, entry=_entry(parts), usd=world / QUARTERS_PER_YEAR,
        customs=customs, diagnostics=diagnose(parts.tables, parts.cells, parts.rest, table, customs, world) if with_diagnostics else {},
    )  # fmt: skip
    return with_fringe_rows(year, round(parts.settings.number("fringe_rows")), parts.settings.number("firm_size_tail"))


def with_fringe_rows(year: BaseYear, rows: int, tail: float) -> BaseYear:
    """The same year with each fringe of technology as `rows` rows of Pareto sizes; one row is the year itself.

    `rest` is not firms but what remains of an economy, so it stays one row a region.
    """
    if rows == 1:
        return year
    sizes, whole = pareto_shares(rows, tail), np.ones(1)
    fringe = [kind == "fringe" and s != REST for kind, s in zip(year.kind, year.table.segment, strict=True)]
    parts = tuple(sizes if split else whole for split in fringe)
    old = np.repeat(np.arange(len(parts)), [len(part) for part in parts]).tolist()
    place = np.concatenate([np.arange(len(part)) for part in parts]).tolist()
    return replace(
        year, table=split_table(year.table, parts, year.plant_ids),
        plant_ids=tuple(f"{year.plant_ids[i]}-{k + 1}" if fringe[i] else year.plant_ids[i] for i, k in zip(old, place, strict=True)),
        firms=tuple(year.firms[i] for i in old), kind=tuple(year.kind[i] for i in old),
        ecosystem=tuple(year.ecosystem[i] for i in old), entry=year.entry[old], customs=year.customs[old],
    )  # fmt: skip


def build_parts(values: Mapping[str, object]) -> Parts:
    """Cells, plants and rest, in bn USD of 2018."""
    tables = with_country(load_base_year_tables(), values)
    settings = Settings(tables.central, values)
    costs = build_costs(settings)
    world_share, named = named_sales(tables, settings)
    cells = build_cells(tables, settings, costs, named)
    plants = build_plants(tables, settings, cells, world_share)
    rest = build_rest(tables, settings, cells, owners_of_cells(plants))
    return Parts(tables, settings, cells, plants, rest)


def cell_flows(cells: Cells, rest: Rest) -> Array:
    """All flows at basic prices [R * S rows, R, BUYERS]: from each cell to each class of buyer of each region."""
    share = cells.uses / np.where(cells.purchases > 0, cells.purchases, 1)[:, :, None]
    flows = np.einsum("sod,sdb->osdb", cells.supply, share)
    mix = rest.intermediate / rest.intermediate.sum(0)
    flows[:, REST, :, :S] = mix[:, :, None] * rest.needs[None]
    flows[:, REST, :, FINAL] = rest.final
    return np.asarray(flows.reshape(R * S, R, FINAL + 1))


def _table(parts: Parts) -> tuple[BaseTable, float]:
    """The table of plants in units of world final expenditure, and that expenditure in bn USD a year."""
    plants, cells, rest = parts.plants, parts.cells, parts.rest
    flows = cell_flows(cells, rest)[plants.cell] * plants.share[:, None, None]
    current = flows[:, plants.location, plants.segment] * plants.share
    buys = cells.uses[:, :, S:FINAL].sum(0) > 0
    investors = np.argwhere(buys)
    capital = flows[:, investors[:, 0], S + investors[:, 1]]
    final = flows[:, :, FINAL]
    tariff = np.zeros((R, R, S))
    tariff[:, :, REST] = rest.tariff
    n = len(plants.ids)
    flow = np.hstack([current, capital, final, np.zeros((n, R))])
    rate = tariff[plants.location[:, None], np.arange(R), plants.segment[:, None]]
    world = float(((1 + rate) * final).sum())
    bought = np.zeros((R, S))
    bought[tuple(investors.T)] = capital.sum(0)
    investment = bought[plants.location, plants.segment] * plants.share
    paid = ((1 + rate[:, plants.location]) * current).sum(0)
    table = BaseTable(
        location=plants.location, segment=plants.segment, owner=_owner(plants), investors=investors,
        flow=flow / world, tariff=tariff, wages=_wages(parts, flow.sum(1), paid) / world,
        investment=investment / world, capacity=np.zeros(n), depreciation=_rates(parts),
        build_lag=_lags(parts), theta=_entrants(parts, "entrant_share"),
        entry_capacity=_entrants(parts, "entrant_capacity") * cells.costs.sales[plants.segment] / world,
    )  # fmt: skip
    return table.replace(capacity=_capacity(parts, table)), world


def _owner(plants: Plants) -> Array:
    """[R, n] profit by owner: named plants belong to their firm's region, fringes are local (assumed)."""
    owner = np.zeros((R, len(plants.ids)))
    owner[plants.owner, np.arange(len(plants.ids))] = 1
    return owner


def _wages(parts: Parts, output: Array, paid: Array) -> Array:
    """Wage bill [n]: a share of sales in technology, a share of value added (taxes in it) in rest.

    A home cell has no capital: it pays as wages what others set aside for it, so its mark-up is theirs.
    """
    plants, costs = parts.plants, parts.cells.costs
    in_rest = plants.segment == REST
    at_home = parts.cells.home[plants.location, plants.segment]
    share = costs.labour[plants.segment] + at_home * costs.capital.sum(1)[plants.segment]
    of_added = parts.settings.by_region("labour_share_rest")[plants.location]
    return np.asarray(np.where(in_rest, of_added * (output - paid), share * output))


def _rates(parts: Parts) -> Array:
    return parts.settings.by_segment("depreciation_rate")[parts.plants.segment]


def _lags(parts: Parts) -> Array:
    """Build lag [n] in years: fabs by region, compute by segment, 0 elsewhere."""
    plants = parts.plants
    fabs = np.isin(plants.segment, [SEGMENTS.index(code) for code in FABS])
    by_region = parts.settings.by_region("fab_build_lag")[plants.location]
    return np.where(fabs, by_region, parts.settings.by_segment("build_lag")[plants.segment])


def _capacity(parts: Parts, table: BaseTable) -> Array:
    """K0 [n]: output times slack; infinite for home cells; 0 for latent plants."""
    home = np.array([kind == "home" for kind in parts.plants.kind])
    return np.where(home, np.inf, parts.settings.number("capacity_slack") * table.output)


def _entrants(parts: Parts, name: str) -> Array:
    """[n] a parameter of latent plants by plant id, 0 for incumbents."""
    return np.array([
        parts.settings.number(name, plant) if latent else 0.0
        for plant, latent in zip(parts.plants.ids, parts.plants.latent, strict=True)
    ])  # fmt: skip


def _entry(parts: Parts) -> Array:
    """Entry [n]: the year a latent plant enters (E34), -inf for incumbents."""
    return np.where(parts.plants.latent, _entrants(parts, "entry_year"), -np.inf)


def _check(table: BaseTable, ids: tuple[str, ...]) -> None:
    """Refuse a table with negative flows, without wages or not balanced (TableError names the plant)."""
    latent = table.theta > 0
    poor = np.flatnonzero((table.wages <= 0) & ~latent)
    if len(poor):
        raise TableError(f"plant {ids[poor[0]]} has no wages")
    if table.flow.min() < 0 or not np.isfinite(table.flow).all():
        raise TableError(f"plant {ids[int(table.flow.min(1).argmin())]} has a negative flow")
    expenditure, income = accounts(table)
    if abs((expenditure - income).sum()) > BALANCED or abs(expenditure.sum() - 1) > BALANCED:
        raise TableError("world expenditure and world income differ")


if __name__ == "__main__":
    from calibration.base_year_report import write_report

    write_report()
