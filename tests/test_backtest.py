"""The back-test: figures read and checked, transforms, naive rules and scores by hand, and what the record must show."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from calibration.draws import draw_parameters
from calibration.registry import posterior_by
from model.cli import Cli
from model.errors import ScenarioError
from model.experiments.backtest import (
    BacktestRequest,
    actual_figures,
    origin_year,
    parameters_at,
    scripted,
    shipped_figures,
)
from model.experiments.discrepancy import misses_of
from model.experiments.scoring import (
    Forecast,
    geometric_ratio,
    interval_score,
    last_value,
    linear_trend,
    points_of,
    scores_of,
)
from model.experiments.series import (
    Figure,
    Panel,
    check_figures,
    crossing,
    period_of,
    read_figures,
    simulated,
    spread,
    unit_of,
    variables_of,
)
from model.experiments.timing import out_of_reach, starts_of, timing_score, timing_table, timings
from model.kernel.links import Array
from model.scenario.resolve import load_scenario
from model.scenario.types import Scenario

SCRIPT = "history"
HEAD = "series_id,variable,region,period,value,low,high,unit,kind,transform,period_end\n"
QUARTERS = tuple(f"{y}Q{q}" for y in range(2019, 2023) for q in range(1, 5))


def ramp(start: float, step: float) -> Array:
    """Three draws that differ by a constant, rising by a step a quarter."""
    return start + step * np.arange(len(QUARTERS)) + np.array([[-1.0], [0.0], [1.0]])


PANEL = Panel(QUARTERS, {
    ("KOR", "Exports|Chips"): ("bn USD of 2018", ramp(20, 0)), ("TWN", "Exports|Chips"): ("bn USD of 2018", ramp(10, 0)),
    ("KOR", "Exports Share|Chips|to CHN"): ("percent", ramp(50, 1)), ("KOR", "GDP"): ("index", ramp(2, 0.1)), ("TWN", "GDP"): ("index", ramp(2, 0.1)),
})  # fmt: skip


def rows(*lines: str) -> str:
    return HEAD + "".join(line + "\n" for line in lines)


# -- reading and checking ------------------------------------------------------------------------------
def test_the_shipped_figures_are_read_and_fit_the_record() -> None:
    figures = shipped_figures()
    assert len(figures) > 100
    assert all(f.published and f.grade for f in figures)
    assert all((f.kind == "train") == (f.covers.end <= origin_year("2020-12") + 1e-9) for f in figures)


def test_all_faults_of_a_file_come_at_once_with_their_place() -> None:
    bad = rows("a,GDP,KOR,2019,1,2,3,index,train,level,", "b,GDP,XXX,19,x,0,1,index,guess,mean:3,")
    with pytest.raises(ScenarioError) as error:
        read_figures(bad, "f.csv")
    text = str(error.value)
    assert "f.csv:2:6: a low" in text
    for column in ("value", "region", "period", "kind", "transform"):
        assert f"b {column}" in text
    with pytest.raises(ScenarioError, match="no column transform"):
        read_figures("series_id,variable,region,period,value,low,high,unit,kind\n", "f.csv")


@pytest.mark.parametrize(("line", "says"), [
    ("a,Exports|Chip,KOR,2019,1,1,1,bn USD of 2018,train,level,", "did you mean Exports|Chips?"),
    ("a,Exports|Chips,KOR,2019,1,1,1,percent,train,level,", "the variable is in 'bn USD of 2018'"),
    ("a,Exports|Chips,USA,2019,1,1,1,bn USD of 2018,train,level,", "no row for USA"),
    ("a,GDP,KOR+TWN,2019,1,1,1,index,train,level,", "cannot be added over regions"),
    ("a,GDP + Exports|Chips,KOR,2019,1,1,1,index,train,level,", "adds bn USD of 2018, index"),
    ("a,GDP,KOR,2018,1,1,1,index,train,level,", "simulated: 2019Q1 to 2022Q4"),
    ("a,GDP,KOR,2020,1,1,1,index,train,index:2019,", "no row of period 2019"),
])  # fmt: skip
def test_what_does_not_fit_the_simulation_is_refused(line: str, says: str) -> None:
    with pytest.raises(ScenarioError) as error:
        check_figures(read_figures(rows(line), "f.csv"), PANEL)
    assert says in str(error.value)


@pytest.mark.parametrize(("lines", "says"), [
    (("a,GDP,KOR,2019,0,0,0,index,train,index:2019,", "a,GDP,KOR,2020,1,1,1,index,score,index:2019,"), "nothing can be divided by it"),
    (("a,GDP,KOR,2019,1,1,1,index,train,level,", "a,GDP,KOR,2019Q4,1,1,1,index,score,level,"), "ends when line 2 does"),
    (("a,GDP,KOR,2019,inf,1,1,index,train,level,",), "a number"),
])  # fmt: skip
def test_rows_that_do_not_go_together_are_refused(lines: tuple[str, ...], says: str) -> None:
    with pytest.raises(ScenarioError) as error:
        check_figures(read_figures(rows(*lines), "f.csv"), PANEL)
    assert says in str(error.value)


def test_missing_values_are_left_out() -> None:
    assert read_figures(rows("a,GDP,KOR,2019,NaN,,,index,train,level,", "a,GDP,KOR,2019,,,,index,train,level,"), "f.csv") == ()


# -- expressions, periods, transforms --------------------------------------------------------------------
def value(variable: str, region: str, period: str, end: str = "") -> float:
    """Middle draw of an expression."""
    figure = read_figures(rows(f"a,{variable},{region},{period},1,1,1,index,train,level,{end}"), "f.csv")[0]
    return float(simulated(PANEL, figure)[1])


def test_flows_are_summed_and_levels_averaged_over_a_year() -> None:
    assert value("Exports|Chips", "KOR", "2019") == pytest.approx(80)
    assert value("GDP", "KOR", "2019") == pytest.approx(2.15)
    assert value("Exports|Chips", "KOR", "2019Q2") == pytest.approx(20)


def test_sums_products_lists_and_ratios() -> None:
    assert value("Exports|Chips * Exports Share|Chips|to CHN", "KOR", "2019Q1") == pytest.approx(10)
    assert value("Exports|Chips + Exports|Chips", "KOR", "2019") == pytest.approx(160)
    assert value("Exports|Chips", "KOR+TWN", "2019") == pytest.approx(120)
    assert value("Exports|Chips", "KOR/TWN", "2019") == pytest.approx(2)
    assert value("Exports|Chips", "World", "2019") == pytest.approx(120)
    assert unit_of(PANEL, "Exports|Chips * Exports Share|Chips|to CHN", "KOR") == "bn USD of 2018"
    assert unit_of(PANEL, "Exports|Chips", "KOR/TWN") == "ratio"
    figures = read_figures(rows("a,GDP * 0.5 + Exports|Chips,KOR,2019,1,1,1,index,train,level,"), "f.csv")
    assert set(variables_of(figures)) == {"GDP", "Exports|Chips"}


def test_a_fiscal_quarter_takes_months_from_two_calendar_quarters() -> None:
    period = period_of("FY2022Q1", "2021-05-02")
    assert period is not None
    assert dict(period.parts) == pytest.approx({"2021Q1": 2 / 3, "2021Q2": 1 / 3})
    assert period.end == pytest.approx(2021 + 4 / 12)
    year = period_of("FY2021", "2021-01-31")
    assert year is not None
    assert sum(weight for _, weight in year.parts) == pytest.approx(4)
    assert period_of("FY2021Q1", "") is None
    assert value("Exports|Chips", "KOR", "FY2021", "2021-01-31") == pytest.approx(80)


def test_a_crossing_is_found_from_either_side_or_never() -> None:
    assert crossing([0, 1, 2], [0, 2, 4], 3, 2) == pytest.approx(1.5)
    assert crossing([0, 1, 2], [4, 2, 0], 3, 2) == pytest.approx(0.5)
    assert crossing([0, 1, 2], [0, 1, 2], 9, 2) == 2


def test_the_spread_of_a_transformed_figure_has_that_of_its_base() -> None:
    base, figure = read_figures(rows("a,GDP,KOR,2019,10,9,11,index,train,index:2019,", "a,GDP,KOR,2020,20,18,22,index,score,index:2019,"), "f.csv")
    assert spread(figure, base) == pytest.approx(2 * math.sqrt(2) * 0.1 * 2 / 2.5631031)


# -- naive rules and scores --------------------------------------------------------------------------------
def test_naive_rules_by_hand() -> None:
    assert last_value([1, 2, 3], [1, 2, 3], 4).point == 3
    trend = linear_trend([1, 2, 3], [1, 2, 3], 5)
    assert trend.point == pytest.approx(5)
    assert trend.high - trend.low == pytest.approx(0, abs=1e-9)  # on the line, so no residual
    assert last_value([1, 2, 3], [1, 2, 3], 4).high == pytest.approx(3 + 1.88562, abs=1e-4)  # Student's t, two steps known
    assert math.isnan(linear_trend([1.0], [7.0], 5).low)
    assert linear_trend([1.0], [7.0], 5).point == 7


def test_the_interval_score_is_width_plus_ten_times_the_miss() -> None:
    assert interval_score(Forecast(1, 0, 2), 1) == 2
    assert interval_score(Forecast(1, 0, 2), 3) == pytest.approx(12)
    assert interval_score(Forecast(1, 0, 2), -0.5) == pytest.approx(7)


def test_a_perfect_model_and_a_useless_one() -> None:
    """The share rises by 4 points a year; one series follows it, the other falls by as much."""

    def exact(name: str, step: float) -> list[str]:
        paths = [(y, 51.5 + step * (y - 2019)) for y in range(2019, 2023)]
        return [f"{name},Exports Share|Chips|to CHN,KOR,{y},{v},{v},{v},percent,{'train' if y < 2021 else 'score'},change:2019," for y, v in paths]

    points = points_of(read_figures(rows(*exact("a", 4), *exact("b", -4)), "f.csv"), PANEL)
    good, bad = scores_of(points)
    assert (good.points, good.sign, good.covered) == (2, 1, 1)
    assert good.skill_last > 0.99
    assert good.error_last == pytest.approx(6)
    assert (bad.sign, bad.covered) == (0, 0)
    assert bad.skill_last < 0
    assert bad.error_trend == pytest.approx(0.01)  # the floor: a thousandth of the outcome
    assert geometric_ratio([bad], "last") == pytest.approx(bad.error / bad.error_last)


def test_a_date_of_crossing_is_scored() -> None:
    """The model reaches 55 percent in the course of 2020; so does what happened; the last value never does."""
    lines = [f"a,Exports Share|Chips|to CHN,KOR,{y},{51.5 + 4 * (y - 2019)},0,99,percent,{'train' if y < 2020 else 'score'},cross:55," for y in range(2019, 2022)]
    (point,) = points_of(read_figures(rows(*lines), "f.csv"), PANEL)
    assert point.actual == pytest.approx(2020.875)
    assert point.model.point == pytest.approx(2020.5, abs=0.26)
    assert point.last.point == 2022


def test_what_is_known_at_the_origin_is_split_by_it(tmp_path: Path) -> None:
    lines = rows("a,GDP,KOR,2019,1,1,1,index,train,level,", "a,GDP,KOR,2021,1,1,1,index,train,level,", "a,GDP,KOR,2022,1,1,1,index,score,level,")
    (tmp_path / "f.csv").write_text(lines, encoding="utf-8")
    request = BacktestRequest(load_scenario(SCRIPT), "2020-12", tmp_path, tmp_path / "f.csv")
    figures, unused = actual_figures(request)
    assert ([f.period for f in figures], unused) == (["2019", "2022"], 1)
    shipped, _ = actual_figures(replace(request, actual=None))
    assert all(f.covers.end <= 2021 + 1e-9 for f in shipped if f.kind == "train")


def test_a_reactive_back_test_leaves_later_policy_to_the_states(tmp_path: Path) -> None:
    request = BacktestRequest(load_scenario(SCRIPT), "2020-12", tmp_path, reactive=True)
    found = scripted(request, [])
    assert {r for r, state in found.states.items() if state == "reactive"} == {"USA", "CHN"}
    assert max(m.start for m in found.measures) < 2021 < max(m.start for m in request.scenario.measures)


# -- bands ---------------------------------------------------------------------------------------------------
def shares(*rows_: tuple[int, float, str], spread: float = 0.0, transform: str = "change:2019") -> list[Figure]:
    """Figures of the share that the panel lets rise by 4 points a year."""
    lines = [f"a,Exports Share|Chips|to CHN,KOR,{y},{v},{v - spread},{v + spread},percent,{kind},{transform}," for y, v, kind in rows_]
    return list(read_figures(rows(*lines), "f.csv"))


def test_steps_of_misses_by_hand() -> None:
    """The record stands still where the model rises by 4 a year: every step misses by 4; t with two steps, root of two years."""
    figures = shares((2019, 51.5, "train"), (2020, 51.5, "train"), (2021, 51.5, "train"), (2022, 51.5, "score"))
    found = misses_of(figures, PANEL)
    assert (found.variance, found.count, found.steps) == (pytest.approx(16), 2, True)
    (point,) = points_of(figures, PANEL)
    assert point.model.high - point.model.point == pytest.approx(1.88562 * 4 * math.sqrt(3), rel=1e-4)  # draws alike in changes


def test_measurement_is_taken_off_misses_and_put_back_once() -> None:
    """Figures that scatter as they are measured leave no miss; the band is theirs and their base's."""
    figures = shares((2019, 51.5, "train"), (2020, 55.5, "train"), (2021, 59.5, "train"), (2022, 63.5, "score"), spread=1.0)
    assert misses_of(figures, PANEL).variance == 0
    (point,) = points_of(figures, PANEL)
    assert point.model.high - point.model.point == pytest.approx(math.sqrt(2), rel=1e-3)


