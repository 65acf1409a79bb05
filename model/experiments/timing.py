"""When states that react would have acted: the quarter in which each kind of measure starts, against the record (E44-E46).

From the origin on the dated measures of the United States and China are left out, and both react by their ladders. A kind is a
state, a layer and an instrument: it starts with its first measure of the ladder, and is dated by the first of the record
after the origin. A kind that starts and is not in the record is a false alarm; dated measures of no kind of the ladder are
out of its reach. All three are told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.states import LadderMeasure, ladder
from model.axes import LAYERS, quarter_labels, quarter_start
from model.kernel.links import Array
from model.scenario.types import Measure, Scenario
from model.simulation import Decoupling
from model.world import Parameters

NEAR = 0.5
"""Distance in years up to which a date counts as told."""


SAME = {"equipment_control": "export_control"}
"""An instrument that is a kind of another: the record has tools under either."""


@dataclass(frozen=True)
class Timing:
    """One kind of measure beside the record. `dated` NaN: the record has none; `repeated`: it had some before the origin too.

    `told` [draw]: start of the quarter in which it began; the end of the horizon if it did not. `naive`: the last date before the
    origin and the mean distance of those so far (a rule that knows no politics); NaN with fewer than two.
    """

    state: str
    layer: str
    instrument: str
    dated: float
    repeated: bool
    told: Array
    naive: float

    @property
    def middle(self) -> float:
        """Median date told."""
        return float(np.median(self.told))


def starts_of(scenario: Scenario, draws: Mapping[int, Parameters], seed: int) -> dict[str, Array]:
    """Measure of the ladder ('ladder.STATE.LAYER.RUNG') -> start of its first quarter in force [draw]; the end if none."""
    end = quarter_start(scenario.last) + 0.25
    quarters = [quarter_start(label) for label in quarter_labels(scenario.first, scenario.last)]
    found: dict[str, list[float]] = {}
    for draw, parameters in draws.items():
        model = Decoupling(scenario, None, draw, seed, parameters)
        strength = model.decisions()[: len(quarters)].sum(2)  # [t, measure]
        for k, action in enumerate(model.setting.actions):
            if action.rung is not None:
                began = np.flatnonzero(strength[:, k] > 0)
                found.setdefault(action.measure.id, []).append(quarters[began[0]] if len(began) else end)
    return {name: np.array(dates) for name, dates in found.items()}


def timings(record: Scenario, starts: Mapping[str, Array], origin: float) -> list[Timing]:
    """Every kind of measure that a ladder could start, beside the first dated one of its kind from the origin to the record's end."""
    kinds: dict[tuple[str, str, str], list[LadderMeasure]] = {}
    for rung in ladder():
        if f"ladder.{rung.state}.{rung.layer}.{rung.rung}" in starts:
            kinds.setdefault((rung.state, rung.layer, kind_of(rung.instrument)), []).append(rung)
    end, found = quarter_start(record.last) + 0.25, []
    for kind, rungs in kinds.items():
        told = np.min([starts[f"ladder.{r.state}.{r.layer}.{r.rung}"] for r in rungs], axis=0)
        dates = sorted({m.start for m in record.measures if m.start < end and any(alike(m, r) for r in rungs)})
        before, after = [d for d in dates if d < origin - 1e-9], [d for d in dates if d >= origin - 1e-9]
        found.append(Timing(*kind, after[0] if after else math.nan, bool(before), told, next_in_turn(before, origin)))
    return found


def kind_of(instrument: str) -> str:
    """The instrument that one counts as."""
    return SAME.get(instrument, instrument)


def next_in_turn(before: Sequence[float], origin: float) -> float:
    """When the next would come if they went on at the mean distance so far; not before the origin; NaN with fewer than two."""
    if len(before) < 2:
        return math.nan
    return max(before[-1] + (before[-1] - before[0]) / (len(before) - 1), origin)


def alike(measure: Measure, rung: LadderMeasure) -> bool:
    """Whether a dated measure is of a ladder measure's kind: same state and instrument, and a segment of its layer (or none named)."""
    if kind_of(measure.instrument) != kind_of(rung.instrument) or rung.state not in measure.senders:
        return False
    segments = measure.levers["segments"].constant if "segments" in measure.levers else ()
    wanted = rung.levers.get("segments")
    own = set(wanted) if isinstance(wanted, tuple) and wanted else set(LAYERS[rung.layer])
    return not isinstance(segments, tuple) or not segments or bool(own & set(segments))


def out_of_reach(record: Scenario, reacting: Sequence[str], origin: float) -> list[Measure]:
    """Dated measures of the states that react, from the origin to the record's end, that no measure of a ladder is like."""
    end = quarter_start(record.last) + 0.25
    later = [m for m in record.measures if origin - 1e-9 <= m.start < end and set(m.senders) & set(reacting)]
    return [m for m in later if not any(alike(m, rung) for rung in ladder())]


def timing_table(found: Sequence[Timing], end: float) -> pd.DataFrame:
    """One row a kind: dated, told with its band (NaN: not by the end), in how many draws, quarters late (early below 0), the naive rule's."""
    rows = []
    for t in found:
        low, middle, high = (x if x < end - 1e-9 else math.nan for x in np.quantile(t.told, [0.1, 0.5, 0.9]))
        rows.append({
            "state": t.state, "layer": t.layer, "instrument": t.instrument, "dated": t.dated, "repeated": t.repeated, "told": middle,
            "told_p10": low, "told_p90": high, "started": float(np.mean(t.told < end - 1e-9)), "late": 4 * (middle - t.dated), "late_naive": 4 * (t.naive - t.dated),
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values(["dated", "told", "state", "layer"], ignore_index=True)


def timing_score(found: Sequence[Timing], end: float) -> dict[str, float]:
    """What it comes to: kinds dated, told within half a year, not told by the end, mean quarters off of those told, false alarms, rightly silent.

    The naive rule is scored on the kinds for which it has a date, with what the model says of the same.
    """
    dated = [t for t in found if not math.isnan(t.dated)]
    told = [t for t in dated if t.middle < end - 1e-9]
    others = [t for t in found if math.isnan(t.dated) and not t.repeated]
    naive = [t for t in told if not math.isnan(t.naive)]

    def off(values: Sequence[float]) -> float:
        return 4 * float(np.mean(np.abs(values))) if len(values) else math.nan

    return {
        "dated": len(dated), "near": sum(abs(t.middle - t.dated) <= NEAR + 1e-9 for t in told), "not_told": len(dated) - len(told),
        "off": off([t.middle - t.dated for t in told]), "naive": len(naive), "off_naive": off([t.naive - t.dated for t in naive]),
        "off_beside_naive": off([t.middle - t.dated for t in naive]), "alarms": sum(t.middle < end - 1e-9 for t in others),
        "silent": sum(t.middle >= end - 1e-9 for t in others),
    }  # fmt: skip
