"""Notices in the ledger: written with the step that causes them, grouped into messages of the outbox, muted, superseded or dropped with why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, RowMapping, and_, func, insert, literal, or_, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, outbox
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.domain.alerts import Why
from tricolor.domain.delivery import MessageState
from tricolor.domain.grouping import Past, light_rank, rank_of
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light
from tricolor.domain.notices import Ended, Hold, Notice, NoticeRow, NoticeState
from tricolor.domain.notifications import Matter, Recipient
from tricolor.ports import AlertChange
from tricolor.ports_alerting import GroupMessage
from tricolor.ports_delivery import Stand

NAMED_AT_ONCE: Final = 2_000  # ids or rows in one statement
FOR_GROUP: Final = "group"  # why a waiting notice whose time had come waits on
RECHECK_US: Final = 60 * SECOND_US  # a muted notice without an end is looked at again so often
ON_ITS_WAY: Final = tuple(
    s.value for s in (MessageState.QUEUED, MessageState.SENDING, MessageState.ACCEPTED, MessageState.HANDED_OVER, MessageState.DELIVERED)
)
UNSENT: Final = (MessageState.QUEUED.value, MessageState.SENDING.value)
ENDS: Final = frozenset({Why.RESOLVED, Why.CLOSED})
OPEN_STATES: Final = (NoticeState.WAITING.value, NoticeState.MUTED.value)
_T = TypeVar("_T")
_MATTER: Final = tuple(field.name for field in fields(Matter))


def put_notices(connection: Connection, change: AlertChange, event_id: int, notices: Sequence[Notice], at: int) -> None:
    """The notices of a step, in the step's own transaction; an address named twice is told once."""
    put_all_notices(connection, [(change, event_id, notices)], at)


def put_all_notices(connection: Connection, told: Iterable[tuple[AlertChange, int, Sequence[Notice]]], at: int) -> None:
    """The notices of many steps at once: (change, id of its event, notices)."""
    rows: list[dict[str, Any]] = []
    for change, event_id, notices in told:
        once: dict[tuple[str, str], Notice] = {}
        for each in notices:
            once.setdefault((each.to.channel, each.to.address), each)
        rows += [_values(change, event_id, each, at) for each in once.values()]
    for part in _parts(rows, NAMED_AT_ONCE):
        connection.execute(insert(notice), list(part))


def told_of(connection: Connection, alert_id: int) -> list[Recipient]:
    """Everyone who has a message about the alert, there or on its way, or waits for one; in the order first told."""
    return told_of_all(connection, [alert_id]).get(alert_id, [])


def told_of_all(connection: Connection, alerts: Sequence[int]) -> dict[int, list[Recipient]]:
    """Like told_of, for many alerts."""
    found: dict[int, dict[Recipient, None]] = {}
    n, o = notice.c, outbox.c
    is_told = or_(n.state == NoticeState.WAITING, and_(n.state == NoticeState.GROUPED, o.state.in_(ON_ITS_WAY)))
    for part in _parts(alerts, NAMED_AT_ONCE):
        # from before notices were kept; its state is looked at here, lest the database begin with the state of all messages
        older = select(o.alert_id, o.channel, o.address, o.recipient, o.state).where(o.alert_id.in_(part), o.owner == "")
        query = select(n.alert_id, n.channel, n.address, n.recipient, literal(ON_ITS_WAY[0])).select_from(
            notice.outerjoin(outbox, o.id == n.outbox_id)
        )
        for statement in (older.order_by(o.id), query.where(n.alert_id.in_(part), is_told).order_by(n.id)):
            for alert_id, channel, address, recipient, state in connection.execute(statement):
                if state in ON_ITS_WAY:
                    found.setdefault(alert_id, {})[Recipient(channel, address, recipient)] = None
    return {alert_id: list(recipients) for alert_id, recipients in found.items()}


