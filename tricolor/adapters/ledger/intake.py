"""Intake's part of the ledger: counts per source, quarantine with the raw bytes, superseded readings, dirty spans."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import (
    dirty_span,
    intake_applied,
    intake_count,
    intake_pending,
    quarantine,
    quarantine_raw,
    superseded,
)
from tricolor.ports import Outcome, Quarantined, SourceCounts

MAX_RAW_BYTES = 32 * 1024 * 1024


class IntakeLedgerSql:
    """IntakeLedger over SQLite or PostgreSQL."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def apply(self, outcome: Outcome) -> None:
        """All or nothing; an outcome that was applied already (same worker, same or later last_seq) changes nothing."""
        with self._ledger.writing() as connection:
            found = connection.execute(select(intake_applied.c.last_seq).where(intake_applied.c.worker == outcome.worker)).scalar()
            if found is not None and found >= outcome.last_seq:
                return
            if found is None:
                connection.execute(insert(intake_applied).values(worker=outcome.worker, last_seq=outcome.last_seq))
            else:
                connection.execute(update(intake_applied).where(intake_applied.c.worker == outcome.worker).values(last_seq=outcome.last_seq))
            for counts in outcome.counts:
                _add_counts(connection, counts)
            _add_quarantined(connection, outcome.quarantined)
            if outcome.superseded:
                rows = [
                    {"point": s.point, "at": s.at, "value": s.value, "quality": s.quality, "by_seq": s.by_seq, "source": s.source,
                     "recorded_at": s.recorded_at}
                    for s in outcome.superseded
                ]  # fmt: skip
                connection.execute(insert(superseded), rows)
            if outcome.dirty:
                spans = [{"points": d.points, "starts": d.starts, "ends": d.ends, "readings": d.readings, "source": d.source} for d in outcome.dirty]
                connection.execute(insert(dirty_span), spans)

    def applied(self, worker: str) -> int:
        """The last spool position of the worker whose outcome is in the ledger; 0 when none."""
        with self._ledger.reading() as connection:
            return connection.execute(select(intake_applied.c.last_seq).where(intake_applied.c.worker == worker)).scalar() or 0

    def counts(self) -> list[SourceCounts]:
        with self._ledger.reading() as connection:
            rows = connection.execute(select(intake_count).order_by(intake_count.c.source)).all()
        return [SourceCounts(r.source, r.received, r.stored, r.duplicate, r.quarantined) for r in rows]

    def put_pending(self, worker: str, pending: Mapping[str, int], oldest_at: int | None) -> None:
        """What the worker's spool still holds, per source; replaces what was told before."""
        with self._ledger.writing() as connection:
            connection.execute(delete(intake_pending).where(intake_pending.c.worker == worker))
            if pending:
                rows = [{"worker": worker, "source": s, "messages": n, "oldest_at": oldest_at} for s, n in pending.items()]
                connection.execute(insert(intake_pending), rows)


def _add_counts(connection: Connection, counts: SourceCounts) -> None:
    added: dict[str, Any] = {
        "received": intake_count.c.received + counts.received, "stored": intake_count.c.stored + counts.stored,
        "duplicate": intake_count.c.duplicate + counts.duplicate, "quarantined": intake_count.c.quarantined + counts.quarantined,
    }  # fmt: skip
    done = connection.execute(update(intake_count).where(intake_count.c.source == counts.source).values(**added))
    if done.rowcount == 0:
        connection.execute(
            insert(intake_count).values(
                source=counts.source, received=counts.received, stored=counts.stored, duplicate=counts.duplicate, quarantined=counts.quarantined
            )
        )


def _add_quarantined(connection: Connection, items: tuple[Quarantined, ...]) -> None:
    """One raw row a message, one quarantine row a rejected reading."""
    raw_ids: dict[int, int] = {}
    rows: list[dict[str, Any]] = []
    for item in items:
        frame, rejection = item.frame, item.rejection
        if id(frame) not in raw_ids:
            result = connection.execute(insert(quarantine_raw).values(payload=frame.payload[:MAX_RAW_BYTES]))
            key = result.inserted_primary_key
            raw_ids[id(frame)] = int(key[0]) if key is not None else 0
        rows.append(
            {"received_at": frame.received_at, "source": frame.source, "topic": frame.topic, "content_type": frame.content_type,
             "index": rejection.index, "point": rejection.point[:200], "reason": str(rejection.reason), "detail": rejection.detail[:500],
             "raw_id": raw_ids[id(frame)]}
        )  # fmt: skip
    if rows:
        connection.execute(insert(quarantine), rows)
