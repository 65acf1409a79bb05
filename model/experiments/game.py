"""A game among states: payoffs of all profiles of declared choices, best responses, pure Nash equilibria by state of the world.

A player chooses among what the scenario declares: the focus its stances, any other state how it acts (scripted, reactive, off).
A payoff is a region's real income in one year, percent of the baseline's in the same state of the world. An equilibrium is looked
for in each draw apart, and counted: where draws disagree, the answer is a share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from model.errors import ModelError, UsageError
from model.experiments.cases import Case, Failure, Shards, run_cases
from model.experiments.decompose import real_income
from model.experiments.results import BAND_DRAWS, label, signed
from model.experiments.run import index_sides
from model.experiments.verdicts import accepted_draws
from model.experiments.workers import default_workers
from model.outcomes import Recording
from model.said import worded
from model.scenario.types import Scenario
from model.scenario.validate import STATES
from model.words import word

Profile = tuple[str, ...]
"""One choice of each player, in their order."""
Payoffs = Mapping[int, Mapping[Profile, Mapping[str, float]]]
"""Draw -> profile -> player -> percent of the baseline's real income."""


@dataclass(frozen=True)
class GameRequest:
    """What is asked: a scenario and its baseline, who plays, the year that counts, draws and chance."""

    scenario: Scenario
    baseline: Scenario
    players: tuple[str, ...]
    year: int
    draws: int = 20
    seed: int = 0
    workers: int | None = None


@dataclass(frozen=True)
class Game:
    """What came of it: choices by player, payoffs of the complete draws, failed runs, and number of runs."""

    players: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]
    payoffs: Payoffs
    failures: tuple[Failure, ...]
    runs: int

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """All profiles, in the order of the choices."""
        return tuple(product(*(self.choices[p] for p in self.players)))


# -- runs --------------------------------------------------------------------------------------------
def choices_of(scenario: Scenario, player: str) -> tuple[str, ...]:
    """What a player may choose: the focus among its stances, others how their state acts."""
    if player != scenario.focus:
        return STATES
    if not scenario.stances:
        raise worded(UsageError, "game.no_stances", scenario=scenario.name, region=player)
    return tuple(scenario.stances)


def profile_name(scenario: Scenario, profile: Profile) -> str:
    """Name of a profile's runs: 'blocs [align_us, reactive, off]'."""
    return f"{scenario.name} [{', '.join(profile)}]"


def profile_case(request: GameRequest, profile: Profile, draw: int) -> Case:
    """The run of a profile: the focus takes its stance, the other players' states act as chosen."""
    scenario, chosen = request.scenario, dict(zip(request.players, profile, strict=True))
    stance = chosen.pop(scenario.focus, None)
    played = replace(scenario, states={**scenario.states, **chosen})
    return Case(profile_name(scenario, profile), played, stance, draw, request.seed, index_sides(scenario))


def play(request: GameRequest, progress: Callable[[int, int], None] | None = None) -> Game:
    """Run all profiles in all draws, with the baseline of each; a draw of which any run failed is left out and said."""
    choices = {p: choices_of(request.scenario, p) for p in request.players}
    game = Game(request.players, choices, {}, (), 0)
    base, sides = request.baseline, index_sides(request.scenario)
    cases: list[Case] = []
    for draw in accepted_draws(request.draws)[0]:
        cases.append(Case(base.name, base, None, draw, request.seed, sides))
        cases += [profile_case(request, profile, draw) for profile in game.profiles]
    shards = run_cases(cases, request.workers or default_workers(), progress)
    found = payoffs_of(request, game.profiles, shards)
    if not found:
        raise worded(ModelError, "error.all_failed", reason=f"{shards.failures[0].name}: {shards.failures[0].reason}")
    return replace(game, payoffs=found, failures=tuple(shards.failures), runs=len(cases))


def payoffs_of(
    request: GameRequest, profiles: Sequence[Profile], shards: Shards
) -> dict[int, dict[Profile, dict[str, float]]]:
    """Payoffs of every draw of which all runs are there."""
    held = {(r.scenario, r.draw): r for r in shards.recordings}
    names = {profile: profile_name(request.scenario, profile) for profile in profiles}
    draws = sorted({r.draw for r in shards.recordings})
    whole = [d for d in draws if all((name, d) in held for name in (request.baseline.name, *names.values()))]

    def effect(profile: Profile, draw: int, player: str) -> float:
        own, base = (
            in_year(held[name, draw], player, request.year) for name in (names[profile], request.baseline.name)
        )
        return 100 * (own / base - 1)

    return {d: {p: {r: effect(p, d, r) for r in request.players} for p in profiles} for d in whole}


def in_year(recording: Recording, region: str, year: int) -> float:
    """Mean real income of a region in a year."""
    inside = [quarter.startswith(str(year)) for quarter in recording.quarters]
    return float(real_income(recording, region)[inside].mean())


# -- solution ----------------------------------------------------------------------------------------
def responses(game: Game, draw: int, player: str, profile: Profile) -> dict[str, float]:
    """What a player would get from each of its choices, others staying as in the profile."""
    place, payoff = game.players.index(player), game.payoffs[draw]
    return {c: payoff[(*profile[:place], c, *profile[place + 1 :])][player] for c in game.choices[player]}


