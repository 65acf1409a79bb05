"""Recorded outcomes: names and units of OBSERVABLES, adding up, and formulas against brute force."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest

from model.axes import (
    CHIP_PRODUCTS,
    ECOSYSTEMS,
    LAYER_NAMES,
    LAYERS,
    NETWORK_SEGMENTS,
    REGIONS,
    SEGMENT_INDEX,
    SEGMENT_NAMES,
)
from model.experiments.cases import Case, run_cases
from model.experiments.store import read_results, write_results
from model.kernel.links import Array
from model.record import Book, ChainedPrice, Recorder, bloc_index, outcomes
from model.record.blocs import ecosystem_owners
from model.record.declare import Outcome
from model.record.income import real_income
from model.record.networks import growth_of
from model.scenario.resolve import load_scenario
from model.simulation import Decoupling
from model.units import UNITS
from model.wedges import Wedges
from model.world import Network, State
from tests import small

Series = dict[tuple[str, str], Array]
SIDES = ((0, 4), (1,))

SPLIT = ("Chips", "Devices", "OS", "Open Source", "Platforms", "AI Apps", "Investment", "Standards")
NETWORK_LAYERS = ("OS", "Open Source", "Platforms")
AXES: dict[str, tuple[str, ...]] = {
    "region": REGIONS, "segment": SEGMENT_NAMES, "layer": SPLIT, "channel": ("Trade", "Inputs", "Knowledge", "Networks", "Policy Cost", "Demand"),
    "ecosystem": tuple({e.rpartition("/")[2] for names in ECOSYSTEMS.values() for e in names} | {"us_platforms", "cn_platforms", "local_platforms"}),
    "firm": (), "kind": ("commerce", "cloud", "social", "cameras"),
}  # fmt: skip
"""Members of the axes in the contract's names; a firm may have any name."""
USD, PERCENT, INDEX, YEARLY = "bn USD of 2018", "percent", "index", "bn USD a year"
CONTRACT: dict[str, str] = {
    "Real Income": INDEX, "Real Consumption": INDEX, "GDP": INDEX, "GNP": INDEX, "Employment Gap": PERCENT,
    "Value Added|<segment>": USD, "Sales|<segment>": USD, "Profit|<segment>": USD, "Purchases|<segment>": USD,
    "Exports": USD, "Exports|<segment>": USD, "Exports|Chips": USD,
    "Exports|to <region>": USD, "Exports|<segment>|to <region>": USD, "Exports|Chips|to <region>": USD,
    "Imports": USD, "Imports|<segment>": USD, "Imports|Chips": USD,
    "Imports|from <region>": USD, "Imports|<segment>|from <region>": USD, "Imports|Chips|from <region>": USD,
    "Exports Share|to <region>": PERCENT, "Exports Share|Chips|to <region>": PERCENT, "Imports Share|Chips|from <region>": PERCENT,
    "Imports|Chips|Volume": INDEX, "World Purchases Share|<segment>": PERCENT,
    "Supplier Share|<segment>|<region>": PERCENT, "Supplier Share|<segment>|<firm>": PERCENT, "Self-Sufficiency|Chips": PERCENT,
    "Firm Revenue|<firm>": USD, "Firm Revenue|<firm>|from <region>": USD, "Firm Capacity|<firm>": INDEX,
    "Firm Revenue Share|<firm>|from <region>": PERCENT, "Firm Share|<segment>|<firm>": PERCENT,
    "Sales Abroad Share|<firm>": PERCENT, "Output Abroad Share|<firm>|in <region>": PERCENT,
    "Stockpile|<segment>": "quarters of use",
    "Capability|<segment>": "log points", "Capability Gap|<segment>": "years behind the frontier",
    "Ecosystem Share|<layer>|<ecosystem>": "percent of new choices", "Installed Base|<layer>|<ecosystem>": "million",
    "Developers Share|<ecosystem>": PERCENT, "Collaboration Share|<region>": PERCENT,
    "AI Quality": "log points", "AI Quality Gap": "log points to the best", "Algorithmic Efficiency": INDEX, "Release Lag": "months",
    "Notable Models": "models a year", "Open Model Share": PERCENT, "AI Patents Share": PERCENT, "Private AI Investment": YEARLY,
    "Outward Investment|<layer>|to <region>": YEARLY, "Outward Deals|<layer>": "deals a year",
    "Data Stock": INDEX, "Platform Share|<kind>|<ecosystem>": PERCENT,
    "Compliance Cost|Dual Standards": USD, "Policy Cost": USD, "Evaded Trade|<segment>": USD,
    "Chokepoint Index|<segment>": "index 0-1", "HHI|<segment>": "index 0-1", "Bloc Index|<layer>": INDEX,
    "Policy Stance|<layer>|against <region>": "index 0-1", "Listed Firms|<region>": "firms",
    "Welfare Channel|<channel>": "percent of baseline real income",
}  # fmt: skip
"""Every name that other people's scripts may select by, with its unit. More are welcome; these stay."""
ELSEWHERE = {"Welfare Channel|<channel>": "model.experiments.decompose"}
"""Names of the contract that the recorder does not make, and who does."""
LAYERS_WITH_CHOICES = {"Ecosystem Share|<layer>|<ecosystem>", "Installed Base|<layer>|<ecosystem>"}


