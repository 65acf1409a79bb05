"""Tables in the documentation that are made from the code: `python docs/generate.py` writes them anew.

A table stands between two markers in its page and is never edited by hand; tests/test_docs.py checks that
all are current.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calibration.states import LadderMeasure
    from model.record import Outcome

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

TRAITS = ("predictability", "cumulativeness", "appropriability", "modularity")
MARKER = re.compile(r"(<!-- generated: (?P<name>[a-z_]+) -->\n)(?P<old>.*?)(<!-- end -->)", re.DOTALL)


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    lines = [[str(cell).replace("|", "\\|") for cell in row] for row in (tuple(header), *map(tuple, rows))]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def code(names: Iterable[str]) -> str:
    """Names in code type, or a dash."""
    return ", ".join(f"`{name}`" for name in names) or "–"


def schedule_table() -> str:
    """The stages of a quarter, from model.schedule.SCHEDULE."""
    from model.schedule import SCHEDULE

    header = ("", "stage", "what it does", "reads", "writes", "equations")
    return table(header, (
        (i + 1, f"`{s.name}`", first_line(s.function), code(s.reads), code(s.writes), ", ".join(s.equations))
        for i, s in enumerate(SCHEDULE)
    ))  # fmt: skip


def carried_table() -> str:
    """The state that passes from one quarter to the next: what is read before it is written."""
    from model.schedule import SCHEDULE, VARIABLES, carried

    def writers(name: str) -> str:
        if name in ("year", "quarter"):
            return "the clock"
        return ", ".join(s.name for s in SCHEDULE if name in s.writes) or "nothing yet"

    return table(("variable", "what it is", "written by"), ((f"`{n}`", VARIABLES[n], writers(n)) for n in carried()))


def wedges_table() -> str:
    """The closed set of wedges, who moves them and who reads them."""
    from model.wedges import RULES, WEDGES

    header = ("wedge", "axes", "rule", "neutral", "unit", "meaning", "moved by", "read in")
    return table(header, (
        (f"`{w.name}`", ", ".join(w.axes), w.rule, f"{RULES[w.rule][0]:g}", w.unit, w.meaning,
         code(users(rf'\.move\(\s*"{w.name}"')), code(acting(users(rf'wedges\["{w.name}"\]'))))
        for w in WEDGES.values()
    ))  # fmt: skip


def instruments_table() -> str:
    """The instruments that exist, with their levers."""
    from model.instruments import instruments

    header = ("instrument", "what it does", "levers")
    return table(header, ((f"`{i.name}`", i.doc, code(i.levers)) for i in instruments().values()))


def users(pattern: str) -> list[str]:
    """Modules below model/ whose source holds a pattern, by name without the package."""
    return [
        ".".join(path.relative_to(ROOT / "model").with_suffix("").parts)
        for path in sorted((ROOT / "model").rglob("*.py"))
        if re.search(pattern, path.read_text(encoding="utf-8"))
    ]


def acting(modules: list[str]) -> list[str]:
    """Modules that act on what they read: the recorder only looks."""
    return [name for name in modules if not name.startswith("record.")]


def ladder_table() -> str:
    """The ladders of states that react, one row for each measure."""
    from calibration.states import ladder
    from model.instruments import instruments

    def levers(m: LadderMeasure) -> str:
        neutral = instruments()[m.instrument].levers
        moved = {name: value for name, value in m.levers.items() if value != neutral[name].neutral}
        return "; ".join(f"{name} {', '.join(v) if isinstance(v, tuple) else format(v, 'g')}" for name, v in moved.items())

    header = ("state", "layer", "measure", "stance", "instrument", "on whom", "levers", "allies", "only if")
    return table(header, (
        (m.state, m.layer, f"`{m.rung}`", f"{m.start:g} to {m.full:g}", f"`{m.instrument}`", " ".join(m.targets), levers(m),
         "yes" if m.allies else "–", m.strategy or "–")
        for m in ladder()
    ))  # fmt: skip


def strategy_table() -> str:
    """Strategy of each state by layer: the rule's (E48), and the report's own reading."""
    from calibration.registry import central
    from calibration.states import is_behind, rivals, strategy_matrix, traits

    header = ("layer", "state", *TRAITS, "behind in 2018", "by the rule", "in the report", "")
    known = rivals()
    return table(header, (
        (layer, state, *(f"{traits()[layer][t]:g}" for t in TRAITS), "yes" if is_behind(central(), state, known[state], layer) else "no",
         rule, read or "–", ("same" if rule == read else "**differs**") if read else "")
        for layer, state, rule, read in strategy_matrix(central())
    ))  # fmt: skip


def outcomes_table() -> str:
    """Outcomes of the default world, from model.record.outcomes."""
    where = {"all": "by default", "main": "for the focus, USA and CHN; all with `--record`", "none": "with `--record`"}
    return table(("variable", "unit", "regions", "recorded"), (
        (f"`{template(o)}`", o.unit, place(o), (f"`{o.usual}` " if o.usual != "*" else "") + where[o.default])
        for o in declared()
    ))  # fmt: skip


def neutral_table() -> str:
    """Outcomes that stand at a neutral value, since no stage writes what they are read from."""
    from model.schedule import VARIABLES

    rows = [(f"`{template(o)}`", f"`{o.waits}`") for o in declared() if o.waits and o.waits not in VARIABLES]
    return table(("variable", "waits for the state variable"), rows)


@cache
def declared() -> tuple[Outcome, ...]:
    """Outcomes of the default world."""
    from calibration.registry import central
    from calibration.world import build_setting
    from model.record import Fixed, outcomes
    from model.scenario.resolve import load_scenario

    return outcomes(Fixed(build_setting(central(), load_scenario("no_policy")), ((0,), (1,))))


def template(outcome: Outcome) -> str:
    """A variable's name with the names of its axes."""
    return outcome.template.format(*(f"<{axis_name(labels)}>" for labels in outcome.labels))


