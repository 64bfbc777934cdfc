"""One point on one day: what was due, what came, what is doubtful. Answers are worked by hand."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.quality.conftest import QUARTER, START, batch_of, point_of
from tricolor.analysis.quality import point_days
from tricolor.analysis.settle import settle
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.intervals import DAY_US, EARLIEST_US, HOUR_US, MINUTE_US
from tricolor.domain.meters import PointKind
from tricolor.domain.quality import Fault, as_of, completeness, point_quality
from tricolor.domain.readings import Quality, ReadingBatch

DAY = date(2026, 3, 2)
AFTER = START + 5 * DAY_US
LIMITS = quality_limits()


def day_of(point, batch, now=AFTER, days=(DAY,)):
    rows = point_days({point.key: point}, days, batch, settle({point.key: point}, batch), now)
    return rows[0] if len(days) == 1 else rows


def faults_of(point, batch, now=AFTER):
    row = day_of(point, batch, now)
    return {f.fault: f for f in point_quality(point, [row], 1, [], LIMITS, now).findings}


def quarters(count=96, first=0):
    return START + (first + np.arange(count)) * QUARTER


def noisy(count=96, seed=1, mean=50.0):
    """A register of 0.01 that advances by 50 ± 10 each quarter of an hour."""
    return np.round(np.cumsum(np.random.default_rng(seed).normal(mean, 10, count)), 2)


def test_half_of_the_readings_due_is_a_completeness_of_one_half():
    row = day_of(point_of(1), batch_of(1, quarters()[::2], noisy(48)))  # 48 of 96
    assert (row.expected, row.received, row.filled) == (96, 48, 48)
    assert completeness(row.filled, row.expected) == 0.5


def test_readings_crowded_into_an_hour_fill_that_hour_only():
    at = START + np.arange(96) * (HOUR_US // 96)  # 96 readings, all before 01:00: 4 quarters, by phase at most 5
    row = day_of(point_of(1), batch_of(1, at, noisy()))
    assert row.received == 96 and row.filled in (4, 5)


def test_jitter_of_the_clock_costs_nothing():
    late = np.random.default_rng(3).integers(-200, 200, 96) * 1_000_000  # ±200 s around 07:30 into each quarter
    row = day_of(point_of(1), batch_of(1, quarters() + 450_000_000 + late, noisy()))
    assert row.filled == 96


def test_a_running_day_expects_no_more_than_could_have_come():
    now = START + 6 * HOUR_US  # 24 quarters passed, the newest is not yet due
    assert day_of(point_of(1), batch_of(1, quarters(23), noisy(23)), now).expected == 23


def test_only_the_validity_counts():
    point = replace(point_of(1), valid_from=START + 12 * HOUR_US, valid_to=START + 18 * HOUR_US)
    row = day_of(point, batch_of(1, quarters(24, 48), noisy(24)))
    assert (row.expected, row.filled) == (24, 24)
    assert day_of(point, ReadingBatch.empty(), days=(DAY, date(2026, 3, 3)))[0].day == "2026-03-02"  # and no row of the day after
    assert len(day_of(point, ReadingBatch.empty(), days=(DAY, date(2026, 3, 3)))) == 1


def test_a_point_without_a_date_is_expected_from_its_registration_on_or_where_it_was_heard():
    point = replace(point_of(1), valid_from=EARLIEST_US, registered_at=START + 2 * DAY_US + 6 * HOUR_US)
    days = tuple(date(2026, 3, d) for d in (2, 3, 4))
    rows = day_of(point, batch_of(1, quarters(10), noisy(10)), days=days)
    assert [r.expected for r in rows] == [96, 0, 72]  # heard; not known and before; registered at 06:00: 18 h


def test_nothing_due_is_not_known_and_never_perfect():
    assert completeness(0, 0) is None
    assert completeness(5, 0) is None
    assert completeness(0, 96) == 0.0


def test_bad_readings_are_received_and_do_not_count():
    row = day_of(point_of(1), batch_of(1, quarters(), noisy(), quality=int(Quality.BAD)))
    assert (row.received, row.unusable, row.filled, row.cells) == (96, 96, 0, 0)


def test_the_estimated_share_is_of_the_cells_that_are_known():
    # readings at 00:00, 00:15 … 05:45, then at 12:00 … 23:45: the gap of 6 h 15 min is 25 cells; known cells 95 (the last has no end)
    at = np.concatenate((quarters(24), quarters(48, 48)))
    row = day_of(point_of(1, resolution=0.01), batch_of(1, at, noisy(72)))
    assert (row.cells, row.estimated) == (95, 25)
    found = faults_of(point_of(1, resolution=0.01), batch_of(1, at, noisy(72)))
    assert found[Fault.ESTIMATED].value == pytest.approx(25 / 95)
    assert row.resumed_at == START + 12 * HOUR_US


def test_negative_amounts_are_counted_and_temperatures_may_be_negative():
    power = point_of(1, kind=PointKind.GAUGE, unit="kW")
    assert day_of(power, batch_of(1, quarters(), np.where(np.arange(96) % 4, 5.0, -5.0))).negative == 24
    cold = replace(power, unit="degC", carrier="", quantity="temperature")
    assert day_of(cold, batch_of(1, quarters(), np.full(96, -5.0))).negative == 0


def test_equal_advances_of_many_digits_are_too_smooth():
    point = point_of(1, resolution=0.01)
    found = faults_of(point, batch_of(1, quarters(), np.arange(96) * 12.5))  # each quarter exactly 12.5 kWh: 1250 digits
    assert found[Fault.TOO_SMOOTH].value == 1.0 and found[Fault.TOO_SMOOTH].detail == "equal"
    row = day_of(point, batch_of(1, quarters(), np.arange(96) * 12.5))
    assert (row.deltas, row.equal_share, row.digits) == (95, 1.0, pytest.approx(1250))


def test_hardly_varying_advances_are_too_smooth_though_none_equals_the_next():
    step = 12.5 + np.where(np.arange(96) % 2, 0.02, -0.02)  # ±2 digits of 1250: variation 0.0016
    found = faults_of(point_of(1, resolution=0.01), batch_of(1, quarters(), np.round(np.cumsum(step), 2)))
    assert found[Fault.TOO_SMOOTH].detail == "variation"


def test_a_coarse_register_and_a_real_load_are_not_too_smooth():
    coarse = faults_of(point_of(1, resolution=1.0), batch_of(1, quarters(), np.arange(96) * 2.0))  # 2 digits: nothing to see
    assert Fault.TOO_SMOOTH not in coarse
    assert Fault.TOO_SMOOTH not in faults_of(point_of(1, resolution=0.01), batch_of(1, quarters(), noisy()))


def test_the_digit_is_read_off_the_values_where_the_plate_says_none():
    assert day_of(point_of(1), batch_of(1, quarters(), np.arange(96) * 3.0)).digits == 3.0  # whole numbers
    assert day_of(point_of(1), batch_of(1, quarters(), np.round(np.arange(96) * 0.25, 2))).digits == pytest.approx(25)  # hundredths


def test_a_clock_ahead_is_a_finding_and_a_back_fill_is_not():
    found = faults_of(point_of(1), batch_of(1, quarters(), noisy(), late_us=-90_000_000))  # arrives 90 s before it was read
    assert (found[Fault.CLOCK].value, found[Fault.CLOCK].detail) == (-90.0, "ahead")
    late = day_of(point_of(1), batch_of(1, quarters(), noisy(), late_us=5 * HOUR_US))
    assert (late.live, late.backfilled, late.delay_s) == (0, 96, None)


def test_a_steady_long_delay_is_the_clock_and_a_wandering_one_is_the_line():
    steady = faults_of(point_of(1), batch_of(1, quarters(), noisy(), late_us=10 * MINUTE_US))
    assert steady[Fault.CLOCK].detail == "behind" and steady[Fault.CLOCK].value == 600
    wander = np.random.default_rng(5).integers(60, 1800, 96) * 1_000_000
    assert Fault.CLOCK not in faults_of(point_of(1), batch_of(1, quarters(), noisy(), late_us=wander))


def test_of_a_message_with_four_readings_the_newest_tells_the_delay():
    came = quarters() // HOUR_US * HOUR_US + 45 * MINUTE_US + 30_000_000  # sent hourly, 30 s after the reading of :45
    row = day_of(point_of(1), replace(batch_of(1, quarters(), noisy()), received_at=came))
    assert (row.live, row.delay_s, row.spread_s) == (24, 30.0, 0.0)


def test_a_silent_meter_becomes_less_complete_with_time_without_being_written_again():
    row = day_of(point_of(1), batch_of(1, quarters(24), noisy(24)), now=START + 6 * HOUR_US)
    later = as_of(row, point_of(1), START + 18 * HOUR_US)
    assert (row.expected, later.expected) == (23, 71)
    found = point_quality(point_of(1), [later], 1, [], LIMITS, START + 18 * HOUR_US)
    assert found.findings[0].fault is Fault.SILENT and found.since == START + 23 * QUARTER


def test_heard_since_the_end_of_the_last_gap():
    at = np.concatenate((quarters(10), quarters(60, 36)))  # a gap from 02:15 to 09:00
    q = point_quality(point_of(1), [day_of(point_of(1), batch_of(1, at, noisy(70)))], 1, [], LIMITS, AFTER)
    assert q.heard and q.since == START + 9 * HOUR_US
