"""Faults of meters and links, as pure functions on one point's (at [µs], value) columns.

Victims are chosen by the instant alone, so it does not matter how a run is cut.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simulators.noise import Floats, Ints, stream, uniform
from tricolor.domain.intervals import MINUTE_US

Columns = tuple[Ints, Floats]
Fault = Callable[[Ints, Floats], Columns]
Mask = NDArray[np.bool_]


def victims(at: Ints, seed: int, share: float, run_min: int = 1) -> Mask:
    """Which readings are hit: about `share` of them, in runs of run_min minutes."""
    return uniform(stream(seed, "victims"), at // (run_min * MINUTE_US)) < share


def dip(at: Ints, value: Floats, hit: Mask) -> Columns:
    """The meter shows zero for a moment and comes back (restart, lost bus)."""
    return at, np.where(hit, 0.0, value)


def spike(at: Ints, value: Floats, hit: Mask, factor: float = 10.0) -> Columns:
    """One reading is far too large (a flipped digit)."""
    return at, np.where(hit, value * factor + 1.0, value)


def swap(at: Ints, value: Floats, hit: Mask) -> Columns:
    """Two neighbouring values change places; times stay."""
    out = value.copy()
    for k in np.flatnonzero(hit[:-1]):
        out[k], out[k + 1] = out[k + 1], out[k]
    return at, out


def gap(at: Ints, value: Floats, hit: Mask) -> Columns:
    """Readings never arrive."""
    return at[~hit], value[~hit]


def duplicate(at: Ints, value: Floats, hit: Mask) -> Columns:
    """Readings arrive twice."""
    times = np.where(hit, 2, 1)
    return np.repeat(at, times), np.repeat(value, times)


def reorder(at: Ints, value: Floats, hit: Mask) -> Columns:
    """Readings are held back and sent after all others of their batch."""
    order = np.concatenate([np.flatnonzero(~hit), np.flatnonzero(hit)])
    return at[order], value[order]


KINDS: dict[str, tuple[Callable[[Ints, Floats, Mask], Columns], float, int]] = {  # function, share hit, run [min]
    "dip": (dip, 0.01, 1), "spike": (spike, 0.005, 1), "swap": (swap, 0.01, 1),
    "gap": (gap, 0.02, 180), "duplicate": (duplicate, 0.05, 1), "reorder": (reorder, 0.05, 60),
}  # fmt: skip


def fault_of(text: str, seed: int) -> tuple[str, Fault]:
    """(point, fault) of KIND:POINT, e.g. dip:qzg-paper.elec; ValueError lists the kinds."""
    kind, _, point = text.partition(":")
    if kind not in KINDS or not point:
        raise ValueError(f"fault {text!r} is not KIND:POINT with KIND one of {', '.join(KINDS)}")
    function, share, run_min = KINDS[kind]
    return point, partial(_apply, function, share, run_min, seed)


def _apply(function: Callable[[Ints, Floats, Mask], Columns], share: float, run_min: int, seed: int, at: Ints, value: Floats) -> Columns:
    return function(at, value, victims(at, seed, share, run_min)) if len(at) else (at, value)
