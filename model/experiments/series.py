"""Figures beside simulated series: the rows of a file of figures, and what a run says in their place.

One form for what calibration uses (calibration/targets/*.csv) and for what a back-test is scored against. A row is a
value of a variable (a name of docs/observables.md, or sums and products of names) in a region (a code, several codes
added up, or a ratio of two) and a period. `transform` says in which form both sides are compared. Pure functions.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from model.axes import REGIONS, WORLD, quarter_start
from model.errors import Fault, ScenarioError
from model.experiments.results import FLOW_UNITS
from model.outcomes import Array, Recording
from model.words import nearest, speaker

REQUIRED = ("series_id", "variable", "region", "period", "value", "low", "high", "unit", "kind", "transform")
OPTIONAL = ("period_end", "published", "source", "locator", "grade", "note")
KINDS = ("train", "score")
PURE = {"index": 1.0, "ratio": 1.0, "index 0-1": 1.0, "percent": 100.0, "percent of new choices": 100.0}
"""Units without dimension -> what makes one: in a product a percentage counts as a share."""
TRANSFORM = re.compile(r"level|(?:index|change):(?:FY)?[0-9]{4}(?:Q[1-4])?|cross:-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e-?[0-9]{1,2})?")
Say = Callable[..., str]
PERIOD = re.compile(r"(?:FY)?([0-9]{4})(?:Q([1-4]))?")


@dataclass(frozen=True)
class Period:
    """Quarters that a period covers, with the part of each (months), and when it is over (years)."""

    parts: tuple[tuple[str, float], ...]
    end: float


@dataclass(frozen=True)
class Figure:
    """One row: a value with an 80 percent range, and where in the file it stands."""

    series_id: str
    variable: str
    region: str
    period: str
    covers: Period
    value: float
    low: float
    high: float
    unit: str
    kind: str
    transform: str
    published: str
    grade: str
    note: str
    file: str
    line: int


@dataclass(frozen=True)
class Panel:
    """Runs of one scenario: (region, variable) -> unit and values [draw, t]."""

    quarters: tuple[str, ...]
    series: Mapping[tuple[str, str], tuple[str, Array]]

    def names(self) -> set[str]:
        """All variables."""
        return {variable for _, variable in self.series}


def panel_of(recordings: Sequence[Recording]) -> Panel:
    """The panel of recordings with the same keys, one a draw."""
    first = recordings[0]
    values = np.stack([r.values for r in recordings])
    return Panel(first.quarters, {key[:2]: (key[2], values[:, i]) for i, key in enumerate(first.keys)})


# -- the file ----------------------------------------------------------------------------------------
def read_figures(text: str, file: str, lang: str = "en") -> tuple[Figure, ...]:
    """The rows of a file; ScenarioError with all faults at once. Rows without a value (empty or NaN) are left out."""
    say, reader = speaker(lang), csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [c for c in REQUIRED if c not in (reader.fieldnames or ())]
    if missing:
        found, allowed = say("series.no_column", names=", ".join(missing)), say("series.columns", names=", ".join(REQUIRED))
        raise ScenarioError([Fault(file, 1, 1, say("series.header"), found, allowed)])
    faults: list[Fault] = []
    columns = list(reader.fieldnames or ())
    try:
        rows = [_figure(raw, (file, reader.line_num), columns, faults, say) for raw in reader]
    except csv.Error as error:
        raise ScenarioError([Fault(file, reader.line_num, 1, say("series.row"), str(error), say("series.csv"))]) from None
    if faults:
        raise ScenarioError(faults)
    return tuple(row for row in rows if row is not None)


def _figure(raw: Mapping[str, str], place: tuple[str, int], columns: list[str], faults: list[Fault], say: Say) -> Figure | None:
    """One row, or None with a fault (or without a value)."""
    text = {c: (raw.get(c) or "").strip() for c in (*REQUIRED, *OPTIONAL)}

    def fault(column: str, key: str, **fields: object) -> None:
        at = columns.index(column) + 1 if column in columns else 1
        faults.append(Fault(*place, at, f"{text['series_id'] or '?'} {column}", repr(text[column]), say(f"series.{key}", **fields)))

    numbers = {c: _number(text[c]) for c in ("value", "low", "high")}
    if text["value"].lower() in ("", "nan"):
        return None
    before = len(faults)
    for column in ("series_id", "variable", "unit"):
        if not text[column]:
            fault(column, "empty")
    value, low, high = (numbers[c] for c in ("value", "low", "high"))
    if not math.isfinite(value):
        fault("value", "number")
    elif not -math.inf < low <= value <= high < math.inf:
        fault("low", "order")
    if text["kind"] not in KINDS:
        fault("kind", "among", names=", ".join(KINDS))
    if not TRANSFORM.fullmatch(text["transform"]):
        fault("transform", "among", names="level, index:PERIOD, change:PERIOD, cross:NUMBER")
    if any(code not in (*REGIONS, WORLD) for code in _codes(text["region"])):
        fault("region", "region", names=", ".join((*REGIONS, WORLD)))
    covers = period_of(text["period"], text["period_end"])
    if covers is None:
        fault("period", "period")
    if len(faults) > before or covers is None:
        return None
    return Figure(text["series_id"], text["variable"], text["region"], text["period"], covers, value, low, high, text["unit"],
                  text["kind"], text["transform"], text["published"], text["grade"], text["note"], *place)  # fmt: skip


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _codes(region: str) -> list[str]:
    """All codes of a list or ratio."""
    return [code.strip() for code in re.split(r"[+/,;]", region)]


def period_of(text: str, end: str = "") -> Period | None:
    """The period that a text names; None if it names none. A fiscal one ends at the end of the month nearest to `end`."""
    match = PERIOD.fullmatch(text)
    if not match:
        return None
    year, quarter = int(match[1]), int(match[2] or 0)
    months = 3 if quarter else 12
    if not text.startswith("FY"):
        return _months(12 * year + 3 * quarter if quarter else 12 * year + 12, months)
    try:
        day = date.fromisoformat(end)
    except ValueError:
        return None
    return _months(12 * day.year + day.month - (1 if day.day <= 15 else 0), months)


def _months(last: int, count: int) -> Period:
    """The period of `count` months up to month `last` (12 x year + month)."""
    parts: dict[str, float] = {}
    for month in range(last - count, last):
        label = f"{month // 12}Q{month % 12 // 3 + 1}"
        parts[label] = parts.get(label, 0.0) + 1 / 3
    return Period(tuple(parts.items()), last / 12)


# -- what a run says -----------------------------------------------------------------------------------
def variables_of(figures: Iterable[Figure]) -> tuple[str, ...]:
    """Names of all observables that the figures speak of."""
    return tuple(dict.fromkeys(n for f in figures for term in _terms(f.variable) for n in term if math.isnan(_number(n))))


def _terms(variable: str) -> list[list[str]]:
    """'A * B + C' -> [[A, B], [C]]."""
    return [[name.strip() for name in term.split("*")] for term in variable.split("+")]


def check_figures(figures: Sequence[Figure], panel: Panel, lang: str = "en") -> None:
    """ScenarioError with all rows whose variable, region, period or unit does not fit what was simulated."""
    faults, say = list[Fault](), speaker(lang)
    for figure in figures:
        try:
            unit = unit_of(panel, figure.variable, figure.region)
        except KeyError as error:
            faults.append(_unknown(figure, panel, error, say))
            continue
        if not figure.transform.startswith("index") and not _same_unit(unit, figure.unit):
            faults.append(_fault(figure, "unit", repr(figure.unit), say("series.unit", unit=unit)))
        if any(label not in panel.quarters for label, _ in figure.covers.parts):
            allowed = say("series.simulated", first=panel.quarters[0], last=panel.quarters[-1])
            faults.append(_fault(figure, "period", repr(figure.period), allowed))
    faults += [fault for rows in by_series(figures).values() for fault in _series_faults(rows, say)]
    if faults:
        raise ScenarioError(faults)


def _fault(figure: Figure, column: str, found: str, allowed: str, fix: str = "") -> Fault:
    """A fault in one column of a row."""
    return Fault(figure.file, figure.line, 1, f"{figure.series_id} {column}", found, allowed, fix)


def _series_faults(rows: list[Figure], say: Say) -> Iterator[Fault]:
    """What is wrong with the rows of one series together: no base, a base of zero, two that end at the same time."""
    base = base_period(rows[0].transform)
    bases = [row for row in rows if row.period == base]
    if base and not bases:
        yield _fault(rows[0], "transform", say("series.no_base", period=base), say("series.base"))
    for row in bases:
        if row.transform.startswith("index") and row.value == 0:
            yield _fault(row, "value", "0", say("series.zero"))
    for before, row in pairwise(rows):
        if before.covers.end == row.covers.end:
            yield _fault(row, "period", repr(row.period), say("series.twice", line=before.line))


def _same_unit(model: str, given: str) -> bool:
    """Whether a figure's unit is the simulated one ('percent' stands for any percentage)."""
    return model == given or (given == "percent" and model.startswith("percent"))


