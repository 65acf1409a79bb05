"""A sweep's runs on a Dask cluster, given the address of its scheduler. Its workers see the sweep's folder themselves.

Workers write shards as local ones do and return only what became of each run, so nothing is lost with a worker, with
the scheduler or with this process. `distributed` is the extra `cluster`; TLS and the rest are Dask's own settings.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from model.errors import StoreError
from model.experiments.shards import KILLED, failure_path, shard_path
from model.experiments.sweep import Sweep
from model.experiments.sweep_run import DONE, LOST, Backend, Groups, execute, fail, opened
from model.said import worded

MOST_TOGETHER = 8
"""Runs of one world that a worker is given at a time."""
AHEAD = 2
"""Tasks that wait at the scheduler for each thread of a worker."""
PATIENCE = 30
"""Seconds to wait for the scheduler and for a first worker."""


def cluster(address: str) -> Backend:
    """The backend of a scheduler, 'tcp://HOST:PORT' or 'tls://HOST:PORT'."""

    def backend(sweep: Sweep, groups: Groups) -> Iterator[tuple[int, str]]:
        try:
            import distributed
        except ImportError as fault:
            raise worded(StoreError, "cluster.no_dask") from fault
        logging.disable(logging.CRITICAL)  # what matters of a lost scheduler is said by us, once
        try:
            with connected(address) as client:
                check_workers(client, sweep)
                yield from _results(client, sweep, groups)
        except (TimeoutError, OSError, distributed.CancelledError) as fault:
            raise lost(address, fault) from fault
        finally:
            logging.disable(logging.NOTSET)

    return backend


def connected(address: str) -> Any:
    """A client of the scheduler, which has at least one worker."""
    from distributed import Client
    from distributed.security import Security

    if address.startswith("tls:") and not Security().get_connection_args("client").get("ssl_context"):
        raise worded(StoreError, "cluster.no_certificate", address=address)
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
        client.wait_for_workers(1, timeout=PATIENCE)
    except Exception as fault:  # of many kinds: no answer, no certificate, a protocol that is not known
        raise lost(address, fault) from fault
    return client


def lost(address: str, fault: BaseException) -> StoreError:
    """What is said of a scheduler that cannot be reached, or no longer."""
    reason = (str(fault).strip().splitlines() or ["no answer"])[0]
    return worded(StoreError, "cluster.lost", address=address, reason=reason)


def check_workers(client: Any, sweep: Sweep) -> None:
    """Every worker must see the folder and run the same program; StoreError names those that do not."""
    try:
        answers: dict[str, str] = client.run(objection, str(sweep.folder.resolve()), sweep.plan["hash"])
    except Exception as fault:  # Dask wraps what a worker could not import in a bare Exception
        raise worded(StoreError, "cluster.no_start", reason=fault) from fault
    bad = [f"{worker}: {text}" for worker, text in sorted(answers.items()) if text]
    if bad:
        raise StoreError("\n".join(bad))


def objection(folder: str, plan: str) -> str:
    """On a worker: why it cannot work on the sweep of a folder; '' if it can."""
    try:
        sweep = opened(folder)
    except StoreError as fault:
        return f"{fault}. Workers need the folder under the same path (or use --shard)"
    return "" if sweep.plan["hash"] == plan else f"{folder}: another sweep lies there"


def do_runs(folder: str, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """On a worker: do runs one after the other; those already settled (by a worker that died since) are not done again."""
    import distributed

    worker = str(distributed.get_worker().name)
    return [(number, _settled(opened(folder), number) or execute(folder, number, worker)) for number in numbers]


def _settled(sweep: Sweep, number: int) -> str:
    """What has become of a run already; '' if nothing has."""
    if shard_path(sweep.folder, number).is_file():
        return DONE
    return LOST if failure_path(sweep.folder, number).is_file() else ""


def _results(client: Any, sweep: Sweep, groups: Groups) -> Iterator[tuple[int, str]]:
    """Keep the cluster busy with a few tasks a thread; runs that kill workers are tried alone, then given up."""
    from distributed import KilledWorker, as_completed

    folder = str(sweep.folder.resolve())
    waiting = iter([group[k : k + MOST_TOGETHER] for group in groups for k in range(0, len(group), MOST_TOGETHER)])
    threads = sum(client.nthreads().values())
    given: dict[str, Sequence[int]] = {}

    def submit(numbers: Sequence[int]) -> Any:
        future = client.submit(do_runs, folder, tuple(numbers), pure=False)
        given[future.key] = numbers
        return future

    arriving = as_completed([submit(numbers) for numbers in islice(waiting, AHEAD * max(threads, 1))], loop=client.loop)
    for future in arriving:
        numbers, fault = given.pop(future.key), future.exception()
        if isinstance(fault, KilledWorker):
            for number in numbers:
                if len(numbers) > 1:
                    arriving.add(submit([number]))
                else:
                    yield number, _settled(sweep, number) or _give_up(sweep, number)
        elif fault is not None:
            raise fault if isinstance(fault, StoreError) else StoreError(f"{type(fault).__name__}: {fault}")
        else:
            yield from future.result()
        for more in islice(waiting, 1):
            arriving.add(submit(more))


def _give_up(sweep: Sweep, number: int) -> str:
    fail(sweep, number, KILLED, "its worker died again and again")
    return LOST
