"""Runs that a referee asks for: implied trade elasticities, Korea's income split, a forced fall of chip exports.

All at central parameters (draw 0). Wedges without an instrument of their own are put on links after `enact`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import brentq

from calibration.registry import central, load_rows, override
from calibration.world import build_setting, elasticities
from model.axes import CHIP_PRODUCTS, QUARTERS_PER_YEAR, REGIONS, SEGMENTS, quarter_start
from model.errors import ModelError
from model.experiments.results import HORIZONS, horizon_years
from model.experiments.run import first_measure
from model.experiments.verify_limits import Change, denied, iceberg, links_of, with_links
from model.kernel.links import Array, Mask
from model.scenario.resolve import load_baseline, load_scenario
from model.scenario.types import Scenario
from model.simulation import Decoupling
from model.world import Parameters, Setting

FOCUS = "KOR"
Levers = tuple[str, ...]
ICEBERG = 1.05
"""Units shipped per unit delivered in the runs for elasticities."""
FALL = 0.10
"""Forced fall of chip exports in the first year, share."""
FALL_YEARS = (1, 2, 3, 5, 10)
WAITS = (0, 1, 5)
"""Years after the iceberg at which elasticities are read."""


# -- elasticities ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Elasticity:
    """-d ln(quantity) / d ln(delivered price) of a segment's largest foreign flow, by WAITS; and what was assumed.

    share: the flow's part in the buyers' purchases of the segment; sigma, first_year: parameters of the segment.
    """

    segment: str
    origin: str
    target: str
    share: float
    values: tuple[float, ...]
    first_year: float
    sigma: float


def largest_flow(setting: Setting, segment: str) -> tuple[str, str, float]:
    """Origin, destination and share in the destination's purchases of the largest foreign flow of a segment."""
    flows = np.zeros((len(setting.regions), len(setting.regions)))
    economy, links = setting.economy, setting.economy.links
    made = economy.table.segment[links.supplier] == setting.segments.index(segment)
    place = (economy.table.location[links.supplier[made]], economy.buyer_region[links.buyer[made]])
    np.add.at(flows, place, economy.flow0[made])
    o, d = np.unravel_index(int((flows - np.diag(np.diag(flows))).argmax()), flows.shape)
    return setting.regions[o], setting.regions[d], float(flows[o, d] / flows[:, d].sum())


def quarters(change: Change, count: int) -> list[tuple[Array, Array, Array]]:
    """Units delivered, mill price and delivered price of each link [l] in the quarters of a no-policy run."""
    found = []
    with np.errstate(all="ignore"):
        model = Decoupling(_short("no_policy", count), schedule=with_links(change))
        links = model.setting.economy.links
        for _ in range(count):
            model.step()
            now = model.now
            price = now["delivered"].market.price[links.supplier]
            found.append((now["books"].flow / now["ship"], price, price * now["ship"] * (1 + now["duty"])))
    return found


def no_change(setting: Setting, written: object, year: float) -> dict[str, Array]:
    """The run as it is."""
    return {}


def elasticity_rows(segments: tuple[str, ...] = SEGMENTS) -> list[Elasticity]:
    """Every segment's largest flow under a permanent iceberg of 5 %, against a run without."""
    setting = build_setting(central(), load_scenario("no_policy"))
    count, sigma = QUARTERS_PER_YEAR * max(WAITS) + 1, elasticities(central()).sigma
    base, first = quarters(no_change, count), central().array("one_year_elasticity", SEGMENTS)
    rows = []
    for segment in segments:
        origin, target, share = largest_flow(setting, segment)
        hit = links_of(setting, (segment,), (origin,), (target,))
        shocked = quarters(iceberg(hit, ICEBERG), count)
        values = tuple(arc(base[QUARTERS_PER_YEAR * t], shocked[QUARTERS_PER_YEAR * t], hit) for t in WAITS)
        s = SEGMENTS.index(segment)
        rows.append(Elasticity(segment, origin, target, share, values, float(first[s]), float(sigma[s])))
    return rows


