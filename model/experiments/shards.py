"""What the runs of a sweep leave in its folder: a shard or a failure each; and how shards become results.parquet.

A shard is a parquet file of one run, named by the run's number, that carries its plan's hash. It appears under its name
whole or not at all, so whatever is there is done, whoever did it, and folders of one plan are merged by copying.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from model.errors import StoreError
from model.experiments.store import merge_runs, read_results, read_tags, write_run, write_text
from model.outcomes import Recording
from model.said import worded

SHARDS, FAILED = "shards", "failed"
MODEL, IMPOSSIBLE, KILLED = "model", "impossible", "killed"
"""Kinds of failure: no solution; values that do not fit together; the run's worker died twice."""


@dataclass(frozen=True)
class Failed:
    """A run without a result: which (by number, name and state), with what values, and why."""

    run: int
    label: str
    state: int
    draw: int
    values: Mapping[str, float]
    kind: str
    reason: str


def shard_path(folder: Path, run: int) -> Path:
    """The shard of a run."""
    return folder / SHARDS / f"run-{run:07d}.parquet"


def failure_path(folder: Path, run: int) -> Path:
    """The record of a run that failed."""
    return folder / FAILED / f"run-{run:07d}.json"


def write_shard(folder: Path, plan: str, run: int, recording: Recording, worker: str) -> None:
    """Keep a run's result; `plan` is the plan's hash, `worker` says who made it (no part of the results)."""
    write_run(shard_path(folder, run), recording, {"plan": plan, "run": str(run), "worker": worker})


def write_failure(folder: Path, plan: str, failed: Failed) -> None:
    """Keep that a run has no result."""
    text = json.dumps({"plan": plan, **asdict(failed)}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    write_text(failure_path(folder, failed.run), text)


def valid_shards(folder: Path, plan: str, runs: int) -> dict[int, str]:
    """Run -> worker of every whole shard of this plan; torn files and files of other plans do not count."""
    files = sorted((folder / SHARDS).glob("run-*.parquet"))
    found: dict[int, str] = {}
    for file, tags in read_tags(files).items():
        run = int(tags["run"]) if tags.get("plan") == plan and tags.get("run", "").isdigit() else runs
        if run < runs and file == shard_path(folder, run):
            found[run] = tags.get("worker", "?")
    return found


def read_failures(folder: Path, plan: str) -> list[dict[str, Any]]:
    """Failures of this plan, by run."""
    found = []
    for file in sorted((folder / FAILED).glob("run-*.json")):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            raise worded(StoreError, "store.broken_failure", file=file, reason=fault) from fault
        if data.pop("plan", None) == plan:
            found.append(data)
    return found


def compact(target: Path, files: Sequence[Path]) -> str:
    """results.parquet from shards in the order given; its sha256. A shard that cannot be read is deleted and named."""
    try:
        return merge_runs(target, files)
    except StoreError:
        broken = [file for file in files if not _readable(file)]
        for file in broken:
            file.unlink(missing_ok=True)
        if not broken:
            raise
        names = ", ".join(file.name for file in broken[:5])
        raise worded(StoreError, "store.broken_shards", count=len(broken), names=names) from None


def clear_leftovers(folder: Path) -> None:
    """Delete temporary files of workers that were killed while they wrote, DuckDB's too. Only when no worker can be at work."""
    for kind in (SHARDS, FAILED):
        for path in (folder / kind).glob("*.part"):
            path.unlink(missing_ok=True)


def _readable(file: Path) -> bool:
    try:
        read_results(file)
    except StoreError:
        return False
    return True
