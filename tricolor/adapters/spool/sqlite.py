"""The spool: raw frames in SQLite (WAL, synchronous FULL), committed and fsynced before anybody is told that they are safe.

A frame is kept for a while after every store has it, so that a stretch can be replayed after a decoder was mended. Frames that are kept never cost
the acceptance of new ones: they go first when the bound or the disk is reached.
"""

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import time_ns

from tricolor.adapters.spool.tally import Tally, Waiting
from tricolor.domain.errors import Misconfigured, TryAgain
from tricolor.domain.readings import Frame

_SCHEMA = """
CREATE TABLE IF NOT EXISTS frame (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL, received_at INTEGER NOT NULL,
    source TEXT NOT NULL, content_type TEXT NOT NULL, enterprise TEXT NOT NULL, replay_of INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS decision (last_seq INTEGER PRIMARY KEY, outcome BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS passed (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS replay (seq INTEGER PRIMARY KEY);
"""
_COLUMNS = "topic, payload, received_at, source, seq, content_type, enterprise, replay_of"
_INSERT = "INSERT INTO frame (topic, payload, received_at, source, content_type, enterprise, replay_of) VALUES (?,?,?,?,?,?,?)"
ROWS_PER_INSERT = 250  # one statement for so many: SQLite is left and the interpreter fought for once a statement, not once a row
TRIM_FRAMES = 2_000  # deleted in one transaction: the bound of how long a commit waits for a trim
WAL_BYTES = 64 * 1024 * 1024  # the write-ahead log is cut back to this
FREE_BYTES = 64 * 1024 * 1024  # free pages beyond it are given back to the file system
VACUUM_PAGES = 2_000
RESERVE_BYTES = 16 * 1024 * 1024  # left free on the disk (4 MiB of it outside the file), so that what is spooled can be noted, stored and deleted
WAL_RESERVE_BYTES = 4 * 1024 * 1024
MARKS = 100  # how many instants of release are kept over the hold-back


def now_us() -> int:
    return time_ns() // 1000


