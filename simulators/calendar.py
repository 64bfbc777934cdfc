"""Local time of a run of quarter hours: hour, weekday, season, holidays; and a made-up weather."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from simulators.noise import Floats, Ints, stream, uniform, wave
from tricolor.domain.intervals import CELL_US, SECOND_US, SHANGHAI_OFFSET_US, local_midnight

ORIGIN = date(2025, 1, 1)
ORIGIN_US = local_midnight(ORIGIN)  # every register of the city starts here; a whole number of quarters since the epoch
QUARTERS_A_DAY = 96

# first day of the first lunar month (公历日期 of 春节)
SPRING_FESTIVALS = (
    date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6), date(2028, 1, 26), date(2029, 2, 13), date(2030, 2, 3), date(2031, 1, 23),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """Quarters by number since ORIGIN_US, each with its local calendar; arrays of equal length.

    hour 0..24; weekday 0 = Monday; season: angle of the year [rad]; festival: distance to the nearest Spring Festival [days];
    is_holiday: public holidays other than Spring Festival; warmth: outdoor temperature [degC]; month: months since ORIGIN.
    """

    quarter: Ints
    hour: Floats
    day: Ints
    weekday: Ints
    season: Floats
    festival: Ints
    is_holiday: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    warmth: Floats
    month_of_year: Ints
    day_of_month: Ints
    years: Floats

    def __len__(self) -> int:
        return len(self.quarter)


def axis(first: int, last: int, seed: int) -> Axis:
    """The quarters first..last-1 since ORIGIN_US."""
    quarter = np.arange(first, last, dtype=np.int64)
    day = quarter // QUARTERS_A_DAY
    hour = (quarter - day * QUARTERS_A_DAY) / 4.0
    days = np.arange(day[0], day[-1] + 1) if len(day) else np.empty(0, dtype=np.int64)
    place = day - days[0] if len(days) else day
    dates = [ORIGIN + timedelta(days=int(d)) for d in days]
    angle = np.array([2 * np.pi * (d.timetuple().tm_yday - 1) / 365.25 for d in dates])[place]
    weather = stream(seed, "weather")
    warmth = 22.5 - 7.5 * np.cos(angle - 0.35) + 3.0 * wave(weather, day, 5) + 1.5 * (2 * uniform(weather, day) - 1)
    warmth = warmth - 3.5 * np.cos((hour - 3.0) * np.pi / 12)
    return Axis(
        quarter=quarter, hour=hour, day=day, season=angle, warmth=warmth,
        weekday=np.array([d.weekday() for d in dates], dtype=np.int64)[place],
        festival=np.array([_festival_distance(d) for d in dates], dtype=np.int64)[place],
        is_holiday=np.array([_is_holiday(d) for d in dates], dtype=np.bool_)[place],
        month_of_year=np.array([d.month for d in dates], dtype=np.int64)[place],
        day_of_month=np.array([d.day for d in dates], dtype=np.int64)[place],
        years=quarter / (QUARTERS_A_DAY * 365.25),
    )  # fmt: skip


def quarter_of(at: int) -> int:
    """Number of the quarter hour since ORIGIN_US that holds the instant [µs]."""
    return (at - ORIGIN_US) // CELL_US


def texts_of(at: Ints) -> list[str]:
    """ISO 8601 texts with +08:00 of instants [µs], to the second (to the microsecond where one is needed)."""
    unit: Literal["s", "us"] = "us" if (at % SECOND_US).any() else "s"
    local = np.datetime_as_string((at + SHANGHAI_OFFSET_US).view("datetime64[us]"), unit=unit)
    return [f"{text}+08:00" for text in local.tolist()]


def _festival_distance(on: date) -> int:
    return min(((on - f).days for f in SPRING_FESTIVALS), key=abs)


def _is_holiday(on: date) -> bool:
    return (on.month, on.day) in _FIXED_HOLIDAYS


_FIXED_HOLIDAYS = {(1, 1), (5, 1), (5, 2), (5, 3), (10, 1), (10, 2), (10, 3), (10, 4), (10, 5)}
