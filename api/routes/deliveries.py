"""What became of messages: deliveries with attempts and receipts, whom nobody told and why, and alarms to those who run Tricolor."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from api.deps import Dependencies, Deps, deps_of
from api.paging import DEFAULT_LIMIT, Cursor, Limit, next_cursor, value_of
from api.phone_inbox import FOREIGN
from api.problems import documented, not_found
from api.routing_shapes import masked
from api.schemas import Shape, Words
from api.security import Admin, ReaderView, View
from tricolor.domain.access import KeyKind
from tricolor.domain.delivery import MessageState, shown_address
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.intervals import iso
from tricolor.domain.notices import NoticeRow
from tricolor.domain.routing import INBOX
from tricolor.ports_alerting import OperatorAlarm
from tricolor.ports_delivery import DeliveryBook, DeliveryRecord

router = APIRouter(tags=["告警 alerts"], responses=documented(401, 403, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]


class AttemptShape(Shape):
    at: str
    result: str = Field(description="accepted, retry or refused")
    kind: str = Field(description="of a failure: retry, wait, final or unknown (it may have been sent)")
    code: str = Field(description="the provider's own")
    detail: str


class ReceiptShape(Shape):
    at: str
    is_delivered: bool
    code: str
    detail: str


class DeliveryShape(Shape):
    id: int
    alerts: list[int] = Field(description="what the message tells of")
    owner: str = Field(description="the department or unit for which it is told; * for a summary over several")
    recipient: str
    channel: str
    address: str = Field(description="shortened", examples=["000-****-0001"])
    why: str
    light: str
    state: MessageState
    title: str
    created_at: str
    next_at: str | None = Field(description="of a queued one: when it is tried")
    accepted_at: str | None
    delivered_at: str | None
    is_possible_repeat: bool = Field(description="an attempt before may have arrived")
    why_not: str = Field(description="why it is dead, undelivered or superseded")
    waits_for: str = Field(description="quota: a limit of the channel; address: the provider asked to leave it alone")
    attempts: list[AttemptShape] = Field(default_factory=list, description="only of single deliveries and of an alert's")
    receipts: list[ReceiptShape] = Field(default_factory=list)


class DeliveryList(Shape):
    deliveries: list[DeliveryShape]
    next: str | None


class NoticeShape(Shape):
    id: int
    why: str
    light: str
    owner: str
    recipient: str
    channel: str
    address: str
    step: int = Field(description="of the escalation, 0 before any")
    state: str = Field(description="waiting, muted, superseded, dropped or grouped (in a delivery)")
    why_not: str = Field(description="why nobody was told (yet)", examples=["silence:12"])
    reason: Words = Field(description="how the way led there")
    created_at: str
    due_at: str | None
    delivery: int | None


class AlertDeliveries(Shape):
    deliveries: list[DeliveryShape]
    notices: list[NoticeShape] = Field(description="everyone who was to be told, also those whom a silence or a recovery kept from it")


class OperatorAlarmShape(Shape):
    id: int
    kind: str = Field(examples=["red_failed"])
    subject: str
    text: Words
    raised_at: str
    seen_at: str
    cleared_at: str | None


class OperatorAlarmList(Shape):
    alarms: list[OperatorAlarmShape]


def deliveries_of(request: Request) -> DeliveryBook:
    """Refused where whoever composed the services left it out."""
    book = deps_of(request).deliveries
    if book is None:
        raise Refused("this API was composed without the deliveries")
    return book


Deliveries = Annotated[DeliveryBook, Depends(deliveries_of)]


@router.get("/v1/alerts/{alert_id}/deliveries", summary="What went to whom about an alert, and who was not told", responses=documented(404))
def of_alert(alert_id: Id, view: ReaderView, deps: Deps, book: Deliveries) -> AlertDeliveries:
    """A key bound to an entity sees what was told for that entity's own people."""
    found, _ = deps.alerts.get(alert_id)
    if view.is_bound and found.entity not in view:
        raise not_found("没有这个编号", f"there is no alert {alert_id}")
    records, notices = book.of_alert(alert_id)
    return AlertDeliveries(
        deliveries=[_seen(deps, view, alert_id, r) for r in records if _is_shown(view, r.owner)],
        notices=[notice_shape(n, _shown_to(view)) for n in notices if _is_shown(view, n.notice.owner)],
    )


