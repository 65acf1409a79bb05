"""`blocs coverage`: each row of the register of figures, where it is used or why not; and the reports' own tables and figures."""

from __future__ import annotations

from typing import Any

import click

from model.cli.options import named, options
from model.words import word

COLUMNS = ("id", "role", "use", "where", "note")
REPORTS = ("document", "item", "command", "outcomes", "note")


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("coverage", lang)
    @options("json quiet lang", lang)
    def coverage(**options: Any) -> int:
        from model.experiments.coverage import coverage as covered
        from model.experiments.coverage import report_outputs

        rows, reports, lang = covered(), report_outputs(), options["lang"]
        wrong = [row for row in rows if row.fault]
        if options["json"]:
            from model.cli.output import emit_json

            emit_json({"rows": [vars(row) for row in rows], "reports": [vars(row) for row in reports], "wrong": len(wrong)})
        elif not options["quiet"]:
            _print(rows, reports, lang)
        for row in wrong:
            click.echo(word("cli.coverage.fault", lang, id=row.id, fault=row.fault), err=True)
        return 1 if wrong else 0

    return coverage


def _print(rows: Any, reports: Any, lang: str) -> None:
    from model.cli.output import emit_records

    emit_records([word(f"cli.coverage.{c}", lang) for c in COLUMNS], [
        (row.id, word(f"cli.coverage.role.{row.role}", lang) if row.role else "", word(f"cli.coverage.use.{row.use or 'missing'}", lang),
         "; ".join(row.where), row.note) for row in rows
    ], aside=2)  # fmt: skip
    counts = {use: sum(row.use == use for row in rows) for use in ("link", "named", "outcome", "none")}
    click.echo("\n" + word("cli.coverage.count", lang, rows=len(rows), **counts) + "\n")
    click.echo(word("cli.coverage.reports", lang))
    emit_records([word(f"cli.coverage.{c}", lang) for c in REPORTS], [
        (row.document, row.item_ko if lang == "ko" else row.item, row.command and f"blocs {row.command}", "; ".join(row.outcomes), row.note)
        for row in reports
    ], aside=3)  # fmt: skip
