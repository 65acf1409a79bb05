"""The parameter files and the register of figures: every value is graded, sourced, dated and in range."""

from __future__ import annotations

import math

import pytest

from calibration.registry import (
    COLUMNS,
    GRADES,
    central,
    choice,
    joint,
    load_rows,
    override,
    parameter_hash,
    parameters_page,
    rows_by_key,
    share_sets,
    table,
    titles,
    uncertain,
    undocumented,
)
from model.axes import ECOSYSTEMS, NETWORK_SEGMENTS, REGIONS, SEGMENTS
from model.errors import UsageError
from model.units import UNITS
from model.world import Parameters

OWN = ("trade", "production", "capital", "learning", "adoption", "links")
CODES = {*REGIONS, *SEGMENTS, *ECOSYSTEMS, *(part for choices in ECOSYSTEMS.values() for e in choices for part in e.split("/"))}
CHANNELS = {"imported_inputs", "open_source", "collaboration", "investment"}


def test_every_row_is_in_range_and_graded() -> None:
    assert load_rows()
    for row in load_rows():
        assert row.low <= row.value <= row.high, row.key
        assert row.unit in UNITS, row.key
        assert row.evidence in GRADES, row.key


def test_every_row_has_source_and_date() -> None:
    assert undocumented() == ()


def test_every_name_has_a_title_in_both_languages_and_one_unit() -> None:
    for name, title in titles().items():
        assert title["en"] and title["ko"], name
        assert len({row.unit for row in load_rows() if row.name == name}) == 1, name


def test_no_row_is_declared_twice() -> None:
    assert len(rows_by_key()) == len(load_rows())


def test_indices_are_known_codes() -> None:
    for row in load_rows():
        if row.file.rsplit("/", 1)[1].removesuffix(".csv") in OWN and row.index:
            known = CHANNELS if row.name == "diffusion_channel_weight" else CODES
            assert set(row.index.split("/")) <= known, row.key


def test_axes_are_complete() -> None:
    for name in ("elasticity_of_substitution", "one_year_elasticity", "elasticity_between_inputs", "quality_valuation"):
        assert set(central()[name]) == set(SEGMENTS), name
    for name in ("growth_baseline", "absorptive_capacity"):
        assert set(central()[name]) == set(REGIONS), name
    assert set(central()["ecosystem_share_2018"]) == {
        f"{r}/{e}" for r in REGIONS for choices in ECOSYSTEMS.values() for e in choices
    }
    assert set(central()["installed_base_2018"]) == {f"{r}/{s}" for r in REGIONS for s in NETWORK_SEGMENTS.values()}
    for name in ("network_effect", "switching_cost", "price_sensitivity", "rechoice_rate", "home_base_weight"):
        assert set(central()[name]) == set(ECOSYSTEMS), name
    pairs = central()["interoperability"]
    for full in ECOSYSTEMS.values():
        choices = [e.rsplit("/")[-1] for e in full]
        for i, first in enumerate(choices):
            for second in choices[i + 1 :]:
                assert (f"{first}/{second}" in pairs) != (f"{second}/{first}" in pairs)


def test_assumed_and_estimated_rows_are_uncertain_unless_fixed() -> None:
    keys = {row.key for row in uncertain()}
    for row in load_rows():
        if row.evidence in ("assumed", "estimated") and row.distribution != "fixed" and row.low < row.high:
            assert row.key in keys, row.key
        if row.evidence in ("measured", "recalled") and "swept" not in row.note and row.distribution != "discrete":
            assert row.key not in keys, row.key


def test_one_year_elasticity_stays_below_the_long_run() -> None:
    sigma, e1 = central()["elasticity_of_substitution"], central()["one_year_elasticity"]
    for segment in SEGMENTS:
        speed = -math.log(1 - e1[segment] / sigma[segment])
        assert joint("sourcing_speed_floor") <= speed <= joint("sourcing_speed_ceiling"), segment
        assert rows_by_key()[f"elasticity_of_substitution[{segment}]"].low >= 1.05
    assert e1["rest"] == 0.76


def test_shares_add_to_one() -> None:
    assert len(share_sets()) == 1 + len(REGIONS) * len(ECOSYSTEMS)
    for name, indices in share_sets():
        assert math.fsum(central()[name][i] for i in indices) == pytest.approx(1.0, abs=1e-12)


