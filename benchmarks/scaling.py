"""Cost of one quarter's deliveries as the world grows: every plant split into equal parts that trade side by side.

    python -m benchmarks.scaling 1 4 16      plants times 1, 4, 16 (links grow alike)

A third of capacity in foundry, memory and logic is taken away, so that rationing has work to do. Prints passes and
time per pass; linear cost shows as a constant last column once the short calls no longer count.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from calibration.world import elasticities
from model.kernel.deliveries import Orders, deliver
from model.kernel.inversion import Economy, build_economy
from model.kernel.market import Guess
from model.kernel.plan import Terms
from model.kernel.table import BaseTable
from model.simulation import Decoupling

SHORT = (1, 2, 3)
"""Segments with a third less capacity: foundry, memory, logic."""


def split(table: BaseTable, parts: int) -> BaseTable:
    """Each plant as `parts` equal ones; part j sells to part j of other plants, and to all other buyers."""
    n = table.plants
    own = np.kron(table.flow[:, :n], np.eye(parts)) / parts
    others = np.repeat(table.flow[:, n:], parts, axis=0) / parts
    per_plant = {
        name: np.repeat(getattr(table, name), parts) / parts
        for name in ("wages", "investment", "capacity", "theta", "entry_capacity")
    }
    same = {name: np.repeat(getattr(table, name), parts) for name in ("location", "segment", "depreciation", "build_lag")}
    owner = np.repeat(table.owner, parts, axis=1)
    return table.replace(flow=np.concatenate([own, others], axis=1), owner=owner, **per_plant, **same)


def neutral_quarter(economy: Economy) -> tuple[Orders, Terms, Guess]:
    """The base year's orders and terms, with capacity short in some segments."""
    links, lt, table = economy.links, economy.links.technique, economy.table
    latent = economy.latent[links.supplier[:lt]]
    bought = economy.investment0[np.maximum(economy.investor, 0)]
    share = np.where((economy.investor >= 0) & (bought > 0), table.investment / np.where(bought > 0, bought, 1.0), 0.0)
    capacity = np.where(economy.latent, np.inf, np.where(np.isin(table.segment, SHORT), 0.67, 1.15) * economy.output0)
    orders = Orders(
        labour=np.ones(economy.buyers), inputs=np.where(latent, 0.0, 1.0), input0=economy.input0, theta=economy.theta,
        quality=np.ones(lt), denial=np.zeros(len(links.buyer)), fixed=economy.fixed0, capital=economy.investment0,
        stock=np.zeros(int(np.searchsorted(links.cell_buyer, economy.n))), capacity=capacity, expected=economy.output0,
        input_limit=1.0,
    )  # fmt: skip
    terms = Terms(
        wage=np.ones(economy.regions), rent=np.zeros(economy.n), ship=np.ones(len(links.buyer)), duty=economy.tariff0,
        subsidy=np.zeros(economy.n), owner=table.owner, bloc=np.zeros(economy.regions, int), balance=economy.balance,
        expenditure=economy.expenditure0, share=share, smoothing=0.0, habit=economy.expenditure0,
    )  # fmt: skip
    return orders, terms, Guess(np.ones(economy.n), economy.output0, economy.expenditure0)


def main(sizes: list[int]) -> None:
    """Print a line for each size."""
    setting = Decoupling("no_policy").setting
    values = elasticities(setting.parameters)
    for parts in sizes:
        economy = build_economy(split(setting.economy.table, parts), values)
        orders, terms, guess = neutral_quarter(economy)
        deliver(economy, orders, terms, guess)
        start = time.process_time()
        got = deliver(economy, orders, terms, guess)
        spent, passes, links = time.process_time() - start, got.passes + 1, len(economy.links.buyer)
        text = f"{economy.n:>7,} plants {links:>10,} links {passes:>4} passes {1e3 * spent / passes:8.2f} ms a pass"
        print(f"{text} {1e9 * spent / passes / links:7.1f} ns a link and pass")  # noqa: T201


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main([int(a) for a in sys.argv[1:]] or [1, 4])
