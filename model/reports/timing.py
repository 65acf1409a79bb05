"""The timing of policy in words: when states that react would have acted, beside the record; for the screen and the report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from model.axes import quarter_label
from model.words import word

COLUMNS = ("state", "layer", "instrument", "dated", "told", "started", "late", "late_naive")


def timing_rows(table: pd.DataFrame, lang: str) -> list[list[str]]:
    """The rows of `timing_table`, as text: dated kinds first, then false alarms; kinds rightly silent are counted only."""
    rows = []
    for r in table.to_dict("records"):
        if math.isnan(r["dated"]) and (r["repeated"] or math.isnan(r["told"])):
            continue
        rows.append([
            str(r["state"]), word(f"layer.{r['layer']}", lang), str(r["instrument"]), _quarter(r["dated"]), _quarter(r["told"]), f"{100 * r['started']:.0f} %",
            *("–" if math.isnan(r[n]) else f"{r[n]:+.0f}".replace("-", "−") for n in ("late", "late_naive")),
        ])  # fmt: skip
    return rows


def _quarter(year: float) -> str:
    return "–" if math.isnan(year) else quarter_label(year)


def say_timing(score: Mapping[str, float], out_of_reach: Sequence[str], lang: str) -> str:
    """What it comes to, in a few sentences."""
    numbers = {name: "–" if math.isnan(value) else f"{value:.1f}" if name.startswith("off") else f"{value:.0f}" for name, value in score.items()}
    return word("timing.summary", lang, reach=", ".join(out_of_reach) or "–", **numbers)
