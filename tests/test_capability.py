"""Capability and AI quality: the law, its inversion, R&D, exposure, and a response to controls whose sign comes out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.draws import draw_parameters
from calibration.registry import central, override
from model.axes import REGION_INDEX
from model.errors import ModelError
from model.instruments import Value
from model.kernel import capability as law
from model.kernel.ai import adopted_efficiency, ai_quality, effective_compute, induced_drive
from model.kernel.links import Array, Mask
from model.simulation import Decoupling
from model.stages.enact import capacity_ratio
from model.stages.learn import CODE, COLLABORATION, exposure, kept, learn, scarcity
from model.stages.orders import collect_wedges
from model.wedges import Wedges
from model.world import Setting, State
from tests import small

RATE, SATURATION, GROWTH = 0.3, 1.2, 0.2
USA, CHN, KOR = (REGION_INDEX[r] for r in ("USA", "CHN", "KOR"))
ALL_TOOLS = ("USA", "JPN", "EUR", "KOR", "TWN")
"""Everybody who sells tools to China."""
SHARE = st.floats(0, 1)


def path(
    gap: float, exposed: float, years: float, gap0: float | None = None, dt: float = 0.25, drive: float = 1.0,
    catch_up: float = 0.0, depreciation: float = 0.0,
) -> Array:  # fmt: skip
    """Path of a level that starts `gap` behind under constant exposure and drive."""
    level0 = np.array([-(gap if gap0 is None else gap0)])
    rate, trend = np.array([RATE]), np.array([catch_up])
    own = law.own_innovation(np.array([GROWTH]), trend, rate, level0, SATURATION)
    found = [np.array([-gap])]
    for k in range(round(years / dt)):
        found.append(law.update_capability(
            found[-1], level0 + k * dt * trend, np.array([drive]), np.array([exposed]), own, trend, rate, SATURATION,
            depreciation, dt,
        ))  # fmt: skip
    return np.array(found)[:, 0]


# -- the law (E14, E15) ------------------------------------------------------------------------------
@pytest.mark.parametrize("gap", [-0.4, 0.0, 0.1, 0.9, 3.0])
def test_the_gap_is_stable_at_base(gap: float) -> None:
    assert (path(gap, 1.0, 18) == -gap).all()


@settings(max_examples=200, deadline=None)
@given(st.floats(-0.5, 3), st.floats(-0.1, 0.1))
def test_inversion_gives_the_measured_catch_up(gap: float, catch_up: float) -> None:
    """Own innovation and diffusion add up to the frontier's growth and the catch-up; the level then moves at it."""
    level0, rate, trend = np.array([-gap]), np.array([RATE]), np.array([catch_up])
    own = law.own_innovation(np.array([GROWTH]), trend, rate, level0, SATURATION)
    h = max(0.0, gap) * np.exp(-max(0.0, gap) / SATURATION)
    assert own[0] + RATE * h == pytest.approx(GROWTH + catch_up, abs=1e-14)
    moved = path(gap, 1.0, 5, catch_up=catch_up, depreciation=0.2)
    assert moved == pytest.approx(-gap + catch_up * 0.25 * np.arange(21), abs=1e-13)


@settings(max_examples=200, deadline=None)
@given(st.floats(0.05, 3), st.floats(0, 0.99), st.floats(0, 0.99))
def test_less_exposure_loses_ground(gap: float, less: float, more: float) -> None:
    less, more = sorted((less, more))
    low, high = path(gap, less, 1)[-1], path(gap, more, 1)[-1]
    assert low <= high < -gap
    assert low < high or more - less < 1e-12
    assert path(gap, 1.3, 1)[-1] > -gap


@settings(max_examples=200, deadline=None)
@given(st.floats(-0.5, 2), st.floats(0.3, 2), st.floats(0.3, 2))
def test_more_drive_gains_ground(gap: float, one: float, two: float) -> None:
    low, high = (path(gap, 1.0, 1, drive=x)[-1] for x in sorted((one, two)))
    assert low <= high
    assert path(gap, 1.0, 1, drive=0.5)[-1] < -gap < path(gap, 1.0, 1, drive=1.5)[-1]


