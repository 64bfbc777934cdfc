"""A lost session becomes a gap in the ledger, also when the ledger is down, or we are killed, before it can be written."""

from pathlib import Path

import pytest

from ingest_service.session_gaps import SessionGaps
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.sessions import SessionLossesSql
from tricolor.domain.errors import TryAgain
from tricolor.domain.intake import SessionLoss, WorkerLag


class Down:
    """A ledger that does not answer."""

    def put(self, losses) -> None:
        raise TryAgain("down")

    def last_word(self, worker: str) -> None:
        return None


def gaps(book, folder: Path, now: int = 900) -> SessionGaps:
    return SessionGaps("worker-1", "b:1883", book, folder / "losses.json", lambda: now)


def test_a_loss_is_a_gap_from_the_lost_connection_to_now(ledger: LedgerEngine, tmp_path: Path) -> None:
    book = SessionLossesSql(ledger)
    made = gaps(book, tmp_path)
    made.lost(400)
    made.tell()
    made.tell()
    assert list(book.list(10)) == [SessionLoss("worker-1", "b:1883", 400, 900)]
    assert dict(book.counts()) == {"worker-1": 1}


def test_after_a_restart_the_gap_begins_with_the_last_sign_of_life(ledger: LedgerEngine, tmp_path: Path) -> None:
    lag = WorkerLag("worker-1#7", "duckdb", 0, None, 0, 0, "", 300)
    IntakeLedgerSql(ledger).put_pending("worker-1#7", {}, None, lag)
    book = SessionLossesSql(ledger)
    made = gaps(book, tmp_path)
    made.lost(None)
    made.tell()
    assert [loss.since for loss in book.list(10)] == [300]


def test_a_loss_that_the_ledger_never_heard_of_is_told_after_a_kill(ledger: LedgerEngine, tmp_path: Path) -> None:
    first = gaps(Down(), tmp_path)
    first.lost(400)
    with pytest.raises(TryAgain):
        first.tell()
    book = SessionLossesSql(ledger)
    gaps(book, tmp_path, now=5_000).tell()
    assert list(book.list(10)) == [SessionLoss("worker-1", "b:1883", 400, 900)]
    gaps(book, tmp_path, now=6_000).tell()
    assert dict(book.counts()) == {"worker-1": 1}


def test_a_loss_that_was_written_and_not_yet_taken_from_the_note_is_written_once(ledger: LedgerEngine, tmp_path: Path) -> None:
    gaps(Down(), tmp_path).lost(None)
    kept = (tmp_path / "losses.json").read_text()
    book = SessionLossesSql(ledger)
    gaps(book, tmp_path).tell()
    (tmp_path / "losses.json").write_text(kept)  # as if killed between the two
    gaps(book, tmp_path).tell()
    assert dict(book.counts()) == {"worker-1": 1}
