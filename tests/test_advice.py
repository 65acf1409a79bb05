"""Policy advice, drivers and trust: what the sentences say agrees with the tables other commands left beside the run."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.experiments.beside import ask_sweep, draw_beside, notes_beside, titled, titled_flips
from model.experiments.inputs import FOLDERS, input_tables
from model.experiments.results import FigureContext
from model.experiments.sampling import METHODS
from model.reports.advice import NEEDED, advice, in_one_sentence, verdict
from model.reports.document import Block, Bullets, Paragraph, Table
from model.reports.drives import drives
from model.reports.facts import Facts
from model.reports.trust import standing, trust
from model.words import LANGUAGES, has_word, word
from tests.beside import BASE, FLIP, PAID, PARAMETERS, STRATEGIES, rows, scores, write_beside
from tests.folders import uniform, write_sweep
from tests.test_sensitivity import sobol_folder

CONTEXT = FigureContext("blocs", ("align_us", "hedge"), "history", "KOR", (2026, 2030, 2035), "en", draws=20)
COMMANDS = {
    "strategies": "blocs strategies blocs --out DIR/strategies", "sweep": "--out DIR/sweep", "backtest": "blocs backtest --out DIR/backtest",
    "calibration": "blocs calibrate --out DIR/calibration",
}  # fmt: skip


def facts(lang: str = "en", notes: dict[str, Any] | None = None, rate: float = 0.0, **tables: pd.DataFrame) -> Facts:
    """Facts of a run without results, with these tables beside it."""
    if "flips" in tables:
        tables["flips"] = titled_flips(tables["flips"], lang)
    return Facts(replace(CONTEXT, lang=lang, rate=rate, inputs=tables), pd.DataFrame(), {"parameters": PARAMETERS}, {}, notes or {})


def said(blocks: list[Block]) -> str:
    """All running text of some blocks."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            found.append(block.text)
        elif isinstance(block, Bullets):
            found += block.items
        elif isinstance(block, Table):
            found += [block.title, block.unit, *block.notes, block.source, *block.head(), *(cell for row in block.text() for cell in row)]
    return "\n".join(found)


def of(text: str, lang: str = "en") -> str:
    return word(f"stance.{text}", lang)


# advice


def test_proposals_are_judged_by_the_band_of_what_they_bring() -> None:
    whole = said(advice(facts(strategies=STRATEGIES), {}))
    assert f"{of('chip_leverage')} (blocs) pays: beyond Hedge real income rises by 0.10 percentage points" in whole
    assert f"{of('widen_manufacturing')} (blocs) does not pay" in whole and f"{of('software_cooperation')} (blocs) is open" in whole
    assert re.search(rf"Decide now .*2027 or before\): {of('chip_leverage')}\.", whole)
    assert re.search(rf"Can wait .*: {of('software_cooperation')}", whole) and re.search(rf"No gain .*: {of('widen_manufacturing')}", whole)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_best_never_worst_least_regret_and_what_is_not_ranked(lang: str) -> None:
    whole = said(advice(facts(lang, strategies=STRATEGIES, flips=pd.DataFrame([FLIP])), {}))
    chip, wide = of("chip_leverage", lang), of("widen_manufacturing", lang)
    assert word("paper.advice.not_ranked", lang, name=of("hedge", lang), names=chip) in whole
    never = ", ".join([of("hedge", lang), chip, of("software_cooperation", lang)])
    assert word("paper.advice.never_worst", lang, names=never, draws=20) in whole and wide not in never
    flip = word("paper.advice.flip_below", lang, best=of("align_us", lang), advice=of("hedge", lang), value="2.76", title=titled(FLIP["driver"], lang))
    assert flip in whole and "[" not in flip and word("paper.advice.payers", lang, region=word("region.KOR", lang)) in whole
    assert word("paper.advice.ranked", lang, name=of("hedge", lang), names="") in whole  # in the second scenario


def test_advice_turns_above_below_or_nowhere() -> None:
    def flips(**change: Any) -> str:
        return said(advice(facts(strategies=STRATEGIES, flips=pd.DataFrame([FLIP | change])), {}))

    assert "is above 2.76 (Hedge below it)" in flips(end=9.0)
    assert "somewhere before" in flips(threshold=math.nan) and "None of the drivers tried" in flips(best="hedge")
    assert "None of the drivers tried" in flips(best="") and "were not sought" in said(advice(facts(strategies=STRATEGIES), {}))


def test_with_few_draws_nothing_is_ranked_and_no_band_is_invented() -> None:
    whole = said(advice(facts(strategies=STRATEGIES.assign(draws=3)), {}))
    assert "With 3 draws there is no band" in whole and "(blocs) pays" not in whole and "does not pay" not in whole
    assert whole.count("no band: too few draws") >= 3 and " to +" not in whole