def pattern(name: str) -> re.Pattern[str]:
    """A name of the contract as a pattern of the variables it stands for."""
    parts = re.split(r"<(\w+)>", name)
    groups = {axis: "[^|]+" if axis == "firm" else "|".join(map(re.escape, sorted(AXES[axis]))) for axis in AXES}
    return re.compile("".join(f"(?:{groups[p]})" if i % 2 else re.escape(p) for i, p in enumerate(parts)))


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
    return Book(model.recorder.fixed, model.now, np.zeros(len(REGIONS)), 1.0)


def total(series: Series, region: str, names: list[str]) -> Array:
    """Sum of series; what has no row counts nothing."""
    return np.asarray(np.sum([np.nan_to_num(series[region, n]) for n in names if (region, n) in series], axis=0), float)


# -- names and units ---------------------------------------------------------------------------------
def test_names_and_units_are_those_of_the_contract(model: Decoupling) -> None:
    keys, _ = model.recorder.table()
    patterns = {pattern(name): unit for name, unit in CONTRACT.items()}
    for region, variable, unit in keys:
        assert region in (*REGIONS, "World"), variable
        found = {wanted for names, wanted in patterns.items() if names.fullmatch(variable)}
        assert found == {unit}, (variable, unit)


def test_every_name_of_the_contract_is_declared_with_its_unit(model: Decoupling) -> None:
    """Platforms need a choice set of platforms in the model; all other names are always there."""
    variables = {(variable, unit) for _, variable, unit in model.recorder.keys}
    layers = {SEGMENT_NAMES[SEGMENT_INDEX[n.segment]] for n in model.setting.networks}
    for name, unit in CONTRACT.items():
        if name in ELSEWHERE or (name.startswith("Platform Share") and "Platforms" not in layers):
            continue
        found = [v for v, u in variables if pattern(name).fullmatch(v) and u == unit]
        assert found, name
        for layer in layers if name in LAYERS_WITH_CHOICES else ():
            assert any(v.split("|")[1] == layer for v in found), (name, layer)
    assert {v.split("|")[1] for v, _ in variables if v.startswith("Bloc Index|")} == set(SPLIT)
    assert {v.split("|")[1] for v, _ in variables if v.startswith("Policy Stance|")} == set(SPLIT)


@pytest.mark.parametrize("name", [name for name in CONTRACT if name not in ELSEWHERE and "kind" not in name])
def test_every_name_can_be_selected(model: Decoupling, name: str) -> None:
    """`--record` with the name's own stars adds its series and none of another name."""
    glob = re.sub(r"<\w+>", "*", name)
    variables = {v for _, v, _ in model.recorder.keys if pattern(name).fullmatch(v)}
    assert variables
    assert all(fnmatchcase(v, glob) for v in variables)


