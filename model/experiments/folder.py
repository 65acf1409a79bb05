"""A run's folder read back: its manifest, what figures and reports must say of it, and the tables beside the results.

Everything that `figures`, `report` and `cite` show comes from results.parquet, manifest.json and the register of the
program that draws; a folder made by other versions of the sources says so (`RunFolder.other_version`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from model import __version__
from model.errors import StoreError
from model.experiments.inputs import input_tables
from model.experiments.kinds import RUN_KEYS
from model.experiments.results import HEADLINE, FigureContext
from model.experiments.store import MANIFEST, RESULTS, read_results
from model.words import word


@dataclass(frozen=True)
class RunFolder:
    """A folder that `run` wrote, in one language, with its series."""

    path: Path
    manifest: Mapping[str, Any]
    context: FigureContext
    results: pd.DataFrame

    @property
    def other_version(self) -> str:
        """Version of the program that ran it, where it is another than this one ('' if the same)."""
        made = str(self.manifest.get("engine", {}).get("version", ""))
        return "" if made == __version__ else made


def open_run(path: Path, lang: str = "en", variables: Sequence[str] | None = None) -> RunFolder:
    """Read a run's folder, StoreError with the way out where it is none.

    variables   names or patterns of the series to read besides real income; None: all
    """
    path = Path(path)
    if not path.is_dir():
        raise StoreError(word("error.report.no_folder", lang, folder=path.as_posix()))
    for name in (MANIFEST, RESULTS):
        if not (path / name).is_file():
            raise StoreError(word("error.report.no_file", lang, folder=path.as_posix(), file=name))
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise StoreError(word("error.json", lang, file=(path / MANIFEST).as_posix(), reason=fault)) from fault
    missing = [key for key in RUN_KEYS if not isinstance(manifest, dict) or key not in manifest]
    if missing:
        raise StoreError(word("error.report.no_run", lang, folder=path.as_posix(), keys=", ".join(missing)))
    frame = read_results(path / RESULTS, None if variables is None else [HEADLINE, *variables])
    return RunFolder(path, manifest, run_context(manifest, int(frame["draw"].nunique()), lang, path), frame)


def run_context(manifest: Mapping[str, Any], draws: int, lang: str, folder: Path | None = None) -> FigureContext:
    """What figures, tables and reports need to know of a run, from its manifest."""
    scenario, baseline = manifest["scenario"], manifest["baseline"]
    return FigureContext(
        scenario=scenario["name"], stances=tuple(s for s in manifest["stances"] if s),
        baseline=baseline["name"] if baseline else scenario["name"], focus=scenario["focus"], years=tuple(manifest["years"]), lang=lang,
        title=scenario["title"][lang], hash=manifest["run"][:12], version=manifest["engine"]["version"],
        seed=manifest["seed"], draws=draws, parameters=str(manifest.get("parameters", ""))[:12], inputs=input_tables(manifest, lang, folder),
    )  # fmt: skip
