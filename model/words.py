"""Every word BLOCS prints, in Korean and English, from two tables beside this file.

words.csv holds names, figures, commands and errors; sentences.csv the sentences of the reports. A row is key, en,
ko. A text may hold {named} fields, a Korean one also particles in both forms: '{region}은(는)' (model.particles).
Keys are dotted by the place that prints them (cli.run.title, figure.real-income.name, segment.memory, region.KOR).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files

from model.particles import attach

LANGUAGES = ("en", "ko")
TABLES = ("words.csv", "sentences.csv")


@cache
def _table() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name in TABLES:
        text = files("model").joinpath(name).read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines()):
            found[row["key"]] = {lang: row[lang].replace("\\n", "\n") for lang in LANGUAGES}
    return found


def word(key: str, lang: str = "en", **fields: object) -> str:
    """The text of a key in a language, its fields filled in; KeyError names a missing key."""
    text = _table()[key][lang]
    if not fields:
        return text
    filled = text.format(**fields)
    return attach(filled) if lang == "ko" else filled


def speaker(lang: str) -> Callable[..., str]:
    """`word` bound to one language: say = speaker('ko'); say('cli.done')."""
    return lambda key, **fields: word(key, lang, **fields)


def has_word(key: str) -> bool:
    """Whether the table holds the key."""
    return key in _table()


def nearest(text: str, names: Iterable[str]) -> str:
    """The name that was most likely meant: the same letters in another order or case, else a similar one; '' for none."""
    from difflib import get_close_matches  # --help does without

    known = list(names)
    near = [name for name in known if sorted(name.lower()) == sorted(text.lower())]  # KRO, kor: rather KOR than ROW
    return (near or get_close_matches(text, known, n=1, cutoff=0.5) or [""])[0]


def hint(text: str, names: Iterable[str], lang: str) -> str:
    """' (did you mean x?)' to end a message with, or nothing."""
    near = nearest(text, names)
    return f" ({word('error.did_you_mean', lang, name=near)})" if near else ""


def keys() -> tuple[str, ...]:
    """All keys, as they stand in the table."""
    return tuple(_table())
