"""The exception tree: every failure BLOCS can name, with the exit code of the command line.

Exit codes: 1 some runs failed, 2 usage or scenario, 3 store or environment (docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class BlocsError(Exception):
    """Root of all errors that are shown to a user without a traceback."""

    exit_code = 1
    key: str = ""
    fields: Mapping[str, object] = {}
    """Of the table of words, where the message is one of its rows (`model.said`)."""


class ModelError(BlocsError):
    """An equation has no admissible solution (a buyer cannot produce, a price is not positive); buyer: whose, if one's."""

    def __init__(self, message: str = "", buyer: int | None = None) -> None:
        super().__init__(message)
        self.buyer = buyer

    def placed(self, place: str) -> None:
        """Say before the message when and where it was."""
        self.args = (f"{place}: {self}",)


class TableError(ModelError):
    """A base table that is refused: not balanced to 1e-10, or a plant without wages."""


class IdentityError(ModelError):
    """An accounting identity fails by more than 1e-10 (docs/equations.md, identities)."""


class ConvergenceError(ModelError):
    """A solver stopped before its tolerance; carries the residual it reached."""

    def __init__(self, what: str, residual: float) -> None:
        super().__init__(f"{what} did not converge: residual {residual:.3g}")
        self.residual = residual


INTERRUPTED = 130
"""Exit code after Ctrl-C."""


class UsageError(BlocsError):
    """The command line asks for something that does not exist or does not fit together."""

    exit_code = 2


def letters(column: int) -> str:
    """Name of a spreadsheet's column: 1 is A, 27 is AA."""
    name = ""
    while column > 0:
        column, digit = divmod(column - 1, 26)
        name = chr(65 + digit) + name
    return name


@dataclass(frozen=True, order=True)
class Fault:
    """One fault in an input file: where it stands, what was found, what is allowed, how to mend it."""

    file: str
    line: int
    column: int
    path: str
    found: str
    allowed: str
    fix: str = ""

    def __str__(self) -> str:
        sheet = "!" in self.file  # a cell of a workbook: 'x.xlsx!measures!C5'
        place = f"{self.file}!{letters(self.column)}{self.line}" if sheet else f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.path}: {self.found}; {self.allowed}" + (f" ({self.fix})" if self.fix else "")


class ScenarioError(BlocsError):
    """All faults of a scenario at once, sorted by place; one line each."""

    exit_code = 2

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class StoreError(BlocsError):
    """A folder, file or database that cannot be read or written."""

    exit_code = 3


class IncompleteError(BlocsError):
    """Results that an analysis needs are not all there; says which, why and how to go on."""

    exit_code = 1
