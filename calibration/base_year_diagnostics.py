"""How the base year was made: what balancing moved, and how far the table is from what is known.

Every function gives a tidy frame of one build; money in bn USD of 2018 a year, shares in percent.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from calibration.base_year_cells import REST, TECHNOLOGY, Cells, parent_parts
from calibration.base_year_rest import Rest
from calibration.base_year_tables import BaseYearTables
from model.axes import CHIP_PRODUCTS, LAYERS, REGION_INDEX, REGIONS, SEGMENT_INDEX, SEGMENTS, R, S
from model.kernel.table import BaseTable

Array = NDArray[np.float64]
CHIPS = [SEGMENT_INDEX[code] for code in CHIP_PRODUCTS]
CHIPS_LAYER = [SEGMENT_INDEX[code] for code in LAYERS["chips"]]
BUYER_NAMES = (*SEGMENTS, *(f"{code} (capital)" for code in SEGMENTS), "final users")
PERCENT = 100.0


def diagnose(
    tables: BaseYearTables, cells: Cells, rest: Rest, table: BaseTable, customs: Array, world: float
) -> dict[str, pd.DataFrame]:
    """All frames by name."""
    return {
        "regions": regions(tables, table, world),
        "margins": margins(tables, cells, rest),
        "purchases": purchases(tables, cells),
        "uses": uses(cells),
        "rest": rest_flows(cells, rest),
        "profit": profit_shares(table),
        "parents": parents(tables, cells),
        "raised": raised(cells),
        "checks": checks(tables, cells, table, customs, world),
    }


def destinations(table: BaseTable) -> Array:
    """[n, R] deliveries of each plant by destination, all buyers together, in units of the table."""
    place = np.concatenate([table.location, table.investors[:, 0], np.arange(R), np.arange(R)])
    at = (place[:, None] == np.arange(R)).astype(float)
    return np.asarray(table.flow @ at)


def profits(table: BaseTable) -> Array:
    """Profit [n]: sales less wages, current inputs with duty and depreciation."""
    rate = table.tariff[table.location[:, None], table.location, table.segment[:, None]]
    bought = ((1 + rate) * table.flow[:, : table.plants]).sum(0)
    return np.asarray(table.output - table.wages - bought - table.investment)


def duties(table: BaseTable) -> Array:
    """Duties [R] paid by all buyers of each region."""
    sent = destinations(table)
    rate = table.tariff[table.location[:, None], np.arange(R), table.segment[:, None]]
    return np.asarray((rate * sent).sum(0))


def accounts(table: BaseTable) -> tuple[Array, Array]:
    """Final expenditure E [R] and income Y [R] (wages, profits owned, duties); E - Y is the balance B."""
    at = np.arange(R)[:, None] == table.location
    start = table.plants + len(table.investors)
    rate = table.tariff[table.location[:, None], np.arange(R), table.segment[:, None]]
    expenditure = ((1 + rate) * table.flow[:, start : start + R]).sum(0)
    income = at @ table.wages + table.owner @ profits(table) + duties(table)
    return expenditure, np.asarray(income)


def value_added(table: BaseTable) -> Array:
    """[R, S] wages, profit and depreciation by place and segment."""
    total = np.zeros((R, S))
    np.add.at(total, (table.location, table.segment), table.wages + profits(table) + table.investment)
    return total


def regions(tables: BaseYearTables, table: BaseTable, world: float) -> pd.DataFrame:
    """GDP, GNP, final expenditure and balance by region against what is known."""
    added, duty = value_added(table), duties(table)
    gdp = added.sum(1) + duty
    earned = table.owner @ profits(table) - (np.arange(R)[:, None] == table.location) @ profits(table)
    expenditure, income = accounts(table)

    def part(columns: list[int]) -> Array:
        return np.asarray(PERCENT * added[:, columns].sum(1) / gdp)

    return pd.DataFrame({
        "region": REGIONS,
        "gdp": gdp * world, "gdp known": tables.gdp,
        "gnp": (gdp + earned) * world, "final expenditure": expenditure * world,
        "current account": (income - expenditure) * world, "current account known": tables.current_account,
        "duties": duty * world,
        "memory of gdp": part([SEGMENT_INDEX["memory"]]), "chips layer of gdp": part(CHIPS_LAYER),
        "technology of gdp": part(list(range(TECHNOLOGY))),
    })  # fmt: skip


def _moved(after: Array, before: Array) -> tuple[float, float]:
    """Weighted mean and largest absolute change in percent, over cells above a thousandth of the total."""
    before = before * (after.sum() / before.sum())
    change = np.abs(after / np.where(before > 0, before, np.inf) - 1) * (before > 0)
    large = after > after.sum() / 1000
    mean = float((change * after).sum() / after.sum())
    return PERCENT * mean, PERCENT * float(change[large].max())


def margins(tables: BaseYearTables, cells: Cells, rest: Rest) -> pd.DataFrame:
    """How far each step moved flows: mean and largest change in percent (cells above 0.1 percent of the total)."""
    rows = []
    for s in range(TECHNOLOGY):
        given = tables.purchase[s] * cells.costs.sales[s]
        rows.append(("purchases by region", SEGMENTS[s], *_moved(cells.purchases[s], given)))
        rows.append(("use by buyer and region", SEGMENTS[s], *_moved(cells.uses[s], cells.prior[s])))
        even = np.outer(cells.output[:, s], cells.purchases[s])
        rows.append(("supply against an even mix", SEGMENTS[s], *_moved(cells.supply[s], even)))
    flow = np.hstack([rest.intermediate, rest.final])
    rows.append(("2014 to 2018, all goods", "all", *_moved(rest.economy, rest.start)))
    rows.append(("technology carved out", "rest", *_moved(rest.seed, rest.economy)))
    rows.append(("balancing rest", "rest", *_moved(flow, rest.seed)))
    return pd.DataFrame(rows, columns=["step", "segment", "mean change", "largest change"])


def purchases(tables: BaseYearTables, cells: Cells) -> pd.DataFrame:
    """Purchase shares of the table against those given, percent of world."""
    total = cells.purchases.sum(1, keepdims=True)
    used = PERCENT * np.divide(cells.purchases, total, out=np.zeros((S, R)), where=total > 0)
    rows = [
        (SEGMENTS[s], REGIONS[d], PERCENT * tables.purchase[s, d], used[s, d])
        for s in range(TECHNOLOGY)
        for d in range(R)
    ]
    return pd.DataFrame(rows, columns=["segment", "region", "given", "used"])


def uses(cells: Cells) -> pd.DataFrame:
    """Every use of technology by buyer, before and after balancing, with the change of the coefficient."""
    s, d, b = np.nonzero(cells.uses > 0)
    before, after = cells.prior[s, d, b], cells.uses[s, d, b]
    return pd.DataFrame({
        "segment": np.array(SEGMENTS)[s], "region": np.array(REGIONS)[d], "buyer": np.array(BUYER_NAMES)[b],
        "before": before, "after": after, "change": PERCENT * (after / before - 1),
    })  # fmt: skip


def rest_flows(cells: Cells, rest: Rest) -> pd.DataFrame:
    """Flows of rest and of whole economies of 2018 by origin, destination and use."""
    o, d = np.divmod(np.arange(2 * R * R), 2 * R)
    flow = np.hstack([rest.intermediate, rest.final])
    return pd.DataFrame({
        "origin": np.array(REGIONS)[o], "destination": np.array(REGIONS)[d % R],
        "use": np.where(d < R, "intermediate", "final"),
        "start": rest.start.ravel(), "economy": rest.economy.ravel(),
        "seed": rest.seed.ravel(), "rest": flow.ravel(),
        "change": PERCENT * (flow.ravel() / rest.seed.ravel() - 1),
    })  # fmt: skip


def profit_shares(table: BaseTable) -> pd.DataFrame:
    """Profit, wages and value added over sales by place and segment, percent; and the mark-up m."""
    sums = np.zeros((4, R, S))
    for k, what in enumerate((table.output, profits(table), table.wages, table.investment)):
        np.add.at(sums[k], (table.location, table.segment), what)
    output, profit, wages, worn = sums
    r, s = np.divmod(np.arange(R * S), S)
    share = PERCENT * np.stack([profit, wages, worn]) / output
    return pd.DataFrame({
        "region": np.array(REGIONS)[r], "segment": np.array(SEGMENTS)[s],
        "profit": share[0].ravel(), "wages": share[1].ravel(), "depreciation": share[2].ravel(),
        "markup": 1 / (1 - share[0].ravel() / PERCENT),
    })  # fmt: skip


def parents(tables: BaseYearTables, cells: Cells) -> pd.DataFrame:
    """What part of its parent industry (2014 scaled to 2018) each segment's family takes; what was lowered."""
    part = PERCENT * parent_parts(tables, cells.output)
    r, s = np.divmod(np.arange(R * S), S)
    frame = pd.DataFrame({
        "region": np.array(REGIONS)[r], "segment": np.array(SEGMENTS)[s],
        "family of parent": part.ravel(), "lowered": cells.lowered.ravel(),
    })  # fmt: skip
    return frame[frame["segment"] != SEGMENTS[REST]].reset_index(drop=True)


