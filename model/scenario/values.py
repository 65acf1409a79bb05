"""One value at a time: a node -> a number, a date, a name, a list of names; or a fault and None.

Types are decided by what the grammar expects, never guessed from the text, so that NO stays a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from math import isfinite

from calibration.linked import LinkError, figure_date, figure_number, linked
from model.axes import quarter_label, quarter_start
from model.scenario.faults import Faults, shown
from model.scenario.reading import Node, found, join
from model.scenario.types import Place

QUARTER = 0.25
NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,4})?")
LABEL = re.compile(r"([0-9]{4})Q([0-9])")
DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
NAME = re.compile(r"[A-Za-z가-힣][A-Za-z0-9가-힣_-]{0,59}")
BLOC = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RESERVED = {"con", "nul", "prn", "aux"} | {f"{port}{k}" for port in ("com", "lpt") for k in range(10)}


def text(faults: Faults, node: Node, path: str) -> str | None:
    """A text that is not empty; lines of one paragraph are joined, an empty line parts paragraphs."""
    if node.kind == "refused":
        return None
    if node.kind != "text" or not node.text.strip():
        faults.add(node.place, path, found(node, faults), faults.say("error.text.allowed"))
        return None
    paragraphs = re.split(r"\n\s*\n", node.text.strip())
    return "\n\n".join(" ".join(p.split()) for p in paragraphs)


def number(faults: Faults, node: Node, path: str, low: float, high: float, unit: str = "") -> float | None:
    """A finite number in low..high, written out or pointed at (`register ID`)."""
    if node.kind == "refused":
        return None
    allowed = faults.say("error.number.allowed", low=f"{low:g}", high=f"{high:g}", unit=f" ({unit})" if unit else "")
    if node.kind == "text" and linked(node.text):
        value = _pointed(faults, node.text, node.place, path)
    elif node.kind == "text" and node.plain and NUMBER.fullmatch(node.text):
        value = float(node.text)
    else:
        quoted = node.kind == "text" and NUMBER.fullmatch(node.text) is not None
        faults.add(node.place, path, found(node, faults), allowed, faults.say("error.number.quotes") if quoted else "")
        return None
    if value is None:
        return None
    if not isfinite(value) or not low <= value <= high:
        faults.add(node.place, path, faults.say("error.range.found", value=shown(node.text)), allowed)
        return None
    return value + 0.0


def _pointed(faults: Faults, text_: str, place: Place, path: str) -> float | None:
    """The number of the register that a text points at, or a fault and None."""
    try:
        return figure_number(text_)
    except LinkError as error:
        _no_figure(faults, error, place, path)
        return None


def _no_figure(faults: Faults, error: LinkError, place: Place, path: str) -> None:
    if error.what == "row":
        faults.unknown(place, path, error.name, error.ids, "error.figure")
    else:
        allowed = faults.say(f"error.figure.{error.what}.allowed")
        faults.add(place, path, faults.say(f"error.figure.{error.what}.found", name=error.name), allowed)


def switch(faults: Faults, node: Node, path: str) -> bool | None:
    """true or false."""
    value = one_of(faults, node, path, ("true", "false"))
    return None if value is None else value == "true"


def one_of(faults: Faults, node: Node, path: str, choices: Iterable[str], key: str = "error.name") -> str | None:
    """One name among the choices."""
    if node.kind == "refused":
        return None
    names = list(choices)
    if node.kind != "text" or not node.text:
        faults.add(node.place, path, found(node, faults), faults.say(f"{key}.allowed", names=", ".join(names[:20])))
        return None
    if node.text not in names:
        faults.unknown(node.place, path, node.text, names, key)
        return None
    return node.text


def many_of(faults: Faults, node: Node, path: str, choices: Sequence[str], key: str = "error.name") -> tuple[str, ...]:
    """A list of names among the choices, at least one, none twice; what is wrong is left out."""
    if node.kind == "refused":
        return ()
    if node.kind != "list" or not node.items:
        single = node.kind == "text" and node.text in choices
        fix = faults.say("error.list.fix", value=node.text) if single else ""
        faults.add(node.place, path, found(node, faults), faults.say("error.list.allowed"), fix)
        return ()
    values: list[str] = []
    for i, item in enumerate(node.items):
        value = one_of(faults, item, join(path, i), choices, key)
        if value is not None and value in values:
            twice = faults.say("error.twice.found", value=shown(value))
            faults.add(item.place, join(path, i), twice, faults.say("error.twice.allowed"))
        elif value is not None:
            values.append(value)
    return tuple(values)


def quarter(faults: Faults, node: Node, path: str) -> float | None:
    """A quarter (2022Q4) or a date (2022-10-07, the quarter it falls in) -> start of the quarter in years."""
    if node.kind == "refused":
        return None
    if node.kind != "text" or not node.text:
        faults.add(node.place, path, found(node, faults), faults.say("error.date.allowed"))
        return None
    return quarter_of(faults, node.text, node.place, path)


def quarter_of(faults: Faults, value: str, place: Place, path: str) -> float | None:
    """The same for a bare text (a key of a path); it may point at the register, whose date counts then."""
    if linked(value):
        try:
            return quarter_start(figure_date(value))
        except LinkError as error:
            _no_figure(faults, error, place, path)
            return None
    label, day = LABEL.fullmatch(value), DAY.fullmatch(value)
    wrong, allowed = faults.say("error.date.found", value=shown(value)), faults.say("error.date.allowed")
    if label and "1" <= label[2] <= "4" and label[1] >= "1900":
        return quarter_start(value)
    if day:
        try:
            when = date(int(day[1]), int(day[2]), int(day[3]))
        except ValueError:
            faults.add(place, path, wrong, allowed)
            return None
        return quarter_start(f"{when.year}Q{(when.month - 1) // 3 + 1}")
    fix = faults.say("error.date.fix", value=f"{label[1]}Q4") if label and label[2] > "4" else ""
    faults.add(place, path, wrong, allowed, fix)
    return None


def span(faults: Faults, node: Node, path: str) -> tuple[float, float] | None:
    """[first, last], both included -> (start of the first quarter, start of the last), in order."""
    if node.kind == "refused":
        return None
    if node.kind != "list" or len(node.items) != 2:
        faults.add(node.place, path, found(node, faults), faults.say("error.span.allowed"))
        return None
    first, last = (quarter(faults, item, join(path, i)) for i, item in enumerate(node.items))
    if first is None or last is None:
        return None
    if last < first:
        backwards = faults.say("error.span.found", first=quarter_label(first), last=quarter_label(last))
        faults.add(node.items[1].place, path, backwards, faults.say("error.span.allowed"))
        return None
    return first, last


def scenario_name(text_: str) -> bool:
    """Whether a text may name a scenario: a letter first, then letters, digits, _ and -; no device name."""
    return NAME.fullmatch(text_) is not None and text_.lower() not in _RESERVED


def map_of(faults: Faults, node: Node | None, path: str) -> tuple[tuple[Node, Node], ...]:
    """Entries of a map (keys that are texts); none, with a fault, for anything else."""
    if node is None or node.kind == "refused":
        return ()
    if node.kind != "map":
        faults.add(node.place, path, found(node, faults), faults.say("error.mapping.allowed"))
        return ()
    return tuple((key, value) for key, value in node.entries if key.kind == "text")
