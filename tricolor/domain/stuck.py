"""A register that stands still while another meter of the same flow says that something passed."""

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import EnergyCells
from tricolor.domain.intervals import CELL_US

STUCK_CELLS = 8  # still for two hours at least; shorter is a coarse digit
STUCK_DIGITS = 5.0  # and the other one saw so many of its least digits pass


def stuck_cells(register: EnergyCells, reference: EnergyCells, digit: float) -> NDArray[np.int64]:
    """Starts [µs] of the register's cells that are zero only because it stands still. Both of one point, in the same unit, sorted by start.

    digit: least digit of the register times its multiplier. reference: the power of the same meter, the parent, or what lies behind it.
    """
    is_still = (register.amount == 0) & (register.covered_us > 0)
    is_next = np.diff(register.start) == CELL_US
    begins = np.flatnonzero(is_still & ~np.concatenate(([False], is_still[:-1] & is_next)))
    ends = np.flatnonzero(is_still & ~np.concatenate((is_still[1:] & is_next, [False])))
    seen = np.concatenate(([0.0], np.cumsum(np.nan_to_num(reference.amount, nan=0.0))))
    found: list[NDArray[np.int64]] = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        low, high = np.searchsorted(reference.start, [register.start[begin], register.start[end] + CELL_US])
        if end - begin + 1 >= STUCK_CELLS and seen[high] - seen[low] > STUCK_DIGITS * digit:
            found.append(register.start[begin : end + 1])
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)
