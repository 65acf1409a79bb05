"""`rest`, the remainder of each economy: WIOD 2014 brought to 2018, ASEAN split off, technology carved out.

bn USD of 2018 a year at basic prices unless said; o origin, d destination. Gross output, intermediate
use and GDP of whole economies come from WIOD ratios and GDP of 2018; what technology makes and buys is
taken out; `rest` closes goods markets and the current account of each region.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.balance import ras
from calibration.base_year_cells import FINAL, REST, Cells
from calibration.base_year_tables import OLD_REGIONS, BaseYearTables, Settings
from model.axes import REGION_INDEX, REGIONS, R, S
from model.errors import TableError

Array = NDArray[np.float64]

SEA, ROW, OLD_ROW = REGION_INDEX["SEA"], REGION_INDEX["ROW"], OLD_REGIONS.index("ROW")
PASSES = 4
"""Rounds in which duties and profit from abroad, which the targets depend on, settle (error below 1e-8)."""


@dataclass(frozen=True)
class Rest:
    """Flows of `rest`: intermediate, final [R, R]; needs [R, S] purchases of rest by segment; output [R].

    tariff [R, R]; start [R, 2R] flows of 2014 with origins scaled to 2018; economy [R, 2R] the whole economies
    of 2018; seed [R, 2R] the same without technology, from which rest is balanced; abroad [R] net profit income.
    """

    output: Array
    intermediate: Array
    final: Array
    needs: Array
    tariff: Array
    start: Array
    economy: Array
    seed: Array
    abroad: Array


def split_sea(tables: BaseYearTables) -> Array:
    """The table of 2014 with ASEAN-6 as a region [R, 2R]: intermediate, then final destinations."""
    to_new = [i for i, code in enumerate(REGIONS) if code != "SEA"]
    part = tables.gdp[SEA] / (tables.gdp[SEA] + tables.gdp[ROW])
    blocks = []
    for old in (tables.intermediate, tables.final):
        new = np.zeros((R, R))
        new[np.ix_(to_new, to_new)] = old
        others = [i for i in range(len(OLD_REGIONS)) if i != OLD_ROW]
        places = [to_new[i] for i in others]
        new[SEA, places] = old[OLD_ROW, others] * tables.sea_sales[others]
        new[ROW, places] -= new[SEA, places]
        new[places, SEA] = old[others, OLD_ROW] * tables.sea_purchases[others]
        new[places, ROW] -= new[places, SEA]
        inner = old[OLD_ROW, OLD_ROW]
        new[SEA, ROW] = inner * (1 - part) * tables.sea_sales[OLD_ROW]
        new[ROW, SEA] = inner * part * tables.sea_purchases[OLD_ROW] * (1 - part) / part
        new[SEA, SEA] = inner * part - new[ROW, SEA]
        new[ROW, ROW] = inner * (1 - part) - new[SEA, ROW]
        blocks.append(new)
    return np.hstack(blocks)


def gross_output(tables: BaseYearTables) -> Array:
    """Gross output of whole economies in 2018 [R]: GDP times the ratio of output to GDP of 2014."""
    ratio = tables.parent_output.sum(1) / tables.parent_value_added.sum(1)
    wide = np.array([ratio[OLD_REGIONS.index("ROW" if code == "SEA" else code)] for code in REGIONS])
    output = wide * tables.gdp
    total = output[SEA] + output[ROW]
    output[SEA] = tables.sea_output_ratio * tables.gdp[SEA]
    output[ROW] = total - output[SEA]
    return output


def technology_flows(cells: Cells) -> tuple[Array, Array]:
    """Technology goods of all segments o -> d, for current use and for final use with capital [R, R] each."""
    share = cells.uses / np.where(cells.purchases > 0, cells.purchases, 1)[:, :, None]
    current = np.einsum("sod,sd->od", cells.supply, share[:, :, :S].sum(2))
    lasting = np.einsum("sod,sd->od", cells.supply, share[:, :, S:].sum(2))
    return current, lasting


def tariffs(settings: Settings) -> Array:
    """[R, R] base tariff on rest that crosses a border, by importer."""
    return np.asarray(settings.by_region("base_tariff")[None] * (1 - np.eye(R)))


def build_rest(tables: BaseYearTables, settings: Settings, cells: Cells, owner: Array) -> Rest:
    """Balance `rest` given technology; owner [R, R, S] part of a cell's profit by owner, place and segment."""
    current, lasting = technology_flows(cells)
    technology = np.hstack([current, lasting])
    trade = current + lasting
    balance_of_technology = trade.sum(1) - trade.sum(0)
    needs = cells.output * cells.costs.current[:, REST]
    surplus, tariff = tables.current_account, tariffs(settings)
    output_all, seed_2014 = gross_output(tables), split_sea(tables)
    abroad, duty_final = np.zeros(R), np.zeros(R)
    for _ in range(PASSES):
        use_all = output_all - tables.gdp + duty_final
        final_all = output_all - use_all - (surplus - abroad)
        economy = ras(seed_2014, output_all, np.concatenate([use_all, final_all]), "whole economies of 2018")
        output = output_all - cells.output.sum(1)
        use = use_all - current.sum(0)
        final = output - use - (surplus - abroad - balance_of_technology)
        if min(output.min(), use.min(), final.min()) <= 0:
            raise TableError("rest: technology exceeds the economy of a region")
        seed = np.maximum(economy - technology, settings.number("least_rest_of_trade") * economy)
        flow = ras(seed, output, np.concatenate([use, final]), "rest")
        intermediate, last = flow[:, :R], flow[:, R:]
        duty_rate = (tariff * intermediate).sum(0) / use
        duty_final = (tariff * last).sum(0)
        profit = technology_profit(cells, needs * (1 + duty_rate)[:, None])
        abroad = np.einsum("wrs,rs->w", owner, profit) - profit.sum(1)
    needs[:, REST] = use - needs.sum(1)
    if needs.min() < 0:
        raise TableError("rest: technology buys more of rest than a region uses")
    start = seed_2014 * (output_all / seed_2014.sum(1))[:, None]
    return Rest(output, intermediate, last, needs, tariff, start, economy, seed, abroad)


def technology_profit(cells: Cells, rest_bought: Array) -> Array:
    """Profit [R, S] of technology cells: sales less wages, inputs and depreciation (= capital goods bought)."""
    bought = cells.uses[:, :, :FINAL].sum(0)
    spent = bought[:, :S] + bought[:, S:]
    spent[:, REST] = 0
    profit = cells.output * (1 - cells.costs.labour) - spent - rest_bought
    profit[:, REST] = 0
    return np.asarray(profit)
