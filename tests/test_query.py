"""`query`: answers from a folder's results, and nothing else can be read, written or set."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from model.cli import Cli
from model.errors import StoreError, UsageError
from model.experiments import store
from model.experiments.query import ask
from model.outcomes import Recording
from tests.folders import YEAR, uniform, write_sweep

BOUNDS = {"search_cost": (0.0, 1.0), "network_effect[os]": (0.0, 2.0)}


def invoke(*args: str) -> Result:
    return CliRunner().invoke(Cli(), list(args))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of 12 states in which one run failed."""
    states = uniform(12, BOUNDS)
    return write_sweep(
        tmp_path_factory.mktemp("스윕") / "a", "lhs", states, BOUNDS, {"blocs@hedge": lambda x: x[:, 0]},
        failed=[("blocs@hedge", 3)],
    )  # fmt: skip


def test_made_up_folders_are_what_the_store_writes(folder: Path, tmp_path: Path) -> None:
    x = uniform(12, BOUNDS)[:, 0]
    own = {"blocs@hedge": 1 + x / 100, "ground": np.ones(12)}
    runs = [
        Recording(name, state, 0, YEAR, (("KOR", "Real Income", "index"),), np.full((1, 4), column[state]))
        for name, column in own.items() for state in range(12) if (name, state) != ("blocs@hedge", 3)
    ]  # fmt: skip
    store.write_results(tmp_path / "results.parquet", runs)
    pd.testing.assert_frame_equal(
        store.read_results(folder / "results.parquet"), store.read_results(tmp_path / "results.parquet")
    )


def test_the_three_views_answer(folder: Path) -> None:
    assert ask(folder, "SELECT count(*) FROM results").iloc[0, 0] == 23 * 4
    assert ask(folder, "WITH s AS (SELECT * FROM states) SELECT count(*) FROM s").iloc[0, 0] == 12
    failed = ask(folder, "SELECT * FROM failures JOIN states USING (state)")
    assert failed["reason"].tolist() == ["trade did not converge: residual 0.5"]
    assert failed["search_cost"].tolist() == [uniform(12, BOUNDS)[3, 0]]


def test_states_belong_to_their_rows(folder: Path) -> None:
    sql = "SELECT \"search_cost\" AS x, value FROM results JOIN states USING (state) WHERE scenario = 'blocs@hedge'"
    rows = ask(folder, sql)
    np.testing.assert_allclose(rows["value"], 1 + rows["x"] / 100, rtol=1e-15)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2", "", ";", "COPY (SELECT 1) TO 'x.csv'", "ATTACH 'x.db'", "INSTALL httpfs", "LOAD httpfs",
        "SET threads = 2", "PRAGMA show_tables", "CREATE TABLE x AS SELECT 1", "DROP VIEW results", "DELETE FROM states",
        "INSERT INTO states SELECT * FROM states", "WITH a AS (SELECT 1) INSERT INTO states SELECT * FROM a",
        "EXPORT DATABASE 'x'", "CALL pragma_version()", "EXPLAIN SELECT 1", "RESET threads", "CHECKPOINT",
        "SELECT 1; SET enable_external_access = true", "USE memory", "BEGIN", "SELEC 1",
    ],
)  # fmt: skip
def test_only_one_select_is_let_in(folder: Path, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        ask(folder, sql)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('{other}')", "read_text('{other}')", "read_blob('{other}')", "'{other}'", "glob('{parent}/*')",
        "read_parquet('{parquet}')", "parquet_metadata('{parquet}')", "sniff_csv('{other}')", "read_json('{other}')",
        "read_parquet('https://example.org/x.parquet')", "duckdb_secrets()", "query('SELECT * FROM read_text(''{other}'')')",
        "read_csv('{plan}')", "secret_frame",
    ],
)  # fmt: skip
def test_no_other_file_can_be_read(folder: Path, source: str, tmp_path: Path) -> None:
    secret_frame = pd.DataFrame({"secret": [-73.91425]})
    other, parquet = tmp_path / "other.csv", tmp_path / "other.parquet"
    other.write_text("secret\n-73.91425\n", encoding="utf-8")
    duckdb.sql("SELECT -73.91425 AS secret").write_parquet(str(parquet))
    named = source.format(other=other, parent=tmp_path, parquet=parquet, plan=folder / "plan.json")
    with pytest.raises(UsageError) as caught:
        ask(folder, f"SELECT * FROM {named}")
    assert "73.91425" not in str(caught.value) and len(secret_frame) == 1


