"""`export`: the same numbers in every form, read back by whoever reads that form."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from model.cli import Cli
from model.experiments.query import ask
from tests.folders import uniform, write_sweep

BOUNDS = {"search_cost": (0.0, 1.0), "network_effect[os]": (0.0, 1.0)}
N = 50
"""More than one batch of states."""


def invoke(*args: str) -> Result:
    return CliRunner().invoke(Cli(), list(args))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outcomes = {"blocs@hedge": lambda x: x[:, 0], "블록@align_us": lambda x: -x[:, 1]}
    return write_sweep(
        tmp_path_factory.mktemp("sweep") / "e", "lhs", uniform(N, BOUNDS), BOUNDS, outcomes, extra={"Exports": 2.5},
        failed=[("blocs@hedge", 3)],
    )  # fmt: skip


def exported(folder: Path, form: str, target: Path, *args: str) -> Path:
    result = invoke("export", str(folder), "--format", form, "--out", str(target), *args)
    assert result.exit_code == 0, result.output
    return target


def test_tidy_csv_holds_every_value_to_the_last_digit(folder: Path, tmp_path: Path) -> None:
    path = exported(folder, "csv", tmp_path / "a.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") and b"\r" not in path.read_bytes()
    found = pd.read_csv(path).sort_values(["scenario", "state", "variable", "quarter"], ignore_index=True)
    ours = ask(folder, "SELECT scenario, state, region, variable, unit, quarter, value FROM results")
    ours = ours.sort_values(["scenario", "state", "variable", "quarter"], ignore_index=True)
    assert len(found) == (3 * N - 1) * 2 * 4
    np.testing.assert_array_equal(found["value"], ours["value"])
    assert found["scenario"].tolist() == ours["scenario"].tolist()


def test_patterns_and_regions_choose(folder: Path, tmp_path: Path) -> None:
    found = pd.read_csv(exported(folder, "csv", tmp_path / "b.csv", "--variable", "Real*", "--region", "KOR"))
    assert set(found["variable"]) == {"Real Income"}
    result = invoke("export", str(folder), "--format", "csv", "--variable", "Nothing", "--out", str(tmp_path / "c.csv"))
    assert result.exit_code == 2 and not (tmp_path / "c.csv").exists() and list(tmp_path.glob(".*")) == []


def test_annual_figures_are_sums_of_flows_and_means_of_levels(folder: Path, tmp_path: Path) -> None:
    found = pd.read_csv(exported(folder, "iamc", tmp_path / "i.csv"))
    assert found.columns.tolist() == ["Model", "Scenario", "Region", "Variable", "Unit", "2035"]
    assert set(found.loc[found["Variable"] == "Exports", "2035"]) == {10.0}
    own = found[(found["Variable"] == "Real Income") & (found["Scenario"] == "blocs@hedge#0")]["2035"].iloc[0]
    assert own == pytest.approx(1 + uniform(N, BOUNDS)[0, 0] / 100, rel=1e-15)
    quarters = pd.read_csv(exported(folder, "iamc", tmp_path / "q.csv", "--quarters"))
    assert quarters["Subannual"].unique().tolist() == ["Q1", "Q2", "Q3", "Q4"] and len(quarters) == 4 * len(found)


@pytest.mark.filterwarnings("ignore")
def test_pyam_reads_the_iamc_table(folder: Path, tmp_path: Path) -> None:
    pyam = pytest.importorskip("pyam", reason="pyam is not installed", exc_type=ImportError)
    frame = pyam.IamDataFrame(exported(folder, "iamc", tmp_path / "i.csv"))
    assert (
        len(frame.scenario) == 3 * N - 1 and frame.year == [2035] and set(frame.variable) == {"Exports", "Real Income"}
    )
    assert set(pyam.IamDataFrame(exported(folder, "iamc", tmp_path / "q.csv", "--quarters")).data["subannual"]) == {
        "Q1",
        "Q2",
        "Q3",
        "Q4",
    }


@pytest.mark.parametrize(
    ("lang", "words"), [("en", ("Unit:", "Note:", "Source:", "results")), ("ko", ("단위:", "주:", "출처:", "결과"))]
)
def test_the_workbook_has_numbers_unit_note_and_source(
    folder: Path, tmp_path: Path, lang: str, words: tuple[str, ...]
) -> None:
    from openpyxl import load_workbook

    book = load_workbook(exported(folder, "xlsx", tmp_path / "x.xlsx", "--lang", lang))
    sheet = book[words[3]]
    rows = list(sheet.iter_rows(values_only=True))
    assert str(rows[1][0]).startswith(words[0]) and rows[2][-1] == 2035
    assert str(rows[-2][0]).startswith(words[1]) and str(rows[-1][0]).startswith(words[2])
    data = rows[3:-2]
    assert len(data) == (3 * N - 1) * 2
    assert all(isinstance(row[5], (int, float)) and isinstance(row[1], int) for row in data)
    assert {row[4] for row in data} == {"index", "bn USD of 2018"}
    states = list(book.worksheets[1].iter_rows(values_only=True))
    assert states[1][3] == uniform(N, BOUNDS)[0, 0] and len(states) == N + 1
    assert [row[1] for row in book.worksheets[2].iter_rows(values_only=True)] == ["state", 3]


def test_the_archive_has_the_layout_of_ema_workbench(folder: Path, tmp_path: Path) -> None:
    path = exported(folder, "ema", tmp_path / "e.tar.gz")
    with tarfile.open(path) as archive:
        metadata = json.load(archive.extractfile("metadata.json"))  # type: ignore[arg-type]
        read = {m.name: archive.extractfile(m).read() for m in archive.getmembers()}  # type: ignore[union-attr]
    experiments = pd.read_csv(io.BytesIO(read["experiments.csv"]))
    assert list(metadata["experiments"]) == [*BOUNDS, "scenario", "policy", "model"] == experiments.columns.tolist()
    assert len(experiments) == 3 * N - 1
    kinds = {name: (kind, file) for kind, name, file in metadata["outcomes"]}
    assert set(kinds) == {"Exports[KOR]", "Real Income[KOR]"} and {k for k, _ in kinds.values()} == {"ArrayOutcome"}
    values = pd.read_csv(io.BytesIO(read[kinds["Real Income[KOR]"][1]]), header=None)[0]
    hedge = experiments["policy"] == "blocs@hedge"
    np.testing.assert_allclose(values[hedge], 1 + experiments.loc[hedge, "search_cost"] / 100, rtol=1e-14)


@pytest.mark.filterwarnings("ignore")
def test_ema_workbench_reads_the_archive(folder: Path, tmp_path: Path) -> None:
    workbench = pytest.importorskip("ema_workbench", reason="EMA workbench is not installed", exc_type=ImportError)
    experiments, outcomes = workbench.load_results(str(exported(folder, "ema", tmp_path / "e.tar.gz")))
    assert len(experiments) == 3 * N - 1 and outcomes["Real Income[KOR]"].shape == (3 * N - 1, 1)


def test_files_are_not_written_over_and_folders_of_run_work(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "results.parquet").write_bytes((folder / "results.parquet").read_bytes())
    (tmp_path / "manifest.json").write_text('{"run": "abcdef0123456789"}', encoding="utf-8")
    result = invoke("export", str(tmp_path), "--format", "iamc")
    assert result.exit_code == 0 and "export-iamc.csv" in result.output
    assert {"blocs@hedge", "blocs@hedge#1"} < set(pd.read_csv(tmp_path / "export-iamc.csv")["Scenario"])
    assert invoke("export", str(tmp_path), "--format", "iamc").exit_code == 3
    assert invoke("export", str(tmp_path), "--format", "iamc", "--force").exit_code == 0
    assert "not a sweep" in invoke("export", str(tmp_path), "--format", "ema").output
    assert invoke("export", str(tmp_path), "--format", "xls").exit_code == 2
    assert invoke("export", str(tmp_path)).exit_code == 2
