"""Which of the sampled numbers drive an outcome: Sobol, Morris, rank regression, PAWN; one table per case.

Every method has a *main* index by which numbers are ranked, its interval (95 %), and the same index from the first
half of the sample: what still moves between half and all has not converged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from model.errors import UsageError
from model.experiments.question import names_of, points_of, require_finite
from model.experiments.sweep import Sweep
from model.words import word

Array = NDArray[np.float64]
MAIN = {"sobol": "ST", "morris": "mu_star", "lhs": "PRCC", "grid": "PRCC"}
"""Method of a sweep -> the index that ranks the numbers."""
SETTLED = 0.1
"""Largest change of a main index from half the sample to all, in units of the largest one, that counts as settled."""
RESAMPLES, CONFIDENCE, NORMAL = 200, 0.95, 1.959963984540054
"""Bootstrap samples; level of all intervals, and the normal quantile that belongs to it."""
FIFTH = 0.2


@dataclass(frozen=True)
class Sample:
    """States gathered by sample: numbers x [n, k], outcome y [n] (mean over the draws of a sample), blocks of rows."""

    x: Array
    y: Array
    names: tuple[str, ...]
    block: int

    def first(self, share: float) -> Sample:
        """The first part of the sample, in whole blocks."""
        rows = int(len(self.y) // self.block * share) * self.block
        return Sample(self.x[:rows], self.y[:rows], self.names, self.block)


@dataclass(frozen=True)
class Indices:
    """Indices of one case: a row per number, largest main index first; how many samples stand behind them.

    drift   largest change of the main index from half the sample to all, in units of the largest index
    fit     part of the ranks' variance that the rank regression explains (NaN for other methods)
    """

    label: str
    main: str
    table: pd.DataFrame
    samples: int
    left_out: int
    drift: float
    fit: float = float("nan")

    @property
    def settled(self) -> bool:
        """Whether the main index hardly moves from half the sample to all (not, if half of it is too small to tell)."""
        return self.drift <= SETTLED


def analyse(
    sweep: Sweep, values: pd.DataFrame, what: str, pawn: bool = False, without_failed: bool = False, lang: str = "en"
) -> list[Indices]:
    """Indices of every case (column of `values`) by the method of the sweep; IncompleteError if values are missing."""
    method = str(sweep.plan["method"])
    if pawn and method == "morris":
        raise UsageError(word("analyse.no_pawn", lang))
    if not without_failed:
        require_finite(sweep, values, what, False, lang)
    found = []
    for label in values.columns:
        sample, left_out = sample_of(sweep, values[label])
        _check_size(sample, method, lang)
        if np.ptp(sample.y) > 0:
            found.append(_indices(str(label), sample, left_out, sweep, pawn))
        else:
            found.append(
                Indices(str(label), MAIN[method], pd.DataFrame(columns=["name"]), len(sample.y), left_out, 0.0)
            )
    return found


def sample_of(sweep: Sweep, values: pd.Series) -> tuple[Sample, int]:
    """The sample behind a column of outcomes, and the samples left out because a run of their block has no value.

    A block is what an estimator needs whole: the rows of one base point (Sobol), one trajectory (Morris), one sample.
    """
    names, plan = names_of(sweep), sweep.plan
    block = {"sobol": len(names) + 2, "morris": len(names) + 1}.get(plan["method"], 1)
    if plan["method"] == "sobol" and plan["sobol"]["second_order"]:
        block = 2 * len(names) + 2
    by_sample = sweep.states["sample"]
    numbers = points_of(sweep) if plan["method"] == "morris" else sweep.states
    x = numbers.groupby(by_sample)[names].first().to_numpy(dtype=float)
    y = (
        values.groupby(by_sample.reindex(values.index))
        .mean()
        .where(values.isna().groupby(by_sample).sum() == 0)
        .to_numpy(dtype=float)
    )
    whole = np.repeat(np.isfinite(y).reshape(-1, block).all(axis=1), block)
    return Sample(x[whole], y[whole], tuple(names), block), int((~whole).sum())


def bounds_of(x: Array) -> tuple[Array, Array]:
    """Which states lie in the lowest and in the highest fifth of each number (grid: at its lowest, highest value)."""
    low, high = np.quantile(x, (FIFTH, 1 - FIFTH), axis=0)
    return x <= low, x >= high


def tornado(sample: Sample) -> pd.DataFrame:
    """Mean outcome in the lowest and in the highest fifth of every number, widest swing first."""
    below, above = bounds_of(sample.x)
    rows = [
        (name, sample.x[b, j].mean(), sample.x[a, j].mean(), sample.y[b].mean(), sample.y[a].mean())
        for j, (name, b, a) in enumerate(zip(sample.names, below.T, above.T, strict=True))
    ]
    table = pd.DataFrame(rows, columns=["name", "low_value", "high_value", "outcome_low", "outcome_high"])
    table["mean"] = sample.y.mean()
    swing = (table["outcome_high"] - table["outcome_low"]).abs()
    return table.assign(swing=swing).sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def cells(sample: Sample, first: str, second: str) -> pd.DataFrame:
    """Mean outcome by classes of two numbers: their own values where they are few, else up to five classes of equal size.

    As many classes as leave about four samples in a cell, so that a small sample does not look like a large one.
    """
    most = max(2, min(5, int(np.sqrt(len(sample.y) / 4))))
    (a, a_mid), (b, b_mid) = (_classes(sample.x[:, sample.names.index(name)], most) for name in (first, second))
    frame = pd.DataFrame({"row": a, "column": b, "value": sample.y})
    table = frame.groupby(["row", "column"], as_index=False)["value"].agg(["mean", "count"])
    return table.assign(first=first, second=second, row_value=a_mid[table["row"]], column_value=b_mid[table["column"]])


def _classes(values: Array, most: int) -> tuple[NDArray[np.intp], Array]:
    """Class of each value, and the middle of each class."""
    distinct = np.unique(values)
    if len(distinct) <= max(most, 5):
        return np.searchsorted(distinct, values), distinct
    edges = np.quantile(values, np.arange(1, most) / most)
    place = np.searchsorted(edges, values, side="left")
    return place, np.array([values[place == k].mean() if (place == k).any() else np.nan for k in range(most)])


def least_states(names: int) -> int:
    """Fewest states of a Latin hypercube or a grid from which rank correlations of so many names can be told."""
    return 2 * (names + 1)


def _check_size(sample: Sample, method: str, lang: str) -> None:
    """UsageError if the sample is too small for what is asked."""
    k = len(sample.names)
    least = {"sobol": 4 * sample.block, "morris": 2 * sample.block}.get(method, least_states(k))
    if len(sample.y) < least:
        raise UsageError(word("analyse.too_few", lang, samples=len(sample.y), names=k, least=least))


def _indices(label: str, sample: Sample, left_out: int, sweep: Sweep, pawn: bool) -> Indices:
    """The table of one case."""
    method = str(sweep.plan["method"])
    estimate, main = _METHODS[method], MAIN[method]
    table, fit = estimate(sample, sweep.plan)
    half, _ = estimate(sample.first(0.5), sweep.plan, 2)
    table[f"{main}_half"] = half[main]
    largest = float(table[main].abs().max())
    drift = float((half[main] - table[main]).abs().max(skipna=False)) / largest if largest > 0 else 0.0
    table.insert(0, "name", list(sample.names))
    if pawn:
        table = table.join(_pawn(sample))
    table = table.sort_values(main, key=lambda index: index.abs(), ascending=False, kind="stable", ignore_index=True)
    return Indices(label, main, table, len(sample.y), left_out, drift, fit)


Estimate = tuple[pd.DataFrame, float]


def _sobol(sample: Sample, plan: dict[str, Any], resamples: int = RESAMPLES) -> Estimate:
    """First-order and total indices with bootstrap intervals (SALib)."""
    from SALib.analyze import sobol

    found = sobol.analyze(
        _problem(sample), sample.y, calc_second_order=bool(plan["sobol"]["second_order"]), num_resamples=resamples,
        conf_level=CONFIDENCE, seed=int(plan["seed"]),
    )  # fmt: skip
    columns: dict[str, Array] = {}
    for index in ("ST", "S1"):
        columns |= {index: found[index], f"{index}_low": found[index] - found[f"{index}_conf"],
                    f"{index}_high": found[index] + found[f"{index}_conf"]}  # fmt: skip
    return pd.DataFrame(columns), float("nan")


def _morris(sample: Sample, plan: dict[str, Any], resamples: int = RESAMPLES) -> Estimate:
    """Mean size of the elementary effects with its interval, their mean and their spread (SALib)."""
    from SALib.analyze import morris

    found = morris.analyze(
        _problem(sample), sample.x, sample.y, num_resamples=resamples, conf_level=CONFIDENCE,
        num_levels=int(plan["morris"]["levels"]), seed=int(plan["seed"]),
    )  # fmt: skip
    mean, spread = np.asarray(found["mu_star"], float), np.asarray(found["mu_star_conf"], float)
    columns = {"mu_star": mean, "mu_star_low": mean - spread, "mu_star_high": mean + spread,
               "mu": np.asarray(found["mu"], float), "sigma": np.asarray(found["sigma"], float)}  # fmt: skip
    return pd.DataFrame(columns), float("nan")


def _ranks(sample: Sample, plan: dict[str, Any], resamples: int = RESAMPLES) -> Estimate:
    """Partial rank correlations (interval by Fisher's z) and rank regression coefficients (by their standard errors)."""
    partial, beta, fit, alone = rank_indices(sample.x, sample.y)
    free = len(sample.y) - len(sample.names) - 2
    if free < 1:
        return pd.DataFrame({"PRCC": np.full(len(beta), np.nan)}), fit
    z, wide = np.arctanh(np.clip(partial, -1 + 1e-15, 1 - 1e-15)), NORMAL / np.sqrt(free)
    error = NORMAL * np.sqrt((1.0 - fit) * alone / (free + 1))
    return pd.DataFrame({
        "PRCC": partial, "PRCC_low": np.tanh(z - wide), "PRCC_high": np.tanh(z + wide),
        "SRRC": beta, "SRRC_low": beta - error, "SRRC_high": beta + error,
    }), fit  # fmt: skip


def rank_indices(x: Array, y: Array) -> tuple[Array, Array, float, Array]:
    """Partial rank correlations, standardised rank regression coefficients, R2, and 1 / (part no other number explains).

    Both from one regression of ranks: r = b / sqrt(b^2 + (1 - R2) a), with a the variance inflation of a number.
    """
    ranks = np.column_stack([rankdata(column) for column in (*x.T, y)])
    with np.errstate(invalid="ignore"):
        matrix = np.atleast_2d(np.nan_to_num(np.corrcoef(ranks, rowvar=False), nan=0.0))
    np.fill_diagonal(matrix, 1.0)
    beta = np.asarray(np.linalg.lstsq(matrix[:-1, :-1], matrix[:-1, -1], rcond=None)[0], float)
    fit = float(np.clip(beta @ matrix[:-1, -1], 0.0, 1.0))
    alone = np.diag(np.linalg.pinv(matrix[:-1, :-1], hermitian=True))
    return beta / np.sqrt(beta**2 + max(1.0 - fit, 1e-12) * alone), beta, fit, alone


def _pawn(sample: Sample) -> pd.DataFrame:
    """PAWN: how far the outcome's distribution moves when a number is held in a slice of its range (SALib)."""
    from SALib.analyze import pawn

    found = pawn.analyze(_problem(sample), sample.x, sample.y, S=10, seed=0)
    return pd.DataFrame(
        {"PAWN_median": np.asarray(found["median"], float), "PAWN_max": np.asarray(found["maximum"], float)}
    )


def _problem(sample: Sample) -> dict[str, Any]:
    """SALib's description of the sample; the bounds are those seen, which no index used here depends on."""
    bounds = [[float(column.min()), float(column.max())] for column in sample.x.T]
    return {"num_vars": len(sample.names), "names": list(sample.names), "bounds": bounds}


_METHODS: dict[str, Callable[..., Estimate]] = {"sobol": _sobol, "morris": _morris, "lhs": _ranks, "grid": _ranks}
