"""A gateway's message numbers (`seq`): which are missing, which came later after all, and when the counting began anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

MAX_GAPS = 5_000  # gaps remembered for one gateway; past it the oldest stay counted and can no longer be filled
MAX_JUMP = 1_000_000  # a larger step forward is another numbering, not a gap
MAX_NUMBER = 2**62

Run = tuple[int, int, bool]
Gap = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Numbering:
    """What is known of the numbers of one gateway.

    high: the highest number of the present numbering (-1: none yet); gaps: [first, last] that are missing below it, ascending; lost: missing numbers
    of gaps that are no longer remembered one by one; filled: numbers that were missing and came later; restarts: how often the counting began anew.
    """

    high: int = -1
    gaps: tuple[Gap, ...] = ()
    lost: int = 0
    filled: int = 0
    restarts: int = 0

    @property
    def missing(self) -> int:
        """Numbers that never came."""
        return self.lost + sum(last - first + 1 for first, last in self.gaps)


def noted(known: Numbering, runs: Sequence[Run]) -> Numbering:
    """The numbering after the messages of the runs, in the order of their arrival.

    A run is (first, last, is_new): numbers going up by one; is_new: whether its messages held readings that were not known before. A number that was
    seen already is a repetition, unless it is small and its message is new: then the gateway counts anew, and what was missing before stays missing.
    """
    for run in runs:
        known = _with_run(known, *run)
    spare = len(known.gaps) - MAX_GAPS
    if spare > 0:
        lost = known.lost + sum(last - first + 1 for first, last in known.gaps[:spare])
        known = replace(known, gaps=known.gaps[spare:], lost=lost)
    return known


def _with_run(known: Numbering, first: int, last: int, is_new: bool) -> Numbering:
    if known.high < 0:
        return replace(known, high=last)
    if first <= known.high:
        again = min(last, known.high)
        gaps, filled = _without(known.gaps, first, again)
        is_known_number = filled < again - first + 1
        if is_known_number and is_new and (first <= 1 or first < known.high // 2):
            return _anew(known, last)
        known = replace(known, gaps=gaps, filled=known.filled + filled)
        first = again + 1
        if first > last:
            return known
    if first - known.high - 1 > MAX_JUMP:
        return _anew(known, last)
    gap = ((known.high + 1, first - 1),) if first > known.high + 1 else ()
    return replace(known, high=last, gaps=known.gaps + gap)


def _anew(known: Numbering, high: int) -> Numbering:
    return Numbering(high, (), known.missing, known.filled, known.restarts + 1)


def _without(gaps: tuple[Gap, ...], first: int, last: int) -> tuple[tuple[Gap, ...], int]:
    """The gaps less the numbers first to last, and how many of those were missing."""
    if not gaps or last < gaps[0][0] or first > gaps[-1][1]:
        return gaps, 0
    left: list[Gap] = []
    filled = 0
    for low, high in gaps:
        if high < first or low > last:
            left.append((low, high))
            continue
        filled += min(high, last) - max(low, first) + 1
        if low < first:
            left.append((low, first - 1))
        if high > last:
            left.append((last + 1, high))
    return tuple(left), filled
