"""Bulletins in the ledger: drafts, steps of the sign-off, and what is frozen when one is issued."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import audit
from tricolor.adapters.ledger.schema_bulletins import bulletin, bulletin_file, bulletin_step
from tricolor.domain.bulletin_states import (
    FIRST_SERIAL,
    Bulletin,
    BulletinAction,
    BulletinFile,
    BulletinState,
    BulletinStep,
    SomebodyWasFaster,
    state_after,
)
from tricolor.domain.errors import NotFound, Refused
from tricolor.ports_bulletins import BulletinMove, BulletinsWanted, NewBulletin

_CHUNK = 400  # bound values of one statement
_SHORT = [c for c in bulletin.c if c.name != "facts"]


class BulletinBookSql:
    """BulletinBook over the tables bulletin, bulletin_step and bulletin_file."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def draft(self, new: NewBulletin) -> Bulletin:
        with self._ledger.writing() as connection:
            held = _of_area_and_period(connection, new.area, new.period)
            _refuse_second(held, new)
            state_after(BulletinState.DRAFT, BulletinAction.COMMENTED, new.who, "-")  # a name, and not too long
            digest = digest_of(new.facts)
            values: dict[str, Any] = {
                "area": new.area, "period": new.period, "edition": max((row["edition"] for row in held), default=0) + 1,
                "state": BulletinState.DRAFT.value, "revision": 1, "corrects": new.corrects, "facts": new.facts, "digest": digest,
                "number": "", "made_at": new.at, "changed_at": new.at,
            }  # fmt: skip
            made = connection.execute(insert(bulletin).values(values).returning(bulletin.c.id)).scalar_one()
            _note(connection, made, BulletinStep(new.at, BulletinAction.DRAFTED, new.who.strip(), "", 1), digest, key=new.key)
            return _get(connection, made)

    def get(self, bulletin_id: int) -> Bulletin:
        with self._ledger.reading() as connection:
            return _get(connection, bulletin_id)

    def page(self, wanted: BulletinsWanted, limit: int, before_id: int | None) -> list[Bulletin]:
        query = select(*_SHORT).order_by(bulletin.c.id.desc()).limit(limit)
        if wanted.state:
            query = query.where(bulletin.c.state == wanted.state)
        if wanted.period:
            query = query.where(bulletin.c.period == wanted.period)
        if wanted.areas is not None:
            query = query.where(bulletin.c.area.in_(sorted(wanted.areas)))
        if before_id is not None:
            query = query.where(bulletin.c.id < before_id)
        with self._ledger.reading() as connection:
            return [_bulletin(row, ()) for row in connection.execute(query).mappings()]

    def step(self, move: BulletinMove) -> Bulletin:
        with self._ledger.writing() as connection:
            before = _get(connection, move.bulletin_id)
            if before.revision != move.revision:
                raise SomebodyWasFaster(
                    f"通报 {before.id} 已被他人改动（现为第 {before.revision} 稿，您看的是第 {move.revision} 稿），请刷新后再办 · "
                    f"bulletin {before.id} was changed by somebody else (it is at revision {before.revision}, you saw {move.revision}): "
                    "look again, then step"
                )
            after = state_after(before.state, move.action, move.who, move.text)
            values: dict[str, Any] = {"state": after.value, "revision": before.revision + 1, "changed_at": move.at}
            if move.action is BulletinAction.REFRESHED:
                values |= {"facts": move.facts, "digest": digest_of(move.facts)}
            if move.action is BulletinAction.ISSUED:
                values |= _issue(connection, before, move)
            connection.execute(update(bulletin).where(bulletin.c.id == before.id).values(values))
            step = BulletinStep(move.at, move.action, move.who.strip(), move.text.strip(), before.revision + 1)
            _note(connection, before.id, step, values.get("digest", before.digest), move.number, move.key)
            return _get(connection, before.id)

    def next_serial(self, year: int) -> int:
        with self._ledger.reading() as connection:
            return _next_serial(connection, year)

    def files(self, bulletin_id: int) -> list[BulletinFile]:
        query = select(bulletin_file).where(bulletin_file.c.bulletin_id == bulletin_id).order_by(bulletin_file.c.suffix)
        with self._ledger.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [BulletinFile(r["suffix"], r["name"], r["media_type"], bytes(r["data"]), r["sha256"]) for r in rows]


def digest_of(facts: str) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return hashlib.sha256(facts.encode()).hexdigest()


def _of_area_and_period(connection: Connection, area: str, period: str) -> list[RowMapping]:
    query = select(*_SHORT).where(bulletin.c.area == area, bulletin.c.period == period).order_by(bulletin.c.edition)
    return list(connection.execute(query).mappings())


