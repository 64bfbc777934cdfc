"""Looking at a spool and asking for a replay from outside its worker: the worker does what is asked, at once when it runs, else when it starts."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tricolor.domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class SpoolStatus:
    """What a spool's file holds. waiting: frames not stored yet (as of the last noted position); kept: frames that are stored; first_seq, last_seq:
    0 when it is empty; oldest_at, newest_at [µs]: when they came; to_replay: frames asked for again; file_bytes with the write-ahead log."""

    waiting: int
    kept: int
    first_seq: int
    last_seq: int
    oldest_at: int | None
    newest_at: int | None
    to_replay: int
    file_bytes: int
    free_bytes: int


class SpoolDesk:
    """One spool by the path of its file; Misconfigured when there is none. The worker may be running."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise Misconfigured(f"there is no spool at {path}; name the folder of the intake with --data, TRICOLOR_DATA or TRICOLOR_SPOOL")
        self._path = path

    def status(self) -> SpoolStatus:
        with self._connection() as connection:
            released = connection.execute("SELECT value FROM state WHERE key = 'released'").fetchone()
            position = int(released[0]) if released else 0
            first, last, oldest, newest = connection.execute("SELECT min(seq), max(seq), min(received_at), max(received_at) FROM frame").fetchone()
            kept, total = connection.execute("SELECT coalesce(sum(seq <= ?), 0), count(*) FROM frame", (position,)).fetchone()
            wanted = connection.execute("SELECT count(*) FROM replay").fetchone()[0]
            free = connection.execute("PRAGMA freelist_count").fetchone()[0] * connection.execute("PRAGMA page_size").fetchone()[0]
        size = sum(p.stat().st_size for p in (self._path, Path(f"{self._path}-wal")) if p.exists())
        return SpoolStatus(total - kept, kept, first or 0, last or 0, oldest, newest, wanted, size, free)

    def plan_replay(
        self, first_seq: int = 0, last_seq: int = 2**62, since: int = 0, until: int = 2**62, only: Collection[tuple[str, int]] | None = None
    ) -> int:
        """Ask for stored frames again: first_seq <= seq <= last_seq that came in [since, until) [µs]; only: of them those with one of these
        (source, received_at). How many were asked for. A frame that itself was a replay is not asked for: its original is, while it is kept."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            position = connection.execute("SELECT value FROM state WHERE key = 'released'").fetchone()
            rows = connection.execute(
                "SELECT seq, source, received_at FROM frame WHERE seq BETWEEN ? AND ? AND received_at >= ? AND received_at < ? AND replay_of = 0",
                (first_seq, min(last_seq, int(position[0]) if position else 0), since, until),
            )
            chosen = [(seq,) for seq, source, at in rows if only is None or (source, at) in only]
            connection.executemany("INSERT OR IGNORE INTO replay VALUES (?)", chosen)
            connection.execute("COMMIT")
        return len(chosen)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            yield connection
        except sqlite3.Error as error:
            raise Misconfigured(f"the spool {self._path} cannot be used: {error}") from error
        finally:
            connection.close()
