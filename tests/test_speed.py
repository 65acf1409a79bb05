"""Cost is counted, never timed: Python calls in a quarter and in a pass, and nothing by link inside a pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.counting import calls_of
from benchmarks.scaling import neutral_quarter, split
from calibration.world import elasticities
from model.kernel.accounts import account
from model.kernel.deliveries import Delivered, deliver
from model.kernel.inversion import build_economy
from model.kernel.rationing import Rationing
from model.simulation import Decoupling

QUARTER = 2400
"""Most calls of model functions in a quarter of `blocs` (56 measures), whatever the number of plants and links."""
PASS = 70
"""Most calls of kernel functions that one more pass of rationing adds."""
KERNEL = ("deliveries", "linear", "links", "market", "rationing", "technique")


def of_kernel(calls: Counter[str]) -> int:
    return sum(count for name, count in calls.items() if name.split(".py")[0] in KERNEL)


@pytest.fixture(scope="module")
def quarters() -> list[tuple[int, Counter[str]]]:
    """Passes and calls of each quarter of `blocs` to 2027."""
    model, found = Decoupling("blocs"), []
    for _ in range(40):
        calls = calls_of(model.step)
        found.append((model.now["delivered"].passes + 1, calls))
    return found


def test_calls_in_a_quarter_are_bounded(quarters: list[tuple[int, Counter[str]]]) -> None:
    assert max(sum(calls.values()) for _, calls in quarters) <= QUARTER


def test_a_pass_adds_few_calls(quarters: list[tuple[int, Counter[str]]]) -> None:
    few, many = min(quarters[30:], key=lambda q: q[0]), max(quarters, key=lambda q: q[0])
    assert many[0] >= few[0] + 4
    assert of_kernel(many[1]) - of_kernel(few[1]) <= PASS * (many[0] - few[0])


def test_group_systems_are_not_factored_in_every_pass(quarters: list[tuple[int, Counter[str]]]) -> None:
    passes, calls = max(quarters, key=lambda q: q[0])
    factored = calls["market.py:price_groups"] + calls["market.py:trade_groups"]
    assert 2 <= factored <= 4 < passes


def test_what_is_raised_to_powers_by_link_is_raised_once(quarters: list[tuple[int, Counter[str]]]) -> None:
    """The composites of a pass come from one prepared matrix; the link-by-link form is not called in passes."""
    passes, calls = max(quarters, key=lambda q: q[0])
    assert calls["technique.py:rationed_composite"] == passes
    assert calls["technique.py:prepare_composite"] == 1
    assert calls["technique.py:composite"] <= 3


def test_splitting_plants_changes_neither_prices_nor_passes() -> None:
    """Every plant as two equal ones: the same market in as many passes, so cost grows with links alone."""
    setting = Decoupling("no_policy").setting
    found = []
    for parts in (1, 2):
        economy = build_economy(split(setting.economy.table, parts), elasticities(setting.parameters))
        with np.errstate(all="ignore"):
            found.append(deliver(economy, *neutral_quarter(economy)))
    one, two = found
    assert one.passes > 5
    assert abs(two.passes - one.passes) <= 1
    assert np.allclose(two.market.price, np.repeat(one.market.price, 2), rtol=1e-9, atol=0)
    assert np.allclose(two.market.output, np.repeat(one.market.output, 2) / 2, rtol=1e-9, atol=1e-15)
    assert np.allclose(two.market.expenditure, one.market.expenditure, rtol=1e-9, atol=0)


@pytest.mark.parametrize("priority", [0.0, 0.6])
def test_favour_is_a_power_of_rationing_by_link(priority: float) -> None:
    """Home buyers at rho^(1 - h): what arrives is that, the market clears, and h = 0 is nobody favoured."""
    setting = Decoupling("no_policy").setting
    economy = build_economy(setting.economy.table, elasticities(setting.parameters))
    orders, terms, guess = neutral_quarter(economy)
    favour = 1 - priority * (economy.lane[0] == economy.lane[1])
    with np.errstate(all="ignore"):
        plain, got = deliver(economy, orders, terms, guess), deliver(economy, replace(orders, favour=favour), terms, guess)
    lt, links = economy.links.technique, economy.links
    arrived = got.inputs * got.scale[links.buyer[:lt]]
    assert np.allclose(arrived, orders.inputs * orders.input0 * got.rho[links.supplier[:lt]] ** favour[:lt], rtol=1e-9, atol=0)
    assert got.rho.min() < 0.9
    account(economy, got, terms)  # raises where an identity fails
    same = np.allclose(got.market.output, plain.market.output, rtol=1e-9, atol=0)
    assert same == (priority == 0)


@pytest.fixture(scope="module")
def shortage() -> tuple[Any, ...]:
    """What `deliver` is asked in the quarter of `blocs` to 2029 in which most plants are rationed."""
    asked: list[tuple[float, tuple[Any, ...]]] = []

    def watch(*what: Any) -> Delivered:
        got = deliver(*what)
        asked.append((float((got.rho < 1).sum()), what))
        return got

    model = Decoupling("blocs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.stages.trade.deliver", watch)
        for _ in range(48):
            model.step()
    return max(asked, key=lambda one: one[0])[1]


@pytest.mark.parametrize("answer", [-3.0, 0.0, 5.0, np.nan])
def test_a_step_that_misleads_ends_in_the_same_shares(
    shortage: tuple[Any, ...], answer: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the groups' system says, right, wrong or nothing, the same rationing is found (E8); right, in few passes."""
    with np.errstate(all="ignore"):
        right = deliver(*shortage)
        monkeypatch.setattr(Rationing, "_answer", lambda self, need: answer * need)
        wrong = deliver(*shortage)
    assert (right.rho < 1).sum() > 20
    assert right.passes < 20 < wrong.passes
    assert np.allclose(right.rho, wrong.rho, rtol=0, atol=1e-9)
    assert np.allclose(right.market.price, wrong.market.price, rtol=1e-9, atol=0)
    assert np.allclose(right.market.output, wrong.market.output, rtol=1e-8, atol=1e-15)
