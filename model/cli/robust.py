"""`blocs robust DIR`: which strategy is never a disaster, and whether the model ranks them at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.cli.wording import Number
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("robust", lang)
    @click.argument("folder", metavar="DIR")
    @options("variable region period level case", lang)
    @click.option(
        "--threshold", metavar="X", default=None, type=Number(lang), help=word("robust.option.threshold", lang)
    )
    @click.option("--minimise", is_flag=True, default=False, help=word("robust.option.minimise", lang))
    @click.option("--strategy", metavar="NAME@STANCE", default=None, help=word("robust.option.strategy", lang))
    @options("without-failed", lang)
    @click.option("--out", metavar="DIR", default=None, help=word("question.option.out", lang))
    @options("no-figures json quiet lang", lang)
    def robust(folder: str, **options: Any) -> None:
        from model.cli.output import show_answer
        from model.experiments.answer_boxes import ranked
        from model.experiments.kinds import require
        from model.experiments.question import choose_cases, choose_outcome, require_finished, wish_of
        from model.experiments.sweep import load_sweep

        require(Path(folder), "robust", options["lang"])
        sweep = load_sweep(Path(folder), options["lang"])
        require_finished(sweep, options["lang"])
        labels = choose_cases(sweep, options["case"], options["lang"])
        strategy = choose_cases(sweep, [options["strategy"]], options["lang"])[0] if options["strategy"] else None
        asked = (options["variable"], options["region"], options["period"], options["level"])
        outcome = choose_outcome(sweep, *asked, options["lang"])
        threshold = options["threshold"] if options["threshold"] is not None or options["level"] else 0.0
        wish = wish_of(sweep, options)
        answer = ranked(sweep, outcome, labels, threshold, options["minimise"], strategy, wish)
        show_answer(answer, options, wish.out.as_posix())

    return robust
