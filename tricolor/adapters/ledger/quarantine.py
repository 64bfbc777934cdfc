"""The quarantine in the ledger: what it holds, putting it back on its way, dropping it, and its bounds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, insert, select, true, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit, quarantine, quarantine_dropped, quarantine_raw
from tricolor.domain.errors import NotFound
from tricolor.domain.quarantine import QuarantineCount, QuarantineFilter, UnknownPoint
from tricolor.domain.readings import Frame, Reject
from tricolor.ports import QuarantineItem

_WITH_RAW = quarantine.outerjoin(quarantine_raw, quarantine_raw.c.id == quarantine.c.raw_id)
_SIZE = func.coalesce(func.length(quarantine_raw.c.payload), 0).label("raw_bytes")
_TRIM_ROWS = 20_000  # oldest rows looked at in one stroke of trimming
SAMPLES = 6
T = TypeVar("T")


def _where(which: QuarantineFilter) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if which.reason:
        parts.append(quarantine.c.reason == which.reason)
    if which.source:
        parts.append(quarantine.c.source == which.source)
    if which.since is not None:
        parts.append(quarantine.c.received_at >= which.since)
    if which.ids:
        parts.append(quarantine.c.id.in_(list(which.ids)))
    return and_(true(), *parts)


class QuarantineBookSql:
    """QuarantineBook over the tables quarantine and quarantine_raw."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def page(
        self, reason: str, sources: Sequence[str], limit: int, before_id: int | None, since: int | None = None, state: str = ""
    ) -> list[QuarantineItem]:
        query = select(quarantine, _SIZE).select_from(_WITH_RAW).order_by(quarantine.c.id.desc()).limit(limit)
        query = query.where(_where(QuarantineFilter(reason, since=since)))
        if sources:
            query = query.where(quarantine.c.source.in_(sources))
        if state:
            query = query.where(quarantine.c.state == state)
        if before_id is not None:
            query = query.where(quarantine.c.id < before_id)
        with self._ledger.reading() as connection:
            return [_item(row) for row in connection.execute(query).mappings()]

    def raw(self, item_id: int) -> tuple[QuarantineItem, bytes]:
        query = select(quarantine, _SIZE, quarantine_raw.c.payload).select_from(_WITH_RAW).where(quarantine.c.id == item_id)
        with self._ledger.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or row["payload"] is None:
            raise NotFound(f"the quarantine holds no bytes of an entry {item_id}")
        return _item(row), bytes(row["payload"])

    def counts(self) -> list[QuarantineCount]:
        """Entries per source (gateway or key), reason and state."""
        by = (quarantine.c.source, quarantine.c.reason, quarantine.c.state)
        times = func.min(quarantine.c.received_at), func.max(quarantine.c.received_at)
        with self._ledger.reading() as connection:
            rows = connection.execute(select(*by, func.count(), *times).group_by(*by).order_by(*by))
            return [QuarantineCount(*row) for row in rows]

    def unknown(self, enterprise: str = "") -> list[UnknownPoint]:
        """The point ids not in the registry that are held, by enterprise; at most 10,000 of them."""
        q = quarantine.c
        where = and_(q.reason == Reject.UNKNOWN_POINT.value, q.state == "held", q.point != "", q.enterprise == enterprise if enterprise else true())
        query = select(q.enterprise, q.point, func.count(), func.min(q.received_at), func.max(q.received_at)).where(where)
        with self._ledger.reading() as connection:
            found = connection.execute(query.group_by(q.enterprise, q.point).order_by(q.enterprise, q.point).limit(10_000)).all()
            out = []
            for row in found:
                mine = select(q.id).where(where, q.enterprise == row[0], q.point == row[1]).order_by(q.id.desc()).limit(SAMPLES)
                out.append(UnknownPoint(row[0], row[1], row[2], row[3], row[4], tuple(connection.execute(mine).scalars())))
            return out

    def size(self) -> tuple[int, int]:
        """Entries, and bytes of kept messages."""
        with self._ledger.reading() as connection:
            return _size(connection)

    def dropped(self) -> Mapping[str, tuple[int, int]]:
        """Entries removed since the beginning, per source: by the cap, by an operator."""
        with self._ledger.reading() as connection:
            return {row.source: (row.by_cap, row.by_operator) for row in connection.execute(select(quarantine_dropped))}


