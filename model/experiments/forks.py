"""When does a fork succeed? Users of HarmonyOS in China in 2035, by how hard the fork is pushed.

`python -m model.experiments.forks FOLDER` runs `chip_controls` with a fork of operating systems from 2026 on
(Android's applications are given up) at several values of two levers and of the network effect, and writes forks.csv
with forks.png and forks.pdf in FOLDER/en and FOLDER/ko. About two minutes. A network effect above 1 (E16, E31)
is a labelled state of the world, outside what is drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from calibration.registry import central, override
from calibration.world import ALL_ECOSYSTEMS
from model.axes import REGION_INDEX
from model.experiments.apart import save_both
from model.figures.forks import FIGURE
from model.instruments import Value, instruments
from model.scenario.resolve import load_scenario
from model.scenario.types import Measure, Place, Scenario
from model.scenario.types import Path as Course
from model.simulation import Decoupling

SCENARIO, REGION, ECOSYSTEM = "chip_controls", "CHN", "harmony"
START, INTEROPERABILITY_LOSS = 2026.0, 0.9
EFFECTS = (0.4, 0.7, 1.3)
LEVERS: dict[str, tuple[float, ...]] = {
    "support": (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0),
    "access_loss": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0),
}


def forked(lever: str, value: float) -> Scenario:
    """The scenario with the fork, one lever at this value."""
    scenario, levers = load_scenario(SCENARIO), instruments()["os_fork"].levers
    moved: dict[str, Value] = {"interoperability_loss": INTEROPERABILITY_LOSS, lever: value}
    courses = {name: Course(constant=moved.get(name, own.neutral)) for name, own in levers.items()}
    fork = Measure("fork", "os_fork", START, None, None, (), ("USA",), (REGION,), courses, "assumed", Place("forks", 1))
    return replace(scenario, measures=(*scenario.measures, fork))


def sweep() -> Iterator[dict[str, object]]:
    """One row per lever, value and network effect: percent of China's users at the end of the horizon."""
    for effect in EFFECTS:
        parameters = override(central(), {"network_effect[os]": effect}, check=False)
        for lever, values in LEVERS.items():
            for value in values:
                model = Decoupling(forked(lever, value), parameters=parameters)
                model.run_to_end()
                users = model.now["base"][REGION_INDEX[REGION], ALL_ECOSYSTEMS.index(ECOSYSTEM)]
                yield {
                    "region": REGION, "ecosystem": ECOSYSTEM, "unit": "percent of users", "lever": lever,
                    "value": value, "network_effect": effect, "quarter": model.quarters[-1], "share": 100 * float(users),
                }  # fmt: skip


def write_forks(folder: Path) -> None:
    """Run the sweep and draw it in both languages."""
    frame = pd.DataFrame(sweep())
    save_both(FIGURE, frame, SCENARIO, folder)


if __name__ == "__main__":
    write_forks(Path(sys.argv[1] if len(sys.argv) > 1 else "results/forks"))
