"""From register readings to certain steps: subtract in the meter's own unit what its rating plate allows.

A step leads from the last good reading (the mark) to the next good one. Most steps go forward and are found by array arithmetic; only where a
reading falls, or leaps beyond the plate, does the walk (`tricolor.domain.walk`) look closer (DESIGN §5). A reading that falls or leaps never
becomes the new base by itself: it has to be confirmed by what follows.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.deltas import delta_steps
from tricolor.domain.plates import PlateColumns, allowed
from tricolor.domain.steps import StepKind, Steps
from tricolor.domain.walk import RETURN_WITHIN_US, Series, plain_steps, walk

__all__ = ["RETURN_WITHIN_US", "Edge", "PlateColumns", "StepKind", "Steps", "delta_steps", "is_same_register", "plain", "register_steps"]


class Edge(IntEnum):
    """What a row is beside a reading."""

    NONE = 0
    FINAL = 1  # declared last value of a meter that was taken away
    START = 2  # declared first value of the meter that came; the row after a FINAL


def is_same_register(point: NDArray[np.int64], edge: NDArray[np.uint8] | None) -> NDArray[np.bool_]:
    """[k]: whether rows k and k+1 are of the same register."""
    is_same: NDArray[np.bool_] = point[1:] == point[:-1]
    if edge is not None:
        is_same &= edge[:-1] != Edge.FINAL
    return is_same


def plain(
    is_same: NDArray[np.bool_], at: NDArray[np.int64], advance: NDArray[np.float64], plate: PlateColumns
) -> NDArray[np.bool_]:  # fmt: skip
    """[k]: whether row k+1 follows from row k as the plate allows."""
    limit = allowed(at[1:] - at[:-1], plate.max_rate[1:], plate.resolution[1:])
    if plate.is_net is not None:
        after = plate.take(slice(1, None))
        advance = after.size_of(advance)
        # beyond half the capacity the other way round is shorter
        limit = np.where(plate.is_net[1:], np.fmin(limit, after.capacity / 2), limit)
    is_plain: NDArray[np.bool_] = is_same & (advance >= 0)
    is_plain &= advance <= limit
    return is_plain


def register_steps(
    point: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64], plate: PlateColumns, edge: NDArray[np.uint8] | None = None
) -> Steps:
    """Steps of cumulative registers. Rows sorted by (point, at), one per instant; all columns have one row a reading. edge (Edge): where a declared
    exchange put its final and first value between the readings."""
    if len(at) < 2:
        return Steps.empty()
    advance = value[1:] - value[:-1]
    is_same = is_same_register(point, edge)
    is_plain = plain(is_same, at, advance, plate)
    odd = np.flatnonzero(is_same & ~is_plain)
    if len(odd) == 0:
        return plain_steps(np.flatnonzero(is_plain), point, at, advance, plate)
    series = np.concatenate(([0], np.cumsum(~is_same)))
    odd_series = np.unique(series[odd])
    has_odd = np.zeros(int(series[-1]) + 1, dtype=bool)
    has_odd[odd_series] = True
    parts = [plain_steps(np.flatnonzero(is_plain & ~has_odd[series[1:]]), point, at, advance, plate)]
    first = np.searchsorted(series, odd_series, side="left")
    last = np.searchsorted(series, odd_series, side="right")
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        is_closed = edge is not None and bool(edge[end - 1] == Edge.FINAL)
        parts.append(walk(Series(begin, end, point, at, value, plate, is_plain, is_closed)))
    return Steps.concat(parts).in_order()
