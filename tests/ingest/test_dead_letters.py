"""Readings that the store refuses for good: quarantined with their bytes, counted once as quarantined, replayable; whatever is killed when."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.ingest.test_pipeline import ALL, AT, Failing, reading, values
from tricolor.adapters.ledger.quarantine import QuarantineDeskSql
from tricolor.adapters.ledger.schema import quarantine, quarantine_raw, superseded
from tricolor.adapters.stores.influxdb import InfluxStore
from tricolor.domain.errors import RowsRefused, TryAgain
from tricolor.domain.intervals import parse_us
from tricolor.domain.quarantine import QuarantineFilter
from tricolor.domain.readings import Reject


class Picky:
    """A store that takes no value from `limit` on, and counts how often it was asked to put."""

    def __init__(self, inner, limit: float = 100.0) -> None:
        self.inner, self.limit, self.puts = inner, limit, 0

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def put(self, batch) -> None:
        self.puts += 1
        is_bad = batch.value >= self.limit
        self.inner.put(batch.take(~is_bad))
        if is_bad.any():
            keys = zip(batch.point[is_bad].tolist(), batch.at[is_bad].tolist(), strict=True)
            raise RowsRefused(dict.fromkeys(keys, "field type conflict"), "some lines")


class Dying:
    """A port whose verb fails as by a kill, before or after its work, at the given call of it."""

    def __init__(self, inner, verb: str, at_call: int, after: bool) -> None:
        self.inner, self.verb, self.left, self.is_after = inner, verb, at_call, after

    def __getattr__(self, name):
        real = getattr(self.inner, name)
        if name != self.verb:
            return real

        def call(*args):
            self.left -= 1
            if self.left == 0 and not self.is_after:
                raise TryAgain("killed")
            done = real(*args)
            if self.left == 0:
                raise TryAgain("killed")
            return done

        return call


def entries(rig) -> list[tuple[int, str, str]]:
    with rig.engine.reading() as connection:
        rows = connection.execute(select(quarantine.c.index, quarantine.c.point, quarantine.c.reason).order_by(quarantine.c.id))
        return [tuple(row) for row in rows]


MESSAGE = {"readings": [reading(value=1.0), reading("nobody"), reading("p2", value=500.0), reading("p1", at="2026-11-20T09:00:00+08:00", value=2.0)]}


def test_a_refused_reading_is_quarantined_beside_its_neighbours(rig):
    rig.pipeline = rig.new_pipeline(store=Picky(rig.store))
    rig.send(json.dumps(MESSAGE))
    rig.load()
    assert (values(rig), values(rig, 2)) == ([1.0, 2.0], [])
    assert rig.counts() == (4, 2, 0, 2)
    assert entries(rig) == [(1, "nobody", "unknown_point"), (2, "p2", "store_refused")]
    with rig.engine.reading() as connection:
        assert connection.execute(select(quarantine_raw.c.payload)).scalars().all() == [json.dumps(MESSAGE).encode()]  # one message, kept once
        detail = connection.execute(select(quarantine.c.detail).where(quarantine.c.reason == "store_refused")).scalar_one()
    assert detail == "value 500 at 2026-11-20T08:00:00+08:00: field type conflict"
    assert [(r.index, r.reason) for r in rig.replies[0][1]] == [(1, Reject.UNKNOWN_POINT), (2, Reject.STORE_REFUSED)]


@pytest.mark.parametrize(("port", "verb"), [("store", "put"), ("spool", "decide"), ("ledger", "apply")])
@pytest.mark.parametrize("at_call", [1, 2])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_stop_between_any_two_steps_counts_a_refused_reading_once(rig, port, verb, at_call, after, is_restarted):
    picky, real = Picky(rig.store), rig.spool
    ports = {"store": picky}
    if port == "spool":
        rig.spool = Dying(real, verb, at_call, after)
    else:
        ports[port] = Dying(picky if port == "store" else rig.ledger, verb, at_call, after)
    rig.pipeline = rig.new_pipeline(**ports)
    rig.spool = real
    rig.send(json.dumps(MESSAGE))
    try:
        rig.load()
    except TryAgain:
        if is_restarted:
            rig.pipeline = rig.new_pipeline(store=picky)
        rig.load()
    assert (values(rig), values(rig, 2)) == ([1.0, 2.0], [])
    assert rig.counts() == (4, 2, 0, 2)
    assert sorted(entries(rig)) == [(1, "nobody", "unknown_point"), (2, "p2", "store_refused")]


def test_what_was_refused_is_stored_by_a_replay_after_the_fix(rig):
    picky = Picky(rig.store)
    rig.pipeline = rig.new_pipeline(store=picky)
    rig.send(json.dumps({"readings": [reading(value=1.0), reading("p2", value=500.0)]}))
    rig.load()
    picky.limit = 1e9
    desk = QuarantineDeskSql(rig.engine)
    assert desk.queue(QuarantineFilter(reason="store_refused"), "test", rig.now) == (1, 1)
    assert desk.replay(rig.spool.append, 1 << 20, rig.now) == 1
    rig.load()
    assert (values(rig), values(rig, 2)) == ([1.0], [500.0])
    assert rig.counts() == (4, 2, 1, 1)  # received anew: p1 is a repeat, p2 is stored now


def test_a_refused_correction_leaves_the_stored_value_in_force(rig):
    rig.pipeline = rig.new_pipeline(store=Picky(rig.store))
    for value in (1.0, 500.0, 500.0, 2.0):
        rig.send(json.dumps({"at": AT, "values": {"p1": value}}))
        rig.load()
    assert values(rig) == [2.0]
    assert rig.counts() == (4, 2, 0, 2)
    with rig.engine.reading() as connection:
        assert connection.execute(select(superseded.c.value)).scalars().all() == [1.0]  # by 2.0; 500 never replaced anything


def test_a_message_with_more_refusals_than_are_listed_adds_up(rig):
    rig.pipeline = rig.new_pipeline(store=Picky(rig.store), ledger=Failing(rig.ledger, "apply", after=False))
    times = [f"2026-11-20T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}+08:00" for n in range(1_500)]
    rig.send(json.dumps({"at": times, "point": ["p1"] * 1_500, "value": [500.0] * 1_500}))
    with pytest.raises(TryAgain):
        rig.load()
    rig.pipeline = rig.new_pipeline(store=Picky(rig.store))
    rig.load()
    assert rig.counts() == (1_500, 0, 0, 1_500)
    assert len(entries(rig)) == 1_001


@pytest.mark.servers
def test_what_a_real_influxdb_refuses_is_quarantined_with_its_words(rig, influxd):
    store = InfluxStore(influxd.url, "", f"t{uuid4().hex}", "", "", "", lambda: {1: "p1", 2: "p2"})
    store._wire.write([f"readings,point=p9 quality=0.5 {parse_us(AT)}"])  # an integer in that week from now on conflicts with it
    rig.pipeline = rig.new_pipeline(store=store)
    rig.send(json.dumps({"readings": [reading(value=1.0), reading(at="2026-11-01T08:00:00+08:00", value=2.0)]}))
    rig.load()
    assert store.read([1], ALL).value.tolist() == [2.0]
    assert rig.counts() == (2, 1, 0, 1)
    with rig.engine.reading() as connection:
        (found,) = connection.execute(select(quarantine.c.index, quarantine.c.point, quarantine.c.detail)).all()
    assert (found.index, found.point) == (0, "p1")
    assert "field type conflict" in found.detail
    store.close()
