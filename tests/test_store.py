"""The results store and the one function that makes differences."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from model.axes import quarter_labels
from model.errors import StoreError, UsageError
from model.experiments import results, store
from model.outcomes import Recording

pytestmark = pytest.mark.filterwarnings("error")
QUARTERS = quarter_labels("2018Q1", "2035Q4")
FLOW = "bn USD of 2018"


def recording(scenario: str, draw: int, seed: int = 7, scale: float = 1.0) -> Recording:
    keys = (("KOR", "Real Income", "index"), ("KOR", "Value Added|Memory", FLOW), ("USA", "Real Income", "index"))
    values = np.outer([1.0, 10.0, 2.0], 1.0 + 0.01 * np.arange(len(QUARTERS))) * scale * (1 + 0.1 * draw)
    return Recording(scenario, draw, seed, QUARTERS, keys, values)


def recordings(draws: int = 5) -> list[Recording]:
    return [recording("base", d) for d in range(draws)] + [
        recording("split@hedge", d, scale=0.99 - 0.01 * d) for d in range(draws)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "results.parquet"
    store.write_results(file, recordings())
    return file


def test_round_trip_columns_types_and_order(path: Path) -> None:
    frame = store.read_results(path)
    assert tuple(frame.columns) == store.COLUMNS
    assert [str(frame[name].dtype) for name in ("draw", "seed", "value")] == ["int32", "int64", "float64"]
    keys = frame[list(store.COLUMNS[:-1])].astype({"scenario": str, "region": str, "variable": str, "quarter": str})
    rows = list(keys.itertuples(index=False, name=None))
    assert rows == sorted(rows)
    assert len(rows) == len(set(rows)) == 10 * 3 * 72
    picked = frame[(frame["scenario"] == "base") & (frame["draw"] == 2) & (frame["region"] == "USA")]
    np.testing.assert_array_equal(picked["value"], recording("base", 2).values[2])


def test_file_types_and_schema_version(path: Path) -> None:
    described = duckdb.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    assert [row[1] for row in described] == [
        "VARCHAR", "INTEGER", "BIGINT", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "DOUBLE",
    ]  # fmt: skip
    pairs = duckdb.execute(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
    assert (b"schema_version", store.SCHEMA_VERSION.encode()) in pairs


def test_same_bytes_whatever_the_order_of_runs_and_series(path: Path, tmp_path: Path) -> None:
    runs = [
        replace(run, keys=run.keys[::-1], quarters=run.quarters[::-1], values=run.values[::-1, ::-1])
        for run in recordings()[::-1]
    ]
    other = store.write_results(tmp_path / "other.parquet", iter(runs))
    assert other == store.sha256(path)
    assert (tmp_path / "other.parquet").read_bytes() == path.read_bytes()


def test_same_bytes_in_another_process(path: Path, tmp_path: Path) -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path; import test_store as t\n"
        "t.store.write_results(Path(sys.argv[1]), t.recordings())"
    )
    here = Path(__file__).parent
    target = tmp_path / "again.parquet"
    subprocess.run([sys.executable, "-c", script, str(target), str(here), str(here.parent)], check=True)
    assert target.read_bytes() == path.read_bytes()


def test_nan_has_no_row_and_infinity_is_refused(tmp_path: Path) -> None:
    run = recording("base", 0)
    run.values[0, 3] = np.nan
    store.write_results(tmp_path / "r.parquet", [run])
    frame = store.read_results(tmp_path / "r.parquet")
    assert len(frame) == 3 * 72 - 1
    assert "2018Q4" not in set(frame[(frame["region"] == "KOR") & (frame["unit"] == "index")]["quarter"])
    run.values[1, 5] = -np.inf
    with pytest.raises(StoreError, match=r"Value Added\|Memory.*2019Q2"):
        store.write_results(tmp_path / "s.parquet", [run])
    assert [file.name for file in tmp_path.iterdir()] == ["r.parquet"]


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [recording("base", 0), recording("base", 0)],
        [replace(recording("base", 0), quarters=QUARTERS[:-1])],
        [replace(recording("base", 0), keys=(("KOR", "Real Income", "index"),) * 3)],
    ],
    ids=["none", "doubled run", "shape", "doubled series"],
)
def test_what_is_not_a_set_of_runs_is_refused(runs: list[Recording], tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        store.write_results(tmp_path / "r.parquet", runs)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_keeps_the_old_file(path: Path) -> None:
    before = path.read_bytes()
    bad = recording("base", 0)
    bad.values[0, 0] = np.inf
    with pytest.raises(StoreError):
        store.write_results(path, [bad])
    assert path.read_bytes() == before


def test_reading_some_variables_and_regions(path: Path) -> None:
    frame = store.read_results(path, ["Value Added|*", "Nothing"], ["KOR", "TWN"])
    assert set(frame["variable"]) == {"Value Added|Memory"}
    assert set(frame["region"]) == {"KOR"}
    assert store.read_results(path, ["Nothing"]).empty


def test_reading_refuses_what_is_not_a_results_file(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        store.read_results(tmp_path / "absent.parquet")
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(StoreError):
        store.read_results(tmp_path / "text.parquet")
    duckdb.execute(f"COPY (SELECT 1 AS a) TO '{tmp_path / 'plain.parquet'}' (FORMAT parquet)")
    with pytest.raises(StoreError, match="schema_version none"):
        store.read_results(tmp_path / "plain.parquet")


def test_the_reader_opens_its_file_and_nothing_else(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    with store._reader(path) as connection:
        assert connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone() == (10 * 3 * 72,)
        for statement in (f"SELECT * FROM '{other}'", "SET enable_external_access = true", "INSTALL httpfs"):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)


def test_manifest_counts_cases_and_hashes_outputs(path: Path) -> None:
    (path.parent / "figures").mkdir()
    (path.parent / "figures" / "a.csv").write_text("1")
    file = store.write_manifest(path.parent, {"b": "글", "a": 1}, {"time": "2026-01-01"})
    text = file.read_bytes().decode("utf-8")
    found = json.loads(text)
    assert text.endswith("\n")
    assert "\r" not in text
    assert "글" in text
    assert list(found) == sorted(found)
    assert found["cases"] == 10
    assert found["provenance"] == {"time": "2026-01-01"}
    assert found["outputs"]["results.parquet"] == store.sha256(path)
    assert set(found["outputs"]) == {"results.parquet", "figures/a.csv"}
    again = store.write_manifest(path.parent, {"a": 1, "b": "글"}, {"time": "2026-01-01"})
    assert again.read_text(encoding="utf-8") == text
    with pytest.raises(StoreError):
        store.write_manifest(path.parent, {"a": float("nan")}, {})


def test_sixty_runs_of_three_hundred_series_are_kept_whole(tmp_path: Path) -> None:
    keys = tuple(sorted(("KOR", f"Supplier Share|Memory|{k:03}", "percent") for k in range(300)))
    noise = np.random.default_rng(0).normal(size=(60, 300, 72))
    runs = [Recording("base", draw, 1, QUARTERS, keys, noise[draw]) for draw in range(60)]
    store.write_results(tmp_path / "r.parquet", runs)
    frame = store.read_results(tmp_path / "r.parquet", ["Supplier Share|Memory|007"])
    assert len(frame) == 60 * 72
    assert frame["value"].sum() == pytest.approx(noise[:, 7].sum(), abs=1e-9)


def test_difference_in_percent_and_in_level(path: Path) -> None:
    frame = store.read_results(path)
    percent = results.difference(frame, "split@hedge", "base")
    assert set(percent["unit"]) == {"percent"}
    assert set(percent["scenario"]) == {"split@hedge"}
    for draw, rows in percent.groupby("draw"):
        np.testing.assert_allclose(rows["value"], -1.0 - float(str(draw)), atol=1e-10)
    level = results.difference(results.annual(frame), "split@hedge", "base", "level")
    first = level[(level["variable"] == "Value Added|Memory") & (level["draw"] == 0) & (level["year"] == 2018)]
    assert first["value"].item() == pytest.approx(-0.01 * 10 * (1 + 1.01 + 1.02 + 1.03))
    assert first["unit"].item() == FLOW
    with pytest.raises(UsageError):
        results.difference(frame, "split@hedge", "base", "ratio")


def test_difference_is_matched_on_draw_and_seed_and_skips_a_zero_baseline(tmp_path: Path) -> None:
    zero = recording("base", 0)
    zero.values[0, 0] = 0.0
    runs = [zero, recording("base", 1, seed=8), recording("split", 0), recording("split", 1), recording("split", 2)]
    store.write_results(tmp_path / "r.parquet", runs)
    found = results.difference(store.read_results(tmp_path / "r.parquet"), "split", "base")
    assert set(found["draw"]) == {0}
    assert len(found) == 3 * 72 - 1
    assert (found["value"] == 0.0).all()


def test_shares_differ_in_percentage_points() -> None:
    rows = {"scenario": ["a", "b"], "draw": 0, "seed": 1, "region": "KOR", "variable": "Share", "unit": "percent"}
    frame = pd.DataFrame(rows | {"quarter": "2018Q1", "value": [30.0, 20.0]})
    found = results.difference(frame, "a", "b", "level")
    assert (found["unit"].item(), found["value"].item()) == ("percentage points", 10.0)


def test_annual_sums_flows_averages_the_rest_and_leaves_out_broken_years(tmp_path: Path) -> None:
    run = recording("base", 0)
    run.values[0, 5] = np.nan
    store.write_results(tmp_path / "r.parquet", [run])
    frame = results.annual(store.read_results(tmp_path / "r.parquet"))
    value = frame.set_index(["region", "variable", "year"])["value"]
    assert value["KOR", "Value Added|Memory", 2018] == pytest.approx(10 * (4 + 0.06))
    assert value["USA", "Real Income", 2018] == pytest.approx(2 * (1 + 0.015))
    assert ("KOR", "Real Income", 2019) not in value.index
    assert ("KOR", "Real Income", 2020) in value.index


def test_band_over_draws(path: Path) -> None:
    percent = results.difference(results.annual(store.read_results(path)), "split@hedge", "base")
    found = results.band(percent)
    assert {"draw", "seed", "value"}.isdisjoint(found.columns)
    row = found[(found["region"] == "KOR") & (found["variable"] == "Real Income") & (found["year"] == 2030)].iloc[0]
    assert row[["central", "p10", "median", "p90"]].tolist() == pytest.approx([-1.0, -4.6, -3.0, -1.4])
    assert row["draws"] == 5


@pytest.mark.parametrize(
    ("start", "years"),
    [
        (2026.0, (2026, 2030, 2035)),
        (2022.75, (2023, 2027, 2032)),
        (2026.5, (2026, 2030, 2035)),
        (2026.51, (2027, 2031, 2036)),
        (2022.0 + 9 / 12 + 7 / 365, (2023, 2027, 2032)),
    ],
)
def test_horizon_years(start: float, years: tuple[int, ...]) -> None:
    assert results.horizon_years(start) == years


def test_headline_table_and_its_text(path: Path) -> None:
    years = results.horizon_years(2026.0)
    table = results.headline_table(store.read_results(path), "split", ("hedge",), "base", "KOR", years)
    assert table[["stance", "region"]].to_numpy().tolist() == [["hedge", "KOR"], ["hedge", "USA"], ["hedge", "CHN"]]
    assert table.loc[0, "central_2035"] == pytest.approx(-1.0)
    assert table.loc[2, "draws"] == 0
    for lang in ("en", "ko"):
        text = results.render_headline(table, lang, "split", "base")
        lines = text.splitlines()
        assert "base" in lines[0]
        assert "5" in lines[1]
        assert "−1.00 (−4.60" in text
        starts = {results.display_width(line[: line.index("−1.00")]) for line in lines if "−1.00" in line}
        assert len(starts) == 1
    assert results.display_width("한국 KOR") == 8


def test_a_headline_of_one_draw_has_no_band(tmp_path: Path) -> None:
    store.write_results(tmp_path / "r.parquet", [recording("base", 0), recording("split", 0, scale=1.02)])
    frame = store.read_results(tmp_path / "r.parquet")
    table = results.headline_table(frame, "split", (), "base", "USA", (2026, 2030, 2040))
    assert table["region"].tolist() == ["USA", "CHN"]
    text = results.render_headline(table, "en", "split", "base")
    assert "+2.00" in text
    assert "(+" not in text
    assert "–" in text


def test_a_central_value_is_outside_a_band_that_is_shown_only(tmp_path: Path) -> None:
    """Four draws show no band, so nothing can lie outside one; five do."""
    said = {}
    for draws in (4, 5):
        split = [recording("split", draw, scale=1.02 if draw else 0.9) for draw in range(draws)]
        store.write_results(tmp_path / f"{draws}.parquet", [*(recording("base", draw) for draw in range(draws)), *split])
        frame = store.read_results(tmp_path / f"{draws}.parquet")
        table = results.headline_table(frame, "split", (), "base", "USA", (2026, 2030, 2040))
        said[draws] = results.word("table.outside", "en") in results.render_headline(table, "en", "split", "base")
    assert said == {4: False, 5: True}


def test_numbers_as_text() -> None:
    cases = {-0.311: "−0.31", 0.5: "+0.50", -0.001: "0.00", float("nan"): "–", -1234.5: "−1,234.50"}
    assert {value: results.signed(value) for value in cases} == cases
    assert results.plain(-1.25, 1) == "−1.2"
    assert results.label("segment", "AI Accelerators", "ko") == results.label("segment", "accelerators", "ko")
    assert results.label("region", "XXX_Y", "en") == "XXX Y"
