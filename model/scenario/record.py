"""A scenario as plain data for the manifest, and the hash that is part of a run's identity."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from model.axes import quarter_label
from model.scenario.folder import scenario_folder
from model.scenario.types import Measure, Part, Place, Scenario
from model.scenario.types import Path as LeverPath
from model.scenario.values import QUARTER

_WORDS = ("title", "story", "sources", "places")


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON-able data, every value with 'file:line'; no path of this machine in it."""
    return {
        "name": scenario.name,
        "title": dict(scenario.title),
        "story": dict(scenario.story),
        "baseline": scenario.baseline,
        "focus": scenario.focus,
        "horizon": [scenario.first, scenario.last],
        "measures": [_measure(m) for m in scenario.measures],
        "blocs": {name: list(members) for name, members in scenario.blocs.items()},
        "stances": dict(scenario.stances),
        "plans": {name: [_part(part) for part in parts] for name, parts in scenario.plans.items()},
        "states": dict(scenario.states),
        "overrides": dict(scenario.overrides),
        "channels": dict(scenario.channels),
        "sources": list(scenario.sources),
        "places": {path: place_label(place) for path, place in scenario.places.items()},
    }


def scenario_hash(scenario: Scenario) -> str:
    """sha256 of what results depend on: titles, stories, sources and places are left out."""
    content = {key: value for key, value in resolved(scenario).items() if key not in _WORDS}
    for measure in content["measures"]:
        del measure["source"], measure["place"]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def place_label(place: Place) -> str:
    """'scenarios/blocs.yaml:12' for shipped files, the bare name for a file elsewhere, '--set:1' for an option."""
    if place.file.startswith("--"):
        return f"{place.file}:{place.line}"
    path = Path(place.file)
    try:
        shipped = path.absolute().relative_to(scenario_folder().absolute())
        return f"{(PurePosixPath('scenarios') / shipped.as_posix()).as_posix()}:{place.line}"
    except ValueError:
        return f"{path.name}:{place.line}"


def lever_value(path: LeverPath) -> Any:
    """A lever as plain data: a number, a list of names, or numbers by quarter."""
    if path.constant is None:
        return {quarter_label(year): value for year, value in path.points}
    return list(path.constant) if isinstance(path.constant, tuple) else path.constant


def last_quarter(end: float | None) -> str | None:
    """Label of the last quarter in force, of an end that is the first quarter after it."""
    return None if end is None else quarter_label(end - QUARTER)


def _part(part: Part) -> dict[str, Any]:
    start = None if part.start is None else quarter_label(part.start)
    return {"strategy": part.strategy, "size": lever_value(part.size), "start": start, "end": last_quarter(part.end)}


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "id": measure.id,
        "instrument": measure.instrument,
        "start": quarter_label(measure.start),
        "end": last_quarter(measure.end),
        "announced": None if measure.announced is None else quarter_label(measure.announced),
        "suspended": [[quarter_label(a), last_quarter(b)] for a, b in measure.suspended],
        "from": list(measure.senders),
        "to": list(measure.targets),
        "joining": {region: quarter_label(when) for region, when in measure.joining},
        "levers": {name: lever_value(path) for name, path in measure.levers.items()},
        "source": measure.source,
        "place": place_label(measure.place),
    }
