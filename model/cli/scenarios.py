"""`blocs scenarios`: the scenarios that can be run by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.errors import BlocsError
from model.words import word

COLUMNS = ("name", "title", "baseline", "horizon", "file")


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("scenarios", lang)
    @options("json lang", lang)
    def scenarios(**options: Any) -> None:
        from model.cli.output import emit_json, emit_table
        from model.scenario.folder import scenario_names

        lang = options["lang"]
        rows = [_row(name, path, lang) for name, path in sorted(scenario_names(lang=lang).items())]
        if options["json"]:
            emit_json(rows)
            return
        header = [word(f"show.column.{c}", lang) for c in COLUMNS]
        emit_table(header, [[row[c] for c in COLUMNS] for row in rows])

    return scenarios


def _row(name: str, path: Path, lang: str) -> dict[str, str]:
    from model.scenario.folder import label
    from model.scenario.resolve import load_scenario

    row = {"name": name, "file": label(path)}
    try:
        scenario = load_scenario(str(path), lang=lang)
    except BlocsError:
        return {**row, "title": word("cli.scenarios.faulty", lang, name=name), "baseline": "", "horizon": ""}
    horizon = f"{scenario.first}–{scenario.last}"
    return {**row, "title": scenario.title[lang], "baseline": scenario.baseline or "none", "horizon": horizon}
