"""The back-test: figures read and checked, transforms, naive rules and scores by hand, and what the record must show."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from model.cli import Cli
from model.errors import ScenarioError
from model.experiments.backtest import BacktestRequest, actual_figures, origin_year, scripted, shipped_figures
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
from model.kernel.links import Array
from model.scenario.resolve import load_scenario

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
    ("a,GDP + Exports|Chips,KOR,2019,1,1,1,index,train,level,", "adds bn USD of 2018 and index"),
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
    assert last_value([1, 2, 3], [1, 2, 3], 4).high == pytest.approx(3 + 1.28155, abs=1e-4)
    assert math.isnan(linear_trend([1.0], [7.0], 5).low)
    assert linear_trend([1.0], [7.0], 5).point == 7


def test_the_interval_score_is_width_plus_ten_times_the_miss() -> None:
    assert interval_score(Forecast(1, 0, 2), 1) == 2
    assert interval_score(Forecast(1, 0, 2), 3) == pytest.approx(12)
    assert interval_score(Forecast(1, 0, 2), -0.5) == pytest.approx(7)


def test_a_perfect_model_and_a_useless_one() -> None:
    """The share rises by 4 points a year; one series follows it, the other falls by as much."""
    right = [f"a,Exports Share|Chips|to CHN,KOR,{y},{51.5 + 4 * (y - 2019)},0,99,percent,{'train' if y < 2021 else 'score'},change:2019," for y in range(2019, 2023)]
    wrong = [f"b,Exports Share|Chips|to CHN,KOR,{y},{51.5 - 4 * (y - 2019)},0,99,percent,{'train' if y < 2021 else 'score'},change:2019," for y in range(2019, 2023)]
    points = points_of(read_figures(rows(*right, *wrong), "f.csv"), PANEL)
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
    request = BacktestRequest(load_scenario(str(SCRIPT)), "2020-12", tmp_path, tmp_path / "f.csv")
    figures, unused = actual_figures(request)
    assert ([f.period for f in figures], unused) == (["2019", "2022"], 1)
    shipped, _ = actual_figures(replace(request, actual=None))
    assert all(f.covers.end <= 2021 + 1e-9 for f in shipped if f.kind == "train")


def test_a_reactive_back_test_leaves_later_policy_to_the_states(tmp_path: Path) -> None:
    request = BacktestRequest(load_scenario(str(SCRIPT)), "2020-12", tmp_path, reactive=True)
    found = scripted(request, [])
    assert {r for r, state in found.states.items() if state == "reactive"} == {"USA", "CHN"}
    assert max(m.start for m in found.measures) < 2021 < max(m.start for m in request.scenario.measures)


# -- the command -------------------------------------------------------------------------------------------
def invoke(*args: str) -> Result:
    return CliRunner().invoke(Cli(), ["backtest", "--scenario", str(SCRIPT), "--workers", "1", "--draws", "1", *args])


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


def test_the_command_says_what_it_cannot_use(tmp_path: Path) -> None:
    assert invoke("--origin", "2020", "--out", str(tmp_path / "o")).exit_code == 2
    assert invoke("--actual", str(tmp_path / "none.csv"), "--out", str(tmp_path / "o")).exit_code == 3
    (tmp_path / "f.csv").write_bytes(b"\xff\xfe")
    assert invoke("--actual", str(tmp_path / "f.csv"), "--out", str(tmp_path / "o")).exit_code == 2
