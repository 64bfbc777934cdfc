"""Register arithmetic by hand: the answer of each case is worked out in its comment."""

import numpy as np
import pytest

from tricolor.domain.cells import spread
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.intervals import CELL_US, HOUR_US
from tricolor.domain.registers import PlateColumns, delta_steps, register_steps

NAN = float("nan")


def cells_of(values, *, capacity=NAN, max_rate=NAN, resolution=0.0, multiplier=1.0, at=None) -> EnergyCells:
    value = np.array(values, dtype=float)
    times = np.arange(len(value), dtype=np.int64) * CELL_US if at is None else np.array(at, dtype=np.int64)
    rows = np.ones(len(value))
    plate = PlateColumns(rows * capacity, rows * max_rate, rows * resolution, rows * multiplier)
    steps = register_steps(np.full(len(value), 7), times, value, plate)
    return spread(steps, np.full(len(steps.start), CELL_US * 3 // 2))


def energy_of(values, **plate) -> float:
    return float(np.nansum(cells_of(values, **plate).amount))


def test_forward_and_still_are_the_difference():
    assert energy_of([10, 12, 12, 15.5]) == pytest.approx(5.5)


@pytest.mark.parametrize(
    ("values", "capacity", "expected"),
    [
        ([99_999.5, 0.25], 100_000, 0.75),  # 0.5 up to the wrap + 0.25
        ([99_999, 0], 100_000, 1.0),
        ([999_984.0625, 20.0], 1_000_000, 35.9375),  # 15.9375 + 20
        ([838_860.0, 0.5], 838_860.8, 1.3),  # a 23-bit register of 0.1: 0.8 + 0.5
        ([65.5, 0.1, 0.3], 65.536, 0.336),  # 0.036 + 0.1 + 0.2
    ],
)
def test_a_rollover_counts_the_distance_through_zero(values, capacity, expected):
    assert energy_of(values, capacity=capacity, max_rate=400.0) == pytest.approx(expected, abs=1e-9)


def test_a_rollover_that_is_physically_impossible_is_not_believed():
    # 500 -> 0 with capacity 1000 would be 500 in 15 min; the plate allows 100/h: two zeros and a return at 510 (20 in 1 h is allowed)
    assert energy_of([500, 0, 0, 0, 510], capacity=1000, max_rate=100) == pytest.approx(10)


def test_a_zero_glitch_near_the_wrap_is_a_dip_when_the_value_returns():
    # 99 990 -> 0 -> 99 991 : 1, not 10 + 99 991
    assert energy_of([99_990, 0, 99_991], capacity=100_000, max_rate=400) == pytest.approx(1)
    assert energy_of([99_990, 0, 99_991], capacity=100_000) == pytest.approx(1)


def test_a_dip_loses_nothing_and_is_flagged():
    cells = cells_of([1000, 0, 1006], max_rate=100)
    assert np.nansum(cells.amount) == pytest.approx(6)
    assert all(flag & CellFlag.DIP for flag in cells.flag)


def test_a_dip_of_twelve_hours_loses_nothing():
    # 48 zero readings, then back at 1000 + 12.25 h x 4/h = 1049
    assert energy_of([1000] + [0] * 48 + [1049, 1050], max_rate=10) == pytest.approx(50)


def test_a_spike_that_returns_is_not_energy():
    assert energy_of([100, 5_000_000, 102, 103], max_rate=40) == pytest.approx(3)


def test_a_jump_within_the_plate_that_is_repaid_is_not_counted_twice():
    # 105 was the misread: 100 -> 101 -> 102 is 2
    assert energy_of([99, 100, 105, 101, 102, 103], max_rate=40) == pytest.approx(4)


def test_a_leap_that_stays_is_parked_and_what_follows_counts():
    cells = cells_of([100, 101, 9000, 9001, 9002, 9003], max_rate=40)
    assert np.nansum(cells.amount) == pytest.approx(1 + 3)
    assert int(cells.flag[1]) & CellFlag.OPEN
    assert np.isnan(cells.amount[1])
    assert cells.covered_us[1] == 0


def test_an_undeclared_drop_that_stays_is_parked_and_never_negative():
    cells = cells_of([500, 501, 3, 4, 5, 6], max_rate=40)
    assert np.nansum(cells.amount) == pytest.approx(1 + 3)
    assert int(cells.flag[1]) & CellFlag.OPEN


def test_a_glitch_after_an_undeclared_exchange_does_not_shift_the_new_base():
    # 1 before the drop; 3 -> 6 is 3; the zero is a dip of the new register: 6 -> 7 is 1
    assert energy_of([500, 501, 3, 4, 5, 6, 0, 7, 8], max_rate=40) == pytest.approx(1 + 3 + 1 + 1)


def test_the_last_reading_alone_decides_nothing():
    assert energy_of([100, 101, 0], max_rate=40) == pytest.approx(1)
    assert energy_of([100, 101, 90_000], max_rate=40) == pytest.approx(1)


def test_the_first_reading_is_a_zero_point_not_consumption():
    assert energy_of([56_842_157.0, 56_842_159.0], max_rate=40) == pytest.approx(2)


def test_a_gap_is_certain_in_total_and_estimated_in_its_split():
    # 48 h blind, 96 kWh: 192 cells of 0.5, all flagged
    cells = cells_of([0, 96], at=[0, 48 * HOUR_US])
    assert len(cells) == 192
    assert cells.amount == pytest.approx(np.full(192, 0.5))
    assert all(flag & CellFlag.ESTIMATED for flag in cells.flag)
    assert (cells.covered_us == CELL_US).all()


def test_readings_off_the_grid_are_split_at_the_edges_by_time():
    # 10 min, 25 min, 40 min: 15 kWh then 30 kWh; cell 0 holds 5 of 15 min of the first (5), cell 1 10 of it + 5 of the second = 10 + 10, cell 2 20
    minute = CELL_US // 15
    cells = cells_of([0, 15, 45], at=[10 * minute, 25 * minute, 40 * minute])
    assert cells.amount == pytest.approx([5, 20, 20])
    assert cells.covered_us.tolist() == [5 * minute, 15 * minute, 10 * minute]


def test_the_multiplier_turns_register_units_into_energy():
    assert energy_of([1.0, 1.5], multiplier=4000) == pytest.approx(2000)


def test_a_delta_belongs_to_the_interval_that_ends_at_its_time():
    one = np.ones(2)
    steps = delta_steps(
        np.array([1, 1]),
        np.array([CELL_US, 3 * CELL_US]),
        np.array([3.0, 4.0]),
        np.full(2, CELL_US),
        PlateColumns(one * NAN, one * NAN, one * 0, one),
    )
    cells = spread(steps, np.full(2, CELL_US))
    assert cells.start.tolist() == [0, 2 * CELL_US]  # the missing interval stays missing, it is not zero
    assert cells.amount.tolist() == [3.0, 4.0]


def test_a_negative_delta_is_parked():
    one = np.ones(1)
    steps = delta_steps(np.array([1]), np.array([CELL_US]), np.array([-3.0]), np.full(1, CELL_US), PlateColumns(one * NAN, one * NAN, one * 0, one))
    cells = spread(steps, np.full(1, CELL_US))
    assert np.isnan(cells.amount[0])
    assert int(cells.flag[0]) & CellFlag.OPEN


def test_points_do_not_run_into_each_other():
    point = np.array([1, 1, 2, 2])
    at = np.array([0, CELL_US, 0, CELL_US])
    rows = np.ones(4)
    steps = register_steps(point, at, np.array([1.0, 2.0, 500.0, 503.0]), PlateColumns(rows * NAN, rows * NAN, rows * 0, rows))
    assert steps.amount.tolist() == [1.0, 3.0]
    assert steps.point.tolist() == [1, 2]
