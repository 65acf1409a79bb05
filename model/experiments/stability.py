"""Stability of the no-policy map (E25): a small perturbation must die out, also with one segment short of capacity.

`python -m model.experiments.stability` writes calibration/stability.csv: a verdict per draw for the current
parameter tables (read in `verdicts`). A test checks the file's hash and a sample of verdicts.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import mesa
import numpy as np

from calibration.draws import draw_parameters
from calibration.registry import override, tables_hash
from calibration.world import build_setting
from model.kernel.links import Array
from model.schedule import SCHEDULE, Stage, run_quarter
from model.simulation import AGENTS, load, populate
from model.start import start_state
from model.world import Parameters, Setting, State

LIMIT = 0.998
"""Largest growth factor a quarter of a perturbation in a draw that is used."""
SHORT, SHORT_SEGMENT = 0.9, "memory"
"""The second check: this segment's capacity is a tenth below its base output for good."""
YEARS, SHOCK, NOISE = 45, 1e-3, 1e-10
COLUMNS = ("tables", "draw", "growth", "growth_short", "sigma", "r_s", "r_w", "verdict")


def growth_factor(parameters: Parameters, short: bool = False) -> float:
    """Growth factor a quarter of a small wage perturbation of the no-policy map without trend growth and entry."""
    still = override(parameters, {"growth_baseline": 0.0, "catch_up": 0.0}, check=False)
    setting = _without_entry(build_setting(still, load("no_policy")))
    schedule = _short_of_capacity(setting) if short else SCHEDULE
    calm, shaken = start_state(setting), start_state(setting)
    if short:  # shake the path that the shortage has settled on, not the base year
        for _ in range(4 * YEARS // 3):
            calm = run_quarter(setting, calm, schedule)
        shaken = dict(calm)
    regions = setting.economy.regions
    shaken["wage"] = shaken["wage"] * np.exp(SHOCK * np.cos(np.arange(regions) * np.pi))
    gaps: list[float] = []
    for _ in range(4 * YEARS):
        calm, shaken = run_quarter(setting, calm, schedule), run_quarter(setting, shaken, schedule)
        gaps.append(_distance(calm, shaken))
        if gaps[-1] < NOISE:
            break
    return _rate(np.array(gaps))


def _distance(calm: State, shaken: State) -> float:
    """Largest relative distance of wages (up to their level) and of outputs."""
    wage = shaken["wage"] / calm["wage"]
    live = calm["output"] > 0
    output = shaken["output"][live] / calm["output"][live]
    return float(max(abs(wage / wage.mean() - 1).max(), abs(output - 1).max()))


def _rate(gaps: Array) -> float:
    """Growth a quarter between the last two thirds of the path, by their largest values."""
    third = max(1, len(gaps) // 3)
    return float((gaps[-third:].max() / gaps[-2 * third : -third].max()) ** (1 / third))


def _without_entry(setting: Setting) -> Setting:
    """The setting with agents, and latent plants and ecosystems closed for good."""
    plants = replace(setting.plants, entry=np.where(setting.economy.latent, np.inf, -np.inf))
    networks = tuple(
        replace(n, entry=np.where(np.isfinite(n.entry), np.inf, n.entry), launch=np.full_like(n.launch, np.inf))
        for n in setting.networks
    )
    closed = replace(setting, plants=plants, networks=networks)
    return replace(closed, agents=populate(mesa.Model(), closed, AGENTS))


def _short_of_capacity(setting: Setting) -> tuple[Stage, ...]:
    """The schedule in which one segment's plants cannot deliver more than nine tenths of their base output."""
    enact = SCHEDULE[0]
    scarce = setting.economy.table.segment == setting.segments.index(SHORT_SEGMENT)
    limit = np.where(scarce, SHORT * setting.economy.output0, np.inf)

    def limited(s: Setting, now: SimpleNamespace) -> State:
        return enact.function(s, now) | {"limit": limit}

    return (replace(enact, function=limited), *SCHEDULE[1:])


def judge(draw: int) -> dict[str, str]:
    """The verdict on one draw, with what is printed of a refused one."""
    parameters = draw_parameters(draw)
    plain, short = growth_factor(parameters), growth_factor(parameters, short=True)
    sigma, first = parameters["elasticity_of_substitution"], parameters["one_year_elasticity"]
    speeds = {s: -np.log(1 - first[s] / sigma[s]) for s in sigma}
    return {
        "tables": tables_hash()[:16], "draw": str(draw), "growth": f"{plain:.5f}", "growth_short": f"{short:.5f}",
        "sigma": f"{min(sigma.values()):.2f}-{max(sigma.values()):.2f}",
        "r_s": f"{min(speeds.values()):.2f}-{max(speeds.values()):.2f}",
        "r_w": f"{parameters.scalar('wage_adjustment_speed'):.3f}",
        "verdict": "used" if max(plain, short) <= LIMIT else "refused",
    }  # fmt: skip


def write_verdicts(path: Path, draws: int, workers: int) -> None:
    """Judge draws 0..draws-1 and write the file."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(judge, range(draws)))
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 48
    write_verdicts(Path(str(files("calibration"))) / "stability.csv", number, 2)
