"""From register readings to certain steps: subtract in the meter's own unit what its rating plate allows.

A step leads from the last good reading (the mark) to the next good one. Most steps go forward and are found by array arithmetic; only where a
reading falls, or leaps beyond the plate, does the walk below look closer (DESIGN §5). A reading that falls or leaps never becomes the new
base by itself: it has to be confirmed by what follows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import CellFlag
from tricolor.domain.intervals import HOUR_US, MINUTE_US

RETURN_WITHIN_US = 72 * HOUR_US  # a reading back at the mark after longer than this is no longer taken for the end of a dip
CONFIRM_READINGS = 3  # so many consistent readings after an unexplained jump make it an open item rather than a misread
CLOCK_JITTER_US = MINUTE_US  # readings may be stamped this much late, so the plate's rate gets this much more time
WRAP_SHARE_WITHOUT_RATE = 0.1  # without a maximum rate, a wrap is believed over at most this share of the capacity


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Accepted steps, columns of equal length, ordered by (point, start). start, end [µs]; amount [meter's unit × multiplier] (0 and
    flag OPEN where a jump is parked: its energy is not known); flag (CellFlag)."""

    point: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    amount: NDArray[np.float64]
    flag: NDArray[np.uint8]

    @staticmethod
    def concat(parts: "list[Steps]") -> "Steps":
        if not parts:
            none = np.empty(0, dtype=np.int64)
            return Steps(none, none, none, np.empty(0), np.empty(0, dtype=np.uint8))
        return Steps(
            np.concatenate([p.point for p in parts]), np.concatenate([p.start for p in parts]), np.concatenate([p.end for p in parts]),
            np.concatenate([p.amount for p in parts]), np.concatenate([p.flag for p in parts]),
        )  # fmt: skip


class PlateColumns(NamedTuple):
    """Plates of the points of a batch, one row a reading: capacity and max_rate are NaN where the plate does not say."""

    capacity: NDArray[np.float64]
    max_rate: NDArray[np.float64]
    resolution: NDArray[np.float64]
    multiplier: NDArray[np.float64]


def register_steps(point: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64], plate: PlateColumns) -> Steps:
    """Steps of cumulative registers. Rows sorted by (point, at), one per instant; all columns have one row a reading."""
    if len(at) < 2:
        return Steps.concat([])
    limit = _allowed(at[1:] - at[:-1], plate.max_rate[1:], plate.resolution[1:])
    advance = value[1:] - value[:-1]
    is_same = point[1:] == point[:-1]
    is_plain = is_same & (advance >= 0) & (advance <= limit)
    odd = np.flatnonzero(is_same & ~is_plain)
    if len(odd) == 0:
        rows = np.flatnonzero(is_plain)
        return _plain(rows, point, at, advance, plate.multiplier)
    odd_points = np.unique(point[odd])
    rows = np.flatnonzero(is_plain & ~np.isin(point[1:], odd_points))
    parts = [_plain(rows, point, at, advance, plate.multiplier)]
    first = np.searchsorted(point, odd_points, side="left")
    last = np.searchsorted(point, odd_points, side="right")
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        parts.append(_walk(_Series(begin, end, point, at, value, plate, is_plain)))
    steps = Steps.concat(parts)
    order = np.lexsort((steps.start, steps.point))
    return Steps(steps.point[order], steps.start[order], steps.end[order], steps.amount[order], steps.flag[order])


def delta_steps(
    point: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64], interval_us: NDArray[np.int64], plate: PlateColumns
) -> Steps:
    """Steps of interval amounts: each reading is the amount of the interval that ends at its time. A negative amount, or one beyond the
    plate, is parked."""
    limit = _allowed(interval_us, plate.max_rate, plate.resolution)
    is_good = (value >= 0) & (value <= limit)
    amount = np.where(is_good, value * plate.multiplier, 0.0)
    flag = np.where(is_good, CellFlag.MEASURED, CellFlag.OPEN).astype(np.uint8)
    return Steps(point, at - interval_us, at, amount, flag)


def _allowed(elapsed_us: NDArray[np.int64], max_rate: NDArray[np.float64], resolution: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest advance the plate allows in the time, infinity where it does not say."""
    limit = max_rate * ((elapsed_us + CLOCK_JITTER_US) / HOUR_US) + 2 * resolution
    return np.where(np.isnan(limit), np.inf, limit)


def _plain(
    rows: NDArray[np.int64], point: NDArray[np.int64], at: NDArray[np.int64], advance: NDArray[np.float64], multiplier: NDArray[np.float64]
) -> Steps:
    return Steps(point[rows], at[rows], at[rows + 1], advance[rows] * multiplier[rows + 1], np.zeros(len(rows), dtype=np.uint8))


class _Series:
    """One point's readings inside the batch, by local index, with what its plate allows."""

    def __init__(
        self, begin: int, end: int, point: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64],
        plate: PlateColumns, is_plain: NDArray[np.bool_],
    ) -> None:  # fmt: skip
        self.key = int(point[begin])
        self.at = at[begin:end]
        self.value = value[begin:end]
        self.is_plain = is_plain[begin : end - 1]  # [k]: step k -> k+1
        self.odd = np.flatnonzero(~self.is_plain)
        self.capacity = float(plate.capacity[begin])
        self.max_rate = float(plate.max_rate[begin])
        self.resolution = float(plate.resolution[begin])
        self.multiplier = float(plate.multiplier[begin])

    def __len__(self) -> int:
        return len(self.at)

    def allowed(self, i: int, j: int) -> float:
        if np.isnan(self.max_rate):
            return float("inf")
        return self.max_rate * (int(self.at[j] - self.at[i]) + CLOCK_JITTER_US) / HOUR_US + 2 * self.resolution

    def follows(self, i: int, j: int) -> bool:
        """Whether reading j can have come straight from reading i."""
        return bool(0.0 <= self.value[j] - self.value[i] <= self.allowed(i, j))

    def wrap(self, i: int, j: int) -> float | None:
        """Distance through the capacity from i to j when that is physically possible."""
        if np.isnan(self.capacity) or self.value[i] >= self.capacity or self.value[j] >= self.value[i]:
            return None
        distance = float(self.value[j] - self.value[i] + self.capacity)
        allowed = self.allowed(i, j)
        bound = allowed if np.isfinite(allowed) else WRAP_SHARE_WITHOUT_RATE * self.capacity
        return distance if distance <= bound else None

    def next_odd(self, index: int) -> int | None:
        """First odd step at or after the index."""
        found = int(np.searchsorted(self.odd, index))
        return int(self.odd[found]) if found < len(self.odd) else None


