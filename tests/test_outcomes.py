"""Recorded outcomes: names and units of OBSERVABLES, adding up, and formulas against brute force."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from model.axes import CHIP_PRODUCTS, ECOSYSTEMS, LAYER_NAMES, LAYERS, REGIONS, SEGMENT_INDEX, SEGMENT_NAMES
from model.experiments.cases import Case, run_cases
from model.experiments.store import read_results, write_results
from model.kernel.links import Array
from model.record import Book, bloc_index
from model.scenario.resolve import load_scenario
from model.simulation import Decoupling
from model.units import UNITS
from model.world import State
from tests import small

Series = dict[tuple[str, str], Array]
SIDES = ((0, 4), (1,))

SEGMENT = "|".join(map(re.escape, SEGMENT_NAMES))
REGION = "|".join(REGIONS)
LAYER = "Chips|Devices|OS|Open Source|Platforms|AI Apps|Investment|Standards"
ECOSYSTEM = "|".join(e for names in ECOSYSTEMS.values() for e in names)
GOODS = rf"({SEGMENT}|Chips)"
USD, PERCENT, INDEX = "bn USD of 2018", "percent", "index"
CONTRACT: dict[str, str] = {
    "Real Income|Real Consumption|GDP|GNP": INDEX,
    "Employment Gap": PERCENT,
    rf"(Value Added|Sales|Profit|Purchases)\|({SEGMENT})": USD,
    rf"Exports(\|{GOODS})?(\|to ({REGION}))?": USD,
    rf"Imports(\|{GOODS})?(\|from ({REGION}))?": USD,
    rf"Exports Share(\|{GOODS})?\|to ({REGION})": PERCENT,
    rf"Imports Share(\|{GOODS})?\|from ({REGION})": PERCENT,
    r"Imports\|Chips\|Volume": INDEX,
    rf"World Purchases Share\|({SEGMENT})": PERCENT,
    rf"Supplier Share\|({SEGMENT})\|.+": PERCENT,
    r"Self-Sufficiency\|Chips": PERCENT,
    rf"Firm Revenue\|[^|]+(\|from ({REGION}))?": USD,
    r"Firm Capacity\|[^|]+": INDEX,
    r"(Firm Revenue Share|Firm Share|Sales Abroad Share|Output Abroad Share)\|.+": PERCENT,
    rf"Stockpile\|({SEGMENT})": "quarters of use",
    rf"Capability\|({SEGMENT})": "log points",
    rf"Capability Gap\|({SEGMENT})": "years behind the frontier",
    rf"Ecosystem Share\|({LAYER})\|({ECOSYSTEM})": "percent of new choices",
    rf"Installed Base\|({LAYER})\|({ECOSYSTEM})": "million",
    rf"Developers Share\|({ECOSYSTEM})": PERCENT,
    r"(Compliance Cost\|Dual Standards|Policy Cost)": USD,
    rf"Evaded Trade\|({SEGMENT})": USD,
    rf"(Chokepoint Index|HHI)\|({SEGMENT})": "index 0-1",
    rf"Bloc Index\|({LAYER})": INDEX,
}  # fmt: skip
"""Names of OBSERVABLES.md that the model may record, as patterns, with their units."""


@pytest.fixture(scope="module")
def model() -> Decoupling:
    run = Decoupling(small.everything("2019Q4"), record="all", sides=SIDES)
    run.run_to_end()
    return run


@pytest.fixture(scope="module")
def series(model: Decoupling) -> Series:
    keys, values = model.recorder.table()
    return {(region, variable): row for (region, variable, _), row in zip(keys, values, strict=True)}


@pytest.fixture(scope="module")
def book(model: Decoupling) -> Book:
    return Book(model.setting, model.recorder.fixed, model.now, np.zeros(len(REGIONS)))


def total(series: Series, region: str, names: list[str]) -> Array:
    """Sum of series; what has no row counts nothing."""
    return np.asarray(np.sum([np.nan_to_num(series[region, n]) for n in names if (region, n) in series], axis=0), float)


# -- names and units ---------------------------------------------------------------------------------
def test_names_and_units_are_those_of_the_contract(model: Decoupling) -> None:
    keys, _ = model.recorder.table()
    for region, variable, unit in keys:
        assert region in (*REGIONS, "World"), variable
        found = [wanted for pattern, wanted in CONTRACT.items() if re.fullmatch(pattern, variable)]
        assert found, f"{variable} is not a name of OBSERVABLES"
        assert unit == found[0], (variable, unit)


def test_units_are_declared(model: Decoupling) -> None:
    """model/units.py lists the allowed units 'of parameters, of levers and of outcomes'."""
    units = {unit for _, _, unit in model.recorder.table()[0]}
    assert units <= set(UNITS), units - set(UNITS)


def test_keys_are_unique_sorted_and_default_is_about_300(model: Decoupling) -> None:
    keys, values = model.recorder.table()
    assert list(keys) == sorted(set(keys))
    assert values.shape == (len(keys), len(model.quarters))
    plain = Decoupling(small.scenario())
    plain.step()
    default, _ = plain.recorder.table()
    assert 250 <= len(default) <= 400
    assert set(default) <= set(keys)


def test_a_pattern_adds_series() -> None:
    default = set(Decoupling(small.scenario()).recorder.keys)
    more = set(Decoupling(small.scenario(), record="Supplier Share|*").recorder.keys)
    assert default < more
    assert {v.split("|")[0] for _, v, _ in more - default} == {"Supplier Share"}


def test_firms_stand_under_their_owner(model: Decoupling, series: Series) -> None:
    plants = model.setting.plants
    for name in {f for f in plants.firms if f}:
        regions = {r for r, v in series if v == f"Firm Revenue|{name}"}
        assert len(regions) <= 1, name
        owners = {REGIONS[plants.owner[i]] for i, f in enumerate(plants.firms) if f == name}
        assert regions <= owners, name
    for firm, owner in (("ASML", "EUR"), ("NVIDIA", "USA"), ("SMIC", "CHN"), ("SK hynix", "KOR")):
        assert (owner, f"Firm Revenue|{firm}") in series


# -- the base year is one ----------------------------------------------------------------------------
def test_base_quarter_is_one_under_replication() -> None:
    still = Decoupling(small.scenario("no_policy", "2019Q4"), parameters=small.still(), record="all")
    keys, values = still.run_to_end().table()
    found = {(r, v): row for (r, v, _), row in zip(keys, values, strict=True)}
    for region in REGIONS:
        for name in ("GDP", "GNP", "Real Income", "Real Consumption"):
            assert abs(found[region, name] - 1).max() < 1e-9, (region, name)
        assert abs(found[region, "Employment Gap"]).max() < 1e-7
    economy, usd = still.setting.economy, still.setting.usd
    world = sum(found[r, f"Purchases|{s}"] for r in REGIONS for s in SEGMENT_NAMES)
    assert abs(world / (economy.flow0.sum() * usd) - 1).max() < 1e-9
    assert abs(total(found, "USA", [f"Value Added|{s}" for s in SEGMENT_NAMES])[0] * 4 / 20600 - 1) < 0.1


# -- adding up ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("region", REGIONS)
def test_trade_adds_up(region: str, series: Series) -> None:
    for side, word in (("Exports", "to"), ("Imports", "from")):
        whole, chips = series[region, side], series[region, f"{side}|Chips"]
        assert np.allclose(total(series, region, [f"{side}|{word} {r}" for r in REGIONS]), whole, rtol=1e-12)
        assert np.allclose(total(series, region, [f"{side}|{s}" for s in SEGMENT_NAMES]), whole, rtol=1e-12)
        assert np.allclose(total(series, region, [f"{side}|Chips|{word} {r}" for r in REGIONS]), chips, rtol=1e-12)
        assert (region, f"{side}|{word} {region}") not in series


def test_world_exports_are_world_imports(series: Series) -> None:
    for name in ("", *(f"|{s}" for s in SEGMENT_NAMES), "|Chips"):
        out = sum(np.nan_to_num(series.get((r, f"Exports{name}"), np.zeros(8))) for r in REGIONS)
        into = sum(np.nan_to_num(series.get((r, f"Imports{name}"), np.zeros(8))) for r in REGIONS)
        assert np.allclose(out, into, rtol=1e-12), name
    for a in REGIONS:
        for b in REGIONS:
            if a != b:
                assert np.allclose(series[a, f"Exports|to {b}"], series[b, f"Imports|from {a}"], rtol=1e-12)


@pytest.mark.parametrize("region", REGIONS)
def test_shares_add_to_a_hundred(region: str, series: Series) -> None:
    sets = [[f"Exports Share|to {r}" for r in REGIONS], [f"Exports Share|Chips|to {r}" for r in REGIONS]]
    sets += [[f"Imports Share|Chips|from {r}" for r in REGIONS]]
    sets += [[f"Supplier Share|{s}|{r}" for r in REGIONS] for s in SEGMENT_NAMES]
    sets += [
        [f"Ecosystem Share|{SEGMENT_NAMES[SEGMENT_INDEX[s]]}|{e}" for e in names] for s, names in ECOSYSTEMS.items()
    ]
    for names in sets:
        assert np.allclose(total(series, region, names), 100, rtol=1e-12), names[0]


def test_world_shares_add_to_a_hundred(series: Series) -> None:
    names = [f"World Purchases Share|{s}" for s in SEGMENT_NAMES]
    names += [f"Developers Share|{e}" for e in ECOSYSTEMS["open_source"]]
    for name in names:
        assert np.allclose(sum(series[r, name] for r in REGIONS), 100, rtol=1e-12), name


def test_installed_bases_are_all_users(model: Decoupling, series: Series) -> None:
    for network in model.setting.networks:
        layer = SEGMENT_NAMES[SEGMENT_INDEX[network.segment]]
        for r, region in enumerate(REGIONS):
            found = total(series, region, [f"Installed Base|{layer}|{e}" for e in network.ecosystems])
            assert np.allclose(found, network.users[r], rtol=1e-12)


def test_chips_on_customs_basis_move_places_not_totals(book: Book) -> None:
    """Customs basis changes where chips leave from, never how much a region buys."""
    chips = [SEGMENT_INDEX[s] for s in CHIP_PRODUCTS]
    assert np.allclose(book.chips.sum(0), book.cube[:, :, chips].sum((0, 2)), rtol=1e-12)
    assert not np.allclose(book.chips.sum(1), book.cube[:, :, chips].sum((1, 2)), rtol=1e-3)


def test_value_added_is_gdp_without_duties_and_subsidies(model: Decoupling, book: Book) -> None:
    economy, books, terms = model.setting.economy, book.books, model.now["terms"]
    region = economy.buyer_region[economy.links.buyer]
    duties = np.bincount(region, books.paid - books.value, economy.regions)
    subsidies = np.bincount(economy.table.location, terms.subsidy / (1 - terms.subsidy) * book.sales, economy.regions)
    assert np.allclose(book.value_added.sum(1) + duties - subsidies, books.gdp, rtol=1e-11)


# -- formulas against brute force --------------------------------------------------------------------
def test_bloc_index_against_brute_force() -> None:
    draw = np.random.default_rng(0)
    for _ in range(50):
        x = draw.lognormal(0, 1, (8, 8)) * (draw.random((8, 8)) < 0.8)
        members = draw.permutation(8)[:6]
        cut = int(draw.integers(1, 5))
        a, b = tuple(members[:cut].tolist()), tuple(members[cut:].tolist())
        everyone = a + b
        whole = sum(x[o, d] for o in everyone for d in everyone)
        observed = sum(x[o, d] for o in everyone for d in everyone if (o in a) != (d in a))
        from_a, to_a = (sum(x[o, d] for o in a for d in everyone), sum(x[o, d] for o in everyone for d in a))
        from_b, to_b = (sum(x[o, d] for o in b for d in everyone), sum(x[o, d] for o in everyone for d in b))
        expected = (from_a * to_b + from_b * to_a) / whole
        assert bloc_index(x, (a, b)) == pytest.approx(1 - observed / expected, rel=1e-12)


def test_bloc_index_of_plain_cases() -> None:
    even, apart = np.ones((4, 4)), np.zeros((4, 4))
    apart[:2, :2] = apart[2:, 2:] = 1
    sides = ((0, 1), (2, 3))
    assert bloc_index(even, sides) == pytest.approx(0, abs=1e-15)
    assert bloc_index(apart, sides) == 1
    assert bloc_index(1 - apart, sides) == -1
    assert np.isnan(bloc_index(np.zeros((4, 4)), sides))
    proportional = np.array([[1.0], [5.0], [2.0], [3.0]]) * np.array([7.0, 1.0, 1.0, 2.0])
    assert bloc_index(proportional, sides) == pytest.approx(0, abs=1e-14)


def test_recorded_bloc_index_is_that_of_the_layers_flows(model: Decoupling, series: Series) -> None:
    flows = valued_cube(model, model.now)
    for layer, segments in LAYERS.items():
        if layer != "rest":
            x = flows[:, :, [SEGMENT_INDEX[s] for s in segments]].sum(2)
            recorded = series["World", f"Bloc Index|{LAYER_NAMES[layer]}"][-1]
            assert recorded == pytest.approx(bloc_index(x, SIDES), rel=1e-9)


def valued_cube(model: Decoupling, state: State) -> Array:
    """Value of deliveries at basic prices [o, d, s], link by link."""
    economy, links = model.setting.economy, model.setting.economy.links
    found = np.zeros((len(REGIONS), len(REGIONS), len(SEGMENT_NAMES)))
    o, s = economy.table.location[links.supplier], economy.table.segment[links.supplier]
    np.add.at(found, (o, economy.buyer_region[links.buyer], s), state["price"][links.supplier] * state["books"].flow)
    return found


def test_concentration_against_brute_force(model: Decoupling, series: Series) -> None:
    economy, plants, links = model.setting.economy, model.setting.plants, model.setting.economy.links
    flows = valued_cube(model, model.now)
    value = model.now["price"][links.supplier] * model.now["books"].flow
    for d, s in ((1, SEGMENT_INDEX["equipment"]), (2, SEGMENT_INDEX["memory"]), (0, SEGMENT_INDEX["devices"])):
        bought: dict[str, float] = {}
        here = (economy.buyer_region[links.buyer] == d) & (economy.table.segment[links.supplier] == s)
        for i in np.flatnonzero(here):
            firm = plants.firms[links.supplier[i]]
            bought[firm] = bought.get(firm, 0.0) + float(value[i])
        whole = sum(bought.values())
        hhi = sum((x / whole) ** 2 for firm, x in bought.items() if firm)
        foreign = max(flows[o, d, s] for o in range(len(REGIONS)) if o != d)
        assert series[REGIONS[d], f"HHI|{SEGMENT_NAMES[s]}"][-1] == pytest.approx(hhi, rel=1e-9)
        recorded = series[REGIONS[d], f"Chokepoint Index|{SEGMENT_NAMES[s]}"][-1]
        assert recorded == pytest.approx((foreign / whole) ** 2, rel=1e-9)


def test_gdp_of_the_first_year_is_spending_at_base_prices() -> None:
    """Double deflation from the other side: final use, investment, states and net exports at prices of 2018."""
    model = Decoupling(small.everything("2018Q4"))
    economy, links = model.setting.economy, model.setting.economy.links
    o, d = economy.table.location[links.supplier], economy.buyer_region[links.buyer]

    def spending(flow: Array, current: Array) -> Array:
        final = np.bincount(d, (1 + economy.tariff0) * (flow - current), economy.regions)
        return np.asarray(final + np.bincount(o, flow, economy.regions) - np.bincount(d, flow, economy.regions))

    plants = links.buyer < economy.n
    base = spending(economy.flow0, np.where(plants, economy.flow0, 0.0))
    for t, state in enumerate(small.quarters(model)):
        flow = state["books"].flow
        current = np.where(plants, flow - state["terms"].ship * state["delivered"].fixed, 0.0)
        recorded = np.array([model.recorder.last("GDP", r) for r in REGIONS])
        assert np.allclose(recorded, spending(flow, current) / base, rtol=1e-10), t


def test_real_income_is_income_over_the_consumption_price(model: Decoupling, series: Series) -> None:
    now, economy = model.now, model.setting.economy
    price = now["delivered"].market.price_index
    income = now["books"].income / price / (economy.expenditure0 - economy.balance)
    consumption = now["expenditure"] / price / economy.expenditure0
    for r, region in enumerate(REGIONS):
        assert series[region, "Real Income"][-1] == pytest.approx(income[r], rel=1e-12)
        assert series[region, "Real Consumption"][-1] == pytest.approx(consumption[r], rel=1e-12)


# -- what is written ---------------------------------------------------------------------------------
def test_no_row_is_undefined(tmp_path: Path) -> None:
    """No NaN and no infinity reaches the file; a share of nothing has no row."""
    case = Case("test", small.everything("2018Q4"), None, 0, 0, SIDES, "all")
    shards = run_cases([case])
    assert not shards.failures
    write_results(tmp_path / "results.parquet", shards.recordings)
    frame = read_results(tmp_path / "results.parquet")
    assert np.isfinite(frame["value"]).all()
    assert len(frame) > 5000
    keys = ["scenario", "draw", "seed", "region", "variable", "unit", "quarter"]
    assert not frame.duplicated(keys).any()
    own = frame[(frame["region"] == "KOR") & (frame["variable"] == "Exports|to KOR")]
    assert own.empty


def test_a_full_cut_leaves_few_chips_on_customs_basis() -> None:
    """Fabless chips leave from where their wafers are made today, so a cut that is full is nearly full at the border:
    what is left are chips that third countries design and have made in Korea. Enforced in full: nothing evades."""
    sets = ("instruments[6].enforcement=1", "instruments[7].enforcement=1")
    model = Decoupling(load_scenario("blocs", sets=sets), "align_us")
    for _ in range(48):  # to 2029Q4, a year after the cut is full
        model.step()
    keys, values = model.recorder.table()
    last = {key[:2]: value for key, value in zip(keys, values[:, -1], strict=True)}
    first = {key[:2]: value for key, value in zip(keys, values[:, 0], strict=True)}
    assert last["KOR", "Exports Share|Chips|to CHN"] < 0.5
    assert first["KOR", "Exports Share|Chips|to CHN"] > 50
