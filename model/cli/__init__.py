"""The command line: one file per command, found by name and imported when it is needed.

Only click is imported here, so that --help answers at once; what a command needs is imported inside it.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from model.cli.wording import Among, WordsCommand, WordsContext, usage_message
from model.errors import INTERRUPTED, BlocsError, UsageError
from model.said import said
from model.words import LANGUAGES, hint, word

COMMANDS = (
    "run", "brief", "figures", "report", "cite", "compare", "study", "strategies", "game", "sweep", "resume", "status",
    "analyse", "discover", "robust", "query", "export", "calibrate", "backtest", "validate", "show", "scenarios", "instruments",
    "parameters", "schedule", "coverage", "verify", "new", "template",
)  # fmt: skip
ENVIRONMENT = 3


class Cli(WordsCommand, click.Group):
    """The group of all commands, worded in the language that --lang asks for anywhere on the line."""

    def __init__(self, lang: str = "en") -> None:
        """The group, with its help in `lang`."""
        names = "|".join(LANGUAGES)
        asked = click.Option(["--lang"], metavar=names, type=Among(LANGUAGES, lang), expose_value=False,
                             help=word("cli.option.lang", lang))  # fmt: skip
        super().__init__("blocs", help=word("cli.help", lang), params=[asked])
        self.lang = lang
        self.context_class = WordsContext.of(lang)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, built in this language."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"model.cli.{cmd_name}").command(self.lang)
        command.context_class = WordsContext.of(self.lang)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; UsageError with the nearest one when there is none."""
        command = self.get_command(ctx, args[0])
        if command is None and not args[0].startswith("-"):
            raise UsageError(_no_command(args[0], self.lang))
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run one command line; errors become one message on stderr and an exit code."""
        words = list(sys.argv[1:] if args is None else args)
        code = Cli(asked_language(words))._guarded(words or ["--help"], prog_name or "blocs", extra)
        if standalone_mode:
            sys.exit(code)
        return code

    def _guarded(self, args: list[str], prog_name: str, extra: dict[str, Any]) -> int:
        try:
            result = super().main(args, prog_name, None, False, **extra)
            return result if isinstance(result, int) else 0
        except BlocsError as fault:
            click.echo(said(fault, self.lang), err=True)
            return fault.exit_code
        except (KeyboardInterrupt, click.exceptions.Abort):
            click.echo(word("cli.interrupted", self.lang), err=True)
            return INTERRUPTED
        except click.ClickException as fault:
            click.echo(usage_message(fault, self.lang), err=True)
            return UsageError.exit_code
        except MemoryError:
            click.echo(word("cli.memory", self.lang), err=True)
            return ENVIRONMENT
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as fault:
            click.echo(word("cli.environment", self.lang, file=fault.filename or "?", reason=said(fault, self.lang)), err=True)
            return ENVIRONMENT


def asked_language(args: Sequence[str]) -> str:
    """The language that --lang names on a command line; English otherwise, whatever the locale."""
    for i, arg in enumerate(args):
        value = arg.partition("=")[2] if arg.startswith("--lang=") else ""
        value = args[i + 1] if arg == "--lang" and i + 1 < len(args) else value
        if value in LANGUAGES:
            return value
    return LANGUAGES[0]


def _plainer(fault: UnicodeError) -> tuple[str, int]:
    """What a console writes for a sign it lacks: cp949 has no U+2212, and '?4.5' would hide that a number is negative."""
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    lost = fault.object[fault.start : fault.end]
    return "".join(PLAIN.get(sign, "?") for sign in lost), fault.end


PLAINER = "blocs_plainer"
PLAIN = {"\u2212": "-", "\u2013": "-", "\u2014": "-", "\u2022": "-", "\u00a0": " "}
codecs.register_error(PLAINER, _plainer)


def main(args: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code: 0 done, 1 some runs failed, 2 usage or scenario, 3, 130."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # pythonw.exe, a service, or closed by the shell
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  (for as long as the process lives)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=PLAINER)
    code: int = Cli().main(args, standalone_mode=False)
    return code


def _no_command(name: str, lang: str) -> str:
    return word("cli.no_command", lang, name=name, names=", ".join(COMMANDS)) + hint(name, COMMANDS, lang)
