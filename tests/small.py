"""Short worlds for tests: scenarios built in memory, economies of the oracle in the engine's form, and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from calibration.registry import central, override
from model.axes import ECOSYSTEMS, REGION_INDEX, REGIONS, SEGMENTS
from model.instruments import Facts, Instrument, Lever, Order, Value, instruments
from model.kernel.links import Array, Index
from model.kernel.table import BaseTable
from model.outcomes import Key
from model.scenario.resolve import load_scenario
from model.scenario.types import Measure, Path, Place, Scenario
from model.simulation import Decoupling
from model.wedges import RULES, WEDGES, Wedges, axis_sizes
from model.world import Parameters, Setting, State
from tests import engine
from tests.oracle.closed_quarter import OracleParameters, OracleWedges

SENDERS, TARGETS = ("USA", "JPN"), ("CHN",)
STILL = {
    "growth_baseline": 0.0, "user_growth": 0.0, "catch_up": 0.0, "diffusion_rate": 0.0, "rechoice_rate": 0.0,
    "ecosystem_entry": 9999.0, "entry_year": 9999.0,
}  # fmt: skip
"""Growth, catch-up, ecosystem drift and entry at zero, by parameters alone."""


# -- scenarios ---------------------------------------------------------------------------------------
@cache
def scenario(name: str = "no_policy", last: str = "2019Q4") -> Scenario:
    """A shipped scenario with a shorter horizon."""
    return load_scenario(name, sets=[f"horizon=[2018Q1, {last}]"])


def measure(
    instrument: str, levers: Mapping[str, Value], start: float = 2018.5, end: float | None = None,
    suspended: tuple[tuple[float, float], ...] = (), senders: tuple[str, ...] = SENDERS,
    targets: tuple[str, ...] = TARGETS, name: str = "",
) -> Measure:  # fmt: skip
    """A measure whose levers do not move; levers not given are neutral."""
    values = {**neutral_levers(instruments()[instrument]), **levers}
    paths = {key: Path(constant=value) for key, value in values.items()}
    name, place = name or instrument, Place("test", 1)
    return Measure(name, instrument, start, end, None, suspended, senders, targets, paths, "test", place)


def with_measures(measures: tuple[Measure, ...], last: str = "2019Q4", blocs: bool = False) -> Scenario:
    """`no_policy` with these measures; with `blocs`, the senders and targets are blocs and others serve both."""
    sides = {"west": SENDERS, "east": TARGETS} if blocs else {}
    return replace(scenario("no_policy", last), name="test", measures=measures, blocs=sides)


def everything(last: str = "2019Q4") -> Scenario:
    """A short scenario in which every instrument acts with force from 2018Q3 on."""
    measures = tuple(measure(name, strong_levers(found)) for name, found in instruments().items())
    return with_measures(measures, last, blocs=True)


# -- levers ------------------------------------------------------------------------------------------
def neutral_levers(instrument: Instrument) -> dict[str, Value]:
    """Every lever at its neutral value."""
    return {name: lever.neutral for name, lever in instrument.levers.items()}


def far_end(lever: Lever) -> float:
    """The end of a numeric lever's range that is farther from neutral."""
    neutral = number(lever.neutral)
    return lever.high if lever.high - neutral >= neutral - lever.low else lever.low