def test_the_band_knows_nothing_of_what_is_scored() -> None:
    known = [(2019, 51.5, "train"), (2020, 50.0, "train"), (2021, 56.0, "train")]
    bands = [points_of(shares(*known, (2022, value, "score")), PANEL)[0].model for value in (10.0, 90.0)]
    assert bands[0] == bands[1]


def test_a_series_with_few_figures_takes_the_misses_of_its_kind() -> None:
    own = shares((2019, 50.0, "train"), (2020, 50.0, "train"), (2021, 50.0, "train"), (2022, 50.0, "score"))
    few = [replace(f, series_id="b", value=2 * f.value, low=2 * f.low, high=2 * f.high) for f in shares((2019, 50.0, "train"), (2022, 50.0, "score"))]
    wide, borrowed = points_of([*own, *few], PANEL)
    relative = math.sqrt(16 * 3) / 50.0  # a miss of 4 a year, over three years, of a share of 50
    assert borrowed.model.high - borrowed.model.point == pytest.approx(1.28155 * relative * 100.0, rel=1e-3)
    assert wide.model.high - wide.model.point == pytest.approx(1.88562 * relative * 50.0, rel=1e-3)


def test_levels_miss_by_their_level() -> None:
    figures = shares((2019, 53.5, "train"), (2020, 57.5, "train"), (2021, 61.5, "train"), (2022, 65.5, "score"), transform="level")
    found = misses_of(figures, PANEL)
    assert (found.variance, found.count, found.steps) == (pytest.approx(4), 3, False)