def test_the_frontier_learns_from_nobody_and_lives_by_its_own_innovation() -> None:
    """Cut off from everybody it stays; without half its drive it falls by half its growth, until others are ahead."""
    assert (path(0.0, 0.0, 5) == 0).all()
    assert path(0.0, 0.0, 5, drive=0.5)[-1] == pytest.approx(-0.5 * GROWTH * 5, rel=1e-12)
    assert path(0.0, 1.0, 5, drive=1.5)[-1] == pytest.approx(0.5 * GROWTH * 5, rel=1e-12)
    assert path(0.0, 1.0, 5, drive=0.5)[-1] > path(0.0, 0.0, 5, drive=0.5)[-1]


def test_a_lasting_change_of_drive_moves_the_level_by_own_innovation_over_depreciation() -> None:
    """Published elasticities are of price to R&D and output: valuation x own x zeta / depreciation."""
    far = path(0.0, 0.0, 200, drive=1.3, depreciation=0.2)[-1]
    assert far == pytest.approx(0.3 * GROWTH / 0.2, rel=1e-9)
    ones = np.ones(1)
    gain = law.feedback(0.25 * ones, 0.25 * ones, 0.25 * ones, 0.2, 3 * ones)[0]
    assert gain == pytest.approx(2 * 0.25 * 0.25 * 0.25 / 0.2)
    assert gain / 2 == pytest.approx(0.08, abs=0.003), "the published elasticity at the central values"


def test_sales_research_and_quality_do_not_run_away() -> None:
    """PRIORS 3.5: the loop's gain stays below one in every draw; where the ranges meet it is scaled down."""
    for draw in (0, *range(1, 8)):
        setting = Decoupling(small.scenario(), parameters=draw_parameters(draw) if draw else central()).setting
        own, behaviour = setting.innovation, setting.behaviour
        elasticity = own.rd_elasticity + own.learning_elasticity
        sigma = setting.economy.sigma[setting.economy.table.segment]
        gain = law.feedback(behaviour.quality_valuation, own.own, elasticity, own.depreciation, sigma)
        assert gain.max() <= 0.75 + 1e-12


def test_catch_up_is_fast_where_close_and_nil_where_far() -> None:
    """Benhabib and Spiegel (2005): gap exp(-gap/s) rises up to a gap of s, falls beyond, and vanishes at both ends."""
    gap = np.linspace(0, 12 * SATURATION, 1201)
    pull = law.diffusion(gap, SATURATION)
    top = int(pull.argmax())
    assert gap[top] == pytest.approx(SATURATION, abs=0.02)
    assert (np.diff(pull[: top + 1]) > 0).all()
    assert (np.diff(pull[top:]) < 0).all()
    assert pull[0] == 0
    assert pull[-1] < 1e-3 * pull.max()
    assert pull[1] / gap[1] == pytest.approx(1, abs=0.02)
    assert (law.diffusion(-gap, SATURATION) == 0).all()


def test_who_is_knocked_back_beyond_saturation_falls_further_behind_than_who_is_close() -> None:
    """Close, a loss of ground strengthens the pull; far, it weakens it: the sign of the answer depends on distance."""
    near = [path(g, 1.0, 6, gap0=0.4)[-1] + g for g in (0.5, 0.6)]
    far = [path(g, 1.0, 6, gap0=2.4)[-1] + g for g in (2.5, 2.6)]
    assert min(near) > 0
    assert max(far) < 0


def test_the_law_converges_in_the_step() -> None:
    ends = [path(1.0, 0.4, 10, dt=dt, drive=1.1)[-1] for dt in (0.25, 0.125, 0.0625)]
    assert 1.6 < (ends[0] - ends[1]) / (ends[1] - ends[2]) < 2.5


def test_a_cap_binds_only_above_it() -> None:
    level0 = np.full(5, -0.5)
    level = np.array([-0.7, -0.5, -0.3, 0.0, 0.0])
    cap = np.array([-0.4, -0.4, -0.4, -0.4, np.inf])
    v = law.usable_quality(np.full(5, 0.3), level, level0, cap)
    assert np.allclose(v, 0.3 * (np.array([-0.7, -0.5, -0.4, -0.4, 0.0]) + 0.5))
    assert v[1] == 0
    assert law.usable_quality(np.full(1, 0.3), np.zeros(1), np.zeros(1), np.array([np.inf]))[0] == 0


