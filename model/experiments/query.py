"""Questions to a results folder in SQL, answered by a DuckDB that can read that folder's results and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pandas as pd

from model.errors import StoreError, UsageError
from model.experiments.kinds import kind_of
from model.experiments.store import COLUMNS, MANIFEST, RESULTS
from model.experiments.sweep import load_sweep
from model.said import worded
from model.words import word

LOCKS = (
    "SET python_enable_replacements = false", "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false", "SET allow_community_extensions = false",
    "SET enable_external_access = false", "SET lock_configuration = true",
)  # fmt: skip
"""No variables of this program, no extensions, no files but those allowed before, and no way back."""


def ask(folder: Path, sql: str, lang: str = "en") -> pd.DataFrame:
    """The answer to one SELECT over the views `results`, `states` and `failures` of a folder."""
    check_select(sql, lang)
    with connection(folder, lang) as connected:
        try:
            return connected.execute(sql).df()
        except duckdb.PermissionException as fault:
            raise UsageError(word("query.locked", lang, fault=_first_line(fault))) from fault
        except duckdb.OutOfMemoryException as fault:
            raise StoreError(word("query.memory", lang, fault=_first_line(fault))) from fault
        except duckdb.Error as fault:
            raise UsageError(word("query.fault", lang, fault=str(fault).strip())) from fault


def check_select(sql: str, lang: str = "en") -> None:
    """UsageError unless the text is exactly one SELECT (which may begin with WITH)."""
    try:
        found = [statement.type.name for statement in duckdb.extract_statements(sql)]
    except duckdb.Error as fault:
        raise UsageError(word("query.fault", lang, fault=str(fault).strip())) from fault
    if found != ["SELECT"]:
        raise UsageError(word("query.one_select", lang, found=", ".join(found) or "–"))


@contextmanager
def connection(folder: Path, lang: str = "en") -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory with the folder's views; it can open no other file, and its settings are locked.

    In a sweep's folder `results` has `state` where the file has `draw`: the row of `states` it belongs to.
    """
    files = result_files(folder, lang)
    if kind_of(folder) == "sweep":
        load_sweep(folder, lang)  # refused where plan.json and states.csv do not belong together
    sweep = (folder / "states.csv").is_file()
    with TemporaryDirectory() as spill, duckdb.connect(":memory:") as connected:
        connected.execute("SET temp_directory = $1", [spill])
        connected.execute("SET allowed_paths = $1", [files])
        _create(connected, "states", read_states(folder) if sweep else pd.DataFrame({"draw": pd.Series(dtype="int32")}))
        _create(connected, "failures", failure_table(folder, lang))
        for lock in LOCKS:
            connected.execute(lock)
        chosen = ", ".join(f"{name} AS state" if sweep and name == "draw" else name for name in COLUMNS)
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        try:
            connected.execute(f"CREATE VIEW results AS SELECT {chosen} FROM read_parquet([{listed}])")
        except duckdb.Error as fault:
            raise StoreError(word("query.broken", lang, folder=folder.as_posix(), fault=_first_line(fault))) from fault
        yield connected


def result_files(folder: Path, lang: str = "en") -> list[str]:
    """The parquet files of a folder: the compacted one, else the shards; StoreError if there are none."""
    whole = folder / RESULTS
    files = [whole] if whole.is_file() else sorted((folder / "shards").glob("[!.]*.parquet"))
    if not files:
        raise StoreError(word("query.no_results", lang, folder=folder.as_posix()))
    return [str(file.resolve()) for file in files]


def failure_table(folder: Path, lang: str = "en") -> pd.DataFrame:
    """Runs that failed: name, state (draw in a folder of `run`), reason; from `failed/` or the manifest."""
    found = [_object(path, lang) for path in sorted((folder / "failed").glob("*.json"))]
    if not found and (folder / MANIFEST).is_file():
        listed: list[Any] = _object(folder / MANIFEST, lang).get("failed") or []
        found = [entry for entry in listed if isinstance(entry, dict)]
    rows = [(f.get("label", f.get("name")), f.get("state", f.get("draw")), f.get("reason")) for f in found]
    table = pd.DataFrame(rows, columns=["scenario", "state", "reason"])
    return table.astype({"scenario": object, "state": "Int64", "reason": object})


def _object(path: Path, lang: str) -> dict[str, Any]:
    """The object in a JSON file; StoreError where there is none, as after an edit by hand or a copy cut short."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise StoreError(word("error.json", lang, file=path.as_posix(), reason=fault)) from fault
    if not isinstance(held, dict):
        raise StoreError(word("error.json", lang, file=path.as_posix(), reason=type(held).__name__))
    return held


def read_states(folder: Path, name: str = "states.csv") -> pd.DataFrame:
    """The states of a sweep's folder, every number as it was written, to the last digit."""
    try:
        texts = pd.read_csv(folder / name, encoding="utf-8-sig", dtype=str)
    except ValueError as fault:  # empty, or no text
        raise worded(StoreError, "store.damaged", file=(folder / name).as_posix(), reason=str(fault)[:100]) from fault
    places = dict.fromkeys(set(texts.columns) & {"state", "sample", "draw"}, "int64")
    return texts.map(float).astype(places)


def _create(connected: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """A table of the frame's rows, with text as VARCHAR also where there is no row."""
    connected.register("frame_", frame)
    texts = {"scenario", "reason"} & set(frame.columns)
    columns = ", ".join(f'"{c}"::VARCHAR AS "{c}"' if c in texts else f'"{c}"' for c in frame.columns)
    connected.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM frame_")
    connected.unregister("frame_")


def _first_line(fault: BaseException) -> str:
    return str(fault).strip().split("\n")[0]
