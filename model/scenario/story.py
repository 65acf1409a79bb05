"""A scenario told in words: the same blocks for `show`, for the report's opening page and for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from model.axes import quarter_label
from model.instruments import Lever, instruments
from model.scenario.measures import ALL_TECHNOLOGY, TECHNOLOGY
from model.scenario.record import last_quarter
from model.scenario.types import Measure, Part, Path, Scenario
from model.strategies import paid
from model.words import has_word, word

GRADES = ("measured", "estimated", "assumed", "recalled")
LONG_RECORD = 12
"""More measures than this that others set between regions are told in one line where there are blocs."""
_NAMED = ("segment", "ecosystem", "network")


@dataclass(frozen=True)
class Block:
    """One piece of text: kind 'title', 'heading', 'paragraph', 'list' (rows of one cell) or 'table'."""

    kind: str
    text: str = ""
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def story_text(scenario: Scenario, lang: str = "en") -> list[Block]:
    """Title, story, what it is compared with, the two sides, the measures, the parameters, the sources."""
    blocks = [Block("title", scenario.title[lang])]
    blocks += [Block("paragraph", p) for p in scenario.story[lang].split("\n\n")]
    blocks.append(Block("paragraph", _frame(scenario, lang)))
    blocks += _sides(scenario, lang) + _measures(scenario, lang)
    blocks += _overrides(scenario, lang) + _parameters(lang) + _sources(scenario, lang)
    return blocks


def region_name(code: str, lang: str) -> str:
    """Name of a region or bloc; its code when there is none."""
    for kind in ("region", "scenario.bloc"):
        if has_word(f"{kind}.{code}"):
            return word(f"{kind}.{code}", lang)
    return code


def stance_name(name: str, lang: str) -> str:
    """A stance's title with its name in brackets; the name alone when it has no title."""
    return f"{word(f'stance.{name}', lang)} ({name})" if has_word(f"stance.{name}") else name


def lever_title(name: str, lang: str) -> str:
    """Short name of a lever."""
    return word(f"lever.title.{name}", lang) if has_word(f"lever.title.{name}") else name.replace("_", " ")


def lever_doc(instrument: str, name: str, lever: Lever, lang: str) -> str:
    """Meaning of a lever: in English as registered, else from the table of words if it is there."""
    key = f"lever.doc.{instrument}.{name}"
    return word(key, lang) if lang != "en" and has_word(key) else lever.doc


def instrument_doc(name: str, lang: str) -> str:
    """Meaning of an instrument: in English as registered, else from the table of words if it is there."""
    key = f"instrument.doc.{name}"
    return word(key, lang) if lang != "en" and has_word(key) else instruments()[name].doc


def unit_name(unit: str, lang: str) -> str:
    """Name of a unit; the unit itself where there is none."""
    return word(f"show.unit.{unit}", lang) if has_word(f"show.unit.{unit}") else unit


def strength(measure: Measure, lang: str) -> str:
    """Levers that are not neutral, in words: 'denied share 0.1 (2026Q1) → 1 (2028Q4)'."""
    levers = instruments()[measure.instrument].levers
    moved = (n for n, p in measure.levers.items() if not levers[n].choices and p.constant != levers[n].neutral)
    parts = [f"{lever_title(name, lang)} {_values(measure.levers[name])}" for name in moved]
    return ", ".join(parts) or word("show.neutral", lang)


def scope(measure: Measure, lang: str) -> str:
    """What the measure names: segments or ecosystems."""
    levers = instruments()[measure.instrument].levers
    named = (measure.levers[n].constant for n, lever in levers.items() if lever.choices)
    return "; ".join(_names(names, lang) for names in named if names)


def period(measure: Measure, lang: str) -> str:
    """First to last quarter in force, with pauses and the announcement."""
    text = f"{quarter_label(measure.start)}–{last_quarter(measure.end) or ''}"
    for first, after in measure.suspended:
        text += word("show.suspended", lang, first=quarter_label(first), last=last_quarter(after))
    for region, when in measure.joining:
        text += word("show.joining", lang, region=region_name(region, lang), quarter=quarter_label(when))
    if measure.announced is not None:
        text += word("show.announced", lang, quarter=quarter_label(measure.announced))
    return text


def _frame(scenario: Scenario, lang: str) -> str:
    fields = {"focus": region_name(scenario.focus, lang), "first": scenario.first, "last": scenario.last}
    if scenario.baseline is None:
        return word("show.root", lang, **fields)
    return word("show.compared", lang, baseline=scenario.baseline, **fields)


def _joined(codes: tuple[str, ...], lang: str) -> str:
    return ", ".join(region_name(c, lang) for c in codes)


def _sides(scenario: Scenario, lang: str) -> list[Block]:
    if not scenario.blocs:
        return []
    rows = [(region_name(bloc, lang), _joined(members, lang)) for bloc, members in scenario.blocs.items()]
    focus = region_name(scenario.focus, lang)
    stances = [
        (word("show.joins", lang, stance=stance_name(s, lang), focus=focus, bloc=region_name(b, lang))
         if b is not None else word("show.neither", lang, stance=stance_name(s, lang), focus=focus),)
        for s, b in scenario.stances.items()
    ]  # fmt: skip
    stances += [(plan_text(name, parts, lang),) for name, parts in scenario.plans.items()]
    table = Block("table", header=(word("show.bloc", lang), word("show.members", lang)), rows=tuple(rows))
    return [Block("heading", word("show.blocs", lang)), table, Block("list", rows=tuple(stances))]