def test_override_one_value_and_all_rows_of_a_name() -> None:
    changed = override(central(), {"elasticity_of_substitution[memory]": 6.0, "wage_adjustment_speed": 0.1})
    assert changed["elasticity_of_substitution"]["memory"] == 6.0
    assert changed.scalar("wage_adjustment_speed") == 0.1
    assert central()["elasticity_of_substitution"]["memory"] == 4.5
    wide = override(central(), {"rechoice_rate": 0.3})
    assert set(wide["rechoice_rate"].values()) == {0.3}


def test_override_refuses_what_it_cannot_mean() -> None:
    with pytest.raises(UsageError, match=r"did you mean elasticity_of_substitution\[memory\]"):
        override(central(), {"elasticity_of_substitution[memry]": 3.0})
    with pytest.raises(UsageError, match="out of range"):
        override(central(), {"elasticity_of_substitution[memory]": 60.0})
    with pytest.raises(UsageError, match="not a number"):
        override(central(), {"rent_speed": "fast"})
    with pytest.raises(UsageError, match="stay below"):
        override(central(), {"elasticity_of_substitution[open_source]": 1.05, "one_year_elasticity[memory]": 2.4,
                             "elasticity_of_substitution[memory]": 2.2})  # fmt: skip
    with pytest.raises(UsageError, match="add to"):
        override(central(), {"ecosystem_share_2018[CHN/gitee]": 0.25})
    with pytest.raises(UsageError):
        override(central(), {"rent_speed": math.nan})


def test_override_without_check_reaches_limits() -> None:
    assert set(override(central(), {"growth_baseline": 0.0}, check=False)["growth_baseline"].values()) == {0.0}


def test_hash_depends_on_values_only() -> None:
    names = reversed(list(central()))
    same = Parameters({name: dict(sorted(central()[name].items(), reverse=True)) for name in names})
    assert parameter_hash(same) == parameter_hash(central())
    other = override(central(), {"rent_speed": 0.11})
    assert parameter_hash(other) != parameter_hash(central())


def test_named_alternatives() -> None:
    for row in load_rows():
        if row.unit == "name":
            assert len(row.choices) > 1
            assert choice(central(), row.name) == row.choices[int(row.value)]
            assert choice(override(central(), {row.key: row.choices[-1]}), row.name) == row.choices[-1]


def test_files_are_plain_csv() -> None:
    for name in OWN:
        rows = table(f"parameters/{name}.csv")
        assert rows and set(rows[0]) == {*COLUMNS, "#line"}


def test_page_lists_every_value() -> None:
    page = parameters_page()
    for row in load_rows():
        assert f"`{row.key}`" in page


def test_figures_have_source_date_unit_grade() -> None:
    documents = {row["code"]: row for row in table("figures/documents.csv")}
    figures = table("figures/register.csv")
    assert len({row["id"] for row in figures}) == len(figures) == 119
    for row in figures:
        assert row["document"] in documents and row["section"], row["id"]
        assert row["published"] == documents[row["document"]]["published"], row["id"]
        assert row["unit"] and row["metric"] and row["period"] and row["role"], row["id"]
        assert row["grade"] in GRADES, row["id"]


def test_flagged_figures_keep_their_flags() -> None:
    notes = {row["id"]: row["note"] for row in table("figures/register.csv")}
    for flagged in ("ev.us.entity.cambricon", "oss.gitee.repos.2019"):
        assert notes[flagged].startswith("misprint")
    for flagged in ("ev.us.entity.2022", "os.harmony.2021"):
        assert notes[flagged].startswith("conflict")
    assert "interested party" in notes["chip.gap.years"]


def test_rules_are_dated_and_cited() -> None:
    rules = table("figures/rules.csv")
    assert len({row["id"] for row in rules}) == len(rules)
    assert [row["date"] for row in rules] == sorted(row["date"] for row in rules)
    for row in rules:
        assert row["kind"] in ("entity_list", "control_rule") and row["grade"] in GRADES, row["id"]
        assert row["source"] and row["subject"] and "2018" <= row["date"][:4] <= "2025", row["id"]
