"""What people do with alerts, in the ledger. Who is to be told of it is found by the next round of the judge."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from tricolor.adapters.ledger.alert_rows import record_of, state_of
from tricolor.adapters.ledger.alert_writing import put_events
from tricolor.adapters.ledger.alerts import alert_row
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, alert_event
from tricolor.domain.alerts import AlertState, Condition, Step, Why, close, comment, forward
from tricolor.domain.errors import Refused
from tricolor.ports import AlertChange, AlertRecord

_Deed = Callable[[AlertState], Step | None]


class AlertDeskSql:
    """AlertDesk over the tables alert and alert_event."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def comment(self, alert_id: int, who: str, text: str, at: int) -> AlertRecord:
        def deed(state: AlertState) -> Step:
            return comment(state, who, text)

        return self._do(alert_id, at, deed)

    def forward(self, alert_id: int, who: str, to: str, text: str, at: int) -> AlertRecord:
        def deed(state: AlertState) -> Step | None:
            return forward(state, who, to, text)

        return self._do(alert_id, at, deed)

    def close(self, alert_id: int, who: str, reason: str, at: int) -> AlertRecord:
        def deed(state: AlertState) -> Step | None:
            if state.condition is Condition.RESOLVED and state.closed_reason and state.closed_reason == reason.strip():
                return None
            return close(state, who, reason, at)

        return self._do(alert_id, at, deed)

    def _do(self, alert_id: int, at: int, deed: _Deed) -> AlertRecord:
        with self._ledger.writing() as connection:
            row = alert_row(connection, alert_id)
            try:
                step = deed(state_of(row))
            except ValueError as error:
                raise Refused(f"alert {alert_id}: {error}") from error
            if step is not None and not _is_said_again(connection, alert_id, step):
                _write(connection, row, step, at)
            return record_of(alert_row(connection, alert_id))


def _write(connection: Connection, row: RowMapping, step: Step, at: int) -> None:
    after = step.after
    if step.why is not Why.COMMENTED:
        values: dict[str, Any] = {
            "assignee": after.assignee, "condition": after.condition.value, "is_stale": after.is_stale, "changed_at": after.changed_at,
            "resolved_at": after.resolved_at, "is_watched": after.is_watched, "closed_reason": after.closed_reason,
            "bars": "" if after.bars is None else after.bars.value,
        }  # fmt: skip
        if not after.is_open:
            values |= {"runs": {}, "grey_since": None, "stamp": "", "due_at": None}
        connection.execute(update(alert).where(alert.c.id == row["id"]).values(values))
    subject = (row["fingerprint"], row["entity"], row["rule"], row["indicator"])
    change = AlertChange(row["id"], *subject, step, row["reason_zh"], row["reason_en"], at, step.by, step.text)
    put_events(connection, [change], is_unrouted=True)


def _is_said_again(connection: Connection, alert_id: int, step: Step) -> bool:
    """Whether the newest entry is the same comment of the same person."""
    if step.why is not Why.COMMENTED:
        return False
    query = select(alert_event).where(alert_event.c.alert_id == alert_id).order_by(alert_event.c.id.desc()).limit(1)
    last = connection.execute(query).mappings().first()
    return last is not None and (last["why"], last["by"], last["text_zh"]) == (step.why.value, step.by, step.text)
