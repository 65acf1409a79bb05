"""Results for other programs: tidy CSV, a workbook, the IAMC wide table that pyam reads, an archive for EMA workbench."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model import __version__
from model.errors import StoreError, UsageError
from model.experiments.query import connection, failure_table, read_states
from model.experiments.results import annual
from model.said import worded
from model.words import hint, speaker

BATCH = 40
"""States read at a time: a sweep need not fit into memory."""
EXCEL_ROWS = 1_048_576 - 20
KEYS = ("scenario", "state", "region", "variable", "unit")


@dataclass(frozen=True)
class Wanted:
    """What to export: folder, patterns of variables, regions (none: all), quarters instead of years, language."""

    folder: Path
    variables: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    quarters: bool = False
    lang: str = "en"


def export(wanted: Wanted, form: str, target: Path) -> int:
    """Write the target in a form ('csv', 'xlsx', 'iamc', 'ema'); returns the number of rows written."""
    check_matches(wanted)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    try:
        rows = FORMS[form](wanted, partial)
        if not rows:
            key = "export.nothing" if wanted.quarters or form == "csv" else "export.no_years"
            raise UsageError(speaker(wanted.lang)(key, folder=wanted.folder.as_posix()))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def check_matches(wanted: Wanted) -> None:
    """UsageError with every pattern and region that the results hold nothing of: else it would be missed without a word."""
    say, faults = speaker(wanted.lang), list[str]()
    with connection(wanted.folder, wanted.lang) as connected:
        for kind, asked in (("variable", wanted.variables), ("region", wanted.regions)):
            held = [str(name) for (name,) in connected.execute(f"SELECT DISTINCT {kind} FROM results ORDER BY 1").fetchall()] if asked else []
            absent = [text for text in asked if not any(fnmatchcase(name, text) if kind == "variable" else name == text for name in held)]
            faults += [f"--{kind} {text}: " + say("export.nothing", folder=wanted.folder.as_posix()) + hint(text, held, wanted.lang) for text in absent]
    if faults:
        raise UsageError("\n".join(faults))


def ending(form: str) -> str:
    """File name ending of a form."""
    return {"csv": ".csv", "xlsx": ".xlsx", "iamc": ".csv", "ema": ".tar.gz"}[form]


def batches(wanted: Wanted) -> Iterator[pd.DataFrame]:
    """Rows of results by groups of states: scenario, state (draw in a folder of `run`), region, variable, unit, quarter, value."""
    with connection(wanted.folder, wanted.lang) as connected:
        held = [name for (name,) in connected.execute("SELECT DISTINCT variable FROM results ORDER BY 1").fetchall()]
        names = [n for n in held if not wanted.variables or any(fnmatchcase(n, p) for p in wanted.variables)]
        columns = [row[0] for row in connected.execute("DESCRIBE results").fetchall()]
        place = "state" if "state" in columns else "draw"
        states = [s for (s,) in connected.execute(f"SELECT DISTINCT {place} FROM results ORDER BY 1").fetchall()]
        chosen = f"SELECT scenario, {place} AS state, region, variable, unit, quarter, value FROM results"
        where = f"WHERE list_contains(?::VARCHAR[], variable) AND {place} BETWEEN ? AND ?"
        where += " AND list_contains(?::VARCHAR[], region)" if wanted.regions else ""
        for start in range(0, len(states), BATCH):
            group = states[start : start + BATCH]
            given: list[Any] = [names, group[0], group[-1], *([list(wanted.regions)] if wanted.regions else [])]
            frame = connected.execute(f"{chosen} {where} ORDER BY ALL", given).df()
            if len(frame):
                yield frame


def wide(frame: pd.DataFrame, quarters: bool) -> pd.DataFrame:
    """One row a series, its years (whole years only, as `annual` makes them) or quarters as columns."""
    when = "quarter" if quarters else "year"
    tidy = frame if quarters else annual(frame)
    table = tidy.pivot(index=list(KEYS), columns=when, values="value")
    return table.rename_axis(columns=None).reset_index()


def case_name(scenario: str, state: int, sweep: bool) -> str:
    """The name of one run elsewhere: 'blocs@hedge#12'; draw 0 of a `run` (central values) keeps the bare name."""
    return f"{scenario}#{state}" if sweep or state else scenario


def _csv(wanted: Wanted, target: Path) -> int:
    """Tidy: a row a value, UTF-8 with BOM (spreadsheets show Hangul)."""
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        for frame in batches(wanted):
            frame.to_csv(file, index=False, header=not count, lineterminator="\n")
            count += len(frame)
    return count


def _iamc(wanted: Wanted, target: Path) -> int:
    """Wide: Model, Scenario, Region, Variable, Unit (and Subannual with quarters), then a column a year."""
    sweep, years = _is_sweep(wanted.folder), _year_labels(wanted)
    count = 0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        extra = ["Subannual"] if wanted.quarters else []
        writer.writerow(["Model", "Scenario", "Region", "Variable", "Unit", *extra, *years])
        for row, subannual, values in _iamc_rows(wanted):
            name = case_name(str(row["scenario"]), int(row["state"]), sweep)
            cells = ["" if np.isnan(v) else repr(float(v)) for v in (values.get(year, np.nan) for year in years)]
            writer.writerow(
                [f"BLOCS {__version__}", name, row["region"], row["variable"], row["unit"], *subannual, *cells]
            )
            count += 1
    return count


def _iamc_rows(wanted: Wanted) -> Iterator[tuple[dict[str, Any], list[str], dict[int, float]]]:
    """Rows of the wide table: keys, the quarter's name if there are quarters, value by year."""
    for frame in batches(wanted):
        table = wide(frame, wanted.quarters)
        times = [c for c in table.columns if c not in KEYS]
        for row in table.to_dict("records"):
            if not wanted.quarters:
                yield row, [], {int(t): float(row[t]) for t in times}  # type: ignore[misc]
                continue
            for part in ("Q1", "Q2", "Q3", "Q4"):
                own = {int(str(t)[:4]): float(row[t]) for t in times if str(t).endswith(part)}
                if not all(np.isnan(v) for v in own.values()):
                    yield row, [part], own  # type: ignore[misc]


