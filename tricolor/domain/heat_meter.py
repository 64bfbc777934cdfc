"""A heat meter without a heat register: flow and temperatures, sampled each in its own time, become heat per 15-minute cell."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.cells import spread
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.intervals import CELL_US, HOUR_US, Interval, ceil_cell, floor_cell
from tricolor.domain.steps import StepKind, Steps

Floats = NDArray[np.float64]
HOLD_INTERVALS = 4  # between neighbours further apart a quantity is not known


class Samples(NamedTuple):
    """Samples of one quantity: at [µs], strictly rising; value; interval_us between them by the plate."""

    at: NDArray[np.int64]
    value: Floats
    interval_us: int


def heat_cells(point: int, quantities: Mapping[str, Samples], power_gj_h: Callable[[Mapping[str, Floats]], Floats], span: Interval) -> EnergyCells:
    """Cells of a calculated point inside the span. power_gj_h: heat flow [GJ/h] of the quantities at the same instants.

    Each quantity runs straight between neighbouring samples; where they lie more than HOLD_INTERVALS apart nothing is known, and from one and a half
    intervals on the cell is flagged ESTIMATED. Before the first and after the last sample nothing is known.
    """
    wide = Interval(floor_cell(span.start), ceil_cell(span.end))
    if not quantities or any(len(q.at) < 2 for q in quantities.values()) or not wide.length_us:
        return EnergyCells.empty()
    edges = np.arange(wide.start, wide.end + 1, CELL_US, dtype=np.int64)
    knots = np.unique(np.concatenate([edges, *(q.at[(q.at > wide.start) & (q.at < wide.end)] for q in quantities.values())]))
    power = power_gj_h({name: np.interp(knots, q.at, q.value) for name, q in quantities.items()})
    gap = np.max([_gap(q, knots) for q in quantities.values()], axis=0)  # in intervals
    energy = (power[1:] + power[:-1]) / 2 * (np.diff(knots) / HOUR_US)
    known = (gap <= HOLD_INTERVALS) & np.isfinite(energy)
    flag = np.where(gap > 1.5, CellFlag.ESTIMATED, CellFlag.MEASURED).astype(np.uint8)
    count = int(known.sum())
    kind = np.full(count, StepKind.FORWARD, dtype=np.uint8)
    steps = Steps(np.full(count, point, dtype=np.int64), knots[:-1][known], knots[1:][known], energy[known], flag[known], kind)
    return spread(steps, np.full(count, CELL_US, dtype=np.int64))


def _gap(of: Samples, knots: NDArray[np.int64]) -> Floats:
    """How many intervals apart the samples around each stretch between two knots lie; infinite outside them."""
    place = np.searchsorted(of.at, knots[:-1], side="right")
    inside = (place > 0) & (place < len(of.at))
    at = np.clip(place, 1, len(of.at) - 1)
    apart: Floats = (of.at[at] - of.at[at - 1]) / of.interval_us
    return np.where(inside, apart, np.inf)
