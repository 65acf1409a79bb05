"""A scenario as an Excel workbook: the same scenario comes back, and faults name their cells."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import Workbook, load_workbook

from model.cli import Cli
from model.errors import ScenarioError, UsageError, letters
from model.scenario.folder import scenario_names
from model.scenario.record import scenario_hash
from model.scenario.resolve import load_baseline, load_scenario

pytestmark = pytest.mark.filterwarnings("error")


def invoke(*args: str) -> Any:
    return CliRunner().invoke(Cli(), list(args))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "mine.xlsx"
    assert invoke("template", str(path), "--from", "blocs").exit_code == 0
    return path


def edit(path: Path, sheet: str, cell: str, value: object) -> None:
    book = load_workbook(path)
    book[sheet][cell] = value
    book.save(path)


def faults(path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(str(path))
    return str(caught.value).splitlines()


@pytest.mark.parametrize("name", sorted(scenario_names()))
def test_a_template_is_the_scenario_it_was_made_from(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.xlsx"
    assert invoke("template", str(path), "--from", name, "--lang", "ko").exit_code == 0
    mine, theirs = load_scenario(str(path)), load_scenario(name)
    same = tuple(replace(m, id=t.id) for m, t in zip(mine.measures, theirs.measures, strict=True))
    assert scenario_hash(replace(mine, name=name, measures=same)) == scenario_hash(theirs)
    assert (mine.title, mine.stances, mine.blocs, mine.overrides) == (theirs.title, theirs.stances, theirs.blocs, theirs.overrides)
    assert [" ".join(mine.story[lang].split()) for lang in mine.story] == [" ".join(theirs.story[lang].split()) for lang in theirs.story]
    assert mine.sources == theirs.sources
    assert (load_baseline(mine) is None) == (theirs.baseline is None)


def test_plans_and_dates_of_the_register_come_back(tmp_path: Path) -> None:
    own, book = tmp_path / "plan.yaml", tmp_path / "book.xlsx"
    texts = "title: {en: P, ko: 계획}\nstory: {en: s, ko: 이야기}\nextends: blocs\nbaseline: history\n"
    parts = "{hedge: 1, chip_leverage: {register us.control.2022-10: 0.1, 2026Q1: 0.2}, align_us: {start: 2028Q1, strength: 0.5}}"
    own.write_text(f"name: plan\n{texts}strategies:\n  plans:\n    mix: {parts}\n", encoding="utf-8", newline="\n")
    assert invoke("template", str(book), "--from", str(own)).exit_code == 0
    assert load_scenario(str(book)).plans == load_scenario(str(own)).plans != {}


def test_numbers_are_numbers_and_parameters_are_read(book: Path) -> None:
    sheet = load_workbook(book)["measures"]
    numbers = [cell.value for row in sheet.iter_rows(min_row=2) for cell in row if isinstance(cell.value, int | float)]
    assert numbers.count(0.5) == 2  # a lever over time stays text: {2026Q1: 0.1, 2028Q4: 1.0}
    edit(book, "parameters", "A2", "search_cost")
    edit(book, "parameters", "B2", 0.02)
    assert load_scenario(str(book)).overrides == {"search_cost": 0.02}


def test_faults_name_their_cells_all_at_once(book: Path) -> None:
    header = [cell.value for cell in load_workbook(book)["measures"][1]]
    denial = letters(header.index("denial_rate") + 1)
    edit(book, "measures", f"{denial}2", "a lot")
    edit(book, "measures", "B3", "2026Q9")
    edit(book, "measures", "A4", "export_contrl")
    edit(book, "scenario", "A2", "nam")
    edit(book, "parameters", "A2", "serch_cost")
    edit(book, "parameters", "B2", 1)
    lines = faults(book)
    found = " ".join(lines)
    for place in (f"mine.xlsx!measures!{denial}2:", "!measures!B3:", "!measures!A4:", "!scenario!A2:", "!parameters!A2:"):
        assert place in found, (place, lines)
    for fix in ("did you mean export_control?", "did you mean name?", "did you mean search_cost?"):
        assert fix in found


def test_dates_of_excel_and_lists_by_commas_are_understood(book: Path) -> None:
    import datetime

    edit(book, "measures", "B2", datetime.datetime(2027, 2, 15))  # as Excel gives it
    edit(book, "measures", "F2", "USA, JPN")
    own = [m for m in load_scenario(str(book)).measures if m.id.startswith("mine.")]
    assert (own[0].start, own[0].senders) == (2027.0, ("USA", "JPN"))


def test_an_unknown_column_is_a_fault_at_its_header(book: Path) -> None:
    column = letters(load_workbook(book)["measures"].max_column + 1)
    edit(book, "measures", f"{column}1", "denial_rat")
    edit(book, "measures", f"{column}2", 0.5)
    assert any(f"!measures!{column}1:" in line and "did you mean denial_rate?" in line for line in faults(book))


def test_what_is_no_workbook_is_refused_without_a_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 not a zip")
    empty = tmp_path / "empty.xlsx"
    Workbook().save(empty)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", b"0" * 25_000_000)
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(other, "w") as parts:
        parts.writestr("readme.txt", "x")
    for path in (broken, empty, bomb, other):
        result = invoke("validate", str(path))
        assert result.exit_code == 2 and path.name in result.output and "blocs template" in result.output, result.output
        assert "Traceback" not in result.output
    with pytest.raises(UsageError):
        load_scenario(str(tmp_path / "absent.xlsx"))


def test_a_template_is_not_written_over_and_needs_a_name(book: Path, tmp_path: Path) -> None:
    for args in ([str(book)], [str(tmp_path / "x.xls")], [str(tmp_path / "a b.xlsx")], [str(tmp_path / "y.xlsx"), "--from", "blok"]):
        assert invoke("template", *args).exit_code == 2


def test_names_of_columns() -> None:
    assert [letters(k) for k in (1, 26, 27, 52, 53, 702, 703)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
