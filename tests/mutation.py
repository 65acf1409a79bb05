"""Remove one term of an equation at a time and see whether some test notices (MODEL.md 8.13).

    python -m tests.mutation                     every term, two workers (long); prints the survivors, exit 1 if any
    python -m tests.mutation --near              only the likeliest tests: quick, and survivors are not the last word
    python -m tests.mutation --sample 6 --seed 1 a few terms drawn by a seed
    python -m tests.mutation --only sourcing     terms of files (or functions) whose name holds a word
    python -m tests.mutation --list              the terms

A term is an operand of + - * / ** in a function whose docstring cites an equation. A mutant keeps one operand of
one such operation. It works on a copy of the project in a temporary folder; the checkout is not touched.
First it makes sure that the tests pass where nothing is removed: else they would notice everything.
Survivors that change nothing by design stand in EQUIVALENT with the reason.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("model/kernel", "model/stages", "model/agents")
NOT_EQUATIONS = ("links.py", "table.py", "rationing.py", "linear.py")
"""Plumbing: their terms are not terms of an equation."""
NEAR = {
    "adoption": "networks capability_adoption",
    "capability": "capability",
    "ai": "capability",
    "external": "equilibrium wages oracle limit",
    "inversion": "equilibrium replication base_year oracle",
    "technique": "equilibrium engine_against_oracle oracle",
    "adjustment": "wages equilibrium engine_against_oracle stockpiles investors",
    "rules": "standards agents entry_exit relocation",
    "sight": "agents stockpiles relocation entry_exit standards entity_list",
    "population": "capability_adoption agents",
    "enact": "simulation entry_exit evasion standards entity_list capability networks stockpiles",
    "orders": "simulation instruments stockpiles entity_list",
    "decide": "agents stockpiles standards entry_exit relocation",
    "adjust": "wages replication engine_against_oracle entry_exit investors",
    "learn": "capability networks",
    "adopt": "networks relocation entry_exit capability_adoption",
    "respond": "reactions simulation instruments",
    "react": "reactions",
    "reactions": "reactions",
    "sourcing": "engine_against_oracle quarter oracle investors",
    "market": "engine_against_oracle oracle equilibrium",
    "deliveries": "engine_against_oracle quarter oracle home_priority",
    "source": "quarter engine_against_oracle",
    "trade": "quarter engine_against_oracle oracle stockpiles home_priority",
    "account": "quarter engine_against_oracle simulation",
}
"""Source file -> tests that are likeliest to notice, run first."""
ALL = (
    "engine_against_oracle quarter oracle equilibrium replication wages standards relocation entity_list home_priority stockpiles "
    "agents capability_adoption entry_exit investors evasion capability networks base_year fringe invariance limit "
    "schedule verify instruments reactions simulation outcomes"
)
"""All tests that may notice, the quicker first: not those of style, words, files, stored results and speed."""
PYTEST = """
import sys, pytest
class Quick:
    def pytest_configure(self):
        from hypothesis import Phase, settings
        settings.register_profile("quick", settings.default, phases=(Phase.explicit, Phase.generate))
        settings.load_profile("quick")
    def pytest_collection_modifyitems(self, items):
        items.sort(key=lambda item: "numbers" not in item.name)
sys.exit(pytest.main(sys.argv[1:], [Quick()]))
"""
"""Pytest without making failing examples smaller (that a test fails is enough), tests of single terms first."""
EQUIVALENT: dict[str, str] = {
    "model/stages/react.py:respond: setting.reaction.start - 1e-09 -> setting.reaction.start": "room for rounding of dates only",
    "model/stages/decide.py:stock_orders: len(links.start) - cells -> cells": "only more zeros than are read",
    "model/stages/decide.py:stock_orders: len(links.start) - cells -> len(links.start)": "only more zeros than are read",
    "model/kernel/adjustment.py:expected_drift: regions * regions -> regions": "every state may buy rest at home: the last lane is there",
    "model/kernel/adoption.py:invert_quality: live * base ** network_effect -> live": "where the repetition starts, not where it ends",
    "model/kernel/adoption.py:invert_quality: base ** network_effect -> base": "where the repetition starts, not where it ends",
    "model/kernel/adoption.py:invert_quality: step - 1 -> step": "only ends the repetition sooner",
    "model/kernel/adoption.py:invert_quality: share + absent -> share": "nothing times zero: only ends the repetition sooner",
    "model/kernel/market.py:_prices: groups.cost_weight[:n] / plan.margin -> groups.cost_weight[:n]": "a poorer guess; the residual is exact",
    "model/kernel/market.py:_prices: rhs + plan.margin * (self.group_prices(mean) - mean)[groups.group] -> rhs": (
        "a poorer guess; the residual is exact"
    ),
    "model/kernel/market.py:_prices: plan.margin * (self.group_prices(mean) - mean)[groups.group] -> (self.group_prices(mean) - mean)[groups.group]": (
        "a poorer guess; the residual is exact"
    ),
    "model/kernel/market.py:_prices: self.group_prices(mean) - mean -> self.group_prices(mean)": "a poorer guess; the residual is exact",
}
"""Term (as --list prints it) -> why no test can notice its removal."""
LIMIT = 600
"""Seconds after which a mutant counts as noticed: it does not end."""


@dataclass(frozen=True)
class Mutant:
    """One operand removed: file, line, the operation and what is left of it."""

    file: str
    function: str
    line: int
    column: int
    before: str
    after: str

    @property
    def name(self) -> str:
        """Stable name: without line numbers, so that edits above do not move it."""
        return f"{self.file}:{self.function}: {self.before} -> {self.after}"


def equation_functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """Functions whose docstring cites an equation (E4)."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [f for f in functions if re.search(r"\(E\d+|E\d+[a-z]?\)", ast.get_docstring(f) or "")]


