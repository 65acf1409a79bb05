"""The register of parameters and figures: reading, checking, overriding, and the page that lists them.

Every number of the model stands in calibration/parameters/*.csv, one row per value, with unit, range,
grade and source. Python holds none of them. `python -m calibration.registry` writes docs/parameters.md.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from calibration.linked import number_of
from calibration.linked import table as table
from model.axes import ECOSYSTEMS
from model.errors import Fault, ScenarioError, UsageError
from model.said import worded
from model.units import UNITS
from model.world import Parameters

COLUMNS: tuple[str, ...] = (
    "name", "index", "symbol", "unit", "value", "low", "high", "distribution", "evidence",
    "source", "locator", "published", "en", "ko", "note",
)  # fmt: skip
DISTRIBUTIONS: tuple[str, ...] = (
    "lognormal", "loguniform", "normal", "uniform", "triangular", "beta", "discrete", "fixed",
)  # fmt: skip
GRADES: tuple[str, ...] = ("measured", "estimated", "assumed", "recalled")
SWEPT = "swept"
"""A measured or recalled row whose note holds this word varies in the draws as well."""
POSTERIOR = "posterior-2023-06.csv"
"""Table below calibration/ from which draws take the composites ('posterior-2023-06.csv'); empty: the priors alone."""
POSTERIORS = ("posterior-2023-06.csv", "posterior-2025-01.csv")
"""All that are shipped, by the origin whose figures they know."""


@dataclass(frozen=True)
class Row:
    """One value of one parameter, as it stands in a file: what it is, how far it may lie, where it is from.

    `low`, `high`: 5th and 95th percentile, or the ends for uniform, triangular and discrete; draws are
    truncated to them. `value` holds for draw 0. `published`: year or ISO date; of the assumption if assumed.
    """

    name: str
    index: str
    symbol: str
    unit: str
    value: float
    low: float
    high: float
    distribution: str
    evidence: str
    source: str
    locator: str
    published: str
    en: str
    ko: str
    note: str
    file: str
    line: int

    @property
    def key(self) -> str:
        """'name[index]', or the name alone for a scalar."""
        return f"{self.name}[{self.index}]" if self.index else self.name

    @property
    def choices(self) -> tuple[str, ...]:
        """The alternatives of a row of unit 'name', by place: its value 0 means the first; else empty."""
        return _choices(self.note) if self.unit == "name" else ()

    @property
    def varies(self) -> bool:
        """Whether the draws move it: estimated, assumed, discrete or marked swept, and not fixed."""
        if self.distribution == "fixed" or self.low == self.high:
            return False
        return self.evidence in ("estimated", "assumed") or self.distribution == "discrete" or SWEPT in self.note


@cache
def load_rows() -> tuple[Row, ...]:
    """All rows of all parameter files, files in alphabetical order; all faults together if there are any."""
    folder = files("calibration").joinpath("parameters")
    names = sorted(p.name for p in folder.iterdir() if p.name.endswith(".csv"))
    faults: list[Fault] = []
    rows = [row for name in names for row in _read(f"parameters/{name}", faults)]
    faults += _duplicates(rows)
    if faults:
        raise ScenarioError(faults)
    return tuple(rows)


def _read(path: str, faults: list[Fault]) -> list[Row]:
    """The rows of one file; what is wrong with them is added to `faults`."""
    rows = []
    for raw in table(path):
        try:
            row = _row(raw, f"calibration/{path}")
        except (KeyError, TypeError, ValueError) as error:
            found = f"{type(error).__name__}: {error}"
            faults.append(Fault(f"calibration/{path}", int(raw["#line"]), 1, raw.get("name") or "?", found, "see docs"))
            continue
        rows.append(row)
        faults += _faults(row)
    return rows


def _row(raw: Mapping[str, str], file: str) -> Row:
    """One row with its numbers as numbers (a name as its place); ValueError or KeyError if that fails."""
    text = {c: raw[c].strip() for c in COLUMNS if c not in ("value", "low", "high")}
    if text["unit"] == "name":
        choices = _choices(text["note"])
        low, value, high = 0.0, float(choices.index(raw["value"].strip())), float(len(choices) - 1)
    else:
        low, value, high = (number_of(raw[c].strip()) for c in ("low", "value", "high"))
    return Row(**text, value=value, low=low, high=high, file=file, line=int(raw["#line"]))


def _choices(note: str) -> tuple[str, ...]:
    """The named alternatives of a row of unit 'name': 'alternatives: a, b, c; ...' in its note."""
    _, mark, rest = note.partition("alternatives:")
    return tuple(word.strip() for word in rest.split(";")[0].split(",")) if mark else ()


def _faults(row: Row) -> Iterable[Fault]:
    """What is wrong with a row: range, unit, distribution, grade (sources and dates: `undocumented`)."""
    checks = (
        ("value", row.low <= row.value <= row.high, f"low {row.low} to high {row.high}", str(row.value)),
        ("value", all(map(math.isfinite, (row.low, row.value, row.high))), "finite numbers", str(row.value)),
        ("unit", row.unit in UNITS, "a unit of model/units.py", row.unit),
        ("distribution", row.distribution in DISTRIBUTIONS, ", ".join(DISTRIBUTIONS), row.distribution),
        ("distribution", row.low > 0 or not row.distribution.startswith("log"), "low above 0", str(row.low)),
        ("value", 0 < row.value < 1 or row.distribution != "beta", "between 0 and 1", str(row.value)),
        ("evidence", row.evidence in GRADES, ", ".join(GRADES), row.evidence),
    )
    for column, good, allowed, found in checks:
        if not good:
            place = (row.file, row.line, COLUMNS.index(column) + 1)
            yield Fault(*place, f"{row.key} {column}", found, f"allowed: {allowed}")


def _duplicates(rows: list[Row]) -> list[Fault]:
    """One fault for each (name, index) that stands a second time."""
    first: dict[str, Row] = {}
    faults = []
    for row in rows:
        if first.setdefault(row.key, row) is not row:
            place = f"{first[row.key].file}:{first[row.key].line}"
            faults.append(Fault(row.file, row.line, 1, row.key, "declared twice", f"first in {place}"))
    return faults


@cache
def rows_by_key() -> Mapping[str, Row]:
    """Rows by 'name[index]'."""
    return {row.key: row for row in load_rows()}


def build_parameters(values: Mapping[str, float]) -> Parameters:
    """Parameters from values by 'name[index]'; a row not given keeps its central value."""
    nested: dict[str, dict[str, float]] = {}
    for row in load_rows():
        nested.setdefault(row.name, {})[row.index] = values.get(row.key, row.value)
    return Parameters(nested)


COUNTRY_SHARES = {"location": "location_share", "purchase": "purchase_share", "brand_home": "brand_share"}
"""Items of segment_shares_2018.csv -> the names by which a scenario may override them."""


@cache
def country_rows() -> dict[str, Row]:
    """The base-year shares of regions by 'name[region/segment]' (percent of the world), for a country that is like another.

    They are no parameters: they stand in a table, are never drawn, and any share may be set. The others' shares
    give way in proportion (calibration.base_year_tables).
    """
    path = "tables/segment_shares_2018.csv"
    rows = {}
    for raw in table(path):
        name, index = COUNTRY_SHARES[raw["item"]], f"{raw['region']}/{raw['segment']}"
        row = Row(name, index, "", "percent", float(raw["value"]), 0.0, 100.0, "fixed", raw["evidence"], raw["source"], "",
                  raw["published"], "", "", raw["note"], f"calibration/{path}", int(raw["#line"]))  # fmt: skip
        rows[row.key] = row
    return rows


@cache
def central() -> Parameters:
    """The parameters at their central values (draw 0)."""
    return build_parameters({})


@cache
def titles() -> dict[str, dict[str, str]]:
    """Name -> {'en', 'ko'}: the short title that stands in the first row of the name."""
    found: dict[str, dict[str, str]] = {}
    for row in load_rows():
        if row.en or row.name not in found:
            found.setdefault(row.name, {"en": row.en, "ko": row.ko})
    return found


@cache
def uncertain() -> tuple[Row, ...]:
    """The rows that vary between draws: the list of uncertainties for sweeps."""
    return tuple(row for row in load_rows() if row.varies)


def choice(parameters: Parameters, name: str) -> str:
    """The alternative that a parameter of unit 'name' stands at."""
    return rows_by_key()[name].choices[int(parameters.scalar(name))]


def undocumented() -> tuple[str, ...]:
    """Places of rows without a source (or the word 'assumed') or without a year or ISO date."""
    lacking = (row for row in load_rows() if not row.source or not row.published[:4].isdigit())
    return tuple(f"{row.file}:{row.line}: {row.key}" for row in lacking)


@cache
def joint(name: str) -> float:
    """A number of calibration/joint.csv: what ties several draws together."""
    return float(next(row["value"] for row in table("joint.csv") if row["name"] == name))


def posterior_by(origin: str) -> str:
    """The latest posterior in use that knows nothing published after an origin (YYYY-MM); '' before all, or where none is in use."""
    known = [name for name in POSTERIORS if name[10:17] <= origin]
    return known[-1] if known and POSTERIOR else ""


def parameter_hash(parameters: Parameters) -> str:
    """sha256 over all names, indices and values in canonical form; independent of their order."""
    content = {name: {i: repr(float(v)) for i, v in rows.items()} for name, rows in parameters.items()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@cache
def tables_hash() -> str:
    """sha256 over the parameter tables (values, ranges, distributions) and the numbers that tie draws together."""
    rows = [f"{r.key} {r.value!r} {r.low!r} {r.high!r} {r.distribution} {r.evidence}" for r in load_rows()]
    ties = [f"{row['name']} {row['value']}" for row in table("joint.csv")]
    points = [",".join(row.values()) for row in table(POSTERIOR)] if POSTERIOR else []
    return hashlib.sha256("\n".join(sorted(rows) + sorted(ties) + points).encode()).hexdigest()


def override(parameters: Parameters, changes: Mapping[str, float | str], check: bool = True) -> Parameters:
    """Parameters with some values replaced: 'name[index]', or 'name' for a scalar or all of its rows.

    Raises UsageError for an unknown name (with the nearest ones), a value out of its range, or values
    that do not fit together. `check=False` leaves out ranges: for tests of limits only.
    """
    values = {name: dict(rows) for name, rows in parameters.items()}
    for key, value in changes.items():
        for row in _named(key):
            values.setdefault(row.name, {})[row.index] = _checked(row, value, check)
    changed = Parameters(values)
    if check:
        _fit_together(changed)
    return changed


def _named(key: str) -> list[Row]:
    """The rows a key names."""
    rows = {**rows_by_key(), **country_rows()}
    found = [rows[key]] if key in rows else [row for row in load_rows() if row.name == key]
    if not found:
        near = difflib.get_close_matches(key, [*rows, *titles()], n=3)
        raise worded(UsageError, "parameter.near" if near else "parameter.none", name=key, near=", ".join(near))
    return found


def _checked(row: Row, value: float | str, check: bool) -> float:
    """The value as a number within the row's range; a name as its place among the alternatives."""
    try:
        number = float(row.choices.index(value)) if isinstance(value, str) and value in row.choices else float(value)
    except ValueError:
        raise worded(UsageError, "parameter.no_number", name=row.key, value=repr(value), unit=row.unit) from None
    if not math.isfinite(number) or (check and not row.low <= number <= row.high):
        raise worded(UsageError, "parameter.range", name=row.key, value=value, low=f"{row.low:g}", high=f"{row.high:g}", unit=row.unit)
    return number


