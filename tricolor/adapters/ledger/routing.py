"""Routing in the ledger: addresses of contacts, shifts, weekly patterns and quiet hours. What stops counting is ended, never taken away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, Table, insert, or_, select, update

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, audit, contact, department, entity
from tricolor.adapters.ledger.schema_routing import contact_address, duty_shift, duty_week, quiet_hours, silence
from tricolor.adapters.ledger.silences import silence_row
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.lights import SEVERITY, Light
from tricolor.domain.roster import DAY_MINUTES, MAX_NOTE, Address, Hours, Kept, On, QuietHours, Shift, Weekly
from tricolor.domain.suppression import Subject
from tricolor.ports_routing import ROSTER_KINDS, RosterEntry, RoutingEntries

MAX_TEXT = 256  # characters of a name or an address
BAD_LIGHTS = (Light.YELLOW, Light.ORANGE, Light.RED)
STANDING = ("firing", "recovering")  # by name: the index serves what a condition is, not what it is not
E = TypeVar("E", Address, Shift, Weekly, QuietHours)


class RoutingBookSql:
    """RoutingBook over the tables of routing and the alerts that stand."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def version(self) -> int:
        with self._ledger.reading() as connection:
            return versions.version(connection, versions.ROUTING)

    def load(self, now: int) -> RoutingEntries:
        with self._ledger.reading() as connection:
            silences = select(silence).where(silence.c.end > now, or_(silence.c.ended_at.is_(None), silence.c.ended_at > now))
            return RoutingEntries(
                versions.version(connection, versions.ROUTING),
                tuple(_all(connection, contact_address, _address)),
                tuple(_all(connection, duty_shift, _shift, duty_shift.c.end > now)),
                tuple(_all(connection, duty_week, _weekly)),
                tuple(_all(connection, quiet_hours, _quiet)),
                tuple(silence_row(r) for r in connection.execute(silences.order_by(silence.c.id)).mappings()),
            )

    def standing(self) -> list[Subject]:
        c = alert.c
        query = select(c.id, c.rule, c.entity, c.indicator, c.level).where(c.condition.in_(STANDING)).order_by(c.id)
        with self._ledger.reading() as connection:
            return [Subject(r.id, r.rule, r.entity, r.indicator, Light(r.level)) for r in connection.execute(query)]


