"""What holds for every test: the same examples every time, no window, no picture library that opens one."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"  # also for the processes that tests start

settings.register_profile("blocs", derandomize=True, database=None, deadline=None, print_blob=False)
settings.load_profile("blocs")


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps of tests/folders.py count as finished by their results: they have no shards."""
    from tests.folders import unsettled

    monkeypatch.setattr("model.experiments.question.unfinished", unsettled)
