"""What time alone brings an alert next: the end of an acknowledgement, a reminder, the next step of the escalation."""

from collections.abc import Sequence

from api.board_views_alerts import NextStep
from api.board_words import Words
from tricolor.domain.alert_policy import Policy
from tricolor.domain.alerts import Why
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.routing import Chain
from tricolor.ports import AlertMoment, AlertRecord

BEGINS = frozenset({Why.OPENED.value, Why.WORSENED.value, Why.UNACKED.value})
TOLD = BEGINS | {Why.EASED.value, Why.REPEATED.value, Why.ESCALATED.value}


def ahead_of(alert: AlertRecord, moments: Sequence[AlertMoment], policy: Policy, chain: Chain, now: int, t: Words) -> tuple[NextStep, ...]:
    """In the order of time; nothing while it recovers or once it is over. A moment that is past already comes with the judge's next round."""
    if alert.condition != "firing":
        return ()
    found = []
    if alert.handling == "acked":
        if alert.level == "red" and policy.ack_timeout_s is not None and alert.acked_at is not None:
            words = t("知悉到期；届时仍为红灯，将重新提醒", "the acknowledgement ends; still red, it asks again")
            found.append(NextStep(alert.acked_at + _us(policy.ack_timeout_s), words))
        return tuple(found)
    begun = max((m.at for m in moments if m.why in BEGINS), default=alert.opened_at)
    if alert.level == "red" and alert.escalation < len(policy.escalate_s):
        step = alert.escalation + 1
        name = chain.step_names.get(step, ("上一级", "the next step up"))
        words = t(f"仍无人响应则上报{name[0]}", f"unanswered, it goes to the {name[1]}")
        found.append(NextStep(begun + _us(policy.escalate_s[alert.escalation]), words))
    if policy.repeat_s is not None and (alert.level == "red" or policy.repeats_yellow):
        told = max((m.at for m in moments if m.why in TOLD), default=begun)
        found.append(NextStep(told + _us(policy.repeat_s), t("仍无人响应则再次提醒", "unanswered, it is told again")))
    return tuple(sorted(found, key=lambda each: each.at))


def _us(seconds: float) -> int:
    return round(seconds * SECOND_US)
