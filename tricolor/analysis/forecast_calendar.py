"""The calendar of monthly series: which months stand together, their days, and how much of the Spring Festival falls into them.

January and February are often published together, and some figures come by quarter: such a pair or quarter is one observation, a slot, and is never
split. A year is cut into slots: 12 months, 11 (January and February together) or 4 quarters.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

# from 小年 (a week before) to 元宵 (two weeks after), both included: when works stand still, set from the custom, not fitted
DAYS_BEFORE, DAYS_AFTER = 7, 14


@dataclass(frozen=True, slots=True)
class Grid:
    """How a year is cut: first and last month (1..12) of each slot. A slot's number counts from the year 0: year * per_year + place."""

    slots: tuple[tuple[int, int], ...]

    @property
    def per_year(self) -> int:
        return len(self.slots)

    def of(self, month: str) -> int:
        """The slot that holds the month YYYY-MM."""
        number = int(month[5:])
        place = next(i for i, (first, last) in enumerate(self.slots) if first <= number <= last)
        return int(month[:4]) * self.per_year + place

    def months(self, slot: int) -> tuple[str, ...]:
        year, place = divmod(slot, self.per_year)
        first, last = self.slots[place]
        return tuple(f"{year:04d}-{m:02d}" for m in range(first, last + 1))

    def text(self, slot: int) -> str:
        """YYYY-MM, or YYYY-MM..YYYY-MM for months that stand together."""
        months = self.months(slot)
        return months[0] if len(months) == 1 else f"{months[0]}..{months[-1]}"

    def days(self, first: int, last: int) -> NDArray[np.float64]:
        """Days of the slots first..last, both included."""
        return np.array([sum(monthrange(int(m[:4]), int(m[5:]))[1] for m in self.months(s)) for s in range(first, last + 1)], dtype=np.float64)

    def festival(self, first: int, last: int, festivals: Mapping[int, date]) -> NDArray[np.float64]:
        """Share (0..1) of the Spring Festival's days in the slots first..last. festivals: year -> its first day; 0 in years that it does not hold."""
        return np.array([sum(festival_share(m, festivals) for m in self.months(s)) for s in range(first, last + 1)], dtype=np.float64)


MONTHS = Grid(tuple((m, m) for m in range(1, 13)))
PAIRED = Grid(((1, 2), *((m, m) for m in range(3, 13))))
QUARTERS = Grid(tuple((q * 3 + 1, q * 3 + 3) for q in range(4)))


def festival_share(month: str, festivals: Mapping[int, date]) -> float:
    """Share (0..1) of the Spring Festival's days that lie in the month."""
    year, number = int(month[:4]), int(month[5:])
    if number > 3 or (new_year := festivals.get(year)) is None:
        return 0.0
    days = [new_year + timedelta(days=n) for n in range(-DAYS_BEFORE, DAYS_AFTER + 1)]
    return sum((d.year, d.month) == (year, number) for d in days) / len(days)