# -- R&D and experience (E28) ------------------------------------------------------------------------
def test_drive_is_one_at_base_and_loses_what_needs_tools() -> None:
    one, zeta, omega = np.ones(3), np.full(3, 0.25), np.array([0.0, 0.1, 0.25])
    assert (law.innovation_drive(one, one, one, zeta, omega, 0.5) == 1).all()
    tools = np.array([1.0, 0.6, 0.0])
    assert law.innovation_drive(one, one, tools, zeta, omega, 0.5) == pytest.approx([1.0, 0.8, 0.5])
    assert law.innovation_drive(2 * one, one, one, zeta, omega, 0.5) == pytest.approx(2**0.25)
    assert law.innovation_drive(one, 2 * one, one, zeta, omega, 0.5) == pytest.approx(2**omega)


def test_rnd_follows_sales_with_its_lag() -> None:
    rnd = np.ones(1)
    for _ in range(8):
        rnd = law.update_stock(rnd, np.full(1, 2.0), 2.0, 0.25)
    assert rnd[0] == pytest.approx(2 - np.exp(-1), rel=1e-12)
    assert law.update_stock(np.ones(1), np.ones(1), 2.0, 0.25)[0] == 1


@pytest.mark.parametrize(("effect", "sign"), [(1.3, 1), (0.0, 0), (-0.6, -1)])
def test_a_subsidy_raises_research_only_if_it_is_efficient(effect: float, sign: int) -> None:
    ones = np.ones(1)
    assert np.sign(law.rnd_target(ones, 0.1 * ones, effect * ones)[0] - 1) == sign
    assert law.rnd_target(ones, 0 * ones, effect * ones)[0] == 1
    assert law.rnd_target(ones, 9 * ones, -ones)[0] == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 5), min_size=1, max_size=12), st.floats(1, 10))
def test_experience_is_output_added_up_and_forgotten(made: list[float], memory: float) -> None:
    """The recursion is the sum of all output ever made, weighted by e^(-age/memory), over the same sum at base output."""
    u, kept_part = np.ones(1), np.exp(-0.25 / memory)
    for x in made:
        u = law.update_stock(u, np.array([x]), memory, 0.25)
    n = len(made)
    weight = (1 - kept_part) * kept_part ** np.arange(n - 1, -1, -1)
    assert u[0] == pytest.approx(float(weight @ np.array(made)) + kept_part**n, rel=1e-10)


def test_learning_by_doing_stays_within_the_joint_bound() -> None:
    """PRIORS 3.5: own learning with spillovers (a third of it abroad) below 0.6 in every draw."""
    for draw in range(30):
        assert max(draw_parameters(draw)["learning_elasticity"].values()) * 1.33 < 0.6


# -- AI quality (E29, E30) ---------------------------------------------------------------------------
WEIGHT = np.array([0.5, 0.35, 0.15])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0.05, 20), min_size=3, max_size=3), st.floats(0.5, 0.95), st.floats(0.1, 10))
def test_ai_quality_is_a_mean_of_its_factors(factors: list[float], elasticity: float, scale: float) -> None:
    x = np.array(factors)[:, None]
    q = ai_quality(x, WEIGHT, elasticity)[0]
    assert np.log(x.min()) - 1e-9 <= q <= np.log(x.max()) + 1e-9
    assert ai_quality(scale * x, WEIGHT, elasticity)[0] == pytest.approx(q + np.log(scale), abs=1e-9)
    plain = float(WEIGHT @ np.log(x[:, 0]))
    assert q <= plain + 1e-9, "complements: never above the geometric mean"
    assert ai_quality(x, WEIGHT, 1 - 1e-7)[0] == pytest.approx(plain, abs=1e-4)
    assert ai_quality(np.ones((3, 1)), WEIGHT, elasticity)[0] == pytest.approx(0, abs=1e-15)


def test_algorithms_multiply_compute_only() -> None:
    compute = effective_compute(np.array([0.5]), np.array([1.0]), 0.4, np.array([np.log(2.0)]))
    assert compute[0] == pytest.approx(2 * (0.6 * 0.5 + 0.4))
    assert effective_compute(np.ones(1), np.ones(1), 0.4, np.zeros(1))[0] == 1


def test_scarcity_induces_and_openness_spreads() -> None:
    dear = induced_drive(np.array([1.0, 2.0, 8.0, 0.5]), 0.35, np.full(4, 0.25))
    assert dear[0] == 0
    assert 0 < dear[1] < dear[2] == pytest.approx(8 ** (0.35 * 0.25) - 1)
    assert dear[3] < 0
    found, full = np.array([0.0, 1.0, 0.2]), np.ones((3, 3))
    assert adopted_efficiency(found, full, 0.5) == pytest.approx([2.0, 0.0, 1.6])
    shut = full * np.array([1.0, 0.1, 1.0])[:, None]
    assert adopted_efficiency(found, shut, 0.5) == pytest.approx([0.4, 0.0, 0.0])
    assert (adopted_efficiency(np.zeros(3), full, 0.5) == 0).all()


