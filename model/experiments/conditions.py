"""Conditions on outcomes: "Real Income[KOR,2035] < -1% and Exports[KOR,2035Q4] < 100", read and evaluated.

condition  = all of it joined by `and` and `or` (`and` binds first), grouped by ( )
comparison = VARIABLE [ REGION , YEAR or QUARTER ] OP NUMBER, with % the difference from the baseline in percent
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import pandas as pd

from model.errors import UsageError
from model.experiments.results import display_width
from model.words import word

OPERATORS: dict[str, Callable[[pd.Series, float], pd.Series]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "≤": operator.le, "≥": operator.ge,
}  # fmt: skip
_OPERATOR = re.compile("|".join(OPERATORS))
_NUMBER = re.compile(r"[+\-−]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_VARIABLE = re.compile(r"[^\[\]<>≤≥=()%,]+")
_REGION = re.compile(r"\w+")
_PERIOD = re.compile(r"\d{4}(Q[1-4])?(?!\w)")
DEEPEST = 50
"""Brackets within brackets: more is a slip, and would exhaust the reader."""
_JOINT = re.compile(r"(and|or)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Comparison:
    """One outcome against one number; `percent`: its difference from the baseline in percent."""

    variable: str
    region: str
    period: str
    sign: str
    number: float
    percent: bool

    def __str__(self) -> str:
        number = f"{self.number:g}{'%' if self.percent else ''}"
        return f"{self.variable}[{self.region},{self.period}] {self.sign} {number}"


@dataclass(frozen=True)
class Joint:
    """Conditions of which all ('and') or at least one ('or') must hold."""

    kind: str
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        inner = (f"({part})" if isinstance(part, Joint) else str(part) for part in self.parts)
        return f" {self.kind} ".join(inner)


Condition = Comparison | Joint


def parse(text: str, where: str = "--when", lang: str = "en") -> Condition:
    """The condition of a text; UsageError with place and caret at the first fault."""
    reader = _Reader(" ".join(text.split()), where, lang)
    found = reader.condition()
    reader.finish()
    return found


def comparisons(condition: Condition) -> list[Comparison]:
    """Every comparison of a condition, from left to right."""
    if isinstance(condition, Comparison):
        return [condition]
    return [found for part in condition.parts for found in comparisons(part)]


def holds(condition: Condition, values: Callable[[Comparison], pd.Series]) -> pd.Series:
    """Whether the condition holds, state by state; `values` gives the outcome that a comparison is about."""
    if isinstance(condition, Comparison):
        return OPERATORS[condition.sign](values(condition), condition.number)
    parts = [holds(part, values) for part in condition.parts]
    join = np.logical_and if condition.kind == "and" else np.logical_or
    return pd.Series(join.reduce([part.to_numpy() for part in parts]), index=parts[0].index)


class _Reader:
    """A text and how far it has been read."""

    def __init__(self, text: str, where: str, lang: str) -> None:
        self.text, self.where, self.lang, self.at, self.depth = text, where, lang, 0, 0

    def condition(self) -> Condition:
        """Parts joined by `or`."""
        return self._joined("or", lambda: self._joined("and", self._part))

    def finish(self) -> None:
        """Nothing may follow."""
        self._skip()
        if self.at < len(self.text):
            self.refuse("joint")

    def refuse(self, expected: str) -> NoReturn:
        """UsageError: what was expected here, with the text and a caret under the place."""
        rest = self.text[self.at :].split()
        found = f'"{rest[0]}"' if rest else word("discover.parse.end", self.lang)
        wanted = word(f"discover.parse.{expected}", self.lang)
        line = word("discover.parse.fault", self.lang, where=self.where, place=self.at + 1, wanted=wanted, found=found)
        raise UsageError(f"{line}\n  {self.text}\n  {' ' * display_width(self.text[: self.at])}^")

    def _joined(self, kind: str, read: Callable[[], Condition]) -> Condition:
        parts = [read()]
        while self._joint() == kind:
            self.at += len(kind)
            parts.append(read())
        return parts[0] if len(parts) == 1 else Joint(kind, tuple(parts))

    def _joint(self) -> str:
        self._skip()
        found = _JOINT.match(self.text, self.at)
        return found[1].lower() if found else ""

    def _part(self) -> Condition:
        self._skip()
        if not self.text.startswith("(", self.at):
            return self._comparison()
        if self.depth == DEEPEST:
            self.refuse("variable")
        self.at, self.depth = self.at + 1, self.depth + 1
        inner = self.condition()
        self._symbol(")", "bracket")
        self.depth -= 1
        return inner

    def _comparison(self) -> Comparison:
        variable = self._variable()
        region = self._match(_REGION, "region")
        self._symbol(",", "comma")
        period = self._match(_PERIOD, "period")
        self._symbol("]", "square")
        sign = self._match(_OPERATOR, "operator")
        number = self._number()
        self._skip()
        percent = self.text.startswith("%", self.at)
        self.at += percent
        return Comparison(variable, region, period, sign, number, percent)

    def _number(self) -> float:
        """A number that a computer can hold: 1e999 is none."""
        start = self.at
        number = float(self._match(_NUMBER, "number").replace("−", "-"))
        if not np.isfinite(number):
            self.at = start
            self.refuse("number")
        return number

    def _variable(self) -> str:
        """The words before '['."""
        name = self._match(_VARIABLE, "variable").strip()
        self._symbol("[", "place")
        return name

    def _match(self, pattern: re.Pattern[str], expected: str) -> str:
        self._skip()
        found = pattern.match(self.text, self.at)
        if found is None:
            self.refuse(expected)
        self.at = found.end()
        return found[0]

    def _symbol(self, symbol: str, expected: str) -> None:
        self._match(re.compile(re.escape(symbol)), expected)

    def _skip(self) -> None:
        while self.text.startswith(" ", self.at):
            self.at += 1
