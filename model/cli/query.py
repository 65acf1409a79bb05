"""`blocs query DIR "SELECT ..."`: a question in SQL to the results of a folder, and to nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.cli.wording import Among
from model.words import word

FORMATS = ("table", "csv", "json")
MOST = 200
"""Rows of a table on the screen; csv and json give all."""


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("query", lang)
    @click.argument("folder", metavar="DIR")
    @click.argument("sql", metavar="SQL")
    @click.option("--format", "form", metavar="|".join(FORMATS), default="table", type=Among(FORMATS, lang),
                  help=word("query.option.format", lang))  # fmt: skip
    @click.option("--out", metavar="FILE", default=None, help=word("query.option.out", lang))
    @options("lang", lang)
    def query(folder: str, sql: str, **options: Any) -> None:
        from model.experiments.kinds import require
        from model.experiments.query import ask

        require(Path(folder), "query", options["lang"])
        _give(ask(Path(folder), sql, options["lang"]), options["form"], options["out"], options["lang"])

    return query


def _give(frame: Any, form: str, out: str | None, lang: str) -> None:
    """Print the answer, or write it to a file (CSV with BOM, for spreadsheets)."""
    if out is not None:
        text = _json(frame) if form == "json" else frame.to_csv(index=False, lineterminator="\n")
        Path(out).write_text(text, encoding="utf-8" if form == "json" else "utf-8-sig", newline="\n")
        click.echo(word("query.written", lang, file=Path(out).as_posix(), rows=len(frame)))
    elif form == "table":
        _table(frame, lang)
    else:
        click.echo(_json(frame) if form == "json" else frame.to_csv(index=False, lineterminator="\n"), nl=False)


def _json(frame: Any) -> str:
    """A list of objects, one a row; what is not known is null."""
    plain = frame.astype(object).where(frame.notna(), None)
    return json.dumps(plain.to_dict("records"), ensure_ascii=False, indent=2, default=str) + "\n"


def _table(frame: Any, lang: str) -> None:
    from model.cli.output import emit_table

    shown = frame.head(MOST)
    emit_table([str(c) for c in frame.columns], [[_cell(v) for v in row] for row in shown.itertuples(index=False)])
    rest = len(frame) - len(shown)
    click.echo(
        word("query.more", lang, rows=len(frame), rest=rest) if rest else word("query.rows", lang, rows=len(frame)),
        err=True,
    )


def _cell(value: Any) -> str:
    """A value as text: numbers with six figures, nothing for NULL."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return "" if value is None or repr(value) in ("<NA>", "NaT") else str(value)
