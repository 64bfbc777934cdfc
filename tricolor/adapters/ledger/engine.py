"""Opening the ledger: SQLite (WAL, synchronous FULL) or PostgreSQL, brought to the newest schema by Alembic."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from tricolor.domain.errors import Misconfigured, TryAgain

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_WAIT_S = 30
CONNECT_WAIT_S = 10
WRITER_LOCK = 0x7421_C010  # the one advisory lock of all PostgreSQL writers
# SQLite result codes that pass by themselves or by mending the host: BUSY, LOCKED, IOERR, FULL, CANTOPEN, READONLY
PASSING_SQLITE = frozenset({5, 6, 8, 10, 13, 14})
# SQLSTATE classes that pass: connection, rollback (serialization, deadlock), resources, lock not available, operator intervention
PASSING_SQLSTATE = ("08", "40", "53", "55P03", "57")

_migration_lock = threading.Lock()  # Alembic's context is one per process


def _plain(number: Any) -> Any:
    return number.item()


for _number in (np.int64, np.int32, np.int16, np.int8, np.uint8, np.uint16, np.uint32, np.uint64, np.float32, np.bool_):
    sqlite3.register_adapter(_number, _plain)  # else stored as bytes without a word


class LedgerEngine:
    """One database behind all ledger adapters. `writing()` is a transaction that takes the one write lock at its start; `reading()` sees a snapshot.

    Both databases thus have one writer at a time, over all threads and processes: what a transaction reads first still holds when it commits.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = make_url(url)
            self.is_sqlite = self.url.get_backend_name() == "sqlite"
            self.engine: Engine = create_engine(
                self.url, poolclass=QueuePool, pool_size=8, max_overflow=32, pool_timeout=LOCK_WAIT_S, pool_pre_ping=not self.is_sqlite,
                connect_args={"timeout": LOCK_WAIT_S, "check_same_thread": False} if self.is_sqlite else {"connect_timeout": CONNECT_WAIT_S},
            )  # fmt: skip
        except ModuleNotFoundError as error:
            raise Misconfigured(f"TRICOLOR_LEDGER_URL needs the driver {error.name}: install the extra 'postgres'") from error
        except (ArgumentError, NoSuchModuleError) as error:
            raise Misconfigured(f"TRICOLOR_LEDGER_URL is no database address ({error}): write sqlite:///FILE or postgresql+psycopg://…") from error
        self._write_lock = threading.Lock()  # SQLite has one writer; queueing here is fairer than its busy handler
        self._thread = threading.local()
        if self.is_sqlite:
            event.listen(self.engine, "connect", _sqlite_pragmas)
            event.listen(self.engine, "begin", _sqlite_begin)

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema up to the revision, making a missing SQLite folder; safe to run at every start, by several services at once."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        try:
            if self.is_sqlite and self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            with _migration_lock, self.writing() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, revision)
        except (TryAgain, OSError) as error:
            raise Misconfigured(f"the ledger {self.url!r} cannot be opened, check TRICOLOR_LEDGER_URL: {error}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot over all statements; TryAgain when the database is locked or gone."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with _passing_errors(), self.engine.connect().execution_options(**options) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction; TryAgain when the database is locked or gone. Not to be nested: the inner one would wait for the outer one."""
        if getattr(self._thread, "is_writing", False):
            raise RuntimeError("writing() inside writing() of the same thread: pass the connection on instead")
        if self.is_sqlite and not self._write_lock.acquire(timeout=LOCK_WAIT_S):
            raise TryAgain(f"ledger: another writer has held the lock for {LOCK_WAIT_S} s")
        self._thread.is_writing = True
        try:
            with _passing_errors(), self.engine.connect().execution_options(tricolor_write=True) as connection, connection.begin():
                if not self.is_sqlite:
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
                yield connection
        finally:
            self._thread.is_writing = False
            if self.is_sqlite:
                self._write_lock.release()

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _passing_errors() -> Iterator[None]:
    """Turns the errors that pass into TryAgain; a fault of ours (no such table, a broken constraint) stays what it is."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or _is_passing(error.orig):
            raise TryAgain(f"ledger: {error.orig}") from error
        raise
    except PoolTimeout as error:
        raise TryAgain(f"ledger: {error}") from error


def _is_passing(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in PASSING_SQLITE
    state = getattr(error, "sqlstate", None)
    if state is None:  # psycopg: the server was never reached, or went away
        return type(error).__name__ == "OperationalError"
    return str(state).startswith(PASSING_SQLSTATE)


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (f"busy_timeout={LOCK_WAIT_S * 1000}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("tricolor_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")
