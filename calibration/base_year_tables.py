"""Reading the small sourced tables of the base year (calibration/tables) into arrays, once."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from model.axes import REGION_INDEX, REGIONS, SEGMENT_INDEX, SEGMENTS, R, S
from model.errors import StoreError, TableError

Array = NDArray[np.float64]
Row = dict[str, str]
Indexed = dict[str, float | str]

FOLDER = Path(__file__).parent
SECTORS = ("ELE", "MCH", "OMF", "ICT_BUS", "PRI", "OSV")
"""Parent industries: electronics, machinery, other manufacturing, ICT and business, primary, other services."""
OLD_REGIONS = tuple(code for code in REGIONS if code != "SEA")
"""The regions of the 2014 table; its ROW holds ASEAN."""


@dataclass(frozen=True)
class Plant:
    """One named plant: a firm in a segment at a place. `sales` is the firm's, bn USD of 2018 in the segment."""

    id: str
    firm: str
    segment: str
    region: str
    owner: str
    sales: float
    share: float | None
    parameter: str
    ecosystem: str
    captive: float | None
    latent: bool


@dataclass(frozen=True)
class Basis:
    """A definition of where chips are bought: purchases [R] (None: the table's own) and what it implies for devices.

    Device makers stand at the place of assembly with weight `assembly`, else at the home of the brand; a part
    `follows` of that pattern is replaced by the chip purchase shares.
    """

    assembly: float
    follows: float
    purchases: Array | None


@dataclass(frozen=True)
class BaseYearTables:
    """The tables as arrays. Shares add to 1 over regions; money in bn USD.

    intermediate, final [7, 7]  2014, origin x destination (OLD_REGIONS)
    parent_output, parent_value_added [7, 6]  2014, OLD_REGIONS x SECTORS; taxes are in value added
    gdp, current_account [R]  2018; the world discrepancy of the recalled accounts is taken back in
        proportion to the width of their ranges (DATA.md, rule 7)
    sea_sales, sea_purchases [7]  ASEAN-6 in what old ROW sells to, or buys from, each old region
    location  name -> [R]  where a segment is made (logic in two parts, devices also by brand)
    purchase [S, R]  where a segment is bought
    basis  name -> where chips are counted as bought
    seeds [S, R, R]  weights on origin x destination before balancing
    fringe_ecosystem  (segment, region) -> 'ecosystem:weight; ...' of plants that are not named
    """

    intermediate: Array
    final: Array
    parent_output: Array
    parent_value_added: Array
    gdp: Array
    current_account: Array
    sea_output_ratio: float
    sea_sales: Array
    sea_purchases: Array
    location: dict[str, Array]
    purchase: Array
    basis: dict[str, Basis]
    seeds: Array
    plants: tuple[Plant, ...]
    fringe_ecosystem: dict[tuple[str, str], str]
    central: dict[str, Indexed]
    checks: tuple[Row, ...]


def read_rows(name: str, folder: str = "tables") -> list[Row]:
    """All rows of one CSV of the calibration folder."""
    path = FOLDER / folder / name
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))
    except OSError as error:
        raise StoreError(f"{folder}/{name} cannot be read: {error.strerror}") from error


@cache
def load_base_year_tables() -> BaseYearTables:
    """The tables of the base year; read once per process."""
    regional = {(row["item"], row["region"]): float(row["value"]) for row in read_rows("regions_2018.csv")}

    def pick(item: str, codes: tuple[str, ...]) -> Array:
        return np.array([regional[item, code] for code in codes])

    location, purchase = _segment_shares()
    return BaseYearTables(
        *_input_output(), *_parents(),
        gdp=pick("gdp", REGIONS), current_account=_current_account(),
        sea_output_ratio=regional["output_ratio", "SEA"],
        sea_sales=pick("sea_share_of_sales_to", OLD_REGIONS),
        sea_purchases=pick("sea_share_of_purchases_from", OLD_REGIONS),
        location=location, purchase=purchase, basis=_basis(), seeds=_seeds(),
        plants=tuple(_plant(row) for row in read_rows("plants_2018.csv")),
        fringe_ecosystem=_fringe_ecosystems(),
        central=_central(), checks=tuple(read_rows("checks_2018.csv")),
    )  # fmt: skip


def _current_account() -> Array:
    rows = {row["region"]: row for row in read_rows("regions_2018.csv") if row["item"] == "current_account"}
    value, low, high = (np.array([float(rows[code][key]) for code in REGIONS]) for key in ("value", "low", "high"))
    return np.asarray(value - value.sum() * (high - low) / (high - low).sum())


def _input_output() -> tuple[Array, Array]:
    place = {code: i for i, code in enumerate(OLD_REGIONS)}
    blocks = {"intermediate": np.zeros((7, 7)), "final": np.zeros((7, 7))}
    for row in read_rows("world_input_output_2014.csv"):
        blocks[row["block"]][place[row["origin"]], place[row["destination"]]] = float(row["value"])
    return blocks["intermediate"], blocks["final"]


def _parents() -> tuple[Array, Array]:
    output, value_added = np.zeros((7, 6)), np.zeros((7, 6))
    for row in read_rows("parent_industries_2014.csv"):
        into = output if row["item"] == "output" else value_added
        into[OLD_REGIONS.index(row["region"]), SECTORS.index(row["sector"])] += float(row["value"])
    return output, value_added


