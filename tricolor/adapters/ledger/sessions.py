"""Sessions that the broker forgot, in the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import func, insert, select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import intake_lag
from tricolor.adapters.ledger.schema_intake import session_loss
from tricolor.domain.intake import SessionLoss


class SessionLossesSql:
    """The table session_loss: the intake writes it, everybody reads it."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def put(self, losses: Sequence[SessionLoss]) -> None:
        """Note them; one that is noted already (same worker and instant) changes nothing."""
        t = session_loss.c
        with self._ledger.writing() as connection:
            for loss in losses:
                if connection.execute(select(t.at).where(t.worker == loss.worker, t.at == loss.at)).first() is None:
                    connection.execute(insert(session_loss).values(**asdict(loss)))

    def last_word(self, worker: str) -> int | None:
        """When the worker of this client id last told anything of itself [µs]; None when never."""
        query = select(func.max(intake_lag.c.told_at)).where(intake_lag.c.worker.startswith(worker + "#", autoescape=True))
        with self._ledger.reading() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else int(found)

    def list(self, limit: int) -> Sequence[SessionLoss]:
        """The newest first."""
        with self._ledger.reading() as connection:
            rows = connection.execute(select(session_loss).order_by(session_loss.c.at.desc(), session_loss.c.worker).limit(limit))
            return [SessionLoss(row.worker, row.broker, row.since, row.at) for row in rows]

    def counts(self) -> Mapping[str, int]:
        """How many since the beginning, by worker."""
        query = select(session_loss.c.worker, func.count()).group_by(session_loss.c.worker).order_by(session_loss.c.worker)
        with self._ledger.reading() as connection:
            return {str(worker): int(n) for worker, n in connection.execute(query)}
