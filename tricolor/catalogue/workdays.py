"""Working days and holidays of China, by the State Council's yearly notices (package chinese_calendar); the one module that asks it."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import chinese_calendar

from tricolor.domain.roster import DayKind


@dataclass(frozen=True, slots=True)
class Day:
    """What a day is. name: of the holiday or of the one for which it is worked, "" for a plain day; is_known: False where the year's notice is not
    in the package yet: then Saturday and Sunday rest and nothing else is known."""

    kind: DayKind
    name: str
    is_known: bool


@lru_cache(4_096)
def day(on: date) -> Day:
    """The day by the notice of its year."""
    try:
        is_rest, name = chinese_calendar.get_holiday_detail(on)
    except NotImplementedError:  # a year that the package does not hold
        return Day(DayKind.REST if on.isoweekday() > 5 else DayKind.WORKDAY, "", False)
    kind = DayKind.WORKDAY if not is_rest else DayKind.HOLIDAY if name else DayKind.REST
    return Day(kind, str(name or ""), True)


def kind_of(on: date) -> DayKind:
    """The day's kind alone, for the roster."""
    return day(on).kind


def unknown_years(first: date, last: date) -> list[int]:
    """Years of a span whose notice is not known, so that whoever plans by them can be told."""
    return [year for year in range(first.year, last.year + 1) if not day(date(year, 1, 1)).is_known]