def is_equilibrium(game: Game, draw: int, profile: Profile) -> bool:
    """Whether in a draw no player gains by another choice alone."""
    return all(
        game.payoffs[draw][profile][player] >= max(responses(game, draw, player, profile).values())
        for player in game.players
    )


def equilibria(game: Game) -> dict[Profile, float]:
    """Share of draws in which each profile is a pure Nash equilibrium, of those that are in any; most often first."""
    shares = {p: float(np.mean([is_equilibrium(game, d, p) for d in game.payoffs])) for p in game.profiles}
    return dict(sorted(((p, s) for p, s in shares.items() if s > 0), key=lambda item: (-item[1], item[0])))


def without_equilibrium(game: Game) -> float:
    """Share of draws that have no pure equilibrium."""
    return float(np.mean([not any(is_equilibrium(game, d, p) for p in game.profiles) for d in game.payoffs]))


def best_responses(game: Game, player: str) -> dict[Profile, dict[str, float]]:
    """By what the others do: share of draws in which each choice of a player is best (alike ones count all)."""
    place, found = game.players.index(player), dict[Profile, dict[str, float]]()
    for profile in game.profiles:
        others = (*profile[:place], *profile[place + 1 :])
        if others not in found:
            best = [
                {c: x == max(own.values()) for c, x in own.items()}
                for own in (responses(game, d, player, profile) for d in game.payoffs)
            ]
            found[others] = {c: float(np.mean([b[c] for b in best])) for c in game.choices[player]}
    return found


def payoff_band(game: Game, profile: Profile, player: str) -> tuple[float, float, float]:
    """Central value (the median where draw 0 is not there), 10th and 90th percentile over draws."""
    values = np.array([game.payoffs[d][profile][player] for d in game.payoffs])
    central = game.payoffs[0][profile][player] if 0 in game.payoffs else float(np.median(values))
    return central, float(np.quantile(values, 0.1)), float(np.quantile(values, 0.9))


# -- words -------------------------------------------------------------------------------------------
def choice_label(choice: str, lang: str) -> str:
    """Printed name of a choice."""
    return word(f"game.{choice}", lang) if choice in STATES else label("stance", choice, lang)


def profile_label(game: Game, profile: Profile, lang: str) -> str:
    """'Korea: Hedge; China: reactive'."""
    pairs = zip(game.players, profile, strict=True)
    return "; ".join(f"{label('region', r, lang)}: {choice_label(c, lang)}" for r, c in pairs)


def payoff_rows(game: Game, lang: str) -> list[list[str]]:
    """The payoff matrix as text: choices, each player's payoff with its band, share of draws in equilibrium."""
    shares = equilibria(game)
    return [
        [choice_label(c, lang) for c in profile]
        + [_cell(payoff_band(game, profile, r), len(game.payoffs), lang) for r in game.players]
        + [percent(shares.get(profile, 0.0))]
        for profile in game.profiles
    ]  # fmt: skip


def _cell(band: tuple[float, float, float], draws: int, lang: str) -> str:
    """'−0.31 (−0.45 to −0.20)'; the central value alone where draws are too few for a band."""
    central, low, high = (signed(value) for value in band)
    return f"{central} ({word('table.band', lang, low=low, high=high)})" if draws >= BAND_DRAWS else central


def percent(share: float) -> str:
    """A share as whole percent; a dash for none."""
    return f"{100 * share:.0f}%" if share > 0 else "–"


def response_rows(game: Game, lang: str) -> list[list[str]]:
    """Best responses as text: player, what the others do, shares of draws in which each choice is best."""
    rows: list[list[str]] = []
    for player in game.players:
        others = [p for p in game.players if p != player]
        for profile, shares in best_responses(game, player).items():
            met = "; ".join(
                f"{label('region', r, lang)}: {choice_label(c, lang)}" for r, c in zip(others, profile, strict=True)
            )
            best = sorted((c for c in shares if shares[c] > 0), key=lambda c: -shares[c])
            rows.append(
                [
                    label("region", player, lang),
                    met or "–",
                    ", ".join(f"{choice_label(c, lang)} {percent(shares[c])}" for c in best),
                ]
            )
    return rows


def sentence(game: Game, year: int, lang: str) -> str:
    """What the game says, in one sentence or two."""
    found, draws = equilibria(game), len(game.payoffs)
    none = without_equilibrium(game)
    fields = {"year": year, "draws": draws, "none": percent(none) if none else "0%"}
    if not found:
        return word("game.no_equilibrium", lang, **fields)
    first = next(iter(found))
    fields |= {"share": percent(found[first]), "profile": profile_label(game, first, lang), "others": len(found) - 1}
    if len(game.players) == 1:
        return word(
            "game.alone",
            lang,
            **fields,
            region=label("region", game.players[0], lang),
            choice=choice_label(first[0], lang),
        )
    return word("game.equilibrium" if found[first] > 0.5 else "game.divided", lang, **fields)
