"""Peers on the same material, in their own environment (benchmarks/peers_env.sh): `python -m benchmarks.peers NAME`.

BoARIO propagates a shock over our table added up to industries; mesa.batch_run runs the oracle; the EMA workbench
evaluates our cases. Each prints one line of JSON. What is not installed is said, not guessed.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Found = dict[str, Any]
STEPS = 72
SHOCK = 0.3
"""Part of the output of one industry that BoARIO's event takes away."""


def folder() -> Path:
    """Where benchmarks/peers_env.sh puts the environment."""
    return Path(os.environ.get("BLOCS_PEERS", Path.home() / ".cache" / "blocs-peers"))


def python() -> Path:
    """The environment's interpreter."""
    return folder() / "bin" / "python"


def peak_mb() -> float:
    """Largest memory of this process and its children, MB."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def industries() -> tuple[Any, Any, Any]:
    """Our base table as an industry table: Z [rs, rs], final demand [rs, region x category], output [rs], a year in USD."""
    import pandas as pd

    from benchmarks.worlds import default_setting
    from model.axes import REGIONS, SEGMENTS

    setting = default_setting("no_policy")
    economy, table = setting.economy, setting.economy.table
    n, k, regions = economy.n, economy.k, economy.regions
    names = pd.MultiIndex.from_product([REGIONS, SEGMENTS], names=["region", "sector"])
    row = table.location * table.segments + table.segment
    flow = np.zeros((len(names), len(economy.buyer_region)))
    np.add.at(flow, (row[economy.links.supplier], economy.links.buyer), economy.flow0 * 4 * setting.usd * 1e9)
    z = np.zeros((len(names), len(names)))
    np.add.at(z.T, row, flow[:, :n].T)
    capital = np.zeros((len(names), regions))
    np.add.at(capital.T, economy.buyer_region[n : n + k], flow[:, n : n + k].T)
    final = flow[:, n + k : n + k + regions] + flow[:, n + k + regions :]
    columns = pd.MultiIndex.from_product([REGIONS, ["Final consumption", "Gross capital formation"]], names=["region", "category"])
    demand = np.stack([final, capital], 2).reshape(len(names), -1)
    output = z.sum(1) + demand.sum(1)
    return (
        pd.DataFrame(z, names, names), pd.DataFrame(demand, names, columns),
        pd.DataFrame({"indout": output}, names),
    )  # fmt: skip


def boario() -> Found:
    """Seconds and memory of a run of BoARIO: 72 steps after a loss of output in one industry."""
    import pymrio
    from boario.event import from_scalar_regions_sectors
    from boario.extended_models import ARIOPsiModel
    from boario.simulation import Simulation

    z, demand, output = industries()
    live = output["indout"] > 0
    table = pymrio.IOSystem(Z=z, Y=demand, x=output)
    table.calc_all()
    took, low = [], 1.0
    for _ in range(4):
        started = time.perf_counter()
        model = ARIOPsiModel(table)
        with tempfile.TemporaryDirectory() as place:
            simulation = Simulation(model, n_temporal_units_to_sim=STEPS, boario_output_dir=place)
            event = from_scalar_regions_sectors(
                SHOCK, event_type="arbitrary", affected_regions=["CHN"], affected_sectors=["devices"],
                impact_regional_distrib="equal", impact_sectoral_distrib="equal", occurrence=2, duration=20, recovery_tau=20,
            )  # fmt: skip
            simulation.add_event(event)
            simulation.loop()
            made = simulation.production_realised.to_numpy()
        took.append(time.perf_counter() - started)
        low = float(np.nanmin(made.sum(1) / made.sum(1)[0]))
    import boario as package

    return {
        "version": package.__version__, "industries": len(output), "empty": int((~live).sum()), "steps": STEPS,
        "links": int((z.to_numpy() > 0).sum()), "seconds": statistics.median(took), "lowest_output": low, "peak_mb": peak_mb(),
    }  # fmt: skip


def batch_run() -> Found:
    """mesa.batch_run on the oracle in the default world, neutral quarters: one process and two."""
    import mesa

    quarters, runs = 4, 4
    found: Found = {"version": mesa.__version__, "quarters": quarters, "runs": runs}
    for workers in (1, 2):
        started = time.perf_counter()
        mesa.batch_run(
            OracleCase, {"rows": 208}, iterations=runs, max_steps=quarters, number_processes=workers,
            data_collection_period=-1, display_progress=False,
        )  # fmt: skip
        found[f"seconds_{workers}"] = time.perf_counter() - started
    return found | {"peak_mb": peak_mb()}


class OracleCase:
    """What batch_run constructs: a model of the oracle that collects the GDP of the first region at every step."""

    def __new__(cls, rows: int = 208, seed: int = 0) -> Any:
        """A new model; the class is only what batch_run can send to another process."""
        import mesa

        from benchmarks.mesa_world import build, neutral_policy
        from benchmarks.worlds import default_setting, split_setting

        setting = split_setting(default_setting("no_policy"), rows, seed)
        model = build(setting)
        model.act_on(neutral_policy(setting))
        model.datacollector = mesa.DataCollector(model_reporters={"gdp": lambda m: m.regions[0].gdp})
        plain = model.step

        def step() -> None:
            plain()
            model.datacollector.collect(model)

        model.step = step  # type: ignore[method-assign]
        return model


def one_case(draw: int = 1) -> Found:
    """A case of ours as a function of its draw, for the workbench."""
    from model.experiments.cases import Case, Failure, run_case
    from model.scenario.resolve import load_scenario

    recording = run_case(Case("blocs", load_scenario("blocs"), None, int(draw), 0, ((0,), (1,))))
    if isinstance(recording, Failure):
        return {"total": float("nan")}
    return {"total": float(np.nansum(recording.values[:, -1]))}


def ema() -> Found:
    """The same cases by the EMA workbench's evaluators and by run_cases, one worker and two."""
    import ema_workbench
    from ema_workbench import (
        IntegerParameter,
        Model,
        MultiprocessingEvaluator,
        ScalarOutcome,
        SequentialEvaluator,
        perform_experiments,
    )

    from benchmarks.measure import cases

    count = 8
    model = Model("blocs", function=one_case)
    model.uncertainties = [IntegerParameter("draw", 1, count)]
    model.outcomes = [ScalarOutcome("total")]
    one_case(1)
    found: Found = {"version": ema_workbench.__version__, "cases": count}
    started = time.perf_counter()
    with SequentialEvaluator(model) as evaluator:
        perform_experiments(model, count, evaluator=evaluator)
    found["seconds_1"] = time.perf_counter() - started
    started = time.perf_counter()
    with MultiprocessingEvaluator(model, n_processes=2) as evaluator:
        perform_experiments(model, count, evaluator=evaluator)
    found["seconds_2"] = time.perf_counter() - started
    for workers in (1, 2):
        found[f"ours_{workers}"] = cases(workers, count)["seconds"]
    return found | {"peak_mb": peak_mb()}


PEERS: dict[str, Callable[[], Found]] = {"boario": boario, "batch_run": batch_run, "ema": ema}


def main() -> None:
    """Run one peer and print what it took; a peer that is not installed is skipped and said so."""
    warnings.simplefilter("ignore")
    try:
        with np.errstate(all="ignore"):
            found = PEERS[sys.argv[1]]()
    except ImportError as error:
        found = {"skipped": str(error)}
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
