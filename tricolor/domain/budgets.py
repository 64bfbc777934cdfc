"""Energy budgets (用能预算): what one may say, and how a year's budget is spread over its months.

A budget of 0 takes an earlier one back; the revisions stay.
"""

import math
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from tricolor.domain.submissions import Budget

MAX_TCE = 1e9
MAX_DOCUMENT = 120
FIRST_YEAR, LAST_YEAR = 2000, 2100
SUM_TOLERANCE = 1e-3  # twelve shares printed to four places need not add up to 1 exactly
Wrong = tuple[str, str, str]  # field, what is wrong in Chinese, in English


class Spread(StrEnum):
    """Where the shares of the months come from."""

    OWN = "own"  # the budget's own profile
    LAST_YEAR = "last_year"  # the entity's months of the year before
    DAYS = "days"  # equal days


@dataclass(frozen=True, slots=True)
class Shares:
    """Twelve shares of a year's months, January first, that add up to 1; spread: where they come from."""

    values: tuple[float, ...]
    spread: Spread

    def until(self, months: int, days: int, days_of_month: int) -> float:
        """Share of the year that is over after `months` whole months and `days` of the next one."""
        part = self.values[months] * days / days_of_month if days and months < len(self.values) else 0.0
        return math.fsum(self.values[:months]) + part


class Left(NamedTuple):
    """What is left of a budget at a month's end [tce]: by its shares, and after what is known to be used so far (None: nothing of the month is
    known). Months before it that are not known took nothing off: left_tce is then the most that may be left."""

    month: str
    planned_tce: float
    used_tce: float | None
    left_tce: float | None


def burn_down(tce: float, year: int, shares: Sequence[float], used: Sequence[float | None]) -> tuple[Left, ...]:
    """Month by month; used [tce]: of each month, None where it is not known or to come."""
    rows: list[Left] = []
    planned = gone = 0.0
    for month, share, this in zip(months_of(year), shares, used, strict=True):
        planned, gone = planned + share, gone + (this or 0.0)
        rows.append(Left(month, tce * (1 - planned), this, None if this is None else tce - gone))
    return tuple(rows)


@lru_cache(256)
def months_of(year: int) -> tuple[str, ...]:
    return tuple(f"{year:04d}-{number:02d}" for number in range(1, 13))


@lru_cache(4_096)
def days_in(month: str) -> int:
    """Days of a month YYYY-MM."""
    return monthrange(int(month[:4]), int(month[5:]))[1]


def shares_of(budget: Budget, last_year: Mapping[str, float]) -> Shares:
    """How the budget is spread: its own profile, else as the twelve months before were used (all known and none negative), else by days.

    last_year: month -> energy of the year before [tce], known months only.
    """
    if len(budget.profile) == 12:
        whole = math.fsum(budget.profile)
        return Shares(tuple(share / whole for share in budget.profile), Spread.OWN)
    used = [last_year.get(month) for month in months_of(budget.year - 1)]
    known = [value for value in used if value is not None and value >= 0]
    if len(known) == 12 and math.fsum(known) > 0:
        whole = math.fsum(known)
        return Shares(tuple(value / whole for value in known), Spread.LAST_YEAR)
    days = [days_in(month) for month in months_of(budget.year)]
    all_days = sum(days)
    return Shares(tuple(number / all_days for number in days), Spread.DAYS)


def wrong_with(budget: Budget) -> list[Wrong]:
    """Everything that keeps a budget from being taken."""
    found: list[Wrong] = []
    if not FIRST_YEAR <= budget.year <= LAST_YEAR:
        found.append(("year", f"年度请写 {FIRST_YEAR}—{LAST_YEAR} 之间的年份", f"must be a year from {FIRST_YEAR} to {LAST_YEAR}"))
    if not (math.isfinite(budget.tce) and 0 <= budget.tce <= MAX_TCE):
        zh = f"预算量须为 0 至 {MAX_TCE:g} 吨标准煤（0 表示撤销）"
        found.append(("tce", zh, f"must be from 0 to {MAX_TCE:g} tce (0 takes the budget back)"))
    if len(budget.document) > MAX_DOCUMENT:
        found.append(("document", f"文号最多 {MAX_DOCUMENT} 字", f"is over {MAX_DOCUMENT} characters"))
    return [*found, *_wrong_profile(budget.profile)]


def _wrong_profile(profile: Sequence[float]) -> list[Wrong]:
    if not profile:
        return []
    if len(profile) != 12:
        return [("profile", f"须写 12 个月的比例，现有 {len(profile)} 个", f"needs the shares of twelve months, there are {len(profile)}")]
    if not all(math.isfinite(share) and 0 <= share <= 1 for share in profile):
        return [("profile", "各月比例须在 0 与 1 之间", "every month's share must be between 0 and 1")]
    whole = math.fsum(profile)
    if abs(whole - 1) > SUM_TOLERANCE:
        return [("profile", f"12 个月的比例合计须为 1，现为 {whole:g}", f"the twelve shares must add up to 1, they come to {whole:g}")]
    return []
