"""Evasion (E36): part of what is denied gets through at a cost, less where somebody enforces; stronger is never more."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.draws import draw_parameters
from calibration.registry import central, override
from model.axes import REGION_INDEX, SEGMENT_INDEX
from model.instruments import Value
from model.kernel.links import Array
from model.schedule import run_quarter
from model.simulation import Decoupling
from model.world import Parameters, Setting, State
from tests import small

ORIGIN, TARGET = "USA", "CHN"
LOGIC = "logic"


def world(rate: float, enforcement: float = 0.0, parameters: Parameters | None = None, segment: str = LOGIC) -> Decoupling:
    """A model in which one segment is controlled from its third quarter on."""
    levers: dict[str, Value] = {"segments": (segment,), "denial_rate": rate, "enforcement": enforcement}
    control = small.measure("export_control", levers, 2018.5, senders=(ORIGIN,))
    return Decoupling(small.with_measures((control,)), parameters=parameters, record="all")


@cache
def before() -> State:
    """One state from which all levers are tried: the third quarter begins."""
    model = world(0.5)
    for _ in range(2):
        model.step()
    return model.now


def received(setting: Setting, state: State, segment: str = LOGIC) -> float:
    """Units that leave the controlling region for the target."""
    return float(small.cube(setting, state)[REGION_INDEX[ORIGIN], REGION_INDEX[TARGET], SEGMENT_INDEX[segment]])


def next_quarter(rate: float, enforcement: float, parameters: Parameters | None = None) -> tuple[float, State]:
    model = world(rate, enforcement, parameters)
    state = run_quarter(model.setting, before())
    return received(model.setting, state), state


def hit(setting: Setting, segment: str = LOGIC) -> Array:
    links, table = setting.economy.links, setting.economy.table
    made = (table.location == REGION_INDEX[ORIGIN]) & (table.segment == SEGMENT_INDEX[segment])
    return np.asarray(made[links.supplier] & (setting.economy.buyer_region[links.buyer] == REGION_INDEX[TARGET]))


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0.03, 0.4), st.floats(0.15, 1.5)
)
def test_a_stronger_control_never_raises_deliveries(
    rate: float, more: float, enforcement: float, harder: float, share: float, premium: float
) -> None:
    """MODEL 8.8 with evasion: in the quarter, over both levers, for any share and premium of the register's ranges."""
    drawn = override(central(), {"evasion_share[logic]": share, "evasion_premium": premium})
    weak, _ = next_quarter(rate, enforcement, drawn)
    strong, _ = next_quarter(rate + more * (1 - rate), enforcement + harder * (1 - enforcement), drawn)
    assert strong <= weak * (1 + 1e-9)


def test_enforcement_alone_lowers_deliveries() -> None:
    found = [next_quarter(0.8, enforcement)[0] for enforcement in (0.0, 0.3, 0.6, 1.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 1.2 * found[-1] > 0


def test_a_full_cut_leaves_a_trickle_unless_enforced() -> None:
    """Below the threshold of a full cut the trickle flows; enforcement brings it above, and nothing passes."""
    part = central()["evasion_share"][LOGIC]
    full = central().scalar("full_cut_threshold")
    trickle, state = next_quarter(1.0, 0.0)
    assert trickle > 0
    assert state["denial"][hit(world(1.0).setting)] == pytest.approx(1 - part)
    assert (state["evaded"][hit(world(1.0).setting)] == 1).all()
    barely = 1 - (1 - full) / part  # enforcement at which what evades is what a full cut lets pass
    assert next_quarter(1.0, barely - 0.01)[0] > 0
    cut, state = next_quarter(1.0, barely + 0.01)
    assert cut == 0
    assert not state["evaded"].any()


def test_a_long_cut_with_evasion_keeps_every_identity_and_a_trickle() -> None:
    """Two years of a full denial: the books are checked every quarter; the trickle costs more and stays small."""
    levers: dict[str, Value] = {"segments": ("memory", LOGIC, "accelerators"), "denial_rate": 1.0}
    control = small.measure("export_control", levers, 2018.5, senders=("USA", "KOR", "TWN", "JPN", "EUR"))
    model = Decoupling(small.with_measures((control,), "2020Q4"), record="all")
    first = received(model.setting, model.now | {"books": before()["books"]})
    for state in small.quarters(model):
        assert max(state["books"].errors.values()) < 1e-10
    last = received(model.setting, model.now)
    assert 0 < last < 0.5 * first
    assert model.recorder.last("Evaded Trade|Logic", TARGET) > 0
    assert model.recorder.last("Evaded Trade|Logic", ORIGIN) == 0
    value = model.now["books"].value * model.now["evaded"]
    here = np.isin(model.setting.economy.buyer_region[model.setting.economy.links.buyer], REGION_INDEX[TARGET])
    assert value[~here].sum() == 0


def test_no_evasion_is_the_plain_denial_and_nothing_denied_is_nothing_evaded() -> None:
    none = override(central(), {"evasion_share": 0.0, "evasion_premium": 1.0}, check=False)
    delivered, state = next_quarter(0.7, 0.0, none)
    assert not state["evaded"].any()
    assert (state["ship"] == 1).all()
    assert state["denial"][hit(world(0.7).setting)] == pytest.approx(0.7, abs=1e-15)
    with_share, state = next_quarter(0.7, 1.0)  # full enforcement is the same world, bit for bit
    assert delivered == with_share
    assert (state["ship"] == 1).all()
    _, quiet = next_quarter(0.0, 0.0)
    assert not quiet["evaded"].any()
    assert (quiet["ship"] == 1).all()


def test_draws_keep_the_joint_constraint() -> None:
    """PRIORS_NOTES 3.8: what evades falls to nothing under enforcement, is small for tools, and e (1 + premium) <= 1."""
    for draw in range(1, 40):
        drawn = draw_parameters(draw)
        share = drawn["evasion_share"]
        assert max(share.values()) * (1 + drawn.scalar("evasion_premium")) <= 1
        assert share["equipment"] <= 0.1
