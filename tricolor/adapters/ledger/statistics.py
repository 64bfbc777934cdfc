"""Statistics in the ledger: every revision is kept, the last one counts, and its mark tells judging whom a change concerns."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.engine import RowMapping

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit, entity
from tricolor.adapters.ledger.schema_statistics import statistic
from tricolor.domain.errors import Problems
from tricolor.domain.periods import period_of
from tricolor.domain.submissions import Statistic

MAX_AT_ONCE = 2_000  # names in one IN (…)
_SAID = ("value", "unit", "text", "document", "note")


def _now_us() -> int:
    return time.time_ns() // 1_000


class StatisticsBookSql:
    """StatisticsBook on SQLAlchemy. now_us: clock that stamps submissions [µs]."""

    def __init__(self, ledger: LedgerEngine, now_us: Callable[[], int] = _now_us) -> None:
        self._ledger, self._now_us = ledger, now_us

    def submit(self, values: Sequence[Statistic], author: str) -> list[Statistic]:
        """All or none; each as it now counts. The same again makes no revision; neither value nor text takes a value back."""
        with self._ledger.writing() as connection:
            _refuse_bad(connection, values)
            counted: list[Statistic] = []
            mark = 0
            for value in values:
                held = _last(connection, value)
                if held is not None and all(getattr(held, name) == getattr(value, name) for name in _SAID):
                    counted.append(held)
                    continue
                mark = mark or versions.bump(connection, versions.STATISTICS)
                counted.append(self._store(connection, value, held, author, mark))
            return counted

    def _store(self, connection: Connection, value: Statistic, held: Statistic | None, author: str, mark: int) -> Statistic:
        revised = replace(value, author=author, revision=held.revision + 1 if held else 1, submitted_at=self._now_us())
        connection.execute(update(statistic).where(_identity(value), statistic.c.is_current).values(is_current=False))
        connection.execute(insert(statistic).values(**_row(revised), mark=mark, is_current=True))
        detail = {name: content for name, content in _row(revised).items() if name != "entity"}
        connection.execute(insert(audit).values(at=revised.submitted_at, who=author, action="statistic", target=revised.entity, detail=detail))
        return revised

    def current(self, entities: Sequence[str] | None) -> list[Statistic]:
        """The last revision of every value of the entities (None: all) that was not taken back, by entity, indicator and period."""
        found: list[Statistic] = []
        query = select(statistic).where(statistic.c.is_current)
        with self._ledger.reading() as connection:
            if entities is None:
                found = [_statistic(row) for row in connection.execute(query).mappings()]
            else:
                wanted = sorted(set(entities))
                for first in range(0, len(wanted), MAX_AT_ONCE):
                    some = query.where(statistic.c.entity.in_(wanted[first : first + MAX_AT_ONCE]))
                    found += [_statistic(row) for row in connection.execute(some).mappings()]
        return sorted((s for s in found if s.value is not None or s.text), key=lambda s: (s.entity, s.indicator, s.period))

    def history(self, entity: str, indicator: str, period: str) -> list[Statistic]:
        """Every revision, the oldest first."""
        asked = _identity(Statistic(entity, indicator, period, None, ""))
        with self._ledger.reading() as connection:
            return [_statistic(row) for row in connection.execute(select(statistic).where(asked).order_by(statistic.c.revision)).mappings()]

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        """The mark now, and the entities with a value written after the mark `since` (0: all that have any)."""
        query = select(statistic.c.entity).where(statistic.c.mark > since).distinct()
        with self._ledger.reading() as connection:
            return versions.version(connection, versions.STATISTICS), frozenset(connection.execute(query).scalars())


def _refuse_bad(connection: Connection, values: Sequence[Statistic]) -> None:
    wanted, known = sorted({v.entity for v in values}), set[str]()
    for first in range(0, len(wanted), MAX_AT_ONCE):
        known.update(connection.execute(select(entity.c.id).where(entity.c.id.in_(wanted[first : first + MAX_AT_ONCE]))).scalars())
    problems, seen = list[str](), set[tuple[str, str, str]]()
    for index, value in enumerate(values):
        if value.entity not in known:
            problems.append(f'[{index}] 单位 "{value.entity}" 未登记 · entity "{value.entity}" is not registered')
        if not value.indicator:
            problems.append(f"[{index}] 没有写指标 · the indicator is missing")
        try:
            period_of(value.period)
        except ValueError as error:
            problems.append(f"[{index}] {error}")
        identity = (value.entity, value.indicator, value.period)
        if identity in seen:
            problems.append(f"[{index}] 同一数值写了两次，请只留一次 · the same value stands here twice, keep one: {' '.join(identity)}")
        seen.add(identity)
    if problems:
        raise Problems(problems)


def _identity(value: Statistic) -> Any:
    t = statistic.c
    return and_(t.entity == value.entity, t.indicator == value.indicator, t.period == value.period)


def _last(connection: Connection, value: Statistic) -> Statistic | None:
    row = connection.execute(select(statistic).where(_identity(value), statistic.c.is_current)).mappings().one_or_none()
    return None if row is None else _statistic(row)


def _row(s: Statistic) -> dict[str, Any]:
    return {
        "entity": s.entity, "indicator": s.indicator, "period": s.period, "revision": s.revision, "value": s.value, "unit": s.unit, "text": s.text,
        "document": s.document, "note": s.note, "author": s.author, "submitted_at": s.submitted_at,
    }  # fmt: skip


def _statistic(row: RowMapping) -> Statistic:
    return Statistic(
        row["entity"], row["indicator"], row["period"], row["value"], row["unit"], row["text"], row["document"], row["note"], row["author"],
        row["revision"], row["submitted_at"],
    )  # fmt: skip
