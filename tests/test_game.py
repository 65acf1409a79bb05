"""Games among states: solutions of textbook games, shares over draws, what is left out, and the command."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from model.cli import Cli
from model.errors import ModelError, UsageError
from model.experiments import game as games
from model.experiments.cases import Failure, Shards
from model.experiments.game import (
    Game,
    GameRequest,
    best_responses,
    choices_of,
    equilibria,
    is_equilibrium,
    payoff_band,
    payoff_rows,
    payoffs_of,
    play,
    profile_case,
    response_rows,
    sentence,
    without_equilibrium,
)  # fmt: skip
from model.outcomes import Recording
from model.scenario.resolve import load_scenario
from model.words import LANGUAGES
from tests import small

TWO = {"KOR": ("align_us", "hedge"), "CHN": ("scripted", "off")}
BOTH = ("KOR", "CHN")


def table_game(*tables: list[list[tuple[float, float]]]) -> Game:
    """A game of two with two choices each; one table of (row's, column's) payoffs for each draw."""
    rows, columns = TWO.values()
    payoffs = {
        draw: {
            (r, c): dict(zip(BOTH, cells[i][k], strict=True)) for i, r in enumerate(rows) for k, c in enumerate(columns)
        }
        for draw, cells in enumerate(tables)
    }
    return Game(BOTH, TWO, payoffs, (), 0)


DILEMMA = [[(3.0, 3.0), (0.0, 5.0)], [(5.0, 0.0), (1.0, 1.0)]]
PENNIES = [[(1.0, -1.0), (-1.0, 1.0)], [(-1.0, 1.0), (1.0, -1.0)]]
SEXES = [[(2.0, 1.0), (0.0, 0.0)], [(0.0, 0.0), (1.0, 2.0)]]


# -- solutions ---------------------------------------------------------------------------------------
def test_dilemma_has_one_equilibrium_and_it_is_not_the_best_for_both() -> None:
    game = table_game(DILEMMA)
    assert equilibria(game) == {("hedge", "off"): 1.0}
    assert best_responses(game, "KOR") == {
        ("scripted",): {"align_us": 0.0, "hedge": 1.0},
        ("off",): {"align_us": 0.0, "hedge": 1.0},
    }
    assert without_equilibrium(game) == 0.0


def test_pennies_have_none_and_the_sexes_two() -> None:
    assert equilibria(table_game(PENNIES)) == {} and without_equilibrium(table_game(PENNIES)) == 1.0
    assert equilibria(table_game(SEXES)) == {("align_us", "scripted"): 1.0, ("hedge", "off"): 1.0}


def test_shares_count_draws() -> None:
    game = table_game(DILEMMA, SEXES, PENNIES, PENNIES)
    assert equilibria(game) == {("hedge", "off"): 0.5, ("align_us", "scripted"): 0.25}
    assert without_equilibrium(game) == 0.5
    assert best_responses(game, "CHN")[("hedge",)] == {"scripted": 0.5, "off": 0.5}


def test_choices_that_are_alike_tie_and_all_count() -> None:
    game = table_game([[(1.0, 0.0), (1.0, 0.0)], [(1.0, 0.0), (1.0, 0.0)]])
    assert set(equilibria(game).values()) == {1.0} and len(equilibria(game)) == 4
    assert best_responses(game, "KOR")[("off",)] == {"align_us": 1.0, "hedge": 1.0}


def test_equilibrium_is_nobody_gains_alone() -> None:
    """Against the definition, on random games of two with ties."""
    chance = np.random.default_rng(3)
    for _ in range(50):
        cells = chance.integers(0, 3, (2, 2, 2)).astype(float)
        game = table_game([[tuple(cells[i, k]) for k in range(2)] for i in range(2)])
        for i, row in enumerate(TWO["KOR"]):
            for k, column in enumerate(TWO["CHN"]):
                alone = cells[i, k, 0] >= cells[1 - i, k, 0] and cells[i, k, 1] >= cells[i, 1 - k, 1]
                assert is_equilibrium(game, 0, (row, column)) == alone


def test_band_is_central_with_percentiles_over_draws() -> None:
    tables = [[[(float(d), 0.0), (0.0, 0.0)], [(0.0, 0.0), (0.0, 0.0)]] for d in range(11)]
    central, low, high = payoff_band(table_game(*tables), ("align_us", "scripted"), "KOR")
    assert (central, low, high) == pytest.approx((0.0, 1.0, 9.0))


# -- runs --------------------------------------------------------------------------------------------
def request(players: tuple[str, ...] = ("KOR", "CHN"), **changes: object) -> GameRequest:
    """A game of a short `chip_controls`."""
    sets = ["horizon=[2018Q1, 2019Q4]"]
    scenario, base = load_scenario("chip_controls", sets=sets), load_scenario("no_policy", sets=sets)
    return replace(GameRequest(scenario, base, players, 2019, 1, 0, 1), **changes)  # type: ignore[arg-type]


def recording(name: str, draw: int, korea: float) -> Recording:
    """Real income 100 in the first year; Korea's in the second as given."""
    quarters = tuple(f"{y}Q{q}" for y in (2018, 2019) for q in range(1, 5))
    keys = tuple((r, "Real Income", "index") for r in ("CHN", "KOR"))
    return Recording(name, draw, 0, quarters, keys, np.array([[100.0] * 8, [100.0] * 4 + [korea] * 4]))


