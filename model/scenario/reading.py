"""Text of a scenario file -> a tree of nodes, each with its place; hostile or broken YAML is refused.

YAML 1.2 by ruamel.yaml, read as a stream of events: nothing is constructed, so a scalar stays the text
that was written (NO is a region code, 1e3 a number, 2022-10-07 a date, as the grammar decides). Refused:
aliases, anchors, tags, directives, several documents, tabs as indent, control characters, bytes that are
not UTF-8, and anything longer, larger or deeper than a scenario can be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from model.errors import StoreError
from model.scenario.faults import Faults, shown
from model.scenario.types import Place

MAX_BYTES = 200_000
MAX_SCALAR = 10_000
MAX_NODES = 20_000
MAX_DEPTH = 10

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TAB_INDENT = re.compile(r"^[ ]*\t[ \t]*(?=[^\s])", re.MULTILINE)
_ESCAPED = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError, AssertionError, RecursionError)
"""Errors that ruamel's scanner lets escape on garbage, for instance a \\U escape past the last code point."""


@dataclass(frozen=True)
class Node:
    """One value of the file: kind 'text', 'list', 'map' or 'refused' (already reported), and its place."""

    kind: str
    place: Place
    text: str = ""
    plain: bool = True
    items: tuple[Node, ...] = ()
    entries: tuple[tuple[Node, Node], ...] = ()

    def get(self, key: str) -> Node | None:
        """Value of a key of a map."""
        return next((value for name, value in self.entries if name.text == key), None)

    def key_place(self, key: str) -> Place:
        """Place of a key of a map; of the map itself when the key is absent."""
        return next((name.place for name, _ in self.entries if name.text == key), self.place)


class _Halt(Exception):
    """Reading cannot go on; the fault is already noted."""


@dataclass
class _Open:
    kind: str
    place: Place
    items: list[Node] = field(default_factory=list)


def read_file(path: Path, label: str, faults: Faults) -> Node | None:
    """The tree of a file; None when it cannot be read as a map, with the faults noted."""
    try:
        if not path.is_file():
            raise StoreError(faults.say("error.no_file", file=label))
        if path.stat().st_size > MAX_BYTES:
            faults.add(Place(label, 1), "", faults.say("error.size.found", size=path.stat().st_size),
                       faults.say("error.size.allowed", size=MAX_BYTES))  # fmt: skip
            return None
        data = path.read_bytes()
    except OSError as fault:
        raise StoreError(faults.say("error.unreadable", file=label, reason=fault.strerror)) from fault
    return read_bytes(data, label, faults)


def read_bytes(data: bytes, label: str, faults: Faults) -> Node | None:
    """The tree of a file's bytes; None when it cannot be read as a map, with the faults noted."""
    if len(data) > MAX_BYTES:
        size, most = faults.say("error.size.found", size=len(data)), faults.say("error.size.allowed", size=MAX_BYTES)
        faults.add(Place(label, 1), "", size, most)
        return None
    return _sound(data, label) or _tree(data, label, faults)


@lru_cache(maxsize=64)
def _sound(data: bytes, label: str) -> Node | None:
    """The tree of a file without faults, kept: baselines and parents are read again and again. None if it has any."""
    faults = Faults()
    root = _tree(data, label, faults)
    return None if faults.found else root


def _tree(data: bytes, label: str, faults: Faults) -> Node | None:
    """The tree of a file's bytes, parsed now."""
    text = _decoded(data, label, faults)
    root = None if text is None else read_text(text, Place(label, 1), faults)
    if root is not None and root.kind not in ("map", "refused"):
        faults.add(root.place, "", found(root, faults), faults.say("error.map.allowed"))
    return root if root is not None and root.kind == "map" else None


def read_text(text: str, origin: Place, faults: Faults) -> Node | None:
    """The tree of a text that starts at `origin` (also the value of a --set)."""
    return _faultless(text, origin) or _read(text, origin, faults)


@lru_cache(64)
def _faultless(text: str, origin: Place) -> Node | None:
    """The tree of a text without faults, made once: a scenario is compared with its parents, and theirs are the same files."""
    faults = Faults()
    root = _read(text, origin, faults)
    return None if faults.found else root


def _read(text: str, origin: Place, faults: Faults) -> Node | None:
    if not _clean(text, origin, faults):
        return None
    builder = _Builder(origin, faults)
    try:
        for event in _events(text, origin, faults):
            builder.take(event)
    except _Halt:
        return None
    if builder.root is None:
        faults.add(origin, "", faults.say("error.empty.found"), faults.say("error.map.allowed"))
        return None
    _check_keys(builder.root, "", faults)
    return builder.root


def found(node: Node, faults: Faults) -> str:
    """What stands there, for a message."""
    if node.kind == "list":
        return faults.say("error.a_list", count=len(node.items))
    if node.kind == "map":
        return faults.say("error.a_map", count=len(node.entries))
    return shown(node.text) if node.text.strip() else faults.say("error.nothing")


