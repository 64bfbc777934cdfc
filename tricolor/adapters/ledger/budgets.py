"""Energy budgets in the ledger: every revision is kept, the last one counts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, func, insert, select, tuple_
from sqlalchemy.engine import RowMapping

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit, entity
from tricolor.adapters.ledger.schema_budgets import energy_budget
from tricolor.domain.budgets import wrong_with
from tricolor.domain.errors import Problems
from tricolor.domain.submissions import Budget

MAX_AT_ONCE = 5_000  # names in one IN (…): well under SQLite's and PostgreSQL's bounds


def _now_us() -> int:
    return time.time_ns() // 1_000


class BudgetBookSql:
    """BudgetBook on SQLAlchemy. now_us: clock that stamps revisions [µs]."""

    def __init__(self, ledger: LedgerEngine, now_us: Callable[[], int] = _now_us) -> None:
        self._ledger, self._now_us = ledger, now_us

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        """The mark now, and the entities whose budgets changed after `since`."""
        c = energy_budget.c
        with self._ledger.reading() as connection:
            mark = versions.version(connection, versions.BUDGETS)  # before the rows: what comes between is named twice rather than missed
            return mark, frozenset(connection.execute(select(c.entity).where(c.mark > since).distinct()).scalars())

    def set(self, budgets: Sequence[Budget], author: str) -> list[Budget]:
        """All or none; each as it now counts; the same budget again makes no new revision. Problems lists every fault with its place."""
        with self._ledger.writing() as connection:
            _refuse_bad(connection, budgets, author)
            held = [_last(connection, budget.entity, budget.year) for budget in budgets]
            if all(last is not None and _same(last, budget) for last, budget in zip(held, budgets, strict=True)):
                return [last for last in held if last is not None]
            mark, now = versions.bump(connection, versions.BUDGETS), self._now_us()
            return [_put(connection, last, budget, author, mark, now) for last, budget in zip(held, budgets, strict=True)]

    def current(self, entities: Sequence[str] | None) -> list[Budget]:
        """The last revision of every budget that was not taken back, by entity and year."""
        with self._ledger.reading() as connection:
            if entities is None:
                return _current(connection, None)
            wanted = sorted(set(entities))
            return [b for i in range(0, len(wanted), MAX_AT_ONCE) for b in _current(connection, wanted[i : i + MAX_AT_ONCE])]

    def history(self, entity: str, year: int) -> list[Budget]:
        """Every revision, the oldest first; those that took it back (0 tce) too."""
        c = energy_budget.c
        with self._ledger.reading() as connection:
            rows = connection.execute(select(energy_budget).where(c.entity == entity, c.year == year).order_by(c.revision)).mappings()
            return [_budget(row) for row in rows]


def _refuse_bad(connection: Connection, budgets: Sequence[Budget], author: str) -> None:
    wanted, known = sorted({budget.entity for budget in budgets}), set[str]()
    for first in range(0, len(wanted), MAX_AT_ONCE):
        known.update(connection.execute(select(entity.c.id).where(entity.c.id.in_(wanted[first : first + MAX_AT_ONCE]))).scalars())
    problems = [] if author.strip() else ["请写明由谁填报 · author: say who sets it"]
    seen: set[tuple[str, int]] = set()
    for index, budget in enumerate(budgets):
        problems += [f"[{index}] {zh} · {field}: {en}" for field, zh, en in wrong_with(budget)]
        if budget.entity not in known:
            problems.append(f'[{index}] 单位 "{budget.entity}" 未登记 · entity "{budget.entity}" is not registered')
        if (budget.entity, budget.year) in seen:
            problems.append(f"[{index}] {budget.entity} {budget.year} 年的预算出现两次 · the budget of {budget.entity} {budget.year} is given twice")
        seen.add((budget.entity, budget.year))
    if problems:
        raise Problems(problems)


def _put(connection: Connection, last: Budget | None, budget: Budget, author: str, mark: int, now: int) -> Budget:
    if last is not None and _same(last, budget):
        return last
    kept = replace(budget, author=author, revision=last.revision + 1 if last else 1, submitted_at=now)
    row = {
        "entity": kept.entity, "year": kept.year, "revision": kept.revision, "tce": kept.tce, "profile": list(kept.profile),
        "document": kept.document, "author": kept.author, "submitted_at": kept.submitted_at,
    }  # fmt: skip
    connection.execute(insert(energy_budget).values(**row, mark=mark))
    connection.execute(insert(audit).values(at=now, who=author, action="budget.set", target=kept.entity, detail=row))
    return kept


def _same(last: Budget, budget: Budget) -> bool:
    return (last.tce, last.profile, last.document) == (budget.tce, tuple(budget.profile), budget.document)


def _last(connection: Connection, entity_id: str, year: int) -> Budget | None:
    c = energy_budget.c
    newest = select(energy_budget).where(c.entity == entity_id, c.year == year).order_by(c.revision.desc()).limit(1)
    row = connection.execute(newest).mappings().one_or_none()
    return None if row is None else _budget(row)


def _current(connection: Connection, entities: Sequence[str] | None) -> list[Budget]:
    c = energy_budget.c
    newest = select(c.entity, c.year, func.max(c.revision)).group_by(c.entity, c.year)
    if entities is not None:
        newest = newest.where(c.entity.in_(entities))
    rows = connection.execute(
        select(energy_budget).where(tuple_(c.entity, c.year, c.revision).in_(newest), c.tce > 0).order_by(c.entity, c.year)
    ).mappings()
    return [_budget(row) for row in rows]


def _budget(row: RowMapping) -> Budget:
    return Budget(
        row["entity"], row["year"], row["tce"], tuple(row["profile"]), row["document"], row["author"], row["revision"], row["submitted_at"]
    )  # fmt: skip
