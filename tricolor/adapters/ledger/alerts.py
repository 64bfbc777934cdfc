"""Alerts in the ledger: verdicts, steps of alerts and their messages committed together; lists, timelines, acknowledgement."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, alert_event, outbox
from tricolor.adapters.ledger.verdicts import put_verdicts
from tricolor.domain.alerts import AlertState, Handling, Step, Why, acknowledge, follow, withdraw
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.notifications import Draft, Recipient
from tricolor.ports import AlertChange, AlertMoment, AlertRecord

FIRING, RESOLVED = "firing", "resolved"
NAMED_AT_ONCE = 400  # matters looked up by name; of more, every open alert is read
WITHDRAWN_ZH, WITHDRAWN_EN = "不再判定：对象、目标或测点已撤销", "No longer judged: the entity, the target or its points were taken away"
Compose = Callable[[AlertChange, Sequence[Recipient]], Sequence[Draft]]


class AlertBookSql:
    """AlertBook and AlertFollower over the tables alert, alert_event and outbox."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def follow(
        self, verdicts: Sequence[Verdict], rules: Sequence[str], at: int, is_followed: Callable[[Verdict], bool], compose: Compose,
        withdrawn: Sequence[str] = (), confirmed: Sequence[str] = (),
    ) -> list[AlertChange]:  # fmt: skip
        """See AlertFollower. The one write lock of the ledger makes what is read here still true at the commit, whoever else judges."""
        changes: list[AlertChange] = []
        with self._ledger.writing() as connection:
            put_verdicts(connection, verdicts, at, rules, gone := frozenset(withdrawn), confirmed)
            mine = select(alert).where(alert.c.condition == FIRING)
            if not rules and len(verdicts) + len(gone) <= NAMED_AT_ONCE:
                mine = mine.where(alert.c.fingerprint.in_([*(each.fingerprint for each in verdicts), *gone]))
            firing = {row["fingerprint"]: row for row in connection.execute(mine).mappings()}
            followed = [each for each in verdicts if is_followed(each)]
            for each in followed:
                row = firing.get(each.fingerprint)
                step = follow(None if row is None else _state(row), each.light, at)
                if step is not None:
                    changes.append(_take(connection, each, row, step, at))
            kept = {each.fingerprint for each in followed}
            changes += [_withdraw(connection, row, at) for name, row in firing.items() if name in gone or (row["rule"] in rules and name not in kept)]
            for change in changes:
                _write_moment_and_messages(connection, change, compose)
        return changes

    def page(self, state: str, entities: Sequence[str], limit: int, before_id: int | None) -> list[AlertRecord]:
        query = select(alert).order_by(alert.c.id.desc()).limit(limit)
        if state == "open":
            query = query.where(alert.c.condition == FIRING)
        elif state != "all":
            raise ValueError(f"alerts are listed by state open or all, not {state!r}")
        if entities:
            query = query.where(alert.c.entity.in_(entities))
        if before_id is not None:
            query = query.where(alert.c.id < before_id)
        with self._ledger.reading() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def get(self, alert_id: int) -> tuple[AlertRecord, list[AlertMoment]]:
        moments = select(alert_event).where(alert_event.c.alert_id == alert_id).order_by(alert_event.c.id)
        with self._ledger.reading() as connection:
            row = _one(connection, alert_id)
            found = connection.execute(moments).mappings().all()
        return _record(row), [AlertMoment(m["at"], m["why"], m["light"], m["text_zh"], m["text_en"], m["by"]) for m in found]

    def acknowledge(self, alert_id: int, who: str, at: int) -> AlertRecord:
        with self._ledger.writing() as connection:
            row = _one(connection, alert_id)
            try:
                step = acknowledge(_state(row), who)
            except ValueError as error:
                raise Refused(f"alert {alert_id}: {error}") from error
            if step is not None:
                change = _take(connection, None, row, step, at)
                _write_moment_and_messages(connection, change, lambda _change, _told: ())
            return _record(_one(connection, alert_id))


