"""`blocs study FILE`: scenarios, stances and figures that a file names, into one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.errors import UsageError
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("study", lang)
    @click.argument("file", metavar="FILE")
    @options("out force workers no-figures json quiet lang", lang)
    def study(file: str, **options: Any) -> int:
        from model.cli.compare import run_study
        from model.figures import FIGURES
        from model.scenario.study import load_study

        path = Path(file)
        if not path.is_file():
            key = "error.folder_for_study" if path.is_dir() else "error.no_file"
            raise UsageError(word(key, options["lang"], file=file))
        return run_study(load_study(path, tuple(FIGURES), options["lang"]), path.stem, options)

    return study
