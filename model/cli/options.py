"""The words of the command line that several commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from model.cli.wording import Among, Whole, WordsCommand
from model.words import LANGUAGES, word

METHODS = ("grid", "lhs", "sobol", "morris")
MOST_RUNS = 1_000_000
"""Draws or samples of one command: two weeks of a big machine; beyond it lies a slip of the key."""
MOST_WORKERS = 1024
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def named(name: str, lang: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A command of a name, with its help from the table of words."""
    return click.command(
        name, cls=WordsCommand, help=word(f"cli.{name}.help", lang), short_help=word(f"cli.{name}.short", lang)
    )


def option(name: str, lang: str) -> Decorator:
    """A shared option by its name."""
    declared = _OPTIONS[name](lang)
    return click.option(f"--{name}", help=word(f"cli.option.{name}", lang), **declared)


def options(names: str, lang: str) -> Decorator:
    """Several shared options, in the order they are listed in."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names.split()):
            function = option(name, lang)(function)
        return function

    return decorate


def _names(context: click.Context, param: click.Parameter, begun: str) -> list[str]:
    """Names that --vary may go on with, for the shell."""
    from model.experiments.sampling import known_names

    return [name for name in known_names() if name.startswith(begun)]


def _flag(lang: str) -> dict[str, Any]:
    return {"is_flag": True, "default": False}


def _text(metavar: str) -> Callable[[str], dict[str, Any]]:
    return lambda lang: {"metavar": metavar, "default": None}


_OPTIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "out": lambda lang: {"metavar": "DIR", "default": None, "type": click.Path(file_okay=True)},
    "force": _flag,
    "seed": lambda lang: {"metavar": "N", "default": 0, "type": Whole(0, lang)},
    "draws": lambda lang: {"metavar": "N", "default": 20, "type": Whole(1, lang, MOST_RUNS)},
    "workers": lambda lang: {"metavar": "N", "default": None, "type": Whole(1, lang, MOST_WORKERS)},
    "baseline": _text("NAME"),
    "focus": _text("REGION"),
    "stance": lambda lang: {"metavar": "NAME", "multiple": True},
    "set": lambda lang: {"metavar": "PATH=VALUE", "multiple": True},
    "record": _text("PATTERN"),
    "decompose": _flag,
    "no-figures": _flag,
    "lang": lambda lang: {"metavar": "|".join(LANGUAGES), "default": lang, "type": Among(LANGUAGES, lang)},
    "json": _flag,
    "quiet": _flag,
    "variable": lambda lang: {"metavar": "NAME", "default": "Real Income"},
    "region": _text("REGION"),
    "period": _text("YEAR|QUARTER"),
    "level": _flag,
    "case": lambda lang: {"metavar": "NAME@STANCE", "multiple": True},
    "without-failed": _flag,
    "top": lambda lang: {"metavar": "N", "default": 10, "type": Whole(1, lang)},
    "with": lambda lang: {"metavar": "STANCE", "default": "hedge"},
    "budget": _text("PERCENT"),
    "rate": _text("WON"),
    "driver": lambda lang: {"metavar": "PARAMETER", "multiple": True},
    "no-flip": _flag,
    "method": lambda lang: {"metavar": "|".join(METHODS), "required": True, "type": Among(METHODS, lang)},
    "samples": lambda lang: {"metavar": "N", "default": None, "type": Whole(2, lang, MOST_RUNS)},
    "vary": lambda lang: {"metavar": "NAME[=LO:HI[:STEPS]]", "multiple": True, "shell_complete": _names},
    "screen": lambda lang: {"metavar": "K", "default": None, "type": Whole(1, lang)},
    "cluster": _text("tcp://HOST:PORT"),
    "shard": _text("I/N"),
    "dry-run": _flag,
    "retry": _flag,
    "from": lambda lang: {"metavar": "NAME", "default": "blocs"},
}
