"""Draws that are used: the committed verdicts on the stability of each (`stability` writes them, and is far heavier)."""

from __future__ import annotations

import csv
from importlib.resources import files


def read_verdicts() -> list[dict[str, str]]:
    """The committed verdicts."""
    text = files("calibration").joinpath("stability.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def accepted_draws(count: int) -> tuple[list[int], list[int]]:
    """The first `count` draws that are used, and those refused on the way; draws beyond the file are used unjudged."""
    refused = {int(row["draw"]) for row in read_verdicts() if row["verdict"] != "used"}
    used: list[int] = []
    draw = 0
    while len(used) < count:
        if draw not in refused:
            used.append(draw)
        draw += 1
    return used, sorted(r for r in refused if r < draw)
