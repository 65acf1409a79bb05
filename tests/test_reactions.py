"""States that react (E44-E48): the rules in numbers, the ladder, each loop by its own switch, allies, chance, held decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration import states
from calibration.registry import central, override, rows_by_key, table
from model.agents.population import State
from model.agents.reactions import (
    TRAITS,
    StateRule,
    StateView,
    caught_up,
    choose_strategy,
    combined,
    follow_chance,
    follows,
    rung_strength,
    scores,
    update_stance,
    widened,
)  # fmt: skip
from model.axes import LAYERS, REGION_INDEX, REGIONS, SEGMENT_INDEX
from model.experiments import reactions
from model.experiments.cases import Case
from model.experiments.decompose import PREFIX, UNIT, active_channels, decompose, held_decisions
from model.experiments.results import FigureContext
from model.experiments.run import first_measure, index_sides
from model.figures.house import house_style
from model.figures.reactions import FIGURE
from model.instruments import instruments
from model.kernel.links import Array
from model.outcomes import Recording
from model.scenario.resolve import load_scenario
from model.scenario.types import Measure, Scenario
from model.simulation import Decoupling
from model.stages import react
from model.stages.orders import collect_wedges
from model.stages.respond import decide_states
from model.wedges import CHANNELS
from model.world import Parameters
from tests import small

USA, CHN, KOR, JPN, EUR = (REGION_INDEX[r] for r in ("USA", "CHN", "KOR", "JPN", "EUR"))
CHIPS, PLATFORMS = states.REACTING.index("chips"), states.REACTING.index("platforms")
EARLY = {"reaction_start": 2018.0}
NO_CATCH_UP, NO_CONTROLS = {"reaction_to_catch_up": 0.0}, {"reaction_to_controls": 0.0}
LAST = "2020Q4"


# -- worlds ------------------------------------------------------------------------------------------
def control(denial: float = 0.5, senders: tuple[str, ...] = ("USA",), targets: tuple[str, ...] = ("CHN",)) -> Measure:
    """A control of chip tools from the second quarter on."""
    return small.measure("export_control", {"segments": ("equipment",), "denial_rate": denial}, 2018.25, None, (), senders, targets)


def world(*measures: Measure, reactive: tuple[str, ...] = ("USA", "CHN"), last: str = LAST) -> Scenario:
    """`no_policy` with these measures and states that react."""
    scenario = small.with_measures(measures, last)
    return replace(scenario, states={**scenario.states, **dict.fromkeys(reactive, "reactive")})


def drawn(**changes: float) -> Parameters:
    """Central parameters with reactions from 2018 on, and changes (`name__USA` is name[USA])."""
    named = {f"{k.replace('__', '[')}]" if "__" in k else k: v for k, v in changes.items()}
    return override(central(), {**EARLY, **named})


def ended(scenario: Scenario, parameters: Parameters, seed: int = 0) -> Decoupling:
    """A run to its end."""
    model = Decoupling(scenario, parameters=parameters, seed=seed)
    model.run_to_end()
    return model


def stance(scenario: Scenario, parameters: Parameters) -> Array:
    """Stances [R, G] in the end."""
    return np.asarray(ended(scenario, parameters).now["stance"])


# -- rules in numbers --------------------------------------------------------------------------------
def test_catch_up_in_numbers() -> None:
    size = np.array([1.0, 3.0, 5.0])
    before, now = np.array([1.0, 0.5, -0.2]), np.array([0.5, 0.25, 0.9])
    assert caught_up(now, before, size) == pytest.approx(1 - (0.5 + 0.75) / (1 + 1.5))  # the third was not behind
    assert caught_up(before, before, size) == 0.0
    assert caught_up(-before, before, size) == 1.0
    assert caught_up(2 * before, before, size) == 0.0  # falling back is not less than nothing
    assert caught_up(now, -abs(before), size) == 0.0


def test_controls_combine_and_widen_in_numbers() -> None:
    assert combined(np.array([0.5, 0.2, 0.0])) == pytest.approx(0.6)
    assert combined(np.zeros(5)) == 0.0 and combined(np.array([1.0, 0.3])) == 1.0
    assert widened(np.array([0.8, 0.1, 0.5]), 0.25) == pytest.approx([0.8, 0.2, 0.5])
    assert widened(np.array([0.8, 0.1]), 0.0) == pytest.approx([0.8, 0.1])


def view(now: Array, catch_up: Array, controls: Array, up: Array | float = 0.0, down: Array | float = 0.0) -> StateView:
    return StateView(now, catch_up, controls, np.broadcast_to(up, now.shape), np.broadcast_to(down, now.shape))


def test_stance_in_numbers() -> None:
    one, half = np.ones(1), np.full(1, 0.5)
    rule = StateRule(0.4, 0.2, 0.3, 0.0, 0.25)
    push = 0.4 * 0.5 + 0.2 * 1.0
    aim, left = push / (push + 0.3), np.exp(-(push + 0.3) * 0.25)
    assert update_stance(view(0.2 * one, half, one), rule) == pytest.approx(aim + (0.2 - aim) * left)
    assert update_stance(view(half, 0 * one, 0 * one), rule) == pytest.approx(0.5 * np.exp(-0.3 * 0.25))
    assert update_stance(view(half, one, one), StateRule(0.0, 0.0, 0.0, 0.0, 0.25)) == 0.5
    assert update_stance(view(0 * one, one, one), StateRule(0.0, 0.0, 0.3, 0.0, 0.25)) == 0.0


unit = st.floats(0.0, 1.0)


@given(now=unit, catch_up=unit, controls=unit, strengths=st.tuples(unit, unit, unit), dt=st.floats(0.01, 2.0))
def test_stance_stays_in_bounds_and_does_not_depend_on_the_step(
    now: float, catch_up: float, controls: float, strengths: tuple[float, float, float], dt: float
) -> None:
    seen = np.array([catch_up]), np.array([controls])
    whole = update_stance(view(np.array([now]), *seen), StateRule(*strengths, 0.0, dt))
    half = StateRule(*strengths, 0.0, dt / 2)
    twice = update_stance(view(update_stance(view(np.array([now]), *seen), half), *seen), half)
    assert 0 <= whole[0] <= 1
    assert whole == pytest.approx(twice, abs=1e-12)


def test_steps_by_chance_are_whole_and_have_the_same_mean() -> None:
    many = 200_000
    chance = np.random.default_rng(0)
    now = np.full(many, 0.5)
    seen = np.full(many, 0.6), np.full(many, 0.9)
    smooth = update_stance(view(now, *seen), StateRule(0.4, 0.4, 0.3, 0.0, 0.25))
    rule = StateRule(0.4, 0.4, 0.3, 0.25, 0.25)
    found = update_stance(view(now, *seen, chance.random(many), chance.random(many)), rule)
    assert set(np.round(found, 12)) == {0.25, 0.5, 0.75}
    assert found.mean() == pytest.approx(smooth[0], abs=4 * found.std() / np.sqrt(many))


@pytest.mark.parametrize(("strong", "weak"), [(0.5, 0.2), (0.2, 0.05), (0.8, 0.8)])
def test_two_sides_escalate_iff_their_strengths_exceed_decay(strong: float, weak: float) -> None:
    """Controls that rise with stances as m = l s: a small quarrel dies out iff k k' l l' < delta^2."""
    slope = np.array([0.9, 0.7])
    for decay in (0.9, 1.1):
        edge = decay * np.sqrt(strong * weak * slope[0] * slope[1])
        now = np.full(2, 1e-6)
        for _ in range(4000):
            felt = slope * now
            now = np.array([
                update_stance(view(now[:1], np.zeros(1), felt[1:]), StateRule(0.0, strong, edge, 0.0, 0.25))[0],
                update_stance(view(now[1:], np.zeros(1), felt[:1]), StateRule(0.0, weak, edge, 0.0, 0.25))[0],
            ])  # fmt: skip
        assert (now > 1e-3).all() if decay < 1 else (now < 1e-6).all()


def test_rungs_in_numbers() -> None:
    assert rung_strength(np.array([0.2, 0.25, 0.3, 0.5, 0.9]), 0.25, 0.5) == pytest.approx([0, 0, 0.2, 1, 1])


def test_allies_in_numbers() -> None:
    chance = follow_chance(np.array([0.6]), np.array([0.5]), 4.0)
    assert np.log(chance / (1 - chance)) == pytest.approx(np.log(0.6 / 0.4) - 2.0)
    assert follow_chance(np.array([0.6, 0.6]), np.array([0.0, 1.0]), 0.0) == pytest.approx(0.6)


@given(exposure=unit, weight=st.floats(0.0, 50.0), luck=st.floats(0.0, 1.0, exclude_max=True))
def test_alignment_of_nothing_or_all_is_certain(exposure: float, weight: float, luck: float) -> None:
    chance = follow_chance(np.array([0.0, 1.0]), np.full(2, exposure), weight)
    assert follows(chance, np.full(2, luck)).tolist() == [False, True]


# -- strategy by layer -------------------------------------------------------------------------------
def test_scores_in_numbers() -> None:
    traits = dict(zip(TRAITS, (0.2, 0.9, 0.6, 0.5), strict=True))
    assert scores(traits, True) == pytest.approx({"frontier": 0.4, "open": 0.45, "bloc": 0.9})
    assert scores(traits, False) == pytest.approx({"frontier": 0.4, "open": 0.9, "bloc": 0.0})
    assert choose_strategy(dict.fromkeys(TRAITS, 0.5), True) == "frontier"  # of equals the first


def test_strategies_against_the_reports_reading() -> None:
    """All layers have all traits; the one place where rule and report differ is known and printed."""
    assert set(states.traits()) == set(states.REACTING) == {layer for layer in LAYERS if layer != "rest"}
    assert all(set(own) == set(TRAITS) for own in states.traits().values())
    named = [row for row in states.strategy_matrix(central()) if row[3]]
    assert len(named) == len(table(states.READING)) == 10
    assert [row for row in named if row[2] != row[3]] == [("ai_apps", "CHN", "frontier", "open")]


def test_who_is_behind_decides_who_opens_what_cumulates() -> None:
    ahead = override(central(), {"gap_2018[CHN/platforms]": 0.0})
    assert states.strategy_of(central(), "CHN", "USA", "platforms") == "bloc"
    assert states.strategy_of(ahead, "CHN", "USA", "platforms") == "open"
    chosen = [{a.id for a in states.ladder_actions(world(), None, p)} for p in (central(), ahead)]
    assert chosen[0] - chosen[1] == {"ladder.CHN.platforms.data_sovereignty"}


# -- the ladder --------------------------------------------------------------------------------------
def test_every_measure_of_the_ladder_moves_a_wedge_at_full_stance() -> None:
    setting = Decoupling(world(), parameters=drawn()).setting
    full = np.ones((len(REGIONS), len(states.REACTING)))
    strength = decide_states(setting, 2018.0, full)
    assert len(setting.actions) == sum(m.strategy != "open" or m.layer != "ai_apps" for m in states.ladder())
    for k, action in enumerate(setting.actions):
        alone = np.zeros_like(strength)
        alone[k] = strength[k]
        assert collect_wedges(setting, 2018.0, alone).moved(), action.id
    assert not collect_wedges(setting, 2018.0, decide_states(setting, 2018.0, 0 * full)).moved()


def test_ladder_rises_to_full_denial_and_answers() -> None:
    """Listing, threshold, third countries, full denial in this order; China's answers are of the kinds the reports name."""
    chips = {m.rung: m.start for m in states.ladder() if (m.state, m.layer) == ("USA", "chips")}
    assert sorted(("listing", "threshold", "reach", "full_denial"), key=chips.__getitem__) == ["listing", "threshold", "reach", "full_denial"]
    answers = {m.instrument for m in states.ladder() if m.state == "CHN"}
    assert answers >= {"counter_control", "digital_silk_road", "subsidy", "os_fork", "open_source_fork", "data_localisation", "tariff", "export_control", "open_release"}
    abroad = {r for m in states.ladder() if m.state == "CHN" for r in m.targets}
    assert {"SEA", "ROW", "home", "rival"} <= abroad


