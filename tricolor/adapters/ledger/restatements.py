"""Restatements in the ledger: the work of accounting, and what people read of it."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, cast, func, insert, select, text, update

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.account_months import keep_months
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import account_day, meta
from tricolor.adapters.ledger.schema_factors import account_earlier, restatement, restatement_effect
from tricolor.domain.accounts import DayAccount
from tricolor.domain.errors import NotFound
from tricolor.domain.meters import Role
from tricolor.domain.restatements import Cause, Earlier, Effect, Restatement, Scope, Sums, effects_of

IN_FORCE = "factors_in_force"  # digests of the plan's factors by carrier, as the accounts were last made with
AUTHOR = "accounting"
_CHUNK = 400  # bound values of one statement
_SUMS = ("tce_calorific", "tce_equivalent", "co2_t")
_ROLES = {str(role): role for role in Role}
_KEY = ("entity", "day", "carrier", "role")
_PLAIN = (*_KEY, "amount", "unit", *_SUMS, "covered_s", "expected_s", "estimated_share")
_KEPT = ("restatement", "superseded_at", *_PLAIN, "factor_ids")
_KEEP = f"INSERT INTO account_earlier ({', '.join(_KEPT)}) VALUES ({', '.join(f':{name}' for name in _KEPT)})", _KEPT  # noqa: S608 - constants
_CHANGED = (*_SUMS, "factor_ids", *_KEY)
_CHANGE = (
    f"UPDATE account_day SET {', '.join(f'{n} = :{n}' for n in (*_SUMS, 'factor_ids'))} WHERE {' AND '.join(f'{n} = :{n}' for n in _KEY)}",  # noqa: S608
    _CHANGED,
)


def _now_us() -> int:
    return time.time_ns() // 1_000


class RestatementsSql:
    """RestatementBook and RestatementWork over SQLite or PostgreSQL."""

    def __init__(self, ledger: LedgerEngine, now_us: Callable[[], int] = _now_us) -> None:
        self._ledger, self._now_us = ledger, now_us

    def rows(self, scope: Scope) -> Sequence[DayAccount]:
        """The day accounts of the scope."""
        t = account_day.c
        plain = [t[name] for name in _PLAIN]
        found: list[DayAccount] = []
        ids: dict[str, tuple[str, ...]] = {}  # a month of accounts holds few different lists
        with self._ledger.reading() as connection:
            for part in _parts(scope.entities):
                query = _in_scope(select(cast(t.factor_ids, Text), *plain), scope, part)
                for row in connection.execute(query):
                    said, unit, day, carrier, role, *rest = tuple(row)
                    if said not in ids:
                        ids[said] = tuple(json.loads(said))
                    values: tuple[Any, ...] = (unit, day, carrier, _ROLES[role], *rest, ids[said])
                    found.append(DayAccount(*values))
        return found

    def months(self, scope: Scope) -> Sequence[tuple[str, str]]:
        t = account_day.c
        month = func.substr(t.day, 1, 7)
        found: set[tuple[str, str]] = set()
        with self._ledger.reading() as connection:
            for part in _parts(scope.entities):
                found |= {(str(m), str(e)) for m, e in connection.execute(_in_scope(select(month, t.entity).distinct(), scope, part))}
        return sorted(found)

    def due(self) -> Restatement | None:
        t = restatement.c
        with self._ledger.reading() as connection:
            row = connection.execute(select(restatement).where(t.finished_at.is_(None)).order_by(t.id).limit(1)).first()
        return None if row is None else _restatement(row)

    def restate(self, job: Restatement, cursor: str, changes: Sequence[tuple[DayAccount, DayAccount]]) -> Restatement:
        now, ids = self._now_us(), _Said()
        with self._ledger.writing() as connection:
            if changes:
                _many(connection, _KEEP, [(job.id, now, *_plain(old), ids(old.factor_ids)) for old, _ in changes])
                _many(connection, _CHANGE, [
                    (new.tce_calorific, new.tce_equivalent, new.co2_t, ids(new.factor_ids), new.entity, new.day, new.carrier, str(new.role))
                    for _, new in changes
                ])  # fmt: skip
                effects = [_effect_columns(job.id, each) for each in effects_of(changes)]
                connection.execute(insert(restatement_effect), effects)
                mark = versions.bump(connection, versions.ACCOUNTS)
                keep_months(connection, {(new.entity, new.day[:7]) for _, new in changes}, mark)
            place, rows = restatement.c, restatement.c.rows + len(changes)
            changed = update(restatement).where(place.id == job.id).values(cursor=cursor, rows=rows).returning(restatement)
            return _restatement(connection.execute(changed).one())

    def finish(self, job: Restatement) -> Restatement:
        with self._ledger.writing() as connection:
            done = update(restatement).where(restatement.c.id == job.id).values(finished_at=self._now_us()).returning(restatement)
            return _restatement(connection.execute(done).one())

    def order_where_changed(self, digests: Mapping[str, str], plan: str) -> Restatement | None:
        with self._ledger.writing() as connection:
            noted = connection.execute(select(meta.c.value).where(meta.c.key == IN_FORCE)).scalar()
            held: dict[str, str] = json.loads(noted) if noted is not None else {}
            if noted is not None and held == dict(digests):
                return None
            value = json.dumps(dict(digests), sort_keys=True)
            if connection.execute(update(meta).where(meta.c.key == IN_FORCE).values(value=value)).rowcount == 0:
                connection.execute(insert(meta).values(key=IN_FORCE, value=value))
            changed = sorted({c for c in {*held, *digests} if held.get(c) != digests.get(c)}) if noted is not None else []
            accounted = {str(c) for (c,) in connection.execute(select(account_day.c.carrier).distinct())}
            carriers = sorted(accounted if noted is None else accounted.intersection(changed))
            if not carriers:
                return None
            said = ", ".join(carriers)
            reason = f"规划包 {plan} 或系数表已变：{said} · the factors of plan pack {plan} or of the tables are others than before: {said}"
            row = {
                "cause": Cause.PLAN.value, "author": AUTHOR, "reason": reason, "carriers": carriers, "entities": [], "first_day": "", "last_day": "",
                "made_at": self._now_us(), "cursor": "", "rows": 0,
            }  # fmt: skip
            return _restatement(connection.execute(insert(restatement).values(**row).returning(restatement)).one())

    def page(self, entities: Sequence[str], limit: int, before_id: int | None) -> Sequence[Restatement]:
        t = restatement.c
        query = select(restatement).order_by(t.id.desc()).limit(limit)
        if entities:
            e = restatement_effect.c
            query = query.where(t.id.in_(select(e.restatement).where(e.entity.in_(entities))))
        if before_id is not None:
            query = query.where(t.id < before_id)
        with self._ledger.reading() as connection:
            return [_restatement(row) for row in connection.execute(query)]

    def get(self, restatement_id: int) -> Restatement:
        with self._ledger.reading() as connection:
            row = connection.execute(select(restatement).where(restatement.c.id == restatement_id)).first()
        if row is None:
            raise NotFound(f"there is no restatement {restatement_id}")
        return _restatement(row)

    def effects(self, restatements: Sequence[int], entities: Sequence[str]) -> Mapping[int, Sequence[Effect]]:
        t = restatement_effect.c
        query = select(restatement_effect).where(t.restatement.in_(restatements)).order_by(t.restatement, t.entity, t.month)
        if entities:
            query = query.where(t.entity.in_(entities))
        found: dict[int, list[Effect]] = {each: [] for each in restatements}
        with self._ledger.reading() as connection:
            for r in connection.execute(query):
                found[r.restatement].append(_effect(r))
        return found

    def earlier(self, restatement_id: int, entities: Sequence[str], limit: int, after_id: int) -> Sequence[Earlier]:
        t = account_earlier.c
        query = select(account_earlier).where(t.restatement == restatement_id, t.id > after_id).order_by(t.id).limit(limit)
        if entities:
            query = query.where(t.entity.in_(entities))
        with self._ledger.reading() as connection:
            return [Earlier(r.id, r.restatement, _account(r, tuple(r.factor_ids)), r.superseded_at) for r in connection.execute(query)]


def _parts(entities: Sequence[str]) -> list[Sequence[str]]:
    return [entities[begin : begin + _CHUNK] for begin in range(0, len(entities), _CHUNK)] or [()]


def _in_scope(query: Select[Any], scope: Scope, entities: Sequence[str]) -> Select[Any]:
    t = account_day.c
    if entities:
        query = query.where(t.entity.in_(entities))
    if scope.carriers:
        query = query.where(t.carrier.in_(scope.carriers))
    if scope.first_day:
        query = query.where(t.day >= scope.first_day)
    if scope.last_day:
        query = query.where(t.day <= scope.last_day)
    return query


def _restatement(r: Row[Any]) -> Restatement:
    scope = Scope(tuple(r.carriers), tuple(r.entities), r.first_day, r.last_day)
    return Restatement(r.id, Cause(r.cause), r.setting, r.author, r.reason, scope, r.made_at, r.finished_at, r.cursor, r.rows)


def _effect_columns(job: int, e: Effect) -> dict[str, object]:
    sums = {f"{name}_{when}": getattr(side, name) for when, side in (("before", e.before), ("after", e.after)) for name in _SUMS}
    return {"restatement": job, "entity": e.entity, "month": e.month, "rows": e.rows, **sums}


def _effect(r: Row[Any]) -> Effect:
    before, after = (Sums(*(getattr(r, f"{name}_{when}") for name in _SUMS)) for when in ("before", "after"))
    return Effect(r.entity, r.month, r.rows, before, after)


class _Said(dict[tuple[str, ...], str]):
    """JSON of lists of factor ids, each written once."""

    def __call__(self, ids: tuple[str, ...]) -> str:
        if ids not in self:
            self[ids] = json.dumps(ids)
        return self[ids]


def _plain(a: DayAccount) -> tuple[object, ...]:
    return (
        a.entity, a.day, a.carrier, str(a.role), a.amount, a.unit, a.tce_calorific, a.tce_equivalent, a.co2_t, a.covered_s, a.expected_s,
        a.estimated_share,
    )  # fmt: skip


def _many(connection: Connection, statement: tuple[str, tuple[str, ...]], rows: list[tuple[object, ...]]) -> None:
    """One statement over many rows, handed to the driver as they are: a quarter of the time of the general way. statement: text, names in order."""
    words, names = statement
    compiled = text(words).compile(dialect=connection.dialect)
    if compiled.positional:
        connection.exec_driver_sql(str(compiled), rows)
    else:
        connection.exec_driver_sql(str(compiled), [dict(zip(names, row, strict=True)) for row in rows])


def _account(r: Row[Any], ids: tuple[str, ...]) -> DayAccount:
    return DayAccount(
        r.entity, r.day, r.carrier, Role(r.role), r.amount, r.unit, r.tce_calorific, r.tce_equivalent, r.co2_t,
        r.covered_s, r.expected_s, r.estimated_share, ids,
    )  # fmt: skip
