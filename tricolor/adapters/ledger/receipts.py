"""Receipts of providers in the ledger, applied once to the message that they are about; one that is ahead of its message waits for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, exists, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import outbox
from tricolor.adapters.ledger.schema_notices import receipt
from tricolor.domain.delivery import MessageState, Receipt
from tricolor.domain.document_print import plain
from tricolor.ports import Outgoing

DETAIL_MAX: Final = 500
UNHEARD: Final = (MessageState.QUEUED.value, MessageState.DEAD.value)
AWAITING: Final = (MessageState.ACCEPTED.value, MessageState.HANDED_OVER.value)


class ReceiptBookSql:
    """ReceiptBook over the tables receipt and outbox."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def put(self, receipts: Sequence[Receipt]) -> int:
        """See ReceiptBook. "Delivered" counts over "not delivered", whichever comes first."""
        if not receipts:
            return 0
        with self._ledger.writing() as connection:
            return sum(_put(connection, each) for each in receipts)

    def awaited(self, channel: str, since: int, limit: int) -> list[Outgoing]:
        from tricolor.adapters.ledger.outbox import outgoing  # noqa: PLC0415 - the outbox applies early receipts

        c = outbox.c
        query = (
            select(outbox)
            .where(c.channel == channel, c.state == MessageState.ACCEPTED, c.receipt != "", c.accepted_at > since)
            .where(~exists().where(receipt.c.outbox_id == c.id, receipt.c.receipt == c.receipt))
            .order_by(c.accepted_at)
            .limit(limit)
        )
        with self._ledger.reading() as connection:
            return [outgoing(row) for row in connection.execute(query).mappings()]


def apply_early(connection: Connection, outbox_id: int, channel: str, receipt_id: str) -> None:
    """Receipts that came before the acceptance was written down."""
    if not receipt_id:
        return
    c = receipt.c
    early = select(receipt).where(c.channel == channel, c.receipt == receipt_id, c.outbox_id.is_(None)).order_by(c.id)
    for row in connection.execute(early).mappings().all():
        found = Receipt(row["channel"], row["receipt"], row["address"], row["is_delivered"], row["code"], row["detail"], row["at"])
        connection.execute(update(receipt).where(c.id == row["id"]).values(outbox_id=outbox_id))
        _apply(connection, outbox_id, found)


def _put(connection: Connection, each: Receipt) -> bool:
    c, o = receipt.c, outbox.c
    each = replace(each, receipt=plain(each.receipt), address=plain(each.address), code=plain(each.code), detail=plain(each.detail))
    same = (c.channel == each.channel, c.receipt == each.receipt, c.address == each.address, c.is_delivered == each.is_delivered, c.code == each.code)
    if not each.receipt or connection.execute(select(c.id).where(*same)).first() is not None:
        return False
    found = connection.execute(select(o.id).where(o.channel == each.channel, o.receipt == each.receipt).order_by(o.id).limit(1)).scalar()
    if found is None and _is_unheard(connection, each):
        found = each.message_id
    values: dict[str, Any] = {
        "channel": each.channel, "receipt": each.receipt, "address": each.address, "is_delivered": each.is_delivered, "code": each.code,
        "detail": each.detail[:DETAIL_MAX], "at": each.at, "outbox_id": found,
    }  # fmt: skip
    connection.execute(insert(receipt).values(values))
    return found is not None and _apply(connection, found, each)


def _is_unheard(connection: Connection, each: Receipt) -> bool:
    """Whether it says that a message is there whose acceptance we never heard (the provider gives our id back): accepted now, and not sent again."""
    c = outbox.c
    if each.message_id is None or not each.is_delivered:
        return False
    unheard = (c.id == each.message_id, c.channel == each.channel, c.is_possible_repeat, c.state.in_(UNHEARD))
    address = connection.execute(select(c.address).where(*unheard)).scalar()
    digits = "".join(filter(str.isdigit, address or ""))
    if not digits or not digits.endswith("".join(filter(str.isdigit, each.address))[-11:]):
        return False  # a number of another ledger's message with this id
    values = {"state": MessageState.ACCEPTED.value, "accepted_at": each.at, "receipt": each.receipt, "lease_until": None, "why_not": ""}
    return bool(connection.execute(update(outbox).where(*unheard).values(values)).rowcount)


def _apply(connection: Connection, outbox_id: int, each: Receipt) -> bool:
    """Whether the message changed."""
    c = outbox.c
    if each.is_delivered:
        values = {"state": MessageState.DELIVERED.value, "delivered_at": each.at, "why_not": ""}
        states: tuple[str, ...] = (*AWAITING, MessageState.UNDELIVERED.value)
    else:
        values = {"state": MessageState.UNDELIVERED.value, "why_not": f"{each.code} {each.detail}".strip()[:DETAIL_MAX]}
        states = AWAITING
    return bool(connection.execute(update(outbox).where(c.id == outbox_id, c.state.in_(states)).values(values)).rowcount)
