"""Contracts of every instrument in the registry, and the algebra of wedges (MODEL.md 5, ARCHITECTURE wedges).

Parametrised over `instruments()`: a new instrument is tested the moment its file exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.axes import REGION_INDEX, REGIONS
from model.instruments import Instrument, Lever, Value, instruments
from model.kernel.links import Array
from model.simulation import Decoupling
from model.stages.orders import collect_wedges
from model.stages.respond import decide_states
from model.units import UNITS
from model.wedges import RULES, WEDGES, Wedges, survive
from tests import small

NAMES = sorted(instruments())
SIDES = (
    (("USA",), ("CHN",)), (("CHN",), ("USA", "JPN", "EUR")), (("USA", "JPN"), ("CHN", "JPN")),
    (tuple(REGIONS), ("CHN",)),
)  # fmt: skip
HARMLESS = ("announced", "enforcement")
OWN_REGION = [w.name for w in WEDGES.values() if w.axes in ("ods", "cods", "uods") and w.name not in HARMLESS]


def moved(name: str, levers: dict[str, Value], side: tuple[tuple[str, ...], tuple[str, ...]] = SIDES[0]) -> Wedges:
    """Wedges of one instrument alone."""
    wedges = small.fresh()
    instruments()[name].apply(wedges, small.order(levers, *side), small.facts())
    return wedges


def numeric(found: Instrument) -> Iterator[tuple[str, Lever]]:
    """Levers that are numbers."""
    yield from ((name, lever) for name, lever in found.levers.items() if not lever.choices)


def tightness(name: str, array: Array) -> Array:
    """How far a wedge is from neutral, in the direction its rule moves it (a cap: downwards)."""
    return -array if RULES[WEDGES[name].rule][1] is np.minimum else array


# -- each instrument ---------------------------------------------------------------------------------
def test_registry_holds_what_the_folder_holds() -> None:
    assert list(instruments()) == NAMES
    assert all(name == found.name for name, found in instruments().items())


@pytest.mark.parametrize("name", NAMES)
def test_is_documented(name: str) -> None:
    found = instruments()[name]
    assert set(found.title) == {"en", "ko"}
    assert all(found.title.values())
    assert found.doc.strip().endswith(".")
    assert found.levers
    for key, lever in found.levers.items():
        assert lever.unit in UNITS, key
        assert lever.doc.strip(), key
        assert lever.source.strip(), key
        if lever.choices:
            chosen = lever.neutral if isinstance(lever.neutral, tuple) else (lever.neutral,)
            assert set(chosen) <= set(lever.choices), key
        else:
            assert lever.low < lever.high, key
            assert lever.low <= small.number(lever.neutral) <= lever.high, key


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", NAMES)
def test_neutral_levers_move_nothing(name: str, side: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    found = instruments()[name]
    assert moved(name, small.neutral_levers(found), side).moved() == {}
    everywhere = {key: value for key, value in small.strong_levers(found).items() if found.levers[key].choices}
    assert moved(name, {**small.neutral_levers(found), **everywhere}, side).moved() == {}


@pytest.mark.parametrize("name", NAMES)
def test_moves_something(name: str) -> None:
    assert moved(name, small.strong_levers(instruments()[name])).moved()


@pytest.mark.parametrize("name", NAMES)
def test_every_numeric_lever_is_used(name: str) -> None:
    """Turning one dial alone, the others strong, changes some wedge."""
    found = instruments()[name]
    strong = small.strong_levers(found)
    base = small.arrays(moved(name, strong))
    for key, lever in numeric(found):
        turned = small.arrays(moved(name, {**strong, key: small.far_end(lever)}))
        assert any(not np.array_equal(base[w], turned[w]) for w in WEDGES), key


@pytest.mark.parametrize("name", NAMES)
def test_stronger_never_loosens(name: str) -> None:
    """Away from neutral no wedge ever goes back; a lever neutral inside its range only ever goes one way."""
    found = instruments()[name]
    for others in (0.3, 0.5, 1.0):
        strong = small.strong_levers(found, others)
        for key, lever in numeric(found):
            neutral = small.number(lever.neutral)
            inside = lever.low < neutral < lever.high
            ends = (lever.low, lever.high) if inside else (neutral, small.far_end(lever))
            path = [small.arrays(moved(name, {**strong, key: float(x)})) for x in np.linspace(*ends, 7)]
            for wedge in WEDGES:
                with np.errstate(invalid="ignore"):
                    steps = np.diff([np.nan_to_num(tightness(wedge, a[wedge]), neginf=-99.0) for a in path], axis=0)
                may_gain = inside or WEDGES[wedge].low < 0
                one_way = (steps >= -1e-15).all() or (may_gain and (steps <= 1e-15).all())
                assert one_way, (key, wedge)


@pytest.mark.parametrize("name", NAMES)
def test_writes_declared_wedges_within_their_meaning(name: str) -> None:
    for part in (0.0, 0.5, 1.0):
        for side in SIDES:
            wedges = moved(name, small.strong_levers(instruments()[name], part), side)
            for key, array in wedges.moved().items():
                assert array.shape == wedges.shape(key)
                assert not np.isnan(array).any()
                if WEDGES[key].unit == "share" and WEDGES[key].rule in ("survive", "maximum"):
                    assert ((array >= WEDGES[key].low) & (array <= 1)).all(), key
                if WEDGES[key].rule == "product":
                    assert (array >= 1).all(), key


def test_undeclared_wedges_do_not_exist() -> None:
    with pytest.raises(KeyError):
        small.fresh().move("prices", (0,), 1.0)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", NAMES)
def test_own_region_is_never_denied(name: str, side: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    for part in (0.5, 1.0):
        wedges = moved(name, small.strong_levers(instruments()[name], part), side)
        for key in OWN_REGION:
            own = np.einsum("...dds->...ds", wedges[key])
            assert (own == RULES[WEDGES[key].rule][0]).all(), key
        home = np.einsum("of->fo", wedges["firm_listing"])[np.arange(len(small.PLANT_REGION)), list(small.PLANT_REGION)]
        assert (home == 0).all()


@pytest.mark.parametrize("pair", list(combinations(NAMES, 2)) + [(n, n) for n in NAMES])
def test_instruments_commute(pair: tuple[str, str]) -> None:
    """Two measures of the same date in either order leave the same bits, disjoint or on the same cells."""
    for other in (SIDES[0], SIDES[1]):
        found = []
        for turn in ((0, 1), (1, 0)):
            wedges = small.fresh()
            for i in turn:
                levers = small.strong_levers(instruments()[pair[i]], (0.3, 0.7)[i])
                side = SIDES[0] if i == 0 else other
                instruments()[pair[i]].apply(wedges, small.order(levers, *side), small.facts())
            found.append(small.arrays(wedges))
        assert all(np.array_equal(found[0][w], found[1][w]) for w in WEDGES)


@pytest.mark.parametrize("name", NAMES)
def test_no_effect_outside_its_dates(name: str) -> None:
    """Through the model's own way from dates to wedges: inside yes, before, after and in between no."""
    levers = small.strong_levers(instruments()[name])
    dated = small.measure(name, levers, start=2019.0, end=2021.0, suspended=((2019.5, 2020.0),))
    setting = Decoupling(small.with_measures((dated,), "2021Q4", blocs=True)).setting
    expected = {
        2018.75: False, 2019.0: True, 2019.25: True, 2019.5: False, 2019.75: False, 2020.0: True,
        2020.75: True, 2021.0: False,
    }  # fmt: skip
    for year, acts in expected.items():
        wedges = collect_wedges(setting, year, decide_states(setting, year))
        assert bool(wedges.moved()) == acts, year


