"""Where a stretch of a series can be settled by itself, so that its cells are exactly those of the whole series.

The walk looks at most RETURN_WITHIN_US around an odd step, or to the first CONFIRM_READINGS that agree. So every walk that comes from before a calm
stretch (no odd step, longer than RETURN_WITHIN_US, at least CONFIRM_READINGS readings) leaves it in the same state, whatever came before; and what it
made of the readings before the stretch's last one can no longer change.
"""

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.intervals import ceil_cell, floor_cell
from tricolor.domain.walk import RETURN_WITHIN_US


def settled_from(at: NDArray[np.int64], is_plain: NDArray[np.bool_], start: int) -> int | None:
    """First cell edge [µs] from which on the readings tell the cells, and before which no change from `start` on is felt; None: not in here.

    at: of the rows, sorted; is_plain[k]: row k+1 follows from row k. The rows begin somewhere in the series.
    """
    count = int(np.searchsorted(at, start))
    high = count - 1
    for broken in (*np.flatnonzero(~is_plain[: max(0, count - 1)])[::-1].tolist(), -1):
        found = _late_calm(at, broken + 2, high - 1)  # the rows at a break may be declared values, which come and go with their neighbours
        if found is not None:
            return found
        high = broken
    return None


def settled_to(at: NDArray[np.int64], is_plain: NDArray[np.bool_], end: int) -> int | None:
    """First cell edge [µs] up to which the readings tell the cells, and after which no change before `end` is felt; None: not in these rows."""
    low = int(np.searchsorted(at, end))
    for broken in (*(np.flatnonzero(~is_plain[low:]) + low).tolist(), len(at) - 1):
        found = _early_calm(at, low + 1, broken - 1)
        if found is not None:
            return found
        low = broken + 1
    return None


def _late_calm(at: NDArray[np.int64], low: int, high: int) -> int | None:
    """The latest edge inside the rows low..high with a calm stretch before it and a reading to spare after it."""
    if high - low < 3:
        return None
    before = min(high - 1, int(np.searchsorted(at, floor_cell(int(at[high - 1])), side="right")) - 1)
    calm = before + 1
    if calm - 2 < low or at[calm] - at[low] <= RETURN_WITHIN_US:
        return None
    return ceil_cell(int(at[before]))


def _early_calm(at: NDArray[np.int64], low: int, high: int) -> int | None:
    """The earliest edge inside the rows low..high with a calm stretch before it and a reading to spare after it."""
    if high - low < 3:
        return None
    calm = max(low + 2, int(np.searchsorted(at, at[low] + RETURN_WITHIN_US, side="right")))
    if calm > high:
        return None
    edge = ceil_cell(int(at[calm - 1]))
    return edge if at[high - 1] >= edge else None