def test_amounts_in_won_and_in_dollars() -> None:
    won, dollars = (said(advice(facts("ko", rate=rate, strategies=STRATEGIES), {})) for rate in (1300.0, 0.0))
    assert "2.6조 원" in won and "비용(조 원)" in won and "억 달러" not in won
    assert "20억 달러" in dollars and "비용(십억 달러)" in dollars and "조 원" not in dollars


def test_lost_columns_and_other_parameters_are_named() -> None:
    lost = said(advice(facts(strategies=STRATEGIES[["scenario", "strategy"]]), {}))
    assert NEEDED[-1] in lost and NEEDED[3] in lost and "scenario, strategy" not in lost
    stale = facts(strategies=STRATEGIES, notes={"strategies": {"parameters": "00"}})
    assert stale.stale and word("paper.advice.stale", "en") in said(advice(stale, {}))
    assert word("paper.advice.stale", "en") not in said(advice(facts(strategies=STRATEGIES, notes={"strategies": {"parameters": PARAMETERS}}), {}))


numbers = st.floats(-2, 2).map(lambda x: round(x, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers, st.sampled_from([math.nan, 2026.0, 2033.0])), min_size=1, max_size=3), st.sampled_from(LANGUAGES))
def test_any_table_gives_sentences_that_agree_with_it(drawn: list[tuple[float, ...]], lang: str) -> None:
    names = ("chip_leverage", "widen_manufacturing", "software_cooperation")
    changes = []
    for name, (low, middle, high, behind, year) in zip(names, drawn, strict=False):
        low, middle, high = sorted((low, middle, high))
        changes.append(PAID | {"strategy": name, "extra_p10": low, "extra": middle, "extra_p90": high, "regret": 1.0, "behind_p10": behind, "pays_from": year})
    table = rows({}, *changes)
    mine = facts(lang, strategies=table)
    whole, one = said(advice(mine, {})), in_one_sentence(mine)
    assert not re.search(r"\bnan\b|\{\w*\}|은\(는\)|이\(가\)|−−", whole + one)
    level = [row["strategy"] for row in changes if not row["behind_p10"] > 0]
    key = "paper.answer.advice_open" if level else "paper.answer.advice_best"
    assert one == word(key, lang, name=of("hedge", lang), names=", ".join(of(name, lang) for name in level))
    for row in table[table["strategy"] != "hedge"].to_dict("records"):
        kind = verdict(row)
        low, high = (round(row[end], 2) for end in ("extra_p10", "extra_p90"))  # as they are read
        assert kind == ("pays" if low > 0 else "loses" if high < 0 else "open")
        (line,) = [text for text in whole.splitlines() if text.startswith(of(row["strategy"], lang) + (" (blocs)" if lang == "en" else "(blocs)"))]
        verb = ("rises", "falls") if lang == "en" else ("증가", "감소")
        if abs(row["extra"]) >= 0.005:
            assert (verb[row["extra"] < 0] in line) and (verb[row["extra"] > 0] not in line)
        assert ((word("phrase.open_sign", lang) in line) == (low <= 0 <= high)) and (kind != "pays" or row["extra"] > 0)


# what drives it


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sweep_beside_the_run_names_what_drives_and_where_it_falls_short(lang: str, tmp_path: Path) -> None:
    write_beside(tmp_path)
    tables, drawn = ask_sweep(tmp_path, replace(CONTEXT, lang=lang), tmp_path / "figures", figures=False)
    whole = said(drives(facts(lang, **tables), {}))
    assert not drawn and list(tables["drivers"]["rank"]) == [0, 1] and tables["drivers"]["title"].iloc[0] == titled("search_cost", lang)
    hits = int((uniform(96, {"a": (0.0, 1.0), "b": (1.0, 8.0)})[:, 0] < 0.5).sum())
    assert tables["boxes"].loc[0, "hits"] == hits == 48 and word("paper.drives.higher", lang) in whole
    assert word("paper.drives.box", lang, stance="#", hits=hits, states=96, percent=50, limits="#", density="#", coverage="#").split("#")[1][:12] in whole
    assert titled("elasticity_of_substitution[memory]", lang).endswith(f"({word('segment.memory', lang)})")


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(("level", "key"), [(1.0, "never"), (-1.0, "always")])
def test_a_sweep_without_or_with_only_losses(level: float, key: str, tmp_path: Path) -> None:
    names = {"search_cost": (0.0, 1.0), "elasticity_of_substitution[memory]": (1.0, 8.0)}
    write_sweep(tmp_path / "sweep", "lhs", uniform(48, names), names, {"blocs@hedge": lambda x: np.asarray(level + 0.1 * x[:, 0])})
    tables, _ = ask_sweep(tmp_path, CONTEXT, tmp_path, figures=False)
    assert word(f"paper.drives.{key}", "en", stance="Hedge", states=48) in said(drives(facts(**tables), {}))