def _unknown(figure: Figure, panel: Panel, error: KeyError, say: Say) -> Fault:
    """What to say about a name that no run has, or about names that cannot be added up."""
    name, *why = error.args
    if why:
        return _fault(figure, "variable", say(f"series.{why[0]}", variable=name, units=why[1]), say("series.see"))
    if name in panel.names():
        return _fault(figure, "region", say("series.no_row", variable=name, region=figure.region), say("series.see"))
    near = nearest(name, sorted(panel.names()))
    return _fault(figure, "variable", repr(name), say("series.see"), say("error.did_you_mean", name=near) if near else "")


def unit_of(panel: Panel, variable: str, region: str) -> str:
    """Unit of an expression; KeyError with what is unknown or cannot be added up."""
    if "/" in region:
        for side in region.split("/"):
            unit_of(panel, variable, side)
        return "ratio"
    codes = [c.strip() for c in re.split(r"[+,;]", region)]
    units = {_quarterly(panel, variable, code)[0] for code in codes}
    if len(units) > 1 or (len(codes) > 1 and (units & set(PURE) or "log" in min(units))):
        raise KeyError(variable, "no_sum", ", ".join(sorted(units)))
    return units.pop()


def _quarterly(panel: Panel, variable: str, region: str) -> tuple[str, Array]:
    """Unit and values [draw, t] of sums and products of observables in one region; World adds up what has no row of its own."""
    total, units = np.zeros(1), set()
    for term in _terms(variable):
        product, unit = np.ones(1), ""
        for name in term:
            number = _number(name)
            own, values = ("", np.array([number])) if not math.isnan(number) else _one(panel, name, region)
            product, unit = _times(product, unit, values, own)
        total = total + product
        units.add(unit)
    if len(units) > 1:
        raise KeyError(variable, "mixed", ", ".join(sorted(units)))
    return units.pop(), total


