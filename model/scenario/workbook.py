"""A scenario as an Excel workbook: the same tree of nodes, the same checks, with cells as places.

Sheet `scenario` holds keys and values ('title.en', 'strategies.members.west'; a key of a list may stand in several rows),
`measures` a row a measure with its levers as columns, `parameters` names and values. A cell holds what a YAML file would:
a number, a name, names by commas, or {2026Q1: 0.1, 2028Q4: 1.0}. Other sheets (help) are not read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from model.errors import StoreError
from model.instruments import instruments
from model.scenario.faults import Faults, shown
from model.scenario.measures import MEASURE_KEYS
from model.scenario.reading import MAX_BYTES, Node, read_text
from model.scenario.types import Place

BOOK = ".xlsx"
SHEETS = {"scenario": "", "measures": "instruments", "parameters": "overrides"}
"""Sheets that are read, and the key of the scenario they fill."""
LISTS = ("from", "to", "suspended", "horizon", "sources")
PROSE = ("title", "story", "sources", "source", "name")
"""Keys whose cells are text as it stands."""
MOST_ROWS, MOST_COLUMNS, MOST_UNPACKED = 2_000, 200, 20_000_000
Entries = list[tuple[Node, Any]]


def read_book(path: Path, label: str, faults: Faults) -> Node | None:
    """The tree of a workbook; None (with faults) where it is none."""
    book = _open(path, label, faults)
    if book is None:
        return None
    top: Entries = []
    for sheet, key in SHEETS.items():
        if sheet not in book.sheetnames:
            faults.add(Place(label, 1), "", faults.say("error.book.sheet", names=", ".join(book.sheetnames)),
                       faults.say("error.book.allowed", names=", ".join(SHEETS)))  # fmt: skip
            continue
        rows = list(_cells(book[sheet], f"{label}!{sheet}"))
        if sheet == "scenario":
            for cells in rows[1:]:
                _insert(top, cells, faults)
        elif value := (_measures if sheet == "measures" else _parameters)(rows, faults):
            top.append((_text(key, rows[0][0][1]), value))
    return _closed(top, Place(f"{label}!scenario", 1))


def _open(path: Path, label: str, faults: Faults) -> Any:
    """The workbook, or None where the file is too large or no workbook."""
    from openpyxl import load_workbook

    try:
        if not path.is_file():
            raise StoreError(faults.say("error.no_file", file=label))
        data = path.read_bytes()
        with zipfile.ZipFile(BytesIO(data)) as parts:
            size = max(len(data) // 10, sum(info.file_size for info in parts.infolist()))
        if size > MOST_UNPACKED or len(data) > 10 * MAX_BYTES:
            raise ValueError(faults.say("error.size.found", size=size))
        return load_workbook(BytesIO(data), data_only=True)
    except OSError as fault:
        raise StoreError(faults.say("error.unreadable", file=label, reason=fault.strerror or str(fault))) from fault
    except (zipfile.BadZipFile, ValueError, KeyError, AttributeError, TypeError, SyntaxError) as fault:
        faults.add(Place(label, 1), "", faults.say("error.book.broken", reason=shown(str(fault))),
                   faults.say("error.book.allowed", names=", ".join(SHEETS)))  # fmt: skip
        return None


def _cells(sheet: Any, file: str) -> Iterator[list[tuple[str, Place]]]:
    """Rows as (text, place); empty cells are ''."""
    for row in sheet.iter_rows(max_row=min(sheet.max_row, MOST_ROWS), max_col=min(sheet.max_column, MOST_COLUMNS)):
        yield [(_written(cell.value), Place(file, cell.row, cell.column)) for cell in row]


def _written(value: Any) -> str:
    """A cell as a YAML file would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, date):
        return value.isoformat()[:10]
    return str(value).strip()


def _insert(top: Entries, cells: list[tuple[str, Place]], faults: Faults) -> None:
    """One row of the sheet `scenario`: a dotted key and its value."""
    (key, place), (text, spot) = (*cells[:2], ("", cells[0][1]))[:2]
    if not key:
        return
    parts, entries = key.split("."), top
    for part in parts[:-1]:
        found = next((value for name, value in entries if name.text == part and isinstance(value, list)), None)
        if found is None:
            found = []
            entries.append((_text(part, place), found))
        entries = found
    node = _value(parts[0] if parts[0] in PROSE else parts[-1], text, spot, faults, listed="members" in parts[:-1])
    same = next((i for i, (name, _) in enumerate(entries) if name.text == parts[-1] and parts[-1] == "sources"), None)
    if same is None:
        entries.append((_text(parts[-1], place), node))
    else:
        held = entries[same][1]
        entries[same] = (entries[same][0], Node("list", held.place, items=(*held.items, *node.items)))


