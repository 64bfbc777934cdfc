"""Half-open spans in UTC, the 15-minute grid, and the calendar of Asia/Shanghai.

Everything inside counts in microseconds since 1970-01-01T00:00Z (int64, "µs"); datetimes appear only at the edges.
China has had no daylight saving since 1991, so from 1992 on Asia/Shanghai is UTC+8 without exception; the guards below refuse older spans.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
CELL_US = 15 * MINUTE_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
SHANGHAI_OFFSET_US = 8 * HOUR_US
EARLIEST_US = 694_224_000 * SECOND_US - SHANGHAI_OFFSET_US  # 1992-01-01T00:00+08:00
LATEST_US = 4_102_444_800 * SECOND_US  # 2100-01-01T00:00Z


class Step(StrEnum):
    """Length of one cell of an energy answer."""

    QUARTER = "15m"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    QUARTER_YEAR = "quarter"
    YEAR = "year"
    TOTAL = "total"


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Half-open span [start, end) in µs UTC."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"interval ends ({iso(self.end)}) before it starts ({iso(self.start)})")

    def __contains__(self, at: int) -> bool:
        return self.start <= at < self.end

    def overlaps(self, other: "Interval") -> bool:
        return self.start < other.end and other.start < self.end

    @property
    def length_us(self) -> int:
        return self.end - self.start


def to_us(moment: datetime) -> int:
    """µs since the epoch of an aware datetime; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("time carries no UTC offset; write it like 2026-11-20T08:00:00+08:00")
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND_US + delta.microseconds


@lru_cache(1_024)
def from_us(at: int) -> datetime:
    """Datetime in Asia/Shanghai of µs since the epoch."""
    return (_EPOCH + timedelta(microseconds=int(at))).astimezone(SHANGHAI)


def iso(at: int) -> str:
    """ISO 8601 text with the +08:00 offset, e.g. 2026-11-20T08:00:00+08:00."""
    return from_us(at).isoformat()


def parse_us(text: str) -> int:
    """µs of an ISO 8601 text; ValueError when unreadable or without an offset."""
    return to_us(datetime.fromisoformat(text))


def local_midnight(day: date) -> int:
    """µs of 00:00 Asia/Shanghai of the day."""
    return to_us(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI))


def local_day(at: int) -> date:
    """The Asia/Shanghai calendar day that holds the instant."""
    return from_us(at).date()


def local_days(at: NDArray[np.int64]) -> set[date]:
    """The Asia/Shanghai calendar days that hold the instants [µs]."""
    numbers = np.unique((at + SHANGHAI_OFFSET_US) // DAY_US).tolist()
    return {date.fromordinal(_EPOCH_ORDINAL + number) for number in numbers}


def day(on: date) -> Interval:
    start = local_midnight(on)
    return Interval(start, start + DAY_US)


@lru_cache(4_096)  # judging asks for the same few months a million times
def month(year: int, number: int) -> Interval:
    """The calendar month in Asia/Shanghai; month(2026, 11) is [2026-10-31 16:00Z, 2026-11-30 16:00Z)."""
    following = date(year + number // 12, number % 12 + 1, 1)
    return Interval(local_midnight(date(year, number, 1)), local_midnight(following))


@lru_cache(4_096)
def month_of(text: str) -> Interval:
    """The month written YYYY-MM; ValueError otherwise."""
    if len(text) != 7 or text[4] != "-" or not (text[:4] + text[5:]).isdigit():
        raise ValueError(f"month {text!r} is not written YYYY-MM")
    return month(int(text[:4]), int(text[5:]))


def instant_of(text: str) -> int:
    """µs of a year, month or day (its first instant in Asia/Shanghai) or of an ISO 8601 text with an offset; ValueError otherwise."""
    if len(text) == 4 and text.isdigit():
        return year(int(text)).start
    if len(text) == 7:
        return month_of(text).start
    return local_midnight(date.fromisoformat(text)) if len(text) == 10 else parse_us(text)


@lru_cache(1_024)
def month_text(at: int) -> str:
    """YYYY-MM of the Asia/Shanghai month that holds the instant."""
    return from_us(at).strftime("%Y-%m")


def year(number: int) -> Interval:
    return Interval(local_midnight(date(number, 1, 1)), local_midnight(date(number + 1, 1, 1)))


def floor_cell(at: int) -> int:
    """Start of the 15-minute cell that holds the instant."""
    return at - at % CELL_US


def ceil_cell(at: int) -> int:
    return -(-at // CELL_US) * CELL_US


def step_edges(span: Interval, step: Step) -> NDArray[np.int64]:
    """Edges [µs] of the steps that tile the span: first is span.start, last is span.end, between them the calendar's own."""
    if step is Step.TOTAL or span.length_us == 0:
        return np.array([span.start, span.end], dtype=np.int64)
    inner = list(_calendar_edges(span, step))
    edges = np.array([span.start, *inner, span.end], dtype=np.int64)
    return np.unique(edges)


def _calendar_edges(span: Interval, step: Step) -> Iterator[int]:
    if step in (Step.QUARTER, Step.HOUR, Step.DAY):
        width = {Step.QUARTER: CELL_US, Step.HOUR: HOUR_US, Step.DAY: DAY_US}[step]
        first = -(-(span.start + SHANGHAI_OFFSET_US) // width) * width - SHANGHAI_OFFSET_US
        yield from range(first, span.end, width)
        return
    at = from_us(span.start)
    months = {Step.MONTH: 1, Step.QUARTER_YEAR: 3, Step.YEAR: 12}[step]
    y, m = at.year, (at.month - 1) // months * months + 1
    while True:
        start = month(y, m).start
        if start >= span.end:
            return
        if start > span.start:
            yield start
        y, m = (y, m + months) if m + months <= 12 else (y + 1, 1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
