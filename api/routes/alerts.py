"""Alerts with their timelines and what people do with them, and the built-in phone inbox."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field

from api import alert_acts as acts
from api import schemas
from api import schemas_alerts as shapes
from api.alert_filters import Asked, wanted_by
from api.deps import Deps, Known
from api.paging import DEFAULT_LIMIT, Cursor, Limit, next_cursor, value_of
from api.phone_inbox import seen_items, seen_text
from api.problems import bad_parameter, documented, not_found
from api.security import Admin, ReaderView
from tricolor.domain.access import Caller
from tricolor.ports import AlertRecord

router = APIRouter(tags=["告警 alerts"], responses=documented(401, 403, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]


class Acknowledgement(schemas.Order):
    by: str = Field(default="", max_length=64, description="who takes it on; default the label of the key", examples=["工信局值班"])


@router.get("/v1/alerts", summary="Alerts, newest first")
def alerts(
    view: ReaderView,
    deps: Deps,
    state: Annotated[Literal["open", "resolved", "all"], Query(description="open: those that fire or recover")] = "open",
    level: Annotated[Literal["", "yellow", "orange", "red"], Query(description="the level last told")] = "",
    rule: Annotated[str, Query(max_length=64, description="as in GET /v1/lights")] = "",
    entity: Annotated[str, Query(max_length=128, description="this unit only")] = "",
    area: Annotated[str, Query(max_length=128, description="a city, region or park with everything inside")] = "",
    department: Annotated[str, Query(max_length=128, description="for which somebody was to be told")] = "",
    handling: Literal["", "unacked", "acked"] = "",
    muted: Annotated[bool, Query(description="only those of which somebody was not told: a silence, a window, an inhibition")] = False,
    stale: Annotated[bool, Query(description="only those whose data is gone")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> shapes.AlertList:
    wanted = wanted_by(view, Asked(state, level, rule, area, entity, department, handling, muted, stale))
    if wanted.entities == ():
        return shapes.AlertList(alerts=[], next=None)
    before = value_of(cursor)
    if deps.alert_pages is None:
        found = deps.alerts.page("all" if state == "all" else "open", list(wanted.entities or ()), limit + 1, before)
    else:
        found = deps.alert_pages.newest(wanted, limit + 1, before)
    listed = [shapes.alert_shape(a) for a in found[:limit]]
    return shapes.AlertList.model_validate({"alerts": listed, "next": next_cursor([a.id for a in found], limit)})


@router.get("/v1/alerts/{alert_id}", summary="One alert with its timeline", responses=documented(404))
def alert(alert_id: Id, view: ReaderView, deps: Deps) -> shapes.AlertDetail:
    found, moments = deps.alerts.get(alert_id)
    if view.is_bound and found.entity not in view:
        raise not_found("没有这个编号", f"there is no alert {alert_id}")
    return shapes.AlertDetail.model_validate({**shapes.alert_shape(found), "timeline": [shapes.moment_shape(m) for m in moments]})


@router.post("/v1/alerts/{alert_id}/ack", summary="Acknowledge an open alert; twice changes nothing", responses=documented(404, 409))
def acknowledge(alert_id: Id, caller: Admin, deps: Deps, body: Annotated[Acknowledgement | None, Body()] = None) -> shapes.AlertShape:
    actor = _actor(caller, body.by if body else "")
    if not acts.acknowledge(deps, alert_id, actor):
        deps.alerts.acknowledge(alert_id, actor.name, deps.clock())  # says why not
    return _shape(deps.alerts.get(alert_id)[0])


@router.post(
    "/v1/alerts/{alert_id}/comments",
    status_code=201,
    summary="Say what is being done; also after the end",
    responses=documented(404, 409),
)
def comment(alert_id: Id, caller: Admin, deps: Deps, body: shapes.CommentBody) -> shapes.AlertDetail:
    """The same words of the same person again within minutes change nothing."""
    acts.comment(deps, alert_id, _actor(caller, body.by), body.text)
    return _detail(deps, alert_id)


@router.post("/v1/alerts/{alert_id}/forward", summary="Hand an open alert to a contact, who is told", responses=documented(404, 409))
def forward(alert_id: Id, caller: Admin, deps: Deps, known: Known, body: shapes.ForwardBody) -> shapes.AlertDetail:
    """To whom it is forwarded already changes nothing. Who acknowledged it answers until the other does."""
    if body.to not in known.get().contacts:
        raise bad_parameter("to", f"没有联系人 {body.to}", f"there is no contact {body.to!r}")
    acts.forward(deps, alert_id, _actor(caller, body.by), body.to, body.text)
    return _detail(deps, alert_id)


@router.post("/v1/alerts/{alert_id}/close", summary="End an open alert by hand, with a reason", responses=documented(404, 409))
def close(alert_id: Id, caller: Admin, deps: Deps, body: shapes.CloseBody) -> shapes.AlertDetail:
    """It opens again once the matter was green and goes bad anew, or when it gets worse than the level closed."""
    acts.close(deps, alert_id, _actor(caller, body.by), body.reason)
    return _detail(deps, alert_id)


def _actor(caller: Caller, by: str) -> acts.Actor:
    return acts.Actor(by or f"key {caller.key_id}", "", f"key {caller.key_id}")


def _shape(alert: AlertRecord) -> shapes.AlertShape:
    return shapes.AlertShape.model_validate(shapes.alert_shape(alert))


def _detail(deps: Deps, alert_id: int) -> shapes.AlertDetail:
    found, moments = deps.alerts.get(alert_id)
    return shapes.AlertDetail.model_validate({**shapes.alert_shape(found), "timeline": [shapes.moment_shape(m) for m in moments]})


@router.get("/v1/inbox", summary="Messages of the built-in phone, newest first")
def inbox(
    view: ReaderView,
    deps: Deps,
    recipient: Annotated[str, Query(max_length=128, description="only those to this contact")] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> schemas.InboxList:
    """A key bound to an entity sees what was sent to that entity's own contacts."""
    recipients = [recipient] if recipient else []
    if view.is_bound:
        own = [c.id for c in view.registry.contacts.values() if c.of in view]
        recipients = [c for c in own if recipient in ("", c)]
        if not recipients:
            return schemas.InboxList(messages=[], next=None)
    found = deps.inbox.page(recipients, limit + 1, value_of(cursor))
    listed = [schemas.inbox_shape(replace(i, text=seen_text(i.text, view))) for i in seen_items(found[:limit], view)]
    return schemas.InboxList.model_validate({"messages": listed, "next": next_cursor([i.id for i in found], limit)})


@router.post("/v1/inbox/{message_id}/read", summary="Mark a message as read; the first time counts", responses=documented(404))
def mark_read(message_id: Id, _caller: Admin, deps: Deps) -> schemas.InboxShape:
    return schemas.InboxShape.model_validate(schemas.inbox_shape(deps.inbox.mark_read(message_id, deps.clock())))
