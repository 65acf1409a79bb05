"""Numbers in words and Korean particles, on made-up extremes."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.cli import COMMANDS
from model.particles import PAIRS, attach, final_sound, particle
from model.phrases import NONE, Kind, Span, amount, change_text, level_text, money, money_text, yearly_growth
from model.words import LANGUAGES, TABLES, keys, word

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("한국은(는)", "한국은"), ("유럽은(는)", "유럽은"), ("미국과(와)", "미국과"), ("메모리과(와)", "메모리와"),
        ("서울(으)로", "서울로"), ("한국(으)로", "한국으로"), ("중국을(를)", "중국을"), ("반도체을(를)", "반도체를"),
        ("2035년이(가)", "2035년이"), ("3은(는)", "3은"), ("2은(는)", "2는"), ("1(으)로", "1로"), ("6(으)로", "6으로"),
        ("1.50이(가)", "1.50이"), ("0.31%은(는)", "0.31%는"), ("0.31%p이(가)", "0.31%p가"), ("iOS을(를)", "iOS를"),
        ("KIEP은(는)", "KIEP는"), ("ASML은(는)", "ASML은"), ("NVIDIA이(가)", "NVIDIA가"), ("AI(으)로", "AI로"),
        ("Taiwan은(는)", "Taiwan은"), ("blocs을(를)", "blocs를"), ("model(으)로", "model로"),
        ("삼성전자(Samsung)은(는)", "삼성전자(Samsung)는"), ("'blocs.yaml'을(를)", "'blocs.yaml'을"),
        ("32억 달러이(가)", "32억 달러가"), ("[경기도]은(는)", "[경기도]는"), ("은(는)", "는"), ("(한국)을(를)", "(한국)을"),
        ("한국과(와) 대만은(는) 중국(으)로", "한국과 대만은 중국으로"),
    ],
)  # fmt: skip
def test_particles_fit_the_word_before(text: str, said: str) -> None:
    assert attach(text) == said


@given(st.text(max_size=12), st.sampled_from(sorted(PAIRS)))
def test_any_word_takes_one_of_the_two_forms(text: str, mark: str) -> None:
    assert particle(text, mark) in PAIRS[mark]
    assert 0 <= final_sound(text) < 28


def test_words_fit_particles_to_their_fields() -> None:
    assert word("cli.missing", "ko", name="--out") == "--out가 필요합니다"
    assert word("cli.run.no_folder", "ko", folder="결과") == "결과는 폴더가 아닙니다"


EXTREMES = {
    "gain": Span(0.5, 0.2, 0.9),
    "loss": Span(-3.0, -6.0, -1.0),
    "open": Span(-0.08, -0.2, 0.1),
    "flat": Span(0.0001, -0.2, 0.1),
    "no_band": Span(-0.4),
    "outside": Span(1.0, -0.5, 0.8),
    "missing": Span(math.nan),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["percent", "points", "usd", "years"])
def test_sentences_agree_with_their_numbers(lang: str, kind: Kind) -> None:
    said = {name: change_text(span, kind, lang) for name, span in EXTREMES.items()}
    up, down, zero = ("rises", "falls", "zero lies") if lang == "en" else ("증가", "감소", "0을 포함")
    assert up in said["gain"] and down not in said["gain"] and zero not in said["gain"]
    assert down in said["loss"] and up not in said["loss"] and "−−" not in said["loss"]
    assert down in said["open"] and zero in said["open"]
    assert up not in said["flat"] and down not in said["flat"] and zero in said["flat"]
    assert word("phrase.no_band", lang) in said["no_band"]
    assert up in said["outside"] and word("phrase.outside", lang) in said["outside"] and zero in said["outside"]
    assert said["missing"] == word("phrase.missing", lang)
    assert not any("nan" in text.lower() or "inf" in text.lower() or "{" in text for text in said.values())


def test_a_fall_is_said_without_its_minus_and_a_band_with_it() -> None:
    assert change_text(Span(-0.31, -0.45, -0.2), "percent", "en") == "falls by 0.31% (80% band: −0.45% to −0.20%)"
    assert change_text(Span(-0.31, -0.45, -0.2), "percent", "ko") == "0.31% 감소(80% 구간: −0.45% ~ −0.20%)"


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["percent", "usd", "years", "index"]))
def test_any_number_can_be_said(value: float, kind: Kind) -> None:
    for lang in LANGUAGES:
        text = amount(value, kind, lang, signed=True)
        assert text == NONE or (math.isfinite(value) and any(c.isdigit() for c in text))
        assert "-" not in text


@pytest.mark.parametrize(
    ("value", "en", "ko"),
    [(3.2, "3.2 bn USD", "32억 달러"), (0.04, "0.0 bn USD", "0억 달러"), (1234.0, "1,234 bn USD", "1.23조 달러"),
     (-12.3, "−12.3 bn USD", "−123억 달러"), (0.0, "0.0 bn USD", "0억 달러")],
)  # fmt: skip
def test_dollars_are_said_as_in_korean_notes(value: float, en: str, ko: str) -> None:
    assert (amount(value, "usd", "en", signed=True).lstrip("+"), amount(value, "usd", "ko", signed=True).lstrip("+")) == (en, ko)


def test_won_is_dollars_at_the_stated_rate() -> None:
    assert (money_text(3.2, 1300.0, "ko"), money_text(3.2, 1300.0, "en")) == ("4.2조 원", "4.2 tn KRW")
    assert (money_text(3.2, 0.0, "ko"), money_text(math.nan, 1300.0, "en")) == ("32억 달러", NONE)
    assert change_text(*money(Span(-10.0, -20.0, -5.0), 1000.0), "ko") == "10.0조 원 감소(80% 구간: −20.0조 원 ~ −5.0조 원)"


def test_levels_and_growth() -> None:
    assert level_text(Span(0.43, 0.4, 0.47), "index", "en") == "0.43 (80% band: 0.40 to 0.47)"
    assert yearly_growth(-1.0, 10) == pytest.approx(-0.10045, abs=1e-5)
    assert (1 + yearly_growth(5.0, 8) / 100) ** 8 == pytest.approx(1.05)
    assert math.isnan(yearly_growth(-100.0, 10)) and math.isnan(yearly_growth(1.0, 0))


NAMES = frozenset(["p", "blocs", "run", "strategies", "strategies.csv", "calibration.csv", "backtest.csv", "AI", "GDP", "BLOCS", "SMIC", "ASML", "KIET", "KIEP", "SPRi", "KCCI", "KDI", "iOS", "OS", "BibTeX", "Word", "HWP", "PRIM", "Friedman", "Fisher", "figures", "csv", "draws", "decompose", "DIR", "NAME", "lhs", "sweep", "backtest", "calibrate", "calibration", "docs", "sweeps.md", "strategies.xlsx", "tables", "backtest.xlsx", "measures.xlsx", "align_us", "align_cn", "hedge", "vary"])
"""Latin words a Korean reader of figures and reports meets: proper names, and what is typed as it stands."""
TYPED = frozenset(
    ["template", "USD", "KRW", "rate", "currency", "YAML", "JSON", "CSV", "UTF-8", "Markdown", "HTML", "docx", "html", "md", "png", "pdf", "svg", "xlsx", "NAME", "VALUE", "PATH", "name", "blocs", "none", "sigma", "eta", "ln", "d", "x", "e1", "E4b", "Q1", "Q3", "Q4", "align_us", "USA", "CHN", "KOR", "JPN", "instrument", "parameters", "instruments", "denial_rate", "force", "validate", "docs", "scenario_files.md", "alias", "anchor", "tag", "directive", "strategies.members", "from", "to", "true", "set", "show", "overrides.search_cost", "all", "Value", "Added", "en", "results", "out", "elasticity", "NAME.yaml", "help", "yaml", "scripted", "off", "members", "stances", "index", "assumed", "results.parquet", "income_smoothing", "nan", "ACR", "Caliendo-Parro", "chip_controls", "blocs_all_goods", "all_goods", "local", "manifest.json", "parquet", "page", "column", "slide", "mm", "run", "report", "figures.json", "only", "lang", "sources.txt", "tables", "brief"]
) | frozenset(
    ["DIR", "DISTINCT", "Dask", "EMA", "Exports", "FROM", "HI", "HOST", "I", "IAMC", "Income", "JOIN", "K", "LO", "Morris", "N", "PAWN", "PORT", "PRCC", "R2", "Real", "S1", "SELECT", "SQL", "SRRC", "ST", "STEPS", "USING", "WITH", "analysis", "and", "calibration", "comparison.csv", "coverage.csv", "draw", "ema", "failures", "grid", "hedge", "iamc", "instrument.lever", "json", "lhs", "morris", "mu", "or", "overrides", "plan.json", "plans", "pyam", "quarter", "reactions.md", "reactive", "region", "register.csv", "rules.csv", "scenario", "seed", "shards", "sobol", "state", "states", "studies", "table", "tcp", "third_country.yaml", "third_country_reach", "tls", "unit", "value", "variable", "workbench", "YYYY-MM", "hwpx", "calibration.md", "history", "matching", "targets"]
) | frozenset(
    ["facts", "overrides.fringe_rows", "distributed.comm.tls", "sweeps_engine.md", "cluster", "install", "m", "pip", "python", "observables.md", "low", "high", "period_end", "change", "FYyyyy", "FYyyyyQn", "YYYY", "YYYYQn", "YYYY-MM-DD", "A", "B", "DuckDB", "parameters.md", "model", "one_year_elasticity"]
) | frozenset(COMMANDS)
"""Further ones in help, errors and the referee's tables: keys, commands, methods, SQL and file names."""
READ = ("figure.", "report.", "paper.", "phrase.", "glossary.", "region.", "segment.", "layer.", "stance.", "table.",
        "channel.", "ecosystem.", "network.", "unit.", "cite.", "grade.")  # fmt: skip


