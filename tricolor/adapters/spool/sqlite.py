"""The spool: raw frames in SQLite (WAL, synchronous FULL), committed and fsynced before anybody is told that they are safe."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tricolor.domain.errors import Misconfigured, TryAgain
from tricolor.domain.readings import Frame

_SCHEMA = """
CREATE TABLE IF NOT EXISTS frame (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL, received_at INTEGER NOT NULL,
    source TEXT NOT NULL, content_type TEXT NOT NULL, enterprise TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS decision (last_seq INTEGER PRIMARY KEY, outcome BLOB NOT NULL);
"""
_TRIM_BYTES = 32 * 1024 * 1024  # released frames are deleted in strokes of this size, not one transaction each


class SqliteSpool:
    """Spool of one ingest worker. Thread-safe: one writer at a time, readers on connections of their own."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._writer = self._connect()
            self._writer.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise Misconfigured(f"the spool {path} cannot be opened: {error}; check TRICOLOR_DATA and the free space") from error
        self._released = self._state("released")
        self._untrimmed = 0
        self._held = self._measure()

    def append(self, frames: Sequence[Frame]) -> int:
        """Commit and fsync the frames; the seq of the last. TryAgain when the disk is full or the bound of the spool is reached."""
        size = sum(len(f.payload) for f in frames)
        if self._held + size > self._max_bytes:
            raise TryAgain(f"the spool holds {self._held} bytes, its bound is {self._max_bytes} (TRICOLOR_SPOOL_MAX_BYTES); the store is behind")
        rows = [(f.topic, f.payload, f.received_at, f.source, f.content_type, f.enterprise) for f in frames]
        with self._writing() as connection:
            connection.executemany("INSERT INTO frame (topic, payload, received_at, source, content_type, enterprise) VALUES (?,?,?,?,?,?)", rows)
            last = int(connection.execute("SELECT max(seq) FROM frame").fetchone()[0])
        self._held += size
        return last

    def after(self, seq: int, limit_bytes: int) -> list[Frame]:
        """Frames behind the position in order, up to about limit_bytes of payload (at least one frame)."""
        found: list[Frame] = []
        size = 0
        query = "SELECT topic, payload, received_at, source, seq, content_type, enterprise FROM frame WHERE seq > ? ORDER BY seq"
        cursor = self._reader().execute(query, (seq,))
        try:
            for row in cursor:
                found.append(Frame(*row))
                size += len(row[1])
                if size >= limit_bytes:
                    break
        finally:
            cursor.close()
        return found

    def decide(self, last_seq: int, outcome: bytes) -> None:
        """Note what the frames up to last_seq come to, before it is carried out: a restart in between repeats it instead of deciding anew.
        The position released so far is kept in the same commit."""
        with self._writing() as connection:
            connection.execute("INSERT INTO state VALUES ('released', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (self._released,))
            connection.execute("DELETE FROM decision")
            connection.execute("INSERT INTO decision VALUES (?, ?)", (last_seq, outcome))
            if self._untrimmed >= _TRIM_BYTES:
                connection.execute("DELETE FROM frame WHERE seq <= ?", (self._released,))
                self._held = max(0, self._held - self._untrimmed)
                self._untrimmed = 0

    def decided(self) -> tuple[int, bytes] | None:
        """The noted outcome that was not released yet."""
        row = self._reader().execute("SELECT last_seq, outcome FROM decision WHERE last_seq > ?", (self._released,)).fetchone()
        return (int(row[0]), bytes(row[1])) if row else None

    def release(self, up_to_seq: int) -> None:
        """The frames up to here are stored and counted. The position is kept with the next decision; until then a restart repeats the last one."""
        query = "SELECT coalesce(sum(length(payload)), 0) FROM frame WHERE seq > ? AND seq <= ?"
        self._untrimmed += int(self._reader().execute(query, (self._released, up_to_seq)).fetchone()[0])
        self._released = up_to_seq

    @property
    def released(self) -> int:
        return self._released

    def pending(self) -> tuple[dict[str, int], int | None]:
        """Messages per source that are not stored yet, and when the oldest of them came [µs]."""
        rows = self._reader().execute(
            "SELECT source, count(*), min(received_at) FROM frame WHERE seq > ? GROUP BY source", (self._released,)
        ).fetchall()  # fmt: skip
        return {r[0]: int(r[1]) for r in rows}, min((int(r[2]) for r in rows), default=None)

    def close(self) -> None:
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        self._open.append(connection)
        return connection

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise
            except sqlite3.OperationalError as error:
                raise TryAgain(f"spool: {error}") from error

    def _state(self, key: str) -> int:
        row = self._writer.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def _measure(self) -> int:
        self._writer.execute("DELETE FROM frame WHERE seq <= ?", (self._released,))
        return int(self._writer.execute("SELECT coalesce(sum(length(payload)), 0) FROM frame").fetchone()[0])
