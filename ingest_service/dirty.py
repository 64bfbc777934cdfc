"""The stretches of points that a batch changed, packed one record a source, for settling to look at again."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.intervals import HOUR_US
from tricolor.domain.readings import ReadingBatch
from tricolor.ports import DirtySpans

SHARED_US = HOUR_US  # stretches of one source that lie this close are given as one: settling looks further around them anyway
_SPARSE = 16  # registry keys a row; in a smaller batch sorting is cheaper than arrays over all keys


def dirty_spans(batch: ReadingBatch, source: NDArray[np.int64], names: Sequence[str]) -> tuple[DirtySpans, ...]:
    """One record a source; source: of every row, the place of its name in `names`."""
    if not len(batch):
        return ()
    found = _by_key(batch, source)
    point, code, first, last = found if found is not None else _by_sorting(batch, source)
    count = np.bincount(source, minlength=len(names))
    spans: list[DirtySpans] = []
    edges = np.searchsorted(code, np.arange(len(names) + 1))
    for which in np.flatnonzero(count).tolist():
        rows = slice(int(edges[which]), int(edges[which + 1]))
        start, end = int(first[rows].min()), int(last[rows].max()) + 1
        if end - start <= SHARED_US:
            limits = _packed(np.array([start])), _packed(np.array([end]))
        else:
            limits = _packed(first[rows]), _packed(last[rows] + 1)
        spans.append(DirtySpans(_packed(point[rows]), *limits, int(count[which]), names[which]))
    return tuple(spans)


_Stretches = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # point, source, first, last; by source


def _by_key(batch: ReadingBatch, source: NDArray[np.int64]) -> _Stretches | None:
    """Arrays over all registry keys; None where a sort is cheaper, or a point came from two sources."""
    size = int(batch.point.max()) + 1
    if size > _SPARSE * len(batch):
        return None
    of_point: NDArray[Any] = np.full(size, -1, dtype=np.int16 if int(source.max()) < 1 << 15 else np.int64)
    of_point[batch.point] = source
    if not np.array_equal(of_point[batch.point], source):
        return None
    limits = np.iinfo(np.int64)
    first, last = np.full(size, limits.max), np.full(size, limits.min)
    np.minimum.at(first, batch.point, batch.at)
    np.maximum.at(last, batch.point, batch.at)
    point = np.flatnonzero(of_point >= 0)
    point = point[np.argsort(of_point[point], kind="stable")]  # of 16 bits: a radix sort
    return point, of_point[point].astype(np.int64), first[point], last[point]


def _by_sorting(batch: ReadingBatch, source: NDArray[np.int64]) -> _Stretches:
    order = np.lexsort((batch.point, source))
    point, at, code = batch.point[order], batch.at[order], source[order]
    begin = np.concatenate(([0], np.flatnonzero((point[1:] != point[:-1]) | (code[1:] != code[:-1])) + 1))
    return point[begin], code[begin], np.minimum.reduceat(at, begin), np.maximum.reduceat(at, begin)


def _packed(column: NDArray[np.int64]) -> bytes:
    return column.astype("<i8").tobytes()
