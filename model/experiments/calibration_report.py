"""Folders of `calibrate` and `backtest` read back: their figures in any language, and the calibration report."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from calibration.registry import GRADES, table
from model.errors import StoreError
from model.experiments.inputs import evidence_table
from model.experiments.results import FigureContext
from model.experiments.store import MANIFEST
from model.figures import FIGURES, Saved, save_spec
from model.figures.backtest import FIGURE as BACKTEST
from model.figures.calibration_fit import FIGURE as FIT
from model.figures.house import FigureSpec
from model.reports.calibration import Facts, calibration_document
from model.reports.document import Picture
from model.reports.formats import write_document
from model.said import worded

CALIBRATION, KIND_BACKTEST = "calibration", "backtest"
TABLES = ("parameters", "targets", "without")
TESTED = ("points", "scores", "timing")
"""Tables of the back-test, in the folder of that name within a calibration's."""


@dataclass(frozen=True)
class MatchFolder:
    """A folder that `calibrate` or `backtest` wrote."""

    path: Path
    manifest: Mapping[str, Any]

    @property
    def calibrated(self) -> bool:
        """Whether it is a calibration's, with a report."""
        return bool(self.manifest["kind"] == CALIBRATION)

    def table(self, name: str) -> pd.DataFrame:
        """One of its tables; empty where there is none."""
        inner = self.path / KIND_BACKTEST if self.calibrated and name in TESTED else self.path
        return read_table(inner / f"{name}.csv")

    def figures(self) -> dict[str, tuple[FigureSpec, pd.DataFrame]]:
        """Figures it has data for, by name, with the table they read."""
        found = {"calibration-fit": (FIT, self.table("targets"))} if self.calibrated else {}
        return {name: pair for name, pair in (found | {"backtest": (BACKTEST, self.table("points"))}).items() if len(pair[1])}


def match_folder(path: Path) -> MatchFolder | None:
    """The folder, if one of these commands wrote it."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("kind") not in (CALIBRATION, KIND_BACKTEST):
        return None
    if manifest["kind"] == CALIBRATION and "facts" not in manifest:
        raise worded(StoreError, "calibrate.other_version", file=path / MANIFEST)
    return MatchFolder(path, manifest)


def read_table(path: Path) -> pd.DataFrame:
    """A table of a folder; an empty one where there is none; StoreError where it cannot be read."""
    if not path.is_file():
        return pd.DataFrame()
    try:
        return pd.read_csv(path, encoding="utf-8-sig")
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (OSError, ValueError) as fault:
        raise worded(StoreError, "cli.environment", file=path, reason=fault) from fault


def context_of(folder: MatchFolder, lang: str) -> FigureContext:
    """What a figure says about the runs."""
    m, scenario = folder.manifest, folder.manifest["scenario"]
    draws = m["draws"] if "draws" in m else m["facts"]["numbers"]["runs"]
    inputs = {"evidence": evidence_table()}
    return FigureContext(
        scenario["name"], (), scenario["baseline"] or scenario["name"], scenario["focus"], (), lang, scenario["title"][lang],
        m.get("run", m["parameters"])[:12], m["engine"]["version"], m.get("seed", 0), draws, m["parameters"], inputs=inputs,
    )  # fmt: skip


def draw_figures(
    folder: MatchFolder, lang: str, out: Path, only: Sequence[str] = (), formats: Sequence[str] = ("png", "pdf"), size: str = "page"
) -> list[Saved]:
    """Draw its figures, or `only` these, in a language; in Korean -ko stands after the name, so that both may lie side by side."""
    ending, tested = "" if lang == "en" else f"-{lang}", match_folder(folder.path / KIND_BACKTEST) or folder
    contexts = {KIND_BACKTEST: context_of(tested, lang)}
    chosen = [(name, pair) for name, pair in folder.figures().items() if not only or name in only]
    return [
        save_spec(spec, data, contexts.get(name, context_of(folder, lang)), out, f"{name}{ending}", tuple(formats), size)
        for name, (spec, data) in chosen
    ]


def write_calibration(folder: MatchFolder, formats: Sequence[str], langs: Sequence[str], out: Path | None = None) -> list[Path]:
    """report-LANG.FORMAT in every language and format, with their figures; the reports' paths."""
    out = out or folder.path
    written: list[Path] = []
    for lang in langs:
        document = calibration_document(facts_of(folder, lang, out / "figures"), lang)
        written += [write_document(document, kind, out / f"report-{lang}.{kind}") for kind in formats]
    return written


def facts_of(folder: MatchFolder, lang: str, figures: Path) -> Facts:
    """Everything the report tells, from the folder's tables and manifest; draws the figures."""
    saved, told = draw_figures(folder, lang, figures, formats=("png",)), folder.manifest["facts"]
    context, ending = context_of(folder, lang), "" if lang == "en" else f"-{lang}"
    saved.append(save_spec(FIGURES["evidence"], pd.DataFrame(), context, figures, f"evidence{ending}", ("png",)))
    pictures = {s.name.removesuffix(f"-{lang}"): Picture(s.png, s.title, s.caption) for s in saved}
    tables = {name: folder.table(name) for name in (*TABLES, *TESTED)}
    left = [(row["id"], row["reason" if lang == "en" else lang]) for row in table("targets/left_out.csv")]
    variances = {grade: known(told["variances"][grade]) for grade in GRADES if grade in told["variances"]}
    timing = {name: value if name == "out_of_reach" else known(value) for name, value in told["timing"].items()}
    return Facts(tables, told["numbers"], variances, timing, left, pictures)


KEPT = ("kind", "origin", "samples", "planned", "targets", "coverage", "coverage_wanted", "left", "check", "parameters", "engine")
"""What the manifest beside a version of the posterior keeps of the folder's."""


def write_version(folder: MatchFolder) -> Path:
    """posterior-ORIGIN.json beside posterior-ORIGIN.csv: with it the pair can be copied to calibration/ as a versioned set."""
    path = folder.path / f"posterior-{folder.manifest['origin']}.csv"
    kept = {name: folder.manifest[name] for name in KEPT}
    kept |= {"scenario": folder.manifest["scenario"]["name"], "failed": len(folder.manifest["failed"]), "refused": len(folder.manifest["refused"])}
    kept |= {"posterior_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    target = path.with_suffix(".json")
    target.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    return target


def known(value: float | None) -> float:
    """A number of the manifest, which has none for NaN."""
    return math.nan if value is None else value
