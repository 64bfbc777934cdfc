"""The pipeline over a real spool, store and ledger: what was sent is stored, repeated or quarantined, and the three add up."""

import json

import numpy as np
import pytest
from sqlalchemy import select

from tricolor.adapters.ledger.schema import quarantine, quarantine_raw, superseded
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import Interval, iso, parse_us

ALL = Interval(parse_us("2020-01-01T00:00:00+08:00"), parse_us("2027-01-01T00:00:00+08:00"))
AT = "2026-11-20T08:00:00+08:00"


def values(rig, point=1) -> list[float]:
    return rig.store.read([point], ALL).value.tolist()


def reading(point="p1", at=AT, value=1.0, **more) -> dict:
    return {"point": point, "at": at, "value": value, **more}


@pytest.mark.parametrize(
    "payload",
    [
        {"readings": [reading(value=1.5), reading("p2", value=7)]},
        {"at": AT, "values": {"p1": 1.5, "p2": 7}},
        {"at": [AT, AT], "point": ["p1", "p2"], "value": [1.5, 7]},
        {"at": AT, "point": ["p1", "p2"], "value": [1.5, 7], "seq": 12},
        {"at": "2026-11-20T00:00:00Z", "values": {"p1": 1.5, "p2": 7}, "quality": "good"},
    ],
)
def test_every_shape_gives_the_same_readings(rig, payload):
    rig.send(json.dumps(payload))
    rig.load()
    assert values(rig) == [1.5]
    assert values(rig, 2) == [7.0]
    assert rig.store.read([1], ALL).at.tolist() == [parse_us(AT)]
    assert rig.counts() == (2, 2, 0, 0)


def test_csv_gives_the_same_readings(rig):
    rig.send(f"point,at,value\np1,{AT},1.5\np2,{AT},7\n", content_type="text/csv")
    rig.load()
    assert (values(rig), values(rig, 2)) == ([1.5], [7.0])


BAD_READINGS = [
    (reading(value="12"), "value_not_a_number"),
    (reading(value=None), "value_not_a_number"),
    (reading(value=True), "value_not_a_number"),
    (reading(value=float("nan")), "value_not_finite"),
    (reading(value=float("inf")), "value_not_finite"),
    (reading(value=10**400), "value_not_finite"),
    (reading(at="2026-11-20T08:00:00"), "time_without_offset"),
    (reading(at="yesterday"), "bad_time"),
    (reading(at=None), "bad_time"),
    (reading(at=1732060800), "bad_time"),
    (reading(at="1970-01-01T00:00:00Z"), "time_too_old"),
    (reading(at="0001-01-01T00:00:00+08:00"), "time_too_old"),
    (reading(at="2099-01-01T00:00:00+08:00"), "time_in_future"),
    (reading(at="9999-12-31T23:59:59+08:00"), "time_in_future"),
    (reading(point="nobody"), "unknown_point"),
    (reading(point=""), "point_missing"),
    (reading(point=5), "point_missing"),
    (reading(point="other"), "foreign_point"),
    (reading(value=-0.5), "negative_register"),
    (reading("p2", value=1000.0), "beyond_capacity"),
    (reading(quality="superb"), "bad_quality"),
    ("p1", "bad_shape"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD_READINGS)
def test_one_bad_reading_is_quarantined_and_its_neighbours_are_kept(rig, bad, reason):
    good = [reading(value=1.5), reading("p2", value=7)]
    payload = json.dumps({"seq": 3, "readings": [good[0], bad, good[1]]})
    rig.send(payload)
    rig.load()
    assert (values(rig), values(rig, 2)) == ([1.5], [7.0])
    assert rig.counts() == (3, 2, 0, 1)
    with rig.engine.reading() as connection:
        row = connection.execute(select(quarantine, quarantine_raw.c.payload).join(quarantine_raw, quarantine_raw.c.id == quarantine.c.raw_id)).one()
    assert (row.index, row.reason) == (1, reason)
    assert row.payload == payload.encode()
    assert rig.replies[0][0] == "tricolor/v1/mill/g1/readings"
    assert [(r.index, str(r.reason)) for r in rig.replies[0][1]] == [(1, reason)]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not_json"), (b"hello", "not_json"), (b"\xff\xfe\x00", "not_utf8"), (b"[1,2]", "bad_shape"), (b"{}", "bad_shape"),
        (b'{"at":"2026-11-20T08:00:00+08:00","point":["p1"],"value":[1,2]}', "bad_shape"), (b"[" * 100_000, "not_json"), (b"7", "bad_shape"),
    ],
)  # fmt: skip
def test_an_unreadable_message_is_kept_whole_and_blocks_nobody(rig, payload, reason):
    rig.send(payload)
    rig.send(json.dumps({"at": AT, "values": {"p1": 2.5}}))
    rig.load()
    assert values(rig) == [2.5]
    assert rig.counts() == (2, 1, 0, 1)
    with rig.engine.reading() as connection:
        assert connection.execute(select(quarantine.c.reason)).scalars().all() == [reason]
        assert connection.execute(select(quarantine_raw.c.payload)).scalar_one() == payload


def test_sending_twice_changes_nothing(rig):
    for _ in range(2):
        rig.send(json.dumps({"at": AT, "values": {"p1": 1.5}}))
        rig.load()
    rig.send(json.dumps({"readings": [reading(value=1.5), reading(value=1.5)]}))
    rig.load()
    assert values(rig) == [1.5]
    assert rig.counts() == (4, 1, 3, 0)