# -- what was known, and when states would have acted -----------------------------------------------------------
def test_no_posterior_of_later_figures_is_used() -> None:
    assert (posterior_by("2020-12"), posterior_by("2023-06"), posterior_by("2024-12")) == ("", *["posterior-2023-06.csv"] * 2)
    assert posterior_by("2025-01") == "posterior-2025-01.csv"
    request = BacktestRequest(load_scenario(SCRIPT), "2020-12", Path())
    assert parameters_at(request, request.scenario, 3) == draw_parameters(3, chances={})
    later = parameters_at(replace(request, origin="2023-06"), request.scenario, 3)
    assert later == draw_parameters(3) != draw_parameters(3, chances={})


def reacting(*listed: float) -> tuple[Scenario, dict[str, Array]]:
    """A record in which the United States list Chinese chip makers on these dates, and a ladder that starts listing in 2021Q1."""
    record = load_scenario(SCRIPT)
    listing = next(m for m in record.measures if m.instrument == "entity_list" and m.levers["segments"].constant)
    dated = tuple(replace(listing, start=when) for when in listed)
    return replace(record, measures=dated, last="2022Q4"), {"ladder.USA.chips.listing": np.array([2021.0, 2021.0, 2021.5]), "ladder.CHN.chips.counter_control": np.array([2022.0, 2022.5, 2022.25])}


