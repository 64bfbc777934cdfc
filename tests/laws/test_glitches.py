"""Laws of what a register must not be made to say: zeros around a wrap, a wavering digit, a net register."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.settle.conftest import START, make_batch, make_point
from tricolor.analysis.settle import settle, steps_of
from tricolor.domain.energy import CellFlag
from tricolor.domain.intervals import HOUR_US, MINUTE_US
from tricolor.domain.steps import PARKED
from tricolor.domain.walk import RETURN_WITHIN_US

CAPACITY, MAX_RATE = 1000.0, 10.0


def booked(point, batch) -> float:
    return float(np.nansum(settle({point.key: point}, batch).amount))


@st.composite
def around_zero(draw):
    """(at, what flowed, what the register of three digits shows): hourly, near or through its capacity, with runs of one or two zeros between."""
    share = np.array(draw(st.lists(st.floats(0.01, 0.9), min_size=6, max_size=14)))
    flow = np.concatenate(([0.0], np.cumsum(share * MAX_RATE)))
    shown = (draw(st.one_of(st.floats(900, 999), st.floats(0, 20))) + flow) % CAPACITY
    for place in draw(st.lists(st.integers(1, len(shown) - 3), max_size=3)):
        shown[place : place + draw(st.integers(1, 2))] = 0.0
    return START + np.arange(len(shown)) * HOUR_US, flow, shown


@settings(deadline=None)
@given(around_zero(), st.sampled_from([MAX_RATE, None]))
def test_zeros_around_a_wrap_never_add_energy_and_what_they_cost_is_parked(series, rate):
    at, flow, shown = series
    point = make_point(1, capacity=CAPACITY, max_rate=rate)
    total = booked(point, make_batch(at, shown))
    assert total <= flow[-1] + 1e-6
    if total < flow[-1] - 1e-6:
        steps = steps_of({1: point}, make_batch(at, shown))
        # a person is asked, or the last readings are not decided yet
        assert np.isin(steps.kind, sorted(PARKED)).any() or not len(steps) or steps.end[-1] < at[-1]


@settings(deadline=None)
@given(around_zero(), st.integers(1, 2))
def test_a_zero_at_the_live_edge_adds_at_most_the_way_to_the_capacity_and_it_is_taken_back(series, count):
    at, flow, shown = series
    point = make_point(1, capacity=CAPACITY, max_rate=MAX_RATE)
    live = make_batch(np.concatenate((at, at[-1] + np.arange(1, count + 1) * HOUR_US)), np.concatenate((shown, np.zeros(count))))
    before = booked(point, make_batch(at, shown))
    assert booked(point, live) <= max(before, flow[-1]) + count * MAX_RATE + MAX_RATE / 60 + 1e-6
    back = np.array([shown[-1], shown[-1]])
    returned = make_batch(np.concatenate((live.at, live.at[-1] + np.array([1, 2]) * HOUR_US)), np.concatenate((live.value, back)))
    assert booked(point, returned) <= flow[-1] + 1e-6


@settings(deadline=None)
@given(st.data())
def test_a_wavering_digit_costs_nothing_within_72_hours_whatever_else_is_misread(data):
    share = np.array(data.draw(st.lists(st.floats(0, 1), min_size=6, max_size=40)))
    flow = np.concatenate(([0.0], np.cumsum(np.round(share * 0.3, 1))))
    at = START + np.arange(len(flow)) * HOUR_US
    shown = 500.0 + flow
    drop = np.array(data.draw(st.lists(st.booleans(), min_size=len(flow) - 2, max_size=len(flow) - 2)))
    shown[1:-1] -= np.where(drop & (np.diff(flow)[:-1] < 0.05), 0.1, 0.0)  # the digit wavers where the register stands still
    shown[data.draw(st.integers(1, len(flow) - 2))] = data.draw(st.sampled_from([0.0, 9e6]))
    assert booked(make_point(1, max_rate=MAX_RATE, resolution=0.1), make_batch(at, shown)) == pytest.approx(flow[-1], abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(15, 3000), st.booleans()), min_size=3, max_size=120))
def test_a_digit_that_stays_below_costs_at_most_itself_in_72_hours(pieces):
    at = START + np.concatenate(([0], np.cumsum([minutes for minutes, _ in pieces]))) * MINUTE_US
    shown = np.array([10.0, *(9.9 if is_below else 10.0 for _, is_below in pieces)])
    booked_now = booked(make_point(1, max_rate=MAX_RATE, resolution=0.1), make_batch(at, shown))
    assert 0.0 <= booked_now <= 0.1 * ((at[-1] - at[0]) // RETURN_WITHIN_US) + 1e-6


@st.composite
def net_registers(draw):
    """(at, what flowed in net up to then): readings 5 to 60 minutes apart, either way within 400 an hour."""
    minutes = np.array(draw(st.lists(st.integers(5, 60), min_size=3, max_size=60)))
    share = np.array(draw(st.lists(st.floats(-1, 1), min_size=len(minutes), max_size=len(minutes))))
    at = START + np.concatenate(([0], np.cumsum(minutes))) * MINUTE_US
    return at, np.concatenate(([0.0], np.cumsum(share * minutes / 60 * 400)))


@settings(deadline=None)
@given(net_registers(), st.floats(0, 999), st.sampled_from([1000.0, 4096.5, None]), st.data())
def test_any_cut_of_a_net_register_adds_up_with_its_signs(series, start, capacity, data):
    at, flow = series
    shown = start + flow if capacity is None else (start + flow) % capacity
    shown = np.where(shown == capacity, 0.0, shown)
    point = make_point(1, capacity=capacity, max_rate=400.0, is_net=True)
    assert booked(point, make_batch(at, shown)) == pytest.approx(flow[-1], abs=1e-6)
    cut = data.draw(st.integers(1, len(at) - 1))
    halves = make_batch(at[: cut + 1], shown[: cut + 1]), make_batch(at[cut:], shown[cut:])
    assert sum(booked(point, half) for half in halves) == pytest.approx(flow[-1], abs=1e-6)
    assert not np.isin(steps_of({1: point}, make_batch(at, shown)).kind, sorted(PARKED)).any()


@settings(deadline=None)
@given(net_registers(), st.data())
def test_one_misread_of_a_net_register_leaves_its_total_unchanged(series, data):
    at, flow = series
    shown = 1e6 + flow
    place = data.draw(st.integers(1, len(at) - 2))
    shown[place] += data.draw(st.sampled_from([-1, 1])) * data.draw(st.floats(2_000, 9e5))
    cells = settle({1: make_point(1, max_rate=400.0, is_net=True)}, make_batch(at, shown))
    assert float(np.nansum(cells.amount)) == pytest.approx(flow[-1], abs=1e-4)
    assert not (cells.flag & CellFlag.OPEN).any()
