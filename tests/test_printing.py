"""What commands print on narrow terminals, and where a study file's unknown stance stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from model.cli import Cli
from model.cli.output import _width, _wrapped
from model.words import LANGUAGES, word


@pytest.mark.parametrize("lang", LANGUAGES)
def test_coverage_is_readable_at_100_columns_and_loses_nothing(lang: str) -> None:
    from model.experiments.coverage import coverage, report_outputs

    result = CliRunner().invoke(Cli(), ["coverage", "--lang", lang])
    assert result.exit_code == 0
    counted = word("cli.coverage.count", lang, rows=0, link=0, named=0, outcome=0, none=0)[-20:]
    lines = [line for line in result.output.splitlines() if not line.endswith(counted)]
    assert max(_width(line) for line in lines) <= 100
    whole = "".join(result.output.split())
    for text in [*(t for row in coverage() for t in (row.id, "; ".join(row.where), row.note)), *(row.note for row in report_outputs())]:
        assert "".join(text.split()) in whole


@given(st.text(alphabet="ab가나 ", max_size=80), st.integers(8, 40))
def test_wrapping_keeps_every_word_in_order(text: str, width: int) -> None:
    lines = _wrapped(text, width)
    assert " ".join(lines).split() == text.split()
    assert all(_width(line) <= width or " " not in line for line in lines)


def test_a_study_says_where_an_unknown_stance_stands(tmp_path: Path) -> None:
    path = tmp_path / "paper.yaml"
    path.write_text("title: {en: A, ko: 가}\nscenarios: [blocs]\nstances: [align_us, hegde]\n", encoding="utf-8", newline="\n")
    result = CliRunner().invoke(Cli(), ["study", str(path)])
    assert result.exit_code == 2 and "paper.yaml:3:21: stances[1]" in result.output and "did you mean hedge?" in result.output


def test_contact_sheets_of_the_report_are_small() -> None:
    sheets = sorted((Path(__file__).parents[1] / "docs").glob("report-*.png"))
    assert [sheet.name for sheet in sheets] == ["report-en.png", "report-ko.png"]
    assert all(sheet.stat().st_size <= 500_000 for sheet in sheets)
