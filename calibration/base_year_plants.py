"""From cells to plants: named firms, fringes and home cells; rows and columns split with the same share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.base_year_cells import ACCELERATORS, FOUNDRY, LOGIC, Cells
from calibration.base_year_tables import BaseYearTables, Settings
from model.axes import REGION_INDEX, REGIONS, SEGMENT_INDEX, SEGMENTS, R, S

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Plants:
    """All plants: named ones in table order, then one fringe or home row per (region, segment).

    location, segment [n]; share [n] of the cell's output (0 for latent); owner [n] region; captive [n] part
    of its chips that comes out of own fabs.
    """

    ids: tuple[str, ...]
    firms: tuple[str, ...]
    kind: tuple[str, ...]
    ecosystem: tuple[str, ...]
    location: Index
    segment: Index
    owner: Index
    share: Array
    captive: Array

    @property
    def cell(self) -> Index:
        """[n] number of the cell, region x segment."""
        return np.asarray(self.location * S + self.segment)

    @property
    def latent(self) -> NDArray[np.bool_]:
        """[n] whether the plant has yet to enter."""
        return np.asarray(self.share == 0.0)


def build_plants(tables: BaseYearTables, settings: Settings, cells: Cells, world_share: Array) -> Plants:
    """Split cells into plants; `world_share` [p] is each named plant's part of world sales."""
    named = tables.plants
    location = np.array([REGION_INDEX[plant.region] for plant in named])
    segment = np.array([SEGMENT_INDEX[plant.segment] for plant in named])
    share = world_share * cells.costs.sales[segment] / cells.output[location, segment]
    hosts = np.array([plant.parameter == "gitee_cell_share" for plant in named])
    share = np.where(hosts, settings.number("gitee_cell_share"), share)
    captive = np.array([np.nan if plant.captive is None else plant.captive for plant in named])
    places = [(r, s) for r in range(R) for s in range(S)]
    left = np.ones((R, S))
    np.subtract.at(left, (location, segment), share)
    return Plants(
        ids=tuple(plant.id for plant in named) + tuple(_fringe_id(cells, r, s) for r, s in places),
        firms=tuple(plant.firm for plant in named) + ("",) * len(places),
        kind=("named",) * len(named) + tuple("home" if cells.home[r, s] else "fringe" for r, s in places),
        ecosystem=tuple(plant.ecosystem or tables.fringe_ecosystem.get((plant.segment, plant.owner), "") for plant in named)
        + tuple(tables.fringe_ecosystem.get((SEGMENTS[s], REGIONS[r]), "") for r, s in places),
        location=np.append(location, [r for r, _ in places]),
        segment=np.append(segment, [s for _, s in places]),
        owner=np.append([REGION_INDEX[plant.owner] for plant in named], [r for r, _ in places]),
        share=np.append(share, [left[place] for place in places]),
        captive=np.append(captive, _fringe_captive(cells, location, segment, share, captive, left)),
    )


def _fringe_id(cells: Cells, r: int, s: int) -> str:
    kind = "home" if cells.home[r, s] else "fringe"
    return f"{kind}-{SEGMENTS[s].replace('_', '-')}-{REGIONS[r].lower()}"


def _fringe_captive(cells: Cells, location: Index, segment: Index, share: Array, captive: Array, left: Array) -> Array:
    """[R * S] captive part of fringes: what named plants leave of the cell's own-fab output (logic only)."""
    own = cells.captive.copy()
    logic = segment == LOGIC
    np.subtract.at(
        own, location[logic], (share * np.nan_to_num(captive))[logic] * cells.output[location, segment][logic]
    )
    size = left[:, LOGIC] * cells.output[:, LOGIC]
    part = np.ones((R, S))
    part[:, LOGIC] = np.clip(own / size, 0, 1)
    part[:, ACCELERATORS] = 0
    return part.ravel()


def owners_of_cells(plants: Plants) -> Array:
    """[R, R, S] part of each cell (place, segment) that each region (first axis) owns."""
    owner = np.zeros((R, R, S))
    np.add.at(owner, (plants.owner, plants.location, plants.segment), plants.share)
    return owner


def customs_view(plants: Plants, cells: Cells) -> Array:
    """[n, R] where each plant's output leaves from: fabless chips from where their wafers are made (rule 4)."""
    n = len(plants.ids)
    view = np.zeros((n, R))
    view[np.arange(n), plants.location] = 1
    made = (cells.supply[FOUNDRY] / cells.purchases[FOUNDRY]).T[plants.location]
    captive = np.where(plants.segment == ACCELERATORS, 0, np.nan_to_num(plants.captive, nan=1))[:, None]
    chips = np.isin(plants.segment, (LOGIC, ACCELERATORS))[:, None]
    view = np.where(chips, captive * view + (1 - captive) * made, view)
    view[plants.segment == FOUNDRY] = 0
    return view
