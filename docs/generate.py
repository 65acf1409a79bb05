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

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

CONTRACT: tuple[tuple[str, str], ...] = (
    ("Real Income", "index, 2018 = 1"), ("Real Consumption", "index, 2018 = 1"),
    ("GDP", "index, 2018 = 1"), ("GNP", "index, 2018 = 1"), ("Employment Gap", "percent"),
    ("Value Added|<segment>", "bn USD of 2018"), ("Sales|<segment>", "bn USD of 2018"),
    ("Profit|<segment>", "bn USD of 2018"), ("Purchases|<segment>", "bn USD of 2018"),
    ("Exports", "bn USD of 2018"), ("Exports|<segment>", "bn USD of 2018"), ("Exports|Chips", "bn USD of 2018"),
    ("Exports|to <region>", "bn USD of 2018"), ("Exports|<segment>|to <region>", "bn USD of 2018"),
    ("Exports|Chips|to <region>", "bn USD of 2018"),
    ("Imports", "bn USD of 2018"), ("Imports|<segment>", "bn USD of 2018"), ("Imports|Chips", "bn USD of 2018"),
    ("Imports|from <region>", "bn USD of 2018"), ("Imports|<segment>|from <region>", "bn USD of 2018"),
    ("Imports|Chips|from <region>", "bn USD of 2018"),
    ("Exports Share|to <region>", "percent"), ("Exports Share|Chips|to <region>", "percent"),
    ("Imports Share|Chips|from <region>", "percent"), ("Imports|Chips|Volume", "index, 2018 = 1"),
    ("World Purchases Share|<segment>", "percent of world purchases"),
    ("Supplier Share|<segment>|<region>", "percent of own purchases"),
    ("Supplier Share|<segment>|<firm>", "percent of own purchases"),
    ("Self-Sufficiency|Chips", "percent of own purchases made in the region"),
    ("Firm Revenue|<firm>", "bn USD of 2018"), ("Firm Revenue|<firm>|from <region>", "bn USD of 2018"),
    ("Firm Capacity|<firm>", "index, entry year = 1"), ("Firm Revenue Share|<firm>|from <region>", "percent"),
    ("Firm Share|<segment>|<firm>", "percent"), ("Sales Abroad Share|<firm>", "percent"),
    ("Output Abroad Share|<firm>|in <region>", "percent"), ("Stockpile|<segment>", "quarters of use"),
    ("Capability|<segment>", "log points"), ("Capability Gap|<segment>", "years behind the frontier"),
    ("Ecosystem Share|OS|<ecosystem>", "percent of new choices"),
    ("Ecosystem Share|Open Source|<ecosystem>", "percent of new choices"),
    ("Ecosystem Share|Platforms|<ecosystem>", "percent of new choices"),
    ("Installed Base|OS|<ecosystem>", "million"), ("Installed Base|Open Source|<ecosystem>", "million"),
    ("Installed Base|Platforms|<ecosystem>", "million"),
    ("Developers Share|<ecosystem>", "percent"), ("Collaboration Share|<region>", "percent"),
    ("AI Quality", "log points"), ("AI Quality Gap", "log points to the best"), ("Algorithmic Efficiency", "index"),
    ("Release Lag", "months"), ("Notable Models", "models a year"), ("Open Model Share", "percent"),
    ("AI Patents Share", "percent of world"), ("Private AI Investment", "bn USD a year"),
    ("Outward Investment|<layer>|to <region>", "bn USD a year"), ("Outward Deals|<layer>", "deals a year"),
    ("Data Stock", "index"), ("Platform Share|<kind>|<ecosystem>", "percent"),
    ("Compliance Cost|Dual Standards", "bn USD of 2018"), ("Policy Cost", "bn USD of 2018"),
    ("Evaded Trade|<segment>", "bn USD of 2018"), ("Chokepoint Index|<segment>", "0-1"), ("HHI|<segment>", "0-1"),
    ("Bloc Index|<layer>", "0 integrated, 1 split"), ("Policy Stance|<layer>|against <region>", "0-1"),
    ("Listed Firms|<region>", "firms"), ("Welfare Channel|<channel>", "percent of baseline real income"),
)  # fmt: skip
"""Names other people's scripts may select by, with their units; more are welcome, these stay."""

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
         code(users(rf'\.move\(\s*"{w.name}"')), code(users(rf'wedges\["{w.name}"\]')))
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


def outcomes_table() -> str:
    """Outcomes recorded now, from model.record.outcomes for the default world."""
    rows = [(f"`{name}`", unit, regions, default) for name, unit, regions, default in recorded()]
    return table(("variable", "unit", "regions", "recorded"), rows)


def missing_table() -> str:
    """Names of the contract that no run records yet."""
    names = {name for name, *_ in recorded()}
    return table(("variable", "unit"), ((f"`{n}`", unit) for n, unit in CONTRACT if n not in names))


@cache
def recorded() -> tuple[tuple[str, str, str, str], ...]:
    """(template with named axes, unit, regions, when) of each declared outcome of the default world."""
    from calibration.registry import central
    from calibration.world import build_setting
    from model.record import fixed_indices, outcomes
    from model.scenario.resolve import load_scenario

    setting = build_setting(central(), load_scenario("no_policy"))
    fixed = fixed_indices(setting, ((0,), (1,)))
    when = {
        "all": "by default", "main": "by default for the focus, USA and CHN; all with `--record`",
        "firms": "by default", "none": "with `--record`",
    }  # fmt: skip
    return tuple(
        (
            o.template.format(*(f"<{axis_name(labels, fixed.firms)}>" for labels in o.labels)),
            o.unit, "World" if o.world else "owner's region" if o.default == "firms" else "each", when[o.default],
        )
        for o in outcomes(setting, fixed)
    )  # fmt: skip


def axis_name(labels: tuple[str, ...], firms: tuple[str, ...]) -> str:
    """The axis a tuple of labels belongs to."""
    from model.axes import LAYER_NAMES, PLATFORM_KINDS, REGIONS, SEGMENT_NAMES

    axes = (
        ("region", REGIONS), ("segment", SEGMENT_NAMES), ("layer", tuple(LAYER_NAMES.values())), ("firm", firms),
        ("kind", PLATFORM_KINDS),
    )  # fmt: skip
    return next((name for name, members in axes if set(labels) <= set(members)), "ecosystem")


def first_line(function: Callable[..., object]) -> str:
    """First line of a docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


TABLES: dict[str, Callable[[], str]] = {
    "schedule": schedule_table, "carried": carried_table, "wedges": wedges_table, "instruments": instruments_table,
    "outcomes": outcomes_table, "missing": missing_table,
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
