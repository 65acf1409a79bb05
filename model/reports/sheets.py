"""Tables as .xlsx: numbers as numbers, with rows for unit, notes (주) and source (출처)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from model.reports.document import Cell, Table
from model.reports.frozen import freeze
from model.words import speaker

WIDEST = 44


def write_sheet(table: Table, path: Path, lang: str) -> Path:
    """One table as one workbook: title, unit, header, rows, notes, source."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    say = speaker(lang)
    book = Workbook()
    sheet: Any = book.active
    sheet.title = table.name[:31]
    sheet.append([table.title])
    sheet.append([say("paper.word.unit", text=table.unit or "–")])
    sheet.append(list(table.header))
    for row in table.rows:
        sheet.append([None if isinstance(cell, float) and not math.isfinite(cell) else cell for cell in row])
    last = sheet.max_row
    for text in [*(say("paper.word.note", text=note) for note in table.notes), say("paper.word.source", text=table.source or "–")]:
        sheet.append([text])
    sheet["A1"].font = Font(bold=True, size=12)
    sheet.freeze_panes = "A4"
    for cell in sheet[3]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    _look(sheet, table, last)
    held = BytesIO()
    book.save(held)
    freeze(held, path)
    return path


def _look(sheet: Any, table: Table, last: int) -> None:
    """Three lines, number formats and widths that show every cell."""
    from openpyxl.styles import Alignment, Border, Side
    from openpyxl.utils import get_column_letter

    rule = Side(style="medium")
    for column in range(1, len(table.header) + 1):
        sheet.cell(3, column).border = Border(top=rule, bottom=rule)
        sheet.cell(last, column).border = Border(top=rule if last == 3 else None, bottom=rule)
        for row in range(4, last + 1):
            cell = sheet.cell(row, column)
            if isinstance(cell.value, float):
                cell.number_format = f"0.{'0' * table.digits}"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(column)].width = _width([table.header[column - 1], *(row[column - 1] for row in table.rows)])


def _width(cells: Sequence[Cell]) -> float:
    """Width in characters: the longest cell, a Hangul syllable counted twice, within limits."""
    longest = max(sum(2 if ord(c) > 0x1100 else 1 for c in cell) if isinstance(cell, str) else 9 for cell in cells)
    return float(min(max(longest + 2, 8), WIDEST))