def rows_of(rung: str) -> list[dict[str, str]]:
    return [dict(row) for row in table(states.LADDER) if (row["state"], row["layer"], row["rung"]) == ("USA", "chips", rung)]


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("instrument", "export_contrl", "export_control"), ("layer", "chip", "chips"), ("strategy", "closed", "frontier"),
        ("against", "USA", "CHN"), ("targets", "rivals", "rival"), ("full", "0.1", "start < full"), ("lever", "denial", "denial_rate"),
        ("value", "1.5", "0 to 1"), ("names", "segments: memry", "a lever and its names"),
    ],
)  # fmt: skip
def test_faults_of_the_ladder_are_named(column: str, value: str, allowed: str) -> None:
    rows = rows_of("reach")
    assert states.ladder_faults(rows) == []
    rows[0][column] = value
    faults = states.ladder_faults(rows)
    named = [f for f in faults if f.path == column]
    assert named and allowed in named[0].allowed and named[0].line == int(rows[0]["#line"])


# -- the loops ---------------------------------------------------------------------------------------
def test_strengths_of_zero_are_scripted_states_bit_for_bit() -> None:
    scripted = small.outcomes_of(Decoupling(world(control(), reactive=()), parameters=drawn(), record="all"))
    neutral = drawn(**NO_CATCH_UP, **NO_CONTROLS)
    everyone = small.outcomes_of(Decoupling(world(control(), reactive=REGIONS), parameters=neutral, record="all"))
    assert not small.same_bits(scripted, everyone)


