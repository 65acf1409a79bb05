"""Conditions in words: what is read, what it means, and where a fault stands."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import UsageError
from model.experiments.conditions import Comparison, Condition, Joint, comparisons, holds, parse


def test_a_comparison_is_read_with_all_its_parts() -> None:
    assert parse("Real Income[KOR,2035] < -1%") == Comparison("Real Income", "KOR", "2035", "<", -1.0, True)
    found = parse("  Exports|Chips|to CHN [ USA , 2030Q4 ]>=1.5e2 ")
    assert found == Comparison("Exports|Chips|to CHN", "USA", "2030Q4", ">=", 150.0, False)
    assert parse("Bloc Index|AI Apps[World,2035] ≤ −.5 %") == Comparison(
        "Bloc Index|AI Apps", "World", "2035", "≤", -0.5, True
    )


def test_and_binds_before_or_and_brackets_before_both() -> None:
    a, b, c = (f"{name}[KOR,2035] > 0" for name in ("A", "B", "C"))
    flat, grouped = parse(f"{a} or {b} and {c}"), parse(f"({a} OR {b}) and {c}")
    assert isinstance(flat, Joint) and isinstance(grouped, Joint)
    assert (flat.kind, grouped.kind) == ("or", "and")
    values = {"A": True, "B": False, "C": False}

    def truth(condition: Condition) -> bool:
        return bool(holds(condition, lambda part: pd.Series([1.0 if values[part.variable] else -1.0])).iloc[0])

    assert truth(flat)
    assert not truth(grouped)
    assert [part.variable for part in comparisons(flat)] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        (">", [False, False, True]),
        (">=", [False, True, True]),
    ],
)
def test_signs_mean_what_they_say(sign: str, expected: list[bool]) -> None:
    values = pd.Series([1.0, 2.0, 3.0])
    assert holds(parse(f"X[KOR,2035] {sign} 2"), lambda part: values).tolist() == expected


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", 1, "a variable"),
        ("Real Income < 1", 13, "[REGION,YEAR or QUARTER]"),
        ("Real Income[KOR] < 1", 16, "a comma"),
        ("Real Income[KOR,35] < 1", 17, "a year"),
        ("Real Income[KOR,2035Q5] < 1", 17, "a year"),
        ("Real Income[KOR,2035 < 1", 22, "']'"),
        ("Real Income[KOR,2035] = 1", 23, "<, <=, > or >="),
        ("Real Income[KOR,2035] < one", 25, "a number"),
        ("Real Income[KOR,2035] < 1 & 2", 27, "'and', 'or' or the end"),
        ("(Real Income[KOR,2035] < 1", 27, "')'"),
        ("Real Income[KOR,2035] < 1 and", 30, "a variable"),
    ],
)
def test_faults_name_the_place_with_a_caret(text: str, place: int, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "--when")
    first, shown, caret = str(caught.value).split("\n")
    assert first.startswith(f"--when: character {place}: ") and said in first
    assert shown.strip() == text
    assert caret.index("^") - 2 == place - 1


def test_the_caret_stands_under_the_place_behind_hangul() -> None:
    with pytest.raises(UsageError) as caught:
        parse("실질소득[KOR;2035] < 1", lang="ko")
    assert str(caught.value).split("\n")[2].index("^") == 2 + 4 * 2 + 4


names = st.text("ABab |12", min_size=1, max_size=8).map(str.strip).filter(bool).map(lambda name: " ".join(name.split()))
one = st.builds(
    Comparison, names, st.sampled_from(["KOR", "World"]), st.sampled_from(["2035", "2026Q1"]), st.sampled_from(["<", "<=", ">", ">="]),
    st.floats(-1e6, 1e6).map(lambda x: float(f"{x:g}")), st.booleans(),
)  # fmt: skip


def joined(parts: list[Condition], kind: str) -> Condition:
    return Joint(kind, tuple(parts))


many = st.recursive(
    one,
    lambda inner: st.builds(joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["and", "or"])),
    max_leaves=6,
)


@settings(max_examples=150)
@given(many)
def test_what_is_printed_is_read_back(condition: Condition) -> None:
    assert parse(str(condition)) == condition


@settings(max_examples=150)
@given(st.text("RI[]KOR,2035<>=-1.%() andor", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert comparisons(parse(text))
    except UsageError as fault:
        assert "^" in str(fault)
