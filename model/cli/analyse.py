"""`blocs analyse DIR`: which of a sweep's numbers drive an outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("analyse", lang)
    @click.argument("folder", metavar="DIR")
    @options("variable region period level case", lang)
    @click.option("--pawn", is_flag=True, default=False, help=word("analyse.option.pawn", lang))
    @options("without-failed top", lang)
    @click.option("--out", metavar="DIR", default=None, help=word("question.option.out", lang))
    @options("no-figures json quiet lang", lang)
    def analyse(folder: str, **options: Any) -> None:
        from model.cli.output import show_answer
        from model.experiments.answer_drivers import analysed
        from model.experiments.kinds import require
        from model.experiments.question import choose_cases, choose_outcome, require_finished, wish_of
        from model.experiments.sweep import load_sweep

        require(Path(folder), "analyse", options["lang"])
        sweep = load_sweep(Path(folder), options["lang"])
        require_finished(sweep, options["lang"])
        labels = choose_cases(sweep, options["case"], options["lang"])
        asked = (options["variable"], options["region"], options["period"], options["level"])
        outcome = choose_outcome(sweep, *asked, options["lang"])
        wish = wish_of(sweep, options)
        show_answer(analysed(sweep, outcome, labels, options["pawn"], wish), options, wish.out.as_posix())

    return analyse