def arc(base: tuple[Array, ...], shocked: tuple[Array, ...], hit: Mask) -> float:
    """-d ln Q / d ln P over some links: Q at the mill prices of the base run, P as the index that goes with it."""
    (units, mill, paid), (after, _, pays) = base, shocked
    quantity = (mill * after)[hit].sum() / (mill * units)[hit].sum()
    price = (pays * after)[hit].sum() / (paid * after)[hit].sum()
    return float(-np.log(quantity) / np.log(price))


def _short(name: str, count: int) -> Scenario:
    """A scenario with a horizon of so many quarters from its first."""
    years, rest = divmod(count - 1, QUARTERS_PER_YEAR)
    return load_scenario(name, sets=[f"horizon=[2018Q1, {2018 + years}Q{rest + 1}]"])


# -- annual effects ----------------------------------------------------------------------------------
Series = Mapping[tuple[str, str], Array]


def run_series(
    scenario: Scenario, stance: str | None, parameters: Parameters | None = None, change: Change | None = None
) -> dict[tuple[str, str], Array]:
    """(region, variable) -> annual means of a run's Real Income and GDP (index, 2018 = 1)."""
    with np.errstate(all="ignore"):
        model = Decoupling(scenario, stance, parameters=parameters, schedule=with_links(change or no_change))
        keys, values = model.run_to_end().table()
    years = values.reshape(len(keys), -1, QUARTERS_PER_YEAR).mean(2)
    return {key[:2]: years[i] for i, key in enumerate(keys) if key[1] in ("Real Income", "GDP")}


def percent(run: Series, base: Series, region: str, variable: str = "Real Income") -> Array:
    """Difference of a run from a baseline by year, percent."""
    return np.asarray(100 * (run[region, variable] / base[region, variable] - 1))


ELASTICITIES = ("elasticity_of_substitution", "one_year_elasticity")
LEVERS: dict[str, dict[str, float]] = {
    "no_technology": {
        "diffusion_rate": 0.0, "catch_up": 0.0, "rd_elasticity": 0.0, "learning_elasticity": 0.0,
        "learning_elasticity[memory]": 0.0, "learning_elasticity[foundry]": 0.0,
        "research_tool_dependence": 0.0, "quality_valuation[ai_apps]": 0.0, "rechoice_rate": 0.0,
    },
    "flexible": {"rent_speed": 1e-6, "wage_adjustment_speed": 1.0, "wage_speed_overheated": 1.0},
    "unsmoothed": {"income_smoothing": 0.0},
    "elastic": {row.key: row.high for row in load_rows() if row.name in ELASTICITIES},
}
"""Sets of parameters: capability and ecosystems stay; prices without rents and fast wages; income spent at once;
substitution at the upper end of its range."""


def moved(levers: Levers) -> Parameters:
    """Central parameters moved by levers; out of their ranges too, for tests of what matters."""
    changes = {key: value for lever in levers for key, value in LEVERS[lever].items()}
    return override(central(), changes, check=False)


@cache
def policy_run(name: str, stance: str | None, levers: Levers = ()) -> Series:
    """A scenario at moved parameters."""
    return run_series(load_scenario(name), stance, moved(levers))


def effect(name: str, stance: str | None, region: str, year: int, levers: Levers = ()) -> float:
    """Real income against the scenario's baseline (same levers) in the `year` since its first measure, percent."""
    scenario, base = with_baseline(name)
    calendar = horizon_years(first_measure(scenario, base), (year,))[0]
    series = percent(policy_run(name, stance, levers), policy_run(base.name, None, levers), region)
    return float(series[calendar - int(scenario.first[:4])])


def with_baseline(name: str) -> tuple[Scenario, Scenario]:
    """A scenario and what it is compared with."""
    scenario = load_scenario(name)
    base = load_baseline(scenario)
    if base is None:
        raise ModelError(f"{name} has no baseline")
    return scenario, base


@dataclass(frozen=True)
class Split:
    """Real income of the focus in a calendar year, log points x 100: its volume (real GDP) and the rest."""

    stance: str
    year: int
    income: float
    volume: float

    @property
    def rest(self) -> float:
        """Terms of trade and transfers: what is not volume."""
        return self.income - self.volume


