"""Late data and alerts: what is put right of a past period is a word in the timeline of the alert that stood for it; no earlier row changes."""

from sqlalchemy import Connection, RowMapping, func, or_, select

from tricolor.adapters.ledger.alert_rows import state_of
from tricolor.adapters.ledger.alert_writing import put_events
from tricolor.adapters.ledger.schema import alert, verdict
from tricolor.domain.alerts import Condition, correct
from tricolor.domain.lights import LIGHT_CN, Light, Verdict
from tricolor.ports import AlertChange

MAX_CHAIN = 100  # corrections of one period


def note_correction(connection: Connection, old: RowMapping, new: Verdict, at: int) -> None:
    """Inside the transaction that writes the corrected word; old: the row it puts right. An alert that is still open learns of its present period
    by the next verdict, as ever."""
    found = _concerned(connection, old)
    if found is None:
        return
    was, now = Light(old["light"]), new.light
    is_same = was is now
    zh = f"{new.period} 更正：{'仍为' + LIGHT_CN[now] if is_same else f'由{LIGHT_CN[was]}改判为{LIGHT_CN[now]}'}。{new.reason_zh}"
    en = f"{new.period} corrected: {f'still {now.value}' if is_same else f'{now.value} instead of {was.value}'}. {new.reason_en}"
    step = correct(state_of(found), now)
    subject = (found["fingerprint"], found["entity"], found["rule"], found["indicator"])
    put_events(connection, [AlertChange(found["id"], *subject, step, zh, en, at)])


def _concerned(connection: Connection, old: RowMapping) -> RowMapping | None:
    """The alert that was open while the period's first word stood: where that was a bad light, or grey under an alert; None where there was none."""
    first, c = _first(connection, old), verdict.c
    if first["light"] == Light.GREEN.value:
        return None
    # in force until the next word on the matter that is no correction
    later = (c.fingerprint == first["fingerprint"], c.id > first["id"], c.corrects.is_(None), c.period != first["period"])
    until = connection.execute(select(func.min(c.judged_at)).where(*later)).scalar_one()
    a, since = alert.c, first["since"]
    stood = [a.fingerprint == first["fingerprint"], a.condition != Condition.PENDING.value, or_(a.resolved_at.is_(None), a.resolved_at > since)]
    if until is not None:
        stood.append(a.opened_at < until)
    return connection.execute(select(alert).where(*stood).order_by(a.id).limit(1)).mappings().first()


def _first(connection: Connection, row: RowMapping) -> RowMapping:
    """The word that was said at the time, before any correction."""
    for _ in range(MAX_CHAIN):
        if row["corrects"] is None:
            return row
        earlier = connection.execute(select(verdict).where(verdict.c.id == row["corrects"])).mappings().first()
        if earlier is None:
            return row
        row = earlier
    return row