def test_the_decomposition_writes_the_channels() -> None:
    from model.experiments import decompose

    assert decompose.UNIT == CONTRACT["Welfare Channel|<channel>"]
    assert all(pattern("Welfare Channel|<channel>").fullmatch(decompose.PREFIX + c) for c in (*decompose.CHANNELS, decompose.REST))


def test_only_what_is_kept_is_computed() -> None:
    """What nobody asks for costs nothing."""
    model = Decoupling(small.scenario())
    names = {outcome.template for outcome, _ in model.recorder.kept}
    assert "HHI|{}" not in names
    assert len(names) < len(model.recorder.declared) * 2 / 3
    calls: list[str] = []

    def counted(outcome: Outcome) -> Outcome:
        return replace(outcome, compute=lambda b: (calls.append(outcome.template), outcome.compute(b))[1])

    model.recorder.kept = [(counted(o), keep) for o, keep in model.recorder.kept]
    model.step()
    assert sorted(calls) == sorted(o.template for o, _ in model.recorder.kept)


def test_units_are_declared(model: Decoupling) -> None:
    """model/units.py lists the allowed units 'of parameters, of levers and of outcomes'."""
    units = {unit for _, _, unit in model.recorder.table()[0]} | set(CONTRACT.values())
    assert units <= set(UNITS), units - set(UNITS)


def test_keys_are_unique_sorted_and_default_is_about_400(model: Decoupling) -> None:
    keys, values = model.recorder.table()
    assert list(keys) == sorted(set(keys))
    assert values.shape == (len(keys), len(model.quarters))
    plain = Decoupling(small.scenario())
    plain.step()
    default, _ = plain.recorder.table()
    assert 300 <= len(default) <= 450
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
    for network, choices in ECOSYSTEMS.items():
        layer = SEGMENT_NAMES[SEGMENT_INDEX[NETWORK_SEGMENTS[network]]]
        kind = f"Platform Share|{network}" if layer == "Platforms" else f"Ecosystem Share|{layer}"
        sets.append([f"{kind}|{e.rsplit('/')[-1]}" for e in choices])
    for names in sets:
        assert np.allclose(total(series, region, names), 100, rtol=1e-12), names[0]


def test_world_shares_add_to_a_hundred(series: Series) -> None:
    names = [f"World Purchases Share|{s}" for s in SEGMENT_NAMES]
    names += [f"Developers Share|{e}" for n in ("hosts", "frameworks") for e in ECOSYSTEMS[n]]
    for name in names:
        assert np.allclose(sum(series[r, name] for r in REGIONS), 100, rtol=1e-12), name


def test_installed_bases_are_all_users(model: Decoupling, series: Series) -> None:
    """In number, which grows alike everywhere (E18): developers do, users of systems do not."""
    assert growth_of(model.setting, "os") == 0 < growth_of(model.setting, "open_source")
    for network in [n for n in model.setting.networks if n.segment != "platforms"]:
        layer = SEGMENT_NAMES[SEGMENT_INDEX[network.segment]]
        for r, region in enumerate(REGIONS):
            found = total(series, region, [f"Installed Base|{layer}|{e}" for e in network.ecosystems])
            grown = np.exp(growth_of(model.setting, network.segment) * 0.25 * (1 + np.arange(len(found))))
            assert np.allclose(found, network.users[r] * grown, rtol=1e-12)


def test_chips_on_customs_basis_move_places_not_totals(book: Book) -> None:
    """Customs basis changes where chips leave from, never how much a region buys."""
    chips = [SEGMENT_INDEX[s] for s in CHIP_PRODUCTS]
    assert np.allclose(book.chips.sum(0), book.cube[:, :, chips].sum((0, 2)), rtol=1e-12)
    assert not np.allclose(book.chips.sum(1), book.cube[:, :, chips].sum((1, 2)), rtol=1e-3)


