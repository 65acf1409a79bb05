"""Counts of Python calls: the part of cost that does not depend on the machine or on who else is using it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

MODEL = str(Path(__file__).resolve().parent.parent / "model")


def calls_of(work: Callable[[], Any]) -> Counter[str]:
    """How often each function of `model/` is called by `work`, as 'file:function'."""
    found: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(MODEL):
            found[f"{Path(code.co_filename).name}:{code.co_name}"] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return found
