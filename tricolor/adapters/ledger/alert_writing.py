"""What the machine decided, written: alerts, their timelines and who is to be told, in bulk and in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Table, bindparam, delete, func, insert, select, update

from tricolor.adapters.ledger.alert_rows import values_of
from tricolor.adapters.ledger.notices import put_all_notices, told_of_all
from tricolor.adapters.ledger.schema import alert, alert_event
from tricolor.domain.alert_policy import IMMEDIATE, Policy
from tricolor.domain.alerts import OPEN, AlertState, Condition, Step, Why, no_data
from tricolor.domain.lights import Light
from tricolor.ports import AlertChange
from tricolor.ports_alerting import Notices

NO_DATA_RULES = ("silent", "completeness")  # their alerts already tell the data's owner that it is missing
BY_PERSON = frozenset({Why.COMMENTED, Why.FORWARDED, Why.CLOSED})
_CHUNK = 400  # bound values of one statement
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about."""

    fingerprint: str
    entity: str
    rule: str
    indicator: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a verdict measured, and its limit, in one unit."""

    value: float | None = None
    limit: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one alert. row: as the ledger has it, None: there is none yet; after None: it goes away, or stops barring; reason: to tell, zh
    and en, kept with the alert where is_said."""

    subject: Subject
    row: RowMapping | None
    before: AlertState | None
    after: AlertState | None
    steps: Sequence[Step]
    reason: tuple[str, str]
    is_said: bool = True
    amounts: Amounts = Amounts()

    @property
    def is_another(self) -> bool:
        """Whether the row stood for an alert that had ended, and this one is new."""
        return self.before is not None and self.before.bars is not None and self.after is not self.before


def write(connection: Connection, moves: Sequence[Move], policies: Mapping[str, Policy], at: int, notices: Notices) -> list[AlertChange]:
    """The steps taken, in the order of the moves."""
    _end(connection, moves)
    ids = _put(connection, moves, policies)
    changes = [_change(number, move, step, at) for number, move in zip(ids, moves, strict=True) if number is not None for step in move.steps]
    changes = _with_no_data(connection, changes, policies)
    tell(connection, changes, put_events(connection, changes), notices, at)
    return changes


def put_events(connection: Connection, changes: Sequence[AlertChange], is_unrouted: bool = False) -> list[int]:
    """Entries of the timelines; their ids. is_unrouted: who is to be told is found by the next round of the judge."""
    if not changes:
        return []
    rows = [_event(each) | {"is_unrouted": is_unrouted and each.step.is_told} for each in changes]
    return _insert_all(connection, alert_event, rows)


def chunks(values: Iterable[T], size: int = _CHUNK) -> Iterable[list[T]]:
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part


def _end(connection: Connection, moves: Sequence[Move]) -> None:
    """Pending ones that went away, and closed ones that bar no more."""
    gone = [m.row["id"] for m in moves if m.row is not None and m.after is None and not m.is_another]
    freed = [m.row["id"] for m in moves if m.row is not None and m.is_another]
    for part in chunks(gone):
        connection.execute(delete(alert).where(alert.c.id.in_(part), alert.c.condition == Condition.PENDING.value))
    for part in chunks(freed):
        connection.execute(update(alert).where(alert.c.id.in_(part)).values(is_watched=False, due_at=None))


