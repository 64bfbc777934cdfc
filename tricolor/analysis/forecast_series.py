"""A monthly series fit for forecasting, or the reason why there is none."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.forecast_calendar import MONTHS, PAIRED, QUARTERS, Grid
from tricolor.domain.accounts import MonthEnergy

MIN_MONTHS = 18  # a year to learn the seasons from, half a year to test on
MAX_YEARS = 8  # older months say little of today


@dataclass(frozen=True, slots=True)
class Series:
    """Values of consecutive slots of the grid, the first at slot `first`; driver: of another series that goes along (electricity) from the same
    first slot, as far as it is known (may run ahead), None without one; festivals: year -> first day of the Spring Festival."""

    grid: Grid
    first: int
    values: NDArray[np.float64]
    driver: NDArray[np.float64] | None = None
    festivals: Mapping[int, date] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The last known slot."""
        return self.first + len(self.values) - 1

    @property
    def last_month(self) -> str:
        return self.grid.months(self.last)[-1]

    def of_year(self, year: int) -> NDArray[np.float64]:
        """The known values of a calendar year."""
        begin = year * self.grid.per_year
        return self.values[max(0, begin - self.first) : max(0, begin + self.grid.per_year - self.first)]


@dataclass(frozen=True, slots=True)
class NoSeries:
    """Why there is nothing to forecast from."""

    why_zh: str
    why_en: str
    last_month: str = ""


def series_of(known: Mapping[str, float], festivals: Mapping[int, date], driver: Mapping[str, float] | None = None) -> Series | NoSeries:
    """Month -> value, as far as known. Where January is never there and February always, the latter is taken as the sum of both; where only the last
    months of quarters are there, they are quarters. The stretch up to the newest month counts; a hole in its last MIN_MONTHS months is refused."""
    months = sorted(known)
    if not months:
        return NoSeries("没有已知月份", "no month is known")
    grid = grid_of(months)
    held = {grid.of(m): known[m] for m in months}
    last = max(held)
    first = last
    while first - 1 in held and last - first + 1 < MAX_YEARS * grid.per_year:
        first -= 1
    count = last - first + 1
    needed = -(-MIN_MONTHS * grid.per_year // 12)
    if count < needed:
        return _refused(grid, held, first, last, needed)
    values = np.array([held[s] for s in range(first, last + 1)], dtype=np.float64)
    return Series(grid, first, values, None if driver is None else _driver(driver, grid, first, last), festivals)


def grid_of(months: list[str]) -> Grid:
    """How the months that are there cut the year."""
    numbers = {int(m[5:]) for m in months}
    if numbers <= {3, 6, 9, 12} and len(months) > 1:
        return QUARTERS
    return PAIRED if 1 not in numbers and 2 in numbers else MONTHS


def energy_known(energy: Mapping[str, MonthEnergy], coverage_min: float) -> dict[str, float] | NoSeries:
    """Month -> energy [tce, equal value] of the months that are over; NoSeries where one of the last MIN_MONTHS is covered too little or has no
    factor, naming it."""
    over = sorted(m for m, e in energy.items() if e.is_complete or e.days_missing == 0)
    found: dict[str, float] = {}
    for month in sorted(energy, reverse=True):
        e = energy[month]
        if not e.is_complete and not found:
            continue  # the month that runs
        fault = _fault(month, e, coverage_min)
        if fault is not None:
            if len(found) >= MIN_MONTHS:
                break
            return NoSeries(*fault, last_month=max(found, default=over[-1] if over else ""))
        if e.tce_equivalent is not None:
            found[month] = e.tce_equivalent
    return dict(sorted(found.items()))


def _fault(month: str, e: MonthEnergy, coverage_min: float) -> tuple[str, str] | None:
    if not e.is_complete:
        return f"{month}缺{e.days_missing}天能耗数据，补齐后方可预测", f"{month} lacks {e.days_missing} day(s): fill them in, then it can be forecast"
    if e.coverage is None or e.coverage < coverage_min - 1e-9:
        share = 0.0 if e.coverage is None else math.floor(e.coverage * 1000 + 1e-9) / 10  # down: what is below 95 % never reads as 95.0
        zh = f"{month}覆盖率{share:.1f}%，低于{coverage_min * 100:g}%，不作预测"
        return zh, f"coverage of {month} is {share:.1f}%, below {coverage_min * 100:g}%: no forecast"
    if e.tce_equivalent is None:
        return f"{month}能源品种{'、'.join(e.unfactored)}无折标系数", f"no standard-coal factor for {', '.join(e.unfactored)} in {month}"
    return None


def _refused(grid: Grid, held: Mapping[int, float], first: int, last: int, needed: int) -> NoSeries:
    count, month = last - first + 1, grid.months(last)[-1]
    earlier = [s for s in held if s < first]
    if earlier and last - max(earlier) < needed:
        hole = grid.text(first - 1)
        return NoSeries(f"{hole}缺数据，历史不连续", f"{hole} is missing: the history has a gap", month)
    have, need = count * 12 // grid.per_year, MIN_MONTHS
    zh = f"历史只有{have}个月，预测至少需要{need}个月，还差{need - have}个月"
    return NoSeries(zh, f"only {have} months are known, a forecast needs {need}: {need - have} more", month)


def _driver(driver: Mapping[str, float], grid: Grid, first: int, last: int) -> NDArray[np.float64] | None:
    """The driver on the same slots, as far as it goes; None where it does not reach over the whole series."""
    found: list[float] = []
    slot = first
    while all(m in driver for m in grid.months(slot)):
        found.append(sum(driver[m] for m in grid.months(slot)))
        slot += 1
    return np.array(found, dtype=np.float64) if slot > last else None