def _xlsx(wanted: Wanted, target: Path) -> int:
    """A workbook: results (numbers as numbers) with title, unit, note and source, states of the world, failures."""
    from openpyxl import Workbook

    say, times, count = speaker(wanted.lang), _time_labels(wanted), 0
    book = Workbook(write_only=True)
    sheet = book.create_sheet(say("export.sheet.results"))
    sheet.append([say("export.title", folder=wanted.folder.name)])
    sheet.append([say("export.unit")])
    sheet.append([*(say(f"export.column.{key}") for key in KEYS), *times])
    for frame in batches(wanted):
        table = wide(frame, wanted.quarters)
        count += len(table)
        if count > EXCEL_ROWS:
            sheet.close()  # a sheet left open ends in another error, of lxml
            raise UsageError(say("export.too_many", rows=EXCEL_ROWS))
        for row in table.reindex(columns=[*KEYS, *times]).itertuples(index=False):
            sheet.append([_excel(value) for value in row])
    sheet.append([say("export.note" if not wanted.quarters else "export.note_quarters")])
    sheet.append([say("export.source", version=__version__, hash=_identity(wanted.folder))])
    if _is_sweep(wanted.folder):
        _sheet_of(book.create_sheet(say("export.sheet.states")), read_states(wanted.folder))
    _sheet_of(book.create_sheet(say("export.sheet.failures")), failure_table(wanted.folder))
    book.save(target)
    return count


def _sheet_of(sheet: Any, frame: pd.DataFrame) -> None:
    sheet.append([str(c) for c in frame.columns])
    for row in frame.itertuples(index=False):
        sheet.append([_excel(value) for value in row])