def test_value_added_is_gdp_without_duties_and_subsidies(model: Decoupling, book: Book) -> None:
    economy, books, terms = model.setting.economy, book.books, model.now["terms"]
    region = economy.buyer_region[economy.links.buyer]
    duties = np.bincount(region, model.now["terms"].duty * books.value, economy.regions)
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
    flows, chosen = valued_cube(model, model.now), {SEGMENT_NAMES[SEGMENT_INDEX[n.segment]] for n in model.setting.networks}
    for layer, segments in LAYERS.items():
        if layer != "rest" and LAYER_NAMES[layer] not in chosen:
            x = flows[:, :, [SEGMENT_INDEX[s] for s in segments]].sum(2)
            recorded = series["World", f"Bloc Index|{LAYER_NAMES[layer]}"][-1]
            assert recorded == pytest.approx(bloc_index(x, SIDES), rel=1e-9)


def test_bloc_index_of_choices_counts_users_by_owner(model: Decoupling, series: Series) -> None:
    """Android, iOS and Windows are American, HarmonyOS is Chinese; GitHub is American, Gitee Chinese."""
    chinese = {"harmony", "gitee", "cn_frameworks"}
    for layer in ("OS", "Open Source"):
        x = np.zeros((len(REGIONS), len(REGIONS)))
        for (region, name), row in series.items():
            if name.startswith(f"Installed Base|{layer}|"):
                x[1 if name.split("|")[2] in chinese else 0, REGIONS.index(region)] += row[-1]
        assert series["World", f"Bloc Index|{layer}"][-1] == pytest.approx(bloc_index(x, SIDES), rel=1e-9)


def test_bloc_index_of_standards_and_investment(model: Decoupling, series: Series, book: Book) -> None:
    """Standards: as devices and platforms, less what the second standard costs. Investment: owner by place."""
    economy, plants, links = model.setting.economy, model.setting.plants, model.setting.economy.links
    x, z = np.zeros((8, 8)), np.zeros((8, 8))
    for i in range(len(links.buyer)):
        f, d = links.supplier[i], economy.buyer_region[links.buyer[i]]
        if SEGMENT_NAMES[economy.table.segment[f]] in ("Devices", "Platforms"):
            kept = 1.0 if economy.table.location[f] == d else 1 - book.standards_cost[f] / book.sales[f] if book.sales[f] else 1.0
            x[economy.table.location[f], d] += book.books.value[i] * kept
    np.add.at(z, (plants.owner, economy.table.location), book.invested)
    assert series["World", "Bloc Index|Standards"][-1] == pytest.approx(bloc_index(x, SIDES), rel=1e-9)
    assert series["World", "Bloc Index|Investment"][-1] == pytest.approx(bloc_index(z, SIDES), rel=1e-9)
    assert (book.standards_cost > 0).any()  # the split is in force


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


def net_income_plant_by_plant(model: Decoupling) -> Array:
    """GNP less all that follows no technique, plus what of it is capital, less wear [R], nominal: E41 from GNP."""
    now, economy, table = model.now, model.setting.economy, model.setting.economy.table
    terms, price, links = now["terms"], now["delivered"].market.price, model.setting.economy.links
    found = now["books"].gnp.copy()
    for link in np.flatnonzero(now["delivered"].fixed):
        f, b = links.supplier[link], links.buyer[link]
        paid = (1 + terms.duty[link]) * terms.ship[link] * price[f] * now["delivered"].fixed[link]
        if b < economy.n or b >= economy.buyers:
            found[economy.buyer_region[b]] -= paid
            continue
        for g in np.flatnonzero(economy.investor == b - economy.n):
            found[table.location[g]] -= terms.share[g] * paid
            found += terms.owner[:, g] * terms.share[g] * paid
    for g in np.flatnonzero(economy.investor >= 0):
        capacity = now["capacity_now"][g] if np.isfinite(now["capacity_now"][g]) else 0.0
        found -= terms.owner[:, g] * table.depreciation[g] / 4 * economy.kappa[g] * capacity * now["capital_price"][economy.investor[g]]
    return np.asarray(found)


