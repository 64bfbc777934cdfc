"""From readings to hours and days: answers worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emissions.conftest import DAY, HOUR, MIN, readings, registry
from tricolor.analysis.emissions import outlets_of, pollutant_days
from tricolor.catalogue.pollutants import emitted
from tricolor.domain.emissions import HourFlag, parse_tag
from tricolor.domain.intervals import local_day
from tricolor.domain.readings import Quality

ON = local_day(DAY)
COD = ["st.w00000.hour.avg", "st.w01018.hour.avg", "st.w01018.hour.cou"]


def day_of(names, rows, factor, units=None):
    held = registry(names, units)
    found = [d for d in pollutant_days(outlets_of(held, ["mill"], emitted()), [ON], readings(held, rows)) if d.factor == factor]
    return found[0] if found else None


def hourly(point, values, quality=0):
    """Hour n's value, at its end."""
    return [(point, DAY + (n + 1) * HOUR, v, quality) for n, v in enumerate(values) if v is not None]


def test_the_hour_of_the_protocols_own_oracle_gives_its_amount():
    # V06: 5.331 m3/s is 19,191.6 m3 in the hour; × 0.933 mg/m3 = 0.017906 kg, which the station sent as 0.018
    names = ["st.a00000.hour.avg", "st.a24088.hour.avg"]
    found = day_of(names, [*hourly(names[0], [5.331]), *hourly(names[1], [0.933])], "a24088")
    assert found.mass_kg == pytest.approx(5.331 * 3600 * 0.933 * 1e-6) and round(found.mass_kg, 3) == 0.018
    assert (found.minutes, found.cou_kg) == (60, 0.0) and found.hours[0]["flags"] & HourFlag.CALCULATED
    with_cou = day_of([*names, "st.a24088.hour.cou"], [*hourly(names[0], [5.331]), *hourly(names[1], [0.933]),
                                                      *hourly("st.a24088.hour.cou", [0.018])], "a24088")  # fmt: skip
    assert (with_cou.mass_kg, with_cou.cou_kg) == (pytest.approx(0.018), pytest.approx(0.018))


def test_water_is_litres_a_second_times_milligrams_a_litre():
    # 20 L/s is 72 m3/h; × 50 mg/L (= 50 g/m3) = 3,600 g = 3.6 kg in the hour
    found = day_of(COD, [*hourly(COD[0], [20.0, 20.0]), *hourly(COD[1], [50.0, 100.0])], "w01018")
    assert found.hours["mass"][:2].tolist() == pytest.approx([3.6, 7.2]) and found.mass_kg == pytest.approx(10.8)


def test_a_volume_of_the_hour_is_as_good_as_its_mean_flow():
    names = ["st.w00000.hour.cou", "st.w01018.hour.avg"]
    assert day_of(names, [*hourly(names[0], [72.0]), *hourly(names[1], [50.0])], "w01018").mass_kg == pytest.approx(3.6)


@pytest.mark.parametrize(
    ("cou", "mass", "is_doubted"), [(3.5, 3.5, False), (7.209, 7.209, False), (7.22, 3.6, True), (1.78, 3.6, True), (-1.0, 3.6, False)]
)
def test_a_cou_stands_within_a_factor_of_two_and_is_left_out_beyond(cou, mass, is_doubted):
    # flow × concentration 3.6 kg: from 3.6/2 - 0.01 = 1.79 to 3.6 × 2 + 0.01 = 7.21 kg; a negative one never stands
    found = day_of(COD, [*hourly(COD[0], [20.0]), *hourly(COD[1], [50.0]), *hourly(COD[2], [cou])], "w01018")
    assert found.mass_kg == pytest.approx(mass) and bool(found.hours[0]["flags"] & HourFlag.COU_DOUBTED) == is_doubted


def test_converted_values_meet_the_limit_and_actual_ones_make_the_mass():
    names = ["st.a00000.hour.avg", "st.a21002.hour.avg", "st.a21002.hour.zsavg"]
    found = day_of(names, [*hourly(names[0], [10.0, 10.0]), *hourly(names[1], [40.0, 40.0]), *hourly(names[2], [60.0])], "a21002")
    assert found.hours["mean"][:2].tolist() == [60.0, 40.0]
    assert found.hours["mass"][:2].tolist() == pytest.approx([1.44, 1.44])  # 36,000 m3 × 40 mg/m3
    assert [bool(f & HourFlag.UNCONVERTED) for f in found.hours["flags"][:2].tolist()] == [False, True]


def test_missing_is_missing_and_zero_is_zero():
    found = day_of(COD, [*hourly(COD[2], [2.0, None, 0.0])], "w01018")
    assert (found.mass_kg, found.minutes) == (2.0, 120)
    assert np.isnan(found.hours[1]["mass"]) and found.hours[2]["mass"] == 0.0
    assert day_of(COD, [], "w01018") is None


