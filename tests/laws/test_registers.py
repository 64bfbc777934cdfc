"""Laws of register arithmetic, looked for exceptions by the machine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.domain.cells import spread
from tricolor.domain.intervals import CELL_US, MINUTE_US
from tricolor.domain.registers import PlateColumns, register_steps

CAPACITY, MAX_RATE = 10_000.0, 400.0  # 100 a quarter hour


def energy(at, value, capacity=CAPACITY) -> float:
    rows = np.ones(len(value))
    steps = register_steps(
        np.zeros(len(value), dtype=np.int64),
        np.array(at, dtype=np.int64),
        np.array(value, dtype=float),
        PlateColumns(rows * capacity, rows * MAX_RATE, rows * 0, rows),
    )
    return float(np.nansum(spread(steps, np.full(len(steps.start), CELL_US)).amount))


@st.composite
def registers(draw):
    """(at, true advance of every step, start): readings 5 to 60 minutes apart, advances within the plate."""
    minutes = draw(st.lists(st.integers(5, 60), min_size=4, max_size=60))
    share = draw(st.lists(st.floats(0, 1), min_size=len(minutes), max_size=len(minutes)))
    at = np.concatenate(([0], np.cumsum(minutes))) * MINUTE_US
    advance = np.array(share) * np.array(minutes) / 60 * MAX_RATE
    return at, advance, draw(st.floats(0, CAPACITY * 0.99))


@given(registers())
def test_energy_is_the_sum_of_the_advances_through_any_wrap(series):
    at, advance, start = series
    total = np.concatenate(([0.0], np.cumsum(advance))) + start
    assert energy(at, total % CAPACITY) == pytest.approx(advance.sum(), abs=1e-6)


@given(registers(), st.data())
def test_energy_is_the_same_however_the_series_is_cut(series, data):
    at, advance, start = series
    value = np.concatenate(([0.0], np.cumsum(advance))) + start
    cut = data.draw(st.integers(1, len(at) - 2))
    whole = energy(at, value, np.nan)
    assert energy(at[: cut + 1], value[: cut + 1], np.nan) + energy(at[cut:], value[cut:], np.nan) == pytest.approx(whole, abs=1e-6)


@given(registers(), st.data())
def test_one_misread_leaves_the_total_unchanged_once_good_readings_follow(series, data):
    at, advance, start = series
    value = np.concatenate(([0.0], np.cumsum(advance))) + start + 1
    place = data.draw(st.integers(1, len(at) - 2))
    wrong = value.copy()
    if data.draw(st.booleans()):
        wrong[place] = value[place - 1] * data.draw(st.floats(0, 0.999))  # any fall
    else:
        wrong[place] = value[place] + MAX_RATE * 3 + data.draw(st.floats(0, 1e9))  # any jump beyond the plate
    assert energy(at, wrong, np.nan) == pytest.approx(value[-1] - value[0], abs=1e-6)


@given(registers())
def test_no_cell_is_negative_and_no_cell_is_longer_than_itself(series):
    at, advance, start = series
    value = (np.concatenate(([0.0], np.cumsum(advance))) + start) % CAPACITY
    rows = np.ones(len(value))
    steps = register_steps(np.zeros(len(value), dtype=np.int64), at, value, PlateColumns(rows * CAPACITY, rows * MAX_RATE, rows * 0, rows))
    cells = spread(steps, np.full(len(steps.start), CELL_US))
    assert (cells.amount[~np.isnan(cells.amount)] >= 0).all()
    assert cells.covered_us.max() <= CELL_US
    assert int(cells.covered_us.sum()) == int(at[-1] - at[0])
