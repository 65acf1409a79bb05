"""Names that a sweep varies, the points it samples, and what a point means in parameters and measures.

lhs, sobol and morris sample the unit cube of chances: 0 and 1 are the ends of a name's range, and a chance becomes a
value through the name's own distribution, cut off at the range (calibration.draws.value_at); levers are uniform. What
calibration/joint.csv ties together stays tied, so every point is a world that the draws could have made. grid takes
values in equal steps as they are.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from scipy.special import ndtri

from calibration.draws import E1, ELECTRONICS, SIGMA, is_remainder, settle, tied_range, value_at
from calibration.registry import Row, joint, override, rows_by_key, uncertain
from model.errors import UsageError
from model.instruments import Lever, instruments
from model.kernel.links import Array
from model.scenario.types import Measure, Path, Scenario
from model.streams import stream
from model.world import Parameters

METHODS = ("grid", "lhs", "sobol", "morris")
UNCERTAINTY, LEVER = "uncertainty", "lever"
MORRIS_LEVELS = 4
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Name:
    """Something that a sweep varies: an uncertainty (`name[index]` of the register) or a lever (`instrument.lever`).

    steps   of a grid: how many values; 0: as many as the sweep asks for
    """

    name: str
    kind: str
    unit: str
    low: float
    high: float
    distribution: str
    steps: int = 0

    @property
    def row(self) -> Row:
        """The row of an uncertainty."""
        return rows_by_key()[self.name]

    def value(self, chance: float, known: Mapping[str, float]) -> float:
        """The value at a chance; `known` values by key hold the long run that a one-year elasticity is tied to."""
        if self.kind == LEVER:
            return float(self.low + chance * (self.high - self.low))
        return value_at(self.row, float(chance), known, (self.low, self.high))


def uncertainty(row: Row) -> Name:
    """A row of the register with its own range, cut off where calibration/joint.csv ends it."""
    low, high = tied_range(row, {})
    return Name(row.key, UNCERTAINTY, row.unit, max(row.low, low), min(row.high, high), row.distribution)


def all_uncertainties(fixed: Iterable[str] = ()) -> tuple[Name, ...]:
    """What the draws vary (assumed, estimated, or marked `swept`), but what scenarios fix and what others leave."""
    left_out = set(fixed)
    return tuple(uncertainty(r) for r in uncertain() if r.key not in left_out and not is_remainder(r.key))


def numeric_levers() -> dict[str, Lever]:
    """Levers that are numbers, by `instrument.lever`."""
    return {
        f"{name}.{key}": lever
        for name, found in instruments().items() for key, lever in found.levers.items() if not lever.choices
    }  # fmt: skip


def known_names() -> tuple[str, ...]:
    """Every name that may be varied: uncertainties, then levers."""
    rows = (r.key for r in rows_by_key().values() if r.low < r.high and not is_remainder(r.key))
    return (*rows, *numeric_levers())


# -- points ------------------------------------------------------------------------------------------
def sample_points(method: str, names: Sequence[Name], samples: int, seed: int) -> Array:
    """Points [sample, name] as `problem` bounds them: chances in the unit cube, values for a grid."""
    if method == "grid":
        return np.array(list(product(*(grid_values(name, samples) for name in names))))
    if method == "lhs":
        return correlated(latin_hypercube(names, samples, seed), names, seed)
    chance = int(stream(seed, f"sweep.{method}").integers(2**31))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of SALib's own imports and of its choice of defaults
        if method == "sobol":
            from SALib.sample import sobol

            return np.asarray(sobol.sample(problem(method, names), samples, calc_second_order=False, seed=chance))
        from SALib.sample import morris

        return np.asarray(morris.sample(problem(method, names), samples, num_levels=MORRIS_LEVELS, seed=chance))


def problem(method: str, names: Sequence[Name]) -> dict[str, Any]:
    """What SALib needs to know of the points."""
    bounds = [[n.low, n.high] if method == "grid" else [0.0, 1.0] for n in names]
    return {"num_vars": len(names), "names": [n.name for n in names], "bounds": bounds}


def latin_hypercube(names: Sequence[Name], samples: int, seed: int) -> Array:
    """One chance in each of `samples` equal strata of every name, from the name's own stream: a name more changes none."""
    streams = [stream(seed, f"sweep.lhs.{name.name}") for name in names]
    return np.array([(s.permutation(samples) + s.random(samples)) / samples for s in streams]).T


def correlated(points: Array, names: Sequence[Name], seed: int) -> Array:
    """Chances of the electronics' elasticities put in an order of the correlation they are drawn with; the rest stays."""
    segments = {f"{SIGMA}[{segment}]" for segment in ELECTRONICS}
    places = [i for i, name in enumerate(names) if name.name in segments]
    rho, factor = joint("electronics_correlation"), stream(seed, "sweep.lhs.joint.electronics").random(len(points))
    mixed = np.sqrt(rho) * ndtri(factor)[:, None] + np.sqrt(1 - rho) * ndtri(points[:, places])
    found = points.copy()
    found[:, places] = np.take_along_axis(np.sort(points[:, places], 0), mixed.argsort(0).argsort(0), 0)
    return found


