"""The results store: results.parquet and manifest.json of one folder (docs/observables.md, form).

Written from arrays through DuckDB, run by run, so that no tidy frame of millions of rows ever exists.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from model.errors import StoreError
from model.outcomes import Recording
from model.said import worded

SCHEMA_VERSION = "1"
RESULTS = "results.parquet"
MANIFEST = "manifest.json"
COLUMNS = ("scenario", "draw", "seed", "region", "variable", "unit", "quarter", "value")
_TYPES = ("VARCHAR", "INTEGER", "BIGINT", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "DOUBLE")
_WORDS = ("scenario", "region", "variable", "unit", "quarter")
_ROW_GROUP = 122_880
_MASK = os.umask(0)
os.umask(_MASK)  # it can only be read by setting it, which other threads would notice: once, before there are any


def write_results(path: Path, recordings: Iterable[Recording]) -> str:
    """Write recordings as tidy, sorted results.parquet; returns the file's sha256.

    The bytes depend on the content only (one DuckDB version): not on the order of the recordings,
    on threads or on the clock. NaN gets no row; an infinity raises StoreError.
    """
    runs = sorted(recordings, key=lambda run: (run.scenario, run.draw, run.seed))
    if not runs:
        raise StoreError(f"{path}: no run to write")
    _check(runs)
    with refusing(path), scratch(path) as temporary:
        _copy(runs, temporary)
        publish(temporary, path)
    return sha256(path)


def write_run(path: Path, run: Recording, tags: Mapping[str, str]) -> None:
    """Write one run as a sorted parquet file of its own, with `tags` (key -> text) beside the schema version."""
    _check([run])
    frame = _run_frame(run, _vocabulary([run]))
    with refusing(path), scratch(path) as temporary:
        connection = _writer()
        connection.register("run", frame)
        connection.execute(_copy_statement("run", tags), [str(temporary)])
        connection.unregister("run")
        publish(temporary, path)


def merge_runs(path: Path, files: Sequence[Path]) -> str:
    """results.parquet from files of one run each, in the order given; returns its sha256. Streams: memory stays small."""
    with refusing(path), scratch(path) as temporary:
        connection = _writer()
        connection.execute("SET VARIABLE files = $1", [[str(file) for file in files]])
        connection.execute(_copy_statement("read_parquet(getvariable('files'))"), [str(temporary)])
        publish(temporary, path)
    return sha256(path)


def read_tags(files: Sequence[Path]) -> dict[Path, dict[str, str]]:
    """What stands beside the rows of each file (`tags` of `write_run`); a file that cannot be read is left out."""
    query = "SELECT file_name, key, value FROM parquet_kv_metadata($1)"
    try:
        rows = _writer().execute(query, [[str(file) for file in files]]).fetchall() if files else []
    except duckdb.Error:
        half = len(files) // 2  # a broken one among them: look in halves
        return {**read_tags(files[:half]), **read_tags(files[half:])} if half else {}
    found: dict[Path, dict[str, str]] = {}
    for name, key, value in rows:
        found.setdefault(Path(name), {})[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
    return found


@cache
def _writer() -> duckdb.DuckDBPyConnection:
    """A connection in memory, kept: opening one costs as much as writing a run."""
    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.execute("SET preserve_insertion_order = true")
    return connection


def read_results(
    path: Path, variables: Sequence[str] | None = None, regions: Sequence[str] | None = None
) -> pd.DataFrame:
    """Rows of results.parquet with the contract's columns; the words are categories.

    variables   names or shell patterns ('Value Added|*'); None: all
    regions     codes; None: all
    """
    if not Path(path).is_file():
        raise worded(StoreError, "store.absent", file=path)
    with refusing(path), _reader(Path(path)) as connection:
        _check_version(connection, path)
        wanted, values = _condition(connection, path, variables, regions)
        return _fetch(connection, path, wanted, values)


def frame_of(recordings: Iterable[Recording], variables: Sequence[str]) -> pd.DataFrame:
    """What `read_results` gives of these recordings once they are written, without waiting for the file."""
    runs = [_only(run, variables) for run in sorted(recordings, key=lambda run: (run.scenario, run.draw, run.seed))]
    words = _vocabulary(runs)
    frame = pd.concat([_run_frame(run, words) for run in runs], ignore_index=True)
    for column in _WORDS:
        held = frame[column].cat.remove_unused_categories()  # a series that is undefined throughout has no rows
        frame[column] = held.cat.rename_categories(pd.Index(list(held.cat.categories))).cat.as_ordered()
    return frame


def _only(run: Recording, variables: Sequence[str]) -> Recording:
    """A run's series of these names or patterns."""
    wanted = {name for name in {key[1] for key in run.keys} if any(fnmatchcase(name, pattern) for pattern in variables)}
    places = [place for place, key in enumerate(run.keys) if key[1] in wanted]
    return replace(run, keys=tuple(run.keys[place] for place in places), values=run.values[places])


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all, as it is given (no line ends changed)."""
    with refusing(path), scratch(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
        publish(temporary, path)


def write_manifest(
    folder: Path, manifest: Mapping[str, Any], provenance: Mapping[str, Any], without: Sequence[str] = ()
) -> Path:
    """Write manifest.json: the manifest, `cases` run, `outputs` (path -> sha256) and, apart, `provenance`.

    Time, host and paths belong into `provenance`, which stands outside every hash. Files of the subfolders `without`
    are no outputs.
    """
    folder = Path(folder)
    document = dict(manifest)
    document["schema_version"] = SCHEMA_VERSION
    document["cases"] = count_cases(folder / RESULTS) if (folder / RESULTS).is_file() else 0
    document["outputs"] = _outputs(folder, without)
    document["provenance"] = dict(provenance)
    target = folder / MANIFEST
    try:
        text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"
    except (TypeError, ValueError) as fault:
        raise StoreError(f"{target}: cannot be written as JSON: {fault}") from fault
    write_text(target, text)
    return target


def count_cases(path: Path) -> int:
    """Number of runs (scenario with stance, draw, seed) that a results.parquet holds."""
    with refusing(path), _reader(Path(path)) as connection:
        query = "SELECT count(*) FROM (SELECT DISTINCT scenario, draw, seed FROM read_parquet(?))"
        row = connection.execute(query, [str(Path(path).resolve())]).fetchone()
    return int(row[0]) if row else 0


def sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check(runs: Sequence[Recording]) -> None:
    """Refuse doubled runs or series, arrays of a wrong shape, and infinities."""
    seen: set[tuple[str, int, int]] = set()
    for run in runs:
        name = f"{run.scenario}, draw {run.draw}, seed {run.seed}"
        if (run.scenario, run.draw, run.seed) in seen:
            raise StoreError(f"two recordings of one run: {name}")
        seen.add((run.scenario, run.draw, run.seed))
        if len(set(run.keys)) != len(run.keys) or len(set(run.quarters)) != len(run.quarters):
            raise StoreError(f"{name}: a series or a quarter is recorded twice")
        if run.values.shape != (len(run.keys), len(run.quarters)):
            raise StoreError(f"{name}: values have shape {run.values.shape}, not series by quarters")
        _check_finite(run, name)


def _check_finite(run: Recording, name: str) -> None:
    """Raise StoreError at the first infinite value, naming its series and quarter."""
    infinite = np.argwhere(np.isinf(run.values))
    if len(infinite):
        series, quarter = infinite[0]
        raise StoreError(f"{name}: {' | '.join(run.keys[series])} is infinite in {run.quarters[quarter]}")


def _copy(runs: Sequence[Recording], temporary: Path) -> None:
    """Fill a table run by run, each already sorted, and copy it to parquet in that order."""
    words = _vocabulary(runs)
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("SET preserve_insertion_order = true")
        for column in _WORDS:
            connection.execute(f"CREATE TYPE {column}_word AS ENUM (SELECT unnest(?::VARCHAR[]))", [words[column]])
        kinds = [f"{name}_word" if name in _WORDS else kind for name, kind in zip(COLUMNS, _TYPES, strict=True)]
        declared = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, kinds, strict=True))
        connection.execute(f"CREATE TABLE results ({declared})")
        for run in runs:
            connection.register("run", _run_frame(run, words))
            connection.execute("INSERT INTO results SELECT * FROM run")
            connection.unregister("run")
        connection.execute(_copy_statement(), [str(temporary)])


def _copy_statement(source: str = "results", tags: Mapping[str, str] | None = None) -> str:
    """The COPY of a table to a parquet file with plain columns, the schema version and `tags` beside them."""
    plain = ", ".join(f"{name}::{kind} AS {name}" for name, kind in zip(COLUMNS, _TYPES, strict=True))
    beside = {"schema_version": SCHEMA_VERSION, **(tags or {})}
    pairs = ", ".join(f"{key}: '{_quoted(value)}'" for key, value in beside.items())
    return (
        f"COPY (SELECT {plain} FROM {source}) TO $1 (FORMAT parquet, COMPRESSION zstd, "
        f"ROW_GROUP_SIZE {_ROW_GROUP}, KV_METADATA {{{pairs}}})"
    )


def _quoted(text: str) -> str:
    """Text inside the quotes of SQL."""
    return text.replace("'", "''")


def _vocabulary(runs: Sequence[Recording]) -> dict[str, list[str]]:
    """Every word of each text column, sorted."""
    keys = {key for run in runs for key in run.keys}
    found: dict[str, set[str]] = {
        "scenario": {run.scenario for run in runs},
        "region": {key[0] for key in keys},
        "variable": {key[1] for key in keys},
        "unit": {key[2] for key in keys},
        "quarter": {quarter for run in runs for quarter in run.quarters},
    }
    return {column: sorted(words) for column, words in found.items()}


def _run_frame(run: Recording, words: Mapping[str, list[str]]) -> pd.DataFrame:
    """The rows of one run, sorted by series and quarter, its words as categories; NaN left out."""
    series = np.array(sorted(range(len(run.keys)), key=lambda i: run.keys[i]), dtype=np.intp)
    quarters = np.argsort(np.array(run.quarters, dtype=str), kind="stable")
    values = np.asarray(run.values, dtype=np.float64)[np.ix_(series, quarters)].ravel()
    keep = ~np.isnan(values)
    rows = np.repeat(series, len(quarters))[keep]
    times = np.tile(quarters, len(series))[keep]

    def coded(column: str, labels: Sequence[str], index: np.ndarray) -> pd.Categorical:
        place = {word: code for code, word in enumerate(words[column])}
        codes = np.array([place[label] for label in labels], dtype=np.int32)
        return pd.Categorical.from_codes(codes[index], categories=pd.Index(words[column], dtype=object))

    columns: dict[str, Any] = {
        "scenario": coded("scenario", [run.scenario], np.zeros(len(rows), dtype=np.intp)),
        "draw": np.full(len(rows), run.draw, dtype=np.int32),
        "seed": np.full(len(rows), run.seed, dtype=np.int64),
    }
    for place, column in enumerate(("region", "variable", "unit")):
        columns[column] = coded(column, [key[place] for key in run.keys], rows)
    columns["quarter"] = coded("quarter", run.quarters, times)
    columns["value"] = values[keep]
    return pd.DataFrame(columns)


def _check_version(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a file that is not a results file of this schema version."""
    query = "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'schema_version'"
    found = connection.execute(query, [str(Path(path).resolve())]).fetchone()
    version = bytes(found[0]).decode("utf-8", "replace") if found else "none"
    if version != SCHEMA_VERSION:
        raise worded(StoreError, "store.version", file=path, version=version, known=SCHEMA_VERSION)


