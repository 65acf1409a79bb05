"""The tables and sentences that `blocs strategies` prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import click

from model.cli.output import emit_table
from model.experiments.flips import Flip
from model.experiments.results import BAND_DRAWS, HORIZONS, label, signed
from model.words import word


def print_scenario(table: Any, planned: Any, request: Any) -> None:
    """One row a strategy: effect with band, cost, regret, from when it pays."""
    lang, name = request.lang, planned.scenario.name
    rows = table[table["scenario"] == name].to_dict("records")
    years = [h for h in HORIZONS if f"year_{h}" in rows[0] and not math.isnan(rows[0][f"year_{h}"])]
    region = label("region", planned.scenario.focus, lang)
    click.echo(word("cli.strategies.title", lang, scenario=name, baseline=planned.baseline.name, region=region))
    header = [word("cli.strategies.strategy", lang), *(f"{int(rows[0][f'year_{h}'])}" for h in years)]
    header += [word(f"cli.strategies.{c}", lang) for c in ("cost_usd", "cost_won", "cost_percent", "regret", "pays_from")]
    shown = [[_name(row, lang), *(_effect(row, h, lang) for h in years), *_costs(row), _regret(row), _year(row, lang)] for row in rows]
    emit_table(header, shown)
    banded = max(row["draws"] for row in rows) >= BAND_DRAWS
    spread = word("table.note" if banded else "table.note_single", lang, draws=max(row["draws"] for row in rows))
    fields = {"rate": f"{request.rate:,.1f}", "year": int(rows[0][f"year_{years[-1]}"])}
    click.echo(spread + " " + word("cli.strategies.note", lang, **fields) + "\n")


def _name(row: dict[str, Any], lang: str) -> str:
    text = label("stance", row["strategy"], lang)
    if not row["budget_percent"]:
        return text
    with_ = word("cli.strategies.with", lang, stance=label("stance", row["against"], lang))
    return f"{text} ({row['budget_percent']:g} %; {with_})"


def _effect(row: dict[str, Any], horizon: int, lang: str) -> str:
    text = signed(row[f"central_{horizon}"])
    if row["draws"] < BAND_DRAWS:
        return text
    band = word("table.band", lang, low=signed(row[f"p10_{horizon}"]), high=signed(row[f"p90_{horizon}"]))
    return f"{text} ({band})"


def _costs(row: dict[str, Any]) -> list[str]:
    kinds = (("cost_bn_usd", 2), ("cost_trillion_won", 2), ("cost_percent", 3))
    return ["–" if not row["against"] else signed(row[kind], digits).removeprefix("+") for kind, digits in kinds]


def _regret(row: dict[str, Any]) -> str:
    return "–" if math.isnan(row["regret"]) else f"{row['regret']:.2f}"


def _year(row: dict[str, Any], lang: str) -> str:
    if not row["against"]:
        return "–"
    return word("cli.strategies.never", lang) if math.isnan(row["pays_from"]) else f"{int(row['pays_from'])}"


def print_summary(result: Any, request: Any) -> None:
    """The best strategy of each scenario; the least largest regret; which are never the worst."""
    from model.experiments.strategies import best_strategy

    lang, table = request.lang, result.table
    for each in result.planned:
        best = best_strategy(table, each.scenario.name)
        own = table[(table["scenario"] == each.scenario.name) & (table["strategy"] == best)]
        if len(own):
            row = own.iloc[0]
            fields = {"scenario": each.scenario.name, "strategy": label("stance", best, lang)}
            key = "best" if row["draws"] >= BAND_DRAWS else "best_single"
            click.echo(word(f"cli.strategies.{key}", lang, percent=f"{row['best_in_percent']:.0f}", **fields))
    if len(result.summary):
        first = result.summary.iloc[0]
        fields = {"strategy": label("stance", first["strategy"], lang), "regret": f"{first['largest_regret']:.2f}",
                  "scenario": first["scenario"]}  # fmt: skip
        click.echo(word("cli.strategies.least_regret", lang, **fields))
        fine = result.summary[result.summary["worst_in"] == 0]["strategy"]
        names = ", ".join(label("stance", name, lang) for name in fine) or "–"
        click.echo(word("cli.strategies.never_worst", lang, names=names) + "\n")


def print_flips(flips: Sequence[Flip], drivers: Sequence[str], request: Any) -> None:
    """Under which condition the advice turns, and which drivers were tried."""
    lang = request.lang
    click.echo(word("cli.strategies.tried", lang, names=", ".join(drivers)))
    for flip in flips:
        fields = {"scenario": flip.scenario, "driver": flip.driver, "end": f"{flip.end:g}"}
        if not flip.best:
            click.echo("  " + word("cli.strategies.unsolved", lang, **fields))
        elif flip.best != flip.advice:
            names = {"advice": label("stance", flip.advice, lang), "best": label("stance", flip.best, lang)}
            key = "flip_unknown" if math.isnan(flip.threshold) else "flip_below" if flip.end < flip.threshold else "flip_above"
            click.echo("  " + word(f"cli.strategies.{key}", lang, value=f"{flip.threshold:.3g}", **fields, **names))
    scenarios = dict.fromkeys(flip.scenario for flip in flips)
    for name in scenarios:
        if all(flip.best in ("", flip.advice) for flip in flips if flip.scenario == name):
            click.echo("  " + word("cli.strategies.no_flip", lang, scenario=name))
    click.echo()
