"""The built-in phone: messages by recipient, in the ledger."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import inbox
from tricolor.domain.errors import NotFound
from tricolor.ports import InboxItem, Outgoing


class InboxBookSql:
    """InboxBook over the table inbox, and the side on which messages come in."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def deliver(self, message: Outgoing, at: int) -> int:
        """Id of the message on the phone; delivering the same outbox row again changes nothing."""
        values: dict[str, Any] = {
            "outbox_id": message.id, "alert_id": message.alert_id, "recipient": message.address, "title": message.title, "text": message.text,
            "why": message.why, "light": message.light, "at": at,
        }  # fmt: skip
        with self._ledger.writing() as connection:
            found = connection.execute(select(inbox.c.id).where(inbox.c.outbox_id == message.id)).scalar_one_or_none()
            if found is not None:
                return int(found)
            return int(connection.execute(insert(inbox).values(values).returning(inbox.c.id)).scalar_one())

    def page(self, recipients: Sequence[str], limit: int, before_id: int | None) -> list[InboxItem]:
        query = select(inbox).order_by(inbox.c.id.desc()).limit(limit)
        if recipients:
            query = query.where(inbox.c.recipient.in_(recipients))
        if before_id is not None:
            query = query.where(inbox.c.id < before_id)
        with self._ledger.reading() as connection:
            return [_item(row) for row in connection.execute(query).mappings()]

    def mark_read(self, message_id: int, at: int) -> InboxItem:
        with self._ledger.writing() as connection:
            connection.execute(update(inbox).where(inbox.c.id == message_id, inbox.c.read_at.is_(None)).values(read_at=at))
            row = connection.execute(select(inbox).where(inbox.c.id == message_id)).mappings().first()
        if row is None:
            raise NotFound(f"there is no message {message_id} in the inbox")
        return _item(row)


def _item(row: RowMapping) -> InboxItem:
    return InboxItem(
        row["id"], row["alert_id"], row["recipient"], row["title"], row["text"], row["why"], row["light"], row["at"], row["read_at"]
    )  # fmt: skip
