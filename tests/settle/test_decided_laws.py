"""Laws of what people decide: whatever the order, settling what changed gives the cells and the open items of settling everything from scratch."""

import os
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounting.open_items import OpenItems
from accounting.settling import Settler
from tests.settle.conftest import ALWAYS, START, Rig, assert_same, make_batch, make_point
from tests.settle.test_incremental import arrivals, troubled_series
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.items import ItemRecordSql
from tricolor.analysis.parked import bare_steps, parked_of
from tricolor.analysis.settle import settle
from tricolor.domain.decided import Confirmed, Substitute
from tricolor.domain.energy import CellFlag
from tricolor.domain.exchanges import MeterFacts, MultiplierChange
from tricolor.domain.factors import FactorBook
from tricolor.domain.intervals import CELL_US, DAY_US, EARLIEST_US, LATEST_US, Interval, floor_cell
from tricolor.domain.items import Parked
from tricolor.domain.meters import PointKind
from tricolor.domain.steps import StepKind

KEYS = count(1)  # a new point for every example: they share one ledger
LAW = settings(
    deadline=None, max_examples=int(os.environ.get("TRICOLOR_EXAMPLES", "40")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
ADDED = CellFlag.RECOVERED | CellFlag.ESTIMATED


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory):
    ledger = LedgerEngine(f"sqlite:///{tmp_path_factory.mktemp('items')}/ledger.sqlite")
    ledger.migrate()
    yield ItemRecordSql(ledger)
    ledger.close()


class ItemRig(Rig):
    """A Rig that keeps open items in a real ledger."""

    def __init__(self, record: ItemRecordSql, **plate) -> None:
        self.record, self.key = record, next(KEYS)
        super().__init__(make_point(self.key, **plate))

    def new_settler(self) -> Settler:
        return Settler(self.store, self.store, self.work, self.book, FactorBook(()), {}, self.facts, OpenItems(self.record, lambda: 0))

    def items(self) -> list[Parked]:
        return sorted((p for _, p, is_there in self.record.held([self.key], ALWAYS) if is_there), key=lambda p: (p.start, p.end))

    def items_from_scratch(self) -> list[Parked]:
        point, batch = self.points[self.key], self.store.read([self.key], ALWAYS)
        return parked_of(point, batch, self.facts.facts, bare_steps(point, batch, self.facts.facts), ALWAYS)

    def check(self) -> None:
        assert_same(self.stored(), self.from_scratch())
        assert self.items() == self.items_from_scratch()


@LAW
@given(data=st.data())
def test_cells_and_items_are_those_of_settling_from_scratch_in_any_order(record, data):
    at, value = data.draw(troubled_series())
    rig = ItemRig(record, capacity=data.draw(st.sampled_from([1000.0, None])), max_rate=40.0, resolution=0.1)
    confirmed, substitutes, multipliers = [], [], []
    parts = data.draw(arrivals(len(at)))
    for part in parts:
        rig.push(rig.key, at[part], value[part])
        rig.settle()
        rig.check()
        what = data.draw(st.sampled_from(["confirm", "substitute", "multiplier", "undo", "restart"]))
        asked = rig.items()
        if what == "confirm" and asked:
            p = asked[data.draw(st.integers(0, len(asked) - 1))]
            stated = data.draw(st.sampled_from([None, 7.0])) if p.kind is StepKind.LEAP else 7.0
            if not any((c.start, c.end) == (p.start, p.end) for c in confirmed):
                confirmed.append(Confirmed(rig.key, p.start, p.end, p.jump, stated))
                rig.work.add(rig.key, p.start, p.end)
        elif what == "substitute":
            start = floor_cell(int(at[data.draw(st.integers(0, len(at) - 1))])) + data.draw(st.integers(-5, 5)) * CELL_US
            end = start + data.draw(st.integers(1, 300)) * CELL_US
            if not any(s.start < end and s.end > start for s in substitutes):
                substitutes.append(Substitute(rig.key, start, end, 12.5))
                rig.work.add(rig.key, start, end)
        elif what == "multiplier" and not multipliers:
            moment = int(at[data.draw(st.integers(0, len(at) - 1))]) + 1
            multipliers.append(MultiplierChange(rig.key, moment, 40.0))
            rig.work.add(rig.key, moment, max(int(at.max()), moment) + DAY_US)
        elif what == "undo" and confirmed + substitutes:
            undone = (confirmed or substitutes).pop()
            rig.work.add(rig.key, undone.start, undone.end)
        elif what == "restart":
            rig.settler = rig.new_settler()
        rig.facts.declare(MeterFacts.of((), multipliers, confirmed, substitutes))
        rig.settle()
        rig.check()


@LAW
@given(data=st.data())
def test_deltas_and_gauges_have_items_and_may_be_confirmed_too(record, data):
    kind, unit = data.draw(st.sampled_from([(PointKind.DELTA, "kWh"), (PointKind.GAUGE, "kW")]))
    minutes = np.array(data.draw(st.lists(st.sampled_from([1, 5, 15, 16, 45]), min_size=2, max_size=40)))
    at = START + np.cumsum(minutes) * 60_000_000
    value = np.array(data.draw(st.lists(st.sampled_from([-3.0, 0.0, 5.0, 44.0, 900.0]), min_size=len(at), max_size=len(at))))
    rig = ItemRig(record, kind=kind, unit=unit, interval_s=900, max_rate=45.0, multiplier=data.draw(st.sampled_from([1.0, 3.0])))
    confirmed: list[Confirmed] = []
    for part in data.draw(arrivals(len(at))):
        rig.push(rig.key, at[part], value[part])
        rig.settle()
        rig.check()
        for p in rig.items()[:2]:
            if p.kind is StepKind.LEAP and not any((c.start, c.end) == (p.start, p.end) for c in confirmed):
                confirmed.append(Confirmed(rig.key, p.start, p.end, p.jump))
                rig.work.add(rig.key, p.start, p.end)
        rig.facts.declare(MeterFacts.of(confirmed=confirmed))
        rig.settle()
        rig.check()


@LAW
@given(troubled_series(), st.sampled_from([1.0, 40.0]))
def test_the_total_is_the_certain_parts_and_what_was_confirmed(series, multiplier):
    at, value = series
    point, batch = make_point(1, max_rate=40.0, resolution=0.1, multiplier=multiplier), make_batch(at, value)
    bare = MeterFacts()
    asked = parked_of(point, batch, bare, bare_steps(point, batch, bare), ALWAYS)
    before = settle({1: point}, batch)
    stated = [p.amount if p.kind is StepKind.LEAP else 11.0 for p in asked]
    facts = MeterFacts.of(confirmed=[Confirmed(1, p.start, p.end, p.jump, None if p.kind is StepKind.LEAP else 11.0) for p in asked])
    after = settle({1: point}, batch, facts)
    assert np.nansum(after.amount) == pytest.approx(np.nansum(before.amount) + sum(stated))
    assert not (after.flag & CellFlag.OPEN).any()
    # what lies beside the confirmed steps is the same, bit for bit
    is_beside = np.ones(len(after), dtype=bool)
    for p in asked:
        touched = (after.start + CELL_US > p.start) & (after.start < p.end)
        assert (after.flag[touched] & ADDED == ADDED).all()
        is_beside &= ~touched
    assert_same(before.take(np.isin(before.start, after.start[is_beside])), after.take(is_beside))


@LAW
@given(troubled_series(), st.data())
def test_a_substitute_replaces_exactly_its_cells_and_its_amount_is_their_sum(series, data):
    at, value = series
    point, batch = make_point(1, max_rate=40.0, resolution=0.1), make_batch(at, value)
    span = Interval(*sorted(floor_cell(int(at[0])) + n * CELL_US for n in data.draw(st.sets(st.integers(-9, 400), min_size=2, max_size=2))))
    amount = data.draw(st.floats(0, 1e6))
    before = settle({1: point}, batch)
    after = settle({1: point}, batch, MeterFacts.of(substitutes=[Substitute(1, span.start, span.end, amount)]))
    is_inside = (after.start >= span.start) & (after.start < span.end)
    assert after.start[is_inside].tolist() == list(range(span.start, span.end, CELL_US))
    assert after.amount[is_inside].sum() == pytest.approx(amount)
    assert (after.covered_us[is_inside] == CELL_US).all() and (after.flag[is_inside] == CellFlag.SUBSTITUTED | CellFlag.ESTIMATED).all()
    assert_same(before.take((before.start < span.start) | (before.start >= span.end)), after.take(~is_inside))


def test_a_change_of_the_registry_accounts_the_days_of_substitutes_beyond_the_readings_too(record):
    rig = ItemRig(record, max_rate=40.0)
    rig.push(rig.key, [START, START + CELL_US], [0.0, 1.0])
    rig.facts.declare(MeterFacts.of(substitutes=[Substitute(rig.key, START + 5 * DAY_US, START + 5 * DAY_US + CELL_US, 3.0)]))
    rig.work.add(rig.key, START + 5 * DAY_US, START + 5 * DAY_US + CELL_US)
    rig.settle()
    rig.settler = rig.new_settler()
    rig.work.accounted.clear()
    rig.work.add(rig.key, EARLIEST_US, LATEST_US)
    rig.settle()
    assert {("mill", "2026-03-01"), ("mill", "2026-03-06")} <= set(rig.work.accounted)
    rig.check()
