"""Read differences (读数差): what a register's bill says of a period, beside the clock difference (时钟差) that its cells add up to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.settle import steps_of, usable, window
from tricolor.domain.energy import CellFlag
from tricolor.domain.exchanges import MeterFacts, with_edges
from tricolor.domain.intervals import DAY_US, EARLIEST_US, LATEST_US, SECOND_US, Interval
from tricolor.domain.meters import Point, PointKind
from tricolor.domain.readings import ReadingBatch
from tricolor.domain.registers import RETURN_WITHIN_US
from tricolor.domain.steps import Steps
from tricolor.ports import ReadingStore

MAX_READINGS = 1_000_000  # of one answer: a year of every half minute


@dataclass(frozen=True, slots=True)
class Seen:
    """A value that the register showed [meter's own unit] at an instant [µs]."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class ReadDifference:
    """Of the period (start, end] [µs]: last good reading in it minus the last good one up to its start, through wraps and declared exchanges, times
    the multiplier. amount: None where no good reading lies in the period; base: the reading that it starts from, in the period itself where the
    point's history begins there; has_parked: a jump that ends in the period waits for a person and is not in the amount."""

    start: int
    end: int
    amount: float | None = None
    base: Seen | None = None
    last: Seen | None = None
    has_parked: bool = False


def is_too_long(point: Point, span: Interval) -> bool:
    """Whether the span holds more readings than are read for one answer, by the point's interval."""
    return span.length_us // (point.plate.interval_s * SECOND_US) > MAX_READINGS


def around(point: Point, span: Interval, readings: ReadingStore, facts: MeterFacts) -> ReadingBatch:
    """As many readings around the span as decide its steps."""
    margin = RETURN_WITHIN_US + DAY_US + 7 * point.plate.interval_s * SECOND_US
    while True:  # ends when the margin holds all the time there is
        read = Interval(max(EARLIEST_US, span.start - margin), min(LATEST_US, span.end + margin))
        batch = readings.around([point.key], read)
        if window(point, batch, facts, span, read) is not None:
            return batch
        margin *= 4


def read_differences(point: Point, mine: ReadingBatch, facts: MeterFacts, edges: NDArray[np.int64]) -> list[ReadDifference]:
    """Read differences of the periods between the edges [µs], rising. mine: the register's readings, sorted by time, enough to decide the steps.

    A step belongs wholly to the period in which it ends; a reading at the very edge closes the period before. Substituted cells play no part: a bill
    knows readings only. Jumps that a person confirmed count.
    """
    bare = steps_of({point.key: replace(point, plate=replace(point.plate, multiplier=1.0))}, mine, MeterFacts(exchanges=facts.exchanges))
    steps = steps_of({point.key: point}, mine, facts)
    place = np.searchsorted(bare.end, steps.end)  # a step that a change of the multiplier cut belongs where the whole one ends
    ends = bare.end[np.minimum(place, len(bare) - 1)] if len(bare) else steps.end
    shown = _Shown(point, mine, facts)
    return list(_periods(bare, steps, ends, shown, edges))


def _periods(bare: Steps, steps: Steps, ends: NDArray[np.int64], shown: "_Shown", edges: NDArray[np.int64]) -> Iterator[ReadDifference]:
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        low, high = np.searchsorted(bare.end, [start, end], side="right").tolist()
        if low == high:
            yield ReadDifference(start, end)
            continue
        inside = slice(*np.searchsorted(ends, [start, end], side="right").tolist())
        is_parked = steps.flag[inside] & CellFlag.OPEN != 0
        amount = float(steps.amount[inside][~is_parked].sum())
        begun, ended = int(bare.start[low]), int(bare.end[high - 1])
        yield ReadDifference(
            start, end, amount, Seen(begun, shown.first(begun)), Seen(ended, shown.final(ended)), bool(is_parked.any())
        )  # fmt: skip


class _Shown:
    """What the register showed at the ends of its steps: as declared at an exchange, else as it was read."""

    def __init__(self, point: Point, mine: ReadingBatch, facts: MeterFacts) -> None:
        good = mine.take(usable(mine))
        mine_only = {key: facts.exchanges[key] for key in (point.key,) if key in facts.exchanges}
        rows = with_edges(good.point, good.at, good.value, mine_only) if mine_only else None
        self._at, self._value = (good.at, good.value) if rows is None else (rows.at, rows.value)

    def first(self, at: int) -> float:
        """At the start of a step: at an exchange what the new meter showed."""
        return float(self._value[int(np.searchsorted(self._at, at, side="right")) - 1])

    def final(self, at: int) -> float:
        """At the end of a step: at an exchange what the old meter showed."""
        return float(self._value[int(np.searchsorted(self._at, at))])


def read_differences_of(point: Point, edges: NDArray[np.int64], readings: ReadingStore, facts: MeterFacts) -> list[ReadDifference] | None:
    """Read differences between the edges from the stored readings; None for a point that is no register, or where there would be too much to read."""
    span = Interval(int(edges[0]), int(edges[-1]))
    if point.plate.kind is not PointKind.REGISTER or is_too_long(point, span) or not span.length_us:
        return None
    return read_differences(point, around(point, span, readings, facts), facts, edges)