def raised(cells: Cells) -> pd.DataFrame:
    """Cells whose given location share was too small for their named plants, or that gave to others (bn USD)."""
    r, s = np.divmod(np.arange(R * S), S)
    frame = pd.DataFrame({
        "region": np.array(REGIONS)[r], "segment": np.array(SEGMENTS)[s],
        "raised": cells.raised.ravel(), "output": cells.output.ravel(),
    })  # fmt: skip
    return frame.assign(size=frame["raised"].abs()).sort_values("size", ascending=False).drop(columns="size")


def chip_exports(table: BaseTable, customs: Array) -> Array:
    """[R, R] chips that leave o for d on customs basis; own region 0; in units of the table."""
    chips = np.isin(table.segment, CHIPS)
    trade = customs[chips].T @ destinations(table)[chips]
    return np.asarray(trade - np.diag(np.diag(trade)))


def checks(tables: BaseYearTables, cells: Cells, table: BaseTable, customs: Array, world: float) -> pd.DataFrame:
    """What is known of 2018 but was not put in, against the table."""
    exports = chip_exports(table, customs)
    added = value_added(table)
    gdp = added.sum(1) + duties(table)
    own = np.einsum("soo->so", cells.supply) / np.where(cells.purchases > 0, cells.purchases, 1)
    frame = pd.DataFrame(tables.checks)
    found = []
    for item, origin, other in zip(frame["item"], frame["origin"], frame["destination"], strict=True):
        if item in ("supply_share", "sales_share"):
            o, d = (REGION_INDEX[code] for code in origin.split(">"))
            flow = cells.supply[SEGMENT_INDEX[other]]
            found.append(PERCENT * flow[o, d] / (flow[:, d].sum() if item == "supply_share" else flow[o].sum()))
            continue
        o = REGION_INDEX[origin]
        if item == "chip_exports_share":
            found.append(PERCENT * exports[o, REGION_INDEX[other]] / exports[o].sum())
        elif item == "chip_exports":
            found.append(exports[o].sum() * world)
        elif item == "own_supply":
            found.append(PERCENT * own[SEGMENT_INDEX[other], o])
        else:
            found.append(PERCENT * added[o, :TECHNOLOGY].sum() / gdp[o])
    frame["known"] = frame["value"].astype(float)
    frame["table"] = found
    return frame[["item", "origin", "destination", "known", "table", "unit", "year", "evidence", "source", "note"]]