class SqliteSpool:
    """Spool of one ingest worker. Thread-safe: one writer at a time, readers on connections of their own.

    max_bytes bounds what waits for the store, with keep_s [s] and keep_bytes what is kept after it; `tend` must be called every second or so.
    """

    def __init__(self, path: Path, max_bytes: int, keep_s: float = 0.0, keep_bytes: int = 0, clock: Callable[[], int] = now_us) -> None:
        self._path, self._max_bytes, self._keep_s, self._keep_bytes, self._clock = path, max_bytes, keep_s, keep_bytes, clock
        self._lock = threading.Lock()
        self._tally_lock = threading.Lock()
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._is_disk_full = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            self._writer.executescript(_SCHEMA)
            self.identity = self._identify()
            self._tally = self._count()
        except (sqlite3.Error, OSError) as error:
            raise Misconfigured(f"the spool {path} cannot be opened: {error}; check TRICOLOR_SPOOL, TRICOLOR_DATA and the free space") from error
        self._marked_at = self._expired = self._trimmed = 0
        self._noted = self._tally.released  # the position that the file holds

    def _identify(self) -> int:
        """A number drawn when the file is made. The ledger remembers positions by it: a new file after a lost disk counts from 1 again, and its
        frames must not be taken for those counted before."""
        self._writer.execute("INSERT OR IGNORE INTO state VALUES ('identity', ?)", (secrets.randbits(62),))
        return int(self._writer.execute("SELECT value FROM state WHERE key = 'identity'").fetchone()[0])

    def append(self, frames: Sequence[Frame]) -> int:
        """Commit and fsync the frames; the seq of the last. TryAgain when the disk is full or the bound of the spool is reached."""
        size = sum(len(f.payload) for f in frames)
        if self._tally.waiting_bytes + size > self._max_bytes:
            with self._tally_lock:
                self._tally.settle(self._clock())
                held = self._tally.waiting_bytes
            if held + size > self._max_bytes:
                raise TryAgain(f"the spool holds {held} bytes, its bound is {self._max_bytes} (TRICOLOR_SPOOL_MAX_BYTES); the store is behind")
        with self._writing() as connection:
            for start in range(0, len(frames), ROWS_PER_INSERT):
                some = frames[start : start + ROWS_PER_INSERT]
                values = [v for f in some for v in (f.topic, f.payload, f.received_at, f.source, f.content_type, f.enterprise, f.replay_of)]
                connection.execute(_INSERT + ",(?,?,?,?,?,?,?)" * (len(some) - 1), values)
            last = int(connection.execute("SELECT max(seq) FROM frame").fetchone()[0])
        with self._tally_lock:
            self._tally.add(frames, last, self._clock())
        return last

    def after(self, seq: int, limit_bytes: int) -> list[Frame]:
        """Frames behind the position in order, up to about limit_bytes of payload (at least one frame)."""
        found: list[Frame] = []
        size = 0
        cursor = self._reader().execute(f"SELECT {_COLUMNS} FROM frame WHERE seq > ? ORDER BY seq", (seq,))  # noqa: S608 - our own column names
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
            self._keep_position(connection)
            connection.execute("DELETE FROM decision")
            connection.execute("INSERT INTO decision VALUES (?, ?)", (last_seq, outcome))

    def decided(self) -> tuple[int, bytes] | None:
        """The noted outcome that was not released yet."""
        row = self._reader().execute("SELECT last_seq, outcome FROM decision WHERE last_seq > ?", (self.released,)).fetchone()
        return (int(row[0]), bytes(row[1])) if row else None

    def release(self, up_to_seq: int) -> None:
        """The frames up to here are stored and counted. The position is kept with the next decision; until then a restart repeats the last one."""
        with self._tally_lock:
            self._tally.released = up_to_seq

    @property
    def released(self) -> int:
        return self._tally.released

    @property
    def sizes(self) -> tuple[int, int]:
        """Bytes of payload that wait for the store, and that are kept after it."""
        with self._tally_lock:
            self._tally.settle(self._clock())
            return self._tally.waiting_bytes, self._tally.kept_bytes

    def pending(self) -> tuple[dict[str, int], dict[str, int]]:
        """Messages per source that are not stored yet, and when the oldest of them came [µs]."""
        with self._tally_lock:
            self._tally.settle(self._clock())
            waiting = self._tally.pending(self._count_between)
        return {s: n for s, (n, _) in waiting.items()}, {s: oldest for s, (_, oldest) in waiting.items()}

    def tend(self) -> None:
        """Delete what was kept long enough, give free pages back to the file system; in short strokes, so that commits go on between them.
        Frames that wait for a replay stay. TryAgain when the disk is full."""
        now = self._clock()
        keep_bytes = self._keep_bytes if self._keep_s > 0 else 0
        with self._tally_lock:
            self._tally.settle(now)
            room = min(keep_bytes, max(0, self._max_bytes - self._tally.waiting_bytes))
            if self._is_disk_full:
                room = min(room, self._tally.kept_bytes // 2)
                self._is_disk_full = False
            self._expired = max(self._expired, self._tally.expire(now - int(self._keep_s * 1e6), room))
        self._mark(now)
        if self._expired > self._trimmed:
            self._trim(self._expired)
            self._trimmed = self._expired
        self._shrink()

    def replays(self, limit: int) -> list[Frame]:
        """Frames that were asked for again, as new ones (seq 0) that name the old."""
        query = f"SELECT {_COLUMNS} FROM frame WHERE seq IN (SELECT seq FROM replay ORDER BY seq LIMIT ?) ORDER BY seq"  # noqa: S608
        return [Frame(r[0], r[1], r[2], r[3], 0, r[5], r[6], replay_of=r[7] or r[4]) for r in self._reader().execute(query, (limit,))]

    def replayed(self, count: int) -> None:
        """The first `count` frames that were asked for again are in the spool anew."""
        with self._writing() as connection:
            connection.execute("DELETE FROM replay WHERE seq IN (SELECT seq FROM replay ORDER BY seq LIMIT ?)", (count,))

    def close(self) -> None:
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _require_space(self, size: int) -> None:
        """TryAgain when the frames would take the last of the disk: then what is spooled could not be emptied either."""
        disk = os.statvfs(self._path.parent)
        free = disk.f_bavail * disk.f_frsize
        if free > RESERVE_BYTES + 2 * size:
            return
        reader = self._reader()
        inside = int(reader.execute("PRAGMA freelist_count").fetchone()[0]) * int(reader.execute("PRAGMA page_size").fetchone()[0])
        if free < WAL_RESERVE_BYTES + size or free + inside < RESERVE_BYTES + 2 * size:
            self._is_disk_full = True
            raise TryAgain(f"spool: the disk is full: {free} bytes are free at {self._path.parent}, {RESERVE_BYTES} must stay free")

    def _trim(self, up_to: int) -> None:
        while True:
            with self._writing() as connection:
                self._keep_position(connection)
                wanted = connection.execute("SELECT min(seq) FROM replay").fetchone()[0]
                last = up_to if wanted is None else min(up_to, wanted - 1)
                query = "DELETE FROM frame WHERE seq IN (SELECT seq FROM frame WHERE seq <= ? ORDER BY seq LIMIT ?)"
                gone = connection.execute(query, (min(last, self.released), TRIM_FRAMES)).rowcount
                connection.execute("DELETE FROM passed WHERE seq <= ?", (last,))
            if gone < TRIM_FRAMES:
                return

    def _mark(self, now: int) -> None:
        """Keep the present position, for whoever looks from outside, and when it was released, for a restart: MARKS times over the hold-back."""
        is_due = self._keep_s > 0 and now - self._marked_at > self._keep_s * 1e6 / MARKS
        if not is_due and self._noted == self.released:
            return
        with self._writing() as connection:
            self._keep_position(connection)
            if is_due:
                connection.execute("INSERT OR IGNORE INTO passed VALUES (?, ?)", (self.released, now))
        if is_due:
            self._marked_at = now

    def _shrink(self) -> None:
        page = int(self._reader().execute("PRAGMA page_size").fetchone()[0])
        for _ in range(64):  # at most half a gigabyte a call
            if int(self._reader().execute("PRAGMA freelist_count").fetchone()[0]) * page <= FREE_BYTES:
                return
            with self._lock, _passing(self._path):
                self._writer.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")  # execute() would step it once: one page

    def _keep_position(self, connection: sqlite3.Connection) -> None:
        position = self.released
        connection.execute("INSERT INTO state VALUES ('released', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (position,))
        self._noted = position

    def _count(self) -> Tally:
        row = self._writer.execute("SELECT value FROM state WHERE key = 'released'").fetchone()
        tally = Tally(int(row[0]) if row else 0)
        now = self._clock()
        for row in self._writer.execute("SELECT seq, source, received_at, zeroblob(length(payload)), replay_of FROM frame ORDER BY seq"):
            tally.add([Frame("", row[3], row[2], row[1], replay_of=row[4])], row[0], now)
        tally.settle(now)
        marks = self._writer.execute("SELECT seq, at FROM passed ORDER BY seq").fetchall()
        for group in tally.kept:
            group.released_at = next((at for seq, at in marks if seq >= group.last_seq), now)
        return tally

    def _count_between(self, after: int, last: int) -> Waiting:
        since = "min(CASE replay_of WHEN 0 THEN received_at ELSE ? END)"
        query = f"SELECT source, count(*), {since} FROM frame WHERE seq > ? AND seq <= ? GROUP BY source"  # noqa: S608
        return {r[0]: (int(r[1]), int(r[2])) for r in self._reader().execute(query, (self._clock(), after, last))}

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # of a new file only
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"journal_size_limit={WAL_BYTES}"):
            connection.execute(f"PRAGMA {pragma}")
        self._open.append(connection)
        return connection

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _passing(self._path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                    self._is_disk_full = True
                raise


@contextmanager
def _passing(path: Path) -> Iterator[None]:
    """The errors of SQLite that pass by themselves or by mending the host, as TryAgain."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise TryAgain(f"spool: {error}; see the free space at {path.parent}") from error
