"""Reporting periods as text: a month 2026-10, a quarter 2026-Q3, a year 2026; of the calendar of Asia/Shanghai."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tricolor.domain.intervals import Interval, from_us, month
from tricolor.domain.submissions import PeriodKind

LENGTH: dict[PeriodKind, int] = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}  # months
FIRST_YEAR, LAST_YEAR = 1992, 2099  # what domain.intervals holds
_WRITTEN = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])|-Q([1-4]))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """place: of the month, quarter or year in its year, from 1 on."""

    kind: PeriodKind
    year: int
    place: int = 1

    def __str__(self) -> str:
        match self.kind:
            case PeriodKind.MONTH:
                return f"{self.year}-{self.place:02d}"
            case PeriodKind.QUARTER:
                return f"{self.year}-Q{self.place}"
            case _:
                return str(self.year)

    @property
    def first_month(self) -> int:
        return (self.place - 1) * LENGTH[self.kind] + 1

    @property
    def last_month(self) -> int:
        return self.place * LENGTH[self.kind]

    @property
    def months(self) -> tuple[str, ...]:
        """YYYY-MM of every month in it, in order."""
        return _months(self.year, self.first_month, self.last_month)

    @property
    def span(self) -> Interval:
        """[µs]"""
        return _span(self.year, self.first_month, self.last_month)

    @property
    def share_of_plan_year(self) -> float:
        """How much of its year is over at its end, 0 to 1."""
        return self.last_month / 12

    def is_over(self, now: int) -> bool:
        """now [µs]."""
        return self.span.end <= now

    def shifted(self, periods: int) -> "Period":
        """As many periods later (earlier when negative); ValueError outside the years that are supported."""
        each = 12 // LENGTH[self.kind]
        number = self.year * each + self.place - 1 + periods
        return _checked(self.kind, number // each, number % each + 1)

    def year_before(self) -> "Period":
        return _checked(self.kind, self.year - 1, self.place)

    def parts(self, kind: PeriodKind) -> tuple["Period", ...]:
        """The shorter periods that tile it; itself for its own kind; ValueError for a longer kind."""
        if LENGTH[kind] > LENGTH[self.kind]:
            raise ValueError(f"{self} · 不能分成更长的期间 · {self} has no {kind} in it")
        step = LENGTH[kind]
        return tuple(Period(kind, self.year, first // step + 1) for first in range(self.first_month - 1, self.last_month, step))


@lru_cache(4_096)
def _months(year: int, first: int, last: int) -> tuple[str, ...]:
    return tuple(f"{year}-{number:02d}" for number in range(first, last + 1))


@lru_cache(4_096)
def _span(year: int, first: int, last: int) -> Interval:
    return Interval(month(year, first).start, month(year, last).end)


def _checked(kind: PeriodKind, year: int, place: int) -> Period:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{year} 年不在 {FIRST_YEAR} 至 {LAST_YEAR} 之间 · the year {year} is not within {FIRST_YEAR} to {LAST_YEAR}")
    return Period(kind, year, place)


@lru_cache(4_096)
def period_of(text: str) -> Period:
    """The period written 2026-10, 2026-Q3 or 2026; ValueError in both languages otherwise."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        shown = repr(text[:20])
        raise ValueError(f"期间 {shown} 请写成 2026-10、2026-Q3 或 2026 · write the period {shown} like 2026-10, 2026-Q3 or 2026")
    if found[2]:
        return _checked(PeriodKind.MONTH, int(found[1]), int(found[2]))
    return _checked(PeriodKind.QUARTER if found[3] else PeriodKind.YEAR, int(found[1]), int(found[3] or 1))


def period_at(kind: PeriodKind, at: int) -> Period:
    """The period of the kind that holds the instant [µs]."""
    moment = from_us(at)
    return _checked(kind, moment.year, (moment.month - 1) // LENGTH[kind] + 1)


def last_over(kind: PeriodKind, now: int) -> Period:
    """The newest period of the kind that is over [µs]."""
    return period_at(kind, now).shifted(-1)


def last_months(now: int, months: int = 12) -> tuple[str, ...]:
    """So many newest months YYYY-MM that are over [µs], the oldest first."""
    last = last_over(PeriodKind.MONTH, now)
    return tuple(str(last.shifted(n)) for n in range(1 - months, 1))


def over_in_year(kind: PeriodKind, year: int, now: int) -> Iterator[Period]:
    """The periods of the year that are over, in order."""
    for period in _checked(PeriodKind.YEAR, year, 1).parts(kind):
        if period.is_over(now):
            yield period
