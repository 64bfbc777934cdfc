"""The walk through one register's odd steps: what a fall or a leap was, decided by the readings around it.

Every decision looks at most RETURN_WITHIN_US ahead and back, or to the first chain of CONFIRM_READINGS that agree; `tricolor.domain.windows` relies
on that to settle a stretch of a series exactly as the whole series would have settled it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import CellFlag
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.plates import CLOCK_JITTER_US, DIGIT_SLACK, PlateColumns, within_digit
from tricolor.domain.steps import StepKind, Steps

RETURN_WITHIN_US = 72 * HOUR_US  # a reading back at the mark after longer than this is no longer taken for the end of a dip
CONFIRM_READINGS = 3  # so many consistent readings after an unexplained jump make it an open item rather than a misread
WRAP_SHARE_WITHOUT_RATE = 0.1  # without a maximum rate, a wrap is believed over at most this share of the capacity


class Series:
    """One register's readings between two exchanges, by local index, with what its plate allows. is_closed: the last one is a declared final."""

    def __init__(
        self, begin: int, end: int, point: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64],
        plate: PlateColumns, is_plain: NDArray[np.bool_], is_closed: bool,
    ) -> None:  # fmt: skip
        self.key = int(point[begin])
        self.at = at[begin:end]
        self.value = value[begin:end]
        self.is_plain = is_plain[begin : end - 1]  # [k]: step k -> k+1
        self.odd = np.flatnonzero(~self.is_plain)
        self.is_closed = is_closed
        self.plate = PlateColumns(*(column[begin:end] for column in plate))
        self.capacity = float(plate.capacity[begin])
        self.max_rate = float(plate.max_rate[begin])
        self.resolution = float(plate.resolution[begin])
        self.multiplier = float(plate.multiplier[begin])

    def __len__(self) -> int:
        return len(self.at)

    def allowed(self, i: int, j: int) -> float:
        """Largest advance from i to j that the plate allows; infinity where it does not say."""
        if np.isnan(self.max_rate):
            return float("inf")
        return (int(self.at[j] - self.at[i]) + CLOCK_JITTER_US) / HOUR_US * self.max_rate + 2 * self.resolution

    def advance(self, i: int, j: int) -> float:
        return float(self.value[j] - self.value[i])

    def follows(self, i: int, j: int) -> bool:
        """Whether reading j can have come straight from reading i."""
        return 0.0 <= self.advance(i, j) <= self.allowed(i, j)

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

    def is_flicker(self, mark: int, j: int) -> bool:
        """Whether reading j lies below the mark by no more than the least digit."""
        fall = -self.advance(mark, j)
        return self.resolution > 0 and 0 < fall <= self.resolution + DIGIT_SLACK * abs(float(self.value[mark]))

    def still_since(self, mark: int, until: int) -> int:
        """First of the equal readings that end at the mark, at most RETURN_WITHIN_US before `until`."""
        low = int(np.searchsorted(self.at, self.at[until] - RETURN_WITHIN_US))
        other = np.flatnonzero(self.value[low:mark] != self.value[mark])
        return min(mark, low + int(other[-1]) + 1) if len(other) else min(mark, low)


class _Verdict(NamedTuple):
    """What the walk makes of an odd step out of the mark: go on from `to` (None: not decidable yet). is_through: the readings between are good."""

    to: int | None
    amount: float
    flag: CellFlag
    kind: StepKind
    is_mark_misread: bool = False
    is_through: bool = False


_UNDECIDED = _Verdict(None, 0.0, CellFlag.OPEN, StepKind.OPEN)


def walk(series: Series) -> Steps:
    """Steps of one register that has at least one odd step."""
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
            pieces[-1] = pieces[-1].take(slice(0, -1))
            mark = previous
        if verdict.is_through:
            pieces.append(_through(series, mark, verdict))
            previous = -1
        else:
            pieces.append(_single(series, mark, verdict))
            previous = -1 if verdict.flag & CellFlag.OPEN else mark
        mark = verdict.to
    return Steps.concat(pieces)


def _explain(series: Series, mark: int, previous: int) -> _Verdict:
    """Why reading mark+1 does not follow from the mark."""
    odd = mark + 1
    if series.is_flicker(mark, odd):
        return _flicker(series, mark)
    wrap = series.wrap(mark, odd)
    if odd == len(series) - 1:  # nothing after it yet: a possible wrap is believed until the next reading says otherwise
        if wrap is not None:
            return _Verdict(odd, wrap, CellFlag.ROLLED_OVER, StepKind.ROLLED_OVER)
        return _declared_end(series, mark, previous) if series.is_closed else _UNDECIDED
    after = odd + 1
    returns, chains = series.follows(mark, after), bool(series.is_plain[odd])
    if wrap is not None and chains:
        is_nearer = returns and wrap + series.advance(odd, after) < series.advance(mark, after)
        if is_nearer or (not returns and _return(series, mark, odd) is None):
            return _Verdict(odd, wrap, CellFlag.ROLLED_OVER, StepKind.ROLLED_OVER)
    if returns:
        return _Verdict(after, series.advance(mark, after), CellFlag.DIP, StepKind.DIP)
    if chains and 0 <= previous < mark and series.follows(previous, odd):
        return _Verdict(odd, series.advance(previous, odd), CellFlag.DIP, StepKind.DIP, is_mark_misread=True)
    if chains and series.advance(mark, odd) > 0 and series.advance(mark, odd) <= series.allowed(series.still_since(mark, odd), odd):
        # the register was frozen and has made up for it: the total is certain, not when it was used
        return _Verdict(odd, series.advance(mark, odd), CellFlag.RECOVERED | CellFlag.ESTIMATED, StepKind.FORWARD)
    return _seek_return(series, mark, odd, previous)