class NoticeBookSql:
    """NoticeBook and Tellings over the tables notice and outbox."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger
        self._seen_at = 0

    def due(self, now: int, limit: int) -> list[NoticeRow]:
        c = notice.c
        if now < self._seen_at or not self._seen_at:
            self._follow_clock(now)
        self._seen_at = now
        query = select(notice).where(c.state.in_(OPEN_STATES), c.due_at <= now).order_by(c.rank, c.due_at, c.id).limit(limit)
        with self._ledger.reading() as connection:
            return [row_of(row) for row in connection.execute(query).mappings()]

    def grouped(self, messages: Sequence[GroupMessage], at: int) -> list[int | None]:
        made: list[int | None] = []
        with self._ledger.writing() as connection:
            for message in messages:
                made.append(_group(connection, message, at, [outbox_id for outbox_id in made if outbox_id is not None]))
        return made

    def held(self, holds: Sequence[Hold], at: int) -> None:
        with self._ledger.writing() as connection:
            for hold in holds:
                state = NoticeState.MUTED if hold.why or hold.until is None else NoticeState.WAITING
                values = {"state": state.value, "why_not": hold.why or FOR_GROUP, "due_at": hold.until, "set_at": at}
                _update_open(connection, hold.notices, values)

    def ended(self, ended: Sequence[Ended], at: int) -> None:
        with self._ledger.writing() as connection:
            for each in ended:
                _update_open(connection, each.notices, {"state": each.state.value, "why_not": each.why, "due_at": None, "settled_at": at})

    def of_alert(self, alert_id: int) -> list[NoticeRow]:
        query = select(notice).where(notice.c.alert_id == alert_id).order_by(notice.c.id)
        with self._ledger.reading() as connection:
            return [row_of(row) for row in connection.execute(query).mappings()]

    def past(self, addresses: Sequence[tuple[str, str]], since: int) -> Mapping[tuple[str, str], Past]:
        """See Tellings. Superseded messages do not count: nobody got them."""
        found: dict[tuple[str, str], list[Any]] = {}
        c = outbox.c
        by_channel: dict[str, list[str]] = {}
        for channel, address in addresses:
            by_channel.setdefault(channel, []).append(address)
        with self._ledger.reading() as connection:
            newest = connection.execute(select(func.max(c.id))).scalar_one() or 0
            for channel, wanted in by_channel.items():
                for part in _parts(wanted, NAMED_AT_ONCE):
                    query = select(c.id, c.address, c.owner, c.rank, c.created_at, c.state).where(c.channel == channel, c.address.in_(part))
                    recent = query.where(c.created_at > since, c.state != MessageState.SUPERSEDED)
                    # by itself, and by no index of the address: else all that it ever was sent is read
                    queued = select(*query.selected_columns).where(c.state == MessageState.QUEUED, c.channel == channel, (c.address + "").in_(part))
                    for row in (*connection.execute(recent), *(r for r in connection.execute(queued) if r.created_at <= since)):
                        found.setdefault((channel, row.address), []).append(row)
        return {key: _past(found.get(key, []), newest) for key in addresses}

    def company(self, addresses: Sequence[tuple[str, str]], known: Sequence[int]) -> list[NoticeRow]:
        c, old = notice.c, frozenset(known)
        by_channel: dict[str, list[str]] = {}
        for channel, address in addresses:
            by_channel.setdefault(channel, []).append(address)
        found: list[NoticeRow] = []
        with self._ledger.reading() as connection:
            for channel, wanted in by_channel.items():
                for part in _parts(wanted, NAMED_AT_ONCE):
                    waiting = (c.state == NoticeState.WAITING, c.channel == channel, c.address.in_(part), c.why_not == FOR_GROUP)
                    query = select(notice).where(*waiting).order_by(c.rank, c.id)
                    found += [row_of(row) for row in connection.execute(query).mappings() if row["id"] not in old]
        return found

    def stands(self, alerts: Sequence[int]) -> Mapping[int, Stand]:
        told: dict[int, dict[tuple[str, str], int]] = {}
        unsent: dict[int, set[tuple[str, str]]] = {}
        found: dict[int, Stand] = {}
        n, o = notice.c, outbox.c
        with self._ledger.reading() as connection:
            for part in _parts(list(dict.fromkeys(alerts)), NAMED_AT_ONCE):
                grouped = select(n.alert_id, o.channel, o.address, n.event_id, o.state).join(outbox, o.id == n.outbox_id)
                older = select(o.alert_id, o.channel, o.address, o.event_id, o.state).where(o.owner == "")
                for statement in (older.where(o.alert_id.in_(part)), grouped.where(n.alert_id.in_(part))):
                    for alert_id, channel, address, event_id, state in connection.execute(statement):
                        if state in ON_ITS_WAY:  # asked of the database it would begin with every message that arrived
                            mine = told.setdefault(alert_id, {})
                            mine[channel, address] = max(event_id, mine.get((channel, address), 0))
                        if state in UNSENT:
                            unsent.setdefault(alert_id, set()).add((channel, address))
                for row in connection.execute(select(alert.c.id, alert.c.condition, alert.c.handling).where(alert.c.id.in_(part))):
                    found[row.id] = Stand(
                        row.condition != "resolved", row.handling == "acked", told.get(row.id, {}), frozenset(unsent.get(row.id, ()))
                    )  # fmt: skip
        return found

    def _follow_clock(self, now: int) -> None:
        """The clock went back: what waits for a length of time goes on waiting for the rest of it, not for the hour that comes again."""
        c = notice.c
        ahead = (c.state == NoticeState.WAITING, c.set_at > now + SECOND_US)
        with self._ledger.reading() as connection:
            if connection.execute(select(c.id).where(*ahead).limit(1)).first() is None:
                return
        with self._ledger.writing() as connection:
            connection.execute(update(notice).where(*ahead).values(due_at=c.due_at - (c.set_at - now), set_at=now))


def row_of(row: RowMapping) -> NoticeRow:
    """A notice as the table holds it."""
    said = row["matter"]
    matter = Matter(**{**{name: said[name] for name in _MATTER if name in said}, "why": Why(said["why"]), "light": Light(said["light"])})
    state = NoticeState(row["state"])
    muted = row["why_not"] if state is NoticeState.MUTED else ""
    to = Recipient(row["channel"], row["address"], row["recipient"])
    made = Notice(to, row["owner"], matter, row["due_at"] or 0, muted, row["step"], row["reason_zh"], row["reason_en"])
    return NoticeRow(row["id"], row["event_id"], made, state, row["created_at"], row["outbox_id"], row["why_not"], row["settled_at"])


def _values(change: AlertChange, event_id: int, each: Notice, at: int) -> dict[str, Any]:
    matter = {name: getattr(each.matter, name) for name in _MATTER}
    is_end = each.matter.why in ENDS
    due_at = max(each.due_at, at) if not each.muted or each.due_at > at else at + RECHECK_US
    return {
        "event_id": event_id, "alert_id": change.alert_id, "owner": each.owner, "channel": each.to.channel, "address": each.to.address,
        "recipient": each.to.recipient, "why": each.matter.why.value, "light": each.matter.light.value,
        "rank": 3 if is_end else light_rank(each.matter.light), "matter": matter, "step": each.step, "reason_zh": each.reason_zh,
        "reason_en": each.reason_en, "state": (NoticeState.MUTED if each.muted else NoticeState.WAITING).value, "why_not": each.muted,
        "due_at": due_at, "set_at": at, "created_at": at,
    }  # fmt: skip


def _update_open(connection: Connection, rows: Sequence[NoticeRow], values: Mapping[str, Any]) -> int:
    """How many were still open and are changed."""
    changed = 0
    for part in _parts([row.id for row in rows], NAMED_AT_ONCE):
        changed += connection.execute(update(notice).where(notice.c.id.in_(part), notice.c.state.in_(OPEN_STATES)).values(**values)).rowcount
    return changed


def _group(connection: Connection, message: GroupMessage, at: int, mine: Sequence[int]) -> int | None:
    """One message; the ledger's one write lock makes what is read here still true at the commit. mine: made in this transaction."""
    to, ids = message.draft.to, [row.id for row in message.notices]
    c = outbox.c
    others = select(c.id).where(c.channel == to.channel, c.address == to.address, c.id > message.after_id, c.id.not_in(mine))
    if connection.execute(others.limit(1)).first() is not None:
        return None
    still = 0
    for part in _parts(ids, NAMED_AT_ONCE):
        query = select(func.count()).select_from(notice).where(notice.c.id.in_(part), notice.c.state.in_(OPEN_STATES))
        still += connection.execute(query).scalar_one()
    if still != len(ids) or _is_over(connection, message.notices):
        return None
    worst = min(message.notices, key=rank_of)
    items = list(dict.fromkeys(row.notice.matter.alert_id for row in message.notices))
    values = {
        "alert_id": worst.notice.matter.alert_id, "event_id": worst.event_id, "channel": to.channel, "address": to.address,
        "recipient": to.recipient, "why": worst.notice.matter.why.value, "light": worst.notice.matter.light.value, "title": message.draft.title,
        "text": message.draft.text, "payload": dict(message.draft.payload), "state": MessageState.QUEUED.value, "attempts": 0, "next_at": at,
        "created_at": at, "owner": message.owner, "items": items, "rank": message.rank, "lang": message.lang, "link_key": message.link_key or None,
        "set_at": at,
    }  # fmt: skip
    outbox_id = int(connection.execute(insert(outbox).values(values).returning(c.id)).scalar_one())
    settled = {"state": NoticeState.GROUPED.value, "outbox_id": outbox_id, "settled_at": at, "due_at": None, "why_not": ""}
    _update_open(connection, message.notices, settled)
    _supersede(connection, message, outbox_id, frozenset(items))
    return outbox_id