@pytest.mark.parametrize("name", NAMES)
def test_a_state_that_is_off_applies_nothing(name: str) -> None:
    acting = small.with_measures((small.measure(name, small.strong_levers(instruments()[name]), 2018.0),), blocs=True)
    off = replace(acting, states=dict.fromkeys(small.SENDERS, "off"))
    for scenario, acts in ((acting, True), (off, False)):
        setting = Decoupling(scenario).setting
        assert bool(collect_wedges(setting, 2019.0, decide_states(setting, 2019.0)).moved()) == acts


@pytest.mark.parametrize("name", NAMES)
def test_the_model_feels_it(name: str) -> None:
    """An instrument in force changes some recorded outcome of the model."""
    strong = small.measure(name, small.strong_levers(instruments()[name], 0.9), 2018.25)
    policy = small.with_measures((strong,), "2018Q4", blocs=True)
    changed = small.outcomes_of(Decoupling(policy, record="all"))
    base = small.outcomes_of(Decoupling(small.scenario("no_policy", "2018Q4"), record="all"))
    assert small.largest_change(base, changed)[0] > 1e-6


# -- no policy, no change (MODEL.md 8.2) -------------------------------------------------------------
@pytest.fixture(scope="module")
def baseline() -> dict[tuple[str, str, str], Array]:
    return small.outcomes_of(Decoupling(small.scenario("no_policy", "2020Q4"), record="all"))


def test_neutral_measures_change_no_bit(baseline: dict[tuple[str, str, str], Array]) -> None:
    """Every instrument present, both ways, from the first quarter, at its neutral levers."""
    both = ((small.SENDERS, small.TARGETS), (small.TARGETS, small.SENDERS))
    measures = tuple(
        small.measure(name, {}, 2018.0, senders=a, targets=b, name=f"{name}{k}")
        for name in NAMES for k, (a, b) in enumerate(both)
    )  # fmt: skip
    for blocs in (False, True):
        found = small.outcomes_of(Decoupling(small.with_measures(measures, "2020Q4", blocs), record="all"))
        assert not small.same_bits(baseline, found)


