"""What holds for every test: the same examples every time, no window, no picture library that opens one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"  # also for the processes that tests start

settings.register_profile("blocs", derandomize=True, database=None, deadline=None, print_blob=False)
settings.load_profile("blocs")


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small sweep of tests/faults.py by the real command on one worker, undisturbed."""
    from tests import faults

    folder = tmp_path_factory.mktemp("calm") / "sweep"
    done = faults.run(*faults.sweep_words(folder, "--workers", "1"))
    assert done.returncode == 0, done.stderr.decode()
    assert len(faults.shards(folder)) == faults.RUNS
    return folder


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps of tests/folders.py count as finished by their results: they have no shards."""
    from tests.folders import unsettled

    monkeypatch.setattr("model.experiments.question.unfinished", unsettled)
