"""Named, counter-based random streams: the only source of chance in BLOCS.

A draw is a function of (seed, stream name, quarter, entity id) alone, so the entry of one
firm changes no draw of another, and neither worker count nor order can matter.
"""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray


@cache
def key_of(text: str) -> int:
    """A stable 64-bit key of a name (sha256, so the same on every machine and version)."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def stream(seed: int, name: str, quarter: int = 0) -> np.random.Generator:
    """The generator of one named stream in one quarter (Philox, keyed by seed and name)."""
    bits = np.random.Philox(key=[seed % 2**64, key_of(name)], counter=[0, 0, 0, quarter % 2**64])
    return np.random.Generator(bits)


@lru_cache(maxsize=4096)
def _first(seed: int, name: str, quarter: int) -> np.uint64:
    """The first number of a stream; the runs of one seed ask for the same ones."""
    return stream(seed, name, quarter).integers(0, 2**64, dtype=np.uint64)


def uniforms(seed: int, name: str, quarter: int, entities: NDArray[np.uint64]) -> NDArray[np.float64]:
    """One uniform number in [0, 1) for each entity id; independent of which other ids are asked for.

    Shape: like `entities`. SplitMix64 finaliser over (stream key, entity): counter-based, so a
    number belongs to its entity for good.
    """
    z = np.asarray(entities, np.uint64) * np.uint64(0x9E3779B97F4A7C15) + _first(seed, name, quarter)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