# -- in the model ------------------------------------------------------------------------------------
def control(levers: dict[str, Value], start: float = 2018.0, senders: tuple[str, ...] = ("USA",)) -> Decoupling:
    """A model with one export control against China and nothing else that moves."""
    cut = small.measure("export_control", levers, start, senders=senders)
    return Decoupling(small.with_measures((cut,)), parameters=small.still())


def exposed(model: Decoupling, wedges: Wedges | None = None) -> Array:
    """Exposure after the model's last quarter, if the wedges had been these."""
    now = SimpleNamespace(**model.now)
    _, imported, code = kept(model.setting, now)
    return exposure(model.setting, SimpleNamespace(wedges=wedges or now.wedges), imported, code)


def plants(setting: Setting, region: int, segment: str) -> Mask:
    """Plants of a region that are in business from the start."""
    return np.asarray(setting.plants_of(segment) & (setting.economy.table.location == region) & ~setting.economy.latent)


def test_exposure_is_one_in_the_base_year_and_falls_with_what_is_cut() -> None:
    still = Decoupling(small.scenario(), parameters=small.still())
    still.step()
    assert abs(exposed(still) - 1).max() < 1e-12
    model = control({"segments": ("equipment",), "denial_rate": 1.0})
    model.step()
    found = exposed(model)
    assert (found[plants(model.setting, CHN, "memory")] < 0.9).all(), "tools bought as capital count"
    assert abs(found[plants(model.setting, KOR, "memory")] - 1).max() < 0.02


def test_each_knowledge_channel_is_live() -> None:
    """Each wedge lowers the exposure of those behind by at most its weight; an open release raises it."""
    model = Decoupling(small.scenario(), parameters=small.still())
    model.step()
    setting, weight = model.setting, model.setting.behaviour.channel_weight
    tools = setting.segments.index("equipment")
    behind = plants(setting, CHN, "equipment")
    for channel in range(4):
        for blocked in (0.5, 1.0, -0.5):
            wedges = collect_wedges(setting, 2018.0, np.zeros((0, 8)))
            wedges.move("knowledge_flow", (channel, slice(None), CHN, tools), blocked)
            assert exposed(model, wedges)[behind] == pytest.approx(1 - blocked * weight[channel])
    wedges = collect_wedges(setting, 2018.0, np.zeros((0, 8)))
    wedges.move("investment_flow", (slice(None), CHN, tools), 0.5)
    assert exposed(model, wedges)[behind] == pytest.approx(1 - 0.5 * weight[3])


def test_instruments_reach_the_channels() -> None:
    """Deemed exports cut collaboration, denied code the open-source channel, screening the investment channel."""
    for name, levers, channel in (
        ("export_control", {"segments": ("equipment",), "technology_transfer": 1.0}, COLLABORATION),
        ("export_control", {"segments": ("open_source",), "denial_rate": 1.0}, CODE),
        ("investment_screening", {"segments": ("equipment",), "outbound": 1.0}, 3),
        ("investment_screening", {"segments": ("equipment",), "inbound": 1.0}, 3),
    ):
        cut = small.measure(name, levers, 2018.0, senders=ALL_TOOLS)
        model = Decoupling(small.with_measures((cut,)), parameters=small.still())
        model.step()
        segment = "platforms" if channel == CODE else "equipment"
        lost = 1 - exposed(model)[plants(model.setting, CHN, segment)]
        assert (lost > 0.5 * model.setting.behaviour.channel_weight[channel]).all(), (name, lost)
        bought = model.setting.behaviour.channel_weight[0] if channel == CODE else 0.0  # code is an imported input too
        assert (lost < 1.1 * model.setting.behaviour.channel_weight[channel] + bought).all(), (name, lost)


def test_tools_that_do_not_arrive_are_missed_by_those_who_use_them() -> None:
    model = control({"segments": ("equipment",), "denial_rate": 0.5}, senders=ALL_TOOLS)
    model.step()
    got = kept(model.setting, SimpleNamespace(**model.now))[0]
    assert (got[plants(model.setting, CHN, "memory")] < 0.7).all()
    assert (got[plants(model.setting, CHN, "devices")] == 1).all()
    assert abs(got[plants(model.setting, KOR, "memory")] - 1).max() < 0.02


