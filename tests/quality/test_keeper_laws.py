"""Kept up as data comes: the same rows as from scratch, in whatever order it came; cost follows what changed."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from accounting.quality import QualityLoop
from tests.quality.conftest import NOON_LATER, QUARTER, START, Rig, batch_of, point_of, registry_of
from tricolor.adapters.ledger.schema_quality import quality_check, quality_day, quality_work
from tricolor.analysis.quality import point_days
from tricolor.analysis.quality_report import quality_report
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Meter
from tricolor.domain.intervals import DAY_US, HOUR_US
from tricolor.domain.meters import PointKind
from tricolor.domain.quality import CheckKind, as_of, completeness

LIMITS = quality_limits()
POINTS = [
    point_of(1, "main", "park", resolution=0.01), point_of(2, "a", "mill", resolution=0.01), point_of(3, "b", "kiln", resolution=0.01),
    point_of(4, "a", "mill", kind=PointKind.GAUGE, unit="kW"),
]  # fmt: skip
TREE = {"a": "main", "b": "main"}


def history(days=3):
    """Registers that add up, and a power; the sub-meter `b` stands still on the second morning."""
    at = START + np.arange(days * 96) * QUARTER
    a = np.round(np.cumsum(np.random.default_rng(1).normal(30, 5, len(at))), 2)
    b = np.round(np.cumsum(np.random.default_rng(2).normal(20, 5, len(at))), 2)
    main = np.round(a + b, 2)
    b = b.copy()
    b[110:130] = b[110]
    power = np.concatenate((np.diff(a), [30.0])) * 4
    return {1: (at, main), 2: (at, a), 3: (at, b), 4: (at, power)}


def as_known(rig):
    return [as_of(r, rig.registry.by_key[r.point], rig.now) for r in rig.rows()], rig.checks()


def test_rows_and_checks_are_stored_on_both_databases_and_a_second_look_changes_nothing(both):
    one = both(POINTS, TREE)
    for key, (at, value) in history().items():
        one.push(batch_of(key, at, value))
    one.settle()
    one.look()
    before = as_known(one)
    assert len(before[0]) == 4 * 4  # four points, 2026-03-02 … 05
    assert {(c.kind, c.point) for c in before[1]} == {(CheckKind.BALANCE, 1), (CheckKind.POWER, 2)}
    assert [r.stuck_by for r in before[0] if r.stuck] == ["parent"]
    one.ledger.mark([("mill", "2026-03-03"), ("park", "2026-03-03")])
    one.look()
    assert as_known(one) == before
    assert one.ledger.work("", "9999", 10) == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_in_any_order_of_arrival_the_result_is_that_of_one_look_from_scratch(rig, data):
    parts = [(key, np.flatnonzero(np.arange(len(at)) // 48 == n)) for key, (at, _) in history().items() for n in range(6)]
    order = data.draw(st.permutations(parts))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(parts)), max_size=3)) | {len(parts)})
    full = history()
    one, begin = rig(POINTS, TREE), 0
    _clear(one)
    one.now = START + 3 * DAY_US + HOUR_US
    for cut in cuts:
        for key, rows in order[begin:cut]:
            one.push(batch_of(key, full[key][0][rows], full[key][1][rows]))
        begin = cut
        one.settle()
        one.look()
        one.now += HOUR_US
    one.now = NOON_LATER
    one.look()
    kept = as_known(one)
    _clear(one)
    one.keeper = one.new_keeper()
    one.look()
    assert as_known(one) == kept


def _clear(rig: Rig) -> None:
    with rig.ledger._ledger.writing() as connection:
        for table in (quality_check, quality_day, quality_work):
            connection.execute(delete(table))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=st.lists(st.integers(0, 4 * 86_400 - 1), min_size=1, max_size=60, unique=True), interval=st.sampled_from([1, 60, 900, 3600, 86_400]))
def test_completeness_never_exceeds_one_and_missing_is_never_perfect(seconds, interval):
    point = point_of(1, interval_s=interval)
    at = START + np.sort(np.array(seconds)) * 1_000_000
    days = [date(2026, 3, d) for d in (2, 3, 4, 5)]
    for row in point_days({1: point}, days, batch_of(1, at, np.arange(len(at))), EnergyCells.empty(), NOON_LATER):
        share = completeness(row.filled, row.expected)
        assert row.filled <= row.received
        assert share is None or 0 <= share <= 1
        if row.received < row.expected:
            assert share is not None and share < 1
        if not row.received:
            assert not share  # 0 or not known


def test_only_what_was_touched_is_looked_at_again(rig, monkeypatch):
    one = rig(POINTS, TREE)
    for key, (at, value) in history().items():
        one.push(batch_of(key, at, value))
    one.settle()
    one.look()
    looked = []
    monkeypatch.setattr(one.keeper, "_look_at", lambda known, part, real=one.keeper._look_at: (looked.extend(part), real(known, part)))
    one.push(batch_of(3, [START + DAY_US + 5 * HOUR_US + 1_000_000], [history()[3][1][116]]))
    one.settle()
    one.look()
    # the register's own unit and, since its cells bear on their balance, those before and beside it; 05:00 of one day reaches no other
    assert {(w.entity, w.day) for w in looked} == {(e, "2026-03-03") for e in ("kiln", "park", "mill")}


def test_a_mark_made_during_the_look_is_not_lost(rig):
    one = rig(POINTS)
    one.keeper.touch([("mill", date(2026, 3, 2))])
    taken = one.ledger.work("", "9999", 10)
    one.keeper.touch([("mill", date(2026, 3, 2))])
    one.ledger.put(taken, {}, [], [])
    assert [w.turn for w in one.ledger.work("", "9999", 10)] == [2]


def test_a_silent_day_gets_its_row_without_being_touched(rig):
    one = rig([point_of(1, "m", "mill")])
    one.look()
    assert [(r.day, r.expected, r.filled) for r in one.rows()] == [
        ("2026-03-02", 96, 0),
        ("2026-03-03", 96, 0),
        ("2026-03-04", 96, 0),
        ("2026-03-05", 47, 0),
    ]
    found = quality_report(one.ledger, one.registry, ["city", "mill"], date(2026, 3, 4), date(2026, 3, 5), one.now, LIMITS, {})
    assert found.entities["mill"].completeness == 0.0 and found.entities["mill"].silent == 1


def test_what_was_not_looked_at_is_unknown_and_never_zero(rig):
    one = rig([point_of(1, "m", "mill")])
    found = quality_report(one.ledger, one.registry, ["mill"], date(2026, 3, 4), date(2026, 3, 4), one.now, LIMITS, {})
    q = found.entities["mill"]
    assert (q.completeness, q.unknown, q.silent, dict(q.faults)) == (None, 1, 0, {})
    assert found.points[1].heard is None and found.points[1].known == 0 and found.points[1].days == 1


def test_a_new_parent_makes_the_balances_of_the_last_month_again(rig):
    one = rig(POINTS)
    for key, (at, value) in history().items():
        one.push(batch_of(key, at, value))
    one.settle()
    one.look()
    assert not [c for c in one.checks() if c.kind is CheckKind.BALANCE]
    one.registry = replace(registry_of(POINTS, TREE), version=2)
    one.look()
    found = [c for c in one.checks() if c.kind is CheckKind.BALANCE]
    assert len(found) == 4 and found[0].value == pytest.approx(found[0].against, rel=1e-6)
    assert isinstance(one.registry.meters["a"], Meter)


def test_the_loop_looks_and_stops(rig):
    one = rig([point_of(1, "m", "mill")])
    loop = QualityLoop(one.keeper, 0.05)
    loop.start()
    for _ in range(100):
        if one.rows():
            break
        loop._stop.wait(0.05)
    loop.stop()
    assert len(one.rows()) >= 1 and not loop._thread.is_alive()
