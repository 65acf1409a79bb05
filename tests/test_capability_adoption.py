"""Adoption: stationary shares, tipping at nu = 1, and lost access."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.instruments import Value
from model.kernel.adoption import Taste, choices, invert_quality, reach, update_base, utility
from model.kernel.links import Array
from model.simulation import Decoupling
from model.stages.adopt import shares_of_links
from tests import small


# -- choices -----------------------------------------------------------------------------------------
@st.composite
def networks(draw: st.DrawFn) -> tuple[Array, Array, float, float]:
    """Shares of two to four ecosystems, interoperability, network effect and switching cost."""
    size = draw(st.integers(2, 4))
    weight = np.array(draw(st.lists(st.floats(0.02, 1), min_size=size, max_size=size)))
    bridge = np.array(draw(st.lists(st.floats(0, 1), min_size=size * size, max_size=size * size))).reshape(size, size)
    bridge = (bridge + bridge.T) / 2 * (1 - np.eye(size))
    return weight / weight.sum(), bridge, draw(st.floats(0, 1.2)), draw(st.floats(0, 3))


def utility_of(
    quality: Array, share: Array, bridge: Array, effect: float, price: Array | None = None, loss: Array | None = None,
    floor: float = 0.001,
) -> Array:
    """Utility in one region alone; alpha 2, access -12."""
    base = reach(share[None], bridge[None], np.eye(1), floor)[0]
    ones = np.ones(len(share))
    return utility(
        quality, base, ones if price is None else price, 0 * ones if loss is None else loss, Taste(effect, 2.0, -12.0, 3.0)
    )


def stay(share: Array, bridge: Array, effect: float, cost: float, quality: Array) -> Array:
    """New choices of everybody, without policy."""
    return np.asarray(share @ choices(utility_of(quality, share, bridge, effect), share > 0, cost))


@settings(max_examples=200, deadline=None)
@given(networks())
def test_inverted_qualities_make_base_shares_stationary(case: tuple[Array, Array, float, float]) -> None:
    share, bridge, effect, cost = case
    base = reach(share[None], bridge[None], np.eye(1), 0.001)[0]
    quality = invert_quality(share, base, effect, cost)
    assert abs(stay(share, bridge, effect, cost, quality) - share).max() < 1e-12
    assert abs(share @ quality) < 1e-12


def test_qualities_do_not_hang_on_who_is_absent() -> None:
    """E16 inverted: an ecosystem without users, and a network without any, change nothing for the others and have no quality."""
    share, base = np.array([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]]), np.array([[0.9, 0.5, 0.4], [0.4, 0.8, 0.7]])
    alone = invert_quality(share, base, 0.8, 1.2)
    padded = np.vstack([np.insert(share, 1, 0.0, 1), np.zeros(4)])
    found = invert_quality(padded, np.vstack([np.insert(base, 1, 0.6, 1), np.full(4, 0.5)]), 0.8, 1.2)
    assert found == pytest.approx(np.vstack([np.insert(alone, 1, 0.0, 1), np.zeros(4)]), abs=1e-12)


def test_absent_ecosystems_stay_absent_without_entry() -> None:
    """A choice that nobody in a region had in 2018, and that has no date of entry, is not taken up without policy."""
    model = Decoupling(small.scenario("no_policy", "2020Q4"), parameters=small.still(leave=("rechoice_rate",)))
    state = list(small.quarters(model))[-1]
    absent = model.setting.base0 == 0
    assert absent.any()
    assert state["base"][absent].max() < 1e-12


@settings(max_examples=200, deadline=None)
@given(networks(), st.floats(0, 2), st.floats(0.01, 1))
def test_shares_stay_shares(case: tuple[Array, Array, float, float], rate: float, dt: float) -> None:
    share, bridge, effect, cost = case
    u = utility_of(np.linspace(0, 1, len(share)), share, bridge, effect)
    choice = choices(u, share > 0, cost)
    new = update_base(share, choice, rate, dt)
    assert np.allclose(choice.sum(1), 1, rtol=1e-13)
    assert new.sum() == pytest.approx(1, rel=1e-13)
    assert (new >= 0).all()
    assert np.array_equal(update_base(share, choice, 0.0, dt), share)


@pytest.mark.parametrize(("effect", "tips"), [(0.9, False), (0.99, False), (1.01, True), (1.1, True)])
@pytest.mark.parametrize("start", [0.5 - 1e-3, 0.5 + 1e-3])
def test_two_equal_ecosystems_tip_if_and_only_if_nu_exceeds_one(effect: float, tips: bool, start: float) -> None:
    """Without switching cost, interoperability or floor the logit of nu ln N has slope nu at one half."""
    share, none = np.array([start, 1 - start]), np.zeros((2, 2))
    for _ in range(4000):
        u = utility_of(np.zeros(2), share, none, effect, floor=0.0)
        share = update_base(share, choices(u, np.ones(2, bool), 0.0), 1.0, 0.25)
    assert (abs(share[0] - 0.5) > 0.49) == tips
    assert (abs(share[0] - 0.5) < 1e-3) != tips
    assert (share[0] > 0.5) == (start > 0.5) or not tips


def test_interoperability_and_switching_costs_hold_back_tipping_and_change() -> None:
    share = np.array([0.6, 0.4])
    free = stay(share, np.zeros((2, 2)), 1.1, 0.0, np.zeros(2))
    bridged = stay(share, 1 - np.eye(2), 1.1, 0.0, np.zeros(2))
    assert free[0] > share[0]
    assert bridged[0] == pytest.approx(0.5, abs=1e-3)
    u = utility_of(np.array([0.0, 2.0]), share, np.zeros((2, 2)), 0.0)
    kept = [choices(u, np.ones(2, bool), cost)[0, 0] for cost in (0.0, 1.0, 3.0, 30.0)]
    assert kept == sorted(kept)
    assert kept[-1] > 1 - 1e-9


def test_price_and_access_lower_utility() -> None:
    share, none = np.array([0.5, 0.5]), np.zeros((2, 2))
    base = utility_of(np.zeros(2), share, none, 0.7)
    dear = utility_of(np.zeros(2), share, none, 0.7, price=np.array([1.1, 1.0]))
    shut = utility_of(np.zeros(2), share, none, 0.7, loss=np.array([0.5, 0.0]))
    assert (base - dear)[0] == pytest.approx(2 * np.log(1.1))
    assert (base - shut)[0] == pytest.approx(6)
    assert (base - dear)[1] == (base - shut)[1] == 0


# -- adoption in the model ---------------------------------------------------------------------------
def forked(access: float, last: str = "2021Q4") -> Decoupling:
    """China loses American operating systems from 2020 on."""
    levers: dict[str, Value] = {"ecosystems": ("android", "ios", "windows"), "access_loss": access}
    fork = small.measure("os_fork", levers, 2020.0, senders=("USA",))
    return Decoupling(small.with_measures((fork,), last), record="all")


def test_full_loss_of_access_leads_to_no_new_choices() -> None:
    model = forked(1.0)
    states = list(small.quarters(model))
    network = model.setting.networks[0]
    lost = [network.column[i] for i, e in enumerate(network.ecosystems) if e != "harmony"]
    assert states[6]["new_choices"][1][lost].min() > 0
    for state in states[8:]:
        assert (state["new_choices"][1][lost] == 0).all()
        assert state["new_choices"][1][network.column].sum() == pytest.approx(1, abs=1e-12)
    base = np.array([state["base"][1][lost] for state in states[8:]])
    assert (np.diff(base, axis=0) < 0).all()
    left = 1 - np.exp(-network.rechoice_rate * model.setting.dt)
    assert base[1:] == pytest.approx(base[:-1] * (1 - left), rel=1e-12)
    others = [r for r in range(8) if r != 1]
    calm = list(small.quarters(forked(0.0)))[-1]
    assert abs(states[-1]["base"][others] - calm["base"][others]).max() < 1e-3


def test_more_loss_of_access_means_fewer_new_choices() -> None:
    shares = []
    for access in (0.0, 0.1, 0.3, 1.0):
        model = forked(access, "2020Q1")
        shares.append(list(small.quarters(model))[-1]["new_choices"][1][:2].sum())
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[1] > shares[2] > shares[3] == 0


def test_shares_in_force_follow_users_and_stay_shares() -> None:
    """Lower shares scale with the installed base, add to one over each choice set, and are the base's at its bases."""
    setting = Decoupling(small.scenario()).setting
    economy, links = setting.economy, setting.economy.links
    assert np.allclose(shares_of_links(setting, setting.base0)[~economy.latent[links.supplier[: links.technique]]],
                       economy.theta[~economy.latent[links.supplier[: links.technique]]], rtol=1e-12)  # fmt: skip
    base = setting.base0.copy()
    base[1, [0, 1, 3]] *= 0.5
    base[1, 2] = 1 - base[1, [0, 1, 3]].sum()
    found = shares_of_links(setting, base)
    cell = links.by_cell(found)
    segment = links.cell_segment
    networked = np.isin(segment, [6, 7, 8])
    assert np.allclose(cell[networked & (links.by_cell(economy.theta) > 0)], 1, rtol=1e-12)
    elsewhere = economy.buyer_region[links.buyer[: links.technique]] != 1
    latent = economy.latent[links.supplier[: links.technique]]
    assert np.allclose(found[elsewhere & ~latent], economy.theta[elsewhere & ~latent], rtol=1e-12)
    harmony = latent & ~elsewhere & (setting.plants.membership[links.supplier[: links.technique], 2] > 0)
    assert harmony.any()
    assert (found[harmony] > 0.3).all()


