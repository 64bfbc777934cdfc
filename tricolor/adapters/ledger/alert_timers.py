"""What time alone does to alerts in the ledger, the notices of what people did, and jumps of the clock."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, RowMapping, select, union_all, update

from tricolor.adapters.ledger.alert_rows import state_of
from tricolor.adapters.ledger.alert_writing import Amounts, Move, Subject, chunks, tell, write
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.jumps import is_counted
from tricolor.adapters.ledger.schema import alert, alert_event, verdict
from tricolor.domain.alert_machine import due_at, not_after, shifted, tick
from tricolor.domain.alert_policy import IMMEDIATE, Policy
from tricolor.domain.alerts import Step, Why
from tricolor.domain.lights import Light
from tricolor.ports import AlertChange
from tricolor.ports_alerting import Notices

SHIFTED = "alerts_shifted"  # in the table meta: the last jump of the clock
Words = Mapping[str, tuple[tuple[str, str], Amounts]]


def tick_alerts(
    ledger: LedgerEngine, policies: Mapping[str, Policy], now: int, limit: int, notices: Notices, judged: Collection[str] | None,
    is_first: bool,
) -> list[AlertChange]:  # fmt: skip
    """See AlertTimers. is_first: the due moments may be those of other policies."""
    due = select(alert).where(alert.c.due_at <= now).order_by(alert.c.due_at, alert.c.id).limit(limit)
    deeds = select(alert_event).where(alert_event.c.is_unrouted).order_by(alert_event.c.id).limit(limit)
    if not is_first:
        some = union_all(select(alert.c.id).where(alert.c.due_at <= now), select(alert_event.c.id).where(alert_event.c.is_unrouted)).limit(1)
        with ledger.reading() as connection:  # mostly nothing is due: no write lock for that
            if connection.execute(some).first() is None:
                return []
    with ledger.writing() as connection:
        if is_first:
            _plan(connection, policies, now)
        routed = _route(connection, connection.execute(deeds).mappings().all(), notices, now)
        rows = connection.execute(due).mappings().all()
        said = _standing_words(connection, [row["fingerprint"] for row in rows])
        moves = [move for row in rows if (move := _ticked(row, policies, now, judged, said)) is not None]
        return [*routed, *write(connection, moves, policies, now, notices)]


def shift_alerts(ledger: LedgerEngine, policies: Mapping[str, Policy], by_us: int, now: int) -> int:
    """See AlertTimers."""
    with ledger.writing() as connection:
        if is_counted(connection, SHIFTED, by_us, now):
            return 0
        rows = connection.execute(select(alert).where(alert.c.is_watched, alert.c.bars == "")).mappings().all()
        moves = [
            Move(_subject(row), row, before, not_after(shifted(before, by_us), now), [], ("", ""), is_said=False)
            for row, before in ((row, state_of(row)) for row in rows)
        ]
        write(connection, moves, policies, now, lambda _change, _told: [])
        return len(moves)


def _plan(connection: Connection, policies: Mapping[str, Policy], now: int) -> None:
    """Due moments of every watched alert by the policies of today, and nothing that counts from a moment to come."""
    moves: list[Move] = []
    for row in connection.execute(select(alert).where(alert.c.is_watched, alert.c.bars == "")).mappings().all():
        before = state_of(row)
        after = not_after(before, now)
        if after != before or due_at(after, policies.get(row["rule"], IMMEDIATE)) != row["due_at"]:
            moves.append(Move(_subject(row), row, before, after, [], ("", ""), is_said=False))
    write(connection, moves, policies, now, lambda _change, _told: [])


def _ticked(row: RowMapping, policies: Mapping[str, Policy], now: int, judged: Collection[str] | None, said: Words) -> Move | None:
    before, policy = state_of(row), policies.get(row["rule"], IMMEDIATE)
    after, steps = tick(before, policy, now, judged is None or row["rule"] in judged)
    if not steps and after == before and due_at(before, policy) == row["due_at"]:
        return None
    reason, amounts = said.get(row["fingerprint"], ((row["reason_zh"], row["reason_en"]), Amounts()))
    is_said = any(step.why is not Why.STALE for step in steps)
    return Move(_subject(row), row, before, after, steps, reason, is_said, amounts)


def _route(connection: Connection, deeds: Sequence[RowMapping], notices: Notices, now: int) -> list[AlertChange]:
    """Who is to be told of what people did since the last round."""
    of: dict[int, RowMapping] = {}
    for ids in chunks({each["alert_id"] for each in deeds}):
        of |= {row["id"]: row for row in connection.execute(select(alert).where(alert.c.id.in_(ids))).mappings()}
    said = _standing_words(connection, [row["fingerprint"] for row in of.values()])
    changes = [_deed(of[each["alert_id"]], each, said) for each in deeds]
    tell(connection, changes, [each["id"] for each in deeds], notices, now)
    for ids in chunks([each["id"] for each in deeds]):
        connection.execute(update(alert_event).where(alert_event.c.id.in_(ids)).values(is_unrouted=False))
    return changes


def _deed(row: RowMapping, event: RowMapping, said: Words) -> AlertChange:
    state = state_of(row)
    step = Step(Why(event["why"]), state, state, by=event["by"], to=event["to"], text=event["text_zh"])
    s, (_, m) = _subject(row), said.get(row["fingerprint"], ((), Amounts()))
    return AlertChange(
        row["id"], s.fingerprint, s.entity, s.rule, s.indicator, step, row["reason_zh"], row["reason_en"], event["at"], event["by"], event["text_zh"],
        m.value, m.limit, m.unit,
    )  # fmt: skip


def _standing_words(connection: Connection, names: Sequence[str]) -> Words:
    """What is said of the matters now; nothing of one that is grey, whose last words stay."""
    c, found = verdict.c, dict[str, tuple[tuple[str, str], Amounts]]()
    for part in chunks(names):
        query = select(c.fingerprint, c.reason_zh, c.reason_en, c.value, c.limit, c.unit)
        query = query.where(c.fingerprint.in_(part), c.is_current, c.light != Light.GREY.value)
        for name, zh, en, *amounts in connection.execute(query):
            found[name] = (zh, en), Amounts(*amounts)
    return found


def _subject(row: RowMapping) -> Subject:
    return Subject(row["fingerprint"], row["entity"], row["rule"], row["indicator"])
