"""The collector of faults: every check adds to one list, and all of them are raised at once."""

from __future__ import annotations

from collections.abc import Iterable

from model.errors import Fault
from model.scenario.types import Place
from model.words import nearest, speaker

LONGEST = 60
MOST_NAMES = 20


def shown(text: str) -> str:
    """A value as a message shows it: one line, printable, in quotes, not longer than 60 characters."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return "'" + (clean if len(clean) <= LONGEST else clean[: LONGEST - 3] + "...") + "'"


class Faults:
    """Faults found so far, worded in one language."""

    def __init__(self, lang: str = "en") -> None:
        """An empty list, worded in `lang`."""
        self.say = speaker(lang)
        self.found: list[Fault] = []

    def add(self, place: Place, path: str, found: str, allowed: str, fix: str = "") -> None:
        """Note one fault: where, at which key, what was found, what is allowed, how to mend it."""
        name = path or self.say("error.whole_file")
        self.found.append(Fault(place.file, place.line, place.column, name, found, allowed, fix))

    def unknown(self, place: Place, path: str, text: str, choices: Iterable[str], key: str = "error.name") -> None:
        """A name that is not among the choices; the nearest one is offered."""
        names = list(choices)
        allowed = self.say(f"{key}.allowed", names=listed(names))
        self.add(place, path, self.say(f"{key}.found", value=shown(text)), allowed, self.nearest(text, names))

    def nearest(self, text: str, choices: Iterable[str]) -> str:
        """'did you mean x?', or nothing."""
        near = nearest(text, choices)
        return self.say("error.did_you_mean", name=near) if near else ""


def listed(names: list[str]) -> str:
    """Names with commas; a long list is cut."""
    head = ", ".join(names[:MOST_NAMES])
    return head if len(names) <= MOST_NAMES else f"{head}, ..."