def test_settings_stay_locked(folder: Path) -> None:
    assert ask(folder, "SELECT current_setting('enable_external_access') AS a").iloc[0, 0] in (False, "false")
    assert ask(folder, "SELECT current_setting('lock_configuration') AS a").iloc[0, 0] in (True, "true")


def test_shards_answer_before_they_are_compacted(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / "shards").mkdir(parents=True)
    for name in ("states.csv", "plan.json"):
        (copy / name).write_bytes((folder / name).read_bytes())
    half = f"SELECT * FROM read_parquet('{(folder / 'results.parquet').as_posix()}') WHERE draw"
    duckdb.sql(f"{half} < 5").write_parquet(str(copy / "shards" / "a.parquet"))
    duckdb.sql(f"{half} >= 5").write_parquet(str(copy / "shards" / "b.parquet"))
    (copy / "shards" / ".c.parquet.part").write_bytes(b"torn")
    everything = "SELECT * FROM results ORDER BY ALL"
    pd.testing.assert_frame_equal(ask(copy, everything), ask(folder, everything))


def test_a_folder_of_run_answers_with_its_draws(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "results.parquet").write_bytes((folder / "results.parquet").read_bytes())
    (tmp_path / "manifest.json").write_text(
        json.dumps({"failed": [{"name": "blocs@hedge", "draw": 3, "seed": 0, "reason": "x"}]})
    )
    assert ask(tmp_path, "SELECT max(draw) FROM results").iloc[0, 0] == 11
    assert ask(tmp_path, "SELECT reason FROM failures")["reason"].tolist() == ["x"]
    with pytest.raises(StoreError):
        ask(tmp_path / "nowhere", "SELECT 1")


def test_forms_of_the_answer(folder: Path, tmp_path: Path) -> None:
    sql = "SELECT scenario, avg(value) AS mean, NULL AS none FROM results GROUP BY 1 ORDER BY 1"
    table = invoke("query", str(folder), sql)
    assert table.exit_code == 0 and table.stdout.splitlines()[0].split() == ["scenario", "mean", "none"]
    assert len(invoke("query", str(folder), sql, "--format", "csv").stdout.splitlines()) == 3
    rows = json.loads(invoke("query", str(folder), sql, "--format", "json").stdout)
    assert [row["scenario"] for row in rows] == ["blocs@hedge", "ground"] and rows[0]["none"] is None
    assert rows[0]["mean"] == ask(folder, sql)["mean"][0]
    out = tmp_path / "표.csv"
    assert invoke("query", str(folder), sql, "--out", str(out), "--lang", "ko").exit_code == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf") and b"\r" not in out.read_bytes()


def test_faults_are_one_message(folder: Path) -> None:
    for sql, said in (
        ("SELECT x FROM results", "x"),
        ("SELECT * FROM result", "results"),
        ("SELECT 1; SELECT 2", "one SELECT"),
    ):
        result = invoke("query", str(folder), sql)
        assert result.exit_code == 2 and said in result.output and "Traceback" not in result.output
    assert invoke("query", str(folder / "none"), "SELECT 1").exit_code == 2


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_manifest_cut_short_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.parquet").write_bytes(b"PAR1")
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    result = invoke("query", str(tmp_path), "SELECT 1")
    assert (result.exit_code, "manifest.json: cannot be read as JSON" in result.output) == (3, True), result.output
