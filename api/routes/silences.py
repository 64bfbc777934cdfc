"""Silences and maintenance windows, and the preview of who would be told."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query

from api.deps import Deps, Routing
from api.meter_facts import author
from api.paging import DEFAULT_LIMIT, Cursor, Limit, next_cursor, value_of
from api.problems import Fault, bad_parameter, bad_request, documented, not_found
from api.routing_shapes import Bad, EndOrder, RouteAnswer, SilenceOrder, SilencesAnswer, SilenceShape, silence_shape, step_shape
from api.security import Admin, ReaderView, View
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.intervals import iso
from tricolor.domain.lights import Light
from tricolor.domain.roster import moment_of
from tricolor.domain.suppression import Matcher, Silence, SilenceRow, Subject, wrong_with

router = APIRouter(tags=["告警 alerts"], responses=documented(401, 403, 404, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]
MAX_STEP = 20


@router.get("/v1/alerts/route", summary="Who would be told of an alert, by which channel and why, at each step of the escalation")
def preview(
    view: ReaderView,
    deps: Deps,
    routing: Routing,
    rule: Annotated[str, Query(max_length=64, examples=["pace"])],
    entity: Annotated[str, Query(max_length=128)],
    level: Bad = "red",
    indicator: Annotated[str, Query(max_length=128)] = "",
    at: Annotated[str, Query(max_length=40, description="2026-10-01 08:00 (Asia/Shanghai) or with an offset; default now")] = "",
    step: Annotated[int | None, Query(ge=0, le=MAX_STEP, description="only up to this step")] = None,
) -> RouteAnswer:
    """A key bound to an entity asks for what it may see, and sees what goes to its own contacts."""
    view.entity(entity)
    if routing.preview is None:
        raise Refused("this API was composed without the router")
    if rule not in routing.preview.rules:
        raise bad_parameter("rule", f"没有规则 {rule}", f"there is no rule {rule!r}; one of {', '.join(routing.preview.rules)}")
    when = _moment("at", at, deps.clock())
    steps = routing.preview.preview(view.registry, Subject(0, rule, entity, indicator, Light(level)), when, step)
    shapes = [step_shape(each, view.caller.kind is KeyKind.ADMIN) for each in steps]
    if view.is_bound:
        own = {c.id for c in view.registry.contacts.values() if c.of in view}
        for shape in shapes:
            shape.told = [t for t in shape.told if t.recipient in own]
    return RouteAnswer(at=iso(when), steps=shapes)


@router.get("/v1/silences", summary="Silences and maintenance windows, newest first")
def silences(
    view: ReaderView,
    deps: Deps,
    routing: Routing,
    state: Annotated[Literal["standing", "all"], Query(description="standing: now or to come")] = "standing",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> SilencesAnswer:
    """A key bound to an entity sees those of the entity and of what lies inside it."""
    now = deps.clock()
    found = routing.silences.page(state, now, limit + 1, value_of(cursor))
    shapes = [silence_shape(row, now) for row in found[:limit] if _is_theirs(view, row)]
    return SilencesAnswer(silences=shapes, next=next_cursor([row.id for row in found], limit))


@router.get("/v1/silences/{silence_id}", summary="One silence or maintenance window")
def silence(silence_id: Id, view: ReaderView, deps: Deps, routing: Routing) -> SilenceShape:
    return silence_shape(_one(silence_id, view, routing), deps.clock())


@router.post("/v1/silences", status_code=201, summary="Enter a silence or a maintenance window; the same twice changes nothing")
def enter(caller: Admin, view: ReaderView, deps: Deps, routing: Routing, order: Annotated[SilenceOrder, Body()]) -> SilenceShape:
    """Messages that match are held and say why; alerts go on. When it ends, who was not told of what still fires is told."""
    now = deps.clock()
    matcher = Matcher(tuple(order.rules), order.entity, order.department, order.indicator, Light(order.up_to))
    start, end = _moment("start", order.start, now), _moment("end", order.end, now)
    wanted = Silence(order.kind, matcher, start, end, author(caller.key_id, order.by), order.reason)
    rules = routing.preview.rules if routing.preview else matcher.rules
    if faults := wrong_with(wanted, view.registry, rules, list(view.registry.departments)):
        raise bad_request([Fault(field, zh, en) for field, zh, en in faults])
    return silence_shape(routing.silences.add(wanted, now), now)


@router.post("/v1/silences/{silence_id}/end", summary="End it now; what it held is looked at again at once. Twice changes nothing")
def end(
    silence_id: Id, caller: Admin, view: ReaderView, deps: Deps, routing: Routing, order: Annotated[EndOrder | None, Body()] = None
) -> SilenceShape:
    _one(silence_id, view, routing)
    said, now = order or EndOrder(reason="", by=""), deps.clock()
    return silence_shape(routing.silences.end(silence_id, author(caller.key_id, said.by), said.reason, now), now)


def _one(silence_id: int, view: View, routing: Routing) -> SilenceRow:
    try:
        found = routing.silences.get(silence_id)
    except NotFound:
        found = None
    if found is None or not _is_theirs(view, found):
        raise not_found(f"没有静默或检修窗口 {silence_id}", f"there is no silence {silence_id}")
    return found


def _is_theirs(view: View, row: SilenceRow) -> bool:
    return not view.is_bound or row.silence.matcher.entity in view


def _moment(field: str, text: str, now: int) -> int:
    if not text:
        return now
    try:
        return moment_of(text)
    except ValueError as error:
        raise bad_parameter(field, "不是时间，例如 2026-10-01 08:00", str(error)) from None