def test_timing_by_hand() -> None:
    """Listed in 2019Q1, 2020Q1 and 2021Q2: the ladder is a quarter early; the rhythm of a year says 2021Q1; the answer is a false alarm."""
    record, starts = reacting(2019.0, 2020.0, 2021.25)
    listing, answer = timings(record, starts, 2021.0)
    assert (listing.dated, listing.repeated, listing.middle, listing.naive) == (2021.25, True, 2021.0, 2021.0)
    assert math.isnan(answer.dated)
    table, score = timing_table([listing, answer], 2023.0), timing_score([listing, answer], 2023.0)
    assert table.loc[table["instrument"] == "entity_list", "late"].item() == -1
    assert (score["dated"], score["near"], score["not_told"], score["off"], score["alarms"]) == (1, 1, 0, 1, 1)


def test_a_measure_that_never_comes_is_not_told() -> None:
    """What starts after the horizon, or before the origin only, counts as neither told nor dated."""
    record, starts = reacting(2019.0, 2022.0)
    starts["ladder.USA.chips.listing"] = np.full(3, 2023.0)
    (listing, _) = timings(record, starts, 2021.0)
    score = timing_score([listing], 2023.0)
    assert (score["dated"], score["not_told"], score["near"]) == (1, 1, 0)
    assert math.isnan(score["off"])
    assert math.isnan(timings(reacting(2019.0, 2023.0)[0], starts, 2021.0)[0].dated)


