"""Decoupling: the Mesa model. `step` runs the schedule once; agents decide, the kernel computes."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import mesa
import numpy as np

from calibration.registry import central
from calibration.world import build_setting
from model.agents.population import Firm, Population, State, Users
from model.axes import quarter_labels, quarter_start
from model.errors import ModelError
from model.kernel.links import Array
from model.past import Past
from model.record import Recorder
from model.scenario.types import Scenario
from model.schedule import SCHEDULE, Stage, passed_on, run_quarter
from model.start import start_state
from model.world import Parameters, Setting

Held = tuple[Array, Array]
"""What states decided in the run of a scenario, and in that of the other one (`decisions`): they do not decide again."""
AGENTS: dict[str, type[mesa.Agent]] = {"state": State, "firm": Firm, "users": Users}
"""The classes that decide; replace one to see what its decisions are worth."""


class Decoupling(mesa.Model):  # type: ignore[misc]
    """One run of one scenario: scenario x stance x state of the world x seed.

    `step()` is a quarter and nothing else; `running` turns False at the scenario's horizon. Works with
    Mesa's DataCollector and batch_run (arguments may be names: scenario='blocs').
    """

    def __init__(
        self, scenario: Scenario | str = "no_policy", stance: str | None = None, draw: int = 0, seed: int = 0,
        parameters: Parameters | None = None, dt: float = 0.25, agents: dict[str, type[mesa.Agent]] | None = None,
        schedule: tuple[Stage, ...] = SCHEDULE, record: str | None = None,
        sides: tuple[tuple[int, ...], tuple[int, ...]] | None = None,
        channels: frozenset[str] | None = None, otherwise: Scenario | None = None, held: Held | None = None,
        past: Past | None = None,
    ) -> None:  # fmt: skip
        super().__init__(seed=seed)
        resolved = load(scenario)
        self.scenario, self.stance, self.draw, self.schedule = resolved, stance, draw, schedule
        drawn = parameters if parameters is not None else draw_of(draw, seed, resolved)
        setting = build_setting(drawn, resolved, stance, seed, dt)
        classes = AGENTS | (agents or {})
        own, others = held or (None, None)
        self.setting = replace(setting, agents=populate(self, setting, classes), channels_on=channels, held=own)
        if otherwise is not None:
            other = build_setting(drawn, otherwise, None, seed, dt)
            other = replace(other, agents=populate(self, other, classes), held=others)
            self.setting = replace(self.setting, otherwise=other)
        self.quarters = quarter_labels(resolved.first, resolved.last)
        self.end = quarter_start(resolved.last) + 0.25
        self.recorder = Recorder(self.setting, record, sides)
        self.now = start_state(self.setting)
        self.walk = past.follow(self.setting, schedule) if past and not agents else None
        self.datacollector = mesa.DataCollector(
            model_reporters={"year": lambda m: m.now["year"], "real_income": lambda m: m.real_income(m.scenario.focus)}
        )

    def step(self) -> None:
        """One quarter: the schedule, then the record."""
        self.now = self.walk.step(self.now, self._quarter) if self.walk else self._quarter()
        self.recorder.add(self.now)
        self.datacollector.collect(self)
        self.running = bool(self.now["year"] < self.end - 1e-9)

    def _quarter(self) -> dict[str, Any]:
        self.now = passed_on(self.now, self.schedule)
        try:
            return run_quarter(self.setting, self.now, self.schedule)
        except ModelError as fault:
            when = self.quarters[len(self.recorder.rows)]
            fault.placed(when if fault.buyer is None else f"{when}, {self._name(fault.buyer)}")
            raise

    def _name(self, buyer: int) -> str:
        """Who a buyer of the economy is: a plant, or the region whose investors or users."""
        plants, economy = self.setting.plants, self.setting.economy
        return plants.ids[buyer] if buyer < economy.n else self.setting.regions[int(economy.buyer_region[buyer])]

    def run_to_end(self) -> Recorder:
        """All quarters of the scenario's horizon; the recorder holds the outcomes."""
        self.running = True
        while self.running:
            self.step()
        return self.recorder

    def decisions(self) -> Array:
        """Run to the end; what the states decide for the first quarter and in each [t, measure, R]."""
        found = [self.now["in_force"]]
        self.running = True
        while self.running:
            self.step()
            found.append(self.now["in_force"])
        return np.array(found)

    def real_income(self, region: str) -> float:
        """Real Income of a region in the last quarter (index, 2018 = 1); NaN before the first."""
        return self.recorder.last("Real Income", region)


def load(scenario: Scenario | str) -> Scenario:
    """A scenario by name, or itself."""
    if isinstance(scenario, Scenario):
        return scenario
    from model.scenario.resolve import load_scenario

    return load_scenario(scenario)


def draw_of(draw: int, seed: int, scenario: Scenario) -> Parameters:
    """The parameters of one draw with the scenario's overrides; draw 0 is central."""
    from calibration.registry import override

    drawn = central() if draw == 0 else _drawn(draw, seed)
    return override(drawn, scenario.overrides) if scenario.overrides else drawn


@lru_cache(maxsize=4)
def _drawn(draw: int, seed: int) -> Parameters:
    """A draw; the cases of one come one after the other."""
    from calibration.draws import draw_parameters

    return draw_parameters(draw, seed)


def populate(model: mesa.Model, setting: Setting, classes: dict[str, Any]) -> Population:
    """Live agents: a state per region, a firm per name, users per network and region."""
    states = [classes["state"](model, r, setting.states.get(r, "scripted")) for r in range(setting.economy.regions)]
    names = sorted({firm for firm in setting.plants.firms if firm})
    rows = {name: np.array([i for i, firm in enumerate(setting.plants.firms) if firm == name]) for name in names}
    firms = [classes["firm"](model, name, rows[name]) for name in names]
    users = [[classes["users"](model, r) for r in range(setting.economy.regions)] for _ in setting.networks]
    return Population(states, firms, users)