def operations(function: ast.FunctionDef) -> list[ast.BinOp]:
    """Arithmetic in a function, outside subscripts, annotations and texts."""
    found: list[ast.BinOp] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow):
            found.append(node)
        for name, value in ast.iter_fields(node):
            if name in ("slice", "annotation", "returns", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    visit(child)

    for statement in function.body:
        visit(statement)
    return found


def mutants(folder: Path = ROOT) -> list[Mutant]:
    """All mutants, in the order of files and lines."""
    found: list[Mutant] = []
    for path in sorted(chain.from_iterable((folder / f).glob("*.py") for f in FOLDERS)):
        if path.name in NOT_EQUATIONS:
            continue
        for function in equation_functions(ast.parse(path.read_text(encoding="utf-8"))):
            for node in operations(function):
                kept = [node.left] if isinstance(node.op, ast.Div | ast.Pow) else [node.left, node.right]
                file = path.relative_to(folder).as_posix()
                found += [
                    Mutant(file, function.name, node.lineno, node.col_offset, ast.unparse(node), ast.unparse(k)) for k in kept
                ]
    return found


def mutated(text: str, mutant: Mutant) -> str:
    """The file's text with one operation replaced by one of its operands."""

    class Change(ast.NodeTransformer):
        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            self.generic_visit(node)
            here = (node.lineno, node.col_offset, ast.unparse(node)) == (mutant.line, mutant.column, mutant.before)
            if not here:
                return node
            return next(side for side in (node.left, node.right) if ast.unparse(side) == mutant.after)

    return ast.unparse(Change().visit(ast.parse(text)))


def noticed(mutant: Mutant, folder: Path, near: bool = False) -> str:
    """The first test that fails with this mutant in a copy of the project; '' if none does."""
    path = folder / mutant.file
    original = path.read_text(encoding="utf-8")
    path.write_text(mutated(original, mutant), encoding="utf-8", newline="\n")
    try:
        first = likeliest(mutant)
        return failing(folder, first) or ("" if near else failing(folder, [t for t in ALL.split() if t not in first]))
    finally:
        path.write_text(original, encoding="utf-8", newline="\n")


def likeliest(mutant: Mutant) -> list[str]:
    """The tests to run first."""
    return NEAR.get(Path(mutant.file).stem, "").split()


def failing(folder: Path, tests: list[str]) -> str:
    """The first of these tests that fails in the folder; '' if all pass."""
    files = [f"tests/test_{name}.py" for name in tests]
    command = [sys.executable, "-c", PYTEST, "-q", "-x", "-p", "no:cacheprovider", *files]
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""}
    if not files:
        return ""
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | threads, capture_output=True, timeout=LIMIT, check=False, encoding="utf-8"
        )
    except subprocess.TimeoutExpired:
        return "no end"
    if not done.returncode:
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found[1].removeprefix("tests/") if found else "no start"


def copy_of(root: Path, folder: Path) -> Path:
    """A copy of the project that tests can run in."""
    left_out = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", "*.egg-info", "out")
    return Path(shutil.copytree(root, folder / "project", ignore=left_out))


def run(chosen: list[Mutant], workers: int = 2, near: bool = False) -> list[Mutant]:
    """Prints a line for every mutant; returns those nobody noticed and nobody explained."""
    with tempfile.TemporaryDirectory() as place:
        folders = [copy_of(ROOT, Path(place) / str(i)) for i in range(workers)]
        parts = [chosen[i::workers] for i in range(workers)]
        with ThreadPoolExecutor(workers) as pool:
            return list(chain.from_iterable(pool.map(lambda part, folder: _run_part(part, folder, near), parts, folders)))


def _run_part(part: list[Mutant], folder: Path, near: bool) -> list[Mutant]:
    survivors = []
    for mutant in part:
        if mutant.name in EQUIVALENT:
            print(f"explained  {mutant.name}: {EQUIVALENT[mutant.name]}", flush=True)
            continue
        by = noticed(mutant, folder, near)
        print(f"{'noticed by ' + by if by else 'SURVIVED'}  {mutant.name}", flush=True)
        survivors += [] if by else [mutant]
    return survivors


def refuse_failing_tests(chosen: list[Mutant], near: bool) -> None:
    """Ends the program if a test that is to notice fails anyway."""
    used = {t for mutant in chosen for t in likeliest(mutant)} if near else set(ALL.split())
    with tempfile.TemporaryDirectory() as place:
        fails = failing(copy_of(ROOT, Path(place)), sorted(used))
    if fails:
        raise SystemExit(f"{fails} fails with nothing removed")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0, help="so many terms drawn at random (0: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="files or functions whose name holds this word")
    parser.add_argument("--near", action="store_true", help="only the tests that are likeliest to notice")
    parser.add_argument("--list", action="store_true", help="print the terms and stop")
    options = parser.parse_args()
    chosen = [m for m in mutants() if options.only in f"{m.file}:{m.function}"]
    if options.sample:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    if options.list:
        print("\n".join(m.name for m in chosen))
        return 0
    refuse_failing_tests(chosen, options.near)
    survivors = run(chosen, options.workers, options.near)
    print(f"{len(chosen)} terms removed, {len(survivors)} not noticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main())