def test_payoff_is_percent_of_the_years_baseline_and_broken_draws_are_left_out() -> None:
    asked = request()
    profiles = (("align_us", "off"), ("hedge", "off"))
    names = [games.profile_name(asked.scenario, p) for p in profiles]
    whole = [recording("no_policy", 0, 200.0), recording(names[0], 0, 202.0), recording(names[1], 0, 198.0)]
    broken = [recording("no_policy", 1, 200.0), recording(names[0], 1, 202.0)]
    found = payoffs_of(asked, profiles, Shards([*whole, *broken], [Failure(names[1], 1, 0, "no")]))
    assert set(found) == {0}
    assert found[0][profiles[0]] == pytest.approx({"KOR": 1.0, "CHN": 0.0})
    assert found[0][profiles[1]] == pytest.approx({"KOR": -1.0, "CHN": 0.0})


def test_a_profile_is_a_run_with_the_stance_and_states_chosen() -> None:
    case = profile_case(request(("CHN", "KOR", "USA")), ("reactive", "hedge", "off"), 3)
    assert (case.stance, case.draw, case.name) == ("hedge", 3, "chip_controls [reactive, hedge, off]")
    assert {r: case.scenario.states[r] for r in ("USA", "CHN", "JPN")} == {
        "USA": "off",
        "CHN": "reactive",
        "JPN": "scripted",
    }


def test_choices_are_what_the_scenario_declares() -> None:
    scenario = request().scenario
    assert choices_of(scenario, "KOR") == ("align_us", "align_cn", "hedge")
    assert choices_of(scenario, "USA") == ("scripted", "reactive", "off")
    with pytest.raises(UsageError, match="no stances"):
        choices_of(small.scenario("no_policy"), "KOR")


def test_game_of_nobody_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Shards([], [Failure("no_policy", 0, 0, "no price")])
    monkeypatch.setattr(games, "run_cases", lambda *_: failed)
    with pytest.raises(ModelError, match="no price"):
        play(request())


# -- words and the command ---------------------------------------------------------------------------
@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_say_what_holds(lang: str) -> None:
    clear, divided, none = table_game(DILEMMA), table_game(DILEMMA, SEXES, PENNIES, PENNIES), table_game(PENNIES)
    said = [sentence(g, 2035, lang) for g in (clear, divided, none)]
    assert "100%" in said[0] and "50%" in said[1] and len(set(said)) == 3 and all("2035" in s for s in said)
    assert payoff_rows(clear, lang)[3][2:] == ["+1.00", "+1.00", "100%"]
    assert payoff_rows(clear, lang)[0][-1] == "–"
    assert len(response_rows(clear, lang)) == 4
    alone = Game(
        ("KOR",), {"KOR": ("align_us", "hedge")}, {0: {("align_us",): {"KOR": 1.0}, ("hedge",): {"KOR": 2.0}}}, (), 3
    )
    assert "100%" in sentence(alone, 2030, lang)


def invoke(*args: str) -> Result:
    return CliRunner().invoke(Cli(), ["game", *args])


@pytest.mark.parametrize(
    ("args", "needle"),
    [
        (["chip_controls", "--players", "KOR,US"], "did you mean USA?"),
        (["chip_controls", "--year", "2036"], "from 2018 to 2035"),
        (["chip_controls", "--year", "soon"], "from 2018 to 2035"),
        (["chip_controls", "--baseline", "none"], "name one with --baseline"),
        (["no_policy"], "declares no stances for KOR"),
        (["chip_control"], "did you mean chip_controls?"),
    ],
)
def test_faults_of_the_command_are_named(args: list[str], needle: str) -> None:
    result = invoke(*args)
    assert result.exit_code == 2 and needle in result.output and "Traceback" not in result.output


def test_command_gives_matrix_csv_and_json(tmp_path: Path) -> None:
    out = tmp_path / "game"
    args = ["blocs", "--draws", "1", "--workers", "1", "--set", "horizon=[2018Q1, 2026Q4]"]
    result = invoke(*args, "--json", "--out", str(out))
    data = json.loads(result.stdout)
    assert result.exit_code == 0 and data["players"] == ["KOR"] and data["year"] == 2026
    best = max(data["payoffs"], key=lambda row: row["central"])
    assert data["equilibria"] == [{"profile": best["profile"], "share": 1.0}]
    with (out / "payoffs.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {r["KOR"]: float(r["percent"]) for r in rows} == {p["profile"][0]: p["central"] for p in data["payoffs"]}
    assert invoke(*args, "--out", str(out)).exit_code == 3  # not empty


def test_command_prints_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    game = replace(table_game(DILEMMA), failures=(Failure("x", 1, 0, "no price"),), runs=9)
    monkeypatch.setattr(games, "play", lambda *_: game)
    result = invoke("chip_controls", "--players", "KOR,CHN")
    assert (
        result.exit_code == 1 and sentence(game, 2035, "en") in result.output and "1 of 9 runs failed" in result.output
    )