def plan_text(name: str, parts: tuple[Part, ...], lang: str) -> str:
    """A plan in words: its strategies with size and dates."""
    texts = []
    for part in parts:
        size = "show.budget" if part.strategy in paid() else "show.strength"
        first = "" if part.start is None else quarter_label(part.start)
        dates = f", {first}–{last_quarter(part.end) or ''}" if first or part.end is not None else ""
        texts.append(word(size, lang, strategy=stance_name(part.strategy, lang), size=_values(part.size)) + dates)
    return f"{stance_name(name, lang)}: " + "; ".join(texts)


def _measures(scenario: Scenario, lang: str) -> list[Block]:
    heading = Block("heading", word("show.measures", lang))
    if not scenario.measures:
        return [heading, Block("paragraph", word("show.no_measures", lang))]
    own = sum(m.id.startswith(f"{scenario.name}.") for m in scenario.measures)
    counts = {"count": len(scenario.measures), "own": own, "inherited": len(scenario.measures) - own}
    columns = ("number", "measure", "from", "to", "scope", "period", "strength")
    header = tuple(word(f"show.column.{c}", lang) for c in columns)
    past = _past(scenario)
    shown = tuple(enumerate(scenario.measures))[past:]
    rows = tuple(_measure_row(i, m, lang) for i, m in shown)
    note = []
    if past:
        name = scenario.measures[past - 1].id.partition(".")[0]
        note.append(Block("paragraph", word("show.past", lang, last=past - 1, name=name)))
    for state in ("off", "reactive"):
        names = tuple(code for code, mode in scenario.states.items() if mode == state)
        note += [Block("paragraph", word(f"show.states_{state}", lang, names=_joined(names, lang)))] if names else []
    count = Block("paragraph", word("show.measure_count", lang, **counts))
    places = Block("paragraph", word("show.measure_sources", lang))
    sources = Block("list", rows=tuple((f"{i}: {m.source}",) for i, m in shown))
    return [heading, count, Block("table", header=header, rows=rows), *note, places, sources]


def _past(scenario: Scenario) -> int:
    """How many measures at the head of the list are a long record taken over: between regions, so the same under every stance."""
    own = f"{scenario.name}."
    record = takewhile(lambda m: not m.id.startswith(own) and not {*m.senders, *m.targets} & set(scenario.blocs), scenario.measures)
    count = sum(1 for _ in record)
    return count if scenario.blocs and count > LONG_RECORD else 0


def _measure_row(index: int, measure: Measure, lang: str) -> tuple[str, ...]:
    title = instruments()[measure.instrument].title[lang]
    sides = (_joined(measure.senders, lang), _joined(measure.targets, lang))
    tail = (scope(measure, lang), period(measure, lang), strength(measure, lang))
    return (str(index), title, *sides, *tail)


def _names(value: object, lang: str) -> str:
    names = value if isinstance(value, tuple) else (str(value),)
    if names == TECHNOLOGY:
        return word(f"scenario.{ALL_TECHNOLOGY}", lang)
    return ", ".join(_name(n, lang) for n in names)


def _name(name: str, lang: str) -> str:
    key = next((f"{kind}.{name}" for kind in _NAMED if has_word(f"{kind}.{name}")), "")
    return word(key, lang) if key else name


def _values(path: Path) -> str:
    if path.constant is not None:
        return f"{path.constant:g}" if isinstance(path.constant, float) else str(path.constant)
    return " → ".join(f"{value:g} ({quarter_label(year)})" for year, value in path.points)


def _overrides(scenario: Scenario, lang: str) -> list[Block]:
    if not scenario.overrides:
        return []
    header = (word("show.column.parameter", lang), word("show.column.value", lang))
    rows = tuple((k, f"{v:g}" if isinstance(v, float) else v) for k, v in scenario.overrides.items())
    return [Block("heading", word("show.overrides", lang)), Block("table", header=header, rows=rows)]


def _parameters(lang: str) -> list[Block]:
    from calibration.registry import load_rows, titles

    rows = load_rows()
    counts = {grade: sum(row.evidence == grade for row in rows) for grade in GRADES}
    lines: list[tuple[str, ...]] = []
    for name in dict.fromkeys(row.name for row in rows):
        mine = [row for row in rows if row.name == name]
        low, high = min(row.value for row in mine), max(row.value for row in mine)
        value = f"{low:g}" if low == high else f"{low:g}–{high:g}"
        if mine[0].choices:
            value = mine[0].choices[int(low)]
        grades = {g: sum(row.evidence == g for row in mine) for g in GRADES}
        graded = ", ".join(f"{word(f'show.grade.{g}', lang)} {n}" for g, n in grades.items() if n)
        lines.append((titles()[name][lang] or name, value, unit_name(mine[0].unit, lang), graded))
    header = tuple(word(f"show.column.{c}", lang) for c in ("parameter", "value", "unit", "grade"))
    summary = word("show.parameter_count", lang, count=len(rows), **counts)
    return [
        Block("heading", word("show.parameters", lang)),
        Block("paragraph", summary),
        Block("table", header=header, rows=tuple(lines)),
    ]


def _sources(scenario: Scenario, lang: str) -> list[Block]:
    if not scenario.sources:
        return []
    return [Block("heading", word("show.sources", lang)), Block("list", rows=tuple((s,) for s in scenario.sources))]