def grid_values(name: Name, samples: int) -> list[float]:
    """Values of a grid: equal steps between the ends; the alternatives of a discrete row."""
    if name.distribution == "discrete":
        row = name.row
        choices = [float(k) for k in range(len(row.choices))] or sorted({row.low, row.value, row.high})
        return [c for c in choices if name.low <= c <= name.high]
    return [float(v) for v in np.linspace(name.low, name.high, name.steps or samples)]


# -- states of the world -----------------------------------------------------------------------------
def state_values(method: str, names: Sequence[Name], point: Array, base: Parameters) -> dict[str, float]:
    """Values by name of one point in a world that is otherwise `base`, weights and one-year elasticities settled."""
    if method == "grid":
        return {name.name: float(v) for name, v in zip(names, point, strict=True)}
    known = {f"{SIGMA}[{index}]": value for index, value in base[SIGMA].items()}
    pairs = sorted(zip(names, point, strict=True), key=lambda pair: pair[0].name.startswith(f"{E1}["))
    for name, chance in pairs:  # the long run first: one-year elasticities are tied to it
        known[name.name] = name.value(chance, known)
    settled = settle({n.name: known[n.name] for n in names if n.kind == UNCERTAINTY}, base)
    return {n.name: settled.get(n.name, known[n.name]) for n in names}


def state_parameters(values: Mapping[str, float], base: Parameters) -> Parameters:
    """Parameters of a state of the world; UsageError for values that do not fit together."""
    sampled = {key: value for key, value in values.items() if key in rows_by_key()}
    return override(base, settle(sampled, base)) if sampled else base


def impossible(values: Mapping[str, float], base: Parameters) -> str:
    """Why values cannot be one state of the world; '' if they can."""
    try:
        world = state_parameters(values, base)
    except UsageError as fault:
        return str(fault)
    known = {f"{SIGMA}[{index}]": value for index, value in world[SIGMA].items()}
    for key in (k for k in values if k in rows_by_key()):
        row = rows_by_key()[key]
        low, high = tied_range(row, known)
        if not low - TOLERANCE <= values[key] <= high + TOLERANCE:
            return f"{key} {values[key]:g} is not within {low:g} to {high:g}, which it is tied to (calibration/joint.csv)"
    return ""


def moved_along(values: Mapping[str, float], base: Parameters) -> tuple[str, ...]:
    """Parameters that are not sampled but move with what is."""
    sampled = {key: value for key, value in values.items() if key in rows_by_key()}
    before = {f"{name}[{index}]": value for name, rows in base.items() for index, value in rows.items()}
    return tuple(k for k, v in settle(sampled, base).items() if k not in sampled and abs(v - before[k]) > TOLERANCE)


# -- levers ------------------------------------------------------------------------------------------
def with_levers(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """The scenario with levers at sampled values, in every measure of the instrument, its own and inherited.

    A measure that leaves the lever at its neutral value keeps it so, unless all of the instrument's measures do.
    """
    levers = numeric_levers()
    for key, value in ((k, v) for k, v in values.items() if k in levers):
        name, _, lever = key.partition(".")
        own = [m for m in scenario.measures if m.instrument == name]
        used = [m for m in own if not stays_neutral(m.levers[lever], levers[key])] or own
        changed = {m.id: _with_lever(m, lever, value, levers[key]) for m in used}
        scenario = replace(scenario, measures=tuple(changed.get(m.id, m) for m in scenario.measures))
    return scenario


def stays_neutral(path: Path, lever: Lever) -> bool:
    """Whether a lever never leaves its neutral value."""
    values = [path.constant] if path.constant is not None else [v for _, v in path.points]
    return all(v == lever.neutral for v in values)


def _with_lever(measure: Measure, name: str, value: float, lever: Lever) -> Measure:
    """The measure with a constant replaced, or a path's distance from neutral scaled so that its extreme is the value."""
    path, neutral = measure.levers[name], float(lever.neutral)  # type: ignore[arg-type]
    extreme = max((v for _, v in path.points), key=lambda v: abs(v - neutral), default=neutral)
    if path.constant is not None or extreme == neutral:
        new = Path(constant=value)
    else:
        part = (value - neutral) / (extreme - neutral)
        new = Path(points=tuple((t, value if v == extreme else neutral + part * (v - neutral)) for t, v in path.points))
    return replace(measure, levers={**measure.levers, name: new})


def name_data(name: Name) -> dict[str, Any]:
    """A name as the plan keeps it."""
    return asdict(name)
