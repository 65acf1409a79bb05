"""`blocs brief SCENARIO...`: run and report in one command, as a Word document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.cli.report import check_formats, currency, stated_rate, write
from model.errors import UsageError
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("brief", lang)
    @click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True)
    @click.option("--format", "formats", metavar="LIST", default="docx", help=word("cli.report.format", lang, default="docx"))
    @currency(lang)
    @options("out force seed draws workers focus set decompose quiet lang", lang)
    def brief(scenarios: tuple[str, ...], formats: str, **options: Any) -> int:
        stated_rate(options)  # refused before the run, not after it
        check_formats(tuple(formats.split(",")), options["lang"])
        for name in scenarios:
            _check_baseline(name, options)
        return max(_brief(name, formats, len(scenarios) > 1, options) for name in scenarios)

    return brief


def _check_baseline(name: str, options: dict[str, Any]) -> None:
    """UsageError for a scenario that is compared with nothing: it has no report."""
    from model.scenario.resolve import load_baseline, load_scenario

    scenario = load_scenario(name, sets=options["set"], lang=options["lang"], focus=options["focus"], baseline=None)
    if load_baseline(scenario, options["lang"]) is None:
        raise UsageError(word("cli.report.root", options["lang"], scenario=scenario.name))


def _brief(name: str, formats: str, several: bool, options: dict[str, Any]) -> int:
    """One scenario: the run without its own pages, then the report; the worse of the two exit codes."""
    from model.cli.run import RESULTS, execute
    from model.scenario.resolve import load_scenario

    scenario = load_scenario(name, sets=options["set"], lang=options["lang"], focus=options["focus"], baseline=None).name
    parent = Path(options["out"]) if options["out"] else Path(RESULTS)
    out = parent if options["out"] and not several else parent / scenario
    asked = {"stance": (), "baseline": None, "record": None, "no_figures": True, "json": False, "quiet": options["quiet"]}
    code = execute(name, {**options, **asked, "out": str(out)})
    return max(code, write(out, tuple(formats.split(",")), {**options, "out": None}))
