"""Korean particles that fit the word before them: '{name}은(는)' is written, '한국은' and '미국과' come out.

A particle follows the sound the word ends in, so a text marks the place with both forms, and `attach` keeps one.
"""

from __future__ import annotations

import re

PAIRS: dict[str, tuple[str, str]] = {
    "은(는)": ("은", "는"), "이(가)": ("이", "가"), "을(를)": ("을", "를"), "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"), "(이)라": ("이라", "라"), "(이)며": ("이며", "며"),
}  # fmt: skip
"""Mark in a text -> the form after a consonant and the form after a vowel."""
_MARK = re.compile("|".join(re.escape(mark) for mark in PAIRS))
_HANGUL, _FINALS, _RIEUL = 0xAC00, 28, 8
_DIGITS = {"0": "영", "1": "일", "2": "이", "3": "삼", "4": "사", "5": "오", "6": "육", "7": "칠", "8": "팔", "9": "구"}
_LETTERS = {"L": "엘", "M": "엠", "N": "엔", "R": "알"}
_SIGNS = {"%": "퍼센트", "℃": "도", "$": "달러", "+": "플러스", "&": "앤드"}
_CLOSING = " \t'\"’”»」』>`*_.,:;"
_BRACKETS = {")": "(", "]": "[", "}": "{", "）": "（"}


def attach(text: str) -> str:
    """The text with every mark of PAIRS replaced by the form that fits what stands before it."""
    done, last = "", 0
    for mark in _MARK.finditer(text):
        done += text[last : mark.start()]
        done, last = done + particle(done, mark[0]), mark.end()
    return done + text[last:]


def particle(word: str, mark: str) -> str:
    """The form of a particle after a word: particle('서울', '(으)로') -> '로'."""
    final = final_sound(word)
    after_consonant, after_vowel = PAIRS[mark]
    vowel = final == 0 or (mark == "(으)로" and final == _RIEUL)
    return after_vowel if vowel else after_consonant


def final_sound(word: str) -> int:
    """The final consonant (0: none) a word is read with; brackets and quotation marks after it are not read.

    Digits and capital letters are read one by one in Korean, other Latin words as they are usually written in
    Hangul: with a final consonant after l, m, n and ng only (Gmail 지메일, Telecom 텔레콤, but GitHub 깃허브).
    """
    bare = _without_brackets(word)
    if not bare:
        return 0
    last = bare[-1]
    if last.isascii() and last.isalpha():
        return _latin(bare)
    syllable = _DIGITS.get(last) or _SIGNS.get(last) or last
    code = ord(syllable[-1]) - _HANGUL
    return code % _FINALS if 0 <= code < 11172 else 0


def _latin(word: str) -> int:
    """Final consonant of a word in Latin letters, as a Korean code (4 n, 8 l, 16 m, 21 ng)."""
    last = re.split(r"[^A-Za-z]", word)[-1]
    if last.isupper() and last[-1] in _LETTERS:
        return (ord(_LETTERS[last[-1]][-1]) - _HANGUL) % _FINALS
    if last.lower().endswith("ng"):
        return 21
    return {"n": 4, "l": 8, "m": 16}.get(last[-1].lower(), 0)


def _without_brackets(word: str) -> str:
    """The word up to its last sound: closing marks and whole bracketed additions taken off the end."""
    bare = word.rstrip(_CLOSING)
    while bare and bare[-1] in _BRACKETS:
        opened = bare.rfind(_BRACKETS[bare[-1]])
        inner = bare[opened + 1 : -1]
        before = bare[:opened].rstrip(_CLOSING) if opened >= 0 else ""
        bare = before or inner.rstrip(_CLOSING)
    return bare
