"""What analyse, discover and robust give: text for the terminal, data for JSON, and files (tables, figures)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from model.experiments.question import Wish, names_of, title_of
from model.experiments.results import FigureContext
from model.experiments.sweep import Sweep
from model.figures import FigureSpec, Saved, save_spec
from model.scenario.story import Block


@dataclass
class Answer:
    """Blocks for the terminal, plain data for JSON, files written, and the figures among them."""

    blocks: list[Block] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    drawn: list[Saved] = field(default_factory=list)

    def table(self, wish: Wish, name: str, frame: pd.DataFrame) -> None:
        """Write a table for people and spreadsheets."""
        wish.out.mkdir(parents=True, exist_ok=True)
        path = wish.out / f"{name}.csv"
        frame.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
        self.files.append(path)

    def figure(self, wish: Wish, spec: FigureSpec, frame: pd.DataFrame, context: FigureContext, name: str = "") -> None:
        """Draw a figure (under another name than its own, if given), unless none are wanted."""
        if wish.figures and len(frame):
            self.drawn.append(save_spec(spec, frame, context, wish.out, name))
            self.files.append(self.drawn[-1].png)

    def say(self, kind: str, text: str) -> None:
        """Add a block of text."""
        self.blocks.append(Block(kind, text))

    def rows(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table to the text."""
        self.blocks.append(Block("table", "", tuple(header), tuple(tuple(row) for row in rows)))


def titles_of(sweep: Sweep, lang: str) -> dict[str, str]:
    """What each sampled number is, in words; the name beside it where two would read the same."""
    found = {name: title_of(name, lang) for name in names_of(sweep)}
    often = Counter(found.values())
    return {name: title if often[title] == 1 else f"{title} ({name})" for name, title in found.items()}
