"""Deliveries as people see them: messages with attempts and receipts, the queue in numbers, and red alerts that reached nobody."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, exists, func, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.notices import row_of
from tricolor.adapters.ledger.outbox import is_about
from tricolor.adapters.ledger.schema import alert, attempt, audit, outbox
from tricolor.adapters.ledger.schema_notices import notice, operator_alarm, receipt
from tricolor.domain.delivery import ARRIVED, MessageState, Receipt
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.notices import NoticeRow
from tricolor.ports_delivery import Attempt, DeliveryRecord, QueueFigures, Unreached

AGAIN: Final = (MessageState.DEAD.value, MessageState.UNDELIVERED.value)
ON_WAY: Final = (MessageState.QUEUED.value, MessageState.SENDING.value)
REDS_MAX: Final = 5_000


class DeliveryBookSql:
    """DeliveryBook and RedBook over the tables outbox, attempt, notice and receipt."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def of_alert(self, alert_id: int) -> tuple[list[DeliveryRecord], list[NoticeRow]]:
        with self._ledger.reading() as connection:
            rows = connection.execute(select(outbox).where(is_about(alert_id)).order_by(outbox.c.id)).mappings().all()
            notices = connection.execute(select(notice).where(notice.c.alert_id == alert_id).order_by(notice.c.id)).mappings().all()
            return _whole(connection, rows), [row_of(row) for row in notices]

    def page(self, state: str, channel: str, limit: int, before_id: int | None) -> list[DeliveryRecord]:
        c = outbox.c
        query = select(outbox).order_by(c.id.desc()).limit(limit)
        query = query.where(c.state == state) if state else query
        query = query.where(c.channel == channel) if channel else query
        query = query.where(c.id < before_id) if before_id is not None else query
        with self._ledger.reading() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def get(self, delivery_id: int) -> DeliveryRecord:
        with self._ledger.reading() as connection:
            return _whole(connection, [_one(connection, delivery_id)])[0]

    def retry(self, delivery_id: int, by: str, at: int) -> DeliveryRecord:
        with self._ledger.writing() as connection:
            row = _one(connection, delivery_id)
            if row["state"] in AGAIN:
                is_repeat = row["is_possible_repeat"] or row["state"] == MessageState.UNDELIVERED
                values = {
                    "state": ON_WAY[0],
                    "attempts": 0,
                    "next_at": at,
                    "set_at": at,
                    "why_not": "",
                    "receipt": "",
                    "is_possible_repeat": is_repeat,
                }
                connection.execute(update(outbox).where(outbox.c.id == delivery_id).values(values))
                detail = {"was": row["state"], "why": row["why_not"]}
                connection.execute(insert(audit).values(at=at, who=by, action="delivery.retry", target=f"delivery/{delivery_id}", detail=detail))
            elif row["state"] != ON_WAY[0]:
                raise Refused(f"delivery {delivery_id} is {row['state']}: only a dead or undelivered message can be sent again")
        return self.get(delivery_id)

    def figures(self) -> QueueFigures:
        o, a = outbox.c, attempt.c
        kind = func.coalesce(func.nullif(a.kind, ""), a.result)
        with self._ledger.reading() as connection:

            def counted(*query: Any) -> dict[Any, int]:
                by, statement = query
                rows = connection.execute(statement.group_by(*by)).all()
                return {(tuple(row[:-1]) if len(by) > 1 else row[0]): int(row[-1]) for row in rows}

            queued = o.state == ON_WAY[0]
            oldest = connection.execute(select(o.channel, func.min(o.created_at)).where(queued).group_by(o.channel)).all()
            return QueueFigures(
                counted((o.channel, o.state), select(o.channel, o.state, func.count())),
                {str(channel): int(at) for channel, at in oldest},
                counted((o.channel, kind), select(o.channel, kind, func.count()).join(outbox, o.id == a.outbox_id)),
                counted((o.channel, o.waits_for), select(o.channel, o.waits_for, func.count()).where(queued, o.waits_for != "")),
                counted((notice.c.state,), select(notice.c.state, func.count())),
                counted((operator_alarm.c.kind,), select(operator_alarm.c.kind, func.count()).where(operator_alarm.c.cleared_at.is_(None))),
            )

    def unreached(self) -> list[Unreached]:
        a, n, o = alert.c, notice.c, outbox.c
        arrived = tuple(state.value for state in ARRIVED)
        # of this red: what was told of one that eased since says nothing of it
        told = exists().where(n.alert_id == a.id, n.rank == 0, n.created_at >= a.changed_at, n.outbox_id == o.id, o.state.in_(arrived))
        older = exists().where(o.alert_id == a.id, o.light == "red", o.owner == "", o.state.in_(arrived))
        reds = select(a.id, a.entity, a.rule, a.changed_at).where(a.level == "red", a.condition.in_(("firing", "recovering")), ~told, ~older)
        with self._ledger.reading() as connection:
            found = connection.execute(reds.order_by(a.id).limit(REDS_MAX)).all()
            ways = _ways(connection, [row.id for row in found])
        return [Unreached(row.id, row.entity, row.rule, row.changed_at, *_sorted(ways.get(row.id, []))) for row in found]


