"""How an outcome is declared, and the few sums that several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.axes import LAYER_NAMES, LAYERS, REGIONS, SEGMENT_INDEX, SEGMENT_NAMES, SEGMENTS
from model.kernel.links import Array, Index, Mask
from model.record.book import Book

Compute = Callable[[Book], Array]
USD = "bn USD of 2018"
BY_REGION = (REGIONS,)
BY_SEGMENT = (SEGMENT_NAMES,)
LAYERS_RECORDED: tuple[str, ...] = tuple(layer for layer in LAYERS if layer != "rest")
BY_LAYER = (tuple(LAYER_NAMES[layer] for layer in LAYERS_RECORDED),)
"""Layers of technology by name, `rest` left out."""
LAYER_SEGMENTS: tuple[Index, ...] = tuple(np.array([SEGMENT_INDEX[s] for s in LAYERS[layer]]) for layer in LAYERS_RECORDED)
"""Segments of each of these layers."""
LAYER_OF: Index = np.array([
    next((i for i, layer in enumerate(LAYERS_RECORDED) if s in LAYERS[layer]), len(LAYERS_RECORDED)) for s in SEGMENTS
])  # fmt: skip
"""Layer of each segment; `rest` stands after the last."""


@dataclass(frozen=True)
class Outcome:
    """A declared outcome: variable template, unit, how to read it off a book, label axes after the region.

    `compute` gives [region] or [region, label...]; labels fill {} in the template in order. `default` names the
    regions recorded unless asked for more: 'all', 'main' (focus, USA, CHN) or 'none'. `world`: one series.
    `exists` [region, label...]: series that can have a value at all (None: any); no other is ever computed for.
    `usual`: glob on names that `default` holds for ('*': all of them).
    `waits`: name of the state variable without which the outcome stands at its neutral value.
    """

    template: str
    unit: str
    compute: Compute
    labels: tuple[tuple[str, ...], ...] = ()
    default: str = "none"
    world: bool = False
    exists: Mask | None = None
    waits: str = ""
    usual: str = "*"


def share(part: Array, whole: Array) -> Array:
    """Percent of a whole; NaN (no row) where the whole is zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, 100 * part / whole, np.nan))


def ratio(value: Array, base: Array) -> Array:
    """Value over base; NaN (no row) where the base is zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(base > 0, value / base, np.nan))


def abroad(flows: Array, axis: int) -> Array:
    """Sum of [o, d, ...] over the other side, without domestic flows."""
    own = np.arange(len(flows))
    return np.asarray(flows.sum(axis) - flows[own, own])


def no_diagonal(flows: Array) -> Array:
    """[o, d] with domestic flows left out (no row)."""
    return np.where(np.eye(len(flows), dtype=bool), np.nan, flows)
