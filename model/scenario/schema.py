"""JSON Schema (draft 2020-12) of scenario files, made from the registries; editors check files against it.

`python -m model.scenario.schema` writes scenarios/scenario.schema.json; a test keeps it current. The
parser is stricter: it also checks names across keys, the order of dates and the ranges of overrides.
"""

from __future__ import annotations

import json
from typing import Any

from calibration.linked import PATTERN
from model.axes import REGIONS
from model.instruments import Instrument, Lever, instruments
from model.scenario.folder import SCHEMA_FILE, scenario_folder
from model.scenario.measures import ALL_TECHNOLOGY, REQUIRED, TECHNOLOGY
from model.scenario.plans import BUDGET, MOST_BUDGET, STRENGTH
from model.scenario.validate import CHANNELS, KEYS, STATES
from model.strategies import paid
from model.words import LANGUAGES, word

Schema = dict[str, Any]

NAME = r"^[A-Za-z가-힣][A-Za-z0-9가-힣_-]{0,59}$"
TOKEN = r"^[a-z][a-z0-9_]{0,39}$"
DATE = r"^([0-9]{4}(Q[1-4]|-[0-9]{2}-[0-9]{2})|register [A-Za-z0-9_.-]+)$"


def scenario_schema() -> Schema:
    """The schema of a whole file."""
    own = {"name": {"type": "string", "pattern": NAME}, "title": _languages(), "story": _languages()}
    rest: Schema = {
        "extends": {"type": "string", "pattern": NAME},
        "baseline": {"type": "string", "pattern": NAME},
        "focus": {"enum": list(REGIONS)},
        "horizon": _span(),
        "instruments": {"type": "array", "items": {"oneOf": [_measure(i) for i in instruments().values()]}},
        "states": _map({r: {"enum": list(STATES)} for r in REGIONS}),
        "strategies": _map({"members": _members(), "stances": _named({"type": "string", "pattern": TOKEN}), "plans": _named(_plan())}),
        "overrides": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
        "channels": _map({c: {"const": True} for c in CHANNELS}),
        "sources": {"type": "array", "items": {"type": "string", "minLength": 1}},
    }
    properties = {key: {"description": word(f"scenario.key.{key}"), **{**own, **rest}[key]} for key in KEYS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "BLOCS scenario",
        "type": "object",
        "properties": properties,
        "required": list(own),
        "additionalProperties": False,
    }


def schema_text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(scenario_schema(), ensure_ascii=False, indent=1) + "\n"


def _languages() -> Schema:
    texts = {lang: {"type": "string", "minLength": 1} for lang in LANGUAGES}
    return {"type": "object", "properties": texts, "required": list(LANGUAGES), "additionalProperties": False}


def _map(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _named(value: Schema) -> Schema:
    return {"type": "object", "patternProperties": {TOKEN: value}, "additionalProperties": False}


def _members() -> Schema:
    return _named({"type": "array", "items": {"enum": list(REGIONS)}, "minItems": 1, "uniqueItems": True})


def _plan() -> Schema:
    """Strategies of a plan: a number, numbers by date, or a block with start and end."""
    dates = {"start": _date(), "end": _date()}
    known = {name: _sized({BUDGET: _over_time(0, MOST_BUDGET), **dates}, [BUDGET]) for name in paid()}
    of_stance = _sized({STRENGTH: _over_time(0, 1), **dates}, [])
    return {"type": "object", "properties": known, "additionalProperties": of_stance}


def _sized(properties: Schema, required: list[str]) -> Schema:
    """A number, numbers by date, or a block."""
    size = next(iter(properties.values()))
    return {"anyOf": [size, {**_map(properties), "required": required}]}


def _over_time(low: float, high: float) -> Schema:
    """A number (or a row of the register that has it), or numbers by date."""
    number: Schema = {"anyOf": [{"type": "number", "minimum": low, "maximum": high}, {"type": "string", "pattern": PATTERN}]}
    path = {"type": "object", "patternProperties": {DATE: number}, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [number, path]}


def _date() -> Schema:
    return {"type": "string", "pattern": DATE}


def _span() -> Schema:
    return {"type": "array", "items": _date(), "minItems": 2, "maxItems": 2}


def _side() -> Schema:
    tokens: Schema = {"anyOf": [{"enum": list(REGIONS)}, {"type": "string", "pattern": TOKEN}]}
    return {"type": "array", "items": tokens, "minItems": 1, "uniqueItems": True}


def _measure(instrument: Instrument) -> Schema:
    properties: Schema = {
        "instrument": {"const": instrument.name},
        "start": _date(),
        "end": _date(),
        "announced": _date(),
        "suspended": {"type": "array", "items": _span()},
        "from": _side(),
        "to": _side(),
        "joining": _map({r: _date() for r in REGIONS}),
        "source": {"type": "string", "minLength": 1},
    }
    described = {key: {"description": word(f"scenario.measure.{key}"), **value} for key, value in properties.items()}
    levers = {name: _lever(lever) for name, lever in instrument.levers.items()}
    needed = [name for name, lever in instrument.levers.items() if lever.needed]
    return {
        "title": instrument.name,
        "description": instrument.doc,
        "type": "object",
        "properties": {**described, **levers},
        "required": [*REQUIRED, *needed],
        "additionalProperties": False,
    }


def _lever(lever: Lever) -> Schema:
    description = f"{lever.doc} [{lever.unit}; source: {lever.source}]"
    if lever.choices:
        keyword = [ALL_TECHNOLOGY] if set(TECHNOLOGY) <= set(lever.choices) else []
        names: Schema = {"enum": [*lever.choices, *keyword]}
        if not lever.many:
            return {"description": description, **names}
        return {"description": description, "type": "array", "items": names, "minItems": 1, "uniqueItems": True}
    return {"description": description, "default": lever.neutral, **_over_time(lever.low, lever.high)}


def main() -> None:
    """Write the schema beside the scenarios."""
    target = scenario_folder() / SCHEMA_FILE
    target.write_text(schema_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
