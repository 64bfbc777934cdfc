"""Declared meter exchanges and multiplier changes: who said so, when, why, and what has to be settled again for it."""

import math
import time
from collections.abc import Callable

import numpy as np
from sqlalchemy import Connection, Row, Table, insert, select, update

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.item_states import undo_of_exchange
from tricolor.adapters.ledger.schema import audit, dirty_span, meter_exchange, point_multiplier
from tricolor.adapters.ledger.schema_items import item_decision
from tricolor.domain.decided import Confirmed, Substitute
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.exchanges import Declared, Exchange, MeterFacts, MultiplierChange
from tricolor.domain.intervals import DAY_US, EARLIEST_US, LATEST_US, iso
from tricolor.domain.items import DecisionKind

SOURCE = "declared"  # of the work that a declaration makes for settling


def _now_us() -> int:
    return time.time_ns() // 1_000


class MeterFactsBookSql:
    """MeterFactsBook and MeterFactsDesk on SQLAlchemy. now_us: clock that stamps them [µs].

    Every declaration and revocation raises the version and marks what it touches to be settled again, in one transaction.
    """

    def __init__(self, ledger: LedgerEngine, now_us: Callable[[], int] = _now_us) -> None:
        self._ledger, self._now_us = ledger, now_us

    def version(self) -> int:
        with self._ledger.reading() as connection:
            return versions.version(connection, versions.METER_FACTS)

    def load(self) -> MeterFacts:
        """What is in force."""
        with self._ledger.reading() as connection:
            exchanges = connection.execute(select(meter_exchange).where(meter_exchange.c.revoked_at.is_(None))).all()
            multipliers = connection.execute(select(point_multiplier).where(point_multiplier.c.revoked_at.is_(None))).all()
            decided = connection.execute(select(item_decision).where(item_decision.c.undone_at.is_(None))).all()
        return MeterFacts.of(
            [_exchange(row) for row in exchanges], [_multiplier(row) for row in multipliers],
            [_confirmed(row) for row in decided if row.kind == DecisionKind.CONFIRM],
            [_substitute(row) for row in decided if row.kind == DecisionKind.SUBSTITUTE],
        )  # fmt: skip

    def declare(self, fact: Exchange | MultiplierChange, person: str, reason: str = "") -> int:
        """The id of the declaration. Problems when its numbers cannot be; Refused when another one holds for the same point and moment."""
        with self._ledger.writing() as connection:
            return declare(connection, fact, person, reason, self._now_us())

    def revoke_exchange(self, declaration: int, person: str) -> None:
        """As if it had never been declared; the record stays. NotFound when it is not in force."""
        with self._ledger.writing() as connection:
            revoke(connection, meter_exchange, declaration, person, self._now_us())

    def revoke_multiplier(self, declaration: int, person: str) -> None:
        """As if it had never been declared; the record stays. NotFound when it is not in force."""
        with self._ledger.writing() as connection:
            revoke(connection, point_multiplier, declaration, person, self._now_us())

    def history(self, point: int) -> list[Declared]:
        """Everything ever declared of the point, exchanges first, by the time it was declared."""
        with self._ledger.reading() as connection:
            exchanges = connection.execute(select(meter_exchange).where(meter_exchange.c.point == point).order_by(meter_exchange.c.id)).all()
            multipliers = connection.execute(select(point_multiplier).where(point_multiplier.c.point == point).order_by(point_multiplier.c.id)).all()
        rows = [(row, _exchange(row)) for row in exchanges] + [(row, _multiplier(row)) for row in multipliers]
        return [Declared(r.id, fact, r.person, r.reason, r.declared_at, r.revoked_at, r.revoked_by) for r, fact in rows]


