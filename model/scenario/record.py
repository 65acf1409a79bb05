"""A scenario as plain data for the manifest, and the hash that is part of a run's identity."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from model.axes import quarter_label, quarter_start
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


def restored(data: Mapping[str, Any]) -> Scenario:
    """The scenario that `resolved` wrote down, but for the places of its values."""
    return Scenario(
        name=data["name"], title=data["title"], story=data["story"], baseline=data["baseline"], focus=data["focus"],
        first=data["horizon"][0], last=data["horizon"][1],
        measures=tuple(restored_measure(m) for m in data["measures"]),
        blocs={name: tuple(members) for name, members in data["blocs"].items()}, stances=data["stances"],
        plans={name: tuple(_restored_part(part) for part in parts) for name, parts in data["plans"].items()},
        states=data["states"], overrides=data["overrides"], channels=data["channels"], sources=tuple(data["sources"]),
    )  # fmt: skip


def restored_measure(data: Mapping[str, Any]) -> Measure:
    """A measure as `resolved` wrote it down."""
    file, _, line = data["place"].rpartition(":")
    announced = data["announced"]
    return Measure(
        id=data["id"], instrument=data["instrument"], start=quarter_start(data["start"]), end=_end(data["end"]),
        announced=None if announced is None else quarter_start(announced),
        suspended=tuple((quarter_start(a), quarter_start(b) + QUARTER) for a, b in data["suspended"]),
        senders=tuple(data["from"]), targets=tuple(data["to"]),
        levers={name: _lever_path(value) for name, value in data["levers"].items()},
        source=data["source"], place=Place(file, int(line)),
        joining=tuple((region, quarter_start(when)) for region, when in data["joining"].items()),
    )  # fmt: skip


def _restored_part(data: Mapping[str, Any]) -> Part:
    start = None if data["start"] is None else quarter_start(data["start"])
    return Part(data["strategy"], _lever_path(data["size"]), start, _end(data["end"]))


def _end(last: str | None) -> float | None:
    return None if last is None else quarter_start(last) + QUARTER


def _lever_path(value: Any) -> LeverPath:
    if isinstance(value, dict):
        return LeverPath(points=tuple(sorted((quarter_start(label), v) for label, v in value.items())))
    return LeverPath(constant=tuple(value) if isinstance(value, list) else value)


def place_label(place: Place) -> str:
    """'scenarios/blocs.yaml:12' for shipped files, the bare name for a file elsewhere, '--set:1' for an option."""
    return f"{_file_label(place.file, os.getcwd())}:{place.line}"


@lru_cache(256)
def _file_label(file: str, _here: str) -> str:
    """The file's part of it; a scenario has hundreds of places and a handful of files, whose paths may hang on the folder worked in."""
    if file.startswith("--"):
        return file
    path = Path(file)
    try:
        shipped = path.absolute().relative_to(scenario_folder().absolute())
        return (PurePosixPath("scenarios") / shipped.as_posix()).as_posix()
    except ValueError:
        return path.name


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
