"""Alerts as people look them up: filtered and sorted by the database, a page at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, case, func, select

from tricolor.adapters.ledger.alert_rows import record_of
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.ports import AlertRecord
from tricolor.ports_alerting import AlertFilter

OPEN = ("firing", "recovering")  # what people see as open; a pending one is not yet an alert to them
_LEVEL = case({"red": 0, "orange": 1, "yellow": 2}, value=alert.c.level, else_=3)
_HANDLED = case({"unacked": 0}, value=alert.c.handling, else_=1)


class AlertPagesSql:
    """AlertPages over the tables alert and notice."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def newest(self, wanted: AlertFilter, limit: int, before_id: int | None) -> list[AlertRecord]:
        query = select(alert).where(*_wanted(wanted)).order_by(alert.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(alert.c.id < before_id)
        return self._records(query)

    def urgent(self, wanted: AlertFilter, limit: int, offset: int) -> list[AlertRecord]:
        query = select(alert).where(*_wanted(wanted)).order_by(_LEVEL, _HANDLED, alert.c.opened_at, alert.c.id)
        return self._records(query.limit(limit).offset(offset))

    def count(self, wanted: AlertFilter) -> int:
        with self._ledger.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(alert).where(*_wanted(wanted))).scalar_one())

    def _records(self, query: Select[Any]) -> list[AlertRecord]:
        with self._ledger.reading() as connection:
            found: Sequence[RowMapping] = connection.execute(query).mappings().all()
        return [record_of(row) for row in found]


def _wanted(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    """ValueError for a state that there is not."""
    c = alert.c
    if wanted.state not in ("open", "resolved", "all"):
        raise ValueError(f"alerts are listed by state open, resolved or all, not {wanted.state!r}")
    # few are open, most are resolved: what is open is looked up, of the rest the newest are read until the page is full
    shut = {"open": (), "resolved": (*OPEN, "pending"), "all": ("pending",)}[wanted.state]
    found: list[ColumnElement[bool]] = [c.condition.not_in(shut) if shut else c.condition.in_(OPEN)]
    if wanted.levels:
        found.append(c.level.in_(wanted.levels))
    if wanted.rules:
        found.append(c.rule.in_(wanted.rules))
    if wanted.entities is not None:
        found.append(c.entity.in_(wanted.entities))
    if wanted.handling:
        found.append(c.handling == wanted.handling)
    if wanted.is_stale:
        found.append(c.is_stale)
    if wanted.owner:
        found.append(c.id.in_(select(notice.c.alert_id).where(notice.c.owner == wanted.owner)))
    if wanted.is_muted:
        found.append(c.id.in_(select(notice.c.alert_id).where(notice.c.state == "muted")))
    return found