def join(path: str, key: str | int) -> str:
    """Path of a child: a key after a dot, an index in brackets."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def _decoded(data: bytes, label: str, faults: Faults) -> str | None:
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        before = data[: fault.start]
        place = Place(label, before.count(b"\n") + 1, fault.start - (before.rfind(b"\n") + 1) + 1)
        byte = faults.say("error.utf8.found", byte=f"0x{data[fault.start]:02x}")
        faults.add(place, "", byte, faults.say("error.utf8.allowed"))
        return None


def _clean(text: str, origin: Place, faults: Faults) -> bool:
    good = True
    for pattern, key in ((_CONTROL, "error.control"), (_TAB_INDENT, "error.tab")):
        match = pattern.search(text)
        if match:
            where = match.start() if pattern is _CONTROL else text.index("\t", match.start())
            place = _place(text, where, origin)
            what = faults.say(f"{key}.found", code=f"U+{ord(text[where]):04X}")
            faults.add(place, "", what, faults.say(f"{key}.allowed"))
            good = False
    return good


def _place(text: str, where: int, origin: Place) -> Place:
    line = text.count("\n", 0, where)
    column = where - (text.rfind("\n", 0, where) + 1)
    return Place(origin.file, origin.line + line, column + (origin.column if line == 0 else 1))


def _events(text: str, origin: Place, faults: Faults) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except YAMLError as fault:
        mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
        place = _marked(mark, origin) if mark else origin
        problem = str(getattr(fault, "problem", None) or getattr(fault, "reason", None) or fault)
        faults.add(place, "", faults.say("error.yaml.found", problem=shown(problem)), faults.say("error.yaml.allowed"))
        raise _Halt from fault
    except _ESCAPED as fault:
        broken = faults.say("error.yaml.found", problem=shown(str(fault)))
        faults.add(origin, "", broken, faults.say("error.yaml.allowed"))
        raise _Halt from fault


def _marked(mark: Any, origin: Place) -> Place:
    column = mark.column + (origin.column if mark.line == 0 else 1)
    return Place(origin.file, origin.line + mark.line, column)


class _Builder:
    """Events -> nodes, without recursion; counts depth, size and number."""

    def __init__(self, origin: Place, faults: Faults) -> None:
        self.origin, self.faults = origin, faults
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.count = 0

    def take(self, event: Any) -> None:
        """One event of the parser."""
        place = _marked(event.start_mark, self.origin)
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self._document(event, place)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._decorated(event, place)
            self._grow(place)
            self.stack.append(_Open("map" if kind.startswith("M") else "list", place))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._close()
        elif kind == "ScalarEvent":
            self._decorated(event, place)
            self._scalar(event, place)
        elif kind == "AliasEvent":
            self._refuse(place, "error.alias", shown("*" + str(event.anchor)))
            self._put(Node("refused", place))

    def _document(self, event: Any, place: Place) -> None:
        if self.root is not None:
            self._refuse(place, "error.documents", "---")
            raise _Halt
        if event.version or event.tags:
            self._refuse(place, "error.directive", "%")

    def _decorated(self, event: Any, place: Place) -> None:
        if event.anchor is not None:
            self._refuse(place, "error.anchor", shown("&" + str(event.anchor)))
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(place, "error.tag", shown(str(tag)))

    def _refuse(self, place: Place, key: str, value: str) -> None:
        self.faults.add(place, "", self.faults.say(f"{key}.found", value=value), self.faults.say(f"{key}.allowed"))

    def _grow(self, place: Place) -> None:
        self.count += 1
        if len(self.stack) >= MAX_DEPTH:
            self._refuse(place, "error.depth", str(MAX_DEPTH))
            raise _Halt
        if self.count > MAX_NODES:
            self._refuse(place, "error.nodes", str(MAX_NODES))
            raise _Halt

    def _scalar(self, event: Any, place: Place) -> None:
        self._grow(place)
        if len(event.value) > MAX_SCALAR:
            self._refuse(place, "error.scalar", str(len(event.value)))
            self._put(Node("refused", place))
            return
        plain = event.style in (None, "")
        self._put(Node("text", place, event.value, plain))

    def _close(self) -> None:
        top = self.stack.pop()
        if top.kind == "list":
            self._put(Node("list", top.place, items=tuple(top.items)))
            return
        pairs = zip(top.items[::2], top.items[1::2], strict=True)
        self._put(Node("map", top.place, entries=tuple((key, _anchored(key, value)) for key, value in pairs)))

    def _put(self, node: Node) -> None:
        if self.stack:
            self.stack[-1].items.append(node)
        else:
            self.root = node


def _anchored(key: Node, value: Node) -> Node:
    """A value left empty stands where its key stands; the parser puts it on the next line."""
    return replace(value, place=key.place) if value.kind == "text" and value.plain and not value.text else value


def _check_keys(node: Node, path: str, faults: Faults) -> None:
    seen: dict[str, Place] = {}
    for key, value in node.entries:
        if key.kind == "refused":
            continue
        if key.kind != "text":
            faults.add(key.place, path, found(key, faults), faults.say("error.plain_key.allowed"))
        elif key.text in seen:
            twice = faults.say("error.duplicate.found", name=shown(key.text), line=seen[key.text].line)
            faults.add(key.place, join(path, key.text), twice, faults.say("error.duplicate.allowed"))
        else:
            seen[key.text] = key.place
        _check_keys(value, join(path, key.text), faults)
    for i, item in enumerate(node.items):
        _check_keys(item, join(path, i), faults)
