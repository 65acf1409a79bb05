"""States that react: the ladder, innovation traits and strategies by layer as data, and what they make of a scenario (E44-E48)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from calibration.registry import table
from model.agents.reactions import STRATEGIES, choose_strategy
from model.axes import LAYERS, REGION_INDEX, REGIONS, SEGMENT_INDEX
from model.errors import Fault, ScenarioError
from model.instruments import Lever, Value, instruments
from model.scenario.types import REACTIVE, Measure, Path, Place, Scenario
from model.world import Action, Parameters, Reaction, Rung

LADDER, TRAITS, READING = "tables/ladder.csv", "tables/innovation_traits.csv", "tables/strategy_reading.csv"
FILE = f"calibration/{LADDER}"
REACTING: tuple[str, ...] = tuple(layer for layer in LAYERS if layer != "rest")
"""Layers on which a state takes a stance."""
RIVAL, HOME = "rival", "home"
ON_WHOM = (RIVAL, HOME, *REGIONS)
"""On whom a measure of the ladder is: the rival (and its bloc), the state itself, or regions."""


@dataclass(frozen=True)
class LadderMeasure:
    """One measure of the ladder: whose, against whom, on which layer and (if any) under which strategy only, from which stance
    to which, whether allies may take part, on whom, and the instrument with its levers. `line`: of its first row."""

    state: str
    against: str
    layer: str
    strategy: str
    rung: str
    start: float
    full: float
    allies: bool
    targets: tuple[str, ...]
    instrument: str
    levers: Mapping[str, Value]
    line: int


# -- reading -----------------------------------------------------------------------------------------
@cache
def ladder() -> tuple[LadderMeasure, ...]:
    """All measures of the ladder; the rows of one measure are its numeric levers. All faults together if there are any."""
    grouped: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in table(LADDER):
        grouped.setdefault((row["state"], row["layer"], row["rung"]), []).append(row)
    faults = [fault for rows in grouped.values() for fault in ladder_faults(rows)]
    if faults:
        raise ScenarioError(faults)
    return tuple(_measure(rows) for rows in grouped.values())


def _measure(rows: list[Mapping[str, str]]) -> LadderMeasure:
    """A measure from its rows; levers that no row names are neutral."""
    first = rows[0]
    levers = {name: lever.neutral for name, lever in instruments()[first["instrument"]].levers.items()}
    levers |= _names(first["names"]) | {row["lever"]: float(row["value"]) for row in rows}
    return LadderMeasure(
        first["state"], first["against"], first["layer"], first["strategy"], first["rung"], float(first["start"]),
        float(first["full"]), first["allies"] == "yes", tuple(first["targets"].split()), first["instrument"], levers,
        int(first["#line"]),
    )  # fmt: skip


def _names(text: str) -> dict[str, Value]:
    """A lever that names things, from 'segments: memory; logic'."""
    name, _, values = text.partition(":")
    return {name: tuple(v.strip() for v in values.split(";"))} if values else {}


def ladder_faults(rows: list[Mapping[str, str]]) -> list[Fault]:
    """What is wrong with the rows of one measure of the ladder."""
    first, faults = rows[0], list[Fault]()

    def check(row: Mapping[str, str], column: str, good: bool, allowed: str) -> None:
        if not good:
            place = list(row).index(column) + 1
            faults.append(Fault(FILE, int(row["#line"]), place, column, repr(row[column]), f"allowed: {allowed}"))

    known = instruments().get(first["instrument"])
    check(first, "instrument", known is not None, ", ".join(instruments()))
    check(first, "layer", first["layer"] in REACTING, ", ".join(REACTING))
    check(first, "strategy", first["strategy"] in ("", *STRATEGIES), ", ".join(STRATEGIES))
    check(first, "against", first["against"] in REGIONS and first["against"] != first["state"], ", ".join(REGIONS))
    check(first, "targets", set(first["targets"].split()) <= {*ON_WHOM}, ", ".join(ON_WHOM))
    check(first, "full", 0 <= float(first["start"]) < float(first["full"]) <= 1, "0 <= start < full <= 1")
    levers: Mapping[str, Lever] = {} if known is None else known.levers
    for name, values in _names(first["names"]).items():
        check(first, "names", name in levers and {*_tuple(values)} <= {*levers[name].choices}, "a lever and its names")
    for row in rows:
        lever = levers.get(row["lever"])
        check(row, "lever", lever is not None and not lever.choices, ", ".join(levers))
        inside = lever is None or lever.low <= float(row["value"]) <= lever.high
        check(row, "value", inside, "" if lever is None else f"{lever.low:g} to {lever.high:g}")
        check(
            row,
            "rung",
            all(row[c] == first[c] for c in ("start", "full", "instrument", "names", "targets")),
            "one measure a rung",
        )
    return faults


def _tuple(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


# -- strategy by layer -------------------------------------------------------------------------------
@cache
def traits() -> dict[str, dict[str, float]]:
    """Layer -> innovation trait -> 0 to 1."""
    found: dict[str, dict[str, float]] = {}
    for row in table(TRAITS):
        found.setdefault(row["layer"], {})[row["trait"]] = float(row["value"])
    return found


def is_behind(parameters: Parameters, state: str, rival: str, layer: str) -> bool:
    """Whether a state stood behind its rival in a layer in 2018, by the mean distance over its segments."""
    growth, gap = parameters["frontier_growth"], parameters["gap_2018"]

    def distance(region: str) -> float:
        return sum(growth[s] * gap.get(f"{region}/{s}", gap[""]) for s in LAYERS[layer])

    return distance(state) > distance(rival)


def strategy_of(parameters: Parameters, state: str, rival: str, layer: str) -> str:
    """A state's strategy in a layer: the one rule from traits to strategies (E48)."""
    return choose_strategy(traits()[layer], is_behind(parameters, state, rival, layer))