def strong_levers(instrument: Instrument, part: float = 0.5) -> dict[str, Value]:
    """Numeric levers `part` of the way from neutral to their far end; segments all but rest; half of other names."""
    found: dict[str, Value] = {}
    for name, lever in instrument.levers.items():
        if lever.choices:
            few = lever.choices[: max(1, len(lever.choices) // 2)]
            many = lever.choices[:-1] if lever.choices[-1] == "rest" else few
            found[name] = many if lever.many else lever.choices[0]
        else:
            found[name] = number(lever.neutral) + part * (far_end(lever) - number(lever.neutral))
    return found


def number(value: Value) -> float:
    """A numeric lever's value."""
    if not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


# -- instruments on a small world --------------------------------------------------------------------
PLANT_REGION, PLANT_SEGMENT = (0, 0, 1, 2, 3, 1), (5, 0, 8, 2, 1, 9)
ALL_ECOSYSTEMS = tuple(e for choices in ECOSYSTEMS.values() for e in choices)


def facts() -> Facts:
    """Six plants, all regions and ecosystems."""
    firms = ("Apple", "", "Alibaba", "Samsung", "", "")
    return Facts(REGIONS, firms, PLANT_REGION, PLANT_REGION, PLANT_SEGMENT, ALL_ECOSYSTEMS, central())


def fresh() -> Wedges:
    """Neutral wedges of that world."""
    return Wedges(axis_sizes(len(REGIONS), len(SEGMENTS), len(PLANT_REGION), len(ALL_ECOSYSTEMS), 4))


def order(levers: Mapping[str, Value], senders: tuple[str, ...] = SENDERS, targets: tuple[str, ...] = TARGETS) -> Order:
    """A measure of these levers in its first quarter; Korea serves both sides."""
    sides = {*senders, *targets}
    others = tuple(i for r, i in REGION_INDEX.items() if r not in sides)
    both = tuple(i for i in others if REGIONS[i] == "KOR")
    place = [tuple(REGION_INDEX[r] for r in side) for side in (senders, targets)]
    return Order(place[0], place[1], others, levers, 1.0, both)


class Loose(dict[str, Array]):
    """Arrays of wedges that a test may change at will: nothing derived from them is kept."""

    def once(self, name: str, derive: Callable[[], Any]) -> Any:
        """What a stage derives from them, made anew each time."""
        return derive()

    def acts(self, name: str) -> bool:
        """Whether a wedge differs from neutral anywhere."""
        return bool((self[name] != RULES[WEDGES[name].rule][0]).any())


def arrays(wedges: Wedges) -> Loose:
    """Every wedge's array, copied."""
    return Loose({name: wedges[name].copy() for name in WEDGES})


# -- runs --------------------------------------------------------------------------------------------
def still(parameters: Parameters | None = None, leave: tuple[str, ...] = ()) -> Parameters:
    """Parameters (the central ones) without growth, entry, catch-up and ecosystem drift, but for those left on."""
    changes = {name: value for name, value in STILL.items() if name not in leave}
    return override(parameters or central(), changes, check=False)


def quarters(model: Decoupling) -> Iterator[State]:
    """The state after each quarter to the end of the horizon."""
    model.running = True
    while model.running:
        model.step()
        yield model.now


def outcomes_of(model: Decoupling) -> dict[Key, Array]:
    """All series of a run to its end."""
    keys, values = model.run_to_end().table()
    return dict(zip(keys, values, strict=True))


def same_bits(one: Mapping[Key, Array], two: Mapping[Key, Array]) -> list[Key]:
    """Keys at which two runs differ in any bit (an undefined value equals an undefined value)."""
    keys = sorted({*one, *two})
    return [k for k in keys if k not in one or k not in two or not np.array_equal(one[k], two[k], equal_nan=True)]


def largest_change(one: Mapping[Key, Array], two: Mapping[Key, Array]) -> tuple[float, Key]:
    """The largest change of any outcome relative to its own size, and which it is."""
    best = (0.0, ("", "", ""))
    for key in sorted({*one} & {*two}):
        size = max(float(np.nanmax(abs(one[key]))), 1e-6)
        gap = float(np.nanmax(np.nan_to_num(abs(one[key] - two[key])))) / size
        best = max(best, (gap, key))
    return best


# -- the oracle's economies --------------------------------------------------------------------------
def build_setting(table: BaseTable, p: OracleParameters, dt: float = 0.25, unlimited: bool = False) -> Setting:
    """The engine on a random economy; expansion bounded by a number too large to bind (0 x inf is undefined)."""
    setting = engine.build_setting(table, p, dt, unlimited)
    return replace(setting, behaviour=replace(setting.behaviour, expansion_limit=1e12))


Policy = OracleWedges | Callable[[float], OracleWedges]


def run(table: BaseTable, p: OracleParameters, wedges: Policy, years: float, dt: float = 0.25) -> list[State]:
    """Quarters of the engine on a random economy."""
    return engine.run_engine(build_setting(table, p, dt), wedges, years)


def real_income(setting: Setting, state: State) -> Array:
    """Y / P [R] over its base value."""
    base = setting.economy.expenditure0 - setting.economy.balance
    return np.asarray(state["books"].income / state["delivered"].market.price_index / base)


def sum_by(setting: Setting, value: Array) -> Array:
    """Sum of a plant value by region and segment [R, S]."""
    table = setting.economy.table
    place = table.location * table.segments + table.segment
    return np.asarray(np.bincount(place, value, table.regions * table.segments).reshape(table.regions, -1), float)


def cube(setting: Setting, state: State) -> Array:
    """Units shipped [o, d, s]."""
    economy, links = setting.economy, setting.economy.links
    table, shape = economy.table, (economy.regions, economy.regions, economy.table.segments)
    found = np.zeros(shape)
    region, flow = economy.buyer_region, state["books"].flow
    for f, b, x in zip(links.supplier.tolist(), links.buyer.tolist(), flow.tolist(), strict=True):
        found[table.location[f], region[b], table.segment[f]] += x
    return found


# -- permutations ------------------------------------------------------------------------------------
def permuted(table: BaseTable, p: Index) -> BaseTable:
    """The table with plant p[i] in place i."""
    columns = np.concatenate([p, np.arange(table.plants, table.flow.shape[1])])
    rows = {
        name: getattr(table, name)[p] for name in (
            "location", "segment", "wages", "investment", "capacity", "depreciation", "build_lag", "theta",
            "entry_capacity",
        )
    }  # fmt: skip
    return table.replace(owner=table.owner[:, p], flow=table.flow[p][:, columns], **rows)


def permuted_wedges(w: OracleWedges, p: Index) -> OracleWedges:
    """The same policy for the permuted plants."""
    columns = np.concatenate([p, np.arange(len(p), w.denial.shape[1])])
    both = {name: getattr(w, name)[p][:, columns] for name in ("denial", "tau", "tariff", "quality", "orders")}
    return OracleWedges(
        **both, subsidy=w.subsidy[p], opened=w.opened[p], stock_orders=w.stock_orders[:, p], limit=w.limit[p]
    )  # fmt: skip


def renamed(table: BaseTable, p: Index) -> BaseTable:
    """The table with region p[i] called i: plants, investors and the columns of final users and states move along."""
    new = np.argsort(p)
    n, k, regions = table.plants, len(table.investors), table.regions
    investors = np.column_stack([new[table.investors[:, 0]], table.investors[:, 1:]])
    sort = np.lexsort(investors.T[::-1])
    columns = np.concatenate([np.arange(n), n + sort, n + k + p, n + k + regions + p])
    return table.replace(
        location=new[table.location], owner=table.owner[p], investors=investors[sort],
        flow=table.flow[:, columns], tariff=table.tariff[p][:, p],
    )  # fmt: skip


def renamed_wedges(w: OracleWedges, table: BaseTable, p: Index) -> OracleWedges:
    """The same policy for the renamed regions of `table` (its form before renaming)."""
    new, n, k = np.argsort(p), table.plants, len(table.investors)
    investors = np.column_stack([new[table.investors[:, 0]], table.investors[:, 1:]])
    sort = np.lexsort(investors.T[::-1])
    columns = np.concatenate([np.arange(n), n + sort, n + k + p, n + k + table.regions + p])
    both = {name: getattr(w, name)[:, columns] for name in ("denial", "tau", "tariff", "quality", "orders")}
    return replace(w, **both)
