"""Every word BLOCS prints, in Korean and English, from one table: words.csv beside this file.

A row is key, en, ko. A text may hold {named} fields. Keys are dotted by the place that prints them
(cli.run.title, figure.real-income.axis, error.unknown_key, segment.memory, region.KOR).
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "ko")


@cache
def _table() -> dict[str, dict[str, str]]:
    text = files("model").joinpath("words.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["key"]: {lang: row[lang].replace("\\n", "\n") for lang in LANGUAGES} for row in rows}


def word(key: str, lang: str = "en", **fields: object) -> str:
    """The text of a key in a language, its fields filled in; KeyError names a missing key."""
    text = _table()[key][lang]
    return text.format(**fields) if fields else text


def speaker(lang: str) -> Callable[..., str]:
    """`word` bound to one language: say = speaker('ko'); say('cli.done')."""
    return lambda key, **fields: word(key, lang, **fields)


def has_word(key: str) -> bool:
    """Whether the table holds the key."""
    return key in _table()


def keys() -> tuple[str, ...]:
    """All keys, as they stand in the table."""
    return tuple(_table())
