"""The balanced base-year table that the kernel is inverted from: arrays, no files, no names of files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class BaseTable:
    """A balanced table of 2018: n plants, k investors, R regions, C = n + k + 2R buyers.

    Flows are at basic prices and in units of world final expenditure at purchasers' prices (which
    is 1 a quarter, the numeraire). Columns of `flow`: plants, investors, final users, states.
    A latent plant (an entrant) has a zero row and column, `theta` > 0 and a capacity `entry_capacity`.

    location, segment   [n]     region and segment of each plant
    owner               [R, n]  share of each plant's profit that each region owns; columns add to 1
    investors           [k, 2]  (region, segment) of each investor, sorted
    flow                [n, C]  deliveries f -> b at basic prices
    tariff              [R, R, S]  base tariff rate t0 on (o, d, s)
    wages               [n]     wage bill (value added that is not profit or depreciation)
    investment          [n]     I0, purchases of capital goods; equals depreciation in the base year
    capacity            [n]     K0, in units of output (inf for home cells)
    depreciation        [n]     a year
    build_lag           [n]     years from purchase to capacity
    theta               [n]     lower-nest share of a latent plant on entry, else 0
    entry_capacity      [n]     K at entry of a latent plant, else 0
    """

    location: Index
    segment: Index
    owner: Array
    investors: Index
    flow: Array
    tariff: Array
    wages: Array
    investment: Array
    capacity: Array
    depreciation: Array
    build_lag: Array
    theta: Array
    entry_capacity: Array

    @property
    def plants(self) -> int:
        """n."""
        return len(self.location)

    @property
    def regions(self) -> int:
        """R."""
        return int(self.owner.shape[0])

    @property
    def segments(self) -> int:
        """S."""
        return int(self.tariff.shape[2])

    @property
    def output(self) -> Array:
        """x0 [n], at basic prices."""
        return np.asarray(self.flow.sum(1))

    def replace(self, **changes: Any) -> BaseTable:
        """A copy with some arrays replaced."""
        return BaseTable(**{f.name: changes.get(f.name, getattr(self, f.name)) for f in fields(self)})