def test_nobody_reacts_before_the_year_of_reactions() -> None:
    model = Decoupling(world(control()), parameters=override(central(), {"reaction_start": 2020.0}))
    for state in small.quarters(model):
        rungs = [k for k, action in enumerate(model.setting.actions) if action.rung is not None]
        assert bool(state["in_force"][rungs].any()) == (state["year"] > 2020.0 - 1e-9)
        assert bool(state["stance"].any()) == (state["year"] > 2020.0 - 1e-9)


def test_first_loop_alone_catch_up_widens_controls() -> None:
    """No controls, no answers to any: the United States react to catch-up alone, and the more of it the harder."""
    alone = drawn(**NO_CONTROLS)
    found = stance(world(), alone)
    assert found[USA, PLATFORMS] > 0 and not found[CHN].any() and not found[KOR].any()
    faster = stance(world(), override(alone, {"catch_up[CHN/platforms]": 0.03}))
    assert faster[USA, PLATFORMS] > found[USA, PLATFORMS]
    assert not stance(world(), override(alone, NO_CATCH_UP)).any()


def test_second_loop_alone_controls_push_own_technology() -> None:
    """Controls, no answer to catch-up, none of the United States to China's: China reacts to the controls alone."""
    alone = drawn(**NO_CATCH_UP, reaction_to_controls__USA=0.0)
    mild, hard = (stance(world(control(denial)), alone) for denial in (0.2, 0.9))
    assert 0 < mild[CHN, CHIPS] < hard[CHN, CHIPS] and not hard[USA].any()
    assert 0 < hard[CHN, PLATFORMS] < hard[CHN, CHIPS]  # wider, by the breadth
    narrow = stance(world(control(0.9)), override(alone, {"reaction_breadth": 0.0}))
    assert narrow[CHN, CHIPS] > 0 and narrow[CHN, PLATFORMS] == 0.0
    assert not stance(world(), alone).any()
    pushed = ended(world(control(0.9)), alone).now["wedges"]
    assert pushed["subsidy_rate"][CHN, SEGMENT_INDEX["memory"]] > 0


