"""Cleaner-production audits in the ledger: every revision is kept with its author and reason, the last one counts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select
from sqlalchemy.engine import RowMapping

from tricolor.adapters.ledger import revisions, versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import entity
from tricolor.adapters.ledger.schema_projects import cp_audit
from tricolor.domain.errors import NotFound
from tricolor.domain.intervals import local_day
from tricolor.domain.projects import AuditState, CpAudit, Wrong, audit_says, follow_audit, wrong_with_audit

_FIELDS = (
    "id", "entity", "is_mandatory", "listed_on", "started_on", "reported_on", "assessed_on", "accepted_on", "document", "note", "author",
    "revision", "changed_at", "reason",
)  # fmt: skip


def _now_us() -> int:
    return time.time_ns() // 1_000


class CpAuditBookSql:
    """CpAuditBook on SQLAlchemy. now_us: clock that stamps revisions and says what is in the future [µs]."""

    def __init__(self, ledger: LedgerEngine, now_us: Callable[[], int] = _now_us) -> None:
        self._ledger, self._now_us = ledger, now_us

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        """The mark now, and the entities whose audits changed after it."""
        with self._ledger.reading() as connection:
            return revisions.changes(connection, versions.CP_AUDITS, cp_audit.c.mark, (cp_audit.c.entity,), since)

    def put(self, new: CpAudit, author: str, reason: str) -> CpAudit:
        """The audit as it now stands; one that says what the register says already makes no revision.

        Refused where the step cannot follow the one before or lacks its reason; Problems lists every other fault.
        """
        return self.put_all([new], author, reason)[0]

    def put_all(self, news: Sequence[CpAudit], author: str, reason: str) -> list[CpAudit]:
        """Several at once, all or none; Problems names each by its place."""
        with self._ledger.writing() as connection:
            now = self._now_us()
            revisions.refuse_bad(
                news, lambda identity: _held(connection, identity), lambda before, new: follow_audit(before, new, reason),
                lambda _before, new: _wrong(connection, new, author, reason, now),
            )  # fmt: skip
            return [_keep(connection, new, author.strip(), reason.strip(), now) for new in news]

    def current(self, entities: Sequence[str] | None) -> list[CpAudit]:
        """Of the entities themselves (None: of all), by entity and id."""
        with self._ledger.reading() as connection:
            return [_audit(row) for row in revisions.current(connection, cp_audit, entities)]

    def history(self, audit_id: str) -> list[CpAudit]:
        """Every revision, the oldest first; NotFound."""
        with self._ledger.reading() as connection:
            found = [_audit(row) for row in revisions.history(connection, cp_audit, audit_id)]
        if not found:
            raise NotFound(f"没有清洁生产审核 {audit_id} · there is no cleaner-production audit {audit_id}")
        return found


def _held(connection: Connection, identity: str) -> CpAudit | None:
    row = revisions.last(connection, cp_audit, identity)
    return None if row is None else _audit(row)


def _wrong(connection: Connection, new: CpAudit, author: str, reason: str, now: int) -> list[Wrong]:
    found = wrong_with_audit(replace(new, author=author), local_day(now).isoformat())
    found += revisions.wrong_with_entry(author, reason)
    if connection.execute(select(entity.c.id).where(entity.c.id == new.entity)).one_or_none() is None:
        found.append(("entity", f"单位 {new.entity} 未登记", f"entity {new.entity!r} is not registered"))
    return found


def _keep(connection: Connection, new: CpAudit, author: str, reason: str, now: int) -> CpAudit:
    before = _held(connection, new.id)
    if before is not None and audit_says(before) == audit_says(new):
        return before
    kept = replace(new, author=author, reason=reason, revision=before.revision + 1 if before else 1, changed_at=now)
    values = {name: getattr(kept, name) for name in _FIELDS} | {"state": kept.state.value}
    revisions.revise(connection, cp_audit, versions.CP_AUDITS, values)
    return kept


def _audit(row: RowMapping) -> CpAudit:
    return CpAudit(**{name: row[name] for name in _FIELDS}, state=AuditState(row["state"]))
