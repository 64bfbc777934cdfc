"""The outbox: messages committed with the step that caused them, claimed by lease, every attempt a row."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import attempt, outbox
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.notifications import MAX_ATTEMPTS
from tricolor.ports import Delivery, Outgoing

QUEUED, SENDING, ACCEPTED, DEAD = "queued", "sending", "accepted", "dead"
DETAIL_MAX = 500
LEASE_ENDED = "the lease ended: the sender did not say what became of it"


class OutboxSql:
    """Outbox over the tables outbox and attempt."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def claim(self, now: int, limit: int, lease_s: float, channels: Sequence[str]) -> list[Outgoing]:
        c = outbox.c
        is_due = or_(and_(c.state == QUEUED, c.next_at <= now), and_(c.state == SENDING, c.lease_until <= now))
        query = select(outbox).where(is_due, c.channel.in_(channels)).order_by(c.next_at, c.id).limit(limit)
        with self._ledger.reading() as connection:  # mostly nothing is due: no write lock for that
            if connection.execute(query.with_only_columns(c.id).limit(1)).first() is None:
                return []
        claimed: list[Outgoing] = []
        with self._ledger.writing() as connection:
            rows = connection.execute(query.with_for_update(skip_locked=True)).mappings().all()  # SQLite: the write lock is the claim
            for row in rows:
                if row["state"] == SENDING:
                    _log(connection, row["id"], now, "retry", LEASE_ENDED)
                    if row["attempts"] >= MAX_ATTEMPTS:
                        connection.execute(update(outbox).where(c.id == row["id"]).values(state=DEAD, lease_until=None))
                        continue
                tries = row["attempts"] + 1
                lease = now + round(lease_s * SECOND_US)
                connection.execute(update(outbox).where(c.id == row["id"]).values(state=SENDING, lease_until=lease, attempts=tries))
                claimed.append(
                    Outgoing(
                        row["id"], row["channel"], row["address"], row["title"], row["text"], row["why"], row["light"], row["payload"], tries,
                        row["alert_id"], row["recipient"],
                    )
                )  # fmt: skip
        return claimed

    def accepted(self, message: Outgoing, at: int, receipt: str) -> None:
        """Counts whenever it comes, also from a sender whose lease had ended: the message is there."""
        values = {"state": ACCEPTED, "accepted_at": at, "receipt": receipt[:DETAIL_MAX], "lease_until": None}
        with self._ledger.writing() as connection:
            done = connection.execute(update(outbox).where(outbox.c.id == message.id, outbox.c.state != ACCEPTED).values(values))
            if done.rowcount:
                _log(connection, message.id, at, "accepted", receipt)

    def retry(self, message: Outgoing, at: int, next_at: int, detail: str) -> None:
        is_over = message.attempts >= MAX_ATTEMPTS
        self._answer(message, at, "retry", detail, {"state": DEAD if is_over else QUEUED, "next_at": next_at, "lease_until": None})

    def refused(self, message: Outgoing, at: int, detail: str) -> None:
        self._answer(message, at, "refused", detail, {"state": DEAD, "lease_until": None})

    def _answer(self, message: Outgoing, at: int, result: str, detail: str, values: dict[str, Any]) -> None:
        mine = (outbox.c.id == message.id, outbox.c.state == SENDING, outbox.c.attempts == message.attempts)
        with self._ledger.writing() as connection:
            if connection.execute(update(outbox).where(*mine).values(values)).rowcount:
                _log(connection, message.id, at, result, detail)

    def of_alert(self, alert_id: int) -> list[Delivery]:
        last = select(attempt.c.detail).where(attempt.c.outbox_id == outbox.c.id).order_by(attempt.c.id.desc()).limit(1).scalar_subquery()
        query = select(outbox, last.label("detail")).where(outbox.c.alert_id == alert_id).order_by(outbox.c.id)
        with self._ledger.reading() as connection:
            return [
                Delivery(
                    r["id"], r["alert_id"], r["recipient"], r["channel"], r["why"], r["light"], r["state"], r["attempts"], r["created_at"],
                    r["accepted_at"], r["detail"] or "",
                )
                for r in connection.execute(query).mappings()
            ]  # fmt: skip


def _log(connection: Connection, outbox_id: int, at: int, result: str, detail: str) -> None:
    connection.execute(insert(attempt).values(outbox_id=outbox_id, at=at, result=result, detail=detail[:DETAIL_MAX]))
