"""Numbers in words: percent, points, dollars, won, bands, and whether something rises or falls.

Every sentence of a report takes its numbers from here, so that sign, verb and band cannot disagree. The words
themselves stand in the tables of words (`phrase.*`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from model.words import has_word, word

Kind = Literal["percent", "points", "usd", "won", "years", "index"]
DIGITS: dict[str, int] = {"percent": 2, "points": 2, "usd": 1, "won": 1, "years": 1, "index": 2}
MINUS = "−"
NONE = "–"
"""What stands for a number that is not known."""


@dataclass(frozen=True)
class Span:
    """A central value with its 10-90 band; NaN ends where there is no band, NaN centre where there is no result."""

    central: float
    low: float = math.nan
    high: float = math.nan

    @property
    def known(self) -> bool:
        """Whether there is a result at all."""
        return math.isfinite(self.central)

    @property
    def banded(self) -> bool:
        """Whether there is a band."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def open_sign(self) -> bool:
        """Whether zero lies inside the band, ends included."""
        return self.banded and self.low <= 0.0 <= self.high

    @property
    def outside(self) -> bool:
        """Whether the central value lies outside its own band."""
        return self.banded and not self.low <= self.central <= self.high


def amount(value: float, kind: Kind, lang: str, signed: bool = False) -> str:
    """A number with its unit: '0.31%', '+0.31%p', '3.2 bn USD' or '32억 달러', '1.4 years'."""
    if not math.isfinite(value):
        return NONE
    number = _dollars(value, lang) if kind == "usd" else number_text(value, DIGITS[kind])
    zero = not any(c in "123456789" for c in number)
    number = number.lstrip(MINUS) if zero or not signed else number
    plus = "+" if signed and not zero and value > 0 else ""
    return plus + word(f"phrase.unit.{kind}", lang, number=number)


def number_text(value: float, digits: int) -> str:
    """A plain number with thousands and a true minus; '–' where it is not known."""
    return f"{value:,.{digits}f}".replace("-", MINUS) if math.isfinite(value) else NONE


def money(span: Span, rate: float) -> tuple[Span, Kind]:
    """Billion dollars as they are, or at a stated rate (won per dollar) in trillion won: (span, kind)."""
    if rate <= 0.0:
        return span, "usd"
    return Span(*(end * rate / 1000.0 for end in (span.central, span.low, span.high))), "won"


def money_text(value: float, rate: float, lang: str) -> str:
    """Billion dollars in words: '32억 달러', or at a stated rate '4.2조 원', '4.2 tn KRW'."""
    span, kind = money(Span(value), rate)
    return amount(span.central, kind, lang)


def band_text(span: Span, kind: Kind, lang: str) -> str:
    """'80% band: −0.45% to −0.20%'; that there is none where there is none."""
    if not span.banded:
        return word("phrase.no_band", lang)
    low, high = (amount(end, kind, lang, signed=True) for end in (span.low, span.high))
    return word("phrase.band", lang, low=low, high=high)


def change_text(span: Span, kind: Kind, lang: str) -> str:
    """What a quantity does against the baseline, with its band: 'falls by 0.31% (80% band: ...)'.

    Zero inside the band, a change that rounds to nothing and a missing result are each said as such.
    """
    if not span.known:
        return word("phrase.missing", lang)
    size, band = amount(span.central, kind, lang), band_text(span, kind, lang)
    moves = any(c in "123456789" for c in size)
    verb = ("rise" if span.central > 0 else "fall") if moves else "flat"
    text = word(f"phrase.{verb}", lang, size=size, band=band)
    notes = [name for name in ("open_sign", "outside") if getattr(span, name)]
    return text + "".join(word(f"phrase.{name}", lang) for name in notes)


def level_text(span: Span, kind: Kind, lang: str) -> str:
    """A level with its band: '0.43 (80% band: 0.40 to 0.47)'."""
    if not span.known:
        return word("phrase.missing", lang)
    if not span.banded:
        return amount(span.central, kind, lang)
    low, high = (amount(end, kind, lang) for end in (span.low, span.high))
    return f"{amount(span.central, kind, lang)} ({word('phrase.band', lang, low=low, high=high)})"


def yearly_growth(level_percent: float, years: int) -> float:
    """The average yearly growth, in percentage points, that makes a difference in level after so many years."""
    if not math.isfinite(level_percent) or years < 1 or level_percent <= -100.0:
        return math.nan
    return 100.0 * math.expm1(math.log1p(level_percent / 100.0) / years)


def _dollars(value: float, lang: str) -> str:
    """Billion dollars as a number: in English billions to a tenth; in Korean 억 (that tenth), 조 from a trillion."""
    if lang != "ko":
        return number_text(value, 1 if abs(value) < 100 else 0)
    hundred_million = value * 10.0
    if abs(hundred_million) >= 10_000:
        return f"{number_text(hundred_million / 10_000, 2)}조"
    return f"{number_text(hundred_million, 0)}억"


# -- series of figures ---------------------------------------------------------------------------------
def series_title(series: str, lang: str) -> str:
    """What a series of figures is; its name where it is not one of the shipped."""
    return word(f"series.{series}", lang) if has_word(f"series.{series}") else series


def form_text(transform: str, lang: str) -> str:
    """The form in which figures are compared: 'change:2018' is 'change since 2018'."""
    kind, _, period = transform.partition(":")
    return word(f"form.{kind}", lang, period=period)
