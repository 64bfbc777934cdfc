"""Silences and maintenance windows in the ledger; ending one early sets free at once what it held."""

from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, insert, or_, select, update

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.adapters.ledger.schema_routing import silence
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.lights import Light
from tricolor.domain.notices import NoticeState
from tricolor.domain.suppression import Matcher, Silence, SilenceKind, SilenceRow

STANDING_MAX: Final = 1_000  # each is asked about every message (project default)


class SilenceDeskSql:
    """SilenceDesk over the table silence."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def add(self, new: Silence, at: int) -> SilenceRow:
        with self._ledger.writing() as connection:
            c = silence.c
            of_same = select(silence).where(c.start == new.start, c.end == new.end, c.author == new.author, c.ended_at.is_(None))
            for row in connection.execute(of_same).mappings():
                if (held := silence_row(row)).silence == new:
                    return held
            standing = select(func.count()).where(c.end > at, or_(c.ended_at.is_(None), c.ended_at > at))
            if int(connection.execute(standing).scalar_one()) >= STANDING_MAX:
                raise Refused(
                    f"已有 {STANDING_MAX} 个未结束的静默和检修窗口：请先结束不用的，或按地区、部门合并 · {STANDING_MAX} silences and windows "
                    "have not ended: end those of no use, or enter one for a whole area or department"
                )
            values = {**_values(new), "created_at": at, "ended_by": "", "ended_at": None, "ended_reason": ""}
            number = int(connection.execute(insert(silence).values(values).returning(c.id)).scalar_one())
            connection.execute(
                insert(audit).values(at=at, who=new.author, action=f"{new.kind}.add", target=str(number), detail={"id": number, **_values(new)})
            )
            versions.bump(connection, versions.ROUTING)
            return SilenceRow(number, new, at)

    def end(self, number: int, by: str, reason: str, at: int) -> SilenceRow:
        with self._ledger.writing() as connection:
            row = _one(connection, number)
            if row.ended_at is not None or row.silence.end <= at:
                return row
            connection.execute(update(silence).where(silence.c.id == number).values(ended_by=by, ended_at=at, ended_reason=reason))
            connection.execute(
                insert(audit).values(at=at, who=by, action=f"{row.silence.kind}.end", target=str(number), detail={"reason": reason})
            )  # fmt: skip
            is_held = (notice.c.state == NoticeState.MUTED.value, notice.c.why_not == row.why, notice.c.due_at > at)
            connection.execute(update(notice).where(*is_held).values(due_at=at))
            versions.bump(connection, versions.ROUTING)
            return _one(connection, number)

    def get(self, number: int) -> SilenceRow:
        with self._ledger.reading() as connection:
            return _one(connection, number)

    def page(self, state: str, now: int, limit: int, before_id: int | None) -> list[SilenceRow]:
        c = silence.c
        query = select(silence).order_by(c.id.desc()).limit(limit)
        if state == "standing":
            query = query.where(c.end > now, or_(c.ended_at.is_(None), c.ended_at > now))
        elif state != "all":
            raise ValueError(f"silences are listed by state standing or all, not {state!r}")
        if before_id is not None:
            query = query.where(c.id < before_id)
        with self._ledger.reading() as connection:
            return [silence_row(r) for r in connection.execute(query).mappings()]


def _one(connection: Connection, number: int) -> SilenceRow:
    row = connection.execute(select(silence).where(silence.c.id == number)).mappings().first()
    if row is None:
        raise NotFound(f"没有静默或检修 {number} · there is no silence {number}; `tricolor alert silence list` tells them")
    return silence_row(row)


def _values(new: Silence) -> dict[str, Any]:
    m = new.matcher
    return {
        "kind": new.kind.value, "rules": list(m.rules), "entity": m.entity, "department": m.department, "indicator": m.indicator,
        "up_to": m.up_to.value, "start": new.start, "end": new.end, "author": new.author, "reason": new.reason,
    }  # fmt: skip


def silence_row(r: RowMapping) -> SilenceRow:
    """A row of the table silence."""
    matcher = Matcher(tuple(r["rules"]), r["entity"], r["department"], r["indicator"], Light(r["up_to"]))
    made = Silence(SilenceKind(r["kind"]), matcher, r["start"], r["end"], r["author"], r["reason"])
    return SilenceRow(r["id"], made, r["created_at"], r["ended_by"], r["ended_at"], r["ended_reason"])
