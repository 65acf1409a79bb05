"""Pointing at a row of the register of figures instead of repeating it: its date and its number.

    start: register us.control.2022-10                              the row's date
    unnamed: register us.entity.2019-10 - 6                         its number, less six
    capability_cap: ln register ev.us.chip.threshold.compute / 125  the logarithm of a ratio
    value: register plat.fdi.2* / 1000                              the mean of all rows that match, scaled

Scenario files and parameter files read such texts by this module, so that a row that is mended moves what rests on it.
Rows are those of calibration/figures/register.csv and rules.csv (there the entities in China, else all that are listed).
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from statistics import fmean

LINK = re.compile(r"(ln )?register ([A-Za-z0-9_.*-]+)(?: ([-+*/]) ([0-9]+(?:\.[0-9]+)?))?")
PATTERN = r"^(ln )?register [A-Za-z0-9_.*-]+( [-+*/] [0-9.]+)?$"
"""The same for an editor's schema."""
FILES = ("register", "rules")
_DATE = re.compile(r"([0-9]{4})(?:-Q([1-4])|-([0-9]{2}))?")


@dataclass(frozen=True)
class Figure:
    """A row as others may point at it: its number, if it has one, and its period as printed."""

    number: float | None
    period: str


class LinkError(KeyError):
    """A text points at no row, or at a row without what is asked of it; `ids` are the rows there are if it is the first."""

    def __init__(self, what: str, name: str, ids: tuple[str, ...] = ()) -> None:
        """what: 'row', 'number' or 'date', which is missing for `name`."""
        super().__init__(f"register row {name}: no {what}")
        self.what, self.name, self.ids = what, name, ids


@cache
def table(path: str) -> tuple[Mapping[str, str], ...]:
    """A CSV below calibration/ ('figures/register.csv') as one mapping per row; '#line' is its line."""
    reader = csv.DictReader(io.StringIO(files("calibration").joinpath(path).read_text(encoding="utf-8")))
    return tuple({**row, "#line": str(reader.line_num)} for row in reader)


@cache
def figures() -> dict[str, Figure]:
    """All rows of both files by id."""
    rows = {row["id"]: Figure(_number(row["value"]), row["period"]) for row in table("figures/register.csv")}
    rules = {row["id"]: Figure(_number(row["listed_china"] or row["listed"]), row["date"]) for row in table("figures/rules.csv")}
    return rows | rules


def linked(text: str) -> bool:
    """Whether a text points at the register."""
    return LINK.fullmatch(text) is not None


def figure_number(text: str) -> float:
    """The number a text points at, with its arithmetic done; LinkError without one."""
    log, name, sign, by = _parts(text)
    value = fmean(_numbers(name))
    if sign:
        other = float(by)
        value = {"+": value + other, "-": value - other, "*": value * other, "/": value / other if other else math.inf}[sign]
    return math.log(value) if log and value > 0 else math.nan if log else value


def figure_date(text: str) -> str:
    """The first quarter of the period a text points at ('2019Q4'); LinkError without one."""
    log, name, sign, _ = _parts(text)
    if name not in figures():
        raise LinkError("row", name, tuple(figures()))
    match = _DATE.match(figures()[name].period)
    if log or sign or match is None:
        raise LinkError("date", name)
    quarter = match[2] or str((int(match[3]) - 1) // 3 + 1 if match[3] else 1)
    return f"{match[1]}Q{quarter}"


def number_of(text: str) -> float:
    """A number that is written out, or one that is pointed at; ValueError or LinkError."""
    return figure_number(text) if linked(text) else float(text)


def _parts(text: str) -> tuple[bool, str, str, str]:
    match = LINK.fullmatch(text)
    if match is None:
        raise LinkError("row", text, tuple(figures()))
    return bool(match[1]), match[2], match[3] or "", match[4] or ""


def _numbers(name: str) -> list[float]:
    """Numbers of the rows that match a name (`*` for any run of letters)."""
    rows = [row for key, row in figures().items() if fnmatchcase(key, name)]
    if not rows:
        raise LinkError("row", name, tuple(figures()))
    found = [row.number for row in rows if row.number is not None]
    if len(found) < len(rows):
        raise LinkError("number", name)
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
