"""Alerts with their timelines and acknowledgement, and the built-in phone inbox."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api import schemas
from api.deps import Deps
from api.paging import DEFAULT_LIMIT, Cursor, Limit, next_cursor, value_of
from api.problems import documented, not_found
from api.security import Admin, ReaderView

router = APIRouter(tags=["告警 alerts"], responses=documented(401, 403, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]


class Acknowledgement(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    by: str = Field(default="", max_length=64, description="who takes it on; default the label of the key", examples=["工信局值班"])


@router.get("/v1/alerts", summary="Alerts, newest first")
def alerts(
    view: ReaderView,
    deps: Deps,
    state: Annotated[Literal["open", "all"], Query(description="open: those that fire")] = "open",
    entity: Annotated[str, Query(max_length=128)] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> schemas.AlertList:
    if entity:
        entities = [view.entity(entity).id]
    elif view.is_bound:
        entities = sorted(view.ids)
    else:
        entities = []
    if view.is_bound and not entities:  # an empty list would mean every entity
        return schemas.AlertList(alerts=[], next=None)
    found = deps.alerts.page(state, entities, limit + 1, value_of(cursor))
    shapes = [schemas.alert_shape(a) for a in found[:limit]]
    return schemas.AlertList.model_validate({"alerts": shapes, "next": next_cursor([a.id for a in found], limit)})


@router.get("/v1/alerts/{alert_id}", summary="One alert with its timeline", responses=documented(404))
def alert(alert_id: Id, view: ReaderView, deps: Deps) -> schemas.AlertDetail:
    found, moments = deps.alerts.get(alert_id)
    if view.is_bound and found.entity not in view:
        raise not_found("没有这个编号", f"there is no alert {alert_id}")
    return schemas.AlertDetail.model_validate({**schemas.alert_shape(found), "timeline": [schemas.moment_shape(m) for m in moments]})


@router.post("/v1/alerts/{alert_id}/ack", summary="Acknowledge an open alert; twice changes nothing", responses=documented(404, 409))
def acknowledge(alert_id: Id, caller: Admin, deps: Deps, body: Annotated[Acknowledgement | None, Body()] = None) -> schemas.AlertShape:
    who = (body.by if body else "") or f"key {caller.key_id}"
    return schemas.AlertShape.model_validate(schemas.alert_shape(deps.alerts.acknowledge(alert_id, who, deps.clock())))


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
    shapes = [schemas.inbox_shape(i) for i in found[:limit]]
    return schemas.InboxList.model_validate({"messages": shapes, "next": next_cursor([i.id for i in found], limit)})


@router.post("/v1/inbox/{message_id}/read", summary="Mark a message as read; the first time counts", responses=documented(404))
def mark_read(message_id: Id, _caller: Admin, deps: Deps) -> schemas.InboxShape:
    return schemas.InboxShape.model_validate(schemas.inbox_shape(deps.inbox.mark_read(message_id, deps.clock())))