def test_both_loops_close_the_circle() -> None:
    """With both on, China's answer feeds the next American one."""
    p = drawn(**NO_CATCH_UP, reaction_to_controls__USA=0.8, reaction_to_controls__CHN=0.8)
    cut = drawn(**NO_CATCH_UP, reaction_to_controls__USA=0.8, reaction_to_controls__CHN=0.0)
    both, open_ = (stance(world(control(0.9)), q) for q in (p, cut))
    assert both[USA, CHIPS] > open_[USA, CHIPS] == 0.0


def test_states_that_are_off_do_nothing_and_are_not_answered() -> None:
    scenario = world(control(0.9))
    off = replace(scenario, states={**scenario.states, "USA": "off"})
    found = ended(off, drawn(**NO_CATCH_UP))
    assert not found.now["stance"].any() and not found.now["wedges"].moved()


def test_controls_felt_in_numbers() -> None:
    """Denial 0.5 and a cap one half log point under the frontier of 2018; a listing by output; announced ones are no move."""
    deny = small.measure("export_control", {"segments": ("memory",), "denial_rate": 0.5, "capability_cap": -0.5}, 2018.0, None, (), ("USA",))
    firm = small.measure("entity_list", {"firms": ("OPPO",), "licences_granted": 0.4}, 2018.0, None, (), ("USA",))
    duty = small.measure("tariff", {"segments": ("os",), "rate": 0.25, "barrier": 0.6}, 2018.0, None, (), ("USA",))
    ban = small.measure("platform_ban", {"access_loss": 0.7}, 2018.0, None, (), ("USA",))
    others = small.measure("export_control", {"segments": ("memory",), "denial_rate": 0.9}, 2018.0, None, (), ("JPN",))
    later = replace(small.measure("export_control", {"segments": ("ai_apps",), "denial_rate": 0.9}, 2019.0), announced=2018.0, senders=("USA",))
    model = Decoupling(world(deny, firm, duty, ban, others, later), parameters=drawn())
    setting, now = model.setting, SimpleNamespace(**model.now)
    levels = react.levels_of(setting, now.capability, now.output)
    felt = dict(zip(states.REACTING, react.controls_felt(setting, now, levels, CHN, USA), strict=True))
    capped = 1 - np.exp(-(levels[USA, SEGMENT_INDEX["memory"]] + 0.5))
    assert felt["chips"] == pytest.approx(1 - 0.5 * (1 - capped))
    mine = setting.plants_of("devices") & (setting.plants.owner == CHN)
    named = mine & (np.array(setting.plants.firms) == "OPPO")
    output = setting.economy.output0
    assert felt["devices"] == pytest.approx(0.6 * output[named].sum() / output[mine].sum())
    assert felt["os"] == pytest.approx(1 - 1 / (1.6 * 1.25))
    assert felt["platforms"] == pytest.approx(0.7) and felt["open_source"] == felt["ai_apps"] == 0.0
    assert not react.controls_felt(setting, now, levels, USA, CHN).any()
    tools = small.measure("equipment_control", {"tools": 0.3, "servicing": 0.6}, 2018.0, None, (), ("USA",))
    own = Decoupling(world(tools), parameters=drawn())
    felt = react.controls_felt(own.setting, SimpleNamespace(**own.now), levels, CHN, USA)
    assert felt[CHIPS] == pytest.approx(0.6)  # the harder of the two uses
    metals = small.measure("counter_control", {"materials": 0.3, "goods": ("os",), "barrier": 1.0}, 2018.0, None, (), ("CHN",), ("USA",))
    own = Decoupling(world(metals), parameters=drawn())
    felt = react.controls_felt(own.setting, SimpleNamespace(**own.now), levels, USA, CHN)
    known = dict(zip(states.REACTING, felt, strict=True))
    assert known["os"] == pytest.approx(1 - 0.7 * 0.5) and known["chips"] == known["devices"] == pytest.approx(0.3)
    later_on = SimpleNamespace(**{**vars(now), "year": 2020.0})  # the frontier has left the cap behind
    grown = central()["frontier_growth"]["memory"] * 2.0
    capped = 1 - np.exp(-(levels[USA, SEGMENT_INDEX["memory"]] + grown + 0.5))
    felt = react.controls_felt(setting, later_on, levels, CHN, USA)
    assert felt[CHIPS] == pytest.approx(1 - 0.5 * (1 - capped))


