"""Noise as a pure function of (seed, name, position): asked twice, in any order or cut, it gives the same number.

The generator is SplitMix64 (Steele, Lea, Flood 2014) used as a counter hash.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def stream(seed: int, name: str) -> int:
    """The number of a named stream of noise, e.g. of one point."""
    return ((seed & 0xFFFFFFFF) << 32) | zlib.crc32(name.encode())


def uniform(stream_id: int, index: Ints) -> Floats:
    """Uniform in [0, 1) for every index."""
    with np.errstate(over="ignore"):
        start = _mix(np.array([stream_id & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64) + _GOLDEN)
        bits = _mix(index.astype(np.uint64) * _GOLDEN + start)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def wave(stream_id: int, index: Ints, knot: int) -> Floats:
    """Smooth noise in [-1, 1]: random knots every `knot` indices, cosine between them."""
    left = index // knot
    share = (index - left * knot) / knot
    weight = 0.5 - 0.5 * np.cos(np.pi * share)
    before = uniform(stream_id + knot, left)
    after = uniform(stream_id + knot, left + 1)
    out: Floats = 2.0 * (before + (after - before) * weight) - 1.0
    return out


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))