def split_rows(name: str = "blocs") -> list[Split]:
    """Korea under each stance, years 1, 5 and 10, against the scenario's baseline."""
    scenario, base = with_baseline(name)
    calm, rows = policy_run(base.name, None), []
    for stance in scenario.stances:
        run = policy_run(name, stance)
        for year in horizon_years(first_measure(scenario, base), HORIZONS):
            at = year - int(quarter_start(scenario.first))
            logs = [100 * float(np.log(run[FOCUS, v][at] / calm[FOCUS, v][at])) for v in ("Real Income", "GDP")]
            rows.append(Split(stance, year, *logs))
    return rows


# -- a forced fall of chip exports ---------------------------------------------------------------------
@dataclass(frozen=True)
class Fall:
    """Chip exports forced down: denial share found, fall of first-year volume, effects by FALL_YEARS in percent."""

    denial: float
    volume: float
    gdp: tuple[float, ...]
    income: tuple[float, ...]

    @property
    def multiplier(self) -> float:
        """Percent of first-year GDP lost per percent of chip export volume."""
        return float(self.gdp[0] / (100 * self.volume))


def export_volume(hit: Mask, change: Change, parameters: Parameters) -> float:
    """Units shipped over these links in the first year of a no-policy run, at base prices."""
    scenario, total = _short("no_policy", QUARTERS_PER_YEAR), 0.0
    with np.errstate(all="ignore"):
        model = Decoupling(scenario, parameters=parameters, schedule=with_links(change))
        for _ in range(QUARTERS_PER_YEAR):
            model.step()
            total += float(model.now["books"].flow[hit].sum())
    return total


@cache
def chip_fall(levers: Levers = ()) -> Fall:
    """Denial of Korean chip exports to all regions, held, such that their first-year volume falls by 10 %."""
    parameters = moved(levers)
    hit = links_of(build_setting(central(), load_scenario("no_policy")), CHIP_PRODUCTS, (FOCUS,), tuple(REGIONS))
    calm = export_volume(hit, no_change, parameters)

    def fall(share: float) -> float:
        return export_volume(hit, denied(hit, share), parameters) / calm - 1

    share = float(brentq(lambda x: fall(x) + FALL, 0.0, 0.9, xtol=1e-5))
    scenario = _short("no_policy", QUARTERS_PER_YEAR * max(FALL_YEARS))
    base, run = run_series(scenario, None, parameters), run_series(scenario, None, parameters, denied(hit, share))
    gdp, income = (percent(run, base, FOCUS, v)[[t - 1 for t in FALL_YEARS]] for v in ("GDP", "Real Income"))
    return Fall(share, fall(share), tuple(map(float, gdp)), tuple(map(float, income)))


# -- partial shocks ------------------------------------------------------------------------------------
def link_shock(kind: str, levers: Levers, year: int) -> float:
    """Korean real income under SHOCKS[kind] against a run without, in the `year` since it starts, percent."""
    segments, origin, target, start, duty, denial = SHOCKS[kind]
    hit = links_of(build_setting(central(), load_scenario("no_policy")), segments, (origin,), (target,))

    def change(setting: Setting, written: dict[str, Array], now: float) -> dict[str, Array]:
        if now < start - 1e-9:
            return {}
        return {"duty": np.where(hit, written["duty"] + duty, written["duty"])} | denied(hit, denial)(setting, written, now)

    last = max(int(start) + year, int(start) + 1) - 2018
    scenario, parameters = _short("no_policy", QUARTERS_PER_YEAR * (last + 1)), moved(levers)
    run, base = run_series(scenario, None, parameters, change), run_series(scenario, None, parameters)
    first = int(np.ceil(start)) - 2018
    return float(percent(run, base, FOCUS)[first + year - 1])


SHOCKS: dict[str, tuple[tuple[str, ...], str, str, float, float, float]] = {
    "tariff": (SEGMENTS, FOCUS, "USA", 2018.0, 0.1, 0.0),
    "japan": (("equipment",), "JPN", FOCUS, 2019.5, 0.0, 0.1),
}
"""Segments, origin, destination, start, duty added (rate) and share denied; sizes assumed."""
