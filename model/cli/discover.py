"""`blocs discover DIR --when CONDITION`: under which conditions an outcome comes about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.cli.wording import Whole
from model.errors import UsageError
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("discover", lang)
    @click.argument("folder", metavar="DIR")
    @click.option("--when", metavar="CONDITION", default=None, help=word("discover.option.when", lang))
    @click.option("--when-file", metavar="FILE", default=None, help=word("discover.option.when_file", lang))
    @click.option("--box", metavar="K", default=None, type=Whole(0, lang), help=word("discover.option.box", lang))
    @options("case without-failed", lang)
    @click.option("--out", metavar="DIR", default=None, help=word("question.option.out", lang))
    @options("no-figures json quiet lang", lang)
    def discover(folder: str, **options: Any) -> None:
        from model.cli.output import show_answer
        from model.experiments.answer_boxes import discovered
        from model.experiments.conditions import parse
        from model.experiments.kinds import require
        from model.experiments.question import choose_cases, require_finished, wish_of
        from model.experiments.sweep import load_sweep

        condition = parse(*_text(options), options["lang"])
        require(Path(folder), "discover", options["lang"])
        sweep = load_sweep(Path(folder), options["lang"])
        require_finished(sweep, options["lang"])
        labels = choose_cases(sweep, options["case"], options["lang"])
        wish = wish_of(sweep, options)
        show_answer(discovered(sweep, condition, labels, options["box"], wish), options, wish.out.as_posix())

    return discover


def _text(options: dict[str, Any]) -> tuple[str, str]:
    """The condition and where it was written: on the line or in a file."""
    if (options["when"] is None) == (options["when_file"] is None):
        raise UsageError(word("discover.one_condition", options["lang"]))
    if options["when"] is not None:
        return options["when"], "--when"
    try:
        return Path(options["when_file"]).read_text(encoding="utf-8-sig"), options["when_file"]
    except UnicodeDecodeError as fault:
        raise UsageError(word("discover.not_utf8", options["lang"], file=options["when_file"])) from fault
