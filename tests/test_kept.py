"""What a run keeps to be fast changes nothing: wedges, what follows from them, what a setting fixes, and worlds of a draw."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from calibration.draws import draw_parameters
from calibration.registry import central, override
from calibration.world import build_world, world_of
from model.instruments import instruments
from model.simulation import Decoupling
from model.stages.enact import spread
from model.stages.orders import collect_wedges
from model.stages.respond import decide_states
from model.wedges import WEDGES
from model.world import Latest
from tests import small


def test_kept_wedges_are_those_collected_anew() -> None:
    """Every quarter of a scenario with paths, starts, ends and pauses: the wedges kept are the wedges that orders give."""
    model = Decoupling(small.scenario("blocs", "2026Q4"), "hedge")
    setting, objects = model.setting, set()
    for state in small.quarters(model):
        year = state["year"] - setting.dt
        fresh = collect_wedges(setting, year, decide_states(setting, year))
        for name in WEDGES:
            assert np.array_equal(fresh[name], state["wedges"][name]), (name, year)
        for kept, new in zip(state["wedges"].once("spread", lambda: None), spread(setting, fresh), strict=True):
            assert np.array_equal(kept, new), year
        objects.add(id(state["wedges"]))
    assert 1 < len(objects) < 36, "kept while nothing changes, made anew when something does"


def test_finished_wedges_cannot_be_moved() -> None:
    wedges = small.fresh()
    wedges.move("denial_rate", (0, 3, 1), 0.5)
    assert wedges.once("x", lambda: 1) == 1
    assert wedges.once("x", lambda: 2) == 2, "nothing is kept before they are finished"
    wedges.finish()
    for name in ("denial_rate", "tariff_rate"):  # one that was moved, and one that nobody has asked for yet
        with pytest.raises(ValueError, match="read-only"):
            wedges.move(name, (0, 3, 1), 0.5)
    assert wedges.once("x", lambda: 3) == 3
    assert wedges.once("x", lambda: 4) == 3


def test_the_latest_is_kept_only_while_its_source_is_equal() -> None:
    latest, made = Latest(), []
    for source in ((1, "a"), (1, "a"), (2, "a"), (1, "a")):
        latest.get("thing", source, lambda: made.append(0))
    assert len(made) == 3


def test_an_instrument_sees_nothing_that_its_order_does_not_hold() -> None:
    """Wedges are kept while orders are equal, so an order must hold all that an instrument may use."""
    order = small.order(small.neutral_levers(instruments()["tariff"]))
    assert {f.name for f in fields(order)} == {"senders", "targets", "others", "levers", "strength", "serves_both"}


def test_worlds_of_a_draw_are_shared_and_as_good_as_new() -> None:
    drawn = draw_parameters(3)
    assert world_of(drawn) is world_of(draw_parameters(3))
    assert world_of(drawn) is not world_of(override(drawn, {"wage_adjustment_speed": 0.15}))
    world, again = world_of(drawn), build_world(drawn)
    for name in ("flow0", "theta", "input0", "markup", "expenditure0"):
        assert np.array_equal(getattr(world.economy, name), getattr(again.economy, name)), name
    first, second = (small.outcomes_of(Decoupling(small.everything(), draw=3)) for _ in range(2))
    assert not small.same_bits(first, second)


def test_a_replaced_setting_keeps_nothing() -> None:
    model = Decoupling(small.scenario())
    setting = model.setting
    assert setting.fixed("x", lambda: 1) == setting.fixed("x", lambda: 2) == 1
    assert replace(setting, dt=setting.dt).fixed("x", lambda: 2) == 2
    assert central().table == setting.parameters.table
