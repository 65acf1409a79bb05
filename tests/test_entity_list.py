"""Entity list: named firms and what is bought for them are denied, by licence share and reach; suppliers take note."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from model.agents.sight import hardest_denial
from model.axes import REGION_INDEX
from model.instruments import Value, firm_names
from model.kernel.links import Array
from model.simulation import Decoupling
from model.stages.enact import listed_part
from model.world import Setting
from tests import small

LEVERS: dict[str, Value] = {"firms": ("SMIC", "Huawei"), "licences_granted": 0.4, "third_country_reach": 0.5}


def listed(last: str = "2019Q4", **levers: Value) -> Decoupling:
    measure = small.measure("entity_list", LEVERS | levers, 2018.5, senders=("USA",))
    return Decoupling(small.with_measures((measure,), last), record="all")


@pytest.fixture(scope="module")
def model() -> Decoupling:
    found = listed()
    for _ in range(3):
        found.step()
    return found


def rows(setting: Setting, *names: str) -> Array:
    return np.flatnonzero(np.isin(setting.plants.firms, names))


def test_names_are_those_of_the_firm_table(model: Decoupling) -> None:
    assert set(firm_names()) == {name for name in model.setting.plants.firms if name}


def test_listed_plants_are_denied_by_licence_and_reach(model: Decoupling) -> None:
    setting, now = model.setting, model.now
    links, table = setting.economy.links, setting.economy.table
    evasion = setting.behaviour.evasion[table.segment[links.supplier]]
    to_listed = np.isin(links.buyer, rows(setting, "SMIC", "Huawei"))
    for origin, refused in (("USA", 0.6), ("JPN", 0.3), ("CHN", 0.0)):
        hit = to_listed & (table.location[links.supplier] == REGION_INDEX[origin])
        assert hit.sum() > 5
        kept = 1 - now["lost"][links.supplier, REGION_INDEX["CHN"]][hit] * (origin != "CHN")
        assert now["denial"][hit] == pytest.approx(1 - (1 - refused * (1 - evasion[hit])) * kept, abs=0.1)
        assert now["denial"][hit].max() <= refused * (1 - evasion[hit].min()) + 0.1
    others = (links.buyer < setting.n) & ~to_listed
    assert now["denial"][others].max() < 0.3  # only relations given up (E19)


def test_investors_are_denied_by_the_part_they_buy_for_listed_plants(model: Decoupling) -> None:
    setting, now = model.setting, model.now
    economy = setting.economy
    part = listed_part(setting, now["wedges"]["firm_listing"], np.where(now["opened"], now["capacity"], 0.0))
    smic = rows(setting, "SMIC")[0]
    investor = economy.investor[smic]
    peers = np.flatnonzero(economy.investor == investor)
    weight = economy.kappa[peers] * economy.table.depreciation[peers] * now["capacity"][peers]
    share = weight[peers == smic][0] / weight.sum()
    assert 0.1 < share < 0.95
    assert part[REGION_INDEX["USA"], economy.n + investor] == pytest.approx(0.6 * share)
    foreign = (economy.table.investors[:, 0] == REGION_INDEX["CHN"]) & (economy.table.investors[:, 2] != REGION_INDEX["CHN"])
    assert foreign.any()
    assert not part[:, economy.n : economy.n + economy.k][:, foreign].any()


def test_a_listed_firm_alone_with_its_investor_is_denied_in_full() -> None:
    """All plants of an investor listed: the investor is denied as its plants are."""
    model = listed()
    setting = model.setting
    economy = setting.economy
    listing = np.zeros((economy.regions, economy.n))
    investor = int(economy.investor[rows(setting, "SMIC")[0]])
    listing[0, economy.investor == investor] = 0.7
    part = listed_part(setting, listing, model.now["capacity"])
    assert part[0, economy.n + investor] == pytest.approx(0.7)
    assert part.sum() == pytest.approx(0.7 * (1 + (economy.investor == investor).sum()))


def test_suppliers_heed_listings(model: Decoupling) -> None:
    """E19: a listing makes suppliers of that origin drop other customers in the region, as a denial does."""
    hardest = hardest_denial(model.setting, SimpleNamespace(**model.now))
    assert hardest[REGION_INDEX["USA"], REGION_INDEX["CHN"]] == pytest.approx(0.6)
    assert hardest[REGION_INDEX["JPN"], REGION_INDEX["CHN"]] == pytest.approx(0.3)
    assert not hardest[:, [i for r, i in REGION_INDEX.items() if r != "CHN"]].any()
    later = listed("2020Q4")
    *_, last = small.quarters(later)
    assert last["lost"][:, REGION_INDEX["CHN"]].any()
    assert not np.delete(last["lost"], REGION_INDEX["CHN"], 1).any()


def test_only_listed_firms_of_the_targets_count_and_full_licences_change_nothing() -> None:
    base = small.outcomes_of(Decoupling(small.scenario("no_policy", "2019Q4"), record="all"))
    for levers in ({"licences_granted": 1.0}, {"firms": ("Samsung", "ASML")}):
        assert not small.same_bits(base, small.outcomes_of(listed(**levers)))


def test_the_listed_firm_loses_more_than_its_neighbours() -> None:
    base = Decoupling(small.scenario("no_policy", "2020Q4"), record="all").run_to_end()
    model = listed("2020Q4", firms=("Huawei",), licences_granted=0.0, third_country_reach=0.9)
    found = model.run_to_end()
    change = {
        firm: found.last(f"Firm Revenue|{firm}", "CHN") / base.last(f"Firm Revenue|{firm}", "CHN")
        for firm in ("Huawei", "Xiaomi", "Lenovo")
    }
    assert change["Huawei"] < 0.9 < min(change["Xiaomi"], change["Lenovo"])


def test_an_investor_is_listed_by_its_replacement_purchases() -> None:
    """Two plants of one investor, one listed: its part is that of kappa x depreciation x capacity, whichever of them differs."""
    setting = Decoupling(small.scenario()).setting
    economy = setting.economy
    shared = next(k for k in range(economy.k) if (economy.investor == k).sum() >= 2)
    one, two = np.flatnonzero(economy.investor == shared)[:2]
    rest = np.flatnonzero(economy.investor == shared)[2:]
    kappa, capacity, wear = economy.kappa.copy(), np.ones(economy.n), economy.table.depreciation.copy()
    kappa[[one, two]], wear[[one, two]], capacity[rest] = (3.0, 1.0), (0.1, 0.25), 0.0
    worn = np.array([3.0 * 0.1, 1.0 * 0.25])
    listing = np.zeros((economy.regions, economy.n))
    listing[REGION_INDEX["USA"], one] = 0.5
    economy = replace(economy, kappa=kappa, table=economy.table.replace(depreciation=wear))
    part = listed_part(replace(setting, economy=economy), listing, capacity)
    assert part[REGION_INDEX["USA"], economy.n + shared] == pytest.approx(0.5 * worn[0] / worn.sum())
    assert not np.delete(part[:, economy.n + shared], REGION_INDEX["USA"]).any()
