"""Accounting's part of the ledger: the work list of dirty spans and the day accounts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Row, delete, func, insert, select, tuple_

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.account_months import keep_months
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import account_day, dirty_span
from tricolor.domain.accounts import DayAccount
from tricolor.domain.meters import Role
from tricolor.ports import DirtySpans

_TAKE_BYTES = 16 * 1024 * 1024
_CHUNK = 400  # bound values of one statement


class SettleLedgerSql:
    """SettleLedger over SQLite or PostgreSQL."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def dirty(self, limit: int) -> list[DirtySpans]:
        """The oldest work, at most `limit` records and about _TAKE_BYTES of points (a record of 100,000 points is large, one of a gateway small)."""
        with self._ledger.reading() as connection:
            sizes = connection.execute(select(dirty_span.c.id, func.length(dirty_span.c.points)).order_by(dirty_span.c.id).limit(limit)).all()
            if not sizes:
                return []
            fits = int(np.searchsorted(np.cumsum([size for _, size in sizes]), _TAKE_BYTES, side="right"))
            last = sizes[min(fits, len(sizes) - 1)][0]
            rows = connection.execute(select(dirty_span).where(dirty_span.c.id <= last).order_by(dirty_span.c.id)).all()
        return [DirtySpans(r.points, r.starts, r.ends, r.readings, r.source, r.id).spread() for r in rows]

    def settled(self, ids: Sequence[int]) -> None:
        with self._ledger.writing() as connection:
            for begin in range(0, len(ids), _CHUNK):
                connection.execute(delete(dirty_span).where(dirty_span.c.id.in_(ids[begin : begin + _CHUNK])))

    def put_accounts(self, days: Sequence[tuple[str, str]], accounts: Sequence[DayAccount]) -> None:
        """The accounts of these (entity, day) become exactly these. What stays the same is not written, and does not raise the version."""
        wanted: dict[tuple[str, str], list[DayAccount]] = {day: [] for day in days}
        for each in accounts:
            wanted[each.entity, each.day].append(each)
        with self._ledger.writing() as connection:
            held: dict[tuple[str, str], list[DayAccount]] = {}
            for begin in range(0, len(days), _CHUNK):
                chunk = [tuple(pair) for pair in days[begin : begin + _CHUNK]]
                query = select(account_day).where(tuple_(account_day.c.entity, account_day.c.day).in_(chunk))
                for row in connection.execute(query):
                    held.setdefault((row.entity, row.day), []).append(_account(row))
            changed = [day for day, mine in wanted.items() if sorted(mine, key=_place) != sorted(held.get(day, []), key=_place)]
            for begin in range(0, len(changed), _CHUNK):
                chunk = [tuple(pair) for pair in changed[begin : begin + _CHUNK]]
                connection.execute(delete(account_day).where(tuple_(account_day.c.entity, account_day.c.day).in_(chunk)))
            rows = [_row(each) for day in changed for each in wanted[day]]
            if rows:
                connection.execute(insert(account_day), rows)
            if changed:
                keep_months(connection, {(entity, day[:7]) for entity, day in changed}, versions.bump(connection, versions.ACCOUNTS))

    def accounts(self, entities: Sequence[str], first_day: str, last_day: str) -> list[DayAccount]:
        """Accounts of the entities with first_day <= day <= last_day, by entity and day."""
        found: list[DayAccount] = []
        with self._ledger.reading() as connection:
            for begin in range(0, len(entities), _CHUNK):
                query = (
                    select(account_day)
                    .where(account_day.c.entity.in_(entities[begin : begin + _CHUNK]), account_day.c.day.between(first_day, last_day))
                    .order_by(account_day.c.entity, account_day.c.day, account_day.c.carrier, account_day.c.role)
                )
                found += [_account(row) for row in connection.execute(query)]
        return found


def _place(account: DayAccount) -> tuple[str, str]:
    return account.carrier, account.role


def _row(a: DayAccount) -> dict[str, object]:
    return {
        "entity": a.entity, "day": a.day, "carrier": a.carrier, "role": str(a.role), "amount": a.amount, "unit": a.unit,
        "tce_calorific": a.tce_calorific, "tce_equivalent": a.tce_equivalent, "co2_t": a.co2_t, "covered_s": a.covered_s,
        "expected_s": a.expected_s, "estimated_share": a.estimated_share, "factor_ids": list(a.factor_ids),
    }  # fmt: skip


def _account(r: Row[Any]) -> DayAccount:
    return DayAccount(
        r.entity, r.day, r.carrier, Role(r.role), r.amount, r.unit, r.tce_calorific, r.tce_equivalent, r.co2_t,
        r.covered_s, r.expected_s, r.estimated_share, tuple(r.factor_ids),
    )  # fmt: skip
