"""A merged tree -> a Scenario, every value checked; all faults are noted, none stops the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from model.axes import REGIONS, quarter_label, quarter_start
from model.scenario.faults import Faults, shown
from model.scenario.measures import Setting, build_measures
from model.scenario.plans import build_plans
from model.scenario.reading import Node, found, join
from model.scenario.types import REACTIVE, Place, Scenario
from model.scenario.values import BLOC, many_of, map_of, number, one_of, scenario_name, span, switch, text
from model.words import LANGUAGES

KEYS = ("name", "title", "story", "extends", "baseline", "focus", "horizon", "instruments", "states", "strategies",
        "overrides", "channels", "sources")  # fmt: skip
REQUIRED = ("name", "title", "story", "focus", "horizon")
STRATEGY_KEYS = ("members", "stances", "plans")
STATES = ("scripted", REACTIVE, "off")
CHANNELS = ("Trade", "Inputs", "Knowledge", "Networks", "Demand", "Policy Cost")
NONE = "none"
FIRST = "2018Q1"
LAST = "2050Q4"
_INDEXED = re.compile(r"([^\[\]]+)(?:\[([^\[\]]*)\])?")

Range = tuple[float, float] | tuple[str, ...]
Ranges = Mapping[str, Range]
"""Range by parameter: (low, high), or the names it may take."""


def build_scenario(
    root: Node, stem: str, faults: Faults, baselines: frozenset[str], parameters: Ranges | None
) -> Scenario | None:
    """The scenario of a tree; None when there are faults.

    stem        name of the file, which `name` must repeat
    baselines   names of scenarios that `baseline` may name
    parameters  range by parameter: `name`, or `name[index]`; None: overrides are refused
    """
    _check_top(root, faults)
    name = _name(root, stem, faults)
    horizon = _horizon(root.get("horizon"), faults)
    strategies = root.get("strategies")
    blocs = _members(strategies, faults)
    setting = Setting(blocs, horizon, _from_option(root.get("horizon")))
    stances = _stances(strategies, blocs, faults)
    plans = strategies.get("plans") if strategies is not None and strategies.kind == "map" else None
    scenario = Scenario(
        name=name,
        title=_languages(root, "title", faults),
        story=_languages(root, "story", faults),
        baseline=_baseline(root.get("baseline"), name, baselines, faults),
        focus=_focus(root.get("focus"), faults),
        first=quarter_label(horizon[0]) if horizon else FIRST,
        last=quarter_label(horizon[1]) if horizon else FIRST,
        measures=build_measures(faults, root.get("instruments"), setting),
        blocs=blocs,
        stances=stances,
        plans=build_plans(faults, plans, stances, setting),
        states=_states(root.get("states"), faults),
        overrides=_overrides(root.get("overrides"), parameters, faults),
        channels=_channels(root.get("channels"), faults),
        sources=_sources(root.get("sources"), faults),
        places=dict(places_of(root)),
    )
    return None if faults.found else scenario


def places_of(node: Node, path: str = "") -> Iterator[tuple[str, Place]]:
    """Path and place of every single value of a tree."""
    if node.kind == "text":
        yield path, node.place
    for key, value in node.entries:
        yield from places_of(value, join(path, key.text))
    for i, item in enumerate(node.items):
        yield from places_of(item, join(path, i))


def _from_option(node: Node | None) -> bool:
    return node is not None and node.place.file.startswith("--")


def _check_top(root: Node, faults: Faults) -> None:
    for key, _ in root.entries:
        if key.kind == "text" and key.text not in KEYS:
            faults.unknown(key.place, key.text, key.text, KEYS, "error.key")
    for name in REQUIRED:
        if root.get(name) is None:
            missing = faults.say("error.missing.found")
            faults.add(root.place, name, missing, faults.say("error.missing.allowed", name=name))


def _name(root: Node, stem: str, faults: Faults) -> str:
    node = root.get("name")
    if node is None or node.kind == "refused":
        return stem
    if node.kind != "text" or not scenario_name(node.text):
        faults.add(node.place, "name", found(node, faults), faults.say("error.scenario_name.allowed"))
    elif node.text != stem:
        faults.add(node.place, "name", shown(node.text), faults.say("error.stem.allowed", stem=stem))
    return stem


def _languages(root: Node, key: str, faults: Faults) -> dict[str, str]:
    node, values = root.get(key), {}
    for name, value in map_of(faults, node, key):
        if name.text not in LANGUAGES:
            faults.unknown(name.place, join(key, name.text), name.text, LANGUAGES, "error.key")
            continue
        words = text(faults, value, join(key, name.text))
        if words is not None:
            values[name.text] = words
    for lang in LANGUAGES:
        if node is not None and node.kind == "map" and node.get(lang) is None:
            faults.add(node.place, join(key, lang), faults.say("error.missing.found"),
                       faults.say("error.missing.allowed", name=lang))  # fmt: skip
    return values


def _baseline(node: Node | None, name: str, baselines: frozenset[str], faults: Faults) -> str | None:
    if node is None or (node.kind == "text" and node.text == NONE):
        return None
    choices = sorted(baselines - {name})
    return one_of(faults, node, "baseline", (*choices, NONE))


def _focus(node: Node | None, faults: Faults) -> str:
    return (one_of(faults, node, "focus", REGIONS) if node is not None else None) or REGIONS[0]


def _horizon(node: Node | None, faults: Faults) -> tuple[float, float] | None:
    ends = span(faults, node, "horizon") if node is not None else None
    if ends is None or node is None:
        return None
    good = ends[0] == quarter_start(FIRST) and ends[1] <= quarter_start(LAST)
    if not good:
        wrong = faults.say("error.span.found", first=quarter_label(ends[0]), last=quarter_label(ends[1]))
        faults.add(node.place, "horizon", wrong, faults.say("error.base.allowed", first=FIRST, last=LAST))
    return ends if good else None


def _strategy_part(strategies: Node | None, key: str, faults: Faults) -> tuple[tuple[Node, Node], ...]:
    entries = map_of(Faults() if key != STRATEGY_KEYS[0] else faults, strategies, "strategies")
    for name, _ in entries:
        if key == STRATEGY_KEYS[0] and name.text not in STRATEGY_KEYS:
            faults.unknown(name.place, join("strategies", name.text), name.text, STRATEGY_KEYS, "error.key")
    part = strategies.get(key) if strategies is not None and strategies.kind == "map" else None
    return map_of(faults, part, f"strategies.{key}")


def _members(strategies: Node | None, faults: Faults) -> dict[str, tuple[str, ...]]:
    blocs: dict[str, tuple[str, ...]] = {}
    for key, value in _strategy_part(strategies, "members", faults):
        path = f"strategies.members.{key.text}"
        if not BLOC.fullmatch(key.text) or key.text == NONE:
            faults.add(key.place, path, shown(key.text), faults.say("error.bloc.allowed"))
            continue
        members = many_of(faults, value, path, REGIONS)
        for other, taken in blocs.items():
            shared = sorted(set(members) & set(taken))
            if shared:
                both = faults.say("error.blocs.found", names=", ".join(shared), bloc=other)
                faults.add(value.place, path, both, faults.say("error.blocs.allowed"))
        blocs[key.text] = members
    return blocs


def _stances(strategies: Node | None, blocs: Mapping[str, object], faults: Faults) -> dict[str, str | None]:
    stances: dict[str, str | None] = {}
    for key, value in _strategy_part(strategies, "stances", faults):
        path = f"strategies.stances.{key.text}"
        if not BLOC.fullmatch(key.text):
            faults.add(key.place, path, shown(key.text), faults.say("error.bloc.allowed"))
            continue
        bloc = one_of(faults, value, path, (*blocs, NONE), "error.bloc_name")
        stances[key.text] = None if bloc in (None, NONE) else bloc
    return stances


def _states(node: Node | None, faults: Faults) -> dict[str, str]:
    states = dict.fromkeys(REGIONS, STATES[0])
    for key, value in map_of(faults, node, "states"):
        path = join("states", key.text)
        if key.text not in REGIONS:
            faults.unknown(key.place, path, key.text, REGIONS)
        else:
            states[key.text] = one_of(faults, value, path, STATES) or STATES[0]
    return states


def _channels(node: Node | None, faults: Faults) -> dict[str, bool]:
    channels: dict[str, bool] = {}
    for key, value in map_of(faults, node, "channels"):
        path = join("channels", key.text)
        if key.text not in CHANNELS:
            faults.unknown(key.place, path, key.text, CHANNELS)
            continue
        channels[key.text] = switch(faults, value, path) is not False
        if value.kind == "text" and value.text == "false":
            faults.add(value.place, path, shown(value.text), faults.say("error.channel.allowed"))
    return channels


def _sources(node: Node | None, faults: Faults) -> tuple[str, ...]:
    if node is None or node.kind == "refused":
        return ()
    if node.kind != "list":
        faults.add(node.place, "sources", found(node, faults), faults.say("error.sources.allowed"))
        return ()
    texts = [text(faults, item, join("sources", i)) for i, item in enumerate(node.items)]
    return tuple(dict.fromkeys(t for t in texts if t is not None))


def _overrides(node: Node | None, parameters: Ranges | None, faults: Faults) -> dict[str, float | str]:
    """Value by full key; a name without index stands for all its rows that are not named themselves."""
    wide: dict[str, float | str] = {}
    exact: dict[str, float | str] = {}
    known = dict(parameters or {})
    for key, value in map_of(faults, node, "overrides"):
        path = join("overrides", key.text)
        rows = _rows(key.text, known)
        if not rows:
            _unknown_parameter(faults, key, path, known)
            continue
        amount = _amount(value, path, [known[row] for row in rows], faults)
        if amount is not None:
            (exact if key.text in known else wide).update(dict.fromkeys(rows, amount))
    return {**wide, **exact}


def _amount(node: Node, path: str, ranges: list[Range], faults: Faults) -> float | str | None:
    """A number inside all the ranges; or one of the names."""
    names = [name for r in ranges for name in r if isinstance(name, str)]
    if names:
        return one_of(faults, node, path, names)
    ends = [(float(r[0]), float(r[1])) for r in ranges]
    return number(faults, node, path, max(low for low, _ in ends), min(high for _, high in ends))


def _rows(key: str, known: Ranges) -> list[str]:
    return [key] if key in known else [row for row in known if row.startswith(f"{key}[")]


def _unknown_parameter(faults: Faults, key: Node, path: str, known: Ranges) -> None:
    match = _INDEXED.fullmatch(key.text)
    base = match[1] if match else key.text
    names = sorted({row.partition("[")[0] for row in known})
    indices = sorted(row.removeprefix(f"{base}[").removesuffix("]") for row in known if row.startswith(f"{base}["))
    if base in names and indices:
        wrong = match[2] if match and match[2] is not None else ""
        allowed = faults.say("error.index.allowed", name=base, names=", ".join(indices))
        faults.add(key.place, path, shown(key.text), allowed, faults.nearest(wrong, indices))
        return
    unknown = faults.say("error.parameter.found", value=shown(key.text))
    faults.add(key.place, path, unknown, faults.say("error.parameter.allowed"), faults.nearest(base, names))