def _take(connection: Connection, judged: Verdict | None, row: RowMapping | None, step: Step, at: int) -> AlertChange:
    """Writes the alert as the step leaves it. judged: None for an acknowledgement."""
    after = step.after
    values: dict[str, Any] = {
        "condition": FIRING if after.is_open else RESOLVED, "is_stale": after.is_stale, "handling": after.handling.value,
        "acked_by": after.acked_by, "changed_at": after.changed_at, "resolved_at": after.resolved_at,
    }  # fmt: skip
    if after.is_open:  # a resolved alert goes on showing the level last told
        values["level"] = after.level.value
    if judged is not None and step.why is not Why.STALE:
        values |= {"reason_zh": judged.reason_zh, "reason_en": judged.reason_en}
    if row is None:
        if judged is None:
            raise ValueError("an alert opens by a verdict")
        name = {"fingerprint": judged.fingerprint, "entity": judged.entity, "rule": judged.rule, "indicator": judged.indicator}
        alert_id = connection.execute(insert(alert).values({**values, **name, "opened_at": after.opened_at}).returning(alert.c.id)).scalar_one()
        return AlertChange(alert_id, judged.fingerprint, judged.entity, judged.rule, judged.indicator, step, judged.reason_zh, judged.reason_en, at)
    connection.execute(update(alert).where(alert.c.id == row["id"]).values(values))
    source: Any = row if judged is None else {"reason_zh": judged.reason_zh, "reason_en": judged.reason_en}
    return AlertChange(
        row["id"], row["fingerprint"], row["entity"], row["rule"], row["indicator"], step, source["reason_zh"], source["reason_en"], at
    )  # fmt: skip


def _withdraw(connection: Connection, row: RowMapping, at: int) -> AlertChange:
    step = withdraw(_state(row), at)
    values = {"condition": RESOLVED, "is_stale": False, "changed_at": at, "resolved_at": at, "reason_zh": WITHDRAWN_ZH, "reason_en": WITHDRAWN_EN}
    connection.execute(update(alert).where(alert.c.id == row["id"]).values(values))
    return AlertChange(row["id"], row["fingerprint"], row["entity"], row["rule"], row["indicator"], step, WITHDRAWN_ZH, WITHDRAWN_EN, at)


def _write_moment_and_messages(connection: Connection, change: AlertChange, compose: Compose) -> None:
    step = change.step
    light = Light.GREY if step.why is Why.STALE else step.after.level
    moment = {
        "alert_id": change.alert_id, "at": change.at, "why": step.why.value, "light": light.value, "text_zh": change.reason_zh,
        "text_en": change.reason_en, "by": step.after.acked_by if step.why is Why.ACKED else "",
    }  # fmt: skip
    event_id = connection.execute(insert(alert_event).values(moment).returning(alert_event.c.id)).scalar_one()
    if not step.is_told:
        return
    told = _told(connection, change.alert_id)
    drafts = {(draft.to.channel, draft.to.address): draft for draft in compose(change, told)}  # one message an address and event
    rows = [
        {"alert_id": change.alert_id, "event_id": event_id, "channel": d.to.channel, "address": d.to.address, "recipient": d.to.recipient,
         "why": step.why.value, "light": light.value, "title": d.title, "text": d.text, "payload": dict(d.payload), "state": "queued",
         "attempts": 0, "next_at": change.at, "created_at": change.at}
        for d in drafts.values()
    ]  # fmt: skip
    if rows:
        connection.execute(insert(outbox), rows)


def _told(connection: Connection, alert_id: int) -> list[Recipient]:
    """Everyone who has a message about the alert, on its way or there, in the order first told."""
    query = select(outbox.c.channel, outbox.c.address, outbox.c.recipient).where(outbox.c.alert_id == alert_id).order_by(outbox.c.id)
    return list(dict.fromkeys(Recipient(*row) for row in connection.execute(query)))


def _one(connection: Connection, alert_id: int) -> RowMapping:
    row = connection.execute(select(alert).where(alert.c.id == alert_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no alert {alert_id}")
    return row


def _state(row: RowMapping) -> AlertState:
    return AlertState(
        Light(row["level"]), row["opened_at"], row["changed_at"], row["is_stale"], Handling(row["handling"]), row["acked_by"], row["resolved_at"]
    )


def _record(row: RowMapping) -> AlertRecord:
    return AlertRecord(
        row["id"], row["fingerprint"], row["entity"], row["rule"], row["indicator"], row["level"], row["condition"], row["is_stale"],
        row["handling"], row["acked_by"], row["opened_at"], row["changed_at"], row["resolved_at"], row["reason_zh"], row["reason_en"],
    )  # fmt: skip