def _fit_together(parameters: Parameters) -> None:
    """What several values must obey together: e1 < sigma; shares of a choice set and channel weights add to 1."""
    sigma = parameters["elasticity_of_substitution"]
    for segment, e1 in parameters["one_year_elasticity"].items():
        if e1 >= sigma[segment]:
            raise worded(UsageError, "parameter.elasticities", segment=segment, short=f"{e1:g}", long=f"{sigma[segment]:g}")
    for name, indices in share_sets():
        total = math.fsum(parameters[name][i] for i in indices)
        if abs(total - 1.0) > 1e-9:
            raise worded(UsageError, "parameter.shares", names=f"{name}[{', '.join(indices)}]", total=f"{total:.6g}")


@cache
def share_sets() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(name, indices) of values that add to 1: channel weights, and each region's share in each choice set."""
    weights = tuple(row.index for row in load_rows() if row.name == "diffusion_channel_weight")
    shares = [row.index for row in load_rows() if row.name == "ecosystem_share_2018"]
    regions = dict.fromkeys(i.split("/")[0] for i in shares)
    sets = [tuple(f"{r}/{e}" for e in choices) for r in regions for choices in ECOSYSTEMS.values()]
    return (("diffusion_channel_weight", weights), *(("ecosystem_share_2018", s) for s in sets))