class _Verdict(NamedTuple):
    """What the walk makes of an odd step out of `mark`: go on from `to`; amount None parks the jump; to None: not decidable yet."""

    to: int | None
    amount: float | None
    flag: CellFlag
    is_mark_misread: bool = False


def _walk(series: _Series) -> Steps:
    """Steps of one point that has at least one odd step."""
    pieces: list[Steps] = []
    mark, previous = 0, -1  # previous: the good reading before the mark, while the mark may still turn out to be a misread
    while True:
        odd = series.next_odd(mark)
        stop = len(series) - 1 if odd is None else odd
        if stop > mark:
            pieces.append(_run(series, mark, stop))
            previous = stop - 1
        if odd is None:
            break
        mark = stop
        verdict = _explain(series, mark, previous)
        if verdict.to is None:
            break
        if verdict.is_mark_misread:
            pieces[-1] = _without_last(pieces[-1])
            mark = previous
        amount = 0.0 if verdict.amount is None else verdict.amount
        pieces.append(_single(series, mark, verdict.to, amount, verdict.flag))
        previous = -1 if verdict.amount is None else mark
        mark = verdict.to
    return Steps.concat(pieces)


def _explain(series: _Series, mark: int, previous: int) -> _Verdict:
    """Why reading mark+1 does not follow from the mark."""
    odd = mark + 1
    wrap = series.wrap(mark, odd)
    if odd == len(series) - 1:  # nothing after it yet: a possible wrap is believed until the next reading says otherwise
        return _Verdict(odd, wrap, CellFlag.ROLLED_OVER) if wrap is not None else _Verdict(None, None, CellFlag.OPEN)
    after = odd + 1
    returns, chains = series.follows(mark, after), bool(series.is_plain[odd])
    if wrap is not None and chains:
        through = wrap + float(series.value[after] - series.value[odd])
        if not returns or through < float(series.value[after] - series.value[mark]):
            return _Verdict(odd, wrap, CellFlag.ROLLED_OVER)
    if returns:
        return _Verdict(after, float(series.value[after] - series.value[mark]), CellFlag.DIP)
    if chains and 0 <= previous < mark and series.follows(previous, odd):
        return _Verdict(odd, float(series.value[odd] - series.value[previous]), CellFlag.DIP, is_mark_misread=True)
    return _seek_return(series, mark, odd)


def _seek_return(series: _Series, mark: int, odd: int) -> _Verdict:
    """Look on for the reading that jumps back to the mark; where there is none, for the first chain long enough to be a new base."""
    breaks = series.odd[np.searchsorted(series.odd, odd) :]
    for broken in breaks.tolist():
        back = broken + 1
        if series.at[back] - series.at[mark] > RETURN_WITHIN_US:
            break
        if series.follows(mark, back):
            return _Verdict(back, float(series.value[back] - series.value[mark]), CellFlag.DIP)
    start = odd
    for end in (*breaks.tolist(), len(series) - 1):  # each chain of consistent readings: start..end
        if end - start + 1 >= CONFIRM_READINGS:
            wrap = series.wrap(mark, start)
            return _Verdict(start, wrap, CellFlag.OPEN if wrap is None else CellFlag.ROLLED_OVER)
        start = end + 1
    return _Verdict(None, None, CellFlag.OPEN)


def _run(series: _Series, first: int, last: int) -> Steps:
    advance = (series.value[first + 1 : last + 1] - series.value[first:last]) * series.multiplier
    count = last - first
    return Steps(np.full(count, series.key), series.at[first:last], series.at[first + 1 : last + 1], advance, np.zeros(count, dtype=np.uint8))


def _single(series: _Series, i: int, j: int, amount: float, flag: CellFlag) -> Steps:
    return Steps(
        np.array([series.key]), series.at[i : i + 1], series.at[j : j + 1], np.array([amount * series.multiplier]), np.array([flag], dtype=np.uint8)
    )


def _without_last(steps: Steps) -> Steps:
    return Steps(steps.point[:-1], steps.start[:-1], steps.end[:-1], steps.amount[:-1], steps.flag[:-1])