def test_real_income_is_net_income_over_the_consumption_price(model: Decoupling, series: Series) -> None:
    now, economy = model.now, model.setting.economy
    price = now["delivered"].market.price_index
    assert not now["stock_change"].any()
    income = net_income_plant_by_plant(model) / price / (economy.expenditure0 - economy.balance)
    consumption = now["expenditure"] / price / economy.expenditure0
    for r, region in enumerate(REGIONS):
        assert series[region, "Real Income"][-1] == pytest.approx(income[r], rel=1e-12)
        assert series[region, "Real Consumption"][-1] == pytest.approx(consumption[r], rel=1e-12)


def test_usd_are_deflated_by_the_chained_price(model: Decoupling) -> None:
    """First year: at weights of 2018. A fall of one region's share is no inflation, and all prices alike are."""
    price, now = ChainedPrice(model.setting), model.now
    spent, level = now["expenditure"], now["delivered"].market.price_index
    assert price.add(now) == pytest.approx(1 / (spent / level).sum(), rel=1e-12)
    market = now["delivered"].market._replace(price_index=3 * np.ones(len(level)))
    dear = now | {"delivered": now["delivered"]._replace(market=market)}
    chained = ChainedPrice(model.setting)
    assert [chained.add(dear) for _ in range(9)] == pytest.approx([3.0] * 9, rel=1e-12)


# -- firms -------------------------------------------------------------------------------------------
def test_firms_outcomes_against_brute_force(model: Decoupling, series: Series, book: Book) -> None:
    economy, plants, links = model.setting.economy, model.setting.plants, model.setting.economy.links
    sold = np.zeros((economy.n, len(REGIONS)))
    np.add.at(sold, (links.supplier, economy.buyer_region[links.buyer]), book.books.value)
    for firm, owner in (("Samsung", "KOR"), ("TSMC", "TWN"), ("Apple", "USA"), ("Hikvision", "CHN")):
        rows = [i for i, name in enumerate(plants.firms) if name == firm]
        revenue = sold[rows].sum(0)
        for d, region in enumerate(REGIONS):
            if revenue[d]:
                got = series[owner, f"Firm Revenue Share|{firm}|from {region}"][-1]
                assert got == pytest.approx(100 * revenue[d] / revenue.sum(), rel=1e-9)
        abroad = 100 * (1 - revenue[REGIONS.index(owner)] / revenue.sum())
        assert series[owner, f"Sales Abroad Share|{firm}"][-1] == pytest.approx(abroad, rel=1e-9)
        by_region = total(series, owner, [f"Firm Revenue|{firm}|from {r}" for r in REGIONS])
        assert np.allclose(by_region, series[owner, f"Firm Revenue|{firm}"], rtol=1e-9)
    in_china = [i for i, name in enumerate(plants.firms) if name == "SK hynix" and economy.table.location[i] == 1]
    every = [i for i, name in enumerate(plants.firms) if name == "SK hynix"]
    made = 100 * book.sales[in_china].sum() / book.sales[every].sum()
    assert series["KOR", "Output Abroad Share|SK hynix|in CHN"][-1] == pytest.approx(made, rel=1e-9)
    assert ("KOR", "Output Abroad Share|SK hynix|in KOR") not in series


def test_shares_of_firms_add_up(series: Series) -> None:
    """Named firms never sell more than is bought; a region's suppliers by firm are below those by region."""
    for segment in SEGMENT_NAMES:
        world = [row for (_, name), row in series.items() if name.startswith(f"Firm Share|{segment}|")]
        assert not world or (np.nansum(world, axis=0) <= 100 + 1e-9).all()
    for segment, firm, owner in (("Memory", "Micron", "USA"), ("Equipment", "ASML", "EUR")):
        by_owner = series["KOR", f"Supplier Share|{segment}|{owner}"]
        assert (series["KOR", f"Supplier Share|{segment}|{firm}"] <= by_owner + 1e-9).all()