def test_catch_up_seen_in_numbers() -> None:
    model = Decoupling(world(), parameters=drawn())
    setting = model.setting
    first = react.levels_of(setting, setting.capability0, setting.economy.output0)
    assert not react.catch_up_seen(setting, first, USA, CHN).any()
    nearer = first.copy()
    nearer[CHN, SEGMENT_INDEX["os"]] += 0.25 * (first[USA] - first[CHN])[SEGMENT_INDEX["os"]]
    seen = dict(zip(states.REACTING, react.catch_up_seen(setting, nearer, USA, CHN), strict=True))
    assert seen["os"] == pytest.approx(0.25) and sum(seen.values()) == seen["os"]
    gone = nearer.copy()
    gone[CHN, SEGMENT_INDEX["os"]] = np.nan  # who makes nothing any more has not caught up
    assert not react.catch_up_seen(setting, gone, USA, CHN).any()
    chips = [SEGMENT_INDEX[s] for s in LAYERS["chips"]]
    nearer[CHN, chips[2]] = first[USA, chips[2]]
    size = np.bincount(setting.economy.table.segment, setting.economy.output0)[chips]
    gap = (first[USA] - first[CHN])[chips]
    seen = dict(zip(states.REACTING, react.catch_up_seen(setting, nearer, USA, CHN), strict=True))
    assert seen["chips"] == pytest.approx((size * gap)[2] / (size * gap).sum())


