"""The base year: it balances for every choice and draw, and keeps the figures it was made from."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from calibration.balance import ras
from calibration.base_year import BaseYear, build_base_year, load_base_year_tables
from calibration.base_year_diagnostics import accounts, chip_exports, destinations, duties, profits, value_added
from calibration.base_year_report import BASES, PAGE, page
from calibration.base_year_tables import Settings, read_rows
from model.axes import (
    CAPITAL,
    ECOSYSTEMS,
    NETWORK_SEGMENTS,
    QUARTERS_PER_YEAR,
    REGION_INDEX,
    REGIONS,
    SEGMENT_INDEX,
    SEGMENTS,
    R,
    S,
)
from model.errors import TableError

CALIBRATION = Path(__file__).parent.parent / "calibration"
KOR, CHN, TWN = (REGION_INDEX[code] for code in ("KOR", "CHN", "TWN"))
MEMORY, FOUNDRY, REST = (SEGMENT_INDEX[code] for code in ("memory", "foundry", "rest"))


def random_values(seed: int) -> dict[str, dict[str, float | str]]:
    """One value of every parameter, uniform between its low and its high."""
    generator = np.random.default_rng(seed)
    values: dict[str, dict[str, float | str]] = {}
    for row in read_rows("base_year.csv", "parameters"):
        drawn = str(generator.choice(BASES)) if row["distribution"] == "discrete" else 0.0
        if not drawn:
            drawn = float(generator.uniform(float(row["low"]), float(row["high"])))
        if row["name"] != "fringe_rows":
            values.setdefault(row["name"], {})[row["index"]] = drawn
    return values


def assert_balanced(year: BaseYear) -> None:
    """Markets, firms, investors, regions and the numeraire close; nothing is negative."""
    table = year.table
    n, k = table.plants, len(table.investors)
    latent = table.theta > 0
    assert table.flow.shape == (n, n + k + 2 * R)
    assert np.isfinite(table.flow).all() and (table.flow >= 0).all()
    assert (table.output[~latent] > 0).all() and (table.wages[~latent] > 0).all()
    assert not table.flow[latent].any() and not table.flow[:, :n][:, latent].any() and not table.wages[latent].any()
    expenditure, income = accounts(table)
    assert abs(expenditure.sum() - 1) < 1e-12 and (expenditure > 0).all()
    assert abs((expenditure - income).sum()) < 1e-12
    trade = np.zeros((R, R))
    np.add.at(trade, table.location, destinations(table))
    local = (np.arange(R)[:, None] == table.location) @ profits(table)
    abroad = table.owner @ profits(table) - local
    assert np.allclose(trade.sum(1) - trade.sum(0), income - expenditure - abroad, atol=1e-12)
    gdp = value_added(table).sum(1) + duties(table)
    assert np.allclose(
        gdp, expenditure + table.flow[:, n : n + k].sum(0) @ _at(table.investors) + trade.sum(1) - trade.sum(0)
    )
    bought = table.flow[:, n : n + k].sum(0)
    used = [table.investment[(table.location == r) & (table.segment == s)].sum() for r, s in table.investors]
    assert np.allclose(bought, used, atol=1e-14)


def _at(investors: np.ndarray) -> np.ndarray:
    """[k, R] where each investor stands."""
    return np.asarray(investors[:, :1] == np.arange(R), float)


@pytest.fixture(scope="module")
def year() -> BaseYear:
    """The central base year."""
    return build_base_year({})


@pytest.mark.parametrize("basis", BASES)
def test_balances_for_every_basis(basis: str) -> None:
    assert_balanced(build_base_year({"chip_purchase_basis": basis}))


@pytest.mark.parametrize("seed", range(20))
def test_balances_for_random_values(seed: int) -> None:
    assert_balanced(build_base_year(random_values(seed)))


def test_same_values_give_same_bits(year: BaseYear) -> None:
    again = build_base_year({"unknown_parameter": 3.0})
    assert np.array_equal(year.table.flow, again.table.flow)
    assert np.array_equal(year.customs, again.customs)


def test_every_cell_is_there_and_rows_are_few(year: BaseYear) -> None:
    table = year.table
    assert table.plants <= 220
    cells = set(zip(table.location.tolist(), table.segment.tolist(), strict=True))
    assert cells == {(r, s) for r in range(R) for s in range(S)}


def test_identities_of_plants(year: BaseYear) -> None:
    n = year.table.plants
    assert len(set(year.plant_ids)) == n
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in year.plant_ids)
    assert {len(year.firms), len(year.kind), len(year.ecosystem), len(year.entry), len(year.customs)} == {n}
    for firm, kind in zip(year.firms, year.kind, strict=True):
        assert kind in ("named", "fringe", "home") and bool(firm) == (kind == "named")
    assert len(set(year.firms)) > 70
    assert {"NVIDIA", "ASML", "Lam Research", "Applied Materials", "SMIC", "CXMT", "Samsung", "SK hynix"} <= set(
        year.firms
    )


def test_owners(year: BaseYear) -> None:
    table = year.table
    assert np.allclose(table.owner.sum(0), 1) and (table.owner >= 0).all()
    place = year.plant_ids.index("samsung-memory-chn")
    assert table.location[place] == CHN and table.owner[KOR, place] == 1
    fringes = np.array([kind != "named" for kind in year.kind])
    assert np.array_equal(table.owner.argmax(0)[fringes], table.location[fringes])


def test_ecosystems(year: BaseYear) -> None:
    for name, segment in zip(year.ecosystem, year.table.segment, strict=True):
        known = [e for n, s in NETWORK_SEGMENTS.items() if s == SEGMENTS[segment] for e in ECOSYSTEMS[n]]
        parts = [part.partition(":")[0].strip() for part in name.split(";") if part]
        assert set(parts) <= set(known)
        assert bool(parts) == bool(known)


def test_capital(year: BaseYear) -> None:
    table = year.table
    home = np.array([kind == "home" for kind in year.kind])
    latent = table.theta > 0
    has = np.isin(table.segment, [SEGMENT_INDEX[code] for code in CAPITAL])
    assert np.array_equal(table.investment > 0, has & ~home & ~latent)
    assert np.array_equal(np.isinf(table.capacity), home)
    normal = ~home & ~latent
    assert np.allclose(table.capacity[normal], 1.15 * table.output[normal])
    pairs = [tuple(row) for row in table.investors.tolist()]
    assert pairs == sorted(set(pairs))
    assert (table.depreciation > 0).all() and (table.build_lag[has] > 0).all()


def test_home_cells(year: BaseYear) -> None:
    """A home cell delivers its share of every purchase of its segment in its region, and nothing abroad."""
    table, sent = year.table, destinations(year.table)
    homes = [i for i, kind in enumerate(year.kind) if kind == "home"]
    assert {(REGIONS[table.location[i]], SEGMENTS[table.segment[i]]) for i in homes} == {
        ("EUR", "memory"), ("ROW", "memory"), ("SEA", "accelerators"),
    }  # fmt: skip
    for i in homes:
        d, same = table.location[i], table.segment == table.segment[i]
        assert sent[i, d] == pytest.approx(0.001 * sent[same, d].sum(), rel=1e-9)
        assert np.delete(sent[i], d).sum() == 0


def test_entrants(year: BaseYear) -> None:
    latent = {name: i for i, name in enumerate(year.plant_ids) if year.table.theta[i] > 0}
    assert set(latent) == {
        "cxmt-memory-chn", "ymtc-memory-chn", "huawei-os-chn", "biren-accelerators-chn", "openai-ai-apps-usa",
        "deepseek-ai-apps-chn", "tsmc-foundry-usa-arizona", "tsmc-foundry-jpn", "samsung-foundry-usa-taylor",
        "rapidus-foundry-jpn",
    }  # fmt: skip
    assert all(year.entry[i] > 2019 and year.table.entry_capacity[i] > 0 for i in latent.values())
    assert np.isneginf(np.delete(year.entry, list(latent.values()))).all()
    assert year.ecosystem[latent["huawei-os-chn"]] == "harmony"


def test_named_plants_stay_within_their_cells(year: BaseYear) -> None:
    for values in ({}, {"xian_share": 0.38, "wuxi_share": 0.48, "dalian_share": 0.9}):
        table = build_base_year(values).table
        fringe = np.array([kind == "fringe" for kind in year.kind])
        assert (table.output[fringe] > 0).all()


def test_plants_in_china_follow_their_shares(year: BaseYear) -> None:
    sales = dict(zip(year.plant_ids, year.table.output, strict=True))
    hynix = sales["sk-hynix-memory-chn"] / (sales["sk-hynix-memory-chn"] + sales["sk-hynix-memory-kor"])
    samsung = sales["samsung-memory-chn"] / (sales["samsung-memory-chn"] + sales["samsung-memory-kor"])
    assert hynix == pytest.approx(0.40 * 0.814) and samsung == pytest.approx(0.30 * 0.336)
    assert sales["nvidia-accelerators-usa"] * year.usd * QUARTERS_PER_YEAR == pytest.approx(3.0, rel=1e-6)


def test_location_shares_are_kept(year: BaseYear) -> None:
    table, given = year.table, load_base_year_tables().location
    for code in ("equipment", "foundry", "memory", "devices", "platforms"):
        here = table.segment == SEGMENT_INDEX[code]
        share = np.bincount(table.location[here], table.output[here], R) / table.output[here].sum()
        assert np.abs(share - given[code]).max() < 0.01, code
    korea = (table.segment == MEMORY) & (table.location == KOR)
    assert table.output[korea].sum() / table.output[table.segment == MEMORY].sum() == pytest.approx(0.515, abs=0.01)


@pytest.mark.parametrize(("basis", "share"), [("location", 0.626), ("billing", 0.338), ("headquarters", 0.26)])
def test_purchases_of_memory_by_china(basis: str, share: float) -> None:
    table = build_base_year({"chip_purchase_basis": basis}).table
    bought = destinations(table)[table.segment == MEMORY].sum(0)
    assert bought[CHN] / bought.sum() == pytest.approx(share, abs=0.003)


def test_world_values(year: BaseYear) -> None:
    """Memory is valued through the cycle; capital and income meet the macro figures."""
    table, world = year.table, year.usd * QUARTERS_PER_YEAR
    memory = table.output[table.segment == MEMORY]
    assert memory.sum() * world == pytest.approx(158 * 0.55 / 0.75, rel=1e-9)
    assert profits(table)[table.segment == MEMORY].sum() / memory.sum() == pytest.approx(0.25, abs=0.01)
    tables = load_base_year_tables()
    gdp = (value_added(table).sum(1) + duties(table)) * world
    expenditure, income = accounts(table)
    assert np.allclose(gdp, tables.gdp, rtol=1e-4)
    assert np.allclose((income - expenditure) * world, tables.current_account, atol=0.5)
    assert abs(tables.current_account.sum()) < 1e-9


def test_korean_and_taiwanese_chip_exports(year: BaseYear) -> None:
    """Customs basis: Korea sells three fifths and more of its chips to China and Hong Kong, Taiwan likewise."""
    exports = chip_exports(year.table, year.customs)
    shares = exports / exports.sum(1, keepdims=True)
    assert 0.58 < shares[KOR, CHN] < 0.70 and 0.53 < shares[TWN, CHN] < 0.65
    assert exports[TWN].sum() * year.usd * QUARTERS_PER_YEAR == pytest.approx(95.9, rel=0.15)


def test_customs_view(year: BaseYear) -> None:
    foundry = year.table.segment == FOUNDRY
    assert not year.customs[foundry].any()
    assert np.allclose(year.customs[~foundry].sum(1), 1) and (year.customs >= 0).all()
    assert year.customs[year.plant_ids.index("nvidia-accelerators-usa"), TWN] > 0.4
    assert year.customs[year.plant_ids.index("intel-logic-usa"), REGION_INDEX["USA"]] == 1


def test_tariffs_fall_on_rest_across_borders_only(year: BaseYear) -> None:
    tariff = year.table.tariff
    assert not tariff[:, :, :REST].any() and not np.diag(tariff[:, :, REST]).any()
    assert (tariff[:, :, REST][~np.eye(R, dtype=bool)] > 0).all()


def test_refusals() -> None:
    with pytest.raises(TableError, match="chip_purchase_basis"):
        build_base_year({"chip_purchase_basis": "nowhere"})
    with pytest.raises(TableError, match="margins"):
        ras(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1.0, 1.0]), np.array([1.0, 1.0]), "test")
    with pytest.raises(TableError, match="no row"):
        Settings({"a": {"b": 1.0}}, {}).number("a", "c")


def test_ras_meets_margins_and_keeps_zeros() -> None:
    generator = np.random.default_rng(0)
    seed = generator.lognormal(size=(6, 9)) * (generator.random((6, 9)) < 0.7)
    rows, columns = seed.sum(1) * generator.uniform(0.8, 1.2, 6), seed.sum(0)
    table = ras(seed, rows, columns, "test")
    assert np.allclose(table.sum(1), rows) and not table[seed == 0].any()
    assert np.allclose(table.sum(0), columns * rows.sum() / columns.sum())


def test_diagnostics(year: BaseYear) -> None:
    assert set(year.diagnostics) == {"regions", "margins", "purchases", "uses", "rest", "profit", "parents", "raised", "checks"}
    assert not any(frame.empty or frame.isna().any().any() for frame in year.diagnostics.values())


def numbers_apart(text: str) -> tuple[str, np.ndarray]:
    """The text with its numbers taken out, and the numbers."""
    pattern = r"-?\d[\d,]*\.?\d*"
    found = [float(word.replace(",", "").rstrip(".")) for word in re.findall(pattern, text)]
    return re.sub(pattern, "#", text), np.array(found)


def test_page_is_up_to_date() -> None:
    fresh = page({basis: build_base_year({"chip_purchase_basis": basis}) for basis in BASES})
    old_words, old_numbers = numbers_apart(PAGE.read_text(encoding="utf-8"))
    words, numbers = numbers_apart(fresh)
    assert old_words == words, "run python -m calibration.base_year"
    assert np.abs(old_numbers - numbers).max() <= 1, "run python -m calibration.base_year"


def test_parents_hold_technology_back() -> None:
    """A lower limit takes from Taiwan's chips and devices what electronics cannot carry, and still balances."""
    year = build_base_year({"parent_limit": 0.38})
    assert_balanced(year)
    lowered = year.diagnostics["parents"].groupby("region")["lowered"].sum()
    assert lowered["TWN"] > 0 and lowered["KOR"] == 0


def test_tables_are_sourced_graded_and_portable() -> None:
    for path in sorted((CALIBRATION / "tables").glob("*.csv")):
        raw = path.read_bytes()
        assert b"\r" not in raw and raw.endswith(b"\n"), path.name
        for row in csv.DictReader(raw.decode("utf-8").splitlines()):
            assert None not in row and None not in row.values(), (path.name, row)
            assert row["evidence"] in ("measured", "estimated", "assumed", "recalled"), (path.name, row)
            assert row["source"] and row["unit"] and row["year"] and row["published"], (path.name, row)
            float(row["value"])
            if row.get("low"):
                assert float(row["low"]) <= float(row["value"]) <= float(row["high"]), (path.name, row)
