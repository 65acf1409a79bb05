"""The documentation is true: equation numbers, generated tables, names of functions, links, no machine paths."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import reduce
from importlib import import_module, util
from pathlib import Path
from types import ModuleType

import pytest

from model.schedule import SCHEDULE

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EQUATIONS = DOCS / "equations.md"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
UNNUMBERED = {Path("model/kernel/equilibrium.py")}
"""The independent solvers have no numbers of ours: E0 there is expenditure in the base year."""
NUMBER = re.compile(r"\bE(\d+)([a-z]?)(?:-(?:E(\d+)|([a-z])))?\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MACHINE = re.compile(r"(?<![\w.<])(?:/(?:work|tmp|home|Users|root|mnt|var|opt)/|[A-Za-z]:\\)")


def generator() -> ModuleType:
    """docs/generate.py as a module; it is a script, not a package."""
    spec = util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec and spec.loader
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def numbers(text: str) -> set[str]:
    """Equation numbers in a text; ranges are spelled out (E5-E8; E4a-d)."""
    found: set[str] = set()
    for first, letter, last, last_letter in NUMBER.findall(text):
        if last:
            found |= {f"E{k}" for k in range(int(first), int(last) + 1)}
        elif last_letter:
            found |= {f"E{first}{chr(c)}" for c in range(ord(letter), ord(last_letter) + 1)}
        else:
            found.add(f"E{first}{letter}")
    return found


def cited() -> set[str]:
    """Equation numbers in docstrings of model/ and calibration/, and in the schedule."""
    found = {name for stage in SCHEDULE for name in stage.equations}
    for path in [*ROOT.glob("model/**/*.py"), *ROOT.glob("calibration/**/*.py")]:
        if path.relative_to(ROOT) in UNNUMBERED:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found |= numbers(ast.get_docstring(node) or "")
    return found


def headings(path: Path) -> list[str]:
    """Headings of a page, without code blocks."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ +(.+?) *$", text, flags=re.MULTILINE)


def anchor(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_ranges_are_spelled_out() -> None:
    assert numbers("(E5-E8), E4a-d, E18b; CE9 is none") == {
        "E5", "E6", "E7", "E8", "E4a", "E4b", "E4c", "E4d", "E18b",
    }  # fmt: skip


def test_every_equation_stands_once_and_is_cited() -> None:
    stand = Counter(m[1] for h in headings(EQUATIONS) if (m := re.match(r"(E\d+[a-z]?)\. ", h)))
    assert [name for name, count in stand.items() if count > 1] == []
    assert sorted(cited() - set(stand)) == [], "cited in code, no heading in docs/equations.md"
    assert sorted(set(stand) - cited()) == [], "heading in docs/equations.md, cited nowhere in code"


def test_every_equation_says_where_it_is() -> None:
    parts = re.split(r"^### (E\d+[a-z]?)\. .*$", EQUATIONS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    silent = [n for n, body in zip(parts[1::2], parts[2::2], strict=True) if "\n- Code: `" not in body.split("\n## ")[0]]
    assert silent == []


def test_functions_named_in_the_documentation_exist() -> None:
    names = {n for path in DOCS.rglob("*.md") for n in re.findall(r"`((?:model|calibration)(?:\.\w+)+)`", path.read_text(encoding="utf-8"))}
    assert names
    assert [name for name in sorted(names) if not exists(name)] == []


def exists(name: str) -> bool:
    """Whether a dotted name is a module or something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            module = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        try:
            reduce(getattr, parts[cut:], module)
        except AttributeError:
            return False
        return True
    return False


def test_generated_tables_are_current() -> None:
    generate = generator()
    stale = [page.name for page in generate.pages() if generate.current(page.read_text(encoding="utf-8")) != page.read_text(encoding="utf-8")]
    assert stale == [], "run python docs/generate.py"
    used = {m["name"] for page in generate.pages() for m in generate.MARKER.finditer(page.read_text(encoding="utf-8"))}
    assert used == set(generate.TABLES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, place = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (place and place not in map(anchor, headings(path))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", [*PAGES, DOCS / "generate.py"], ids=lambda page: str(page.relative_to(ROOT)))
def test_no_machine_paths(page: Path) -> None:
    assert MACHINE.findall(page.read_text(encoding="utf-8")) == []


def test_decisions_are_numbered_and_complete() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{k:04d}" for k in range(1, len(pages) + 1)]
    for page in pages:
        found = headings(page)
        assert found[0].startswith(f"{page.name[:4]} "), page.name
        assert found[1:] == ["Decision", "Reason", "Evidence", "Consequences", "What would change our mind"], page.name
