"""Alerts in the ledger: verdicts, steps of alerts and their notices committed together; lists, timelines, acknowledgement."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Connection, RowMapping, select, update

from tricolor.adapters.ledger.alert_rows import moment_of, observation_of, record_of, state_of
from tricolor.adapters.ledger.alert_timers import shift_alerts, tick_alerts
from tricolor.adapters.ledger.alert_writing import Amounts, Move, Subject, chunks, put_events, write
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, alert_event, verdict
from tricolor.adapters.ledger.verdicts import put_verdicts
from tricolor.domain.alert_machine import observe
from tricolor.domain.alert_policy import IMMEDIATE, Policy
from tricolor.domain.alerts import OPEN, Condition, Why, acknowledge, withdraw
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.lights import Verdict
from tricolor.ports import AlertChange, AlertMoment, AlertRecord
from tricolor.ports_alerting import Notices

AT_ONCE = 250  # verdicts of one transaction: a third of a second when all of them open a red alert
GIVE_WAY_S = 0.002  # between two transactions, so that whoever waits to write gets the lock
WITHDRAWN = (
    "不再判定：对象、目标或测点已撤销，或已停运",
    "No longer judged: the entity, the target or its points were taken away, or it is at rest",
)
NO_POLICIES: Mapping[str, Policy] = MappingProxyType({})
_OPEN = [each.value for each in OPEN]


class AlertBookSql:
    """AlertBook, AlertFollower and AlertTimers over the tables alert and alert_event. policies: by rule; one without is immediate."""

    def __init__(self, ledger: LedgerEngine, policies: Mapping[str, Policy] = NO_POLICIES) -> None:
        self._ledger, self._policies = ledger, policies
        self._is_planned = False

    def follow(
        self, verdicts: Sequence[Verdict], rules: Sequence[str], at: int, is_followed: Callable[[Verdict], bool], notices: Notices,
        withdrawn: Sequence[str] = (), confirmed: Sequence[str] = (),
    ) -> list[AlertChange]:  # fmt: skip
        """See AlertFollower. The one write lock of the ledger makes what is read here still true at the commit, whoever else judges. Of many verdicts
        some are committed at a time, each with its step and notices, so that others get to write in between; what a fault in between leaves out is
        found when the same is handed over again."""
        if len(verdicts) + len(withdrawn) <= AT_ONCE:
            with self._ledger.writing() as connection:
                return self._followed(connection, verdicts, rules, at, is_followed, notices, frozenset(withdrawn), confirmed)
        changes: list[AlertChange] = []
        for part in chunks(verdicts, AT_ONCE):
            with self._ledger.writing() as connection:
                changes += self._followed(connection, part, (), at, is_followed, notices, frozenset(), confirmed, is_last=False)
            time.sleep(GIVE_WAY_S)
        gone, barred = self._left(rules, verdicts, is_followed)
        gone = [*dict.fromkeys((*withdrawn, *gone))]
        for names in [*chunks(gone, AT_ONCE), *chunks(barred, AT_ONCE)]:
            with self._ledger.writing() as connection:
                put_verdicts(connection, (), at, (), frozenset(names) & frozenset(gone))
                moves = [_withdrawn(row, at) for row in _watched(connection, names).values()]
                changes += write(connection, moves, self._policies, at, notices)
            time.sleep(GIVE_WAY_S)
        if confirmed:
            with self._ledger.writing() as connection:
                put_verdicts(connection, (), at, confirmed=confirmed)
        return changes

    def _followed(
        self, connection: Connection, verdicts: Sequence[Verdict], rules: Sequence[str], at: int, is_followed: Callable[[Verdict], bool],
        notices: Notices, gone: frozenset[str], confirmed: Sequence[str], is_last: bool = True,
    ) -> list[AlertChange]:  # fmt: skip
        """Of one transaction. is_last: what is confirmed is so with this one."""
        put_verdicts(connection, verdicts, at, rules, gone, confirmed, is_last)
        names = None if rules else [*(each.fingerprint for each in verdicts), *gone]
        watched = _watched(connection, names)
        followed = {each.fingerprint: each for each in verdicts if is_followed(each)}
        moves = [move for each in followed.values() if (move := self._observed(each, watched.get(each.fingerprint), at)) is not None]
        left = (row for name, row in watched.items() if name in gone or (row["rule"] in rules and name not in followed))
        moves += [_withdrawn(row, at) for row in left]
        return write(connection, moves, self._policies, at, notices)

    def _left(
        self, rules: Sequence[str], verdicts: Sequence[Verdict], is_followed: Callable[[Verdict], bool]
    ) -> tuple[list[str], list[str]]:  # fmt: skip
        """Matters of the whole rules that are judged no more, and those with an alert whose verdict no longer binds anybody."""
        if not rules:
            return [], []
        said = {each.fingerprint for each in verdicts}
        followed = {each.fingerprint for each in verdicts if is_followed(each)}
        with self._ledger.reading() as connection:
            standing = connection.execute(select(verdict.c.fingerprint).where(verdict.c.is_current, verdict.c.rule.in_(rules))).scalars().all()
            watched = connection.execute(select(alert.c.fingerprint).where(alert.c.is_watched, alert.c.rule.in_(rules))).scalars().all()
        gone = [name for name in dict.fromkeys((*standing, *watched)) if name not in said]
        return gone, [name for name in watched if name in said and name not in followed]

    def tick(self, now: int, limit: int, notices: Notices, judged: Collection[str] | None = None) -> list[AlertChange]:
        """See AlertTimers. A round in which nothing is due costs one look at an index; the first one reckons every due moment by today's policies."""
        changes = tick_alerts(self._ledger, self._policies, now, limit, notices, judged, is_first=not self._is_planned)
        self._is_planned = True
        return changes

    def shift(self, by_us: int, now: int) -> int:
        return shift_alerts(self._ledger, self._policies, by_us, now)

    def page(self, state: str, entities: Sequence[str], limit: int, before_id: int | None) -> list[AlertRecord]:
        query = select(alert).order_by(alert.c.id.desc()).limit(limit)
        if state == "open":
            query = query.where(alert.c.condition.in_(_OPEN))
        elif state == "all":
            query = query.where(alert.c.condition != Condition.PENDING.value)
        else:
            raise ValueError(f"alerts are listed by state open or all, not {state!r}")
        if entities:
            query = query.where(alert.c.entity.in_(entities))
        if before_id is not None:
            query = query.where(alert.c.id < before_id)
        with self._ledger.reading() as connection:
            return [record_of(row) for row in connection.execute(query).mappings()]

    def get(self, alert_id: int) -> tuple[AlertRecord, list[AlertMoment]]:
        moments = select(alert_event).where(alert_event.c.alert_id == alert_id).order_by(alert_event.c.id)
        with self._ledger.reading() as connection:
            row = alert_row(connection, alert_id)
            found = connection.execute(moments).mappings().all()
        return record_of(row), [moment_of(each) for each in found]

    def acknowledge(self, alert_id: int, who: str, at: int) -> AlertRecord:
        with self._ledger.writing() as connection:
            row = alert_row(connection, alert_id)
            try:
                step = acknowledge(state_of(row), who, at)
            except ValueError as error:
                raise Refused(f"alert {alert_id}: {error}") from error
            if step is not None:
                after = step.after
                # due now: the next round of the judge reckons the time-out by the rule's policy
                values = {"handling": after.handling.value, "acked_by": after.acked_by, "acked_at": after.acked_at, "due_at": at}
                connection.execute(update(alert).where(alert.c.id == alert_id).values(values))
                said = (row["reason_zh"], row["reason_en"])
                subject = (row["fingerprint"], row["entity"], row["rule"], row["indicator"])
                put_events(connection, [AlertChange(alert_id, *subject, step, *said, at, by=who)])
            return record_of(alert_row(connection, alert_id))

    def _observed(self, verdict: Verdict, row: RowMapping | None, at: int) -> Move | None:
        """None when the verdict changes nothing."""
        policy = self._policies.get(verdict.rule, IMMEDIATE)
        before = None if row is None else state_of(row)
        after, steps = observe(before, observation_of(verdict, policy), policy, at)
        if not steps and after == before:
            return None
        is_pending = after is not None and after.condition is Condition.PENDING
        is_said = is_pending or any(step.why is not Why.STALE for step in steps)
        subject = Subject(verdict.fingerprint, verdict.entity, verdict.rule, verdict.indicator)
        amounts = Amounts(verdict.value, verdict.limit, verdict.unit)
        return Move(subject, row, before, after, steps, (verdict.reason_zh, verdict.reason_en), is_said, amounts)


def alert_row(connection: Connection, alert_id: int) -> RowMapping:
    """NotFound."""
    row = connection.execute(select(alert).where(alert.c.id == alert_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no alert {alert_id}")
    return row


def _watched(connection: Connection, names: Sequence[str] | None) -> dict[str, RowMapping]:
    """Alerts to which verdicts still matter, by fingerprint; names None: all of them."""
    mine = select(alert).where(alert.c.is_watched)
    if names is None:
        return {row["fingerprint"]: row for row in connection.execute(mine).mappings()}
    found: dict[str, RowMapping] = {}
    for part in chunks(dict.fromkeys(names)):
        found |= {row["fingerprint"]: row for row in connection.execute(mine.where(alert.c.fingerprint.in_(part))).mappings()}
    return found


def _withdrawn(row: RowMapping, at: int) -> Move:
    before = state_of(row)
    step = withdraw(before, at)
    subject = Subject(row["fingerprint"], row["entity"], row["rule"], row["indicator"])
    return Move(subject, row, before, None if step is None else step.after, [] if step is None else [step], WITHDRAWN)
