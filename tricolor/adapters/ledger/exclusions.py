"""Exclusions in the ledger: every entry and every revocation stays, what is in force counts."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import RowMapping

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit, entity
from tricolor.adapters.ledger.schema_exclusions import exclusion
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.exclusions import Exclusion, ExclusionEntry, ExclusionKind, ExclusionRule, wrong_with


def _now_us() -> int:
    return time.time_ns() // 1_000


class ExclusionBookSql:
    """ExclusionBook on SQLAlchemy. rules: the rule set in force; now_us: clock that stamps entries [µs]."""

    def __init__(self, ledger: LedgerEngine, rules: Sequence[ExclusionRule], now_us: Callable[[], int] = _now_us) -> None:
        self._ledger, self._rules, self._now_us = ledger, tuple(rules), now_us

    def version(self) -> int:
        with self._ledger.reading() as connection:
            return versions.version(connection, versions.EXCLUSIONS)

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        """The mark now, and the entities with an entry made or revoked after `since` (0: all that have any)."""
        place = exclusion.c
        with self._ledger.reading() as connection:
            mark = versions.version(connection, versions.EXCLUSIONS)
            newer = select(place.entity).distinct() if since <= 0 else select(place.entity).where(place.mark > since).distinct()
            return mark, frozenset(connection.execute(newer).scalars())

    def entries(self) -> list[ExclusionEntry]:
        """Every entry ever made, revoked ones too, by number."""
        with self._ledger.reading() as connection:
            return [_entry(row) for row in connection.execute(select(exclusion).order_by(exclusion.c.id)).mappings()]

    def add(self, facts: Sequence[Exclusion], person: str, replaces: Sequence[int] = ()) -> list[ExclusionEntry]:
        """The entries as they stand, all or none; one that says the same and is in force is given back. replaces: entries revoked with it.

        Problems lists every fault; Refused when an entry in force has the same entity, kind, document, carrier and a month of these; NotFound
        when one of `replaces` is not in force.
        """
        with self._ledger.writing() as connection:
            self._refuse_bad(connection, facts, person)
            now = self._now_us()
            mark = versions.version(connection, versions.EXCLUSIONS) + 1
            for number in replaces:
                _revoke(connection, number, person, "替换 replaced", now, mark)
            held = [_held(connection, fact) for fact in facts]
            kept = [_insert(connection, fact, person, now, mark) if same is None else same for fact, same in zip(facts, held, strict=True)]
            if replaces or None in held:
                versions.bump(connection, versions.EXCLUSIONS)
            return kept

    def revoke(self, entry: int, person: str, reason: str) -> ExclusionEntry:
        """The entry as it is afterwards, as if never made but kept; twice changes nothing; NotFound; Problems without a person or a reason."""
        problems = [f"{field}: {en}" for field, en, text in (("by", "say who", person), ("reason", "say why", reason)) if not text.strip()]
        if problems:
            raise Problems(problems)
        with self._ledger.writing() as connection:
            held = _get(connection, entry)
            if not held.is_in_force:
                return held
            _revoke(connection, entry, person, reason, self._now_us(), versions.bump(connection, versions.EXCLUSIONS))
            return _get(connection, entry)

    def _refuse_bad(self, connection: Connection, facts: Sequence[Exclusion], person: str) -> None:
        known = set(connection.execute(select(entity.c.id).where(entity.c.id.in_({fact.entity for fact in facts}))).scalars())
        problems = []
        for fact in facts:
            problems += [f"{zh} · {field}: {en}" for field, zh, en in wrong_with(fact, person, self._rules)]
            if fact.entity not in known:
                problems.append(f'单位 "{fact.entity}" 未登记 · entity "{fact.entity}" is not registered')
        if problems:
            raise Problems(problems)


def _held(connection: Connection, fact: Exclusion) -> ExclusionEntry | None:
    """The entry in force that says the same; Refused when one says otherwise of the same months by the same document."""
    c = exclusion.c
    same = select(exclusion).where(
        c.entity == fact.entity, c.kind == fact.kind.value, c.document == fact.document, c.carrier == fact.carrier, c.revoked_at.is_(None),
        c.first_month <= fact.last_month, c.last_month >= fact.first_month,
    )  # fmt: skip
    held = [_entry(row) for row in connection.execute(same.order_by(c.id)).mappings()]
    for entry in held:
        if entry.fact == fact:
            return entry
    if held:
        first, span = held[0], f"{held[0].fact.first_month}..{held[0].fact.last_month}"
        raise Refused(
            f"#{first.id} 已按同一文号扣减 {span} 的部分月份，请先撤销它 · "
            f"entry {first.id} already leaves out months of {span} by the same document: revoke it first"
        )
    return None


def _insert(connection: Connection, fact: Exclusion, person: str, now: int, mark: int) -> ExclusionEntry:
    row = {
        "entity": fact.entity, "kind": fact.kind.value, "first_month": fact.first_month, "last_month": fact.last_month,
        "tce_equivalent": fact.tce_equivalent, "tce_calorific": fact.tce_calorific, "carrier": fact.carrier, "amount": fact.amount,
        "unit": fact.unit, "factor_ids": list(fact.factor_ids), "is_metered": fact.is_metered, "document": fact.document,
        "reason": fact.reason, "person": person, "entered_at": now,
    }  # fmt: skip
    values = {**row, "revoked_by": "", "revoked_reason": "", "mark": mark}
    number = int(connection.execute(insert(exclusion).values(**values).returning(exclusion.c.id)).scalar_one())
    _audit(connection, person, "exclusion.add", fact.entity, {**row, "id": number}, now)
    return ExclusionEntry(number, fact, person, now)


def _revoke(connection: Connection, number: int, person: str, reason: str, now: int, mark: int) -> None:
    held = _get(connection, number)
    if not held.is_in_force:
        raise NotFound(f"exclusion {number} is not in force")
    changed = {"revoked_at": now, "revoked_by": person, "revoked_reason": reason, "mark": mark}
    connection.execute(update(exclusion).where(exclusion.c.id == number).values(**changed))
    _audit(connection, person, "exclusion.revoke", held.fact.entity, {"id": number, "reason": reason}, now)


def _get(connection: Connection, number: int) -> ExclusionEntry:
    row = connection.execute(select(exclusion).where(exclusion.c.id == number)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no exclusion {number}")
    return _entry(row)


def _audit(connection: Connection, who: str, action: str, target: str, detail: dict[str, object], now: int) -> None:
    connection.execute(insert(audit).values(at=now, who=who, action=action, target=target, detail=detail))


def _entry(row: RowMapping) -> ExclusionEntry:
    fact = Exclusion(
        row["entity"], ExclusionKind(row["kind"]), row["first_month"], row["last_month"], row["tce_equivalent"], row["tce_calorific"],
        row["document"], row["reason"], row["carrier"], row["amount"], row["unit"], tuple(row["factor_ids"]), row["is_metered"],
    )  # fmt: skip
    return ExclusionEntry(row["id"], fact, row["person"], row["entered_at"], row["revoked_at"], row["revoked_by"], row["revoked_reason"])
