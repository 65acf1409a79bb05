"""The schedule is a contract: what a stage reads was written or is carried, and no stage is there for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from model.axes import REGIONS
from model.outcomes import Key
from model.schedule import SCHEDULE, VARIABLES, Stage, carried, passed_on, run_quarter
from model.simulation import Decoupling
from model.start import start_state
from model.world import Setting, State
from tests import small

WRITTEN_TWICE: dict[str, tuple[str, ...]] = {"capacity": ("decide", "adjust")}
"""Declared exceptions: entry gives a new plant its capacity before the quarter, and investment adds after it."""
CLOCK = {"year", "quarter"}
"""Written by run_quarter itself."""
NEVER_WRITTEN: set[str] = set()
"""Carried, but no stage writes it yet: nobody builds stocks (anticipation is not in the model)."""


class Watched(SimpleNamespace):
    """The declared reads of a stage that notes which of them are used."""

    def __init__(self, seen: set[str], **values: Any) -> None:
        super().__init__(**values)
        object.__setattr__(self, "_seen", seen)

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            object.__getattribute__(self, "_seen").add(name)
        return object.__getattribute__(self, name)


# -- reads and writes --------------------------------------------------------------------------------
def test_reads_were_written_or_are_carried() -> None:
    state = start_state(Decoupling(small.scenario()).setting)
    known = set(state)
    for stage in SCHEDULE:
        assert set(stage.reads) <= known, f"{stage.name} reads {set(stage.reads) - known}"
        known |= set(stage.writes)
    assert set(carried()) <= set(state)


def test_carried_variables_are_written_by_some_stage() -> None:
    """What passes between quarters moves; what nobody moves is declared here."""
    written = {name for stage in SCHEDULE for name in stage.writes} | CLOCK
    assert set(carried()) - written == NEVER_WRITTEN


def test_what_is_passed_on_is_all_a_quarter_needs() -> None:
    """A quarter from the whole state and one from what is passed on of it are the same to the bit; nothing else is kept."""
    model = Decoupling(small.scenario())
    model.step()
    whole = run_quarter(model.setting, model.now)
    part = run_quarter(model.setting, passed_on(model.now))
    assert set(passed_on(model.now)) < set(model.now)
    for name in ("price", "output", "expenditure", "capability", "base", "stock"):
        assert part[name].tobytes() == whole[name].tobytes(), name


def test_no_two_stages_write_the_same() -> None:
    writers: dict[str, list[Stage]] = {}
    for stage in SCHEDULE:
        for name in stage.writes:
            writers.setdefault(name, []).append(stage)
    twice = {name: tuple(s.name for s in found) for name, found in writers.items() if len(found) > 1}
    assert twice == WRITTEN_TWICE
    for name in twice:
        assert all(name in stage.reads for stage in writers[name][1:])


def test_names_are_unique_and_explained() -> None:
    assert len({stage.name for stage in SCHEDULE}) == len(SCHEDULE)
    used = {name for stage in SCHEDULE for name in (*stage.reads, *stage.writes)} | CLOCK
    assert used == set(VARIABLES), used ^ set(VARIABLES)
    assert set(start_state(Decoupling(small.scenario()).setting)) <= set(VARIABLES)
    for stage in SCHEDULE:
        assert len(set(stage.reads)) == len(stage.reads)
        assert len(set(stage.writes)) == len(stage.writes)
    assert all(text and text == text.strip() for text in VARIABLES.values())


def test_equations_of_stages_stand_in_the_code_and_in_the_documents() -> None:
    """A number named in the schedule is the number of an equation that some docstring implements."""
    text = "".join(_sources(files("model")))
    found = set(re.findall(r"\b(E\d+)[a-d]?\b", text.replace("-E", " E")))
    document = files("model").joinpath("..", "docs", "equations.md")
    documented = found
    if document.is_file():
        documented = set(re.findall(r"\b(E\d+)[a-d]?\b", document.read_text(encoding="utf-8")))
    for stage in SCHEDULE:
        assert stage.equations, stage.name
        assert set(stage.equations) <= found, (stage.name, set(stage.equations) - found)
        assert set(stage.equations) <= documented, (stage.name, set(stage.equations) - documented)


def _sources(folder: Any) -> Iterator[str]:
    """Text of all modules below a package but the schedule."""
    for item in folder.iterdir():
        if item.is_dir() and item.name != "__pycache__":
            yield from _sources(item)
        elif item.name.endswith(".py") and item.name != "schedule.py":
            yield item.read_text(encoding="utf-8")


def test_every_declared_read_is_used() -> None:
    """Each stage looks at each variable that it says it reads, in a run in which every instrument acts and states react."""
    seen: dict[str, set[str]] = {stage.name: set() for stage in SCHEDULE}

    def watch(stage: Stage) -> Stage:
        def function(setting: Setting, now: SimpleNamespace) -> State:
            return stage.function(setting, Watched(seen[stage.name], **vars(now)))

        return replace(stage, function=function)

    reacting = replace(small.everything("2019Q1"), states=dict.fromkeys(REGIONS, "reactive"), overrides={"reaction_start": 2018.0})
    model = Decoupling(reacting, schedule=tuple(map(watch, SCHEDULE)))
    model.run_to_end()
    unused = {stage.name: set(stage.reads) - seen[stage.name] for stage in SCHEDULE}
    assert not any(unused.values()), unused


def test_a_stage_sees_only_what_it_declares_and_writes_all_it_declares() -> None:
    setting = Decoupling(small.scenario()).setting
    state = start_state(setting)
    blind = replace(SCHEDULE[0], reads=())
    with pytest.raises(AttributeError):
        run_quarter(setting, state, (blind,))
    silent = replace(SCHEDULE[1], writes=("in_force", "theta"))
    with pytest.raises(KeyError, match="respond"):
        run_quarter(setting, state, (silent,))


def test_a_quarter_leaves_the_old_state_untouched() -> None:
    model = Decoupling(small.everything())
    for _ in range(3):
        model.step()
    before = {name: value.copy() for name, value in model.now.items() if isinstance(value, np.ndarray)}
    old = model.now
    run_quarter(model.setting, old)
    assert all(np.array_equal(old[name], value) for name, value in before.items())
    assert old["year"] == model.now["year"]


# -- no stage is there for nothing -------------------------------------------------------------------
LAST = {"decide": "2019Q3"}
"""Without `decide` a plant that enters in 2019Q4 has no capacity, so nothing can be found for its buyers."""


@cache
def without(name: str | None, last: str) -> dict[Key, np.ndarray]:
    """All outcomes of a run in which one stage, after the first quarter, leaves its variables at their last value."""
    model = Decoupling(small.everything(last), record="all")
    model.step()
    model.schedule = tuple(stage for stage in SCHEDULE if stage.name != name)
    return small.outcomes_of(model)


OWN = {
    "enact": ("CHN", "Supplier Share|Logic|USA"), "respond": ("CHN", "Imports|Chips"),
    "decide": ("World", "Bloc Index|Chips"),
    "source": ("CHN", "Supplier Share|Logic|USA"), "trade": ("KOR", "GDP"), "account": ("KOR", "Real Consumption"),
    "adjust": ("USA", "Employment Gap"), "learn": ("CHN", "Capability Gap|Foundry"),
    "adopt": ("CHN", "Ecosystem Share|OS|harmony"),
}  # fmt: skip
"""An outcome each stage must move, named for what the stage is for; any other will do for a stage not listed."""


@pytest.mark.parametrize("name", [stage.name for stage in SCHEDULE])
def test_dropping_a_stage_changes_a_named_outcome(name: str) -> None:
    last = LAST.get(name, "2020Q4")
    whole, found = without(None, last), without(name, last)
    size, _ = small.largest_change(whole, found)
    assert size > 1e-6
    if name in OWN:
        key = next((k for k in whole if k[:2] == OWN[name]), None)
        assert key is not None, f"no outcome {OWN[name]}"
        if key in found:
            gap = np.nanmax(abs(np.nan_to_num(found[key] - whole[key])))
            assert gap > 1e-6 * np.nanmax(abs(whole[key])), (key, gap)


def test_dropped_account_leaves_the_balances_where_they_were() -> None:
    """Nothing but `account` knows what was traded: without it the trade ratio that finances balances stands still."""
    model = Decoupling(small.everything("2020Q4"))
    model.step()
    ratio, books = model.now["trade_ratio"], model.now["books"]
    kept = run_quarter(model.setting, model.now)
    dropped = run_quarter(model.setting, model.now, tuple(s for s in SCHEDULE if s.name != "account"))
    assert dropped["trade_ratio"] is ratio
    assert dropped["books"] is books
    assert abs(kept["trade_ratio"] - ratio).max() > 1e-6


def test_no_books_no_record() -> None:
    """A schedule that never accounts cannot be recorded."""
    model = Decoupling(small.scenario(), schedule=tuple(s for s in SCHEDULE if s.name != "account"))
    with pytest.raises(AttributeError):
        model.step()
