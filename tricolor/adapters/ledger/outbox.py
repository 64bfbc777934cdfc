"""The outbox: messages claimed by lease and within what their channel's limits allow, every attempt a row."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, or_, select, union_all, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.jumps import is_counted
from tricolor.adapters.ledger.receipts import apply_early
from tricolor.adapters.ledger.schema import attempt, outbox
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.adapters.ledger.token_buckets import Quota, follow_clock_back, hold_address, is_ahead, shift_forward
from tricolor.domain.channel_facts import ChannelLimit
from tricolor.domain.delivery import ErrorClass, Failed, MessageState
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.notifications import MAX_ATTEMPTS
from tricolor.ports import Delivery, Outgoing

QUEUED, SENDING, ACCEPTED, DEAD = (s.value for s in (MessageState.QUEUED, MessageState.SENDING, MessageState.ACCEPTED, MessageState.DEAD))
THERE: Final = (ACCEPTED, MessageState.HANDED_OVER.value, MessageState.DELIVERED.value, MessageState.UNDELIVERED.value)
DETAIL_MAX: Final = 500
LOOKS_MAX: Final = 20  # so many times a claim looks past messages that a limit holds up
SHIFTED: Final = "outbox_shifted"  # in the table meta: the last jump of the clock
LEASE_ENDED: Final = "the lease ended: the sender did not say what became of it"


class OutboxSql:
    """Outbox over the tables outbox and attempt. limits: of each channel, shared by all senders on this ledger."""

    def __init__(self, ledger: LedgerEngine, limits: Mapping[str, Sequence[ChannelLimit]] | None = None) -> None:
        self._ledger, self._limits = ledger, dict(limits or {})
        self._seen_at = 0

    def claim(self, now: int, limit: int, lease_s: float, channels: Sequence[str]) -> list[Outgoing]:
        """See Outbox. Red first, then what waits longest."""
        c = outbox.c
        if now < self._seen_at or not self._seen_at:
            self.follow_clock(now)
        self._seen_at = now
        queued = select(c.id).where(c.state == QUEUED, c.channel.in_(channels), c.next_at <= now)
        lost = select(c.id).where(c.state == SENDING, c.channel.in_(channels), c.lease_until <= now)  # in one OR with the other no index would serve
        with self._ledger.reading() as connection:  # mostly nothing is due: no write lock for that
            if connection.execute(union_all(queued, lost).limit(1)).first() is None:
                return []
        claimed: list[Outgoing] = []
        lease = now + round(lease_s * SECOND_US)
        with self._ledger.writing() as connection:
            _take_back(connection, now, channels)
            quota = Quota(connection, self._limits, now)
            query = select(outbox).where(c.state == QUEUED, c.next_at <= now, c.channel.in_(channels)).order_by(c.rank, c.next_at, c.id)
            for _ in range(LOOKS_MAX):
                rows = connection.execute(query.limit(limit - len(claimed)).with_for_update(skip_locked=True)).mappings().all()
                for row in rows:
                    if quota.admits(row["channel"], row["address"], for_red=row["rank"] == 0):
                        values = {"state": SENDING, "lease_until": lease, "attempts": row["attempts"] + 1, "set_at": now, "waits_for": ""}
                        connection.execute(update(outbox).where(c.id == row["id"]).values(values))
                        claimed.append(outgoing(row, row["attempts"] + 1))
                if not rows or len(claimed) >= limit:
                    break
            quota.keep()
        return claimed

    def accepted(self, message: Outgoing, at: int, receipt: str, state: MessageState = MessageState.ACCEPTED) -> None:
        """Counts whenever it comes, also from a sender whose lease had ended: the message is there."""
        receipt = receipt[:DETAIL_MAX]
        values = {"state": state.value, "accepted_at": at, "receipt": receipt, "lease_until": None, "waits_for": "", "why_not": ""}
        if state is MessageState.DELIVERED:
            values["delivered_at"] = at
        with self._ledger.writing() as connection:
            done = connection.execute(update(outbox).where(outbox.c.id == message.id, outbox.c.state.not_in(THERE)).values(values))
            if done.rowcount:
                _log(connection, message.id, at, "accepted", receipt)
                apply_early(connection, message.id, message.channel, receipt)

    def retry(self, message: Outgoing, at: int, next_at: int, detail: str, failed: Failed | None = None) -> None:
        """See Outbox. A WAIT holds what else waits for the address until then; an UNKNOWN marks the next attempt as a possible repeat."""
        is_over = message.attempts >= MAX_ATTEMPTS
        values: dict[str, Any] = {"state": DEAD if is_over else QUEUED, "next_at": next_at, "lease_until": None, "set_at": at}
        if is_over:
            values["why_not"] = f"given up after {message.attempts} attempts: {detail}"[:DETAIL_MAX]
        if failed is not None and failed.kind is ErrorClass.UNKNOWN:
            values["is_possible_repeat"] = True
        with self._ledger.writing() as connection:
            if _answer(connection, message, at, "retry", detail, values, failed) and failed is not None and failed.kind is ErrorClass.WAIT:
                hold_address(connection, message.channel, message.address, next_at, at)

    def refused(self, message: Outgoing, at: int, detail: str, failed: Failed | None = None) -> None:
        values = {"state": DEAD, "lease_until": None, "why_not": detail[:DETAIL_MAX]}
        with self._ledger.writing() as connection:
            _answer(connection, message, at, "refused", detail, values, failed)

    def of_alert(self, alert_id: int) -> list[Delivery]:
        last = select(attempt.c.detail).where(attempt.c.outbox_id == outbox.c.id).order_by(attempt.c.id.desc()).limit(1).scalar_subquery()
        query = select(outbox, last.label("detail")).where(is_about(alert_id)).order_by(outbox.c.id)
        with self._ledger.reading() as connection:
            return [
                Delivery(
                    r["id"], r["alert_id"], r["recipient"], r["channel"], r["why"], r["light"], r["state"], r["attempts"], r["created_at"],
                    r["accepted_at"], r["detail"] or "",
                )
                for r in connection.execute(query).mappings()
            ]  # fmt: skip

    def follow_clock(self, now: int) -> None:
        """The clock went back: waits and leases go on for what was left of them, not for the hour that comes again. Any number of senders may."""
        c = outbox.c
        ahead = (c.state.in_((QUEUED, SENDING)), c.set_at > now + SECOND_US)
        with self._ledger.reading() as connection:
            if connection.execute(select(c.id).where(*ahead).limit(1)).first() is None and not is_ahead(connection, now):
                return
        back = c.set_at - now
        with self._ledger.writing() as connection:
            connection.execute(update(outbox).where(*ahead).values(next_at=c.next_at - back, lease_until=c.lease_until - back, set_at=now))
            follow_clock_back(connection, now)

    def shift(self, by_us: int, now: int) -> None:
        """For a clock that somebody knows to have been moved, now [µs] on the new one: what began to wait before waits as long as it would have.
        Moved back, every sender sees that by itself; doing both changes nothing more."""
        if by_us < 0:
            self.follow_clock(now)
            return
        c, n = outbox.c, notice.c
        before = now - by_us
        values = {"next_at": c.next_at + by_us, "lease_until": c.lease_until + by_us, "set_at": c.set_at + by_us}
        with self._ledger.writing() as connection:
            if is_counted(connection, SHIFTED, by_us, now):
                return
            connection.execute(update(outbox).where(c.state.in_((QUEUED, SENDING)), c.set_at <= before).values(values))
            waits = {"due_at": n.due_at + by_us, "set_at": n.set_at + by_us}
            connection.execute(update(notice).where(n.state == "waiting", n.set_at <= before).values(waits))
            shift_forward(connection, by_us, now)


def is_about(alert_id: int) -> Any:
    """Whether a message tells of the alert: by its notices, or by itself as before notices were kept."""
    grouped = select(notice.c.outbox_id).where(notice.c.alert_id == alert_id, notice.c.outbox_id.is_not(None))
    return or_(outbox.c.alert_id == alert_id, outbox.c.id.in_(grouped))


def outgoing(row: RowMapping, attempts: int | None = None) -> Outgoing:
    """A message as a channel gets it."""
    return Outgoing(
        row["id"], row["channel"], row["address"], row["title"], row["text"], row["why"], row["light"], row["payload"],
        row["attempts"] if attempts is None else attempts, row["alert_id"], row["recipient"], is_possible_repeat=row["is_possible_repeat"],
        receipt=row["receipt"], accepted_at=row["accepted_at"],
    )  # fmt: skip


def _take_back(connection: Connection, now: int, channels: Sequence[str]) -> None:
    """Messages whose sender never answered: again, marked, or dead after the last attempt."""
    c = outbox.c
    query = select(c.id, c.attempts).where(c.state == SENDING, c.lease_until <= now, c.channel.in_(channels)).with_for_update(skip_locked=True)
    for row in connection.execute(query).all():
        _log(connection, row.id, now, "retry", LEASE_ENDED, ErrorClass.UNKNOWN.value)
        values: dict[str, Any] = {"state": QUEUED, "lease_until": None, "next_at": now, "set_at": now, "is_possible_repeat": True}
        if row.attempts >= MAX_ATTEMPTS:
            values |= {"state": DEAD, "why_not": f"given up after {row.attempts} attempts: {LEASE_ENDED}"}
        connection.execute(update(outbox).where(c.id == row.id).values(values))


def _answer(
    connection: Connection, message: Outgoing, at: int, result: str, detail: str, values: Mapping[str, Any], failed: Failed | None
) -> bool:  # fmt: skip
    c = outbox.c
    mine = (c.id == message.id, c.state == SENDING, c.attempts == message.attempts)
    if not connection.execute(update(outbox).where(*mine).values(**values)).rowcount:
        return False
    _log(connection, message.id, at, result, detail, "" if failed is None else failed.kind.value, "" if failed is None else failed.code)
    return True


def _log(connection: Connection, outbox_id: int, at: int, result: str, detail: str, kind: str = "", code: str = "") -> None:
    values = {"outbox_id": outbox_id, "at": at, "result": result, "detail": detail[:DETAIL_MAX], "kind": kind, "code": code[:100]}
    connection.execute(insert(attempt).values(values))