def test_users_follow_price() -> None:
    """In the model's own choice: a dearer ecosystem gets fewer new users."""
    model = Decoupling(small.scenario())
    network = model.setting.networks[0]
    users = model.setting.agents.users[0][0]
    share = model.setting.base0[0, network.column]
    wedges = small.fresh()
    reached = network.reach0[0]
    cheap = share @ users.decide(network, share, reached, np.ones(4), wedges, 2018.0)
    dear = share @ users.decide(network, share, reached, np.array([1.2, 1, 1, 1.0]), wedges, 2018.0)
    assert abs(cheap - share).max() < 1e-12
    assert dear[0] < cheap[0] - 0.01
    nothing = replace(network, taste=network.taste._replace(price_sensitivity=0.0))
    same = share @ users.decide(nothing, share, reached, np.array([1.2, 1, 1, 1.0]), wedges, 2018.0)
    assert abs(same - share).max() < 1e-12


# -- terms one by one --------------------------------------------------------------------------------
def test_who_may_be_chosen_when_in_numbers() -> None:
    """E17: what has entered here; where all of that is being lost, what exists anywhere. Dates are met to rounding."""
    model = Decoupling(small.scenario())
    users, dates = model.setting.agents.users[0][0], np.array([2017.0, 2020 + 1e-12, 2021.0, 2030.0])
    plain = model.setting.networks[0]
    network = replace(plain, entry=np.tile(dates, (8, 1)), launch=np.array([2017.0, 2017.0, 2020 + 1e-12, 2020 + 1e-6]))
    share, one = np.array([0.7, 0.3, 0.0, 0.0]), np.ones(4)
    for loss, year, allowed in (
        (0.0, 2019.75, [True, False, False, False]), (0.0, 2020.0, [True, True, False, False]),
        (0.2, 2019.75, [True, True, False, False]), (0.2, 2020.0, [True, True, True, False]),
    ):  # fmt: skip
        wedges = small.fresh()
        wedges.move("market_access", (network.column[:2], 0), loss)
        chosen = users.decide(network, share, network.reach0[0], one, wedges, year)
        assert (chosen[0] > 0).tolist() == allowed
