"""Forecasts in the ledger: every one is kept, the newest of its entity, quantity and indicator is in force."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema_forecasts import forecast
from tricolor.domain.forecasts import Forecast, MonthForecast

_CHUNK = 400  # bound values of one statement
_COLUMNS = ("entity", "quantity", "indicator", "year", "last_month", "made_at", "method")
_BODY = tuple(f.name for f in fields(Forecast) if f.name not in _COLUMNS)


class ForecastBookSql:
    """ForecastBook over SQLite or PostgreSQL."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def put(self, forecasts: Sequence[Forecast]) -> None:
        newest = {(f.entity, f.quantity, f.indicator): f for f in forecasts}
        if not newest:
            return
        with self._ledger.writing() as connection:
            held = _in_force(connection, sorted({f.entity for f in newest.values()}))
            moved, replaced, changed = [], [], []
            for key, made in newest.items():
                before = held.get(key)
                if before is not None and _content(before) == _row(made):
                    moved.append({"_id": before["id"], "_at": made.made_at})
                    continue
                changed.append(made)
                if before is not None:
                    replaced.append({"_id": before["id"]})
            if moved:
                connection.execute(update(forecast).where(forecast.c.id == bindparam("_id")).values(made_at=bindparam("_at")), moved)
            if replaced:
                connection.execute(update(forecast).where(forecast.c.id == bindparam("_id")).values(in_force=0), replaced)
            if changed:
                mark = versions.bump(connection, versions.FORECASTS)
                rows = [{**_row(made), "made_at": made.made_at, "in_force": 1, "mark": mark} for made in changed]
                connection.execute(insert(forecast), rows)

    def current(self, entities: Sequence[str] | None) -> list[Forecast]:
        with self._ledger.reading() as connection:
            held = _in_force(connection, None if entities is None else sorted(set(entities)))
        return sorted((_forecast(r) for r in held.values()), key=lambda f: (f.entity, f.quantity, f.indicator))

    def history(self, entity: str, quantity: str, indicator: str, limit: int) -> list[Forecast]:
        place = forecast.c
        mine = (place.entity == entity, place.quantity == quantity, place.indicator == indicator)
        with self._ledger.reading() as connection:
            return [_forecast(r) for r in connection.execute(select(forecast).where(*mine).order_by(place.id.desc()).limit(limit)).mappings()]

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        with self._ledger.reading() as connection:
            mark = versions.version(connection, versions.FORECASTS)
            changed = select(forecast.c.entity).where(forecast.c.mark > since, forecast.c.mark <= mark).distinct()
            return mark, frozenset(connection.execute(changed).scalars())


def _in_force(connection: Connection, entities: Sequence[str] | None) -> dict[tuple[str, str, str], RowMapping]:
    wanted = select(forecast).where(forecast.c.in_force == 1)
    chunks: list[Any] = [wanted]
    if entities is not None:
        chunks = [wanted.where(forecast.c.entity.in_(entities[n : n + _CHUNK])) for n in range(0, len(entities), _CHUNK)]
    return {(r["entity"], r["quantity"], r["indicator"]): r for query in chunks for r in connection.execute(query).mappings()}


def _row(made: Forecast) -> dict[str, Any]:
    """Everything but made_at, as JSON gives it back."""
    whole = asdict(made)
    body = {name: whole[name] for name in _BODY}
    body["months"] = [dict(m) for m in body["months"]]
    for name in ("scores", "lights", "plan_lights"):
        body[name] = dict(body[name])
    return {**{name: whole[name] for name in _COLUMNS if name != "made_at"}, "body": body}


def _content(row: RowMapping) -> dict[str, Any]:
    return {**{name: row[name] for name in _COLUMNS if name != "made_at"}, "body": row["body"]}


def _forecast(row: RowMapping) -> Forecast:
    body = {name: value for name, value in row["body"].items() if name in _BODY}  # an older row may lack newer fields
    body["months"] = tuple(MonthForecast(**m) for m in body["months"])
    return Forecast(**{name: row[name] for name in _COLUMNS}, **body)