def _ways(connection: Connection, alerts: Sequence[int]) -> dict[int, list[RowMapping]]:
    """The notices of a red step of these alerts, each with its message."""
    n, o = notice.c, outbox.c
    last = select(attempt.c.code).where(attempt.c.outbox_id == o.id).order_by(attempt.c.id.desc()).limit(1).scalar_subquery()
    columns = (n.alert_id, n.recipient, n.channel, n.state, n.why_not, o.state.label("sent"), o.why_not.label("failure"), last.label("code"))
    query = select(*columns).select_from(notice.outerjoin(outbox, o.id == n.outbox_id)).where(n.rank == 0).order_by(n.id)
    found: dict[int, list[RowMapping]] = {}
    for start in range(0, len(alerts), 2_000):
        for row in connection.execute(query.where(n.alert_id.in_(alerts[start : start + 2_000]))).mappings():
            found.setdefault(row["alert_id"], []).append(row)
    return found


def _sorted(rows: Sequence[RowMapping]) -> tuple[tuple[tuple[str, str, str, str, str], ...], tuple[str, ...], bool]:
    """Whom a message failed to reach, why others are not told, and whether anything is still on its way."""
    failed = [(r["recipient"], r["channel"], r["sent"], r["code"] or "", r["failure"] or "") for r in rows if r["sent"] in AGAIN]
    muted = [r["why_not"] for r in rows if r["state"] == "muted"]
    is_waiting = any(r["state"] == "waiting" or r["sent"] in ON_WAY for r in rows)
    return tuple(dict.fromkeys(failed)), tuple(dict.fromkeys(muted)), is_waiting


def _one(connection: Connection, delivery_id: int) -> RowMapping:
    row = connection.execute(select(outbox).where(outbox.c.id == delivery_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return row


def _whole(connection: Connection, rows: Sequence[RowMapping]) -> list[DeliveryRecord]:
    ids = [row["id"] for row in rows]
    attempts: dict[int, list[Attempt]] = {}
    receipts: dict[int, list[Receipt]] = {}
    for a in connection.execute(select(attempt).where(attempt.c.outbox_id.in_(ids)).order_by(attempt.c.id)).mappings():
        attempts.setdefault(a["outbox_id"], []).append(Attempt(a["at"], a["result"], a["kind"], a["code"], a["detail"]))
    for r in connection.execute(select(receipt).where(receipt.c.outbox_id.in_(ids)).order_by(receipt.c.id)).mappings():
        said = Receipt(r["channel"], r["receipt"], r["address"], r["is_delivered"], r["code"], r["detail"], r["at"])
        receipts.setdefault(r["outbox_id"], []).append(said)
    return [_record(row, tuple(attempts.get(row["id"], ())), tuple(receipts.get(row["id"], ()))) for row in rows]


def _record(row: RowMapping, attempts: tuple[Attempt, ...] = (), receipts: tuple[Receipt, ...] = ()) -> DeliveryRecord:
    return DeliveryRecord(
        row["id"], tuple(row["items"]) or (row["alert_id"],), row["owner"], row["recipient"], row["channel"], row["address"], row["why"],
        row["light"], MessageState(row["state"]), row["title"], row["created_at"], row["next_at"], row["accepted_at"], row["delivered_at"],
        row["is_possible_repeat"], row["why_not"], row["waits_for"], attempts, receipts,
    )  # fmt: skip