def latin(text: str) -> set[str]:
    """Latin words of a text, its {fields} and --options left out."""
    return set(re.findall(r"[A-Za-z][A-Za-z0-9_.\-]*[A-Za-z0-9]|[A-Za-z]", re.sub(r"\{[^}]*\}|--[a-z-]+", " ", text)))


def test_korean_texts_hold_no_latin_word_outside_the_list() -> None:
    found = {key: latin(word(key, "ko")) for key in keys()}
    allowed = {key: NAMES if key.startswith(READ) else NAMES | TYPED for key in found}
    assert {key: sorted(words - allowed[key]) for key, words in found.items() if words - allowed[key]} == {}


def test_both_languages_have_the_same_fields_and_no_text_is_missing() -> None:
    for key in keys():
        texts = {lang: word(key, lang) for lang in LANGUAGES}
        assert all(text.strip() for text in texts.values()), key
    fields = {key: {frozenset(re.findall(r"\{(\w+)", word(key, lang))) for lang in LANGUAGES} for key in keys()}
    assert {key for key, found in fields.items() if len(found) > 1 and not key.startswith("paper.optional")} == set()


def test_no_key_stands_in_two_tables() -> None:
    rows = [row for name in TABLES for row in csv.DictReader((ROOT / "model" / name).read_text("utf-8").splitlines())]
    assert len({row["key"] for row in rows}) == len(rows)
    assert [row["key"] for row in rows if None in row or None in row.values()] == []  # a comma outside quotes cuts a text short


