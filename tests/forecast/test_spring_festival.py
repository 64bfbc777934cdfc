"""The table of Spring Festivals against the sun and the moon."""

import math
from datetime import UTC, date, datetime, timedelta

from tricolor.catalogue.holidays import spring_festival, spring_festivals

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_BEIJING = timedelta(hours=8)


def _sun_longitude(days: float) -> float:
    """Apparent longitude of the sun [°], Meeus, Astronomical Algorithms 2nd ed., ch. 25 (low accuracy, 0.01°: a quarter of an hour)."""
    t = days / 36525
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t * t
    m = math.radians(357.52911 + 35999.05029 * t - 0.0001537 * t * t)
    centre = (1.914602 - 0.004817 * t) * math.sin(m) + (0.019993 - 0.000101 * t) * math.sin(2 * m) + 0.000289 * math.sin(3 * m)
    omega = math.radians(125.04 - 1934.136 * t)
    return (mean + centre - 0.00569 - 0.00478 * math.sin(omega)) % 360


def _new_moon(k: int) -> float:
    """Days since J2000 of the k-th new moon after 2000-01-06, Meeus ch. 49 (largest terms, some minutes), less about 70 s of ΔT."""
    t = k / 1236.85
    jde = 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t
    e = 1 - 0.002516 * t
    sun, moon = math.radians(2.5534 + 29.10535670 * k), math.radians(201.5643 + 385.81693528 * k + 0.0107582 * t * t)
    f, omega = math.radians(160.7108 + 390.67050284 * k - 0.0016118 * t * t), math.radians(124.7746 - 1.56375588 * k)
    s = math.sin
    jde += -0.40720 * s(moon) + 0.17241 * e * s(sun) + 0.01608 * s(2 * moon) + 0.01039 * s(2 * f) + 0.00739 * e * s(moon - sun)
    jde += -0.00514 * e * s(moon + sun) + 0.00208 * e * e * s(2 * sun) - 0.00111 * s(moon - 2 * f) - 0.00057 * s(moon + 2 * f)
    jde += 0.00056 * e * s(2 * moon + sun) - 0.00042 * s(3 * moon) + 0.00042 * e * s(sun + 2 * f) + 0.00038 * e * s(sun - 2 * f)
    jde += -0.00024 * e * s(2 * moon - sun) - 0.00017 * s(omega)
    return jde - 2451545.0 - 70 / 86400


def _day(days: float) -> date:
    return (_J2000 + timedelta(days=days) + _BEIJING).date()


def _by_sun_and_moon(year: int) -> date:
    """GB/T 33661-2017: the month of the winter solstice is the eleventh; of 13 months up to the next one the first without a 中气 (sun at a
    multiple of 30°) is a leap month; the first month is two further on, or three where a leap month lies between."""
    near = round((year - 2000) * 12.3685)
    starts = [_day(_new_moon(k)) for k in range(near - 5, near + 16)]
    solstice = [next(i for i in range(20) if starts[i] <= _term(y, 270) < starts[i + 1]) for y in (year - 1, year)]
    eleventh = solstice[0]
    if solstice[1] - eleventh == 12:
        return starts[eleventh + 2]
    leap = next(i for i in range(eleventh + 1, solstice[1]) if not _holds_term(starts[i], starts[i + 1]))
    return starts[eleventh + (3 if leap <= eleventh + 2 else 2)]


def _term(year: int, longitude: int) -> date:
    """The day in Beijing of the winter solstice (270°) of the year."""
    low = (datetime(year, 12, 15, tzinfo=UTC) - _J2000).total_seconds() / 86400
    high = low + 14
    for _ in range(40):
        mid = (low + high) / 2
        low, high = (mid, high) if _sun_longitude(mid) < longitude else (low, mid)
    return _day(high)


def _holds_term(first: date, following: date) -> bool:
    def at(on: date) -> float:
        return _sun_longitude((datetime(on.year, on.month, on.day, tzinfo=UTC) - _BEIJING - _J2000).total_seconds() / 86400)

    return int(at(first) // 30) != int(at(following) // 30)


def test_every_spring_festival_is_what_sun_and_moon_say_by_the_calendar_rule():
    held = spring_festivals()
    assert sorted(held) == list(range(2000, 2051))
    assert {year: day for year, day in held.items() if day != _by_sun_and_moon(year)} == {}


def test_known_years_stand_as_the_state_council_gave_them():
    # holiday notices of the State Council: 2019 (正月初一 5 February), 2020 (25 January), 2021 (12 February), 2023 (22 January), 2024 (10 February)
    assert [str(spring_festival(y)) for y in (2019, 2020, 2021, 2023, 2024)] == [
        "2019-02-05", "2020-01-25", "2021-02-12", "2023-01-22", "2024-02-10",
    ]  # fmt: skip