@pytest.mark.usefixtures("made_up")
def test_a_sweep_that_cannot_answer_says_why(tmp_path: Path) -> None:
    write_beside(tmp_path)
    other, _ = ask_sweep(tmp_path, replace(CONTEXT, scenario="chips"), tmp_path, figures=False)
    assert "the sweep is not of scenario chips" in said(drives(facts(**other), {}))
    names = {"search_cost": (0.0, 1.0)}
    write_sweep(tmp_path / "sweep", "lhs", uniform(48, names), names, {"blocs@hedge": lambda x: x[:, 0]}, missing=[("blocs@hedge", 3)])
    holes, _ = ask_sweep(tmp_path, CONTEXT, tmp_path, figures=False)
    assert "cannot answer" in said(drives(facts(**holes), {}))
    (tmp_path / "sweep" / "plan.json").write_text("{", encoding="utf-8")
    broken, _ = ask_sweep(tmp_path, CONTEXT, tmp_path, figures=False)
    assert "cannot answer" in said(drives(facts(**broken), {}))


# trust, and what is missing


@pytest.mark.parametrize(("last", "trend", "key"), [(0.5, 0.9, "better"), (1.2, 1.1, "worse"), (0.5, 1.5, "mixed"), (1.0, 1.0, "mixed")])
def test_the_back_test_is_called_what_its_scores_are(last: float, trend: float, key: str) -> None:
    mine = facts(scores=scores(last, trend), notes={"backtest": {"origin": "2020-12", "draws": 8, "seed": 0}})
    whole = said(trust(mine, {}))
    assert standing(mine) == key and word(f"paper.trust.backtest_{key}", "en") in whole
    assert f"{last:.2f} times that of the last value and {trend:.2f}" in whole and "holds 50%" in whole and "right in 100%" in whole
    assert "draws 8, seed 0" in whole and word("paper.trust.elsewhere", "en", folder="backtest") not in whole


def test_calibration_counts_and_says_where_parameters_differ(tmp_path: Path) -> None:
    write_beside(tmp_path)
    tables, notes = input_tables(manifest(), "en", tmp_path), notes_beside(tmp_path)
    mine = facts(notes=notes | {"calibration": notes["calibration"] | {"parameters": "00"}}, **tables)
    whole = said(trust(mine, {}))
    assert "3 figures published by 2023-06: 1 are used and 1 the model cannot reach; 1 of 2 composite" in whole and "finds it in 80%" in whole
    assert word("paper.trust.elsewhere", "en", folder="calibration") in whole


def manifest() -> dict[str, Any]:
    """As little of a manifest as the tables need."""
    from model.scenario.record import resolved
    from model.scenario.resolve import load_scenario

    return {"scenario": resolved(load_scenario("chips")), "baseline": None, "stances": ["hedge"]}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_part_that_is_missing_is_one_line_with_its_command(lang: str) -> None:
    mine = facts(lang)
    whole = said([*advice(mine, {}), *drives(mine, {}), *trust(mine, {})])
    for name in FOLDERS:
        assert sum(COMMANDS[name] in line for line in whole.splitlines()) == 1, name


def test_tables_of_another_shape_count_as_missing(tmp_path: Path) -> None:
    other = pd.DataFrame({"x": [1.0]})
    mine = facts(scores=other, calibration=other, targets=other, points=other, flips=other, strategies=other, notes={"backtest": {"origin": "2020-12"}})
    whole = said([*advice(mine, {}), *trust(mine, {})])
    assert COMMANDS["backtest"] in whole and COMMANDS["calibration"] in whole and "lacks the columns" in whole
    assert draw_beside(mine.context, tmp_path) == []


def test_a_manifest_that_is_no_json_counts_as_missing(tmp_path: Path) -> None:
    for name, text in (("backtest", "{"), ("strategies", "[]"), ("calibration", json.dumps({"origin": "2023-06"}))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(text, encoding="utf-8")
    assert notes_beside(tmp_path) == {"calibration": {"origin": "2023-06"}}
    assert set(NEEDED) <= set(BASE)


# every method of a sweep


@pytest.mark.usefixtures("made_up")
def test_a_sobol_sweep_gives_shares_without_a_direction(tmp_path: Path) -> None:
    sobol_folder(tmp_path / "sweep", 128)
    tables, _ = ask_sweep(tmp_path, CONTEXT, tmp_path, figures=False)
    whole = said(drives(facts(**tables), {}))
    assert word("paper.drives.index.sobol", "en") in whole and word("paper.drives.higher", "en") not in whole
    assert tables["drivers"]["title"].iloc[0] == "x1" and all(has_word(f"paper.drives.index.{method}") for method in METHODS)