class QuarantineDeskSql:
    """Changes to the quarantine. A message is replayed whole: all its entries move with it."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def queue(self, which: QuarantineFilter, who: str, at: int) -> tuple[int, int]:
        """Mark what is held for a replay, which the intake takes up by itself; how many messages and entries."""
        with self._ledger.writing() as connection:
            raws = select(quarantine.c.raw_id).where(_where(which), quarantine.c.state == "held").distinct()
            messages = int(connection.execute(select(func.count()).select_from(raws.subquery())).scalar_one())
            of_them = and_(quarantine.c.raw_id.in_(raws), quarantine.c.state == "held")
            done = connection.execute(update(quarantine).where(of_them).values(state="queued")).rowcount
            _audit(connection, at, who, "quarantine.replay", {**which.words(), "messages": messages, "entries": done})
        return messages, done

    def replay(self, spool: Callable[[list[Frame]], object], limit_bytes: int, at: int) -> int:
        """Hand queued messages, oldest first, to the spool and mark them replayed; how many. Cut off in between they are handed over again.

        The write lock of the ledger is held meanwhile, so that of several workers one takes them.
        """
        q = quarantine.c
        firsts = select(func.min(q.id)).where(q.state == "queued").group_by(q.raw_id)
        with self._ledger.reading() as connection:
            if connection.execute(select(q.id).where(q.state == "queued").limit(1)).first() is None:
                return 0
        with self._ledger.writing() as connection:
            query = select(quarantine, quarantine_raw.c.payload).select_from(_WITH_RAW).where(q.id.in_(firsts)).order_by(q.id)
            frames, raws, size = [], [], 0
            for row in connection.execute(query.limit(2_000)).mappings():
                raws.append(row["raw_id"])
                if row["payload"] is not None:
                    payload = bytes(row["payload"])
                    frames.append(Frame(row["topic"], payload, at, row["source"], 0, row["content_type"], row["enterprise"], row["seq"]))
                    size += len(payload)
                if size >= limit_bytes:
                    break
            if frames:
                spool(frames)
            for some in _parts(raws):
                connection.execute(update(quarantine).where(q.raw_id.in_(some), q.state == "queued").values(state="replayed"))
        return len(frames)

    def drop(self, which: QuarantineFilter, who: str, at: int) -> int:
        """Remove entries, and the bytes that no entry needs any more; how many entries."""
        with self._ledger.writing() as connection:
            rows = connection.execute(select(quarantine.c.id, quarantine.c.raw_id, quarantine.c.source).where(_where(which))).all()
            _remove(connection, [(r.id, r.raw_id, r.source) for r in rows], at, is_by_cap=False)
            _audit(connection, at, who, "quarantine.drop", {**which.words(), "entries": len(rows)})
        return len(rows)

    def trim(self, max_rows: int, max_bytes: int, at: int) -> int:
        """Remove the oldest entries, whole messages, until both bounds hold; how many. What was replayed goes first."""
        gone = 0
        for state in ("replayed", "held"):
            while True:
                with self._ledger.writing() as connection:
                    rows, size = _size(connection)
                    over_rows, over_bytes = rows - max_rows, size - max_bytes
                    if over_rows <= 0 and over_bytes <= 0:
                        return gone
                    found = _oldest(connection, state, over_rows, over_bytes)
                    if not found:
                        break
                    _remove(connection, found, at, is_by_cap=True)
                    gone += len(found)
        return gone


def _size(connection: Connection) -> tuple[int, int]:
    rows = int(connection.execute(select(func.count()).select_from(quarantine)).scalar_one())
    size = connection.execute(select(func.coalesce(func.sum(func.length(quarantine_raw.c.payload)), 0))).scalar_one()
    return rows, int(size)


def _oldest(connection: Connection, state: str, over_rows: int, over_bytes: int) -> list[tuple[int, int, str]]:
    """The oldest entries of the state that make up the excess, to the end of the last message."""
    query = select(quarantine.c.id, quarantine.c.raw_id, quarantine.c.source, _SIZE).select_from(_WITH_RAW)
    query = query.where(quarantine.c.state == state).order_by(quarantine.c.raw_id, quarantine.c.id).limit(_TRIM_ROWS)
    found: list[tuple[int, int, str]] = []
    last, freed = None, 0
    for row in connection.execute(query):
        if row.raw_id != last:
            if len(found) >= over_rows and freed >= over_bytes:
                break
            freed, last = freed + row.raw_bytes, row.raw_id
        found.append((row.id, row.raw_id, row.source))
    return found


def _remove(connection: Connection, rows: Sequence[tuple[int, int, str]], at: int, *, is_by_cap: bool) -> None:
    for some in _parts(rows):
        connection.execute(delete(quarantine).where(quarantine.c.id.in_([row[0] for row in some])))
    for raws in _parts(sorted({row[1] for row in rows})):
        kept = select(quarantine.c.raw_id).where(quarantine.c.raw_id.in_(raws))
        connection.execute(delete(quarantine_raw).where(quarantine_raw.c.id.in_(raws), quarantine_raw.c.id.not_in(kept)))
    column = "by_cap" if is_by_cap else "by_operator"
    for source, count in _tally(row[2] for row in rows).items():
        added = {column: quarantine_dropped.c[column] + count, "last_at": at}
        if connection.execute(update(quarantine_dropped).where(quarantine_dropped.c.source == source).values(**added)).rowcount == 0:
            connection.execute(insert(quarantine_dropped).values(**{"source": source, "by_cap": 0, "by_operator": 0, "last_at": at, column: count}))


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """In parts that fit into one statement's parameters."""
    return (rows[start : start + 500] for start in range(0, len(rows), 500))


def _tally(sources: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for source in sources:
        counts[source] = counts.get(source, 0) + 1
    return counts


def all_items(book: QuarantineBookSql, which: QuarantineFilter) -> Iterator[QuarantineItem]:
    """Every entry that is meant, newest first, page by page."""
    before: int | None = None
    while True:
        page = book.page(which.reason, [which.source] if which.source else [], 1000, before, which.since)
        yield from (item for item in page if not which.ids or item.id in which.ids)
        if len(page) < 1000:
            return
        before = page[-1].id


def _audit(connection: Connection, at: int, who: str, action: str, detail: dict[str, object]) -> None:
    connection.execute(insert(audit).values(at=at, who=who, action=action, target="quarantine", detail=detail))


def _item(row: RowMapping) -> QuarantineItem:
    return QuarantineItem(**{name: row[name] for name in QuarantineItem.__slots__})
