"""Offline figures in the ledger: every revision is kept, the last one counts; each change is work for accounting."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, tuple_
from sqlalchemy.engine import RowMapping

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit, dirty_span, entity
from tricolor.adapters.ledger.schema_offline import OFFLINE_SOURCE, offline_figure
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.meters import Role
from tricolor.domain.offline import OfflineFigure

MAX_AT_ONCE = 400
MAX_HISTORY = 10_000


def _now_us() -> int:
    return time.time_ns() // 1_000


class OfflineBookSql:
    """OfflineBook on SQLAlchemy. now_us: clock that stamps submissions [µs]."""

    def __init__(self, ledger: LedgerEngine, now_us: Callable[[], int] = _now_us) -> None:
        self._ledger, self._now_us = ledger, now_us

    def submit(self, figures: Sequence[OfflineFigure]) -> list[OfflineFigure]:
        """Store the figures, all or none; each comes back as it now counts. One that says the same as before makes no revision."""
        with self._ledger.writing() as connection:
            known = set(connection.execute(select(entity.c.id)).scalars())
            unknown = sorted({f.entity for f in figures} - known)
            if unknown:
                raise Problems([f'单位 "{name}" 未登记 · entity "{name}" is not registered' for name in unknown])
            counted: list[OfflineFigure] = []
            for figure in figures:
                held = _last(connection, figure)
                if held is None and figure.amount is None:
                    raise NotFound(f"no figure of {figure.carrier} ({figure.role}) in {figure.month}")
                if held is not None and _same(held, figure):
                    counted.append(held)
                    continue
                revised = replace(figure, revision=held.revision + 1 if held else 1, submitted_at=self._now_us())
                connection.execute(insert(offline_figure).values(**_row(revised)))
                connection.execute(
                    insert(dirty_span).values(points=b"", starts=b"", ends=b"", readings=0, source=f"{OFFLINE_SOURCE}{figure.entity}/{figure.month}")
                )
                detail = {name: value for name, value in _row(revised).items() if name != "entity"}
                connection.execute(
                    insert(audit).values(at=revised.submitted_at, who=figure.author, action="offline", target=figure.entity, detail=detail)
                )
                counted.append(revised)
            return counted

    def current(self, entities: Sequence[str]) -> list[OfflineFigure]:
        """The last revision of every figure of the entities that was not taken back, by entity, carrier, role and month."""
        found: list[OfflineFigure] = []
        wanted = sorted(set(entities))
        identity = (offline_figure.c.entity, offline_figure.c.carrier, offline_figure.c.role, offline_figure.c.month)
        with self._ledger.reading() as connection:
            for begin in range(0, len(wanted), MAX_AT_ONCE):
                mine = offline_figure.c.entity.in_(wanted[begin : begin + MAX_AT_ONCE])
                newest = select(*identity, func.max(offline_figure.c.revision)).where(mine).group_by(*identity)
                rows = connection.execute(select(offline_figure).where(tuple_(*identity, offline_figure.c.revision).in_(newest))).mappings()
                found += [_figure(row) for row in rows]
        return sorted((f for f in found if f.amount is not None), key=lambda f: f.identity)

    def history(self, entity_id: str) -> list[OfflineFigure]:
        """Every revision of the entity, the newest first."""
        query = select(offline_figure).where(offline_figure.c.entity == entity_id).order_by(offline_figure.c.id.desc()).limit(MAX_HISTORY)
        with self._ledger.reading() as connection:
            return [_figure(row) for row in connection.execute(query).mappings()]


def _same(held: OfflineFigure, figure: OfflineFigure) -> bool:
    return all(getattr(held, name) == getattr(figure, name) for name in ("amount", "unit", "of_which_metered", "document", "note"))


def _last(connection: Connection, figure: OfflineFigure) -> OfflineFigure | None:
    t = offline_figure.c
    same = and_(t.entity == figure.entity, t.carrier == figure.carrier, t.role == str(figure.role), t.month == figure.month)
    row = connection.execute(select(offline_figure).where(same).order_by(t.revision.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else _figure(row)


def _row(f: OfflineFigure) -> dict[str, Any]:
    return {
        "entity": f.entity, "carrier": f.carrier, "role": str(f.role), "month": f.month, "revision": f.revision, "amount": f.amount, "unit": f.unit,
        "of_which_metered": f.of_which_metered, "document": f.document, "note": f.note, "author": f.author, "submitted_at": f.submitted_at,
    }  # fmt: skip


def _figure(row: RowMapping) -> OfflineFigure:
    return OfflineFigure(
        row["entity"], row["carrier"], Role(row["role"]), row["month"], row["amount"], row["unit"], row["of_which_metered"], row["document"],
        row["note"], row["author"], row["revision"], row["submitted_at"],
    )  # fmt: skip