def _excel(value: Any) -> Any:
    """A cell: numbers as Python numbers, nothing for what is not known; text never begins a formula."""
    if value is pd.NA or (isinstance(value, (float, np.floating)) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    return f" {value}" if isinstance(value, str) and value.startswith("=") else value


def _ema(wanted: Wanted, target: Path) -> int:
    """EMA workbench's archive: a row an experiment (state x case), an array an outcome [experiment, time]."""
    if not _is_sweep(wanted.folder):
        raise UsageError(speaker(wanted.lang)("export.no_states", folder=wanted.folder.as_posix()))
    times = _time_labels(wanted)
    tables = [wide(frame, wanted.quarters) for frame in batches(wanted)]
    if not tables:
        return 0
    whole = pd.concat(tables, ignore_index=True).reindex(columns=[*KEYS, *times])
    runs = whole[["state", "scenario"]].drop_duplicates().sort_values(["scenario", "state"], ignore_index=True)
    states = read_states(wanted.folder).set_index("state").drop(columns=["sample", "draw"], errors="ignore")
    experiments = states.loc[runs["state"]].reset_index(drop=True)
    experiments = experiments.assign(scenario=runs["state"].astype(str), policy=runs["scenario"], model="blocs")
    place = pd.MultiIndex.from_frame(runs)
    outcomes = {}
    for (variable, region), rows in whole.groupby(["variable", "region"], sort=True):
        outcomes[f"{variable}[{region}]"] = (
            rows.set_index(["state", "scenario"])[times].reindex(place).to_numpy(dtype=float)
        )
    _write_archive(target, experiments, outcomes)
    return len(runs)


def _write_archive(target: Path, experiments: pd.DataFrame, outcomes: dict[str, np.ndarray]) -> None:
    """metadata.json, experiments.csv and a CSV an outcome, as `ema_workbench.load_results` expects them."""
    files = {
        f"{number}.csv": pd.DataFrame(values).to_csv(header=False, index=False)
        for number, values in enumerate(outcomes.values())
    }
    kinds = {name: "object" if dtype.kind not in "fiu" else str(dtype) for name, dtype in experiments.dtypes.items()}
    listed = [["ArrayOutcome", name, f"{number}.csv"] for number, name in enumerate(outcomes)]
    metadata = {"version": 0.1, "outcomes": listed, "experiments": kinds}
    with tarfile.open(target, "w:gz") as archive:
        for name, text in [
            ("experiments.csv", experiments.to_csv(index=False)),
            *files.items(),
            ("metadata.json", json.dumps(metadata)),
        ]:
            content = text.encode("utf-8")
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def _time_labels(wanted: Wanted) -> list[Any]:
    """Quarters, or whole years as numbers, in order."""
    quarters = _quarters(wanted)
    return (
        list(quarters)
        if wanted.quarters
        else [y for y in _distinct_years(quarters) if sum(q[:4] == str(y) for q in quarters) == 4]
    )


def _year_labels(wanted: Wanted) -> list[int]:
    """Years that stand as columns of the IAMC table."""
    return _distinct_years(_quarters(wanted)) if wanted.quarters else _time_labels(wanted)


def _quarters(wanted: Wanted) -> list[str]:
    with connection(wanted.folder, wanted.lang) as connected:
        return [q for (q,) in connected.execute("SELECT DISTINCT quarter FROM results ORDER BY 1").fetchall()]


def _distinct_years(quarters: Iterable[str]) -> list[int]:
    return sorted({int(quarter[:4]) for quarter in quarters})


def _is_sweep(folder: Path) -> bool:
    return (folder / "states.csv").is_file()


def _identity(folder: Path) -> str:
    """The hash of the plan or of the run, as far as the folder tells."""
    for name, key in (("plan.json", "hash"), ("manifest.json", "run")):
        if (folder / name).is_file():
            try:
                held = json.loads((folder / name).read_text(encoding="utf-8"))
                found = held.get(key) if isinstance(held, dict) else None
            except ValueError as fault:
                raise worded(StoreError, "error.json", file=folder / name, reason=fault) from fault
            if found:
                return str(found)[:12]
    return "–"


FORMS: dict[str, Callable[[Wanted, Path], int]] = {"csv": _csv, "xlsx": _xlsx, "iamc": _iamc, "ema": _ema}


def forms() -> Sequence[str]:
    """Names of the forms."""
    return tuple(FORMS)
