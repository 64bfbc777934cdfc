"""The work list of open items as people read it, the desk where they decide, and the record that settling keeps."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exchanges import declare, revoke, settle_again
from tricolor.adapters.ledger.item_states import mark_undone, restate, tell
from tricolor.adapters.ledger.schema import audit, meter_exchange
from tricolor.adapters.ledger.schema_items import item_decision, item_event, open_item
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.exchanges import Exchange
from tricolor.domain.intervals import Interval, iso
from tricolor.domain.items import (
    Decision,
    DecisionKind,
    ItemEvent,
    ItemEventKind,
    ItemFilter,
    ItemHistory,
    ItemState,
    OpenItem,
    Parked,
    check_amount,
    check_author,
    check_confirm,
    check_moment,
    check_span,
    refuse_faults,
)
from tricolor.domain.steps import StepKind

_CHUNK = 400  # bound values of one statement
_SCAN = 2_000  # items looked at in one go where the points asked for are too many to name


class OpenItemsBookSql:
    """OpenItemsBook on SQLAlchemy."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def page(self, which: ItemFilter, limit: int, before_id: int | None = None) -> list[OpenItem]:
        found: list[Row[Any]] = []
        is_named = which.points is None or len(which.points) <= _CHUNK
        with self._ledger.reading() as connection:
            while len(found) < limit:  # ends: before_id falls with every turn
                query = select(open_item).order_by(open_item.c.id.desc()).limit(limit - len(found) if is_named else _SCAN)
                if which.state is not None:
                    query = query.where(open_item.c.state == which.state)
                if which.points is not None and is_named:
                    query = query.where(open_item.c.point.in_(sorted(which.points)))
                if before_id is not None:
                    query = query.where(open_item.c.id < before_id)
                rows = connection.execute(query).all()
                found += [row for row in rows if is_named or row.point in (which.points or ())]
                if is_named or len(rows) < _SCAN:
                    break
                before_id = rows[-1].id
            return _items(connection, found[:limit])

    def get(self, item: int) -> ItemHistory:
        with self._ledger.reading() as connection:
            row = _row_of(connection, item)
            (found,) = _items(connection, [row])
            events = connection.execute(select(item_event).where(item_event.c.item_id == item).order_by(item_event.c.id)).all()
            ids = sorted({e.decision_id for e in events if e.decision_id is not None})
            decisions = _decisions(connection, _with_exchange().where(item_decision.c.id.in_(ids)).order_by(item_decision.c.id))
        told = tuple(ItemEvent(e.at, ItemEventKind(e.what), e.who, e.reason, e.decision_id) for e in events)
        return ItemHistory(found, tuple(decisions), told)

    def counts(self, points: frozenset[int] | None = None) -> Mapping[ItemState, int]:
        total = dict.fromkeys(ItemState, 0)
        keys = [] if points is None else sorted(points)
        with self._ledger.reading() as connection:
            for begin in range(0, len(keys) or 1, _CHUNK):
                query = select(open_item.c.state, func.count()).group_by(open_item.c.state)
                if points is not None:
                    query = query.where(open_item.c.point.in_(keys[begin : begin + _CHUNK]))
                for state, count in connection.execute(query):
                    total[ItemState(state)] += count
        return total

    def decisions(self, point: int) -> list[Decision]:
        with self._ledger.reading() as connection:
            return _decisions(connection, _with_exchange().where(item_decision.c.point == point).order_by(item_decision.c.id.desc()))

    def decision(self, decision: int) -> Decision:
        with self._ledger.reading() as connection:
            return _decision_of(connection, decision)