def strategy_matrix(parameters: Parameters) -> list[tuple[str, str, str, str]]:
    """Layer, state, strategy by the rule, and the report's own reading ('' where it names none)."""
    read = {(row["layer"], row["state"]): row["strategy"] for row in table(READING)}
    return [
        (layer, state, strategy_of(parameters, state, rival, layer), read.get((layer, state), ""))
        for layer in REACTING for state, rival in rivals().items()
    ]  # fmt: skip


def rivals() -> dict[str, str]:
    """State -> the rival that its ladder is against."""
    return {m.state: m.against for m in ladder()}


# -- what a run needs --------------------------------------------------------------------------------
def build_reaction(p: Parameters) -> Reaction:
    """How states react, with these parameters; regions without a row of their own do not."""
    known, alignment = rivals(), p["alignment"]
    return Reaction(
        rival=np.array([REGION_INDEX[known[r]] if r in known else -1 for r in REGIONS], np.int64),
        to_catch_up=np.array([p["reaction_to_catch_up"].get(r, 0.0) for r in REGIONS]),
        to_controls=np.array([p["reaction_to_controls"].get(r, 0.0) for r in REGIONS]),
        decay=p.scalar("stance_decay"), step=p.scalar("stance_step"), breadth=p.scalar("reaction_breadth"), start=p.scalar("reaction_start"),
        layers=tuple(np.array([SEGMENT_INDEX[s] for s in LAYERS[layer]], np.int64) for layer in REACTING),
        alignment=np.array([[alignment.get(f"{leader}/{ally}", 0.0) for ally in REGIONS] for leader in REGIONS]),
        exposure_weight=p.scalar("exposure_weight"),
    )  # fmt: skip


def ladder_actions(scenario: Scenario, stance: str | None, parameters: Parameters) -> tuple[Action, ...]:
    """Measures that the ladders of the states that react may put in force, with blocs resolved (E46)."""
    chosen = [
        m for m in ladder()
        if scenario.states.get(m.state) == REACTIVE
        and m.strategy in ("", strategy_of(parameters, m.state, m.against, m.layer))
    ]  # fmt: skip
    return tuple(_action(m, scenario, stance, parameters.scalar("reaction_start")) for m in chosen)


def _action(m: LadderMeasure, scenario: Scenario, stance: str | None, start: float) -> Action:
    """One measure of the ladder as a measure of the run; a bloc acts as one in what allies may take part in."""
    mates = _bloc_of(scenario, stance, m.state) if m.allies else (m.state,)
    senders = tuple(r for r in mates if scenario.states.get(r) != "off")
    against = _bloc_of(scenario, stance, m.against)
    named = {RIVAL: against, HOME: (m.state,)}
    targets = tuple(dict.fromkeys(r for token in m.targets for r in named.get(token, (token,))))
    if m.targets != (RIVAL,):
        targets = tuple(r for r in targets if r not in against)
    levers = {name: Path(constant=value) for name, value in m.levers.items()}
    place = Place(FILE, m.line)
    identity = f"ladder.{m.state}.{m.layer}.{m.rung}"
    measure = Measure(identity, m.instrument, start, None, None, (), senders, targets, levers, place.file, place)
    acting, concerned = (tuple(REGION_INDEX[r] for r in side) for side in (senders, targets))
    rung = Rung(REGION_INDEX[m.state], REACTING.index(m.layer), m.start, m.full, m.allies)
    return Action(identity, m.instrument, acting, concerned, measure, rung)


def _bloc_of(scenario: Scenario, stance: str | None, region: str) -> tuple[str, ...]:
    """The members of a region's bloc under a stance, the region first; itself alone where it has none."""
    blocs = (scenario.members(name, stance) for name in scenario.blocs)
    mates = next((members for members in blocs if region in members), ())
    return (region, *(r for r in mates if r != region))