# -- snapshots and chance ----------------------------------------------------------------------------
class Hawk(State):
    """A state that always goes all the way where it reacts."""

    def react(self, view: StateView, rule: StateRule) -> Array:
        return np.ones_like(view.stance)


def test_all_states_decide_on_one_snapshot() -> None:
    """What one state decides changes no decision of another in that quarter, so their order cannot matter."""
    model = Decoupling(world(control(0.9)), parameters=drawn(), agents={"state": State})
    for _ in range(4):
        model.step()
    now = SimpleNamespace(**model.now)
    before = react.take_stances(model.setting, now)
    agents = model.setting.agents.states
    for r in (USA, CHN):
        agents[r] = Hawk(model, r, "reactive")
        after = react.take_stances(model.setting, now)
        assert (after[r] == 1).all() and not np.array_equal(after[r], before[r])
        assert all(np.array_equal(after[q], before[q]) for q in range(len(REGIONS)) if q != r)
        agents[r] = State(model, r, "reactive")


def test_entry_of_a_firm_changes_no_draw_of_a_state_or_ally() -> None:
    one, two = (
        Decoupling(world(reactive=REGIONS), parameters=drawn(stance_step=0.1, **extra)).setting
        for extra in ({}, {"entry_year__ymtc-memory-chn": 2018.5})
    )
    for quarter in (0, 7):
        assert np.array_equal(react.lots(one, "stance.up", quarter), react.lots(two, "stance.up", quarter))
    assert not np.array_equal(react.lots(one, "stance.up", 0), react.lots(one, "stance.up", 1))
    assert not np.array_equal(react.lots(one, "stance.up", 0), react.lots(one, "stance.down", 0))
    assert not np.array_equal(react.lots(one, "stance.up", 0), react.lots(replace(one, seed=1), "stance.up", 0))
    assert len(np.unique(react.lots(one, "stance.up", 0))) == len(REGIONS) * len(states.REACTING)


def test_steps_by_chance_follow_the_seed() -> None:
    p = drawn(stance_step=0.25, reaction_to_controls__CHN=0.8)
    found = [ended(world(control(0.9)), p, seed).now["stance"][CHN] for seed in (0, 0, 1)]
    assert np.array_equal(found[0], found[1]) and not np.array_equal(found[0], found[2])
    assert set(np.round(4 * np.array(found), 9).ravel()) <= {0.0, 1.0, 2.0, 3.0, 4.0}


# -- allies and blocs --------------------------------------------------------------------------------
@cache
def allied() -> Decoupling:
    """China's stance is met by an American one; Japan follows for certain, Europe never, Korea is scripted."""
    p = drawn(**{"alignment__USA/JPN": 0.95, "alignment__USA/EUR": 0.5, "reaction_to_catch_up__USA": 0.8})
    rows = {"alignment": {**p["alignment"], "USA/JPN": 1.0, "USA/EUR": 0.0}}
    return ended(world(control(0.5), reactive=("USA", "CHN", "JPN", "EUR")), Parameters({**p.table, **rows}))