def _put(connection: Connection, moves: Sequence[Move], policies: Mapping[str, Policy]) -> list[int | None]:
    """Ids of the alerts, None for what is none any more."""
    ids: list[int | None] = [None] * len(moves)
    changed: list[dict[str, Any]] = []
    added: list[tuple[int, dict[str, Any]]] = []
    for place, move in enumerate(moves):
        if move.after is None:
            continue
        told = move.before.level if move.before is not None else move.after.level
        values = values_of(move.after, policies.get(move.subject.rule, IMMEDIATE), told)
        is_new = move.row is None or move.is_another
        if is_new or move.is_said:
            values |= {"reason_zh": move.reason[0], "reason_en": move.reason[1]}
        elif move.row is not None:
            values |= {"reason_zh": move.row["reason_zh"], "reason_en": move.row["reason_en"]}
        if is_new or move.row is None:
            s = move.subject
            added.append((place, values | {"fingerprint": s.fingerprint, "entity": s.entity, "rule": s.rule, "indicator": s.indicator}))
        else:
            ids[place] = move.row["id"]
            changed.append({f"new_{name}": value for name, value in values.items()} | {"row_id": move.row["id"]})
    if changed:
        columns: dict[str, Any] = {name: bindparam(f"new_{name}", type_=alert.c[name].type) for name in _columns(changed[0])}
        connection.execute(update(alert).where(alert.c.id == bindparam("row_id")).values(columns), changed)
    if added:
        for (place, _), number in zip(added, _insert_all(connection, alert, [values for _, values in added]), strict=True):
            ids[place] = number
    return ids


def _insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Ids in the order of the rows. The ledger has one writer at a time, so what comes after the newest id is ours (RETURNING is row by row)."""
    newest = connection.execute(select(func.max(table.c.id))).scalar_one() or 0
    connection.execute(insert(table), list(rows))
    return list(connection.execute(select(table.c.id).where(table.c.id > newest).order_by(table.c.id)).scalars())


def _columns(values: Mapping[str, Any]) -> list[str]:
    return [name.removeprefix("new_") for name in values if name != "row_id"]


def _change(number: int, move: Move, step: Step, at: int) -> AlertChange:
    s, m = move.subject, move.amounts
    return AlertChange(number, s.fingerprint, s.entity, s.rule, s.indicator, step, *move.reason, at, step.by, step.text, m.value, m.limit, m.unit)


def _with_no_data(connection: Connection, changes: Sequence[AlertChange], policies: Mapping[str, Policy]) -> list[AlertChange]:
    """After STALE: the word which alert says that data is missing, or where none does a step that tells the data's owner."""
    stale = {c.entity for c in changes if c.step.why is Why.STALE and policies.get(c.rule, IMMEDIATE).tells_no_data and c.rule not in NO_DATA_RULES}
    if not stale:
        return list(changes)
    said: dict[str, int] = {}
    for part in chunks(sorted(stale)):
        mine = (alert.c.entity.in_(part), alert.c.rule.in_(NO_DATA_RULES), alert.c.condition.in_([each.value for each in OPEN]))
        said |= dict(connection.execute(select(alert.c.entity, alert.c.id).where(*mine).order_by(alert.c.id.desc())).tuples().all())
    found: list[AlertChange] = []
    for each in changes:
        if each.step.why is not Why.STALE or each.entity not in stale or each.rule in NO_DATA_RULES:
            found.append(each)
        elif each.entity in said:
            number = said[each.entity]
            zh, en = f"{each.reason_zh}（数据缺失见预警{number}）", f"{each.reason_en} (missing data: alert {number})"
            found.append(replace(each, reason_zh=zh, reason_en=en))
        else:
            found += [each, replace(each, step=no_data(each.step.after))]
    return found


def _event(change: AlertChange) -> dict[str, Any]:
    step = change.step
    light = step.light or (Light.GREY if step.why in (Why.STALE, Why.NO_DATA) else step.after.level)
    zh, en = (change.note, change.note) if step.why in BY_PERSON else (change.reason_zh, change.reason_en)
    return {
        "alert_id": change.alert_id, "at": change.at, "why": step.why.value, "light": light.value, "text_zh": zh, "text_en": en, "by": change.by,
        "to": step.to, "step": step.after.steps_done if step.why is Why.ESCALATED else 0,
    }  # fmt: skip


def tell(connection: Connection, changes: Sequence[AlertChange], events: Sequence[int], notices: Notices, at: int) -> None:
    """The notices of steps whose entries are in the timelines."""
    told = [(change, event) for change, event in zip(changes, events, strict=True) if change.step.is_told]
    if not told:
        return
    before = told_of_all(connection, sorted({change.alert_id for change, _ in told if change.step.before is not None}))
    put_all_notices(connection, [(change, event, notices(change, before.get(change.alert_id, []))) for change, event in told], at)
