"""`blocs resume DIR`: the runs of a sweep that are missing, and nothing else; then the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("resume", lang)
    @click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
    @options("retry workers cluster shard json quiet lang", lang)
    def resume(folder: Path, **options: Any) -> int:
        return _resume(folder, options)

    return resume


def _resume(folder: Path, options: dict[str, Any]) -> int:
    from model.cli.sweep import check_cluster, part_asked
    from model.cli.sweeping import carry_on, finish_screen
    from model.experiments.kinds import require
    from model.experiments.sweep import PLAN, load_sweep
    from model.experiments.sweep_run import retry
    from model.experiments.sweep_screen import THEN

    require(folder, "resume", options["lang"])
    part = part_asked(options)
    check_cluster(options)
    if not (folder / PLAN).is_file() and (folder / THEN).is_file():
        return finish_screen(folder, options)
    if options["retry"]:
        retry(load_sweep(folder, options["lang"]))
    return carry_on(folder, options, part)