def test_capacity_starts_at_one() -> None:
    still = Decoupling(small.scenario("no_policy", "2018Q4"), parameters=small.still(), record="Firm *")
    keys, values = still.run_to_end().table()
    found = {k[1]: row for k, row in zip(keys, values, strict=True) if k[1].startswith("Firm Capacity|")}
    assert np.allclose(found["Firm Capacity|TSMC"], 1, rtol=1e-9)
    assert np.allclose(found["Firm Capacity|Samsung"], 1, rtol=1e-9)
    assert "Firm Capacity|CXMT" not in found  # not in the world yet


# -- base values of measures (E40) -------------------------------------------------------------------
def test_measures_start_at_their_figures() -> None:
    """With nothing moving, every level stays at what was measured: models, patents, investment, collaboration."""
    still = Decoupling(small.scenario("no_policy", "2018Q4"), parameters=small.still(), record="all")
    found = {key[:2]: row for key, row in zip(*still.run_to_end().table(), strict=True)}
    p = still.setting.parameters
    for r in REGIONS:
        assert np.allclose(found[r, "Notable Models"], p["notable_models_2018"][r], rtol=1e-9)
        assert np.allclose(found[r, "Private AI Investment"], p["private_ai_investment_2018"][r], rtol=1e-9)
        assert np.allclose(found[r, "AI Patents Share"], 100 * p["ai_patents_share_2018"][r], rtol=1e-9)
        assert np.allclose(found[r, "Imports|Chips|Volume"], 1, rtol=1e-9)
        assert np.allclose(found[r, "Data Stock"], 1, rtol=1e-9)
    for pair, value in p["collaboration_share_2020"].items():
        r, partner = pair.split("/")
        assert np.allclose(found[r, f"Collaboration Share|{partner}"], 100 * value, rtol=1e-9)
    assert sum(p["ai_patents_share_2018"].values()) == pytest.approx(1)
    lag = 12 * (p["gap_2018"]["CHN/ai_apps"] - p["gap_2018"]["USA/ai_apps"])
    assert np.allclose(found["CHN", "Release Lag"], lag, rtol=1e-9)
    assert found["CHN", "Algorithmic Efficiency"][0] == pytest.approx(1)
    assert found["World", "Bloc Index|OS"][0] == pytest.approx(0, abs=1e-9)


def test_measures_read_states_that_are_there(model: Decoupling) -> None:
    """What other parts of the model write is used as soon as they write it."""
    economy, zero = model.setting.economy, np.zeros(len(REGIONS))
    more = {
        "ai_quality": model.setting.plants.owner * 0.1, "rnd": np.where(model.setting.plants.owner == 1, 2.0, 1.0), "data": np.arange(8) + 1.0,
        "evaded": np.full(len(economy.links.buyer), 0.5), "standards_cost": np.full(economy.n, 1e-6),
        "standards": np.ones((economy.n, economy.regions)),
    }  # fmt: skip
    neutral = {name: np.zeros_like(value) for name, value in more.items()} | {"rnd": np.ones(economy.n), "data": np.ones(8), "standards": more["standards"]}
    plain, told = (Book(model.recorder.fixed, model.now | add, zero, 1.0) for add in (neutral, more))
    for outcome in model.recorder.declared:
        if outcome.waits:
            assert not np.array_equal(outcome.compute(plain), outcome.compute(told), equal_nan=True), outcome.template
    evaded = next(o for o in model.recorder.declared if o.template.startswith("Evaded"))
    assert np.allclose(evaded.compute(told), 0.5 * told.bought * told.usd)
    assert not evaded.compute(plain).any()
    assert np.allclose(told.standards_cost, 1e-6 * told.rest_price[economy.table.location])
    quality = next(o for o in model.recorder.declared if o.template == "AI Quality")
    assert np.allclose(quality.compute(told) - quality.compute(plain), np.arange(8) * 0.1)