def _measures(rows: list[list[tuple[str, Place]]], faults: Faults) -> Node | None:
    """A list of measures, one a row; empty cells are left out."""
    many = {name for i in instruments().values() for name, lever in i.levers.items() if lever.many}
    items = []
    for cells in rows[1:]:
        entries = [
            (_text(name, head), _value(name, text, spot, faults, listed=name in many))
            for (name, head), (text, spot) in zip(rows[0], cells, strict=False) if name and text
        ]  # fmt: skip
        if entries:
            items.append(Node("map", cells[0][1], entries=tuple(entries)))
    return Node("list", rows[0][0][1], items=tuple(items)) if items else None


def _parameters(rows: list[list[tuple[str, Place]]], faults: Faults) -> Node | None:
    """Values of parameters by name."""
    entries = [
        (_text(cells[0][0], cells[0][1]), _value("", *cells[1], faults)) for cells in rows[1:] if len(cells) > 1 and cells[0][0]
    ]
    return Node("map", rows[0][0][1], entries=tuple(entries)) if entries else None


def _value(key: str, text: str, place: Place, faults: Faults, listed: bool = False) -> Node:
    """The node of a cell."""
    if key in PROSE:
        node = _text(text, place)
        return Node("list", place, items=(node,)) if key == "sources" else node
    if text[:1] in ("[", "{"):
        inner = read_text(text, place, faults)
        return Node("refused", place) if inner is None else _at(inner, place)
    if listed or key in LISTS:
        return Node("list", place, items=tuple(_text(part.strip(), place) for part in text.split(",") if part.strip()))
    return _text(text, place)


def _text(text: str, place: Place) -> Node:
    return Node("text", place, text)


def _at(node: Node, place: Place) -> Node:
    """A tree all of which stands in one cell."""
    return Node(node.kind, place, node.text, node.plain, tuple(_at(item, place) for item in node.items),
                tuple((_at(key, place), _at(value, place)) for key, value in node.entries))  # fmt: skip


def _closed(entries: Entries, place: Place) -> Node:
    """A map node of entries that may be lists of entries themselves."""
    done = tuple((key, _closed(value, key.place) if isinstance(value, list) else value) for key, value in entries)
    return Node("map", place, entries=done)


# -- writing -------------------------------------------------------------------------------------------
def write_book(root: Node, name: str, path: Path, lang: str) -> None:
    """A scenario's own tree (parents not merged) as a workbook under another name, with a sheet that lists the levers."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    from model.scenario.story import lever_doc, unit_name

    book: Any = Workbook()
    keys = book.active
    keys.title = "scenario"
    keys.append(["key", "value"])
    for key, node in _rows(root, ""):
        keys.append([key, name if key == "name" else _cell(node)])
    levers = list(dict.fromkeys(lever for i in instruments().values() for lever in i.levers))
    measures = book.create_sheet("measures")
    measures.append([*MEASURE_KEYS, *levers])
    for item in (root.get("instruments") or root).items:
        measures.append([_cell(found) if (found := item.get(column)) is not None else None for column in (*MEASURE_KEYS, *levers)])
    parameters = book.create_sheet("parameters")
    parameters.append(["name", "value"])
    for entry, node in (root.get("overrides") or Node("map", root.place)).entries:
        parameters.append([entry.text, _cell(node)])
    guide = book.create_sheet("help")
    guide.append(["instrument", "lever", "unit", "low", "high", "neutral", "meaning"])
    for i in instruments().values():
        for lever, own in i.levers.items():
            span = (None, None, None) if own.choices else (own.low, own.high, own.neutral)
            guide.append([i.name, lever, unit_name(own.unit, lang), *span, lever_doc(i.name, lever, own, lang)])
    for sheet in book.worksheets:
        sheet.freeze_panes = "A2"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            sheet.column_dimensions[cell.column_letter].width = 60 if cell.value in ("value", "meaning") else 18
    book.save(path)


def _rows(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """Dotted keys and single values of a tree, measures and parameters apart; a list of texts stands row by row.

    A block whose keys hold dots themselves (dates that point at the register) stands in one cell.
    """
    for key, value in node.entries:
        name = f"{path}.{key.text}" if path else key.text
        if name in SHEETS.values():
            continue
        if value.kind == "map" and not any("." in inner.text for inner, _ in value.entries):
            yield from _rows(value, name)
        elif name == "sources":
            yield from ((name, item) for item in value.items)
        else:
            yield name, value


def _cell(node: Node) -> Any:
    """A node as a cell: numbers as numbers, names by commas, everything else as YAML in one line."""
    if node.kind == "text":
        try:
            return float(node.text) if node.plain and node.text[:1] in "-.0123456789" else node.text
        except ValueError:
            return node.text
    if node.kind == "list" and all(item.kind == "text" for item in node.items):
        return ", ".join(item.text for item in node.items)
    return _flow(node)


def _flow(node: Node) -> str:
    """A node as YAML in one line."""
    if node.kind == "list":
        return "[" + ", ".join(map(_flow, node.items)) + "]"
    if node.kind == "map":
        return "{" + ", ".join(f"{key.text}: {_flow(value)}" for key, value in node.entries) + "}"
    return node.text
