"""Sweeps on a Dask cluster: a real scheduler and two workers over loopback TCP, and what happens when they are killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from model.cli import Cli
from model.experiments.store import sha256
from tests import faults

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


class Cluster:
    """A scheduler and workers, each a process; `extra` words go to all of them."""

    def __init__(self, folder: Path, protocol: str = "tcp", extra: tuple[str, ...] = ()) -> None:
        """Starts the scheduler; its address is in its scheduler file."""
        self.folder, self.extra, self.processes = folder, extra, dict[str, subprocess.Popen[bytes]]()
        contact = folder / "scheduler.json"
        listen = ("--protocol", protocol, "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.start("scheduler", *listen, "--scheduler-file", str(contact))
        self.address = str(json.loads(waited(contact))["address"])

    def start(self, name: str, *words: str) -> None:
        """Start the scheduler, or a worker of this name."""
        kind = name if name == "scheduler" else "worker"
        options = words if words else (self.address, "--name", name, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        command = [sys.executable, "-m", "distributed.cli.dask_" + kind, *options, *self.extra]
        environment = {**faults.environment(), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait(30)


def waited(path: Path) -> str:
    """The text of a file as soon as it is there and whole."""
    for _ in range(600):
        if path.is_file() and path.read_text(encoding="utf-8").rstrip().endswith("}"):
            return path.read_text(encoding="utf-8")
        time.sleep(0.1)
    raise AssertionError(f"{path} never came: {(path.parent / 'scheduler.log').read_text(encoding='utf-8')[-2000:]}")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and the workers `left` and `right`."""
    made = Cluster(tmp_path)
    for name in ("left", "right"):
        made.start(name)
    yield made
    for process in made.processes.values():
        process.kill()
        process.wait(30)


def test_same_bytes_and_the_result_names_its_workers(calm: Path, cluster: Cluster, tmp_path: Path) -> None:
    done = faults.run(*faults.sweep_words(tmp_path / "sweep", "--cluster", cluster.address))
    assert done.returncode == 0, done.stderr.decode()
    assert sha256(tmp_path / "sweep" / "results.parquet") == sha256(calm / "results.parquet")
    workers = json.loads((tmp_path / "sweep" / "manifest.json").read_text(encoding="utf-8"))["provenance"]["workers"]
    assert set(workers) <= {"left", "right"} and sum(workers.values()) == faults.RUNS


def test_a_worker_and_then_the_scheduler_killed_in_mid_sweep(calm: Path, cluster: Cluster, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    process = faults.start(faults.sweep_words(broken, "--cluster", cluster.address))
    faults.wait_for_shards(broken, 2, process)
    cluster.kill("left")
    lost = len(faults.shards(broken))
    faults.wait_for_shards(broken, lost + 2, process)  # the sweep goes on without it
    cluster.kill("scheduler")
    _, errors = process.communicate(timeout=faults.PATIENCE)
    assert process.returncode == 3 and b"Traceback" not in errors, errors.decode()
    assert "out of reach" in errors.decode() and f"blocs resume {broken.as_posix()}" in errors.decode()
    cluster.kill("right")
    assert 0 < lost < len(faults.shards(broken)) < faults.RUNS
    result = CliRunner().invoke(Cli(), ["resume", str(broken), "--workers", "1"])
    assert result.exit_code == 0, result.output
    assert sha256(broken / "results.parquet") == sha256(calm / "results.parquet")


def test_no_scheduler_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.experiments.cluster.PATIENCE", 1)
    words = faults.sweep_words(tmp_path / "sweep", "--cluster", "tcp://127.0.0.1:9")
    result = CliRunner().invoke(Cli(), words)
    assert result.exit_code == 3 and "tcp://127.0.0.1:9: the scheduler or its workers are out of reach" in result.output


def certificate(folder: Path) -> tuple[str, ...]:
    """A key and a certificate signed by itself, and the words that make Dask use them."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=blocs",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return ("--tls-ca-file", str(cert), "--tls-cert", str(cert), "--tls-key", str(key))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_over_tls_with_dasks_own_settings(tmp_path: Path) -> None:
    words = certificate(tmp_path)
    made = Cluster(tmp_path, "tls", words)
    try:
        made.start("left")
        assert made.address.startswith("tls://")
        refused = CliRunner().invoke(Cli(), faults.sweep_words(tmp_path / "refused", "--cluster", made.address))
        assert refused.exit_code == 3 and "no certificate" in refused.output
        role = {kind: {"cert": words[3], "key": words[5]} for kind in ("client", "scheduler", "worker")}
        config = {"distributed": {"comm": {"tls": {"ca-file": words[1], **role}}}}
        (tmp_path / "dask.yaml").write_text(json.dumps(config), encoding="utf-8")
        process = subprocess.run(
            faults.command(*faults.sweep_words(tmp_path / "sweep", "--cluster", made.address)), cwd=faults.ROOT,
            env={**faults.environment(), "DASK_CONFIG": str(tmp_path)}, capture_output=True, timeout=faults.PATIENCE,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr.decode()
    finally:
        for started in made.processes.values():
            started.kill()
            started.wait(30)