# -- networks that share ecosystems ------------------------------------------------------------------
def test_kinds_of_platforms_are_told_apart_and_added_up(model: Decoupling) -> None:
    """Two choice sets with the same members: shares of the layer are means by users, `Platform Share` is by kind."""
    hosts = next(n for n in model.setting.networks if "github" in n.ecosystems)

    def platforms(kind: str, users: float) -> Network:
        names = (f"{kind}/us_platforms", f"{kind}/local_platforms")
        return replace(hosts, segment="platforms", ecosystems=names, users=np.full(len(REGIONS), users))

    kinds = (platforms("commerce", 1.0), replace(platforms("cloud", 3.0), column=hosts.column[::-1]))
    setting = replace(model.setting, networks=kinds)
    recorder = Recorder(setting, "*Platforms*")
    recorder.add(model.now)
    found = {key[:2]: value for key, value in zip(recorder.keys, recorder.rows[-1], strict=True)}
    github, gitee = model.now["base"][1, hosts.column]
    assert found["CHN", "Installed Base|Platforms|us_platforms"] == pytest.approx(github + 3 * gitee)
    new = model.now["new_choices"][1, hosts.column]
    assert found["CHN", "Ecosystem Share|Platforms|us_platforms"] == pytest.approx(100 * (new[0] + 3 * new[1]) / 4)
    by_kind = {v: x for o in outcomes(recorder.fixed) if o.template.startswith("Platform Share|cloud")
               for v, x in zip(o.labels[0], o.compute(book_of(recorder, model.now))[1], strict=True)}  # fmt: skip
    assert by_kind == pytest.approx({"us_platforms": 100 * gitee, "local_platforms": 100 * github})
    assert pattern("Platform Share|<kind>|<ecosystem>").fullmatch("Platform Share|cloud|us_platforms")
    assert ecosystem_owners(setting, kinds[0]).tolist() == [[0, r] for r in range(len(REGIONS))]


def book_of(recorder: Recorder, now: State) -> Book:
    """A book of a state, without chained indices."""
    return Book(recorder.fixed, now, np.zeros(len(REGIONS)), 1.0)


# -- policy ------------------------------------------------------------------------------------------
def test_stance_is_what_is_withheld() -> None:
    """Half of Korean memory denied to China is half of memory's part of Korea's chips layer, and nothing elsewhere."""
    deny = small.measure("export_control", {"segments": ("memory",), "denial_rate": 0.5}, 2018.0, senders=("KOR",))
    model = Decoupling(small.with_measures((deny,), "2018Q2"), record="Policy Stance*")
    found = {key[:2]: row[-1] for key, row in zip(*model.run_to_end().table(), strict=True)}
    rows = {k: v for k, v in found.items() if k[1].startswith("Policy Stance") and v > 1e-12}
    assert set(rows) == {("KOR", "Policy Stance|Chips|against CHN")}
    economy = model.setting.economy
    size = np.bincount(economy.table.segment, economy.output0 * (economy.table.location == 2), 11)
    assert rows["KOR", "Policy Stance|Chips|against CHN"] == pytest.approx(0.5 * size[2] / size[:5].sum(), rel=1e-12)


def test_listed_firms_are_counted_by_owner(model: Decoupling) -> None:
    """A firm counts once, however many of its plants are listed; a fringe is no firm."""
    plants, wedges = model.setting.plants, fresh_wedges(model)
    rows = [i for i, f in enumerate(plants.firms) if f in ("Hikvision", "SMIC", "SK hynix", "")]
    wedges.move("firm_listing", (0, rows), 1.0)
    listed = next(o for o in model.recorder.declared if o.template.startswith("Listed"))
    count = listed.compute(book_of(model.recorder, model.now | {"wedges": wedges}))
    assert count[0, 1] == 2
    assert count[0, 2] == 1
    assert np.isnan(count[0, 0])
    assert np.nansum(count) == 3


