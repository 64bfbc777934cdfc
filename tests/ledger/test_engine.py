"""LedgerEngine: one writer at a time, snapshots for readers, and errors sorted by what the caller can do."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from tricolor.adapters.ledger import engine as engine_module
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import intake_applied, meta
from tricolor.domain.errors import Misconfigured, TryAgain


def value_of(ledger: LedgerEngine, key: str) -> str | None:
    with ledger.reading() as connection:
        return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()


def add_one(ledger: LedgerEngine) -> None:
    with ledger.writing() as connection:
        now = int(connection.execute(select(meta.c.value).where(meta.c.key == "n")).scalar_one())
        time.sleep(0.001)  # room for another writer to read the same number
        connection.execute(update(meta).where(meta.c.key == "n").values(value=str(now + 1)))


def test_no_update_is_lost_between_two_engines_and_eight_threads(ledger: LedgerEngine, ledger_url: str) -> None:
    with ledger.writing() as connection:
        connection.execute(insert(meta).values(key="n", value="0"))
    other = LedgerEngine(ledger_url)  # a second process, as far as the database can tell
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, [ledger, other] * 40))
    other.close()
    assert value_of(ledger, "n") == "80"


def test_the_second_writer_waits_for_the_first_and_gives_up_with_try_again(
    ledger: LedgerEngine, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "LOCK_WAIT_S", 1)
    other = LedgerEngine(ledger_url)
    with ledger.writing() as connection:
        connection.execute(insert(meta).values(key="held", value="1"))
        with ThreadPoolExecutor(1) as pool, pytest.raises(TryAgain):
            pool.submit(add_one, other).result()
    other.close()
    assert value_of(ledger, "held") == "1"


def test_a_reader_sees_one_snapshot_while_another_connection_commits(ledger: LedgerEngine, ledger_url: str) -> None:
    with ledger.writing() as connection:
        connection.execute(insert(meta).values(key="n", value="0"))
    other = LedgerEngine(ledger_url)
    with ledger.reading() as reader:
        before = reader.execute(select(meta.c.value)).scalars().all()
        add_one(other)
        assert reader.execute(select(meta.c.value)).scalars().all() == before == ["0"]
    other.close()
    assert value_of(ledger, "n") == "1"


def test_a_failed_transaction_leaves_nothing(ledger: LedgerEngine) -> None:
    with pytest.raises(ZeroDivisionError), ledger.writing() as connection:
        connection.execute(insert(meta).values(key="half", value="1"))
        raise ZeroDivisionError
    assert value_of(ledger, "half") is None
    with ledger.writing() as connection:  # and the write lock is free again
        connection.execute(insert(meta).values(key="whole", value="1"))


def test_writing_inside_writing_is_told_at_once_instead_of_hanging(ledger: LedgerEngine) -> None:
    with ledger.writing(), pytest.raises(RuntimeError, match="pass the connection on"), ledger.writing():
        pass


def test_our_own_faults_are_not_called_passing(ledger: LedgerEngine) -> None:
    with pytest.raises(DBAPIError), ledger.reading() as connection:
        connection.execute(text("SELECT * FROM no_such_table"))
    with pytest.raises(IntegrityError), ledger.writing() as connection:
        connection.execute(insert(meta), [{"key": "twice", "value": "1"}, {"key": "twice", "value": "2"}])


def test_numpy_integers_are_stored_as_numbers(ledger: LedgerEngine) -> None:
    with ledger.writing() as connection:
        connection.execute(insert(intake_applied).values(worker="w", last_seq=np.int64(7)))
    with ledger.reading() as connection:
        assert connection.execute(select(intake_applied.c.last_seq)).scalar_one() == 7


def test_services_that_start_together_may_all_migrate(empty_ledger_url: str) -> None:
    engines = [LedgerEngine(empty_ledger_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(LedgerEngine.migrate, engines))
    assert value_of(engines[0], "registry_version") is None
    for engine in engines:
        engine.close()


def test_a_lost_postgresql_connection_is_try_again_and_the_next_call_works(postgres_url: str) -> None:
    ledger = LedgerEngine(postgres_url)
    with pytest.raises(TryAgain), ledger.reading() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with ledger.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    ledger.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql+psycopg://nobody@/x?host=/nonexistent", "cannot be opened"),
        ("sqlite:////proc/nowhere/ledger.sqlite", "cannot be opened"),
        ("not a url", "no database address"),
        ("nosuchdb://x", "no database address"),
    ],
)
def test_a_ledger_that_cannot_be_opened_names_the_setting(url: str, says: str) -> None:
    with pytest.raises(Misconfigured, match=says) as told:
        LedgerEngine(url).migrate()
    assert "TRICOLOR_LEDGER_URL" in str(told.value)


def test_the_folder_of_a_sqlite_ledger_is_made(tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet" / "ledger.sqlite"
    ledger = LedgerEngine(f"sqlite:///{path}")
    ledger.migrate()
    ledger.close()
    assert path.exists()


def test_readers_are_not_held_up_by_a_writer(ledger: LedgerEngine) -> None:
    holding, release = threading.Event(), threading.Event()

    def hold() -> None:
        with ledger.writing() as connection:
            connection.execute(insert(meta).values(key="slow", value="1"))
            holding.set()
            release.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(10)
    began = time.monotonic()
    assert value_of(ledger, "slow") is None
    assert time.monotonic() - began < 2
    release.set()
    thread.join()
    assert value_of(ledger, "slow") == "1"


def test_sqlite_commits_reach_the_disk(sqlite_ledger: LedgerEngine) -> None:
    with sqlite_ledger.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    assert sqlite3.sqlite_version_info >= (3, 35)
