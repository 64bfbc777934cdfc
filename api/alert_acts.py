"""What a person does with an alert, from the phone, the wallboard or the API: the same words in the timeline and the audit."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.deps import Dependencies
from tricolor.domain.alerts import Why
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import MINUTE_US
from tricolor.ports import AlertMoment, AlertRecord
from tricolor.ports_alerting import AlertDesk

SAME_US = 10 * MINUTE_US  # the same words of the same person within this time are a second tap


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. name: as the timeline says it; contact: their id in the registry, "" for others; by_way: how they came in, for the audit."""

    name: str
    contact: str
    by_way: str


def desk_of(deps: Dependencies) -> AlertDesk:
    """Refused where whoever composed the services left it out."""
    if deps.alert_desk is None:
        raise Refused("this API was composed without the desk of alerts")
    return deps.alert_desk


def acknowledge(deps: Dependencies, alert_id: int, actor: Actor) -> bool:
    """Whether it was open to be taken; acknowledged before, it stays whose it is. NotFound."""
    before, _ = deps.alerts.get(alert_id)
    if before.resolved_at is not None:
        return False
    at = deps.clock()
    try:
        after = deps.alerts.acknowledge(alert_id, actor.name, at)
    except Refused:  # resolved in between
        return False
    if before.handling != after.handling:
        _note(deps, actor, "alert.acknowledge", alert_id, {}, at)
    return True


def comment(deps: Dependencies, alert_id: int, actor: Actor, text: str) -> AlertRecord:
    """Also after the end; the same words again within minutes are a second tap. NotFound."""
    found, moments = deps.alerts.get(alert_id)
    at = deps.clock()
    if _was_said(moments, Why.COMMENTED, actor, text, at):
        return found
    after = desk_of(deps).comment(alert_id, actor.name, text, at)
    _note(deps, actor, "alert.comment", alert_id, {"text": text}, at)
    return after


def forward(deps: Dependencies, alert_id: int, actor: Actor, to: str, text: str) -> AlertRecord:
    """Handed to the contact; NotFound, Refused when it is over."""
    before = len(deps.alerts.get(alert_id)[1])
    at = deps.clock()
    after = desk_of(deps).forward(alert_id, actor.name, to, text, at)
    if len(deps.alerts.get(alert_id)[1]) != before:
        _note(deps, actor, "alert.forward", alert_id, {"to": to, "text": text}, at)
    return after


def close(deps: Dependencies, alert_id: int, actor: Actor, reason: str) -> AlertRecord:
    """NotFound, Refused when it is over; closing it again with the same words is a second tap."""
    found, moments = deps.alerts.get(alert_id)
    at = deps.clock()
    if found.resolved_at is not None and _was_said(moments, Why.CLOSED, actor, reason, at):
        return found
    after = desk_of(deps).close(alert_id, actor.name, reason, at)
    _note(deps, actor, "alert.close", alert_id, {"reason": reason}, at)
    return after


def _was_said(moments: Sequence[AlertMoment], why: Why, actor: Actor, text: str, at: int) -> bool:
    return any(m.why == why and m.by == actor.name and m.text_zh == text and 0 <= at - m.at < SAME_US for m in moments)


def _note(deps: Dependencies, actor: Actor, action: str, alert_id: int, detail: dict[str, object], at: int) -> None:
    if deps.audit is not None:
        deps.audit.note(f"{actor.name} ({actor.by_way})", action, str(alert_id), {**detail, "contact": actor.contact}, at)
