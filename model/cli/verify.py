"""`blocs verify`: limit cases, implied elasticities, Korea's split, a forced fall of exports, published estimates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from model.cli.options import options
from model.cli.wording import WordsCommand
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`; exit code 1 when a limit case is out of its tolerance."""

    @click.command("verify", cls=WordsCommand, help=word("verify.help", lang), short_help=word("verify.short", lang))
    @click.option("--quick", is_flag=True, default=False, help=word("verify.option.quick", lang))
    @options("out json quiet lang", lang)
    def verify(quick: bool, **options: Any) -> int:
        from model.cli.output import emit_blocks, emit_json
        from model.experiments.verify import blocks, data, write_published
        from model.experiments.verify import verify as run

        def say(part: str) -> None:
            if sys.stderr.isatty() and not (options["json"] or options["quiet"]):
                click.echo(word(f"verify.heading.{part}", options["lang"]) + " ...", err=True)

        found = run(quick, say)
        if options["out"]:
            write_published(found, Path(options["out"]))
        if options["json"]:
            emit_json(data(found))
        elif not options["quiet"]:
            emit_blocks(blocks(found, options["lang"]))
        return 0 if found.ok else 1

    return verify
