"""Days of pollutants in the ledger."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import RowMapping, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema_pollutants import pollutant_day, pollutant_work
from tricolor.domain.emissions import HOUR, PollutantDay
from tricolor.ports_emissions import EmissionWork

_CHUNK = 400  # bound values of one statement
_LIGHT = tuple(c for c in pollutant_day.c if c.name != "hours")


class EmissionLedgerSql:
    """EmissionLedger and EmissionBook over SQLite or PostgreSQL."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def mark(self, pairs: Sequence[tuple[str, str]]) -> None:
        if not pairs:
            return
        new = (sqlite.insert if self._ledger.is_sqlite else postgresql.insert)(pollutant_work)
        statement = new.on_conflict_do_update(index_elements=["entity", "day"], set_={"turn": pollutant_work.c.turn + 1})
        with self._ledger.writing() as connection:
            connection.execute(statement, [{"entity": entity, "day": day, "turn": 1} for entity, day in dict.fromkeys(pairs)])

    def work(self, limit: int) -> list[EmissionWork]:
        query = select(pollutant_work).order_by(pollutant_work.c.day.desc(), pollutant_work.c.entity).limit(limit)
        with self._ledger.reading() as connection:
            return [EmissionWork(r.entity, r.day, r.turn) for r in connection.execute(query)]

    def put(self, done: Sequence[EmissionWork], rows: Sequence[PollutantDay]) -> None:
        if not done:
            return
        units = [{"_entity": w.entity, "_day": w.day, "_turn": w.turn} for w in done]
        place, mark = pollutant_day.c, pollutant_work.c
        with self._ledger.writing() as connection:
            connection.execute(delete(pollutant_day).where(place.entity == bindparam("_entity"), place.day == bindparam("_day")), units)
            if rows:
                connection.execute(insert(pollutant_day), [_values(row) for row in rows])
            seen = (mark.entity == bindparam("_entity"), mark.day == bindparam("_day"), mark.turn == bindparam("_turn"))
            connection.execute(delete(pollutant_work).where(*seen), units)
            versions.bump(connection, versions.POLLUTANTS)

    def is_begun(self) -> bool:
        with self._ledger.reading() as connection:
            return any(connection.execute(select(table.c.entity).limit(1)).first() is not None for table in (pollutant_day, pollutant_work))

    def version(self) -> int:
        with self._ledger.reading() as connection:
            return versions.version(connection, versions.POLLUTANTS)

    def days(self, entities: Sequence[str], first_day: str, last_day: str) -> list[PollutantDay]:
        return self._read(_LIGHT, entities, first_day, last_day)

    def months(self, entities: Sequence[str], first_day: str, last_day: str) -> list[PollutantDay]:
        place, found = pollutant_day.c, []
        sums = [func.sum(place[name]).label(name) for name in ("mass_kg", "cou_kg", "estimated_kg", "minutes")]
        who = (place.entity, place.outlet, place.factor)
        with self._ledger.reading() as connection:
            for begin in range(0, len(entities), _CHUNK):
                mine = (place.entity.in_(entities[begin : begin + _CHUNK]), place.day.between(first_day, last_day))
                query = select(*who, func.min(place.day).label("day"), *sums).where(*mine).group_by(*who, func.substr(place.day, 1, 7))
                found += [_row(r) for r in connection.execute(query).mappings()]
        return sorted(found, key=lambda r: (r.entity, r.outlet, r.factor, r.day))

    def hours(self, entities: Sequence[str], first_day: str, last_day: str) -> list[PollutantDay]:
        return self._read(tuple(pollutant_day.c), entities, first_day, last_day)

    def _read(self, columns: Sequence[object], entities: Sequence[str], first_day: str, last_day: str) -> list[PollutantDay]:
        place, found = pollutant_day.c, []
        with self._ledger.reading() as connection:
            for begin in range(0, len(entities), _CHUNK):
                mine = (place.entity.in_(entities[begin : begin + _CHUNK]), place.day.between(first_day, last_day))
                found += [_row(r) for r in connection.execute(select(*columns).where(*mine)).mappings()]  # type: ignore[call-overload]
        return sorted(found, key=lambda r: (r.entity, r.outlet, r.factor, r.day))


def _values(row: PollutantDay) -> dict[str, object]:
    hours = np.zeros(24, dtype=HOUR) if row.hours is None else row.hours
    return {
        "entity": row.entity, "outlet": row.outlet, "factor": row.factor, "day": row.day, "mass_kg": row.mass_kg, "cou_kg": row.cou_kg,
        "estimated_kg": row.estimated_kg, "minutes": row.minutes, "hours": hours.tobytes(),
    }  # fmt: skip


def _row(r: RowMapping) -> PollutantDay:
    values = dict(r)
    if "hours" in values:
        values["hours"] = np.frombuffer(values["hours"], dtype=HOUR)
    return PollutantDay(**values)
