"""A spool that outlived its ledger: wound back to where the restored ledger stands, so that what came after the backup is loaded again."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import intake_applied
from tricolor.domain.errors import Refused


@dataclass(frozen=True, slots=True)
class Rewound:
    """position: the last message that the ledger has counted; waiting: messages to be loaded again; missing: messages in between that the spool had
    deleted already (TRICOLOR_SPOOL_KEEP_S)."""

    position: int
    waiting: int
    missing: int


def rewind(spool: Path, ledger: LedgerEngine, at_backup: Path | None = None) -> Rewound:
    """Forget what the spool noted as loaded since. Nothing may run on it. Refused when it is no spool.

    at_backup: the backup's copy of a spool; of this same one, the outcome that was noted and on its way then is noted again.
    """
    try:
        with closing(sqlite3.connect(f"file:{spool}?mode=rw", uri=True, timeout=5)) as connection, connection:
            (identity,) = connection.execute("SELECT value FROM state WHERE key = 'identity'").fetchone()
            position = _counted(ledger, f"#{identity:x}")
            connection.execute("DELETE FROM decision")
            connection.executemany("INSERT INTO decision VALUES (?, ?)", _noted(at_backup, identity, position))
            connection.execute("INSERT INTO state VALUES ('released', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (position,))
            waiting, first = connection.execute("SELECT count(*), min(seq) FROM frame WHERE seq > ?", (position,)).fetchone()
            last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'frame'").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise Refused(f"{spool} is no spool that can be read: {error}") from error
    gone = (first if waiting else (last[0] if last else position) + 1) - position - 1
    return Rewound(position, waiting, max(0, gone))


def _noted(spool: Path | None, identity: int, position: int) -> list[tuple[int, bytes]]:
    if spool is None or not spool.exists():
        return []
    with closing(sqlite3.connect(f"file:{spool}?mode=ro&immutable=1", uri=True)) as connection:
        if connection.execute("SELECT value FROM state WHERE key = 'identity'").fetchone() != (identity,):
            return []
        return connection.execute("SELECT last_seq, outcome FROM decision WHERE last_seq > ?", (position,)).fetchall()


def _counted(ledger: LedgerEngine, ending: str) -> int:
    with ledger.reading() as connection:
        rows = connection.execute(select(intake_applied.c.worker, intake_applied.c.last_seq)).all()
    return next((int(row.last_seq) for row in rows if row.worker.endswith(ending)), 0)