def _condition(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    variables: Sequence[str] | None,
    regions: Sequence[str] | None,
) -> tuple[str, list[Any]]:
    """The WHERE clause of a reading and its values; patterns become the names the file holds."""
    clauses, values = ["true"], list[Any]()
    if variables is not None:
        query = "SELECT DISTINCT variable FROM read_parquet(?) ORDER BY 1"
        held = [row[0] for row in connection.execute(query, [str(Path(path).resolve())]).fetchall()]
        clauses.append("list_contains(?::VARCHAR[], variable)")
        values.append([name for name in held if any(fnmatchcase(name, pattern) for pattern in variables)])
    if regions is not None:
        clauses.append("list_contains(?::VARCHAR[], region)")
        values.append(list(regions))
    return " AND ".join(clauses), values


def _fetch(connection: duckdb.DuckDBPyConnection, path: Path, wanted: str, values: list[Any]) -> pd.DataFrame:
    """Read the wanted rows; text columns come as categories, so that a large file stays small in memory."""
    file = str(Path(path).resolve())
    names = ", ".join(COLUMNS)
    connection.execute(f"CREATE TABLE kept AS SELECT {names} FROM read_parquet(?) WHERE {wanted}", [file, *values])
    for column in _WORDS:
        connection.execute(f"CREATE TYPE {column}_word AS ENUM (SELECT DISTINCT {column} FROM kept ORDER BY 1)")
    chosen = ", ".join(f"{name}::{name}_word AS {name}" if name in _WORDS else name for name in COLUMNS)
    order = ", ".join(name for name in COLUMNS if name != "value")  # a filter does not keep the file's order
    return connection.execute(f"SELECT {chosen} FROM kept ORDER BY {order}").df()


