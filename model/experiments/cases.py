"""Cases and how to run many of them: one case = scenario x stance x state of the world x seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, partial
from itertools import groupby
from typing import TYPE_CHECKING

from model.errors import BlocsError, UsageError
from model.experiments.workers import Died, Pool, supervise
from model.outcomes import Recording
from model.scenario.types import Scenario
from model.words import hint, word

if TYPE_CHECKING:
    from model.past import Past
    from model.simulation import Held
    from model.world import Parameters


@dataclass(frozen=True)
class Case:
    """One run. `name` heads its rows (NAME or NAME@STANCE); `sides` are the blocs that bloc indices compare.

    `channels` whose wedges act (None: all); in the others those of the scenario `otherwise` do (None: neutral).
    `held`: what the states of both decided in their own runs, where a state reacts (None: they decide in this one).
    `parameters` of a sweep's state of the world, of which `draw` is then the number; None: those of the draw.
    """

    name: str
    scenario: Scenario
    stance: str | None
    draw: int
    seed: int
    sides: tuple[tuple[int, ...], tuple[int, ...]]
    record: str | None = None
    channels: frozenset[str] | None = None
    otherwise: Scenario | None = None
    held: Held | None = field(default=None, compare=False)
    parameters: Parameters | None = None


@dataclass(frozen=True)
class Failure:
    """A run that has no result: which, and what went wrong."""

    name: str
    draw: int
    seed: int
    reason: str


@dataclass
class Shards:
    """What came of many cases, in their order: recordings, and failures apart; whether Ctrl-C cut it short."""

    recordings: list[Recording] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    cut: bool = False


@cache
def _past() -> Past:
    """Of the run before in this process: a baseline and the stances of a draw come one after the other and share theirs."""
    from model.past import Past  # heavy, like the simulation: only where cases are run

    return Past()


def run_case(case: Case) -> Recording | Failure:
    """Run one case; a model that has no solution is a Failure, not an exception."""
    import numpy as np

    from model.simulation import Decoupling

    try:
        with np.errstate(all="ignore"):
            model = Decoupling(
                case.scenario, case.stance, case.draw, case.seed, case.parameters, record=case.record, sides=case.sides,
                channels=case.channels, otherwise=case.otherwise, held=case.held, past=_past(),
            )  # fmt: skip
            keys, values = model.run_to_end().table()
    except BlocsError as error:
        return Failure(case.name, case.draw, case.seed, str(error))
    except MemoryError:
        return Failure(case.name, case.draw, case.seed, word("cli.memory"))
    return Recording(case.name, case.draw, case.seed, model.quarters, keys, values)


def run_cases(
    cases: Sequence[Case], workers: int | Pool = 1, progress: Callable[[int, int], None] | None = None, keep: bool = False
) -> Shards:
    """Run all cases on `workers` processes (1: in this one); the result depends neither on their number nor on who is first.

    keep: on Ctrl-C what is finished is returned, the others as failures that say so.
    """
    found: dict[int, Recording | Failure] = {}
    try:
        for index, result in _results(cases, workers):
            found[index] = result
            if progress:
                progress(len(found), len(cases))
    except KeyboardInterrupt:
        if not keep:
            raise
    shards = Shards(cut=len(found) < len(cases))
    for index, case in enumerate(cases):
        result = found.get(index) or Failure(case.name, case.draw, case.seed, "interrupted")
        (shards.recordings if isinstance(result, Recording) else shards.failures).append(result)  # type: ignore[arg-type]
    return shards


def _results(cases: Sequence[Case], workers: int | Pool) -> Iterator[tuple[int, Recording | Failure]]:
    """(index, result) as they arrive. Cases of one draw run one after the other: they share what is built from it."""
    order = sorted(range(len(cases)), key=lambda i: (cases[i].draw, cases[i].seed))
    if workers == 1 or len(cases) == 1:
        yield from ((i, run_case(cases[i])) for i in order)
        return
    groups = [list(group) for _, group in groupby(order, key=lambda i: (cases[i].draw, cases[i].seed))]
    for i, result in supervise(partial(_run_one, tuple(cases)), groups, workers):
        case = cases[i]
        yield i, Failure(case.name, case.draw, case.seed, result.reason) if isinstance(result, Died) else result


def _run_one(cases: tuple[Case, ...], index: int) -> Recording | Failure:
    return run_case(cases[index])


def check_record(pattern: str | None, scenarios: Iterable[Scenario], lang: str = "en") -> None:
    """UsageError unless every glob of --record matches an outcome of one of these scenarios: all that do not, at once."""
    if pattern is None:
        return
    from model.record.recorder import ALL, globs  # heavy, like the simulation, and most runs name no pattern
    from model.simulation import Decoupling

    if globs(pattern) == ("*",):
        return
    names = sorted({key[1] for scenario in scenarios for key in Decoupling(scenario, record=ALL).recorder.keys})
    bad = [glob for glob in globs(pattern) or (pattern,) if not any(fnmatchcase(name, glob) for name in names)]
    if bad:
        groups = sorted({name.split("|")[0] + "|*" * ("|" in name) for name in names})
        faults = [word("error.record.none", lang, pattern=glob) + hint(glob, (*groups, *names), lang) for glob in bad]
        raise UsageError("\n".join((*faults, word("error.record.allowed", lang, names=", ".join(groups)))))
