"""Read difference (what a bill says) beside clock difference (what the cells say): worked by hand, and their laws."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.settle.conftest import ALWAYS, START, Rig, make_batch, make_point
from tests.settle.test_incremental import troubled_series
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.analysis.read_difference import Seen, read_differences, read_differences_of
from tricolor.analysis.rollup import roll_up
from tricolor.analysis.settle import settle, steps_of
from tricolor.domain.decided import Confirmed
from tricolor.domain.energy import CellFlag
from tricolor.domain.exchanges import Exchange, MeterFacts, MultiplierChange
from tricolor.domain.intervals import DAY_US, HOUR_US, MINUTE_US, Interval, Step, step_edges
from tricolor.domain.meters import PointKind

NOTHING = MeterFacts()
DAYS = np.array([START, START + DAY_US, START + 2 * DAY_US, START + 3 * DAY_US])


def hours(*each: float) -> np.ndarray:
    return START + (np.array(each) * HOUR_US).astype(np.int64)


def test_a_day_is_its_last_reading_minus_the_last_one_before_it_while_the_clock_splits_at_midnight():
    # read at 23:00 of the day before (100), 05:00 (106), 23:30 (130), and 00:30 of the next day (132)
    mine = make_batch(hours(-1, 5, 23.5, 24.5), [100, 106, 130, 132])
    (first, second, third) = read_differences(make_point(), mine, NOTHING, DAYS)
    assert (first.amount, first.base, first.last) == (30, Seen(int(hours(-1)[0]), 100), Seen(int(hours(23.5)[0]), 130))
    assert (second.amount, second.base) == (2, first.last)
    assert (third.amount, third.base, third.last) == (None, None, None)  # not read that day: not known, and not 0
    days = roll_up(settle({1: make_point()}, mine), Interval(START, START + 2 * DAY_US), Step.DAY)
    # of the 6 in the six hours over the first midnight 5 are of the day, of the 2 in the hour over the next one 1 is: 5 + 24 + 1, and 1
    assert [day.amount for day in days] == pytest.approx([30, 1])


def test_a_reading_at_midnight_closes_the_day_before():
    mine = make_batch(hours(0, 24, 48), [10, 12, 15])
    assert [d.amount for d in read_differences(make_point(), mine, NOTHING, DAYS)] == [2, 3, None]


def test_a_wrap_and_an_exchange_inside_the_period():
    # 996 -> 2 through 1000 is 6; the old meter's final 5 is 3 more; the new one goes from 700 to 704: 4. In all 13, times 40
    point = make_point(1, capacity=1000.0, max_rate=20.0, multiplier=40.0)
    facts = MeterFacts.of([Exchange(1, int(hours(13)[0]), 5, 700)])
    found = read_differences(point, make_batch(hours(-1, 6, 12, 18, 23), [990, 996, 2, 702, 704]), facts, DAYS)[0]
    # and 6 from 990 at 23:00 of the day before
    assert found.amount == pytest.approx((6 + 6 + 3 + 4) * 40)
    assert (found.base, found.last) == (Seen(int(hours(-1)[0]), 990), Seen(int(hours(23)[0]), 704))


def test_an_exchange_at_the_edge_leaves_the_old_meters_final_as_last_and_the_new_ones_first_as_base():
    facts = MeterFacts.of([Exchange(1, START + DAY_US, 50, 7)])
    first, second, _ = read_differences(make_point(), make_batch(hours(0, 20, 30), [10, 40, 9]), facts, DAYS)
    assert (first.amount, first.last) == (40, Seen(START + DAY_US, 50))
    assert (second.amount, second.base, second.last) == (2, Seen(START + DAY_US, 7), Seen(int(hours(30)[0]), 9))


def test_the_base_of_a_point_that_begins_in_the_period_is_its_first_reading():
    found = read_differences(make_point(), make_batch(hours(8, 20), [56_842_157, 56_842_159]), NOTHING, DAYS)[0]
    assert (found.amount, found.base) == (2, Seen(int(hours(8)[0]), 56_842_157))


def test_a_parked_jump_is_said_and_not_counted_until_a_person_confirms_it():
    point, mine = make_point(1, max_rate=40.0), make_batch(hours(0, 1, 2, 3, 4), [100, 101, 9000, 9001, 9002])
    found = read_differences(point, mine, NOTHING, DAYS)[0]
    assert (found.amount, found.has_parked) == (3, True)
    confirmed = MeterFacts.of(confirmed=[Confirmed(1, int(hours(1)[0]), int(hours(2)[0]), 8899.0)])
    found = read_differences(point, mine, confirmed, DAYS)[0]
    assert (found.amount, found.has_parked) == (8902, False)


def test_a_change_of_the_multiplier_inside_a_step_moves_none_of_it_into_another_period():
    # one step of 4 from 20:00 to 04:00, x 1 until 22:00 and x 10 afterwards: 1 + 30, all of it where the reading was taken
    facts = MeterFacts.of((), [MultiplierChange(1, int(hours(22)[0]), 10)])
    first, second, _ = read_differences(make_point(), make_batch(hours(0, 20, 28), [0, 1, 5]), facts, DAYS)
    assert (first.amount, second.amount) == (1, pytest.approx(31))
    assert second.base == Seen(int(hours(20)[0]), 1)


def test_a_misread_is_neither_base_nor_last():
    found = read_differences(make_point(1, max_rate=40.0), make_batch(hours(0, 23, 24, 25), [100, 110, 0, 111]), NOTHING, DAYS)
    assert (found[0].amount, found[0].last) == (10, Seen(int(hours(23)[0]), 110))
    assert (found[1].amount, found[1].base) == (1, found[0].last)


def test_only_registers_have_them():
    assert read_differences_of(make_point(1, PointKind.DELTA), DAYS, MemoryStore(), NOTHING) is None


def test_a_span_with_too_many_readings_is_not_read():
    assert read_differences_of(make_point(1, interval_s=1), np.array([START, START + 12 * DAY_US]), MemoryStore(), NOTHING) is None


def test_from_the_store_the_reading_before_a_long_gap_is_found():
    store = MemoryStore()
    store.put(make_batch(hours(-90 * 24, -89 * 24, 5), [10, 11, 40]))
    (found,) = read_differences_of(make_point(), DAYS[:2], store, NOTHING) or ()
    assert (found.amount, found.base) == (29, Seen(int(hours(-89 * 24)[0]), 11))


@settings(deadline=None)
@given(troubled_series(), st.integers(1, 5), st.integers(0, 3 * 24 * 60))
def test_consecutive_periods_add_up_to_all_that_is_certain(series, count, offset):
    at, value = series
    point = make_point(1, capacity=1000.0, max_rate=40.0, resolution=0.1, multiplier=3.0)
    mine = make_batch(at, value)
    edges = np.unique(np.linspace(at[0] - offset * MINUTE_US, at[-1], count + 1).astype(np.int64))
    found = read_differences(point, mine, NOTHING, edges)
    steps = steps_of({1: point}, mine)
    certain = float(steps.amount[steps.flag & CellFlag.OPEN == 0].sum())
    assert sum(d.amount or 0.0 for d in found) == pytest.approx(certain, abs=1e-6)
    assert certain == pytest.approx(float(np.nansum(settle({1: point}, mine).amount)), abs=1e-6)
    known = [d for d in found if d.amount is not None]
    assert all(a.last == b.base for a, b in pairwise(known))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(5, 600), st.floats(0, 1)), min_size=3, max_size=40), st.floats(1, 999))
def test_without_troubles_the_sum_is_last_minus_first_and_the_wraps(pieces, start):
    minutes, share = np.array([m for m, _ in pieces]), np.array([s for _, s in pieces])
    at = START + np.concatenate(([0], np.cumsum(minutes))) * MINUTE_US
    flow = start + np.concatenate(([0.0], np.cumsum(share * minutes / 60 * 40)))
    value = flow % 1000
    wraps = int(flow[-1] // 1000) - int(flow[0] // 1000)
    point = make_point(1, capacity=1000.0, max_rate=40.0)
    found = read_differences(point, make_batch(at, value), NOTHING, step_edges(Interval(int(at[0]), int(at[-1])), Step.DAY))
    assert sum(d.amount or 0.0 for d in found) == pytest.approx(value[-1] - value[0] + 1000 * wraps, abs=1e-6)


@settings(deadline=None)
@given(st.data())
def test_around_a_span_the_store_tells_what_all_readings_tell(data):
    at, value = data.draw(troubled_series())
    rig = Rig(make_point(1, capacity=1000.0, max_rate=40.0, resolution=0.1))
    rig.push(1, at, value)
    low = data.draw(st.integers(0, len(at) - 2))
    edges = np.unique([int(at[low]), int(at[low]) + 7 * HOUR_US, int(at[-1]) + 1])
    point = replace(rig.points[1])
    whole = read_differences(point, rig.store.read([1], ALWAYS), NOTHING, edges)
    assert read_differences_of(point, edges, rig.store, NOTHING) == whole
