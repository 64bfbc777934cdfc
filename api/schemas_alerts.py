"""Shapes of alerts with their timelines, and of what people do with them."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api.schemas import Order, Shape, Words, when, words
from tricolor.domain.intervals import iso
from tricolor.ports import AlertMoment, AlertRecord

MAX_BY, MAX_TEXT = 64, 500
EXAMPLE: dict[str, Any] = {
    "id": 412, "entity": "carbide-01", "rule": "benchmark", "indicator": "", "level": "red", "state": "firing", "is_stale": False,
    "handling": "acked", "acked_by": "工信局值班", "acked_at": "2026-11-20T15:02:11+08:00", "assignee": "", "escalation": 0, "closed_reason": "",
    "opened_at": "2026-11-20T14:50:00+08:00", "changed_at": "2026-11-20T14:50:00+08:00", "resolved_at": None,
    "reason": {"zh": "电石单位产品综合能耗978.4千克标准煤/吨，超过基准水平940", "en": "calcium carbide takes 978.4 kgce/t, over the baseline of 940"},
}  # fmt: skip


class AlertShape(Shape):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    id: int
    entity: str
    rule: str
    indicator: str
    level: str = Field(description="yellow, orange or red: the level last told", examples=["red"])
    state: str = Field(description="firing, recovering or resolved")
    is_stale: bool = Field(description="the data is gone; the level is kept")
    handling: str = Field(description="unacked or acked")
    acked_by: str
    acked_at: str | None
    assignee: str = Field(description="id of the contact to whom it was forwarded")
    escalation: int = Field(description="steps of the escalation done while nobody answered")
    closed_reason: str = Field(description="of a person who ended it; empty when it resolved by itself")
    opened_at: str
    changed_at: str
    resolved_at: str | None
    reason: Words


class AlertList(Shape):
    alerts: list[AlertShape]
    next: str | None


class MomentShape(Shape):
    at: str
    why: str = Field(
        description="OPENED WORSENED EASED RESOLVED STALE FRESH ACKED UNACKED REPEATED ESCALATED COMMENTED FORWARDED CLOSED CORRECTED "
        "RECOVERING RELAPSED NO_DATA",
        examples=["ESCALATED"],
    )
    light: str
    text: Words = Field(description="of COMMENTED, FORWARDED and CLOSED the person's own words")
    by: str = Field(description="whose deed it is; empty for the platform's own")
    to: str = Field(description="of FORWARDED: id of the contact")
    step: int = Field(description="of ESCALATED: which step")


class AlertDetail(AlertShape):
    timeline: list[MomentShape]


By = Annotated[str, Field(max_length=MAX_BY, description="who does it; default: the key", examples=["工信局值班"])]


class _Deed(Order):
    by: By = ""


class CommentBody(_Deed):
    text: str = Field(min_length=1, max_length=MAX_TEXT, description="what was found or is being done", examples=["已派人核查，16:00 前恢复"])


class ForwardBody(_Deed):
    to: str = Field(min_length=1, max_length=128, description="id of a contact of the registry, who is told", examples=["statistics-duty"])
    text: str = Field(default="", max_length=MAX_TEXT, examples=["请核对产量"])


class CloseBody(_Deed):
    reason: str = Field(min_length=1, max_length=MAX_TEXT, description="why it ends by hand", examples=["计量改造期间数据不可比"])


def alert_shape(alert: AlertRecord) -> dict[str, Any]:
    return {
        "id": alert.id, "entity": alert.entity, "rule": alert.rule, "indicator": alert.indicator, "level": alert.level, "state": alert.condition,
        "is_stale": alert.is_stale, "handling": alert.handling, "acked_by": alert.acked_by, "acked_at": when(alert.acked_at),
        "assignee": alert.assignee, "escalation": alert.escalation, "closed_reason": alert.closed_reason, "opened_at": iso(alert.opened_at),
        "changed_at": iso(alert.changed_at), "resolved_at": when(alert.resolved_at), "reason": words(alert.reason_zh, alert.reason_en),
    }  # fmt: skip


def moment_shape(moment: AlertMoment) -> dict[str, Any]:
    return {
        "at": iso(moment.at), "why": moment.why, "light": moment.light, "text": words(moment.text_zh, moment.text_en), "by": moment.by,
        "to": moment.to, "step": moment.step,
    }  # fmt: skip
