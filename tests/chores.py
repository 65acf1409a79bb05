"""Work for worker processes in tests. Imports little, so that these start at once."""

from __future__ import annotations

import errno
import os
import signal
import time


def squared(number: int) -> int:
    """The square; some numbers do harm."""
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 8:
        raise OSError(errno.EIO, "Input/output error")
    if number == 9:
        raise ZeroDivisionError
    return number * number


def who(seconds: float, number: int) -> int:
    """The process that did a task of so many seconds."""
    time.sleep(seconds)
    return os.getpid()


def deadly(number: int, folder: str, asked: int) -> str:
    """`execute` that kills its process at one run."""
    from model.experiments.sweep_run import execute

    if asked == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(folder, asked)
