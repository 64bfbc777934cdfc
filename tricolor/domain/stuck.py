"""A register that stands still while another meter of the same flow says that something passed."""

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import EnergyCells
from tricolor.domain.intervals import CELL_US

STUCK_CELLS = 8  # still for two hours at least; shorter is a coarse digit
STUCK_DIGITS = 5.0  # and the other one saw so many of its least digits pass
NEIGHBOUR_CELLS = 24  # neighbours prove less than a meter of the same flow: still for six hours at least
RESIDUAL_SHARE = 0.2  # of the parent's flow must be unaccounted for, else it may be losses


def stuck_cells(
    register: EnergyCells, reference: EnergyCells, digit: float, least_cells: int = STUCK_CELLS, share_of: EnergyCells | None = None
) -> NDArray[np.int64]:
    """Starts [µs] of the register's cells that are zero only because it stands still. Each of one point, in the same unit, sorted by start.

    digit: least digit of the register times its multiplier. reference: the power of the same meter, what lies behind it, or the parent less its other
    children; then share_of is the parent, of which RESIDUAL_SHARE must be left over. least_cells: shorter stops are no sign.
    """
    is_still = (register.amount == 0) & (register.covered_us > 0)
    is_next = np.diff(register.start) == CELL_US
    begins = np.flatnonzero(is_still & ~np.concatenate(([False], is_still[:-1] & is_next)))
    ends = np.flatnonzero(is_still & ~np.concatenate((is_still[1:] & is_next, [False])))
    seen = _running(reference)
    whole = None if share_of is None else _running(share_of)
    found: list[NDArray[np.int64]] = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        low, high = np.searchsorted(reference.start, [register.start[begin], register.start[end] + CELL_US])
        limit = STUCK_DIGITS * digit
        if whole is not None and share_of is not None:
            first, last = np.searchsorted(share_of.start, [register.start[begin], register.start[end] + CELL_US])
            limit = max(limit, RESIDUAL_SHARE * float(whole[last] - whole[first]))
        if end - begin + 1 >= least_cells and seen[high] - seen[low] > limit:
            found.append(register.start[begin : end + 1])
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _running(cells: EnergyCells) -> NDArray[np.float64]:
    return np.concatenate(([0.0], np.cumsum(np.nan_to_num(cells.amount, nan=0.0))))
