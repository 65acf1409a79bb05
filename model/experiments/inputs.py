"""Tables that figures and reports show beside the results: measures, evidence, published estimates, stability.

`input_tables` gives them by name; a table that a folder lacks (strategies not run) is simply not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from calibration.registry import GRADES, load_rows, table
from model.errors import StoreError
from model.experiments.published import OURS, published
from model.instruments import instruments
from model.said import worded
from model.scenario.record import restored_measure
from model.scenario.story import period, region_name, scope, strength
from model.scenario.types import Measure
from model.words import has_word, word

FOLDERS = ("strategies", "sweep", "backtest", "calibration")
"""Folders in a run's folder that other commands write when told so (--out DIR/NAME), for its report."""
BESIDE = {
    "strategies": "strategies/strategies.csv",
    "least_regret": "strategies/regret.csv",
    "flips": "strategies/flips.csv",
    "scores": "backtest/scores.csv",
    "points": "backtest/points.csv",
    "calibration": "calibration/parameters.csv",
    "targets": "calibration/targets.csv",
    "verified": "published.csv",
}
"""Tables that other commands write into a run's folder, by name."""


def input_tables(manifest: Mapping[str, Any], lang: str, folder: Path | None = None) -> dict[str, pd.DataFrame]:
    """Every table there is for a run."""
    found = {
        "measures": measures_table(manifest, lang), "blocs": blocs_table(manifest), "evidence": evidence_table(), "published": published_table(lang),
        "stability": stability_table(), "documents": pd.DataFrame(table("figures/documents.csv")),
        "register": pd.DataFrame(table("figures/register.csv")),
    }  # fmt: skip
    for name, file in BESIDE.items():
        if folder is not None and (folder / file).is_file():
            found[name] = _read(folder / file)
    return found


def measures_table(manifest: Mapping[str, Any], lang: str) -> pd.DataFrame:
    """The measures of a run's scenario with dates as years, and in words; `new`: the baseline has not got it.

    Columns: id, instrument, title, senders, targets, scope, period, strength, source, start, end, announced, new, segments
    (codes of what it names, by spaces).
    """
    scenario, baseline = manifest["scenario"], manifest["baseline"]
    known = {restored_measure(raw).what for raw in baseline["measures"]} if baseline else set()
    rows = [
        {
            "id": measure.id, "instrument": measure.instrument, "title": instruments()[measure.instrument].title[lang],
            "senders": _joined(measure.senders, lang), "targets": _joined(measure.targets, lang) if instruments()[measure.instrument].aimed else "",
            "scope": scope(measure, lang), "period": period(measure, lang), "strength": strength(measure, lang),
            "source": measure.source, "start": measure.start, "end": measure.end, "announced": measure.announced,
            "new": measure.what not in known, "segments": " ".join(_segments(measure)),
        } for measure in map(restored_measure, scenario["measures"])
    ]  # fmt: skip
    return pd.DataFrame(rows)


def blocs_table(manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Which bloc each region is in under each stance ('' where the run has none): stance, region, bloc."""
    scenario, focus = manifest["scenario"], manifest["scenario"]["focus"]
    rows = [
        {"stance": stance, "region": region, "bloc": bloc}
        for stance in manifest["stances"]
        for bloc, members in scenario["blocs"].items()
        for region in (
            *(m for m in members if m != focus),
            *([focus] if scenario["stances"].get(stance) == bloc else []),
        )
    ]
    return pd.DataFrame(rows, columns=["stance", "region", "bloc"])


def evidence_table() -> pd.DataFrame:
    """Numbers of the model by file of the register and grade of evidence: topic, grade, count."""
    rows = load_rows()
    topics = [row.file.rsplit("/", 1)[1].removesuffix(".csv") for row in rows]
    counted = pd.DataFrame({"topic": topics, "grade": [row.evidence for row in rows]})
    found = counted.groupby(["topic", "grade"]).size().rename("count").reset_index()
    return found.assign(rank=found["grade"].map(GRADES.index)).sort_values(["topic", "rank"]).drop(columns="rank")


def published_table(lang: str) -> pd.DataFrame:
    """Bands of published studies (percent), with the scenario and stance of ours that stands beside each ('' if none)."""
    rows = [
        {"study": _study(p.study, lang), "scenario": p.scenario[lang], "region": p.region, "measure": p.measure, "horizon": p.horizon,
         "low": p.low, "high": p.high, "run": p.run, "source": p.source,
         "our_scenario": OURS.get(p.run, ("", ""))[0], "our_stance": OURS.get(p.run, ("", ""))[1]} for p in published() if p.banded
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _study(name: str, lang: str) -> str:
    """A study's name; those that are a description are translated."""
    return word(f"study.{name}", lang) if has_word(f"study.{name}") else name


def stability_table() -> pd.DataFrame:
    """calibration/stability.csv with numbers as numbers: draw, growth, growth_short, verdict."""
    rows = pd.DataFrame(table("stability.csv"))
    return rows.astype({"draw": int, "growth": float, "growth_short": float, "verdict": str})


def _segments(measure: Measure) -> tuple[str, ...]:
    """Codes of the segments that a measure names; none for one without that lever."""
    named = measure.levers.get("segments")
    return tuple(str(code) for code in named.constant) if named is not None and isinstance(named.constant, tuple) else ()


def _joined(codes: tuple[str, ...], lang: str) -> str:
    return ", ".join(region_name(code, lang) for code in codes)


def _read(path: Path) -> pd.DataFrame:
    """A CSV of another command; StoreError that names it where it cannot be read."""
    try:
        return pd.read_csv(path, encoding="utf-8-sig")
    except (OSError, ValueError) as fault:
        raise worded(StoreError, "cli.environment", file=path, reason=fault) from fault
