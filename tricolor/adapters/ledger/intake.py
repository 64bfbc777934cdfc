"""Intake's part of the ledger: counts per source, quarantine with the raw bytes, superseded readings, dirty spans."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from time import time_ns
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from tricolor.adapters.ledger.claims import claim_done
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import (
    dirty_span,
    intake_applied,
    intake_count,
    intake_gap,
    intake_lag,
    intake_pending,
    quarantine,
    quarantine_raw,
    superseded,
)
from tricolor.domain.readings import Frame
from tricolor.domain.sequences import Numbering, noted
from tricolor.ports import Outcome, Quarantined, SeenNumbers, SourceCounts, WorkerLag

MAX_RAW_BYTES = 32 * 1024 * 1024


class IntakeLedgerSql:
    """IntakeLedger over SQLite or PostgreSQL."""

    def __init__(self, ledger: LedgerEngine, clock: Callable[[], int] = lambda: time_ns() // 1000) -> None:
        self.engine = self._ledger = ledger
        self._clock = clock

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
            connection.execute(claim_done(outcome.worker, self._clock()))
            for counts in outcome.counts:
                _add_counts(connection, counts)
            _note_numbers(connection, outcome.numbers)
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

    def forget_workers_before(self, worker: str) -> None:
        """What earlier spools of the same name said to be waiting is no longer there."""
        with self._ledger.writing() as connection:
            for table in (intake_pending, intake_lag):
                connection.execute(delete(table).where(_of_same_name(table.c.worker, worker)))

    def put_pending(self, worker: str, pending: Mapping[str, int], oldest_at: Mapping[str, int] | int | None, lag: WorkerLag | None = None) -> None:
        """What the worker's spool still holds, per source, and how far it is behind; replaces what was told before."""
        with self._ledger.writing() as connection:
            connection.execute(delete(intake_pending).where(intake_pending.c.worker == worker))
            if pending:
                oldest = oldest_at if isinstance(oldest_at, Mapping) else dict.fromkeys(pending, oldest_at)
                rows = [{"worker": worker, "source": s, "messages": n, "oldest_at": oldest.get(s)} for s, n in pending.items()]
                connection.execute(insert(intake_pending), rows)
            if lag is not None:
                connection.execute(delete(intake_lag).where(intake_lag.c.worker == worker))
                connection.execute(insert(intake_lag), [asdict(lag)])


def _of_same_name(column: ColumnElement[str], worker: str) -> ColumnElement[bool]:
    """Rows of earlier spools of this worker: the same name before the #, another number behind it."""
    return and_(column.startswith(worker.partition("#")[0] + "#", autoescape=True), column != worker)


def _note_numbers(connection: Connection, seen: Sequence[SeenNumbers]) -> None:
    """The gateways' numberings after the batch. Several workers may get the messages of one gateway: what is known is read and written here."""
    if not seen:
        return
    names = [s.source for s in seen]
    known = {row.source: row for row in connection.execute(select(intake_gap).where(intake_gap.c.source.in_(names)))}
    fresh: list[dict[str, Any]] = []
    for each in seen:
        row = known.get(each.source)
        before = Numbering() if row is None else Numbering(row.high, _unpacked(row.gaps), row.lost, row.filled, row.restarts)
        after = noted(before, each.runs)
        if after == before:
            continue
        values = {
            "high": after.high, "lost": after.lost, "filled": after.filled, "restarts": after.restarts, "missing": after.missing,
            "gaps": np.array(after.gaps, dtype="<i8").tobytes(),
        }  # fmt: skip
        if row is None:
            fresh.append({"source": each.source, **values})
        else:
            connection.execute(update(intake_gap).where(intake_gap.c.source == each.source).values(**values))
    if fresh:
        connection.execute(insert(intake_gap), fresh)


def _unpacked(raw: bytes) -> tuple[tuple[int, int], ...]:
    pairs = np.frombuffer(raw, dtype="<i8").reshape(-1, 2).tolist()
    return tuple((int(first), int(last)) for first, last in pairs)


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
    raw_ids: dict[Frame, int] = {}
    rows: list[dict[str, Any]] = []
    for item in items:
        frame, rejection = item.frame, item.rejection
        if frame not in raw_ids:
            result = connection.execute(insert(quarantine_raw).values(payload=frame.payload[:MAX_RAW_BYTES]))
            key = result.inserted_primary_key
            raw_ids[frame] = int(key[0]) if key is not None else 0
        rows.append(
            {"received_at": frame.received_at, "source": frame.source, "topic": frame.topic, "content_type": frame.content_type,
             "index": rejection.index, "point": rejection.point[:200], "reason": str(rejection.reason), "detail": rejection.detail[:500],
             "raw_id": raw_ids[frame], "enterprise": frame.enterprise, "seq": frame.replay_of or frame.seq}
        )  # fmt: skip
    if rows:
        connection.execute(insert(quarantine), rows)
