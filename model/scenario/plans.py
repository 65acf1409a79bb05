"""`strategies.plans` -> plans of the focus: strategies with strength or budget over time, from and to (E49, E52)."""

from __future__ import annotations

from collections.abc import Mapping

from model.scenario.faults import Faults, shown
from model.scenario.measures import Setting, lever_path, part_dates
from model.scenario.reading import Node, join
from model.scenario.types import Part, Path
from model.scenario.values import BLOC, map_of
from model.strategies import paid

STRENGTH, BUDGET = "strength", "budget"
DATES = ("start", "end")
MOST_BUDGET = 2.0
"""Largest budget, percent of GDP a year: the range of `strategy_budget`."""
Stances = Mapping[str, str | None]


def build_plans(faults: Faults, plans: Node | None, stances: Stances, setting: Setting) -> dict[str, tuple[Part, ...]]:
    """All plans by name; what is wrong with them is noted."""
    found: dict[str, tuple[Part, ...]] = {}
    for key, value in map_of(faults, plans, "strategies.plans"):
        path = f"strategies.plans.{key.text}"
        if not BLOC.fullmatch(key.text) or key.text in stances:
            faults.add(key.place, path, shown(key.text), faults.say("error.plan_name.allowed"))
            continue
        parts = [_part(faults, name, size, path, stances, setting) for name, size in map_of(faults, value, path)]
        found[key.text] = tuple(part for part in parts if part is not None)
        _check_stances(faults, value, path, found[key.text], stances)
    return found


def _part(faults: Faults, name: Node, value: Node, path: str, stances: Stances, setting: Setting) -> Part | None:
    """One strategy of a plan: a number, numbers by date, or a block with start and end."""
    where, choices = join(path, name.text), (*stances, *paid())
    if name.text not in choices:
        faults.unknown(name.place, where, name.text, choices)
        return None
    size = STRENGTH if name.text in stances else BUDGET
    high, unit = (1.0, "share") if size == STRENGTH else (MOST_BUDGET, "percent")
    if value.kind != "map" or not {key.text for key, _ in value.entries} & {size, *DATES}:
        return Part(name.text, lever_path(faults, value, where, (0.0, high, unit), setting))
    for key, _ in value.entries:
        if key.text not in (size, *DATES):
            faults.unknown(key.place, join(where, key.text), key.text, (size, *DATES), "error.key")
    amount = value.get(size)
    if amount is None and size == BUDGET:
        missing = faults.say("error.missing.allowed", name=size)
        faults.add(value.place, join(where, size), faults.say("error.missing.found"), missing)
    given = None if amount is None else lever_path(faults, amount, join(where, size), (0.0, high, unit), setting)
    return Part(name.text, given or Path(constant=1.0), *part_dates(faults, value, where, setting))


def _check_stances(faults: Faults, node: Node, path: str, parts: tuple[Part, ...], stances: Stances) -> None:
    """At most two stances: one that joins no bloc, always and in full, and one that is joined in part or for a time."""
    taken = [part for part in parts if part.strategy in stances]
    first = taken[0] if len(taken) == 2 else None
    good = first is not None and stances[first.strategy] is None and first == Part(first.strategy, Path(constant=1.0))
    if len(taken) > 2 or (first is not None and not good):
        names = ", ".join(part.strategy for part in taken)
        faults.add(node.place, path, shown(names), faults.say("error.plan_stances.allowed"))
