"""`blocs sweep SCENARIO...`: many runs over names that vary; the plan is printed before it starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from model.cli.options import named, options
from model.cli.wording import Whole
from model.errors import StoreError, UsageError
from model.words import word

RESULTS = "results"
MOST_NAMES = 30
"""Names that the plan lists on the screen; all stand in plan.json."""


def command(lang: str) -> click.Command:
    """The command, worded in `lang`."""

    @named("sweep", lang)
    @click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True)
    @options("method samples vary screen", lang)
    @click.option("--draws", metavar="K", default=1, type=Whole(1, lang), help=word("cli.option.sweep_draws", lang))
    @options("seed workers cluster shard record stance baseline focus set dry-run force out json quiet lang", lang)
    def sweep(scenarios: tuple[str, ...], **options: Any) -> int:
        return _sweep(scenarios, options)

    return sweep


def _sweep(names: tuple[str, ...], options: dict[str, Any]) -> int:
    part = part_asked(options)
    check_cluster(options)
    request, out = _request(names, options), _folder(names, options)

    from model.experiments.sweep_plan import make_plan
    from model.experiments.sweep_screen import screening

    keep = options["screen"]
    planned = make_plan(screening(request) if keep else request)
    going_on = _check_free(out / "screen" if keep else out, planned.sweep.plan["hash"], options)
    _show_plan(planned, request, options)
    if options["dry_run"]:
        return 0

    from model.cli.sweeping import carry_on, finish_screen
    from model.experiments.sweep_run import clear_sweep, write_plan
    from model.experiments.sweep_screen import SCREEN, THEN, write_then

    if keep:
        clear_sweep(out)
        clear_sweep(out / SCREEN)
        write_then(out, request, keep)
        write_plan(planned, out / SCREEN)
        return finish_screen(out, options)
    if not going_on:
        clear_sweep(out)
        (out / THEN).unlink(missing_ok=True)
        write_plan(planned, out)
    return carry_on(out, options, part)


def _request(names: tuple[str, ...], options: dict[str, Any]) -> Any:
    """The request, scenarios and baselines resolved."""
    from model.experiments.sweep_plan import SweepRequest
    from model.scenario.resolve import load_baseline, load_scenario

    lang, fixed = options["lang"], {"baseline": options["baseline"], "focus": options["focus"]}
    scenarios = tuple(load_scenario(name, sets=options["set"], lang=lang, **fixed) for name in dict.fromkeys(names))
    compared = {scenario.name: load_baseline(scenario, lang) for scenario in scenarios}
    return SweepRequest(
        scenarios, {name: base for name, base in compared.items() if base is not None}, options["method"],
        options["samples"], options["vary"], tuple(dict.fromkeys(options["stance"])), options["draws"], options["seed"],
        options["record"], lang,
    )  # fmt: skip


def _folder(names: tuple[str, ...], options: dict[str, Any]) -> Path:
    """--out, or results/sweep-SCENARIO."""
    return Path(options["out"]) if options["out"] is not None else Path(RESULTS) / f"sweep-{Path(names[0]).stem}"


def part_asked(options: dict[str, Any]) -> tuple[int, int] | None:
    """(i, n) of --shard."""
    text = options["shard"]
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    part = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= part[0] <= part[1]:
        raise UsageError(word("cli.sweep.shard", options["lang"], value=text))
    for other in ("cluster", "screen"):
        if options.get(other):
            raise UsageError(word("cli.sweep.not_both", options["lang"], one="--shard", two=f"--{other}"))
    return part


def check_cluster(options: dict[str, Any]) -> None:
    """--cluster names a scheduler."""
    address = options["cluster"]
    if address is not None and not re.fullmatch(r"(tcp|tls)://[^/\s]+:[0-9]{1,5}", address):
        raise UsageError(word("cli.sweep.cluster", options["lang"], value=address))
    if address is not None and options["workers"] is not None:
        raise UsageError(word("cli.sweep.not_both", options["lang"], one="--cluster", two="--workers"))


def _check_free(out: Path, plan: str, options: dict[str, Any]) -> bool:
    """Whether the folder holds this very sweep and a --shard goes on with it; StoreError if it holds anything else."""
    from model.experiments.sweep import PLAN, load_sweep

    folder, lang = out.as_posix(), options["lang"]
    if out.exists() and not out.is_dir():
        raise StoreError(word("cli.run.no_folder", lang, folder=folder))
    if options["force"] or not out.is_dir() or not any(out.iterdir()):
        return False
    if (out / PLAN).is_file() and load_sweep(out).plan["hash"] == plan:
        if options["shard"] is not None:
            return True
        raise StoreError(word("cli.sweep.same", lang, folder=folder))
    raise StoreError(word("cli.run.not_empty", lang, folder=folder))


# -- the plan ----------------------------------------------------------------------------------------
def _show_plan(planned: Any, request: Any, options: dict[str, Any]) -> None:
    """Print what is planned, with time and size from a timed probe."""
    from model.cli.sweeping import duration, size_text
    from model.experiments.sweep_run import probe
    from model.experiments.workers import default_workers

    if options["quiet"]:
        return
    lang, plan, sweep = options["lang"], planned.sweep.plan, planned.sweep
    runs = len(sweep.runs) - sum(run.state in planned.impossible for run in sweep.runs)
    cost = probe(planned)
    workers = min(options["workers"] or default_workers(), runs)
    numbers = {
        "method": plan["method"], "names": len(plan["names"]), "samples": plan["samples"], "states": plan["states"],
        "runs": runs, "seconds_a_run": cost.seconds, "bytes_a_run": cost.size, "workers": workers,
        "seconds": cost.seconds * runs / workers, "bytes": cost.size * runs, "impossible": len(planned.impossible),
        "moved": list(planned.moved), "hash": plan["hash"],
    }  # fmt: skip
    if options["json"]:
        if options["dry_run"]:
            from model.cli.output import emit_json

            emit_json(numbers)
        return
    for line in _plan_lines(planned, request, options):
        click.echo(line)
    if cost.seconds:
        time_size = {"time": duration(numbers["seconds"], lang), "size": size_text(numbers["bytes"])}
        key = "cli.sweep.plan.cost_cluster" if options["cluster"] else "cli.sweep.plan.cost"
        click.echo(word(key, lang, one=f"{cost.seconds:.2f}", workers=workers, **time_size))
    else:
        click.echo(word("cli.sweep.plan.no_cost", lang))


def _plan_lines(planned: Any, request: Any, options: dict[str, Any]) -> list[str]:
    from model.experiments.sensitivity import least_states

    lang, sweep, plan = options["lang"], planned.sweep, planned.sweep.plan
    key = "cli.sweep.plan.screen" if options["screen"] else f"cli.sweep.plan.{plan['method']}"
    fields = {"names": len(plan["names"]), "samples": plan["samples"], "keep": options["screen"], "method": request.method}
    lines = [word(key, lang, **fields)]
    lines += [f"  {text}" for text in _name_lines(plan["names"], lang)]
    cases = ", ".join(sweep.labels)
    bases = ", ".join(sweep.baselines)
    worlds = len({sweep.world_of(state) for state in range(plan["states"])})
    lines.append(word("cli.sweep.plan.states", lang, states=plan["states"], draws=plan["draws"], seed=plan["seed"]))
    key = "cli.sweep.plan.runs" if bases else "cli.sweep.plan.runs_alone"
    lines.append(
        word(key, lang, runs=len(sweep.runs), cases=cases, baselines=bases, worlds=worlds, states=plan["states"])
    )
    least = least_states(len(plan["names"]))
    if plan["method"] == "lhs" and not options["screen"] and plan["states"] < least:
        lines.append(word("cli.sweep.plan.few", lang, names=len(plan["names"]), least=least))
    if planned.moved:
        few = ", ".join(planned.moved[:3]) + (", ..." if len(planned.moved) > 3 else "")
        lines.append(word("cli.sweep.plan.moved", lang, count=len(planned.moved), names=few))
    if planned.impossible:
        reason = next(iter(planned.impossible.values()))
        lines.append(word("cli.sweep.plan.impossible", lang, count=len(planned.impossible), reason=reason))
    return lines


def _name_lines(names: list[dict[str, Any]], lang: str) -> list[str]:
    """'name  low–high unit', as many as fit; a grid's steps too."""
    from model.scenario.story import unit_name

    shown = names if len(names) <= MOST_NAMES else names[: MOST_NAMES // 2]
    width = max(len(name["name"]) for name in shown)
    lines = [
        f"{n['name']:<{width}}  {n['low']:g}–{n['high']:g} {unit_name(n['unit'], lang)}"
        + (f"  ({n['steps']})" if n["steps"] else "")
        for n in shown
    ]
    return lines + ([word("cli.sweep.plan.more", lang, count=len(names) - len(shown))] if len(names) > len(shown) else [])
