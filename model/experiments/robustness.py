"""Strategies x states of the world: regret, worst case, threshold, and whether the model ranks them at all.

A strategy is a case (scenario@stance). Its regret in a state is what the best strategy would have given more in
that same state. Two strategies are ranked only if the 10-90 band of their paired differences leaves out zero.
"""

from __future__ import annotations

from itertools import combinations

import pandas as pd

BAND = (0.1, 0.9)
WORST = 0.75
"""Quantile of a strategy's regret from which a state counts as one of its worst quarter."""


def regret(values: pd.DataFrame, minimise: bool = False) -> pd.DataFrame:
    """Regret by state and strategy: never negative, zero for the best of a state."""
    good = -values if minimise else values
    return good.rsub(good.max(axis=1), axis=0)


def strategy_table(values: pd.DataFrame, threshold: float | None, minimise: bool = False) -> pd.DataFrame:
    """One row per strategy: outcome (median, band, worst), regret (mean, 90th percentile, largest), how often best.

    satisfying   percent of states on the good side of the threshold
    best         percent of states in which no strategy is better
    """
    lost = regret(values, minimise)
    table = pd.DataFrame({
        "median": values.median(), "p10": values.quantile(BAND[0]), "p90": values.quantile(BAND[1]),
        "worst": values.max() if minimise else values.min(),
        "regret_mean": lost.mean(), "regret_p90": lost.quantile(BAND[1]), "regret_max": lost.max(),
        "best": 100.0 * (lost <= 0.0).mean(),
    })  # fmt: skip
    if threshold is not None:
        good = values <= threshold if minimise else values >= threshold
        table["satisfying"] = 100.0 * good.mean()
    return table.rename_axis("strategy").reset_index()


def pairs(values: pd.DataFrame, minimise: bool = False) -> pd.DataFrame:
    """Every two strategies: paired difference (median, band), percent of states in which `better` is better, ranked or not.

    better   the one with the better median difference
    """
    rows = []
    for one, two in combinations(values.columns, 2):
        gap = values[one] - values[two]
        gap = -gap if minimise else gap
        if gap.median() < 0:
            one, two, gap = two, one, -gap
        low, high = gap.quantile(BAND[0]), gap.quantile(BAND[1])
        rows.append((one, two, gap.median(), low, high, 100.0 * (gap > 0).mean(), bool(low > 0 or high < 0)))
    return pd.DataFrame(rows, columns=["better", "worse", "median", "p10", "p90", "percent", "ranked"])


def choices(table: pd.DataFrame, minimise: bool = False) -> dict[str, str]:
    """The strategy that each rule chooses: least largest regret, best worst case, most often satisfying."""
    named = table.set_index("strategy")
    found = {"regret": str(named["regret_max"].idxmin())}
    found["maximin"] = str(named["worst"].idxmin() if minimise else named["worst"].idxmax())
    if "satisfying" in named:
        found["satisficing"] = str(named["satisfying"].idxmax())
    return found


def worst_quarter(lost: pd.Series) -> pd.Series:
    """States in the worst quarter of a strategy's regret; none of those in which it is the best."""
    return (lost >= lost.quantile(WORST)) & (lost > 0.0)
