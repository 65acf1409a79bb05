"""A run's identity: sha256 of what it is a function of, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from calibration.registry import central, parameter_hash
from model.scenario.record import scenario_hash
from model.scenario.types import Scenario


def run_hash(scenario: Scenario, baseline: Scenario | None, seed: int, draws: int) -> str:
    """sha256 of resolved scenario, baseline, parameter set, draws, seed and engine."""
    parts = {
        "scenario": scenario_hash(scenario), "baseline": scenario_hash(baseline) if baseline else None,
        "parameters": parameter_hash(central()), "draws": draws, "seed": seed, "engine": engine_hash(),
    }  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def joint_hash(hashes: Sequence[str]) -> str:
    """One hash over those of several runs; of one run, its own."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


@cache
def engine_hash() -> str:
    """sha256 over the sources of model/ and calibration/ (code and tables), by name and content."""
    digest = hashlib.sha256()
    for package in ("model", "calibration"):
        for path, data in sorted(_sources(files(package), package)):
            digest.update(path.encode() + b"\0" + data.replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    """Every Python file and table below a package."""
    found: list[tuple[str, bytes]] = []
    for item in folder.iterdir():
        name = f"{prefix}/{item.name}"
        if item.is_dir() and item.name != "__pycache__":
            found += _sources(item, name)
        elif item.name.endswith((".py", ".csv")):
            found.append((name, item.read_bytes()))
    return found