def test_dated_measures_without_a_ladder_are_told() -> None:
    record, _ = reacting(2021.5)
    tariff = next(m for m in load_scenario(SCRIPT).measures if m.instrument == "tariff" and m.senders == ("USA",))
    both = replace(record, measures=(*record.measures, replace(tariff, start=2021.5, id="new.tariff")))
    assert [m.id for m in out_of_reach(both, ("USA", "CHN"), 2021.0)] == ["new.tariff"]


def test_the_ladder_starts_when_a_state_reacts() -> None:
    """Two years of the model itself: listings begin at stance 0, so at once; full denial does not within a year."""
    request = BacktestRequest(replace(load_scenario(SCRIPT), last="2020Q2"), "2019-06", Path(), reactive=True)
    scenario = replace(scripted(request, []), last="2020Q2")
    starts = starts_of(scenario, {0: parameters_at(request, scenario, 0)}, 0)
    assert starts["ladder.USA.chips.listing"].tolist() == [2019.5]
    assert starts["ladder.USA.chips.full_denial"].tolist() == [2020.5]


# -- the command -------------------------------------------------------------------------------------------
def invoke(*args: str) -> Result:
    return CliRunner().invoke(Cli(), ["backtest", "--scenario", SCRIPT, "--workers", "1", "--draws", "1", *args])


def test_the_command_scores_a_file_and_writes_its_tables(tmp_path: Path) -> None:
    lines = rows("share,Exports Share|Chips|to CHN,KOR,2019,62.8,60,65,percent,train,change:2019,",
                 "share,Exports Share|Chips|to CHN,KOR,2022,60,55,65,percent,score,change:2019,")  # fmt: skip
    (tmp_path / "f.csv").write_text(lines, encoding="utf-8")
    result = invoke("--actual", str(tmp_path / "f.csv"), "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert "1 figures of 1 series" in result.output
    names = {"results.parquet", "manifest.json", "points.csv", "scores.csv", "figures"}
    assert {p.name for p in (tmp_path / "out").iterdir()} == names
    assert (tmp_path / "out" / "figures" / "backtest.png").is_file()
    again = CliRunner().invoke(Cli(), ["figures", str(tmp_path / "out"), "--lang", "ko", "--format", "svg"])
    assert again.exit_code == 0, again.output
    assert (tmp_path / "out" / "figures" / "backtest-ko.svg").is_file()
    assert CliRunner().invoke(Cli(), ["report", str(tmp_path / "out")]).exit_code == 2


def test_the_command_says_what_it_cannot_use(tmp_path: Path) -> None:
    assert invoke("--origin", "2020", "--out", str(tmp_path / "o")).exit_code == 2
    assert invoke("--actual", str(tmp_path / "none.csv"), "--out", str(tmp_path / "o")).exit_code == 3
    (tmp_path / "f.csv").write_bytes(b"\xff\xfe")
    assert invoke("--actual", str(tmp_path / "f.csv"), "--out", str(tmp_path / "o")).exit_code == 2
