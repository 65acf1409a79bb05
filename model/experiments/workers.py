"""Supervised worker processes: tasks in, results as they come; a worker that dies is replaced.

A task is a number, what is done with it a function shipped to each worker once. Tasks come in groups: those of a
group share something expensive to build (a world), so one worker takes them one after the other as long as others
have enough to do. A task that was at work in two workers that died is given up; everything else goes on.

A `Pool` outlives one piece of work: a run's cases and then its figures are done by the same processes, which start
and import while the parent still reads its own input.
"""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, TypeVar

from model.errors import StoreError
from model.said import worded

R = TypeVar("R")
Message = int | str | Callable[[int], Any]
"""What a worker is told: a task, a module to import meanwhile, or the work that is done with the tasks that follow."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""One thread a worker: as fast for systems of this size, and the same bytes on any number of cores."""
MOST_DEATHS = 2
"""A task that was at work this many times when its worker died is given up."""
PATIENCE = 5.0
"""Seconds that a worker is given to end before it is ended."""
RUNNING = ("model.experiments.cases", "model.simulation")
"""What workers import to run cases (`Pool.prepare`)."""
READY, DONE, STOP, BUG = "ready", "done", "stop", "bug"


@dataclass(frozen=True)
class Died:
    """What comes of a task that is given up: how its worker ended."""

    reason: str


@dataclass
class Queue:
    """Tasks that are waiting, in groups; `own` are the groups that workers are on."""

    groups: deque[deque[int]]
    own: dict[int, deque[int]] = field(default_factory=dict)
    deaths: Counter[int] = field(default_factory=Counter)

    def take(self, worker: int) -> int | None:
        """The next task for a worker: of its group, else of a new group, else the last of the longest group."""
        mine = self.own.get(worker)
        if not mine and self.groups:
            mine = self.own[worker] = self.groups.popleft()
        if mine:
            return mine.popleft()
        longest = max(self.own.values(), key=len, default=None)
        return longest.pop() if longest else None

    def put_back(self, worker: int, task: int) -> bool:
        """Note a death at a task; the task waits again, first of all, unless it died too often (False)."""
        left = self.own.pop(worker, deque())
        self.deaths[task] += 1
        again = self.deaths[task] < MOST_DEATHS
        self.groups.extendleft(group for group in (left, deque([task] if again else [])) if group)
        return again


@dataclass
class Worker:
    """A process, the pipe to it, and the task it is at."""

    number: int
    process: SpawnProcess
    pipe: Connection
    started: bool = False
    work: Callable[[int], Any] | None = None
    task: int | None = None

    def tell(self, message: Message) -> None:
        """Send a module to import, the work or a task; a pipe that is already closed shows as a death soon."""
        try:
            self.pipe.send(message)
        except OSError:
            return

    def answers(self) -> Iterator[tuple[str, Any]]:
        """What it has sent; whatever a dying worker sent in full still counts."""
        try:
            while self.pipe.poll():
                yield self.pipe.recv()
        except (EOFError, OSError):
            return