class ItemDeskSql:
    """ItemDesk on SQLAlchemy: each decision, its audit and the work that it makes for settling are one transaction."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def confirm(self, item: int, amount: float | None, who: str, reason: str, at: int) -> Decision:
        with self._ledger.writing() as connection:
            row = _undecided(connection, item)
            refuse_faults([*check_author(who, reason), *check_confirm(_parked(row), amount)])
            made = _decide(connection, DecisionKind.CONFIRM, who, reason, at, row=row, jump=row.jump, amount=amount)
            settle_again(connection, row.point, row.start, row.end)
            return _decision_of(connection, made)

    def dismiss(self, item: int, who: str, reason: str, at: int) -> Decision:
        with self._ledger.writing() as connection:
            row = _undecided(connection, item)
            refuse_faults(check_author(who, reason))
            return _decision_of(connection, _decide(connection, DecisionKind.DISMISS, who, reason, at, row=row))

    def exchange(self, item: int, moment: int, final: float, start: float, who: str, reason: str, at: int) -> Decision:
        with self._ledger.writing() as connection:
            row = _undecided(connection, item)
            faults = [] if row.before is not None else ["this point has no register: a meter exchange does not concern it"]
            refuse_faults([*check_author(who, reason), *faults, *check_moment(_parked(row), moment)])
            declared = declare(connection, Exchange(row.point, moment, final, start), who, reason, at)
            made = _decide(connection, DecisionKind.EXCHANGE, who, reason, at, row=row, exchange_id=declared)
            return _decision_of(connection, made)

    def substitute(self, point: int, start: int, end: int, amount: float, who: str, reason: str, at: int) -> Decision:
        refuse_faults([*check_author(who, reason), *check_span(start, end, at), *check_amount(amount)])
        with self._ledger.writing() as connection:
            held = connection.execute(
                select(item_decision).where(
                    item_decision.c.point == point, item_decision.c.kind == DecisionKind.SUBSTITUTE, item_decision.c.undone_at.is_(None),
                    item_decision.c.start < end, item_decision.c.end > start,
                )
            ).first()  # fmt: skip
            if held is not None:
                span = f"{iso(held.start)} … {iso(held.end)}"
                raise Refused(f"decision {held.id} already substitutes {span}: undo it first, or choose a span beside it")
            made = _decide(connection, DecisionKind.SUBSTITUTE, who, reason, at, point=point, start=start, end=end, amount=amount)
            settle_again(connection, point, start, end)
            return _decision_of(connection, made)

    def undo(self, decision: int, who: str, reason: str, at: int) -> Decision:
        refuse_faults(check_author(who, reason))
        with self._ledger.writing() as connection:
            held = _decision_of(connection, decision)
            if held.undone_at is not None:
                raise Refused(f"decision {decision} was undone at {iso(held.undone_at)} by {held.undone_by}")
            mark_undone(connection, decision, who, reason, at)
            tell(connection, _concerned(connection, held.item, held.point, held.start, held.end), ItemEventKind.UNDONE, at, who, reason, decision)
            if held.kind is DecisionKind.EXCHANGE:
                exchange_id = connection.execute(select(item_decision.c.exchange_id).where(item_decision.c.id == decision)).scalar_one()
                revoke(connection, meter_exchange, exchange_id, who, at)
            elif held.kind is not DecisionKind.DISMISS:
                settle_again(connection, held.point, held.start, held.end)
            restate(connection, held.point)
            _audit(connection, "item.undo", held.point, who, at, {"decision": decision, "reason": reason})
            return _decision_of(connection, decision)


class ItemRecordSql:
    """ItemRecord on SQLAlchemy."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def points(self) -> set[int]:
        with self._ledger.reading() as connection:
            return set(connection.execute(select(open_item.c.point).where(open_item.c.is_present).distinct()).scalars())

    def held(self, points: Sequence[int], span: Interval) -> list[tuple[int, Parked, bool]]:
        found: list[tuple[int, Parked, bool]] = []
        with self._ledger.reading() as connection:
            for begin in range(0, len(points), _CHUNK):
                mine = open_item.c.point.in_(points[begin : begin + _CHUNK])
                query = select(open_item).where(mine, open_item.c.start < span.end, open_item.c.end > span.start).order_by(open_item.c.id)
                found += [(row.id, _parked(row), row.is_present) for row in connection.execute(query)]
        return found

    def write(self, appeared: Sequence[Parked], standing: Sequence[tuple[int, Parked]], gone: Sequence[tuple[int, str]], at: int) -> None:
        with self._ledger.writing() as connection:
            made = [{**_columns(parked), "first_seen": at, "is_present": True, "state": ItemState.OPEN, "gone_because": ""} for parked in appeared]
            if made:
                ids = connection.execute(insert(open_item).returning(open_item.c.id), made).scalars().all()
                tell(connection, ids, ItemEventKind.APPEARED, at)
            known = _rows_of(connection, [item for item, _ in [*standing, *gone]])
            there = [{"which": item, **_columns(parked), "is_present": True, "gone_at": None, "gone_because": ""} for item, parked in standing]
            off = [{"which": item, "is_present": False, "gone_at": at, "gone_because": because} for item, because in gone]
            for rows in (there, off):
                if rows:
                    connection.execute(update(open_item).where(open_item.c.id == bindparam("which")), rows)
            tell(connection, [item for item, _ in standing if not known[item].is_present], ItemEventKind.RETURNED, at)
            for because in sorted({because for _, because in gone}):
                tell(connection, [item for item, why in gone if why == because], ItemEventKind.GONE, at, reason=because)
            for point in sorted({p.point for p in appeared} | {row.point for row in known.values()}):
                restate(connection, point)


def _rows_of(connection: Connection, items: Sequence[int]) -> dict[int, Row[Any]]:
    found: dict[int, Row[Any]] = {}
    for begin in range(0, len(items), _CHUNK):
        for row in connection.execute(select(open_item).where(open_item.c.id.in_(items[begin : begin + _CHUNK]))):
            found[row.id] = row
    return found


