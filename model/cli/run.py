"""`blocs run SCENARIO`: the scenario and its baseline, all draws and stances, results and figures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import click

from model.cli.options import named, options
from model.errors import INTERRUPTED, StoreError, UsageError
from model.words import hint, word

RESULTS = "results"
SHOWN = 5
"""Failed runs named on the screen; all stand in the manifest."""


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("run", lang)
    @click.argument("scenario", metavar="SCENARIO")
    @options("out force seed draws workers stance baseline focus set record decompose no-figures json quiet lang", lang)
    def run(scenario: str, **options: Any) -> int:
        return execute(scenario, options)

    return run


def execute(name: str, options: dict[str, Any]) -> int:
    """Run a scenario as the options say and report on the screen; the exit code."""
    from model.scenario.resolve import load_baseline, load_scenario

    lang = options["lang"]
    fixed = {"baseline": options["baseline"], "focus": options["focus"]}
    scenario = load_scenario(name, sets=options["set"], lang=lang, **fixed)
    stances = _stances(options["stance"], scenario.choices, lang)
    out = Path(options["out"]) if options["out"] is not None else Path(RESULTS) / scenario.name
    check_free(out, options["force"], lang)
    baseline = load_baseline(scenario, lang)
    if options["decompose"] and baseline is None:
        raise UsageError(word("cli.run.no_baseline", lang, scenario=scenario.name))

    from model.experiments.workers import RUNNING, default_workers, hired

    cases = options["draws"] * (len(stances or scenario.choices or ("",)) + (baseline is not None))
    with hired(options["workers"] or default_workers(), cases, *RUNNING) as workers:  # they start while this process imports
        from model.experiments.run import RunRequest, run_scenario

        request = RunRequest(
            scenario=scenario,
            baseline=baseline,
            stances=stances,
            draws=options["draws"],
            seed=options["seed"],
            workers=workers,
            out=out,
            record=options["record"],
            decompose=options["decompose"],
            figures=not options["no_figures"],
            lang=lang,
            json=options["json"],
            quiet=options["quiet"],
            force=options["force"],
        )
        return _report(run_scenario(request, progress_of(options)), out, options)


def progress_of(options: dict[str, Any]) -> Any:
    """A counter on standard error while the runs go on, where a person is looking."""
    if options["quiet"] or options["json"] or not sys.stderr.isatty():
        return None

    def show(done: int, planned: int) -> None:
        end = "\n" if done == planned else ""
        click.echo("\r" + word("cli.run.progress", options["lang"], done=done, planned=planned) + end, err=True, nl=False)

    return show


def _report(result: Any, out: Path, options: dict[str, Any]) -> int:
    failed = int(getattr(result, "failed", 0))
    cases = int(getattr(result, "cases", 0))
    folder = out.as_posix()
    if options["json"]:
        from model.cli.output import emit_json

        emit_json({"folder": folder, "cases": cases, "failed": failed})
    elif not options["quiet"]:
        click.echo(result.text)
        click.echo(word("cli.run.done", options["lang"], folder=folder, cases=cases))
    if getattr(result, "cut", False):
        click.echo(word("cli.run.cut", options["lang"], done=cases - failed, cases=cases, folder=folder), err=True)
        return INTERRUPTED
    return say_failures(result.failures, failed, cases, options)


def say_failures(failures: Sequence[Any], failed: int, cases: int, options: dict[str, Any]) -> int:
    """Say on standard error how many runs failed, and which came first; the exit code."""
    if failed and not options["json"]:
        click.echo(word("cli.run.failed", options["lang"], failed=failed, cases=cases), err=True)
        for failure in failures[:SHOWN]:
            click.echo(f"  {failure.name} {failure.draw}: {failure.reason}", err=True)
    return 1 if failed else 0


def _stances(asked: tuple[str, ...], known: tuple[str, ...], lang: str) -> tuple[str, ...] | None:
    names = ", ".join(known) or "-"
    if faults := [word("cli.no_stance", lang, name=s, names=names) + hint(s, known, lang) for s in asked if s not in known]:
        raise UsageError("\n".join(faults))
    return asked or None


def check_free(out: Path, force: bool, lang: str) -> None:
    """StoreError if a folder may not be written to: no folder, or not empty without --force."""
    if out.exists() and not out.is_dir():
        raise StoreError(word("cli.run.no_folder", lang, folder=out.as_posix()))
    if out.is_dir() and not force and any(out.iterdir()):
        raise StoreError(word("cli.run.not_empty", lang, folder=out.as_posix()))
    try_to_write(out)


def try_to_write(folder: Path) -> None:
    """OSError at once, not after hours of runs, where a folder cannot be made or written to; leaves nothing behind."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    finally:
        for path in made:
            with suppress(OSError):
                path.rmdir()
