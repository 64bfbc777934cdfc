"""Activity figures in the ledger: every revision is kept, the last one counts."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, tuple_
from sqlalchemy.engine import RowMapping

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import activity, entity
from tricolor.domain.activities import ACTIVITY_UNITS, Activity, ActivityKind
from tricolor.domain.errors import Problems
from tricolor.domain.intervals import month_of

MAX_AT_ONCE = 5_000  # names in one IN (…): well under SQLite's and PostgreSQL's bounds


def _now_us() -> int:
    return time.time_ns() // 1_000


class ActivityBookSql:
    """ActivityBook on SQLAlchemy. now_us: clock that stamps submissions [µs]."""

    def __init__(self, ledger: LedgerEngine, now_us: Callable[[], int] = _now_us) -> None:
        self._ledger = ledger
        self._now_us = now_us

    def version(self) -> int:
        with self._ledger.reading() as connection:
            return versions.version(connection, versions.ACTIVITY)

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        """The mark now, and the entities with a revision after `since`. The mark is the newest row's number: rows are only ever added."""
        with self._ledger.reading() as connection:
            mark = connection.execute(select(func.max(activity.c.id))).scalar() or 0
            return mark, frozenset(connection.execute(select(activity.c.entity).where(activity.c.id > since).distinct()).scalars())

    def submit(self, figures: Sequence[Activity]) -> list[Activity]:
        """Store the figures, all or none; each comes back as it now counts.

        A figure makes a new revision only when its value, unit or price year differs. Problems lists every figure of an unknown entity,
        a bad month, a wrong unit or no finite value.
        """
        with self._ledger.writing() as connection:
            self._refuse_bad(connection, figures)
            at_us, counted = self._now_us(), []
            has_changes = False
            for figure in figures:
                held = _last(connection, figure)
                if held is not None and _same(held, figure):
                    counted.append(held)
                    continue
                revised = replace(figure, revision=held.revision + 1 if held else 1)
                connection.execute(insert(activity).values(**_row(revised), submitted_at=at_us))
                counted.append(revised)
                has_changes = True
            if has_changes:
                versions.bump(connection, versions.ACTIVITY)
            return counted

    def current(self, entities: Sequence[str]) -> list[Activity]:
        """The last revision of every figure of the entities, sorted by entity, kind, product and month."""
        found: list[Activity] = []
        wanted = sorted(set(entities))
        with self._ledger.reading() as connection:
            for first in range(0, len(wanted), MAX_AT_ONCE):
                found.extend(_current(connection, wanted[first : first + MAX_AT_ONCE]))
        return sorted(found, key=lambda f: (f.entity, f.kind, f.product, f.month))

    def _refuse_bad(self, connection: Connection, figures: Sequence[Activity]) -> None:
        wanted = sorted({figure.entity for figure in figures})
        known: set[str] = set()
        for first in range(0, len(wanted), MAX_AT_ONCE):
            known.update(connection.execute(select(entity.c.id).where(entity.c.id.in_(wanted[first : first + MAX_AT_ONCE]))).scalars())
        problems = [f"[{index}] {fault}" for index, figure in enumerate(figures) for fault in _faults(figure, known)]
        if problems:
            raise Problems(problems)


def _faults(figure: Activity, known: set[str]) -> list[str]:
    faults = []
    if figure.entity not in known:
        faults.append(f'单位 "{figure.entity}" 未登记 · entity "{figure.entity}" is not registered')
    usable = ACTIVITY_UNITS[figure.kind]
    if figure.unit not in usable:
        faults.append(f'单位 "{figure.unit}" 不能用于 {figure.kind} · unit "{figure.unit}" is not one of {", ".join(usable)}')
    if not math.isfinite(figure.value):
        faults.append(f"数值 {figure.value} 不是有限的数 · value {figure.value} is not finite")
    try:
        month_of(figure.month)
    except ValueError:
        faults.append(f'月份 "{figure.month}" 应写成 2026-11 · month "{figure.month}" must be written YYYY-MM')
    return faults


def _same(held: Activity, figure: Activity) -> bool:
    return (held.value, held.unit, held.price_year) == (figure.value, figure.unit, figure.price_year)


def _last(connection: Connection, figure: Activity) -> Activity | None:
    same: ColumnElement[bool] = and_(
        activity.c.entity == figure.entity, activity.c.kind == figure.kind.value,
        activity.c.product == figure.product, activity.c.month == figure.month,
    )  # fmt: skip
    row = connection.execute(select(activity).where(same).order_by(activity.c.revision.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else _activity(row)


def _current(connection: Connection, entities: Sequence[str]) -> list[Activity]:
    identity = (activity.c.entity, activity.c.kind, activity.c.product, activity.c.month)
    newest = select(*identity, func.max(activity.c.revision)).where(activity.c.entity.in_(entities)).group_by(*identity)
    rows = connection.execute(select(activity).where(tuple_(*identity, activity.c.revision).in_(newest))).mappings()
    return [_activity(row) for row in rows]


def _row(figure: Activity) -> dict[str, object]:
    return {
        "entity": figure.entity, "kind": figure.kind.value, "product": figure.product, "month": figure.month, "value": figure.value,
        "unit": figure.unit, "price_year": figure.price_year, "author": figure.author, "revision": figure.revision,
    }  # fmt: skip


def _activity(row: RowMapping) -> Activity:
    return Activity(
        row["entity"], ActivityKind(row["kind"]), row["month"], row["value"], row["unit"], row["price_year"], row["product"], row["author"],
        row["revision"],
    )  # fmt: skip
