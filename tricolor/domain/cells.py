"""Spreading steps over the 15-minute grid: what lies in one cell stays there, what crosses an edge is split by time."""

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.intervals import CELL_US
from tricolor.domain.steps import Steps

MAX_CELLS_PER_STEP = 400 * 96  # a step longer than 400 days is refused rather than spread


def spread(steps: Steps, gap_us: NDArray[np.int64]) -> EnergyCells:
    """Cells of the steps, sorted by (point, start). gap_us, one a step [µs]: a step longer than this is certain in total, estimated in its split."""
    is_usable = (steps.end > steps.start) & (steps.end - steps.start <= MAX_CELLS_PER_STEP * CELL_US)
    if not is_usable.all():
        steps = steps.take(is_usable)
        gap_us = gap_us[is_usable]
    if len(steps.start) == 0:
        return EnergyCells.empty()
    length = steps.end - steps.start
    first = steps.start // CELL_US
    count = (steps.end - 1) // CELL_US - first + 1
    is_split = (length > gap_us) & (count > 1) & (steps.flag & CellFlag.OPEN == 0)
    flag = steps.flag | np.where(is_split, np.uint8(CellFlag.ESTIMATED), np.uint8(0))
    is_parked = steps.flag & CellFlag.OPEN != 0
    amount = np.where(is_parked, 0.0, steps.amount) if is_parked.any() else steps.amount
    if int(count.max()) == 1:
        return _gather(steps.point, first, amount, length, flag)
    row = np.repeat(np.arange(len(count)), count)
    ordinal = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    cell = first[row] + ordinal
    inside = np.minimum(steps.end[row], (cell + 1) * CELL_US) - np.maximum(steps.start[row], cell * CELL_US)
    return _gather(steps.point[row], cell, amount[row] * (inside / length[row]), inside, flag[row])


def _gather(
    point: NDArray[np.int64], cell: NDArray[np.int64], amount: NDArray[np.float64], inside: NDArray[np.int64], flag: NDArray[np.uint8]
) -> EnergyCells:
    """Add up the pieces that fall into the same cell of the same point."""
    is_step = (point[1:] != point[:-1]) | (cell[1:] != cell[:-1])
    is_sorted = bool(np.all((point[1:] > point[:-1]) | ((point[1:] == point[:-1]) & (cell[1:] >= cell[:-1]))))
    if not is_sorted:
        order = np.lexsort((cell, point))
        point, cell, amount, inside, flag = point[order], cell[order], amount[order], inside[order], flag[order]
        is_step = (point[1:] != point[:-1]) | (cell[1:] != cell[:-1])
    begin = np.concatenate(([0], np.flatnonzero(is_step) + 1))
    known = np.where(flag & CellFlag.OPEN, 0, inside)
    covered = np.minimum(np.add.reduceat(known, begin), CELL_US)
    total = np.add.reduceat(amount, begin)
    return EnergyCells(
        point[begin], cell[begin] * CELL_US, np.where(covered > 0, total, np.nan), covered, np.bitwise_or.reduceat(flag, begin).astype(np.uint8)
    )
