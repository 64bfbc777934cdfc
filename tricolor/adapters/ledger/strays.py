"""Notices and messages at addresses that no configured channel reaches: moved to the inbox of whom they are for."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, insert, or_, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.notices import ON_ITS_WAY, OPEN_STATES
from tricolor.adapters.ledger.schema import attempt, outbox
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.domain.channel_ways import INBOX, Ways
from tricolor.domain.delivery import MessageState
from tricolor.domain.notices import NoticeState

MACHINES: Final = frozenset({"webhook"})  # recipients that are no people: they have no inbox
GONE: Final = "the channel {} is not configured any more"


class StrayBookSql:
    """StrayBook over the tables notice and outbox. Any number of processes may call it."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def rescue(self, ways: Ways, at: int) -> list[tuple[str, str, int]]:
        """Recipient, channel and how many were moved; nothing waits for a sender that is not there."""
        with self._ledger.reading() as connection:  # mostly there is none: no write lock for that
            found = {(table.name, *each) for table in (notice, outbox) for each in _strays(connection, table, ways, at)}
        if not found:
            return []
        counts: dict[tuple[str, str], int] = {}
        with self._ledger.writing() as connection:
            for table, channel, address, recipient in sorted(found):
                move = _move_notices if table == notice.name else _move_messages
                moved = move(connection, channel, address, recipient, at)
                counts[recipient, channel] = counts.get((recipient, channel), 0) + moved
        return [(recipient, channel, count) for (recipient, channel), count in counts.items() if count]


def _strays(connection: Connection, table: Table, ways: Ways, at: int) -> list[tuple[str, str, str]]:
    c = table.c
    is_open = c.state.in_(OPEN_STATES) if table is notice else _unsent(at)
    rows = connection.execute(select(c.channel, c.address, c.recipient).where(is_open, c.channel != INBOX).distinct())
    return [(row.channel, row.address, row.recipient) for row in rows if not ways.reaches(row.channel, row.address)]


def _unsent(at: int) -> ColumnElement[bool]:
    c = outbox.c
    return or_(c.state == MessageState.QUEUED.value, and_(c.state == MessageState.SENDING.value, c.lease_until <= at))


def _move_notices(connection: Connection, channel: str, address: str, recipient: str, at: int) -> int:
    n = notice.c
    mine = (n.channel == channel, n.address == address, n.recipient == recipient, n.state.in_(OPEN_STATES))
    over = {"settled_at": at, "due_at": None}
    if recipient in MACHINES:
        values = {"state": NoticeState.DROPPED.value, "why_not": GONE.format(channel), **over}
        return connection.execute(update(notice).where(*mine).values(values)).rowcount
    other = notice.alias()
    told = exists().where(other.c.event_id == n.event_id, other.c.channel == INBOX, other.c.address == recipient)
    twice = {"state": NoticeState.SUPERSEDED.value, "why_not": f"{GONE.format(channel)}; the inbox is told", **over}
    moved = connection.execute(update(notice).where(*mine, told).values(twice)).rowcount
    return moved + connection.execute(update(notice).where(*mine).values(channel=INBOX, address=recipient)).rowcount


def _move_messages(connection: Connection, channel: str, address: str, recipient: str, at: int) -> int:
    c = outbox.c
    mine = (c.channel == channel, c.address == address, c.recipient == recipient, _unsent(at))
    rows = connection.execute(select(c.id, c.event_id).where(*mine).with_for_update(skip_locked=True)).all()
    for row in rows:
        said = select(c.id).where(c.channel == INBOX, c.address == recipient, c.event_id == row.event_id, c.state.in_(ON_ITS_WAY)).limit(1)
        values = _fate(channel, recipient, connection.execute(said).scalars().all(), at)
        connection.execute(update(outbox).where(c.id == row.id).values(lease_until=None, waits_for="", set_at=at, **values))
        detail = f"{GONE.format(channel)}; {address} was not told"
        connection.execute(insert(attempt).values(outbox_id=row.id, at=at, result="refused", detail=detail, kind="final", code="channel"))
    return len(rows)


def _fate(channel: str, recipient: str, said: Sequence[int], at: int) -> dict[str, object]:
    if recipient in MACHINES:
        return {"state": MessageState.DEAD.value, "why_not": GONE.format(channel)}
    if said:
        return {"state": MessageState.SUPERSEDED.value, "why_not": f"{GONE.format(channel)}; message {said[0]} in the inbox says it"}
    return {"state": MessageState.QUEUED.value, "channel": INBOX, "address": recipient, "next_at": at, "attempts": 0}