@pytest.mark.parametrize(("quality", "flag", "minutes"), [
    (Quality.CALIBRATION, HourFlag.CALIBRATION, 0), (Quality.BAD, HourFlag.FAULT, 0), (Quality.UNCERTAIN, HourFlag.UNCERTAIN, 60),
    (Quality.MANUAL, HourFlag.MANUAL, 60),
])  # fmt: skip
def test_flags_of_the_station_are_kept_and_only_good_values_count(quality, flag, minutes):
    found = day_of(COD, [(COD[2], DAY + HOUR, 2.0, int(quality))], "w01018")
    assert found.hours[0]["flags"] & flag and found.minutes == minutes
    assert found.estimated_kg == (2.0 if minutes else 0.0) and (found.mass_kg is None) == (minutes == 0)


def test_real_time_values_hold_for_two_intervals_and_a_fault_ends_them():
    names = ["st.w00000.rtd", "st.w01018.rtd"]  # one a minute, so a value holds its own minute and the next
    rows = [(names[0], DAY + m * MIN, 20.0) for m in range(60)]
    rows += [(names[1], DAY + m * MIN, 50.0) for m in (0, 5, 10)] + [(names[1], DAY + 11 * MIN, 9.0, int(Quality.BAD))]
    found = day_of(names, rows, "w01018")
    assert found.minutes == 5  # 0, 1, 5, 6, 10 and not 11
    assert found.mass_kg == pytest.approx(5 * 3.6 / 60) and found.hours[0]["minutes"] == 5


def test_a_value_just_before_midnight_reaches_into_the_day_and_a_period_that_ends_at_midnight_does_not():
    names = ["st.w00000.rtd", "st.w01018.rtd"]
    found = day_of(names, [(n, DAY - MIN, 20.0) for n in names], "w01018")
    assert found.minutes == 1
    assert day_of(COD, [(COD[2], DAY, 2.0)], "w01018") is None
    assert day_of(COD, [(COD[2], DAY + 24 * HOUR, 2.0)], "w01018").hours[23]["mass"] == pytest.approx(2.0)


def test_a_days_amount_fills_what_its_hours_lack_and_the_split_is_flagged():
    names = [*COD, "st.w01018.day.cou"]
    rows = [*hourly(COD[2], [2.0] * 20), (names[3], DAY + 24 * HOUR, 48.0)]
    found = day_of(names, rows, "w01018")
    assert (found.mass_kg, found.minutes, found.estimated_kg) == (pytest.approx(48.0), 1440, 0.0)  # 20 × 2 known, 8 in the other four
    assert (
        found.hours[20]["mass"] == pytest.approx(2.0) and found.hours[20]["flags"] & HourFlag.SPLIT and not found.hours[19]["flags"] & HourFlag.SPLIT
    )
    less = day_of(names, [*hourly(COD[2], [2.0] * 20), (names[3], DAY + 24 * HOUR, 39.0)], "w01018")
    assert (less.mass_kg, less.minutes) == (40.0, 1200)  # a day that is less than its hours is not believed


def test_a_point_whose_unit_measures_something_else_is_left_out():
    held = registry(COD, {COD[1]: "degC"})
    assert [set(o.points) for o in outlets_of(held, ["mill"], emitted())] == [{("hour", "cou")}]


def test_the_id_says_what_a_point_is():
    assert parse_tag("010000a8.w01018.rtd").period == "" and parse_tag("010000a8.w01018.hour.cou").field == "cou"
    assert parse_tag("mill.power") is None and parse_tag("a.w01018.week.cou") is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 500), st.floats(0, 300)), min_size=1, max_size=24),
    st.sampled_from([("m3/h", 3.6), ("L/s", 1.0), ("m3/s", 0.001)]),
)
def test_a_change_of_unit_leaves_the_mass(pairs, unit):
    flow, conc = [f for f, _ in pairs], [c for _, c in pairs]
    plain = day_of(COD[:2], [*hourly(COD[0], flow), *hourly(COD[1], conc)], "w01018")
    name, per = unit
    other = day_of(COD[:2], [*hourly(COD[0], [f * per for f in flow]), *hourly(COD[1], [c * 1000 for c in conc])], "w01018",
                   {COD[0]: name, COD[1]: "mg/m3"})  # fmt: skip
    assert other.mass_kg == pytest.approx(plain.mass_kg, rel=1e-9, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 50), min_size=24, max_size=24), st.sets(st.integers(0, 23), max_size=23))
def test_what_is_missing_lowers_coverage_by_its_time_and_the_mass_by_its_own_and_no_more(values, gone):
    whole = day_of(COD, hourly(COD[2], values), "w01018")
    part = day_of(COD, hourly(COD[2], [None if n in gone else v for n, v in enumerate(values)]), "w01018")
    assert part.minutes == whole.minutes - 60 * len(gone)
    assert part.mass_kg == pytest.approx(whole.mass_kg - sum(values[n] for n in gone), abs=1e-9)
    assert float(np.nansum(part.hours["mass"])) == pytest.approx(part.mass_kg)
