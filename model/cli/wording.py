"""Click in our words: headings of help, option types and usage errors, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from math import isfinite
from typing import Any

import click

from model.words import word

_SECTIONS = {"Options": "cli.section.options", "Commands": "cli.section.commands"}


class WordsFormatter(click.HelpFormatter):
    """Help with headings from the table of words."""

    lang = "en"

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The usage line."""
        super().write_usage(prog, args, prefix or word("cli.section.usage", self.lang) + " ")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """A list of options, with click's own [required] in our words."""
        needed = f"[{word('cli.option.required', self.lang)}]"
        super().write_dl([(name, text.replace("[required]", needed)) for name, text in rows], col_max, col_spacing)

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """A section under its heading."""
        key = _SECTIONS.get(name)
        with super().section(word(key, self.lang) if key else name):
            yield


class WordsContext(click.Context):
    """A context whose help is written in one language."""

    lang = "en"

    @staticmethod
    @cache
    def of(lang: str) -> type[WordsContext]:
        """The context class of a language."""
        formatter = type("Formatter", (WordsFormatter,), {"lang": lang})
        return type("Context", (WordsContext,), {"lang": lang, "formatter_class": formatter})


class WordsCommand(click.Command):
    """A command whose --help line is worded."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The --help option with our text."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = word("cli.option.help", getattr(ctx, "lang", "en"))
        return option

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The words of the line; an option whose value is empty ('--out "$UNSET"') has none."""
        rest = super().parse_args(ctx, args)
        for param in (param for param in self.params if isinstance(param, click.Option)):
            given = ctx.params.get(param.name or "")
            if "" in (given if isinstance(given, tuple) else (given,)):
                raise click.BadOptionUsage(param.opts[0], "", ctx)
        return rest


class Whole(click.ParamType):  # type: ignore[type-arg]
    """A whole number from `low` to `high`."""

    name = "n"

    def __init__(self, low: int, lang: str, high: int = 10**18 - 1) -> None:
        """`lang`: language of its messages; `high`: what no use exceeds, so that a slip of the key is refused at once."""
        self.low, self.lang, self.high = low, lang, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Text -> int."""
        text = str(value)
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19) or not self.low <= int(text) <= self.high:
            key = "cli.whole_between" if self.high < 10**18 - 1 else "cli.whole"
            self.fail(word(key, self.lang, value=text, low=self.low, high=f"{self.high:,}"), param, ctx)
        return int(text)


class Number(click.ParamType):  # type: ignore[type-arg]
    """A finite number; U+2212 is a minus too."""

    name = "x"

    def __init__(self, lang: str) -> None:
        """`lang`: language of its messages."""
        self.lang = lang

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Text -> float."""
        try:
            found = float(str(value).replace("−", "-"))
        except ValueError:
            found = float("nan")
        if not isfinite(found):
            self.fail(word("cli.number", self.lang, value=value), param, ctx)
        return found


class Among(click.ParamType):  # type: ignore[type-arg]
    """One of a few names."""

    name = "name"

    def __init__(self, choices: Sequence[str], lang: str) -> None:
        """`lang`: language of its messages."""
        self.choices, self.lang = tuple(choices), lang

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, if it is one of them."""
        if value not in self.choices:
            self.fail(word("cli.among", self.lang, value=value, names=", ".join(self.choices)), param, ctx)
        return str(value)


def usage_message(fault: click.ClickException, lang: str) -> str:
    """A usage error of click in our words, with the way to the help."""
    context = getattr(fault, "ctx", None)
    path = context.command_path if context is not None else "blocs"
    return f"{_reason(fault, lang)}\n{word('cli.see_help', lang, command=path)}"


def _reason(fault: click.ClickException, lang: str) -> str:
    if isinstance(fault, click.NoSuchOption):
        near = list(fault.possibilities or ())
        hint = f" ({word('error.did_you_mean', lang, name=near[0])})" if near else ""
        return word("cli.no_option", lang, name=fault.option_name) + hint
    if isinstance(fault, click.BadOptionUsage):
        return word("cli.no_value", lang, name=fault.option_name)
    if isinstance(fault, click.MissingParameter):
        return word("cli.missing", lang, name=_param_name(fault.param))
    if isinstance(fault, click.BadParameter):
        return f"{_param_name(fault.param)}: {fault.message}"
    extra = re.search(r"extra arguments? \((.*)\)", fault.message)
    return word("cli.extra", lang, names=extra[1]) if extra else fault.message


def _param_name(param: click.Parameter | None) -> str:
    if isinstance(param, click.Option):
        return param.opts[0]
    return (param.metavar or (param.name or "").upper()) if isinstance(param, click.Argument) else "?"
