"""Decomposition by channel: a partition of cells, exact ends, Shapley's axioms, and the rows of a short run (E26)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from model.axes import SEGMENTS
from model.cli import Cli
from model.experiments.cases import Case, run_cases
from model.experiments.decompose import (
    PREFIX,
    REST,
    UNIT,
    active_channels,
    channel_effects,
    coalition_case,
    coalitions,
    decompose,
    shapley,
)  # fmt: skip
from model.experiments.results import annual, difference, select
from model.experiments.store import read_results
from model.kernel.links import Array
from model.outcomes import Key, Recording
from model.scenario.types import Measure, Scenario
from model.scenario.types import Path as Lever
from model.simulation import Decoupling
from model.wedges import CHANNELS, WEDGES, Wedges, channel_cells, channel_of, keep_channels, moved_channels
from tests import small

LAST = "2026Q4"
ALL = frozenset(CHANNELS)


def _silent(measure: Measure) -> Measure:
    """The measure without its reach into knowledge."""
    talk = {"technology_transfer": Lever(constant=0.0)} if "technology_transfer" in measure.levers else {}
    return replace(measure, levers={**measure.levers, **talk})


def world() -> tuple[Scenario, Scenario]:
    """A scenario that moves all channels but Knowledge from 2018Q3 on, over a baseline with a control and another stance."""
    whole = small.everything("2019Q4")
    plain = tuple(_silent(m) for m in whole.measures if m.instrument != "investment_screening")
    cut = small.measure("export_control", {"segments": ("logic", "equipment"), "denial_rate": 0.2}, 2018.0)
    knowledge = ("open_source_fork", "open_release", "data_localisation")
    plain = tuple(m for m in plain if m.instrument not in knowledge)
    return replace(whole, measures=plain), replace(small.with_measures((cut,)), name="base")


@cache
def recorded(channels: frozenset[str] | None, otherwise: bool) -> Mapping[Key, Array]:
    """All series of the scenario with these channels; the others as in the baseline, or neutral."""
    scenario, base = world()
    return small.outcomes_of(Decoupling(scenario, record="all", channels=channels, otherwise=base if otherwise else None))


# -- cells -------------------------------------------------------------------------------------------
def test_every_cell_of_every_wedge_is_in_one_channel() -> None:
    for name in WEDGES:
        masks = sum(channel_cells(name, frozenset({channel})).astype(int) for channel in CHANNELS)
        assert (np.asarray(masks) == 1).all(), name
        assert {channel_of(name, segment) for segment in SEGMENTS} <= ALL
    assert {channel_of(name, segment) for name in WEDGES for segment in SEGMENTS} == ALL


def random_wedges(seed: int) -> Wedges:
    """Every wedge moved everywhere."""
    wedges, chance = small.fresh(), np.random.default_rng(seed)
    for name in WEDGES:
        wedges.move(name, (...,), chance.uniform(0.1, 0.9, wedges.shape(name)))
    return wedges


@pytest.mark.parametrize("channels", [frozenset(g) for n in range(6) for g in combinations(CHANNELS, n)])
def test_cells_come_from_one_side_or_the_other(channels: frozenset[str]) -> None:
    one, two = random_wedges(1), random_wedges(2)
    kept = keep_channels(one, channels, two)
    for name in WEDGES:
        mine, theirs = kept[name] == one[name], kept[name] == two[name]
        assert (mine ^ theirs).all()
        assert mine.any() == any(channel_of(name, s) in channels for s in SEGMENTS)
    assert moved_channels(kept, two) == channels
    assert moved_channels(kept, one) == ALL - channels


def test_channels_off_are_neutral_without_another_scenario() -> None:
    kept = keep_channels(random_wedges(1), frozenset({"Networks"}))
    assert {"interoperability", "market_access", "standard_cost", "denial_rate"} <= set(kept.moved())
    assert not {"fixed_cost", "subsidy_rate", "firm_listing", "data_flow"} & set(kept.moved())
    assert {s for i, s in enumerate(SEGMENTS) if kept["denial_rate"][..., i].any()} == {"os", "open_source", "platforms"}
    assert {s for i, s in enumerate(SEGMENTS) if (kept["standard_cost"][..., i] != 1).any()} == {"os", "open_source", "devices", "platforms"}
    assert not keep_channels(random_wedges(1), frozenset()).moved()


# -- Shapley -----------------------------------------------------------------------------------------
def game(players: str, worth: Mapping[str, float]) -> dict[frozenset[str], Array]:
    """A game given by the worth of its coalitions ('ab'); those not named are worth the best of their parts."""
    groups = [frozenset(g) for n in range(len(players) + 1) for g in combinations(players, n)]
    return {g: np.array([max((w for k, w in worth.items() if set(k) <= g), default=0.0)]) for g in groups}


def test_symmetry_efficiency_and_dummy_on_a_glove_game() -> None:
    """Two left gloves and a right one: 1/6, 1/6, 2/3; who adds nothing gets exactly nothing."""
    found = shapley("lmrd", game("lmrd", {"lr": 1.0, "mr": 1.0}))
    assert found["l"] == found["m"] == pytest.approx(1 / 6)
    assert found["r"] == pytest.approx(2 / 3)
    assert found["d"] == 0.0
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-12)


def test_additivity_and_permutation() -> None:
    chance = np.random.default_rng(0)
    one, two = ({g: chance.normal(size=3) for g in game("abc", {})} for _ in range(2))
    both = shapley("abc", {g: one[g] + two[g] for g in one})
    for player in "abc":
        assert both[player] == pytest.approx(shapley("abc", one)[player] + shapley("abc", two)[player], abs=1e-12)
        assert shapley("cab", one)[player] == pytest.approx(shapley("abc", one)[player], abs=1e-12)


def test_the_rest_is_what_the_channels_leave() -> None:
    value = {frozenset[str](): np.array([1.0]), frozenset({"Trade"}): np.array([0.9])}
    found = channel_effects(value, np.array([1.2]))
    assert found["Trade"] == pytest.approx(-0.1)
    assert found[REST] == pytest.approx(-0.2)
    assert all(found[name] == 0.0 for name in CHANNELS[1:])


# -- runs --------------------------------------------------------------------------------------------
def test_all_channels_off_is_the_baseline_bit_for_bit() -> None:
    base = small.outcomes_of(Decoupling(world()[1], record="all"))
    assert not small.same_bits(recorded(frozenset(), True), base)
    assert not small.same_bits(recorded(frozenset(), False), small.outcomes_of(Decoupling(small.scenario(), record="all")))


def test_all_channels_on_is_the_normal_run_bit_for_bit() -> None:
    assert not small.same_bits(recorded(ALL, True), recorded(None, False))
    assert small.same_bits(recorded(frozenset({"Trade"}), True), recorded(None, False))


def test_blocs_without_channels_is_history_under_every_stance() -> None:
    """The parent's measures name blocs that the scenario widens: off means the baseline's cells, not neutral ones."""
    scenario, base = small.scenario("blocs", LAST), small.scenario("history", LAST)
    plain = small.outcomes_of(Decoupling(base))
    for stance in ("align_us", "align_cn"):
        off = Decoupling(scenario, stance, channels=frozenset(), otherwise=base)
        assert not small.same_bits(small.outcomes_of(off), plain)


def test_channels_add_up_and_a_channel_that_does_nothing_gets_nothing() -> None:
    scenario, base = world()
    cases = [Case(s.name, s, None, 0, 0, ((0,), (1,))) for s in (base, scenario)]
    active = active_channels(cases[1], base)
    assert active == ("Trade", "Inputs", "Networks", "Policy Cost")
    assert len(coalitions(active)) == 15
    shards = run_cases(cases)
    found = decompose(cases, shards.recordings, base)
    assert (found.runs, found.failures, found.draws) == (15, [], (0,))
    plain, own = ({k[:2]: v for k, v in zip(r.keys, r.values, strict=True)} for r in found.recordings)
    change = 100 * (own["KOR", "Real Income"] - plain["KOR", "Real Income"])
    year = plain["KOR", "Real Income"].reshape(-1, 4).mean(1).repeat(4)
    parts = {c: own["KOR", PREFIX + c] for c in (*CHANNELS, REST)}
    assert sum(parts.values()) == pytest.approx(change / year, abs=1e-9)
    assert not parts["Knowledge"].any()
    assert not parts[REST].any()
    assert all(abs(parts[c]).max() > 1e-6 for c in active)
    assert not any(name.startswith(PREFIX) for _, name in plain)


def test_a_case_with_a_failed_coalition_gets_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """One missing run is a stated failure and no rows, never a sum over what is left."""
    from model.experiments import decompose as module
    from model.experiments.cases import Failure, Shards

    scenario, base = world()
    cases = [Case(s.name, s, None, 0, 0, ((0,), (1,))) for s in (base, scenario)]
    keys: tuple[Key, ...] = (("KOR", "Real Income", "index"),)
    held = [Recording(c.name, 0, 0, ("2018Q1",), keys, np.ones((1, 1))) for c in cases]
    lost = coalition_case(cases[1], frozenset({"Trade"}), base).name

    def some(planned: list[Case], *_: object) -> Shards:
        kept = [Recording(c.name, 0, 0, ("2018Q1",), keys, np.ones((1, 1))) for c in planned if c.name != lost]
        return Shards(kept, [Failure(lost, 0, 0, "no solution")])

    monkeypatch.setattr(module, "run_cases", some)
    found = decompose(cases, held, base)
    assert [f.name for f in found.failures] == [lost] == ["test [Trade]"]
    assert [r.keys for r in found.recordings] == [keys, keys]


# -- the command -------------------------------------------------------------------------------------
def test_the_command_writes_rows_that_add_up(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["run", "blocs", "--decompose", "--draws", "1", "--stance", "hedge", "--workers", "1", "--seed", "0"]
    result = CliRunner().invoke(Cli(), [*words, "--set", f"horizon=[2018Q1, {LAST}]", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "Policy cost" in result.output
    assert "Total" in result.output
    frame = read_results(out / "results.parquet")
    rows = select(frame, PREFIX)
    assert set(rows["scenario"]) == {"blocs@hedge"}
    assert set(rows["region"]) == {"KOR"}
    assert set(rows["unit"]) == {UNIT}
    assert {str(name) for name in rows["variable"]} == {PREFIX + c for c in (*CHANNELS, REST)}
    whole = difference(annual(select(frame, "Real Income", "KOR")), "blocs@hedge", "history").set_index("year")
    parts = annual(rows).groupby("year")["value"].sum()
    np.testing.assert_allclose(parts, whole["value"].loc[parts.index], atol=1e-9, rtol=0)
    assert abs(parts[2026]) > 1e-3
    assert (out / "figures" / "channels.png").is_file()


def test_without_a_baseline_there_is_nothing_to_split(tmp_path: Path) -> None:
    result = CliRunner().invoke(Cli(), ["run", "no_policy", "--decompose", "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "no_policy" in result.output
    assert not (tmp_path / "out").exists()
