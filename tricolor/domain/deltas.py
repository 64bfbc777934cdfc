"""Interval amounts: each reading is the amount of the interval that ends at its time."""

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import CellFlag
from tricolor.domain.plates import PlateColumns, allowed
from tricolor.domain.steps import StepKind, Steps, direction


def delta_steps(
    point: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64], interval_us: NDArray[np.int64], plate: PlateColumns,
    seq: NDArray[np.int64] | None = None,
) -> Steps:  # fmt: skip
    """Steps of interval amounts, rows sorted by (point, at). A negative amount is parked as OPEN unless the meter is a net one, one beyond the plate
    as LEAP.

    Where two intervals overlap, the time both claim belongs to the one that arrived later (larger seq; the later `at` when equal);
    the other keeps the share of its amount that its remaining time is of its interval. Both are flagged SUSPECT. A missing interval stays missing.
    """
    size = plate.size_of(value)
    is_good = (size >= 0) & (size <= allowed(interval_us, plate.max_rate, plate.resolution))
    amount = value * plate.multiplier
    flag = np.where(is_good, CellFlag.MEASURED, CellFlag.OPEN).astype(np.uint8)
    kind = np.where(is_good, direction(value), np.where(value < 0, StepKind.OPEN, StepKind.LEAP)).astype(np.uint8)
    start = at - interval_us
    overlaps = np.flatnonzero((point[1:] == point[:-1]) & (start[1:] < at[:-1]))
    steps = Steps(point, start, at, amount, flag, kind)
    if not len(overlaps):
        return steps
    is_touched = np.zeros(len(at), dtype=bool)
    is_touched[overlaps] = is_touched[overlaps + 1] = True
    order = np.arange(len(at)) if seq is None else seq
    pieces = [_cut(steps, row, order) for row in np.flatnonzero(is_touched).tolist()]
    return Steps.concat([steps.take(~is_touched), *pieces]).in_order()


def _cut(steps: Steps, row: int, seq: NDArray[np.int64]) -> Steps:
    """The interval of one row without the time that later arrivals claim; no step where nothing is left."""
    free = [(int(steps.start[row]), int(steps.end[row]))]
    for other in _overlapping(steps, row):
        if (seq[other], other) > (seq[row], row):
            low, high = int(steps.start[other]), int(steps.end[other])
            free = [(a, b) for s, e in free for a, b in ((s, min(e, low)), (max(s, high), e)) if a < b]
    if not free:
        return Steps.empty()
    begin, end = np.array([a for a, _ in free]), np.array([b for _, b in free])
    rows = np.full(len(free), row)
    share = (end - begin) / int(steps.end[row] - steps.start[row])
    return Steps(steps.point[rows], begin, end, steps.amount[rows] * share, steps.flag[rows] | np.uint8(CellFlag.SUSPECT), steps.kind[rows])


def _overlapping(steps: Steps, row: int) -> list[int]:
    """Rows of the same point whose intervals overlap this one's; they are its neighbours, for intervals of one point are equally long."""
    found = []
    for step in (-1, 1):
        other = row + step
        while 0 <= other < len(steps) and steps.point[other] == steps.point[row]:
            if steps.start[other] >= steps.end[row] or steps.end[other] <= steps.start[row]:
                break
            found.append(other)
            other += step
    return found