@contextmanager
def _reader(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection that may open one file and nothing else, its settings locked."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("SET preserve_insertion_order = true")
        connection.execute("SET allowed_paths = [$1]", [str(path.resolve())])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


@contextmanager
def scratch(target: Path) -> Iterator[Path]:
    """A temporary file beside the target, removed again if it was not published."""
    folder = Path(target).parent
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{Path(target).name}.", suffix=".part", dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn failures of the disk or of DuckDB into a StoreError that names the file."""
    try:
        yield
    except duckdb.IOException as fault:
        raise worded(StoreError, "cli.environment", file=path, reason=fault) from fault
    except duckdb.Error as fault:
        raise worded(StoreError, "store.damaged", file=path, reason=fault) from fault
    except OSError as fault:
        raise worded(StoreError, "cli.environment", file=path, reason=fault) from fault


def publish(temporary: Path, target: Path) -> None:
    """Bring a finished temporary file safely to disk and give it its name in one step."""
    temporary.chmod(0o666 & ~_MASK)
    _sync(temporary)
    os.replace(temporary, target)
    if os.name == "posix":
        _sync(Path(target).parent)


def _sync(path: Path) -> None:
    """Flush a file or a folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _outputs(folder: Path, without: Sequence[str] = ()) -> dict[str, str]:
    """sha256 of every file in a folder but the manifest, hidden files and subfolders left out, by path inside it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    kept = {path.relative_to(folder): path for path in files if path != folder / MANIFEST}
    return {name.as_posix(): sha256(path) for name, path in kept.items() if name.parts[0] not in without}