def fresh_wedges(model: Decoupling) -> Wedges:
    """Neutral wedges of a model's world."""
    return Wedges(model.now["wedges"].sizes)


def test_outward_investment_is_what_plants_abroad_pay(series: Series, model: Decoupling, book: Book) -> None:
    plants, table = model.setting.plants, model.setting.economy.table
    abroad = (plants.owner == 2) & (table.location == 1) & (table.segment < 5)
    usd = series["KOR", "Firm Revenue|SK hynix"][-1] / book.sales[[f == "SK hynix" for f in plants.firms]].sum()
    assert series["KOR", "Outward Investment|Chips|to CHN"][-1] == pytest.approx(4 * usd * book.invested[abroad].sum(), rel=1e-9)


# -- what is written ---------------------------------------------------------------------------------
def test_what_is_bought_for_stock_is_no_loss_of_income() -> None:
    """Two neighbours of accounts: the same quarter with and without stocks moved; income differs by their value alone."""
    model = Decoupling(small.scenario("no_policy", "2018Q4"))
    model.step()
    book = Book(model.recorder.fixed, model.now, np.ones(len(REGIONS)), 1.0)
    change = np.zeros_like(model.now["stock_change"])
    change[3] = 0.01
    more = Book(model.recorder.fixed, model.now | {"stock_change": change}, np.ones(len(REGIONS)), 1.0)
    links = model.setting.economy.links
    inside = np.flatnonzero(links.cell == 3)
    now = model.now
    unit = ((now["terms"].ship * (1 + now["terms"].duty))[inside] * now["price"][links.supplier[inside]] * now["input0"][inside]).sum()
    added = (real_income(more) - real_income(book)) * book.market.price_index * model.recorder.fixed.income0
    assert added.sum() == pytest.approx(0.01 * unit, rel=1e-9)
    assert added[model.setting.plants.owner[links.cell_buyer[3]]] > 0


def test_no_row_is_undefined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No NaN and no infinity reaches the file; a share of nothing has no row."""
    case = Case("test", small.everything("2018Q4"), None, 0, 0, SIDES, "all")
    shards = run_cases([case])
    assert not shards.failures
    write_results(tmp_path / "results.parquet", shards.recordings)
    frame = read_results(tmp_path / "results.parquet")
    assert np.isfinite(frame["value"]).all()
    assert len(frame) > 15000
    count, size = len(frame.groupby(["region", "variable"], observed=True)), (tmp_path / "results.parquet").stat().st_size
    with capsys.disabled():
        sys.stdout.write(f"\n--record all: {count} series, {len(frame)} rows, {size / 1e3:.0f} kB for 4 quarters\n")
    keys = ["scenario", "draw", "seed", "region", "variable", "unit", "quarter"]
    assert not frame.duplicated(keys).any()
    own = frame[(frame["region"] == "KOR") & (frame["variable"] == "Exports|to KOR")]
    assert own.empty


def test_a_full_cut_leaves_few_chips_on_customs_basis() -> None:
    """Fabless chips leave from where their wafers are made today, so a cut that is full is nearly full at the border:
    what is left are chips that third countries design and have made in Korea. Enforced in full: nothing evades."""
    sets = ("instruments[48].enforcement=1", "instruments[49].enforcement=1")
    model = Decoupling(load_scenario("blocs", sets=sets), "align_us")
    for _ in range(48):  # to 2029Q4, a year after the cut is full
        model.step()
    keys, values = model.recorder.table()
    last = {key[:2]: value for key, value in zip(keys, values[:, -1], strict=True)}
    first = {key[:2]: value for key, value in zip(keys, values[:, 0], strict=True)}
    assert last["KOR", "Exports Share|Chips|to CHN"] < 0.5
    assert first["KOR", "Exports Share|Chips|to CHN"] > 50