def test_base_year_catch_up_is_the_measured_one() -> None:
    model = Decoupling(small.scenario(), parameters=small.still(leave=("catch_up", "diffusion_rate")))
    model.step()
    speed = (model.now["capability"] - model.setting.capability0) / model.setting.dt
    assert abs(speed - model.setting.innovation.catch_up).max() < 1e-12
    assert speed[plants(model.setting, CHN, "equipment")] == pytest.approx(central()["catch_up"]["CHN/equipment"])


@pytest.mark.parametrize("changes", [{"diffusion_rate": 3.0}, {"catch_up[CHN/foundry]": 0.3}])
def test_own_innovation_below_zero_or_far_above_the_frontier_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ModelError, match="own innovation"):
        Decoupling(small.scenario(), parameters=override(central(), changes, check=False))


# -- the sign of the answer (MODEL.md 4: an outcome of place and distance) ----------------------------
@cache
def ended(gap: float | None, denied: float | None) -> tuple[Setting, State]:
    """2029Q4 with a part of foreign tools denied to China from 2022, and engineers and deals withdrawn in full; or nothing."""
    levers: dict[str, Value] = {"segments": ("equipment",), "denial_rate": denied or 0.0, "technology_transfer": 1.0}
    screen: dict[str, Value] = {"segments": ("equipment",), "outbound": 1.0, "inbound": 1.0}
    measures = (
        small.measure("export_control", levers, 2022.0, senders=ALL_TOOLS),
        small.measure("investment_screening", screen, 2022.0, senders=ALL_TOOLS),
    ) if denied is not None else ()  # fmt: skip
    changes = {} if gap is None else {"gap_2018[CHN/equipment]": gap}
    model = Decoupling(small.with_measures(measures, "2029Q4"), parameters=override(central(), changes, check=False))
    state = list(small.quarters(model))[-1]
    return model.setting, state


def answer(
    segment: str, name: str = "capability", gap: float | None = None, owner: int = CHN, denied: float = 0.3
) -> float:
    """Change of a variable of a region's own plants at home by the control, by output."""
    setting, with_it = ended(gap, denied)
    _, without = ended(gap, None)
    own = plants(setting, owner, segment) & (setting.plants.owner == owner)
    return float(np.average((with_it[name] - without[name])[own], weights=without["output"][own]))


def test_the_sign_of_the_answer_depends_on_the_place_in_the_chain() -> None:
    """The same denial: who makes tools sells and innovates more; who uses them loses more than protection gives."""
    assert answer("equipment", "rnd") > 0.2
    assert answer("equipment") > 0.01
    assert answer("foundry") < -0.1
    assert abs(answer("devices")) < 0.01


def test_the_sign_of_the_answer_depends_on_the_distance_to_the_frontier() -> None:
    """The same tool makers under the same control (a tenth denied, engineers and deals withdrawn).

    A year behind they gain by it; eight years behind, where more was learnt from abroad, they lose.
    """
    by_gap = [answer("equipment", gap=gap, denied=0.1) for gap in (1.0, 2.5, 8.0)]
    assert by_gap == sorted(by_gap, reverse=True)
    assert by_gap[0] > 0
    assert by_gap[-1] < 0


def test_the_sender_loses_too() -> None:
    """Tool makers of the senders lose sales, so research and ground, at the frontier where nobody pulls them."""
    assert answer("equipment", "rnd", owner=USA) < -0.01
    assert answer("equipment", owner=USA) < -0.001


# -- AI in the model ---------------------------------------------------------------------------------
@cache
def chips_denied(induced: float | None = None) -> tuple[Setting, tuple[State, ...]]:
    """Four years of accelerators denied to China; `induced`: another response of efficiency to scarcity."""
    levers: dict[str, Value] = {"segments": ("accelerators",), "denial_rate": 0.9}
    cut = small.measure("export_control", levers, 2018.25, senders=(*ALL_TOOLS, "SEA", "ROW"))
    changes = {} if induced is None else {"induced_innovation_elasticity": induced}
    parameters = override(small.still(), changes, check=False)
    model = Decoupling(small.with_measures((cut,), "2021Q4"), parameters=parameters)
    return model.setting, tuple(small.quarters(model))


def ai(setting: Setting, region: int, value: Array) -> float:
    own = plants(setting, region, "ai_apps")
    return float(np.average(value[own], weights=setting.economy.output0[own]))


