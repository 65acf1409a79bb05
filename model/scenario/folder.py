"""Where scenario files are: the checkout's scenarios/, or the folder shipped in the installed package."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from model.errors import UsageError
from model.words import hint, word

SCHEMA_FILE = "scenario.schema.json"
SUFFIXES = (".yaml", ".yml")
READ = (*SUFFIXES, ".xlsx")
"""Endings of what may be given by path."""


def scenario_folder() -> Path:
    """The folder of the scenarios that come with BLOCS."""
    beside = Path(__file__).parents[2] / "scenarios"
    return beside if (beside / SCHEMA_FILE).is_file() else Path(str(files("model"))) / "shipped" / "scenarios"


def scenario_names(folder: Path | None = None, lang: str = "en") -> dict[str, Path]:
    """Name -> file, of a folder and its subfolders; the same name twice is refused."""
    names: dict[str, Path] = {}
    root = folder or scenario_folder()
    for path in sorted(p for suffix in SUFFIXES for p in root.rglob(f"*{suffix}")):
        if path.stem in names:
            both = {"name": path.stem, "one": label(names[path.stem]), "two": label(path)}
            raise UsageError(word("error.two_scenarios", lang, **both))
        names[path.stem] = path
    return names


def find_scenario(name_or_path: str, near: Path | None = None, lang: str = "en") -> Path:
    """File of a scenario given by path or by name; a name is sought beside `near` first, then among the shipped."""
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.lower().endswith(READ):
        if not Path(name_or_path).is_file():
            key = "error.folder_for_scenario" if Path(name_or_path).is_dir() else "error.no_file"
            raise UsageError(word(key, lang, file=name_or_path))
        return Path(name_or_path)
    known = known_scenarios(near, lang)
    if name_or_path not in known:
        raise UsageError(unknown_scenario(name_or_path, known, lang))
    return known[name_or_path]


def known_scenarios(near: Path | None = None, lang: str = "en") -> dict[str, Path]:
    """Scenarios by name that a file may refer to: those beside it, and the shipped ones."""
    siblings = sorted(p for p in near.parent.iterdir() if p.suffix in SUFFIXES) if near is not None else []
    return {**scenario_names(lang=lang), **{p.stem: p for p in siblings}}


def unknown_scenario(name: str, known: Mapping[str, Path], lang: str = "en") -> str:
    """The message for a name that is not known, with the nearest one."""
    return word("error.no_scenario", lang, name=name, names=", ".join(sorted(known))) + hint(name, known, lang)


def label(path: Path) -> str:
    """A path as messages show it: relative to the working folder where it lies inside, with slashes."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
