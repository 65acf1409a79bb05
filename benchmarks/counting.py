"""Counts of Python calls: the part of cost that does not depend on the machine or on who else is using it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

SOURCES = tuple(str(Path(__file__).resolve().parent.parent / name) for name in ("model", "calibration"))


def calls_of(work: Callable[[], Any]) -> Counter[str]:
    """How often each function of model/ and calibration/ is called by `work`, as 'file:function'.

    Comprehensions and lambdas are left out, as Python versions differ there.
    """
    found: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(SOURCES) and not code.co_name.startswith("<"):
            found[f"{Path(code.co_filename).name}:{code.co_name}"] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return found
