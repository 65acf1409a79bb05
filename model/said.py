"""Errors whose message is a row of the table of words: English in manifests and logs, the user's language on the screen.

Where a reader of files raises, far below the command line, no language is known. The error keeps key and fields, and
whoever prints it asks `said` in the language of the line.
"""

from __future__ import annotations

import errno
from typing import TypeVar

from model.errors import BlocsError
from model.words import has_word, word

E = TypeVar("E", bound=BlocsError)


def worded(kind: type[E], key: str, **fields: object) -> E:
    """An error of a kind with the words of a key; `raise worded(StoreError, 'store.absent', file=path)`."""
    plain = {name: said(value, "en") if isinstance(value, BaseException) else value for name, value in fields.items()}
    error = kind(word(key, "en", **plain))
    error.key, error.fields = key, fields
    return error


def said(error: BaseException, lang: str) -> str:
    """The message of an error in a language; as it stands where neither `worded` made it nor the disk."""
    if isinstance(error, OSError) and error.errno is not None:
        name = f"os.{errno.errorcode.get(error.errno, '')}"
        return word(name, lang) if has_word(name) else error.strerror or str(error)
    if not isinstance(error, BlocsError) or not error.key:
        return str(error)
    fields = {name: said(value, lang) if isinstance(value, BaseException) else value for name, value in error.fields.items()}
    return word(error.key, lang, **fields)
