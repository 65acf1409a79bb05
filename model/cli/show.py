"""`blocs show SCENARIO`: the story, the measures and the parameters, in prose and tables."""

from __future__ import annotations

from typing import Any

import click

from model.cli.options import named, options


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("show", lang)
    @click.argument("scenario", metavar="SCENARIO")
    @options("set baseline focus json lang", lang)
    def show(scenario: str, **options: Any) -> None:
        from model.cli.output import block_data, emit_blocks, emit_json
        from model.scenario.record import resolved, scenario_hash
        from model.scenario.resolve import load_scenario
        from model.scenario.story import story_text

        fixed = {"baseline": options["baseline"], "focus": options["focus"]}
        loaded = load_scenario(scenario, sets=options["set"], lang=options["lang"], **fixed)
        blocks = story_text(loaded, options["lang"])
        if not options["json"]:
            emit_blocks(blocks)
            return
        data = {"scenario": resolved(loaded), "hash": scenario_hash(loaded)}
        emit_json({**data, "text": [block_data(b) for b in blocks]})

    return show
