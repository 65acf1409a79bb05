"""`python -m benchmarks`: measure everything, then write docs/performance.md with its pictures.

Parts may be run one by one (`--only oracle`); each is kept in benchmarks/results.json until it is measured again, with
the machine, the versions and the sources it was measured with. Ratios hold within one run on one machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks import page, peers

RESULTS = Path(__file__).with_name("results.json")
ROOT = Path(__file__).parents[1]
PACKAGES = ("numpy", "scipy", "mesa", "numba")
LIMIT = 540
"""Seconds that one measurement may take before it is given up and counted as skipped."""
MEMORY = 0.6
"""Part of the machine's free memory that a measurement is expected to use at most."""
SIZES = {"ours": (208, 1_000, 10_000, 100_000, 1_000_000), "oracle": (208, 1_000, 10_000), "floor": (208, 1_000, 10_000, 100_000, 1_000_000)}
QUARTERS = {"ours": {208: 24, 1_000: 8, 10_000: 4}, "oracle": {208: 4, 1_000: 2, 10_000: 1}, "floor": {}}
MB_A_ROW = 0.03
"""First guess of the memory of a row, until a smaller world has been measured."""

Found = dict[str, Any]


def child(arguments: list[str], interpreter: str = sys.executable) -> Found:
    """One measurement in its own process, on one thread; too long or failed is skipped with the reason."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, "1") | {"PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            [interpreter, "-m", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"skipped": f"not done after {LIMIT} s"}
    if done.returncode:
        return {"skipped": (done.stderr.strip().splitlines() or ["no reason given"])[-1][:200]}
    found: Found = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def free_mb() -> float:
    """Memory that may still be had, MB (infinite where the system does not say)."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return float("inf")
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable"))


def ladder(name: str, largest: int) -> list[Found]:
    """One part at growing sizes, until the next would not fit in memory or in the time limit."""
    found: list[Found] = []
    per_row, seconds = MB_A_ROW, 0.0
    for rows in (size for size in SIZES[name] if size <= largest):
        quarters = QUARTERS[name].get(rows, 1)
        last = found[-1] if found else {}
        grown = rows / last.get("rows", rows)
        if per_row * rows > MEMORY * free_mb():
            result: Found = {"skipped": f"about {per_row * rows / 1024:.0f} GB would be needed"}
        elif seconds * grown > LIMIT:
            result = {"skipped": f"about {seconds * grown / 60:.0f} minutes would be needed"}
        else:
            started = time.time()
            result = child(["benchmarks.measure", name, str(rows), str(quarters)])
            seconds = time.time() - started if rows > 1_000 else 0.0
        found.append(result if "skipped" not in result else result | {"rows": rows})
        if "skipped" in result:
            break  # larger ones would not do either
        if rows >= 10_000:
            per_row = (result.get("peak_mb", 0.0) - result["base_mb"]) / rows if "peak_mb" in result else per_row
        say(f"{name} {rows}: {result.get('seconds', 0):.3g} s a quarter")
    rest = [size for size in SIZES[name] if size > largest]
    return found + [{"rows": rows, "skipped": f"not asked for (--largest {largest})"} for rows in rest]


def measure_cases() -> Found:
    """One case, and many on one worker and on two."""
    found: Found = {"case": child(["benchmarks.measure", "case", "0", "0"])}
    found["many"] = [child(["benchmarks.measure", "cases", str(workers), "16"]) for workers in (1, 2)]
    found["short"] = [child(["benchmarks.measure", "short", str(workers), "400"]) for workers in (1, 2)]
    found["commands"] = child(["benchmarks.measure", "commands", "0", "0"])
    return found


def measure_peers() -> Found:
    """Every peer, in the peers' environment where there is one."""
    if not peers.python().exists():
        return {name: {"skipped": "no environment: run benchmarks/peers_env.sh"} for name in peers.PEERS}
    return {name: child(["benchmarks.peers", name], str(peers.python())) for name in peers.PEERS}


def machine() -> Found:
    """Where it ran: processor, cores, memory, Python, packages, compiler, and the engine's sources."""
    from benchmarks.floor import compiler
    from model.experiments.identity import engine_hash

    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1].strip() for line in info.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    found: Found = {"processor": model, "cores": os.cpu_count(), "system": platform.platform(terse=True), "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    command = compiler()
    found["compiler"] = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0] if command else "none"
    sources: Any = engine_hash()
    found["engine"] = sources if isinstance(sources, str) else str(sorted(sources.items()) if isinstance(sources, dict) else sources)
    found["engine"] = found["engine"][:12]
    found["load"] = round(os.getloadavg()[0], 1)
    return found


def settle() -> None:
    """Wait until the load of the part before is gone, at most two minutes: else it would count as other work."""
    for _ in range(24):
        if os.getloadavg()[0] <= page.BUSY * (os.cpu_count() or 1):
            return
        time.sleep(5)


def say(text: str) -> None:
    """One line on the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure what was asked for and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure BLOCS and write docs/performance.md.")
    names = ("ours", "oracle", "floor", "cases", "peers", "profile")
    parser.add_argument("--only", choices=names, nargs="*", help="measure these parts only; the others stay as they were")
    parser.add_argument("--largest", type=int, default=1_000_000, help="largest number of rows (default: 1,000,000)")
    parser.add_argument("--page", action="store_true", help="only write the page from what was measured")
    asked = parser.parse_args()
    parts: dict[str, Callable[[], Any]] = {
        "ours": lambda: ladder("ours", asked.largest), "oracle": lambda: ladder("oracle", asked.largest),
        "floor": lambda: ladder("floor", asked.largest), "cases": measure_cases, "peers": measure_peers,
        "profile": lambda: child(["benchmarks.measure", "profile", "208", "8"]),
    }  # fmt: skip
    results: Found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in () if asked.page else asked.only or names:
        started = time.time()
        say(f"{name} ...")
        settle()
        before = results.get(name, {})
        results[name] = {"machine": machine(), "when": time.strftime("%Y-%m-%d"), "found": parts[name]()}
        if name == "profile" and before:
            results[name]["before"] = before.get("before") or {"engine": before["machine"]["engine"], "text": before["found"]["engine"]}
        results[name]["took"] = round(time.time() - started)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for path in page.write(results, ROOT / "docs"):
        say(str(path.relative_to(ROOT)))


if __name__ == "__main__":
    main()
