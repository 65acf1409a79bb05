"""A study file: scenarios, stances, figures and draws that make one folder, so that a paper is updated by a re-run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.axes import REGIONS
from model.errors import ScenarioError
from model.scenario.faults import Faults
from model.scenario.folder import known_scenarios, label
from model.scenario.reading import Node, found, join, read_file
from model.scenario.resolve import load_scenario
from model.scenario.values import many_of, map_of, number, one_of, text
from model.words import LANGUAGES

KEYS = ("title", "scenarios", "stances", "figures", "focus", "draws", "seed")
REQUIRED = ("title", "scenarios")
MOST_DRAWS = 1000


@dataclass(frozen=True)
class Study:
    """What is compared: scenarios by name or file, choices (empty: each scenario's own), figures (empty: all), focus, draws, seed."""

    scenarios: tuple[str, ...]
    stances: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    focus: str | None = None
    draws: int = 20
    seed: int = 0
    title: str = ""


def load_study(path: Path, figures: tuple[str, ...], lang: str = "en") -> Study:
    """The study of a file, or ScenarioError with all its faults; `figures`: names that there are."""
    faults = Faults(lang)
    root = read_file(path, label(path), faults)
    if root is None:
        raise ScenarioError(faults.found)
    for key, _ in map_of(faults, root, ""):
        if key.text not in KEYS:
            faults.unknown(key.place, key.text, key.text, KEYS, "error.key")
    for key_ in REQUIRED:
        if root.get(key_) is None:
            faults.add(root.place, key_, faults.say("error.missing.found"), faults.say("error.missing.allowed", name=key_))
    focus, known = root.get("focus"), known_scenarios(path, lang)
    study = Study(
        scenarios=tuple(str(known[name]) for name in _names(faults, root, "scenarios", tuple(sorted(known)))),
        stances=_texts(faults, root, "stances"), figures=_names(faults, root, "figures", figures),
        focus=None if focus is None else one_of(faults, focus, "focus", REGIONS),
        draws=_whole(faults, root, "draws", 1, MOST_DRAWS, 20), seed=_whole(faults, root, "seed", 0, 2**31, 0),
        title=_title(faults, root, lang),
    )  # fmt: skip
    if not faults.found:
        _check_stances(faults, root, study, lang)
    if faults.found:
        raise ScenarioError(faults.found)
    return study


def _check_stances(faults: Faults, root: Node, study: Study, lang: str) -> None:
    """A stance is one of every scenario's choices; the place of the one that is not, and the nearest that is."""
    node = root.get("stances")
    if node is None:
        return
    choices = [load_scenario(path, lang=lang).choices for path in study.scenarios]
    for i, (item, stance) in enumerate(zip(node.items, study.stances, strict=True)):
        without = next((known for known in choices if stance not in known), None)
        if without is not None:
            faults.unknown(item.place, join("stances", i), stance, without)


def _names(faults: Faults, root: Node, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    node = root.get(key)
    return () if node is None else many_of(faults, node, key, known)


def _texts(faults: Faults, root: Node, key: str) -> tuple[str, ...]:
    """A list of names that only the scenarios know; `_check_stances` asks them."""
    node = root.get(key)
    if node is None or node.kind == "refused":
        return ()
    if node.kind != "list":
        faults.add(node.place, key, found(node, faults), faults.say("error.list.allowed"))
        return ()
    return tuple(t for t in (text(faults, item, join(key, i)) for i, item in enumerate(node.items)) if t is not None)


def _whole(faults: Faults, root: Node, key: str, low: int, high: int, default: int) -> int:
    node = root.get(key)
    value = None if node is None else number(faults, node, key, low, high)
    if node is not None and value is not None and value != int(value):
        faults.add(node.place, key, found(node, faults), faults.say("error.whole.allowed", low=low))
    return default if value is None else int(value)


def _title(faults: Faults, root: Node, lang: str) -> str:
    node = root.get("title")
    titles = {}
    for key, value in map_of(faults, node, "title"):
        if key.text not in LANGUAGES:
            faults.unknown(key.place, join("title", key.text), key.text, LANGUAGES, "error.key")
        titles[key.text] = text(faults, value, join("title", key.text)) or ""
    for missing in (name for name in LANGUAGES if node is not None and node.kind == "map" and name not in titles):
        faults.add(node.place if node else root.place, join("title", missing), faults.say("error.missing.found"),
                   faults.say("error.missing.allowed", name=missing))  # fmt: skip
    return titles.get(lang, "")
