"""Telling new readings from repeated ones and from corrections, before they are stored.

A reading later than everything known of its point is new: that is a look into one array. Only the others are compared with the store.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest_service.index import PointIndex
from tricolor.domain.intervals import Interval
from tricolor.domain.readings import ReadingBatch
from tricolor.ports import ReadingStore

_LOOKS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Sorted:
    """is_new: rows to store; old_*: the value and quality that a stored row replaces (NaN where it replaces nothing)."""

    is_new: NDArray[np.bool_]
    old_value: NDArray[np.float64]
    old_quality: NDArray[np.uint8]


def sort_out(batch: ReadingBatch, index: PointIndex, store: ReadingStore, suspects: NDArray[np.bool_] | None = None) -> Sorted:
    """Which rows of the batch are new or corrections; rows come in the order they were sent. suspects: rows that another worker may have stored."""
    count = len(batch)
    nothing = np.full(count, np.nan)
    zeros = np.zeros(count, dtype=np.uint8)
    is_late = batch.at <= index.newest[batch.point]
    if suspects is not None:
        is_late |= suspects
    if not is_late.any() and not _has_repeats(batch):
        return Sorted(np.ones(count, dtype=bool), nothing, zeros)
    known = ReadingBatch.empty()
    if is_late.any():
        at = batch.at[is_late]
        known = store.read(np.unique(batch.point[is_late]).tolist(), Interval(int(at.min()), int(at.max()) + 1))
    both = ReadingBatch.concat([known, batch])
    arrival = np.arange(len(both)) - len(known)  # what is stored came before everything of the batch
    order = np.lexsort((arrival, both.at, both.point))
    point, at, value, quality = both.point[order], both.at[order], both.value[order], both.quality[order]
    follows = np.zeros(len(both), dtype=bool)
    follows[1:] = (point[1:] == point[:-1]) & (at[1:] == at[:-1])
    is_same = np.zeros(len(both), dtype=bool)
    is_same[1:] = follows[1:] & (value[1:] == value[:-1]) & (quality[1:] == quality[:-1])
    rows = arrival[order]
    mine = rows >= 0
    is_new = np.ones(count, dtype=bool)
    is_new[rows[mine & is_same]] = False
    replaced = np.flatnonzero(mine & follows & ~is_same)
    nothing[rows[replaced]] = value[replaced - 1]
    zeros[rows[replaced]] = quality[replaced - 1]
    return Sorted(is_new, nothing, zeros)


def _has_repeats(batch: ReadingBatch) -> bool:
    """Whether two rows of the batch share point and instant."""
    point, at = batch.point, batch.at
    if len(batch) < 2:
        return False
    last = np.empty(int(point.max()) + 1, dtype=np.int64)
    for _ in range(_LOOKS):  # each look takes the last row of every point away; most batches hold a point once or twice
        last[point] = np.arange(len(point))
        is_earlier = last[point] != np.arange(len(point))
        if not is_earlier.any():
            return False
        if (at[is_earlier] == at[last[point[is_earlier]]]).any():
            return True
        point, at = point[is_earlier], at[is_earlier]
    order = np.lexsort((at, point))
    return bool(((point[order][1:] == point[order][:-1]) & (at[order][1:] == at[order][:-1])).any())
