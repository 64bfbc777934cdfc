"""The walk through one register's odd steps: what a fall or a leap was, decided by the readings around it.

Every decision looks at most RETURN_WITHIN_US ahead and back, or to the first chain of CONFIRM_READINGS that agree; `tricolor.domain.windows` relies
on that to settle a stretch of a series exactly as the whole series would have settled it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.energy import CellFlag
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.plates import CLOCK_JITTER_US, DIGIT_SLACK, PlateColumns, allowed, within_digit
from tricolor.domain.steps import StepKind, Steps, direction

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
        self.plate = plate.take(slice(begin, end))
        self.is_net = plate.is_net is not None and bool(plate.is_net[begin])
        self.capacity = float(plate.capacity[begin])
        self.max_rate = float(plate.max_rate[begin])
        self.resolution = float(plate.resolution[begin])
        self.multiplier = float(plate.multiplier[begin])
        if self.resolution > 0 and not self.is_net:
            self._steady()

    def _steady(self) -> None:
        """Raise readings that lie below one of the last RETURN_WITHIN_US by no more than the least digit to it: that digit wavers. The last reading
        within the time stays as it is, so that a register that stays below goes on from there, whatever comes afterwards."""
        value = self.value
        for i in self.odd.tolist():
            end = int(np.searchsorted(self.at, self.at[i] + RETURN_WITHIN_US, side="right")) - 1
            near = self.value[i + 1 : end]
            least = self.value[i] - self.resolution - DIGIT_SLACK * abs(float(self.value[i]))
            wavering = np.flatnonzero((near < self.value[i]) & (near >= least)) + i + 1
            if len(wavering):
                value = self.value.copy() if value is self.value else value
                value[wavering] = np.maximum(value[wavering], self.value[i])
        if value is not self.value:
            self.value = value
            advance = value[1:] - value[:-1]
            self.is_plain = (advance >= 0) & (advance <= allowed(np.diff(self.at), self.plate.max_rate[1:], self.plate.resolution[1:]))
            self.odd = np.flatnonzero(~self.is_plain)

    def __len__(self) -> int:
        return len(self.at)

    def allowed(self, i: int, j: int) -> float:
        """Largest advance from i to j that the plate allows; infinity where it does not say."""
        if np.isnan(self.max_rate):
            return float("inf")
        return (int(self.at[j] - self.at[i]) + CLOCK_JITTER_US) / HOUR_US * self.max_rate + 2 * self.resolution

    def advance(self, i: int, j: int) -> float:
        return float(self.value[j] - self.value[i])

    def size(self, amount: float) -> float:
        """An amount as the plate's rate bounds it: a net register's counts the same in both directions."""
        return abs(amount) if self.is_net else amount

    def follows(self, i: int, j: int) -> bool:
        """Whether reading j can have come straight from reading i."""
        bound = self.allowed(i, j)
        if self.is_net and not np.isnan(self.capacity):
            bound = min(bound, self.capacity / 2)  # beyond that the other way round is shorter
        return 0.0 <= self.size(self.advance(i, j)) <= bound

    def wrap(self, i: int, j: int) -> float | None:
        """Distance through the capacity from i to j when that is physically possible; of a net register in either direction."""
        if np.isnan(self.capacity) or self.value[i] >= self.capacity or self.value[j] >= self.capacity:
            return None
        advance = self.advance(i, j)
        if not self.is_net and advance >= 0:
            return None
        distance = advance + self.capacity if advance < 0 else advance - self.capacity
        bound = self.allowed(i, j)
        if self.is_net:
            bound = min(bound, self.capacity / 2)
        bound = bound if np.isfinite(bound) else WRAP_SHARE_WITHOUT_RATE * self.capacity
        return distance if self.size(distance) <= bound else None

    def next_odd(self, index: int) -> int | None:
        """First odd step at or after the index."""
        found = int(np.searchsorted(self.odd, index))
        return int(self.odd[found]) if found < len(self.odd) else None

    def is_flicker(self, mark: int, j: int) -> bool:
        """Whether reading j lies below the mark by no more than the least digit."""
        fall = -self.advance(mark, j)
        return self.resolution > 0 and not self.is_net and 0 < fall <= self.resolution + DIGIT_SLACK * abs(float(self.value[mark]))

    def still_since(self, mark: int, until: int) -> int:
        """First of the equal readings that end at the mark, at most RETURN_WITHIN_US before `until`."""
        low = int(np.searchsorted(self.at, self.at[until] - RETURN_WITHIN_US))
        other = np.flatnonzero(self.value[low:mark] != self.value[mark])
        return min(mark, low + int(other[-1]) + 1) if len(other) else min(mark, low)


class _Verdict(NamedTuple):
    """What the walk makes of an odd step out of the mark: go on from `to` (None: not decidable yet)."""

    to: int | None
    amount: float
    flag: CellFlag
    kind: StepKind
    is_mark_misread: bool = False


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
        pieces.append(_single(series, mark, verdict))
        previous = -1 if verdict.flag & CellFlag.OPEN or verdict.kind is StepKind.STILL else mark
        mark = verdict.to
    return Steps.concat(pieces)


def _explain(series: Series, mark: int, previous: int) -> _Verdict:
    """Why reading mark+1 does not follow from the mark."""
    odd = mark + 1
    if series.is_flicker(mark, odd):
        # it stayed below for RETURN_WITHIN_US: go on from there; should it come back after all, that digit is counted twice
        return _Verdict(odd, 0.0, CellFlag.MEASURED if odd == len(series) - 1 else CellFlag.QUANTISED, StepKind.STILL)
    wrap = series.wrap(mark, odd)
    is_live = odd == len(series) - 1  # nothing after it yet: a possible wrap is believed until the next reading says otherwise
    if wrap is not None and (is_live or series.is_net):  # a net register goes round either way: a misread there and back comes to the same total
        return _Verdict(odd, wrap, CellFlag.ROLLED_OVER, StepKind.ROLLED_OVER)
    if is_live:
        return _declared_end(series, mark, previous) if series.is_closed else _UNDECIDED
    after = odd + 1
    returns, chains = series.follows(mark, after), bool(series.is_plain[odd])
    if wrap is not None and chains:
        is_nearer = returns and series.size(wrap + series.advance(odd, after)) < series.size(series.advance(mark, after))
        if is_nearer or (not returns and _return(series, mark, odd) is None):
            return _Verdict(odd, wrap, CellFlag.ROLLED_OVER, StepKind.ROLLED_OVER)
    if returns:
        return _Verdict(after, series.advance(mark, after), CellFlag.DIP, StepKind.DIP)
    if chains and 0 <= previous < mark and series.follows(previous, odd):
        return _Verdict(odd, series.advance(previous, odd), CellFlag.DIP, StepKind.DIP, is_mark_misread=True)
    if chains and 0 < series.size(series.advance(mark, odd)) <= series.allowed(series.still_since(mark, odd), odd):
        # the register was frozen and has made up for it: the total is certain, not when it was used
        return _Verdict(odd, series.advance(mark, odd), CellFlag.RECOVERED | CellFlag.ESTIMATED, StepKind.FORWARD)
    return _seek_return(series, mark, odd, previous)


def _return(series: Series, mark: int, odd: int) -> int | None:
    """The first reading that jumps back to where the mark was, in time; the jump may be one that the plate allows, where all was still before it."""
    end = int(np.searchsorted(series.at, series.at[mark] + RETURN_WITHIN_US, side="right"))
    moved = np.flatnonzero(series.value[odd:end] != series.value[odd])
    if len(moved) and series.follows(mark, odd + int(moved[0])):
        return odd + int(moved[0])
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
            jump = series.advance(mark, start)
            return _Verdict(start, jump, CellFlag.OPEN, StepKind.LEAP if jump > 0 else StepKind.OPEN)
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
    return _Verdict(last, series.advance(mark, last), CellFlag.OPEN, StepKind.OPEN)


def plain_steps(rows: NDArray[np.int64], point: NDArray[np.int64], at: NDArray[np.int64], advance: NDArray[np.float64], plate: PlateColumns) -> Steps:
    """The steps row -> row+1; advance has one entry a step."""
    moved, resolution = advance[rows], plate.resolution[rows + 1]
    kind = direction(moved) if plate.is_net is not None else np.where(moved > 0, np.uint8(StepKind.FORWARD), np.uint8(StepKind.STILL))
    flag = np.zeros(len(rows), dtype=np.uint8)
    if len(rows) and resolution.max() > 0:
        size = moved if plate.is_net is None else np.abs(moved)
        flag[(size > 0) & within_digit(size, np.float64(1.0), resolution)] = CellFlag.QUANTISED
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
