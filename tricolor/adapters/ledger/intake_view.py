"""The counts of the ledger: per source what came, what waits and what is not settled; open alerts; messages on their way."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, dirty_span, intake_count, intake_gap, intake_lag, intake_pending, outbox
from tricolor.ports import SourceCounts, SourceFigures, WorkerLag


class LedgerFiguresSql:
    """LedgerFigures over the tables of intake, alerts and outbox."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def sources(self) -> list[SourceFigures]:
        # A message moves from a spool (pending) to counts + dirty spans, and from there to settled. Read in that order, one on the move
        # is seen at least once, so all zeros means all is settled even where each statement has its own snapshot (PostgreSQL).
        with self._ledger.reading() as connection:
            unwritten = _sum(connection, intake_pending.c.source, intake_pending.c.messages)
            oldest = {
                row[0]: row[1]
                for row in connection.execute(select(intake_pending.c.source, func.min(intake_pending.c.oldest_at)).group_by(intake_pending.c.source))
            }
            unsettled = _sum(connection, dirty_span.c.source, dirty_span.c.readings)
            counts = {
                row.source: SourceCounts(row.source, row.received, row.stored, row.duplicate, row.quarantined)
                for row in connection.execute(select(intake_count))
            }
            gaps = {row.source: row for row in connection.execute(select(intake_gap.c.source, intake_gap.c.missing, intake_gap.c.filled))}
        names = sorted({*counts, *(name for name, n in unwritten.items() if n), *(name for name, n in unsettled.items() if n)})
        return [
            SourceFigures(
                counts.get(n, SourceCounts(n, 0, 0, 0, 0)), unwritten.get(n, 0), unsettled.get(n, 0),
                gaps[n].missing if n in gaps else 0, gaps[n].filled if n in gaps else 0, oldest.get(n),
            )
            for n in names
        ]  # fmt: skip

    def workers(self) -> list[WorkerLag]:
        """How far each ingest worker's store is behind, as it said last."""
        with self._ledger.reading() as connection:
            rows = connection.execute(select(intake_lag).order_by(intake_lag.c.worker)).mappings()
            return [WorkerLag(**dict(row)) for row in rows]

    def open_alerts(self) -> Mapping[str, int]:
        with self._ledger.reading() as connection:
            rows = connection.execute(select(alert.c.level, func.count()).where(alert.c.condition == "firing").group_by(alert.c.level))
            return {str(level): int(n) for level, n in rows}

    def outbox(self) -> Mapping[str, int]:
        with self._ledger.reading() as connection:
            rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
            return {str(state): int(n) for state, n in rows}


def _sum(connection: Connection, by: object, what: object) -> dict[str, int]:
    rows = connection.execute(select(by, func.sum(what)).group_by(by))  # type: ignore[call-overload]
    return {str(name): int(total or 0) for name, total in rows}
