"""The quarantine, read from the ledger."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, func, select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import quarantine, quarantine_raw
from tricolor.domain.errors import NotFound
from tricolor.ports import QuarantineItem

_WITH_RAW = quarantine.outerjoin(quarantine_raw, quarantine_raw.c.id == quarantine.c.raw_id)
_SIZE = func.coalesce(func.length(quarantine_raw.c.payload), 0).label("raw_bytes")


class QuarantineBookSql:
    """QuarantineBook over the tables quarantine and quarantine_raw."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def page(self, reason: str, sources: Sequence[str], limit: int, before_id: int | None) -> list[QuarantineItem]:
        query = select(quarantine, _SIZE).select_from(_WITH_RAW).order_by(quarantine.c.id.desc()).limit(limit)
        if reason:
            query = query.where(quarantine.c.reason == reason)
        if sources:
            query = query.where(quarantine.c.source.in_(sources))
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


def _item(row: RowMapping) -> QuarantineItem:
    return QuarantineItem(**{name: row[name] for name in QuarantineItem.__slots__})