class AddressDeskSql:
    """AddressDesk over the table contact_address."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def put(self, address: Address, by: str, at: int) -> Kept[Address]:
        with self._ledger.writing() as connection:
            if connection.execute(select(contact.c.id).where(contact.c.id == address.contact)).first() is None:
                raise NotFound(f"没有联系人 {address.contact} · there is no contact {address.contact!r}; GET /v1/contacts lists them")
            if faults := _wrong_address(address, by):
                raise Problems(faults)
            c = contact_address.c
            of_same = (c.contact == address.contact, c.channel == address.channel, c.address == address.address, c.ended_at.is_(None))
            for row in connection.execute(select(contact_address).where(*of_same)).mappings().all():
                held = _address(row)
                if held.entry == address:
                    return held
                connection.execute(update(contact_address).where(c.id == held.id).values(ended_by=by, ended_at=at))
            number = _insert(connection, contact_address, _address_values(address), "address.put", address.contact, by, at)
            return Kept(number, address, by, at)

    def remove(self, entry: int, by: str, at: int) -> Kept[Address]:
        with self._ledger.writing() as connection:
            return _address(_end(connection, contact_address, entry, "address.remove", by, at, "地址", "address"))

    def history(self, contact: str) -> list[Kept[Address]]:
        return _history(self._ledger, contact_address, contact_address.c.contact, contact, _address)


class RosterDeskSql:
    """RosterDesk over the tables duty_shift, duty_week and quiet_hours."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def add(self, entries: Sequence[RosterEntry], by: str, at: int) -> list[int]:
        with self._ledger.writing() as connection:
            people, owners = set(connection.execute(select(contact.c.id)).scalars()), _owners(connection)
            faults = [] if by.strip() else ["请写明由谁登记 · by: say who enters it"]
            for index, entry in enumerate(entries):
                place = f"[{index + 1}] " if len(entries) > 1 else ""
                faults += [f"{place}{fault}" for fault in _wrong_entry(entry, people, owners)]
            if faults:
                raise Problems(faults)
            return [_add(connection, entry, by, at) for entry in entries]

    def remove(self, kind: str, entry: int, by: str, at: int) -> None:
        shape = _shape(kind)
        with self._ledger.writing() as connection:
            _end(connection, shape.table, entry, f"{kind}.remove", by, at, "排班或免打扰条目", f"{kind} entry")

    def history(self, kind: str, owner: str) -> list[Kept[Shift]] | list[Kept[Weekly]] | list[Kept[QuietHours]]:
        if kind == "shift":
            return _history(self._ledger, duty_shift, duty_shift.c.owner, owner, _shift)
        if kind == "weekly":
            return _history(self._ledger, duty_week, duty_week.c.owner, owner, _weekly)
        _shape(kind)
        return _history(self._ledger, quiet_hours, quiet_hours.c.whose, owner, _quiet)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a kind of entry stands in its table. owner: the column that names whose it is."""

    table: Table
    values: Callable[[Any], dict[str, Any]]
    owner: str


def _shape(kind: str) -> _Shape:
    found = _SHAPES.get(kind)
    if found is None:
        raise NotFound(f"没有 {kind} 这一类 · there is no kind {kind!r} in the roster: {', '.join(ROSTER_KINDS)}")
    return found


def _add(connection: Connection, entry: RosterEntry, by: str, at: int) -> int:
    kind = "shift" if isinstance(entry, Shift) else "weekly" if isinstance(entry, Weekly) else "quiet"
    shape = _SHAPES[kind]
    values = shape.values(entry)
    same = [column.is_(None) if values[name] is None else column == values[name] for name, column in shape.table.c.items() if name in values]
    held = connection.execute(select(shape.table.c.id).where(*same, shape.table.c.ended_at.is_(None)).limit(1)).scalar_one_or_none()
    return int(held) if held is not None else _insert(connection, shape.table, values, f"{kind}.add", values[shape.owner], by, at)


def _insert(connection: Connection, table: Table, values: Mapping[str, Any], action: str, target: str, by: str, at: int) -> int:
    kept = {**values, "by": by, "at": at, "ended_by": "", "ended_at": None}
    number = int(connection.execute(insert(table).values(kept).returning(table.c.id)).scalar_one())
    connection.execute(insert(audit).values(at=at, who=by, action=action, target=target, detail={"id": number, **values}))
    versions.bump(connection, versions.ROUTING)
    return number


def _end(connection: Connection, table: Table, entry: int, action: str, by: str, at: int, zh: str, en: str) -> RowMapping:
    counting = update(table).where(table.c.id == entry, table.c.ended_at.is_(None))
    if connection.execute(counting.values(ended_by=by, ended_at=at)).rowcount:
        connection.execute(insert(audit).values(at=at, who=by, action=action, target=str(entry), detail={}))
        versions.bump(connection, versions.ROUTING)
    row = connection.execute(select(table).where(table.c.id == entry)).mappings().first()
    if row is None:
        raise NotFound(f"没有{zh} {entry} · there is no {en} {entry}")
    return row


def _all(connection: Connection, table: Table, read: Callable[[RowMapping], Kept[E]], *where: ColumnElement[bool]) -> list[Kept[E]]:
    query = select(table).where(table.c.ended_at.is_(None), *where).order_by(table.c.id)
    return [read(row) for row in connection.execute(query).mappings()]


def _history(ledger: LedgerEngine, table: Table, owner: Column[Any], of: str, read: Callable[[RowMapping], Kept[E]]) -> list[Kept[E]]:
    query = select(table).order_by(table.c.id)
    with ledger.reading() as connection:
        return [read(row) for row in connection.execute(query.where(owner == of) if of else query).mappings()]


def _owners(connection: Connection) -> set[str]:
    return {*connection.execute(select(department.c.id)).scalars(), *connection.execute(select(entity.c.id)).scalars()}


def _wrong_address(address: Address, by: str) -> list[str]:
    found = [] if by.strip() else ["请写明由谁登记 · by: say who enters it"]
    for field, text in (("channel", address.channel), ("address", address.address)):
        if not text.strip() or len(text) > MAX_TEXT or any(ord(letter) < 32 for letter in text):
            found.append(f"{field} 须为 1—{MAX_TEXT} 个字符 · {field}: is 1 to {MAX_TEXT} characters")
    if address.address.startswith("@") and address.address not in ("@phone", "@email"):
        found.append("引用只有 @phone 和 @email · address: a reference is @phone or @email")
    if address.least_light not in BAD_LIGHTS:
        found.append("least_light 须为 yellow、orange 或 red · least_light: is yellow, orange or red")
    if not 0 <= address.place <= 99:
        found.append("顺序须在 0—99 · place: is 0 to 99")
    return found


def _wrong_entry(entry: RosterEntry, people: set[str], owners: set[str]) -> list[str]:
    found = _wrong_note(entry)
    if isinstance(entry, QuietHours):
        if entry.whose not in people | owners:
            found.append(f"没有部门、单位或联系人 {entry.whose} · whose: there is no department, entity or contact {entry.whose!r}")
        if entry.spares is Light.RED or SEVERITY[entry.spares] < SEVERITY[Light.YELLOW]:
            found.append("红色预警不受免打扰限制，只能为 yellow 或 orange · spares: is yellow or orange; red is never held")
        return [*found, *_wrong_hours(entry.hours)]
    if entry.owner not in owners:
        found.append(f"没有部门或单位 {entry.owner} · owner: there is no department or entity {entry.owner!r}")
    if entry.contact not in people:
        found.append(f"没有联系人 {entry.contact} · contact: there is no contact {entry.contact!r}")
    if isinstance(entry, Shift):
        return found if entry.start < entry.end else [*found, "班次结束须晚于开始 · end: the shift ends before it begins"]
    if entry.valid_to is not None and entry.valid_to <= entry.valid_from:
        found.append("停用日须晚于启用日 · valid_to: is not after valid_from")
    return [*found, *_wrong_hours(entry.hours)]


def _wrong_note(entry: RosterEntry) -> list[str]:
    role = "" if isinstance(entry, QuietHours) else entry.role
    is_long = len(entry.note) > MAX_NOTE or len(role) > MAX_TEXT
    return [f"备注最多 {MAX_NOTE} 字 · note: is over {MAX_NOTE} characters"] if is_long else []


def _wrong_hours(hours: Hours) -> list[str]:
    is_clock = 0 <= hours.from_minute < DAY_MINUTES and 0 <= hours.to_minute <= DAY_MINUTES
    return [] if is_clock else ["时段须为 00:00-24:00 之内 · hours: are within 00:00-24:00"]


def _address(r: RowMapping) -> Kept[Address]:
    entry = Address(r["contact"], r["channel"], r["address"], Light(r["least_light"]), bool(r["is_on"]), r["place"])
    return Kept(r["id"], entry, r["by"], r["at"], r["ended_by"], r["ended_at"])


def _address_values(a: Address) -> dict[str, Any]:
    return {
        "contact": a.contact, "channel": a.channel, "address": a.address, "least_light": a.least_light.value, "is_on": a.is_on, "place": a.place,
    }  # fmt: skip


def _shift(r: RowMapping) -> Kept[Shift]:
    return Kept(r["id"], Shift(r["owner"], r["contact"], r["start"], r["end"], r["role"], r["note"]), r["by"], r["at"], r["ended_by"], r["ended_at"])


def _shift_values(s: Shift) -> dict[str, Any]:
    return {"owner": s.owner, "contact": s.contact, "start": s.start, "end": s.end, "role": s.role, "note": s.note}


def _hours(r: RowMapping) -> Hours:
    return Hours(r["from_minute"], r["to_minute"], tuple(int(digit) for digit in r["weekdays"]), On(r["days"]))


def _hours_values(h: Hours) -> dict[str, Any]:
    return {"from_minute": h.from_minute, "to_minute": h.to_minute, "weekdays": "".join(str(d) for d in h.weekdays), "days": h.on.value}


def _weekly(r: RowMapping) -> Kept[Weekly]:
    until = None if r["valid_to"] is None else date.fromisoformat(r["valid_to"])
    entry = Weekly(r["owner"], r["contact"], _hours(r), date.fromisoformat(r["valid_from"]), until, r["role"], r["note"])
    return Kept(r["id"], entry, r["by"], r["at"], r["ended_by"], r["ended_at"])


def _weekly_values(w: Weekly) -> dict[str, Any]:
    until = None if w.valid_to is None else str(w.valid_to)
    named = {"owner": w.owner, "contact": w.contact, "valid_from": str(w.valid_from), "valid_to": until, "role": w.role, "note": w.note}
    return {**named, **_hours_values(w.hours)}


def _quiet(r: RowMapping) -> Kept[QuietHours]:
    return Kept(r["id"], QuietHours(r["whose"], _hours(r), Light(r["spares"]), r["note"]), r["by"], r["at"], r["ended_by"], r["ended_at"])


def _quiet_values(q: QuietHours) -> dict[str, Any]:
    return {"whose": q.whose, "spares": q.spares.value, "note": q.note, **_hours_values(q.hours)}


_SHAPES = {
    "shift": _Shape(duty_shift, _shift_values, "owner"),
    "weekly": _Shape(duty_week, _weekly_values, "owner"),
    "quiet": _Shape(quiet_hours, _quiet_values, "whose"),
}
