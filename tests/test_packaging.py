"""The package: what is shipped, what it depends on, and that README, `.ci/run` and the files agree."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import model

ROOT = Path(__file__).parents[1]
LIMIT = 500 * 1024
MARK = "<!-- two commands -->"
MAIN = "import sys; from model.cli import main; sys.exit(main())"
PROVIDES = {"ruamel": "ruamel.yaml", "docx": "python-docx"}
"""Import name -> distribution, where they differ."""


def text(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    """The project table."""
    found: dict[str, Any] = tomllib.loads(text("pyproject.toml"))["project"]
    return found


def name_of(requirement: str) -> str:
    """Distribution that a requirement names, normalised."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0]).lower()


def pins() -> list[str]:
    """The lines of the constraints."""
    return text("constraints.txt").splitlines()


# ---------------------------------------------------------------- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree without isolation."""
    if find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed into a folder with a Hangul name and a space."""
    if find_spec("pip") is None:
        pytest.skip("pip is not installed")
    target = tmp_path_factory.mktemp("설치 폴더") / "묶음"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*command, "--target", str(target), str(wheel)], check=True, capture_output=True, timeout=120)
    return target


def outside(installed: Path, cwd: Path, code: str, *args: str) -> str:
    """Standard output of Python code that sees the installed copy and not the checkout."""
    env = {**os.environ, "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=cwd, env=env, capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return done.stdout.decode()


def test_wheel_holds_every_source_and_table(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {".py", ".csv", ".j2", ".ttf"}
    for package in ("model", "calibration"):
        sources = {p.relative_to(ROOT).as_posix() for p in (ROOT / package).rglob("*") if p.suffix in wanted}
        assert not sources - inside
    scenarios = {f"model/shipped/scenarios/{p.name}" for p in (ROOT / "scenarios").iterdir() if p.is_file()}
    assert scenarios <= inside
    assert "model/shipped/scenarios/scenario.schema.json" in inside
    assert not [name for name in inside if name.split("/")[0] in {"tests", "docs", "scenarios", "results"}]


def test_installed_copy_is_the_one_that_answers(installed: Path, tmp_path: Path) -> None:
    code = "import model, calibration; print(model.__file__); print(calibration.__file__)"
    for line in outside(installed, tmp_path, code).splitlines():
        assert Path(line).resolve().is_relative_to(installed.resolve())
    listed = json.loads(outside(installed, tmp_path, MAIN, "scenarios", "--json"))
    assert {p.stem for p in (ROOT / "scenarios").glob("*.yaml")} == {row["name"] for row in listed}
    for row in listed:
        assert (tmp_path / row["file"]).resolve().is_relative_to(installed.resolve())


def test_installed_copy_runs(installed: Path, tmp_path: Path) -> None:
    words = ["run", "blocs", "--draws", "1", "--no-figures", "--stance", "hedge", "--workers", "1"]
    outside(installed, tmp_path, MAIN, *words)
    assert {p.name for p in (tmp_path / "results" / "blocs").iterdir()} >= {"results.parquet", "manifest.json"}


# ---------------------------------------------------------------- dependencies


def third_party() -> set[str]:
    """Distributions that model/ and calibration/ import."""
    found: set[str] = set()
    for path in [*(ROOT / "model").rglob("*.py"), *(ROOT / "calibration").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    found -= {"model", "calibration", *sys.stdlib_module_names}
    return {name_of(PROVIDES.get(name, name)) for name in found}


def test_dependencies_are_what_is_imported() -> None:
    extras = project()["optional-dependencies"]
    used = (project()["dependencies"], *(group for name, group in extras.items() if name != "dev"))
    assert {name_of(r) for group in used for r in group} == third_party()


def test_constraints_are_names_and_versions_only() -> None:
    lines = pins()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", line)] == []
    assert lines == sorted(set(lines), key=str.casefold)
    assert not re.search(r"https?:|://|@|--|/|\\", text("constraints.txt"))


def required() -> set[str]:
    """Every distribution that BLOCS and its tests draw in here, found by following what is installed."""
    extras = project()["optional-dependencies"]
    todo = [name_of(r) for group in (project()["dependencies"], *extras.values()) for r in group]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name in found:
            continue
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        found.add(name)
        todo += [name_of(r) for r in needs if "extra ==" not in r]
    return found


def test_everything_required_is_pinned() -> None:
    pinned = {name_of(line) for line in pins()}
    assert not required() - pinned
    extras = project()["optional-dependencies"]
    named = {name_of(r) for group in (project()["dependencies"], *extras.values()) for r in group}
    assert not named - pinned


def test_no_dependency_is_agpl() -> None:
    for name in required():
        meta = distribution(name).metadata
        stated = [meta.get("License-Expression", ""), *(meta.get_all("Classifier") or [])]
        said = " ".join(s for s in stated if s) + " " + (meta.get("License") or "")[:200]
        assert not re.search("AGPL|Affero", said), name


# ---------------------------------------------------------------- README, licence, files


def readme_commands() -> list[str]:
    """The two commands of README, read here and by `.ci/run` alike."""
    block = text("README.md").split(MARK, 1)[1].split("```", 2)[1]
    return [line for line in block.splitlines()[1:] if line.strip()]


def test_readme_has_two_commands_that_install_run_and_test() -> None:
    first, second = readme_commands()
    assert "-c constraints.txt" in first
    assert "run.py run blocs" in first
    assert second == "python -m pytest"


@pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="no bash")
def test_ci_runs_the_commands_of_readme() -> None:
    printed = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run"), "--print"], capture_output=True, check=True, timeout=60
    )
    assert printed.stdout.decode().splitlines() == readme_commands()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", text(name)) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_readme_commands_exist() -> None:
    from model.cli import COMMANDS

    assert set(re.findall(r"(?:run\.py|`blocs) ([a-z]+)", text("README.md"))) == set(COMMANDS)


def test_license_and_citation() -> None:
    assert text("LICENSE").startswith("MIT License")
    assert project()["license"] == "MIT"
    cited = dict(re.findall(r"^(\w[\w-]*): (.+)$", text("CITATION.cff"), re.MULTILINE))
    assert (cited["title"], cited["version"], cited["license"]) == ("BLOCS", model.__version__, "MIT")
    assert f"## {model.__version__}" in text("CHANGELOG.md")


def test_no_large_files_are_tracked() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=60)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    large = [f for f in files if f.is_file() and f.stat().st_size > LIMIT and f.suffix != ".ttf"]
    assert large == []
