"""`blocs validate SCENARIO...`: ok, or one line for each fault."""

from __future__ import annotations

from typing import Any

import click

from model.cli.options import named, options
from model.errors import BlocsError, ScenarioError
from model.words import word


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("validate", lang)
    @click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True)
    @options("set baseline focus json quiet lang", lang)
    def validate(scenarios: tuple[str, ...], **options: Any) -> int:
        results = [_checked(name, options) for name in scenarios]
        if options["json"]:
            from model.cli.output import emit_json

            emit_json([data for data, _ in results])
        return max(code for _, code in results)

    return validate


def _checked(name: str, options: dict[str, Any]) -> tuple[dict[str, Any], int]:
    from model.scenario.resolve import load_scenario

    lang = options["lang"]
    fixed = {"baseline": options["baseline"], "focus": options["focus"]}
    try:
        scenario = load_scenario(name, sets=options["set"], lang=lang, **fixed)
    except BlocsError as fault:
        if not options["json"]:
            click.echo(str(fault), err=True)
        faults = [vars(f) for f in fault.faults] if isinstance(fault, ScenarioError) else [{"found": str(fault)}]
        return {"scenario": name, "ok": False, "faults": faults}, fault.exit_code
    if not options["json"] and not options["quiet"]:
        click.echo(word("cli.validate.ok", lang, name=name, count=len(scenario.measures)))
    return {"scenario": name, "ok": True, "faults": []}, 0
