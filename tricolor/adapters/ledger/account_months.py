"""Monthly sums of the day accounts, kept up in the transaction that writes these, and whose accounts changed since when."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, Row, Text, and_, case, cast, delete, func, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import account_day
from tricolor.adapters.ledger.schema_judging import account_change, account_month
from tricolor.ports_judging import MonthAccount

_CHUNK = 400  # bound values of one statement
_D = account_day.c
_SUMS = (
    func.sum(_D.amount).label("amount"),
    func.max(_D.unit).label("unit"),
    func.sum(_D.tce_calorific).label("tce_calorific"),
    func.sum(case((_D.tce_calorific.is_(None), 1), else_=0)).label("calorific_unknown"),
    func.sum(_D.tce_equivalent).label("tce_equivalent"),
    func.sum(case((_D.tce_equivalent.is_(None), 1), else_=0)).label("equivalent_unknown"),
    func.sum(_D.co2_t).label("co2_t"),
    func.sum(case((_D.co2_t.is_(None), 1), else_=0)).label("co2_unknown"),
    func.sum(_D.covered_s).label("covered_s"),
    func.sum(_D.expected_s).label("expected_s"),
    func.sum(_D.amount * _D.estimated_share).label("estimated_amount"),
    func.sum(cast(1, BigInteger).bitwise_lshift(cast(func.substr(_D.day, 9, 2), Integer))).label("days"),
    func.sum(case((_D.tce_equivalent.is_(None), _D.tce_calorific))).label("tce_instead"),
    func.sum(case((and_(_D.tce_equivalent.is_(None), _D.tce_calorific.is_(None)), 1), else_=0)).label("both_unknown"),
)


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
        rows = list(_summed(connection, chunk))
        if rows:
            connection.execute(insert(account_month), rows)
    if pairs:
        new = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(account_change)
        statement = new.on_conflict_do_update(index_elements=["entity", "month"], set_={"mark": new.excluded.mark})
        connection.execute(statement, [{"entity": entity, "month": month, "mark": mark} for entity, month in pairs])


def _summed(connection: Connection, pairs: Sequence[tuple[str, str]]) -> Iterator[dict[str, object]]:
    """Added up by the database; only the lists of factor ids, a few a month, are joined here."""
    place, by_month = account_day.c, dict[str, list[str]]()
    for entity, month in pairs:
        by_month.setdefault(month, []).append(entity)
    key = (place.entity, place.carrier, place.role)
    for month, entities in by_month.items():
        inside = (place.entity.in_(entities), place.day.between(f"{month}-01", f"{month}-31"))
        ids: dict[tuple[str, str, str], set[str]] = {}
        for entity, carrier, role, text in connection.execute(select(*key, cast(place.factor_ids, Text)).where(*inside).distinct()):
            ids.setdefault((entity, carrier, role), set()).update(json.loads(text))
        for row in connection.execute(select(*key, *_SUMS).where(*inside).group_by(*key)).mappings():
            sums = {name: value or 0 for name, value in row.items()}  # a sum over nothing but unknown ones
            yield {**sums, "month": month, "factor_ids": sorted(ids[row["entity"], row["carrier"], row["role"]])}


def _account(r: Row[Any]) -> MonthAccount:
    return MonthAccount(
        r.entity, r.month, r.carrier, r.role, r.amount, r.unit, r.tce_calorific, r.calorific_unknown, r.tce_equivalent, r.equivalent_unknown,
        r.co2_t, r.co2_unknown, r.covered_s, r.expected_s, r.estimated_amount, r.days, tuple(sorted(r.factor_ids)), r.tce_instead, r.both_unknown,
    )  # fmt: skip
