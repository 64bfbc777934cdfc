"""The upkeep of the spool: what waits is told, an alarm is raised and lifted, a replay goes through the pipeline and undoes nothing."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from ingest_service.commit import Committer
from ingest_service.gaps import seen_numbers
from ingest_service.keeper import Keeper
from tricolor.adapters.ledger.intake_view import LedgerFiguresSql
from tricolor.adapters.ledger.schema import superseded
from tricolor.adapters.spool.desk import SpoolDesk
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.domain.intervals import Interval, parse_us
from tricolor.domain.readings import Decoded, Frame

ALL = Interval(parse_us("2020-01-01T00:00:00+08:00"), parse_us("2027-01-01T00:00:00+08:00"))
AT = "2026-11-20T08:00:00+08:00"


def hour(n: int) -> str:
    return f"2026-11-20T0{n}:00:00+08:00"


@pytest.fixture
def kept(rig):
    """The rig with a spool that keeps frames, a keeper and a committer."""
    rig.spool.close()
    rig.spool = SqliteSpool(rig.folder / "kept.sqlite", 1 << 30, 1e9, 1 << 30, lambda: rig.now)
    rig.pipeline = rig.new_pipeline()
    rig.keeper = Keeper("w", "duckdb", rig.spool, rig.ledger, 60.0, lambda: rig.now)
    committer = Committer(rig.spool, lambda: None)
    committer.start()
    rig.keeper._committer = committer
    yield rig
    committer.stop()


def value(rig, point: int = 1) -> float:
    return rig.store.read([point], ALL).value.tolist()[0]


def replay(rig, first: int, last: int) -> int:
    rig.spool.decide(10**9, b"")  # keeps the position
    rig.spool._writer.execute("DELETE FROM decision")
    asked = SpoolDesk(rig.folder / "kept.sqlite").plan_replay(first, last)
    while rig.keeper.replay_once():
        pass
    rig.load()
    return asked


def test_what_waits_is_told_with_its_age_and_an_alarm(kept):
    kept.send(json.dumps({"at": AT, "values": {"p1": 1.0}}))
    kept.keeper.tell()
    (lag,) = LedgerFiguresSql(kept.engine).workers()
    assert (lag.store, lag.unwritten, lag.oldest_at, lag.alarm) == ("duckdb", 1, kept.now, "")
    kept.now += 61_000_000
    kept.keeper.tell()
    (lag,) = LedgerFiguresSql(kept.engine).workers()
    assert "1 messages wait for the store duckdb, the oldest for 61 s" in lag.alarm
    (source,) = LedgerFiguresSql(kept.engine).sources()
    assert (source.unwritten, source.oldest_at) == (1, kept.now - 61_000_000)
    kept.load()
    kept.keeper.tell()
    (lag,) = LedgerFiguresSql(kept.engine).workers()
    assert (lag.unwritten, lag.oldest_at, lag.alarm) == (0, None, "")
    assert lag.kept_bytes > 0


def test_a_replay_of_what_was_stored_is_a_duplicate_and_the_ledger_balances(kept):
    for n in range(5):
        kept.send(json.dumps({"at": hour(n), "values": {"p1": float(n), "nobody": 1.0}}))
    kept.load()
    assert replay(kept, 2, 4) == 3
    assert kept.counts() == (16, 5, 3, 8)
    assert replay(kept, 1, 100) == 5  # a replayed frame is not replayed, its original is
    assert kept.counts() == (26, 5, 8, 13)


def test_a_replay_after_a_mended_registry_stores_what_was_quarantined(kept):
    kept.send(json.dumps({"at": AT, "values": {"p9": 3.0}}))
    kept.load()
    kept.add_point(9, "p9")
    kept.pipeline = kept.new_pipeline()
    replay(kept, 1, 1)
    assert value(kept, 9) == 3.0
    assert kept.counts() == (2, 1, 0, 1)


def test_a_replay_does_not_undo_a_correction_that_came_after_the_original(kept):
    kept.send(json.dumps({"at": AT, "values": {"p1": 1.0}}))
    kept.send(json.dumps({"at": AT, "values": {"p1": 2.0}}))
    kept.load()
    replay(kept, 1, 1)
    assert value(kept) == 2.0
    assert kept.counts() == (3, 2, 1, 0)
    with kept.engine.reading() as connection:
        assert connection.execute(select(superseded.c.value)).scalars().all() == [1.0]


def test_a_replay_does_not_undo_a_correction_of_its_own_batch(kept):
    kept.send(json.dumps({"at": AT, "values": {"p1": 1.0}}))
    kept.load()
    kept.send(json.dumps({"at": AT, "values": {"p1": 2.0}}))
    original = kept.spool.after(0, 1)[0]
    kept.spool.append([replace(original, seq=0, replay_of=1)])
    kept.load()
    assert value(kept) == 2.0


def test_a_replay_of_a_value_and_its_corrections_ends_in_the_last_of_them(kept):
    for n in range(4):
        kept.send(json.dumps({"at": AT, "values": {"p1": float(n)}}))
        kept.load()
    replay(kept, 1, 4)
    assert value(kept) == 3.0
    assert kept.counts() == (8, 4, 4, 0)


def test_a_replay_with_a_mended_decoder_corrects_what_was_misread(kept):
    kept.send(json.dumps({"at": AT, "values": {"p1": 1.0}}))
    kept.load()
    original = kept.spool.after(0, 1)[0]
    mended = original.payload.replace(b"1.0", b"1.5")  # stands for a decoder that now reads the same bytes otherwise
    kept.spool.append([replace(original, seq=0, replay_of=1, payload=mended)])
    kept.load()
    assert value(kept) == 1.5


def test_a_gateway_that_numbers_its_messages_is_missed_when_it_skips(kept):
    for n in (1, 2, 5, 6):
        kept.send(json.dumps({"seq": n, "at": hour(n), "values": {"p1": float(n)}}))
    kept.load()
    (source,) = LedgerFiguresSql(kept.engine).sources()
    assert (source.missing, source.filled) == (2, 0)
    for n in (3, 4):
        kept.send(json.dumps({"seq": n, "at": hour(n), "values": {"p1": float(n)}}))
    kept.load()
    (source,) = LedgerFiguresSql(kept.engine).sources()
    assert (source.missing, source.filled) == (0, 2)


def test_numbers_are_taken_from_gateways_only_and_as_runs():
    import numpy as np

    def part(seq: int | None) -> Decoded:
        return Decoded([], [], [], gateway_seq=seq)

    def frame(source: str, replay_of: int = 0) -> Frame:
        return Frame("t", b"", 0, source, replay_of=replay_of)

    frames = [frame("mqtt:a"), frame("mqtt:b"), frame("mqtt:a"), frame("http:k"), frame("mqtt:a"), frame("mqtt:a", replay_of=3), frame("mqtt:a")]
    parts = [part(1), part(None), part(2), part(1), part(4), part(3), part(-1)]
    (seen,) = seen_numbers(frames, parts, np.array([0, 2]))
    assert (seen.source, seen.runs) == ("mqtt:a", ((1, 2, True), (4, 4, False)))
