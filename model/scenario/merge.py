"""Trees merged before they are checked: `extends` (parent under child) and --set (a value from the command line).

Every node keeps the place it was written at, so a fault in an inherited value names the parent's file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from model.scenario.faults import Faults, shown
from model.scenario.folder import known_scenarios, label
from model.scenario.reading import Node, found, join, read_file, read_text
from model.scenario.types import Place
from model.scenario.workbook import BOOK, read_book

OWN = ("name", "title", "story", "extends")
JOINED = ("instruments", "sources")
KEYED = ("states", "strategies", "overrides", "channels")
FIXED = ("name", "extends")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([0-9]{1,6})\]")

Step = str | int


def read_merged(path: Path, faults: Faults, trail: tuple[Path, ...] = ()) -> Node | None:
    """The tree of a file with its parents merged under it; None (with faults) if one cannot be read."""
    read = read_book if path.suffix.lower() == BOOK else read_file
    child = read(path, label(path), faults)
    extends = None if child is None else child.get("extends")
    if child is None or extends is None or extends.kind == "refused":
        return child
    trail = (*trail, path.absolute())
    known = known_scenarios(path)
    if extends.kind != "text" or extends.text not in known:
        faults.unknown(extends.place, "extends", extends.text, sorted(known))
        return child
    parent = known[extends.text]
    if parent.absolute() in trail:
        circle = " -> ".join(p.stem for p in (*trail, parent))
        faults.add(extends.place, "extends", faults.say("error.circle.found", circle=circle),
                   faults.say("error.circle.allowed"))  # fmt: skip
        return child
    below = read_merged(parent, faults, trail)
    return None if below is None else merge(below, child)


def merge(parent: Node, child: Node) -> Node:
    """Child over parent: lists of measures and sources are appended, maps merged by key, the rest replaced."""
    entries = {key.text: (key, value) for key, value in parent.entries if key.text not in OWN}
    repeated: list[tuple[Node, Node]] = []
    seen: set[str] = set()
    for key, value in child.entries:
        if key.text in seen:
            repeated.append((key, value))
            continue
        seen.add(key.text)
        below = entries.get(key.text)
        if below is not None and key.text in JOINED and below[1].kind == value.kind == "list":
            value = replace(value, items=below[1].items + value.items)
        elif below is not None and key.text in KEYED:
            value = _keyed(below[1], value)
        entries[key.text] = (key, value)
    return replace(child, entries=(*entries.values(), *repeated))


def _keyed(parent: Node, child: Node) -> Node:
    if parent.kind != "map" or child.kind != "map":
        return child
    entries = {key.text: (key, value) for key, value in parent.entries}
    for key, value in child.entries:
        below = entries.get(key.text)
        entries[key.text] = (key, _keyed(below[1], value) if below is not None else value)
    return replace(child, entries=tuple(entries.values()))


def apply_options(root: Node, options: Mapping[str, str], faults: Faults) -> Node:
    """--baseline NAME and --focus CODE: like a --set, but faults name the option."""
    for key, value in options.items():
        place = Place(f"--{key}", 1)
        root = _replaced(root, [key], Node("text", place, value), faults, "") or root
    return root


def apply_sets(root: Node, sets: Sequence[str], faults: Faults) -> Node:
    """The tree with each PATH=VALUE put in, in order; faults name --set and its number as line."""
    for k, text in enumerate(sets):
        place = Place("--set", k + 1)
        path, equals, value = text.partition("=")
        steps = _steps(path.strip())
        if not equals or not steps:
            faults.add(place, text, shown(text), faults.say("error.set.allowed"))
        elif steps[0] in FIXED:
            faults.add(place, path, shown(path), faults.say("error.set.fixed"))
        else:
            node = _value(value, Place("--set", k + 1, len(path) + 2), path, faults)
            root = (None if node is None else _replaced(root, steps, node, faults, "")) or root
    return root


def _steps(path: str) -> list[Step]:
    if path.startswith("overrides."):
        return ["overrides", path.removeprefix("overrides.")]
    matches = list(_STEP.finditer(path))
    whole = "".join(m[0] for m in matches) == path and not path.startswith(".")
    return [int(m[2]) if m[2] else m[1] for m in matches] if whole else []


def _value(text: str, place: Place, path: str, faults: Faults) -> Node | None:
    inner = Faults()
    inner.say = faults.say
    node = read_text(text, place, inner)
    whole = faults.say("error.whole_file")
    faults.found += [replace(f, path=path if f.path == whole else f"{path}.{f.path}") for f in inner.found]
    return None if inner.found else node


def _replaced(node: Node | None, steps: Sequence[Step], value: Node, faults: Faults, path: str) -> Node | None:
    """The tree with `value` at `steps`; None, with a fault, when a step leads nowhere."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        return _at_index(node, step, rest, value, faults, path)
    if node is not None and node.kind == "list" and path == "instruments":
        return _at_instrument(node, step, rest, value, faults)
    if node is not None and node.kind != "map":
        faults.add(value.place, join(path, step), found(node, faults), faults.say("error.set.path"))
        return None
    old = node.get(step) if node is not None else None
    new = _replaced(old, rest, value, faults, join(path, step))
    if new is None:
        return None
    key = Node("text", value.place, step)
    entries = node.entries if node is not None else ()
    kept = tuple((k, new if k.text == step else v) for k, v in entries)
    if old is None:
        kept = (*kept, (key, new))
    return replace(node, entries=kept) if node is not None else Node("map", value.place, entries=kept)


def _at_index(
    node: Node | None, step: int, rest: Sequence[Step], value: Node, faults: Faults, path: str
) -> Node | None:
    items = node.items if node is not None and node.kind == "list" else ()
    if node is None or step >= len(items):
        faults.add(value.place, join(path, step), faults.say("error.set.index", count=len(items)),
                   faults.say("error.set.path"))  # fmt: skip
        return None
    new = _replaced(items[step], rest, value, faults, join(path, step))
    return None if new is None else replace(node, items=(*items[:step], new, *items[step + 1 :]))


def _at_instrument(node: Node, name: str, rest: Sequence[Step], value: Node, faults: Faults) -> Node | None:
    used = [_instrument(item) for item in node.items]
    if name not in used or not rest:
        faults.unknown(value.place, join("instruments", name), name, sorted({u for u in used if u}))
        return None
    items: list[Node] = []
    for i, item in enumerate(node.items):
        new = _replaced(item, rest, value, faults, join("instruments", i)) if used[i] == name else item
        if new is None:
            return None
        items.append(new)
    return replace(node, items=tuple(items))


def _instrument(item: Node) -> str:
    node = item.get("instrument")
    return node.text if node is not None else ""