def _flicker(series: Series, mark: int) -> _Verdict:
    """The least digit wavers: still until a reading is back at the mark. One that stays below for good costs no more than that digit."""
    end = int(np.searchsorted(series.at, series.at[mark] + RETURN_WITHIN_US, side="right"))
    j = mark + 2
    while j < end and series.is_flicker(mark, j):
        j += 1
    if j < end and series.follows(mark, j):
        advance = series.advance(mark, j)
        return _Verdict(j, advance, CellFlag.MEASURED, StepKind.FORWARD if advance else StepKind.STILL, is_through=True)
    return _Verdict(j - 1, 0.0, CellFlag.MEASURED, StepKind.STILL, is_through=True)


def _return(series: Series, mark: int, odd: int) -> int | None:
    """The first reading that jumps back to where the mark was, in time."""
    for broken in series.odd[np.searchsorted(series.odd, odd) :].tolist():
        back = int(broken) + 1
        if series.at[back] - series.at[mark] > RETURN_WITHIN_US:
            return None
        if series.follows(mark, back):
            return back
    return None


def _seek_return(series: Series, mark: int, odd: int, previous: int) -> _Verdict:
    """Look on for the reading that jumps back to the mark; where there is none, for the first chain long enough to be a new base."""
    back = _return(series, mark, odd)
    if back is not None:
        return _Verdict(back, series.advance(mark, back), CellFlag.DIP, StepKind.DIP)
    breaks = series.odd[np.searchsorted(series.odd, odd) :]
    start = odd
    for end in (*breaks.tolist(), len(series) - 1):  # each chain of consistent readings: start..end
        if end - start + 1 >= CONFIRM_READINGS:
            wrap = series.wrap(mark, start)
            if wrap is not None:
                return _Verdict(start, wrap, CellFlag.ROLLED_OVER, StepKind.ROLLED_OVER)
            return _Verdict(start, 0.0, CellFlag.OPEN, StepKind.LEAP if series.advance(mark, start) > 0 else StepKind.OPEN)
        start = end + 1
    return _declared_end(series, mark, previous) if series.is_closed else _UNDECIDED


def _declared_end(series: Series, mark: int, previous: int) -> _Verdict:
    """A person declared the last value: it ends the series whatever the plate says, and is flagged where the plate does not agree."""
    last = len(series) - 1
    if series.follows(mark, last):
        return _Verdict(last, series.advance(mark, last), CellFlag.DIP, StepKind.DIP)
    if last == mark + 1 and 0 <= previous < mark and series.follows(previous, last):
        return _Verdict(last, series.advance(previous, last), CellFlag.DIP, StepKind.DIP, is_mark_misread=True)
    if series.advance(mark, last) > 0:
        return _Verdict(last, series.advance(mark, last), CellFlag.SUSPECT, StepKind.EXCHANGED)
    return _Verdict(last, 0.0, CellFlag.OPEN, StepKind.OPEN)


def plain_steps(rows: NDArray[np.int64], point: NDArray[np.int64], at: NDArray[np.int64], advance: NDArray[np.float64], plate: PlateColumns) -> Steps:
    """The steps row -> row+1; advance has one entry a step."""
    moved, resolution = advance[rows], plate.resolution[rows + 1]
    kind = np.where(moved > 0, np.uint8(StepKind.FORWARD), np.uint8(StepKind.STILL))
    flag = np.zeros(len(rows), dtype=np.uint8)
    if len(rows) and resolution.max() > 0:
        flag[(moved > 0) & within_digit(moved, np.float64(1.0), resolution)] = CellFlag.QUANTISED
    return Steps(point[rows], at[rows], at[rows + 1], moved * plate.multiplier[rows + 1], flag, kind)


def _run(series: Series, first: int, last: int) -> Steps:
    """Plain steps first -> first+1 -> … -> last."""
    rows = np.arange(first, last)
    return plain_steps(rows, np.full(len(series), series.key), series.at, series.value[1:] - series.value[:-1], series.plate)


def _single(series: Series, mark: int, verdict: _Verdict) -> Steps:
    assert verdict.to is not None
    return Steps(
        np.array([series.key]), series.at[mark : mark + 1], series.at[verdict.to : verdict.to + 1], np.array([verdict.amount * series.multiplier]),
        np.array([verdict.flag], dtype=np.uint8), np.array([verdict.kind], dtype=np.uint8),
    )  # fmt: skip


def _through(series: Series, mark: int, verdict: _Verdict) -> Steps:
    """Still from reading to reading; what there is of an advance belongs to the last step."""
    assert verdict.to is not None
    count = verdict.to - mark
    amount, kind = np.zeros(count), np.full(count, StepKind.STILL, dtype=np.uint8)
    amount[-1], kind[-1] = verdict.amount * series.multiplier, verdict.kind
    at = series.at[mark : verdict.to + 1]
    return Steps(np.full(count, series.key), at[:-1], at[1:], amount, np.zeros(count, dtype=np.uint8), kind)