def place(outcome: Outcome) -> str:
    """The regions an outcome stands under."""
    owners = outcome.template.startswith(("Firm", "Sales Abroad", "Output Abroad"))
    return "World" if outcome.world else "owner's region" if owners else "each"


def axis_name(labels: tuple[str, ...]) -> str:
    """The axis a tuple of labels belongs to."""
    from model.axes import ECOSYSTEMS, LAYER_NAMES, PLATFORM_KINDS, REGIONS, SEGMENT_NAMES

    layers = (*LAYER_NAMES.values(), "Investment", "Standards")
    ecosystems = {e.rpartition("/")[2] for choices in ECOSYSTEMS.values() for e in choices}
    axes = (("region", REGIONS), ("segment", SEGMENT_NAMES), ("layer", layers), ("ecosystem", ecosystems), ("kind", PLATFORM_KINDS))
    return next((name for name, members in axes if set(labels) <= set(members)), "firm")


def first_line(function: Callable[..., object]) -> str:
    """First line of a docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


def glossary_table() -> str:
    """Terms in both languages, from the table of words."""
    from model.words import keys, word

    names = [key.split(".")[1] for key in keys() if key.startswith("glossary.") and key.endswith(".term")]
    header = ("한국어", "English", "뜻", "meaning")
    places = (("term", "ko"), ("term", "en"), ("text", "ko"), ("text", "en"))
    return table(header, ([word(f"glossary.{name}.{part}", lang) for part, lang in places] for name in names))


TABLES: dict[str, Callable[[], str]] = {
    "schedule": schedule_table, "carried": carried_table, "wedges": wedges_table, "instruments": instruments_table,
    "outcomes": outcomes_table, "neutral": neutral_table, "ladder": ladder_table, "strategy": strategy_table,
    "glossary": glossary_table,
}  # fmt: skip


def current(text: str) -> str:
    """The page with every generated table made anew."""
    return MARKER.sub(lambda m: m[1] + "\n" + TABLES[m["name"]]() + "\n" + m[4], text)


def pages() -> list[Path]:
    """Pages that hold generated tables."""
    return [path for path in sorted(DOCS.rglob("*.md")) if MARKER.search(path.read_text(encoding="utf-8"))]


def main() -> None:
    """Write every generated table anew."""
    for page in pages():
        old = page.read_text(encoding="utf-8")
        new = current(old)
        if new != old:
            page.write_text(new, encoding="utf-8", newline="\n")
            sys.stdout.write(f"{page.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