def test_strong_measures_outside_their_dates_change_no_bit(baseline: dict[tuple[str, str, str], Array]) -> None:
    dates = ((2030.0, None, ()), (2010.0, 2018.0, ()), (2018.0, None, ((2018.0, 2040.0),)))
    measures = tuple(
        small.measure(name, small.strong_levers(found, 1.0), start, end, pause, name=f"{name}{k}")
        for name, found in instruments().items() for k, (start, end, pause) in enumerate(dates)
    )  # fmt: skip
    found = small.outcomes_of(Decoupling(small.with_measures(measures, "2020Q4", True), record="all"))
    assert not small.same_bits(baseline, found)


def test_a_stance_without_measures_changes_no_bit() -> None:
    """Before its first measure a scenario is its baseline, under every stance."""
    for name, baseline in (("chip_controls", "no_policy"), ("blocs", "history")):
        base = small.outcomes_of(Decoupling(small.scenario(baseline), record="all"))
        for stance in (None, "align_us", "align_cn", "hedge"):
            found = small.outcomes_of(Decoupling(small.scenario(name), stance, record="all"))
            assert not small.same_bits(base, found), (name, stance)


def test_the_order_of_measures_in_a_file_changes_no_bit() -> None:
    """Measures are applied in sorted order: three on the same cells in any order of the file leave the same bits."""
    rates = (0.1, 0.2, 0.37)
    measures = [
        small.measure("export_control", {"segments": ("logic", "memory"), "denial_rate": x}, 2018.0, name=f"m{i}")
        for i, x in enumerate(rates)
    ]  # fmt: skip
    measures += [small.measure("standards_split", {"divergence": x}, 2018.0, name=f"s{i}") for i, x in enumerate(rates)]
    found = []
    for turn in permutations(range(3)):
        chosen = tuple(measures[i] for i in turn) + tuple(measures[3 + i] for i in turn)
        setting = Decoupling(small.with_measures(chosen, blocs=True)).setting
        found.append(small.arrays(collect_wedges(setting, 2018.0, decide_states(setting, 2018.0))))
    for other in found[1:]:
        for name in WEDGES:
            assert np.allclose(found[0][name], other[name], rtol=1e-14, atol=1e-14), name
            assert np.array_equal(found[0][name], other[name]), f"{name}: equal to rounding only"


# -- the algebra of wedges ---------------------------------------------------------------------------
def values(rule: str) -> st.SearchStrategy[float]:
    """Values that a wedge of this rule may take."""
    spans = {"survive": (0, 1), "maximum": (0, 1), "product": (1, 5), "sum": (-1, 1), "minimum": (-5, 5)}
    return st.floats(*spans[rule], allow_nan=False)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rules_commute_associate_and_have_a_neutral_element(rule: str) -> None:
    neutral, combine = RULES[rule]

    @settings(max_examples=200, deadline=None)
    @given(values(rule), values(rule), values(rule))
    def check(a: float, b: float, c: float) -> None:
        x, y, z = (np.array([v]) for v in (a, b, c))
        assert np.array_equal(combine(x, y), combine(y, x))
        assert np.allclose(combine(combine(x, y), z), combine(x, combine(y, z)), rtol=1e-14, atol=1e-15)
        assert np.array_equal(combine(np.full(1, neutral), np.full(1, neutral)), np.full(1, neutral))

    check()


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"survive"}))
def test_neutral_element_is_exact_for_any_value(rule: str) -> None:
    neutral, combine = RULES[rule]

    @settings(max_examples=200, deadline=None)
    @given(values(rule))
    def check(a: float) -> None:
        assert combine(np.array([a]), np.full(1, neutral))[0] == a
        assert combine(np.full(1, neutral), np.array([a]))[0] == a

    check()


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_survive_is_exact_where_it_must_be(a: float, b: float) -> None:
    """A share combined with nothing keeps what it lets pass; a full cut stays full; nothing leaves 0..1."""
    once = survive(np.zeros(1), np.array([a]))
    assert survive(once, np.zeros(1))[0] == once[0]
    assert abs(once[0] - a) <= 2.0**-53
    assert survive(np.array([a]), np.ones(1))[0] == 1
    assert max(a, b) - 1e-15 <= survive(np.array([a]), np.array([b]))[0] <= 1


def test_every_wedge_has_rule_axes_unit_and_meaning() -> None:
    for name, wedge in WEDGES.items():
        assert wedge.rule in RULES, name
        assert wedge.unit in UNITS, name
        assert set(wedge.axes) <= set("odrsfecku"), name
        assert wedge.meaning, name


def test_fresh_wedges_are_neutral_and_apart() -> None:
    one, two = small.fresh(), small.fresh()
    one.move("tariff_rate", (REGION_INDEX["USA"], REGION_INDEX["CHN"], 0), 0.25)
    assert list(one.moved()) == ["tariff_rate"]
    assert two.moved() == {}
    assert all((two[name] == RULES[WEDGES[name].rule][0]).all() for name in WEDGES)