def declare(connection: Connection, fact: Exchange | MultiplierChange, person: str, reason: str, now: int) -> int:
    """Declare inside a writing() transaction; now [µs]."""
    _check(fact, person)
    table, moment = (meter_exchange, meter_exchange.c.at) if isinstance(fact, Exchange) else (point_multiplier, point_multiplier.c.valid_from)
    at = _moment(fact)
    held = connection.execute(select(table.c.id).where(table.c.point == fact.point, moment == at, table.c.revoked_at.is_(None))).scalar()
    if held is not None:
        raise Refused(f"{table.name} {held} already holds for this point at {iso(at)}: revoke it first")
    row = {**_columns(fact), "person": person, "reason": reason, "declared_at": now}
    made = connection.execute(insert(table).values(**row).returning(table.c.id)).scalar_one()
    _settle_again(connection, fact, now)
    detail = {**row, "id": made}
    connection.execute(insert(audit).values(at=now, who=person, action=f"{table.name}.declare", target=str(fact.point), detail=detail))
    return int(made)


def revoke(connection: Connection, table: Table, declaration: int, person: str, now: int) -> None:
    """Revoke inside a writing() transaction; a decision about an open item that stands on the exchange is undone with it. now [µs]."""
    row = connection.execute(select(table).where(table.c.id == declaration, table.c.revoked_at.is_(None))).first()
    if row is None:
        raise NotFound(f"{table.name} {declaration} is not in force")
    connection.execute(update(table).where(table.c.id == declaration).values(revoked_at=now, revoked_by=person))
    fact = _exchange(row) if table is meter_exchange else _multiplier(row)
    _settle_again(connection, fact, now)
    if table is meter_exchange:
        undo_of_exchange(connection, declaration, person, now)
    detail = {"id": declaration}
    connection.execute(insert(audit).values(at=now, who=person, action=f"{table.name}.revoke", target=str(fact.point), detail=detail))


def _settle_again(connection: Connection, fact: Exchange | MultiplierChange, now: int) -> None:
    """An exchange touches the steps around its instant; a multiplier everything from its instant on."""
    start = _moment(fact)
    settle_again(connection, fact.point, start, start + 1 if isinstance(fact, Exchange) else max(start + 1, now + DAY_US))


def settle_again(connection: Connection, point: int, start: int, end: int) -> None:
    """Mark the point's span [µs] to be settled again by the facts as they are now."""
    packed = {name: np.array([value], dtype="<i8").tobytes() for name, value in (("points", point), ("starts", start), ("ends", end))}
    connection.execute(insert(dirty_span).values(**packed, readings=1, source=SOURCE))
    versions.bump(connection, versions.METER_FACTS)


def _moment(fact: Exchange | MultiplierChange) -> int:
    return fact.at if isinstance(fact, Exchange) else fact.valid_from


def _columns(fact: Exchange | MultiplierChange) -> dict[str, float]:
    if isinstance(fact, Exchange):
        return {"point": fact.point, "at": fact.at, "final": fact.final, "start": fact.start}
    return {"point": fact.point, "valid_from": fact.valid_from, "multiplier": fact.multiplier}


def _check(fact: Exchange | MultiplierChange, person: str) -> None:
    problems = [] if person.strip() else ["a declaration needs the person who makes it"]
    if not EARLIEST_US <= _moment(fact) < LATEST_US:
        problems.append(f"the time {iso(_moment(fact))} cannot be" if abs(_moment(fact)) < LATEST_US else "the time cannot be")
    if isinstance(fact, Exchange):
        values = {"final": fact.final, "start": fact.start}
        problems += [f"{name} is {value}: a register shows 0 or more" for name, value in values.items() if not (math.isfinite(value) and value >= 0)]
    elif not (math.isfinite(fact.multiplier) and fact.multiplier > 0):
        problems.append(f"multiplier is {fact.multiplier}: it must be more than 0")
    if problems:
        raise Problems(problems)


def _exchange(row: Row[tuple[object, ...]]) -> Exchange:
    return Exchange(row.point, row.at, row.final, row.start)


def _multiplier(row: Row[tuple[object, ...]]) -> MultiplierChange:
    return MultiplierChange(row.point, row.valid_from, row.multiplier)


def _confirmed(row: Row[tuple[object, ...]]) -> Confirmed:
    return Confirmed(row.point, row.start, row.end, row.jump, row.amount, row.id, row.person, row.reason)


def _substitute(row: Row[tuple[object, ...]]) -> Substitute:
    return Substitute(row.point, row.start, row.end, row.amount, row.id, row.person, row.reason)
