"""`blocs game SCENARIO`: payoffs of what the focus and others may choose, best responses and pure Nash equilibria."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from model.cli.options import named, options
from model.cli.run import check_free, progress_of
from model.errors import UsageError
from model.words import hint, word

if TYPE_CHECKING:
    from model.experiments.game import Game
    from model.scenario.types import Scenario


def command(lang: str) -> click.Command:
    """The command, worded in `lang`; exit code 1 where a run failed."""

    @named("game", lang)
    @click.argument("scenario", metavar="SCENARIO")
    @click.option("--players", metavar="REGION,...", default=None, help=word("cli.option.players", lang))
    @click.option("--year", metavar="YEAR", default=None, help=word("cli.option.year", lang))
    @options("out force seed draws workers baseline focus set json quiet lang", lang)
    def game(scenario: str, **options: Any) -> int:
        return _game(scenario, options)

    return game


def _game(name: str, options: dict[str, Any]) -> int:
    from model.scenario.resolve import load_baseline, load_scenario

    lang = options["lang"]
    scenario = load_scenario(name, sets=options["set"], lang=lang, baseline=options["baseline"], focus=options["focus"])
    players = _players(options["players"], scenario.focus, lang)
    if not scenario.stances and scenario.focus in players:
        raise UsageError(word("game.no_stances", lang, scenario=scenario.name, region=scenario.focus))
    year = _year(options["year"], scenario, lang)
    baseline = load_baseline(scenario, lang)
    if baseline is None:
        raise UsageError(word("game.no_baseline", lang, scenario=scenario.name))
    out = None if options["out"] is None else Path(options["out"])
    if out is not None:
        check_free(out, options["force"], lang)

    from model.experiments.game import GameRequest, play

    chance = {key: options[key] for key in ("draws", "seed", "workers")}
    found = play(GameRequest(scenario, baseline, players, year, **chance), progress_of(options))
    if out is not None:
        _write(found, out)
    _report(found, year, baseline.name, options)
    return 1 if found.failures else 0


def _players(text: str | None, focus: str, lang: str) -> tuple[str, ...]:
    """Regions that play, each once; the focus alone by default."""
    from model.axes import REGIONS

    players = tuple(dict.fromkeys(part.strip() for part in (text or focus).split(",")))
    for player in players:
        if player not in REGIONS:
            raise UsageError(word("game.no_player", lang, name=player, names=", ".join(REGIONS)) + hint(player.upper(), REGIONS, lang))
    return players


def _year(text: str | None, scenario: Scenario, lang: str) -> int:
    """The year that counts: the last whole one by default."""
    first, last = int(scenario.first[:4]), int(scenario.last[:4]) - (scenario.last[-1] != "4")
    if last < first:
        raise UsageError(word("game.no_whole_year", lang, first=scenario.first, last=scenario.last))
    if text is None:
        return last
    if not (text.isascii() and text.isdigit() and first <= int(text) <= last):
        raise UsageError(word("game.no_year", lang, value=text, first=first, last=last))
    return int(text)


def _report(game: Game, year: int, baseline: str, options: dict[str, Any]) -> None:
    """The payoff matrix, the best responses and the sentence; or all of it as JSON."""
    from model.cli.output import emit_json, emit_table
    from model.experiments.game import payoff_rows, response_rows, sentence
    from model.experiments.results import label

    lang = options["lang"]
    if options["json"]:
        emit_json(_data(game, year, baseline, lang))
        return
    if not options["quiet"]:
        regions = [label("region", player, lang) for player in game.players]
        click.echo(word("game.payoffs", lang, year=year, baseline=baseline, draws=len(game.payoffs)) + "\n")
        effects = [word("game.payoff", lang, region=region) for region in regions]
        emit_table([*regions, *effects, word("game.column.equilibrium", lang)], payoff_rows(game, lang))
        click.echo("\n" + word("game.responses", lang) + "\n")
        emit_table([word(f"game.column.{c}", lang) for c in ("player", "others", "best")], response_rows(game, lang))
        click.echo("\n" + sentence(game, year, lang))
    for failure in game.failures:
        click.echo(f"  {failure.name} {failure.draw}: {failure.reason}", err=True)
    if game.failures:
        click.echo(word("cli.run.failed", lang, failed=len(game.failures), cases=game.runs), err=True)


def _data(game: Game, year: int, baseline: str, lang: str) -> dict[str, Any]:
    """The game as plain data."""
    from model.experiments.game import best_responses, equilibria, sentence, without_equilibrium

    return {
        "players": list(game.players), "choices": {p: list(c) for p, c in game.choices.items()}, "year": year,
        "baseline": baseline, "unit": "percent", "draws": sorted(game.payoffs), "payoffs": _payoffs(game),
        "equilibria": [{"profile": list(p), "share": s} for p, s in equilibria(game).items()],
        "without_equilibrium": without_equilibrium(game),
        "best_responses": [
            {"player": r, "others": list(others), "shares": shares}
            for r in game.players for others, shares in best_responses(game, r).items()
        ],
        "sentence": sentence(game, year, lang), "failed": [f.__dict__ for f in game.failures],
    }  # fmt: skip


def _payoffs(game: Game) -> list[dict[str, Any]]:
    """One row for each profile and player: central value and band."""
    from model.experiments.game import payoff_band

    return [
        dict(zip(("profile", "player", "central", "p10", "p90"), ([*profile], r, *payoff_band(game, profile, r)), strict=True))
        for profile in game.profiles for r in game.players
    ]  # fmt: skip


def _write(game: Game, folder: Path) -> None:
    """payoffs.csv (every draw) and equilibria.csv, for a spreadsheet."""
    from model.experiments.game import equilibria

    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        [draw, *profile, r, repr(value)]
        for draw, profiles in game.payoffs.items() for profile, own in profiles.items() for r, value in own.items()
    ]  # fmt: skip
    _table(folder / "payoffs.csv", ["draw", *game.players, "player", "percent"], rows)
    shares = [[*profile, repr(share)] for profile, share in equilibria(game).items()]
    _table(folder / "equilibria.csv", [*game.players, "share_of_draws"], shares)


def _table(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    """A CSV that a spreadsheet opens as it is."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])
