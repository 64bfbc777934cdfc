"""The roster on duty and quiet hours: who is on duty at a moment, every entry that counts, entering and ending."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Response

from api.deps import Deps, Routing
from api.meter_facts import author
from api.problems import Fault, bad_parameter, bad_request, documented
from api.routing_shapes import (
    EndOrder,
    HoursOrder,
    IdsAnswer,
    OnDutyShape,
    QuietOrder,
    RosterAnswer,
    RosterOrder,
    ShiftOrder,
    WeeklyOrder,
    quiet_shape,
    shift_shape,
    weekly_shape,
)
from api.schemas import Words
from api.security import Admin, ReaderView, View
from tricolor.catalogue.alerting_tables import chain_of_plan
from tricolor.catalogue.workdays import day, kind_of
from tricolor.domain.errors import Problems
from tricolor.domain.intervals import iso, local_day
from tricolor.domain.lights import Light
from tricolor.domain.roster import Hours, QuietHours, Shift, Weekly, hours_of, moment_of, weekdays_of
from tricolor.domain.routing import Chain, Watch, Who, directory
from tricolor.ports_routing import RosterEntry, RoutingEntries

router = APIRouter(tags=["告警 alerts"], responses=documented(401, 403, 404, 422, 503))
Id = Annotated[int, Path(ge=1, le=2**62)]


@router.get("/v1/roster", summary="Who is on duty at a moment and by what; shifts, weekly patterns and quiet hours that count")
def roster(
    view: ReaderView,
    deps: Deps,
    routing: Routing,
    owner: Annotated[str, Query(max_length=128, description="only this department or entity")] = "",
    at: Annotated[str, Query(max_length=40, description="2026-10-01 08:00 (Asia/Shanghai) or with an offset; default now")] = "",
) -> RosterAnswer:
    """A key bound to an entity sees the roster of the entity and of what lies inside it."""
    now = deps.clock()
    try:
        moment = moment_of(at) if at else now
    except ValueError as error:
        raise bad_parameter("at", "不是时间，例如 2026-10-01 08:00", str(error)) from None
    owners = _owners(view, owner)
    entries = routing.book.load(min(moment, now))
    watch = _watch(view, entries, chain_of_plan(deps.plan), moment)
    people = {c.id: c.of for c in view.registry.contacts.values()}
    mine = frozenset(owners)
    today = day(local_day(moment))
    return RosterAnswer(
        at=iso(moment), day=today.kind, day_known=today.is_known, on_duty=[_on_duty(watch, each) for each in owners],
        shifts=[shift_shape(k) for k in entries.shifts if k.entry.owner in mine],
        weekly=[weekly_shape(k) for k in entries.weekly if k.entry.owner in mine],
        quiet=[quiet_shape(k) for k in entries.quiet if people.get(k.entry.whose, k.entry.whose) in mine],
    )  # fmt: skip


@router.post("/v1/roster", status_code=201, summary="Enter shifts, weekly patterns, quiet hours: all or none; the same twice changes nothing")
def enter(caller: Admin, deps: Deps, routing: Routing, order: Annotated[RosterOrder, Body()]) -> IdsAnswer:
    faults: list[Fault] = []
    entries: list[RosterEntry] = []
    today = local_day(deps.clock())
    for index, shift in enumerate(order.shifts):
        _make(entries, faults, f"shifts[{index}]", partial(_shift, shift))
    for index, pattern in enumerate(order.weekly):
        _make(entries, faults, f"weekly[{index}]", partial(_weekly, pattern, today))
    for index, quiet in enumerate(order.quiet):
        _make(entries, faults, f"quiet[{index}]", partial(_quiet, quiet))
    if not faults and not entries:
        faults.append(Fault("shifts", "没有任何条目", "there is no entry in it"))
    if faults:
        raise bad_request(faults)
    try:
        return IdsAnswer(ids=routing.roster.add(entries, author(caller.key_id, order.by), deps.clock()))
    except Problems as error:
        raise bad_request([_fault(text) for text in error.problems]) from None


@router.post("/v1/roster/{kind}/{entry}/end", status_code=204, summary="End an entry; the record stays. Twice changes nothing")
def end(
    kind: Literal["shift", "weekly", "quiet"], entry: Id, caller: Admin, deps: Deps, routing: Routing,
    order: Annotated[EndOrder | None, Body()] = None,
) -> Response:  # fmt: skip
    routing.roster.remove(kind, entry, author(caller.key_id, order.by if order else ""), deps.clock())
    return Response(status_code=204)


def _owners(view: View, owner: str) -> list[str]:
    """Departments first, then entities with contacts; of a bound key only what it may see."""
    registry = view.registry
    if owner:
        if view.is_bound or owner not in registry.departments:
            view.entity(owner)
        return [owner]
    of_contacts = dict.fromkeys(c.of for c in registry.contacts.values())
    departments = [] if view.is_bound else list(registry.departments)
    return [*departments, *(o for o in of_contacts if o in view)]


def _watch(view: View, entries: RoutingEntries, chain: Chain, at: int) -> Watch:
    made = directory(
        view.registry, kind_of, (k.entry for k in entries.addresses), (k.entry for k in entries.shifts), (k.entry for k in entries.weekly),
        (k.entry for k in entries.quiet),
    )  # fmt: skip
    return Watch(made, chain, at)


def _on_duty(watch: Watch, owner: str) -> OnDutyShape:
    duty, leaders = watch.on_duty(owner, Who.DUTY, Light.RED), watch.on_duty(owner, Who.LEADERS, Light.RED)
    return OnDutyShape(
        owner=owner, contacts=list(duty.contacts), rank=duty.rank, reason=Words(zh=duty.reason_zh, en=duty.reason_en), leaders=list(leaders.contacts)
    )


def _hours(order: HoursOrder) -> Hours:
    return hours_of(order.hours, weekdays_of(order.weekdays), order.days)


def _shift(s: ShiftOrder) -> Shift:
    return Shift(s.owner, s.contact, moment_of(s.start), moment_of(s.end), s.role, s.note)


def _weekly(w: WeeklyOrder, today: date) -> Weekly:
    return Weekly(w.owner, w.contact, _hours(w), w.valid_from or today, w.valid_to, w.role, w.note)


def _quiet(q: QuietOrder) -> QuietHours:
    return QuietHours(q.whose, _hours(q), Light(q.spares), q.note)


def _make(entries: list[RosterEntry], faults: list[Fault], place: str, made: Callable[[], RosterEntry]) -> None:
    try:
        entries.append(made())
    except ValueError as error:
        faults.append(Fault(place, "时间或时段有误", str(error)))


def _fault(text: str) -> Fault:
    zh, _, en = text.partition(" · ")
    return Fault("entries", zh, en or zh)
