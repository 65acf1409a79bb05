"""Counts that are the same on every machine: calls, memory and bytes of a run; `python -m benchmarks.counts` rewrites the bounds.

Never time. A bound stands a tenth above what was counted; tests/test_counts.py fails where a change goes beyond. Calls
by function, and what a pass of rationing adds to them, are bounded in tests/test_speed.py.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.counting import calls_of
from benchmarks.worlds import default_setting
from model.schedule import run_quarter
from model.start import start_state

TABLE = Path(__file__).with_name("counts.csv")
ROOM = 1.1
"""A bound over what was counted."""
QUARTERS = 4


def peak_of(call: Callable[[], Any]) -> int:
    """Largest traced memory of a call beyond what stood before, bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def count() -> dict[str, tuple[float, str]]:
    """All counts with their units: the first quarters of `blocs` in the default world, and one short run with its files."""
    setting = default_setting()
    warm = run_quarter(setting, start_state(setting))

    def quarters() -> None:
        now = warm
        for _ in range(QUARTERS):
            now = run_quarter(setting, now)

    quarters()
    return {
        "calls_a_quarter": (calls_of(quarters).total() / QUARTERS, "calls of functions of model/ and calibration/"),
        "peak_of_quarters": (peak_of(quarters), "bytes traced beyond the setting and the first state"),
        "bytes_of_results": (bytes_of_results(), "bytes of results.parquet of one case"),
    }  # fmt: skip


def bytes_of_results() -> int:
    """Size of results.parquet of one case of `blocs`."""
    from model.experiments.cases import Case, Failure, run_case
    from model.experiments.store import write_results
    from model.scenario.resolve import load_scenario

    recording = run_case(Case("blocs", load_scenario("blocs"), None, 0, 0, ((0,), (1,))))
    if isinstance(recording, Failure):
        raise RuntimeError(recording.reason)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.parquet"
        write_results(path, [recording])
        return path.stat().st_size


def bounds() -> dict[str, float]:
    """Bound of each count, from the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["name"]: float(row["bound"]) for row in csv.DictReader(file)}


def main() -> None:
    """Count again and rewrite the table."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "counted", "bound", "unit"])
        for name, (value, unit) in count().items():
            writer.writerow([name, round(value), round(value * ROOM), unit])
    sys.stdout.write(TABLE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
