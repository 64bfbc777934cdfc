"""Monthly sums of the day accounts, kept up in the transaction that writes these, and whose accounts changed since when."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import account_day
from tricolor.adapters.ledger.schema_judging import account_change, account_month
from tricolor.ports_judging import MonthAccount

_CHUNK = 400  # bound values of one statement


class AccountMonthsSql:
    """MonthAccounts over SQLite or PostgreSQL."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def changes(self, since: int, last_month: str = "9999-12") -> tuple[int, frozenset[str]]:
        """The mark now, and the entities whose accounts of a month up to last_month changed after `since`."""
        place = account_change.c
        newer = select(place.entity).where(place.mark > since, place.month <= last_month).distinct()
        with self._ledger.reading() as connection:
            mark = versions.version(connection, versions.ACCOUNTS)
            return mark, frozenset(connection.execute(newer).scalars())

    def months(self, entities: Sequence[str] | None, first_month: str, last_month: str) -> list[MonthAccount]:
        place = account_month.c
        query = select(account_month).where(place.month.between(first_month, last_month))
        query = query.order_by(place.entity, place.month, place.carrier, place.role)
        with self._ledger.reading() as connection:
            if entities is None:
                return [_account(row) for row in connection.execute(query)]
            found: list[MonthAccount] = []
            wanted = sorted(set(entities))
            for begin in range(0, len(wanted), _CHUNK):
                found += [_account(row) for row in connection.execute(query.where(place.entity.in_(wanted[begin : begin + _CHUNK])))]
            return found


def keep_months(connection: Connection, touched: Collection[tuple[str, str]], mark: int) -> None:
    """Inside the transaction that changed the accounts: sums of these (entity, month) are made again, their entities stamped with the mark."""
    pairs = sorted(set(touched))
    for begin in range(0, len(pairs), _CHUNK // 2):
        chunk = pairs[begin : begin + _CHUNK // 2]
        connection.execute(delete(account_month).where(tuple_(account_month.c.entity, account_month.c.month).in_(chunk)))
        rows = [_row(each) for each in _summed(connection, chunk)]
        if rows:
            connection.execute(insert(account_month), rows)
    if pairs:
        new = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(account_change)
        statement = new.on_conflict_do_update(index_elements=["entity", "month"], set_={"mark": new.excluded.mark})
        connection.execute(statement, [{"entity": entity, "month": month, "mark": mark} for entity, month in pairs])


def _summed(connection: Connection, pairs: Sequence[tuple[str, str]]) -> Iterator[MonthAccount]:
    place, by_month = account_day.c, dict[str, list[str]]()
    for entity, month in pairs:
        by_month.setdefault(month, []).append(entity)
    for month, entities in by_month.items():
        held: dict[tuple[str, str, str], list[Row[Any]]] = {}
        inside = (place.entity.in_(entities), place.day.between(f"{month}-01", f"{month}-31"))
        for row in connection.execute(select(account_day).where(*inside)):
            held.setdefault((row.entity, row.carrier, row.role), []).append(row)
        for (entity, carrier, role), rows in held.items():
            yield sum_of(entity, month, carrier, role, rows)


def sum_of(entity: str, month: str, carrier: str, role: str, rows: Sequence[Any]) -> MonthAccount:
    """The day accounts of one month, carrier and role added up. rows: with the fields of DayAccount."""
    return MonthAccount(
        entity, month, carrier, role,
        amount=sum(r.amount for r in rows),
        unit=max(r.unit for r in rows),
        tce_calorific=sum(r.tce_calorific or 0.0 for r in rows),
        calorific_unknown=sum(r.tce_calorific is None for r in rows),
        tce_equivalent=sum(r.tce_equivalent or 0.0 for r in rows),
        equivalent_unknown=sum(r.tce_equivalent is None for r in rows),
        co2_t=sum(r.co2_t or 0.0 for r in rows),
        co2_unknown=sum(r.co2_t is None for r in rows),
        covered_s=sum(r.covered_s for r in rows),
        expected_s=sum(r.expected_s for r in rows),
        estimated_amount=sum(r.amount * r.estimated_share for r in rows),
        days=sum(1 << number for number in {int(r.day[8:10]) for r in rows}),
        factor_ids=tuple(sorted({each for r in rows for each in r.factor_ids})),
        tce_instead=sum(r.tce_calorific or 0.0 for r in rows if r.tce_equivalent is None),
        both_unknown=sum(r.tce_equivalent is None and r.tce_calorific is None for r in rows),
    )  # fmt: skip


_FIELDS = tuple(column.name for column in account_month.columns if column.name != "factor_ids")


def _row(each: MonthAccount) -> dict[str, object]:
    return {name: getattr(each, name) for name in _FIELDS} | {"factor_ids": list(each.factor_ids)}


def _account(r: Row[Any]) -> MonthAccount:
    return MonthAccount(
        r.entity, r.month, r.carrier, r.role, r.amount, r.unit, r.tce_calorific, r.calorific_unknown, r.tce_equivalent, r.equivalent_unknown,
        r.co2_t, r.co2_unknown, r.covered_s, r.expected_s, r.estimated_amount, r.days, tuple(sorted(r.factor_ids)), r.tce_instead, r.both_unknown,
    )  # fmt: skip
