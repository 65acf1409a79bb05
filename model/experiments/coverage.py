"""What becomes of every row of the register: what it moves, what names it, what it is compared with, or why nothing does.

calibration/coverage.csv says for each row of figures/register.csv and figures/rules.csv how it is used:
`link` (a scenario or parameter points at it, so that changing the row changes that), `named` (it holds no number; the sources
of a parameter, lever, strategy, table or scenario name it), `outcome` (a result is compared with it, and nothing is put in),
or `none` with the reason. Here the table is checked against what the files say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from calibration.linked import LINK, figures, table
from calibration.registry import rows_by_key
from model.instruments import instruments
from model.scenario.folder import scenario_names
from model.strategies import strategies

USES = ("link", "named", "outcome", "none")
_POINTER = re.compile(LINK.pattern)


@dataclass(frozen=True)
class Coverage:
    """One row of the register: its role, how it is used, where (`kind:name`), a note, and what is wrong with that, if anything."""

    id: str
    role: str
    use: str
    where: tuple[str, ...]
    note: str
    fault: str = ""


@dataclass(frozen=True)
class Reproduced:
    """A table or figure of a report: the command and the outcomes that update it, or a note why there are none."""

    document: str
    item: str
    item_ko: str
    command: str
    outcomes: tuple[str, ...]
    note: str


def coverage() -> tuple[Coverage, ...]:
    """Every row of the register and of the rules in order, then what the table names and the register does not have."""
    said = {row["id"]: row for row in table("coverage.csv")}
    roles = {row["id"]: row["role"] for row in table("figures/register.csv")}
    found = [_row(name, roles.get(name, "rule"), said.get(name, {"use": "", "where": "", "note": ""})) for name in figures()]
    strange = [Coverage(name, "", row["use"], (), row["note"], "unknown") for name, row in said.items() if name not in figures()]
    return (*found, *strange)


def report_outputs() -> tuple[Reproduced, ...]:
    """The reports' own tables and figures."""
    return tuple(
        Reproduced(r["document"], r["item"], r["item_ko"], r["command"], _several(r["outcomes"]), r["note"])
        for r in table("report_outputs.csv")
    )


def _row(name: str, role: str, row: Mapping[str, str]) -> Coverage:
    where = _several(row["where"])
    return Coverage(name, role, row["use"], where, row["note"], _fault(name, row["use"], where, row["note"]))


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _fault(name: str, use: str, where: tuple[str, ...], note: str) -> str:
    """What is wrong with how a row is used: 'missing', 'no reason', 'nowhere', or the place that does not use it."""
    if use not in USES:
        return "missing"
    if use == "none":
        return "" if note and not where else "no reason"
    if not where:
        return "nowhere"
    if use == "outcome":
        return ""
    says = points if use == "link" else names
    return next((place for place in where if not says(place, name)), "")


def points(place: str, name: str) -> bool:
    """Whether a scenario or parameter points at a row (`register ID`, or a pattern that matches it)."""
    return any(re.fullmatch(re.escape(m[2]).replace(r"\*", ".*"), name) for m in _POINTER.finditer(_text(place, values=True)))


def names(place: str, name: str) -> bool:
    """Whether the sources of a place name a row."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", _text(place)) is not None


def _text(place: str, values: bool = False) -> str:
    """What a place says: of a scenario its own file; its sources and words are left out if `values` are asked for."""
    kind, _, name = place.partition(":")
    try:
        text = _PLACES[kind](name)
    except (KeyError, FileNotFoundError):
        return ""
    if values and kind == "parameter":
        return " | ".join(_raw(name)[column] for column in ("low", "value", "high"))
    return "\n".join(line for line in text.splitlines() if "source: " not in line) if values else text


def _scenario(name: str) -> str:
    return scenario_names()[name].read_text(encoding="utf-8")


def _raw(key: str) -> Mapping[str, str]:
    """A parameter's row as it stands in its file."""
    row = rows_by_key()[key]
    return next(r for r in table(row.file.removeprefix("calibration/")) if r["#line"] == str(row.line))


def _parameter(key: str) -> str:
    return " | ".join(_raw(key).values())


def _lever(name: str) -> str:
    instrument, _, lever = name.partition(".")
    return instruments()[instrument].levers[lever].source


@cache
def _table(name: str) -> str:
    return "\n".join(row["source"] for row in table(f"tables/{name}"))


_PLACES: dict[str, Callable[[str], str]] = {
    "scenario": _scenario, "parameter": _parameter, "lever": _lever, "table": _table,
    "strategy": lambda name: strategies()[name].source,
}  # fmt: skip