def _cell(text: str) -> str:
    """Text that fits a cell of a Markdown table."""
    return text.replace("|", "/") or "-"


def _line(row: Row) -> str:
    """One row of the page."""
    value = f"{row.value:g}"
    span = f"{row.low:g} to {row.high:g}" if row.low != row.high else "-"
    source = "; ".join(t for t in (row.source, row.locator) if t)
    graded = (row.distribution, row.evidence, source, row.published, row.note)
    return "| " + " | ".join(map(_cell, (f"`{row.key}`", row.symbol, row.unit, value, span, *graded))) + " |"


HEAD = ("name", "symbol", "unit", "value", "range", "draw", "grade", "source", "published", "note")


def parameters_page() -> str:
    """docs/parameters.md: one table per file with name, symbol, unit, value, range, grade and source."""
    rows = load_rows()
    counts = ", ".join(f"{sum(r.evidence == g for r in rows)} {g}" for g in GRADES)
    parts = [
        "# Parameters", "",
        "Written by `python -m calibration.registry` from `calibration/parameters/*.csv`; do not edit by hand.", "",
        f"{len(rows)} values of {len(titles())} parameters: {counts}; {len(uncertain())} vary between draws. "
        "A range is the 5th to the 95th percentile, or the ends for uniform, triangular and discrete; "
        "draws never leave it. Joint draws follow `calibration/joint.csv`.",
    ]  # fmt: skip
    for file in dict.fromkeys(row.file for row in rows):
        own = [row for row in rows if row.file == file]
        parts += ["", f"## {file.rsplit('/', 1)[1][:-4].replace('_', ' ').capitalize()}", ""]
        parts += [f"- `{n}`: {titles()[n]['en']} ({titles()[n]['ko']})" for n in dict.fromkeys(row.name for row in own)]
        parts += ["", f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)]
        parts += [_line(row) for row in own]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    Path("docs/parameters.md").write_text(parameters_page(), encoding="utf-8", newline="\n")