def _refuse_second(held: Sequence[RowMapping], new: NewBulletin) -> None:
    """At most one draft at a time, and beside an issued one only its correction."""
    standing = [row for row in held if row["state"] != BulletinState.WITHDRAWN]
    open_one = next((row for row in standing if row["state"] != BulletinState.ISSUED), None)
    if open_one is not None:
        raise Refused(
            f"{new.area} {new.period} 已有通报草稿 {open_one['id']}：请继续办理或先撤回 · there is a bulletin {open_one['id']} in the works for "
            f"{new.area} {new.period}: go on with it, or withdraw it first"
        )
    issued = standing[-1] if standing else None
    if new.corrects is None and issued is not None:
        raise Refused(
            f"{new.area} {new.period} 的通报已签发（{issued['number']}），不再改动：更正请另拟一份并指明 corrects={issued['id']} · it is issued "
            f"({issued['number']}) and never changed: draft a correction that names it (corrects={issued['id']})"
        )
    if new.corrects is not None and new.corrects not in {row["id"] for row in held if row["issued_at"] is not None}:
        raise Refused(
            f"{new.area} {new.period} 没有已签发的通报 {new.corrects} 可更正 · there is no issued bulletin {new.corrects} of {new.area} {new.period} "
            "to correct"
        )


def _issue(connection: Connection, before: Bulletin, move: BulletinMove) -> dict[str, Any]:
    """Number and files, given and kept in the transaction that issues it."""
    if move.serial_year is None or not move.files:
        raise Refused("an issued bulletin has a number and files")
    due = _next_serial(connection, move.serial_year)
    if move.serial != due:
        raise SomebodyWasFaster(f"文号 {move.number} 已被占用，下一号为 {due} · the number {move.number} was taken, the next one is {due}")
    rows = [
        {"bulletin_id": before.id, "suffix": f.suffix, "name": f.name, "media_type": f.media_type, "sha256": f.sha256, "data": f.data}
        for f in move.files
    ]
    connection.execute(insert(bulletin_file), rows)
    return {"number": move.number, "serial_year": move.serial_year, "serial": due, "issued_at": move.at}


def _next_serial(connection: Connection, year: int) -> int:
    last = connection.execute(select(func.max(bulletin.c.serial)).where(bulletin.c.serial_year == year)).scalar()
    return FIRST_SERIAL if last is None else int(last) + 1


def _note(connection: Connection, bulletin_id: int, step: BulletinStep, digest: str, number: str = "", key: str = "") -> None:
    """The step in the timeline and in the audit."""
    row = {"bulletin_id": bulletin_id, "at": step.at, "action": step.action.value, "who": step.who, "text": step.text, "revision": step.revision}
    connection.execute(insert(bulletin_step).values(row))
    detail = {"revision": step.revision, "text": step.text, "digest": digest} | ({"number": number} if number else {})
    who = f"{step.who} (key {key})" if key else step.who
    entry = {"at": step.at, "who": who, "action": f"bulletin.{step.action.value}", "target": str(bulletin_id), "detail": detail}
    connection.execute(insert(audit).values(entry))


def _get(connection: Connection, bulletin_id: int) -> Bulletin:
    row = connection.execute(select(bulletin).where(bulletin.c.id == bulletin_id)).mappings().first()
    if row is None:
        raise NotFound(f"没有通报 {bulletin_id} · there is no bulletin {bulletin_id}")
    return _bulletin(row, _steps(connection, [bulletin_id])[bulletin_id])


def _steps(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[BulletinStep, ...]]:
    found: dict[int, list[BulletinStep]] = defaultdict(list)
    for begin in range(0, len(ids), _CHUNK):
        mine = bulletin_step.c.bulletin_id.in_(ids[begin : begin + _CHUNK])
        for r in connection.execute(select(bulletin_step).where(mine).order_by(bulletin_step.c.id)).mappings():
            found[r["bulletin_id"]].append(BulletinStep(r["at"], BulletinAction(r["action"]), r["who"], r["text"], r["revision"]))
    return {each: tuple(found[each]) for each in ids}


def _bulletin(row: RowMapping, steps: tuple[BulletinStep, ...]) -> Bulletin:
    return Bulletin(
        row["id"], row["area"], row["period"], row["edition"], BulletinState(row["state"]), row["revision"], row.get("facts", ""), row["digest"],
        row["made_at"], row["changed_at"], row["corrects"], row["number"], row["serial_year"], row["serial"], row["issued_at"], steps,
    )  # fmt: skip
