"""What a folder is: which command wrote it, who can read it, and the refusal of one that was not asked for."""

from __future__ import annotations

import json
from pathlib import Path

from model.errors import UsageError
from model.experiments.store import MANIFEST, RESULTS
from model.words import has_word, word

RUN_KEYS = ("run", "scenario", "stances", "years", "engine")
"""What the manifest of a run holds."""
MARKS = {
    "plan.json": "sweep", "states.csv": "sweep", "then.json": "sweep", "strategies.csv": "strategies", "comparison.csv": "comparison", "payoffs.csv": "game",
}  # fmt: skip
"""Files that one command alone writes."""
TOLD = ("calibration", "backtest")
"""Kinds that the manifest names itself."""
READERS = {
    "run": ("report", "figures", "cite", "query", "export"), "sweep": ("status", "resume", "analyse", "discover", "robust", "figures", "query", "export"),
    "strategies": ("figures", "query", "export"), "comparison": ("figures",), "calibration": ("report", "figures"),
    "backtest": ("figures", "query", "export"),
}  # fmt: skip
"""Commands that read a kind of folder."""


def kind_of(path: Path) -> str:
    """'run', one of MARKS or TOLD; 'missing', 'file' or 'empty'; 'other' where no command is known by its files."""
    if not path.is_dir():
        return "file" if path.exists() else "missing"
    if not any(path.iterdir()):
        return "empty"
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = None
    told = manifest if isinstance(manifest, dict) else {}
    if told.get("kind") in TOLD:
        return str(told["kind"])
    if all(key in told for key in RUN_KEYS):
        return "run"
    if "sweep" in told:
        return "sweep"
    return next((kind for name, kind in MARKS.items() if (path / name).is_file()), "other")


def readable_by(command: str) -> tuple[str, ...]:
    """Kinds of folder that a command reads."""
    return tuple(kind for kind, commands in READERS.items() if command in commands)


def refuse(path: Path, command: str, lang: str = "en") -> UsageError:
    """The error for a folder that a command cannot read: what it is, what goes there, and what reads this one."""
    kind, folder = kind_of(path), path.as_posix()
    wanted = ", ".join(word(f"folder.kind.{name}", lang) for name in readable_by(command))
    what = f"folder.kind.{kind}"
    found = (
        word("folder.is", lang, folder=folder, what=word(what, lang))
        if has_word(what)
        else word(f"folder.is.{kind}", lang, folder=folder)
    )
    lines = [word("folder.wanted", lang, found=found, command=command, wanted=wanted)]
    if usable := use_of(path, kind):
        lines.append(word("folder.use", lang, commands=", ".join(usable)))
    return UsageError("\n".join(lines))


def use_of(path: Path, kind: str) -> list[str]:
    """Commands that read a folder of a kind; for a comparison also the folders of its runs."""
    usable = [f"blocs {command}" for command in READERS.get(kind, ())]
    inside = sorted(inner for inner in path.iterdir() if kind_of(inner) == "run") if kind == "comparison" else []
    return usable + [f'blocs report "{inner.as_posix()}"' for inner in inside[:3]]


def require(path: Path, command: str, lang: str = "en") -> str:
    """The kind of a folder that a command reads; UsageError where it reads none like it.

    'other' goes through where results or a manifest say that something was here: what is wrong with it is for the reader to say.
    """
    kind = kind_of(path)
    hurt = kind == "other" and any((path / name).exists() for name in (MANIFEST, RESULTS, "shards"))
    if kind not in readable_by(command) and not hurt:
        raise refuse(path, command, lang)
    return kind
