"""Which strengths of reaction feed on themselves, and which die out: what is left of a control that ended long ago.

`python -m model.experiments.reactions FOLDER` runs one control of chip tools that lasts two years, with the United States and
China reacting to each other, over a grid of reaction strengths within their declared ranges, without and with the reaction
to catch-up; it writes reactions.csv with reactions.png and reactions.pdf in FOLDER/en and FOLDER/ko. About a minute.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd

from calibration.registry import central, override, rows_by_key
from model.axes import REGION_INDEX
from model.experiments.apart import save_both
from model.figures.reactions import FIGURE
from model.instruments import Value, instruments
from model.scenario.resolve import load_scenario
from model.scenario.types import REACTIVE, Measure, Place, Scenario
from model.scenario.types import Path as Course
from model.simulation import Decoupling

SCENARIO, SIDES = "no_policy", ("USA", "CHN")
START, END = 2019.0, 2021.0
"""The control holds in the quarters from START to before END."""
LEVERS: dict[str, Value] = {"segments": ("equipment", "accelerators"), "denial_rate": 0.9}
TO_CONTROLS, TO_CATCH_UP = "reaction_to_controls", "reaction_to_catch_up"
STEPS = 5


@cache
def shocked() -> Scenario:
    """`no_policy` with the control, and both sides reacting from the first quarter on."""
    scenario, levers = load_scenario(SCENARIO), instruments()["export_control"].levers
    courses = {name: Course(constant=LEVERS.get(name, lever.neutral)) for name, lever in levers.items()}
    control = Measure(
        "shock", "export_control", START, END, None, (), ("USA",), ("CHN",), courses, "assumed", Place("reactions", 1)
    )
    states = {**scenario.states, **dict.fromkeys(SIDES, REACTIVE)}
    return replace(scenario, name="shocked", measures=(control,), states=states)


def levels_of_stance(changes: Mapping[str, float]) -> tuple[float, float]:
    """Mean over both sides of the stance on the layer where it is highest, when the control has ended and in the last quarter."""
    model = Decoupling(shocked(), parameters=override(central(), {"reaction_start": 2018.0, **changes}))
    found: list[float] = []
    model.running = True
    while model.running:
        model.step()
        if model.now["year"] > END - 1e-9:
            found.append(float(model.now["stance"][[REGION_INDEX[r] for r in SIDES]].max(1).mean()))
    return found[0], found[-1]


def strengths(name: str, steps: int = STEPS) -> dict[str, list[float]]:
    """Values of a reaction strength of each side, from end to end of its declared range."""
    rows = [rows_by_key()[f"{name}[{side}]"] for side in SIDES]
    return {row.index: [row.low + (row.high - row.low) * k / (steps - 1) for k in range(steps)] for row in rows}


def sweep(steps: int = STEPS, catch_up: Sequence[bool] = (False, True)) -> Iterator[dict[str, object]]:
    """One row per strength of either side, without and with the reaction to catch-up: stance after the control, and at the end."""
    grid = strengths(TO_CONTROLS, steps)
    for on in catch_up:
        loop = {} if on else {TO_CATCH_UP: 0.0}
        for usa in grid["USA"]:
            for chn in grid["CHN"]:
                values = {f"{TO_CONTROLS}[USA]": usa, f"{TO_CONTROLS}[CHN]": chn, **loop}
                first, last = levels_of_stance(values)
                yield {"catch_up": on, "usa": usa, "chn": chn, "unit": "index 0-1", "after": first, "last": last}


def write_reactions(folder: Path) -> pd.DataFrame:
    """Run the sweep and draw it in both languages."""
    frame = pd.DataFrame(sweep())
    save_both(FIGURE, frame, SCENARIO, folder)
    return frame


if __name__ == "__main__":
    write_reactions(Path(sys.argv[1] if len(sys.argv) > 1 else "results/reactions"))
