"""What the reading and energy stores share: sorting columns, merging spans, choosing the neighbours of a span."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import EnergyCells
from tricolor.domain.intervals import Interval
from tricolor.domain.readings import Quality, ReadingBatch

USABLE_UP_TO = Quality.MANUAL  # a calibration or bad reading is no neighbour to interpolate from


def wanted(points: Iterable[int]) -> NDArray[np.int64]:
    """The points once each, ascending."""
    return np.unique(np.fromiter(points, dtype=np.int64))


def winners(batch: ReadingBatch) -> ReadingBatch:
    """`last_wins` for rows in order of arrival; rows that are sorted already, each instant once, come back as they are."""
    is_rising = (batch.point[1:] > batch.point[:-1]) | ((batch.point[1:] == batch.point[:-1]) & (batch.at[1:] > batch.at[:-1]))
    if is_rising.all():
        return batch
    rows = _sorted_rows(batch.point, batch.at)
    point, at = batch.point[rows], batch.at[rows]
    repeats = (point[1:] == point[:-1]) & (at[1:] == at[:-1])
    if not repeats.any():
        return batch.take(rows)
    shared = np.append(repeats, False) | np.append(False, repeats)  # only rows that share their instant with another are sorted once more
    group = np.concatenate(([0], np.cumsum(~repeats)))[shared]
    among = rows[shared]
    rows[shared] = among[np.lexsort((batch.seq[among], group))]  # stable: of equal seq the later row stays last
    return batch.take(rows[np.append(~repeats, True)])


def in_order(cells: EnergyCells) -> EnergyCells:
    """The cells sorted by (point, start)."""
    is_rising = (cells.point[1:] > cells.point[:-1]) | ((cells.point[1:] == cells.point[:-1]) & (cells.start[1:] >= cells.start[:-1]))
    if is_rising.all():
        return cells
    return cells.take(_sorted_rows(cells.point, cells.start))


def _sorted_rows(point: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows by (point, at), stable; one sort on one integer where the ranges allow it, a third of the time."""
    key = _one_key(point, at)
    return np.lexsort((at, point)) if key is None else np.argsort(key, kind="stable")


def with_neighbours(batch: ReadingBatch, span: Interval) -> ReadingBatch:
    """Of sorted winners: those in the span, and per point the last usable one before it and the first usable one after it."""
    usable = batch.quality <= USABLE_UP_TO
    keep = (batch.at >= span.start) & (batch.at < span.end)
    before = np.flatnonzero(usable & (batch.at < span.start))
    after = np.flatnonzero(usable & (batch.at >= span.end))
    if len(before):
        keep[before[np.append(batch.point[before[1:]] != batch.point[before[:-1]], True)]] = True
    if len(after):
        keep[after[np.append(True, batch.point[after[1:]] != batch.point[after[:-1]])]] = True
    return batch.take(keep)


def merged(spans: Sequence[tuple[int, Interval]]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Point, start and end [µs] of the spans, sorted, those of one point that touch or overlap made one."""
    raw = np.array([(point, span.start, span.end) for point, span in spans if span.length_us], dtype=np.int64).reshape(-1, 3)
    point, start, end = raw[np.lexsort((raw[:, 2], raw[:, 1], raw[:, 0]))].T
    if len(point) < 2:
        return point, start, end
    out: list[list[int]] = []
    for p, s, e in zip(point.tolist(), start.tolist(), end.tolist(), strict=True):
        if out and out[-1][0] == p and s <= out[-1][2]:
            out[-1][2] = max(out[-1][2], e)
        else:
            out.append([p, s, e])
    joined = np.array(out, dtype=np.int64)
    return joined[:, 0], joined[:, 1], joined[:, 2]


def require_inside(cells: EnergyCells, point: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> None:
    """ValueError when a cell lies in none of the merged spans (it would be stored twice) or comes twice."""
    if not len(cells):
        return
    if not len(point):
        raise ValueError("cells were given and no span to replace")
    known, of_span = np.unique(point, return_inverse=True)
    low = min(int(start.min()), int(cells.start.min()))
    width = max(int(end.max()), int(cells.start.max())) - low + 1
    if width > (1 << 62) // (len(known) + 1):
        raise ValueError("the spans to replace reach too far apart for one call")
    of_cell = np.minimum(np.searchsorted(known, cells.point), len(known) - 1)
    key = of_cell * width + (cells.start - low)
    place = np.searchsorted(of_span * width + (start - low), key, side="right") - 1
    fits = (place >= 0) & (point[place] == cells.point) & (cells.start >= start[place]) & (cells.start < end[place])
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        raise ValueError(f"cell of point {cells.point[row]} at {cells.start[row]} lies outside the spans to replace")
    if len(key) > 1 and not (np.diff(key) > 0).all() and len(np.unique(key)) < len(key):
        raise ValueError("two cells of one point have the same start")


class Extent:
    """First and last instant of every point, in memory. Not thread-safe: the store holds its own lock around it."""

    def __init__(self, point: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]) -> None:
        order = np.argsort(point)
        self._point, self._first, self._last = point[order], first[order], last[order]
        self._latest: dict[int, int] | None = None

    @staticmethod
    def empty() -> "Extent":
        none = np.empty(0, dtype=np.int64)
        return Extent(none, none, none)

    def add(self, batch: ReadingBatch) -> None:
        if not len(batch):
            return
        self._grow(batch.point)
        place = np.searchsorted(self._point, batch.point)
        np.minimum.at(self._first, place, batch.at)
        np.maximum.at(self._last, place, batch.at)
        self._latest = None

    def latest(self) -> Mapping[int, int]:
        if self._latest is None:
            self._latest = dict(zip(self._point.tolist(), self._last.tolist(), strict=True))
        return self._latest

    def begun_before(self, points: NDArray[np.int64], at: int) -> NDArray[np.int64]:
        """Those of the points that have a reading before the instant."""
        return points[np.isin(points, self._point[self._first < at])]

    def going_on(self, points: NDArray[np.int64], at: int) -> NDArray[np.int64]:
        """Those of the points that have a reading at the instant or after it."""
        return points[np.isin(points, self._point[self._last >= at])]

    def _grow(self, points: NDArray[np.int64]) -> None:
        place = np.minimum(np.searchsorted(self._point, points), max(len(self._point) - 1, 0))
        new = points if not len(self._point) else points[self._point[place] != points]
        if not len(new):
            return
        new = _once_each(new)
        limits = np.iinfo(np.int64)
        at = np.searchsorted(self._point, new)
        self._first = np.insert(self._first, at, limits.max)
        self._last = np.insert(self._last, at, limits.min)
        self._point = np.insert(self._point, at, new)


def _once_each(points: NDArray[np.int64]) -> NDArray[np.int64]:
    """The points ascending, each once; registry keys lie close together, so that they need no sort."""
    low, high = int(points.min()), int(points.max())
    if high - low > 16 * len(points) + 1_000_000:
        return np.unique(points)
    is_there = np.zeros(high - low + 1, dtype=bool)
    is_there[points - low] = True
    return np.flatnonzero(is_there) + low


def _one_key(point: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """(point, at) as one sortable integer, None when it would not fit."""
    if not len(point):
        return np.empty(0, dtype=np.int64)
    low_point, low = int(point.min()), int(at.min())
    width = int(at.max()) - low + 1
    if (int(point.max()) - low_point + 1) * width > (1 << 62):
        return None
    return np.asarray((point - low_point) * width + (at - low))
