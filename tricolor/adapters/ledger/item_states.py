"""The state of open items, worked out from whether their steps are there and which decisions are in force; and the record of what happened."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select, update

from tricolor.adapters.ledger.schema_items import item_decision, item_event, open_item
from tricolor.domain.items import DecisionKind, ItemEventKind, ItemState


def restate(connection: Connection, point: int) -> None:
    """Bring the state of every item of the point to what holds now, inside a writing() transaction."""
    decided = connection.execute(select(item_decision).where(item_decision.c.point == point, item_decision.c.undone_at.is_(None))).all()
    kind_of = {row.item_id: row.kind for row in decided if row.item_id is not None and row.kind != DecisionKind.SUBSTITUTE}
    spans = joined([(row.start, row.end) for row in decided if row.kind == DecisionKind.SUBSTITUTE])
    columns = (open_item.c.id, open_item.c.start, open_item.c.end, open_item.c.is_present, open_item.c.state)
    changed = []
    for row in connection.execute(select(*columns).where(open_item.c.point == point)):
        state = state_of(row.is_present, kind_of.get(row.id), any(low <= row.start and row.end <= high for low, high in spans))
        if state != row.state:
            changed.append({"which": row.id, "state": state})
    if changed:
        connection.execute(update(open_item).where(open_item.c.id == bindparam("which")), changed)


def state_of(is_present: bool, decided: str | None, is_substituted: bool) -> ItemState:
    """An exchange that was declared for an item is why its step is gone; so the item stays settled."""
    if is_present:
        return ItemState.SETTLED if decided is not None or is_substituted else ItemState.OPEN
    return ItemState.SETTLED if decided == DecisionKind.EXCHANGE else ItemState.GONE


def joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, those that touch made one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def tell(
    connection: Connection, items: Sequence[int], what: ItemEventKind, at: int, who: str = "", reason: str = "", decision: int | None = None
) -> None:  # fmt: skip
    """One event for each of the items."""
    rows = [{"item_id": item, "at": at, "what": what, "who": who, "reason": reason, "decision_id": decision} for item in items]
    if rows:
        connection.execute(insert(item_event), rows)


def mark_undone(connection: Connection, decision: int, who: str, reason: str, at: int) -> None:
    connection.execute(update(item_decision).where(item_decision.c.id == decision).values(undone_at=at, undone_by=who, undone_reason=reason))


def undo_of_exchange(connection: Connection, exchange: int, who: str, at: int) -> None:
    """The exchange was revoked by itself: so is the decision that declared it."""
    which = (item_decision.c.exchange_id == exchange, item_decision.c.undone_at.is_(None))
    for row in connection.execute(select(item_decision).where(*which)).all():
        mark_undone(connection, row.id, who, "the exchange was revoked", at)
        tell(connection, [row.item_id], ItemEventKind.UNDONE, at, who, "the exchange was revoked", row.id)
        restate(connection, row.point)