def _segment_shares() -> tuple[dict[str, Array], Array]:
    found: dict[tuple[str, str], Array] = {}
    for row in read_rows("segment_shares_2018.csv"):
        array = found.setdefault((row["item"], row["segment"]), np.zeros(R))
        array[REGION_INDEX[row["region"]]] = float(row["value"])
    shares = {key: array / array.sum() for key, array in found.items()}
    location = {segment: array for (item, segment), array in shares.items() if item == "location"}
    location["devices_by_brand"] = shares["brand_home", "devices"]
    purchase = np.array([shares.get(("purchase", segment), np.zeros(R)) for segment in SEGMENTS])
    return location, purchase


def with_country(tables: BaseYearTables, values: Mapping[str, object]) -> BaseYearTables:
    """The tables with some shares of regions set, in percent of the world; the other regions' give way in proportion.

    values: by name (location_share, purchase_share, brand_share) and 'region/segment', as scenarios override them.
    """
    names = {"location_share": "location", "purchase_share": "purchase", "brand_share": "brand_home"}
    given: dict[tuple[str, str], dict[int, float]] = {}
    for name in names.keys() & values.keys():
        for index, percent in cast(Mapping[str, float], values[name]).items():
            code, segment = index.split("/")
            given.setdefault((names[name], segment), {})[REGION_INDEX[code]] = percent / 100
    location, purchase = dict(tables.location), tables.purchase.copy()
    for (item, segment), shares in given.items():
        if item == "purchase":
            purchase[SEGMENT_INDEX[segment]] = _with_shares(purchase[SEGMENT_INDEX[segment]], shares, f"{item} {segment}")
        else:
            key = segment if item == "location" else "devices_by_brand"
            location[key] = _with_shares(location[key], shares, f"{item} {segment}")
    return replace(tables, location=location, purchase=purchase) if given else tables


def _with_shares(array: Array, shares: Mapping[int, float], what: str) -> Array:
    """Shares [R] with some of them set; the others keep their proportions in what is left."""
    total = sum(shares.values())
    free = np.array([0.0 if r in shares else x for r, x in enumerate(array)])
    if total > 1 or (total < 1 and free.sum() == 0):
        raise TableError(f"{what}: shares set to {100 * total:g} percent in all; at most 100, all of it if no region is left")
    kept = free * (1 - total) / (free.sum() or 1.0)
    return np.array([shares.get(r, x) for r, x in enumerate(kept)])


def _basis() -> dict[str, Basis]:
    rows = read_rows("chip_purchase_basis.csv")
    weights = {(row["basis"], row["item"]): float(row["value"]) for row in rows if not row["region"]}
    purchase: dict[str, Array] = {}
    for row in rows:
        if row["region"]:
            purchase.setdefault(row["basis"], np.zeros(R))[REGION_INDEX[row["region"]]] = float(row["value"])
    return {
        name: Basis(
            weights[name, "assembly_weight"],
            weights[name, "follows_purchases"],
            purchase[name] / purchase[name].sum() if name in purchase else None,
        )
        for name, item in weights
        if item == "assembly_weight"
    }


def _seeds() -> Array:
    seeds = np.ones((S, R, R))
    for row in read_rows("bilateral_seeds.csv"):
        place = SEGMENT_INDEX[row["segment"]], REGION_INDEX[row["origin"]], REGION_INDEX[row["destination"]]
        seeds[place] = float(row["value"])
    return seeds


def _fringe_ecosystems() -> dict[tuple[str, str], str]:
    """(segment, region) -> ecosystems of plants that are not named, with weights."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in read_rows("fringe_ecosystems.csv"):
        found.setdefault((row["segment"], row["region"]), []).append(f"{row['ecosystem']}:{row['value']}")
    return {place: "; ".join(parts) for place, parts in found.items()}


def _plant(row: Row) -> Plant:
    return Plant(
        row["id"], row["firm"], row["segment"], row["region"], row["owner"], float(row["value"]),
        _optional(row["share"]), row["share_parameter"], row["ecosystem"], _optional(row["captive"]),
        row["latent"] == "1",
    )  # fmt: skip


def _optional(text: str) -> float | None:
    return float(text) if text else None


def _central() -> dict[str, Indexed]:
    central: dict[str, Indexed] = {}
    for row in read_rows("base_year.csv", "parameters"):
        value = row["value"] if row["distribution"] == "discrete" else float(row["value"])
        central.setdefault(row["name"], {})[row["index"]] = value
    return central


class Settings:
    """The parameters of one build: the central values, overlaid with the values given."""

    def __init__(self, central: Mapping[str, Indexed], values: Mapping[str, object]) -> None:
        self._values = {name: dict(indexed) for name, indexed in central.items()}
        for name in self._values.keys() & values.keys():
            given = values[name]
            self._values[name].update(given if isinstance(given, Mapping) else {"": cast(float | str, given)})

    def number(self, name: str, index: str = "") -> float:
        """One value."""
        try:
            return float(self._values[name][index])
        except KeyError:
            raise TableError(f"parameter {name} has no row for {index or 'no index'}") from None

    def word(self, name: str) -> str:
        """One named alternative."""
        return str(self._values[name][""])

    def by_segment(self, name: str) -> Array:
        """[S], 0 where the table has no row."""
        return np.array([float(self._values[name].get(segment, 0.0)) for segment in SEGMENTS])

    def by_region(self, name: str) -> Array:
        """[R], 0 where the table has no row."""
        return np.array([float(self._values[name].get(region, 0.0)) for region in REGIONS])

    def pairs(self, name: str) -> Array:
        """[S, S] from rows indexed 'buyer/supplier'."""
        matrix = np.zeros((S, S))
        for index, value in self._values[name].items():
            buyer, supplier = index.split("/")
            matrix[SEGMENT_INDEX[buyer], SEGMENT_INDEX[supplier]] = float(value)
        return matrix
