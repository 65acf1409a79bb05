"""`blocs compare A B C`: several scenarios side by side; one table, one figure, and a folder for each."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("compare", lang)
    @click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True)
    @options("out force seed draws workers stance focus no-figures json quiet lang", lang)
    def compare(scenarios: tuple[str, ...], **options: Any) -> int:
        from model.scenario.study import Study

        study = Study(tuple(dict.fromkeys(scenarios)), options["stance"], (), options["focus"], options["draws"], options["seed"])
        return run_study(study, "compare", options)

    return compare


def run_study(study: Any, name: str, options: dict[str, Any]) -> int:
    """Run what a study names and print its table; results stand in results/NAME unless --out says otherwise."""
    from model.cli.run import RESULTS, check_free, progress_of, say_failures
    from model.experiments.compare import compare_scenarios, study_pairs

    lang = options["lang"]
    out = Path(options["out"] or f"{RESULTS}/{name}")
    pairs = study_pairs(study, lang)
    check_free(out, options["force"], lang)
    result = compare_scenarios(study, pairs, out, options["workers"], lang, not options["no_figures"], progress_of(options))
    if options["json"]:
        _emit(result, out)
    elif not options["quiet"]:
        _print(result, pairs, study, lang)
        click.echo(word("cli.run.done", lang, folder=out.as_posix(), cases=result.cases))
    return say_failures(result.failures, len(result.failures), result.cases, options)


def _emit(result: Any, out: Path) -> None:
    from model.cli.output import emit_json

    rows = [{str(k): None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()} for row in result.table.to_dict("records")]
    emit_json({"folder": out.as_posix(), "comparison": rows, "cases": result.cases, "failed": len(result.failures)})


def _print(result: Any, pairs: Any, study: Any, lang: str) -> None:
    from model.cli.output import emit_table
    from model.experiments.results import BAND_DRAWS, HORIZONS, label, signed

    def cell(row: dict[str, Any], horizon: int) -> str:
        if math.isnan(row.get(f"central_{horizon}", math.nan)):
            return "–"
        text = f"{int(row[f'year_{horizon}'])}: {signed(row[f'central_{horizon}'])}"
        band = word("table.band", lang, low=signed(row[f"p10_{horizon}"]), high=signed(row[f"p90_{horizon}"]))
        return f"{text} ({band})" if row["draws"] >= BAND_DRAWS else text

    if study.title:
        click.echo(study.title)
    click.echo(word("cli.compare.title", lang, region=label("region", pairs[0][0].focus, lang)))
    header = [word(f"cli.compare.{c}", lang) for c in ("scenario", "baseline", "choice")] + [word("cli.compare.year", lang, number=h) for h in HORIZONS]
    rows = [[row["scenario"], row["baseline"], label("stance", row["strategy"], lang), *(cell(row, h) for h in HORIZONS)]
            for row in result.table.to_dict("records")]  # fmt: skip
    emit_table(header, rows)
    draws = int(result.table["draws"].max())
    click.echo(word("table.note" if draws >= BAND_DRAWS else "table.note_single", lang, draws=draws) + "\n")
