"""The tool that removes terms: it finds them, removes one, and a test notices. The long run is `python -m tests.mutation`."""

from __future__ import annotations

import ast
import random
from pathlib import Path

from tests import mutation

SEED = 11
"""Of the sample that CI runs; the whole list takes hours."""


def test_terms_are_found_and_removed(tmp_path: Path) -> None:
    source = '"""M."""\n\ndef f(a, b, c):\n    """Sum (E1)."""\n    return a + b * c[a + 1]\n\ndef g(a):\n    """None."""\n    return a + 1\n'
    folder = tmp_path / mutation.FOLDERS[0]
    folder.mkdir(parents=True)
    (folder / "x.py").write_text(source, encoding="utf-8")
    found = mutation.mutants(tmp_path)
    assert [(m.before, m.after) for m in found] == [
        ("a + b * c[a + 1]", "a"), ("a + b * c[a + 1]", "b * c[a + 1]"), ("b * c[a + 1]", "b"), ("b * c[a + 1]", "c[a + 1]"),
    ]  # fmt: skip
    space: dict[str, object] = {}
    exec(compile(mutation.mutated(source, found[2]), "x", "exec"), space)
    assert space["f"](2, 3, [0, 0, 0, 7]) == 5  # type: ignore[operator]


def test_every_equation_file_has_terms() -> None:
    files = {m.file for m in mutation.mutants()}
    assert {f"model/kernel/{name}.py" for name in ("technique", "sourcing", "market", "adjustment", "capability", "adoption")} <= files
    assert len(mutation.mutants()) > 300


def test_explained_terms_exist() -> None:
    assert set(mutation.EQUIVALENT) <= {m.name for m in mutation.mutants()}
    assert all(reason.strip() for reason in mutation.EQUIVALENT.values())


def test_mutants_parse() -> None:
    for m in random.Random(SEED).sample(mutation.mutants(), 40):
        changed = mutation.mutated((mutation.ROOT / m.file).read_text(encoding="utf-8"), m)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse((mutation.ROOT / m.file).read_text(encoding="utf-8")))


def test_a_sample_of_removed_terms_is_noticed() -> None:
    terms = [m for m in mutation.mutants() if m.name not in mutation.EQUIVALENT]
    assert mutation.run(random.Random(SEED).sample(terms, 4)) == []


def test_the_copy_is_whole_and_the_tables_name_what_exists(tmp_path: Path) -> None:
    copy = mutation.copy_of(mutation.ROOT, tmp_path)
    for folder in ("model", "calibration", "scenarios", "tests"):
        have, want = ({p.relative_to(r) for p in (r / folder).rglob("*") if "__pycache__" not in p.parts} for r in (copy, mutation.ROOT))
        assert have == want
    assert set(mutation.NEAR) <= {Path(m.file).stem for m in mutation.mutants()}
    named = {name for tests in (*mutation.NEAR.values(), mutation.ALL) for name in tests.split()}
    assert all((mutation.ROOT / f"tests/test_{name}.py").exists() for name in named)
    assert named == set(mutation.ALL.split())


def test_the_first_failing_test_is_named(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("def test_one():\n    pass\n\n\ndef test_two():\n    assert 0\n", encoding="utf-8")
    (tmp_path / "tests" / "test_b.py").write_text("def test_one():\n    pass\n", encoding="utf-8")
    assert mutation.failing(tmp_path, ["b"]) == mutation.failing(tmp_path, []) == ""
    assert mutation.failing(tmp_path, ["b", "a"]) == "test_a.py::test_two"