def _decide(
    connection: Connection, kind: DecisionKind, who: str, reason: str, at: int, row: Row[Any] | None = None, **columns: Any
) -> int:  # fmt: skip
    """Keep a decision, tell it to the items that it concerns, and write the audit."""
    if row is not None:
        columns = {"item_id": row.id, "point": row.point, "start": row.start, "end": row.end, **columns}
    values = {"kind": kind, "person": who, "reason": reason, "decided_at": at, **columns}
    made = int(connection.execute(insert(item_decision).values(**values).returning(item_decision.c.id)).scalar_one())
    concerned = _concerned(connection, columns.get("item_id"), columns["point"], columns["start"], columns["end"])
    tell(connection, concerned, ItemEventKind(kind), at, who, reason, made)
    restate(connection, columns["point"])
    _audit(connection, f"item.{kind}", columns["point"], who, at, {**columns, "decision": made, "reason": reason})
    return made


def _concerned(connection: Connection, item: int | None, point: int, start: int, end: int) -> list[int]:
    """The item itself; of a substitute, every item that lies in its span."""
    if item is not None:
        return [item]
    query = select(open_item.c.id).where(open_item.c.point == point, open_item.c.start >= start, open_item.c.end <= end, open_item.c.is_present)
    return list(connection.execute(query.order_by(open_item.c.id)).scalars())


def _audit(connection: Connection, action: str, point: int, who: str, at: int, detail: Mapping[str, object]) -> None:
    connection.execute(insert(audit).values(at=at, who=who, action=action, target=str(point), detail=dict(detail)))


def _undecided(connection: Connection, item: int) -> Row[Any]:
    """The item; Refused when it is gone or decided already."""
    row = _row_of(connection, item)
    if row.state == ItemState.OPEN:
        return row
    if row.state == ItemState.GONE:
        raise Refused(f"item {item} is gone: later data explain it ({row.gone_because or 'the readings are no more'}), there is nothing to decide")
    (found,) = _items(connection, [row])
    assert found.decision is not None
    raise Refused(f"item {item} is settled by decision {found.decision.id} ({found.decision.kind}) of {found.decision.person}: undo that first")


def _row_of(connection: Connection, item: int) -> Row[Any]:
    row = connection.execute(select(open_item).where(open_item.c.id == item)).first()
    if row is None:
        raise NotFound(f"没有待核实项 {item} · there is no open item {item}")
    return row


def _decision_of(connection: Connection, decision: int) -> Decision:
    found = _decisions(connection, _with_exchange().where(item_decision.c.id == decision))
    if not found:
        raise NotFound(f"没有决定 {decision} · there is no decision {decision}")
    return found[0]


def _with_exchange() -> Select[Any]:
    told = (meter_exchange.c.at.label("x_at"), meter_exchange.c.final.label("x_final"), meter_exchange.c.start.label("x_start"))
    return select(item_decision, *told).outerjoin(meter_exchange, meter_exchange.c.id == item_decision.c.exchange_id)


def _decisions(connection: Connection, query: Select[Any]) -> list[Decision]:
    return [
        Decision(
            r.id, DecisionKind(r.kind), r.point, r.item_id, r.start, r.end, r.amount,
            None if r.x_at is None else Exchange(r.point, r.x_at, r.x_final, r.x_start),
            r.person, r.reason, r.decided_at, r.undone_at, r.undone_by, r.undone_reason,
        )
        for r in connection.execute(query)
    ]  # fmt: skip


def _items(connection: Connection, rows: Sequence[Row[Any]]) -> list[OpenItem]:
    """The rows as items, each with the decision in force."""
    settled = [row for row in rows if row.state == ItemState.SETTLED]
    own: dict[int, Decision] = {}
    given: dict[int, list[Decision]] = {}
    in_force = item_decision.c.undone_at.is_(None)
    for begin in range(0, len(settled), _CHUNK):
        part = settled[begin : begin + _CHUNK]
        query = _with_exchange().where(in_force, item_decision.c.item_id.in_([row.id for row in part]))
        own.update({d.item: d for d in _decisions(connection, query.order_by(item_decision.c.id)) if d.item is not None})
        points = sorted({row.point for row in part})
        query = _with_exchange().where(and_(in_force, item_decision.c.kind == DecisionKind.SUBSTITUTE, item_decision.c.point.in_(points)))
        for d in _decisions(connection, query.order_by(item_decision.c.start)):
            if d not in given.setdefault(d.point, []):
                given[d.point].append(d)
    found = []
    for row in rows:
        covering = (d for d in given.get(row.point, ()) if d.start < row.end and d.end > row.start)
        decision = own.get(row.id) or next(covering, None) if row.state == ItemState.SETTLED else None
        found.append(OpenItem(row.id, _parked(row), ItemState(row.state), row.first_seen, row.gone_at, row.gone_because, decision))
    return found


def _columns(parked: Parked) -> dict[str, object]:
    return {
        "point": parked.point, "start": parked.start, "end": parked.end, "kind": int(parked.kind), "before": parked.before,
        "after": parked.after, "jump": parked.jump, "amount": parked.amount,
    }  # fmt: skip


def _parked(r: Row[Any]) -> Parked:
    return Parked(r.point, r.start, r.end, StepKind(r.kind), r.before, r.after, r.jump, r.amount)
