"""The quarantine's desk over a real ledger: filters, bounds, what is handed to the spool."""

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.quarantine import QuarantineBookSql, QuarantineDeskSql
from tricolor.adapters.ledger.schema import audit
from tricolor.domain.errors import TryAgain
from tricolor.domain.quarantine import QuarantineFilter
from tricolor.domain.readings import Frame, Reject, Rejection
from tricolor.ports import Outcome, Quarantined
from tricolor_cli.main import app

NOW = 1_760_000_000_000_000
EVERY = QuarantineFilter()


def hold(ledger: LedgerEngine, *messages: tuple[str, bytes, tuple[str, ...]], reason: Reject = Reject.UNKNOWN_POINT, seq: int = 1) -> None:
    """(gateway, payload, points rejected) each; received a second apart."""
    items = []
    for n, (gateway, payload, points) in enumerate(messages):
        topic = f"tricolor/v1/{gateway}/readings"
        frame = Frame(topic, payload, NOW + (seq + n) * 1_000_000, f"mqtt:{gateway}", seq + n, enterprise=gateway.split("/")[0])
        items += [Quarantined(frame, Rejection(i, reason, "why", point)) for i, point in enumerate(points)]
    IntakeLedgerSql(ledger).apply(Outcome("w", seq + len(messages), (), (), tuple(items), ()))


def test_a_message_is_replayed_whole_once_with_its_source_owner_and_place(ledger: LedgerEngine) -> None:
    hold(ledger, ("mill/g1", b"one", ("a", "b")), ("kiln/g2", b"two", ("c",)))
    desk, taken = QuarantineDeskSql(ledger), []
    assert desk.queue(QuarantineFilter(ids=(1,)), "t", NOW) == (1, 2)
    assert desk.replay(taken.extend, 1_000_000, NOW + 9) == 1
    (frame,) = taken
    assert (frame.payload, frame.source, frame.enterprise, frame.replay_of, frame.received_at) == (b"one", "mqtt:mill/g1", "mill", 1, NOW + 9)
    assert desk.replay(taken.extend, 1_000_000, NOW) == 0
    assert [item.state for item in QuarantineBookSql(ledger).page("", [], 10, None)] == ["held", "replayed", "replayed"]


def test_what_the_spool_does_not_take_stays_queued(ledger: LedgerEngine) -> None:
    hold(ledger, ("mill/g1", b"one", ("a",)))
    desk = QuarantineDeskSql(ledger)
    desk.queue(EVERY, "t", NOW)

    def full(frames: list[Frame]) -> None:
        raise TryAgain("full")

    with pytest.raises(TryAgain):
        desk.replay(full, 1_000_000, NOW)
    assert desk.replay(lambda frames: None, 1_000_000, NOW) == 1


def test_replays_come_in_portions_and_in_the_order_of_arrival(ledger: LedgerEngine) -> None:
    hold(ledger, *((f"mill/g{n}", bytes(400), (f"p{n}",)) for n in range(5)))
    desk, taken = QuarantineDeskSql(ledger), []
    desk.queue(EVERY, "t", NOW)
    portions = []
    while n := desk.replay(taken.extend, 700, NOW):
        portions.append(n)
    assert portions == [2, 2, 1]
    assert [frame.source for frame in taken] == [f"mqtt:mill/g{n}" for n in range(5)]


def test_filters_mean_what_they_say(ledger: LedgerEngine) -> None:
    hold(ledger, ("mill/g1", b"1", ("a",)), ("mill/g2", b"2", ("b",)))
    hold(ledger, ("mill/g1", b"3", ("c",)), reason=Reject.FUTURE, seq=10)
    book, desk = QuarantineBookSql(ledger), QuarantineDeskSql(ledger)
    assert len(book.page("unknown_point", [], 10, None)) == 2
    assert len(book.page("", ["mqtt:mill/g1"], 10, None)) == 2
    assert [i.point for i in book.page("", [], 10, None, since=NOW + 10_000_000)] == ["c"]
    assert desk.drop(QuarantineFilter(source="mqtt:mill/g1", since=NOW + 10_000_000), "t", NOW) == 1
    assert desk.drop(QuarantineFilter(reason="unknown_point"), "t", NOW) == 2
    assert book.size() == (0, 0)
    assert book.dropped() == {"mqtt:mill/g1": (0, 2), "mqtt:mill/g2": (0, 1)}
    with ledger.reading() as connection:
        assert [row.action for row in connection.execute(select(audit))] == ["quarantine.drop"] * 2


def test_bytes_go_with_the_last_entry_that_needs_them(ledger: LedgerEngine) -> None:
    hold(ledger, ("mill/g1", bytes(100), ("a", "b")))
    book, desk = QuarantineBookSql(ledger), QuarantineDeskSql(ledger)
    desk.drop(QuarantineFilter(ids=(1,)), "t", NOW)
    assert book.size() == (1, 100)
    desk.drop(QuarantineFilter(ids=(2,)), "t", NOW)
    assert book.size() == (0, 0)


@pytest.mark.parametrize(("rows", "size", "left"), [(6, 10**9, [5, 6, 7, 8, 9]), (10**9, 350, [7, 8, 9]), (20, 10**9, list(range(10)))])
def test_the_oldest_messages_go_first_and_whole_until_both_bounds_hold(ledger: LedgerEngine, rows: int, size: int, left: list[int]) -> None:
    # ten messages of 100 bytes; 0-4 with two entries, 5-9 with one: 15 entries. 6 rows: dropping whole messages leaves 5; 350 bytes: three messages
    hold(ledger, *((f"mill/g{n}", bytes(100), ("a", "b") if n < 5 else ("a",)) for n in range(10)))
    book, desk = QuarantineBookSql(ledger), QuarantineDeskSql(ledger)
    gone = desk.trim(rows, size, NOW)
    kept = sorted({int(item.source[-1]) for item in book.page("", [], 100, None)})
    assert kept == left
    assert gone == 15 - book.size()[0] == sum(cap for cap, _ in book.dropped().values())


def test_what_was_replayed_is_dropped_before_what_is_held(ledger: LedgerEngine) -> None:
    hold(ledger, ("mill/g0", b"held", ("a",)), ("mill/g1", b"replayed", ("b",)))
    book, desk = QuarantineBookSql(ledger), QuarantineDeskSql(ledger)
    desk.queue(QuarantineFilter(source="mqtt:mill/g1"), "t", NOW)
    desk.replay(lambda frames: None, 1_000, NOW)
    assert desk.trim(1, 10**9, NOW) == 1
    assert [item.source for item in book.page("", [], 10, None)] == ["mqtt:mill/g0"]


def test_entries_are_exported_as_lines_and_as_a_table(sqlite_ledger: LedgerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(sqlite_ledger, ("mill/g1", b"1", ("a", "b,\n")))
    monkeypatch.setenv("TRICOLOR_LEDGER_URL", str(sqlite_ledger.url))
    for name in ("out.jsonl", "out.csv"):
        done = CliRunner().invoke(app, ["quarantine", "export", "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["point"] for row in lines] == [row["point"] for row in table] == ["b,\n", "a"]
    assert lines[0]["received_at"].endswith("+08:00")
