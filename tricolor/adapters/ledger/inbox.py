"""The built-in phone: messages by recipient, in the ledger."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, inbox, outbox
from tricolor.domain.errors import NotFound
from tricolor.ports import InboxItem, Outgoing

AT_ONCE: Final = 5_000  # ids of one query
_TOLD: Final = select(inbox, outbox.c["items"]).outerjoin(outbox, outbox.c.id == inbox.c.outbox_id)


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
        query = _TOLD.order_by(inbox.c.id.desc()).limit(limit)
        if recipients:
            query = query.where(inbox.c.recipient.in_(recipients))
        if before_id is not None:
            query = query.where(inbox.c.id < before_id)
        with self._ledger.reading() as connection:
            return _items(connection, connection.execute(query).mappings().all())

    def mark_read(self, message_id: int, at: int) -> InboxItem:
        with self._ledger.writing() as connection:
            connection.execute(update(inbox).where(inbox.c.id == message_id, inbox.c.read_at.is_(None)).values(read_at=at))
            found = _items(connection, connection.execute(_TOLD.where(inbox.c.id == message_id)).mappings().all())
        if not found:
            raise NotFound(f"there is no message {message_id} in the inbox")
        return found[0]


def _items(connection: Connection, rows: Sequence[RowMapping]) -> list[InboxItem]:
    """With the units of all alerts that a message tells of, however many it groups."""
    alerts = {row["id"]: dict.fromkeys([row["alert_id"], *(int(each) for each in row["items"] or ())]) for row in rows}
    wanted, units = list(dict.fromkeys(each for mine in alerts.values() for each in mine)), dict[int, str]()
    for start in range(0, len(wanted), AT_ONCE):
        part = select(alert.c.id, alert.c.entity).where(alert.c.id.in_(wanted[start : start + AT_ONCE]))
        units |= {int(number): str(entity) for number, entity in connection.execute(part)}
    return [
        InboxItem(
            row["id"], row["alert_id"], row["recipient"], row["title"], row["text"], row["why"], row["light"], row["at"], row["read_at"],
            tuple(dict.fromkeys(units.get(each, "") for each in alerts[row["id"]])),
        )
        for row in rows
    ]  # fmt: skip