def test_allies_are_senders_like_their_leader() -> None:
    model = allied()
    force, actions = model.now["in_force"], model.setting.actions
    for k, action in enumerate(actions):
        leader = action.rung is not None and action.rung.state == USA
        joined = leader and action.rung is not None and action.rung.allies
        assert force[k, JPN] == (force[k, USA] if joined else 0.0), action.id
        assert not force[k, EUR] and not force[k, KOR]
    wedges = model.now["wedges"]
    assert wedges["firm_listing"][JPN].max() == wedges["firm_listing"][USA].max() > 0
    third = wedges["firm_listing"][EUR].max()
    assert 0 < third < wedges["firm_listing"][USA].max()  # third-country reach only


def test_more_sales_to_the_rival_make_following_less_likely() -> None:
    model = allied()
    chance = react.ally_chance(model.setting, model.now["sales"], USA, CHN)
    less = model.now["sales"].copy()
    less[:, CHN] = 0.0
    free = react.ally_chance(model.setting, less, USA, CHN)
    assert (free[KOR] >= chance[KOR]).all() and free[KOR, CHIPS] > chance[KOR, CHIPS]
    assert free[KOR] == pytest.approx(central()["alignment"]["USA/KOR"])
    table, sales = model.setting.economy.table, model.now["sales"]
    own = (table.location == KOR) & np.isin(table.segment, [SEGMENT_INDEX[s] for s in LAYERS["chips"]])
    odds = 0.6 / 0.4 * np.exp(-central().scalar("exposure_weight") * sales[own, CHN].sum() / sales[own].sum())
    assert chance[KOR, CHIPS] == pytest.approx(odds / (1 + odds))
    assert chance[JPN] == pytest.approx(1.0) and chance[EUR] == pytest.approx(0.0)


@pytest.mark.parametrize(("chosen", "sends", "bears"), [("align_us", True, False), ("align_cn", False, True), ("hedge", False, False)])
def test_the_focus_acts_with_the_bloc_it_joins(chosen: str, sends: bool, bears: bool) -> None:
    for action in states.ladder_actions(load_scenario("reactive_escalation"), chosen, central()):
        rung = action.rung
        assert rung is not None
        if rung.state == USA and rung.allies:
            assert (KOR in action.senders, KOR in action.targets) == (sends, bears), action.id
        else:  # what allies may not take part in
            assert KOR not in action.senders
        assert not set(action.senders) & set(action.targets) or action.targets == (CHN,) == action.senders


# -- decomposition -----------------------------------------------------------------------------------
def loud(last: str = "2019Q2") -> tuple[Case, Scenario]:
    """A case whose states answer each other with force, and its baseline, in which they react to less."""
    scenario = replace(world(control(0.9), last=last), name="loud", overrides={**EARLY, "reaction_to_controls": 0.8})
    base = replace(scenario, name="quiet", measures=(control(0.1),))
    return Case("loud", scenario, None, 0, 0, index_sides(scenario), "all"), base


def recorded(case: Case) -> Mapping[tuple[str, str, str], Array]:
    model = Decoupling(
        case.scenario, case.stance, case.draw, case.seed, record="all", channels=case.channels, otherwise=case.otherwise, held=case.held
    )  # fmt: skip
    return {k: v for k, v in small.outcomes_of(model).items() if not k[1].startswith("Policy Stance")}  # held: none is taken


def test_decisions_are_held_where_channels_are_off() -> None:
    """All channels are the scenario's own run and none the baseline's, bit for bit: nobody reacts to a coalition."""
    case, base = loud()
    held = replace(case, held=held_decisions(case, base), otherwise=base)
    own, other = recorded(case), recorded(replace(case, scenario=base))
    assert not small.same_bits(recorded(replace(held, channels=frozenset(CHANNELS))), own)
    assert not small.same_bits(recorded(replace(held, channels=frozenset())), other)
    again = recorded(replace(case, otherwise=base, channels=frozenset()))
    assert small.same_bits(again, other)  # they would, if what they decided were not held


