"""Laws of the engine over whole points: exchanges, periods, plates that are wrong, and what is not known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settle.conftest import START, make_batch, make_point
from tricolor.analysis.rollup import roll_up
from tricolor.analysis.settle import settle
from tricolor.domain.exchanges import Exchange, MeterFacts
from tricolor.domain.intervals import MINUTE_US, Interval, Step, ceil_cell, floor_cell
from tricolor.domain.meters import PointKind

MAX_RATE = 400.0


@st.composite
def true_registers(draw, least: int = 4):
    """(at, what the flow really added up to): readings 5 to 60 minutes apart, advances within the plate."""
    minutes = draw(st.lists(st.integers(5, 60), min_size=least, max_size=50))
    share = draw(st.lists(st.floats(0, 1), min_size=len(minutes), max_size=len(minutes)))
    at = START + np.concatenate(([0], np.cumsum(minutes))) * MINUTE_US
    return at, np.concatenate(([0.0], np.cumsum(np.array(share) * np.array(minutes) / 60 * MAX_RATE)))


def total(cells) -> float:
    return float(np.nansum(cells.amount))


@given(true_registers(), st.floats(420, 1e7))
def test_rollovers_of_any_capacity_are_exact(series, capacity):
    at, flow = series
    # the distance of a step is at most 400 and the capacity more, so no step passes zero twice
    value = (flow + capacity * 0.99) % capacity
    cells = settle({1: make_point(1, capacity=capacity, max_rate=MAX_RATE)}, make_batch(at, value))
    if (np.diff(value[-3:]) < -capacity / 2).any() or capacity < 850:
        return  # a wrap in the last two readings, or one that a dip explains as well, is not decided by the numbers alone
    assert total(cells) == pytest.approx(flow[-1], abs=1e-6 * capacity**0.5)


@given(true_registers(), st.data())
def test_an_exchange_at_any_edge_is_exact(series, data):
    at, flow = series
    place = data.draw(st.integers(0, len(at) - 2))
    moment = data.draw(st.sampled_from([int(at[place]), int(at[place]) + 1, int(at[place] + at[place + 1]) // 2, int(at[place + 1]) - 1]))
    first, start = data.draw(st.floats(5_000, 1e6)), data.draw(st.floats(0, 1_000))
    at_exchange = float(np.interp(moment, at, flow))
    shown = np.where(at < moment, first + flow, start + flow - at_exchange)
    facts = MeterFacts.of([Exchange(1, moment, first + at_exchange, start)])
    cells = settle({1: make_point(1, max_rate=MAX_RATE)}, make_batch(at, shown), facts)
    assert total(cells) == pytest.approx(flow[-1], abs=1e-6)


@given(true_registers(), st.integers(0, 2_000))
def test_a_month_is_the_sum_of_its_days_and_of_its_hours(series, days):
    at, flow = series
    at = at + days * 1440 * MINUTE_US
    cells = settle({1: make_point(1, max_rate=MAX_RATE)}, make_batch(at, flow))
    span = Interval(floor_cell(int(at[0])), ceil_cell(int(at[-1])))
    for step in (Step.QUARTER, Step.HOUR, Step.DAY, Step.MONTH, Step.YEAR, Step.TOTAL):
        assert sum(row.amount or 0.0 for row in roll_up(cells, span, step)) == pytest.approx(flow[-1], abs=1e-6)


@given(true_registers(), st.floats(1.5, 1e6))
def test_a_plate_that_allows_less_than_flows_gives_open_items_and_no_energy_beyond_it(series, times):
    at, flow = series
    rate = MAX_RATE / times
    cells = settle({1: make_point(1, max_rate=rate)}, make_batch(at, flow))
    hours = np.diff(at) / 3.6e9 + 1 / 60
    assert total(cells) <= float((hours * rate).sum()) + 1e-6
    assert total(cells) <= flow[-1] + 1e-6


@given(true_registers(), st.data())
def test_what_is_missing_is_never_zero(series, data):
    at, flow = series
    place = data.draw(st.integers(1, len(at) - 2))
    delta = np.diff(flow, prepend=0.0)
    grid = START + np.arange(1, len(at) + 1) * 15 * MINUTE_US
    kept = np.delete(np.arange(len(grid)), place)
    cells = settle({1: make_point(1, PointKind.DELTA)}, make_batch(grid[kept], delta[kept]))
    assert int(grid[place]) - 15 * MINUTE_US not in cells.start.tolist()
    rows = roll_up(cells, Interval(START, int(grid[-1])), Step.QUARTER)
    assert rows[place].amount is None
    assert rows[place].coverage == 0.0
