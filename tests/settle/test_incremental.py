"""Law: settling what changed, as it comes and in any order, gives the cells that settling everything from scratch gives; bit for bit."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.settle.conftest import START, Rig, assert_same, make_point
from tricolor.domain.exchanges import Exchange, MeterFacts, MultiplierChange
from tricolor.domain.intervals import DAY_US, HOUR_US, MINUTE_US
from tricolor.domain.meters import PointKind

CAPACITY, MAX_RATE = 1_000.0, 40.0


@st.composite
def troubled_series(draw):
    """(at, value): a register with anything wrong that may be wrong with one, over some days to some weeks."""
    pieces = draw(st.lists(st.tuples(st.integers(1, 90), st.sampled_from([5, 15, 37, 60, 480, 1440])), min_size=1, max_size=5))
    minutes = np.concatenate([np.full(count, width) for count, width in pieces])
    gaps = draw(st.lists(st.tuples(st.integers(0, len(minutes) - 1), st.integers(1, 200)), max_size=3))
    for place, hours in gaps:
        minutes[place] += hours * 60
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    at = START + np.concatenate(([0], np.cumsum(minutes))) * MINUTE_US
    rate = draw(st.sampled_from([0.0, 0.3, 5.0, 39.0]))
    value = np.concatenate(([0.0], np.cumsum(minutes / 60 * rate * random.random(len(minutes))))) + draw(st.floats(0, 999))
    if draw(st.booleans()):
        value = np.round(value, 1)
    value = value % CAPACITY
    troubles = draw(st.lists(st.tuples(st.sampled_from(["zero", "spike", "shift", "flicker", "freeze", "small"]), st.integers(0, len(at) - 1),
                                       st.integers(1, 40)), max_size=6))  # fmt: skip
    for what, place, length in troubles:
        rows = slice(place, place + length)
        if what == "zero":
            value[rows] = 0.0
        elif what == "spike":
            value[place] = 990_000.0
        elif what == "shift":
            value[place:] = (value[place:] + 517.0) % CAPACITY
        elif what == "flicker":
            value[rows] = np.maximum(0, value[rows] - 0.1 * (random.random(len(value[rows])) < 0.5))
        elif what == "freeze":
            value[rows] = value[place]
        else:
            value[place] += 2.0
    return at, value


@st.composite
def arrivals(draw, count: int):
    """The rows in parts, each part in the order it arrives."""
    order = np.arange(count)
    if draw(st.booleans()):
        np.random.default_rng(draw(st.integers(0, 2**32 - 1))).shuffle(order)
    cuts = sorted(set(draw(st.lists(st.integers(1, max(1, count - 1)), max_size=5))))
    return np.split(order, cuts)


LAW = settings(
    deadline=None,
    max_examples=int(os.environ.get("TRICOLOR_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@LAW
@given(st.data())
def test_registers_in_any_order_give_the_cells_of_settling_from_scratch(data):
    at, value = data.draw(troubled_series())
    rate, resolution = data.draw(st.sampled_from([(MAX_RATE, 0.1), (None, 0.0), (MAX_RATE, 0.0)]))
    is_net = rate is not None and data.draw(st.booleans())
    rig = Rig(make_point(1, capacity=data.draw(st.sampled_from([CAPACITY, None])), max_rate=rate, resolution=resolution, is_net=is_net))
    for part in data.draw(arrivals(len(at))):
        rig.push(1, at[part], value[part])
        rig.settle()
        assert_same(rig.stored(), rig.from_scratch())


@LAW
@given(st.data())
def test_a_correction_an_exchange_or_a_multiplier_declared_later_reopens_what_it_touches(data):
    at, value = data.draw(troubled_series())
    rig = Rig(make_point(1, capacity=CAPACITY, max_rate=MAX_RATE, resolution=0.1))
    rig.push(1, at, value)
    rig.settle()
    exchanges, multipliers = [], []
    for what in data.draw(st.lists(st.sampled_from(["correct", "exchange", "multiplier", "revoke"]), min_size=1, max_size=4)):
        moment = int(at[data.draw(st.integers(0, len(at) - 1))]) + data.draw(st.sampled_from([0, 1, 7 * MINUTE_US]))
        if what == "correct":
            rig.push(1, [moment], [data.draw(st.floats(0, 999))])
        elif what == "exchange" and moment not in [e.at for e in exchanges]:
            exchanges.append(Exchange(1, moment, data.draw(st.floats(0, 999)), data.draw(st.floats(0, 10))))
            rig.work.add(1, moment, moment + 1)
        elif what == "multiplier" and moment not in [m.valid_from for m in multipliers]:
            multipliers.append(MultiplierChange(1, moment, 40.0))
            rig.work.add(1, moment, int(at[-1]) + DAY_US)
        elif what == "revoke" and exchanges:
            gone = exchanges.pop()
            rig.work.add(1, gone.at, gone.at + 1)
        rig.facts.declare(MeterFacts.of(exchanges, multipliers))
        rig.settle()
        assert_same(rig.stored(), rig.from_scratch())


@LAW
@given(st.data())
def test_deltas_and_gauges_in_any_order_give_the_cells_of_settling_from_scratch(data):
    kind, unit = data.draw(st.sampled_from([(PointKind.DELTA, "kWh"), (PointKind.GAUGE, "kW")]))
    minutes = np.array(data.draw(st.lists(st.sampled_from([1, 5, 10, 15, 16, 45, 300]), min_size=2, max_size=60)))
    at = START + np.cumsum(minutes) * MINUTE_US
    value = np.array(data.draw(st.lists(st.floats(-1, 50), min_size=len(at), max_size=len(at))))
    rig = Rig(make_point(1, kind, unit, interval_s=900, max_rate=data.draw(st.sampled_from([None, 45.0]))))
    for part in data.draw(arrivals(len(at))):
        rig.push(1, at[part], value[part])
        rig.settle()
        assert_same(rig.stored(), rig.from_scratch())


def test_a_chain_that_confirms_a_jump_days_later_reopens_the_jump():
    # alternating zeros for ten days decide nothing; the three readings that then agree do
    at = START + np.arange(0, 240) * HOUR_US
    value = np.where(np.arange(240) % 2, 0.0, 700.0 + 40 * np.arange(240))
    rig = Rig(make_point(1, max_rate=1.0))
    rig.push(1, START - np.arange(100, 0, -1) * HOUR_US, np.full(100, 500.0))
    rig.push(1, at, value)
    rig.settle()
    rig.push(1, START + (240 + np.arange(3)) * HOUR_US, [3.0, 4.0, 5.0])
    rig.settle()
    assert_same(rig.stored(), rig.from_scratch())


def test_only_days_whose_cells_changed_are_accounted():
    at = START + np.arange(0, 30 * 96) * 15 * MINUTE_US
    rig = Rig(make_point(1, max_rate=100.0))
    rig.push(1, np.delete(at, 1000), np.delete(np.arange(len(at)) * 1.0, 1000))
    rig.settle()
    rig.work.accounted.clear()
    rig.push(1, [at[1000]], [1000.5])
    rig.settle()
    # 1000 x 15 min = 10 days 10 h: the 11th of March, and no other
    assert rig.work.accounted == [("mill", "2026-03-11")]


def test_a_pass_after_a_failure_accounts_what_the_failed_one_had_already_stored():
    at = START + np.arange(0, 10 * 24) * HOUR_US
    rig = Rig(make_point(1, max_rate=100.0))
    rig.push(1, at, np.arange(len(at)) * 1.0)
    rig.settle()
    rig.push(1, [at[-1] + 50 * HOUR_US], [len(at) + 49.0])  # two blind days become cells
    rig.work.is_failing = True
    with pytest.raises(RuntimeError):
        rig.settle()
    rig.work.is_failing = False
    rig.work.accounted.clear()
    rig.settle()
    assert {"2026-03-11", "2026-03-12"} <= {on for _, on in rig.work.accounted}


def test_two_late_readings_far_apart_are_settled_each_by_itself():
    rig = Rig(make_point(1, max_rate=100.0))
    at = START + np.arange(0, 60 * 24) * HOUR_US
    rig.push(1, at, np.arange(len(at)) * 1.0)
    rig.settle()
    rig.work.accounted.clear()
    rig.push(1, [at[100] + MINUTE_US], [100.1])
    rig.push(1, [at[1300] + MINUTE_US], [1300.1])
    rig.settle()
    assert len(rig.work.accounted) == 2
    assert_same(rig.stored(), rig.from_scratch())