def test_denied_chips_lower_compute_and_without_an_answer_ai_quality() -> None:
    """How far better algorithms make up for it is an outcome (PRIORS 3.13); that compute is lost is not."""
    setting, states = chips_denied(induced=0.0)
    compute = capacity_ratio(setting, SimpleNamespace(**states[-1]), "ai_apps")
    assert compute[CHN] < 0.8
    assert compute[USA] == pytest.approx(1, abs=0.05)
    assert ai(setting, CHN, states[-1]["ai_quality"]) < -0.05
    assert abs(ai(setting, USA, states[-1]["ai_quality"])) < 0.01
    answered = chips_denied()[1][-1]
    assert ai(setting, CHN, answered["ai_quality"]) > ai(setting, CHN, states[-1]["ai_quality"])


def test_capped_chips_are_less_compute_for_the_money() -> None:
    levers: dict[str, Value] = {"segments": ("accelerators",), "capability_cap": -2.0}
    model = Decoupling(
        small.with_measures((small.measure("export_control", levers, 2018.25, senders=("USA",)),), "2021Q4"),
        parameters=override(small.still(), {"induced_innovation_elasticity": 0.0}, check=False),
    )
    state = list(small.quarters(model))[-1]
    assert scarcity(model.setting, SimpleNamespace(**state))[CHN] > 1.2
    assert capacity_ratio(model.setting, SimpleNamespace(**state), "ai_apps")[CHN] < 0.95
    assert ai(model.setting, CHN, state["ai_quality"]) < -0.01


def test_scarce_compute_makes_for_better_algorithms_and_others_take_them_over() -> None:
    setting, states = chips_denied()
    found = np.array([state["efficiency"] for state in states])
    assert found[-1, CHN] > 0.05
    assert 0.5 * found[-1, CHN] < found[-1, USA] < found[-1, CHN]
    assert ai(setting, CHN, states[-1]["capability"] - setting.capability0) > 0


def test_better_algorithms_stay_at_home_where_code_is_cut() -> None:
    """Code cut from the outside in does not stop what China publishes: only its own denial would."""
    setting, states = chips_denied()
    levers: dict[str, Value] = {"segments": ("open_source",), "denial_rate": 1.0}
    others = tuple(r for r in setting.regions if r != "CHN")
    chips: dict[str, Value] = {"segments": ("accelerators",), "denial_rate": 0.9}
    measures = (
        small.measure("export_control", chips, 2018.25, senders=(*ALL_TOOLS, "SEA", "ROW")),
        small.measure("export_control", levers, 2018.25, senders=("CHN",), targets=others, name="answer"),
    )
    shut = list(small.quarters(Decoupling(small.with_measures(measures, "2021Q4"), parameters=small.still())))[-1]
    assert shut["efficiency"][USA] < 0.1 * states[-1]["efficiency"][USA]
    assert shut["efficiency"][CHN] == pytest.approx(states[-1]["efficiency"][CHN], rel=0.2)


def test_data_and_frameworks_count() -> None:
    """What users and frameworks bring is a factor like compute (the networks stage moves it)."""
    model = Decoupling(small.scenario(), parameters=small.still())
    model.step()
    for name, part in (("data", 0.35), ("frameworks", 0.15)):
        found = SimpleNamespace(**(model.now | {name: np.full(8, 0.5)}))
        written = model.schedule[0].function(model.setting, found)
        lost = ai(model.setting, USA, written["ai_quality"])
        assert np.log(0.5) * part * 1.5 < lost < np.log(0.5) * part, name
        links = model.setting.economy.links
        american = plants(model.setting, USA, "ai_apps")[links.supplier[: links.technique]]
        valued = model.setting.behaviour.quality_valuation[model.setting.plants_of("ai_apps")][0] * lost
        assert np.log(written["quality"][american]) == pytest.approx(valued)