def test_a_later_value_is_a_correction_and_the_earlier_one_is_kept(rig):
    for value in (1.5, 2.5, 3.5):
        rig.send(json.dumps({"at": AT, "values": {"p1": value}}))
    rig.load()
    assert values(rig) == [3.5]
    assert rig.counts() == (3, 3, 0, 0)
    with rig.engine.reading() as connection:
        rows = connection.execute(select(superseded.c.value, superseded.c.by_seq).order_by(superseded.c.id)).all()
    assert [tuple(r) for r in rows] == [(1.5, 2), (2.5, 3)]


def test_history_may_arrive_in_any_order(rig):
    times = [f"2026-11-{d:02d}T00:00:00+08:00" for d in range(1, 20)]
    order = np.random.default_rng(1).permutation(len(times))
    for i in order:
        rig.send(json.dumps({"at": times[i], "values": {"p1": float(i)}}))
        rig.load()
    assert values(rig) == [float(i) for i in range(19)]
    assert rig.counts() == (19, 19, 0, 0)


def test_a_hundred_thousand_readings_in_one_message_are_stored(rig):
    first = parse_us("2024-01-01T00:00:00+08:00")
    rig.send(json.dumps({"at": [iso(first + i * 60_000_000) for i in range(100_000)], "point": ["p1"] * 100_000, "value": list(range(100_000))}))
    rig.load()
    assert rig.counts() == (100_000, 100_000, 0, 0)
    assert len(values(rig)) == 100_000


def test_a_point_registered_a_moment_ago_is_known(rig):
    rig.send(json.dumps({"at": AT, "values": {"p1": 1.0}}))
    rig.load()
    rig.add_point(9, "p9")
    rig.send(json.dumps({"at": AT, "values": {"p1": 2.0, "p9": 3.0}}))
    rig.load()
    assert values(rig, 9) == [3.0]


class Failing:
    """A port of which one call fails, once or after it has done its work."""

    def __init__(self, inner, verb: str, after: bool) -> None:
        self.inner, self.verb, self.after, self.armed = inner, verb, after, True

    def __getattr__(self, name):
        real = getattr(self.inner, name)
        if name != self.verb:
            return real

        def call(*args):
            if not self.armed:
                return real(*args)
            self.armed = False
            if self.after:
                real(*args)
            raise TryAgain("the other side went away")

        return call


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("port", ["store", "ledger"])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_stop_between_any_two_steps_counts_and_stores_exactly_once(rig, port, after, is_restarted):
    rig.send(json.dumps({"at": AT, "values": {"p1": 1.0}}))
    rig.load()
    failing = Failing(rig.store if port == "store" else rig.ledger, "put" if port == "store" else "apply", after)
    rig.pipeline = rig.new_pipeline(**{port: failing})
    rig.send(json.dumps({"readings": [reading(value=1.0), reading(value=2.0), reading("p2", value=5), reading("nobody")]}))
    with pytest.raises(TryAgain):
        rig.load()
    if is_restarted:
        rig.pipeline = rig.new_pipeline()
    rig.load()
    assert (values(rig), values(rig, 2)) == ([2.0], [5.0])
    assert rig.counts() == (5, 3, 1, 1)  # 1 + 4 received: 1.0, correction, p2 stored; one repeated; one unknown
    with rig.engine.reading() as connection:
        assert connection.execute(select(superseded.c.value)).scalars().all() == [1.0]
    assert sum(d.readings for d in rig.settle.dirty(100)) == 3


def test_dirty_spans_say_which_point_and_when(rig):
    rig.send(json.dumps({"at": ["2026-11-01T00:00:00+08:00", "2026-11-03T00:00:00+08:00"], "point": ["p1", "p1"], "value": [1, 2]}))
    rig.load()
    (span,) = rig.settle.dirty(10)
    assert np.frombuffer(span.points, "<i8").tolist() == [1]
    assert np.frombuffer(span.starts, "<i8").tolist() == [parse_us("2026-11-01T00:00:00+08:00")]
    assert np.frombuffer(span.ends, "<i8").tolist() == [parse_us("2026-11-03T00:00:00+08:00") + 1]
    assert (span.readings, span.source) == (2, "mqtt:mill/g1")


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_message_that_comes_again_after_a_recovery_is_a_duplicate(rig, is_restarted):
    rig.pipeline = rig.new_pipeline(store=Failing(rig.store, "put", after=False))
    message = json.dumps({"at": AT, "values": {"p1": 1.0}})
    rig.send(message)
    with pytest.raises(TryAgain):
        rig.load()
    if is_restarted:
        rig.pipeline = rig.new_pipeline()
    rig.load()
    rig.send(message)
    rig.load()
    assert rig.counts() == (2, 1, 1, 0)


def test_what_was_quarantined_stays_so_when_a_recovery_finds_a_changed_registry(rig):
    rig.pipeline = rig.new_pipeline(store=Failing(rig.store, "put", after=False))
    rig.send(json.dumps({"at": AT, "values": {"p1": 1.0, "p9": 3.0}}))
    with pytest.raises(TryAgain):
        rig.load()
    rig.add_point(9, "p9")
    rig.pipeline = rig.new_pipeline()
    rig.load()
    assert values(rig, 9) == []
    assert values(rig) == [1.0]
    assert rig.counts() == (2, 1, 0, 1)


def test_a_new_spool_after_a_lost_disk_is_not_taken_for_the_old_one(rig):
    """Its frames count from 1 again; the ledger remembers the old file's position by the old file's number."""
    first = rig.spool.identity
    rig.spool.close()
    fresh = SqliteSpool(rig.folder / "another.sqlite", 1 << 30)
    assert fresh.identity != first
    again = SqliteSpool(rig.folder / "spool.sqlite", 1 << 30)
    assert again.identity == first
    fresh.close()
    again.close()
