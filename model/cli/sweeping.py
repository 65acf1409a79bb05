"""What `sweep` and `resume` share: doing the runs with progress, ending cleanly, and saying what came of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from model.errors import INTERRUPTED, StoreError
from model.said import said
from model.words import word

if TYPE_CHECKING:
    from model.experiments.sweep import Sweep

SHOWN = 5
"""Failed runs named on the screen; all stand in the manifest."""
BLINK, LINE = 0.2, 30.0
"""Seconds between two updates of the counter on a terminal, and between two lines elsewhere."""


class Progress:
    """A counter with rate, time left and failures: one line that changes on a terminal, else a line now and then."""

    def __init__(self, planned: int, lang: str) -> None:
        """`planned` runs are in hand."""
        self.planned, self.lang, self.terminal = planned, lang, sys.stderr.isatty()
        self.started = self.shown = time.monotonic()
        self.width = 0

    def __call__(self, settled: int, failed: int) -> None:
        """Show how many are settled and how many of these failed, if it is time to."""
        now, last = time.monotonic(), settled == self.planned
        if not last and now - self.shown < (BLINK if self.terminal else LINE):
            return
        self.shown = now
        rate = settled / max(now - self.started, 1e-9)
        left = duration((self.planned - settled) / rate, self.lang)
        fields = {"settled": settled, "planned": self.planned, "rate": f"{rate:.2f}", "left": left, "failed": failed}
        text = word("cli.sweep.progress", self.lang, **fields)
        if self.terminal:
            click.echo("\r" + text.ljust(self.width) + ("\n" if last else ""), err=True, nl=False)
            self.width = len(text)
        else:
            click.echo(text, err=True)


def carry_on(folder: Path, options: dict[str, Any], part: tuple[int, int] | None = None) -> int:
    """Do what is missing of the sweep in a folder, put the results together, say what came of it; the exit code."""
    from model.experiments.sweep import load_sweep
    from model.experiments.sweep_run import carry_out, finish, pending, same_engine

    started, sweep = time.time(), same_engine(load_sweep(folder, options["lang"]))
    runs = pending(sweep, part)
    progress = None if options["quiet"] or options["json"] else Progress(len(runs), options["lang"])
    try:
        carry_out(sweep, runs, _backend(options), progress)
        sweep = finish(sweep, started)
    except KeyboardInterrupt:
        click.echo(("\n" if sys.stderr.isatty() else "") + _kept("cli.sweep.interrupted", sweep, options["lang"]), err=True)
        return INTERRUPTED
    except StoreError as fault:
        raise StoreError(f"{said(fault, options['lang'])}\n{_kept('cli.sweep.kept', sweep, options['lang'])}") from fault
    return report(sweep, options, part)


def finish_screen(folder: Path, options: dict[str, Any]) -> int:
    """Finish the screening in a folder, plan the sweep over the names it kept, and do it."""
    from model.experiments.sweep import load_sweep
    from model.experiments.sweep_plan import make_plan
    from model.experiments.sweep_run import write_plan
    from model.experiments.sweep_screen import SCREEN, kept, read_then, request_after

    then, lang = read_then(folder), options["lang"]
    if then is None:
        raise StoreError(word("cli.sweep.no_sweep", lang, folder=folder.as_posix()))
    code = carry_on(folder / SCREEN, options)
    if code == INTERRUPTED:
        return code
    screen = load_sweep(folder / SCREEN)
    names = kept(screen, then.keep)
    planned = make_plan(request_after(screen, then, lang), names)
    write_plan(planned, folder)
    if not (options["quiet"] or options["json"]):
        said = ", ".join(name.name for name in names)
        click.echo(word("cli.sweep.screened", lang, names=said, runs=len(planned.sweep.runs)))
    return carry_on(folder, options)


def _backend(options: dict[str, Any]) -> Any:
    if options["cluster"]:
        from model.experiments.cluster import cluster

        return cluster(options["cluster"])
    from model.experiments.sweep_run import embedded
    from model.experiments.workers import default_workers

    return embedded(options["workers"] or default_workers())


def _kept(key: str, sweep: Sweep, lang: str) -> str:
    """How many runs are kept and how to go on."""
    from model.experiments.sweep import load_sweep, unfinished

    left = len(unfinished(load_sweep(sweep.folder)))
    fields = {"done": len(sweep.runs) - left, "planned": len(sweep.runs), "folder": shown_folder(sweep.folder)}
    return word(key, lang, **fields)


def shown_folder(folder: Path) -> str:
    """The folder that a command is given: of a screening, the one it stands in."""
    from model.experiments.sweep_screen import SCREEN

    return (folder.parent if folder.name == SCREEN else folder).as_posix()


def counts(sweep: Sweep) -> dict[str, Any]:
    """How far a sweep is."""
    from model.experiments.store import RESULTS
    from model.experiments.sweep import unfinished

    missing = len(unfinished(sweep))
    failed = len(sweep.failures)
    return {
        "folder": sweep.folder.as_posix(), "planned": len(sweep.runs), "done": len(sweep.runs) - missing - failed,
        "failed": failed, "missing": missing, "results": (sweep.folder / RESULTS).is_file(),
    }  # fmt: skip


def report(sweep: Sweep, options: dict[str, Any], part: tuple[int, int] | None = None) -> int:
    """Say what came of a sweep or of a part of it; 1 if runs failed."""
    from model.experiments.sweep_screen import SCREEN

    lang, found = options["lang"], counts(sweep)
    if options["json"]:
        from model.cli.output import emit_json

        if sweep.folder.name != SCREEN:
            emit_json(found)
    elif not options["quiet"]:
        key = "cli.sweep.part" if part and found["missing"] else "cli.sweep.done"
        key = "cli.sweep.screen_done" if sweep.folder.name == SCREEN else key
        fields = {"i": part[0], "n": part[1]} if part else {}
        click.echo(word(key, lang, **{**found, "folder": shown_folder(sweep.folder), **fields}))
    if sweep.failures and not options["json"]:
        click.echo(word("cli.run.failed", lang, failed=found["failed"], cases=found["planned"]), err=True)
        for failure in sweep.failures[:SHOWN]:
            click.echo(f"  {failure['label']} {failure['state']}: {failure['reason']}", err=True)
    return 1 if sweep.failures else 0


def duration(seconds: float, lang: str) -> str:
    """A time in words: '12 s', '3 min', '2 h 10 min'."""
    if seconds < 90:
        return word("cli.time.seconds", lang, n=f"{seconds:.0f}")
    minutes = round(seconds / 60)
    if minutes < 90:
        return word("cli.time.minutes", lang, n=minutes)
    return word("cli.time.hours", lang, h=minutes // 60, n=minutes % 60)


def size_text(size: float) -> str:
    """A size in MB or GB."""
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