# -- subsidies ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("efficiency", "sign"), [(0.9, 1), (-0.15, -1)])
def test_a_subsidy_reaches_prices_accounts_and_research(efficiency: float, sign: int) -> None:
    """Chips get cheaper, China pays, identities hold, and research moves with the sign of its efficiency."""
    parameters = override(small.still(), {"subsidy_efficiency[CHN]": efficiency}, check=False)
    pay = small.measure("subsidy", {"segments": ("logic",), "rate": 0.1}, 2018.25, senders=("CHN",), targets=("USA",))
    with_it, without = (
        Decoupling(small.with_measures(m, "2019Q4"), parameters=parameters) for m in ((pay,), ())
    )  # fmt: skip
    a, b = list(small.quarters(with_it))[-1], list(small.quarters(without))[-1]
    logic = plants(with_it.setting, CHN, "logic")
    assert (a["price"] / b["price"])[logic] == pytest.approx(0.9, abs=0.02)
    assert max(a["books"].errors.values()) < 1e-10
    assert a["terms"].subsidy[logic] == pytest.approx(0.1)
    assert a["output"][logic].sum() > 1.005 * b["output"][logic].sum()
    one = replace(with_it.setting.innovation, subsidy_effect=np.zeros(with_it.setting.n))
    plain = Decoupling(small.with_measures((pay,), "2019Q4"), parameters=parameters)
    plain.setting = replace(plain.setting, innovation=one)
    c = list(small.quarters(plain))[-1]
    assert (np.sign(a["rnd"] - c["rnd"])[logic] == sign).all()
    assert (np.sign(a["capability"] - c["capability"])[logic] == sign).all()


# -- terms one by one --------------------------------------------------------------------------------
def test_ai_quality_and_compute_in_numbers() -> None:
    """With an elasticity of a half quality is the harmonic mean; at 0.8 rho is -1/4."""
    x = np.array([0.7, 1.3, 2.0])
    assert ai_quality(x[:, None], WEIGHT, 0.5)[0] == pytest.approx(-np.log(WEIGHT @ (1 / x)), rel=1e-12)
    assert ai_quality(x[:, None], WEIGHT, 0.8)[0] == pytest.approx(-4 * np.log(WEIGHT @ x**-0.25), rel=1e-12)
    assert effective_compute(np.array([0.5]), np.array([3.0]), 0.4, np.zeros(1))[0] == pytest.approx(0.6 * 0.5 + 0.4 * 3)


def stirred(seed: int = 4) -> tuple[Setting, SimpleNamespace]:
    """A world two quarters on; what the learning stage reads is random, its step an eighth of a year."""
    model = Decoupling(small.scenario())
    model.step()
    model.step()
    rng, now, economy = np.random.default_rng(seed), model.now, model.setting.economy
    n, regions = economy.n, economy.regions
    wedges = small.Loose({name: rng.uniform(0, 0.5, array.shape) for name, array in small.arrays(now["wedges"]).items()})
    delivered = now["delivered"]._replace(
        inputs=now["delivered"].inputs * rng.uniform(0.3, 1.5, len(now["delivered"].inputs)),
        scale=rng.uniform(0.5, 1.2, economy.buyers),
    )
    changes = {
        "wedges": wedges, "delivered": delivered, "terms": replace(now["terms"], wage=rng.uniform(0.7, 1.4, regions)),
        "capability": model.setting.capability0 + rng.uniform(-0.3, 0.3, n), "rnd": rng.uniform(0.5, 2, n),
        "experience": rng.uniform(0.5, 2, n), "efficiency": rng.uniform(0, 0.3, regions), "subsidy": rng.uniform(0, 0.2, n),
        "price": rng.uniform(0.7, 1.4, n), "output": now["output"] * rng.uniform(0.5, 1.5, n),
        "capital_price": rng.uniform(0.7, 1.4, economy.k),
    }  # fmt: skip
    return replace(model.setting, dt=0.125), SimpleNamespace(**(now | changes))


def arrives(setting: Setting, now: SimpleNamespace, f: int, segments: tuple[str, ...]) -> float:
    """k of E14 for one plant: base-year foreign inputs that still arrive, current ones and capital goods by their cost."""
    economy, table, links = setting.economy, setting.economy.table, setting.economy.links
    total = then = 0.0
    for buyer, weight in ((f, 1.0), (economy.n + economy.investor[f], economy.capital0[f])):
        if buyer >= economy.n and economy.investor[f] < 0:
            continue
        for i in range(links.pointer[buyer], links.pointer[buyer + 1]):
            g = links.supplier[i]
            if table.location[g] == table.location[f] or economy.latent[g] or setting.segments[table.segment[g]] not in segments:
                continue
            got = now.delivered.inputs[i] * (now.delivered.scale[buyer] if buyer >= economy.n else 1.0)
            then += weight * economy.input0[i]
            total += weight * min(got, now.input0[i])
    return min(1.0, total / then) if then > 0 else 1.0