def _is_over(connection: Connection, rows: Sequence[NoticeRow]) -> bool:
    """Whether an alert ended since it was looked at: nobody is told any more that it stands, least of all who would not be told of its end."""
    c = alert.c
    standing = {row.notice.matter.alert_id for row in rows if row.notice.matter.why not in ENDS}
    return any(
        connection.execute(select(c.id).where(c.id.in_(part), c.condition == "resolved").limit(1)).first() is not None
        for part in _parts(list(standing), NAMED_AT_ONCE)
    )


def _supersede(connection: Connection, message: GroupMessage, outbox_id: int, items: frozenset[int]) -> None:
    """A less urgent message about the same alerts that nobody tried to send yet gives its turn to the new one."""
    c, to = outbox.c, message.draft.to
    queued = select(c.id, c["items"].label("about")).where(
        c.channel == to.channel, c.address == to.address, c.state == MessageState.QUEUED, c.attempts == 0, c.rank > message.rank, c.id != outbox_id
    )  # fmt: skip
    for row in connection.execute(queued).all():
        if row.about and items.issuperset(row.about):
            values = {"state": MessageState.SUPERSEDED.value, "why_not": f"message {outbox_id} says it, and worse"}
            connection.execute(update(outbox).where(c.id == row.id).values(values))


def _past(rows: Sequence[Any], newest_id: int) -> Past:
    last: dict[tuple[str, int], int] = {}
    for row in rows:
        key = (row.owner, row.rank)
        last[key] = max(last.get(key, row.created_at), row.created_at)
    waiting = (MessageState.QUEUED, MessageState.SENDING)
    unsent = frozenset((row.owner, row.rank) for row in rows if row.state in waiting)
    return Past(tuple((row.created_at, row.rank) for row in rows), last, unsent, newest_id)


def _parts(rows: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))
