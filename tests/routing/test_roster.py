"""Who is on duty: dated shifts, weekly patterns over the National Day of 2026 with its adjusted working days, quiet hours across midnight.

By the State Council's notice for 2026: 1-7 October are off, Sunday 20 September and Saturday 10 October are worked.
"""

from datetime import date

import pytest

from tricolor.catalogue.workdays import day, kind_of, unknown_years
from tricolor.domain.intervals import HOUR_US, parse_us
from tricolor.domain.lights import Light
from tricolor.domain.roster import DayKind, On, QuietHours, Shift, Weekly, hours_of, minute_of, quiet_until, rostered, weekdays_of


def at(text: str) -> int:
    return parse_us(f"2026-{text}:00+08:00")


def pattern(contact: str, hours: str, weekdays: str = "", on: On = On.ANY, valid_to: date | None = None) -> Weekly:
    return Weekly("reform", contact, hours_of(hours, weekdays_of(weekdays), on), date(2026, 1, 1), valid_to)


OFFICE = [pattern("office", "08:00-18:00", on=On.WORKDAY), pattern("night", "18:00-08:00"), pattern("weekend", "08:00-18:00", on=On.REST)]
HOLIDAY = [*OFFICE, pattern("holiday", "00:00-24:00", on=On.HOLIDAY)]


def on_duty(patterns: list[Weekly], when: str, shifts: tuple[Shift, ...] = ()) -> tuple[str, ...]:
    return rostered(shifts, patterns, at(when), kind_of).contacts


@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("09-30T10:00", "office"),  # Wednesday
        ("09-30T23:00", "night"),  # the night shift of the 30th lasts until 08:00 of the holiday …
        ("10-01T10:00", "holiday"),
        ("10-04T12:00", "holiday"),  # the Sunday inside the holiday is a holiday
        ("10-07T23:59", "holiday"),
        ("10-08T03:00", "night"),  # … and the 7th's night pattern runs into the 8th
        ("10-08T10:00", "office"),
        ("10-10T10:00", "office"),  # Saturday, worked
        ("10-11T10:00", "weekend"),  # Sunday, off
        ("09-20T10:00", "office"),  # Sunday, worked
    ],
)
def test_who_is_on_duty_over_the_national_day(when, who):
    assert on_duty(HOLIDAY, when) == (who,)


def test_the_closest_pattern_wins_at_the_seam_of_a_holiday():
    assert on_duty(HOLIDAY, "10-01T03:00") == ("holiday",)  # night of 30 September and the holiday both hold: the holiday is closer


def test_a_dated_shift_goes_before_every_pattern():
    swap = Shift("reform", "swapped", at("10-01T08:00"), at("10-01T20:00"))
    assert on_duty(HOLIDAY, "10-01T10:00", (swap,)) == ("swapped",)
    assert on_duty(HOLIDAY, "10-01T20:00", (swap,)) == ("holiday",)  # the end does not belong to the shift


def test_two_on_the_same_shift_are_both_on_duty_once():
    both = tuple(Shift("reform", who, at("11-20T08:00"), at("11-20T20:00")) for who in ("a", "b", "a"))
    assert on_duty([], "11-20T09:00", both) == ("a", "b")


def test_a_pattern_by_weekday_does_not_follow_the_adjusted_saturday():
    monday_to_friday = [pattern("plain", "08:00-18:00", "1-5")]
    assert on_duty(monday_to_friday, "10-10T10:00") == () and on_duty(monday_to_friday, "10-01T10:00") == ("plain",)


def test_a_pattern_ends_with_the_night_that_began_before_its_last_day():
    nights = [pattern("night", "22:00-06:00", valid_to=date(2026, 11, 21))]
    assert on_duty(nights, "11-21T05:00") == ("night",)  # it began on the 20th
    assert on_duty(nights, "11-21T23:00") == ()


def test_a_year_without_a_notice_falls_back_to_weekends_and_says_so():
    assert day(date(2026, 10, 1)).kind is DayKind.HOLIDAY and day(date(2026, 10, 1)).is_known
    assert day(date(2099, 10, 1)).kind is DayKind.WORKDAY and not day(date(2099, 10, 1)).is_known  # a Thursday
    assert day(date(2099, 10, 3)).kind is DayKind.REST
    assert unknown_years(date(2026, 1, 1), date(2026, 12, 31)) == [] and unknown_years(date(2098, 5, 1), date(2099, 5, 1)) == [2098, 2099]


NIGHT = QuietHours("reform", hours_of("22:00-07:00"))


def due(quiet: list[QuietHours], light: Light, when: str) -> int:
    return quiet_until(quiet, light, at(when), kind_of)


def test_quiet_hours_across_midnight_end_in_the_morning():
    assert due([NIGHT], Light.YELLOW, "11-20T23:30") == at("11-21T07:00")
    assert due([NIGHT], Light.YELLOW, "11-21T06:59") == at("11-21T07:00")
    assert due([NIGHT], Light.YELLOW, "11-21T07:00") == at("11-21T07:00")
    assert due([NIGHT], Light.YELLOW, "11-20T21:59") == at("11-20T21:59")


def test_red_is_never_quiet_and_orange_only_where_it_is_asked():
    assert due([NIGHT], Light.RED, "11-20T23:30") == at("11-20T23:30")
    assert due([NIGHT], Light.ORANGE, "11-20T23:30") == at("11-20T23:30")
    both = QuietHours("reform", NIGHT.hours, Light.ORANGE)
    assert due([both], Light.ORANGE, "11-20T23:30") == at("11-21T07:00")
    assert due([QuietHours("reform", NIGHT.hours, Light.RED)], Light.RED, "11-20T23:30") == at("11-20T23:30")


def test_quiet_hours_that_touch_are_one():
    weekend = QuietHours("reform", hours_of("00:00-24:00", on=On.REST))
    # Friday 23:30 -> Saturday 07:00 lies in the weekend -> Sunday 24:00 lies in the night -> Monday 07:00
    assert due([NIGHT, weekend], Light.YELLOW, "11-20T23:30") == at("11-23T07:00")


def test_quiet_for_ever_lets_go_after_some_time():
    always = QuietHours("reform", hours_of("00:00-24:00"))
    assert at("11-20T23:30") < due([always], Light.YELLOW, "11-20T23:30") <= at("11-20T23:30") + 17 * 24 * HOUR_US


@pytest.mark.parametrize("text", ["8", "08:60", "24:01", "-1:00", "8:0", "ab:cd", ""])
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="time of the day"):
        minute_of(text)


def test_weekdays_are_read_as_people_write_them():
    assert weekdays_of("1-5") == (1, 2, 3, 4, 5) and weekdays_of("6，7") == (6, 7) and weekdays_of("") == ()
    for bad in ("0", "8", "5-1", "一", "1-"):
        with pytest.raises(ValueError, match="weekdays"):
            weekdays_of(bad)