def test_learning_in_numbers() -> None:
    """E14, E15, E28, E30 plant by plant from a state in which everything is off its base."""
    setting, now = stirred()
    economy, table, own, b = setting.economy, setting.economy.table, setting.innovation, setting.behaviour
    written = learn(setting, now)
    grown, dt = np.exp(b.growth * 0.5), 0.125
    technology = tuple(s for s in setting.segments if setting.technology()[setting.plants_of(s)].any())
    ai, code = setting.segments.index("ai_apps"), setting.segments.index("open_source")
    drives, bought = np.zeros(setting.n), np.zeros(setting.n)
    leaders = (setting.capability0 >= 0) * economy.output0

    def passing(c: int, d: int, s: int) -> float:
        kept_part = 1 - now.wedges["knowledge_flow"][c, :, d, s]
        if c == 3:
            kept_part = kept_part * (1 - now.wedges["investment_flow"][:, d, s])
        weight = np.array([leaders[(table.location == o) & (table.segment == s)].sum() * (o != d) for o in range(8)])
        return float(weight @ kept_part / weight.sum()) if weight.any() else 1.0

    for f in range(setting.n):
        d, s, firm = table.location[f], table.segment[f], setting.plants.firm_number[f]
        firms = [g for g in range(setting.n) if g == f or (firm >= 0 and (setting.plants.firm_number[g], table.segment[g]) == (firm, s))]
        base = sum(economy.output0[g] * grown[table.location[g]] for g in firms if not economy.latent[g])
        worth = {g: now.price[g] / ((1 - now.subsidy[g]) * now.terms.wage[table.location[g]]) for g in firms}
        made = sum(now.output[g] for g in firms) / base if base else 1.0
        real = sum(now.output[g] * worth[g] for g in firms) / base if base else 1.0
        target = real * max(0.0, 1 + own.subsidy_effect[f] * now.subsidy[f] / (1 - now.subsidy[f]))
        support = {g: now.wedges["research_support"][table.location[g], s] * economy.output0[g] * grown[table.location[g]] for g in firms}
        target += sum(own.research_effect[g] * support[g] for g in firms if not economy.latent[g]) / base if base else 0.0  # E50
        rnd = now.rnd[f] + (1 - np.exp(-dt / own.rd_lag)) * (target - now.rnd[f])
        experience = now.experience[f] + (1 - np.exp(-dt / own.memory)) * (made - now.experience[f])
        assert written["rnd"][f] == pytest.approx(rnd, rel=1e-10)
        assert written["experience"][f] == pytest.approx(experience, rel=1e-10)
        tools = 1 - own.tool_dependence * (1 - arrives(setting, now, f, ("equipment", "foundry")))
        drives[f] = rnd ** own.rd_elasticity[f] * experience ** own.learning_elasticity[f] * tools
        factors = [1.0, 1.0, 1.0, 1.0]
        factors[0], factors[1] = arrives(setting, now, f, technology), arrives(setting, now, f, ("open_source",))
        exposed_ = 1 + sum(b.channel_weight[c] * (passing(c, d, s) * factors[c] - 1) for c in range(4))
        path_ = setting.capability0[f] + own.catch_up[f] * 0.5
        h = [max(0.0, -x) * np.exp(min(0.0, x) / b.diffusion_saturation) for x in (now.capability[f], path_)]
        bought[f] = now.capability[f] + dt * (
            own.catch_up[f] + own.own[f] * (drives[f] - 1) + b.diffusion_rate[f] * (exposed_ * h[0] - h[1])
            - own.depreciation * (now.capability[f] - path_)
        )  # fmt: skip
    for r in range(8):
        here = (table.segment == ai) & (table.location == r)
        weight = economy.output0[here]
        scarce = np.average(now.capital_price[economy.investor[here]] / now.terms.wage[r], weights=weight)
        extra = (own.own * drives)[here] * (scarce ** (own.induced * own.rd_elasticity[here]) - 1)
        found = np.average(extra, weights=weight)
        openness = (1 - now.wedges["knowledge_flow"][CODE, :, r, ai]) * (1 - now.wedges["denial_rate"][:, r, code])
        best = max(openness[o] * now.efficiency[o] for o in range(8) if o != r)
        gain = dt * (found + max(0.0, best - now.efficiency[r]) / own.algorithm_lag)
        assert written["efficiency"][r] == pytest.approx(now.efficiency[r] * (1 - dt * own.depreciation) + gain, rel=1e-10)
        bought[here] += gain
    assert written["capability"] == pytest.approx(bought, rel=1e-9, abs=1e-12)