def _one(panel: Panel, name: str, region: str) -> tuple[str, Array]:
    """One observable in one region."""
    if (region, name) in panel.series:
        return panel.series[region, name]
    parts = [panel.series[code, name] for code in REGIONS if (code, name) in panel.series]
    if region != WORLD or not parts or parts[0][0] in PURE or "log" in parts[0][0]:
        raise KeyError(name)
    return parts[0][0], np.sum([np.nan_to_num(values) for _, values in parts], axis=0)


def _times(a: Array, unit: str, b: Array, other: str) -> tuple[Array, str]:
    """A product and its unit: percentages count as shares beside a unit with dimension, or beside each other."""
    if not unit or not other:
        return a * b, unit or other
    if other in PURE:
        return a * b / PURE[other], unit
    if unit in PURE:
        return a * b / PURE[unit], other
    return a * b, f"{unit} * {other}"


def simulated(panel: Panel, figure: Figure) -> Array:
    """Value of a figure's expression in its period [draw], before any transform."""
    sides = figure.region.split("/")
    values = [_over(panel, figure.variable, side, figure.covers) for side in sides]
    return values[0] / values[1] if len(values) > 1 else values[0]


def _over(panel: Panel, variable: str, region: str, period: Period) -> Array:
    """Sum of a flow, mean of anything else, over a period and added over regions [draw]."""
    total: Array = np.zeros(1)
    places = [panel.quarters.index(label) for label, _ in period.parts]
    weights = np.array([weight for _, weight in period.parts])
    for code in (c.strip() for c in re.split(r"[+,;]", region)):
        unit, values = _quarterly(panel, variable, code)
        picked = values[:, places] @ weights
        total = total + (picked if unit in FLOW_UNITS else picked / weights.sum())
    return total


# -- transforms ----------------------------------------------------------------------------------------
def by_series(figures: Iterable[Figure]) -> dict[tuple[str, str], list[Figure]]:
    """Figures of one series and transform together, by the end of their period."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        found.setdefault((figure.series_id, figure.transform), []).append(figure)
    return {key: sorted(rows, key=lambda row: row.covers.end) for key, rows in found.items()}


def base_period(transform: str) -> str:
    """The period that a transform divides by or measures from; empty for a level or a crossing."""
    kind, _, period = transform.partition(":")
    return period if kind in ("index", "change") else ""


def transformed(transform: str, value: Array | float, base: Array | float) -> Array:
    """A value in the form it is compared in."""
    kind = transform.partition(":")[0]
    if kind == "index":
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.asarray(value) / np.asarray(base))
    return np.asarray(value - np.asarray(base)) if kind == "change" else np.asarray(value)


def spread(figure: Figure, base: Figure | None) -> float:
    """Standard deviation of a transformed figure from its 80 percent range, and its base's; a base is exact to itself."""
    own = (figure.high - figure.low) / WIDTH
    if base is None or not base_period(figure.transform):
        return own
    start = (base.high - base.low) / WIDTH
    if figure.transform.startswith("change"):
        return math.hypot(own, start)
    return math.hypot(own, start * figure.value / base.value) / abs(base.value)


WIDTH = 2.5631031310892007
"""Standard deviations between the 10th and the 90th percentile of a normal."""


def crossing(times: Sequence[float], values: Sequence[float], level: float, end: float) -> float:
    """When a path first reaches a level, coming from its first value, linear in between; `end` if it does not."""
    side = values[0] < level
    for i in range(1, len(values)):
        if (values[i] >= level) == side:
            part = (level - values[i - 1]) / (values[i] - values[i - 1])
            return min(times[i - 1] + part * (times[i] - times[i - 1]), end)
    return end


def quarter_ends(panel: Panel) -> list[float]:
    """End of every quarter in years."""
    return [quarter_start(label) + 0.25 for label in panel.quarters]