@router.get("/v1/deliveries", summary="Messages to people, newest first")
def deliveries(
    _caller: Admin,
    book: Deliveries,
    state: Annotated[MessageState | None, Query(description="only these, e.g. dead")] = None,
    channel: Annotated[str, Query(max_length=32)] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> DeliveryList:
    found = book.page(state.value if state else "", channel, limit + 1, value_of(cursor))
    return DeliveryList(deliveries=[delivery_shape(r) for r in found[:limit]], next=next_cursor([r.id for r in found], limit))


@router.post("/v1/deliveries/{delivery_id}/retry", summary="Send a dead or undelivered message again; twice is once", responses=documented(404, 409))
def retry(delivery_id: Id, caller: Admin, deps: Deps, book: Deliveries) -> DeliveryShape:
    return delivery_shape(book.retry(delivery_id, f"key {caller.key_id}", deps.clock()))


@router.get("/v1/operator-alarms", summary="What those who run Tricolor must see to, e.g. a red that reached nobody")
def operator_alarms(_caller: Admin, deps: Deps) -> OperatorAlarmList:
    standing = [] if deps.alarms is None else deps.alarms.standing()
    return OperatorAlarmList(alarms=[alarm_shape(a) for a in standing])


def _is_shown(view: View, owner: str) -> bool:
    return not view.is_bound or owner in view


def _shown_to(view: View) -> Callable[[str], str]:
    """How much of an address a reader sees: who only reads less than who mends it."""
    return shown_address if view.caller.kind is KeyKind.ADMIN else masked


def _seen(deps: Dependencies, view: View, alert_id: int, r: DeliveryRecord) -> DeliveryShape:
    """Of a message that tells of other units too a bound key sees that it told of this alert."""
    shape = delivery_shape(r, _shown_to(view))
    if not view.is_bound or all(each == alert_id or _entity_of(deps, each) in view for each in r.alerts):
        return shape
    return shape.model_copy(update={"alerts": [alert_id], "title": FOREIGN})


def _entity_of(deps: Dependencies, alert_id: int) -> str:
    try:
        return deps.alerts.get(alert_id)[0].entity
    except NotFound:  # kept no longer
        return ""


def delivery_shape(r: DeliveryRecord, shown: Callable[[str], str] = shown_address) -> DeliveryShape:
    return DeliveryShape(
        id=r.id, alerts=list(r.alerts), owner=r.owner, recipient=shown_address(r.recipient), channel=r.channel,
        address=r.address if r.channel == INBOX else shown(r.address),
        why=r.why, light=r.light, state=r.state, title=r.title, created_at=iso(r.created_at),
        next_at=iso(r.next_at) if r.state is MessageState.QUEUED else None, accepted_at=_iso(r.accepted_at), delivered_at=_iso(r.delivered_at),
        is_possible_repeat=r.is_possible_repeat, why_not=r.why_not, waits_for=r.waits_for,
        attempts=[AttemptShape(at=iso(a.at), result=a.result, kind=a.kind, code=a.code, detail=a.detail) for a in r.attempts],
        receipts=[ReceiptShape(at=iso(x.at), is_delivered=x.is_delivered, code=x.code, detail=x.detail) for x in r.receipts],
    )  # fmt: skip


def notice_shape(row: NoticeRow, shown: Callable[[str], str] = shown_address) -> NoticeShape:
    n = row.notice
    return NoticeShape(
        id=row.id, why=n.matter.why.value, light=n.matter.light.value, owner=n.owner, recipient=shown_address(n.to.recipient), channel=n.to.channel,
        address=n.to.address if n.to.channel == INBOX else shown(n.to.address), step=n.step, state=row.state.value, why_not=row.why_not,
        reason=_words(n.reason_zh, n.reason_en), created_at=iso(row.created_at), due_at=iso(n.due_at) if n.due_at else None, delivery=row.outbox_id,
    )  # fmt: skip


def alarm_shape(a: OperatorAlarm) -> OperatorAlarmShape:
    return OperatorAlarmShape(
        id=a.id, kind=a.kind, subject=a.subject, text=_words(a.text_zh, a.text_en), raised_at=iso(a.raised_at), seen_at=iso(a.seen_at),
        cleared_at=_iso(a.cleared_at),
    )  # fmt: skip


def _words(zh: str, en: str) -> Words:
    return Words(zh=zh, en=en)


def _iso(at: int | None) -> str | None:
    return None if at is None else iso(at)