class Pool:
    """Worker processes, started at once, that do one piece of work after the other until the block is left."""

    def __init__(self, size: int) -> None:
        """So many processes; nothing is started before the block is entered."""
        self.size, self.count, self.workers = size, 0, list[Worker]()
        self.queue = Queue(deque())

    def __enter__(self) -> Pool:
        """Start the processes and do not wait for them."""
        try:
            self.workers = [self._start() for _ in range(self.size)]
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """End them; what they were asked for has arrived, or nobody waits for it."""
        self._stop()

    def prepare(self, *modules: str) -> None:
        """Have every worker import these while it has nothing else to do."""
        for worker in self.workers:
            for module in modules:
                worker.tell(module)

    def run(self, work: Callable[[int], R], groups: Sequence[Sequence[int]]) -> Iterator[tuple[int, R | Died]]:
        """Tasks with what came of them, until all are done; see `supervise`. Left before that, nothing is at work any more."""
        self.queue = Queue(deque(deque(group) for group in groups if group))
        self.workers = self.workers or [self._start() for _ in range(self.size)]
        left = sum(len(group) for group in groups)
        try:
            while left:
                self._deal(work)
                for task, result in self._events():
                    left -= 1
                    yield task, result
        finally:
            if left:
                self._stop()

    def _start(self) -> Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        self.count += 1
        process = context.Process(target=serve, args=(theirs,), daemon=True, name=f"worker-{self.count}")
        with one_thread(), deaf():
            process.start()
        theirs.close()
        return Worker(self.count, process, ours)

    def _deal(self, work: Callable[[int], Any]) -> None:
        """Give every idle worker the work, if it does not have it, and a task, if there is one."""
        for worker in self.workers:
            if worker.started and worker.task is None and (task := self.queue.take(worker.number)) is not None:
                if worker.work is not work:
                    worker.tell(work)
                worker.work, worker.task = work, task
                worker.tell(task)

    def _events(self) -> Iterator[tuple[int, Any]]:
        """Wait for something to happen; tasks that are finished by it, or given up."""
        busy = {w.pipe: w for w in self.workers} | {w.process.sentinel: w for w in self.workers}
        for worker in {id(w): w for w in (busy[key] for key in wait(list(busy)))}.values():  # type: ignore[index]
            ended = not worker.process.is_alive()  # looked at before the pipe, so that its last words are read
            for kind, value in worker.answers():
                yield from self._heard(worker, kind, value)
            if ended:
                yield from self._buried(worker)

    def _heard(self, worker: Worker, kind: str, value: Any) -> Iterator[tuple[int, Any]]:
        if kind == STOP:
            raise StoreError(value)
        if kind == BUG:
            raise RuntimeError(value)
        worker.started = True
        task, worker.task = worker.task, None
        if kind == DONE and task is not None:
            yield task, value

    def _buried(self, worker: Worker) -> Iterator[tuple[int, Died]]:
        """Replace a dead worker; its task waits again or is given up."""
        reason = ending(worker.process.exitcode)
        worker.pipe.close()
        if not worker.started:
            raise worded(StoreError, "error.no_workers", reason=reason)
        self.workers[self.workers.index(worker)] = self._start()
        if worker.task is not None and not self.queue.put_back(worker.number, worker.task):
            yield worker.task, Died(reason)

    def _stop(self) -> None:
        for worker in self.workers:
            if worker.process.is_alive():
                worker.process.terminate()
        for worker in self.workers:
            worker.process.join(PATIENCE)
            if worker.process.is_alive():
                worker.process.kill()
            worker.pipe.close()
        self.workers = []


def supervise(
    work: Callable[[int], R], groups: Sequence[Sequence[int]], workers: int | Pool
) -> Iterator[tuple[int, R | Died]]:
    """Do the work for every task on worker processes; (task, result) as they arrive.

    work     can be pickled; called in a worker, on one thread. Raising StoreError or OSError stops everything
    groups   tasks that share what is expensive to build; a task stands in one group only
    workers  how many processes to start for it, or those that are there
    """
    if isinstance(workers, Pool):
        yield from workers.run(work, groups)
        return
    with Pool(min(workers, sum(len(group) for group in groups))) as pool:
        yield from pool.run(work, groups)


@contextmanager
def hired(workers: int | Pool, tasks: int, *modules: str) -> Iterator[int | Pool]:
    """Who does so many tasks: the pool that is given, else a new one that imports these; 1, this process, where one is enough."""
    if isinstance(workers, Pool) or min(workers, tasks) <= 1:
        yield workers if isinstance(workers, Pool) else 1
        return
    with Pool(min(workers, tasks)) as pool:
        pool.prepare(*modules)
        yield pool


def serve(pipe: Connection) -> None:
    """The life of a worker: what it is told, one after the other, until the other end is gone; it answers to tasks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the supervisor ends the workers
    work: Callable[[int], Any] = _no_work
    try:
        pipe.send((READY, None))
        while True:
            message: Message = pipe.recv()
            if isinstance(message, int):
                pipe.send(_answer(work, message))
            elif isinstance(message, str):
                import_module(message)
            else:
                work = message
    except (EOFError, OSError):
        return  # the supervisor is gone
    except Exception:  # noqa: BLE001  work that cannot be unpickled, a module that is not there: faults of ours
        pipe.send((BUG, traceback.format_exc()))


def _no_work(task: int) -> None:
    raise RuntimeError(f"task {task} came before the work")


def _answer(work: Callable[[int], Any], task: int) -> tuple[str, Any]:
    try:
        return DONE, work(task)
    except (StoreError, OSError) as fault:
        return STOP, str(fault)
    except Exception:  # noqa: BLE001  a fault of ours: shown in full where it can be read
        return BUG, traceback.format_exc()


def ending(code: int | None) -> str:
    """How a process ended, in words: 'killed by SIGKILL', 'ended with code 3'."""
    if code is not None and code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"ended with code {code}"


@contextmanager
def deaf() -> Iterator[None]:
    """Processes started inside do not hear Ctrl-C from their first moment on, before `serve` could say so itself."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set this
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Processes started inside compute on one thread each."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def default_workers() -> int:
    """As many workers as this process may use cores."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else (os.cpu_count() or 1)