def test_channels_of_reactions_add_up() -> None:
    case, base = loud("2018Q4")
    short = replace(case, record=None)
    runs = []
    for name, scenario in (("loud", case.scenario), ("quiet", base)):
        model = Decoupling(scenario)
        keys, values = model.run_to_end().table()
        runs.append(Recording(name, 0, 0, model.quarters, keys, values))
    cases = [short, replace(short, name="quiet", scenario=base)]
    found = decompose(cases, runs, base)
    rows = dict(zip(found.recordings[0].keys, found.recordings[0].values, strict=True))
    total = sum(v for k, v in rows.items() if k[1].startswith(PREFIX))
    own, other = (next(v for k, v in zip(r.keys, r.values, strict=True) if k[:2] == ("KOR", "Real Income")) for r in runs)
    mean = np.repeat(other.reshape(-1, 4).mean(1), 4)
    assert not rows["KOR", f"{PREFIX}Demand", UNIT].any()
    assert not found.failures and total == pytest.approx(100 * (own - other) / mean, abs=1e-9)
    assert {"Inputs", "Policy Cost"} <= set(active_channels(replace(short, held=held_decisions(short, base)), base))


def test_scripted_cases_hold_nothing() -> None:
    scenario = small.with_measures((control(),))
    assert held_decisions(Case("x", scenario, None, 0, 0, index_sides(scenario)), scenario) is None


# -- scenarios, record, figure -----------------------------------------------------------------------
def test_calm_is_chip_controls_and_escalation_is_not() -> None:
    last = ["horizon=[2018Q1, 2026Q4]"]
    names = ("chip_controls", "reactive_calm", "reactive_escalation")
    plain, calm, loud_ = (small.outcomes_of(Decoupling(load_scenario(n, sets=last), "hedge", record="Policy*")) for n in names)
    assert not small.same_bits(plain, calm)
    assert small.same_bits(plain, loud_)
    stance_ = next(v for k, v in loud_.items() if k[:2] == ("CHN", "Policy Stance|OS|against USA"))
    assert stance_[-1] > 0 and not stance_[:31].any()
    assert first_measure(load_scenario("reactive_escalation"), load_scenario("chip_controls")) == 2026.0


def test_policy_stance_is_at_least_the_stance_taken() -> None:
    model = Decoupling(world(control(0.9)), parameters=drawn(), record="Policy Stance*")
    found = small.outcomes_of(model)
    own = {k[1]: v[-1] for k, v in found.items() if k[0] == "CHN" and k[1].endswith("against USA")}
    assert own["Policy Stance|Open Source|against USA"] == pytest.approx(model.now["stance"][CHN, states.REACTING.index("open_source")])
    assert own["Policy Stance|Open Source|against USA"] > 0


@pytest.mark.parametrize(("strength", "grows"), [(0.4, False), (0.8, True)])
def test_weak_reactions_die_out_and_strong_ones_feed_on_themselves(strength: float, grows: bool) -> None:
    """Both within the declared ranges: long after the control has ended, stances are below or above where it left them."""
    for side in reactions.SIDES:
        row = rows_by_key()[f"{reactions.TO_CONTROLS}[{side}]"]
        assert row.low <= strength <= row.high
    after, last = reactions.levels_of_stance({reactions.TO_CONTROLS: strength, reactions.TO_CATCH_UP: 0.0})
    assert after > 0 and (last > after) == grows


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_figure_of_reactions_says_how_many_grow(lang: str) -> None:
    import pandas as pd

    rows = [{"catch_up": on, "usa": a, "chn": b, "unit": "index 0-1", "after": 0.2, "last": 0.1 + 0.3 * (a * b > 0.1) + 0.2 * on}
            for on in (False, True) for a in (0.0, 0.4, 0.8) for b in (0.0, 0.4, 0.8)]  # fmt: skip
    context = FigureContext("no_policy", (), "no_policy", "KOR", (2035,), lang)
    data = FIGURE.data(pd.DataFrame(rows), context)
    title = FIGURE.finding(data, context)
    assert data["grows"].tolist()[:9] == [False] * 4 + [True] * 2 + [False] + [True] * 2
    assert "4" in title and "9" in title
    with house_style(lang):
        assert len(FIGURE.draw(data, context).axes) == 2


def test_ladder_has_no_instrument_unknown() -> None:
    assert {m.instrument for m in states.ladder()} <= set(instruments())
