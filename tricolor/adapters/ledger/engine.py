"""Opening the ledger: SQLite (WAL, synchronous FULL) or PostgreSQL, brought to the newest schema by Alembic."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from tricolor.domain.errors import Misconfigured, TryAgain

MIGRATIONS = Path(__file__).parent / "migrations"


class LedgerEngine:
    """One database behind all ledger adapters. `writing()` is a transaction that takes the write lock at its start; `reading()` sees a snapshot."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._write_lock = threading.Lock()  # SQLite has one writer; queueing here is fairer than its busy handler
        try:
            self.engine: Engine = create_engine(
                parsed, poolclass=QueuePool, pool_size=8, max_overflow=32, pool_pre_ping=not self.is_sqlite,
                connect_args={"timeout": 30, "check_same_thread": False} if self.is_sqlite else {},
            )  # fmt: skip
        except ModuleNotFoundError as error:
            raise Misconfigured(f"TRICOLOR_LEDGER_URL needs the driver {error.name}: install the extra 'postgres'") from error
        if self.is_sqlite:
            event.listen(self.engine, "connect", _sqlite_pragmas)
            event.listen(self.engine, "begin", _sqlite_begin)

    def migrate(self) -> None:
        """Bring the schema to head; safe to run at every start."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        try:
            with self.writing() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except OperationalError as error:
            raise Misconfigured(f"the ledger cannot be opened, check TRICOLOR_LEDGER_URL: {error.orig}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction; TryAgain when the database is locked or gone."""
        lock = self._write_lock if self.is_sqlite else None
        if lock is not None:
            lock.acquire()
        try:
            with self.engine.connect().execution_options(tricolor_write=True) as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            if isinstance(error, OperationalError) or error.connection_invalidated:
                raise TryAgain(f"ledger: {error.orig}") from error
            raise
        finally:
            if lock is not None:
                lock.release()

    def close(self) -> None:
        self.engine.dispose()


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("tricolor_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")