TERMS = {
    "decoupling": "디커플링", "blocs": "블록화", "export_control": "수출통제", "fdpr": "해외직접생산품규칙",
    "entity_list": "우려거래자 목록", "veu": "검증된 최종사용자", "dual_cost": "이중표준 준수비용",
    "real_income": "실질소득", "baseline": "기준 시나리오", "parameter": "모수", "lever": "조절변수", "measure": "조치", "draw": "추출",
    "sweep": "표본 실행", "state": "상태", "backtest": "사후 검증", "calibration": "모수 추정",
}  # fmt: skip
OTHER_WORDS = ("기준선", "엔터티 리스트", "실질 소득", "수출 통제", "베이스라인", "이중 표준 준수", "FDPR", "서방 참여", "동방 참여", "대미공조", "Sobol", "소벨", "소볼 지표", "매개변수", "스윕", "백테스트", "비교 기준", "파라미터", "시뮬레이션")
"""Other Korean words for terms of the glossary: one thing, one word."""


def test_the_glossary_fixes_the_terms_that_are_printed() -> None:
    assert {name: word(f"glossary.{name}.term", "ko") for name in TERMS} == TERMS
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    named = [key.split(".")[1] for key in keys() if key.startswith("glossary.") and key.endswith(".term")]
    for name in named:
        for lang in LANGUAGES:
            assert word(f"glossary.{name}.term", lang) in page and word(f"glossary.{name}.text", lang) in page
    assert {key for key in keys() if any(other in word(key, "ko") for other in OTHER_WORDS)} == set()
