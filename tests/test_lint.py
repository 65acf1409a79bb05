"""One command passes everything: ruff, mypy and the import layers, called from pytest."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"
CHECKS = {
    "ruff": ["-m", "ruff", "check", "--output-format", "concise", "--no-cache", "."],
    "mypy": ["-m", "mypy", "--no-error-summary"],
    "layers": ["-c", LINT_IMPORTS],
}
SPLIT = ("model", "calibration", "model.experiments")
"""Packages whose modules stand on levels of their own."""


@pytest.mark.parametrize("name", CHECKS)
def test_checks_pass(name: str) -> None:
    result = subprocess.run([sys.executable, *CHECKS[name]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{name}:\n{result.stdout[-6000:]}\n{result.stderr[-2000:]}"


def levels() -> set[str]:
    """Every module that the contract on layers names."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    rows = next(c["layers"] for c in contracts if c["type"] == "layers")
    return {name.strip() for row in rows for name in row.replace(":", "|").split("|")}


def modules(package: str) -> set[str]:
    """Modules and packages directly inside a package."""
    folder = ROOT / Path(*package.split("."))
    files = {p.stem for p in folder.glob("*.py") if p.stem not in {"__init__", "__main__"}}
    folders = {p.parent.name for p in folder.glob("*/__init__.py")}
    return {f"{package}.{name}" for name in files | folders}


@pytest.mark.parametrize("package", SPLIT)
def test_every_module_has_a_level(package: str) -> None:
    unplaced = modules(package) - levels() - set(SPLIT)
    assert not unplaced, f"give these a level in pyproject.toml, [tool.importlinter]: {sorted(unplaced)}"


def test_no_level_is_empty() -> None:
    gone = [m for m in levels() if not (ROOT / Path(*m.split("."))).with_suffix(".py").is_file()]
    assert all((ROOT / Path(*m.split(".")) / "__init__.py").is_file() for m in gone), gone
