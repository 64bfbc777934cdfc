"""Data quality in the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import quarantine
from tricolor.adapters.ledger.schema_quality import quality_change, quality_check, quality_day, quality_work
from tricolor.domain.intervals import Interval
from tricolor.domain.quality import Check, CheckKind, PointDay
from tricolor.ports_quality import QualityWork

_CHUNK = 400  # bound values of one statement
_DAY_FIELDS = tuple(f.name for f in fields(PointDay))


class QualityLedgerSql:
    """QualityLedger, QualityChanges and QualityBook over SQLite or PostgreSQL."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def mark(self, pairs: Sequence[tuple[str, str]]) -> None:
        if not pairs:
            return
        new = (sqlite.insert if self._ledger.is_sqlite else postgresql.insert)(quality_work)
        statement = new.on_conflict_do_update(index_elements=["entity", "day"], set_={"turn": quality_work.c.turn + 1})
        with self._ledger.writing() as connection:
            connection.execute(statement, [{"entity": entity, "day": day, "turn": 1} for entity, day in dict.fromkeys(pairs)])

    def work(self, first_day: str, last_day: str, limit: int) -> list[QualityWork]:
        query = (
            select(quality_work)
            .where(quality_work.c.day.between(first_day, last_day))
            .order_by(quality_work.c.day.desc(), quality_work.c.entity)
            .limit(limit)
        )
        with self._ledger.reading() as connection:
            return [QualityWork(r.entity, r.day, r.turn) for r in connection.execute(query)]

    def put(self, done: Sequence[QualityWork], owners: Mapping[int, str], rows: Sequence[PointDay], checks: Sequence[Check]) -> None:
        if not done:
            return
        units = [{"_entity": w.entity, "_day": w.day, "_turn": w.turn} for w in done]
        points = [{"_point": row.point, "_day": row.day} for row in rows]  # a point that came from another unit leaves its rows there
        with self._ledger.writing() as connection:
            self._stamp(connection, {(w.entity, w.day) for w in done} | _left_behind(connection, owners, rows))
            for table in (quality_day, quality_check):
                connection.execute(_of_unit(table), units)
            if points:
                place = quality_day.c
                connection.execute(delete(quality_day).where(place.point == bindparam("_point"), place.day == bindparam("_day")), points)
                connection.execute(insert(quality_day), [{**asdict(row), "entity": owners[row.point]} for row in rows])
            if checks:
                found = [{**asdict(c), "kind": c.kind.value, "others": list(c.others), "entity": owners[c.point]} for c in checks]
                mine = quality_check.c
                keys = [{"_kind": c["kind"], "_point": c["point"], "_day": c["day"]} for c in found]
                same = (mine.kind == bindparam("_kind"), mine.point == bindparam("_point"), mine.day == bindparam("_day"))
                connection.execute(delete(quality_check).where(*same), keys)
                connection.execute(insert(quality_check), found)
            mark = quality_work.c
            seen = (mark.entity == bindparam("_entity"), mark.day == bindparam("_day"), mark.turn == bindparam("_turn"))
            connection.execute(delete(quality_work).where(*seen), units)

    def _stamp(self, connection: Connection, units: Collection[tuple[str, str]]) -> None:
        mark = versions.bump(connection, versions.QUALITY)
        new = (sqlite.insert if self._ledger.is_sqlite else postgresql.insert)(quality_change)
        statement = new.on_conflict_do_update(index_elements=["entity", "day"], set_={"mark": new.excluded.mark})
        connection.execute(statement, [{"entity": entity, "day": day, "mark": mark} for entity, day in sorted(units)])

    def changes(self, since: int, first_day: str = "", last_day: str = "9999-12-31") -> tuple[int, frozenset[str]]:
        place = quality_change.c
        with self._ledger.reading() as connection:
            mark = versions.version(connection, versions.QUALITY)  # read first: a change in between is told twice rather than missed
            query = select(place.entity).where(place.mark > since, place.day.between(first_day, last_day)).distinct()
            return mark, frozenset(connection.execute(query).scalars())

    def held(self, first_day: str, last_day: str) -> dict[tuple[str, str], int]:
        place = quality_day.c
        query = select(place.entity, place.day, func.count()).where(place.day.between(first_day, last_day)).group_by(place.entity, place.day)
        with self._ledger.reading() as connection:
            return {(entity, day): count for entity, day, count in connection.execute(query)}

    def days(self, entities: Sequence[str], first_day: str, last_day: str) -> list[PointDay]:
        place, found = quality_day.c, []
        with self._ledger.reading() as connection:
            for begin in range(0, len(entities), _CHUNK):
                mine = (place.entity.in_(entities[begin : begin + _CHUNK]), place.day.between(first_day, last_day))
                found += [_row(r) for r in connection.execute(select(quality_day).where(*mine)).mappings()]
        return sorted(found, key=lambda r: (r.point, r.day))

    def point_days(self, point: int, first_day: str, last_day: str) -> list[PointDay]:
        place = quality_day.c
        query = select(quality_day).where(place.point == point, place.day.between(first_day, last_day)).order_by(place.day)
        with self._ledger.reading() as connection:
            return [_row(r) for r in connection.execute(query).mappings()]

    def checks(self, entities: Sequence[str], first_day: str, last_day: str) -> list[Check]:
        place, found = quality_check.c, []
        with self._ledger.reading() as connection:
            for begin in range(0, len(entities), _CHUNK):
                mine = (place.entity.in_(entities[begin : begin + _CHUNK]), place.day.between(first_day, last_day))
                found += [_check(r) for r in connection.execute(select(quality_check).where(*mine)).mappings()]
        return sorted(found, key=lambda c: (c.point, c.day, c.kind))

    def quarantined(self, span: Interval) -> dict[str, int]:
        place = quarantine.c
        inside = (place.received_at >= span.start, place.received_at < span.end, place.point != "", place.state != "replayed")
        query = select(place.point, func.count()).where(*inside).group_by(place.point)
        with self._ledger.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def _left_behind(connection: Connection, owners: Mapping[int, str], rows: Sequence[PointDay]) -> set[tuple[str, str]]:
    """(entity, day) of other units that lose a row, because its point is no longer theirs."""
    place, found = quality_day.c, set()
    by_day: dict[str, list[int]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row.point)
    for day, points in by_day.items():
        for begin in range(0, len(points), _CHUNK):
            query = select(place.point, place.entity).where(place.day == day, place.point.in_(points[begin : begin + _CHUNK]))
            found |= {(r.entity, day) for r in connection.execute(query) if r.entity != owners[r.point]}
    return found


def _of_unit(table: Table) -> Any:
    return delete(table).where(table.c.entity == bindparam("_entity"), table.c.day == bindparam("_day"))


def _row(r: RowMapping) -> PointDay:
    return PointDay(**{name: r[name] for name in _DAY_FIELDS})


def _check(r: RowMapping) -> Check:
    return Check(CheckKind(r["kind"]), r["point"], r["day"], r["value"], r["against"], r["unit"], r["cells"], r["digit"], tuple(r["others"]))
