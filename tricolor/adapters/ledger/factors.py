"""Factors that people set, in the ledger: who said so, by which document, and the restatement that each change orders."""

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit
from tricolor.adapters.ledger.schema_factors import factor_setting, restatement
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.own_factors import MAX_TEXT, Proposal, Setting, SettingKind
from tricolor.domain.restatements import Cause

FACTORS = "factors_version"
AGAIN = "preview it again, then apply it"


def _now_us() -> int:
    return time.time_ns() // 1_000


class FactorDeskSql:
    """FactorDesk on SQLAlchemy. now_us: clock that stamps settings and restatements [µs]."""

    def __init__(self, ledger: LedgerEngine, now_us: Callable[[], int] = _now_us) -> None:
        self._ledger, self._now_us = ledger, now_us

    def version(self) -> int:
        with self._ledger.reading() as connection:
            return versions.version(connection, FACTORS)

    def settings(self) -> Sequence[Setting]:
        with self._ledger.reading() as connection:
            return _all(connection)

    def set(self, what: Proposal, author: str, reason: str, version: int) -> Setting:
        _require_words(author, reason)
        now = self._now_us()
        with self._ledger.writing() as connection:
            _require_version(connection, version)
            held = next((s for s in _all(connection) if s.is_in_force and s.what.overlaps(what)), None)
            if held is not None:
                until = held.what.valid_to or "until further notice"
                raise Refused(
                    f"setting {held.id} ({held.what.value:g} {held.what.unit}, {held.what.valid_from} to {until}) covers these days: revoke it first"
                )
            row = {**_columns(what), "author": author, "reason": reason, "set_at": now, "revoked_by": "", "revoke_reason": ""}
            made = int(connection.execute(insert(factor_setting).values(**row).returning(factor_setting.c.id)).scalar_one())
            _order(connection, Cause.SETTING, made, what, author, reason, now)
            connection.execute(insert(audit).values(at=now, who=author, action="factor.set", target=str(made), detail={**row, "id": made}))
        return Setting(made, what, author, reason, now)

    def revoke(self, setting: int, author: str, reason: str, version: int) -> Setting:
        _require_words(author, reason)
        now, t = self._now_us(), factor_setting.c
        with self._ledger.writing() as connection:
            _require_version(connection, version)
            found = next((s for s in _all(connection) if s.id == setting), None)
            if found is None:
                raise NotFound(f"there is no factor setting {setting}")
            if not found.is_in_force:
                raise Refused(f"setting {setting} is revoked already, by {found.revoked_by}")
            connection.execute(update(factor_setting).where(t.id == setting).values(revoked_at=now, revoked_by=author, revoke_reason=reason))
            _order(connection, Cause.REVOCATION, setting, found.what, author, reason, now)
            detail = {"id": setting, "reason": reason}
            connection.execute(insert(audit).values(at=now, who=author, action="factor.revoke", target=str(setting), detail=detail))
        return Setting(found.id, found.what, found.author, found.reason, found.set_at, now, author, reason)


def _require_words(author: str, reason: str) -> None:
    faults = [f"{name}: say it" for name, text in (("author", author), ("reason", reason)) if not text.strip()]
    faults += [f"{name}: at most {MAX_TEXT} characters" for name, text in (("author", author), ("reason", reason)) if len(text) > MAX_TEXT]
    if faults:
        raise Problems(faults)


def _require_version(connection: Connection, version: int) -> None:
    if versions.version(connection, FACTORS) != version:
        raise Refused(f"the factors have changed since this was previewed: {AGAIN}")


def _order(connection: Connection, cause: Cause, setting: int, what: Proposal, author: str, reason: str, now: int) -> None:
    last = (what.valid_to - timedelta(days=1)).isoformat() if what.valid_to is not None else ""
    connection.execute(
        insert(restatement).values(
            cause=cause.value, setting=setting, author=author, reason=reason, carriers=[what.carrier],
            entities=[what.entity] if what.entity else [], first_day=what.valid_from.isoformat(), last_day=last, made_at=now, cursor="", rows=0,
        )
    )  # fmt: skip
    versions.bump(connection, FACTORS)


def _all(connection: Connection) -> list[Setting]:
    return [_setting(row) for row in connection.execute(select(factor_setting).order_by(factor_setting.c.id))]


def _columns(what: Proposal) -> dict[str, Any]:
    return {
        "entity": what.entity, "point": what.point, "carrier": what.carrier, "kind": what.kind.value, "value": what.value, "unit": what.unit,
        "valid_from": what.valid_from.isoformat(), "valid_to": what.valid_to.isoformat() if what.valid_to is not None else None,
        "document": what.document,
    }  # fmt: skip


def _setting(r: Row[Any]) -> Setting:
    valid_to = date.fromisoformat(r.valid_to) if r.valid_to is not None else None
    what = Proposal(r.entity, r.point, r.carrier, SettingKind(r.kind), r.value, r.unit, date.fromisoformat(r.valid_from), valid_to, r.document)
    return Setting(r.id, what, r.author, r.reason, r.set_at, r.revoked_at, r.revoked_by, r.revoke_reason)
